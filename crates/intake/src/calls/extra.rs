//! The `extra` object of a record: unknown data, kept and never read. It is
//! written anew with sorted members and no white space, so that equal data is
//! equal text; numbers stay digit for digit as they came.

use std::collections::BTreeMap;

use serde_json::value::RawValue;

use super::MAX_RECORD_BYTES;
use super::fields::Field;
use super::json::{Members, text};
use super::rejection::Rejection;

/// The most bytes of the object as it is kept.
pub const MAX_EXTRA_BYTES: usize = 4_096;
/// The most objects and arrays inside each other, itself included.
pub const MAX_EXTRA_DEPTH: usize = 8;

/// Reads the text of an object and writes it as it is kept.
pub(super) fn read(json: &str) -> Result<String, Rejection> {
    if json.len() > MAX_RECORD_BYTES {
        return Err(too_long());
    }
    let value: &RawValue = serde_json::from_str(json).map_err(|_error| {
        Rejection::of_field(Field::Extra, "malformed_json", "extra is not valid JSON")
    })?;
    if !value.get().starts_with('{') {
        return Err(Rejection::invalid_type(Field::Extra, "a JSON object"));
    }
    let mut kept = String::new();
    write(value, 1, &mut kept)?;
    if kept.len() > MAX_EXTRA_BYTES { Err(too_long()) } else { Ok(kept) }
}

/// Writes one value at `depth`. Scans a nested value once per level, which the
/// two limits keep cheap.
fn write(value: &RawValue, depth: usize, kept: &mut String) -> Result<(), Rejection> {
    let json = value.get();
    let nested = json.starts_with(['{', '[']);
    if nested && depth > MAX_EXTRA_DEPTH {
        let detail = format!("extra is at most {MAX_EXTRA_DEPTH} levels deep");
        return Err(Rejection::of_field(Field::Extra, "too_deep", detail));
    }
    match json.bytes().next() {
        Some(b'{') => write_object(json, depth, kept),
        Some(b'[') => write_array(json, depth, kept),
        Some(b'"') => write_text(&text(Field::Extra, json)?, kept),
        _ => {
            kept.push_str(json);
            Ok(())
        }
    }
}

fn write_object(json: &str, depth: usize, kept: &mut String) -> Result<(), Rejection> {
    let Members(members) = serde_json::from_str(json).map_err(|_error| broken_name())?;
    let count = members.len();
    let sorted: BTreeMap<String, &RawValue> = members.into_iter().collect();
    if sorted.len() < count {
        let detail = "an object in extra has two members of one name";
        return Err(Rejection::of_field(Field::Extra, "duplicate_field", detail));
    }
    kept.push('{');
    for (place, (name, value)) in sorted.into_iter().enumerate() {
        if place > 0 {
            kept.push(',');
        }
        write_text(&name, kept)?;
        kept.push(':');
        write(value, depth + 1, kept)?;
    }
    kept.push('}');
    Ok(())
}

fn write_array(json: &str, depth: usize, kept: &mut String) -> Result<(), Rejection> {
    let elements: Vec<&RawValue> = serde_json::from_str(json).map_err(|_error| broken_name())?;
    kept.push('[');
    for (place, element) in elements.into_iter().enumerate() {
        if place > 0 {
            kept.push(',');
        }
        write(element, depth + 1, kept)?;
    }
    kept.push(']');
    Ok(())
}

/// Writes a string. NUL is refused, since databases cannot keep it; other
/// control characters stay escaped and do no harm.
fn write_text(text: &str, kept: &mut String) -> Result<(), Rejection> {
    if text.contains('\0') {
        let detail = "extra must not hold the character NUL";
        return Err(Rejection::of_field(Field::Extra, "control_character", detail));
    }
    kept.push_str(&serde_json::Value::from(text).to_string());
    Ok(())
}

/// What is left to fail in text that passed as JSON.
fn broken_name() -> Rejection {
    let detail = "extra holds an escape that is no character";
    Rejection::of_field(Field::Extra, "malformed_json", detail)
}

fn too_long() -> Rejection {
    let detail = format!("extra holds at most {MAX_EXTRA_BYTES} bytes");
    Rejection::of_field(Field::Extra, "too_long", detail)
}
