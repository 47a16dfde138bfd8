//! Files of devices: recordings whose call is told by their name alone. Where
//! the name says enough, it becomes an observation that is marked as derived;
//! where a single call fits, the recording goes there; else it waits. Nothing
//! is guessed, and nothing is lost.

use baitline_domain::ids::{BaitId, ObservationId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::matching::{MATCHING_SPAN, match_observations};
use baitline_domain::named_call::{NamedCall, SAME_CLOCK_SPAN, UnderWay, call_under_way};
use baitline_domain::observation::{Direction, Ends, Observation};
use baitline_domain::phone::Phone;

use crate::conn::{Conn, Reach};
use crate::error::{Constraint, StoreResult};
use crate::models::{Source, WaitingReason, WaitingRecording};
use crate::recordings::{self, Put};
use crate::waiting_recordings::{self as waiting, Place, give, hold};
use crate::{devices, observations, sources};

/// The longest call that is looked back for: a day.
const LONGEST_CALL: Span = Span::hours(24);

/// What the name of a file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Nothing that can be used, for this reason.
    Nothing(WaitingReason),
    /// A call.
    Call(NamedCall),
}

/// Keeps one file of a device. `has_sound` is whether its bytes are a
/// recording's at all. Other bytes under a name that is known are refused; the same
/// ones again look once more for their call.
pub fn keep_file(
    conn: &mut Conn,
    file: &WaitingRecording,
    reading: &Reading,
    has_sound: bool,
) -> StoreResult<(Put, Place)> {
    let (client, id) = (file.client_id, file.observation_id);
    if waiting::is_reported(conn, client, id)? {
        return waiting::put_by_id(conn, file);
    }
    let Some(known) = waiting::find_row(conn, client, id)? else {
        return Ok((Put::New, place(conn, file, reading, has_sound)?));
    };
    if known.sha256 != file.sha256 {
        return Err(Constraint::RecordingDiffers.into());
    }
    match known.assigned_to {
        Some(_) => Ok((Put::Same, waiting::place_of(conn, known)?)),
        None => {
            // It may have come by its id first, and now from a phone.
            let device_id = known.device_id.or(file.device_id);
            let known = WaitingRecording { device_id, ..known };
            Ok((Put::Same, place(conn, &known, reading, has_sound)?))
        }
    }
}

fn place(
    conn: &mut Conn,
    file: &WaitingRecording,
    reading: &Reading,
    has_sound: bool,
) -> StoreResult<Place> {
    let named = match reading {
        Reading::Nothing(reason) => return hold(conn, file, *reason),
        Reading::Call(named) => named,
    };
    let client = file.client_id;
    let source = sources::find_source(conn, Reach::Client(client), file.source_id)?;
    let at = source.correct(named.reported_at);
    let bound = match file.device_id {
        Some(device) => devices::bait_at(conn, client, device, at)?,
        None => None,
    };
    let Some(bait) = bound else { return hold(conn, file, WaitingReason::DeviceNotBound) };
    let Some(party) = &named.party else {
        return hold(conn, file, WaitingReason::PartyNotKnown);
    };
    let near = match party.phone() {
        Some(phone) => observations_near(conn, file, (bait.id, phone), at)?,
        None => Vec::new(),
    };
    let own = match own_report(&near, &source, named, at) {
        None => corrected_report(conn, file, named)?,
        own => own,
    };
    if let Some(own) = own {
        return give_to_one_of(conn, file, &[own]);
    }
    let ids = (file.observation_id, file.source_id);
    if let Some(report) = named.report(ids, &file.external_id, bait.number, has_sound) {
        observations::ingest(conn, client, &[report], file.received_at)?;
        let new = file.at(file.observation_id, true);
        return Ok(Place::Call(recordings::put_recording(conn, &new)?.1));
    }
    match call_under_way(&match_observations(&near), named, at) {
        UnderWay::One(call) => give_to_one_of(conn, file, &call.observations),
        UnderWay::Several => hold(conn, file, WaitingReason::SeveralCalls),
        UnderWay::Nothing => hold(conn, file, WaitingReason::DirectionNotKnown),
    }
}

/// What is known of a bait and a number about a moment: every call that may
/// have been under way then.
fn observations_near(
    conn: &mut Conn,
    file: &WaitingRecording,
    (bait, phone): (BaitId, Phone),
    at: Instant,
) -> StoreResult<Vec<Observation>> {
    let sources = sources::sources_of(conn, file.client_id)?;
    let period = (at - LONGEST_CALL - MATCHING_SPAN, at + MATCHING_SPAN + MATCHING_SPAN);
    observations::observations_with(conn, file.client_id, &sources, (bait, phone), period)
}

/// The record that the phone's own app sent of the call: a second observation
/// of the same source would make it a second call.
fn own_report(
    near: &[Observation],
    source: &Source,
    named: &NamedCall,
    at: Instant,
) -> Option<ObservationId> {
    let is_own = |one: &&Observation| {
        one.source == source.id
            && one.channel == named.channel
            && named.allows(one.direction)
            && at - SAME_CLOCK_SPAN <= one.occurred_at
            && one.occurred_at <= at + SAME_CLOCK_SPAN
    };
    near.iter().find(is_own).map(|one| one.id)
}

/// The same record where people moved it, gave it other ends, or voided it: the
/// phone knows nothing of that, and its file is of the call that it reported.
fn corrected_report(
    conn: &mut Conn,
    file: &WaitingRecording,
    named: &NamedCall,
) -> StoreResult<Option<ObservationId>> {
    let Some(party) = &named.party else { return Ok(None) };
    let at = named.reported_at;
    let span = (at - SAME_CLOCK_SPAN, at + SAME_CLOCK_SPAN);
    let said = observations::said_before_correction(conn, file.client_id, file.source_id, span)?;
    let is_of_call = |ends: &Ends| match ends {
        Ends::Named { direction, party: other, .. } => {
            named.allows(*direction) && other.phone() == party.phone()
        }
        Ends::Plain { caller, called } => {
            named.allows(Direction::Incoming) && caller.phone() == party.phone()
                || named.allows(Direction::Outgoing) && called.phone() == party.phone()
        }
    };
    // A withheld number is nobody's: two such calls are not told apart.
    let found = said
        .into_iter()
        .filter(|_| party.phone().is_some())
        .find(|one| one.channel == named.channel && is_of_call(&one.ends));
    Ok(found.map(|one| one.id))
}

/// Gives a file to the first of a call's observations that has no recording
/// yet, or to the one that has these very bytes.
fn give_to_one_of(
    conn: &mut Conn,
    file: &WaitingRecording,
    observations: &[ObservationId],
) -> StoreResult<Place> {
    let kept = recordings::recordings_of(conn, file.client_id, observations)?;
    let same = kept.iter().find(|one| one.sha256 == file.sha256).map(|one| one.observation_id);
    let is_free = |id: &&ObservationId| kept.iter().all(|one| one.observation_id != **id);
    match same.or_else(|| observations.iter().find(is_free).copied()) {
        Some(observation) => give(conn, file, observation),
        None => hold(conn, file, WaitingReason::OtherRecording),
    }
}
