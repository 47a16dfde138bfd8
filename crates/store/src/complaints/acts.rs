//! The ledger of a complaint: each act is checked against the whole life before
//! it, and the state that a complaint shows is what the ledger comes to.

use baitline_domain::complaint::{
    Act, AppealKind, AppealOutcome, Fine, FinedParty, LedgerEntry, Life, Outcome, Refusal,
};
use baitline_domain::gate::missing;
use baitline_domain::ids::{ClientId, ComplaintId, ObservationId};
use baitline_domain::instant::civil_date;
use diesel::prelude::*;
use jiff::civil::Date;

use super::filed::freeze;
use super::{calls_of_complaint, gated_on, judged_calls, lock, save};
use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{
    ActRow, ComplaintCallRow, ComplaintRow, GatedCall, HoldRow, JudgedCall, NewAct,
};
use crate::schema::{complaint_acts, complaint_calls, complaint_holds};
use crate::sql_types::Db;
use crate::versions::Expected;
use crate::{buckets, now, stored_text};

/// Enters an act.
pub fn record_act(
    conn: &mut Conn,
    client: ClientId,
    id: ComplaintId,
    expected: &Expected,
    new: &NewAct,
    author: &str,
) -> StoreResult<ComplaintRow> {
    let mut row = lock(conn, client, id, expected)?;
    let ledger = acts_of(conn, client, id)?;
    let life = life_after(&ledger, new)?;
    match new.act {
        Act::Complete => {
            assert_ready(conn, &row, civil_date(new.on))?;
        }
        Act::File => {
            let calls = assert_ready(conn, &row, civil_date(new.on))?;
            freeze(conn, &row, &calls)?;
            hold(conn, &row, calls)?;
        }
        Act::Decide(outcome) => decide_calls(conn, &row, Some(outcome))?,
        Act::DecideAppeal(appeal) => undo_decisions(conn, &row, appeal)?,
        Act::Pay => assert_paid(conn, &row)?,
        _ => {}
    }
    let line = ActRow {
        client_id: client,
        complaint_id: id,
        place: i32::try_from(ledger.len())?,
        kind: new.act.kind(),
        on_day: new.on,
        case_number: match new.act {
            Act::OpenCase(number) => Some(number.to_string()),
            _ => None,
        },
        outcome: outcome_of(new.act),
        appeal: appeal_of(new.act),
        channel: new.channel,
        tracking_number: new.tracking_number.clone(),
        incoming_number: new.incoming_number.clone(),
        missing: (!new.missing.is_empty()).then(|| stored_text::write(&new.missing)).transpose()?,
        note: new.note.clone(),
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(complaint_acts::table).values(line.clone()).execute(c))?;
    if new.act == Act::File {
        row.filed_on = Some(new.on);
        row.channel = new.channel;
    }
    row.tracking_number = new.tracking_number.clone().or(row.tracking_number);
    row.incoming_number = new.incoming_number.clone().or(row.incoming_number);
    row.state = life.state;
    row.advertising_case = life.advertising_case.map(|number| number.to_string());
    row.administrative_case = life.administrative_case.map(|number| number.to_string());
    row.outcome = life.outcome;
    if life.state.releases() {
        release(conn, client, id)?;
    }
    save(conn, row)
}

/// The ledger of a complaint, in its order.
pub fn acts_of(conn: &mut Conn, client: ClientId, id: ComplaintId) -> StoreResult<Vec<ActRow>> {
    Ok(on!(conn, c => complaint_acts::table
        .filter(complaint_acts::client_id.eq(Db(client)))
        .filter(complaint_acts::complaint_id.eq(Db(id)))
        .order(complaint_acts::place)
        .select(ActRow::as_select())
        .load(c))?)
}

fn life_after(ledger: &[ActRow], new: &NewAct) -> StoreResult<Life> {
    let mut entries = ledger.iter().map(ActRow::entry).collect::<StoreResult<Vec<_>>>()?;
    entries.push(LedgerEntry { act: new.act, on: civil_date(new.on) });
    Life::of(&entries).map_err(|(_, refusal)| Constraint::ActRefused(refusal).into())
}

fn outcome_of(act: Act) -> Option<Outcome> {
    match act {
        Act::Decide(outcome) | Act::DecideAppeal(AppealOutcome::Changed(outcome)) => Some(outcome),
        _ => None,
    }
}

fn appeal_of(act: Act) -> Option<AppealKind> {
    match act {
        Act::DecideAppeal(AppealOutcome::Upheld) => Some(AppealKind::Upheld),
        Act::DecideAppeal(AppealOutcome::Remanded) => Some(AppealKind::Remanded),
        Act::DecideAppeal(AppealOutcome::Changed(_)) => Some(AppealKind::Changed),
        _ => None,
    }
}

/// The gate misses nothing of any call on the day of the act, and nothing waits that
/// could change one. A call that is no interception any more accuses nobody.
fn assert_ready(
    conn: &mut Conn,
    row: &ComplaintRow,
    on: Date,
) -> StoreResult<Vec<(ObservationId, JudgedCall)>> {
    let judged = judged_calls(conn, row)?;
    let as_named = judged.iter().map(|(call, _)| call.started_at.day());
    let as_found = judged.iter().filter_map(|(_, one)| Some(one.as_ref()?.call.started_at.day()));
    let days = as_named.chain(as_found).collect();
    if !buckets::are_settled(conn, row.client_id, &days)? {
        return Err(Constraint::CallsPending.into());
    }
    let found = judged.iter().filter_map(|(call, one)| Some((call.call_id, one.clone()?)));
    let found = found.collect();
    let calls = gated_on(conn, row, judged, on)?;
    let passes = |call: &GatedCall| call.facts.as_ref().is_some_and(|one| missing(one).is_empty());
    if calls.is_empty() || !calls.iter().all(passes) {
        return Err(Constraint::ActRefused(Refusal::NotReady).into());
    }
    Ok(found)
}

/// Keeps every observation of its calls from every other complaint; the database
/// has the last word where two are filed at once.
fn hold(
    conn: &mut Conn,
    row: &ComplaintRow,
    calls: Vec<(ObservationId, JudgedCall)>,
) -> StoreResult<()> {
    let mut holds = Vec::new();
    for (call_id, judged) in calls {
        holds.extend(judged.call.observations.into_iter().map(|observation_id| HoldRow {
            client_id: row.client_id,
            complaint_id: row.id,
            observation_id,
            call_id,
            released: false,
        }));
    }
    on!(conn, c => diesel::insert_into(complaint_holds::table).values(holds.clone()).execute(c))?;
    Ok(())
}

fn release(conn: &mut Conn, client: ClientId, id: ComplaintId) -> StoreResult<()> {
    let held = complaint_holds::table
        .filter(complaint_holds::client_id.eq(Db(client)))
        .filter(complaint_holds::complaint_id.eq(Db(id)));
    on!(conn, c => diesel::update(held).set(complaint_holds::released.eq(true)).execute(c))?;
    let calls = complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(client)))
        .filter(complaint_calls::complaint_id.eq(Db(id)));
    on!(conn, c => diesel::update(calls).set(complaint_calls::released.eq(true)).execute(c))?;
    Ok(())
}

/// Every call is decided as the complaint is, until somebody says otherwise.
fn decide_calls(conn: &mut Conn, row: &ComplaintRow, outcome: Option<Outcome>) -> StoreResult<()> {
    let calls = complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(row.client_id)))
        .filter(complaint_calls::complaint_id.eq(Db(row.id)))
        .filter(complaint_calls::released.eq(false));
    on!(conn, c => diesel::update(calls)
        .set(complaint_calls::decision.eq(outcome))
        .execute(c))?;
    Ok(())
}

/// A decision that fell takes what was decided of the calls with it, and their
/// fines; one that was changed to another is every call's until somebody says
/// otherwise. A violation that stays one, with another fine say, leaves them.
fn undo_decisions(conn: &mut Conn, row: &ComplaintRow, appeal: AppealOutcome) -> StoreResult<()> {
    let outcome = match appeal {
        AppealOutcome::Upheld => return Ok(()),
        AppealOutcome::Remanded => None,
        AppealOutcome::Changed(outcome)
            if outcome == Outcome::Violation && row.outcome == Some(outcome) =>
        {
            return Ok(());
        }
        AppealOutcome::Changed(outcome) => Some(outcome),
    };
    decide_calls(conn, row, outcome)?;
    let calls = complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(row.client_id)))
        .filter(complaint_calls::complaint_id.eq(Db(row.id)));
    on!(conn, c => diesel::update(calls)
        .set((
            complaint_calls::fine_kopecks.eq(None::<i64>),
            complaint_calls::fined_party.eq(None::<FinedParty>),
            complaint_calls::fine_paid_on.eq(None::<i32>),
        ))
        .execute(c))?;
    Ok(())
}

fn assert_paid(conn: &mut Conn, row: &ComplaintRow) -> StoreResult<()> {
    let calls = calls_of_complaint(conn, row)?;
    let fines: Vec<Fine> = calls.iter().filter_map(ComplaintCallRow::fine).collect();
    if Fine::are_paid(&fines) { Ok(()) } else { Err(Constraint::FinesOpen.into()) }
}
