//! Taking reports in: what becomes of each, what is kept, and which days are
//! touched by it.

use baitline_domain::ids::ObservationId;
use baitline_domain::instant::{Day, Span};
use baitline_domain::matching::{LATEST_EFFECT, MATCHING_SPAN};
use baitline_domain::observation::{BaitName, Direction, Ends, Report};
use baitline_domain::phone::Party;
use baitline_store::buckets;
use baitline_store::models::Source;
use baitline_store::observations::{self, OutcomeStatus};
use baitline_store::{Constraint, Reach, StoreError};
use baitline_testkit::on_both;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use OutcomeStatus::{Accepted, Conflict, Duplicate, Updated};

use crate::support::{self, NO_DAYS, Opened, at, count, new_bait, open, phone, report, rows};

const BAIT: &str = "+79001112233";
const CALLER: &str = "+74951234567";

/// A client with a source and, by its number, a bait.
fn prepared(opened: &Opened) -> Source {
    let client = opened.client("наш").id;
    opened.bait(client, 79_001_112_233);
    let source = opened.source(client, "АТС");
    opened.settle_all();
    source
}

fn incoming(source: &Source, id: &str, at_text: &str) -> Report {
    report(source, id, (CALLER, BAIT), at(at_text))
}

fn revision(of: &Report, revision: u32, connected_seconds: u32) -> Report {
    Report { revision, connected_seconds: Some(connected_seconds), ..of.clone() }
}

/// Revision and connected seconds of the row that is valid now.
fn valid(opened: &Opened) -> (i64, i64) {
    (
        count(&opened.database, "SELECT revision FROM observations"),
        count(&opened.database, "SELECT CAST(connected_seconds AS bigint) FROM observations"),
    )
}

/// The connected seconds of every revision that is history, in order.
fn history(opened: &Opened) -> Vec<(i64, i64)> {
    #[derive(QueryableByName)]
    struct Old {
        #[diesel(sql_type = BigInt)]
        revision: i64,
        #[diesel(sql_type = Text)]
        content: String,
    }
    let query =
        diesel::sql_query("SELECT revision, content FROM observation_revisions ORDER BY revision");
    let found: Vec<Old> = match opened.database.kind() {
        baitline_testkit::DatabaseKind::Postgres => {
            query.load(&mut support::postgres(&opened.database, baitline_testkit::Role::Superuser))
        }
        baitline_testkit::DatabaseKind::Sqlite => {
            query.load(&mut support::sqlite(&opened.database))
        }
    }
    .unwrap();
    let seconds = |content: &str| {
        let json: serde_json::Value = serde_json::from_str(content).unwrap();
        json["connected_seconds"].as_i64().unwrap()
    };
    found.iter().map(|old| (old.revision, seconds(&old.content))).collect()
}

#[test]
fn a_report_sent_again_is_a_duplicate_however_it_is_spelt() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let first = incoming(&source, "1", "2026-11-10T09:00:00Z");
        let outcome = opened.ingest(source.client_id, std::slice::from_ref(&first)).remove(0);
        assert_eq!((outcome.id, outcome.status, outcome.matched), (first.id, Accepted, true));
        opened.settle_all();
        let spelt = Report {
            caller_raw: Some("8 (495) 123-45-67".to_owned()),
            extra: Some("{\"queue\":1}".to_owned()),
            ..first.clone()
        };
        assert_eq!(opened.statuses(source.client_id, &[first, spelt]), [Duplicate, Duplicate]);
        assert_eq!(rows(&opened.database, "observations"), 1);
        assert_eq!(rows(&opened.database, "observation_revisions"), 0);
        assert_eq!(opened.waiting_days(source.client_id), NO_DAYS, "nothing changed");
    });
}

#[test]
fn a_higher_revision_wins_and_the_one_before_is_history() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let first = incoming(&source, "1", "2026-11-10T09:00:00Z");
        opened.ingest(source.client_id, std::slice::from_ref(&first));
        let third = revision(&first, 3, 99);
        assert_eq!(opened.statuses(source.client_id, std::slice::from_ref(&third)), [Updated]);
        assert_eq!(valid(&opened), (3, 99));
        assert_eq!(history(&opened), [(1, 30)]);
        assert_eq!(opened.statuses(source.client_id, &[third, first]), [Duplicate, Duplicate]);
        assert_eq!(history(&opened), [(1, 30)]);
    });
}

#[test]
fn the_same_revision_with_other_content_is_a_conflict_and_the_first_one_stays() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let first = incoming(&source, "1", "2026-11-10T09:00:00Z");
        opened.ingest(source.client_id, std::slice::from_ref(&first));
        opened.settle_all();
        let other = revision(&first, 1, 31);
        let moved = Report { reported_at: first.reported_at + Span::seconds(1), ..first.clone() };
        let from_elsewhere = report(&source, "1", ("+74950000000", BAIT), first.reported_at);
        let conflicting = [other, moved, from_elsewhere];
        assert_eq!(opened.statuses(source.client_id, &conflicting), [Conflict; 3]);
        assert_eq!((valid(&opened), history(&opened).len()), ((1, 30), 0));
        assert_eq!(opened.waiting_days(source.client_id), NO_DAYS);
    });
}

#[test]
fn a_late_revision_goes_to_the_history_once() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let first = incoming(&source, "1", "2026-11-10T09:00:00Z");
        opened.ingest(source.client_id, &[revision(&first, 5, 50)]);
        opened.settle_all();
        let second = revision(&first, 2, 20);
        let client = source.client_id;
        assert_eq!(opened.statuses(client, std::slice::from_ref(&second)), [Accepted]);
        assert_eq!(opened.statuses(client, std::slice::from_ref(&second)), [Duplicate]);
        assert_eq!(opened.statuses(client, &[revision(&first, 2, 21)]), [Conflict]);
        assert_eq!((valid(&opened), history(&opened)), ((5, 50), vec![(2, 20)]));
        assert_eq!(opened.waiting_days(client), NO_DAYS, "what is valid did not change");
    });
}

#[test]
fn one_batch_is_judged_like_many() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let first = incoming(&source, "1", "2026-11-10T09:00:00Z");
        let batch = [
            first.clone(),
            first.clone(),
            revision(&first, 1, 31),
            revision(&first, 3, 33),
            revision(&first, 2, 22),
            revision(&first, 2, 22),
            revision(&first, 2, 23),
            revision(&first, 3, 33),
            incoming(&source, "2", "2026-11-10T10:00:00Z"),
        ];
        let expected = [
            Accepted, Duplicate, Conflict, Updated, Accepted, Duplicate, Conflict, Duplicate,
            Accepted,
        ];
        assert_eq!(opened.statuses(source.client_id, &batch), expected);
        assert_eq!(rows(&opened.database, "observations"), 2);
        assert_eq!(history(&opened), [(1, 30), (2, 22)]);
    });
}

#[test]
fn two_clients_may_send_the_same_record() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (prepared(&opened), opened.client("чужой").id);
        let source = opened.source(theirs, "АТС");
        let report = |source| incoming(source, "1", "2026-11-10T09:00:00Z");
        assert_eq!(opened.statuses(ours.client_id, &[report(&ours)]), [Accepted]);
        let outcome = opened.ingest(theirs, &[report(&source)]).remove(0);
        assert_eq!((outcome.status, outcome.matched), (Accepted, false), "it has no such bait");
        assert_eq!(rows(&opened.database, "observations"), 2);
    });
}

#[test]
fn a_source_of_nobody_or_of_another_client_is_refused_as_a_whole() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (prepared(&opened), opened.client("чужой").id);
        let foreign = opened.source(theirs, "АТС");
        let batch = [
            incoming(&ours, "1", "2026-11-10T09:00:00Z"),
            incoming(&foreign, "2", "2026-11-10T09:00:00Z"),
        ];
        let client = ours.client_id;
        let refused = opened.store.write(Reach::Client(client), |conn| {
            observations::ingest(conn, client, &batch, at("2026-11-11T00:00:00Z"))
        });
        assert!(
            matches!(refused, Err(StoreError::Constraint(Constraint::UnknownSource))),
            "{refused:?}"
        );
        assert_eq!(rows(&opened.database, "observations"), 0);
    });
}

#[test]
fn what_names_an_unknown_bait_waits_and_is_joined_when_the_bait_appears() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let source = opened.source(client, "АТС");
        let mut named = incoming(&source, "2", "2026-11-11T09:00:00Z");
        named.ends = Ends::Named {
            bait: BaitName::Reference("приманка".to_owned()),
            direction: Direction::Incoming,
            party: Party::read(Some(CALLER)),
        };
        let batch = [incoming(&source, "1", "2026-11-10T09:00:00Z"), named];
        let outcomes = opened.ingest(client, &batch);
        assert!(outcomes.iter().all(|one| one.status == Accepted && !one.matched));
        assert_eq!(opened.waiting_days(client), NO_DAYS, "no bucket holds them yet");
        let new = baitline_store::models::NewBait {
            reference: Some("приманка".to_owned()),
            ..new_bait(79_001_112_233)
        };
        let bait =
            opened.as_client(client, |conn| baitline_store::baits::create_bait(conn, client, &new));
        opened.expand_all();
        let reach = Reach::Client(client);
        for report in &batch {
            let (_, _, joined) = opened
                .as_client(client, |conn| observations::find_observation(conn, reach, report.id));
            assert_eq!(joined, Some(bait.id), "{:?}", report.external_id);
        }
        let waiting = opened.waiting_days(client);
        for report in &batch {
            assert!(waiting.contains(&report.reported_at.day().0), "{waiting:?}");
        }
    });
}

#[test]
fn a_record_whose_caller_is_a_bait_is_the_baits_own_call() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let (from, to) = (at("2026-11-10T00:00:00Z"), at("2026-11-11T00:00:00Z"));
        let own = report(&source, "1", (BAIT, CALLER), at("2026-11-10T09:00:00Z"));
        assert!(opened.ingest(source.client_id, &[own])[0].matched);
        let found = opened.agency(|conn| {
            let sources = std::slice::from_ref(&source);
            observations::observations_between(
                conn,
                source.client_id,
                sources,
                &buckets::Touched::Day,
                (from, to),
            )
        });
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].direction, Direction::Outgoing);
        assert_eq!(found[0].party, Party::Number(phone(74_951_234_567)));
        assert_eq!(found[0].uncertainty, Span(source.uncertainty_micros));
    });
}

#[test]
fn a_report_near_midnight_touches_both_days() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let midnight = at("2026-11-10T00:00:00Z");
        let today = midnight.day();
        let yesterday = Day(today.0 - 1);
        for (from_midnight, expected) in [
            (Span(-MATCHING_SPAN.0), vec![yesterday.0, today.0]),
            (Span(-MATCHING_SPAN.0 - 1), vec![yesterday.0]),
            (Span(0), vec![yesterday.0, today.0]),
            (Span(LATEST_EFFECT.0 - 1), vec![yesterday.0, today.0]),
            (LATEST_EFFECT, vec![today.0]),
        ] {
            let id = from_midnight.0.to_string();
            let near = report(&source, &id, (CALLER, BAIT), midnight + from_midnight);
            opened.ingest(source.client_id, &[near]);
            assert_eq!(opened.waiting_days(source.client_id), expected, "{from_midnight:?}");
            opened.settle_all();
        }
    });
}

#[test]
fn a_later_revision_touches_the_day_it_leaves_and_the_day_it_comes_to() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let first = incoming(&source, "1", "2026-11-10T09:00:00Z");
        opened.ingest(source.client_id, std::slice::from_ref(&first));
        opened.settle_all();
        let moved =
            Report { revision: 2, reported_at: at("2026-11-14T09:00:00Z"), ..first.clone() };
        opened.ingest(source.client_id, std::slice::from_ref(&moved));
        let expected = [first.reported_at.day().0, moved.reported_at.day().0];
        assert_eq!(opened.waiting_days(source.client_id), expected);
    });
}

#[test]
fn a_dry_run_says_the_same_and_writes_nothing() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let client = source.client_id;
        let first = incoming(&source, "1", "2026-11-10T09:00:00Z");
        opened.ingest(client, std::slice::from_ref(&first));
        opened.settle_all();
        let batch = [
            revision(&first, 2, 31),
            first.clone(),
            revision(&first, 1, 77),
            incoming(&source, "2", "2026-11-12T09:00:00Z"),
        ];
        let received_at = at("2026-11-13T00:00:00Z");
        let checked = opened
            .store
            .read(Reach::Client(client), |c| observations::check(c, client, &batch, received_at))
            .unwrap();
        assert_eq!((valid(&opened), history(&opened)), ((1, 30), vec![]));
        assert_eq!(rows(&opened.database, "touched_buckets"), 0);
        assert_eq!(opened.ingest(client, &batch), checked);
    });
}

#[test]
fn observations_are_found_for_people_in_order_of_start() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let client = source.client_id;
        let batch = [
            incoming(&source, "late", "2026-11-10T09:01:00Z"),
            incoming(&source, "early", "2026-11-10T09:00:00Z"),
        ];
        opened.ingest(client, &batch);
        let ids: Vec<ObservationId> = batch.iter().map(|one| one.id).collect();
        let found =
            opened.as_client(client, |conn| observations::find_observations(conn, client, &ids));
        let names: Vec<_> = found.iter().map(|row| row.external_id.as_deref()).collect();
        assert_eq!(names, [Some("early"), Some("late")]);
        assert_eq!(found[0].caller_raw.as_deref(), Some(CALLER));
    });
}
