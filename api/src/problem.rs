//! Every failure of the service as one closed list, and how it is written as
//! `application/problem+json` (RFC 9457). Knows nothing of particular nouns.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use baitline_domain::applicant::{IdentityFault, IdentityPart};
use baitline_domain::scope::Scope;
use baitline_store::{Constraint, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::missing_scope;
use crate::fault::{Fault, FaultItem};
use crate::once::IDEMPOTENCY_KEY;
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

impl From<Constraint> for ApiError {
    fn from(constraint: Constraint) -> Self {
        let taken = |pointer: &str, code, detail| {
            let item = FaultItem::of(code, detail);
            Self::Conflict(FaultItem { pointer: Some(pointer.to_owned()), ..item })
        };
        match constraint {
            Constraint::BaitNumberTaken => {
                taken("/number", "bait_number_taken", "The client has a bait with this number.")
            }
            Constraint::BaitReferenceTaken => taken(
                "/reference",
                "bait_reference_taken",
                "The client has a bait with this reference.",
            ),
            Constraint::NumberOfABait => taken(
                "/number",
                "number_of_a_bait",
                "The client has a bait with this number: it is neither an own number nor a \
                 competitor's.",
            ),
            Constraint::SourceNameTaken => {
                taken("/name", "source_name_taken", "The client has a source of this name.")
            }
            Constraint::TrapOverlaps => {
                taken("/started_at", "trap_overlaps", "The bait has a trap whose run overlaps.")
            }
            Constraint::BaitRetired => taken(
                "/bait_id",
                "bait_retired",
                "The bait is retired; take it back into use first.",
            ),
            Constraint::Backwards => Self::field("", Fault::EmptyPeriod),
            Constraint::RecordingDiffers => {
                Self::conflict("recording_differs", "The call has a recording with other bytes.")
            }
            Constraint::NotARecorder => Self::field("/source_id", Fault::NotARecorder),
            Constraint::DeviceSourceTaken => taken(
                "/source_id",
                "device_source_taken",
                "Another device reports as this source; each has a clock and names of its own.",
            ),
            Constraint::BindingOverlaps => taken(
                "/valid_from",
                "binding_overlaps",
                "Another SIM is in the device at that time; end that binding first.",
            ),
            Constraint::RecordingAssigned => Self::conflict(
                "recording_assigned",
                "The recording was given to another call before.",
            ),
            Constraint::NoRecording => {
                Self::conflict("no_recording", "The call has no recording a person could hear.")
            }
            Constraint::CompetitorInnTaken => {
                taken("/inn", "competitor_inn_taken", "The client has a competitor with this ИНН.")
            }
            Constraint::UnknownCompetitor => {
                Self::NotFound(Some(FaultItem::at("/competitor_id", Fault::UnknownCompetitor)))
            }
            Constraint::LookUpDiffers => {
                Self::conflict("look_up_differs", "The same look-up gave another answer before.")
            }
            Constraint::UnknownBait => {
                Self::NotFound(Some(FaultItem::at("/bait_id", Fault::UnknownBait)))
            }
            Constraint::UnknownCall(place) => {
                let pointer = format!("/calls/{place}");
                Self::NotFound(Some(FaultItem::at(pointer, Fault::UnknownCall)))
            }
            Constraint::UnknownSource => {
                Self::NotFound(Some(FaultItem::parameter("source", Fault::UnknownSource)))
            }
            Constraint::TooManyCorrections => Self::conflict(
                "too_many_corrections",
                "The observation has as many corrections as it may have.",
            ),
            Constraint::ChangesNothing => {
                Self::conflict("changes_nothing", "What the correction asks for holds already.")
            }
            Constraint::UnknownCorrection => {
                Self::NotFound(Some(FaultItem::at("/withdraws", Fault::UnknownCorrection)))
            }
            Constraint::NotWithdrawable => Self::conflict(
                "not_withdrawable",
                "A withdrawal is not withdrawn: make the correction anew.",
            ),
            Constraint::DirectionWithoutBait => Self::field("/changes/bait", Fault::Missing),
            Constraint::BaitWithoutDirection => Self::field("/changes/direction", Fault::Missing),
            Constraint::NobodyCalled => Self::field("/changes/called", Fault::Missing),
            Constraint::EditionExists => {
                Self::conflict("edition_exists", "An edition in force from that day exists.")
            }
            Constraint::TooManyOperatorEntries => {
                Self::conflict("too_many_entries", "No more operators can be entered.")
            }
            Constraint::ExportEnded => {
                Self::conflict("export_ended", "The export has ended and cannot be cancelled.")
            }
            Constraint::UnknownEdition => {
                Self::NotFound(Some(FaultItem::at("/numbering_edition_id", Fault::UnknownEdition)))
            }
            Constraint::ReplayEnded => {
                Self::conflict("replay_ended", "The replay has ended and cannot be cancelled.")
            }
            Constraint::TooManyReplays => Self::conflict(
                "too_many_replays",
                "As many replays of the client wait as may; see the limit «replays_waiting».",
            ),
            Constraint::FileEnded => {
                Self::conflict("file_ended", "The file has ended and cannot be cancelled.")
            }
            Constraint::TooManyFiles => Self::conflict(
                "too_many_files",
                "As many files of the client wait as may; see the limit «files_waiting».",
            ),
            Constraint::RejectionSettled => {
                Self::conflict("rejection_settled", "The row was corrected or dismissed before.")
            }
            Constraint::ChangedMeanwhile => Self::PreconditionFailed,
            Constraint::UnknownApplicant => {
                Self::NotFound(Some(FaultItem::at("/applicant_id", Fault::UnknownApplicant)))
            }
            Constraint::UnknownRepresentative => {
                let item = FaultItem::at("/representative_id", Fault::UnknownRepresentative);
                Self::NotFound(Some(item))
            }
            Constraint::Identity(fault) => fault.into(),
            Constraint::UnknownProof(place) => {
                let pointer = format!("/steps/{place}/proofs");
                Self::NotFound(Some(FaultItem::at(pointer, Fault::UnknownProof)))
            }
            Constraint::BaitNotAssigned => taken(
                "/started_at",
                "bait_not_assigned",
                "The SIM is not assigned to the client at that time.",
            ),
            Constraint::SimAssigned => {
                taken("/valid_from", "sim_assigned", "The SIM is assigned at that time already.")
            }
            Constraint::UnknownSourceId => {
                Self::NotFound(Some(FaultItem::at("/source_id", Fault::UnknownSource)))
            }
            Constraint::NotAStatement => Self::field("/source_id", Fault::NotAStatement),
            Constraint::InquiryElsewhere => {
                Self::conflict("inquiry_elsewhere", "The inquiry stands where this cannot be done.")
            }
            Constraint::NotInInquiry(place) => {
                let pointer = format!("/answers/{place}/call_id");
                Self::NotFound(Some(FaultItem::at(pointer, Fault::NotInInquiry)))
            }
            Constraint::CallAsked => {
                Self::conflict("call_asked", "Another inquiry asks about one of the calls.")
            }
            Constraint::TooManyCalls => Self::conflict(
                "too_many_calls",
                "More calls fit than one batch is made from; see the limit «inquiry_batch_calls».",
            ),
            Constraint::SimInUse => {
                Self::conflict("sim_in_use", "A trap of another client is live on the SIM.")
            }
            Constraint::RequestInFlight => Self::conflict(
                IN_FLIGHT,
                "The same request is being done at this moment; send it again for its answer.",
            ),
            Constraint::RequestDiffers => {
                Self::Unprocessable(vec![FaultItem::parameter(IDEMPOTENCY_KEY, Fault::KeyReused)])
            }
            Constraint::KeyNotLive => {
                Self::conflict("key_not_live", "The key is revoked or has ended; make a new one.")
            }
            Constraint::KeyReplaced => Self::conflict(
                "key_replaced",
                "The key was replaced, and the one in its place is live; revoke one of both.",
            ),
            Constraint::RecordContradicts => Self::conflict(
                "conflict",
                "The same revision of this record was sent with other content.",
            ),
        }
    }
}

impl From<IdentityFault> for ApiError {
    fn from(fault: IdentityFault) -> Self {
        let (part, fault) = match fault {
            IdentityFault::Missing(part) => (part, Fault::Missing),
            IdentityFault::OfAnotherKind(part) => (part, Fault::OfAnotherKind),
        };
        let pointer = match part {
            IdentityPart::Inn => "/inn",
            IdentityPart::Ogrn => "/ogrn",
            IdentityPart::Passport => "/passport",
        };
        Self::field(pointer, fault)
    }
}
