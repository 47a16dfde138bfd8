//! The packages of exports, and what lies beside them in the archive of all.

use baitline_domain::ids::{ClientId, ExportId, PackageId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use diesel::dsl::count_star;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{StoreError, StoreResult};
use crate::models::{Export, ExportFile, Package, PackageState};
use crate::schema::{export_files as files, export_packages as packages};
use crate::sql_types::Db;
use crate::{Page, audit};

/// The most packages of one export: its archive has an entry for each, and the
/// directory of an archive is made in memory.
pub const MAX_PACKAGES: usize = 20_000;
/// Rows inserted in one statement: 15 columns each stay under SQLite's 32,766
/// binds.
const INSERT_BATCH: usize = 1_000;

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
    let client = super::find_export(conn, reach, export)?.client_id;
    Ok(on!(conn, c => packages::table
        .find((Db(client), Db(id)))
        .filter(packages::export_id.eq(Db(export)))
        .select(Package::as_select())
        .first(c))?)
}

/// A piece of an export's packages, in order of id, of one state where it is given.
pub fn list_packages(
    conn: &mut Conn,
    client: ClientId,
    export: ExportId,
    state: Option<PackageState>,
    page: Page,
) -> StoreResult<Vec<Package>> {
    Ok(on!(conn, c => {
        let mut query = packages::table
            .filter(packages::client_id.eq(Db(client)))
            .filter(packages::export_id.eq(Db(export)))
            .select(Package::as_select())
            .into_boxed();
        if let Some(state) = state {
            query = query.filter(packages::state.eq(Db(state)));
        }
        if let Some(after) = page.after {
            query = query.filter(packages::id.gt(Db(PackageId(after))));
        }
        query.order(packages::id).limit(page.limit).load(c)
    })?)
}

/// The next packages to build, in order of the number complained of.
pub fn queued_packages(
    conn: &mut Conn,
    export: &Export,
    after: Option<Phone>,
    limit: i64,
) -> StoreResult<Vec<Package>> {
    Ok(on!(conn, c => {
        let mut query = packages::table
            .filter(packages::client_id.eq(Db(export.client_id)))
            .filter(packages::export_id.eq(Db(export.id)))
            .filter(packages::state.eq(Db(PackageState::Queued)))
            .select(Package::as_select())
            .into_boxed();
        if let Some(after) = after {
            query = query.filter(packages::caller.gt(Db(after)));
        }
        query.order(packages::caller).limit(limit).load(c)
    })?)
}

/// How many packages of an export stand where; a state without any is absent.
pub fn count_packages(
    conn: &mut Conn,
    client: ClientId,
    export: ExportId,
) -> StoreResult<Vec<(PackageState, i64)>> {
    Ok(on!(conn, c => packages::table
        .filter(packages::client_id.eq(Db(client)))
        .filter(packages::export_id.eq(Db(export)))
        .group_by(packages::state)
        .order(packages::state)
        .select((packages::state, count_star()))
        .load(c))?)
}

/// What the archive of an export holds: the files beside the packages in order of
/// name, and the built packages in order of the number complained of.
pub fn archive_of(
    conn: &mut Conn,
    client: ClientId,
    export: ExportId,
) -> StoreResult<(Vec<ExportFile>, Vec<Package>)> {
    let beside = on!(conn, c => files::table
        .filter(files::client_id.eq(Db(client)))
        .filter(files::export_id.eq(Db(export)))
        .order(files::name)
        .select(ExportFile::as_select())
        .load(c))?;
    let built = on!(conn, c => packages::table
        .filter(packages::client_id.eq(Db(client)))
        .filter(packages::export_id.eq(Db(export)))
        .filter(packages::state.eq_any([Db(PackageState::Draft), Db(PackageState::Ready)]))
        .order(packages::caller)
        .select(Package::as_select())
        .load(c))?;
    Ok((beside, built))
}

/// Puts these files in the place of those beside the packages.
pub fn replace_files(conn: &mut Conn, export: &Export, new: &[ExportFile]) -> StoreResult<()> {
    on!(conn, c => diesel::delete(files::table
        .filter(files::client_id.eq(Db(export.client_id)))
        .filter(files::export_id.eq(Db(export.id))))
        .execute(c))?;
    on!(conn, c => diesel::insert_into(files::table).values(new.to_vec()).execute(c))?;
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
    insert_planned(conn, export, &[caller], sealed_at)?;
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
            packages::signed_by.eq(&package.signed_by),
            packages::crc32.eq(package.crc32),
            packages::time_stamp.eq(&package.time_stamp),
            packages::stamped_at.eq(package.stamped_at),
        ))
        .execute(c))?;
    Ok(())
}

/// Plans a package for each number that has none yet, and keeps with it where the
/// client's chain of the audit has come to.
pub(super) fn insert_planned(
    conn: &mut Conn,
    export: &Export,
    callers: &[Phone],
    sealed_at: Instant,
) -> StoreResult<()> {
    let head = audit::chain_state(conn, export.client_id)?.head;
    let sequence = i64::try_from(head.sequence)?;
    let planned = |caller: &Phone| Package {
        client_id: export.client_id,
        id: PackageId(Uuid::now_v7()),
        export_id: export.id,
        caller: *caller,
        state: PackageState::Queued,
        sealed_at,
        interceptions: 0,
        missing: "[]".to_owned(),
        bytes: None,
        sha256: None,
        problem: None,
        signed_by: None,
        crc32: None,
        audit_sequence: Some(sequence),
        audit_hash: Some(head.hash.to_vec()),
        time_stamp: None,
        stamped_at: None,
    };
    for chunk in callers.chunks(INSERT_BATCH) {
        let rows: Vec<Package> = chunk.iter().map(planned).collect();
        on!(conn, c => diesel::insert_into(packages::table)
            .values(rows)
            .on_conflict_do_nothing()
            .execute(c))?;
    }
    Ok(())
}
