//! Recordings that come before their call: joined by the ingest that brings it,
//! whoever is faster, and never replaced.

use baitline_domain::ids::{ClientId, Identity, ObservationId};
use baitline_domain::observation::Report;
use baitline_store::models::{Recording, Source, WaitingReason, WaitingRecording};
use baitline_store::recordings::{self, Put};
use baitline_store::waiting_recordings::{self as waiting, Place, WaitingPage};
use baitline_store::{Constraint, Reach, StoreError, StoreResult, observations};
use baitline_testkit::on_both;

use crate::support::{self, NO_DAYS, Opened, at, open, report, rows};
use crate::world::recording;

/// How often a recording and its call race.
const RACES: usize = 60;

/// A recording that waits.
pub(crate) fn furnish(opened: &Opened, source: &Source) {
    put(opened, &row(source, "never reported", 9)).unwrap();
}

fn row(source: &Source, external_id: &str, byte: u8) -> WaitingRecording {
    let id = Identity::External(external_id);
    let id = ObservationId::derive(source.client_id, source.id, &id);
    let kept = recording(source.client_id, id, byte);
    WaitingRecording {
        client_id: source.client_id,
        observation_id: id,
        source_id: source.id,
        external_id: external_id.to_owned(),
        device_id: None,
        reason: WaitingReason::CallNotReported,
        sha256: kept.sha256,
        bytes: kept.bytes,
        media_type: kept.media_type,
        sniffed_type: kept.sniffed_type,
        original_name: Some("запись.wav".to_owned()),
        duration_milliseconds: Some(2_000),
        duration_missing: None,
        received_at: kept.received_at,
        assigned_to: None,
        assigned_at: None,
        assigned_by: None,
    }
}

fn put(opened: &Opened, row: &WaitingRecording) -> StoreResult<(Put, Place)> {
    opened.store.write(Reach::Client(row.client_id), |conn| waiting::put_by_id(conn, row))
}

fn list(opened: &Opened, client: ClientId) -> Vec<WaitingRecording> {
    let page = WaitingPage { after: None, limit: 100 };
    opened.as_client(client, |conn| waiting::list_waiting(conn, Reach::Client(client), page))
}

fn found(opened: &Opened, client: ClientId, id: ObservationId) -> StoreResult<Recording> {
    opened.store.read(Reach::Client(client), |conn| recordings::find_recording(conn, client, id))
}

fn call(source: &Source, external_id: &str) -> Report {
    let ends = ("+74951234567", "+79001112233");
    report(source, external_id, ends, at("2026-11-11T09:00:00Z"))
}

fn prepared(opened: &Opened) -> (ClientId, Source) {
    let client = opened.client("наш").id;
    opened.bait(client, 79_001_112_233);
    (client, opened.source(client, "АТС"))
}

#[test]
fn a_recording_may_come_before_its_call_and_is_joined_by_the_ingest() {
    on_both(|database| {
        let opened = open(database);
        let (client, source) = prepared(&opened);
        let early = row(&source, "1", 7);
        assert_eq!(put(&opened, &early).unwrap(), (Put::New, Place::Waiting(early.clone())));
        assert_eq!(put(&opened, &early).unwrap(), (Put::Same, Place::Waiting(early.clone())));
        let other = put(&opened, &row(&source, "1", 8));
        assert!(
            matches!(other, Err(StoreError::Constraint(Constraint::RecordingDiffers))),
            "{other:?}"
        );
        assert_eq!(list(&opened, client), std::slice::from_ref(&early));
        opened.ingest(client, &[call(&source, "2")]);
        assert_eq!(list(&opened, client).len(), 1, "another call takes nothing");
        opened.ingest(client, &[call(&source, "1")]);
        let kept = found(&opened, client, early.observation_id).unwrap();
        assert_eq!(kept, early.at(early.observation_id, false));
        assert_eq!(
            (kept.original_name.as_deref(), kept.duration_milliseconds),
            (Some("запись.wav"), Some(2_000))
        );
        assert_eq!(list(&opened, client), [], "nothing waits any longer");
        assert_eq!(put(&opened, &early).unwrap(), (Put::Same, Place::Call(kept)));
        let other = put(&opened, &row(&source, "1", 8));
        assert!(
            matches!(other, Err(StoreError::Constraint(Constraint::RecordingDiffers))),
            "{other:?}"
        );
    });
}

#[test]
fn a_recording_touches_the_days_of_its_call_once_its_bait_is_known() {
    on_both(|database| {
        let opened = open(database);
        let (client, source) = prepared(&opened);
        let stray =
            report(&source, "3", ("+74951234567", "+79001112299"), at("2026-11-11T09:00:00Z"));
        opened.ingest(client, &[call(&source, "1"), stray]);
        opened.settle_all();
        put(&opened, &row(&source, "3", 6)).unwrap();
        assert_eq!(opened.waiting_days(client), NO_DAYS, "its bait is not known");
        put(&opened, &row(&source, "1", 7)).unwrap();
        let day = at("2026-11-11T09:00:00Z").day().0;
        assert_eq!(opened.waiting_days(client), [day]);
        opened.settle_all();
        put(&opened, &row(&source, "1", 7)).unwrap();
        assert_eq!(opened.waiting_days(client), NO_DAYS, "the same bytes are no news");
        opened.bait(client, 79_001_112_299);
        opened.expand_all();
        let touched = opened.waiting_days(client);
        assert!(touched.contains(&day), "the bait that appears touches the day: {touched:?}");
    });
}

#[test]
fn whichever_of_a_recording_and_its_call_commits_first_they_find_each_other() {
    on_both(|database| {
        let opened = open(database);
        let (client, source) = prepared(&opened);
        for race in 0..RACES {
            let name = format!("race {race}");
            std::thread::scope(|scope| {
                scope.spawn(|| put(&opened, &row(&source, &name, 7)).unwrap());
                scope.spawn(|| {
                    let (reports, now) = ([call(&source, &name)], at("2026-11-12T00:00:00Z"));
                    opened.store.write(Reach::Client(client), |conn| {
                        observations::ingest(conn, client, &reports, now)
                    })
                });
            });
        }
        assert_eq!(list(&opened, client), []);
        assert_eq!(rows(&opened.database, "recordings"), RACES as i64);
    });
}

#[test]
fn a_person_gives_a_waiting_recording_to_one_call_and_no_other() {
    on_both(|database| {
        let opened = open(database);
        let (client, source) = prepared(&opened);
        let early = row(&source, "1", 7);
        put(&opened, &early).unwrap();
        let calls = [call(&source, "2"), call(&source, "3")];
        let ids: Vec<_> = opened.ingest(client, &calls).iter().map(|one| one.id).collect();
        let assign = |to: ObservationId| {
            opened.store.write(Reach::Client(client), |conn| {
                waiting::assign(conn, client, early.observation_id, to, "ключ")
            })
        };
        assert_eq!(assign(ids[0]).unwrap(), early.at(ids[0], false));
        assert_eq!(assign(ids[0]).unwrap().observation_id, ids[0]);
        let other = assign(ids[1]);
        assert!(
            matches!(other, Err(StoreError::Constraint(Constraint::RecordingAssigned))),
            "{other:?}"
        );
        assert_eq!(list(&opened, client), []);
        let by = "SELECT count(*) FROM waiting_recordings WHERE assigned_by = 'ключ'";
        assert_eq!(support::count(&opened.database, by), 1);
        assert!(matches!(found(&opened, client, ids[1]), Err(StoreError::NotFound)));
    });
}

#[test]
fn a_recording_waits_for_a_call_of_its_own_client_alone() {
    on_both(|database| {
        let opened = open(database);
        let (client, source) = prepared(&opened);
        let other = opened.client("чужой").id;
        let theirs = opened.source(other, "АТС");
        put(&opened, &row(&source, "1", 7)).unwrap();
        opened.bait(other, 79_001_112_233);
        opened.ingest(other, &[call(&theirs, "1")]);
        assert_eq!(list(&opened, client).len(), 1);
        assert_eq!(list(&opened, other), []);
        let id = row(&source, "1", 7).observation_id;
        let seen = opened.store.read(Reach::Client(other), |conn| {
            waiting::find_waiting(conn, Reach::Client(other), id)
        });
        assert!(matches!(seen, Err(StoreError::NotFound)), "{seen:?}");
    });
}
