//! What every player plays of the recordings of a package: there where they decode,
//! in parts where the channel has a limit, and never in the way of the package.

use std::io::{Cursor, Read};

use baitline_domain::label::LabelKind;
use baitline_store::exports::{self, ExportRequest};
use baitline_store::models::PackageState;
use baitline_testkit::on_both;
use serde_json::Value;

use crate::exports::{
    archive, build_again, facts, offence, packages, record_bytes, request, start, verify,
};
use crate::scene::Scene;
use crate::story::{FOREIGN, Story, label, minutes};

/// The archive of the only package of this order.
fn built(scene: &Scene, story: &Story, order: &ExportRequest) -> Vec<u8> {
    let client = story.client;
    let export = scene.as_client(client, |c| exports::create_export(c, client, order)).id;
    scene.settle();
    let found = packages(scene, story, export);
    let [package] = &found[..] else { panic!("{found:?}") };
    assert_eq!((package.state, &package.problem), (PackageState::Draft, &None));
    let archive = archive(scene, story, package);
    assert_eq!(verify(&archive).problems, []);
    archive
}

/// What `package.json` says of every recording.
fn recordings(archive: &[u8]) -> Vec<Value> {
    let facts: Value = serde_json::from_str(&facts(archive)).unwrap();
    let calls = facts["interceptions"].as_array().unwrap();
    calls.iter().flat_map(|call| call["recordings"].as_array().unwrap().clone()).collect()
}

fn file(archive: &[u8], path: &str) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    let name = names.iter().find(|name| name.ends_with(path)).unwrap();
    let mut content = Vec::new();
    zip.by_name(name).unwrap().read_to_end(&mut content).unwrap();
    content
}

#[test]
fn a_recording_that_decodes_has_a_copy_of_16_bits_and_the_original_stays() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let archive = built(&scene, &story, &request());
        let told = recordings(&archive);
        assert_eq!(told.len(), 2);
        for recording in told {
            let copy = &recording["playable"];
            let original = file(&archive, recording["file"].as_str().unwrap());
            let wav = file(&archive, copy["file"].as_str().unwrap());
            // The sample's sound has 8 bits; its samples become twice as long.
            assert_eq!(wav.len() - 44, 2 * (original.len() - 44));
            assert_eq!(&wav[..4], b"RIFF");
            assert_eq!(u16::from_le_bytes([wav[34], wav[35]]), 16);
            assert_eq!(
                (copy["sample_rate"].as_u64(), copy["part"].as_u64()),
                (Some(8_000), Some(1))
            );
            let kinds: Vec<&str> = recording["custody"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["kind"].as_str().unwrap())
                .collect();
            for kind in ["received", "heard", "packed", "converted"] {
                assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
            }
        }
    });
}

#[test]
fn a_recording_that_does_not_decode_is_packed_and_said_to_be_such() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        let calls: Vec<_> = (0..2)
            .map(|n| story.call(&format!("{n}"), FOREIGN, start() + minutes(120 + 20 * n)))
            .collect();
        story.complete_trap(&scene, start());
        story.ingest(&scene, &calls);
        scene.settle();
        record_bytes(&scene, &story, &calls[0], b"RIFF\0\0\0\0WAVEfmt no such thing".to_vec());
        record_bytes(&scene, &story, &calls[1], vec![0xFF; 5_000]);
        for call in &calls {
            story.label(&scene, call, &label(LabelKind::Advertising));
        }
        scene.settle();
        let numbers = vec![crate::story::phone(FOREIGN)];
        let archive = built(&scene, &story, &ExportRequest { numbers, ..request() });
        for recording in recordings(&archive) {
            assert_eq!(recording["playable"], Value::Null);
            assert_eq!(recording["not_playable"], "undecodable");
        }
        let note = String::from_utf8(file(&archive, "conversion.txt")).unwrap();
        assert_eq!(note.matches("копии нет").count(), 2, "{note}");
    });
}

#[test]
fn copies_go_into_parts_that_the_channel_takes_and_built_again_are_the_same() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let parts = |archive: &[u8]| -> Vec<u64> {
            let told = recordings(archive);
            told.iter().map(|one| one["playable"]["part"].as_u64().unwrap()).collect()
        };
        assert_eq!(parts(&built(&scene, &story, &request())), [1, 1]);
        // Less than one copy: each is a part by itself.
        let order = ExportRequest { part_bytes: Some(1_000), ..request() };
        let archive = built(&scene, &story, &order);
        assert_eq!(parts(&archive), [1, 2]);
        assert!(!file(&archive, "data/filing/part-02/call-02-1.wav").is_empty());
        let export = scene.agency(|c| {
            let page = baitline_store::Page::WHOLE;
            exports::list_exports(c, baitline_store::Reach::Client(story.client), page)
        });
        let before: Vec<_> =
            export.iter().flat_map(|one| packages(&scene, &story, one.id)).collect();
        build_again(&scene);
        let after: Vec<_> =
            export.iter().flat_map(|one| packages(&scene, &story, one.id)).collect();
        assert_eq!(after, before);
    });
}
