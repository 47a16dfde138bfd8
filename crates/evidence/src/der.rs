//! Reads DER (X.690): tags, lengths and what lies between. As little of it as
//! a time-stamp needs; what an element means its reader knows. Whatever is not
//! in the one form that DER allows is refused, and nothing is read twice, so a
//! hostile file costs no more than its length.

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTF8_STRING: u8 = 0x0c;
pub(crate) const PRINTABLE_STRING: u8 = 0x13;
pub(crate) const IA5_STRING: u8 = 0x16;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const BMP_STRING: u8 = 0x1e;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// The tag of an element that its place numbers and that holds others.
pub(crate) const fn context(number: u8) -> u8 {
    0xa0 | number
}

/// Tags of this number and above take several bytes; nothing here has one.
const LONG_TAG: u8 = 0x1f;
/// Bytes that tell a length: what is read here is far shorter than 4 GiB.
const MAX_LENGTH_BYTES: usize = 4;

/// The bytes are no DER, or not what was expected at their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed;

/// One element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// What it holds.
    pub(crate) content: &'a [u8],
    /// The same with tag and length.
    pub(crate) whole: &'a [u8],
}

impl<'a> Element<'a> {
    /// Reads what it holds, element by element.
    pub(crate) fn inside(self) -> Reader<'a> {
        Reader(self.content)
    }
}

/// What is left to read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// The next element, whatever it is.
    pub(crate) fn any(&mut self) -> Result<Element<'a>, Malformed> {
        let (&tag, rest) = self.0.split_first().ok_or(Malformed)?;
        if tag & LONG_TAG == LONG_TAG {
            return Err(Malformed);
        }
        let (length, rest) = length(rest)?;
        let content = rest.get(..length).ok_or(Malformed)?;
        let taken = self.0.len() - rest.len() + length;
        let whole = &self.0[..taken];
        self.0 = &self.0[taken..];
        Ok(Element { tag, content, whole })
    }

    /// The next element, which has this tag.
    pub(crate) fn one(&mut self, tag: u8) -> Result<Element<'a>, Malformed> {
        self.optional(tag)?.ok_or(Malformed)
    }

    /// The next element if it has this tag.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, Malformed> {
        if self.0.first() == Some(&tag) { self.any().map(Some) } else { Ok(None) }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Nothing may be left.
    pub(crate) fn end(&self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

/// The one element that `bytes` are, to their end.
pub(crate) fn whole(bytes: &[u8], tag: u8) -> Result<Element<'_>, Malformed> {
    let mut reader = Reader::new(bytes);
    let element = reader.one(tag)?;
    reader.end()?;
    Ok(element)
}

/// A length in its shortest form, which is the only one in DER.
fn length(bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let (&first, rest) = bytes.split_first().ok_or(Malformed)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > MAX_LENGTH_BYTES {
        return Err(Malformed);
    }
    let digits = rest.get(..count).ok_or(Malformed)?;
    let length = digits.iter().fold(0_usize, |length, digit| length << 8 | usize::from(*digit));
    if digits[0] == 0 || length < 0x80 {
        return Err(Malformed);
    }
    Ok((length, &rest[count..]))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    #[test]
    fn elements_are_read_one_after_the_other_to_their_end() {
        let bytes = [0x30, 0x06, 0x02, 0x01, 0x05, 0x04, 0x01, 0xff];
        let mut inside = whole(&bytes, SEQUENCE).unwrap().inside();
        assert_eq!(inside.one(INTEGER).unwrap().content, [5]);
        assert_eq!(inside.optional(INTEGER).unwrap(), None);
        let last = inside.one(OCTET_STRING).unwrap();
        assert_eq!((last.content, last.whole), (&[0xff][..], &[0x04, 0x01, 0xff][..]));
        assert!(inside.is_empty() && inside.end().is_ok());
        assert_eq!(inside.any(), Err(Malformed));
    }

    #[test]
    fn a_long_length_is_read_in_its_shortest_form_only() {
        let long = [&[0x04, 0x81, 0x80][..], &[7; 0x80]].concat();
        assert_eq!(whole(&long, OCTET_STRING).unwrap().content, [7; 0x80]);
        let padded = [&[0x04, 0x82, 0x00, 0x80][..], &[7; 0x80]].concat();
        assert_eq!(whole(&padded, OCTET_STRING), Err(Malformed));
        for wrong in [
            &[][..],
            &[0x04],
            &[0x04, 0x02, 0x00],
            &[0x04, 0x81, 0x01, 0x00],
            &[0x04, 0x80, 0x00, 0x00],
            &[0x04, 0x85, 1, 0, 0, 0, 0],
            &[0x04, 0x84, 0xff, 0xff, 0xff, 0xff],
            &[0x1f, 0x01, 0x00],
            &[0x04, 0x01, 0x00, 0x00],
        ] {
            assert_eq!(whole(wrong, OCTET_STRING), Err(Malformed), "{wrong:x?}");
        }
    }
}
