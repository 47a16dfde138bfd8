//! Reports in pieces. A report is computed anew for every piece, over what the
//! worker knows by then; so its cursor holds where the last line stood, not how
//! many there were: a line is never shown twice while it stays where it is, and
//! one that moved up in between is on a piece already read. Knows no nouns.

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::download::hex;
use crate::fault::Fault;
use crate::problem::{ApiError, ApiResult};

/// The longest cursor read, in hexadecimal digits: the name of a region in it
/// may be long.
const CURSOR_DIGITS: usize = 8_192;

/// Where a line stands: the smallest first.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Rank {
    /// What the report is sorted by. What comes first when it is large is
    /// negative here.
    pub(crate) numbers: [i64; 3],
    /// Unique within the report.
    pub(crate) tie: String,
}

/// A count that puts a line first when it is large.
pub(crate) fn largest_first(count: u64) -> i64 {
    -i64::try_from(count).unwrap_or(i64::MAX)
}

/// Where the piece before ended, and of which order of which report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct RankCursor {
    order: String,
    rank: Rank,
}

/// The same as it is sent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sent {
    order: String,
    rank: Rank,
}

impl<'de> Deserialize<'de> for RankCursor {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let sent: Option<Sent> = unhex(&text).and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let Sent { order, rank } = sent.ok_or_else(|| de::Error::custom(Fault::BadCursor))?;
        Ok(Self { order, rank })
    }
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    if digits.len() > CURSOR_DIGITS || !digits.len().is_multiple_of(2) {
        return None;
    }
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

/// The lines after the cursor, in order of their rank, and the cursor that
/// leads on if there are more. `order` names the report and what it is sorted
/// by: a cursor of another order is refused, for it would leave lines out.
///
/// Lines come in any order, and no more than a quarter more are held: a report
/// may have half a million.
pub(crate) fn piece<T>(
    lines: impl IntoIterator<Item = T>,
    rank: impl Fn(&T) -> Rank,
    order: &str,
    (cursor, limit): (Option<RankCursor>, usize),
) -> ApiResult<(Vec<T>, Option<String>)> {
    if cursor.as_ref().is_some_and(|cursor| cursor.order != order) {
        return Err(ApiError::parameter("cursor", Fault::BadCursor));
    }
    let most = limit + limit / 4 + 1;
    // Room that stays empty costs nothing, and a file's is then too large for the C
    // library to keep: it goes back whole.
    let mut kept = Vec::with_capacity(2 * limit);
    // The last rank of a piece without the lines still to come.
    let mut last = None;
    for line in lines {
        let ranked = rank(&line);
        let is_before = cursor.as_ref().is_some_and(|cursor| ranked <= cursor.rank);
        if is_before || last.as_ref().is_some_and(|last| ranked > *last) {
            continue;
        }
        kept.push(line);
        if kept.len() == most {
            last = cut(&mut kept, &rank, limit);
        }
    }
    let has_more = last.or(cut(&mut kept, &rank, limit)).is_some();
    kept.sort_by_cached_key(&rank);
    let next = match kept.last() {
        Some(line) if has_more => Some(cursor_text(order, &rank(line))?),
        _ => None,
    };
    Ok((kept, next))
}

/// Leaves the first lines alone, in any order, and says the rank of their last one; does
/// nothing where there are no others.
fn cut<T>(lines: &mut Vec<T>, rank: impl Fn(&T) -> Rank, limit: usize) -> Option<Rank> {
    let last = limit.checked_sub(1).filter(|_| lines.len() > limit)?;
    lines.select_nth_unstable_by(last, |a, b| rank(a).cmp(&rank(b)));
    lines.truncate(limit);
    lines.last().map(rank)
}

fn cursor_text(order: &str, rank: &Rank) -> ApiResult<String> {
    let cursor = RankCursor { order: order.to_owned(), rank: rank.clone() };
    let bytes =
        serde_json::to_vec(&cursor).map_err(|error| ApiError::Internal(error.to_string()))?;
    Ok(hex(&bytes))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};

    fn read(text: &str) -> Option<RankCursor> {
        let deserializer: StrDeserializer<'_, Error> = text.into_deserializer();
        RankCursor::deserialize(deserializer).ok()
    }

    fn rank(line: &(u64, &str)) -> Rank {
        Rank { numbers: [largest_first(line.0), 0, 0], tie: line.1.to_owned() }
    }

    #[test]
    fn pieces_put_together_are_the_whole_in_order_whatever_their_size() {
        let lines = vec![(1, "b"), (7, "я"), (1, "a"), (0, ""), (7, "c")];
        let whole = [(7, "c"), (7, "я"), (1, "a"), (1, "b"), (0, "")];
        for limit in 1..=6 {
            let (mut all, mut cursor) = (Vec::new(), None);
            loop {
                let asked = (cursor, limit);
                let (piece, next) = piece(lines.clone(), rank, "x", asked).unwrap();
                assert!(piece.len() <= limit);
                all.extend(piece);
                let Some(next) = next else { break };
                cursor = Some(read(&next).unwrap());
            }
            assert_eq!(all, whole, "{limit} at a time");
        }
    }

    #[test]
    fn of_many_lines_in_any_order_the_first_are_kept() {
        // 733 is prime to 1,000: each number comes once.
        let lines = |count| (0..count).map(|number| (number * 733 % 1_000 / 2, "a"));
        for (count, limit) in [(1_000, 1), (1_000, 7), (1_000, 499), (1_000, 999), (14, 7)] {
            let (kept, next) = piece(lines(count), rank, "x", (None, limit)).unwrap();
            let mut whole: Vec<_> = lines(count).collect();
            whole.sort_by_key(rank);
            assert_eq!(kept, whole[..limit], "{limit} of {count}");
            assert_eq!(read(&next.unwrap()).unwrap().rank, rank(&whole[limit - 1]));
        }
        for count in [0, 1, 999, 1_000] {
            let (kept, next) = piece(lines(count), rank, "x", (None, 1_000)).unwrap();
            assert_eq!((kept.len() as u64, next), (count, None));
        }
    }

    #[test]
    fn a_line_that_came_in_between_is_shown_where_it_stands_and_none_twice() {
        let first = piece(vec![(9, "a"), (5, "b")], rank, "x", (None, 1)).unwrap();
        let cursor = read(&first.1.unwrap());
        let now = vec![(9, "a"), (5, "b"), (7, "new"), (10, "too late")];
        let second = piece(now, rank, "x", (cursor, 9)).unwrap();
        assert_eq!(second, (vec![(7, "new"), (5, "b")], None));
    }

    #[test]
    fn a_cursor_of_another_order_or_none_at_all_is_refused() {
        let (_, next) = piece(vec![(1, "a"), (2, "b")], rank, "x", (None, 1)).unwrap();
        let cursor = read(&next.unwrap());
        assert!(piece(vec![(1, "a")], rank, "y", (cursor, 9)).is_err());
        for broken in ["", "7", "zz", "7b7d", &"7".repeat(CURSOR_DIGITS + 2)] {
            assert_eq!(read(broken), None, "{broken}");
        }
    }
}
