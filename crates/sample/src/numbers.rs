//! The phone numbers of the world: which block of which operator's range they
//! come from, and the ways people and machines write them. It knows nothing of
//! who uses a number for what.

use baitline_domain::phone::Phone;

/// An operator whose range the world takes numbers from: its sample block
/// holds the ten thousand numbers from [`Holder::number`]`(0)` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// МТС.
    Mts,
    /// МегаФон.
    Megafon,
    /// билайн.
    Beeline,
    /// T2.
    T2,
    /// Интернод, virtual numbers.
    Internod,
    /// Ростелеком, of one group with T2.
    Rostelecom,
    /// СберМобайл, a virtual operator with known hosts.
    Sber,
    /// Т-Мобайл, a virtual operator whose host is not known.
    TMob,
    /// ГЛОНАСС: machines, no callers.
    Glonass,
}

impl Holder {
    /// Those that people call from.
    pub const CALLERS: [Self; 8] = [
        Self::Mts,
        Self::Megafon,
        Self::Beeline,
        Self::T2,
        Self::Internod,
        Self::Rostelecom,
        Self::Sber,
        Self::TMob,
    ];

    /// A number of the block, E.164 without the plus; `suffix` is its last four
    /// digits.
    pub const fn number(self, suffix: u16) -> u64 {
        assert!(suffix <= 9_999, "a block holds ten thousand numbers");
        let block = match self {
            Self::Mts => 79_160_000_000,
            Self::Megafon => 79_260_000_000,
            Self::Beeline => 79_030_000_000,
            Self::T2 => 79_015_000_000,
            Self::Internod => 79_770_000_000,
            Self::Rostelecom => 79_913_000_000,
            Self::Sber => 79_337_000_000,
            Self::TMob => 79_955_000_000,
            Self::Glonass => 79_410_000_000,
        };
        block + suffix as u64
    }
}

/// The number as the domain has it.
///
/// # Panics
///
/// If `digits` are no E.164 number, which is a mistake in this crate.
pub fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).expect("the numbers of the world are written in full")
}

/// How a number is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// `+79160000101`
    Plus,
    /// `79160000101`
    Bare,
    /// `89160000101`
    Eight,
    /// `8 (916) 000-01-01`
    Brackets,
    /// `+7 916 000-01-01`
    Spaced,
    /// `9160000101`
    TenDigits,
    /// `tel:+79160000101`
    Tel,
    /// `sip:+79160000101@pbx.example;user=phone`
    Sip,
}

impl Form {
    const ALL: [Self; 8] = [
        Self::Plus,
        Self::Bare,
        Self::Eight,
        Self::Brackets,
        Self::Spaced,
        Self::TenDigits,
        Self::Tel,
        Self::Sip,
    ];

    /// Some form for the `turn`-th number of a file: all come up in turn.
    pub fn in_turn(turn: usize) -> Self {
        Self::ALL[turn % Self::ALL.len()]
    }

    /// Writes a number in this form; one of another country always with a plus.
    pub fn write(self, digits: u64) -> String {
        let text = digits.to_string();
        let (Some(national), 11) = (text.strip_prefix('7'), text.len()) else {
            return format!("+{text}");
        };
        let (code, local) = national.split_at(3);
        let (a, b, c) = (&local[..3], &local[3..5], &local[5..]);
        match self {
            Self::Plus => format!("+{text}"),
            Self::Bare => text,
            Self::Eight => format!("8{national}"),
            Self::Brackets => format!("8 ({code}) {a}-{b}-{c}"),
            Self::Spaced => format!("+7 {code} {a}-{b}-{c}"),
            Self::TenDigits => national.to_owned(),
            Self::Tel => format!("tel:+{text}"),
            Self::Sip => format!("sip:+{text}@pbx.example;user=phone"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use baitline_domain::phone::Party;

    #[test]
    fn every_form_of_a_number_reads_as_that_number() {
        for digits in [Holder::Mts.number(101), 74_950_000_001, 442_079_460_001] {
            for form in Form::ALL {
                let written = form.write(digits);
                assert_eq!(Party::read(Some(&written)), Party::Number(phone(digits)), "{written}");
            }
        }
    }
}
