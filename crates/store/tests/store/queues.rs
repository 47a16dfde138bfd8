//! What whoever watches the installation reads: counts that follow the work.

use baitline_domain::instant::{MICROS_PER_DAY, Span};
use baitline_store::exports::{self, ExportNarrowing, ExportRequest, ExportThresholds};
use baitline_store::models::ExportState;
use baitline_store::{PoolUse, Reach, now, queues};
use baitline_testkit::on_both;

use crate::support::{Opened, at, open, report};

fn ask_for_export(opened: &Opened, client: baitline_domain::ids::ClientId) {
    let thresholds = ExportThresholds { interceptions: 1, traps: 1, baits: 1, days: 1 };
    let request = ExportRequest {
        from_micros: 0,
        to_micros: MICROS_PER_DAY,
        numbers: Vec::new(),
        thresholds,
        verdicts: Vec::new(),
        narrowed_to: ExportNarrowing::default(),
        part_bytes: None,
    };
    opened.as_client(client, |conn| exports::create_export(conn, client, &request));
}

#[test]
fn days_count_once_however_often_they_are_touched_and_age_from_the_first_touch() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let source = opened.source(client, "pbx");
        opened.bait(client, 79_001_234_567);
        opened.settle_all();
        let idle = opened.agency(queues::queues);
        assert_eq!((idle.buckets, idle.oldest_touch, idle.changes), (0, None, 0));
        let begun = now();
        for id in ["1", "2"] {
            let ends = ("+79160000001", "+79001234567");
            opened.ingest(client, &[report(&source, id, ends, at("2026-10-02T12:00:00Z"))]);
        }
        let busy = opened.agency(queues::queues);
        assert_eq!(busy.buckets, 1);
        let oldest = busy.oldest_touch.unwrap();
        // The id keeps milliseconds.
        assert!(begun - Span(1_000) <= oldest && oldest <= now(), "{begun} {oldest}");
    });
}

#[test]
fn changes_and_exports_of_all_clients_are_counted() {
    on_both(|database| {
        let opened = open(database);
        let (one, other) = (opened.client("наш").id, opened.client("чужой").id);
        opened.settle_all();
        opened.bait(one, 79_001_234_567);
        opened.bait(other, 79_001_234_567);
        for client in [one, one, other] {
            ask_for_export(&opened, client);
        }
        opened.agency(exports::claim_export).unwrap();
        let queues = opened.agency(queues::queues);
        assert_eq!(queues.changes, 2);
        assert_eq!(queues.exports, [(ExportState::Queued, 2), (ExportState::Running, 1)]);
    });
}

#[test]
fn a_connection_at_work_is_told_from_an_idle_one() {
    on_both(|database| {
        let opened = open(database);
        let during = opened.store.read(Reach::Agency, |_| Ok(opened.store.pool_use())).unwrap();
        assert_eq!((during.in_use, during.limit), (1, 4));
        let PoolUse { in_use, idle, .. } = opened.store.pool_use();
        assert!(in_use == 0 && idle >= 1, "{in_use} in use, {idle} idle");
    });
}
