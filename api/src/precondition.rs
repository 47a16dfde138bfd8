//! Conditional changes: the ETag of what people edit is the number of its
//! version, and If-Match binds a change to the version that its sender saw.
//! Knows no nouns.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, HttpResponse, HttpResponseBuilder};
use baitline_store::versions::Expected;
use serde::Serialize;
use utoipa::IntoParams;

use crate::problem::{ApiError, ApiResult};

/// The header as the document describes it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes what the extractor reads")]
pub(crate) struct IfMatchHeader {
    /// The ETag that the change is meant for, as it was answered; without it,
    /// whatever is there is changed.
    #[param(rename = "If-Match", nullable = false)]
    if_match: Option<String>,
}

/// The versions that the header If-Match names.
#[derive(Debug)]
pub(crate) struct IfMatch(pub(crate) Expected);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let values = req.headers().get_all(header::IF_MATCH);
        // What is no text names no version.
        let texts: Vec<&str> = values.map(|value| value.to_str().unwrap_or_default()).collect();
        ready(Ok(Self(read(&texts))))
    }
}

/// Tags that name no version, weak ones among them, match nothing.
fn read(values: &[&str]) -> Expected {
    if values.is_empty() || values.iter().any(|value| value.trim() == "*") {
        return Expected::Any;
    }
    let tags = values.iter().flat_map(|value| value.split(','));
    Expected::OneOf(tags.filter_map(|tag| version(tag.trim())).collect())
}

fn version(tag: &str) -> Option<i32> {
    let digits = tag.strip_prefix('"')?.strip_suffix('"')?;
    digits.parse().ok().filter(|version: &i32| version.to_string() == digits)
}

/// Answers with a body and the ETag of its version.
pub(crate) fn tagged(
    mut response: HttpResponseBuilder,
    version: i32,
    body: &impl Serialize,
) -> HttpResponse {
    response.insert_header((header::ETAG, format!("\"{version}\""))).json(body)
}

/// Adds the ETag of what was just made, or of what the same request made before.
pub(crate) fn first_version(mut response: HttpResponse) -> HttpResponse {
    let tag = header::HeaderValue::from_static("\"1\"");
    response.headers_mut().insert(header::ETAG, tag);
    response
}

#[cfg(test)]
mod tests {
    use baitline_store::versions::FIRST;

    use super::*;

    #[test]
    fn what_was_just_made_has_the_first_version() {
        let response = first_version(HttpResponse::Created().finish());
        let tag = response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok());
        assert_eq!(tag.and_then(version), Some(FIRST));
    }

    #[test]
    fn only_the_tags_given_out_name_a_version() {
        assert_eq!(read(&[]), Expected::Any);
        assert_eq!(read(&["*"]), Expected::Any);
        assert_eq!(read(&["\"3\""]), Expected::OneOf(vec![3]));
        assert_eq!(read(&["\"3\", \"4\"", "\"5\""]), Expected::OneOf(vec![3, 4, 5]));
        for nothing in ["", "3", "W/\"3\"", "\"+3\"", "\"03\"", "\"99999999999\"", "\"x\"", "\""] {
            assert_eq!(read(&[nothing]), Expected::OneOf(Vec::new()), "{nothing}");
        }
    }
}
