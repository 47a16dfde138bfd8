//! Signed packages.

use std::io::Cursor;

use super::building::{entry, text};
use super::sample::{dossier, ready};
use super::tampering::{content, rewritten_from};
use crate::signature::tests::key_file;
use crate::{SigningKey, build_signed, verify};

fn key(seed: u8) -> SigningKey {
    SigningKey::from_pem(&key_file(seed)).unwrap()
}

fn signed(key: &SigningKey) -> Vec<u8> {
    let (dossier, recordings) = ready();
    let mut out = Cursor::new(Vec::new());
    build_signed(&dossier, &recordings, Some(key), &mut out).unwrap();
    out.into_inner()
}

#[test]
fn a_signed_package_is_whole_names_its_key_and_says_how_to_check_it() {
    let archive = signed(&key(7));
    let report = verify(Cursor::new(&archive));
    assert_eq!(report.problems, []);
    assert_eq!(report.summary.unwrap().signed_by, Some(key(7).fingerprint()));
    assert_eq!(archive, signed(&key(7)), "the same key and facts, the same bytes");
    insta::assert_snapshot!("signed_readme", text(&archive, "README.txt"));
    let listed = text(&archive, "tagmanifest-sha256.txt");
    assert!(listed.contains("signing-key.pem") && !listed.contains(".sig"));
}

#[test]
fn whoever_changes_a_signed_package_with_all_its_sums_is_found_out() {
    let forged = rewritten_from(&signed(&key(7)), |entries| {
        // All of another package, whose sums are right, under this signature.
        let other = rewritten_entries();
        for (path, bytes) in other {
            *content(entries, &path) = bytes;
        }
    });
    let problems = verify(Cursor::new(&forged)).problems;
    assert!(
        problems.iter().any(|problem| problem.what == "its key did not make the signature"),
        "{problems:?}"
    );
}

/// The tag manifest of the same package under another key's signature.
fn rewritten_entries() -> Vec<(String, Vec<u8>)> {
    let other = signed(&key(8));
    ["tagmanifest-sha256.txt", "README.txt"]
        .map(|path| (path.to_owned(), text(&other, path).into_bytes()))
        .into()
}

#[test]
fn half_a_signature_and_another_key_are_problems() {
    let without = |path: &str| {
        let archive = rewritten_from(&signed(&key(7)), |entries| {
            entries.retain(|(name, _)| name != path);
        });
        verify(Cursor::new(&archive)).problems
    };
    for path in ["signing-key.pem", "tagmanifest-sha256.txt.sig"] {
        let found = without(path);
        assert!(found.iter().any(|problem| problem.path == path), "{path}: {found:?}");
    }
    let other_key = rewritten_from(&signed(&key(7)), |entries| {
        *content(entries, "signing-key.pem") = key(8).public_pem().into_bytes();
    });
    assert!(!verify(Cursor::new(&other_key)).is_whole());
}

#[test]
fn every_changed_byte_of_a_signature_is_found() {
    let archive = signed(&key(7));
    let signature = key(7).sign(text(&archive, "tagmanifest-sha256.txt").as_bytes());
    let place = archive.windows(64).position(|bytes| bytes == signature).unwrap();
    for at in place..place + 64 {
        let mut changed = archive.clone();
        changed[at] ^= 0x10;
        assert!(!verify(Cursor::new(&changed)).is_whole(), "byte {at}");
    }
}

/// Runs `openssl` on files of the package; `None` where it is not installed.
fn openssl(folder: &std::path::Path, arguments: &[&str]) -> Option<std::process::Output> {
    std::process::Command::new("openssl").args(arguments).current_dir(folder).output().ok()
}

#[test]
fn stock_openssl_accepts_the_signature_and_no_other() {
    let archive = signed(&key(7));
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, bytes: &[u8]| std::fs::write(folder.path().join(path), bytes).unwrap();
    for path in ["tagmanifest-sha256.txt", "signing-key.pem", "tagmanifest-sha256.txt.sig"] {
        write(path, &entry(&archive, path));
    }
    // As README.txt says it.
    let command = "pkeyutl -verify -pubin -inkey signing-key.pem -rawin \
                   -in tagmanifest-sha256.txt -sigfile tagmanifest-sha256.txt.sig";
    let arguments: Vec<&str> = command.split_whitespace().collect();
    let Some(output) = openssl(folder.path(), &arguments) else {
        eprintln!("openssl is not installed: nothing was shown");
        return;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    write("tagmanifest-sha256.txt", b"another text");
    assert!(!openssl(folder.path(), &arguments).unwrap().status.success());
    // A key that openssl made is read, too, and gives the same public half.
    openssl(folder.path(), &["genpkey", "-algorithm", "ed25519", "-out", "key.pem"]).unwrap();
    let pem = std::fs::read_to_string(folder.path().join("key.pem")).unwrap();
    let public = openssl(folder.path(), &["pkey", "-in", "key.pem", "-pubout"]).unwrap();
    let made = SigningKey::from_pem(&pem).unwrap();
    assert_eq!(made.public_pem().into_bytes(), public.stdout);
}

#[test]
fn an_unsigned_package_says_that_it_is_unsigned() {
    let (dossier, recordings) = dossier();
    let mut out = Cursor::new(Vec::new());
    build_signed(&dossier, &recordings, None, &mut out).unwrap();
    assert_eq!(verify(out).summary.unwrap().signed_by, None);
}
