//! How an erasure goes on: one step is one transaction, and each is harmless when done
//! again. A worker that dies leaves the row where its last commit put it.

use std::collections::BTreeSet;

use baitline_domain::erasure::{Erasable, ErasureGround, ErasureState};
use baitline_domain::ids::{ClientId, ErasureId, FileId};
use baitline_domain::instant::{Day, Instant, first_of_month};
use baitline_domain::phone::Phone;
use baitline_domain::trap::LONGEST_REACH;
use diesel::prelude::*;
use uuid::Uuid;

use super::held::Held;
use super::victims::{self, Place, Victim};
use super::{named, remove, texts, traces};
use crate::conn::{Conn, on};
use crate::error::{StoreError, StoreResult};
use crate::models::{CallFile, ErasureCounts, ErasureRow, HeldCalls};
use crate::schema::{erasures, files};
use crate::sql_types::{Db, RowId};
use crate::{buckets, clients, now, sealing, stored_text};

/// Observations removed in one transaction.
const CALLS_AT_A_TIME: usize = 200;
/// Old observations looked at in one transaction.
const LOOKED_AT: i64 = 1_000;

/// What a step came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Advance {
    /// It has got on.
    Moved,
    /// It waits: for files that are still read, for days that are derived, for a
    /// worker that seals, or for another one who is at this very step.
    Waits,
}

/// Takes the next step of an erasure, but for what needs the blob store: looking
/// through files and removing bytes. `worker` is who seals meanwhile. Run as the
/// agency, acting as [`super::ACT`].
pub fn advance(
    conn: &mut Conn,
    client: ClientId,
    id: ErasureId,
    worker: RowId,
) -> StoreResult<Advance> {
    let Some(row) = lock(conn, client, id)? else { return Ok(Advance::Waits) };
    match row.state {
        ErasureState::Calls => remove_calls(conn, row),
        ErasureState::Rows => remove_rows(conn, row),
        ErasureState::Texts => clean_texts(conn, row),
        ErasureState::Derived => drop_segments(conn, row, worker),
        ErasureState::Files | ErasureState::Bytes | ErasureState::Done => Ok(Advance::Waits),
    }
}

/// The row, unless another worker has it.
fn lock(conn: &mut Conn, client: ClientId, id: ErasureId) -> StoreResult<Option<ErasureRow>> {
    let found = erasures::table.find((Db(client), Db(id)));
    Ok(match conn {
        Conn::Postgres(c) => {
            found.select(ErasureRow::as_select()).for_update().skip_locked().first(c).optional()?
        }
        Conn::Sqlite(c) => found.select(ErasureRow::as_select()).first(c).optional()?,
    })
}

fn save(conn: &mut Conn, row: &ErasureRow) -> StoreResult<()> {
    on!(conn, c => diesel::update(erasures::table.find((Db(row.client_id), Db(row.id))))
        .set((
            erasures::state.eq(Db(row.state)),
            erasures::number.eq(row.number),
            erasures::counts.eq(&row.counts),
            erasures::held.eq(&row.held),
            erasures::place.eq(&row.place),
            erasures::digest.eq(&row.digest),
            erasures::rows_gone_at.eq(row.rows_gone_at),
            erasures::ended_at.eq(row.ended_at),
        ))
        .execute(c))?;
    Ok(())
}

/// The row with more counted, in another state where that is given.
fn go_on(
    conn: &mut Conn,
    mut row: ErasureRow,
    more: ErasureCounts,
    state: Option<ErasureState>,
) -> StoreResult<Advance> {
    row.counts = stored_text::write(&row.counts()?.and(more))?;
    if let Some(state) = state {
        row.state = state;
        row.place = None;
    }
    save(conn, &row)?;
    Ok(Advance::Moved)
}

/// Removes some of the calls; when none is left that may go, says what stayed.
fn remove_calls(conn: &mut Conn, mut row: ErasureRow) -> StoreResult<Advance> {
    if row.ground == ErasureGround::Request && is_reading(conn, &row)? {
        return Ok(Advance::Waits);
    }
    clients::lock_against_ingest(conn, row.client_id)?;
    let held = Held::load(conn, row.client_id)?;
    let (mut free, stay, is_end) = match (row.number, row.before_at) {
        (Some(number), None) => {
            let (free, stay) = held.sift(victims::of_number(conn, row.client_id, number)?);
            let is_end = free.is_empty();
            // Told anew each time.
            row.held = stored_text::write(&Vec::<HeldCalls>::new())?;
            (free, stay, is_end)
        }
        (None, Some(before)) => old_calls(conn, &mut row, &held, before)?,
        _ => return Err(StoreError::Corrupt("an erasure of nothing".to_owned())),
    };
    free.truncate(if row.number.is_some() { CALLS_AT_A_TIME } else { usize::MAX });
    row.held = stored_text::write(&with(row.held()?, stay))?;
    let counts = remove::observations(conn, &row, &free)?;
    if let Some(number) = row.number.filter(|_| is_end) {
        traces::commit_to(conn, &row, &[Erasable::Number(number)])?;
    }
    go_on(conn, row, counts, is_end.then_some(ErasureState::Rows))
}

/// Some of the old calls, in their order from where the last step ended.
fn old_calls(
    conn: &mut Conn,
    row: &mut ErasureRow,
    held: &Held,
    before: Instant,
) -> StoreResult<(Vec<Victim>, Vec<HeldCalls>, bool)> {
    let after = row.place.as_deref().map_or(Ok(Place::START), Place::read)?;
    let all = victims::older_than(conn, row.client_id, before, after, LOOKED_AT)?;
    let Some(last) = all.last() else { return Ok((Vec::new(), Vec::new(), true)) };
    row.place = Some(Place::behind(last).write());
    let (free, stay) = held.sift(without_own(all, held, before));
    Ok((free, stay, false))
}

/// Without calls of the client's side that a trap may rest on whose window is not as
/// old.
pub(super) fn without_own(all: Vec<Victim>, held: &Held, before: Instant) -> Vec<Victim> {
    let rests = |one: &Victim| {
        one.at >= before - LONGEST_REACH && one.party.is_some_and(|party| held.is_own(party))
    };
    all.into_iter().filter(|one| !rests(one)).collect()
}

/// Counts by what holds them, added up.
fn with(known: Vec<HeldCalls>, more: Vec<HeldCalls>) -> Vec<HeldCalls> {
    let mut all = known;
    for one in more {
        match all.iter_mut().find(|old| (old.because, old.id) == (one.because, one.id)) {
            Some(old) => old.calls += one.calls,
            None => all.push(one),
        }
    }
    all
}

/// Whether a file that came before the request is still to be read: it may bring the
/// number.
fn is_reading(conn: &mut Conn, row: &ErasureRow) -> StoreResult<bool> {
    let open: i64 = on!(conn, c => files::table
        .filter(files::client_id.eq(Db(row.client_id)))
        .filter(files::ended_at.is_null())
        .filter(files::created_at.le(Db(row.requested_at)))
        .count()
        .get_result(c))?;
    Ok(open > 0)
}

/// Removes other rows. Where something of the number is held, what names it beside
/// its calls is held with it.
fn remove_rows(conn: &mut Conn, row: ErasureRow) -> StoreResult<Advance> {
    let client = row.client_id;
    let Some(number) = row.number else {
        let before = row.before_at.unwrap_or(Instant(0));
        if Held::load(conn, client)?.holds_everything() {
            return go_on(conn, row, ErasureCounts::default(), Some(ErasureState::Derived));
        }
        let more = named::remove_older(conn, client, before)?;
        let is_end = more == ErasureCounts::default();
        return go_on(conn, row, more, is_end.then_some(ErasureState::Derived));
    };
    if is_held(conn, client, number)? {
        return go_on(conn, row, ErasureCounts::default(), Some(ErasureState::Derived));
    }
    let more = named::remove(conn, client, number)?;
    go_on(conn, row, more, Some(ErasureState::Texts))
}

/// Whether anything of the number is held.
pub(super) fn is_held(conn: &mut Conn, client: ClientId, number: Phone) -> StoreResult<bool> {
    let held = Held::load(conn, client)?;
    if held.holds_number(number) {
        return Ok(true);
    }
    let (_, stay) = held.sift(victims::of_number(conn, client, number)?);
    Ok(!stay.is_empty())
}

fn clean_texts(conn: &mut Conn, mut row: ErasureRow) -> StoreResult<Advance> {
    let Some(number) = row.number else {
        return go_on(conn, row, ErasureCounts::default(), Some(ErasureState::Derived));
    };
    let done = texts::replace_in_next(conn, row.client_id, number, row.place.as_deref())?;
    let Some((table, texts)) = done else {
        return go_on(conn, row, ErasureCounts::default(), Some(ErasureState::Files));
    };
    row.place = Some(table);
    go_on(conn, row, ErasureCounts { texts, ..ErasureCounts::default() }, None)
}

/// The next file that an erasure has to look through, and the number to look for;
/// `None` when there is none left, and then it has gone on.
pub fn next_file(
    conn: &mut Conn,
    client: ClientId,
    id: ErasureId,
) -> StoreResult<Option<(CallFile, Phone)>> {
    let Some(row) = lock(conn, client, id)? else { return Ok(None) };
    let (ErasureState::Files, Some(number)) = (row.state, row.number) else { return Ok(None) };
    let after = FileId(row.place.as_deref().map_or(Ok(Uuid::nil()), read_id)?);
    let found: Option<CallFile> = on!(conn, c => files::table
        .filter(files::client_id.eq(Db(client)))
        .filter(files::id.gt(Db(after)))
        .filter(files::erased_at.is_null())
        .filter(files::created_at.le(Db(row.requested_at)))
        .order(files::id)
        .select(CallFile::as_select())
        .first(c)
        .optional())?;
    if found.is_none() {
        go_on(conn, row, ErasureCounts::default(), Some(ErasureState::Derived))?;
    }
    Ok(found.map(|file| (file, number)))
}

/// Lets a file's bytes go where they name the number, and goes on behind it.
pub fn looked_through(
    conn: &mut Conn,
    (client, id): (ClientId, ErasureId),
    file: FileId,
    names_it: bool,
) -> StoreResult<()> {
    let Some(mut row) = lock(conn, client, id)? else { return Ok(()) };
    if row.state != ErasureState::Files {
        return Ok(());
    }
    let mut more = ErasureCounts::default();
    if names_it {
        more.files = named::erase_file(conn, client, file)?;
        traces::forget_salts(conn, client, &[file.0])?;
    }
    row.place = Some(file.0.to_string());
    go_on(conn, row, more, None).map(|_| ())
}

fn read_id(text: &str) -> StoreResult<Uuid> {
    Uuid::parse_str(text).map_err(|_| StoreError::Corrupt("the place of an erasure".to_owned()))
}

/// Once the touched days are derived again, drops the files of their months, which
/// hold what is gone. From then on nothing is looked for by the number.
fn drop_segments(conn: &mut Conn, mut row: ErasureRow, worker: RowId) -> StoreResult<Advance> {
    let client = row.client_id;
    // A call that was sent again meanwhile goes as well.
    if let Some(number) = row.number {
        let held = Held::load(conn, client)?;
        let (free, _) = held.sift(victims::of_number(conn, client, number)?);
        if !free.is_empty() {
            return go_on(conn, row, ErasureCounts::default(), Some(ErasureState::Calls));
        }
    }
    let days = traces::days_of(conn, &row)?;
    if !buckets::are_settled(conn, client, &days)? || !sealing::hold(conn, client, worker)? {
        return Ok(Advance::Waits);
    }
    let months: BTreeSet<Day> = days.iter().map(|day| Day(first_of_month(day.0))).collect();
    for month in months {
        let state = sealing::month_state(conn, client, month)?;
        let old = state.segments.iter().map(|segment| segment.id).collect();
        sealing::replace_segments(conn, (client, worker), month, &old, &[])?;
    }
    sealing::release(conn, client, worker)?;
    row.number = None;
    row.rows_gone_at = Some(now());
    go_on(conn, row, ErasureCounts::default(), Some(ErasureState::Bytes))
}

/// Ends an erasure whose bytes are gone; `false` while another worker has it.
pub fn finish(conn: &mut Conn, client: ClientId, id: ErasureId) -> StoreResult<bool> {
    let Some(mut row) = lock(conn, client, id)? else { return Ok(false) };
    if row.state != ErasureState::Bytes {
        return Ok(row.state == ErasureState::Done);
    }
    traces::forget_own_salts(conn, client, row.requested_at)?;
    // Its reason may have told the number before it was taken out.
    traces::forget_salts(conn, client, &[id.0])?;
    row.digest = Some(traces::digest(conn, client, id)?);
    row.ended_at = Some(now());
    go_on(conn, row, ErasureCounts::default(), Some(ErasureState::Done))?;
    Ok(true)
}
