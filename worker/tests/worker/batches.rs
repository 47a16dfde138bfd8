//! Exports of many packages: narrowed, carried in turns, taken over, tried again, signed,
//! and put together into one archive.

use baitline_domain::applicant::Identity;
use baitline_domain::competitor::AttributionRole;
use baitline_domain::ids::ExportId;
use baitline_domain::label::LabelKind;
use baitline_domain::observation::Report;
use baitline_domain::office::SubjectCode;
use baitline_evidence::SigningKey;
use baitline_store::blobs::BlobKind;
use baitline_store::exports::{self, ExportNarrowing, ExportRequest};
use baitline_store::models::{
    ExportFile, ExportState, NewApplicant, NewAttribution, NewCompetitor, NewPreparation, Package,
    PackageState,
};
use baitline_store::versions::Expected;
use baitline_store::{applicants, attributions, competitors, preparations, signing_keys};
use baitline_testkit::{DatabaseKind, on_both};
use baitline_worker::Step;
use futures_util::StreamExt;
use sha2::{Digest, Sha256};

use crate::exports::{
    archive, build_again, packages, record, request, second_start, start, state, verify,
};
use crate::scene::Scene;
use crate::story::{FOREIGN, INTERNOD, LONER, MTS, Story, label, minutes, phone};

/// A key file as `openssl genpkey -algorithm ed25519` writes it.
const KEY: &str = "-----BEGIN PRIVATE KEY-----\n\
    MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n\
    -----END PRIVATE KEY-----\n";

/// So many numbers, each heard to advertise once.
fn callers(scene: &Scene, story: &Story, count: u64) -> Vec<Report> {
    story.complete_trap(scene, start());
    let call = |n: u64| {
        let at = start() + minutes(120 + 5 * i64::try_from(n).unwrap());
        story.call(&format!("of {n}"), FOREIGN + n, at)
    };
    let calls: Vec<Report> = (0..count).map(call).collect();
    hear(scene, story, &calls);
    calls
}

/// Takes the calls in, and labels each.
fn hear(scene: &Scene, story: &Story, calls: &[Report]) {
    story.ingest(scene, calls);
    scene.settle();
    for call in calls {
        record(scene, story, call);
        story.label(scene, call, &label(LabelKind::Advertising));
    }
    scene.settle();
}

pub(crate) fn order(scene: &Scene, story: &Story, request: &ExportRequest) -> ExportId {
    let client = story.client;
    scene.as_client(client, |conn| exports::create_export(conn, client, request)).id
}

/// An export of all numbers of [`callers`].
fn order_all(scene: &Scene, story: &Story, count: u64) -> ExportId {
    let numbers = (0..count).map(|n| phone(FOREIGN + n)).collect();
    order(scene, story, &ExportRequest { numbers, ..request() })
}

fn states(packages: &[Package]) -> Vec<PackageState> {
    packages.iter().map(|package| package.state).collect()
}

fn fall_silent(scene: &Scene) {
    scene.execute(match scene.database.kind() {
        DatabaseKind::Sqlite => "UPDATE exports SET updated_at = updated_at - 61000000",
        DatabaseKind::Postgres => {
            "UPDATE exports SET updated_at = updated_at - interval '61 seconds'"
        }
    });
}

#[test]
fn an_export_whose_worker_was_killed_midway_goes_on_where_it_stopped() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        callers(&scene, &story, 6);
        let export = order_all(&scene, &story, 6);
        let mut killed = scene.worker();
        assert_eq!(killed.run_next().unwrap(), Step::Exported);
        drop(killed);
        let (draft, queued) = (PackageState::Draft, PackageState::Queued);
        let expected = [draft, draft, draft, draft, queued, queued];
        assert_eq!(states(&packages(&scene, &story, export)), expected);
        // What is built again has one call.
        scene.execute("UPDATE export_packages SET interceptions = 77 WHERE state = 'draft'");
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Running, "it may still live");
        fall_silent(&scene);
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Done);
        let built = packages(&scene, &story, export);
        let counts: Vec<i32> = built.iter().map(|package| package.interceptions).collect();
        assert_eq!(counts, [77, 77, 77, 77, 1, 1]);
        let sealed: Vec<_> = built.iter().map(|package| package.sealed_at).collect();
        assert!(sealed.iter().all(|at| *at == sealed[0]), "all are planned at one moment");
    });
}

#[test]
fn calls_that_come_while_an_export_is_carried_do_not_wait_for_its_end() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        callers(&scene, &story, 9);
        let export = order_all(&scene, &story, 9);
        let mut worker = scene.worker();
        assert_eq!(worker.run_next().unwrap(), Step::Exported);
        let later = story.call("later", FOREIGN, start() + minutes(60 * 24 * 60));
        story.ingest(&scene, std::slice::from_ref(&later));
        assert_ne!(worker.run_next().unwrap(), Step::Exported, "it is the call's turn");
        // Packages wait until what the call changes is known.
        let next = (0..6).map(|_| worker.run_next().unwrap());
        let until_export = next.take_while(|step| *step != Step::Exported).count();
        assert!(until_export < 6, "and the export's again");
        assert_eq!(state(&scene, &story, export), ExportState::Running);
        worker.run_until_empty().unwrap();
        assert_eq!(state(&scene, &story, export), ExportState::Done);
    });
}

#[test]
fn a_worker_that_stops_gives_its_export_to_the_next_at_once() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        callers(&scene, &story, 6);
        let export = order_all(&scene, &story, 6);
        let mut stopped = scene.worker();
        assert_eq!(stopped.run_next().unwrap(), Step::Exported);
        let (_, told) = tokio::sync::watch::channel(true);
        stopped.run(&told);
        assert_eq!(state(&scene, &story, export), ExportState::Queued);
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Done);
    });
}

/// Two callers on the baits of two applicants, one number of a competitor's.
pub(crate) fn two_offenders(scene: &Scene, story: &Story) -> ExportNarrowing {
    let second = story.on_another_bait(scene);
    for (story, start, subject) in [(story, start(), "77"), (&second, second_start(), "50")] {
        story.complete_trap(scene, start);
        let call = |caller: u64, at| story.call(&format!("{caller} {start}"), caller, start + at);
        hear(scene, story, &[call(FOREIGN, minutes(120)), call(LONER, minutes(180))]);
        prepare(scene, story, subject);
    }
    let client = story.client;
    let new = NewCompetitor { name: "соперник".to_owned(), inn: None, ogrn: None };
    let rival = scene.as_client(client, |conn| competitors::create_competitor(conn, client, &new));
    let belongs = NewAttribution {
        competitor: rival.id,
        number: phone(LONER),
        role: AttributionRole::OwnLine,
        ground: "с их сайта".to_owned(),
        valid_from: None,
        valid_to: None,
    };
    scene.as_client(client, |c| attributions::create_attribution(c, client, &belongs, "key"));
    scene.settle();
    ExportNarrowing { competitor: Some(rival.id), ..ExportNarrowing::default() }
}

/// Lets an applicant of this subject hold the bait's contract.
fn prepare(scene: &Scene, story: &Story, subject: &str) {
    let client = story.client;
    let holder = NewApplicant {
        identity: Identity::LegalEntity {
            inn: "7743895280".parse().unwrap(),
            ogrn: "1027700132195".parse().unwrap(),
        },
        name: "ООО «Окна»".to_owned(),
        short_name: None,
        legal_address: "Москва".to_owned(),
        reply_address: None,
        email: None,
        subject: SubjectCode::parse(subject).unwrap(),
        note: None,
    };
    scene.as_client(client, |conn| {
        let holder = applicants::create_applicant(conn, client, &holder, "key")?;
        let new = NewPreparation { applicant: Some(holder.id), ..NewPreparation::default() };
        let (bait, any) = (story.bait, Expected::Any);
        preparations::put_preparation(conn, client, bait, &any, &new, "key").map(|_| ())
    });
}

#[test]
fn an_export_holds_the_calls_it_is_narrowed_to_and_packages_of_those_alone() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let of_competitor = two_offenders(&scene, &story);
        let office = |code| Some(SubjectCode::parse(code).unwrap());
        let operator = |inn: &str| Some(inn.parse().unwrap());
        let all = ExportNarrowing::default();
        let internod = ExportNarrowing { caller_operator: operator(INTERNOD), ..all };
        let moscow = ExportNarrowing { office: office("77"), ..all };
        let both = ExportNarrowing { office: office("50"), caller_operator: operator(MTS), ..all };
        let nobody = ExportNarrowing { office: office("78"), ..all };
        let cases = [
            (all, vec![(FOREIGN, 2), (LONER, 2)]),
            (of_competitor, vec![(LONER, 2)]),
            (internod, vec![(LONER, 2)]),
            (moscow, vec![(FOREIGN, 1), (LONER, 1)]),
            (both, vec![(FOREIGN, 1)]),
            (nobody, vec![]),
        ];
        for (narrowed_to, expected) in cases {
            let export = order(&scene, &story, &ExportRequest { narrowed_to, ..request() });
            scene.settle();
            assert_eq!(state(&scene, &story, export), ExportState::Done);
            let found = packages(&scene, &story, export);
            let held: Vec<_> = found.iter().map(|one| (one.caller, one.interceptions)).collect();
            let expected: Vec<_> = expected.iter().map(|(n, calls)| (phone(*n), *calls)).collect();
            assert_eq!(held, expected, "{narrowed_to:?}");
        }
    });
}

/// Writes the hash of one recording.
fn point_to(scene: &Scene, call: &Report, sha256: &str) {
    let id = call.id.0.simple();
    scene.execute(&match scene.database.kind() {
        DatabaseKind::Sqlite => {
            format!("UPDATE recordings SET sha256 = x'{sha256}' WHERE observation_id = x'{id}'")
        }
        DatabaseKind::Postgres => format!(
            "UPDATE recordings SET sha256 = decode('{sha256}', 'hex') WHERE observation_id = '{id}'"
        ),
    });
}

#[test]
fn a_package_whose_recording_is_gone_fails_alone_and_is_built_when_it_is_back() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let calls = callers(&scene, &story, 3);
        let reach = baitline_store::Reach::Client(story.client);
        let ids = [calls[1].id];
        let kept = scene
            .store
            .read(reach, |c| baitline_store::recordings::recordings_of(c, story.client, &ids))
            .unwrap();
        point_to(&scene, &calls[1], &"00".repeat(32));
        let export = order_all(&scene, &story, 3);
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Done);
        let first = packages(&scene, &story, export);
        let (draft, failed) = (PackageState::Draft, PackageState::Failed);
        assert_eq!(states(&first), [draft, failed, draft]);
        assert!(first[1].problem.as_deref().unwrap().contains("recording"));
        let sha256: String = kept[0].sha256.iter().map(|byte| format!("{byte:02x}")).collect();
        point_to(&scene, &calls[1], &sha256);
        let client = story.client;
        let again = scene.as_client(client, |conn| exports::retry_export(conn, client, export));
        assert_eq!(again.state, ExportState::Queued);
        scene.settle();
        let second = packages(&scene, &story, export);
        assert_eq!(states(&second), [draft, draft, draft]);
        assert_eq!((&second[0], &second[2]), (&first[0], &first[2]));
        assert_eq!((second[1].id, second[1].problem.as_ref()), (first[1].id, None));
        let named = index_of(&scene, &story, export);
        assert!(named.contains(&second[1].archive_name()), "{named}");
    });
}

fn beside(scene: &Scene, story: &Story, export: ExportId) -> Vec<ExportFile> {
    scene.agency(|conn| exports::archive_of(conn, story.client, export)).0
}

fn blob(scene: &Scene, story: &Story, sha256: &[u8]) -> Vec<u8> {
    scene.wait(async {
        let blobs = scene.store.blobs();
        let mut sent = blobs.get(story.client, BlobKind::Package, sha256, None).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(chunk) = sent.next().await {
            bytes.extend(chunk.unwrap());
        }
        bytes
    })
}

/// The sums beside the packages, which name every file.
fn index_of(scene: &Scene, story: &Story, export: ExportId) -> String {
    let files = beside(scene, story, export);
    let sums = files.iter().find(|file| file.name == "sha256sums.txt").unwrap();
    String::from_utf8(blob(scene, story, &sums.sha256)).unwrap()
}

#[test]
fn index_and_sums_lie_beside_the_packages_and_are_the_same_when_all_is_built_again() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        callers(&scene, &story, 5);
        let export = order_all(&scene, &story, 5);
        scene.settle();
        let (files, built) = (beside(&scene, &story, export), packages(&scene, &story, export));
        let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
        assert_eq!(names, ["index.pdf", "index.xlsx", "sha256sums.txt"]);
        let sums = index_of(&scene, &story, export);
        assert_eq!(sums.lines().count(), 5 + 2);
        for file in &files {
            let bytes = blob(&scene, &story, &file.sha256);
            assert_eq!(bytes.len() as i64, file.bytes);
            assert_eq!(i64::from(crc32fast::hash(&bytes)), file.crc32);
        }
        for package in &built {
            let bytes = archive(&scene, &story, package);
            assert_eq!(Some(i64::from(crc32fast::hash(&bytes))), package.crc32);
            let sum: String = Sha256::digest(&bytes).iter().map(|b| format!("{b:02x}")).collect();
            let line = format!("{sum}  {}", package.archive_name());
            assert!(sums.lines().any(|one| one == line), "{line} is not in {sums}");
        }
        build_again(&scene);
        assert_eq!(packages(&scene, &story, export), built);
        assert_eq!(beside(&scene, &story, export), files);
    });
}

#[test]
fn a_worker_with_a_key_signs_what_it_builds_and_tells_whose_key_it_is() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        callers(&scene, &story, 1);
        let export = order_all(&scene, &story, 1);
        let key = || SigningKey::from_pem(KEY).unwrap();
        let mut worker = scene.worker().signing_with(key()).unwrap();
        worker.run_until_empty().unwrap();
        let found = packages(&scene, &story, export);
        let fingerprint = key().fingerprint();
        assert_eq!(found[0].signed_by.as_ref(), Some(&fingerprint));
        let report = verify(&archive(&scene, &story, &found[0]));
        assert_eq!(report.problems, []);
        assert_eq!(report.summary.unwrap().signed_by.as_ref(), Some(&fingerprint));
        drop(scene.worker().signing_with(key()).unwrap());
        let known = scene.agency(signing_keys::list_keys);
        let [row] = &known[..] else { panic!("{known:?}") };
        assert_eq!((&row.fingerprint, &row.public_pem), (&fingerprint, &key().public_pem()));
        assert!(row.first_seen_at < row.last_seen_at);
    });
}
