//! Recordings that a phone's files bring: whatever comes first, the call is one,
//! and whoever derives from recordings learns of a new one.

use baitline_domain::ids::{Identity, ObservationId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::named_call::NamedCall;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::phone::Party;
use baitline_store::device_files::{Reading, keep_file};
use baitline_store::models::{
    Amendment, Correcting, Device, NewBinding, NewDevice, NewSource, SourceKind, WaitingReason,
    WaitingRecording,
};
use baitline_store::recordings::Put;
use baitline_store::waiting_recordings::Place;
use baitline_store::{Reach, devices, sources};
use baitline_testkit::on_both;

use crate::scene::{Derived, Scene, at};
use crate::story::{FOREIGN, Story};

fn phone(scene: &Scene, story: &Story) -> Device {
    let new = NewSource {
        name: "phone".to_owned(),
        kind: SourceKind::RecorderApp,
        time_zone: "UTC".to_owned(),
        clock_offset: Span(0),
        uncertainty: Span::seconds(5),
    };
    scene.as_client(story.client, |conn| {
        let source = sources::create_source(conn, story.client, &new)?.id;
        let binding = NewBinding { bait: story.bait, valid_from: None, valid_to: None };
        let new = NewDevice { name: "Redmi".to_owned(), source, binding };
        Ok(devices::create_device(conn, story.client, &new)?.0)
    })
}

fn file(
    scene: &Scene,
    device: &Device,
    name: &str,
    (direction, reported_at): (Option<Direction>, Instant),
) -> (Put, Place) {
    let identity = Identity::External(name);
    let file = WaitingRecording {
        client_id: device.client_id,
        observation_id: ObservationId::derive(device.client_id, device.source_id, &identity),
        source_id: device.source_id,
        external_id: name.to_owned(),
        device_id: Some(device.id),
        reason: WaitingReason::NameNotUnderstood,
        sha256: vec![7; 32],
        bytes: 100,
        media_type: "audio/amr".to_owned(),
        sniffed_type: "audio/amr".to_owned(),
        original_name: Some(name.to_owned()),
        duration_milliseconds: Some(1_000),
        duration_missing: None,
        received_at: at("2026-11-20T00:00:00Z"),
        assigned_to: None,
        assigned_at: None,
        assigned_by: None,
    };
    let number = format!("+{FOREIGN}");
    let reading = Reading::Call(NamedCall {
        reported_at,
        reported_at_raw: reported_at.to_string(),
        direction,
        party: Some(Party::read(Some(&number))),
        party_raw: Some(number),
        channel: Channel::Pstn,
    });
    scene.as_client(device.client_id, |conn| keep_file(conn, &file, &reading, true))
}

#[test]
fn a_named_file_and_the_report_of_its_call_are_one_call_whichever_comes_first() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let device = phone(&scene, &story);
        let start = at("2026-11-10T09:00:00Z");
        let told = |at: Instant| (Some(Direction::Incoming), at);
        story.ingest(&scene, &[story.call("early", FOREIGN, start)]);
        file(&scene, &device, "late.amr", told(start + Span::seconds(5)));
        let next = start + Span::hours(1);
        file(&scene, &device, "early.amr", told(next + Span::seconds(5)));
        story.ingest(&scene, &[story.call("late", FOREIGN, next)]);
        let derived = scene.settled();
        let calls: Vec<_> = derived
            .calls
            .iter()
            .map(|one| {
                (one.call.started_at, one.call.observations.len(), one.call.connected_seconds)
            })
            .collect();
        assert_eq!(calls, [(start, 2, 60), (next, 2, 60)]);
    });
}

#[test]
fn a_recording_that_goes_to_a_settled_call_leaves_its_day_to_be_derived_again() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let device = phone(&scene, &story);
        let start = at("2026-11-10T09:00:00Z");
        let call = story.call("1", FOREIGN, start);
        story.ingest(&scene, std::slice::from_ref(&call));
        let before = scene.settled();
        let (put, place) =
            file(&scene, &device, "named at its end.amr", (None, start + Span::seconds(150)));
        let Place::Call(recording) = place else { panic!("{place:?}") };
        assert_eq!((put, recording.observation_id, recording.derived), (Put::New, call.id, true));
        assert!(scene.pending() > 0, "nobody would learn of the recording");
        let recordings = |derived: &Derived| derived.calls[0].recordings;
        assert_eq!((recordings(&before), recordings(&scene.settled())), (0, 1));
    });
}

#[test]
fn a_report_that_people_moved_or_voided_still_takes_the_file_of_its_call() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let device = phone(&scene, &story);
        let reach = Reach::Client(story.client);
        let source = scene.agency(|conn| sources::find_source(conn, reach, device.source_id));
        let moved_to = at("2026-11-10T11:00:00Z");
        let moving = Amendment { occurred_at_micros: Some(moved_to.0), ..Amendment::default() };
        let corrections = [("moved", Correcting::Amend(moving)), ("voided", Correcting::Void)];
        for (hour, (name, correcting)) in (0..).zip(corrections) {
            let start = at("2026-11-10T08:00:00Z") + Span::hours(hour);
            let call = story.seen_by(&source, name, Some(FOREIGN), start);
            story.ingest(&scene, std::slice::from_ref(&call));
            story.correct(&scene, &call, correcting);
            let told = (Some(Direction::Incoming), start + Span::seconds(5));
            let (put, place) = file(&scene, &device, &format!("{name}.amr"), told);
            let Place::Call(recording) = place else { panic!("{place:?}") };
            assert_eq!((put, recording.observation_id), (Put::New, call.id), "{name}");
            let later = (Some(Direction::Incoming), start + Span::seconds(20 * 60));
            let (_, place) = file(&scene, &device, &format!("another after {name}.amr"), later);
            let Place::Call(recording) = place else { panic!("{place:?}") };
            assert_ne!(recording.observation_id, call.id, "a later call is its own");
        }
        let derived = scene.settled();
        let starts: Vec<_> = derived.calls.iter().map(|one| one.call.started_at).collect();
        let others = ["08:20:00", "09:20:00"].map(|time| at(&format!("2026-11-10T{time}Z")));
        assert_eq!(starts, [others[0], others[1], moved_to]);
    });
}
