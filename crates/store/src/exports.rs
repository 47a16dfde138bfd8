//! Exports and their packages. A worker that takes an export up holds it by
//! moving its clock; one that falls silent is relieved by another.

use baitline_domain::ids::{ClientId, ExportId, PackageId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{Export, ExportState, Package, PackageState};
use crate::schema::{export_packages as packages, exports};
use crate::sql_types::Db;
use crate::{Page, now, stored_text};

/// A running export that has not moved for so long is taken over.
pub const LEASE: Span = Span::seconds(60);
/// After so many workers have taken it up in vain, an export fails.
pub const MAX_ATTEMPTS: i32 = 5;
/// Jobs looked at in one search for a free one: more workers than these do not
/// meet at one moment.
pub(crate) const CANDIDATES: i64 = 64;

/// What an export is asked to hold. Kept as JSON: api and worker meet only here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// The period's first moment, in UTC microseconds.
    pub from_micros: i64,
    /// The first moment after the period, in UTC microseconds.
    pub to_micros: i64,
    /// The numbers to complain of; empty for every repeat offender.
    pub numbers: Vec<Phone>,
    /// What makes a repeat offender.
    pub thresholds: ExportThresholds,
    /// The verdicts that count.
    pub verdicts: Vec<Verdict>,
}

/// What a repeat offender reaches at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportThresholds {
    /// Counted interceptions.
    pub interceptions: u32,
    /// Distinct traps without prior contact.
    pub traps: u32,
    /// Distinct baits.
    pub baits: u32,
    /// Distinct local days.
    pub days: u32,
}

impl ExportRequest {
    /// The period's first moment.
    pub fn from(&self) -> Instant {
        Instant(self.from_micros)
    }

    /// The first moment after the period.
    pub fn to(&self) -> Instant {
        Instant(self.to_micros)
    }
}

impl Export {
    /// What was asked.
    pub fn request(&self) -> StoreResult<ExportRequest> {
        stored_text::read(&self.request)
    }
}

/// Asks for an export.
pub fn create_export(
    conn: &mut Conn,
    client: ClientId,
    request: &ExportRequest,
) -> StoreResult<Export> {
    let at = now();
    let export = Export {
        client_id: client,
        id: ExportId(Uuid::now_v7()),
        state: ExportState::Queued,
        request: stored_text::write(request)?,
        problem: None,
        attempts: 0,
        created_at: at,
        updated_at: at,
    };
    on!(conn, c => diesel::insert_into(exports::table).values(export.clone()).execute(c))?;
    Ok(export)
}

/// The exports within reach, in order of id.
pub fn list_exports(conn: &mut Conn, reach: Reach, page: Page) -> StoreResult<Vec<Export>> {
    Ok(on!(conn, c => {
        let mut query = exports::table.select(Export::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(exports::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(exports::id.gt(Db(ExportId(after))));
        }
        query.order(exports::id).limit(page.limit).load(c)
    })?)
}

/// One export within reach.
pub fn find_export(conn: &mut Conn, reach: Reach, id: ExportId) -> StoreResult<Export> {
    Ok(on!(conn, c => {
        let mut query = exports::table.select(Export::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(exports::client_id.eq(Db(client)));
        }
        query.filter(exports::id.eq(Db(id))).first(c)
    })?)
}

/// Cancels an export that has not ended.
pub fn cancel_export(conn: &mut Conn, client: ClientId, id: ExportId) -> StoreResult<Export> {
    let moved = on!(conn, c => diesel::update(exports::table.find((Db(client), Db(id))))
        .filter(exports::state.eq_any([Db(ExportState::Queued), Db(ExportState::Running)]))
        .set((exports::state.eq(Db(ExportState::Cancelled)), exports::updated_at.eq(Db(now()))))
        .execute(c))?;
    let export = find_export(conn, Reach::Client(client), id)?;
    match (moved, export.state) {
        (0, ExportState::Cancelled) | (1, _) => Ok(export),
        _ => Err(Constraint::ExportEnded.into()),
    }
}

/// The packages of one export, in order of the number complained of.
pub fn packages_of(
    conn: &mut Conn,
    client: ClientId,
    export: ExportId,
) -> StoreResult<Vec<Package>> {
    Ok(on!(conn, c => packages::table
        .filter(packages::client_id.eq(Db(client)))
        .filter(packages::export_id.eq(Db(export)))
        .order(packages::caller)
        .select(Package::as_select())
        .load(c))?)
}

/// One package of an export within reach.
pub fn find_package(
    conn: &mut Conn,
    reach: Reach,
    export: ExportId,
    id: PackageId,
) -> StoreResult<Package> {
    let client = find_export(conn, reach, export)?.client_id;
    Ok(on!(conn, c => packages::table
        .find((Db(client), Db(id)))
        .filter(packages::export_id.eq(Db(export)))
        .select(Package::as_select())
        .first(c))?)
}

/// Takes up the oldest export that waits, or that a silent worker left. One
/// that every worker left is failed on the way, and does not keep the next one
/// waiting. Run as the agency.
pub fn claim_export(conn: &mut Conn) -> StoreResult<Option<Export>> {
    while let Some(export) = oldest_to_claim(conn)? {
        if export.attempts < MAX_ATTEMPTS {
            return take_up(conn, &export).map(Some);
        }
        let problem = Some("given up after several attempts".to_owned());
        end_export(conn, &export, ExportState::Failed, problem)?;
    }
    Ok(None)
}

/// The oldest that no other worker is taking up. It is looked for without a lock,
/// and then locked by its client and id: a lock is one client's affair.
fn oldest_to_claim(conn: &mut Conn) -> StoreResult<Option<Export>> {
    let silent_since = now() - LEASE;
    let is_free = || {
        exports::state.eq(Db(ExportState::Queued)).or(exports::state
            .eq(Db(ExportState::Running))
            .and(exports::updated_at.lt(Db(silent_since))))
    };
    let candidates: Vec<(ClientId, ExportId)> = on!(conn, c => exports::table
        .filter(is_free())
        .order(exports::id)
        .limit(CANDIDATES)
        .select((exports::client_id, exports::id))
        .load(c))?;
    for (client, id) in candidates {
        let one = exports::table.find((Db(client), Db(id))).filter(is_free());
        let found = match conn {
            Conn::Postgres(c) => {
                one.select(Export::as_select()).for_update().skip_locked().first(c).optional()?
            }
            Conn::Sqlite(c) => one.select(Export::as_select()).first(c).optional()?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn take_up(conn: &mut Conn, export: &Export) -> StoreResult<Export> {
    let found = exports::table.find((Db(export.client_id), Db(export.id)));
    Ok(on!(conn, c => diesel::update(found)
        .set((
            exports::state.eq(Db(ExportState::Running)),
            exports::attempts.eq(export.attempts + 1),
            exports::updated_at.eq(Db(now())),
        ))
        .returning(Export::as_returning())
        .get_result(c))?)
}

/// Says that the worker is alive; `false` when the export was cancelled or
/// another worker has taken it over.
pub fn keep_export(conn: &mut Conn, export: &Export) -> StoreResult<bool> {
    let moved = on!(conn, c => diesel::update(exports::table.find((Db(export.client_id), Db(export.id))))
        .filter(exports::state.eq(Db(ExportState::Running)))
        .filter(exports::attempts.eq(export.attempts))
        .set(exports::updated_at.eq(Db(now())))
        .execute(c))?;
    Ok(moved == 1)
}

/// Gives an export back that met an outage, which does not count as an attempt:
/// a store that is away for an hour must not fail what was asked for. It is
/// taken up again once its lease has run out.
pub fn give_back_export(conn: &mut Conn, export: &Export) -> StoreResult<()> {
    on!(conn, c => diesel::update(exports::table.find((Db(export.client_id), Db(export.id))))
        .filter(exports::state.eq(Db(ExportState::Running)))
        .filter(exports::attempts.eq(export.attempts))
        .set((exports::attempts.eq(export.attempts - 1), exports::updated_at.eq(Db(now()))))
        .execute(c))?;
    Ok(())
}

/// Puts an export back, so that the days are recomputed that its packages wait
/// for; it goes on where this worker stopped. Changes nothing when another worker
/// holds it.
pub fn put_back(conn: &mut Conn, export: &Export) -> StoreResult<()> {
    on!(conn, c => diesel::update(exports::table.find((Db(export.client_id), Db(export.id))))
        .filter(exports::state.eq(Db(ExportState::Running)))
        .filter(exports::attempts.eq(export.attempts))
        .set((
            exports::state.eq(Db(ExportState::Queued)),
            exports::attempts.eq(0),
            exports::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}

/// Ends an export that this worker holds.
pub fn end_export(
    conn: &mut Conn,
    export: &Export,
    state: ExportState,
    problem: Option<String>,
) -> StoreResult<()> {
    on!(conn, c => diesel::update(exports::table.find((Db(export.client_id), Db(export.id))))
        .filter(exports::attempts.eq(export.attempts))
        .filter(exports::state.ne(Db(ExportState::Cancelled)))
        .set((
            exports::state.eq(Db(state)),
            exports::problem.eq(problem),
            exports::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}

/// Plans a package for a number, or finds the one planned before, so that an
/// export taken over goes on with the same ids and seal times.
pub fn plan_package(
    conn: &mut Conn,
    export: &Export,
    caller: Phone,
    sealed_at: Instant,
) -> StoreResult<Package> {
    let new = Package {
        client_id: export.client_id,
        id: PackageId(Uuid::now_v7()),
        export_id: export.id,
        caller,
        state: PackageState::Queued,
        sealed_at,
        interceptions: 0,
        missing: "[]".to_owned(),
        bytes: None,
        sha256: None,
        problem: None,
    };
    on!(conn, c => diesel::insert_into(packages::table)
        .values(new.clone())
        .on_conflict_do_nothing()
        .execute(c))?;
    packages_of(conn, export.client_id, export.id)?
        .into_iter()
        .find(|package| package.caller == caller)
        .ok_or(StoreError::NotFound)
}

/// Keeps what became of a package.
pub fn save_package(conn: &mut Conn, package: &Package) -> StoreResult<()> {
    on!(conn, c => diesel::update(packages::table.find((Db(package.client_id), Db(package.id))))
        .set((
            packages::state.eq(Db(package.state)),
            packages::interceptions.eq(package.interceptions),
            packages::missing.eq(&package.missing),
            packages::bytes.eq(package.bytes),
            packages::sha256.eq(&package.sha256),
            packages::problem.eq(&package.problem),
        ))
        .execute(c))?;
    Ok(())
}
