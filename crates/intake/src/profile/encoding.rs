//! Lines to UTF-8. Where the encoding is not told, the first line with a letter
//! beyond ASCII decides for all: a file is never half in one and half in the
//! other, and looking at every line by itself would turn a broken one into other
//! letters without telling anybody.

use encoding_rs::WINDOWS_1251;

use super::file_fault::FileFault;
use super::shape::Encoding;
use crate::calls::Rejection;

/// What begins a file in UTF-8, in some programs.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();
/// What begins a file in UTF-16, either end first.
const UTF_16_MARKS: [&[u8]; 2] = [b"\xff\xfe", b"\xfe\xff"];
/// What begins a workbook in Office Open XML: an archive.
const ARCHIVE: &[u8] = b"PK\x03\x04";
/// What begins an XLS workbook: a compound file.
pub(super) const COMPOUND_FILE: &[u8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1";

/// Decodes the lines of one file in their order.
#[derive(Debug)]
pub(super) struct Decoder {
    /// Nothing until a line shows it.
    known: Option<Known>,
    /// Whether the first line that showed it decided, and not the profile.
    guessed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Utf8,
    Windows1251,
}

/// A decoder for a file that begins so.
pub(super) fn open(encoding: Encoding, beginning: &[u8]) -> Result<Decoder, FileFault> {
    if beginning.starts_with(COMPOUND_FILE) {
        return Err(FileFault::OldWorkbook);
    }
    let is_no_text = |mark: &[u8]| beginning.starts_with(mark);
    if is_no_text(ARCHIVE) || UTF_16_MARKS.iter().any(|mark| is_no_text(mark)) {
        return Err(FileFault::NotText);
    }
    // Every second byte of UTF-16 without a mark; nothing else has any.
    if beginning.iter().filter(|byte| **byte == 0).count() > 1
        && beginning.get(1).is_some_and(|second| *second == 0)
    {
        return Err(FileFault::NotText);
    }
    let known = match encoding {
        Encoding::Utf8 => Some(Known::Utf8),
        Encoding::Windows1251 => Some(Known::Windows1251),
        Encoding::Auto if beginning.starts_with(BYTE_ORDER_MARK) => Some(Known::Utf8),
        Encoding::Auto => None,
    };
    Ok(Decoder { known, guessed: encoding == Encoding::Auto })
}

impl Decoder {
    pub(super) fn decode(&mut self, line: Vec<u8>) -> Result<String, Rejection> {
        if line.is_ascii() {
            return String::from_utf8(line).map_err(|_error| Rejection::invalid_utf8());
        }
        let is_utf8 = std::str::from_utf8(&line).is_ok();
        let shown = if is_utf8 { Known::Utf8 } else { Known::Windows1251 };
        match (*self.known.get_or_insert(shown), is_utf8) {
            (Known::Utf8, _) => String::from_utf8(line).map_err(|_error| Rejection::invalid_utf8()),
            (Known::Windows1251, true) if self.guessed => Err(Rejection::of_record(
                "mixed_encoding",
                "the row is in UTF-8 where rows before it are in windows-1251",
            )),
            (Known::Windows1251, _) => {
                Ok(WINDOWS_1251.decode_without_bom_handling(&line).0.into_owned())
            }
        }
    }
}
