//! Devices: phones that record calls, and which SIM was in them when.

use baitline_domain::ids::{ClientId, DeviceBindingId, DeviceId};
use baitline_domain::instant::Instant;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{
    Bait, BindingChanges, Device, DeviceBinding, NewBinding, NewDevice, SourceKind,
};
use crate::schema::{device_bindings as bindings, devices};
use crate::sql_types::{Db, db_all};
use crate::{Page, baits, now, sources};

/// Enters a device with the SIM that is in it.
pub fn create_device(
    conn: &mut Conn,
    client: ClientId,
    new: &NewDevice,
) -> StoreResult<(Device, DeviceBinding)> {
    let source = match sources::find_source(conn, Reach::Client(client), new.source) {
        Err(StoreError::NotFound) => return Err(Constraint::UnknownSource.into()),
        other => other?,
    };
    if source.kind != SourceKind::RecorderApp {
        return Err(Constraint::NotARecorder.into());
    }
    let device = Device {
        client_id: client,
        id: DeviceId(Uuid::now_v7()),
        name: new.name.clone(),
        source_id: new.source,
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(devices::table).values(device.clone()).execute(c))?;
    let binding = insert_binding(conn, &device, &new.binding)?;
    Ok((device, binding))
}

fn insert_binding(
    conn: &mut Conn,
    device: &Device,
    new: &NewBinding,
) -> StoreResult<DeviceBinding> {
    let client = device.client_id;
    match baits::find_bait(conn, Reach::Client(client), new.bait) {
        Err(StoreError::NotFound) => return Err(Constraint::UnknownBait.into()),
        other => other?,
    };
    let row = DeviceBinding {
        client_id: client,
        id: DeviceBindingId(Uuid::now_v7()),
        device_id: device.id,
        bait_id: new.bait,
        valid_from: new.valid_from,
        valid_to: new.valid_to,
        created_at: now(),
    };
    refuse_overlap(conn, &row)?;
    on!(conn, c => diesel::insert_into(bindings::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// Binds a device to another SIM. One that was in it until now ends where the
/// new one begins.
pub fn bind_device(
    conn: &mut Conn,
    client: ClientId,
    id: DeviceId,
    new: &NewBinding,
) -> StoreResult<DeviceBinding> {
    let device = lock_device(conn, client, id)?;
    if let Some(from) = new.valid_from {
        on!(conn, c => diesel::update(bindings::table
            .filter(bindings::client_id.eq(Db(client)))
            .filter(bindings::device_id.eq(Db(id)))
            .filter(bindings::valid_to.is_null())
            .filter(bindings::valid_from.is_null().or(bindings::valid_from.lt(Some(from)))))
            .set(bindings::valid_to.eq(Some(from)))
            .execute(c))?;
    }
    insert_binding(conn, &device, new)
}

/// Changes when a SIM was in a device. Calls already read from names of files
/// stay with the bait that was bound then.
pub fn update_binding(
    conn: &mut Conn,
    client: ClientId,
    device: DeviceId,
    id: DeviceBindingId,
    changes: &BindingChanges,
) -> StoreResult<DeviceBinding> {
    lock_device(conn, client, device)?;
    let mut row = on!(conn, c => bindings::table
        .find((Db(client), Db(id)))
        .filter(bindings::device_id.eq(Db(device)))
        .select(DeviceBinding::as_select())
        .first(c))?;
    if changes.valid_from.is_none() && changes.valid_to.is_none() {
        return Ok(row);
    }
    row.valid_from = changes.valid_from.unwrap_or(row.valid_from);
    row.valid_to = changes.valid_to.unwrap_or(row.valid_to);
    refuse_overlap(conn, &row)?;
    Ok(on!(conn, c => diesel::update(bindings::table.find((Db(client), Db(id))))
        .set(changes)
        .returning(DeviceBinding::as_returning())
        .get_result(c))?)
}

/// Two bindings made at the same moment wait for each other here, so that
/// their overlap is seen.
fn lock_device(conn: &mut Conn, client: ClientId, id: DeviceId) -> StoreResult<Device> {
    let query = devices::table.find((Db(client), Db(id)));
    Ok(match conn {
        Conn::Postgres(c) => query.select(Device::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => query.select(Device::as_select()).first(c)?,
    })
}

fn refuse_overlap(conn: &mut Conn, row: &DeviceBinding) -> StoreResult<()> {
    let others = bindings_of(conn, row.client_id, &[row.device_id])?;
    let overlaps = others.iter().any(|other| other.id != row.id && other.meets(row));
    if overlaps { Err(Constraint::BindingOverlaps.into()) } else { Ok(()) }
}

/// The devices within reach, in order of id.
pub fn list_devices(conn: &mut Conn, reach: Reach, page: Page) -> StoreResult<Vec<Device>> {
    Ok(on!(conn, c => {
        let mut query = devices::table.select(Device::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(devices::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(devices::id.gt(Db(DeviceId(after))));
        }
        query.order(devices::id).limit(page.limit).load(c)
    })?)
}

/// One device within reach.
pub fn find_device(conn: &mut Conn, reach: Reach, id: DeviceId) -> StoreResult<Device> {
    Ok(on!(conn, c => {
        let mut query = devices::table.select(Device::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(devices::client_id.eq(Db(client)));
        }
        query.filter(devices::id.eq(Db(id))).first(c)
    })?)
}

/// The bindings of these devices of one client, in order of entry.
pub fn bindings_of(
    conn: &mut Conn,
    client: ClientId,
    of: &[DeviceId],
) -> StoreResult<Vec<DeviceBinding>> {
    Ok(on!(conn, c => bindings::table
        .filter(bindings::client_id.eq(Db(client)))
        .filter(bindings::device_id.eq_any(db_all(of)))
        .order(bindings::id)
        .select(DeviceBinding::as_select())
        .load(c))?)
}

/// The bait whose SIM was in a device at a moment.
pub(crate) fn bait_at(
    conn: &mut Conn,
    client: ClientId,
    device: DeviceId,
    at: Instant,
) -> StoreResult<Option<Bait>> {
    let bound = bindings_of(conn, client, &[device])?;
    let Some(bait) = bound.iter().find(|one| one.holds_at(at)).map(|one| one.bait_id) else {
        return Ok(None);
    };
    Ok(Some(baits::find_bait(conn, Reach::Client(client), bait)?))
}
