//! What an office opens: there, numbered, and found out where it says something else
//! than the rest of the package, even when all sums were made anew.

use std::io::Cursor;

use baitline_domain::gate::Missing;
use baitline_domain::ids::ObservationId;
use serde_json::{Value, json};
use uuid::Uuid;

use super::building::{entry, text};
use super::sample::{Recordings, built, dossier, draft, hash, playable, ready};
use super::tampering::{content, resum, rewritten_from};
use super::wording::{FORBIDDEN, plain};
use crate::bag::hex;
use crate::dossier::{Dossier, NotPlayable, Playable};
use crate::filing::Filing;
use crate::numbered::numbered;
use crate::verify;
use crate::verify::Problem;

const JSON: &str = "data/package.json";
const WAV: &str = "data/filing/part-01/call-03-1.wav";
const NOTE: &str = "data/filing/conversion.txt";

const SECOND_VOLUME: &str = "data/filing/filing-02.pdf";
/// Calls of a dossier that is longer than one volume and not than two.
const LONG: u128 = 120;

pub(super) type Entries = Vec<(String, Vec<u8>)>;

fn problems(archive: &[u8]) -> Vec<Problem> {
    verify(Cursor::new(archive)).problems
}

/// What is found after a change and all sums of the bag made anew.
fn found_after(archive: &[u8], change: impl Fn(&mut Entries)) -> Vec<Problem> {
    let forged = rewritten_from(archive, |entries| {
        change(entries);
        resum(entries);
    });
    let found = problems(&forged);
    assert!(!found.is_empty());
    found
}

/// Puts one text in the place of another of the same length.
fn replace(entries: &mut Entries, path: &str, from: &str, to: &str) {
    assert_eq!(from.len(), to.len(), "the sums of the payload's bytes stay right");
    let file = content(entries, path);
    let text = String::from_utf8(file.clone()).unwrap();
    assert!(text.contains(from), "{from}: {text}");
    *file = text.replacen(from, to, 1).into_bytes();
}

/// Changes a document and has `package.json` list what it is now.
pub(super) fn relisted(entries: &mut Entries, path: &str, change: impl Fn(&mut Entries)) {
    let before = hex(&hash(content(entries, path)));
    change(entries);
    let after = hex(&hash(content(entries, path)));
    assert_ne!(before, after);
    replace(entries, JSON, &before, &after);
}

fn names(found: &[Problem], path: &str, what: &str) -> bool {
    found.iter().any(|problem| problem.path == path && problem.what.contains(what))
}

#[test]
fn package_json_tells_the_pages_of_every_enclosure_and_the_sum_of_every_document() {
    let archive = draft();
    let facts: Value = serde_json::from_str(&text(&archive, JSON)).unwrap();
    let enclosures = facts["filing"]["enclosures"].as_array().unwrap();
    let kinds: Vec<&str> = enclosures.iter().map(|one| one["kind"].as_str().unwrap()).collect();
    let expected =
        ["register", "trap_protocol", "transcript", "custody_statement", "conversion", "inventory"];
    assert_eq!(kinds, expected);
    let mut next = enclosures[0]["first_page"].as_u64().unwrap();
    assert!(next > 1, "the application comes first");
    for one in enclosures {
        assert_eq!(one["first_page"].as_u64(), Some(next), "{one}");
        next += one["pages"].as_u64().unwrap();
    }
    assert_eq!(facts["filing"]["pages"].as_u64(), Some(next - 1));
    for document in facts["documents"].as_array().unwrap() {
        let bytes = entry(&archive, document["file"].as_str().unwrap());
        assert_eq!(document["sha256"], hex(&hash(&bytes)), "{document}");
    }
    assert_eq!(facts["audit_head"]["sequence"], 1_234);
}

#[test]
fn the_note_of_conversion_reads_as_follows() {
    let (mut dossier, recordings) = dossier();
    dossier.interceptions[1].recordings[0].playable = Playable::Nothing(NotPlayable::TooLarge);
    insta::assert_snapshot!("conversion_note", text(&built(&dossier, &recordings), NOTE));
}

fn filed(dossier: &Dossier) -> String {
    let calls = numbered(dossier);
    let zone = jiff::tz::TimeZone::get(&dossier.time_zone).unwrap();
    let draft = !crate::numbered::missing(dossier).is_empty();
    let filing = Filing { dossier, calls: &calls, zone: &zone, draft };
    let mut set = filing.set(Vec::new()).unwrap();
    let document = set.documents.pop().unwrap();
    assert!(set.documents.is_empty());
    assert_eq!(document.watermark.is_some(), draft);
    plain(&document.blocks)
}

#[test]
fn the_document_that_is_filed_reads_as_follows_and_holds_no_forbidden_word() {
    let (ready, _) = ready();
    let read = filed(&ready);
    let enclosures = read.find("=== Приложение 1 ===").unwrap();
    insta::assert_snapshot!("filed_enclosures", &read[enclosures..]);
    for (dossier, _) in [dossier(), (ready, Recordings([].into()))] {
        let read = filed(&dossier).to_lowercase().replace("правонарушени", "");
        for word in FORBIDDEN {
            assert!(!read.contains(word), "{word}");
        }
    }
}

#[test]
fn a_draft_says_so_on_every_page_of_what_is_filed() {
    let (mut dossier, recordings) = ready();
    let whole = entry(&built(&dossier, &recordings), "data/filing/filing.pdf");
    dossier.interceptions[0].missing = vec![Missing::Inquiry];
    let unready = built(&dossier, &recordings);
    assert_ne!(entry(&unready, "data/filing/filing.pdf"), whole);
    let facts: Value = serde_json::from_str(&text(&unready, JSON)).unwrap();
    assert_eq!(facts["draft"], true);
}

#[test]
fn copies_and_documents_that_package_json_does_not_name_are_found() {
    let archive = draft();
    assert_eq!(problems(&rewritten_from(&archive, |entries| resum(entries))), []);
    let other = found_after(&archive, |entries| content(entries, WAV)[50] ^= 1);
    assert!(names(&other, WAV, "is not the file"), "{other:?}");
    for path in ["data/filing/filing.pdf", "data/application.pdf"] {
        let other = found_after(&archive, |entries| content(entries, path)[100] ^= 1);
        assert!(names(&other, path, "is not the file"), "{path}: {other:?}");
    }
    let unlisted = found_after(&archive, |entries| {
        replace(entries, JSON, "data/filing/filing.pdf", "data/filing/filinx.pdf");
    });
    assert!(names(&unlisted, JSON, "does not list"), "{unlisted:?}");
    let moved = found_after(&archive, |entries| {
        replace(entries, JSON, "part-01/call-03-1.wav", "part-02/call-03-1.wav");
    });
    assert!(names(&moved, "data/filing/part-02/call-03-1.wav", "missing"), "{moved:?}");
    assert!(names(&moved, WAV, "is not named"), "{moved:?}");
    let part =
        found_after(&archive, |entries| replace(entries, JSON, "\"part\": 1", "\"part\": 7"));
    assert!(names(&part, WAV, "does not lie in"), "{part:?}");
}

#[test]
fn a_note_that_names_another_sum_than_package_json_is_found_with_its_line() {
    let archive = draft();
    let (dossier, _) = dossier();
    let original = hex(&dossier.interceptions[0].recordings[0].sha256);
    let Playable::Wav(wav) = playable() else { panic!("a copy") };
    for sum in [original, hex(&wav.sha256)] {
        let other = "0".repeat(64);
        let found = found_after(&archive, |entries| {
            relisted(entries, NOTE, |entries| replace(entries, NOTE, &sum, &other));
        });
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(names(&found, NOTE, "its line"), "{found:?}");
    }
    let rate = found_after(&archive, |entries| {
        relisted(entries, NOTE, |entries| replace(entries, NOTE, "8000 Гц", "9000 Гц"));
    });
    assert!(names(&rate, NOTE, "its line"), "{rate:?}");
}

#[test]
fn a_chain_of_custody_that_was_written_over_is_found_at_its_event() {
    let archive = draft();
    let path = "data/recordings/call-03-1.wav";
    for (from, to, event) in [
        ("\"kind\": \"heard\"", "\"kind\": \"haard\"", 2),
        (
            "Образцова А. И.\",\n              \"link\"",
            "Образцова А. Н.\",\n              \"link\"",
            2,
        ),
        (
            "2026-10-15T10:00:00Z\",\n              \"kind\"",
            "2026-10-15T11:00:00Z\",\n              \"kind\"",
            2,
        ),
    ] {
        let found = found_after(&archive, |entries| replace(entries, JSON, from, to));
        assert!(names(&found, path, &format!("breaks at event {event}")), "{from}: {found:?}");
    }
}

#[test]
fn pages_that_do_not_follow_each_other_and_parts_that_are_too_large_are_found() {
    let (mut dossier, recordings) = dossier();
    dossier.interceptions[1].recordings[0].playable = playable();
    dossier.part_bytes = Some(5_000);
    let archive = built(&dossier, &recordings);
    assert_eq!(problems(&archive), []);
    let pages = found_after(&archive, |entries| {
        replace(
            entries,
            JSON,
            "\"number\": 2,\n        \"kind\"",
            "\"number\": 3,\n        \"kind\"",
        );
    });
    assert!(names(&pages, "data/filing/filing.pdf", "do not follow"), "{pages:?}");
    let parts = found_after(&archive, |entries| {
        replace(entries, JSON, "\"part_bytes\": 5000", "\"part_bytes\": 2000");
    });
    assert!(names(&parts, JSON, "part 1 is larger than the 2000 bytes"), "{parts:?}");
    dossier.part_bytes = Some(2_000);
    let archive = built(&dossier, &recordings);
    assert_eq!(problems(&archive), []);
    assert!(text(&archive, "manifest-sha256.txt").contains("part-02/call-03-1.wav"));
}

#[test]
fn a_package_of_the_first_shape_is_still_whole() {
    let old = rewritten_from(&draft(), |entries| {
        entries.retain(|(name, _)| !name.starts_with("data/filing/"));
        let file = content(entries, JSON);
        let mut facts: Value = serde_json::from_slice(file).unwrap();
        facts["schema_version"] = json!(1);
        let facts_of = facts.as_object_mut().unwrap();
        for key in ["audit_head", "part_bytes", "documents", "filing"] {
            facts_of.remove(key).unwrap();
        }
        for call in facts["interceptions"].as_array_mut().unwrap() {
            for recording in call["recordings"].as_array_mut().unwrap() {
                let recording = recording.as_object_mut().unwrap();
                for key in ["custody", "playable", "not_playable"] {
                    recording.remove(key).unwrap();
                }
            }
        }
        *file = serde_json::to_vec(&facts).unwrap();
        resum_with_info(entries);
    });
    let report = verify(Cursor::new(&old));
    assert_eq!(report.problems, []);
    assert_eq!(report.summary.unwrap().pages, None);
}

#[test]
fn a_package_of_the_second_shape_has_two_enclosures_beside_the_set_and_is_still_whole() {
    let second = |version: u32| {
        rewritten_from(&draft(), |entries| {
            let mut alone = Vec::new();
            for path in ["data/filing/custody.pdf", "data/filing/inventory.pdf"] {
                let file = b"%PDF-1.7".to_vec();
                let sha256 = hex(&hash(&file));
                alone.push(json!({ "file": path, "sha256": sha256, "bytes": file.len() }));
                entries.push((path.to_owned(), file));
            }
            entries.sort_unstable();
            let file = content(entries, JSON);
            let mut facts: Value = serde_json::from_slice(file).unwrap();
            facts["schema_version"] = json!(version);
            facts["documents"].as_array_mut().unwrap().extend(alone);
            *file = serde_json::to_vec(&facts).unwrap();
            resum_with_info(entries);
        })
    };
    assert_eq!(problems(&second(2)), []);
    let third = problems(&second(3));
    assert!(names(&third, JSON, "does not list"), "{third:?}");
    assert!(names(&third, "data/filing/custody.pdf", "is not named"), "{third:?}");
}

/// A package with its `package.json` changed, and all sums made anew.
fn told(archive: &[u8], change: impl Fn(&mut Value)) -> Vec<Problem> {
    let changed = rewritten_from(archive, |entries| {
        let file = content(entries, JSON);
        let mut facts: Value = serde_json::from_slice(file).unwrap();
        change(&mut facts);
        *file = serde_json::to_vec(&facts).unwrap();
        resum_with_info(entries);
    });
    problems(&changed)
}

#[test]
fn a_package_of_the_third_shape_tells_no_volumes_and_is_still_whole() {
    let of_version = |version: u32| {
        told(&draft(), |facts| {
            facts["schema_version"] = json!(version);
            facts["filing"].as_object_mut().unwrap().remove("volumes").unwrap();
        })
    };
    assert_eq!(of_version(3), []);
    let fourth = of_version(4);
    assert!(names(&fourth, "data/filing/filing.pdf", "do not follow"), "{fourth:?}");
}

/// A dossier too long for one volume.
fn long() -> (Dossier, Recordings) {
    let (mut dossier, recordings) = ready();
    let call = dossier.interceptions[0].clone();
    let nth = |n: u128| {
        let mut call = call.clone();
        call.call = ObservationId(Uuid::from_u128(n));
        call.started_at.0 += n as i64 * 61_000_000;
        call.label = None;
        call
    };
    dossier.interceptions = (0..LONG).map(nth).collect();
    (dossier, recordings)
}

#[test]
fn a_long_set_is_filed_in_volumes_and_each_tells_the_pages_of_all() {
    let (dossier, recordings) = long();
    let archive = built(&dossier, &recordings);
    assert_eq!(problems(&archive), []);
    let facts: Value = serde_json::from_str(&text(&archive, JSON)).unwrap();
    let filing = &facts["filing"];
    let number = |value: &Value| value.as_u64().unwrap();
    let [first, second] = filing["volumes"].as_array().unwrap().as_slice() else {
        panic!("{}", filing["volumes"])
    };
    assert_eq!(first["file"], "data/filing/filing.pdf");
    assert_eq!(second["file"], SECOND_VOLUME);
    assert_eq!(number(&second["first_page"]), number(&first["pages"]) + 1);
    assert_eq!(number(&second["pages"]) + number(&first["pages"]), number(&filing["pages"]));
    let titles: Vec<&str> = filing["enclosures"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["title"].as_str().unwrap())
        .filter(|title| title.starts_with("Справка"))
        .collect();
    let custody = "Справка о порядке получения и хранения записей, записи";
    let copies = "Справка о копиях записей для прослушивания, записи";
    let expected =
        [custody, copies].map(|title| [format!("{title} 1–100"), format!("{title} 101–{LONG}")]);
    assert_eq!(titles, expected.concat());
    assert!(text(&archive, "README.txt").contains("filing-02.pdf"));

    let volume = |number: usize, key: &str, value: Value| {
        told(&archive, |facts| facts["filing"]["volumes"][number][key] = value.clone())
    };
    let less = |value: &Value| json!(number(value) - 1);
    for found in [
        volume(1, "first_page", less(&second["first_page"])),
        volume(0, "pages", less(&first["pages"])),
        volume(1, "pages", json!(0)),
        volume(1, "file", json!("data/filing/filing-03.pdf")),
    ] {
        assert!(names(&found, "data/filing/filing.pdf", "do not follow"), "{found:?}");
    }
    let unnamed = told(&archive, |facts| {
        facts["filing"]["volumes"].as_array_mut().unwrap().pop().unwrap();
    });
    let third = told(&archive, |facts| facts["schema_version"] = json!(3));
    for found in [unnamed, third] {
        assert!(names(&found, SECOND_VOLUME, "is not named"), "{found:?}");
    }
}

/// The sums anew, and what `bag-info.txt` says of the payload.
fn resum_with_info(entries: &mut Entries) {
    let payload = || entries.iter().filter(|(name, _)| name.starts_with("data/"));
    let (bytes, files) = (payload().map(|(_, file)| file.len()).sum::<usize>(), payload().count());
    let info = String::from_utf8(content(entries, "bag-info.txt").clone()).unwrap();
    let lines = info.lines().map(|line| match line.starts_with("Payload-Oxum") {
        true => format!("Payload-Oxum: {bytes}.{files}\n"),
        false => format!("{line}\n"),
    });
    *content(entries, "bag-info.txt") = lines.collect::<String>().into_bytes();
    resum(entries);
}
