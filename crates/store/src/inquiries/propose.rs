//! Which inquiries could be made: the answered interceptions of a period that
//! none asks about, by applicant and operator.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use baitline_domain::ids::{ApplicantId, BaitId, ClientId, ObservationId};
use baitline_domain::inquiry::LeftOut;
use baitline_domain::label::LabelKind;
use baitline_domain::operator::Inn;
use diesel::prelude::*;

use super::asked_among;
use crate::calls::{CallFilter, CallPage, InterceptionFilter, list_calls};
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{InquiryCriteria, InquiryProposal, JudgedCall, ProposedCall, ProposedInquiry};
use crate::schema::{bait_preparations, baits};
use crate::sql_types::{Db, db_all};

/// The most calls that one inquiry asks about.
pub const MAX_INQUIRY_CALLS: usize = 500;
/// The most interceptions that one batch of inquiries is made from.
pub const MAX_PROPOSED_CALLS: usize = 10_000;
/// Calls read in one statement.
const CALLS_AT_A_TIME: i64 = 1_000;
/// Ids asked for in one statement, under SQLite's 32,766 binds.
const IDS_AT_A_TIME: usize = 10_000;

/// Who holds a bait's contract, and its operator by it.
type Parties = (Option<ApplicantId>, Option<Inn>);

/// What inquiries could be made now.
pub fn propose(
    conn: &mut Conn,
    client: ClientId,
    criteria: &InquiryCriteria,
) -> StoreResult<InquiryProposal> {
    let calls = unasked(conn, client, criteria)?;
    let ids: BTreeSet<BaitId> = calls.iter().map(|judged| judged.call.bait).collect();
    let parties = parties_of(conn, client, &ids)?;
    let mut proposal = InquiryProposal::default();
    let mut groups: BTreeMap<(ApplicantId, Inn), Vec<ProposedCall>> = BTreeMap::new();
    for judged in calls {
        let call = &judged.call;
        match parties.get(&call.bait).copied().unwrap_or_default() {
            (Some(applicant), Some(operator)) => {
                groups.entry((applicant, operator)).or_default().push(ProposedCall {
                    id: call.id,
                    bait: call.bait,
                    started_at: call.started_at,
                    caller: call.party.phone(),
                });
            }
            (None, _) => proposal.left_out.push((call.id, LeftOut::NoContractHolder)),
            (_, None) => proposal.left_out.push((call.id, LeftOut::NoOperator)),
        }
    }
    for ((applicant, operator), calls) in groups {
        let letters = calls.chunks(MAX_INQUIRY_CALLS).map(|calls| ProposedInquiry {
            applicant,
            operator,
            calls: calls.to_vec(),
        });
        proposal.letters.extend(letters);
    }
    Ok(proposal)
}

/// The answered interceptions that are wanted and that no inquiry asks about, in
/// order of start.
fn unasked(
    conn: &mut Conn,
    client: ClientId,
    criteria: &InquiryCriteria,
) -> StoreResult<Vec<JudgedCall>> {
    let label = (!criteria.unheard).then_some(LabelKind::Advertising);
    let filter = CallFilter {
        party: criteria.caller,
        from: Some(criteria.from),
        to: Some(criteria.to),
        interceptions_only: Some(InterceptionFilter { label, ..InterceptionFilter::default() }),
        ..CallFilter::default()
    };
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let page = CallPage { after, limit: CALLS_AT_A_TIME };
        let piece = list_calls(conn, Reach::Client(client), &filter, page)?;
        let is_last = (piece.len() as i64) < CALLS_AT_A_TIME;
        after = piece.last().map(|judged| (judged.call.started_at, judged.call.id));
        let wanted = piece.into_iter().filter(|judged| is_wanted(judged, criteria)).collect();
        found.extend(without_asked(conn, client, wanted)?);
        if found.len() > MAX_PROPOSED_CALLS {
            return Err(Constraint::TooManyCalls.into());
        }
        if is_last {
            return Ok(found);
        }
    }
}

fn without_asked(
    conn: &mut Conn,
    client: ClientId,
    mut found: Vec<JudgedCall>,
) -> StoreResult<Vec<JudgedCall>> {
    let ids: Vec<ObservationId> =
        found.iter().flat_map(|judged| judged.call.observations.iter().copied()).collect();
    let mut asked = HashSet::new();
    for chunk in ids.chunks(IDS_AT_A_TIME) {
        asked.extend(asked_among(conn, client, chunk)?);
    }
    found.retain(|judged| !judged.call.observations.iter().any(|id| asked.contains(id)));
    Ok(found)
}

/// An attempt is asked about by nobody; nor is a call that somebody heard to be
/// anything else than advertising.
fn is_wanted(judged: &JudgedCall, criteria: &InquiryCriteria) -> bool {
    let answered = judged.assessment.interception.as_ref().is_some_and(|one| !one.attempt);
    let heard = match judged.label {
        None => criteria.unheard,
        Some(label) => label == LabelKind::Advertising,
    };
    answered && heard
}

fn parties_of(
    conn: &mut Conn,
    client: ClientId,
    ids: &BTreeSet<BaitId>,
) -> StoreResult<HashMap<BaitId, Parties>> {
    let operators: Vec<(BaitId, Option<Inn>)> = on!(conn, c => baits::table
        .filter(baits::client_id.eq(Db(client)))
        .filter(baits::id.eq_any(db_all(ids)))
        .select((baits::id, baits::operator))
        .load(c))?;
    let holders: Vec<(BaitId, Option<ApplicantId>)> = on!(conn, c => bait_preparations::table
        .filter(bait_preparations::client_id.eq(Db(client)))
        .filter(bait_preparations::bait_id.eq_any(db_all(ids)))
        .select((bait_preparations::bait_id, bait_preparations::applicant_id))
        .load(c))?;
    let holders: HashMap<BaitId, Option<ApplicantId>> = holders.into_iter().collect();
    let with = |(bait, operator)| (bait, (holders.get(&bait).copied().flatten(), operator));
    Ok(operators.into_iter().map(with).collect())
}
