//! What can be wrong with one value a caller sent: a closed list of codes with
//! sentences that never repeat the value. Knows neither HTTP nor JSON.

use std::borrow::Cow;

use serde::Serialize;
use utoipa::ToSchema;

/// One thing wrong with one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    Missing,
    UnknownField,
    UnknownParameter,
    DuplicateField,
    InvalidType,
    InvalidValue,
    InvalidUtf8,
    ControlCharacter,
    Empty,
    TooLong,
    TooMany,
    OutOfRange,
    NotAPhoneNumber,
    NotATime,
    NotAnInn,
    NotATimeZone,
    NotASlug,
    NotAnId,
    ReadsAsNumber,
    BadCursor,
    EmptyPeriod,
    PeriodTooLong,
    RangeReversed,
    OutsideTheRun,
    UnknownClient,
    UnknownBait,
    UnknownSource,
    UnknownCompetitor,
    UnknownCorrection,
    UnknownOwner,
    UnknownEdition,
    UnknownRuleVersion,
    NotAnOgrn,
    NotARecorder,
    BrokenRow,
    UnknownCall,
    NotTogether,
    NotInOrder,
    AmbiguousTime,
    AmbiguousClient,
    NeedsProfile,
    NotADate,
    NotASubject,
    OfAnotherKind,
    UnknownApplicant,
    UnknownRepresentative,
    UnknownSubject,
    UnknownProof,
    NotInInquiry,
    NotAStatement,
    NotACaseNumber,
    FineWithoutViolation,
    UnknownPower,
    UnknownComplaint,
    KeyReused,
}

impl Fault {
    /// Every fault, so that [`Fault::read`] needs no second table.
    const ALL: [Self; 55] = [
        Self::Missing,
        Self::UnknownField,
        Self::UnknownParameter,
        Self::DuplicateField,
        Self::InvalidType,
        Self::InvalidValue,
        Self::InvalidUtf8,
        Self::ControlCharacter,
        Self::Empty,
        Self::TooLong,
        Self::TooMany,
        Self::OutOfRange,
        Self::NotAPhoneNumber,
        Self::NotATime,
        Self::NotAnInn,
        Self::NotATimeZone,
        Self::NotASlug,
        Self::NotAnId,
        Self::ReadsAsNumber,
        Self::BadCursor,
        Self::EmptyPeriod,
        Self::PeriodTooLong,
        Self::RangeReversed,
        Self::OutsideTheRun,
        Self::UnknownClient,
        Self::UnknownBait,
        Self::UnknownSource,
        Self::UnknownCompetitor,
        Self::UnknownCorrection,
        Self::UnknownOwner,
        Self::UnknownEdition,
        Self::UnknownRuleVersion,
        Self::NotAnOgrn,
        Self::NotARecorder,
        Self::BrokenRow,
        Self::UnknownCall,
        Self::NotTogether,
        Self::NotInOrder,
        Self::AmbiguousTime,
        Self::AmbiguousClient,
        Self::NeedsProfile,
        Self::NotADate,
        Self::NotASubject,
        Self::OfAnotherKind,
        Self::UnknownApplicant,
        Self::UnknownRepresentative,
        Self::UnknownSubject,
        Self::UnknownProof,
        Self::NotInInquiry,
        Self::NotAStatement,
        Self::NotACaseNumber,
        Self::FineWithoutViolation,
        Self::UnknownPower,
        Self::UnknownComplaint,
        Self::KeyReused,
    ];

    /// The word programs compare.
    pub(crate) fn code(self) -> &'static str {
        self.texts().0
    }

    /// The sentence people read.
    pub(crate) fn detail(self) -> &'static str {
        self.texts().1
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Missing => ("missing", "It is required."),
            Self::UnknownField => ("unknown_field", "No field of this name is known here."),
            Self::UnknownParameter => {
                ("unknown_parameter", "No query parameter of this name is known here.")
            }
            Self::DuplicateField => ("duplicate_field", "It is given twice."),
            Self::InvalidType => ("invalid_type", "It has another type than expected."),
            Self::InvalidValue => ("invalid_value", "It is none of the accepted values."),
            Self::InvalidUtf8 => ("invalid_utf8", "It is not valid UTF-8."),
            Self::ControlCharacter => {
                ("control_character", "It holds a control character, such as NUL.")
            }
            Self::Empty => ("empty", "It must not be empty."),
            Self::TooLong => ("too_long", "It is longer than accepted."),
            Self::TooMany => ("too_many", "It has more items than accepted."),
            Self::OutOfRange => ("out_of_range", "It lies outside the accepted range."),
            Self::NotAPhoneNumber => ("not_a_phone_number", "It does not read as a phone number."),
            Self::NotATime => ("not_a_time", "It must be an RFC 3339 time with an offset."),
            Self::NotAnInn => {
                ("not_an_inn", "It must be an ИНН of 10 or 12 digits with right check digits.")
            }
            Self::NotATimeZone => {
                ("not_a_time_zone", "It must be an IANA zone name, such as Europe/Moscow.")
            }
            Self::NotASlug => {
                ("not_a_slug", "It must be lower-case letters a-z, digits and single hyphens.")
            }
            Self::NotAnId => ("not_an_id", "It must be a UUID."),
            Self::ReadsAsNumber => {
                ("reads_as_number", "A reference must not read as a phone number or be hidden.")
            }
            Self::BadCursor => ("bad_cursor", "It is no cursor this list gave out."),
            Self::EmptyPeriod => ("empty_period", "The period must end after it begins."),
            Self::PeriodTooLong => ("period_too_long", "The period is longer than accepted."),
            Self::RangeReversed => ("range_reversed", "The last number is below the first."),
            Self::OutsideTheRun => ("outside_the_run", "It lies outside the trap's run."),
            Self::UnknownClient => ("unknown_client", "There is no such client within reach."),
            Self::UnknownBait => ("unknown_bait", "There is no such bait within reach."),
            Self::UnknownSource => ("unknown_source", "The client has no source of this name."),
            Self::UnknownCompetitor => {
                ("unknown_competitor", "There is no such competitor within reach.")
            }
            Self::UnknownCorrection => {
                ("unknown_correction", "The observation has no such correction.")
            }
            Self::UnknownOwner => {
                ("unknown_owner", "The parameter «owners» gives no ИНН for this OwnerId.")
            }
            Self::UnknownEdition => ("unknown_edition", "No such edition was imported."),
            Self::UnknownRuleVersion => {
                ("unknown_rule_version", "There is no such version of the rules.")
            }
            Self::NotAnOgrn => {
                ("not_an_ogrn", "It must be an ОГРН of 13 or 15 digits with the right check digit.")
            }
            Self::NotARecorder => ("not_a_recorder", "The source must be a recorder app."),
            Self::BrokenRow => ("broken_row", "The row has another form than the header."),
            Self::UnknownCall => {
                ("unknown_call", "There is no such call within reach, or it is not derived yet.")
            }
            Self::NotTogether => {
                ("not_together", "It cannot be given together with another field that is given.")
            }
            Self::NotInOrder => ("not_in_order", "It begins before the item in front of it."),
            Self::AmbiguousTime => (
                "ambiguous_time",
                "The clocks changed then, so that it stands for no moment or for two: give the offset.",
            ),
            Self::AmbiguousClient => {
                ("ambiguous_client", "Several clients have this name: give the client's id.")
            }
            Self::NeedsProfile => {
                ("needs_profile", "It needs a source of which it is known how its files are read.")
            }
            Self::NotADate => ("not_a_date", "It must be a day such as 2026-10-01."),
            Self::NotASubject => ("not_a_subject", "No subject of the Federation has this code."),
            Self::OfAnotherKind => {
                ("of_another_kind", "It belongs to another kind of thing than this one.")
            }
            Self::UnknownApplicant => {
                ("unknown_applicant", "There is no such applicant within reach.")
            }
            Self::UnknownRepresentative => {
                ("unknown_representative", "There is no such representative within reach.")
            }
            Self::UnknownSubject => ("unknown_subject", "There is no such thing within reach."),
            Self::UnknownProof => {
                ("unknown_proof", "It names no attachment of this trap that counts.")
            }
            Self::NotInInquiry => ("not_in_inquiry", "The inquiry does not ask about this call."),
            Self::NotAStatement => ("not_a_statement", "The source must be an operator statement."),
            Self::NotACaseNumber => (
                "not_a_case_number",
                "It must be NNN/05/18-NUMBER/YEAR or NNN/04/14.3-NUMBER/YEAR, where NNN is 0 and \
                 the code of the office's subject.",
            ),
            Self::FineWithoutViolation => {
                ("fine_without_violation", "A fine needs the decision that there was a violation.")
            }
            Self::UnknownPower => {
                ("unknown_power", "There is no such power of attorney of this representative.")
            }
            Self::UnknownComplaint => {
                ("unknown_complaint", "There is no such complaint within reach.")
            }
            Self::KeyReused => {
                ("idempotency_key_reused", "Another request was sent with it; choose another one.")
            }
        }
    }

    /// The fault behind a deserialiser's message. Our own types put a code
    /// first; serde's messages may repeat the payload and are only classified.
    pub(crate) fn read(message: &str) -> Self {
        let word = message.split([' ', ':']).next().unwrap_or_default();
        if let Some(fault) = Self::ALL.into_iter().find(|fault| fault.code() == word) {
            return fault;
        }
        let openings = [
            ("missing field", Self::Missing),
            ("unknown field", Self::UnknownField),
            ("duplicate field", Self::DuplicateField),
            ("unknown variant", Self::InvalidValue),
            ("invalid value", Self::OutOfRange),
            ("UUID parsing failed", Self::NotAnId),
            ("number out of range", Self::OutOfRange),
        ];
        openings
            .into_iter()
            .find(|(opening, _)| message.starts_with(opening))
            .map_or(Self::InvalidType, |(_, fault)| fault)
    }
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

/// A fault with its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ProblemItem)]
pub(crate) struct FaultItem {
    /// A JSON pointer into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) pointer: Option<String>,
    /// The name of a query or path parameter, or of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) parameter: Option<String>,
    /// The line of the body, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub(crate) line: Option<u64>,
    /// A word for programs.
    #[schema(value_type = String)]
    pub(crate) code: Cow<'static, str>,
    /// A sentence for people.
    #[schema(value_type = String)]
    pub(crate) detail: Cow<'static, str>,
}

impl FaultItem {
    /// A fault of the whole body or of no particular place.
    pub(crate) fn of(code: &'static str, detail: &'static str) -> Self {
        let (code, detail) = (Cow::Borrowed(code), Cow::Borrowed(detail));
        Self { pointer: None, parameter: None, line: None, code, detail }
    }

    /// A fault of a field of the JSON body.
    pub(crate) fn at(pointer: impl Into<String>, fault: Fault) -> Self {
        Self { pointer: Some(pointer.into()), ..Self::of(fault.code(), fault.detail()) }
    }

    /// A fault of a parameter.
    pub(crate) fn parameter(name: impl Into<String>, fault: Fault) -> Self {
        Self { parameter: Some(name.into()), ..Self::of(fault.code(), fault.detail()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_read_back_and_is_used_once() {
        for fault in Fault::ALL {
            assert_eq!(Fault::read(&format!("{fault} at line 1 column 2")), fault);
        }
    }

    #[test]
    fn messages_of_the_deserialiser_are_classified_without_their_text() {
        let message = "invalid type: string \"secret\", expected u32 at line 1 column 9";
        assert_eq!(Fault::read(message), Fault::InvalidType);
        assert_eq!(Fault::read("missing field `name` at line 1 column 2"), Fault::Missing);
        assert_eq!(Fault::read("unknown variant `x`, expected `y`"), Fault::InvalidValue);
    }
}
