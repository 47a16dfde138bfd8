//! A call as the name of a recording's file tells it. A phone that records
//! calls names its files after them; nobody reported those facts, so what rests
//! on them is marked as derived, and what a name does not tell is not guessed.

use crate::call::Call;
use crate::ids::{ObservationId, SourceId};
use crate::instant::{Instant, Span};
use crate::matching::MATCHING_SPAN;
use crate::observation::{BaitName, Channel, Direction, Ends, Report};
use crate::phone::{Party, Phone};

/// Two records of one phone that are at most this far apart, with the same
/// number, are of one call: it starts no second one so soon.
pub const SAME_CLOCK_SPAN: Span = Span::seconds(5);

/// What a file's name says of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedCall {
    /// The time in the name, by the phone's clock: of most recorders the start
    /// of the call, of some its end.
    pub reported_at: Instant,
    /// The time as it is written there.
    pub reported_at_raw: String,
    /// As the bait sees it; absent where the name does not tell.
    pub direction: Option<Direction>,
    /// The other end; absent where the name tells a contact, or nothing.
    pub party: Option<Party>,
    /// The other end as it is written there.
    pub party_raw: Option<String>,
    /// What carried it.
    pub channel: Channel,
}

impl NamedCall {
    /// The report that the name amounts to, for the bait whose SIM was in the
    /// phone; `None` where it does not tell direction and other end. Phones begin
    /// to record an incoming call when it is taken, an outgoing one when it is
    /// dialled: so sound says that an incoming one was answered, and never how
    /// long anybody was connected.
    pub fn report(
        &self,
        (id, source): (ObservationId, SourceId),
        name: &str,
        bait: Phone,
        has_sound: bool,
    ) -> Option<Report> {
        let (direction, party) = (self.direction?, self.party.clone()?);
        if direction == Direction::Outgoing && party == Party::Hidden {
            return None;
        }
        let raw = |of: Direction| self.party_raw.clone().filter(|_| direction == of);
        Some(Report {
            id,
            source,
            external_id: Some(name.to_owned()),
            revision: 0,
            ends: Ends::Named { bait: BaitName::Number(bait), direction, party },
            caller_raw: raw(Direction::Incoming),
            called_raw: raw(Direction::Outgoing),
            channel: self.channel,
            reported_at: self.reported_at,
            reported_at_raw: self.reported_at_raw.clone(),
            connected_seconds: None,
            answered: has_sound && direction == Direction::Incoming,
            roaming: false,
            screen_label: None,
            extra: None,
            derived: true,
        })
    }

    /// Whether a direction is not another one than the name tells.
    pub fn allows(&self, direction: Direction) -> bool {
        self.direction.is_none_or(|told| told == direction)
    }
}

/// Which calls a recording can be of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnderWay<'a> {
    /// None of them.
    Nothing,
    /// This one and no other.
    One(&'a Call),
    /// More than one, between which a person has to decide.
    Several,
}

/// The call among those with the name's other end that was under way at a
/// moment, or within [`MATCHING_SPAN`] of it. The moment may be a start or an
/// end, so a call counts from its start to its end: the recording of a call that
/// was named at its end is never taken for one of the redial that followed.
pub fn call_under_way<'a>(calls: &'a [Call], named: &NamedCall, at: Instant) -> UnderWay<'a> {
    let mut fitting = calls.iter().filter(|call| {
        call.channel == named.channel
            && named.allows(call.direction)
            && call.started_at - MATCHING_SPAN <= at
            && at <= call.ended_at() + MATCHING_SPAN
    });
    match (fitting.next(), fitting.next()) {
        (None, _) => UnderWay::Nothing,
        (Some(call), None) => UnderWay::One(call),
        (Some(_), Some(_)) => UnderWay::Several,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use crate::ids::BaitId;
    use uuid::Uuid;

    const NOON: Instant = Instant(1_790_845_200_000_000);

    fn named(direction: Option<Direction>, party: Option<Party>) -> NamedCall {
        NamedCall {
            reported_at: NOON,
            reported_at_raw: "noon".to_owned(),
            direction,
            party,
            party_raw: Some("+79160000001".to_owned()),
            channel: Channel::Pstn,
        }
    }

    fn number() -> Option<Party> {
        Some(Party::read(Some("+79160000001")))
    }

    fn call(started_at: Instant, connected_seconds: u32, direction: Direction) -> Call {
        Call {
            id: ObservationId(Uuid::from_u128(1)),
            bait: BaitId(Uuid::from_u128(2)),
            direction,
            party: number().unwrap(),
            channel: Channel::Pstn,
            started_at,
            uncertainty: Span(0),
            connected_seconds,
            answered: true,
            roaming: false,
            observations: vec![ObservationId(Uuid::from_u128(1))],
        }
    }

    fn report(named: &NamedCall, has_sound: bool) -> Option<Report> {
        let ids = (ObservationId(Uuid::from_u128(1)), SourceId(Uuid::from_u128(3)));
        named.report(ids, "name.m4a", Phone::from_digits(79_001_234_567).unwrap(), has_sound)
    }

    #[test]
    fn a_name_is_a_report_only_when_it_tells_direction_and_other_end() {
        use Direction::{Incoming, Outgoing};
        assert!(report(&named(Some(Incoming), number()), true).unwrap().derived);
        assert!(report(&named(Some(Incoming), Some(Party::Hidden)), true).is_some());
        assert_eq!(report(&named(Some(Outgoing), Some(Party::Hidden)), true), None);
        assert_eq!(report(&named(None, number()), true), None);
        assert_eq!(report(&named(Some(Incoming), None), true), None);
    }

    #[test]
    fn sound_says_that_an_incoming_call_was_answered_and_never_how_long_it_was() {
        use Direction::{Incoming, Outgoing};
        for (direction, has_sound, answered) in
            [(Incoming, true, true), (Incoming, false, false), (Outgoing, true, false)]
        {
            let report = report(&named(Some(direction), number()), has_sound).unwrap();
            assert_eq!(report.answered, answered, "{direction:?} {has_sound}");
            assert_eq!(report.connected_seconds, None);
        }
    }

    #[test]
    fn only_a_single_call_under_way_takes_the_recording() {
        use Direction::{Incoming, Outgoing};
        let long = call(NOON - Span::seconds(300), 300, Incoming);
        let redial = call(NOON + Span::seconds(30), 60, Incoming);
        let early = call(NOON - Span::seconds(121), 0, Incoming);
        let late = call(NOON + Span::seconds(121), 10, Incoming);
        let any = named(None, number());
        let found = |calls: &[Call], named: &NamedCall| match call_under_way(calls, named, NOON) {
            UnderWay::Nothing => 0,
            UnderWay::One(_) => 1,
            UnderWay::Several => 2,
        };
        assert_eq!(found(std::slice::from_ref(&long), &any), 1, "named at its end");
        assert_eq!(found(&[long, redial.clone()], &any), 2, "a redial followed");
        assert_eq!(found(&[early, late], &any), 0);
        let outgoing = named(Some(Outgoing), number());
        assert_eq!(found(std::slice::from_ref(&redial), &outgoing), 0, "the name tells another");
        let messenger = NamedCall { channel: Channel::Messenger, ..any };
        assert_eq!(found(&[redial], &messenger), 0, "another channel");
    }
}
