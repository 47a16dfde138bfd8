//! Numbers as PBXes and spreadsheets leave them, made what
//! [`Party::read`](baitline_domain::phone::Party::read) expects. What is no number
//! passes as it is: that a caller is hidden is known there.

use std::borrow::Cow;

use super::shape::Profile;

/// The digits of a number without its country code, where plans have ten.
const NATIONAL_DIGITS: usize = 10;

/// A spreadsheet kept only the first digits of the number: it cannot be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Rounded;

pub(super) fn clean<'a>(text: &'a str, profile: &Profile) -> Result<Cow<'a, str>, Rounded> {
    if is_rounded(text) {
        return Err(Rounded);
    }
    let text = without_fraction(text);
    let prefix = profile.number_prefixes.iter().find_map(|prefix| text.strip_prefix(&**prefix));
    let text = prefix.filter(|rest| !rest.is_empty()).unwrap_or(text);
    Ok(match &profile.country_code {
        Some(code) => with_country(text, code),
        None => Cow::Borrowed(text),
    })
}

/// `7,9161E+10`
fn is_rounded(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else { return false };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    is_digits(exponent)
        && mantissa
            .split_once(['.', ','])
            .map_or(is_digits(mantissa), |(a, b)| is_digits(a) && is_digits(b))
}

/// Programs that take a column of numbers for fractions write `79001234567.0`.
fn without_fraction(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(whole) if !whole.is_empty() && whole.bytes().all(|b| b.is_ascii_digit()) => whole,
        _ => text,
    }
}

/// A number of ten digits, or of the code and ten, gets its plus.
fn with_country<'a>(text: &'a str, code: &str) -> Cow<'a, str> {
    let is_written_so = |c: char| c.is_ascii_digit() || " -().".contains(c);
    if !text.chars().all(is_written_so) {
        return Cow::Borrowed(text);
    }
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let national = digits.strip_prefix(code).filter(|rest| rest.len() == NATIONAL_DIGITS);
    match (digits.len() == NATIONAL_DIGITS, national) {
        (true, _) => Cow::Owned(format!("+{code}{digits}")),
        (false, Some(_)) => Cow::Owned(format!("+{digits}")),
        (false, None) => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_lose_what_programs_added_and_get_their_country() {
        let profile = Profile {
            country_code: Some("1".to_owned()),
            number_prefixes: vec!["98".to_owned(), "9,".to_owned()],
            ..Profile::default()
        };
        for (text, cleaned) in [
            ("4703352559", Ok("+14703352559")),
            ("(470) 335-2559", Ok("+14703352559")),
            ("14703352559", Ok("+14703352559")),
            ("4703352559.0", Ok("+14703352559")),
            ("9,4703352559", Ok("+14703352559")),
            ("+79001234567", Ok("+79001234567")),
            ("98", Ok("98")),
            ("anonymous", Ok("anonymous")),
            ("911", Ok("911")),
            ("7,9161E+10", Err(Rounded)),
            ("7E10", Err(Rounded)),
            ("", Ok("")),
        ] {
            assert_eq!(clean(text, &profile).as_deref(), cleaned.as_ref().map(|t| *t), "{text}");
        }
        assert_eq!(clean("9001234567", &Profile::default()).as_deref(), Ok("9001234567"));
    }
}
