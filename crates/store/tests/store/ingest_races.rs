//! The same reports from several threads, in any order and in any pieces: the
//! rows are the same, and each is accepted exactly once.

use baitline_domain::instant::Span;
use baitline_domain::observation::Report;
use baitline_store::models::Source;
use baitline_store::observations::{self, OutcomeStatus};
use baitline_store::{Reach, buckets};
use baitline_testkit::{DatabaseKind, on_both};
use diesel::prelude::*;
use diesel::sql_types::Text;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::support::{self, Opened, at, open, report, rows};

/// Reports of each race.
const REPORTS: u32 = 500;
/// Threads that send them all.
const SENDERS: usize = 3;
/// Orders tried.
const ORDERS: u64 = 6;

fn prepared(opened: &Opened) -> Source {
    let client = opened.client("наш").id;
    opened.bait(client, 79_001_112_233);
    opened.source(client, "АТС")
}

fn reports(source: &Source) -> Vec<Report> {
    let first = at("2026-11-10T00:00:00Z");
    let one = |n: u32| {
        let caller = format!("+7495{:07}", n % 40);
        let started = first + Span::seconds(i64::from(n) * 1_000);
        report(source, &n.to_string(), (&caller, "+79001112233"), started)
    };
    (0..REPORTS).map(one).collect()
}

fn shuffled<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    for last in (1..items.len()).rev() {
        items.swap(last, random.next_u64() as usize % (last + 1));
    }
    items
}

/// Sends everything in pieces, each in a transaction of its own, and counts
/// what was accepted or updated.
fn send(opened: &Opened, source: &Source, reports: &[Report], piece: usize) -> usize {
    let (client, received_at) = (source.client_id, at("2026-11-20T00:00:00Z"));
    let mut accepted = 0;
    for piece in reports.chunks(piece) {
        let outcomes = opened
            .store
            .write(Reach::Client(client), |c| observations::ingest(c, client, piece, received_at))
            .unwrap();
        accepted += outcomes.iter().filter(|one| one.status == OutcomeStatus::Accepted).count();
    }
    accepted
}

#[test]
fn senders_that_race_have_each_report_accepted_once() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let all = reports(&source);
        let accepted: usize = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..SENDERS)
                .map(|seed| {
                    let (opened, source) = (&opened, &source);
                    let mine = shuffled(all.clone(), seed as u64);
                    scope.spawn(move || send(opened, source, &mine, 100))
                })
                .collect();
            senders.into_iter().map(|sender| sender.join().unwrap()).sum()
        });
        assert_eq!(accepted, REPORTS as usize);
        assert_eq!(rows(&opened.database, "observations"), i64::from(REPORTS));
    });
}

#[test]
fn senders_of_the_same_batch_at_the_same_moment_agree() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        let all = reports(&source);
        let accepted: usize = std::thread::scope(|scope| {
            let send_all = || send(&opened, &source, &all, all.len());
            let senders = [scope.spawn(send_all), scope.spawn(send_all)];
            senders.into_iter().map(|sender| sender.join().unwrap()).sum()
        });
        assert_eq!(accepted, REPORTS as usize);
        assert_eq!(rows(&opened.database, "observations"), i64::from(REPORTS));
    });
}

#[test]
fn two_senders_of_one_day_leave_a_ledger_row_each() {
    on_both(|database| {
        let opened = open(database);
        let source = prepared(&opened);
        opened.settle_all();
        let all: Vec<Report> = reports(&source).into_iter().skip(10).take(40).collect();
        std::thread::scope(|scope| {
            let (opened, source) = (&opened, &source);
            let (mine, yours) = all.split_at(20);
            scope.spawn(move || send(opened, source, mine, 20));
            scope.spawn(move || send(opened, source, yours, 20));
        });
        let day = all[0].reported_at.day();
        let ledger = opened.agency(|conn| buckets::ledger(conn, source.client_id, day));
        assert_eq!(ledger.unwrap().rows.len(), 2);
    });
}

/// Every column that a report decides, as text. The time of receipt is left
/// out: it is when, not what.
fn kept(opened: &Opened) -> Vec<String> {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        line: String,
    }
    let query = diesel::sql_query(
        "SELECT coalesce(external_id, '') || ' ' || revision || ' ' || reported_at_raw || ' '
            || coalesce(caller_raw, '') || ' ' || connected_seconds || ' ' || direction || ' '
            || party_kind || ' ' || party_number || ' ' || channel AS line FROM observations
         UNION ALL SELECT 'old ' || o.external_id || ' ' || r.revision || ' ' || r.content
            FROM observation_revisions r
            JOIN observations o ON o.client_id = r.client_id AND o.id = r.observation_id",
    );
    let mut lines: Vec<Line> = match opened.database.kind() {
        DatabaseKind::Postgres => {
            query.load(&mut support::postgres(&opened.database, baitline_testkit::Role::Superuser))
        }
        DatabaseKind::Sqlite => query.load(&mut support::sqlite(&opened.database)),
    }
    .unwrap();
    lines.sort_by(|a, b| a.line.cmp(&b.line));
    lines.into_iter().map(|line| line.line).collect()
}

#[test]
fn any_order_and_any_pieces_leave_the_same_rows() {
    on_both(|database| {
        let opened = open(database);
        let mut expected: Option<Vec<String>> = None;
        for seed in 0..ORDERS {
            let client = opened.client(&format!("клиент {seed}")).id;
            opened.bait(client, 79_001_112_233);
            let source = opened.source(client, "АТС");
            let mut all: Vec<Report> = reports(&source).into_iter().take(120).collect();
            // Every third one has later revisions, every fifth is sent twice.
            for n in (0..120).step_by(3) {
                for revision in 2..=4 {
                    let connected_seconds = Some(revision * 10);
                    all.push(Report { revision, connected_seconds, ..all[n].clone() });
                }
            }
            all.extend(all.clone().into_iter().step_by(5));
            let pieces = 1 + (seed as usize * 37) % 150;
            send(&opened, &source, &shuffled(all, seed), pieces);
            let found = kept(&opened);
            assert!(found.len() > 120 + 100, "{} rows", found.len());
            assert_eq!(expected.get_or_insert_with(|| found.clone()), &found, "seed {seed}");
            support::execute(
                &opened.database,
                "DELETE FROM observation_revisions; DELETE FROM observations",
            );
        }
    });
}
