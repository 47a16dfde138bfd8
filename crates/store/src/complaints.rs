//! Complaints: proposed and made in batches, changed while they are open, moved
//! by the acts of their ledger. Nothing that is derived depends on them.

mod acts;
mod answers;
mod deadlines;
mod expiring;
mod filed;
mod objections;
mod outcomes;
mod propose;

use std::collections::HashSet;

use baitline_domain::applicant::ApplicantKind;
use baitline_domain::complaint::{ComplaintState, Outcome};
use baitline_domain::gate::Signer;
use baitline_domain::ids::{
    ApplicantId, ClientId, CompetitorId, ComplaintId, ObservationId, PowerId, RepresentativeId,
};
use baitline_domain::instant::civil_day;
use baitline_domain::limitation::{Limitation, limitation_day};
use baitline_domain::phone::Phone;
use diesel::dsl::count_star;
use diesel::prelude::*;
use jiff::civil::Date;
use uuid::Uuid;

use crate::calls::find_call;
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::gate::{self, Asked};
use crate::models::{
    CallDecision, ComplaintCallRow, ComplaintChanges, ComplaintCriteria, ComplaintProposal,
    ComplaintRow, GatedCall, JudgedCall, PowerRow, ProposedComplaint, RepresentativeRow,
};
use crate::schema::{complaint_calls, complaints};
use crate::sql_types::{Db, db_all};
use crate::versions::{self, Expected};
use crate::{Page, applicants, clients, now, powers, representatives};

pub use acts::{acts_of, record_act};
pub use answers::{Answer, answers_for};
pub use deadlines::{MAX_DEADLINES, create_deadline, deadlines_of, update_deadline};
pub use expiring::{Expiring, expiring};
pub use filed::{FiledDifference, differences};
pub use objections::{MAX_OBJECTIONS, create_objection, objections_of, settle_objection};
pub use outcomes::{outcomes_at, outcomes_of, returned_for};
pub use propose::{MAX_COMPLAINED_CALLS, MAX_COMPLAINT_CALLS, propose};

/// Makes the complaints that are proposed, and tells which calls are in none.
pub fn create_complaints(
    conn: &mut Conn,
    client: ClientId,
    criteria: &ComplaintCriteria,
    author: &str,
) -> StoreResult<(Vec<ComplaintRow>, ComplaintProposal)> {
    // Two who make complaints of the same calls at once would both find them free.
    clients::lock_for_entry(conn, client)?;
    let proposal = propose(conn, client, criteria)?;
    let made = proposal
        .complaints
        .iter()
        .map(|proposed| create_complaint(conn, client, criteria, proposed, author));
    let made = made.collect::<StoreResult<_>>()?;
    Ok((made, proposal))
}

fn create_complaint(
    conn: &mut Conn,
    client: ClientId,
    criteria: &ComplaintCriteria,
    proposed: &ProposedComplaint,
    author: &str,
) -> StoreResult<ComplaintRow> {
    let today = limitation_day(now());
    let signer = gate::usual_signer(conn, client, proposed.applicant, today)?;
    let limits = proposed.calls.iter().map(limit_of);
    let row = ComplaintRow {
        client_id: client,
        id: ComplaintId(Uuid::now_v7()),
        applicant_id: proposed.applicant,
        representative_id: signer.as_ref().map(|(person, _)| person.id),
        power_id: signer.as_ref().and_then(|(_, power)| power.as_ref()).map(|power| power.id),
        subject_code: proposed.subject.number(),
        grouping_by: criteria.grouping,
        number: proposed.number,
        competitor_id: proposed.competitor,
        state: ComplaintState::Draft,
        advertising_case: None,
        administrative_case: None,
        outcome: None,
        filed_on: None,
        channel: None,
        tracking_number: None,
        incoming_number: None,
        limit_on: limits.min().ok_or(StoreError::NotFound)?,
        note: None,
        version: versions::FIRST,
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(complaints::table).values(row.clone()).execute(c))?;
    let calls = proposed.calls.iter().filter_map(|judged| call_row(client, row.id, judged));
    let calls: Vec<ComplaintCallRow> = calls.collect();
    on!(conn, c => diesel::insert_into(complaint_calls::table).values(calls.clone()).execute(c))?;
    Ok(row)
}

fn limit_of(judged: &JudgedCall) -> i32 {
    civil_day(Limitation::of_call(judged.call.started_at).limit_on)
}

/// A call from a withheld number is proposed for nothing.
fn call_row(
    client: ClientId,
    complaint: ComplaintId,
    judged: &JudgedCall,
) -> Option<ComplaintCallRow> {
    Some(ComplaintCallRow {
        client_id: client,
        complaint_id: complaint,
        call_id: judged.call.id,
        bait_id: judged.call.bait,
        started_at: judged.call.started_at,
        caller: judged.call.party.phone()?,
        removed: false,
        released: false,
        decision: None,
        fine_kopecks: None,
        fined_party: None,
        fine_paid_on: None,
        filed_as: None,
    })
}

/// Which complaints a list shows.
#[derive(Debug, Clone, Default)]
pub struct ComplaintFilter {
    /// That stand there.
    pub state: Option<ComplaintState>,
    /// Of this applicant.
    pub applicant: Option<ApplicantId>,
    /// To the office of this subject.
    pub subject: Option<i32>,
    /// Of this number: with a call from it.
    pub caller: Option<Phone>,
    /// Of this competitor.
    pub competitor: Option<CompetitorId>,
    /// Drafts and ready ones that cannot be filed from this day on or before, in
    /// days since 1970-01-01.
    pub expires_on: Option<i32>,
}

/// The complaints within reach, in order of id.
pub fn list_complaints(
    conn: &mut Conn,
    reach: Reach,
    filter: &ComplaintFilter,
    page: Page,
) -> StoreResult<Vec<ComplaintRow>> {
    Ok(on!(conn, c => {
        let mut query = complaints::table.select(ComplaintRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(complaints::client_id.eq(Db(client)));
        }
        if let Some(state) = filter.state {
            query = query.filter(complaints::state.eq(Db(state)));
        }
        if let Some(applicant) = filter.applicant {
            query = query.filter(complaints::applicant_id.eq(Db(applicant)));
        }
        if let Some(subject) = filter.subject {
            query = query.filter(complaints::subject_code.eq(subject));
        }
        if let Some(competitor) = filter.competitor {
            query = query.filter(complaints::competitor_id.eq(Some(competitor)));
        }
        if let Some(caller) = filter.caller {
            let with_call = complaint_calls::table
                .filter(complaint_calls::client_id.eq(complaints::client_id))
                .filter(complaint_calls::complaint_id.eq(complaints::id))
                .filter(complaint_calls::caller.eq(Db(caller)));
            query = query.filter(diesel::dsl::exists(with_call));
        }
        if let Some(day) = filter.expires_on {
            let open = [ComplaintState::Draft, ComplaintState::Ready];
            query = query
                .filter(complaints::state.eq_any(db_all(&open)))
                .filter(complaints::limit_on.le(day));
        }
        if let Some(after) = page.after {
            query = query.filter(complaints::id.gt(Db(ComplaintId(after))));
        }
        query.order(complaints::id).limit(page.limit).load(c)
    })?)
}

/// One complaint within reach.
pub fn find_complaint(conn: &mut Conn, reach: Reach, id: ComplaintId) -> StoreResult<ComplaintRow> {
    Ok(on!(conn, c => {
        let mut query = complaints::table.select(ComplaintRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(complaints::client_id.eq(Db(client)));
        }
        query.filter(complaints::id.eq(Db(id))).first(c)
    })?)
}

pub(crate) fn assert_known(conn: &mut Conn, client: ClientId, id: ComplaintId) -> StoreResult<()> {
    match find_complaint(conn, Reach::Client(client), id) {
        Err(StoreError::NotFound) => Err(Constraint::UnknownComplaint.into()),
        other => other.map(|_| ()),
    }
}

/// The calls with their callers of one complaint, of those that stand there, or of
/// both at once.
pub fn calls_under(
    conn: &mut Conn,
    client: ClientId,
    complaint: Option<ComplaintId>,
    state: Option<ComplaintState>,
) -> StoreResult<Vec<(ObservationId, Phone)>> {
    Ok(on!(conn, c => {
        let mut query = complaint_calls::table
            .inner_join(complaints::table.on(complaints::client_id
                .eq(complaint_calls::client_id)
                .and(complaints::id.eq(complaint_calls::complaint_id))))
            .filter(complaint_calls::client_id.eq(Db(client)))
            .filter(complaint_calls::removed.eq(false))
            .select((complaint_calls::call_id, complaint_calls::caller))
            .into_boxed();
        if let Some(complaint) = complaint {
            query = query.filter(complaints::id.eq(Db(complaint)));
        }
        if let Some(state) = state {
            query = query.filter(complaints::state.eq(Db(state)));
        }
        query.load(c)
    })?)
}

/// How many calls each of these complaints has.
pub fn count_calls(
    conn: &mut Conn,
    reach: Reach,
    ids: &[ComplaintId],
) -> StoreResult<Vec<(ComplaintId, i64)>> {
    Ok(on!(conn, c => {
        let mut query = complaint_calls::table
            .filter(complaint_calls::complaint_id.eq_any(db_all(ids)))
            .filter(complaint_calls::removed.eq(false))
            .group_by(complaint_calls::complaint_id)
            .select((complaint_calls::complaint_id, count_star()))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(complaint_calls::client_id.eq(Db(client)));
        }
        query.load(c)
    })?)
}

/// The calls of a complaint, in order of (start, id); those taken out before
/// it was filed are not among them.
pub fn calls_of_complaint(
    conn: &mut Conn,
    row: &ComplaintRow,
) -> StoreResult<Vec<ComplaintCallRow>> {
    Ok(on!(conn, c => complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(row.client_id)))
        .filter(complaint_calls::complaint_id.eq(Db(row.id)))
        .filter(complaint_calls::removed.eq(false))
        .order((complaint_calls::started_at, complaint_calls::call_id))
        .select(ComplaintCallRow::as_select())
        .load(c))?)
}

/// The calls of a complaint as they stand now, in their order. `None` for one that is
/// not there any more, comes from another caller since, or is the same call as one
/// before it: a complaint accuses of no call twice.
pub fn judged_calls(
    conn: &mut Conn,
    row: &ComplaintRow,
) -> StoreResult<Vec<(ComplaintCallRow, Option<JudgedCall>)>> {
    let mut seen = HashSet::new();
    let mut judged = Vec::new();
    for call in calls_of_complaint(conn, row)? {
        let found = match find_call(conn, Reach::Client(row.client_id), call.call_id) {
            Err(StoreError::NotFound) => None,
            other => Some(other?),
        };
        let found = found
            .filter(|one| one.call.party.phone() == Some(call.caller))
            .filter(|one| seen.insert(one.call.id));
        judged.push((call, found));
    }
    Ok(judged)
}

/// The calls of a complaint with what the gate knows of each today.
pub fn gated_calls(conn: &mut Conn, row: &ComplaintRow) -> StoreResult<Vec<GatedCall>> {
    let judged = judged_calls(conn, row)?;
    gated_on(conn, row, judged, limitation_day(now()))
}

fn gated_on(
    conn: &mut Conn,
    row: &ComplaintRow,
    judged: Vec<(ComplaintCallRow, Option<JudgedCall>)>,
    today: Date,
) -> StoreResult<Vec<GatedCall>> {
    let signer = signer(conn, row)?;
    let applicant = Some(row.applicant_id);
    let asked = Asked { today, signer, applicant, complaint: Some(row.id) };
    let found: Vec<JudgedCall> = judged.iter().filter_map(|(_, one)| one.clone()).collect();
    let mut facts = gate::facts_of(conn, row.client_id, &found, &asked)?.into_iter();
    let gated = judged.into_iter().map(|(row, one)| {
        let differs = filed::differing(&row, one.as_ref())?;
        Ok(GatedCall { row, facts: one.and_then(|_| facts.next().flatten()), differs })
    });
    gated.collect()
}

fn signer(conn: &mut Conn, row: &ComplaintRow) -> StoreResult<Signer> {
    let reach = Reach::Client(row.client_id);
    let kind: ApplicantKind = applicants::find_applicant(conn, reach, row.applicant_id)?.kind;
    let (person, power) = signing(conn, row)?;
    Ok(gate::signer_of(kind, person.as_ref(), power.as_ref()))
}

/// Who signs a complaint, and by which power.
pub fn signing(
    conn: &mut Conn,
    row: &ComplaintRow,
) -> StoreResult<(Option<RepresentativeRow>, Option<PowerRow>)> {
    let reach = Reach::Client(row.client_id);
    let person = row.representative_id;
    let person = person.map(|id| representatives::find_representative(conn, reach, id));
    let power = row.power_id.map(|id| powers::find_power(conn, reach, id));
    Ok((person.transpose()?, power.transpose()?))
}

/// Changes what does not move the complaint. Who signs and where it goes is
/// settled once it was filed.
pub fn update_complaint(
    conn: &mut Conn,
    client: ClientId,
    id: ComplaintId,
    expected: &Expected,
    changes: &ComplaintChanges,
) -> StoreResult<ComplaintRow> {
    let before = lock(conn, client, id, expected)?;
    let changes = changes.clone();
    let settled =
        changes.representative.is_some() || changes.power.is_some() || changes.subject.is_some();
    if settled && !before.state.is_open_to_changes() {
        return Err(Constraint::ComplaintFiled.into());
    }
    let mut row = before.clone();
    if let Some(representative) = changes.representative {
        row.representative_id = representative;
        row.power_id = None;
    }
    row.power_id = changes.power.unwrap_or(row.power_id);
    row.subject_code = changes.subject.map_or(row.subject_code, |subject| subject.number());
    row.incoming_number = changes.incoming_number.unwrap_or(row.incoming_number);
    row.tracking_number = changes.tracking_number.unwrap_or(row.tracking_number);
    row.note = changes.note.unwrap_or(row.note);
    if row == before {
        return Ok(before);
    }
    assert_signing(conn, client, row.applicant_id, (row.representative_id, row.power_id))?;
    save(conn, row)
}

/// The signer is one of the applicant's, and the power is the signer's.
fn assert_signing(
    conn: &mut Conn,
    client: ClientId,
    applicant: ApplicantId,
    (representative, power): (Option<RepresentativeId>, Option<PowerId>),
) -> StoreResult<()> {
    let reach = Reach::Client(client);
    if let Some(id) = representative {
        match representatives::find_representative(conn, reach, id) {
            Ok(person) if person.applicant_id == applicant => {}
            Ok(_) | Err(StoreError::NotFound) => {
                return Err(Constraint::UnknownRepresentative.into());
            }
            Err(error) => return Err(error),
        }
    }
    if let Some(id) = power {
        match powers::find_power(conn, reach, id) {
            Ok(power) if Some(power.representative_id) == representative => {}
            Ok(_) | Err(StoreError::NotFound) => return Err(Constraint::UnknownPower.into()),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Takes a call out of a complaint that was not filed; another may be made of
/// it. The last one stays: a complaint of nothing is withdrawn instead.
pub fn remove_call(
    conn: &mut Conn,
    client: ClientId,
    id: ComplaintId,
    expected: &Expected,
    call: ObservationId,
) -> StoreResult<ComplaintRow> {
    let mut row = lock(conn, client, id, expected)?;
    if !row.state.is_open_to_changes() {
        return Err(Constraint::ComplaintFiled.into());
    }
    let calls = calls_of_complaint(conn, &row)?;
    let left: Vec<&ComplaintCallRow> = calls.iter().filter(|one| one.call_id != call).collect();
    if left.len() == calls.len() {
        return Err(StoreError::NotFound);
    }
    let limits = left.iter().map(|one| civil_day(Limitation::of_call(one.started_at).limit_on));
    row.limit_on = limits.min().ok_or(Constraint::LastCall)?;
    let place = complaint_calls::table.find((Db(client), Db(id), Db(call)));
    on!(conn, c => diesel::update(place)
        .set((complaint_calls::removed.eq(true), complaint_calls::released.eq(true)))
        .execute(c))?;
    save(conn, row)
}

/// Records what came of one call. One fine for several calls stands with one of
/// them.
pub fn record_decision(
    conn: &mut Conn,
    client: ClientId,
    id: ComplaintId,
    expected: &Expected,
    call: ObservationId,
    decided: &CallDecision,
) -> StoreResult<ComplaintRow> {
    let row = lock(conn, client, id, expected)?;
    if row.outcome.is_none() {
        return Err(Constraint::NotDecided.into());
    }
    if decided.fine.is_some() && decided.decision != Some(Outcome::Violation) {
        return Err(Constraint::FineWithoutViolation.into());
    }
    let place = complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(client)))
        .filter(complaint_calls::complaint_id.eq(Db(id)))
        .filter(complaint_calls::call_id.eq(Db(call)))
        .filter(complaint_calls::removed.eq(false));
    let changed = on!(conn, c => diesel::update(place)
        .set((
            complaint_calls::decision.eq(decided.decision),
            complaint_calls::fine_kopecks.eq(decided.fine.map(|(amount, _)| amount.0)),
            complaint_calls::fined_party.eq(decided.fine.map(|(_, against)| against)),
            complaint_calls::fine_paid_on.eq(decided.paid_on),
        ))
        .execute(c))?;
    if changed == 0 {
        return Err(StoreError::NotFound);
    }
    save(conn, row)
}

fn lock(
    conn: &mut Conn,
    client: ClientId,
    id: ComplaintId,
    expected: &Expected,
) -> StoreResult<ComplaintRow> {
    let place = complaints::table.find((Db(client), Db(id)));
    let row = match conn {
        Conn::Postgres(c) => place.select(ComplaintRow::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => place.select(ComplaintRow::as_select()).first(c)?,
    };
    expected.assert(row.version)?;
    Ok(row)
}

fn save(conn: &mut Conn, mut row: ComplaintRow) -> StoreResult<ComplaintRow> {
    row.version += 1;
    let place = complaints::table.find((Db(row.client_id), Db(row.id)));
    on!(conn, c => diesel::update(place)
        .set((
            row.clone(),
            complaints::representative_id.eq(row.representative_id),
            complaints::power_id.eq(row.power_id),
            complaints::outcome.eq(row.outcome),
            complaints::channel.eq(row.channel),
        ))
        .execute(c))?;
    Ok(row)
}
