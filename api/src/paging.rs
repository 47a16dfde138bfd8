//! Lists in pieces: the limit, the opaque cursor, and the link to the next
//! piece. Knows no nouns.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Deserializer, Serialize, de};
use uuid::Uuid;

use crate::fault::Fault;
use crate::fields::Whole;

/// Rows of a piece where the caller does not say.
const DEFAULT_LIMIT: u32 = 100;
/// The most rows of a piece.
const MAX_LIMIT: u32 = 1_000;

/// How many rows a caller wants.
pub(crate) type Limit = Whole<1, MAX_LIMIT>;

/// The key of the last row seen. Lists in order of entry use the id alone, and
/// lists in order of time put the time before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) micros: i64,
    pub(crate) id: Uuid,
}

/// The first moment no row has: 2200-01-01T00:00:00Z, in microseconds.
const LATEST_MICROS: i64 = 7_258_118_400_000_000;
/// Hexadecimal digits of a cursor: 16 of the time and 32 of the id.
const CURSOR_DIGITS: usize = 48;

impl Cursor {
    /// A cursor of a list in order of entry.
    pub(crate) fn of_id(id: Uuid) -> Self {
        Self { micros: 0, id }
    }

    /// As a caller sends it back.
    pub(crate) fn text(self) -> String {
        format!("{:016x}{:032x}", self.micros, self.id.as_u128())
    }

    fn read(text: &str) -> Option<Self> {
        if text.len() != CURSOR_DIGITS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let (micros, id) = text.split_at(16);
        let micros = u64::from_str_radix(micros, 16).ok()?.cast_signed();
        // No list gave out a time that a database could not keep.
        if !(0..LATEST_MICROS).contains(&micros) {
            return None;
        }
        let id = Uuid::from_u128(u128::from_str_radix(id, 16).ok()?);
        Some(Self { micros, id })
    }
}

impl<'de> Deserialize<'de> for Cursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).ok_or_else(|| de::Error::custom(Fault::BadCursor))
    }
}

/// How many rows to ask the store for: one more than wanted tells whether the
/// list goes on.
pub(crate) fn rows_to_ask(limit: Option<Limit>) -> i64 {
    i64::from(wanted(limit)) + 1
}

fn wanted(limit: Option<Limit>) -> u32 {
    limit.map_or(DEFAULT_LIMIT, |limit| limit.0)
}

/// Cuts what the store gave to what was wanted; the cursor leads on, if there
/// is more.
pub(crate) fn cut<T>(
    mut rows: Vec<T>,
    limit: Option<Limit>,
    key: impl Fn(&T) -> Cursor,
) -> (Vec<T>, Option<String>) {
    let wanted = wanted(limit) as usize;
    if rows.len() <= wanted {
        return (rows, None);
    }
    rows.truncate(wanted);
    let next = rows.last().map(|row| key(row).text());
    (rows, next)
}

/// The answer of a list, with the link where there is a next piece.
pub(crate) fn answer(
    req: &HttpRequest,
    next_cursor: Option<&str>,
    page: &impl Serialize,
) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = next_cursor {
        response.insert_header((header::LINK, link_to_next(req, cursor)));
    }
    response.json(page)
}

/// The link to the piece that begins at a cursor: the same question otherwise.
pub(crate) fn link_to_next(req: &HttpRequest, cursor: &str) -> String {
    let kept = req
        .query_string()
        .split('&')
        .filter(|pair| !pair.is_empty() && *pair != "cursor" && !pair.starts_with("cursor="));
    let mut query: Vec<&str> = kept.collect();
    let cursor = format!("cursor={cursor}");
    query.push(&cursor);
    format!("<{}?{}>; rel=\"next\"", req.path(), query.join("&"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_anything_else_is_refused() {
        let cursor = Cursor { micros: 5, id: Uuid::from_u128(7) };
        assert_eq!(Cursor::read(&cursor.text()), Some(cursor));
        assert_eq!(Cursor::read(""), None);
        assert_eq!(Cursor::read(&"+".repeat(CURSOR_DIGITS)), None);
        assert_eq!(Cursor::read(&"8".repeat(CURSOR_DIGITS)), None);
        assert_eq!(Cursor::read(&"7".repeat(CURSOR_DIGITS)), None);
    }

    #[test]
    fn a_full_piece_with_nothing_after_it_has_no_cursor() {
        let key = |id: &u128| Cursor::of_id(Uuid::from_u128(*id));
        assert_eq!(cut(vec![1, 2], Some(Whole(2)), key), (vec![1, 2], None));
        let (rows, next) = cut(vec![1, 2, 3], Some(Whole(2)), key);
        assert_eq!((rows, next), (vec![1, 2], Some(key(&2).text())));
    }
}
