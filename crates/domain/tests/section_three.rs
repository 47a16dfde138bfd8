//! The rules of interceptions and verdicts as one table: a sentence, what
//! differs from the plain situation of `world` (an answered call from an МТС
//! number to a T2 bait, in the window of its only trap), and what follows.

mod world;

use baitline_domain::observation::{Channel as Carrier, Direction};
use baitline_domain::phone::Party;
use baitline_domain::verdict::{Assessment, Reason, Verdict};
use std::collections::BTreeSet;
use world::*;

struct Row {
    sentence: &'static str,
    change: fn(&mut Situation),
    expected: Expected,
}

#[derive(Debug, PartialEq)]
enum Expected {
    Background(Vec<Reason>),
    Interception(Verdict, Vec<Reason>),
}

impl From<Assessment> for Expected {
    fn from(assessment: Assessment) -> Self {
        match assessment.interception {
            None => Self::Background(assessment.reasons),
            Some(interception) => Self::Interception(interception.verdict, assessment.reasons),
        }
    }
}

#[test]
fn section_three_holds_row_by_row() {
    let tables = [which_calls(), which_dealings(), which_callers(), which_operators()];
    let (mut reasons, mut verdicts) = (BTreeSet::new(), BTreeSet::new());
    for row in tables.iter().flatten() {
        let mut situation = Situation::plain();
        (row.change)(&mut situation);
        let assessment = situation.assess();
        reasons.extend(assessment.reasons.iter().copied());
        verdicts.extend(assessment.interception.as_ref().map(|found| found.verdict));
        assert_eq!(Expected::from(assessment), row.expected, "{}", row.sentence);
    }
    assert!(reasons.iter().eq(Reason::ALL), "some reason is the subject of no row: {reasons:?}");
    assert!(verdicts.iter().eq(Verdict::ALL), "some verdict is the subject of no row");
}

type Change = fn(&mut Situation);

fn background<const N: usize>(sentence: &'static str, reasons: [Reason; N], change: Change) -> Row {
    Row { sentence, change, expected: Expected::Background(reasons.to_vec()) }
}

fn interception<const N: usize>(
    sentence: &'static str,
    verdict: Verdict,
    reasons: [Reason; N],
    change: Change,
) -> Row {
    Row { sentence, change, expected: Expected::Interception(verdict, reasons.to_vec()) }
}

/// "Incoming; channel pstn; it starts inside a window of its bait, or after a
/// trap's first exposure and before its window opens."
fn which_calls() -> Vec<Row> {
    use Reason::*;
    use Verdict::ForeignGroup;
    vec![
        interception(
            "a call from another group inside the window is the strongest sign",
            ForeignGroup,
            [RangeHolderOnly],
            |_| {},
        ),
        background("what the bait itself calls is no interception", [Outgoing], |s| {
            s.call.direction = Direction::Outgoing;
        }),
        background("a messenger call gets no verdict", [Channel], |s| {
            s.call.channel = Carrier::Messenger;
        }),
        background("a text message gets no verdict", [Channel], |s| {
            s.call.channel = Carrier::Sms;
        }),
        background("a call before the first exposure is background", [OutsideWindow], |s| {
            s.call_at(-1);
        }),
        interception(
            "a call at the moment of the first exposure came during the trap",
            ForeignGroup,
            [DuringTrap, RangeHolderOnly],
            |s| s.call_at(0),
        ),
        interception(
            "a call before the window opens came during the trap",
            ForeignGroup,
            [DuringTrap, RangeHolderOnly],
            |s| s.call_at(OPENS - 1),
        ),
        interception(
            "the first moment of the window belongs to it, and a person looks at it",
            ForeignGroup,
            [Edge, RangeHolderOnly],
            |s| s.call_at(OPENS),
        ),
        background(
            "the last moment of the window does not belong to it, and a person looks at it",
            [OutsideWindow, Edge],
            |s| s.call_at(CLOSES),
        ),
        background("a call after the window is background", [OutsideWindow], |s| {
            s.call_at(CLOSES + 1);
        }),
        interception(
            "a start exactly as far from the edge as the clock is sure is sure",
            ForeignGroup,
            [RangeHolderOnly],
            |s| {
                s.call_at(OPENS + 1);
                s.call.uncertainty = MINUTE;
            },
        ),
        interception(
            "an unanswered call is an attempt",
            ForeignGroup,
            [Attempt, RangeHolderOnly],
            |s| s.call.answered = false,
        ),
        interception(
            "an incomplete trap keeps what came during its run",
            ForeignGroup,
            [DuringTrap, RangeHolderOnly],
            |s| {
                s.traps[0].window = None;
                s.call_at(HOUR);
            },
        ),
        background("an incomplete trap arms no window", [OutsideWindow], |s| {
            s.traps[0].window = None;
        }),
        background("a bait without traps has no interceptions", [OutsideWindow], |s| {
            s.traps.clear();
        }),
    ]
}

/// "The caller is not an own number valid then, nor on the allow-list; the
/// bait is not tainted toward the caller." And prior contacts.
fn which_dealings() -> Vec<Row> {
    use Reason::*;
    use Verdict::ForeignGroup;
    vec![
        background("an own number may call", [OwnNumber], |s| s.own_number(MTS_NUMBER, None)),
        interception(
            "a number that is no longer the client's own may not",
            ForeignGroup,
            [RangeHolderOnly],
            |s| s.own_number(MTS_NUMBER, Some(CALL)),
        ),
        background("a number on the allow-list may call", [AllowListed], |s| {
            s.allow(MTS_NUMBER, CALL);
        }),
        interception("an allowance ends with its end", ForeignGroup, [RangeHolderOnly], |s| {
            s.allow_until(MTS_NUMBER, CALL - DAY, Some(CALL));
        }),
        interception("a number allowed only later may not", ForeignGroup, [RangeHolderOnly], |s| {
            s.allow(MTS_NUMBER, CALL + 1)
        }),
        background("whom the bait called may call back", [TaintedByCall], |s| {
            s.bait_called(MTS_NUMBER, CALL - 1);
        }),
        interception(
            "whom the bait calls only afterwards called without a cause",
            ForeignGroup,
            [RangeHolderOnly],
            |s| s.bait_called(MTS_NUMBER, CALL),
        ),
        background(
            "a competitor whose other number the bait called may call",
            [TaintedByCall],
            |s| {
                s.belongs(MTS_NUMBER, COMPETITOR);
                s.belongs(MEGAFON_NUMBER, COMPETITOR);
                s.bait_called(MEGAFON_NUMBER, -DAY);
            },
        ),
        interception(
            "a call to a call centre that serves several competitors taints for none",
            ForeignGroup,
            [RangeHolderOnly],
            |s| {
                s.belongs(MTS_NUMBER, COMPETITOR);
                s.belongs(MEGAFON_NUMBER, COMPETITOR);
                s.belongs(MEGAFON_NUMBER, OTHER_COMPETITOR);
                s.bait_called(MEGAFON_NUMBER, -DAY);
            },
        ),
        interception(
            "a call to a number that was the competitor's no longer does not taint",
            ForeignGroup,
            [RangeHolderOnly],
            |s| {
                s.belongs(MTS_NUMBER, COMPETITOR);
                s.belonged(MEGAFON_NUMBER, COMPETITOR, Some(-DAY));
                s.bait_called(MEGAFON_NUMBER, -DAY);
            },
        ),
        background("a competitor whose site the bait visited may call", [TaintedByVisit], |s| {
            s.belongs(MTS_NUMBER, COMPETITOR);
            s.visited(COMPETITOR, CALL - 1);
        }),
        interception(
            "a visit to another competitor's site taints for that one only",
            ForeignGroup,
            [RangeHolderOnly],
            |s| {
                s.belongs(MTS_NUMBER, COMPETITOR);
                s.visited(OTHER_COMPETITOR, CALL - 1);
            },
        ),
        background("a caller with consent may call", [TaintedByConsent], |s| {
            s.consented_to(MTS_NUMBER, CALL - 1);
        }),
        background(
            "every taint that holds is kept",
            [TaintedByCall, TaintedByVisit, TaintedByConsent],
            |s| {
                s.belongs(MTS_NUMBER, COMPETITOR);
                s.belongs(SECOND_MTS_NUMBER, COMPETITOR);
                s.consented_to(SECOND_MTS_NUMBER, -DAY);
                s.bait_called(MTS_NUMBER, -DAY);
                s.visited(COMPETITOR, -DAY);
            },
        ),
        interception(
            "a caller that had called before the trap is no further trap",
            ForeignGroup,
            [PriorContact, RangeHolderOnly],
            |s| s.was_called_by(MTS_NUMBER, -1),
        ),
        interception(
            "so is a caller of a competitor that had",
            ForeignGroup,
            [PriorContact, RangeHolderOnly],
            |s| {
                s.belongs(MTS_NUMBER, COMPETITOR);
                s.belongs(SECOND_MTS_NUMBER, COMPETITOR);
                s.was_called_by(SECOND_MTS_NUMBER, -DAY);
            },
        ),
        interception(
            "a caller that first called after the exposure had no prior contact",
            ForeignGroup,
            [RangeHolderOnly],
            |s| s.was_called_by(MTS_NUMBER, 0),
        ),
    ]
}

/// Callers that are no number, or no number that could be judged.
fn which_callers() -> Vec<Row> {
    use Reason::*;
    use Verdict::*;
    vec![
        interception(
            "a hidden number is inconclusive before the statement",
            Inconclusive,
            [HiddenNumber],
            |s| s.call.party = Party::Hidden,
        ),
        interception(
            "a number still hidden in the statement is invalid",
            Invalid,
            [HiddenNumber],
            |s| {
                s.call.party = Party::Hidden;
                s.statement_is_in = true;
            },
        ),
        interception("no dialable number is invalid", Invalid, [MalformedNumber], |s| {
            s.call.party = Party::read(Some("12*34"));
        }),
        interception("a short code is inconclusive", Inconclusive, [ShortCode], |s| {
            s.call.party = Party::read(Some("0890"));
        }),
        interception(
            "an alphanumeric sender is inconclusive",
            Inconclusive,
            [AlphanumericSender],
            |s| s.call.party = Party::read(Some("OKNA-PLUS")),
        ),
        interception("a foreign country is invalid", Invalid, [ForeignCountry], |s| {
            s.caller(POLISH_NUMBER);
        }),
        interception(
            "Kazakhstan is another country, though its code is 7 too",
            Invalid,
            [ForeignCountry],
            |s| s.caller(KAZAKH_NUMBER),
        ),
        interception(
            "a number in no range of this edition nor the next is a sign of spoofing",
            Invalid,
            [Unallocated],
            |s| {
                s.next_edition(UNALLOCATED_NUMBER + 10, MTS);
                s.caller(UNALLOCATED_NUMBER);
            },
        ),
        interception(
            "without the next edition that is said",
            Invalid,
            [Unallocated, NextEditionNotLoaded],
            |s| s.caller(UNALLOCATED_NUMBER),
        ),
        interception(
            "a number allocated by the next edition is judged by it",
            ForeignGroup,
            [AllocatedByNextEdition, RangeHolderOnly],
            |s| {
                s.next_edition(UNALLOCATED_NUMBER, MTS);
                s.caller(UNALLOCATED_NUMBER);
            },
        ),
        interception(
            "a call before the first edition uses it and says so",
            ForeignGroup,
            [BeforeFirstEdition, RangeHolderOnly],
            |s| s.editions[0].in_force_from = minute(CALL + 1),
        ),
        interception(
            "a code whose file is not loaded is inconclusive",
            Inconclusive,
            [NumberingNotLoaded],
            |s| s.caller(MOSCOW_NUMBER),
        ),
        interception(
            "a range of an older layout does not tell the operator",
            Inconclusive,
            [CallerOperatorUnknown],
            |s| s.caller(NAMELESS_NUMBER),
        ),
    ]
}

/// How the caller's operator stands toward the bait's.
fn which_operators() -> Vec<Row> {
    use Reason::*;
    use Verdict::*;
    vec![
        interception(
            "a legal entity of its own is another entity toward any bait",
            ForeignEntity,
            [RangeHolderOnly],
            |s| s.caller(INTERNOD_NUMBER),
        ),
        interception(
            "so is an entity that our list does not know",
            ForeignEntity,
            [RangeHolderOnly],
            |s| s.caller(STRANGER_NUMBER),
        ),
        interception(
            "the bait's own operator is of the same group",
            SameGroup,
            [RangeHolderOnly],
            |s| s.caller(T2_NUMBER),
        ),
        interception(
            "Ростелеком and T2 are one group",
            SameGroup,
            [RangeHolderOnly],
            |s| s.caller(ROSTELECOM_NUMBER),
        ),
        interception(
            "toward a bait of an entity without a group its own subscribers are the same",
            SameGroup,
            [RangeHolderOnly],
            |s| {
                s.bait_operator(INTERNOD);
                s.caller(INTERNOD_NUMBER);
            },
        ),
        interception(
            "and everybody else is another entity",
            ForeignEntity,
            [RangeHolderOnly],
            |s| s.bait_operator(INTERNOD),
        ),
        interception(
            "a virtual operator that may use the bait's network is inconclusive",
            Inconclusive,
            [CallerOperatorVirtual],
            |s| s.caller(SBERMOBILE_NUMBER),
        ),
        interception(
            "one whose hosts exclude the bait's group is another entity",
            ForeignEntity,
            [RangeHolderOnly],
            |s| {
                s.bait_operator(BEELINE);
                s.caller(SBERMOBILE_NUMBER);
            },
        ),
        interception(
            "one whose hosts are not known is inconclusive toward anybody",
            Inconclusive,
            [CallerOperatorVirtual],
            |s| {
                s.bait_operator(BEELINE);
                s.caller(VTB_MOBILE_NUMBER);
            },
        ),
        interception("numbers of machines call nobody", Invalid, [NotACaller], |s| {
            s.caller(GLONASS_NUMBER);
        }),
        interception(
            "without the bait's contract nothing can be compared",
            Inconclusive,
            [BaitOperatorUnknown],
            |s| s.bait.operator = None,
        ),
        interception(
            "nor with a contract our list does not know",
            Inconclusive,
            [BaitOperatorUnknown],
            |s| s.bait_operator(STRANGER),
        ),
        interception(
            "nor with one that has no callers",
            Inconclusive,
            [BaitOperatorUnknown],
            |s| s.bait_operator(GLONASS),
        ),
        interception(
            "a virtual operator's bait is always inconclusive",
            Inconclusive,
            [BaitOperatorVirtual],
            |s| s.bait_operator(VTB_MOBILE),
        ),
        interception("roaming is inconclusive", Inconclusive, [Roaming], |s| {
            s.call.roaming = true;
        }),
        interception(
            "every reason why operators cannot be compared is kept",
            Inconclusive,
            [BaitOperatorVirtual, Roaming],
            |s| {
                s.bait_operator(VTB_MOBILE);
                s.call.roaming = true;
            },
        ),
        interception(
            "a portability answer goes before the range holder",
            SameGroup,
            [Ported],
            |s| s.ported(MTS_NUMBER, T2, 0, CALL + 1),
        ),
        interception("the latest valid portability answer counts", ForeignGroup, [Ported], |s| {
            s.ported(MTS_NUMBER, MEGAFON, 1, CALL + 1);
            s.ported(MTS_NUMBER, T2, 0, CALL + 1);
        }),
        interception(
            "a stale portability answer does not count",
            ForeignGroup,
            [RangeHolderOnly],
            |s| s.ported(MTS_NUMBER, T2, 0, CALL),
        ),
        interception("a number ported into the list needs no range", ForeignGroup, [Ported], |s| {
            s.caller(UNALLOCATED_NUMBER);
            s.ported(UNALLOCATED_NUMBER, MTS, 0, CALL + 1);
        }),
    ]
}
