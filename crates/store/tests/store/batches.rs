//! Exports of many packages: planned once, counted, listed, tried again, and held by
//! one worker at a time.

use baitline_domain::ids::{ClientId, ExportId};
use baitline_domain::instant::Span;
use baitline_domain::phone::Phone;
use baitline_store::exports::{self, ExportNarrowing, ExportRequest, MAX_ATTEMPTS};
use baitline_store::models::{Export, ExportFile, ExportState, Package, PackageState};
use baitline_store::{Constraint, Page, Reach, StoreError, StoreResult, signing_keys};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::support::{ALL, Opened, at, execute, open, phone};
use crate::world::export_request;

const FIRST: u64 = 74_950_000_001;

fn callers(count: u64) -> Vec<Phone> {
    (0..count).map(|n| phone(FIRST + n)).collect()
}

fn ask(opened: &Opened, client: ClientId) -> Export {
    opened.as_client(client, |conn| exports::create_export(conn, client, &export_request()))
}

/// An export that a worker holds, with so many packages.
fn planned(opened: &Opened, client: ClientId, count: u64) -> Export {
    ask(opened, client);
    let claimed = opened.agency(exports::claim_export).unwrap();
    let sealed_at = at("2026-11-20T00:00:00Z");
    let plan = |conn: &mut _| exports::plan_packages(conn, &claimed, &callers(count), sealed_at);
    opened.agency(plan).unwrap()
}

fn all(opened: &Opened, export: &Export) -> Vec<Package> {
    opened.agency(|conn| exports::packages_of(conn, export.client_id, export.id))
}

fn finish(opened: &Opened, export: &Export, package: &Package, state: PackageState) -> bool {
    let problem = (state == PackageState::Failed).then(|| "because".to_owned());
    let done = Package { state, problem, ..package.clone() };
    opened.agency(|conn| exports::finish_package(conn, export, &done))
}

fn retry(opened: &Opened, client: ClientId, export: ExportId) -> StoreResult<Export> {
    opened.store.write(Reach::Client(client), |c| exports::retry_export(c, client, export))
}

fn file(export: &Export, name: &str) -> ExportFile {
    ExportFile {
        client_id: export.client_id,
        export_id: export.id,
        name: name.to_owned(),
        bytes: 3,
        sha256: vec![7; 32],
        crc32: i64::from(u32::MAX),
    }
}

/// Gives an export something beside its packages.
pub(crate) fn furnish(opened: &Opened, export: &Export) {
    let files = [file(export, "index.pdf")];
    opened.agency(|conn| exports::replace_files(conn, export, &files));
}

#[test]
fn packages_are_planned_in_order_and_those_planned_before_stay() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let export = planned(&opened, client, 1_500);
        assert_eq!(export.planned_at, Some(at("2026-11-20T00:00:00Z")));
        let first = all(&opened, &export);
        assert_eq!(first.len(), 1_500);
        assert!(first.is_sorted_by(|one, next| one.caller < next.caller && one.id.0 < next.id.0));
        let later = at("2026-11-21T00:00:00Z");
        let more = callers(1_501);
        opened.agency(|conn| exports::plan_packages(conn, &export, &more, later)).unwrap();
        let second = all(&opened, &export);
        assert_eq!(&second[..1_500], &first[..]);
        assert_eq!(second[1_500].sealed_at, later);
    });
}

#[test]
fn packages_are_counted_and_listed_piece_by_piece_and_by_state() {
    on_both(|database| {
        let opened = open(database);
        let (client, other) = (opened.client("наш").id, opened.client("чужой").id);
        let export = planned(&opened, client, 5);
        let packages = all(&opened, &export);
        for (package, state) in [(0, PackageState::Ready), (3, PackageState::Failed)] {
            assert!(finish(&opened, &export, &packages[package], state));
        }
        let counted = opened.as_client(client, |c| exports::count_packages(c, client, export.id));
        let (failed, queued, ready) =
            (PackageState::Failed, PackageState::Queued, PackageState::Ready);
        assert_eq!(counted, [(failed, 1), (queued, 3), (ready, 1)]);
        let list = |state, after, limit| {
            let page = Page { after, limit };
            let part = opened
                .as_client(client, |c| exports::list_packages(c, client, export.id, state, page));
            part.iter().map(|one| one.caller.digits() - FIRST).collect::<Vec<u64>>()
        };
        assert_eq!(list(None, None, 2), [0, 1]);
        assert_eq!(list(None, Some(packages[1].id.0), 10), [2, 3, 4]);
        assert_eq!(list(Some(queued), Some(packages[1].id.0), 10), [2, 4]);
        let next =
            opened.agency(|c| exports::queued_packages(c, &export, Some(phone(FIRST + 1)), 1));
        assert_eq!(next[0].caller, phone(FIRST + 2));
        let foreign =
            opened.as_client(other, |c| exports::list_packages(c, other, export.id, None, ALL));
        assert_eq!(foreign, []);
    });
}

#[test]
fn only_the_worker_that_holds_an_export_keeps_something_of_it() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let relieved = planned(&opened, client, 2);
        opened.agency(|conn| exports::put_back(conn, &relieved));
        let holder = opened.agency(exports::claim_export).unwrap();
        assert_eq!(holder.attempts, relieved.attempts + 1, "the number of the attempt only grows");
        let package = all(&opened, &holder)[0].clone();
        assert!(!finish(&opened, &relieved, &package, PackageState::Ready));
        let sealed_at = at("2026-11-21T00:00:00Z");
        let late = opened.agency(|c| exports::plan_packages(c, &relieved, &callers(3), sealed_at));
        assert_eq!(late, None);
        assert_eq!(all(&opened, &holder).len(), 2);
        assert!(finish(&opened, &holder, &package, PackageState::Ready));
        opened.as_client(client, |conn| exports::cancel_export(conn, client, holder.id));
        assert!(!finish(&opened, &holder, &package, PackageState::Failed));
        assert_eq!(all(&opened, &holder)[0].state, PackageState::Ready);
    });
}

#[test]
fn workers_that_die_one_after_the_other_fail_no_export_that_gets_on() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let count = 2 * u64::try_from(MAX_ATTEMPTS).unwrap();
        let mut export = planned(&opened, client, count);
        let silence = "UPDATE exports SET state = 'queued'";
        for package in all(&opened, &export) {
            assert!(finish(&opened, &export, &package, PackageState::Draft));
            execute(&opened.database, silence);
            export = opened.agency(exports::claim_export).unwrap();
        }
        // From here on each dies of the same package.
        for _ in 1..MAX_ATTEMPTS {
            execute(&opened.database, silence);
            assert!(opened.agency(exports::claim_export).is_some());
        }
        execute(&opened.database, silence);
        assert_eq!(opened.agency(exports::claim_export), None);
        let ended = opened.agency(|conn| exports::find_export(conn, Reach::Agency, export.id));
        assert_eq!(ended.state, ExportState::Failed);
    });
}

#[test]
fn what_failed_is_tried_again_and_nothing_else() {
    on_both(|database| {
        let opened = open(database);
        let (client, other) = (opened.client("наш").id, opened.client("чужой").id);
        let export = planned(&opened, client, 3);
        let packages = all(&opened, &export);
        finish(&opened, &export, &packages[0], PackageState::Ready);
        finish(&opened, &export, &packages[1], PackageState::Failed);
        assert_eq!(retry(&opened, client, export.id).unwrap().state, ExportState::Running);
        opened.agency(|conn| exports::end_export(conn, &export, ExportState::Done, None));
        let foreign = retry(&opened, other, export.id);
        assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
        assert_eq!(retry(&opened, client, export.id).unwrap().state, ExportState::Queued);
        let states: Vec<_> = all(&opened, &export).iter().map(|one| one.state).collect();
        let queued = PackageState::Queued;
        assert_eq!(states, [PackageState::Ready, queued, queued]);
        assert_eq!(all(&opened, &export)[1].problem, None);
        let again = opened.agency(exports::claim_export).unwrap();
        assert_eq!((again.id, again.attempts_in_vain), (export.id, 1));
        opened.agency(|conn| exports::end_export(conn, &again, ExportState::Done, None));
        let unchanged = retry(&opened, client, export.id).unwrap();
        assert_eq!(unchanged.state, ExportState::Done, "nothing of it has failed");
    });
}

#[test]
fn a_failed_export_is_tried_again_and_a_cancelled_one_is_not() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let export = planned(&opened, client, 1);
        let problem = Some("given up".to_owned());
        opened.agency(|c| exports::end_export(c, &export, ExportState::Failed, problem.clone()));
        let again = retry(&opened, client, export.id).unwrap();
        assert_eq!((again.state, again.problem), (ExportState::Queued, None));
        opened.as_client(client, |conn| exports::cancel_export(conn, client, export.id));
        let refused = retry(&opened, client, export.id);
        let expected = Constraint::ExportCancelled;
        assert!(matches!(&refused, Err(StoreError::Constraint(found)) if *found == expected));
    });
}

#[test]
fn the_archive_holds_what_was_built_and_the_files_put_there_last() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let export = planned(&opened, client, 3);
        let packages = all(&opened, &export);
        finish(&opened, &export, &packages[2], PackageState::Draft);
        finish(&opened, &export, &packages[0], PackageState::Ready);
        finish(&opened, &export, &packages[1], PackageState::Failed);
        for names in [&["a", "z"][..], &["b"]] {
            let files: Vec<_> = names.iter().map(|name| file(&export, name)).collect();
            opened.agency(|conn| exports::replace_files(conn, &export, &files));
        }
        let (files, built) =
            opened.as_client(client, |conn| exports::archive_of(conn, client, export.id));
        assert_eq!(files, [file(&export, "b")]);
        let names: Vec<String> = built.iter().map(Package::archive_name).collect();
        let name = |state: &str, at: usize| {
            format!("{state}/{}-{}.zip", FIRST + at as u64, packages[at].id)
        };
        assert_eq!(names, [name("ready", 0), name("draft", 2)]);
    });
}

#[test]
fn an_export_is_narrowed_to_a_competitor_of_the_client_alone() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let nobody = baitline_domain::ids::CompetitorId(Uuid::from_u128(1));
        let narrowed_to =
            ExportNarrowing { competitor: Some(nobody), ..ExportNarrowing::default() };
        let request = ExportRequest { narrowed_to, ..export_request() };
        let refused = opened
            .store
            .write(Reach::Client(client), |c| exports::create_export(c, client, &request));
        let expected = Constraint::UnknownCompetitor;
        assert!(matches!(&refused, Err(StoreError::Constraint(found)) if *found == expected));
    });
}

#[test]
fn what_was_asked_before_exports_could_be_narrowed_is_read_as_it_was_meant() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let asked = ask(&opened, client);
        let words = "replace(request, ',\"narrowed_to\":{\"competitor\":null,\"office\":null,\
             \"caller_operator\":null,\"complaint\":null,\"complaint_state\":null}', '')";
        execute(&opened.database, &format!("UPDATE exports SET request = {words}"));
        let found = opened.agency(|conn| exports::find_export(conn, Reach::Agency, asked.id));
        assert_ne!(found, asked, "the field is gone");
        assert_eq!(found.request().unwrap(), export_request());
    });
}

#[test]
fn a_key_is_known_from_its_first_worker_to_its_last() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        for fingerprint in ["a", "b", "a"] {
            opened.agency(|conn| signing_keys::note_key(conn, fingerprint, "pem"));
        }
        let known = opened.as_client(client, signing_keys::list_keys);
        let order: Vec<&str> = known.iter().map(|row| row.fingerprint.as_str()).collect();
        assert_eq!(order, ["a", "b"]);
        assert!(known[0].last_seen_at - known[0].first_seen_at >= Span(0));
        assert!(known[0].first_seen_at <= known[1].first_seen_at);
    });
}
