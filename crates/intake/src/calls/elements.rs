//! A JSON array split into the texts of its elements as they are asked for, so
//! that an array of any length takes the memory of one element. A body of one
//! object is an array of one. It finds where an element ends by its brackets and
//! quotes; whether the element is JSON is for others to tell.

use std::io::BufRead;

use super::MAX_RECORD_BYTES;
use super::rejection::BodyError;

/// The byte order mark some programs write before UTF-8.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The elements of an array.
#[derive(Debug)]
pub(super) struct Elements<R> {
    reader: R,
    /// The line of the next byte, from 1, and its place there.
    line: u64,
    column: u64,
    /// Elements read.
    count: u64,
    next: Next,
}

/// What has to come next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    /// An element or the end of an array that has none.
    First,
    /// The one object of the body.
    Only,
    /// A comma and an element, or the end of the array.
    Other,
    /// Nothing but white space.
    End,
}

/// The text of an element; `None` where it is longer than a record may be.
type Text = Option<Vec<u8>>;

impl<R: BufRead> Elements<R> {
    /// Reads up to the beginning of the array.
    pub(super) fn open(reader: R) -> Result<Self, BodyError> {
        let mut elements = Self { reader, line: 1, column: 1, count: 0, next: Next::Only };
        // Byte by byte, since a reader may give any number of them at once. No JSON begins with
        // the first byte of the mark, so what goes on otherwise is none.
        if elements.peek()? == BYTE_ORDER_MARK.first().copied() {
            for byte in BYTE_ORDER_MARK {
                if elements.peek()? != Some(*byte) {
                    return Err(BodyError::NeitherObjectNorArray);
                }
                elements.reader.consume(1);
            }
        }
        match elements.after_space()? {
            None => Err(BodyError::Empty),
            Some(b'{') => Ok(elements),
            Some(b'[') => {
                elements.skip()?;
                elements.next = Next::First;
                Ok(elements)
            }
            Some(_) => Err(BodyError::NeitherObjectNorArray),
        }
    }

    /// The next element with its place from 1.
    pub(super) fn next_element(&mut self) -> Result<Option<(u64, Text)>, BodyError> {
        let first = self.after_space()?;
        match (self.next, first) {
            (Next::End, None) => return Ok(None),
            (Next::First | Next::Other, Some(b']')) => {
                self.skip()?;
                self.next = Next::End;
                return self.next_element();
            }
            (Next::Other, Some(b',')) => {
                self.skip()?;
                self.after_space()?;
            }
            (Next::First | Next::Only, Some(_)) => {}
            _ => return Err(self.malformed()),
        }
        let text = self.value()?;
        self.next = if self.next == Next::Only { Next::End } else { Next::Other };
        self.count += 1;
        Ok(Some((self.count, text)))
    }

    /// Takes one value.
    fn value(&mut self) -> Result<Text, BodyError> {
        let mut text = Some(Vec::new());
        match self.peek()? {
            Some(b'{' | b'[' | b'"') => self.nested(&mut text)?,
            _ => self.scalar(&mut text)?,
        }
        match &text {
            Some(bytes) if bytes.is_empty() => Err(self.malformed()),
            _ => Ok(text),
        }
    }

    /// Takes a value up to the bracket or quote that closes its first one.
    fn nested(&mut self, text: &mut Text) -> Result<(), BodyError> {
        let (mut depth, mut quoted, mut escaped) = (0_u64, false, false);
        loop {
            let byte = self.peek()?.ok_or_else(|| self.malformed())?;
            self.take(byte, text)?;
            match byte {
                _ if escaped => escaped = false,
                b'\\' if quoted => escaped = true,
                b'"' => quoted = !quoted,
                b'{' | b'[' if !quoted => depth += 1,
                b'}' | b']' if !quoted => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 && !quoted {
                return Ok(());
            }
        }
    }

    /// Takes a number or a word.
    fn scalar(&mut self, text: &mut Text) -> Result<(), BodyError> {
        while let Some(byte) = self.peek()? {
            if matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\r' | b'\n') {
                break;
            }
            self.take(byte, text)?;
        }
        Ok(())
    }

    fn take(&mut self, byte: u8, text: &mut Text) -> Result<(), BodyError> {
        match text {
            Some(bytes) if bytes.len() < MAX_RECORD_BYTES => bytes.push(byte),
            _ => *text = None,
        }
        self.skip()
    }

    fn after_space(&mut self) -> Result<Option<u8>, BodyError> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.skip()?,
                other => return Ok(other),
            }
        }
    }

    fn peek(&mut self) -> Result<Option<u8>, BodyError> {
        Ok(self.reader.fill_buf()?.first().copied())
    }

    /// Leaves the byte that was peeked at behind.
    fn skip(&mut self) -> Result<(), BodyError> {
        if self.peek()? == Some(b'\n') {
            (self.line, self.column) = (self.line + 1, 1);
        } else {
            self.column += 1;
        }
        self.reader.consume(1);
        Ok(())
    }

    const fn malformed(&self) -> BodyError {
        BodyError::MalformedJson { line: self.line, column: self.column }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn a_byte_order_mark_is_left_out_in_pieces_of_any_size_and_half_of_one_is_no_json() {
        for size in [1, 2, 3, 64] {
            let open = |body: &'static [u8]| {
                Elements::open(std::io::BufReader::with_capacity(size, body)).map(|_| ())
            };
            assert!(open(b"\xEF\xBB\xBF[]").is_ok(), "{size}");
            for half in [b"\xEF[]".as_slice(), b"\xEF\xBB{}", b"\xEF\xBB", b"\xBB\xBF[]"] {
                let fault = open(half).unwrap_err();
                assert!(matches!(fault, BodyError::NeitherObjectNorArray), "{size}: {fault}");
            }
        }
    }

    /// The texts of the elements, and where the body breaks off.
    fn all(body: &str) -> (Vec<String>, Option<(u64, u64)>) {
        let mut elements = Elements::open(body.as_bytes()).unwrap();
        let mut texts = Vec::new();
        loop {
            match elements.next_element() {
                Ok(Some((place, text))) => {
                    texts.push(String::from_utf8(text.unwrap()).unwrap());
                    assert_eq!(place, texts.len() as u64);
                }
                Ok(None) => return (texts, None),
                Err(BodyError::MalformedJson { line, column }) => {
                    return (texts, Some((line, column)));
                }
                Err(error) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn elements_end_where_their_brackets_and_quotes_do() {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        let table: [(&str, Vec<String>); 6] = [
            ("[]", texts(&[])),
            (" [ ] ", texts(&[])),
            (r#"[{"a":"]}\"\\"},[1,[2]]]"#, texts(&[r#"{"a":"]}\"\\"}"#, "[1,[2]]"])),
            ("[1 , null,\n\"x,y\"]", texts(&["1", "null", "\"x,y\""])),
            ("\u{feff}{\"a\":{}} ", texts(&["{\"a\":{}}"])),
            // It is no JSON, but it ends; what comes after it is read.
            (r#"[{"a":1],2]"#, texts(&[r#"{"a":1]"#, "2"])),
        ];
        for (body, expected) in table {
            assert_eq!(all(body), (expected, None), "{body}");
        }
    }

    #[test]
    fn a_body_that_breaks_off_gives_what_stands_before_and_says_where() {
        for (body, elements, at) in [
            ("[1,{\"a\":", 1, (1, 9)),
            ("[1,\n2", 2, (2, 2)),
            ("[1,]", 1, (1, 4)),
            ("[1 2]", 1, (1, 4)),
            ("[1]\n]", 1, (2, 1)),
            ("[,1]", 0, (1, 2)),
            ("{} {}", 1, (1, 4)),
            ("[\"x", 0, (1, 4)),
        ] {
            let (texts, broken) = all(body);
            assert_eq!((texts.len(), broken), (elements, Some(at)), "{body}");
        }
        assert!(matches!(Elements::open(b" ".as_slice()), Err(BodyError::Empty)));
        let neither = Elements::open(b"7".as_slice());
        assert!(matches!(neither, Err(BodyError::NeitherObjectNorArray)));
    }

    #[test]
    fn an_element_beyond_the_limit_is_skipped_without_being_held() {
        let long = "x".repeat(MAX_RECORD_BYTES - 1);
        let body = format!("[\"{long}\",1]");
        let mut elements = Elements::open(body.as_bytes()).unwrap();
        assert_eq!(elements.next_element().unwrap(), Some((1, None)));
        assert_eq!(elements.next_element().unwrap(), Some((2, Some(b"1".to_vec()))));
    }
}
