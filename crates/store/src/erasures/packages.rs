//! Packages of what is erased: of a number, and of complaints that name it beside
//! others, which are one package. One of a living complaint is what an office has, and
//! stays.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use baitline_domain::ids::{ClientId, ComplaintId, ExportId, PackageId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use super::remove::{delete, living};
use super::victims::Victim;
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::exports::ExportRequest;
use crate::models::{ErasureCounts, ExportState};
use crate::schema::{complaint_calls, export_files, export_packages, exports};
use crate::sql_types::{Db, db_all};
use crate::{now, stored_text};

/// A package, and the request of its export.
struct Found {
    id: PackageId,
    export: ExportId,
    caller: Phone,
    /// Of those that were asked for, whose calls are in it.
    holds: BTreeSet<Phone>,
    request: ExportRequest,
}

/// The id of a package, of its export, its number, and the export's request as JSON.
type FoundRow = (PackageId, ExportId, Phone, String);

/// The packages of a client with their exports, for another filter.
macro_rules! packages {
    ($client:expr) => {
        export_packages::table
            .inner_join(
                exports::table.on(exports::client_id
                    .eq(export_packages::client_id)
                    .and(exports::id.eq(export_packages::export_id))),
            )
            .filter(export_packages::client_id.eq(Db($client)))
            .select((
                export_packages::id,
                export_packages::export_id,
                export_packages::caller,
                exports::request,
            ))
    };
}

/// Removes the packages that one of these calls may be in.
pub(super) fn of_calls(
    conn: &mut Conn,
    client: ClientId,
    victims: &[Victim],
    subjects: &mut Vec<Uuid>,
) -> StoreResult<ErasureCounts> {
    let callers: BTreeSet<Phone> = victims.iter().filter_map(|one| one.party).collect();
    let callers: Vec<Phone> = callers.into_iter().collect();
    let found = found(conn, client, &callers)?.into_iter().filter(|package| {
        let period = package.request.from()..package.request.to();
        let is_in = |one: &Victim| one.party.is_some_and(|party| package.holds.contains(&party));
        victims.iter().any(|one| is_in(one) && period.contains(&one.at))
    });
    remove(conn, client, found.collect(), subjects)
}

/// Removes the packages of a number.
pub(super) fn of_number(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<ErasureCounts> {
    let found = found(conn, client, &[number])?;
    remove(conn, client, found, subjects)
}

/// Removes packages that were sealed before that moment.
pub(super) fn sealed_before(
    conn: &mut Conn,
    client: ClientId,
    before: Instant,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<ErasureCounts> {
    let callers: Vec<Phone> = on!(conn, c => export_packages::table
        .filter(export_packages::client_id.eq(Db(client)))
        .filter(export_packages::sealed_at.lt(Db(before)))
        .select(export_packages::caller)
        .distinct()
        .load(c))?;
    let old: Vec<PackageId> = on!(conn, c => export_packages::table
        .filter(export_packages::client_id.eq(Db(client)))
        .filter(export_packages::sealed_at.lt(Db(before)))
        .select(export_packages::id)
        .load(c))?;
    let found = found(conn, client, &callers)?.into_iter().filter(|one| old.contains(&one.id));
    remove(conn, client, found.collect(), subjects)
}

/// How many packages of a number would go.
pub(super) fn count(conn: &mut Conn, client: ClientId, number: Phone) -> StoreResult<u64> {
    let found = found(conn, client, &[number])?;
    Ok(free(conn, client, found)?.len() as u64)
}

fn found(conn: &mut Conn, client: ClientId, callers: &[Phone]) -> StoreResult<Vec<Found>> {
    let mut found = BTreeMap::new();
    let rows: Vec<FoundRow> = on!(conn, c => packages!(client)
        .filter(export_packages::caller.eq_any(db_all(callers)))
        .load(c))?;
    for row in rows {
        let caller = row.2;
        add(&mut found, row, caller)?;
    }
    let named: Vec<(ComplaintId, Phone)> = on!(conn, c => complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(client)))
        .filter(complaint_calls::caller.eq_any(db_all(callers)))
        .select((complaint_calls::complaint_id, complaint_calls::caller))
        .distinct()
        .load(c))?;
    for (complaint, caller) in named {
        let rows: Vec<FoundRow> = on!(conn, c => packages!(client)
            .filter(exports::request.like(format!("%{complaint}%")))
            .load(c))?;
        for row in rows {
            add(&mut found, row, caller)?;
        }
    }
    Ok(found.into_values().collect())
}

fn add(
    found: &mut BTreeMap<PackageId, Found>,
    (id, export, caller, request): FoundRow,
    holds: Phone,
) -> StoreResult<()> {
    let one = match found.entry(id) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(place) => {
            let request = stored_text::read(&request)?;
            place.insert(Found { id, export, caller, holds: BTreeSet::new(), request })
        }
    };
    one.holds.insert(holds);
    Ok(())
}

/// Those that no living complaint needs: one that names it, or, where packages were
/// asked for by the state of complaints, one of the number's.
fn free(conn: &mut Conn, client: ClientId, found: Vec<Found>) -> StoreResult<Vec<Found>> {
    let living: BTreeSet<ComplaintId> = living(conn, client)?.into_iter().collect();
    let all: Vec<ComplaintId> = living.iter().copied().collect();
    let accused: BTreeSet<Phone> = on!(conn, c => complaint_calls::table
        .filter(complaint_calls::client_id.eq(Db(client)))
        .filter(complaint_calls::complaint_id.eq_any(db_all(&all)))
        .filter(complaint_calls::released.eq(false))
        .select(complaint_calls::caller)
        .load::<Phone>(c))?
    .into_iter()
    .collect();
    let is_held = |one: &Found| {
        let narrowed = &one.request.narrowed_to;
        narrowed.complaint.is_some_and(|id| living.contains(&id))
            || (narrowed.complaint_state.is_some() && accused.contains(&one.caller))
    };
    Ok(found.into_iter().filter(|one| !is_held(one)).collect())
}

/// Removes packages with the index beside them, which names them, and stops exports
/// that would build them again.
fn remove(
    conn: &mut Conn,
    client: ClientId,
    found: Vec<Found>,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<ErasureCounts> {
    let free = free(conn, client, found)?;
    let ids: Vec<PackageId> = free.iter().map(|one| one.id).collect();
    let of: BTreeSet<ExportId> = free.iter().map(|one| one.export).collect();
    let of: Vec<ExportId> = of.into_iter().collect();
    subjects.extend(ids.iter().map(|id| id.0));
    subjects.extend(of.iter().map(|id| id.0));
    stop(conn, client, &of)?;
    delete!(conn, client, export_files.export_id in &of);
    let packages = delete!(conn, client, export_packages.id in &ids);
    Ok(ErasureCounts { packages, ..ErasureCounts::default() })
}

fn stop(conn: &mut Conn, client: ClientId, ids: &[ExportId]) -> StoreResult<()> {
    on!(conn, c => diesel::update(exports::table
            .filter(exports::client_id.eq(Db(client)))
            .filter(exports::id.eq_any(db_all(ids)))
            .filter(exports::state.eq_any([Db(ExportState::Queued), Db(ExportState::Running)])))
        .set((exports::state.eq(Db(ExportState::Cancelled)), exports::updated_at.eq(Db(now()))))
        .execute(c))?;
    Ok(())
}

/// Takes a number out of what exports were asked for; one that asked for nothing else
/// goes, with what may be left of it.
pub(super) fn requests(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    subjects: &mut Vec<Uuid>,
) -> StoreResult<u64> {
    let pattern = format!("%{number}%");
    let rows: Vec<(ExportId, String)> = on!(conn, c => exports::table
        .filter(exports::client_id.eq(Db(client)))
        .filter(exports::request.like(&pattern))
        .select((exports::id, exports::request))
        .load(c))?;
    let mut changed = 0;
    for (id, text) in rows {
        let mut request: ExportRequest = stored_text::read(&text)?;
        request.numbers.retain(|one| *one != number);
        subjects.push(id.0);
        changed += 1;
        stop(conn, client, &[id])?;
        if request.numbers.is_empty() {
            delete!(conn, client, export_files.export_id in &[id]);
            delete!(conn, client, export_packages.export_id in &[id]);
            delete!(conn, client, exports.id in &[id]);
        } else {
            let text = stored_text::write(&request)?;
            on!(conn, c => diesel::update(exports::table.find((Db(client), Db(id))))
                .set(exports::request.eq(text.clone()))
                .execute(c))?;
        }
    }
    Ok(changed)
}
