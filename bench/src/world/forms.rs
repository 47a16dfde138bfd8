//! The forms in which a call of the world is given to the program: a line of
//! NDJSON, a report, an interception.

use std::fmt::Write;
use std::sync::OnceLock;

use baitline_domain::ids::{Identity, ObservationId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::{Channel, Ends, Report};
use baitline_domain::operator::Inn;
use baitline_domain::phone::{Party, Phone};
use baitline_domain::tally::{Hearing, InterceptionRow};
use baitline_domain::verdict::Verdict;
use baitline_sample::numbers::Holder;

use super::cast::{BAIT_OPERATOR, SOURCE, run_start, runs};
use super::{CastBait, CastClient, World, WorldCall};

/// How far the clients' local time is ahead of UTC: Moscow has no summer time.
const AHEAD_OF_UTC: Span = Span::hours(3);
/// No two operators of the world share a code: the number without its last
/// seven digits tells which one.
const BLOCK: u64 = 10_000_000;

impl WorldCall {
    /// The id that its source gives it.
    pub fn external_id(&self) -> String {
        format!("call-{}", self.number)
    }
}

impl World {
    /// The call's client.
    pub fn client_of(&self, call: &WorldCall) -> &CastClient {
        &self.cast.clients[call.client]
    }

    /// The call's bait.
    pub fn bait_of(&self, call: &WorldCall) -> &CastBait {
        &self.client_of(call).baits[call.bait]
    }

    /// Adds the line of NDJSON that reports a call.
    pub fn write_line(&self, call: &WorldCall, out: &mut String) {
        let WorldCall { caller, at, connected_seconds, number, .. } = call;
        let called = self.bait_of(call).number;
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "{{\"source\":\"{SOURCE}\",\"external_id\":\"call-{number}\",\"caller\":\"{caller}\",\
             \"called\":\"{called}\",\"occurred_at\":\"{at}\",\
             \"connected_seconds\":{connected_seconds}}}",
        );
    }

    /// NDJSON bodies of at most so many calls, of a world of one client.
    pub fn bodies(&self, calls_per_body: usize) -> impl Iterator<Item = String> + '_ {
        let mut calls = self.calls().peekable();
        std::iter::from_fn(move || {
            calls.peek()?;
            let mut body = String::new();
            for call in calls.by_ref().take(calls_per_body) {
                self.write_line(&call, &mut body);
            }
            Some(body)
        })
    }

    /// The report that the API makes of the call's line.
    pub fn report(&self, call: &WorldCall) -> Report {
        let client = self.client_of(call);
        let called = self.bait_of(call).number;
        report(client, call.external_id(), (call.caller, called), call.at, call.connected_seconds)
    }

    /// The reports of the own and the return call of every run of a client's
    /// baits, which complete its traps.
    pub fn own_reports(&self, client: usize) -> impl Iterator<Item = Report> + '_ {
        let client = &self.cast.clients[client];
        let every_run = move |bait| (0..runs(&self.shape)).map(move |run| (bait, run));
        client.baits.iter().flat_map(every_run).flat_map(move |(bait, run)| {
            let start = run_start(self.shape.first_day, run);
            let name = |which: &str| format!("{which}-{}-{run}", bait.number);
            let (own, back) = own_calls(start);
            [
                report(client, name("own"), (bait.number, client.line), own, OWN_SECONDS),
                report(client, name("return"), (client.line, bait.number), back, OWN_SECONDS),
            ]
        })
    }

    /// The interception that the rules make of the call.
    pub fn interception(&self, call: &WorldCall) -> InterceptionRow {
        let (client, bait) = (self.client_of(call), self.bait_of(call));
        let (operator, region, verdict) = holder_of(call.caller);
        InterceptionRow {
            client: client.id,
            caller: Some(call.caller),
            operator: Some(operator),
            region: Some(region),
            competitors: Vec::new(),
            bait: bait.id,
            bait_operator: BAIT_OPERATOR.parse().ok(),
            trap: bait.traps[self.run_at(call.at)],
            verdict,
            attempt: call.connected_seconds == 0,
            hearing: Hearing::Unheard,
            prior_contact: false,
            local_day: (call.at + AHEAD_OF_UTC).day().0,
            started_at: call.at,
        }
    }
}

/// What an own or return call lasts, in seconds.
const OWN_SECONDS: u32 = 150;

/// When a run's own call and its return call begin.
fn own_calls(start: Instant) -> (Instant, Instant) {
    (start + Span::seconds(1), start + Span::seconds(160))
}

fn report(
    client: &CastClient,
    external_id: String,
    (caller, called): (Phone, Phone),
    at: Instant,
    connected_seconds: u32,
) -> Report {
    Report {
        id: ObservationId::derive(client.id, client.source, &Identity::External(&external_id)),
        source: client.source,
        external_id: Some(external_id),
        revision: 0,
        ends: Ends::Plain { caller: Party::Number(caller), called: Party::Number(called) },
        caller_raw: Some(caller.to_string()),
        called_raw: Some(called.to_string()),
        channel: Channel::Pstn,
        reported_at: at,
        reported_at_raw: at.to_string(),
        connected_seconds: Some(connected_seconds),
        answered: connected_seconds > 0,
        roaming: false,
        screen_label: None,
        extra: None,
        derived: false,
    }
}

/// Who holds a number, where, and what that means to a bait of T2.
type Held = (Inn, String, Verdict);

fn holder_of(caller: Phone) -> Held {
    static HELD: OnceLock<Vec<(u64, Held)>> = OnceLock::new();
    let held = HELD.get_or_init(|| Holder::CALLERS.into_iter().map(held_by).collect());
    let block = caller.digits() / BLOCK;
    let found = held.iter().find(|(of_holder, _)| *of_holder == block);
    found.expect("every caller of the world stands in a block").1.clone()
}

fn held_by(holder: Holder) -> (u64, Held) {
    let verdict = match holder {
        Holder::Mts | Holder::Megafon | Holder::Beeline => Verdict::ForeignGroup,
        Holder::Internod => Verdict::ForeignEntity,
        Holder::T2 | Holder::Rostelecom => Verdict::SameGroup,
        Holder::Sber | Holder::TMob | Holder::Glonass => Verdict::Inconclusive,
    };
    let first = holder.number(0);
    let range = baitline_sample::numbering::ranges()
        .into_iter()
        .find(|range| range.first.digits() <= first && first <= range.last.digits())
        .expect("the sample's registry holds every block");
    let operator = range.operator.expect("the sample's registry names every holder");
    (first / BLOCK, (operator, range.region, verdict))
}
