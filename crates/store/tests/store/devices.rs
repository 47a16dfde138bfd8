//! Devices: one SIM at a time, one source each, and nothing of another client.

use baitline_domain::ids::{BaitId, ClientId, SourceId};
use baitline_domain::instant::Instant;
use baitline_store::models::{
    BindingChanges, Device, DeviceBinding, NewBinding, NewDevice, NewSource, SourceKind,
};
use baitline_store::{Constraint, Reach, StoreError, StoreResult, devices, sources};
use baitline_testkit::on_both;

use crate::support::{ALL, Opened, at, new_source, open};
use crate::world::furnish as furnish_all;

/// A device with a SIM in it.
pub(crate) fn furnish(opened: &Opened, client: ClientId, bait: BaitId) -> Device {
    let source = recorder(opened, client, "recorder");
    create(opened, client, source, binding(bait, None, None)).unwrap().0
}

fn recorder(opened: &Opened, client: ClientId, name: &str) -> SourceId {
    let new = NewSource { kind: SourceKind::RecorderApp, ..new_source(name) };
    opened.as_client(client, |conn| sources::create_source(conn, client, &new)).id
}

fn binding(bait: BaitId, from: Option<Instant>, to: Option<Instant>) -> NewBinding {
    NewBinding { bait, valid_from: from, valid_to: to }
}

fn create(
    opened: &Opened,
    client: ClientId,
    source: SourceId,
    binding: NewBinding,
) -> StoreResult<(Device, DeviceBinding)> {
    let new = NewDevice { name: "Redmi".to_owned(), source, binding };
    opened.store.write(Reach::Client(client), |conn| devices::create_device(conn, client, &new))
}

fn refusal<T: std::fmt::Debug>(result: StoreResult<T>) -> Constraint {
    match result {
        Err(StoreError::Constraint(constraint)) => constraint,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_sim_ends_the_one_before_and_two_never_share_a_moment() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let (first, second) =
            (opened.bait(client, 79_001_112_233).id, opened.bait(client, 79_001_112_244).id);
        let device = furnish(&opened, client, first);
        let bind = |new: NewBinding| {
            opened.store.write(Reach::Client(client), |conn| {
                devices::bind_device(conn, client, device.id, &new)
            })
        };
        let moved = at("2026-11-10T00:00:00Z");
        let later = bind(binding(second, Some(moved), None)).unwrap();
        let bindings =
            || opened.as_client(client, |conn| devices::bindings_of(conn, client, &[device.id]));
        let periods: Vec<_> =
            bindings().iter().map(|b| (b.bait_id, b.valid_from, b.valid_to)).collect();
        assert_eq!(periods, [(first, None, Some(moved)), (second, Some(moved), None)]);
        let inside = binding(first, Some(at("2026-11-01T00:00:00Z")), Some(moved));
        assert_eq!(refusal(bind(inside)), Constraint::BindingOverlaps);
        let update = |changes: BindingChanges| {
            opened.store.write(Reach::Client(client), |conn| {
                devices::update_binding(conn, client, device.id, later.id, &changes)
            })
        };
        let earlier = BindingChanges {
            valid_from: Some(Some(at("2026-11-09T00:00:00Z"))),
            ..BindingChanges::default()
        };
        assert_eq!(refusal(update(earlier)), Constraint::BindingOverlaps);
        let backwards = BindingChanges {
            valid_to: Some(Some(at("2026-11-09T00:00:00Z"))),
            ..BindingChanges::default()
        };
        assert_eq!(refusal(update(backwards)), Constraint::Backwards);
        let taken_back =
            BindingChanges { valid_to: Some(Some(moved)), ..BindingChanges::default() };
        assert!(!update(taken_back).unwrap().holds_at(moved));
        bind(binding(first, Some(moved), None)).unwrap();
    });
}

#[test]
fn a_device_has_a_recorders_source_of_its_own_and_nothing_of_another_client() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (furnish_all(&opened, "наш"), furnish_all(&opened, "чужой"));
        let client = ours.client.id;
        let mine = binding(ours.bait.id, None, None);
        let pbx = create(&opened, client, ours.source.id, mine);
        assert_eq!(refusal(pbx), Constraint::NotARecorder);
        let foreign = create(&opened, client, theirs.source.id, mine);
        assert_eq!(refusal(foreign), Constraint::UnknownSource);
        let second = recorder(&opened, client, "second");
        let foreign = create(&opened, client, second, binding(theirs.bait.id, None, None));
        assert_eq!(refusal(foreign), Constraint::UnknownBait);
        create(&opened, client, second, mine).unwrap();
        assert_eq!(refusal(create(&opened, client, second, mine)), Constraint::DeviceSourceTaken);
        let reach = Reach::Client(client);
        let own = opened.as_client(client, |conn| devices::list_devices(conn, reach, ALL));
        assert_eq!(own.len(), 2);
        assert_eq!(opened.agency(|conn| devices::list_devices(conn, Reach::Agency, ALL)).len(), 3);
        let not_theirs = own.iter().all(|device| device.client_id == client);
        assert!(not_theirs);
    });
}
