//! Traps, known by their bait and the beginning of their run.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::instant::Instant;
use baitline_domain::trap::{Exposure, Trap};
use diesel::prelude::*;

use super::{Contradiction, Entered, MAX_ENTRIES, Plan, Purpose};
use crate::changes::{self, Change};
use crate::clients::find_client;
use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{ChangeKind, NewTrap, TrapRow};
use crate::schema::{baits, traps};
use crate::sims;
use crate::sql_types::{Db, db_all};
use crate::traps::{StoredTrap, new_row, traps_of_baits};

/// Enters traps with the client's settings of this moment, with an outcome for
/// each, in order.
pub fn enter_traps(
    conn: &mut Conn,
    client: ClientId,
    new: &[NewTrap],
    purpose: Purpose,
) -> StoreResult<Vec<Entered>> {
    let Some(period) = period_of(new) else { return Ok(Vec::new()) };
    let ids: BTreeSet<BaitId> = new.iter().map(|new| new.bait).collect();
    let uses = uses_of(conn, client, &ids, purpose)?;
    let known = traps_of_baits(conn, client, &ids, period)?;
    let settings = find_client(conn, client)?;
    let mut plan = Plan::of(known, purpose);
    let mut places: HashMap<BaitId, Vec<usize>> = HashMap::new();
    for (place, row) in plan.rows.iter().enumerate() {
        places.entry(row.trap.bait).or_default().push(place);
    }
    let mut rows: Vec<StoredTrap> = Vec::new();
    let mut entered = Vec::with_capacity(new.len());
    for new in new {
        let of_bait = places.entry(new.bait).or_default();
        if let Some((place, contradiction)) = judge(new, &plan.rows, of_bait) {
            let id = plan.id(place, plan.rows[place].trap.id.0);
            entered.push(Entered::known(contradiction, id));
            continue;
        }
        let of_use = uses.get(&new.bait).ok_or(Constraint::UnknownBait)?;
        if let Some(contradiction) = of_use.contradiction(new) {
            entered.push(Entered::conflict(contradiction, None));
            continue;
        }
        of_bait.push(plan.rows.len());
        let row = new_row(&settings, new)?;
        rows.push(row.clone());
        let id = row.id.0;
        entered.push(plan.accept(TrapRow::try_from(row)?, id));
    }
    if purpose == Purpose::Keep {
        for chunk in rows.chunks(MAX_ENTRIES) {
            on!(conn, c => diesel::insert_into(traps::table).values(chunk.to_vec()).execute(c))?;
        }
        let changes = rows.iter().map(|row| Change::of(ChangeKind::Trap).on(row.id.0));
        changes::note_all(conn, client, changes)?;
    }
    Ok(entered)
}

/// From the first beginning to the last end.
fn period_of(new: &[NewTrap]) -> Option<(Instant, Instant)> {
    let from = new.iter().map(|new| new.started_at).min()?;
    let to = new.iter().map(|new| new.run_ends_at).max()?;
    Some((from, to))
}

/// When a bait may get traps.
enum Use {
    Always,
    Never,
    /// In the times in which the SIM is the client's.
    Assigned(Vec<(Instant, Option<Instant>)>),
}

impl Use {
    fn contradiction(&self, new: &NewTrap) -> Option<Contradiction> {
        let holds = |(from, to): &(Instant, Option<Instant>)| {
            *from <= new.started_at && to.is_none_or(|to| new.run_ends_at <= to)
        };
        match self {
            Self::Always => None,
            Self::Never => Some(Contradiction::BaitRetired),
            Self::Assigned(periods) => {
                (!periods.iter().any(holds)).then_some(Contradiction::BaitNotAssigned)
            }
        }
    }
}

/// When each of these baits may get traps. They are held in one order until the
/// transaction ends, so that another trap of theirs is seen or waits.
fn uses_of(
    conn: &mut Conn,
    client: ClientId,
    ids: &BTreeSet<BaitId>,
    purpose: Purpose,
) -> StoreResult<HashMap<BaitId, Use>> {
    let query = baits::table
        .filter(baits::client_id.eq(Db(client)))
        .filter(baits::id.eq_any(db_all(ids)))
        .order(baits::id)
        .select((baits::id, baits::retired_at, baits::by_assignment));
    let rows: Vec<(BaitId, Option<Instant>, bool)> = match (&mut *conn, purpose) {
        (Conn::Postgres(c), Purpose::Keep) => query.for_update().load(c)?,
        (Conn::Postgres(c), Purpose::DryRun) => query.load(c)?,
        (Conn::Sqlite(c), _) => query.load(c)?,
    };
    let mut uses = HashMap::new();
    for (id, retired_at, by_assignment) in rows {
        let of_use = match (retired_at, by_assignment) {
            (Some(_), _) => Use::Never,
            (None, true) => Use::Assigned(sims::periods_of(conn, client, id)?),
            (None, false) => Use::Always,
        };
        uses.insert(id, of_use);
    }
    Ok(uses)
}

/// The trap that began when this one did, else one whose run overlaps.
fn judge(
    new: &NewTrap,
    rows: &[TrapRow],
    of_bait: &[usize],
) -> Option<(usize, Option<Contradiction>)> {
    let began = |place: &&usize| rows[**place].trap.started_at == new.started_at;
    if let Some(&place) = of_bait.iter().find(began) {
        return Some((place, contradiction(new, &rows[place].trap)));
    }
    let overlaps = |place: &&usize| {
        let trap = &rows[**place].trap;
        trap.started_at < new.run_ends_at && new.started_at < trap.run_ends_at
    };
    let overlapping = of_bait.iter().find(overlaps);
    overlapping.map(|&place| (place, Some(Contradiction::TrapOverlaps)))
}

fn contradiction(new: &NewTrap, stored: &Trap) -> Option<Contradiction> {
    let tested = new.recorder_tested_at;
    if new.run_ends_at != stored.run_ends_at {
        Some(Contradiction::RunEnd)
    } else if tested.is_some() && tested != stored.recorder_tested_at {
        Some(Contradiction::RecorderTest)
    } else if !new.exposures.is_empty() && sorted(&new.exposures) != sorted(&stored.exposures) {
        Some(Contradiction::Exposures)
    } else {
        None
    }
}

fn sorted(exposures: &[Exposure]) -> Vec<Exposure> {
    let mut sorted = exposures.to_vec();
    sorted.sort();
    sorted
}
