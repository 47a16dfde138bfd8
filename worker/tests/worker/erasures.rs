//! Erasure: a number that was everywhere is nowhere, what is held stays, and whoever
//! is killed leaves what another one ends.

use baitline_domain::audit::hex;
use baitline_domain::erasure::{Erasable, ErasureState};
use baitline_domain::ids::{ClientId, ErasureId};
use baitline_domain::instant::Span;
use baitline_domain::label::LabelKind;
use baitline_domain::observation::Report;
use baitline_store::audit;
use baitline_store::blobs::BlobKind;
use baitline_store::erasures::{self, named_blobs};
use baitline_store::exports::ExportRequest;
use baitline_store::files;
use baitline_store::kept_replies::{KeptReply, OnceKey, keep_reply};
use baitline_store::models::{
    ErasureRow, FileFormat, LookUp, NewAllowEntry, NewFile, NewLabel, NewLegalHold,
    NewPortabilityAnswer, Recording,
};
use baitline_store::{Reach, allow_list, legal_holds, portability, recordings};
use baitline_testkit::{DatabaseKind, on_both};
use baitline_worker::{Auditor, Step, Worker};
use bytes::Bytes;
use futures_util::stream;

use crate::batches::order;
use crate::exports::{request, start};
use crate::scene::Scene;
use crate::story::{BAIT, FOREIGN, MTS, Story, label, minutes, phone, report};

/// Whom nobody may remember.
const CANARY: u64 = 79_101_234_567;
/// As it stands in texts, without what differs.
const DIGITS: &str = "9101234567";
/// Nobody sends or reads: what no row names goes at once.
const AT_ONCE: Span = Span::seconds(-60);

impl Scene {
    pub(crate) fn eraser(&self) -> Worker {
        self.worker().keeping_bytes_for(AT_ONCE)
    }

    /// Erases to the end, each step by a worker of its own.
    pub(crate) fn erase(&self) {
        for _ in 0..20 {
            while self.eraser().run_next().unwrap() != Step::Empty {}
            self.sealer().sweep_older_than(AT_ONCE).unwrap();
            if self.agency(erasures::open_erasures).is_empty() {
                return;
            }
        }
        panic!("{:?}", self.agency(erasures::open_erasures));
    }

    pub(crate) fn erasure(&self, id: ErasureId) -> ErasureRow {
        self.agency(|conn| erasures::find_erasure(conn, Reach::Agency, id))
    }

    /// In how many tables, or files of the database, a number stands: its digits, or
    /// the number itself.
    fn found(&self, number: u64) -> i64 {
        let text = number.to_string();
        let digits = text.trim_start_matches('7');
        match self.database.kind() {
            DatabaseKind::Postgres => {
                let ascii = hex(digits.as_bytes());
                self.count(&format!(
                    "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND query_to_xml(
                        format('SELECT 1 AS x FROM %I AS t WHERE t::text LIKE %L OR t::text LIKE %L',
                            tablename, '%{digits}%', '%{ascii}%'),
                        false, false, '')::text LIKE '%<row%'"
                ))
            }
            DatabaseKind::Sqlite => {
                let url = self.database.url();
                let path = url.strip_prefix("sqlite:").unwrap();
                let stored = &number.to_be_bytes()[2..];
                let holds = |file: &String| {
                    let bytes = std::fs::read(file).unwrap_or_default();
                    let has = |what: &[u8]| bytes.windows(what.len()).any(|part| part == what);
                    has(digits.as_bytes()) || has(stored)
                };
                let files = [path.to_owned(), format!("{path}-wal")];
                files.iter().filter(|file| holds(file)).count() as i64
            }
        }
    }

    /// The files of blobs that hold these bytes.
    pub(crate) fn blobs_with(&self, bytes: &[u8]) -> usize {
        let mut found = 0;
        let mut folders = vec![self.blob_folder().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let held = std::fs::read(path).unwrap();
                    found += usize::from(held.windows(bytes.len()).any(|part| part == bytes));
                }
            }
        }
        found
    }
}

pub(crate) fn forget(scene: &Scene, client: ClientId) -> ErasureId {
    scene
        .agency(|conn| erasures::create_erasure(conn, client, phone(CANARY), "требование", "test"))
        .id
}

fn keep(scene: &Scene, client: ClientId, kind: BlobKind, bytes: &str) -> [u8; 32] {
    let sent = stream::iter([Ok::<_, std::io::Error>(Bytes::from(bytes.to_owned()))]);
    scene.wait(scene.store.blobs().put(client, kind, sent, 1 << 20)).unwrap().sha256
}

fn record(scene: &Scene, story: &Story, of: &Report, bytes: &str) {
    let sha256 = keep(scene, story.client, BlobKind::Recording, bytes);
    let new = Recording {
        client_id: story.client,
        observation_id: of.id,
        sha256: sha256.to_vec(),
        bytes: bytes.len() as i64,
        media_type: "audio/wav".to_owned(),
        received_at: of.reported_at,
        sniffed_type: "audio/wav".to_owned(),
        original_name: Some(format!("8{DIGITS}_20260902.wav")),
        duration_milliseconds: None,
        duration_missing: None,
        derived: false,
    };
    scene.as_client(story.client, |conn| recordings::put_recording(conn, &new));
}

fn upload(scene: &Scene, story: &Story, name: &str, body: &str) {
    let sha256 = keep(scene, story.client, BlobKind::File, body);
    let new = NewFile {
        source: Some(story.pbx.id),
        format: FileFormat::Ndjson,
        original_name: Some(name.to_owned()),
        sha256,
        bytes: body.len() as u64,
        profile: None,
        uploaded_by: "test".to_owned(),
    };
    scene.as_client(story.client, |conn| files::create_file(conn, story.client, &new));
}

/// A canary that has called, was heard, sealed, packed, listed and written about, beside
/// a number that stays; their first calls.
pub(crate) fn everywhere(scene: &Scene, story: &Story) -> (Report, Report) {
    story.complete_trap(scene, start());
    let calls: Vec<Report> = (0..3)
        .map(|n| story.call(&format!("+{CANARY}-{n}"), CANARY, start() + minutes(120 + 20 * n)))
        .collect();
    let other = Report {
        screen_label: Some("переведён с 8 (910) 123-45-67".to_owned()),
        extra: Some(format!("{{\"transferred_from\":7{DIGITS}}}")),
        ..story.call("other", FOREIGN, start() + minutes(300))
    };
    let hidden = story.seen_by(&story.recorder, "hidden", None, start() + minutes(120));
    let unmatched = report(&story.pbx, "nobody's", &format!("8{DIGITS}"), "+79019999999", start());
    let revised = Report { revision: 2, connected_seconds: Some(61), ..calls[1].clone() };
    story.ingest(scene, &calls);
    story.ingest(scene, &[revised, other.clone(), hidden.clone(), unmatched]);
    scene.settle();
    record(scene, story, &calls[0], &format!("RIFF of {DIGITS}"));
    record(scene, story, &hidden, "RIFF of nobody");
    record(scene, story, &other, "RIFF of another");
    for of in [&calls[0], &other] {
        let heard = NewLabel {
            callback_number: Some(phone(CANARY)),
            transcript: Some("перезвоните: 910 123 45 67".to_owned()),
            ..label(LabelKind::Advertising)
        };
        story.label(scene, of, &heard);
    }
    beside(scene, story);
    let numbers = vec![phone(CANARY), phone(FOREIGN)];
    order(scene, story, &ExportRequest { numbers, ..request() });
    scene.settle();
    scene.seal();
    (calls[0].clone(), other)
}

/// What names the number beside its calls.
fn beside(scene: &Scene, story: &Story) {
    let client = story.client;
    let allowed = NewAllowEntry {
        number: phone(CANARY),
        reason: "курьер".to_owned(),
        since: start() + minutes(10_000),
        until: None,
    };
    let answer = NewPortabilityAnswer {
        number: phone(CANARY),
        operator: MTS.parse().unwrap(),
        ported_at: None,
    };
    let look_up =
        LookUp { source: format!("о 7{DIGITS}"), looked_up_at: start(), author: "key".to_owned() };
    let once = OnceKey { key_sha256: [1; 32], request_sha256: [2; 32] };
    let body = format!("{{\"caller\":\"+7{DIGITS}\"}}").into_bytes();
    let reply = KeptReply { status: 201, location: None, body };
    scene.as_client(client, |conn| {
        allow_list::create_allow_entry(conn, client, &allowed, "key")?;
        portability::create_answer(conn, client, &look_up, answer)?;
        keep_reply(conn, Reach::Client(client), &once, &reply)
    });
    upload(scene, story, "8910-123-45-67.ndjson", &format!("{{\"caller\":\"8{DIGITS}\"}}\n"));
    upload(scene, story, "rest.ndjson", &format!("{{\"caller\":\"+{FOREIGN}\"}}\n"));
}

#[test]
fn a_forgotten_number_is_in_no_table_and_no_byte_and_reports_are_as_if_made_anew() {
    on_both(|database| {
        let scene = Scene::on(database);
        let folder = tempfile::tempdir().unwrap();
        let mut auditor = Auditor::new(scene.store.clone(), folder.path().join("checkpoints"));
        let story = Story::on(&scene);
        let (called, other) = everywhere(&scene, &story);
        auditor.seal_all().unwrap();
        assert!(scene.found(CANARY) > 0, "the search finds what is there");
        assert!(scene.blobs_with(DIGITS.as_bytes()) >= 3, "a recording, a file, a package");
        let segments = scene.segment_files(story.client);
        assert!(!segments.is_empty());
        let id = forget(&scene, story.client);
        scene.erase();
        auditor.seal_all().unwrap();
        assert!(scene.store.compact().unwrap());
        assert_eq!(scene.found(CANARY), 0);
        assert_eq!(scene.blobs_with(DIGITS.as_bytes()), 0);
        let left = scene.segment_files(story.client);
        assert!(left.iter().all(|file| !segments.contains(file)), "every old segment is gone");
        // The hidden observation was one of its call's.
        let done = scene.erasure(id);
        let counts = done.counts().unwrap();
        assert_eq!((counts.calls, counts.recordings, counts.labels), (5, 2, 1));
        // The other's package quotes who asked to be called back.
        assert_eq!((counts.packages, counts.files), (2, 1));
        assert_eq!((done.state, done.held().unwrap()), (ErasureState::Done, Vec::new()));
        // What is another's stays, and the counts are those of what is left.
        let standing = scene.settled();
        assert_eq!(standing.offenders.len(), 1);
        assert!(story.interception(&scene, &other).is_some());
        assert_eq!(scene.count("SELECT count(*) FROM labels WHERE callback_number IS NULL"), 1);
        assert_eq!(scene.count("SELECT count(*) FROM files WHERE erased_at IS NULL"), 1);
        let report = scene.agency(|conn| audit::verify(conn, Reach::Agency, &[]));
        assert_eq!(report.findings, [], "the chains hold without the salts");
        let salted = format!(
            "SELECT count(*) FROM audit_entries WHERE subject = '{}' AND length(salt) > 0",
            called.id
        );
        assert_eq!(scene.count(&salted), 0);
        for kind in [BlobKind::Recording, BlobKind::Package, BlobKind::File] {
            let named = scene.agency(|conn| named_blobs(conn, story.client, kind));
            let listed = scene.wait(scene.store.blobs().list(story.client, kind)).unwrap();
            assert_eq!(listed.len(), named.len(), "{kind:?}");
        }
        let shown = |what: &Erasable<'_>| {
            scene.agency(|conn| erasures::erasures_of(conn, Reach::Agency, what)).len()
        };
        assert_eq!((shown(&Erasable::Call(called.id)), shown(&Erasable::Call(other.id))), (1, 0));
    });
}

#[test]
fn another_clients_calls_with_the_number_stay() {
    on_both(|database| {
        let scene = Scene::on(database);
        let (ours, theirs) = (Story::on(&scene), Story::without_numbering(&scene));
        everywhere(&scene, &ours);
        let (kept, _) = everywhere(&scene, &theirs);
        let rows = |client: ClientId| {
            let (client, id) = match scene.database.kind() {
                DatabaseKind::Postgres => (format!("'{client}'"), CANARY),
                DatabaseKind::Sqlite => (format!("X'{}'", client.0.simple()), CANARY),
            };
            scene.count(&format!(
                "SELECT count(*) FROM observations
                    WHERE client_id = {client} AND party_number = {id}"
            ))
        };
        let before = rows(theirs.client);
        assert!(before > 0);
        forget(&scene, ours.client);
        scene.erase();
        assert_eq!((rows(ours.client), rows(theirs.client)), (0, before));
        assert!(theirs.interception(&scene, &kept).is_some());
        assert!(scene.blobs_with(DIGITS.as_bytes()) >= 3, "theirs");
    });
}

#[test]
fn what_a_person_holds_stays_with_everything_that_names_it() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let (called, _) = everywhere(&scene, &story);
        let client = story.client;
        let new = NewLegalHold { bait: Some(story.bait), caller: None, reason: "x".to_owned() };
        let hold = scene.agency(|conn| legal_holds::create_hold(conn, client, &new, "test"));
        let before = scene.settled();
        let id = forget(&scene, client);
        scene.erase();
        let done = scene.erasure(id);
        let held = done.held().unwrap();
        assert_eq!((held.len(), held[0].id), (1, hold.id.0));
        // What had no bait is of no bait that is held.
        assert_eq!(done.counts().unwrap().calls, 1);
        assert!(story.interception(&scene, &called).is_some());
        assert_eq!(scene.settled(), before);
        assert!(scene.blobs_with(DIGITS.as_bytes()) >= 3);
        scene.agency(|conn| legal_holds::end_hold(conn, hold.id, "кончено", "test"));
        forget(&scene, client);
        scene.erase();
        assert_eq!(scene.blobs_with(DIGITS.as_bytes()), 0);
    });
}

#[test]
fn what_a_filed_complaint_holds_stays_until_it_is_released() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let (called, other) = everywhere(&scene, &story);
        file(&scene, &story, &called);
        let id = forget(&scene, story.client);
        scene.erase();
        let done = scene.erasure(id);
        // Its own observation, and the one that tells no caller and is the same call's.
        assert_eq!((done.counts().unwrap().calls, done.held().unwrap()[0].calls), (3, 2));
        assert!(story.interception(&scene, &called).is_some());
        assert!(story.interception(&scene, &other).is_some());
        scene.execute("UPDATE complaint_holds SET released = TRUE");
        scene.execute("UPDATE complaints SET state = 'returned'");
        forget(&scene, story.client);
        scene.erase();
        assert_eq!(scene.count("SELECT count(*) FROM complaint_calls"), 0);
        assert_eq!(scene.blobs_with(DIGITS.as_bytes()), 0);
        scene.settled();
    });
}

/// A complaint of this call that an office has, past the gate.
pub(crate) fn file(scene: &Scene, story: &Story, call: &Report) {
    let id = |uuid: uuid::Uuid| match scene.database.kind() {
        DatabaseKind::Postgres => format!("'{uuid}'"),
        DatabaseKind::Sqlite => format!("X'{}'", uuid.simple()),
    };
    let at = match scene.database.kind() {
        DatabaseKind::Postgres => format!("'{}'", call.reported_at),
        DatabaseKind::Sqlite => call.reported_at.0.to_string(),
    };
    let (client, call_id, bait) = (id(story.client.0), id(call.id.0), id(story.bait.0));
    let complaint = id(uuid::Uuid::now_v7());
    scene.execute(&format!(
        "INSERT INTO applicants (client_id, id, kind, name, inn, ogrn, legal_address,
            subject_code, version, author, created_at)
         VALUES ({client}, {complaint}, 'legal_entity', 'ООО', 7743895280, '1027700132195', 'Москва',
            77, 1, 'test', {at});
         INSERT INTO complaints (client_id, id, applicant_id, subject_code, grouping_by, number,
            state, filed_on, channel, limit_on, version, author, created_at)
         VALUES ({client}, {complaint}, {complaint}, 77, 'number', {CANARY}, 'filed', 20000,
            'email', 21000, 1, 'test', {at});
         INSERT INTO complaint_calls (client_id, complaint_id, call_id, bait_id, started_at,
            caller, removed, released)
         VALUES ({client}, {complaint}, {call_id}, {bait}, {at}, {CANARY}, FALSE, FALSE);
         INSERT INTO complaint_holds (client_id, complaint_id, observation_id, call_id, released)
         VALUES ({client}, {complaint}, {call_id}, {call_id}, FALSE)"
    ));
}

#[test]
fn a_call_that_is_sent_again_during_an_erasure_goes_and_later_is_a_new_one() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let (called, _) = everywhere(&scene, &story);
        let id = forget(&scene, story.client);
        while scene.erasure(id).state < ErasureState::Files {
            scene.eraser().run_next().unwrap();
        }
        story.ingest(&scene, std::slice::from_ref(&called));
        scene.erase();
        assert_eq!(scene.count(&of_canary()), 0);
        story.ingest(&scene, std::slice::from_ref(&called));
        scene.settled();
        assert_eq!(scene.count(&of_canary()), 1);
    });
}

fn of_canary() -> String {
    format!("SELECT count(*) FROM observations WHERE party_number = {CANARY}")
}

#[test]
fn an_erasure_waits_for_files_that_may_bring_the_number() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let line = format!(
            "{{\"external_id\":\"f\",\"caller\":\"+{CANARY}\",\"called\":\"+{BAIT}\",\
             \"occurred_at\":\"{}\",\"connected_seconds\":9}}\n",
            start()
        );
        upload(&scene, &story, "late.ndjson", &line);
        let id = forget(&scene, story.client);
        scene.erase();
        assert_eq!(scene.erasure(id).counts().unwrap().calls, 1);
        assert_eq!((scene.count(&of_canary()), scene.blobs_with(DIGITS.as_bytes())), (0, 0));
    });
}

#[test]
fn a_step_that_breaks_off_leaves_nothing_half_done_and_is_taken_again() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        everywhere(&scene, &story);
        scene.execute(match scene.database.kind() {
            DatabaseKind::Sqlite => {
                "CREATE TRIGGER broken BEFORE DELETE ON observations
                 BEGIN SELECT RAISE(ABORT, 'broken for the test'); END"
            }
            DatabaseKind::Postgres => {
                "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS
                    $$ BEGIN RAISE 'broken for the test'; END $$;
                 CREATE TRIGGER broken BEFORE DELETE ON observations FOR EACH ROW
                    EXECUTE FUNCTION fail()"
            }
        });
        let tables = ["observations", "recordings", "labels", "export_packages", "papers"];
        let rows = || tables.map(|table| scene.count(&format!("SELECT count(*) FROM {table}")));
        let (before, blobs) = (rows(), scene.blobs_with(DIGITS.as_bytes()));
        let id = forget(&scene, story.client);
        assert!((0..20).any(|_| scene.eraser().run_next().is_err()));
        assert_eq!((rows(), scene.blobs_with(DIGITS.as_bytes())), (before, blobs));
        assert_eq!(scene.erasure(id).state, ErasureState::Calls);
        scene.execute(match scene.database.kind() {
            DatabaseKind::Sqlite => "DROP TRIGGER broken",
            DatabaseKind::Postgres => "DROP TRIGGER broken ON observations",
        });
        scene.erase();
        assert_eq!((scene.found(CANARY), scene.blobs_with(DIGITS.as_bytes())), (0, 0));
    });
}
