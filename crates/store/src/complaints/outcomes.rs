//! What came of complaints: of one number, for its page, and at one office, with
//! what it returned them for.

use std::collections::{BTreeMap, HashSet};

use baitline_domain::complaint::{ActKind, ComplaintState, Outcome};
use baitline_domain::gate::Missing;
use baitline_domain::ids::{ClientId, ComplaintId};
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::OutcomeCounts;
use crate::schema::{
    complaint_acts as acts, complaint_calls as calls, complaint_objections as objections,
    complaints,
};
use crate::sql_types::{Db, db_all};
use crate::stored_text;

/// Ids asked for in one statement, under SQLite's 32,766 binds.
const IDS_AT_A_TIME: usize = 10_000;

/// What is counted of a complaint.
type Standing = (ClientId, ComplaintId, ComplaintState, Option<Outcome>);

/// What came of the complaints with a call from this number, within reach; the
/// violations and fines are those of its calls, and not of others in the complaint.
pub fn outcomes_of(conn: &mut Conn, reach: Reach, number: Phone) -> StoreResult<OutcomeCounts> {
    let lines: Vec<(ComplaintId, Option<Outcome>, Option<i64>)> = on!(conn, c => {
        let mut query = calls::table
            .filter(calls::caller.eq(Db(number)))
            .filter(calls::removed.eq(false))
            .select((calls::complaint_id, calls::decision, calls::fine_kopecks))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(calls::client_id.eq(Db(client)));
        }
        query.load(c)
    })?;
    let ids: HashSet<ComplaintId> = lines.iter().map(|(id, ..)| *id).collect();
    let ids: Vec<ComplaintId> = ids.into_iter().collect();
    let mut standing = Vec::new();
    for chunk in ids.chunks(IDS_AT_A_TIME) {
        standing.extend(standing_of(conn, reach, chunk)?);
    }
    let fines = lines.iter().filter_map(|(.., fine)| *fine);
    let found = lines.iter().filter(|(_, decision, _)| *decision == Some(Outcome::Violation));
    let violations: HashSet<ComplaintId> = found.map(|(id, ..)| *id).collect();
    Ok(OutcomeCounts {
        violations: i64::try_from(violations.len())?,
        ..counted(conn, reach, &standing, fines.sum())?
    })
}

/// What came of the complaints to the office of this subject, within reach.
pub fn outcomes_at(conn: &mut Conn, reach: Reach, subject: i32) -> StoreResult<OutcomeCounts> {
    let standing = standing_at(conn, reach, subject)?;
    let mut fines = 0;
    for chunk in ids_of(&standing).chunks(IDS_AT_A_TIME) {
        let found: Vec<Option<i64>> = on!(conn, c => {
            let mut query = calls::table
                .filter(calls::complaint_id.eq_any(db_all(chunk)))
                .filter(calls::fine_kopecks.is_not_null())
                .select(calls::fine_kopecks)
                .into_boxed();
            if let Some(client) = reach.client() {
                query = query.filter(calls::client_id.eq(Db(client)));
            }
            query.load(c)
        })?;
        fines += found.into_iter().flatten().sum::<i64>();
    }
    counted(conn, reach, &standing, fines)
}

/// What the office of this subject returned or refused complaints for, and how
/// often.
pub fn returned_for(
    conn: &mut Conn,
    reach: Reach,
    subject: i32,
) -> StoreResult<BTreeMap<Missing, u64>> {
    let standing = standing_at(conn, reach, subject)?;
    let mut reasons = BTreeMap::new();
    for chunk in ids_of(&standing).chunks(IDS_AT_A_TIME) {
        let found: Vec<Option<String>> = on!(conn, c => {
            let mut query = acts::table
                .filter(acts::complaint_id.eq_any(db_all(chunk)))
                .filter(acts::kind.eq_any(db_all(&[ActKind::Return, ActKind::Refuse])))
                .filter(acts::missing.is_not_null())
                .select(acts::missing)
                .into_boxed();
            if let Some(client) = reach.client() {
                query = query.filter(acts::client_id.eq(Db(client)));
            }
            query.load(c)
        })?;
        for text in found.into_iter().flatten() {
            for missing in stored_text::read::<Vec<Missing>>(&text)? {
                *reasons.entry(missing).or_default() += 1;
            }
        }
    }
    Ok(reasons)
}

fn standing_of(conn: &mut Conn, reach: Reach, ids: &[ComplaintId]) -> StoreResult<Vec<Standing>> {
    Ok(on!(conn, c => {
        let mut query = complaints::table
            .filter(complaints::id.eq_any(db_all(ids)))
            .select((complaints::client_id, complaints::id, complaints::state, complaints::outcome))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(complaints::client_id.eq(Db(client)));
        }
        query.load(c)
    })?)
}

fn standing_at(conn: &mut Conn, reach: Reach, subject: i32) -> StoreResult<Vec<Standing>> {
    Ok(on!(conn, c => {
        let mut query = complaints::table
            .filter(complaints::subject_code.eq(subject))
            .select((complaints::client_id, complaints::id, complaints::state, complaints::outcome))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(complaints::client_id.eq(Db(client)));
        }
        query.load(c)
    })?)
}

fn ids_of(standing: &[Standing]) -> Vec<ComplaintId> {
    standing.iter().map(|(_, id, _, _)| *id).collect()
}

fn counted(
    conn: &mut Conn,
    reach: Reach,
    standing: &[Standing],
    fines_kopecks: i64,
) -> StoreResult<OutcomeCounts> {
    let mut objected: HashSet<ComplaintId> = HashSet::new();
    for chunk in ids_of(standing).chunks(IDS_AT_A_TIME) {
        let found: Vec<ComplaintId> = on!(conn, c => {
            let mut query = objections::table
                .filter(objections::complaint_id.eq_any(db_all(chunk)))
                .filter(objections::settled_on.is_null())
                .select(objections::complaint_id)
                .into_boxed();
            if let Some(client) = reach.client() {
                query = query.filter(objections::client_id.eq(Db(client)));
            }
            query.load(c)
        })?;
        objected.extend(found);
    }
    let count = |holds: &dyn Fn(&Standing) -> bool| {
        i64::try_from(standing.iter().filter(|one| holds(one)).count())
    };
    Ok(OutcomeCounts {
        complaints: count(&|_| true)?,
        filed: count(&|(_, _, state, _)| state.holds_interceptions())?,
        returned: count(&|(_, _, state, _)| *state == ComplaintState::Returned)?,
        violations: count(&|(_, _, _, outcome)| *outcome == Some(Outcome::Violation))?,
        fines_kopecks,
        objected: i64::try_from(objected.len())?,
    })
}
