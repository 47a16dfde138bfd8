//! Bulk bodies of anything but calls: a JSON array or NDJSON, each item read by
//! itself, so that a bad one never fails the others. Knows no nouns.

use std::fmt;
use std::io::Read;

use actix_web::HttpRequest;
use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use tempfile::SpooledTempFile;

use crate::extract::{MAX_JSON_BODY_BYTES, check_shape, media_type, read_json};
use crate::fault::{Fault, FaultItem};
use crate::problem::{ApiError, ApiResult};
use crate::shape::Shape;
use crate::spool;

/// How a body spells its items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// One JSON array.
    Json,
    /// One JSON value a line.
    Ndjson,
}

/// How much a body may hold.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bounds {
    pub(crate) bytes: u64,
    pub(crate) items: usize,
}

/// One item, read or refused.
#[derive(Debug)]
pub(crate) struct Item<T> {
    /// The line, or the place in the array, from 1.
    pub(crate) line: u64,
    /// What it says, or what is wrong with it.
    pub(crate) result: Result<T, FaultItem>,
}

/// The format that the request's media type names.
pub(crate) fn format_of(req: &HttpRequest) -> ApiResult<Format> {
    match media_type(req).as_deref() {
        Some("application/json") => Ok(Format::Json),
        Some("application/x-ndjson") => Ok(Format::Ndjson),
        _ => Err(ApiError::UnsupportedMediaType("Send application/json or application/x-ndjson.")),
    }
}

/// Reads every item of a body that has been taken in; each must have `shape`.
pub(crate) fn read_items<T: DeserializeOwned>(
    format: Format,
    mut body: SpooledTempFile,
    bounds: Bounds,
    shape: Option<&Shape>,
) -> ApiResult<Vec<Item<T>>> {
    let mut bytes = Vec::new();
    body.read_to_end(&mut bytes).map_err(|error| spool::failed(&error))?;
    let bytes = bytes.trim_ascii_end();
    let texts = match format {
        _ if bytes.trim_ascii_start().is_empty() => {
            return Err(ApiError::Malformed(FaultItem::of("empty_body", "The body is empty.")));
        }
        Format::Json => elements(bytes, bounds.items)?,
        Format::Ndjson => lines(bytes),
    };
    if texts.len() > bounds.items {
        return Err(ApiError::TooLarge { limit_bytes: bounds.bytes });
    }
    let read = |(line, text)| Item { line, result: read_item(text, shape) };
    Ok(texts.into_iter().map(read).collect())
}

/// The elements of an array with their places; at most one more than `most`.
fn elements(bytes: &[u8], most: usize) -> ApiResult<Vec<(u64, &[u8])>> {
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let found = Elements { most }.deserialize(&mut json).and_then(|found| {
        json.end()?;
        Ok(found)
    });
    let found = found.map_err(|error| match error.classify() {
        serde_json::error::Category::Data => ApiError::field("", Fault::InvalidType),
        _ => ApiError::Malformed(FaultItem {
            line: Some(error.line() as u64),
            ..FaultItem::of("malformed_json", "The body is not well-formed JSON.")
        }),
    })?;
    Ok((1..).zip(found.into_iter().map(|element| element.get().as_bytes())).collect())
}

/// The lines that are not blank, with their numbers.
fn lines(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let numbered = (1..).zip(bytes.split(|byte| *byte == b'\n'));
    numbered.filter(|(_, line)| !line.trim_ascii().is_empty()).collect()
}

fn read_item<T: DeserializeOwned>(text: &[u8], shape: Option<&Shape>) -> Result<T, FaultItem> {
    if text.len() > MAX_JSON_BODY_BYTES {
        return Err(FaultItem::at("", Fault::TooLong));
    }
    let read = read_json(text).and_then(|item| check_shape(text, shape).map(|()| item));
    read.map_err(|error| match error {
        // The line it names is that of the item, which the receipt knows better.
        ApiError::Malformed(item) => FaultItem { line: None, ..item },
        ApiError::Unprocessable(items) => {
            items.into_iter().next().unwrap_or_else(|| FaultItem::at("", Fault::InvalidValue))
        }
        _ => FaultItem::at("", Fault::InvalidValue),
    })
}

/// An array's elements, unread; what is beyond one more than `most` is skipped.
struct Elements {
    most: usize,
}

impl<'de> DeserializeSeed<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Elements {
    type Value = Vec<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
        let mut elements = Vec::new();
        while elements.len() <= self.most {
            let Some(element) = array.next_element()? else { return Ok(elements) };
            elements.push(element);
        }
        while array.next_element::<IgnoredAny>()?.is_some() {}
        Ok(elements)
    }
}
