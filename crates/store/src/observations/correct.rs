//! Corrections by people. What the source said is never touched: amendments hold
//! over it, a void takes the observation out of its call, and a mistaken one of
//! either is taken back by a further correction.

use std::collections::BTreeSet;

use baitline_domain::ids::{ClientId, CorrectionId, ObservationId};
use baitline_domain::observation::EndsError;
use diesel::prelude::*;
use uuid::Uuid;

use super::ingest::{add_parts, load_locked};
use super::join;
use super::row::StoredObservation;
use crate::buckets::{self, Parts};
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{Amendment, Correcting, CorrectionKind, CorrectionRow, NewCorrection};
use crate::schema::{observation_corrections as corrections, observations as seen};
use crate::sql_types::{Db, db_all};
use crate::{clients, now, sources};

/// The most corrections of one observation: more is a quarrel, not a correction.
pub const MAX_CORRECTIONS: usize = 100;

/// Corrects an observation, and touches the days it leaves and comes to, under
/// the same locks as the ingest.
pub fn correct_observation(
    conn: &mut Conn,
    client: ClientId,
    id: ObservationId,
    new: &NewCorrection,
    author: &str,
) -> StoreResult<CorrectionRow> {
    clients::lock_for_ingest(conn, client)?;
    let before = load_locked(conn, client, &[id])?.pop().ok_or(StoreError::NotFound)?;
    let mut all = corrections_of(conn, client, &[id])?;
    if all.len() >= MAX_CORRECTIONS {
        return Err(Constraint::TooManyCorrections.into());
    }
    let row = correction(&before, &all, new, author)?;
    all.push(row.clone());
    let after = corrected(conn, &before, &all)?;
    on!(conn, c => diesel::insert_into(corrections::table).values(row.clone()).execute(c))?;
    save(conn, &after)?;
    let mut parts = Parts::default();
    add_parts(&mut parts, &before);
    add_parts(&mut parts, &after);
    buckets::touch_baits(conn, client, &parts)?;
    Ok(row)
}

/// The corrections of these observations of one client, each observation's in
/// order.
pub fn corrections_of(
    conn: &mut Conn,
    client: ClientId,
    observations: &[ObservationId],
) -> StoreResult<Vec<CorrectionRow>> {
    Ok(on!(conn, c => corrections::table
        .filter(corrections::client_id.eq(Db(client)))
        .filter(corrections::observation_id.eq_any(db_all(observations)))
        .order((corrections::observation_id, corrections::ordinal))
        .select(CorrectionRow::as_select())
        .load(c))?)
}

/// The corrections that nobody took back, of one observation or of several.
pub fn standing(all: &[CorrectionRow]) -> Vec<&CorrectionRow> {
    let withdrawn: BTreeSet<CorrectionId> = all.iter().filter_map(|row| row.withdraws).collect();
    all.iter()
        .filter(|row| row.kind != CorrectionKind::Withdraw && !withdrawn.contains(&row.id))
        .collect()
}

/// The row of a correction that can be made of the observation as it stands.
fn correction(
    observation: &StoredObservation,
    earlier: &[CorrectionRow],
    new: &NewCorrection,
    author: &str,
) -> StoreResult<CorrectionRow> {
    let (kind, changes, withdraws) = match &new.correcting {
        Correcting::Amend(changes) => {
            (CorrectionKind::Amend, Some(whole(observation, changes.clone())?), None)
        }
        Correcting::Void => (CorrectionKind::Void, None, None),
        Correcting::Withdraw(id) => {
            assert_standing(earlier, *id)?;
            (CorrectionKind::Withdraw, None, Some(*id))
        }
    };
    if kind == CorrectionKind::Void && observation.voided {
        return Err(Constraint::ChangesNothing.into());
    }
    Ok(CorrectionRow {
        client_id: observation.client_id,
        id: CorrectionId(Uuid::now_v7()),
        observation_id: observation.id,
        ordinal: i32::try_from(earlier.len() + 1)?,
        kind,
        changes,
        withdraws,
        reason: new.reason.clone(),
        author: author.to_owned(),
        created_at: now(),
    })
}

/// A bait and its direction are amended together, so that no later revision
/// takes the one from the other; the one not named stays as it is.
fn whole(observation: &StoredObservation, changes: Amendment) -> StoreResult<Amendment> {
    let known = observation.amended.clone().unwrap_or_default();
    if known.clone().amended_by(changes.clone()) == known {
        return Err(Constraint::ChangesNothing.into());
    }
    if changes.bait.is_none() && changes.direction.is_none() {
        return Ok(changes);
    }
    let ends = observation.fields_of_ends();
    Ok(Amendment {
        bait: changes.bait.or_else(|| ends.bait.map(str::to_owned)),
        direction: changes.direction.or(ends.direction),
        ..changes
    })
}

fn assert_standing(earlier: &[CorrectionRow], id: CorrectionId) -> StoreResult<()> {
    let found = earlier.iter().find(|row| row.id == id).ok_or(Constraint::UnknownCorrection)?;
    match found.kind {
        CorrectionKind::Withdraw => Err(Constraint::NotWithdrawable.into()),
        _ if earlier.iter().any(|row| row.withdraws == Some(id)) => {
            Err(Constraint::ChangesNothing.into())
        }
        _ => Ok(()),
    }
}

/// The observation as it stands after all its corrections. It is joined again
/// only where its ends change or it waits: what was joined by a reference stays
/// with its bait although the reference may have moved on.
fn corrected(
    conn: &mut Conn,
    before: &StoredObservation,
    all: &[CorrectionRow],
) -> StoreResult<StoredObservation> {
    let mut after = before.clone();
    let standing = standing(all);
    after.voided = standing.iter().any(|row| row.kind == CorrectionKind::Void);
    let amended = standing
        .into_iter()
        .filter_map(|row| row.changes.clone())
        .fold(Amendment::default(), Amendment::amended_by);
    let source = sources::find_source(conn, Reach::Client(after.client_id), after.source_id)?;
    after.occurred_at = amended.occurred_at().unwrap_or(after.corrected_start(&source));
    after.amended = (amended != Amendment::default()).then_some(amended);
    if after.fields_of_ends() != before.fields_of_ends() {
        after.fields_of_ends().check()?;
    }
    let ends = after.ends();
    if ends == before.ends() && after.bait_id.is_some() {
        return Ok(after);
    }
    let directory = join::directory(conn, after.client_id, std::iter::once(&ends))?;
    after.join(ends.join(|name| directory.get(name).copied()));
    Ok(after)
}

fn save(conn: &mut Conn, row: &StoredObservation) -> StoreResult<()> {
    on!(conn, c => diesel::update(seen::table.find((Db(row.client_id), Db(row.id))))
        .set((
            seen::amended.eq(row.amended.clone()),
            seen::voided.eq(row.voided),
            seen::occurred_at.eq(Db(row.occurred_at)),
        ))
        .execute(c))?;
    join::save_join(conn, row)
}

/// What an amended record lacks is the caller's to mend, as with a new one.
impl From<EndsError> for StoreError {
    fn from(error: EndsError) -> Self {
        Self::Constraint(match error {
            EndsError::UnexpectedDirection => Constraint::DirectionWithoutBait,
            EndsError::MissingDirection => Constraint::BaitWithoutDirection,
            EndsError::MissingCalled => Constraint::NobodyCalled,
        })
    }
}
