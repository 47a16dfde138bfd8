//! Every failure of the service as one closed list, and how it is written as
//! `application/problem+json` (RFC 9457). Knows nothing of particular nouns.

mod constraints;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use baitline_domain::scope::Scope;
use baitline_store::StoreError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::missing_scope;
use crate::fault::{Fault, FaultItem};
use crate::rates::Left;

/// What handlers return.
pub(crate) type ApiResult<T> = Result<T, ApiError>;

/// The code of a request that is done already at this moment.
const IN_FLIGHT: &str = "request_in_flight";

/// The media type of every failure.
pub(crate) const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// The request cannot be read: its JSON, query or path.
    #[error("malformed request")]
    Malformed(FaultItem),
    /// No key, or none that is valid.
    #[error("no valid key")]
    Unauthorized,
    /// The key may not do this: it lacks the scope, or it is no agency's.
    #[error("forbidden")]
    Forbidden(Option<Scope>),
    /// No such thing within the key's reach; `None` for the thing asked for
    /// itself, else the field or parameter that names it.
    #[error("not found")]
    NotFound(Option<FaultItem>),
    /// The path exists with other methods.
    #[error("method not allowed")]
    MethodNotAllowed { allow: String },
    /// The answer exists in other media types.
    #[error("not acceptable")]
    NotAcceptable,
    /// The request contradicts what is stored.
    #[error("conflict: {}", .0.code)]
    Conflict(FaultItem),
    /// The header If-Match names another version.
    #[error("precondition failed")]
    PreconditionFailed,
    /// The body is larger than accepted.
    #[error("body over {limit_bytes} bytes")]
    TooLarge { limit_bytes: u64 },
    /// The body has a type or encoding that is not accepted.
    #[error("unsupported media type: {0}")]
    UnsupportedMediaType(&'static str),
    /// The range lies outside the file.
    #[error("range not satisfiable")]
    RangeNotSatisfiable { size: u64 },
    /// The body reads well and its values are wrong.
    #[error("unprocessable: {}", .0.first().map_or("", |item| &item.code))]
    Unprocessable(Vec<FaultItem>),
    /// The key sends more than it may.
    #[error("too many requests")]
    TooManyRequests { retry_after_seconds: u64, left: Left },
    /// The database or the blob store cannot be reached now.
    #[error("unavailable: {0}")]
    Unavailable(String),
    /// A report's file is gone or broken; a report then asks the database, so no
    /// caller meets it.
    #[error("segment: {0}")]
    Segment(String),
    /// A fault of ours; the text is for the log alone.
    #[error("internal: {0}")]
    Internal(String),
}

/// The body of every failure, as RFC 9457 has it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(examples(json!({
    "type": "urn:baitline:problem:unprocessable",
    "title": "The values are wrong",
    "status": 422,
    "detail": "The body reads well, and some of its values are wrong.",
    "instance": "urn:uuid:0197a5b0-7c1e-7d3a-9a51-6f5f4a1c0b11",
    "errors": [{
        "pointer": "/number",
        "code": "not_a_phone_number",
        "detail": "It does not read as a phone number."
    }]
})))]
pub(crate) struct Problem {
    /// What kind of failure it is; stable.
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    kind: String,
    /// The kind in words.
    #[schema(value_type = String)]
    title: &'static str,
    /// The HTTP status, again.
    status: u16,
    /// What went wrong this time.
    #[schema(value_type = String)]
    detail: &'static str,
    /// The request, for whoever reads the log; also in `X-Request-Id`.
    instance: String,
    /// Which values are wrong and where.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(required = false)]
    errors: Vec<FaultItem>,
}

impl ApiError {
    /// A field of the JSON body with a wrong value.
    pub(crate) fn field(pointer: &str, fault: Fault) -> Self {
        Self::Unprocessable(vec![FaultItem::at(pointer, fault)])
    }

    /// A parameter with a wrong value.
    pub(crate) fn parameter(name: &str, fault: Fault) -> Self {
        Self::Malformed(FaultItem::parameter(name, fault))
    }

    /// A contradiction to what is stored.
    pub(crate) fn conflict(code: &'static str, detail: &'static str) -> Self {
        Self::Conflict(FaultItem::of(code, detail))
    }

    /// The stable word of `type`, its title and its general sentence.
    fn words(&self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Malformed(_) => (
                "malformed",
                "The request cannot be read",
                "Some part of the request is malformed.",
            ),
            Self::Unauthorized => (
                "unauthorized",
                "A key is needed",
                "Send a valid key as «Authorization: Bearer <key>».",
            ),
            Self::Forbidden(None) => {
                ("forbidden", "Not allowed", "Only an agency's key may do this.")
            }
            Self::Forbidden(Some(_)) => {
                ("forbidden", "Not allowed", "The key lacks a scope that this needs.")
            }
            Self::NotFound(_) => {
                ("not_found", "Not found", "There is no such thing within the key's reach.")
            }
            Self::MethodNotAllowed { .. } => (
                "method_not_allowed",
                "Method not allowed",
                "The path exists; the header Allow says with which methods.",
            ),
            Self::NotAcceptable => (
                "not_acceptable",
                "Not acceptable",
                "The answer does not exist in any media type the header Accept names.",
            ),
            Self::Conflict(_) => {
                ("conflict", "Conflict", "The request contradicts what is stored.")
            }
            Self::PreconditionFailed => (
                "precondition_failed",
                "It was changed meanwhile",
                "It has another version than If-Match names: read it again.",
            ),
            Self::TooLarge { .. } => {
                ("too_large", "The body is too large", "Split the body into smaller ones.")
            }
            Self::UnsupportedMediaType(detail) => {
                ("unsupported_media_type", "The body has another type than accepted", detail)
            }
            Self::RangeNotSatisfiable { .. } => (
                "range_not_satisfiable",
                "The range cannot be served",
                "The range begins after the end of the file.",
            ),
            Self::Unprocessable(_) => (
                "unprocessable",
                "The values are wrong",
                "The body reads well, and some of its values are wrong.",
            ),
            Self::TooManyRequests { .. } => (
                "too_many_requests",
                "Too many requests",
                "Nothing was done; the header Retry-After says when to send it again.",
            ),
            Self::Unavailable(_) => {
                ("unavailable", "Not available now", "Nothing was done; send the request again.")
            }
            Self::Segment(_) | Self::Internal(_) => {
                ("internal", "A fault of the service", "The fault is logged with this instance.")
            }
        }
    }

    /// What is wrong with which values, where that can be told.
    pub(crate) fn items(&self) -> Vec<FaultItem> {
        match self {
            Self::Malformed(item) | Self::Conflict(item) | Self::NotFound(Some(item)) => {
                vec![item.clone()]
            }
            Self::Unprocessable(items) => items.clone(),
            Self::Forbidden(Some(scope)) => vec![missing_scope(*scope)],
            _ => Vec::new(),
        }
    }

    fn headers(&self) -> Option<(HeaderName, String)> {
        match self {
            Self::Unauthorized => Some((header::WWW_AUTHENTICATE, "Bearer".to_owned())),
            Self::MethodNotAllowed { allow } => Some((header::ALLOW, allow.clone())),
            Self::RangeNotSatisfiable { size } => {
                Some((header::CONTENT_RANGE, format!("bytes */{size}")))
            }
            Self::TooManyRequests { retry_after_seconds, .. } => {
                Some((header::RETRY_AFTER, retry_after_seconds.to_string()))
            }
            Self::Unavailable(_) => Some((header::RETRY_AFTER, "1".to_owned())),
            Self::Conflict(item) if item.code == IN_FLIGHT => {
                Some((header::RETRY_AFTER, "1".to_owned()))
            }
            _ => None,
        }
    }

    /// The whole response; `instance` names the request.
    pub(crate) fn response(&self, instance: &str) -> HttpResponse {
        let (kind, title, detail) = self.words();
        let status = self.status_code();
        let problem = Problem {
            kind: format!("urn:baitline:problem:{kind}"),
            title,
            status: status.as_u16(),
            detail,
            instance: instance.to_owned(),
            errors: self.items(),
        };
        let mut response = HttpResponse::build(status).json(problem);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if let Some((name, value)) = self.headers()
            && let Ok(value) = HeaderValue::from_str(&value)
        {
            headers.insert(name, value);
        }
        if let Self::TooManyRequests { retry_after_seconds, left } = self {
            left.tell(headers, Some(*retry_after_seconds));
        }
        response
    }
}

impl ResponseError for ApiError {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden(_) => StatusCode::FORBIDDEN,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::PreconditionFailed => StatusCode::PRECONDITION_FAILED,
            Self::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::RangeNotSatisfiable { .. } => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::Segment(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Bodies are written in one place, the boundary, which knows the request.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}

/// What the framework itself found wrong, by its status: it never says more
/// than that, for its texts are not ours.
pub(crate) fn of_framework(status: StatusCode) -> ApiError {
    match status {
        StatusCode::NOT_FOUND => ApiError::NotFound(None),
        StatusCode::PAYLOAD_TOO_LARGE => ApiError::TooLarge { limit_bytes: 0 },
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            ApiError::UnsupportedMediaType("The body has a type that is not accepted here.")
        }
        status if status.is_client_error() => {
            ApiError::Malformed(FaultItem::of("malformed", "The request cannot be read."))
        }
        status => ApiError::Internal(format!("the framework answered {status}")),
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound => Self::NotFound(None),
            StoreError::Constraint(constraint) => constraint.into(),
            StoreError::Unavailable(text) | StoreError::Blob(text) => Self::Unavailable(text),
            StoreError::Conflict => Self::Unavailable("transactions kept meeting".to_owned()),
            StoreError::Unsafe(_) | StoreError::Database(_) | StoreError::Corrupt(_) => {
                Self::Internal(error.to_string())
            }
        }
    }
}
