//! Reading the caller and called fields of the world: the forms people and
//! PBXes write, one after the other.

use super::{Party, Phone};

/// A field is read up to this many characters; a longer one is cut before it
/// is read, so that what is kept reads the same again.
const MAX_FIELD_CHARS: usize = 200;
/// Marks a cut field; no number holds it, so a cut never makes one.
const CUT_MARK: char = '…';
/// The longest alphanumeric sender GSM allows, in characters.
const MAX_SENDER_CHARS: usize = 11;
/// The digits of a short code.
const SHORT_CODE_DIGITS: std::ops::RangeInclusive<usize> = 3..=6;
/// The digits of a number with its country code.
const E164_DIGITS: std::ops::RangeInclusive<usize> = 7..=15;
/// The digits of a foreign number written without plus or prefix: fewer would
/// be a national number of who knows where.
const BARE_FOREIGN_DIGITS: std::ops::RangeInclusive<usize> = 11..=15;
/// No field with more digits than this holds a number: the longest prefix and
/// fifteen digits.
const MAX_DIGITS: usize = 18;
/// How Russians dial abroad, and how everybody else does.
const INTERNATIONAL_PREFIXES: [&str; 2] = ["810", "00"];

/// What phones and PBXes write for a withheld number, in lower case. `-1` and
/// `-2` are the call log of Android.
const HIDDEN_WORDS: &[&str] = &[
    "",
    "-1",
    "-2",
    "anonymous",
    "anonymous.invalid",
    "blocked",
    "hidden",
    "n/a",
    "no caller id",
    "no number",
    "none",
    "not available",
    "null",
    "private",
    "private number",
    "restricted",
    "unavailable",
    "undefined",
    "unknown",
    "unknown caller",
    "unknown number",
    "withheld",
    "аноним",
    "анонимный",
    "анонимный номер",
    "неизвестен",
    "неизвестно",
    "неизвестный",
    "неизвестный номер",
    "не определен",
    "не определён",
    "нет номера",
    "номер не определен",
    "номер не определён",
    "номер неизвестен",
    "номер скрыт",
    "скрыт",
    "скрытый",
    "скрытый номер",
    "частный номер",
];

/// Reads one field; never fails.
pub(super) fn party(raw: &str) -> Party {
    let written = visible(raw);
    let core = strip_wrapping(&written);
    if let Some(digits) = Digits::read(core) {
        if let Some(phone) = digits.phone() {
            return Party::Number(phone);
        }
        if !digits.plus && SHORT_CODE_DIGITS.contains(&digits.text.len()) {
            return Party::ShortCode(digits.text);
        }
    }
    if is_hidden(core) {
        return Party::Hidden;
    }
    if core.chars().count() <= MAX_SENDER_CHARS && core.chars().any(char::is_alphabetic) {
        return Party::Alphanumeric(core.to_owned());
    }
    Party::Malformed(written)
}

/// The field without what nobody sees (control characters, byte order marks,
/// direction marks that phones copy along), trimmed and cut.
fn visible(raw: &str) -> String {
    let text: String = raw.chars().filter(|c| !is_invisible(*c)).collect();
    let text = text.trim();
    if text.chars().nth(MAX_FIELD_CHARS).is_none() {
        return text.to_owned();
    }
    text.chars().take(MAX_FIELD_CHARS - 1).chain([CUT_MARK]).collect()
}

fn is_invisible(c: char) -> bool {
    let is_mark = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    );
    is_mark || (c.is_control() && !c.is_whitespace())
}

/// Takes off what wraps the number, layer by layer: `"Name" <sip:user@host>`,
/// schemes, quotes. It goes on until nothing is left to take, so that what it
/// gives reads the same again.
fn strip_wrapping(text: &str) -> &str {
    let mut text = text;
    loop {
        let inner = strip_quotes(strip_scheme(strip_angles(text))).trim();
        if inner.len() == text.len() {
            return text;
        }
        text = inner;
    }
}

fn strip_angles(text: &str) -> &str {
    let inside = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map_or(text, |(inside, _)| inside)
}

fn strip_scheme(text: &str) -> &str {
    let Some((scheme, rest)) = text.split_once(':') else { return text };
    let ends: &[char] = match scheme.to_ascii_lowercase().as_str() {
        "sip" | "sips" => &['@', ';', ':', '?'],
        "tel" | "callto" => &[';', '?'],
        _ => return text,
    };
    rest.split(ends).next().unwrap_or(rest)
}

fn strip_quotes(text: &str) -> &str {
    text.trim_matches(['"', '\'', '«', '»', '“', '”'])
}

fn is_hidden(core: &str) -> bool {
    let lower = core.to_lowercase();
    let only_signs = lower.chars().all(|c| matches!(c, '-' | '–' | '—' | '?' | '*' | '.' | '_'));
    only_signs || HIDDEN_WORDS.contains(&lower.as_str())
}

/// The digits of a field that holds nothing but a number and its separators.
struct Digits {
    plus: bool,
    text: String,
}

impl Digits {
    fn read(core: &str) -> Option<Self> {
        let mut digits = Self { plus: false, text: String::with_capacity(MAX_DIGITS) };
        for c in core.chars() {
            match c {
                '0'..='9' if digits.text.len() < MAX_DIGITS => digits.text.push(c),
                '+' if !digits.plus && digits.text.is_empty() => digits.plus = true,
                _ if is_separator(c) => {}
                _ => return None,
            }
        }
        Some(digits)
    }

    fn phone(&self) -> Option<Phone> {
        let text = self.text.as_str();
        if self.plus {
            return international(text);
        }
        match (text.len(), text.as_bytes().first()?) {
            (11, b'7' | b'8') => international(&format!("7{}", &text[1..])),
            (10, b'3' | b'4' | b'8' | b'9') => international(&format!("7{text}")),
            _ => {
                let abroad = INTERNATIONAL_PREFIXES.iter().find_map(|p| text.strip_prefix(p));
                abroad.map_or_else(|| bare_foreign(text), international)
            }
        }
    }
}

fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '(' | ')' | '[' | ']' | '-' | '.' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Digits that begin with a country code. Country 7 has numbers of one length.
fn international(digits: &str) -> Option<Phone> {
    let first = *digits.as_bytes().first()?;
    let fits = match first {
        b'0' => false,
        b'7' => digits.len() == 11,
        _ => E164_DIGITS.contains(&digits.len()),
    };
    if fits { Phone::from_digits(digits.parse().ok()?) } else { None }
}

/// Digits without plus or prefix that can only be a foreign number: what
/// begins with 7 or 8 was meant to be Russian and has the wrong length.
fn bare_foreign(digits: &str) -> Option<Phone> {
    let is_foreign = !digits.starts_with(['7', '8']) && BARE_FOREIGN_DIGITS.contains(&digits.len());
    if is_foreign { international(digits) } else { None }
}
