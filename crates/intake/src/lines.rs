//! Lines of bounded length. A line beyond the bound is told of and skipped
//! without being held; the lines after it are read as if nothing had happened.
//! It does not know what a line holds.

use std::io::{self, BufRead, Read};

use crate::calls::MAX_RECORD_BYTES;

/// The bytes of the longest line end.
const LINE_END_BYTES: usize = "\r\n".len();
/// The byte order mark some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// One line without its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// From 1.
    pub(crate) number: u64,
    /// Its bytes; `None` where there are more than [`MAX_RECORD_BYTES`].
    pub(crate) bytes: Option<Vec<u8>>,
}

/// Reads lines one after another.
#[derive(Debug)]
pub(crate) struct Lines<R> {
    reader: R,
    /// The line read last, from 1.
    number: u64,
}

impl<R: BufRead> Lines<R> {
    pub(crate) const fn new(reader: R) -> Self {
        Self { reader, number: 0 }
    }

    /// The next line; `None` after the last one.
    pub(crate) fn next_line(&mut self) -> io::Result<Option<Line>> {
        let limit = MAX_RECORD_BYTES + LINE_END_BYTES;
        let mut bytes = Vec::new();
        let taken = (&mut self.reader).take(limit as u64).read_until(b'\n', &mut bytes)?;
        if taken == 0 {
            return Ok(None);
        }
        self.number += 1;
        if bytes.ends_with(b"\n") {
            bytes.pop();
        } else if taken == limit {
            self.reader.skip_until(b'\n')?;
            return Ok(Some(Line { number: self.number, bytes: None }));
        }
        if bytes.ends_with(b"\r") {
            bytes.pop();
        }
        if self.number == 1 && bytes.starts_with(BYTE_ORDER_MARK) {
            bytes.drain(..BYTE_ORDER_MARK.len());
        }
        let fits = bytes.len() <= MAX_RECORD_BYTES;
        Ok(Some(Line { number: self.number, bytes: fits.then_some(bytes) }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn all(bytes: &[u8]) -> Vec<Option<usize>> {
        let mut lines = Lines::new(bytes);
        let mut lengths = Vec::new();
        while let Some(line) = lines.next_line().unwrap() {
            lengths.push(line.bytes.map(|bytes| bytes.len()));
            assert_eq!(line.number, lengths.len() as u64);
        }
        lengths
    }

    #[test]
    fn the_longest_line_is_read_and_one_byte_more_is_skipped_whatever_ends_it() {
        for end in ["", "\n", "\r\n"] {
            for (length, expected) in [
                (MAX_RECORD_BYTES, Some(MAX_RECORD_BYTES)),
                (MAX_RECORD_BYTES + 1, None),
                (MAX_RECORD_BYTES + 2, None),
                (3 * MAX_RECORD_BYTES, None),
            ] {
                let body = "x".repeat(length) + end;
                assert_eq!(all(body.as_bytes()), [expected], "{length} bytes before {end:?}");
                let body = "x".repeat(length) + "\nyy";
                assert_eq!(
                    all(body.as_bytes()),
                    [expected, Some(2)],
                    "{length} bytes, then a line"
                );
            }
        }
    }

    #[test]
    fn only_the_first_line_loses_a_byte_order_mark() {
        assert_eq!(all("\u{feff}a\n\u{feff}b".as_bytes()), [Some(1), Some(4)]);
    }
}
