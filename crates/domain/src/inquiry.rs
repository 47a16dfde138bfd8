//! The inquiry to a bait's operator: its life, and what the operator's answer
//! means. The operator's permission is not the subscriber's consent, which alone
//! the law knows.

use serde::{Deserialize, Serialize};

use crate::words::words;

/// Where an inquiry stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InquiryState {
    /// It is being written.
    Draft,
    /// It was sent.
    Sent,
    /// The operator answered.
    Answered,
    /// It is recorded that no answer came.
    Unanswered,
    /// It was given up before it was sent.
    Cancelled,
}

words!(InquiryState {
    Draft => "draft",
    Sent => "sent",
    Answered => "answered",
    Unanswered => "unanswered",
    Cancelled => "cancelled",
});

impl InquiryState {
    /// Whether it may come to stand there from here. An answer may come after
    /// all, and may be recorded again where it was read wrongly.
    pub const fn may_become(self, next: Self) -> bool {
        use InquiryState::{Answered, Cancelled, Draft, Sent, Unanswered};
        matches!(
            (self, next),
            (Draft, Sent | Cancelled)
                | (Sent, Answered | Unanswered)
                | (Unanswered | Answered, Answered)
        )
    }
}

/// How a letter went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SendingChannel {
    /// By electronic mail.
    Email,
    /// By post.
    Post,
    /// Handed over, against a stamp.
    InPerson,
    /// Through the subscriber's account at the operator.
    Account,
}

words!(SendingChannel {
    Email => "email",
    Post => "post",
    InPerson => "in_person",
    Account => "account",
});

/// What the operator says of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// It permitted the call.
    Permitted,
    /// It did not.
    NotPermitted,
}

words!(Permission {
    Permitted => "permitted",
    NotPermitted => "not_permitted",
});

/// What an answer means for the complaint.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyMeaning {
    /// Nothing was said of the call.
    NotSaid,
    /// It supports the complaint, and confirms nothing.
    Supports,
    /// The operator permitted it, although advertising had been refused in writing
    /// before: it stays fileable, and the operator may be named.
    FileableByRefusal,
    /// A lawyer has to look before it is filed.
    AsksLawyer,
}

words!(ReplyMeaning {
    NotSaid => "not_said",
    Supports => "supports",
    FileableByRefusal => "fileable_by_refusal",
    AsksLawyer => "asks_lawyer",
});

/// What an answer about one call means. `refusal_on` is the day of the written
/// refusal of advertising, `call_day` that of the call; both by the client's
/// calendar. Whoever claims to hold the subscriber's consent is believed by
/// nobody but a lawyer.
pub fn meaning(
    permission: Option<Permission>,
    consent_claimed: Option<bool>,
    refusal_on: Option<i32>,
    call_day: i32,
) -> ReplyMeaning {
    if consent_claimed == Some(true) {
        return ReplyMeaning::AsksLawyer;
    }
    match permission {
        None => ReplyMeaning::NotSaid,
        Some(Permission::NotPermitted) => ReplyMeaning::Supports,
        Some(Permission::Permitted) if refusal_on.is_some_and(|day| day < call_day) => {
            ReplyMeaning::FileableByRefusal
        }
        Some(Permission::Permitted) => ReplyMeaning::AsksLawyer,
    }
}

/// Why an interception is in no inquiry that is proposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeftOut {
    /// The bait's preparation names no holder of the contract.
    NoContractHolder,
    /// The bait's operator by contract is not known.
    NoOperator,
}

words!(LeftOut {
    NoContractHolder => "no_contract_holder",
    NoOperator => "no_operator",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inquiry_goes_forward_only() {
        use InquiryState::{Answered, Cancelled, Draft, Sent, Unanswered};
        let allowed = [
            (Draft, Sent),
            (Draft, Cancelled),
            (Sent, Answered),
            (Sent, Unanswered),
            (Unanswered, Answered),
            (Answered, Answered),
        ];
        for state in InquiryState::ALL {
            for next in InquiryState::ALL {
                let expected = allowed.contains(&(*state, *next));
                assert_eq!(state.may_become(*next), expected, "{state} to {next}");
            }
        }
    }

    #[test]
    fn permission_is_not_consent() {
        use Permission::{NotPermitted, Permitted};
        let of = |permission, refusal| meaning(permission, None, refusal, 100);
        assert_eq!(of(Some(Permitted), None), ReplyMeaning::AsksLawyer);
        assert_eq!(of(Some(Permitted), Some(99)), ReplyMeaning::FileableByRefusal);
        // A refusal of the same day may have come after the call.
        assert_eq!(of(Some(Permitted), Some(100)), ReplyMeaning::AsksLawyer);
        assert_eq!(of(Some(NotPermitted), None), ReplyMeaning::Supports);
        assert_eq!(of(None, Some(1)), ReplyMeaning::NotSaid);
        for permission in [None, Some(Permitted), Some(NotPermitted)] {
            let claimed = meaning(permission, Some(true), Some(1), 100);
            assert_eq!(claimed, ReplyMeaning::AsksLawyer, "{permission:?}");
        }
    }
}
