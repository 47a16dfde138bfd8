//! Labels: what people heard. They are only ever added; the latest one of a
//! call counts, and the earlier ones show how the judgement came about.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::call::Call;
use baitline_domain::ids::{ClientId, LabelId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_domain::label::LabelKind;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{ChangeKind, JudgedCall, LabelRow, NewLabel};
use crate::schema::labels;
use crate::sql_types::{Db, db_all};
use crate::{assignments, now, observations, recordings, stored_text};

/// Which labels a list shows; an absent field filters nothing.
#[derive(Debug, Clone, Default)]
pub struct LabelFilter {
    /// Given with this key.
    pub labelled_by: Option<String>,
    /// Heard by this person.
    pub listener: Option<String>,
    /// Of this kind.
    pub kind: Option<LabelKind>,
    /// Given at or after this moment.
    pub from: Option<Instant>,
    /// Given before this moment.
    pub to: Option<Instant>,
}

/// A slice of a list of labels, which is ordered by (time given, id).
#[derive(Debug, Clone, Copy)]
pub struct LabelPage {
    /// Time and id of the last row seen.
    pub after: Option<(Instant, LabelId)>,
    /// The most rows to return.
    pub limit: i64,
}

/// What became of a label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// It is new.
    New(LabelRow),
    /// The latest label that this key gave the call says the same.
    Same(LabelRow),
}

/// Labels a call that has a recording, unless the same key said the same of it
/// last: whoever sends a label again after a lost answer adds nothing.
pub fn give_label(
    conn: &mut Conn,
    client: ClientId,
    call: &Call,
    new: &NewLabel,
    labelled_by: &str,
) -> StoreResult<Given> {
    let mut known = labels_of(conn, client, &call.observations)?;
    known.retain(|row| row.labelled_by == labelled_by);
    match known.pop() {
        Some(latest) if says(&latest, new)? => Ok(Given::Same(latest)),
        _ => add_label(conn, client, call, new, labelled_by).map(Given::New),
    }
}

/// Whether a label says nothing else than this.
fn says(row: &LabelRow, new: &NewLabel) -> StoreResult<bool> {
    Ok(row.kind == new.kind
        && row.robot == new.robot
        && row.consent_given == new.consent_given
        && row.stop_demanded == new.stop_demanded
        && row.company == new.company
        && row.callback_number == new.callback_number
        && row.site == new.site
        && row.number_origin == new.number_origin
        && row.transcript == new.transcript
        && row.listener == new.listener
        && row.segments()? == new.segments)
}

/// Labels a call that has a recording; nobody needs to listen to it any more.
/// Consent given in it taints later calls of the same number, so those are
/// judged again too.
pub fn add_label(
    conn: &mut Conn,
    client: ClientId,
    call: &Call,
    new: &NewLabel,
    labelled_by: &str,
) -> StoreResult<LabelRow> {
    let voided = observations::voided_among(conn, client, &call.observations)?;
    let heard = recordings::recordings_of(conn, client, &call.observations)?;
    // The call may not have been derived again since one was voided.
    let in_force = heard.iter().find(|one| !voided.contains(&one.observation_id));
    let Some(recording) = in_force else {
        return Err(Constraint::NoRecording.into());
    };
    let row = LabelRow {
        client_id: client,
        id: LabelId(Uuid::now_v7()),
        observation_id: recording.observation_id,
        kind: new.kind,
        robot: new.robot,
        consent_given: new.consent_given,
        stop_demanded: new.stop_demanded,
        company: new.company.clone(),
        callback_number: new.callback_number,
        site: new.site.clone(),
        number_origin: new.number_origin.clone(),
        transcript: new.transcript.clone(),
        labelled_at: now(),
        labelled_by: labelled_by.to_owned(),
        segments: match new.segments.as_slice() {
            [] => None,
            segments => Some(stored_text::write_segments(segments)?),
        },
        listener: new.listener.clone(),
    };
    on!(conn, c => diesel::insert_into(labels::table).values(row.clone()).execute(c))?;
    let change = Change::of(ChangeKind::Label)
        .on(call.bait.0)
        .with(call.party.phone())
        .between(Some(call.started_at), None);
    changes::note(conn, client, &change)?;
    assignments::end_of(conn, client, &call.observations, None, row.labelled_at)?;
    Ok(row)
}

/// The labels of these observations of one client, oldest first.
pub fn labels_of(
    conn: &mut Conn,
    client: ClientId,
    observations: &[ObservationId],
) -> StoreResult<Vec<LabelRow>> {
    Ok(on!(conn, c => labels::table
        .filter(labels::client_id.eq(Db(client)))
        .filter(labels::observation_id.eq_any(db_all(observations)))
        .order((labels::labelled_at, labels::id))
        .select(LabelRow::as_select())
        .load(c))?)
}

/// The label in force of each of these calls that has one, by the call's id. The
/// calls may be of several clients, within the reach they were found in.
pub fn labels_in_force(
    conn: &mut Conn,
    calls: &[JudgedCall],
) -> StoreResult<HashMap<ObservationId, LabelRow>> {
    if calls.is_empty() {
        return Ok(HashMap::new());
    }
    let mut call_of = HashMap::new();
    for one in calls {
        call_of.extend(one.call.observations.iter().map(|id| ((one.client_id, *id), one.call.id)));
    }
    let clients: BTreeSet<ClientId> = calls.iter().map(|one| one.client_id).collect();
    let observations: BTreeSet<ObservationId> = call_of.keys().map(|(_, id)| *id).collect();
    let rows: Vec<LabelRow> = on!(conn, c => labels::table
        .filter(labels::client_id.eq_any(db_all(&clients)))
        .filter(labels::observation_id.eq_any(db_all(&observations)))
        .order((labels::labelled_at, labels::id))
        .select(LabelRow::as_select())
        .load(c))?;
    let mut in_force = HashMap::new();
    for row in rows {
        // Oldest first, so that the last one stays.
        if let Some(call) = call_of.get(&(row.client_id, row.observation_id)) {
            in_force.insert(*call, row);
        }
    }
    Ok(in_force)
}

/// Those of these observations of one client that have a label.
pub(crate) fn labelled_among(
    conn: &mut Conn,
    client: ClientId,
    observations: &[ObservationId],
) -> StoreResult<Vec<ObservationId>> {
    Ok(on!(conn, c => labels::table
        .filter(labels::client_id.eq(Db(client)))
        .filter(labels::observation_id.eq_any(db_all(observations)))
        .select(labels::observation_id)
        .distinct()
        .load(c))?)
}

/// The labels within reach, in order of (time given, id).
pub fn list_labels(
    conn: &mut Conn,
    reach: Reach,
    filter: &LabelFilter,
    page: LabelPage,
) -> StoreResult<Vec<LabelRow>> {
    Ok(on!(conn, c => {
        let mut query = labels::table.select(LabelRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(labels::client_id.eq(Db(client)));
        }
        if let Some(key) = &filter.labelled_by {
            query = query.filter(labels::labelled_by.eq(key.clone()));
        }
        if let Some(listener) = &filter.listener {
            query = query.filter(labels::listener.eq(Some(listener.clone())));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(labels::kind.eq(Db(kind)));
        }
        if let Some(from) = filter.from {
            query = query.filter(labels::labelled_at.ge(Db(from)));
        }
        if let Some(to) = filter.to {
            query = query.filter(labels::labelled_at.lt(Db(to)));
        }
        if let Some((at, id)) = page.after {
            // The first condition is where the index is entered.
            query = query.filter(labels::labelled_at.ge(Db(at))).filter(
                labels::labelled_at.gt(Db(at)).or(labels::labelled_at.eq(Db(at)).and(labels::id.gt(Db(id)))),
            );
        }
        query.order((labels::labelled_at, labels::id)).limit(page.limit).load(c)
    })?)
}
