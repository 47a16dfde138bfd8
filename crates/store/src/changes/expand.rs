//! From a change row to the buckets it touches, after its writer has committed.

use std::collections::BTreeSet;

use baitline_domain::competitor::Attributions;
use baitline_domain::ids::{BaitId, ClientId, ObservationId, SourceId, TrapId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::trap::LONGEST_REACH;
use diesel::prelude::*;
use uuid::Uuid;

use super::Change;
use crate::attributions;
use crate::buckets::{self, DayFilter, Parts};
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{Amendment, ChangeKind, TrapRow};
use crate::observations;
use crate::schema::{changes, observations as seen, sources};
use crate::sql_types::Db;
use crate::traps;

/// Observations corrected in one statement when a clock changes.
const CORRECTION_BATCH: i64 = 5_000;
/// Changes of one number or one trap each that are expanded in one transaction.
const CHANGES_AT_A_TIME: i64 = 2_000;

/// Pieces of one client's changes in one transaction.
const PIECES_OF_A_CLIENT: usize = 2;

/// What changes touch: whole days, and some baits' parts of others.
#[derive(Default)]
struct Touches {
    days: BTreeSet<Day>,
    parts: Parts,
}

/// Expands the oldest waiting change of some client into buckets and deletes it;
/// `false` when none waits or other workers hold those that do. Run as the agency.
pub fn expand_next(conn: &mut Conn) -> StoreResult<bool> {
    Ok(expand_after(conn, None)?.is_some())
}

/// The same for the first client after `last` in turn that has a change, so that
/// no client's changes keep the others' waiting. Returns whose it was.
pub fn expand_after(conn: &mut Conn, last: Option<ClientId>) -> StoreResult<Option<ClientId>> {
    let mut after = last;
    let mut has_begun_again = last.is_none();
    loop {
        match next_client(conn, after)? {
            Some(client) if has_begun_again && last.is_some_and(|last| client > last) => {
                return Ok(None);
            }
            Some(client) if expand_of(conn, client)? => return Ok(Some(client)),
            Some(client) => after = Some(client),
            None if has_begun_again => return Ok(None),
            None => (after, has_begun_again) = (None, true),
        }
    }
}

/// Expands changes of one client, a piece; `false` when nothing is left of them but
/// what other workers hold. Run as the agency, before an older day of the client
/// is recomputed: what an earlier day learned touches that day while it waits
/// anyway, and not after it has been done.
pub fn expand_some_of(conn: &mut Conn, client: ClientId) -> StoreResult<bool> {
    for _ in 0..PIECES_OF_A_CLIENT {
        if !expand_of(conn, client)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn next_client(conn: &mut Conn, after: Option<ClientId>) -> StoreResult<Option<ClientId>> {
    Ok(on!(conn, c => {
        let mut query = changes::table.select(changes::client_id).into_boxed();
        if let Some(after) = after {
            query = query.filter(changes::client_id.gt(Db(after)));
        }
        query.order(changes::client_id).first(c).optional()
    })?)
}

/// Expands the oldest change of a client, those of single numbers many at a time.
fn expand_of(conn: &mut Conn, client: ClientId) -> StoreResult<bool> {
    let waiting = oldest(conn, client)?;
    let Some(first) = waiting.first() else { return Ok(false) };
    let _span = tracing::info_span!("expand", %client, changes = waiting.len()).entered();
    let attributions = attributions::attributions_of(conn, client)?;
    let mut touches = Touches::default();
    if first.kind == ChangeKind::Contacts {
        touches.parts =
            later_days_of_pairs(conn, client, &waiting, &attributions)?.into_iter().collect();
    } else {
        for change in &waiting {
            expand(conn, change, &attributions, &mut touches)?;
        }
    }
    let ids: Vec<_> = waiting.iter().map(|change| Db(change.id)).collect();
    on!(conn, c => diesel::delete(changes::table
        .filter(changes::client_id.eq(Db(client)))
        .filter(changes::id.eq_any(ids)))
        .execute(c))?;
    buckets::touch(conn, client, &touches.days)?;
    touches.parts.leave_out(&touches.days);
    buckets::touch_baits(conn, client, &touches.parts)?;
    Ok(true)
}

/// The oldest change of a client; one of contacts, of portability or of a trap together
/// with more of the same, since a recomputed day leaves one for every pair, a file of
/// answers one for every number and a campaign one for every trap.
fn oldest(conn: &mut Conn, client: ClientId) -> StoreResult<Vec<Change>> {
    let oldest = changes::table.filter(changes::client_id.eq(Db(client))).order(changes::id);
    let first: Option<Change> = match conn {
        Conn::Postgres(c) => {
            oldest.select(Change::as_select()).for_update().skip_locked().first(c).optional()?
        }
        Conn::Sqlite(c) => oldest.select(Change::as_select()).first(c).optional()?,
    };
    let Some(first) = first else { return Ok(Vec::new()) };
    let comes_in_numbers =
        matches!(first.kind, ChangeKind::Contacts | ChangeKind::Portability | ChangeKind::Trap);
    if !comes_in_numbers {
        return Ok(vec![first]);
    }
    let alike = changes::table
        .filter(changes::client_id.eq(Db(client)))
        .filter(changes::kind.eq(Db(first.kind)))
        .order(changes::id)
        .limit(CHANGES_AT_A_TIME);
    Ok(match conn {
        Conn::Postgres(c) => {
            alike.select(Change::as_select()).for_update().skip_locked().load(c)?
        }
        Conn::Sqlite(c) => alike.select(Change::as_select()).load(c)?,
    })
}

fn expand(
    conn: &mut Conn,
    change: &Change,
    attributions: &Attributions,
    touches: &mut Touches,
) -> StoreResult<()> {
    let client = change.client_id;
    let reach = DayFilter {
        party: change.party_number,
        from: change.from_at,
        to: change.to_at,
        bait: None,
    };
    match (change.kind, change.subject_id) {
        (
            ChangeKind::OwnNumbers
            | ChangeKind::Numbering
            | ChangeKind::Client
            | ChangeKind::AllowList
            | ChangeKind::Portability
            | ChangeKind::Operators,
            _,
        ) => touches.days.extend(buckets::days_with_observations(conn, client, &reach)?),
        (ChangeKind::Attributions, _) => {
            touches.days.extend(days_of_family(conn, client, &reach, attributions)?);
        }
        (ChangeKind::Bait | ChangeKind::Visits, Some(bait)) => {
            let bait = BaitId(bait.0);
            if change.kind == ChangeKind::Bait {
                observations::join_waiting(conn, client)?;
            }
            let filter = DayFilter { bait: Some(bait), ..reach };
            touches.add(bait, buckets::days_with_observations(conn, client, &filter)?);
        }
        // Baits entered together: none has observations but those that waited.
        (ChangeKind::Bait, None) => observations::join_waiting(conn, client)?,
        (ChangeKind::Label, Some(bait)) => {
            let bait = BaitId(bait.0);
            let filter = DayFilter { bait: Some(bait), ..reach };
            touches.add(bait, days_of_family(conn, client, &filter, attributions)?);
        }
        (ChangeKind::Trap, Some(trap)) => {
            let row = traps::find_trap(conn, Reach::Client(client), TrapId(trap.0))?;
            touches.add(row.trap.bait, days_of_trap(&row));
        }
        (ChangeKind::Source, Some(source)) => {
            touches.days.extend(correct_source(conn, client, SourceId(source.0))?);
        }
        // Contacts are expanded together.
        (ChangeKind::Contacts, _)
        | (ChangeKind::Label | ChangeKind::Visits | ChangeKind::Trap | ChangeKind::Source, None) => {
        }
    }
    Ok(())
}

impl Touches {
    fn add(&mut self, bait: BaitId, days: BTreeSet<Day>) {
        for day in days {
            self.parts.add_day(day, bait);
        }
    }
}

/// The days after a changed one on which its bait had to do with the number or
/// its relatives. The day that changed has been recomputed.
fn later_days_of_pairs(
    conn: &mut Conn,
    client: ClientId,
    waiting: &[Change],
    attributions: &Attributions,
) -> StoreResult<BTreeSet<(Day, BaitId)>> {
    let mut asked = BTreeSet::new();
    for change in waiting {
        let (Some(bait), Some(party)) = (change.subject_id, change.party_number) else { continue };
        let from = change.from_at.unwrap_or(Instant(0));
        for relative in attributions.family_of(party) {
            asked.insert((BaitId(bait.0), relative, from));
        }
    }
    buckets::days_of_pairs_from(conn, client, &asked)
}

/// The days with the filter's number or with any other of its competitors: a
/// verdict on one may rest on what the bait had to do with another.
fn days_of_family(
    conn: &mut Conn,
    client: ClientId,
    filter: &DayFilter,
    attributions: &Attributions,
) -> StoreResult<BTreeSet<Day>> {
    let Some(party) = filter.party else {
        return buckets::days_with_observations(conn, client, filter);
    };
    let mut days = BTreeSet::new();
    for relative in attributions.family_of(party) {
        let of_relative = DayFilter { party: Some(relative), ..*filter };
        days.extend(buckets::days_with_observations(conn, client, &of_relative)?);
    }
    Ok(days)
}

/// Every day a trap can reach, whatever its records turn out to say; its own
/// first day too, so that a trap without any call is judged.
fn days_of_trap(row: &TrapRow) -> BTreeSet<Day> {
    let logged = row.trap.exposures.iter().map(|exposure| exposure.at);
    let first = logged.fold(row.trap.started_at, Instant::min);
    buckets::days_between(first, row.trap.started_at + LONGEST_REACH)
}

/// Corrects every time a source reported by its present offset, and returns
/// the days the observations left and the days they came to. A time that a person
/// amended is the true one and stays.
fn correct_source(
    conn: &mut Conn,
    client: ClientId,
    source: SourceId,
) -> StoreResult<BTreeSet<Day>> {
    let offset: i64 = on!(conn, c => sources::table
        .find((Db(client), Db(source)))
        .select(sources::clock_offset_micros)
        .first(c))?;
    let mut days = BTreeSet::new();
    let mut after = ObservationId(Uuid::nil());
    loop {
        let batch = seen::table
            .filter(seen::client_id.eq(Db(client)))
            .filter(seen::source_id.eq(Db(source)))
            .filter(seen::id.gt(Db(after)))
            .order(seen::id)
            .limit(CORRECTION_BATCH)
            .select((seen::id, seen::reported_at, seen::occurred_at, seen::amended));
        // Held until the correction commits: a later revision has another time.
        let rows: Vec<(ObservationId, Instant, Instant, Option<Amendment>)> = match conn {
            Conn::Postgres(c) => batch.for_update().load(c)?,
            Conn::Sqlite(c) => batch.load(c)?,
        };
        let Some(last) = rows.last() else { return Ok(days) };
        after = last.0;
        for (id, reported_at, before, amended) in rows {
            let amended = amended.and_then(|amended| amended.occurred_at());
            let corrected = amended.unwrap_or(reported_at + Span(offset));
            days.extend(buckets::days_touched_by(before));
            days.extend(buckets::days_touched_by(corrected));
            if corrected != before {
                on!(conn, c => diesel::update(seen::table.find((Db(client), Db(id))))
                    .set(seen::occurred_at.eq(Db(corrected)))
                    .execute(c))?;
            }
        }
    }
}
