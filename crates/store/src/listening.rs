//! The listening queue: calls with a recording and no label, oldest first, and
//! who takes which. What was labelled a moment ago is left out before the
//! worker has seen it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use baitline_domain::ids::{ClientId, ObservationId};
use baitline_domain::instant::Instant;

use crate::assignments::{self, NewAssignment};
use crate::calls::{self, Assignee, CallPage, UnheardFilter};
use crate::conn::{Conn, Reach};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::labels;
use crate::models::{Assignment, JudgedCall, Recording};
use crate::recordings;

/// A call that waits for a listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unheard {
    /// The call as the worker judged it.
    pub judged: JudgedCall,
    /// Its recordings.
    pub recordings: Vec<Recording>,
    /// Who holds it now.
    pub assignment: Option<Assignment>,
}

/// A call of some client, as a key.
type Place = (ClientId, ObservationId);

/// The queue within reach, in order of (start, id).
pub fn list_unheard(
    conn: &mut Conn,
    reach: Reach,
    filter: &UnheardFilter,
    page: CallPage,
    now: Instant,
) -> StoreResult<Vec<Unheard>> {
    let found = waiting(conn, reach, filter, page, now)?;
    furnish(conn, found, now)
}

/// Takes the oldest calls that nobody holds, at most `limit`; no two takers get
/// the same one.
pub fn claim(
    conn: &mut Conn,
    reach: Reach,
    filter: &UnheardFilter,
    new: &NewAssignment,
    limit: usize,
    now: Instant,
) -> StoreResult<Vec<Unheard>> {
    let filter = UnheardFilter { assignee: Some(Assignee::Nobody), ..filter.clone() };
    let mut taken = Vec::new();
    let mut after = None;
    while taken.len() < limit {
        let page = CallPage { after, limit: i64::try_from(limit - taken.len())? };
        let free = waiting(conn, reach, &filter, page, now)?;
        let Some(last) = free.last() else { break };
        // Whatever somebody else was faster to take lies before the next look.
        after = Some((last.call.started_at, last.call.id));
        for judged in free {
            if assignments::take_free(conn, &new.of(judged.client_id, judged.call.id, now))? {
                taken.push(judged);
            }
        }
    }
    furnish(conn, taken, now)
}

/// Assigns these calls to one person, whoever holds them; a call that is
/// labelled already is left out. Each id may be that of any observation.
pub fn assign(
    conn: &mut Conn,
    reach: Reach,
    ids: &[ObservationId],
    new: &NewAssignment,
    now: Instant,
) -> StoreResult<Vec<Unheard>> {
    let named = find_all(conn, reach, ids)?;
    let unheard = without_labelled(conn, named)?;
    for judged in &unheard {
        assignments::assign(conn, &new.of(judged.client_id, judged.call.id, now))?;
    }
    furnish(conn, unheard, now)
}

/// Frees these calls, of one person's where named; returns how many were held.
pub fn release(
    conn: &mut Conn,
    reach: Reach,
    ids: &[ObservationId],
    assignee: Option<&str>,
    now: Instant,
) -> StoreResult<usize> {
    let mut released = 0;
    for judged in find_all(conn, reach, ids)? {
        let observations = &judged.call.observations;
        released += assignments::end_of(conn, judged.client_id, observations, assignee, now)?;
    }
    Ok(released)
}

/// Frees everything one person holds within reach; returns how many.
pub fn release_all(
    conn: &mut Conn,
    reach: Reach,
    assignee: &str,
    now: Instant,
) -> StoreResult<usize> {
    assignments::end_all(conn, reach, assignee, now)
}

/// Each call once, in order of (start, id).
fn find_all(conn: &mut Conn, reach: Reach, ids: &[ObservationId]) -> StoreResult<Vec<JudgedCall>> {
    let mut found = BTreeMap::new();
    for (place, id) in ids.iter().enumerate() {
        let judged = calls::find_call(conn, reach, *id).map_err(|error| match error {
            StoreError::NotFound => Constraint::UnknownCall(place).into(),
            error => error,
        })?;
        found.insert((judged.call.started_at, judged.call.id), judged);
    }
    Ok(found.into_values().collect())
}

/// Unheard calls, past what was labelled since the worker looked.
fn waiting(
    conn: &mut Conn,
    reach: Reach,
    filter: &UnheardFilter,
    mut page: CallPage,
    now: Instant,
) -> StoreResult<Vec<JudgedCall>> {
    let wanted = usize::try_from(page.limit)?;
    let mut found = Vec::new();
    while found.len() < wanted {
        let batch = calls::unheard_calls(conn, reach, filter, page, now)?;
        let Some(last) = batch.last() else { break };
        page.after = Some((last.call.started_at, last.call.id));
        let is_last = batch.len() < wanted;
        found.extend(without_labelled(conn, batch)?);
        if is_last {
            break;
        }
    }
    found.truncate(wanted);
    Ok(found)
}

fn without_labelled(conn: &mut Conn, judged: Vec<JudgedCall>) -> StoreResult<Vec<JudgedCall>> {
    let mut labelled: BTreeSet<Place> = BTreeSet::new();
    for (client, ids) in observations_by_client(&judged) {
        let heard = labels::labelled_among(conn, client, &ids)?;
        labelled.extend(heard.into_iter().map(|id| (client, id)));
    }
    let is_unheard = |one: &JudgedCall| {
        !one.call.observations.iter().any(|id| labelled.contains(&(one.client_id, *id)))
    };
    Ok(judged.into_iter().filter(is_unheard).collect())
}

/// Adds to each call its recordings and who holds it.
fn furnish(conn: &mut Conn, judged: Vec<JudgedCall>, now: Instant) -> StoreResult<Vec<Unheard>> {
    let mut recorded: HashMap<Place, Recording> = HashMap::new();
    let mut held: HashMap<Place, Assignment> = HashMap::new();
    for (client, ids) in observations_by_client(&judged) {
        let found = recordings::recordings_of(conn, client, &ids)?;
        recorded.extend(found.into_iter().map(|one| ((client, one.observation_id), one)));
        let found = assignments::assignments_of(conn, client, &ids, now)?;
        held.extend(found.into_iter().map(|one| ((client, one.observation_id), one)));
    }
    let furnished = judged.into_iter().map(|judged| {
        let client = judged.client_id;
        let of_call = judged.call.observations.iter();
        Unheard {
            recordings: of_call.filter_map(|id| recorded.remove(&(client, *id))).collect(),
            assignment: held.remove(&(client, judged.call.id)),
            judged,
        }
    });
    Ok(furnished.collect())
}

fn observations_by_client(judged: &[JudgedCall]) -> BTreeMap<ClientId, Vec<ObservationId>> {
    let mut by_client: BTreeMap<ClientId, Vec<ObservationId>> = BTreeMap::new();
    for one in judged {
        by_client.entry(one.client_id).or_default().extend(&one.call.observations);
    }
    by_client
}
