//! Time-stamps of packages, and exports that wait for an authority. One that does
//! not answer one package will not answer the next, so the export waits as a whole.

use baitline_domain::instant::Instant;
use diesel::prelude::*;

use super::keep_export;
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::{Export, ExportState, Package, PackageState};
use crate::now;
use crate::schema::{export_packages as packages, exports};
use crate::sql_types::Db;

/// Keeps the time-stamp of a package before the package itself, so that whoever builds
/// it again has the same one; `false` when the export was cancelled or another worker
/// has taken it over, and then nothing is kept.
pub fn keep_time_stamp(conn: &mut Conn, export: &Export, package: &Package) -> StoreResult<bool> {
    if !keep_export(conn, export)? {
        return Ok(false);
    }
    on!(conn, c => diesel::update(exports::table.find((Db(export.client_id), Db(export.id))))
        .set((exports::stamp_failures.eq(0), exports::waits_for.eq(None::<String>)))
        .execute(c))?;
    on!(conn, c => diesel::update(packages::table.find((Db(package.client_id), Db(package.id))))
        .set((
            packages::time_stamp.eq(&package.time_stamp),
            packages::stamped_at.eq(package.stamped_at),
        ))
        .execute(c))?;
    Ok(true)
}

/// Counts a time-stamp that could not be had and says how many these are in a row;
/// `None` when another worker holds the export or nobody does.
pub fn miss_stamp(conn: &mut Conn, export: &Export) -> StoreResult<Option<i32>> {
    Ok(on!(conn, c => diesel::update(exports::table.find((Db(export.client_id), Db(export.id))))
        .filter(exports::state.eq(Db(ExportState::Running)))
        .filter(exports::attempts.eq(export.attempts))
        .set((
            exports::stamp_failures.eq(exports::stamp_failures + 1),
            exports::updated_at.eq(Db(now())),
        ))
        .returning(exports::stamp_failures)
        .get_result(c)
        .optional())?)
}

/// Puts an export back that this worker holds; none takes it up before `until`.
pub fn await_stamp(
    conn: &mut Conn,
    export: &Export,
    until: Instant,
    waits_for: &str,
) -> StoreResult<()> {
    on!(conn, c => diesel::update(exports::table.find((Db(export.client_id), Db(export.id))))
        .filter(exports::state.eq(Db(ExportState::Running)))
        .filter(exports::attempts.eq(export.attempts))
        .set((
            exports::state.eq(Db(ExportState::Queued)),
            exports::attempts_in_vain.eq(0),
            exports::waits_until.eq(Some(until)),
            exports::waits_for.eq(Some(waits_for)),
            exports::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}

/// Fails all packages of an export that are not built yet: whoever wants them asks
/// for another try. Nothing is changed when another worker holds it.
pub fn fail_unstamped(conn: &mut Conn, export: &Export, problem: &str) -> StoreResult<()> {
    if !keep_export(conn, export)? {
        return Ok(());
    }
    on!(conn, c => diesel::update(packages::table
            .filter(packages::client_id.eq(Db(export.client_id)))
            .filter(packages::export_id.eq(Db(export.id)))
            .filter(packages::state.eq(Db(PackageState::Queued))))
        .set((
            packages::state.eq(Db(PackageState::Failed)),
            packages::problem.eq(Some(problem)),
        ))
        .execute(c))?;
    Ok(())
}
