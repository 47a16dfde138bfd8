//! Signed packages.

use std::io::Cursor;
use std::sync::LazyLock;

use super::building::{entry, text};
use super::filing::relisted;
use super::sample::{dossier, ready};
use super::tampering::{content, resum, rewritten_from};
use crate::signature::tests::key_file;
use crate::{Seal, SigningKey, build_sealed, verify};

pub(super) fn key(seed: u8) -> SigningKey {
    SigningKey::from_pem(&key_file(seed)).unwrap()
}

pub(super) fn signed(key: &SigningKey) -> Vec<u8> {
    let (dossier, recordings) = ready();
    let mut out = Cursor::new(Vec::new());
    let seal = Seal { key: Some(key), ..Seal::default() };
    build_sealed(&dossier, &recordings, seal, &mut out).unwrap();
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

/// What is wrong with the package of key 7 after a forger's change, who makes all sums
/// and the container anew and lacks nothing but the key.
fn forged(change: impl Fn(&mut Vec<(String, Vec<u8>)>)) -> Vec<(String, String)> {
    /// Made once: hundreds of forgeries begin with it.
    static SIGNED: LazyLock<Vec<u8>> = LazyLock::new(|| signed(&key(7)));
    let archive = rewritten_from(&SIGNED, |entries| {
        change(entries);
        resum(entries);
    });
    let problems = verify(Cursor::new(&archive)).problems;
    problems.into_iter().map(|problem| (problem.path, problem.what)).collect()
}

fn only(path: &str, what: &str) -> Vec<(String, String)> {
    vec![(path.to_owned(), what.to_owned())]
}

const KEY: &str = "signing-key.pem";
const SIGNATURE: &str = "tagmanifest-sha256.txt.sig";
const NOT_MADE: &str = "its key did not make the signature";

#[test]
fn whoever_changes_a_signed_package_with_all_its_sums_is_found_out_by_the_signature_alone() {
    assert_eq!(forged(|_| ()), [], "the forger leaves no other trace");
    let found = forged(|entries| {
        relisted(entries, "data/application.pdf", |entries| {
            let document = content(entries, "data/application.pdf");
            let last = document.len() - 1;
            document[last] ^= 1;
        });
    });
    assert_eq!(found, only(KEY, NOT_MADE));
    let found = forged(|entries| *content(entries, "README.txt") = b"Trust me.\n".to_vec());
    assert_eq!(found, only(KEY, NOT_MADE));
}

#[test]
fn half_a_signature_and_another_key_are_problems() {
    let missing = "is missing from a signed package";
    for path in [KEY, SIGNATURE] {
        assert_eq!(forged(|entries| entries.retain(|(name, _)| name != path)), only(path, missing));
    }
    let other_key = forged(|entries| *content(entries, KEY) = key(8).public_pem().into_bytes());
    assert_eq!(other_key, only(KEY, NOT_MADE));
    let no_key = forged(|entries| *content(entries, KEY) = b"key".to_vec());
    assert_eq!(no_key, only(KEY, "is no Ed25519 public key"));
}

/// Nothing else is wrong with such a package: it is signed, by whoever has that key.
#[test]
fn a_package_signed_anew_by_another_names_the_other_key() {
    let archive = rewritten_from(&signed(&key(7)), |entries| {
        *content(entries, KEY) = key(8).public_pem().into_bytes();
        resum(entries);
        let signature = key(8).sign(content(entries, "tagmanifest-sha256.txt"));
        *content(entries, SIGNATURE) = signature;
    });
    let report = verify(Cursor::new(&archive));
    assert_eq!(report.problems, []);
    assert_eq!(report.summary.unwrap().signed_by, Some(key(8).fingerprint()));
}

#[test]
fn every_changed_bit_of_a_signature_is_found_by_the_key() {
    for bit in 0..64 * 8 {
        let found = forged(|entries| content(entries, SIGNATURE)[bit / 8] ^= 1 << (bit % 8));
        assert_eq!(found, only(KEY, NOT_MADE), "bit {bit}");
    }
    let longer = forged(|entries| content(entries, SIGNATURE).push(0));
    assert_eq!(longer, only(KEY, NOT_MADE));
}

/// A key has one file, so that no byte of it changes unseen even with its sums.
#[test]
fn every_changed_byte_of_the_key_is_found_although_its_sums_fit() {
    for at in 0..key(7).public_pem().len() {
        let found = forged(|entries| content(entries, KEY)[at] ^= 1);
        let [(path, _)] = &found[..] else { panic!("byte {at}: {found:?}") };
        assert_eq!(path, KEY);
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
    build_sealed(&dossier, &recordings, Seal::default(), &mut out).unwrap();
    assert_eq!(verify(out).summary.unwrap().signed_by, None);
}
