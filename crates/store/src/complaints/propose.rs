//! Which complaints could be made: the answered interceptions of a period that a
//! person heard to be advertising and that are in no complaint, by applicant and
//! by what the lawyer chooses to put together.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use baitline_domain::complaint::{Grouping, NotTaken};
use baitline_domain::ids::{ApplicantId, BaitId, ClientId, CompetitorId, ObservationId};
use baitline_domain::label::LabelKind;
use baitline_domain::office::SubjectCode;
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use crate::applicants;
use crate::calls::{CallFilter, CallPage, InterceptionFilter, list_calls};
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{ComplaintCriteria, ComplaintProposal, JudgedCall, ProposedComplaint};
use crate::schema::{bait_preparations, complaint_calls};
use crate::sql_types::{Db, db_all};

/// The most calls of one complaint.
pub const MAX_COMPLAINT_CALLS: usize = 500;
/// The most interceptions that one batch of complaints is made from.
pub const MAX_COMPLAINED_CALLS: usize = 10_000;
/// Calls read in one statement.
const CALLS_AT_A_TIME: i64 = 1_000;
/// Ids asked for in one statement, under SQLite's 32,766 binds.
const IDS_AT_A_TIME: usize = 10_000;

/// What a complaint is about, beside its applicant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum About {
    Call(ObservationId),
    Number(Phone),
    Competitor(CompetitorId),
}

/// What complaints could be made now.
pub fn propose(
    conn: &mut Conn,
    client: ClientId,
    criteria: &ComplaintCriteria,
) -> StoreResult<ComplaintProposal> {
    let calls = uncomplained(conn, client, criteria)?;
    let baits: BTreeSet<BaitId> = calls.iter().map(|judged| judged.call.bait).collect();
    let holders = holders_of(conn, client, &baits)?;
    let mut proposal = ComplaintProposal::default();
    let mut groups: BTreeMap<(ApplicantId, About), Vec<JudgedCall>> = BTreeMap::new();
    for judged in calls {
        match (holders.get(&judged.call.bait), judged.call.party.phone()) {
            (None, _) => proposal.left_out.push((judged.call.id, NotTaken::NoContractHolder)),
            (_, None) => proposal.left_out.push((judged.call.id, NotTaken::NoNumber)),
            (Some(applicant), Some(number)) => {
                let about = about(criteria.grouping, &judged, number);
                groups.entry((*applicant, about)).or_default().push(judged);
            }
        }
    }
    let mut subjects: HashMap<ApplicantId, SubjectCode> = HashMap::new();
    for ((applicant, about), calls) in groups {
        let subject = match subjects.get(&applicant) {
            Some(known) => *known,
            None => {
                let row = applicants::find_applicant(conn, Reach::Client(client), applicant)?;
                *subjects.entry(applicant).or_insert(row.subject()?)
            }
        };
        let competitor = match about {
            About::Competitor(id) => Some(id),
            About::Call(_) | About::Number(_) => None,
        };
        let parts = calls.chunks(MAX_COMPLAINT_CALLS).map(|calls| ProposedComplaint {
            applicant,
            subject,
            number: common_number(calls),
            competitor,
            calls: calls.to_vec(),
        });
        proposal.complaints.extend(parts);
    }
    let first = |one: &ProposedComplaint| {
        one.calls.first().map(|judged| (judged.call.started_at, judged.call.id))
    };
    proposal.complaints.sort_by_key(first);
    Ok(proposal)
}

fn about(grouping: Grouping, judged: &JudgedCall, number: Phone) -> About {
    let competitors = judged.assessment.interception.as_ref().map(|one| one.competitors.as_slice());
    match (grouping, competitors) {
        (Grouping::Call, _) => About::Call(judged.call.id),
        (Grouping::Competitor, Some([competitor])) => About::Competitor(*competitor),
        (Grouping::Number | Grouping::Competitor, _) => About::Number(number),
    }
}

fn common_number(calls: &[JudgedCall]) -> Option<Phone> {
    let mut numbers = calls.iter().map(|judged| judged.call.party.phone());
    let first = numbers.next()?;
    numbers.all(|number| number == first).then_some(first).flatten()
}

/// The answered interceptions heard to be advertising that no complaint holds or
/// prepares, in order of start.
fn uncomplained(
    conn: &mut Conn,
    client: ClientId,
    criteria: &ComplaintCriteria,
) -> StoreResult<Vec<JudgedCall>> {
    let filter = CallFilter {
        party: criteria.caller,
        from: Some(criteria.from),
        to: Some(criteria.to),
        interceptions_only: Some(InterceptionFilter {
            label: Some(LabelKind::Advertising),
            ..InterceptionFilter::default()
        }),
        ..CallFilter::default()
    };
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = CallPage { after, limit: CALLS_AT_A_TIME };
        let piece = list_calls(conn, Reach::Client(client), &filter, page)?;
        let is_last = (piece.len() as i64) < CALLS_AT_A_TIME;
        after = piece.last().map(|judged| (judged.call.started_at, judged.call.id));
        let answered: Vec<JudgedCall> = piece.into_iter().filter(is_answered).collect();
        found.extend(without_complained(conn, client, answered)?);
        if found.len() > MAX_COMPLAINED_CALLS {
            return Err(Constraint::TooManyCalls.into());
        }
        if is_last {
            return Ok(found);
        }
    }
}

pub(super) fn is_answered(judged: &JudgedCall) -> bool {
    judged.assessment.interception.as_ref().is_some_and(|one| !one.attempt)
}

fn without_complained(
    conn: &mut Conn,
    client: ClientId,
    mut found: Vec<JudgedCall>,
) -> StoreResult<Vec<JudgedCall>> {
    let ids: Vec<ObservationId> =
        found.iter().flat_map(|judged| judged.call.observations.iter().copied()).collect();
    let mut taken = HashSet::new();
    for chunk in ids.chunks(IDS_AT_A_TIME) {
        let rows: Vec<ObservationId> = on!(conn, c => complaint_calls::table
            .filter(complaint_calls::client_id.eq(Db(client)))
            .filter(complaint_calls::call_id.eq_any(db_all(chunk)))
            .filter(complaint_calls::released.eq(false))
            .select(complaint_calls::call_id)
            .load(c))?;
        taken.extend(rows);
    }
    found.retain(|judged| !judged.call.observations.iter().any(|id| taken.contains(id)));
    Ok(found)
}

fn holders_of(
    conn: &mut Conn,
    client: ClientId,
    baits: &BTreeSet<BaitId>,
) -> StoreResult<HashMap<BaitId, ApplicantId>> {
    let rows: Vec<(BaitId, Option<ApplicantId>)> = on!(conn, c => bait_preparations::table
        .filter(bait_preparations::client_id.eq(Db(client)))
        .filter(bait_preparations::bait_id.eq_any(db_all(baits)))
        .select((bait_preparations::bait_id, bait_preparations::applicant_id))
        .load(c))?;
    Ok(rows.into_iter().filter_map(|(bait, holder)| Some((bait, holder?))).collect())
}
