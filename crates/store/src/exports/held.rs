//! Exports as workers hold them. The number of the attempt tells a worker from the
//! one that relieved it: it only grows.

use baitline_domain::ids::{ClientId, ExportId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use super::packaged::{insert_planned, save_package};
use super::{CANDIDATES, LEASE, MAX_ATTEMPTS};
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::{Export, ExportState, Package};
use crate::now;
use crate::schema::exports;
use crate::sql_types::Db;

/// Takes up the oldest export that waits, or that a silent worker left. One
/// that every worker left is failed on the way, and does not keep the next one
/// waiting. Run as the agency.
pub fn claim_export(conn: &mut Conn) -> StoreResult<Option<Export>> {
    while let Some(export) = oldest_to_claim(conn)? {
        if export.attempts_in_vain < MAX_ATTEMPTS {
            return take_up(conn, &export).map(Some);
        }
        let problem = Some("given up after several attempts".to_owned());
        end_export(conn, &export, ExportState::Failed, problem)?;
    }
    Ok(None)
}

/// The one that waited longest and that no other worker is taking up: one that was put
/// back, since its days are not computed, does not keep the others waiting. It is looked for without a lock,
/// and then locked by its client and id: a lock is one client's affair.
fn oldest_to_claim(conn: &mut Conn) -> StoreResult<Option<Export>> {
    let silent_since = now() - LEASE;
    let is_free = || {
        exports::state.eq(Db(ExportState::Queued)).or(exports::state
            .eq(Db(ExportState::Running))
            .and(exports::updated_at.lt(Db(silent_since))))
    };
    let at = now();
    let candidates: Vec<(ClientId, ExportId)> = on!(conn, c => exports::table
        .filter(is_free())
        .filter(exports::waits_until.is_null().or(exports::waits_until.le(Some(at))))
        .order((exports::updated_at, exports::id))
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
            exports::attempts_in_vain.eq(export.attempts_in_vain + 1),
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

/// Keeps what became of a package; `false` when the export was cancelled or another
/// worker has taken it over, and then nothing is kept. Whoever has got on is a worker
/// that lives, so the attempts in vain begin anew.
pub fn finish_package(conn: &mut Conn, export: &Export, package: &Package) -> StoreResult<bool> {
    let moved = on!(conn, c => diesel::update(exports::table.find((Db(export.client_id), Db(export.id))))
        .filter(exports::state.eq(Db(ExportState::Running)))
        .filter(exports::attempts.eq(export.attempts))
        .set((exports::attempts_in_vain.eq(0), exports::updated_at.eq(Db(now()))))
        .execute(c))?;
    if moved == 1 {
        save_package(conn, package)?;
    }
    Ok(moved == 1)
}

/// Plans a package for each of these numbers, in their order and all sealed at one
/// moment. Those planned before stay. `None` when another worker holds the export.
pub fn plan_packages(
    conn: &mut Conn,
    export: &Export,
    callers: &[Phone],
    sealed_at: Instant,
) -> StoreResult<Option<Export>> {
    let moved: Option<Export> = on!(conn, c => diesel::update(
            exports::table.find((Db(export.client_id), Db(export.id))))
        .filter(exports::state.eq(Db(ExportState::Running)))
        .filter(exports::attempts.eq(export.attempts))
        .set((exports::planned_at.eq(Some(sealed_at)), exports::updated_at.eq(Db(now()))))
        .returning(Export::as_returning())
        .get_result(c)
        .optional())?;
    if moved.is_some() {
        insert_planned(conn, export, callers, sealed_at)?;
    }
    Ok(moved)
}

/// Gives an export back that met an outage, which does not count as an attempt:
/// a store that is away for an hour must not fail what was asked for. It is
/// taken up again once its lease has run out.
pub fn give_back_export(conn: &mut Conn, export: &Export) -> StoreResult<()> {
    on!(conn, c => diesel::update(exports::table.find((Db(export.client_id), Db(export.id))))
        .filter(exports::state.eq(Db(ExportState::Running)))
        .filter(exports::attempts.eq(export.attempts))
        .set((
            exports::attempts_in_vain.eq(exports::attempts_in_vain - 1),
            exports::updated_at.eq(Db(now())),
        ))
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
            exports::attempts_in_vain.eq(0),
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
            exports::waits_until.eq(None::<Instant>),
            exports::waits_for.eq(None::<String>),
            exports::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}
