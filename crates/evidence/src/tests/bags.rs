//! Valid and invalid bags by the sections of RFC 8493. In each the container is
//! as this program makes it, and the sums that the change concerns are made anew,
//! so that nothing but the rule at hand is broken.

use std::io::Cursor;
use std::sync::LazyLock;

use super::sample::{built, hash, ready};
use super::signing::{key, signed};
use super::tampering::{content, resum, rewritten_from};
use crate::bag::hex;
use crate::verify;

type Entries = Vec<(String, Vec<u8>)>;
type Change = fn(&mut Entries);
/// What is done, how, and the file that must be named first.
type Case = (&'static str, Change, &'static str);

const DECLARATION: &str = "bagit.txt";
const INFO: &str = "bag-info.txt";
const MANIFEST: &str = "manifest-sha256.txt";
const TAG_MANIFEST: &str = "tagmanifest-sha256.txt";
const REGISTER: &str = "data/register.csv";

fn first_problem(change: Change) -> Option<(String, String)> {
    /// Made once: every case begins with it.
    static GOOD: LazyLock<Vec<u8>> = LazyLock::new(|| {
        let (dossier, recordings) = ready();
        built(&dossier, &recordings)
    });
    let bag = rewritten_from(&GOOD, |entries| {
        change(entries);
        // Entries are sorted, or the container would be what is wrong.
        entries.sort();
    });
    let problems = verify(Cursor::new(&bag)).problems;
    problems.into_iter().next().map(|problem| (problem.path, problem.what))
}

fn check(cases: &[Case]) {
    for (name, change, path) in cases {
        let found = first_problem(*change);
        assert_eq!(found.as_ref().map(|(path, _)| path.as_str()), Some(*path), "{name}: {found:?}");
    }
}

/// Puts a text in the place of a tag file, and its sum into the tag manifest.
fn set(entries: &mut Entries, path: &str, text: &str) {
    *content(entries, path) = text.as_bytes().to_vec();
    sum_tag_files(entries);
}

fn text(entries: &mut Entries, path: &str) -> String {
    String::from_utf8(content(entries, path).clone()).unwrap()
}

/// Makes the sums of the tag files anew, and leaves those of the payload.
fn sum_tag_files(entries: &mut Entries) {
    let tag_file = |name: &str| !name.starts_with("data/") && name != TAG_MANIFEST;
    let mut lines: Vec<(String, String)> = entries
        .iter()
        .filter(|(name, _)| tag_file(name))
        .map(|(name, content)| (name.clone(), hex(&hash(content))))
        .collect();
    lines.sort();
    let lines: String = lines.iter().map(|(name, sum)| format!("{sum}  {name}\n")).collect();
    *content(entries, TAG_MANIFEST) = lines.into_bytes();
}

fn append(entries: &mut Entries, path: &str, line: &str) {
    let text = text(entries, path) + line;
    set(entries, path, &text);
}

fn remove(entries: &mut Entries, path: &str) {
    entries.retain(|(name, _)| name != path);
}

const ZEROS: &str = "0000000000000000000000000000000000000000000000000000000000000000";

#[test]
fn what_is_valid_is_accepted() {
    let valid: [(&str, Change); 4] = [
        ("nothing is changed", |_| ()),
        ("all sums made anew", |entries| resum(entries)),
        ("the tag files' sums made anew", sum_tag_files),
        // 2.2.2: any field is allowed, and a field may be repeated.
        ("a field that somebody added", |entries| {
            append(entries, INFO, "Contact-Name: Иванова: Мария\nContact-Name: Петров\n");
        }),
    ];
    for (name, change) in valid {
        assert_eq!(first_problem(change), None, "{name}");
    }
    assert_eq!(verify(Cursor::new(signed(&key(7)))).problems, []);
}

/// 2.1.1: exactly two lines in this order, in UTF-8 without a mark before them.
#[test]
fn a_declaration_is_there_and_has_its_two_lines() {
    check(&[
        (
            "no declaration",
            |entries| {
                remove(entries, DECLARATION);
                sum_tag_files(entries);
            },
            DECLARATION,
        ),
        ("an empty one", |entries| set(entries, DECLARATION, ""), DECLARATION),
        (
            "a version that is none",
            |entries| {
                set(
                    entries,
                    DECLARATION,
                    "BagIt-Version: one\nTag-File-Character-Encoding: UTF-8\n",
                );
            },
            DECLARATION,
        ),
        (
            "another version",
            |entries| {
                set(
                    entries,
                    DECLARATION,
                    "BagIt-Version: 2.0\nTag-File-Character-Encoding: UTF-8\n",
                );
            },
            DECLARATION,
        ),
        (
            "another encoding",
            |entries| {
                set(
                    entries,
                    DECLARATION,
                    "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-16\n",
                );
            },
            DECLARATION,
        ),
        ("no encoding", |entries| set(entries, DECLARATION, "BagIt-Version: 1.0\n"), DECLARATION),
        (
            "lines exchanged",
            |entries| {
                set(
                    entries,
                    DECLARATION,
                    "Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 1.0\n",
                );
            },
            DECLARATION,
        ),
        ("a third line", |entries| append(entries, DECLARATION, "More: 1\n"), DECLARATION),
        (
            "a byte order mark",
            |entries| {
                let text = format!("\u{feff}{}", text(entries, DECLARATION));
                set(entries, DECLARATION, &text);
            },
            DECLARATION,
        ),
        (
            "spaces before the colon",
            |entries| {
                set(
                    entries,
                    DECLARATION,
                    "BagIt-Version : 1.0\nTag-File-Character-Encoding : UTF-8\n",
                );
            },
            DECLARATION,
        ),
    ]);
}

/// 2.1.2, 2.1.3 and 3: every file of the payload is in the manifest once, with its
/// sum, and everything in the manifest is a file of the payload.
#[test]
fn payload_and_manifest_name_the_same_files() {
    check(&[
        (
            "no manifest",
            |entries| {
                remove(entries, MANIFEST);
                sum_tag_files(entries);
            },
            MANIFEST,
        ),
        ("an empty manifest", |entries| set(entries, MANIFEST, ""), "data/application.pdf"),
        (
            "no payload",
            |entries| {
                entries.retain(|(name, _)| !name.starts_with("data/"));
                set(entries, MANIFEST, "");
            },
            "data/application.pdf",
        ),
        (
            "a file that is not there",
            |entries| {
                append(entries, MANIFEST, &format!("{ZEROS}  data/recordings/call-09-1.wav\n"));
            },
            "data/recordings/call-09-1.wav",
        ),
        (
            "a file in no list",
            |entries| {
                let kept: String = text(entries, MANIFEST)
                    .lines()
                    .filter(|line| !line.ends_with(REGISTER))
                    .map(|line| format!("{line}\n"))
                    .collect();
                set(entries, MANIFEST, &kept);
            },
            REGISTER,
        ),
        (
            "a file of another content",
            |entries| {
                let register = content(entries, REGISTER);
                let last = register.len() - 3;
                register[last] ^= 1;
            },
            REGISTER,
        ),
        (
            "another sum",
            |entries| {
                let sums = text(entries, MANIFEST);
                let changed = format!("{ZEROS}{}", &sums[ZEROS.len()..]);
                set(entries, MANIFEST, &changed);
            },
            "data/application.pdf",
        ),
        (
            "a sum that is cut",
            |entries| {
                let sums = text(entries, MANIFEST);
                set(entries, MANIFEST, &sums[1..]);
            },
            "data/application.pdf",
        ),
        (
            "a file listed twice",
            |entries| {
                let sums = text(entries, MANIFEST);
                let line = format!("{}\n", sums.lines().next().unwrap());
                append(entries, MANIFEST, &line);
            },
            MANIFEST,
        ),
        ("a line without a file", |entries| append(entries, MANIFEST, ZEROS), MANIFEST),
        ("an empty line", |entries| append(entries, MANIFEST, "\n"), MANIFEST),
        (
            "a tag file",
            |entries| {
                let line = format!("{}  {INFO}\n", hex(&hash(content(entries, INFO))));
                append(entries, MANIFEST, &line);
            },
            INFO,
        ),
        (
            "bytes that are no text",
            |entries| {
                content(entries, MANIFEST).extend(b"\xff\xfe\n");
                sum_tag_files(entries);
            },
            MANIFEST,
        ),
    ]);
}

/// 5.1.3 and 2.1.3: nothing outside the bag is named, and no path has two names.
#[test]
fn a_manifest_that_points_outside_is_refused_at_its_path() {
    for path in ["../outside", "data/../../outside", "/etc/passwd", "~/outside", "data\\x", "C:\\x"]
    {
        let bag = rewritten_from(&signed(&key(7)), |entries| {
            let line = format!("{ZEROS}  {path}\n");
            append(entries, MANIFEST, &line);
        });
        let problems = verify(Cursor::new(&bag)).problems;
        assert!(problems.iter().any(|problem| problem.path == path), "{path}: {problems:?}");
    }
}

/// 2.2.1: every tag file but the tag manifest, and no other.
#[test]
fn the_tag_manifest_names_the_tag_files() {
    check(&[
        ("no tag manifest", |entries| remove(entries, TAG_MANIFEST), TAG_MANIFEST),
        (
            "a tag file of another content",
            |entries| {
                content(entries, "README.txt").push(b'\n');
            },
            "README.txt",
        ),
        (
            "a tag file in no list",
            |entries| {
                let kept = text(entries, TAG_MANIFEST).replace("README.txt", "MISSING.txt");
                *content(entries, TAG_MANIFEST) = kept.into_bytes();
            },
            "MISSING.txt",
        ),
        (
            "itself",
            |entries| {
                content(entries, TAG_MANIFEST).extend(format!("{ZEROS}  {TAG_MANIFEST}\n").bytes());
            },
            TAG_MANIFEST,
        ),
        (
            "a file of the payload",
            |entries| {
                let line = format!("{}  {REGISTER}\n", hex(&hash(content(entries, REGISTER))));
                content(entries, TAG_MANIFEST).extend(line.bytes());
            },
            REGISTER,
        ),
    ]);
}

/// 2.2.2: what the metadata sum up is so.
#[test]
fn the_metadata_are_fields_and_sum_the_payload_up() {
    check(&[
        (
            "fewer bytes",
            |entries| {
                let text = text(entries, INFO).replace("Payload-Oxum: ", "Payload-Oxum: 1");
                set(entries, INFO, &text);
            },
            INFO,
        ),
        (
            "more files",
            |entries| {
                let changed: String = text(entries, INFO)
                    .lines()
                    .map(|line| {
                        let more = if line.starts_with("Payload-Oxum") { "0" } else { "" };
                        format!("{line}{more}\n")
                    })
                    .collect();
                set(entries, INFO, &changed);
            },
            INFO,
        ),
        (
            "no sum at all",
            |entries| {
                let text = text(entries, INFO).replace("Payload-Oxum", "Payload-Sum");
                set(entries, INFO, &text);
            },
            INFO,
        ),
        ("two sums", |entries| append(entries, INFO, "Payload-Oxum: 1.1\n"), INFO),
        ("a line that is no field", |entries| append(entries, INFO, "Contact\n"), INFO),
        ("another bag's name", |entries| append(entries, INFO, "External-Identifier: x\n"), INFO),
    ]);
}

/// The RFC allows these; this program never writes them, and takes no package for its
/// own that has them.
#[test]
fn what_other_programs_may_write_is_no_package_of_this_one() {
    check(&[
        // 2.2.3: files to be fetched later.
        (
            "files to be fetched",
            |entries| {
                let line = "http://example/ 1 data/register.csv\n";
                entries.push(("fetch.txt".into(), line.into()));
                sum_tag_files(entries);
            },
            "baitline-01900000-0000-7000-8000-000000000001/fetch.txt",
        ),
        // 2.4: further manifests and tag files.
        (
            "a manifest of other sums",
            |entries| {
                entries.push(("manifest-md5.txt".into(), Vec::new()));
                sum_tag_files(entries);
            },
            "baitline-01900000-0000-7000-8000-000000000001/manifest-md5.txt",
        ),
        (
            "a tag file of one's own",
            |entries| {
                entries.push(("notes/own.txt".into(), b"x".to_vec()));
                sum_tag_files(entries);
            },
            "baitline-01900000-0000-7000-8000-000000000001/notes/own.txt",
        ),
        // 2.1.3: sums in capitals, and lines that end as on Windows.
        (
            "sums in capitals",
            |entries| {
                let capital: String = text(entries, MANIFEST)
                    .lines()
                    .map(|line| format!("{}{}\n", line[..64].to_uppercase(), &line[64..]))
                    .collect();
                set(entries, MANIFEST, &capital);
            },
            "data/application.pdf",
        ),
        (
            "one space",
            |entries| {
                let text = text(entries, MANIFEST).replace("  ", " ");
                set(entries, MANIFEST, &text);
            },
            MANIFEST,
        ),
    ]);
}
