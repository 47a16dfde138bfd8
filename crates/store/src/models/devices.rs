//! Phones that record calls, and the SIMs in them.

use baitline_domain::ids::{BaitId, ClientId, DeviceBindingId, DeviceId, SourceId};
use baitline_domain::instant::Instant;
use diesel::prelude::*;

use crate::schema;
use crate::sql_types::Db;

/// A phone that records calls.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::devices, treat_none_as_default_value = false)]
pub struct Device {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<DeviceId>)]
    pub id: DeviceId,
    /// What people call it.
    pub name: String,
    /// The source its files report as: its clock, and the names it gives.
    #[diesel(serialize_as = Db<SourceId>)]
    pub source_id: SourceId,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

/// A device to enter.
#[derive(Debug, Clone)]
pub struct NewDevice {
    /// What people call it.
    pub name: String,
    /// The source its files report as, a recorder app of no other device.
    pub source: SourceId,
    /// The SIM in it.
    pub binding: NewBinding,
}

/// A time in which one SIM was in a device.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::device_bindings, treat_none_as_default_value = false)]
pub struct DeviceBinding {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<DeviceBindingId>)]
    pub id: DeviceBindingId,
    /// The device.
    #[diesel(serialize_as = Db<DeviceId>)]
    pub device_id: DeviceId,
    /// The SIM.
    #[diesel(serialize_as = Db<BaitId>)]
    pub bait_id: BaitId,
    /// Since when, or always.
    pub valid_from: Option<Instant>,
    /// Until when (exclusive), or until now.
    pub valid_to: Option<Instant>,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl DeviceBinding {
    /// Whether the SIM was in the device at a moment.
    pub fn holds_at(&self, at: Instant) -> bool {
        self.valid_from.is_none_or(|from| from <= at) && self.valid_to.is_none_or(|to| at < to)
    }

    /// Whether two bindings share a moment.
    pub(crate) fn meets(&self, other: &Self) -> bool {
        let begins_before_end = |one: &Self, two: &Self| match (one.valid_from, two.valid_to) {
            (Some(from), Some(to)) => from < to,
            _ => true,
        };
        let is_empty = |one: &Self| one.valid_from.is_some() && one.valid_from == one.valid_to;
        !is_empty(self)
            && !is_empty(other)
            && begins_before_end(self, other)
            && begins_before_end(other, self)
    }
}

/// A binding to enter.
#[derive(Debug, Clone, Copy)]
pub struct NewBinding {
    /// The SIM.
    pub bait: BaitId,
    /// Since when, or always.
    pub valid_from: Option<Instant>,
    /// Until when (exclusive), or until now.
    pub valid_to: Option<Instant>,
}

/// What may change of a binding; `None` leaves it, `Some(None)` empties it.
#[derive(Debug, Clone, Copy, Default, AsChangeset)]
#[diesel(table_name = schema::device_bindings)]
pub struct BindingChanges {
    /// Another beginning.
    pub valid_from: Option<Option<Instant>>,
    /// Another end.
    pub valid_to: Option<Option<Instant>>,
}
