//! Traps: what people logged of a run, and what the worker made of it.

use std::collections::BTreeSet;

use baitline_domain::ids::{BaitId, ClientId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use baitline_domain::trap::{MAX_RUN, MAX_WINDOW, Trap, TrapSettings, TrapState, Window};
use diesel::prelude::*;
use uuid::Uuid;

use crate::buckets::Touched;
use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{ChangeKind, Client, NewTrap, TrapChanges, TrapRow};
use crate::schema::{baits, traps};
use crate::sql_types::{Db, db_all};
use crate::{Page, clients, now, sims, stored_text};

/// The table's row as it stands.
#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = traps, treat_none_as_default_value = false)]
pub(crate) struct StoredTrap {
    #[diesel(serialize_as = Db<ClientId>)]
    pub(crate) client_id: ClientId,
    #[diesel(serialize_as = Db<TrapId>)]
    pub(crate) id: TrapId,
    #[diesel(serialize_as = Db<BaitId>)]
    bait_id: BaitId,
    #[diesel(serialize_as = Db<Instant>)]
    started_at: Instant,
    #[diesel(serialize_as = Db<Instant>)]
    run_ends_at: Instant,
    recorder_tested_at: Option<Instant>,
    logged_exposures: String,
    window_hours: i32,
    min_site_visit_seconds: i32,
    min_connected_seconds: i32,
    exposures: Option<String>,
    missing: Option<String>,
    window_from: Option<Instant>,
    window_to: Option<Instant>,
    #[diesel(serialize_as = Db<Instant>)]
    created_at: Instant,
}

/// Enters a trap with the client's settings of this moment.
pub fn create_trap(conn: &mut Conn, client: ClientId, new: &NewTrap) -> StoreResult<TrapRow> {
    lock_bait(conn, client, new)?;
    if overlaps(conn, client, new)? {
        return Err(Constraint::TrapOverlaps.into());
    }
    let row = new_row(&clients::find_client(conn, client)?, new)?;
    on!(conn, c => diesel::insert_into(traps::table).values(row.clone()).execute(c))?;
    changes::note(conn, client, &Change::of(ChangeKind::Trap).on(row.id.0))?;
    row.try_into()
}

/// A trap to enter with the client's settings.
pub(crate) fn new_row(client: &Client, new: &NewTrap) -> StoreResult<StoredTrap> {
    let settings = TrapSettings::default();
    Ok(StoredTrap {
        client_id: client.id,
        id: TrapId(Uuid::now_v7()),
        bait_id: new.bait,
        started_at: new.started_at,
        run_ends_at: new.run_ends_at,
        recorder_tested_at: new.recorder_tested_at,
        logged_exposures: stored_text::write_exposures(&new.exposures)?,
        window_hours: client.window_hours,
        min_site_visit_seconds: stored_seconds(settings.min_site_visit_seconds)?,
        min_connected_seconds: stored_seconds(settings.min_connected_seconds)?,
        exposures: None,
        missing: None,
        window_from: None,
        window_to: None,
        created_at: now(),
    })
}

/// Two traps made at the same moment on one bait wait for each other here, so
/// that their overlap is seen; a bait out of use gets none, and one that is
/// assigned gets them while it is the client's.
fn lock_bait(conn: &mut Conn, client: ClientId, new: &NewTrap) -> StoreResult<()> {
    let query = baits::table
        .find((Db(client), Db(new.bait)))
        .select((baits::retired_at, baits::by_assignment));
    let found: Option<(Option<Instant>, bool)> = match conn {
        Conn::Postgres(c) => query.for_update().first(c).optional()?,
        Conn::Sqlite(c) => query.first(c).optional()?,
    };
    let run = (new.started_at, new.run_ends_at);
    match found {
        None => Err(Constraint::UnknownBait.into()),
        Some((Some(_), _)) => Err(Constraint::BaitRetired.into()),
        Some((None, true)) if !sims::is_assigned(conn, client, new.bait, run)? => {
            Err(Constraint::BaitNotAssigned.into())
        }
        Some((None, _)) => Ok(()),
    }
}

fn overlaps(conn: &mut Conn, client: ClientId, new: &NewTrap) -> StoreResult<bool> {
    Ok(on!(conn, c => diesel::select(diesel::dsl::exists(traps::table
        .filter(traps::client_id.eq(Db(client)))
        .filter(traps::bait_id.eq(Db(new.bait)))
        .filter(traps::started_at.lt(Db(new.run_ends_at)))
        .filter(traps::run_ends_at.gt(Db(new.started_at)))))
        .get_result(c))?)
}

/// Which traps a list shows.
#[derive(Debug, Clone, Default)]
pub struct TrapFilter {
    /// Of this bait.
    pub bait: Option<BaitId>,
    /// With a window that is open at this moment.
    pub open_at: Option<Instant>,
}

/// The traps within reach, in order of id.
pub fn list_traps(
    conn: &mut Conn,
    reach: Reach,
    filter: &TrapFilter,
    page: Page,
) -> StoreResult<Vec<TrapRow>> {
    let rows: Vec<StoredTrap> = on!(conn, c => {
        let mut query = traps::table.select(StoredTrap::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(traps::client_id.eq(Db(client)));
        }
        if let Some(bait) = filter.bait {
            query = query.filter(traps::bait_id.eq(Db(bait)));
        }
        if let Some(at) = filter.open_at {
            // No window is longer, so that old ones need not be looked at.
            query = query
                .filter(traps::window_from.le(Some(at)))
                .filter(traps::window_to.gt(Some(at)))
                .filter(traps::window_to.le(Some(at + MAX_WINDOW)));
        }
        if let Some(after) = page.after {
            query = query.filter(traps::id.gt(Db(TrapId(after))));
        }
        query.order(traps::id).limit(page.limit).load(c)
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// One trap within reach.
pub fn find_trap(conn: &mut Conn, reach: Reach, id: TrapId) -> StoreResult<TrapRow> {
    let row: StoredTrap = on!(conn, c => {
        let mut query = traps::table.select(StoredTrap::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(traps::client_id.eq(Db(client)));
        }
        query.filter(traps::id.eq(Db(id))).first(c)
    })?;
    row.try_into()
}

/// Changes what was logged of a trap; its calls are judged again.
pub fn update_trap(
    conn: &mut Conn,
    client: ClientId,
    id: TrapId,
    changes: &TrapChanges,
) -> StoreResult<TrapRow> {
    if let Some(tested) = changes.recorder_tested_at {
        on!(conn, c => diesel::update(traps::table.find((Db(client), Db(id))))
            .set(traps::recorder_tested_at.eq(tested))
            .execute(c))?;
    }
    if let Some(exposures) = &changes.exposures {
        let text = stored_text::write_exposures(exposures)?;
        on!(conn, c => diesel::update(traps::table.find((Db(client), Db(id))))
            .set(traps::logged_exposures.eq(text))
            .execute(c))?;
    }
    let row = find_trap(conn, Reach::Client(client), id)?;
    if changes.recorder_tested_at.is_some() || changes.exposures.is_some() {
        changes::note(conn, client, &Change::of(ChangeKind::Trap).on(id.0))?;
    }
    Ok(row)
}

/// The traps of one client, of all its baits or of some, whose run overlaps the
/// half-open period, for the worker.
pub fn traps_running(
    conn: &mut Conn,
    client: ClientId,
    touched: &Touched,
    (from, to): (Instant, Instant),
) -> StoreResult<Vec<TrapRow>> {
    if let Some(baits) = touched.baits() {
        return traps_of_baits(conn, client, baits, (from, to));
    }
    let rows: Vec<StoredTrap> = on!(conn, c => traps::table
        .filter(traps::client_id.eq(Db(client)))
        .filter(traps::started_at.ge(Db(from - MAX_RUN)))
        .filter(traps::started_at.lt(Db(to)))
        .filter(traps::run_ends_at.gt(Db(from)))
        .order(traps::id)
        .select(StoredTrap::as_select())
        .load(c))?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The traps of these baits whose run overlaps the period.
pub(crate) fn traps_of_baits(
    conn: &mut Conn,
    client: ClientId,
    ids: &BTreeSet<BaitId>,
    (from, to): (Instant, Instant),
) -> StoreResult<Vec<TrapRow>> {
    let rows: Vec<StoredTrap> = on!(conn, c => traps::table
        .filter(traps::client_id.eq(Db(client)))
        .filter(traps::bait_id.eq_any(db_all(ids)))
        .filter(traps::started_at.ge(Db(from - MAX_RUN)))
        .filter(traps::started_at.lt(Db(to)))
        .filter(traps::run_ends_at.gt(Db(from)))
        .order(traps::id)
        .select(StoredTrap::as_select())
        .load(c))?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The traps within reach whose run or window has a moment of the period, for
/// reports.
pub fn traps_between(
    conn: &mut Conn,
    reach: Reach,
    from: Instant,
    to: Instant,
) -> StoreResult<Vec<TrapRow>> {
    let rows: Vec<StoredTrap> = on!(conn, c => {
        let mut query = traps::table.select(StoredTrap::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(traps::client_id.eq(Db(client)));
        }
        query
            .filter(traps::started_at.lt(Db(to)))
            .filter(traps::run_ends_at.gt(Db(from)).or(traps::window_to.gt(Some(from))))
            .order(traps::id)
            .load(c)
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// The traps of every client's bait with this number that began in a half-open
/// period. For the agency's transactions alone.
pub(crate) fn traps_of_number(
    conn: &mut Conn,
    number: Phone,
    (from, to): (Instant, Option<Instant>),
) -> StoreResult<Vec<TrapRow>> {
    let rows: Vec<StoredTrap> = on!(conn, c => {
        let mut query = traps::table
            .inner_join(baits::table.on(baits::client_id
                .eq(traps::client_id)
                .and(baits::id.eq(traps::bait_id))))
            .filter(baits::number.eq(Db(number)))
            .filter(traps::started_at.ge(Db(from)))
            .select(StoredTrap::as_select())
            .into_boxed();
        if let Some(to) = to {
            query = query.filter(traps::started_at.lt(Db(to)));
        }
        query.load(c)
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Keeps what the worker made of a trap.
pub fn save_state(conn: &mut Conn, client: ClientId, state: &TrapState) -> StoreResult<()> {
    let exposures = stored_text::write_exposures(&state.exposures)?;
    let missing = stored_text::write(&state.missing)?;
    on!(conn, c => diesel::update(traps::table.find((Db(client), Db(state.trap))))
        .set((
            traps::exposures.eq(Some(exposures)),
            traps::missing.eq(Some(missing)),
            traps::window_from.eq(state.window.map(|window| window.from)),
            traps::window_to.eq(state.window.map(|window| window.to)),
        ))
        .execute(c))?;
    Ok(())
}

impl TryFrom<StoredTrap> for TrapRow {
    type Error = StoreError;

    fn try_from(row: StoredTrap) -> StoreResult<Self> {
        let trap = Trap {
            id: row.id,
            bait: row.bait_id,
            started_at: row.started_at,
            run_ends_at: row.run_ends_at,
            recorder_tested_at: row.recorder_tested_at,
            exposures: stored_text::read_exposures(&row.logged_exposures)?,
            settings: TrapSettings {
                window_hours: domain_number(row.window_hours)?,
                min_site_visit_seconds: domain_number(row.min_site_visit_seconds)?,
                min_connected_seconds: domain_number(row.min_connected_seconds)?,
            },
        };
        let state = match (row.exposures, row.missing) {
            (Some(exposures), Some(missing)) => Some(TrapState {
                trap: row.id,
                exposures: stored_text::read_exposures(&exposures)?,
                missing: stored_text::read(&missing)?,
                window: row.window_from.zip(row.window_to).map(|(from, to)| Window { from, to }),
                run_ends_at: row.run_ends_at,
            }),
            _ => None,
        };
        Ok(Self { client_id: row.client_id, trap, state, created_at: row.created_at })
    }
}

fn domain_number(stored: i32) -> StoreResult<u32> {
    u32::try_from(stored).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn stored_seconds(seconds: u32) -> StoreResult<i32> {
    i32::try_from(seconds).map_err(|error| StoreError::Corrupt(error.to_string()))
}
