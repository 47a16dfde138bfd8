//! Files of call records: every row is taken once and counted once, whatever
//! becomes of the workers that read it, and what cannot be taken is kept.

use std::collections::BTreeMap;

use baitline_domain::instant::Span;
use baitline_store::blobs::BlobKind;
use baitline_store::files::{self, RejectionFilter, RejectionPage};
use baitline_store::models::{
    CallFile, FileFormat, FileRejection, FileState, NewFile, RejectionState, RowText,
};
use baitline_store::observations::{self, MAX_BATCH};
use baitline_store::{Reach, now};
use baitline_testkit::{DatabaseKind, on_both};
use baitline_worker::Step;
use bytes::Bytes;
use futures_util::stream;

use crate::scene::{Scene, at};
use crate::story::{BAIT, FOREIGN, Story, minutes};

/// More than a worker reads in one step.
const MANY: usize = 17_500;

/// Keeps bytes and enters them as a file of the PBX.
fn upload(scene: &Scene, story: &Story, format: FileFormat, body: &str) -> CallFile {
    upload_by(scene, story, format, body, None)
}

fn upload_by(
    scene: &Scene,
    story: &Story,
    format: FileFormat,
    body: &str,
    profile: Option<String>,
) -> CallFile {
    let sent = stream::iter([Ok::<_, std::io::Error>(Bytes::from(body.to_owned()))]);
    let put = scene.store.blobs().put(story.client, BlobKind::File, sent, 1 << 30);
    let blob = scene.wait(put).unwrap();
    let new = NewFile {
        source: Some(story.pbx.id),
        format,
        original_name: None,
        sha256: blob.sha256,
        bytes: blob.bytes,
        profile,
        uploaded_by: "test".to_owned(),
    };
    scene.as_client(story.client, |conn| files::create_file(conn, story.client, &new))
}

fn find(scene: &Scene, file: &CallFile) -> CallFile {
    scene.agency(|conn| files::find_file(conn, Reach::Agency, file.id))
}

fn rejections(scene: &Scene, file: &CallFile) -> Vec<FileRejection> {
    let page = RejectionPage { after: None, limit: 100_000 };
    let filter = RejectionFilter::default();
    scene.agency(|conn| files::list_rejections(conn, file.client_id, file.id, &filter, page))
}

/// A call to the bait, one of each second.
fn record(number: usize) -> String {
    let start = at("2026-09-02T10:00:00Z") + Span::seconds(i64::try_from(number).unwrap());
    format!(
        r#"{{"external_id":"{number}","caller":"+{FOREIGN}","called":"+{BAIT}","occurred_at":"{start}","connected_seconds":9}}"#
    )
}

/// Rows of which every hundredth gives no record and every hundred and first is
/// there already.
fn rows(count: usize) -> Vec<String> {
    let row = |number: usize| match number % 100 {
        0 => format!("{{\"external_id\":\"bad {number}\"}}"),
        1 => record(number.saturating_sub(2)),
        _ => record(number),
    };
    (1..=count).map(row).collect()
}

fn expected(count: usize) -> (i64, i64, i64, i64) {
    let of = |rest: usize| (1..=count).filter(|number| number % 100 == rest).count();
    // The first row repeats nothing: it is the record of 0.
    let (bad, again) = (of(0), of(1) - 1);
    let number = |count: usize| i64::try_from(count).unwrap();
    (number(count), number(count - bad - again), number(again), number(bad))
}

fn counts(file: &CallFile) -> (i64, i64, i64, i64) {
    (file.rows_read, file.accepted, file.duplicate, file.rejected)
}

/// Insists that the file is read, and each row counted and kept once.
fn assert_whole(scene: &Scene, file: &CallFile, count: usize) {
    let done = find(scene, file);
    assert_eq!((done.state, done.problem()), (FileState::Done, None));
    assert_eq!(counts(&done), expected(count));
    assert_eq!((done.bytes_read, done.conflict, done.updated), (done.bytes, 0, 0));
    assert_eq!(scene.count("SELECT count(*) FROM observations"), done.accepted);
    let kept = rejections(scene, file);
    assert_eq!(i64::try_from(kept.len()).unwrap(), done.rejected);
    assert_eq!(done.open_rejections, done.rejected);
    assert!(kept.iter().all(|row| row.place % 100 == 0 && row.code == "missing"));
}

/// Lets the lease of whoever holds a file run out.
fn forget_lease(scene: &Scene) {
    scene.execute(match scene.database.kind() {
        DatabaseKind::Sqlite => "UPDATE files SET lease_until = 0 WHERE lease_until IS NOT NULL",
        DatabaseKind::Postgres => {
            "UPDATE files SET lease_until = '2020-01-01' WHERE lease_until IS NOT NULL"
        }
    });
}

/// Makes the call of this number fail to be written, or be written again.
fn break_call(scene: &Scene, number: usize) {
    scene.execute(&match scene.database.kind() {
        DatabaseKind::Sqlite => format!(
            "CREATE TRIGGER broken BEFORE INSERT ON observations WHEN NEW.external_id = '{number}'
             BEGIN SELECT RAISE(ABORT, 'broken for the test'); END"
        ),
        DatabaseKind::Postgres => format!(
            "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE 'broken for the test'; END $$;
             CREATE TRIGGER broken BEFORE INSERT ON observations FOR EACH ROW
                WHEN (NEW.external_id = '{number}') EXECUTE FUNCTION fail()"
        ),
    });
}

fn mend(scene: &Scene) {
    scene.execute(match scene.database.kind() {
        DatabaseKind::Sqlite => "DROP TRIGGER broken",
        DatabaseKind::Postgres => "DROP TRIGGER broken ON observations",
    });
}

#[test]
fn a_file_in_every_format_is_read_to_its_end_and_every_row_is_accounted_for() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        // A batch, and a little more.
        let count = MAX_BATCH + 2_300;
        let ndjson = rows(count).join("\n");
        let file = upload(&scene, &story, FileFormat::Ndjson, &ndjson);
        scene.settle();
        assert_whole(&scene, &file, count);
        // The same records in another spelling are all known.
        let array = format!("[{}]", rows(count).join(",\n"));
        let again = upload(&scene, &story, FileFormat::Json, &array);
        scene.settle();
        let again = find(&scene, &again);
        let (rows, accepted, duplicate, rejected) = expected(count);
        assert_eq!(counts(&again), (rows, 0, accepted + duplicate, rejected));
        let csv = "external_id,caller,called,occurred_at\n\
                   a,+79100000007,+79010000001,2026-09-02 13:00:00\n\
                   b,,+79010000001,2026-09-02 13:00:00,\n\
                   0,,+79010000001,2026-09-02 13:00:00\n";
        let csv = upload(&scene, &story, FileFormat::Csv, csv);
        scene.settle();
        let done = find(&scene, &csv);
        assert_eq!(done.header().unwrap().unwrap().len(), 4);
        assert_eq!((done.rows_read, done.accepted, done.rejected, done.conflict), (3, 1, 1, 1));
        let kept = rejections(&scene, &csv);
        let told: Vec<_> = kept.iter().map(|row| (row.place, row.code.as_str())).collect();
        assert_eq!(told, [(3, "broken_row"), (4, "conflict")]);
        assert_eq!(done.open_rejections, 2);
        let cells = ["0", "", "+79010000001", "2026-09-02 13:00:00"].map(str::to_owned);
        assert_eq!(kept[1].text().unwrap(), RowText::Cells(cells.to_vec()));
    });
}

#[test]
fn a_worker_killed_between_steps_is_relieved_and_no_row_counts_twice() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let file = upload(&scene, &story, FileFormat::Ndjson, &rows(MANY).join("\n"));
        let mut workers = 0;
        while find(&scene, &file).ended_at.is_none() {
            let mut worker = scene.worker();
            while worker.run_next().unwrap() != Step::Read {}
            drop(worker);
            workers += 1;
            forget_lease(&scene);
        }
        assert!(workers > 1, "one step was enough");
        assert_whole(&scene, &file, MANY);
    });
}

#[test]
fn a_worker_killed_within_a_batch_leaves_nothing_of_it() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        // A batch, and a little more.
        let count = MAX_BATCH + 2_300;
        let file = upload(&scene, &story, FileFormat::Ndjson, &rows(count).join("\n"));
        break_call(&scene, MAX_BATCH + 1_990);
        let mut worker = scene.worker();
        while worker.run_next().is_ok() {}
        let standing = find(&scene, &file);
        let batch = i64::try_from(MAX_BATCH).unwrap();
        assert_eq!((standing.state, standing.rows_read), (FileState::Running, batch));
        assert_eq!(rejections(&scene, &file).len(), MAX_BATCH / 100);
        mend(&scene);
        // Its lease holds, so nobody else takes it up yet.
        scene.worker().run_until_empty().unwrap();
        assert_eq!(find(&scene, &file).rows_read, batch);
        forget_lease(&scene);
        scene.settle();
        assert_whole(&scene, &file, count);
    });
}

#[test]
fn a_worker_that_wakes_after_it_was_relieved_keeps_nothing() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let file = upload(&scene, &story, FileFormat::Ndjson, &rows(MANY).join("\n"));
        let (mut sleeper, mut other) = (scene.worker(), scene.worker());
        while sleeper.run_next().unwrap() != Step::Read {}
        let before = find(&scene, &file);
        assert!(before.ended_at.is_none() && before.rows_read > 0);
        forget_lease(&scene);
        while find(&scene, &file).rows_read == before.rows_read {
            other.run_next().unwrap();
        }
        sleeper.run_until_empty().unwrap();
        other.run_until_empty().unwrap();
        assert_whole(&scene, &file, MANY);
    });
}

#[test]
fn a_file_that_every_worker_leaves_is_given_up_and_keeps_no_other_waiting() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let bad = upload(&scene, &story, FileFormat::Ndjson, &record(7));
        let good = upload(&scene, &story, FileFormat::Ndjson, &record(8));
        break_call(&scene, 7);
        let mut failures = 0;
        while find(&scene, &bad).ended_at.is_none() {
            let mut worker = scene.worker();
            failures += usize::from(worker.run_until_empty().is_err());
            forget_lease(&scene);
        }
        assert_eq!(failures, 5);
        let given_up = find(&scene, &bad);
        assert_eq!(given_up.problem().unwrap().code, "given_up");
        mend(&scene);
        scene.settle();
        assert_eq!(find(&scene, &good).accepted, 1);
    });
}

#[test]
fn calls_of_today_are_derived_while_a_file_is_read() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        scene.settle();
        let file = upload(&scene, &story, FileFormat::Ndjson, &rows(MANY).join("\n"));
        let mut worker = scene.worker();
        while worker.run_next().unwrap() != Step::Read {}
        assert!(find(&scene, &file).ended_at.is_none());
        let call = story.call("today", FOREIGN, now() - minutes(1));
        story.ingest(&scene, std::slice::from_ref(&call));
        let derived = || {
            let query = "SELECT count(*) FROM calls WHERE started_at > ";
            scene.count(&match scene.database.kind() {
                DatabaseKind::Sqlite => format!("{query} {}", (now() - minutes(9)).0),
                DatabaseKind::Postgres => format!("{query} now() - interval '9 minutes'"),
            })
        };
        let mut steps = 0;
        while derived() == 0 {
            worker.run_next().unwrap();
            steps += 1;
        }
        assert!(steps <= 2, "{steps} steps");
        assert!(find(&scene, &file).ended_at.is_none(), "it is still being read");
    });
}

#[test]
fn a_cancelled_file_is_read_no_further_and_what_was_read_stays() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let file = upload(&scene, &story, FileFormat::Ndjson, &rows(MANY).join("\n"));
        let mut worker = scene.worker();
        while worker.run_next().unwrap() != Step::Read {}
        let before = find(&scene, &file);
        let cancel = || {
            scene
                .as_client(file.client_id, |conn| files::cancel_file(conn, file.client_id, file.id))
        };
        assert_eq!(cancel().state, FileState::Cancelled);
        assert_eq!(cancel().state, FileState::Cancelled);
        worker.run_until_empty().unwrap();
        scene.settle();
        let after = find(&scene, &file);
        assert_eq!((counts(&after), after.state), (counts(&before), FileState::Cancelled));
        assert_eq!(scene.count("SELECT count(*) FROM observations"), after.accepted);
    });
}

#[test]
fn a_file_that_breaks_off_says_where_and_keeps_what_stands_before() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let broken = format!("[{},\n{},\n{{\"caller\":", record(1), record(2));
        let bodies = [
            (FileFormat::Json, broken.as_str(), "malformed_json", Some(3), 2),
            (FileFormat::Json, "7", "invalid_type", None, 0),
            (FileFormat::Ndjson, "\n \n", "empty_body", None, 0),
            (FileFormat::Csv, "caller,shoe\n1,2\n", "unknown_column", Some(1), 0),
        ];
        for (format, body, code, line, rows) in bodies {
            let file = upload(&scene, &story, format, body);
            scene.settle();
            let failed = find(&scene, &file);
            assert_eq!((failed.state, failed.rows_read), (FileState::Failed, rows), "{code}");
            let problem = failed.problem().unwrap();
            assert_eq!((problem.code.as_str(), problem.line), (code, line), "{}", problem.detail);
        }
        // Half a line is a row like any other.
        let truncated = format!("{}\n{}", record(3), &record(4)[..30]);
        let file = upload(&scene, &story, FileFormat::Ndjson, &truncated);
        scene.settle();
        assert_eq!(counts(&find(&scene, &file)), (2, 1, 0, 1));
        assert_eq!(rejections(&scene, &file)[0].code, "malformed_json");
    });
}

#[test]
fn a_file_is_read_by_the_profile_it_came_with() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let profile = r#"{"delimiter":"semicolon","columns":{"caller":{"name":"Кто"},
            "called":{"name":"Кому"},"occurred_at":{"name":"Когда"}}}"#;
        let csv = "Кто;Кому;Когда\n89100000007;89010000001;2026-09-02 13:00:00\n\
                   89100000007;;2026-09-02 13:01:00\n";
        let profile = Some(profile.to_owned());
        let file = upload_by(&scene, &story, FileFormat::Csv, csv, profile);
        scene.settle();
        let done = find(&scene, &file);
        assert_eq!(done.problem(), None);
        assert_eq!(counts(&done), (2, 1, 0, 1));
        assert_eq!(done.header().unwrap().unwrap(), ["Кто", "Кому", "Когда"]);
        assert_eq!(rejections(&scene, &file)[0].place, 3);
    });
}

#[test]
fn a_corrected_row_is_taken_once_and_the_others_wait() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let body = "{\"caller\":1}\n{\"caller\":2}\n{\"caller\":3}\0\n";
        let file = upload(&scene, &story, FileFormat::Ndjson, body);
        scene.settle();
        let rows = rejections(&scene, &file);
        assert_eq!(rows[2].text().unwrap(), RowText::Text("{\"caller\":3}\u{fffd}".to_owned()));
        let call = story.call("corrected", FOREIGN, at("2026-09-02T10:00:00Z"));
        let client = story.client;
        let corrected =
            scene.as_client(client, |conn| files::correct_rejection(conn, &rows[0], &call, "anna"));
        assert_eq!(corrected.id, call.id);
        let again = scene.store.write(Reach::Client(client), |conn| {
            files::correct_rejection(conn, &rows[0], &call, "anna")
        });
        assert!(again.is_err(), "it is settled");
        scene.as_client(client, |conn| files::dismiss_rejection(conn, &rows[1], "лишняя", "anna"));
        let left = find(&scene, &file);
        assert_eq!((left.open_rejections, left.rejected), (1, 3));
        let by_state: BTreeMap<_, _> =
            rejections(&scene, &file).into_iter().map(|row| (row.state, row)).collect();
        let resolved = &by_state[&RejectionState::Resolved];
        assert_eq!(
            (resolved.observation_id, resolved.settled_by.as_deref()),
            (Some(call.id), Some("anna"))
        );
        assert_eq!(by_state[&RejectionState::Dismissed].reason.as_deref(), Some("лишняя"));
        let dismissed =
            scene.as_client(client, |conn| files::dismiss_open(conn, &left, None, "все", "anna"));
        assert_eq!((dismissed, find(&scene, &file).open_rejections), (1, 0));
        scene.settle();
        let reach = Reach::Client(client);
        let found = scene.agency(|conn| observations::find_observation(conn, reach, call.id));
        assert_eq!(found.0, client);
    });
}

#[test]
fn a_file_whose_bytes_are_gone_ends_and_says_so() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let file = upload(&scene, &story, FileFormat::Ndjson, &rows(10).join("\n"));
        scene.wait(scene.store.blobs().remove(story.client, BlobKind::File, &file.sha256)).unwrap();
        scene.settle();
        let ended = find(&scene, &file);
        assert_eq!(ended.state, FileState::Failed);
        assert_eq!(ended.problem().map(|problem| problem.code).as_deref(), Some("file_lost"));
        assert_eq!(scene.count("SELECT count(*) FROM observations"), 0);
    });
}
