//! What a package holds, and when there is none.

use std::io::{Cursor, Read};

use baitline_domain::gate::Missing;
use baitline_domain::ids::ObservationId;
use uuid::Uuid;

use super::sample::{built, dossier, draft, ready};
use crate::{BuildError, Built, Summary, build, verify};

pub(super) fn entry(archive: &[u8], path: &str) -> Vec<u8> {
    let mut zip = zip::ZipArchive::new(Cursor::new(archive)).unwrap();
    let name = format!("baitline-01900000-0000-7000-8000-000000000001/{path}");
    let mut content = Vec::new();
    zip.by_name(&name).unwrap().read_to_end(&mut content).unwrap();
    content
}

pub(super) fn text(archive: &[u8], path: &str) -> String {
    String::from_utf8(entry(archive, path)).unwrap()
}

fn failure(change: impl Fn(&mut crate::dossier::Dossier)) -> BuildError {
    let (mut dossier, recordings) = dossier();
    change(&mut dossier);
    build(&dossier, &recordings, Cursor::new(Vec::new())).unwrap_err()
}

#[test]
fn the_same_dossier_in_any_order_gives_the_same_bytes() {
    let (mut dossier, recordings) = dossier();
    let once = built(&dossier, &recordings);
    dossier.interceptions.reverse();
    assert_eq!(once, built(&dossier, &recordings));
    dossier.sealed_at = dossier.sealed_at + baitline_domain::instant::Span::seconds(60);
    assert_ne!(once, built(&dossier, &recordings));
}

#[test]
fn a_draft_and_a_ready_package_are_whole_and_say_which_they_are() {
    let (draft, recordings) = dossier();
    let report = verify(Cursor::new(built(&draft, &recordings)));
    assert_eq!(report.problems, []);
    let summary = Summary {
        package: draft.package,
        version: 1,
        interceptions: 3,
        recordings: 2,
        playable: 1,
        pages: report.summary.as_ref().and_then(|summary| summary.pages),
        draft: true,
        signed_by: None,
        time_stamp: None,
    };
    assert_eq!(report.summary, Some(summary.clone()));
    assert!(summary.pages.is_some_and(|pages| pages > 5), "{:?}", summary.pages);
    let (ready, recordings) = ready();
    let report = verify(Cursor::new(built(&ready, &recordings)));
    assert_eq!(report.problems, []);
    assert!(!report.summary.unwrap().draft);
}

#[test]
fn what_was_built_tells_what_the_gate_still_misses_once_each() {
    let (dossier, recordings) = dossier();
    let mut out = Cursor::new(Vec::new());
    let missing = vec![
        Missing::Recording,
        Missing::AdvertisingLabel,
        Missing::Transcript,
        Missing::Applicant,
        Missing::Inquiry,
    ];
    let bytes = built(&dossier, &recordings).len() as u64;
    let expected = Built { bytes, recordings: 2, missing, time_stamp: None };
    assert_eq!(build(&dossier, &recordings, &mut out).unwrap(), expected);
}

/// The same without the sums and lengths of documents, which change with the programs
/// that set them.
fn without_sums(json: &str) -> String {
    let line = |line: &str| match line.strip_prefix("      \"") {
        Some(rest) if rest.starts_with("sha256") => "      \"sha256\": …\n".to_owned(),
        Some(rest) if rest.starts_with("bytes") => "      \"bytes\": …\n".to_owned(),
        _ => format!("{line}\n"),
    };
    json.lines().map(line).collect()
}

#[test]
fn package_json_holds_every_fact_in_machine_words() {
    insta::assert_snapshot!(without_sums(&text(&draft(), "data/package.json")));
    let (ready, recordings) = ready();
    let json = text(&built(&ready, &recordings), "data/package.json");
    let people = json.lines().skip_while(|line| !line.contains("\"applicant\""));
    let people: Vec<&str> = people.take_while(|line| !line.contains("\"caller\"")).collect();
    insta::assert_snapshot!("people_in_package_json", people.join("\n"));
}

#[test]
fn the_bag_and_the_register_read_as_their_formats_say() {
    let archive = draft();
    insta::assert_snapshot!("readme", text(&archive, "README.txt"));
    insta::assert_snapshot!("register", text(&archive, "data/register.csv"));
    let info = text(&archive, "bag-info.txt");
    let date = info.lines().find(|line| line.starts_with("Bagging-Date"));
    assert_eq!(date, Some("Bagging-Date: 2026-10-21"), "the day in Moscow, not in UTC");
    let manifest = text(&archive, "manifest-sha256.txt");
    let paths: Vec<&str> = manifest.lines().map(|line| &line[66..]).collect();
    let expected = [
        "data/application.pdf",
        "data/filing/conversion.txt",
        "data/filing/filing.pdf",
        "data/filing/part-01/call-03-1.wav",
        "data/package.json",
        "data/recordings/call-01-1.wav",
        "data/recordings/call-03-1.wav",
        "data/register.csv",
        "data/register.xlsx",
    ];
    assert_eq!(paths, expected);
}

#[test]
fn a_recording_that_is_not_what_was_received_stops_the_build_and_names_its_call() {
    let call = ObservationId(Uuid::from_u128(1));
    let (dossier, mut recordings) = dossier();
    let sha256 = dossier.interceptions[1].recordings[0].sha256;
    let mut differs = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = recordings.0[&sha256].clone();
        change(&mut bytes);
        let kept = recordings.0.insert(sha256, bytes).unwrap();
        let error = build(&dossier, &recordings, Cursor::new(Vec::new())).unwrap_err();
        recordings.0.insert(sha256, kept);
        match error {
            BuildError::RecordingDiffers { call: named, what } if named == call => what,
            other => panic!("{other}"),
        }
    };
    assert_eq!(differs(&|bytes| bytes[0] ^= 1), "SHA-256");
    assert_eq!(differs(&|bytes| bytes.truncate(10)), "length");
    assert_eq!(differs(&|bytes| bytes.extend([0; 9])), "length");
    recordings.0.remove(&sha256);
    let error = build(&dossier, &recordings, Cursor::new(Vec::new())).unwrap_err();
    assert!(matches!(error, BuildError::Recording { call: named, .. } if named == call));
}

#[test]
fn a_dossier_that_no_package_can_hold_is_refused() {
    let empty = failure(|dossier| dossier.interceptions.clear());
    assert!(matches!(empty, BuildError::Empty));
    let zone = failure(|dossier| dossier.time_zone = "Europe/Atlantis".into());
    assert!(matches!(zone, BuildError::TimeZone(name) if name == "Europe/Atlantis"));
    let calls = failure(|dossier| {
        let call = dossier.interceptions[0].clone();
        dossier.interceptions = vec![call; 501];
    });
    assert!(matches!(calls, BuildError::TooLarge { what: "interceptions", limit: 500 }));
    let transcript = failure(|dossier| {
        let label = dossier.interceptions[0].label.as_mut().unwrap();
        label.transcript = Some("я".repeat(32_001));
    });
    assert!(matches!(transcript, BuildError::TooLarge { limit: 32_000, .. }));
    let enclosures = failure(|dossier| {
        let one = crate::people::Enclosure { title: "а".into(), sheets: None, copies: 1 };
        dossier.enclosures = vec![one; 201];
    });
    assert!(matches!(enclosures, BuildError::TooLarge { what: "enclosures", limit: 200 }));
    let name = failure(|dossier| dossier.client_name = "я".repeat(1_001));
    assert!(matches!(name, BuildError::TooLarge { limit: 1_000, .. }));
    let bytes = failure(|dossier| dossier.interceptions[0].recordings[0].bytes = u64::MAX);
    assert!(matches!(bytes, BuildError::TooLarge { what: "bytes of recordings", .. }));
}

#[test]
fn hostile_text_in_every_field_still_makes_a_whole_package() {
    let (mut dossier, recordings) = dossier();
    let hostile = "=1+1 #panic() <b>*x*</b> {{ 7*7 }} | `a` [b](c) \u{202e}\u{0}\r\n\"'; 😀";
    let field = || Some(hostile.to_owned());
    hostile.clone_into(&mut dossier.client_name);
    hostile.clone_into(&mut dossier.program_version);
    hostile.clone_into(&mut dossier.office.as_mut().unwrap().name);
    for call in &mut dossier.interceptions {
        call.caller_raw = field();
        call.caller_region = field();
        hostile.clone_into(&mut call.caller_operator.as_mut().unwrap().name);
        hostile.clone_into(&mut call.observations[0].reported_at_raw);
        for recording in &mut call.recordings {
            recording.original_name = Some("../../etc/passwd\r\n".into());
            hostile.clone_into(&mut recording.media_type);
        }
        if let Some(label) = &mut call.label {
            label.company = field();
            label.callback_number = field();
            label.site = field();
            label.number_origin = field();
            label.screen_label = field();
            label.transcript = field();
        }
    }
    let archive = built(&dossier, &recordings);
    assert_eq!(verify(Cursor::new(&archive)).problems, []);
    assert!(text(&archive, "manifest-sha256.txt").contains("call-01-1.bin"));
    assert!(text(&archive, "data/register.csv").contains("'=1+1 #panic()"));
}
