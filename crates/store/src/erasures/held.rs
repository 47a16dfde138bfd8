//! What keeps calls from being erased: complaints that were filed and not released,
//! with what their calls rest on, and what people hold.

use std::collections::{BTreeMap, HashMap};

use baitline_domain::erasure::HeldBecause;
use baitline_domain::ids::{BaitId, ClientId, ComplaintId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_domain::matching::MATCHING_SPAN;
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use super::victims::{Victim, load, telling};
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::legal_holds;
use crate::models::{HeldCalls, LegalHoldRow};
use crate::schema::{complaint_holds, own_numbers, traps};
use crate::sql_types::Db;

/// Everything that a client holds at one moment.
pub(super) struct Held {
    holds: Vec<LegalHoldRow>,
    exact: HashMap<ObservationId, ComplaintId>,
    near: HashMap<BaitId, Vec<Near>>,
    own: Vec<(Phone, Phone)>,
}

/// A time of a bait in which some calls are held.
struct Near {
    from: Instant,
    to: Instant,
    with: With,
    why: (HeldBecause, Uuid),
}

enum With {
    /// The held call's own number, or none: the observations of one call.
    Party(Option<Phone>),
    /// The client's side: the calls that made the trap.
    OwnNumbers,
}

impl Held {
    pub(super) fn load(conn: &mut Conn, client: ClientId) -> StoreResult<Self> {
        let holds = legal_holds::live_holds(conn, client)?;
        let exact: HashMap<ObservationId, ComplaintId> = on!(conn, c => complaint_holds::table
            .filter(complaint_holds::client_id.eq(Db(client)))
            .filter(complaint_holds::released.eq(false))
            .select((complaint_holds::observation_id, complaint_holds::complaint_id))
            .load(c))?
        .into_iter()
        .collect();
        let own: Vec<(Phone, Phone)> = on!(conn, c => own_numbers::table
            .filter(own_numbers::client_id.eq(Db(client)))
            .select((own_numbers::first_number, own_numbers::last_number))
            .load(c))?;
        let mut near = near(conn, client, &exact)?;
        near_callers(conn, client, &holds, &mut near)?;
        Ok(Self { holds, exact, near, own })
    }

    /// Whether it is a number of the client's side.
    pub(super) fn is_own(&self, number: Phone) -> bool {
        self.own.iter().any(|(first, last)| (*first..=*last).contains(&number))
    }

    /// Whether a person holds everything of the client's.
    pub(super) fn holds_everything(&self) -> bool {
        self.holds.iter().any(|hold| hold.bait_id.is_none() && hold.caller.is_none())
    }

    /// Whether a person holds everything with this number.
    pub(super) fn holds_number(&self, number: Phone) -> bool {
        self.holds
            .iter()
            .any(|hold| hold.bait_id.is_none() && hold.caller.is_none_or(|held| held == number))
    }

    /// What holds an observation; `None` where it may go.
    pub(super) fn why(&self, one: &Victim) -> Option<(HeldBecause, Uuid)> {
        let by_hold = self.holds.iter().find(|hold| {
            hold.bait_id.is_none_or(|bait| one.bait == Some(bait))
                && hold.caller.is_none_or(|caller| one.party == Some(caller))
        });
        if let Some(hold) = by_hold {
            return Some((HeldBecause::LegalHold, hold.id.0));
        }
        let exact = self.exact.get(&one.id).map(|id| (HeldBecause::Complaint, id.0));
        exact.or_else(|| self.near(one))
    }

    fn near(&self, one: &Victim) -> Option<(HeldBecause, Uuid)> {
        let times = self.near.get(&one.bait?)?;
        let is_held = |near: &&Near| {
            let is_meant = match near.with {
                With::Party(party) => one.party.is_none() || party.is_none() || one.party == party,
                With::OwnNumbers => one.party.is_some_and(|party| self.is_own(party)),
            };
            is_meant && near.from <= one.at && one.at <= near.to
        };
        times.iter().find(is_held).map(|near| near.why)
    }

    /// Those of these that may go; what stays is counted by what holds it.
    pub(super) fn sift(&self, all: Vec<Victim>) -> (Vec<Victim>, Vec<HeldCalls>) {
        let (mut free, mut counted) = (Vec::new(), BTreeMap::new());
        for one in all {
            match self.why(&one) {
                None => free.push(one),
                Some(why) => *counted.entry(why).or_insert(0) += 1,
            }
        }
        let held = |((because, id), calls)| HeldCalls { because, id, calls };
        (free, counted.into_iter().map(held).collect())
    }
}

/// What hangs together with the held observations: the others of their calls, and
/// the own calls of the trap that they came after.
fn near(
    conn: &mut Conn,
    client: ClientId,
    exact: &HashMap<ObservationId, ComplaintId>,
) -> StoreResult<HashMap<BaitId, Vec<Near>>> {
    let mut near: HashMap<BaitId, Vec<Near>> = HashMap::new();
    if exact.is_empty() {
        return Ok(near);
    }
    let runs: Vec<(BaitId, Instant, Instant)> = on!(conn, c => traps::table
        .filter(traps::client_id.eq(Db(client)))
        .order((traps::bait_id, traps::started_at))
        .select((traps::bait_id, traps::started_at, traps::run_ends_at))
        .load(c))?;
    let ids: Vec<ObservationId> = exact.keys().copied().collect();
    for one in load(conn, client, &ids)? {
        let (Some(bait), Some(complaint)) = (one.bait, exact.get(&one.id).copied()) else {
            continue;
        };
        let around = |from: Instant, to: Instant, with| Near {
            from: from - MATCHING_SPAN,
            to: to + MATCHING_SPAN,
            with,
            why: (HeldBecause::Complaint, complaint.0),
        };
        let times = near.entry(bait).or_default();
        times.push(around(one.at, one.at, With::Party(one.party)));
        let run =
            runs.iter().rev().find(|(of, started_at, _)| *of == bait && *started_at <= one.at);
        if let Some((_, started_at, run_ends_at)) = run {
            times.push(around(*started_at, *run_ends_at, With::OwnNumbers));
        }
    }
    Ok(near)
}

/// The observations of held callers' calls that do not tell the caller.
fn near_callers(
    conn: &mut Conn,
    client: ClientId,
    holds: &[LegalHoldRow],
    near: &mut HashMap<BaitId, Vec<Near>>,
) -> StoreResult<()> {
    let callers: Vec<Phone> = holds.iter().filter_map(|hold| hold.caller).collect();
    if callers.is_empty() {
        return Ok(());
    }
    for one in telling(conn, client, &callers)? {
        let hold = holds.iter().find(|hold| {
            hold.caller == one.party && hold.bait_id.is_none_or(|bait| one.bait == Some(bait))
        });
        if let (Some(bait), Some(hold)) = (one.bait, hold) {
            near.entry(bait).or_default().push(Near {
                from: one.at - MATCHING_SPAN,
                to: one.at + MATCHING_SPAN,
                with: With::Party(one.party),
                why: (HeldBecause::LegalHold, hold.id.0),
            });
        }
    }
    Ok(())
}
