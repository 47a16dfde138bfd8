//! Labels: what people heard. They are only ever added; the latest one of a
//! call counts, and the earlier ones show how the judgement came about.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::call::Call;
use baitline_domain::ids::{ClientId, LabelId, ObservationId};
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{ChangeKind, JudgedCall, LabelRow, NewLabel};
use crate::schema::labels;
use crate::sql_types::{Db, db_all};
use crate::{now, recordings};

/// Labels a call that has a recording. Consent given in it taints later calls
/// of the same number, so those are judged again too.
pub fn add_label(
    conn: &mut Conn,
    client: ClientId,
    call: &Call,
    new: &NewLabel,
    labelled_by: &str,
) -> StoreResult<LabelRow> {
    let heard = recordings::recordings_of(conn, client, &call.observations)?;
    let Some(recording) = heard.first() else {
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
    };
    on!(conn, c => diesel::insert_into(labels::table).values(row.clone()).execute(c))?;
    let change = Change::of(ChangeKind::Label)
        .on(call.bait.0)
        .with(call.party.phone())
        .between(Some(call.started_at), None);
    changes::note(conn, client, &change)?;
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
