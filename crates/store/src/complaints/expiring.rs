//! What expires when: the interceptions heard to be advertising that no filed
//! complaint holds, whose limitation date follows from the day of the call.

use std::collections::HashMap;

use baitline_domain::complaint::ComplaintState;
use baitline_domain::ids::{ClientId, ComplaintId, ObservationId};
use baitline_domain::label::LabelKind;
use baitline_domain::limitation::Limitation;
use diesel::prelude::*;

use super::propose::is_answered;
use crate::calls::{CallFilter, CallPage, InterceptionFilter, list_calls};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::JudgedCall;
use crate::schema::{complaint_calls, complaints};
use crate::sql_types::{Db, db_all};

/// An interception that can still be complained of, or could have been.
#[derive(Debug, Clone)]
pub struct Expiring {
    /// The call.
    pub judged: JudgedCall,
    /// Its dates.
    pub limitation: Limitation,
    /// The complaint that prepares it, and where that stands.
    pub complaint: Option<(ComplaintId, ComplaintState)>,
}

/// The interceptions of one client in order of (start, id), which is that of
/// their limitation dates; those of filed complaints are not among them. A piece
/// may be shorter than asked for and not be the last: the last row read is told
/// beside it.
pub fn expiring(
    conn: &mut Conn,
    client: ClientId,
    filter: &CallFilter,
    page: CallPage,
) -> StoreResult<(Vec<Expiring>, Option<CallPage>)> {
    let filter = CallFilter {
        interceptions_only: Some(InterceptionFilter {
            label: Some(LabelKind::Advertising),
            ..InterceptionFilter::default()
        }),
        ..filter.clone()
    };
    let piece = list_calls(conn, Reach::Client(client), &filter, page)?;
    let is_last = (piece.len() as i64) < page.limit;
    let last = piece.last().map(|judged| (judged.call.started_at, judged.call.id));
    let ids: Vec<ObservationId> =
        piece.iter().flat_map(|judged| judged.call.observations.iter().copied()).collect();
    let taken = taken_among(conn, client, &ids)?;
    let expiring = piece.into_iter().filter(is_answered).filter_map(|judged| {
        let complaint = judged.call.observations.iter().find_map(|id| taken.get(id).copied());
        let is_filed = complaint.is_some_and(|(_, state)| state.holds_interceptions());
        let limitation = Limitation::of_call(judged.call.started_at);
        (!is_filed).then_some(Expiring { judged, limitation, complaint })
    });
    let next = last.filter(|_| !is_last);
    let next = next.map(|after| CallPage { after: Some(after), limit: page.limit });
    Ok((expiring.collect(), next))
}

fn taken_among(
    conn: &mut Conn,
    client: ClientId,
    ids: &[ObservationId],
) -> StoreResult<HashMap<ObservationId, (ComplaintId, ComplaintState)>> {
    let mut taken = HashMap::new();
    for chunk in ids.chunks(10_000) {
        let rows: Vec<(ObservationId, ComplaintId, ComplaintState)> = on!(conn, c =>
            complaint_calls::table
                .inner_join(complaints::table.on(complaints::client_id
                    .eq(complaint_calls::client_id)
                    .and(complaints::id.eq(complaint_calls::complaint_id))))
                .filter(complaint_calls::client_id.eq(Db(client)))
                .filter(complaint_calls::call_id.eq_any(db_all(chunk)))
                .filter(complaint_calls::released.eq(false))
                .select((complaint_calls::call_id, complaints::id, complaints::state))
                .load(c))?;
        taken.extend(rows.into_iter().map(|(call, id, state)| (call, (id, state))));
    }
    Ok(taken)
}
