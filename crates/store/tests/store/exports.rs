//! Exports: one worker at a time, a silent one relieved, and packages that are
//! planned once.

use baitline_domain::audit::AuditHead;
use baitline_domain::ids::ClientId;
use baitline_domain::instant::Span;
use baitline_store::exports::{self, LEASE, MAX_ATTEMPTS};
use baitline_store::models::{Export, ExportState, Package, PackageState};
use baitline_store::{Constraint, Reach, StoreError, audit};
use baitline_testkit::{DatabaseKind, on_both};

use crate::support::{ALL, Opened, at, execute, open, phone, rows};
use crate::world::export_request;

fn ask(opened: &Opened, client: ClientId) -> Export {
    opened.as_client(client, |conn| exports::create_export(conn, client, &export_request()))
}

fn claim(opened: &Opened) -> Option<Export> {
    opened.agency(exports::claim_export)
}

fn find(opened: &Opened, export: &Export) -> Export {
    opened.agency(|conn| exports::find_export(conn, Reach::Agency, export.id))
}

/// Lets every running export's worker be silent for so long.
fn fall_silent(opened: &Opened, time: Span) {
    execute(
        &opened.database,
        &match opened.database.kind() {
            DatabaseKind::Postgres => format!(
                "UPDATE exports SET updated_at = updated_at - interval '{} microseconds'",
                time.0
            ),
            DatabaseKind::Sqlite => {
                format!("UPDATE exports SET updated_at = updated_at - {}", time.0)
            }
        },
    );
}

#[test]
fn what_was_asked_comes_back_to_the_worker() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let asked = ask(&opened, client);
        assert_eq!((asked.state, asked.attempts), (ExportState::Queued, 0));
        let claimed = claim(&opened).unwrap();
        assert_eq!((claimed.id, claimed.state), (asked.id, ExportState::Running));
        assert_eq!(claimed.attempts, 1);
        assert_eq!(claimed.request().unwrap(), export_request());
    });
}

#[test]
fn the_oldest_export_is_taken_first_and_each_by_one_worker() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let asked = [ask(&opened, client), ask(&opened, client)];
        assert_eq!(claim(&opened).unwrap().id, asked[0].id);
        assert_eq!(claim(&opened).unwrap().id, asked[1].id);
        assert_eq!(claim(&opened), None);
    });
}

#[test]
fn of_two_workers_that_race_for_one_export_one_gets_it() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        ask(&opened, client);
        let claimed: Vec<Option<Export>> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| claim(&opened))).collect();
            workers.into_iter().map(|worker| worker.join().unwrap()).collect()
        });
        assert_eq!(claimed.into_iter().flatten().count(), 1);
    });
}

#[test]
fn a_silent_worker_is_relieved_and_can_no_longer_say_anything() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        ask(&opened, client);
        let first = claim(&opened).unwrap();
        fall_silent(&opened, Span(LEASE.0 / 2));
        assert_eq!(claim(&opened), None, "it is not silent yet");
        fall_silent(&opened, LEASE);
        assert!(opened.agency(|conn| exports::keep_export(conn, &first)), "it is alive after all");
        assert_eq!(claim(&opened), None);
        fall_silent(&opened, LEASE);
        let second = claim(&opened).unwrap();
        assert_eq!((second.id, second.attempts), (first.id, 2));
        assert!(!opened.agency(|conn| exports::keep_export(conn, &first)));
        opened.agency(|conn| exports::end_export(conn, &first, ExportState::Failed, None));
        assert_eq!(find(&opened, &first).state, ExportState::Running, "it is the second one's");
        opened.agency(|conn| exports::end_export(conn, &second, ExportState::Done, None));
        assert_eq!(find(&opened, &first).state, ExportState::Done);
        fall_silent(&opened, LEASE);
        assert_eq!(claim(&opened), None, "it has ended");
    });
}

#[test]
fn an_export_that_every_worker_dies_of_fails() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let (deadly, harmless) = (ask(&opened, client), ask(&opened, client));
        assert_eq!(claim(&opened).map(|export| export.id), Some(deadly.id));
        fall_silent(&opened, LEASE);
        let second = claim(&opened).unwrap();
        assert_eq!(second.id, harmless.id, "it keeps no other waiting");
        opened.agency(|conn| exports::end_export(conn, &second, ExportState::Done, None));
        for attempt in 2..=MAX_ATTEMPTS {
            let claimed = claim(&opened).unwrap();
            assert_eq!((claimed.id, claimed.attempts), (deadly.id, attempt));
            fall_silent(&opened, LEASE);
        }
        assert!(claim(&opened).is_none());
        let failed = find(&opened, &deadly);
        assert_eq!(failed.state, ExportState::Failed);
        assert!(failed.problem.is_some());
    });
}

#[test]
fn a_cancelled_export_stays_cancelled() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let (waiting, running) = (ask(&opened, client), ask(&opened, client));
        let cancel = |export: &Export| {
            let id = export.id;
            opened
                .store
                .write(Reach::Client(client), |conn| exports::cancel_export(conn, client, id))
        };
        assert_eq!(cancel(&waiting).unwrap().state, ExportState::Cancelled);
        assert_eq!(cancel(&waiting).unwrap().state, ExportState::Cancelled, "twice is no error");
        let claimed = claim(&opened).unwrap();
        assert_eq!(claimed.id, running.id, "a cancelled one is not taken up");
        cancel(&running).unwrap();
        assert!(!opened.agency(|conn| exports::keep_export(conn, &claimed)));
        opened.agency(|conn| exports::end_export(conn, &claimed, ExportState::Done, None));
        assert_eq!(find(&opened, &running).state, ExportState::Cancelled);
    });
}

#[test]
fn an_export_that_has_ended_is_not_cancelled() {
    on_both(|database| {
        let opened = open(database);
        let (client, other) = (opened.client("наш").id, opened.client("чужой").id);
        let export = ask(&opened, client);
        let claimed = claim(&opened).unwrap();
        opened.agency(|conn| exports::end_export(conn, &claimed, ExportState::Done, None));
        let cancel = |client| {
            opened.store.write(Reach::Client(client), |conn| {
                exports::cancel_export(conn, client, export.id)
            })
        };
        let ended = cancel(client);
        assert!(matches!(ended, Err(StoreError::Constraint(Constraint::ExportEnded))), "{ended:?}");
        let foreign = cancel(other);
        assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
    });
}

#[test]
fn a_package_is_planned_once_with_its_id_and_its_seal_time() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let export = ask(&opened, client);
        let plan = |digits, sealed_at: &str| {
            opened.agency(|conn| exports::plan_package(conn, &export, phone(digits), at(sealed_at)))
        };
        let first = plan(74_950_000_002, "2026-11-20T00:00:00Z");
        assert_eq!(plan(74_950_000_002, "2026-11-21T00:00:00Z"), first);
        let second = plan(74_950_000_001, "2026-11-20T00:00:00Z");
        let found = opened.as_client(client, |conn| exports::packages_of(conn, client, export.id));
        assert_eq!(found, [second, first], "in order of the number");
        assert_eq!(rows(&opened.database, "export_packages"), 2);
    });
}

#[test]
fn a_package_keeps_where_the_audit_had_come_to_when_it_was_planned() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let export = ask(&opened, client);
        let plan = |digits| {
            let sealed_at = at("2026-11-20T00:00:00Z");
            opened.agency(|conn| exports::plan_package(conn, &export, phone(digits), sealed_at))
        };
        while opened.agency(|conn| audit::seal_after(conn, None)).is_some() {}
        let head = opened.agency(|conn| audit::chain_state(conn, client)).head;
        assert_ne!(head, AuditHead::EMPTY);
        let first = plan(74_950_000_001);
        assert_eq!(first.audit_head().unwrap(), Some(head));
        // What is done meanwhile moves the chain on, and not the package.
        ask(&opened, client);
        while opened.agency(|conn| audit::seal_after(conn, None)).is_some() {}
        let moved = opened.agency(|conn| audit::chain_state(conn, client)).head;
        assert_ne!(moved, head);
        assert_eq!(plan(74_950_000_001).audit_head().unwrap(), Some(head));
        assert_eq!(plan(74_950_000_002).audit_head().unwrap(), Some(moved));
        execute(&opened.database, "UPDATE export_packages SET audit_hash = NULL");
        assert_eq!(plan(74_950_000_001).audit_head().unwrap(), None, "as in older rows");
    });
}

#[test]
fn a_built_package_is_found_by_its_export_and_by_nobody_else() {
    on_both(|database| {
        let opened = open(database);
        let (client, other) = (opened.client("наш").id, opened.client("чужой").id);
        let (export, another) = (ask(&opened, client), ask(&opened, client));
        let sealed_at = at("2026-11-20T00:00:00Z");
        let planned = opened
            .agency(|conn| exports::plan_package(conn, &export, phone(74_950_000_001), sealed_at));
        let built = Package {
            state: PackageState::Draft,
            interceptions: 3,
            missing: "[\"inquiry\"]".to_owned(),
            bytes: Some(1_000_000),
            sha256: Some(vec![9; 32]),
            ..planned
        };
        opened.agency(|conn| exports::save_package(conn, &built));
        let find = |client, export: &Export| {
            let reach = Reach::Client(client);
            let id = export.id;
            opened.store.read(reach, |c| exports::find_package(c, reach, id, built.id))
        };
        assert_eq!(find(client, &export).unwrap(), built);
        for foreign in [find(client, &another), find(other, &export)] {
            assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
        }
        let listed =
            opened.as_client(other, |conn| exports::list_exports(conn, Reach::Client(other), ALL));
        assert_eq!(listed, []);
    });
}
