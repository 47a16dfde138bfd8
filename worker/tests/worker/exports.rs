//! Exports: what is in a package, that it is always the same, and that it is
//! carried to its end whoever falls silent.

use std::io::Cursor;

use baitline_domain::ids::{ExportId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_domain::label::LabelKind;
use baitline_domain::observation::Report;
use baitline_domain::operator::Standing;
use baitline_domain::verdict::Verdict;
use baitline_evidence::VerifyReport;
use baitline_sample::recording::recording;
use baitline_sample::world::{Size, World};
use baitline_store::blobs::BlobKind;
use baitline_store::exports::{self, ExportNarrowing, ExportRequest, ExportThresholds};
use baitline_store::models::{
    Amendment, Correcting, ExportState, Package, PackageState, Recording,
};
use baitline_store::{Reach, recordings};
use baitline_testkit::{DatabaseKind, on_both};
use bytes::Bytes;
use futures_util::{StreamExt, stream};

use crate::batches::order;
use crate::operators::learn;
use crate::scene::{Scene, at};
use crate::story::{FOREIGN, KIN, MTS, Story, consent, label, minutes, phone};

const MAX_BYTES: u64 = 1_000_000;

pub(crate) fn start() -> Instant {
    at("2026-09-02T10:00:00Z")
}

pub(crate) fn second_start() -> Instant {
    at("2026-09-12T10:00:00Z")
}

pub(crate) fn request() -> ExportRequest {
    ExportRequest {
        from_micros: at("2026-09-01T00:00:00Z").0,
        to_micros: at("2026-10-01T00:00:00Z").0,
        numbers: Vec::new(),
        thresholds: ExportThresholds { interceptions: 2, traps: 2, baits: 1, days: 1 },
        verdicts: vec![Verdict::ForeignGroup, Verdict::ForeignEntity],
        narrowed_to: ExportNarrowing::default(),
        part_bytes: None,
    }
}

/// Gives an observation a recording that can be played.
pub(crate) fn record(scene: &Scene, story: &Story, report: &Report) {
    let world = World::generate(1, Size::SCRIPT_ONLY);
    record_bytes(scene, story, report, recording(world.recorded().next().unwrap()));
}

/// Gives it any bytes as a recording, said to play.
pub(crate) fn record_bytes(scene: &Scene, story: &Story, report: &Report, bytes: Vec<u8>) {
    let sent = stream::iter([Ok::<_, std::io::Error>(Bytes::from(bytes))]);
    let kind = BlobKind::Recording;
    let put = scene.store.blobs().put(story.client, kind, sent, MAX_BYTES);
    let blob = scene.wait(put).unwrap();
    let new = Recording {
        client_id: story.client,
        observation_id: report.id,
        sha256: blob.sha256.to_vec(),
        bytes: i64::try_from(blob.bytes).unwrap(),
        media_type: "application/octet-stream".to_owned(),
        received_at: at("2026-11-20T00:00:00Z"),
        sniffed_type: "application/octet-stream".to_owned(),
        original_name: None,
        duration_milliseconds: Some(1_000),
        duration_missing: None,
        derived: false,
    };
    scene.as_client(story.client, |conn| recordings::put_recording(conn, &new));
}

pub(crate) struct Offence {
    /// Heard to be advertising, in order.
    pub(crate) advertising: Vec<ObservationId>,
    /// Of the same caller, but not to be filed.
    others: Vec<ObservationId>,
}

/// A caller in the windows of traps on two baits, with calls that must stay out.
pub(crate) fn offence(scene: &Scene, story: &Story) -> Offence {
    let second = story.on_another_bait(scene);
    let calls: Vec<Report> = [(story, start()), (&second, second_start())]
        .into_iter()
        .flat_map(|(story, start)| {
            story.complete_trap(scene, start);
            let name = |what: &str| format!("{start} {what}");
            let heard = story.call(&name("heard"), FOREIGN, start + minutes(120));
            let unheard = story.call(&name("unheard"), FOREIGN, start + minutes(180));
            let attempt = Report {
                answered: false,
                connected_seconds: None,
                ..story.call(&name("attempt"), FOREIGN, start + minutes(240))
            };
            let wrong = story.call(&name("wrong"), FOREIGN, start + minutes(300));
            let kin = story.call(&name("kin"), KIN, start + minutes(360));
            [heard, unheard, attempt, wrong, kin]
        })
        .collect();
    story.ingest(scene, &calls);
    scene.settle();
    let mut offence = Offence { advertising: Vec::new(), others: Vec::new() };
    for call in &calls {
        let what = call.external_id.as_deref().unwrap();
        let heard = what.ends_with("heard") && !what.ends_with("unheard");
        if call.answered {
            record(scene, story, call);
        }
        if heard || what.ends_with("kin") {
            story.label(scene, call, &label(LabelKind::Advertising));
        } else if what.ends_with("wrong") {
            story.label(scene, call, &label(LabelKind::WrongNumber));
        }
        if heard { &mut offence.advertising } else { &mut offence.others }.push(call.id);
    }
    scene.settle();
    offence
}

pub(crate) fn ask(scene: &Scene, story: &Story) -> ExportId {
    let client = story.client;
    scene.as_client(client, |conn| exports::create_export(conn, client, &request())).id
}

pub(crate) fn packages(scene: &Scene, story: &Story, export: ExportId) -> Vec<Package> {
    scene.agency(|conn| exports::packages_of(conn, story.client, export))
}

pub(crate) fn state(scene: &Scene, story: &Story, export: ExportId) -> ExportState {
    let reach = Reach::Client(story.client);
    scene.agency(|conn| exports::find_export(conn, reach, export)).state
}

pub(crate) fn archive(scene: &Scene, story: &Story, package: &Package) -> Vec<u8> {
    let sha256 = package.sha256.clone().unwrap();
    scene.wait(async {
        let blobs = scene.store.blobs();
        let mut bytes = Vec::new();
        let mut sent = blobs.get(story.client, BlobKind::Package, &sha256, None).await.unwrap();
        while let Some(chunk) = sent.next().await {
            bytes.extend(chunk.unwrap());
        }
        bytes
    })
}

pub(crate) fn verify(archive: &[u8]) -> VerifyReport {
    baitline_evidence::verify(Cursor::new(archive))
}

/// What an archive says of its calls.
pub(crate) fn facts(archive: &[u8]) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let names = zip.file_names().map(|name| name.unwrap().into_owned());
    let name = names.into_iter().find(|name| name.ends_with("package.json")).unwrap();
    let mut text = String::new();
    std::io::Read::read_to_string(&mut zip.by_name(&name).unwrap(), &mut text).unwrap();
    text
}

#[test]
fn a_package_of_a_repeat_offender_holds_what_was_heard_and_nothing_else() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let theirs = Story::without_numbering(&scene);
        let offence = offence(&scene, &story);
        let foreign_offence = self::offence(&scene, &theirs);
        let export = ask(&scene, &story);
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Done);
        let found = packages(&scene, &story, export);
        let [package] = &found[..] else { panic!("{found:?}") };
        assert_eq!(package.caller, phone(FOREIGN));
        assert_eq!((package.state, package.interceptions), (PackageState::Draft, 2));
        assert_eq!(package.problem, None);
        let archive = archive(&scene, &story, package);
        assert_eq!(Some(archive.len() as i64), package.bytes);
        let report = verify(&archive);
        assert_eq!(report.problems, []);
        let summary = report.summary.unwrap();
        assert_eq!((summary.package, summary.interceptions), (package.id, 2));
        assert_eq!(summary.recordings, 2);
        let facts = facts(&archive);
        for id in &offence.advertising {
            assert!(facts.contains(&id.to_string()), "{id} is missing");
        }
        let outside = [offence.others, foreign_offence.advertising, foreign_offence.others];
        for id in outside.concat() {
            assert!(!facts.contains(&id.to_string()), "{id} does not belong there");
        }
    });
}

#[test]
fn a_package_tells_what_was_amended_and_why_and_holds_nothing_that_is_voided() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let known = story.call(&format!("{} heard", start()), FOREIGN, start() + minutes(120));
        let mistaken = story.seen_by(
            &story.recorder,
            "mistaken",
            Some(FOREIGN),
            known.reported_at + minutes(1),
        );
        story.ingest(&scene, std::slice::from_ref(&mistaken));
        record(&scene, &story, &mistaken);
        scene.settle();
        assert!(story.judged(&scene, &known).call.observations.contains(&mistaken.id));
        let seconds = |seconds| {
            let connected_seconds = Some(Some(seconds));
            Correcting::Amend(Amendment { connected_seconds, ..Amendment::default() })
        };
        let taken_back = story.correct(&scene, &known, seconds(5));
        story.correct(&scene, &known, Correcting::Withdraw(taken_back));
        story.correct(&scene, &known, seconds(77));
        scene.settle();
        // Voided while its day waits: the call still names it, the package must not.
        story.correct(&scene, &mistaken, Correcting::Void);
        let export = ask(&scene, &story);
        let claimed = scene.agency(exports::claim_export).unwrap();
        scene.agency(|c| exports::plan_package(c, &claimed, phone(FOREIGN), start()));
        scene.execute("UPDATE exports SET state = 'queued'");
        scene.settle();
        let found = packages(&scene, &story, export);
        let archive = archive(&scene, &story, &found[0]);
        assert_eq!(verify(&archive).problems, []);
        let facts: serde_json::Value = serde_json::from_str(&facts(&archive)).unwrap();
        let call = &facts["interceptions"][0];
        assert_eq!(call["connected_seconds"], 77);
        let [observation] = &call["observations"].as_array().unwrap()[..] else { panic!("{call}") };
        assert_eq!(observation["id"], known.id.to_string());
        let [amendment] = &observation["amendments"].as_array().unwrap()[..] else {
            panic!("{observation}")
        };
        assert_eq!(amendment["fields"], serde_json::json!(["connected_seconds"]));
        assert_eq!(amendment["reason"], "ошибка");
        assert_eq!(call["recordings"].as_array().unwrap().len(), 1);
    });
}

#[test]
fn a_package_names_each_operator_as_it_was_known_when_the_call_came() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let renamed = learn(&scene, MTS, Standing::Entity, Some(second_start()));
        let export = ask(&scene, &story);
        scene.settle();
        let found = packages(&scene, &story, export);
        let facts = facts(&archive(&scene, &story, &found[0]));
        for name in ["ПАО «МТС»", &renamed.name] {
            assert_eq!(facts.matches(name).count(), 1, "{name} in {facts}");
        }
    });
}

/// Makes the worker do an export again from nothing but its plan.
pub(crate) fn build_again(scene: &Scene) {
    scene.execute(
        "UPDATE exports SET state = 'queued', attempts = 0;
         UPDATE export_packages SET state = 'queued', sha256 = NULL, bytes = NULL,
            interceptions = 0, missing = '[]'",
    );
    scene.settle();
}

#[test]
fn a_package_built_again_has_the_same_id_and_the_same_bytes() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let export = ask(&scene, &story);
        scene.settle();
        let first = packages(&scene, &story, export);
        assert_eq!(first.len(), 1);
        assert!(first[0].sha256.is_some());
        build_again(&scene);
        assert_eq!(packages(&scene, &story, export), first);
    });
}

#[test]
fn an_export_whose_worker_vanished_is_taken_over_after_the_lease_and_not_before() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let export = ask(&scene, &story);
        // The worker claims it, plans its package, and is gone.
        let claimed = scene.agency(exports::claim_export).unwrap();
        assert_eq!(claimed.id, export);
        let sealed_at = at("2026-11-20T00:00:00Z");
        let planned =
            scene.agency(|c| exports::plan_package(c, &claimed, phone(FOREIGN), sealed_at));
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Running, "it may still live");
        scene.execute(match scene.database.kind() {
            DatabaseKind::Sqlite => "UPDATE exports SET updated_at = updated_at - 61000000",
            DatabaseKind::Postgres => {
                "UPDATE exports SET updated_at = updated_at - interval '61 seconds'"
            }
        });
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Done);
        let found = packages(&scene, &story, export);
        let [package] = &found[..] else { panic!("{found:?}") };
        assert_eq!((package.id, package.sealed_at), (planned.id, sealed_at));
        assert_eq!(package.state, PackageState::Draft);
        let still_there = scene.agency(|conn| exports::keep_export(conn, &claimed));
        assert!(!still_there, "the first worker learns that it was relieved");
    });
}

#[test]
fn a_cancelled_export_builds_nothing() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let export = ask(&scene, &story);
        scene.as_client(story.client, |c| exports::cancel_export(c, story.client, export));
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Cancelled);
        assert_eq!(packages(&scene, &story, export), []);
    });
}

#[test]
fn without_a_repeat_offender_an_export_is_done_and_empty() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        story.complete_trap(&scene, start());
        let once = story.call("1", FOREIGN, start() + minutes(120));
        story.ingest(&scene, std::slice::from_ref(&once));
        story.record(&scene, &once);
        scene.settle();
        story.label(&scene, &once, &consent());
        scene.settle();
        let export = ask(&scene, &story);
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Done);
        assert_eq!(packages(&scene, &story, export), []);
    });
}

#[test]
fn a_package_waits_for_the_days_of_its_calls_and_is_built_of_what_they_become() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let numbers = vec![phone(FOREIGN)];
        let export = order(&scene, &story, &ExportRequest { numbers, ..request() });
        let of_offenders = ask(&scene, &story);
        let known = story.call(&format!("{} heard", start()), FOREIGN, start() + minutes(120));
        let shorter = Amendment { connected_seconds: Some(Some(7)), ..Amendment::default() };
        story.correct(&scene, &known, Correcting::Amend(shorter));
        // No worker gets the day done: this one, as one that holds its bucket for long.
        scene.execute("UPDATE clients SET time_zone = 'Nowhere/Nowhere'");
        for _ in 0..3 {
            assert!(scene.worker().run_next().is_err(), "the day cannot be recomputed");
            let found = packages(&scene, &story, export);
            let states: Vec<_> = found.iter().map(|one| one.state).collect();
            assert_eq!(states, [PackageState::Queued]);
            assert_eq!(state(&scene, &story, export), ExportState::Queued);
            // Who is a repeat offender is not known yet.
            assert_eq!(packages(&scene, &story, of_offenders), []);
            assert_eq!(state(&scene, &story, of_offenders), ExportState::Queued);
        }
        scene.execute("UPDATE clients SET time_zone = 'Europe/Moscow'");
        scene.settle();
        let found = packages(&scene, &story, export);
        assert_eq!(found[0].state, PackageState::Draft);
        for export in [export, of_offenders] {
            assert_eq!(state(&scene, &story, export), ExportState::Done);
        }
        assert_eq!(packages(&scene, &story, of_offenders).len(), 1);
        let facts: serde_json::Value =
            serde_json::from_str(&facts(&archive(&scene, &story, &found[0]))).unwrap();
        let call = &facts["interceptions"][0];
        assert_eq!(call["connected_seconds"], 7);
        assert_eq!(call["observations"][0]["amendments"].as_array().unwrap().len(), 1);
    });
}
