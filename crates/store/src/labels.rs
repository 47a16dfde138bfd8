//! Labels: what people heard. They are only ever added; the latest one of a
//! call counts, and the earlier ones show how the judgement came about.

use baitline_domain::call::Call;
use baitline_domain::ids::{ClientId, LabelId, ObservationId};
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{ChangeKind, LabelRow, NewLabel};
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
