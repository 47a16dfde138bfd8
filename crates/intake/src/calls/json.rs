//! Call records as JSON. Every object is taken apart member by member without
//! reading the values first, so that one bad item of an array does not fail
//! the others, and a repeated name is seen.

use std::borrow::Cow;
use std::fmt;
use std::io::{BufRead, Read};

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::fields::{Field, Fields, Sent};
use super::rejection::{BodyError, Rejection};
use super::{Body, CallRecord, Item, Items, MAX_JSON_BODY_BYTES, MAX_JSON_ITEMS, MAX_RECORD_BYTES};

/// What JSON counts as white space.
const WHITE_SPACE: [char; 4] = [' ', '\t', '\r', '\n'];

/// The records of a JSON array, read as they are asked for.
#[derive(Debug)]
pub struct JsonItems {
    items: std::vec::IntoIter<Box<RawValue>>,
    line: u64,
}

impl Iterator for JsonItems {
    type Item = Item;

    fn next(&mut self) -> Option<Item> {
        let item = self.items.next()?;
        self.line += 1;
        Some(Item { line: self.line, result: read_record(item.get()) })
    }
}

/// Reads a body of one object or an array.
pub(super) fn read<R: BufRead>(body: R) -> Result<Body<R>, BodyError> {
    let mut bytes = Vec::new();
    body.take(MAX_JSON_BODY_BYTES as u64 + 1).read_to_end(&mut bytes)?;
    if bytes.len() > MAX_JSON_BODY_BYTES {
        return Err(BodyError::TooLarge);
    }
    let text = std::str::from_utf8(&bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        BodyError::InvalidUtf8 {
            line: 1 + before.iter().filter(|&&byte| byte == b'\n').count() as u64,
        }
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.trim_matches(WHITE_SPACE).is_empty() {
        return Err(BodyError::Empty);
    }
    let value: &RawValue = serde_json::from_str(text).map_err(malformed)?;
    match value.get().bytes().next() {
        Some(b'{') => Ok(Body::One(Box::new(read_record(value.get())))),
        Some(b'[') => {
            let Elements(items) = serde_json::from_str(value.get()).map_err(malformed)?;
            if items.len() > MAX_JSON_ITEMS {
                return Err(BodyError::TooManyItems);
            }
            Ok(Body::Many(Items::Json(JsonItems { items: items.into_iter(), line: 0 })))
        }
        _ => Err(BodyError::NeitherObjectNorArray),
    }
}

fn malformed(error: serde_json::Error) -> BodyError {
    BodyError::MalformedJson { line: error.line() as u64, column: error.column() as u64 }
}

/// Reads the text of one record.
pub(super) fn read_record(text: &str) -> Result<CallRecord, Rejection> {
    let text = text.trim_matches(WHITE_SPACE);
    if text.len() > MAX_RECORD_BYTES {
        return Err(Rejection::record_too_long());
    }
    if !text.starts_with('{') {
        let is_json = serde_json::from_str::<&RawValue>(text).is_ok();
        return Err(if is_json { Rejection::not_an_object() } else { Rejection::malformed_json() });
    }
    let Members(members) =
        serde_json::from_str(text).map_err(|_error| Rejection::malformed_json())?;
    let mut seen = [false; Field::ALL.len()];
    let mut fields = Fields::default();
    for (name, value) in members {
        let field = Field::named(&name).ok_or_else(|| Rejection::unknown_field(&name))?;
        if std::mem::replace(&mut seen[field as usize], true) {
            return Err(Rejection::duplicate_field(field));
        }
        if let Some(value) = sent(field, value.get())? {
            fields.set(field, value);
        }
    }
    CallRecord::from_fields(&fields)
}

/// Tells the type of a value by its first byte, which is enough once it is
/// known to be JSON; `None` for null, which counts as absent.
fn sent(field: Field, json: &str) -> Result<Option<Sent<'_>>, Rejection> {
    Ok(Some(match json.bytes().next() {
        Some(b'"') => Sent::Text(Cow::Owned(text(field, json)?)),
        Some(b'{') => Sent::Object(json),
        Some(b't') => Sent::Truth(true),
        Some(b'f') => Sent::Truth(false),
        Some(b'n') => return Ok(None),
        Some(b'[') => Sent::Array,
        _ => Sent::Number(json),
    }))
}

/// The text of a JSON string. It can still be broken: half of a surrogate pair
/// passes as JSON, but is no text.
pub(super) fn text(field: Field, json: &str) -> Result<String, Rejection> {
    serde_json::from_str(json).map_err(|_error| {
        let detail = format!("{} holds an escape that is no character", field.name());
        Rejection::of_field(field, "malformed_json", detail)
    })
}

/// The members of an object in order, repeated names included, values unread.
pub(super) struct Members<'a>(pub(super) Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

/// The elements of an array, unread; one more than allowed where there are
/// too many, the rest skipped.
struct Elements(Vec<Box<RawValue>>);

impl<'de> Deserialize<'de> for Elements {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Elements;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut array: A) -> Result<Self::Value, A::Error> {
                let mut elements = Vec::new();
                while elements.len() <= MAX_JSON_ITEMS {
                    let Some(element) = array.next_element()? else {
                        return Ok(Elements(elements));
                    };
                    elements.push(element);
                }
                while array.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Elements(elements))
            }
        }

        deserializer.deserialize_seq(Collect)
    }
}
