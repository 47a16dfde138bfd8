//! The code words of enumerations, in one place: what is stored, sent and
//! filtered by is the same word, so no layer keeps a table of its own.

/// Gives an enumeration its code words: `ALL`, `as_str`, `parse`, `Display`.
macro_rules! words {
    ($name:ident { $($variant:ident => $word:literal),+ $(,)? }) => {
        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The code word, as it is stored and sent.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word),+
                }
            }

            /// The value with this code word.
            pub fn parse(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)+
                    _ => None,
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(crate) use words;

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use serde::de::IntoDeserializer;
    use serde::de::value::{Error, StrDeserializer};
    use serde::{Deserialize, Serialize};

    /// Serde's own words, written by its formatter.
    struct Sent<T>(T);

    impl<T: Serialize> std::fmt::Display for Sent<T> {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            self.0.serialize(f)
        }
    }

    macro_rules! assert_one_word_everywhere {
        ($($name:ty),+ $(,)?) => {$(
            assert!(!<$name>::ALL.is_empty());
            for value in <$name>::ALL {
                let word = value.as_str();
                assert_eq!(<$name>::parse(word), Some(*value));
                assert_eq!(value.to_string(), word);
                assert_eq!(Sent(value).to_string(), word);
                let received: StrDeserializer<'_, Error> = word.into_deserializer();
                assert_eq!(<$name>::deserialize(received).unwrap(), *value);
            }
            assert!(<$name>::ALL.is_sorted(), "the order of the declaration");
            assert_eq!(<$name>::parse("no such word"), None);
        )+};
    }

    #[test]
    fn a_value_has_one_word_in_storage_and_on_the_wire() {
        assert_one_word_everywhere!(
            crate::applicant::ApplicantKind,
            crate::applicant::ConsentKind,
            crate::applicant::RepresentativeKind,
            crate::attachment::AttachmentSubject,
            crate::audit::AuditChange,
            crate::bait::BaitState,
            crate::competitor::AttributionRole,
            crate::complaint::ActKind,
            crate::complaint::ActPart,
            crate::complaint::AppealKind,
            crate::complaint::CaseKind,
            crate::complaint::ComplaintState,
            crate::complaint::DeadlineKind,
            crate::complaint::DeadlineState,
            crate::complaint::Defence,
            crate::complaint::FilingChannel,
            crate::complaint::FinedParty,
            crate::complaint::FiledField,
            crate::complaint::Grouping,
            crate::complaint::NotTaken,
            crate::complaint::Outcome,
            crate::complaint::Refusal,
            crate::erasure::ErasureGround,
            crate::erasure::ErasureState,
            crate::erasure::HeldBecause,
            crate::gate::Missing,
            crate::inquiry::InquiryState,
            crate::inquiry::LeftOut,
            crate::inquiry::Permission,
            crate::inquiry::ReplyMeaning,
            crate::inquiry::SendingChannel,
            crate::label::LabelKind,
            crate::label::Speaker,
            crate::limitation::LimitationWarning,
            crate::numbering::NumberingFile,
            crate::observation::Channel,
            crate::observation::Direction,
            crate::operator::StandingKind,
            crate::own_number::OwnNumberKind,
            crate::paper::PaperKind,
            crate::phone::PartyKind,
            crate::reconciliation::Difference,
            crate::reconciliation::Finding,
            crate::reconciliation::Precision,
            crate::preparation::PreparationMissing,
            crate::preparation::PreviousUse,
            crate::preparation::UserRelation,
            crate::protocol::ProtocolMissing,
            crate::protocol::StepKind,
            crate::statement::LineOutcome,
            crate::trap::ExposureKind,
            crate::trap::TrapMissing,
            crate::verdict::Reason,
            crate::verdict::Verdict,
        );
    }
}
