//! From observations to calls: the matching rule. It knows nothing of traps or
//! verdicts, only which reports describe one call.

#[cfg(test)]
mod tests;

use crate::call::Call;
use crate::ids::{BaitId, ObservationId, SourceId};
use crate::instant::{Instant, Span};
use crate::observation::{Channel, Direction, Observation};
use crate::phone::Party;
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// An observation joins a group whose first start is at most this much earlier.
pub const MATCHING_SPAN: Span = Span::seconds(120);

/// How much earlier a call may have begun whose group an observation can
/// change. One of a shown caller takes its source's place in a group begun up to
/// the span before it; a hidden one, up to the span after that group's beginning,
/// then has to look elsewhere: at groups begun up to the span before itself.
pub const LATEST_EFFECT: Span = Span::seconds(240);

/// The finest difference between two moments.
const ONE_MICROSECOND: Span = Span(1);

/// Observations are matched inside one stream only: a text message and a call
/// are never one call.
type Stream = (BaitId, Direction, Channel);

fn stream_of(observation: &Observation) -> Stream {
    (observation.bait, observation.direction, observation.channel)
}

/// Derives the calls of any baits and directions; the order of the input does
/// not matter. Calls come out in order of (start, id).
pub fn match_observations(observations: &[Observation]) -> Vec<Call> {
    let mut sorted: Vec<&Observation> = observations.iter().collect();
    sorted.sort_unstable_by_key(|o| (stream_of(o), o.occurred_at, o.id));
    let mut calls: Vec<Call> = sorted
        .chunk_by(|a, b| stream_of(a) == stream_of(b))
        .flat_map(match_stream)
        .map(Group::into_call)
        .collect();
    calls.sort_unstable_by_key(|call| (call.started_at, call.id));
    calls
}

/// Matches one stream, sorted by (start, id). Hidden callers are placed last,
/// since any caller's group may reveal them.
fn match_stream<'a>(stream: &[&'a Observation]) -> Vec<Group<'a>> {
    let (withheld, shown): (Vec<&Observation>, Vec<&Observation>) =
        stream.iter().copied().partition(|observation| observation.party == Party::Hidden);
    let mut groups = Vec::new();
    for observation in shown {
        let near = nearest(&groups, observation, |group| group.party() == &observation.party);
        join_or_open(&mut groups, near, observation);
    }
    let mut hidden = Vec::new();
    for observation in withheld {
        let shown_near = nearest(&groups, observation, |_| true);
        let hidden_near = nearest(&hidden, observation, |_| true);
        let rank = |groups: &[Group<'_>], near: Option<usize>| near.map(|i| groups[i].rank());
        if shown_near.is_some() && rank(&groups, shown_near) >= rank(&hidden, hidden_near) {
            join_or_open(&mut groups, shown_near, observation);
        } else {
            join_or_open(&mut hidden, hidden_near, observation);
        }
    }
    groups.append(&mut hidden);
    groups
}

/// The group to join among `groups`, which are in order of (first start, id):
/// the nearest within [`MATCHING_SPAN`] before, of two equally near ones the
/// earlier, without an observation of the same source.
fn nearest(
    groups: &[Group<'_>],
    observation: &Observation,
    is_same_caller: impl Fn(&Group<'_>) -> bool,
) -> Option<usize> {
    let begun = groups.partition_point(|group| group.start() <= observation.occurred_at);
    let oldest = observation.occurred_at - MATCHING_SPAN;
    let in_reach = (0..begun).rev().take_while(|index| groups[*index].start() >= oldest);
    let mut found: Option<usize> = None;
    for index in in_reach {
        let group = &groups[index];
        if found.is_some_and(|found| groups[found].start() > group.start()) {
            break;
        }
        if is_same_caller(group) && !group.has_source(observation.source) {
            found = Some(index);
        }
    }
    found
}

fn join_or_open<'a>(
    groups: &mut Vec<Group<'a>>,
    near: Option<usize>,
    observation: &'a Observation,
) {
    match near {
        Some(index) => groups[index].members.push(observation),
        None => groups.push(Group { members: vec![observation] }),
    }
}

/// Observations of one call; the first one opened the group.
struct Group<'a> {
    members: Vec<&'a Observation>,
}

impl Group<'_> {
    fn start(&self) -> Instant {
        self.members[0].occurred_at
    }

    fn party(&self) -> &Party {
        &self.members[0].party
    }

    fn has_source(&self, source: SourceId) -> bool {
        self.members.iter().any(|member| member.source == source)
    }

    /// Of two groups within reach the one of the higher rank is joined: the
    /// later start is the nearer, and on a tie the earlier id wins.
    fn rank(&self) -> (Instant, Reverse<ObservationId>) {
        (self.start(), Reverse(self.members[0].id))
    }

    fn into_call(mut self) -> Call {
        let party = self.party().clone();
        self.members.sort_unstable_by_key(|member| (member.occurred_at, member.id));
        let first = self.members[0];
        let connected = self.members.iter().filter_map(|member| member.connected_seconds);
        Call {
            id: first.id,
            bait: first.bait,
            direction: first.direction,
            party,
            channel: first.channel,
            started_at: first.occurred_at,
            uncertainty: first.uncertainty,
            connected_seconds: connected.max().unwrap_or(0),
            answered: self.members.iter().any(|member| member.answered),
            roaming: self.members.iter().any(|member| member.roaming),
            observations: self.members.iter().map(|member| member.id).collect(),
        }
    }
}

/// The baits whose groups that start at or after `at` cannot be told from these
/// observations alone: in some direction and channel there is no pause longer than
/// [`MATCHING_SPAN`] among the observations before `at`, back to `loaded_from`, which
/// lies at least that long before `at`.
pub fn baits_unsettled_before(
    observations: &[Observation],
    loaded_from: Instant,
    at: Instant,
) -> BTreeSet<BaitId> {
    // The last moment nothing is known of: an observation there could reach
    // into what is loaded.
    let unknown = loaded_from - ONE_MICROSECOND;
    let mut starts: Vec<(Stream, Instant)> = observations
        .iter()
        .filter(|o| loaded_from <= o.occurred_at && o.occurred_at < at)
        .map(|o| (stream_of(o), o.occurred_at))
        .collect();
    starts.sort_unstable();
    let has_pause = |stream: &&[(Stream, Instant)]| {
        let before = std::iter::once(unknown).chain(stream.iter().map(|(_, start)| *start));
        let after = stream.iter().map(|(_, start)| *start).chain(std::iter::once(at));
        before.zip(after).any(|(before, after)| after - before > MATCHING_SPAN)
    };
    let streams = starts.chunk_by(|a, b| a.0 == b.0);
    streams.filter(|stream| !has_pause(stream)).map(|stream| stream[0].0.0).collect()
}

/// The baits whose groups on both sides of `at` hang together: in some direction
/// and channel there is no pause longer than [`MATCHING_SPAN`], so that what
/// changes before `at` can change the grouping after it.
pub fn baits_chained_across(observations: &[Observation], at: Instant) -> BTreeSet<BaitId> {
    let near = |o: &&Observation| {
        at - MATCHING_SPAN <= o.occurred_at && o.occurred_at <= at + MATCHING_SPAN
    };
    let mut starts: Vec<(Stream, Instant)> =
        observations.iter().filter(near).map(|o| (stream_of(o), o.occurred_at)).collect();
    starts.sort_unstable();
    let chained = starts.windows(2).filter_map(|pair| {
        let [(stream, before), (next_stream, after)] = pair else { return None };
        let hangs_together = stream == next_stream
            && *before < at
            && at <= *after
            && *after - *before <= MATCHING_SPAN;
        hangs_together.then_some(stream.0)
    });
    chained.collect()
}
