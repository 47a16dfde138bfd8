//! Small requests: written together, told apart, told only once
//! they are kept, and refused where too many wait.

use std::future::Future;
use std::pin::Pin;

use baitline_domain::ids::SourceId;
use baitline_domain::instant::Span;
use baitline_domain::observation::Report;
use baitline_store::audit::Acting;
use baitline_store::group_commit::{MAX_WAITING_REPORTS, Writers};
use baitline_store::models::Source;
use baitline_store::observations::{Outcome, OutcomeStatus};
use baitline_store::{Constraint, StoreError, StoreResult};
use baitline_testkit::{DatabaseKind, Role, TestDatabase, on_both};
use diesel::connection::SimpleConnection;
use diesel::{PgConnection, SqliteConnection};
use futures_util::FutureExt;
use uuid::Uuid;

use crate::support::{self, Opened, at, count, open, report, rows};

use OutcomeStatus::{Accepted, Conflict, Duplicate};

/// A report on its way.
type Sent<'a> = Pin<Box<dyn Future<Output = StoreResult<Vec<Outcome>>> + 'a>>;

/// What keeps every writer of a database waiting until it is dropped.
enum Held {
    Postgres { _connection: PgConnection },
    Sqlite { _connection: SqliteConnection },
}

impl Held {
    fn by_a_stranger(database: &TestDatabase) -> Self {
        match database.kind() {
            DatabaseKind::Postgres => {
                let mut connection = support::postgres(database, Role::Superuser);
                connection.batch_execute("BEGIN; SELECT 1 FROM clients FOR UPDATE").unwrap();
                Self::Postgres { _connection: connection }
            }
            DatabaseKind::Sqlite => {
                let mut connection = support::sqlite(database);
                connection.batch_execute("BEGIN IMMEDIATE").unwrap();
                Self::Sqlite { _connection: connection }
            }
        }
    }
}

/// Waits until a writer has begun and cannot go on. SQLite does not tell who waits.
fn await_writer(database: &TestDatabase) {
    let waiting = "SELECT count(*) FROM pg_stat_activity \
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    while database.kind() == DatabaseKind::Postgres && count(database, waiting) == 0 {}
}

fn prepared(opened: &Opened) -> Source {
    let client = opened.client("наш").id;
    opened.bait(client, 79_001_112_233);
    let source = opened.source(client, "АТС");
    opened.settle_all();
    source
}

fn numbered(source: &Source, number: usize) -> Report {
    let started = at("2026-11-10T12:00:00Z") + Span::seconds(number as i64 % 3_600);
    report(source, &number.to_string(), ("+74951234567", "+79001112233"), started)
}

/// Sends a report and does not wait for what becomes of it.
fn send<'a>(writers: &'a Writers, source: &Source, report: Report) -> Sent<'a> {
    send_all(writers, source, vec![report])
}

fn send_all<'a>(writers: &'a Writers, source: &Source, reports: Vec<Report>) -> Sent<'a> {
    let mut sent: Sent<'a> = Box::pin(writers.ingest(Acting::now(), source.client_id, reports));
    assert!(sent.as_mut().now_or_never().is_none(), "it is told before it is kept");
    sent
}

fn told_all(sent: Vec<Sent<'_>>) -> Vec<StoreResult<Vec<OutcomeStatus>>> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let all = futures_util::future::join_all(sent);
    let statuses = |outcomes: Vec<Outcome>| outcomes.iter().map(|one| one.status).collect();
    runtime.block_on(all).into_iter().map(|told| told.map(statuses)).collect()
}

/// Of requests of one report each.
fn told(sent: Vec<Sent<'_>>) -> Vec<StoreResult<OutcomeStatus>> {
    let only = |statuses: Vec<OutcomeStatus>| {
        assert_eq!(statuses.len(), 1);
        statuses[0]
    };
    told_all(sent).into_iter().map(|told| told.map(only)).collect()
}

#[test]
fn a_report_is_told_to_be_kept_only_once_it_is() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let writers = Writers::start(&opened.store);
        let held = Held::by_a_stranger(&opened.database);
        let mut sent = send(&writers, &source, numbered(&source, 1));
        await_writer(&opened.database);
        assert!(sent.as_mut().now_or_never().is_none());
        assert_eq!(rows(&opened.database, "observations"), 0);
        drop(held);
        assert!(matches!(told(vec![sent])[..], [Ok(Accepted)]));
        assert_eq!(rows(&opened.database, "observations"), 1);
    });
}

#[test]
fn what_gathers_while_one_is_written_is_written_together_and_told_apart() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let writers = Writers::start(&opened.store);
        let held = Held::by_a_stranger(&opened.database);
        let mut sent = vec![send(&writers, &source, numbered(&source, 0))];
        await_writer(&opened.database);
        sent.extend((1..=50).map(|number| send(&writers, &source, numbered(&source, number))));
        sent.push(send(&writers, &source, numbered(&source, 50)));
        let other = Report { connected_seconds: Some(1), ..numbered(&source, 50) };
        sent.push(send(&writers, &source, other));
        drop(held);
        let told: Vec<_> = told(sent).into_iter().map(Result::unwrap).collect();
        assert!(told[..=50].iter().all(|status| *status == Accepted), "{told:?}");
        assert_eq!(told[51..], [Duplicate, Conflict]);
        assert_eq!(rows(&opened.database, "observations"), 51);
        // Each transaction leaves a row for the one day.
        let transactions = rows(&opened.database, "touched_buckets");
        assert!(transactions <= 2, "{transactions} transactions");
    });
}

#[test]
fn a_report_that_cannot_be_written_fails_alone() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let writers = Writers::start(&opened.store);
        let held = Held::by_a_stranger(&opened.database);
        let mut sent = vec![send(&writers, &source, numbered(&source, 0))];
        await_writer(&opened.database);
        sent.push(send(&writers, &source, numbered(&source, 1)));
        let nobodys = Report { source: SourceId(Uuid::nil()), ..numbered(&source, 2) };
        sent.push(send(&writers, &source, nobodys));
        sent.push(send(&writers, &source, numbered(&source, 3)));
        drop(held);
        let told = told(sent);
        assert!(
            matches!(
                told[..],
                [
                    Ok(Accepted),
                    Ok(Accepted),
                    Err(StoreError::Constraint(Constraint::UnknownSource)),
                    Ok(Accepted)
                ]
            ),
            "{told:?}"
        );
        assert_eq!(rows(&opened.database, "observations"), 3);
    });
}

#[test]
fn what_comes_while_too_many_wait_is_refused_at_once_and_the_others_are_kept() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let writers = Writers::start(&opened.store);
        let held = Held::by_a_stranger(&opened.database);
        let sent: Vec<_> = (0..MAX_WAITING_REPORTS)
            .map(|number| send(&writers, &source, numbered(&source, number)))
            .collect();
        let more = numbered(&source, MAX_WAITING_REPORTS);
        let refused =
            writers.ingest(Acting::now(), source.client_id, vec![more.clone()]).now_or_never();
        assert!(matches!(refused, Some(Err(StoreError::Unavailable(_)))), "{refused:?}");
        drop(held);
        assert!(told(sent).iter().all(|told| matches!(told, Ok(Accepted))));
        assert_eq!(rows(&opened.database, "observations"), MAX_WAITING_REPORTS as i64);
        let again = writers.ingest(Acting::now(), source.client_id, vec![more]);
        assert!(matches!(told(vec![Box::pin(again)])[..], [Ok(Accepted)]));
    });
}

#[test]
fn writers_that_are_stopped_write_what_waits_first() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let writers = Writers::start(&opened.store);
        let held = Held::by_a_stranger(&opened.database);
        for number in 0..100 {
            // Whoever sent it has gone away since.
            drop(send(&writers, &source, numbered(&source, number)));
        }
        let stopping = std::thread::spawn(move || drop(writers));
        drop(held);
        stopping.join().unwrap();
        assert_eq!(rows(&opened.database, "observations"), 100);
    });
}

#[test]
fn requests_of_several_reports_get_each_their_own_outcomes_and_fail_as_a_whole() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let writers = Writers::start(&opened.store);
        let held = Held::by_a_stranger(&opened.database);
        let mut sent = vec![send(&writers, &source, numbered(&source, 0))];
        await_writer(&opened.database);
        let numbers = |numbers: std::ops::Range<usize>| -> Vec<Report> {
            numbers.map(|number| numbered(&source, number)).collect()
        };
        sent.push(send_all(&writers, &source, numbers(0..3)));
        let nobodys = Report { source: SourceId(Uuid::nil()), ..numbered(&source, 3) };
        sent.push(send_all(&writers, &source, [numbers(4..6), vec![nobodys]].concat()));
        sent.push(send_all(&writers, &source, numbers(2..4)));
        drop(held);
        let told = told_all(sent);
        assert_eq!(told[1].as_ref().unwrap(), &[Duplicate, Accepted, Accepted]);
        assert!(matches!(told[2], Err(StoreError::Constraint(Constraint::UnknownSource))));
        assert_eq!(told[3].as_ref().unwrap(), &[Duplicate, Accepted]);
        assert_eq!(rows(&opened.database, "observations"), 4);
    });
}

#[test]
fn reports_of_two_clients_are_written_for_each_its_own() {
    on_both(|database| {
        let opened = open(database);
        let ours = prepared(&opened);
        let theirs = opened.source(opened.client("чужой").id, "АТС");
        let writers = Writers::start(&opened.store);
        let send = |number: usize| {
            let source = if number.is_multiple_of(2) { &ours } else { &theirs };
            let reports = vec![numbered(source, number)];
            Box::pin(writers.ingest(Acting::now(), source.client_id, reports)) as Sent<'_>
        };
        let told = told((0..40).map(send).collect());
        assert!(told.iter().all(|told| matches!(told, Ok(Accepted))), "{told:?}");
        let of = |source: &Source| {
            let query = format!(
                "SELECT count(*) FROM observations WHERE source_id = {}",
                match opened.database.kind() {
                    DatabaseKind::Postgres => format!("'{}'", source.id),
                    DatabaseKind::Sqlite => format!("X'{}'", source.id.0.simple()),
                }
            );
            count(&opened.database, &query)
        };
        assert_eq!((of(&ours), of(&theirs)), (20, 20));
    });
}
