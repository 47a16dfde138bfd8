//! Recordings are never replaced, and labels need something that was heard.

use baitline_domain::ids::ObservationId;
use baitline_domain::label::LabelKind;
use baitline_store::models::NewLabel;
use baitline_store::recordings::{self, Put};
use baitline_store::{Constraint, Reach, StoreError, labels};
use baitline_testkit::on_both;

use crate::support::{at, open, phone, report, rows};
use crate::world::{CALLER, call, furnish, new_label, recording};

#[test]
fn the_same_bytes_again_are_no_news_and_other_bytes_are_refused() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let (client, observation) = (furnished.client.id, furnished.observation);
        let put = |byte| {
            let mut new = recording(client, observation, byte);
            new.received_at = at("2026-11-19T00:00:00Z");
            opened.store.write(Reach::Client(client), |c| recordings::put_recording(c, &new))
        };
        let (what, kept) = put(1).unwrap();
        assert_eq!((what, kept.clone()), (Put::Same, recording(client, observation, 1)));
        let differs = put(2);
        assert!(
            matches!(differs, Err(StoreError::Constraint(Constraint::RecordingDiffers))),
            "{differs:?}"
        );
        let found =
            opened.as_client(client, |conn| recordings::find_recording(conn, client, observation));
        assert_eq!(found, kept, "the first one stays");
    });
}

#[test]
fn a_new_recording_is_kept_and_found_with_its_observation() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let client = furnished.client.id;
        let second = report(&furnished.source, "2", ("", ""), at("2026-11-11T09:00:00Z"));
        opened.ingest(client, std::slice::from_ref(&second));
        let new = recording(client, second.id, 7);
        let (what, kept) = opened.as_client(client, |conn| recordings::put_recording(conn, &new));
        assert_eq!((what, kept), (Put::New, new.clone()));
        let ids = [second.id, ObservationId(uuid::Uuid::now_v7())];
        let found = opened.as_client(client, |conn| recordings::recordings_of(conn, client, &ids));
        assert_eq!(found, [new]);
    });
}

#[test]
fn a_recording_needs_an_observation_of_its_client() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
        let new = recording(ours.client.id, theirs.observation, 7);
        let refused = opened
            .store
            .write(Reach::Client(ours.client.id), |conn| recordings::put_recording(conn, &new));
        assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
        assert_eq!(rows(&opened.database, "recordings"), 2);
    });
}

#[test]
fn a_call_nobody_can_have_heard_takes_no_label() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let client = furnished.client.id;
        let silent = report(&furnished.source, "2", ("", ""), at("2026-11-11T09:00:00Z"));
        opened.ingest(client, std::slice::from_ref(&silent));
        let call = call(furnished.bait.id, silent.id, phone(CALLER), silent.reported_at);
        let new = new_label(LabelKind::Advertising);
        let refused = opened.store.write(Reach::Client(client), |conn| {
            labels::add_label(conn, client, &call, &new, "ключ")
        });
        assert!(
            matches!(refused, Err(StoreError::Constraint(Constraint::NoRecording))),
            "{refused:?}"
        );
        assert_eq!(rows(&opened.database, "labels"), 1);
    });
}

#[test]
fn labels_are_only_ever_added_and_come_oldest_first() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let client = furnished.client.id;
        let new = NewLabel {
            robot: Some(true),
            consent_given: true,
            stop_demanded: true,
            company: Some("ООО «Окна»".to_owned()),
            callback_number: Some(phone(CALLER)),
            site: Some("example.ru".to_owned()),
            number_origin: Some("из базы".to_owned()),
            transcript: Some("Здравствуйте…".to_owned()),
            ..new_label(LabelKind::WrongNumber)
        };
        let second = opened.as_client(client, |conn| {
            labels::add_label(conn, client, &furnished.call, &new, "второй ключ")
        });
        assert_eq!((second.transcript.clone(), second.robot), (new.transcript, Some(true)));
        let found = opened.as_client(client, |conn| {
            labels::labels_of(conn, client, &furnished.call.observations)
        });
        assert_eq!(found, [furnished.label, second]);
    });
}
