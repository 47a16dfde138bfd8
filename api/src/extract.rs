//! Reads JSON bodies: media type, size, syntax, values, in this order, each
//! failure with its place and none with the payload. Knows no nouns.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use bytes::BytesMut;
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, StreamExt};
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::ops::Range;

use crate::app::AppData;
use crate::fault::{Fault, FaultItem};
use crate::problem::{ApiError, ApiResult};
use crate::shape::Shape;

/// The largest JSON body of anything but calls: a transcript of 20,000
/// characters, each escaped, fits.
pub(crate) const MAX_JSON_BODY_BYTES: usize = 256 * 1024;
/// The longest field name a problem repeats, in bytes.
const MAX_ECHOED_NAME_BYTES: usize = 64;

/// The SHA-256 of the body that was read, for requests that are done once.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BodyDigest(pub(crate) [u8; 32]);

/// A JSON body read into `T`.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = LocalBoxFuture<'static, ApiResult<Self>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let is_json = media_type(req).as_deref() == Some("application/json");
        let app = req.app_data::<AppData>().cloned();
        let (path, method) = (req.match_info().as_str().to_owned(), req.method().clone());
        let (payload, req) = (payload.take(), req.clone());
        async move {
            if !is_json {
                return Err(ApiError::UnsupportedMediaType("Send application/json."));
            }
            let bytes = read_whole(payload).await?;
            let read = read_json(&bytes)?;
            let app = app.ok_or_else(|| ApiError::Internal("no application".to_owned()))?;
            check_shape(&bytes, app.body_shape(&path, &method))?;
            req.extensions_mut().insert(BodyDigest(Sha256::digest(&bytes).into()));
            Ok(Self(read))
        }
        .boxed_local()
    }
}

/// The media type of the body without its parameters, in lower case.
pub(crate) fn media_type(req: &HttpRequest) -> Option<String> {
    let value = req.headers().get(header::CONTENT_TYPE)?.to_str().ok()?;
    let essence = value.split(';').next().unwrap_or_default();
    Some(essence.trim().to_ascii_lowercase())
}

async fn read_whole(mut payload: Payload) -> ApiResult<BytesMut> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| interrupted())?;
        if whole.len() + chunk.len() > MAX_JSON_BODY_BYTES {
            return Err(ApiError::TooLarge { limit_bytes: MAX_JSON_BODY_BYTES as u64 });
        }
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

/// The body ended before it should have, or was not framed as HTTP asks.
pub(crate) fn interrupted() -> ApiError {
    ApiError::Malformed(FaultItem::of("interrupted_body", "The body did not arrive whole."))
}

/// Reads JSON into `T`; a fault has its pointer.
pub(crate) fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> ApiResult<T> {
    if bytes.trim_ascii().is_empty() {
        return Err(ApiError::Malformed(FaultItem::of("empty_body", "The body is empty.")));
    }
    serde_json::from_slice(bytes).map_err(|error| explain(bytes, &error))
}

/// Refuses what serde takes for something else than the document says.
pub(crate) fn check_shape(bytes: &[u8], shape: Option<&Shape>) -> ApiResult<()> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| explain(bytes, &error))?;
    match shape.and_then(|shape| shape.mismatch(&value)) {
        Some(pointer) => Err(ApiError::field(&pointer, Fault::InvalidType)),
        None => Ok(()),
    }
}

fn explain(bytes: &[u8], error: &serde_json::Error) -> ApiError {
    if error.classify() != serde_json::error::Category::Data {
        let item = FaultItem::of("malformed_json", "The body is not well-formed JSON.");
        return ApiError::Malformed(FaultItem { line: Some(error.line() as u64), ..item });
    }
    let message = error.to_string();
    let fault = Fault::read(&message);
    // These are faults of an object, the others of the value read last.
    let of_object = [Fault::Missing, Fault::UnknownField, Fault::DuplicateField].contains(&fault);
    let mut pointer = String::new();
    if let Ok(text) = std::str::from_utf8(bytes) {
        let at = offset(bytes, error.line(), error.column());
        let holds = |value: Range<usize>| value.start <= at && (!of_object || at < value.end);
        locate(text, 0, &holds, &mut pointer);
    }
    if of_object {
        pointer.extend(quoted_name(&message).map(|name| format!("/{name}")));
    }
    ApiError::Unprocessable(vec![FaultItem::at(pointer, fault)])
}

/// serde_json counts lines from 1 and columns in bytes up to the last one read.
fn offset(bytes: &[u8], line: usize, column: usize) -> usize {
    let line_start = bytes
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .nth(line.wrapping_sub(2))
        .map_or(0, |(at, _)| at + 1);
    (line_start + column).saturating_sub(1)
}

/// Extends `pointer` by the fields and items that lead to the last value that
/// `holds` the fault; `start` is where `text` begins in the body.
fn locate(text: &str, start: usize, holds: &impl Fn(Range<usize>) -> bool, pointer: &mut String) {
    let base = text.as_ptr().addr();
    let found = members(text)
        .into_iter()
        .map(|(name, value)| (start + value.as_ptr().addr() - base, name, value))
        .filter(|(at, _, value)| holds(*at..at + value.len()))
        .max();
    if let Some((at, name, value)) = found
        && is_echoable(&name)
    {
        pointer.push('/');
        pointer.push_str(&name);
        locate(value, at, holds, pointer);
    }
}

/// The fields of an object or the items of an array, as they stand in `text`.
fn members(text: &str) -> Vec<(String, &str)> {
    let fields = serde_json::from_str::<BTreeMap<String, &RawValue>>(text);
    if let Ok(fields) = fields {
        return fields.into_iter().map(|(name, value)| (name, value.get())).collect();
    }
    let items = serde_json::from_str::<Vec<&RawValue>>(text).unwrap_or_default();
    let numbered = items.into_iter().enumerate();
    numbered.map(|(index, value)| (index.to_string(), value.get())).collect()
}

/// The name serde puts between backticks, if it may be repeated.
pub(crate) fn quoted_name(message: &str) -> Option<&str> {
    let name = message.split('`').nth(1)?;
    is_echoable(name).then_some(name)
}

/// Names are repeated only where they are short and plain, so that a problem
/// carries no payload.
fn is_echoable(name: &str) -> bool {
    name.len() <= MAX_ECHOED_NAME_BYTES
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the faults of reading it matter")]
    struct Visit {
        at: crate::fields::Time,
        seconds: u32,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the faults of reading it matter")]
    struct Run {
        name: crate::fields::Slug,
        visits: Vec<Visit>,
    }

    fn fault(body: &str) -> (String, String) {
        match read_json::<Run>(body.as_bytes()).unwrap_err() {
            ApiError::Unprocessable(items) => {
                let item = items.into_iter().next().unwrap();
                (item.pointer.unwrap(), item.code.into_owned())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_wrong_value_is_named_by_its_pointer() {
        let at = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
        assert_eq!(fault(r#"{"name":"A B","visits":[]}"#), at("/name", "not_a_slug"));
        assert_eq!(fault(r#"{"visits":[],"name":"A B" }"#), at("/name", "not_a_slug"));
        assert_eq!(fault("{\"visits\":\n[],\n \"name\": 7}"), at("/name", "invalid_type"));
        assert_eq!(
            fault(
                r#"{"name":"a","visits":[{"at":"2026-01-01T00:00:00Z","seconds":1},{"at":"noon","seconds":1}]}"#
            ),
            at("/visits/1/at", "not_a_time")
        );
        assert_eq!(
            fault(r#"{"name":"a","visits":[{"at":"2026-01-01T00:00:00Z"}]}"#),
            at("/visits/0/seconds", "missing")
        );
        assert_eq!(fault(r#"{"name":"a"}"#), at("/visits", "missing"));
        assert_eq!(fault(r#"{"name":"a","visits":[],"x":1}"#), at("/x", "unknown_field"));
        assert_eq!(fault(r#"{"name":"a","name":"b"}"#), at("/name", "duplicate_field"));
    }

    #[test]
    fn broken_json_is_malformed_and_carries_its_line() {
        let ApiError::Malformed(item) = read_json::<Run>(b"{\n\"name\": }").unwrap_err() else {
            panic!("not malformed");
        };
        assert_eq!((item.line, item.code.as_ref()), (Some(2), "malformed_json"));
        assert!(matches!(read_json::<Run>(b" \n"), Err(ApiError::Malformed(_))));
        assert!(matches!(read_json::<Run>(b"{\"name\":\"\xff\"}"), Err(ApiError::Malformed(_))));
    }
}
