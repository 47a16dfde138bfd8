//! Time-stamped packages.

use std::io::Cursor;
use std::sync::LazyLock;

use baitline_sample::authority::{Manner, NAME, OTHER_ROOT, ROOT, answer};

use super::building::{entry, text};
use super::sample::ready;
use super::signing::key;
use super::tampering::{Entries, content, resum, rewritten_from};
use crate::time_stamp::StampSignature;
use crate::{
    Authorities, BuildError, Problem, Seal, StampError, StampRequest, Stamper, build_sealed,
    is_stamp_of, verify, verify_stamped_by,
};

const AT: &str = "20261120093015Z";
const STAMP: &str = "tagmanifest-sha256.txt.tsr";

/// Stamps in one manner.
struct Made(Manner);

impl Stamper for Made {
    fn stamp(&self, tag_manifest: &[u8]) -> Result<Vec<u8>, StampError> {
        let request = StampRequest::new(tag_manifest, [7; 8]);
        let reply = answer(&request.der(), AT, self.0);
        request.accept(&reply)?;
        Ok(reply)
    }
}

/// Gives what it was given.
struct Kept(Vec<u8>);

impl Stamper for Kept {
    fn stamp(&self, _: &[u8]) -> Result<Vec<u8>, StampError> {
        Ok(self.0.clone())
    }
}

fn built(stamper: &dyn Stamper, signs: bool) -> Result<Vec<u8>, BuildError> {
    let (dossier, recordings) = ready();
    let key = key(7);
    let seal = Seal { key: signs.then_some(&key), stamper: Some(stamper) };
    let mut out = Cursor::new(Vec::new());
    let built = build_sealed(&dossier, &recordings, seal, &mut out)?;
    assert_eq!(built.time_stamp, Some(entry(out.get_ref(), STAMP)));
    Ok(out.into_inner())
}

fn stamped() -> &'static [u8] {
    /// Made once.
    static STAMPED: LazyLock<Vec<u8>> =
        LazyLock::new(|| built(&Made(Manner::Honest), true).unwrap());
    &STAMPED
}

fn authorities(pem: &str) -> Authorities {
    Authorities::from_pem(pem.as_bytes()).unwrap()
}

fn problems(archive: &[u8]) -> Vec<(String, String)> {
    let problems = verify_stamped_by(Cursor::new(archive), &authorities(ROOT)).problems;
    problems.into_iter().map(|Problem { path, what }| (path, what)).collect()
}

#[test]
fn a_stamped_package_is_whole_tells_its_time_and_says_how_to_check_it() {
    let report = verify(Cursor::new(stamped()));
    assert_eq!(report.problems, []);
    let told = report.summary.unwrap().time_stamp.unwrap();
    assert_eq!(
        (told.at.to_string().as_str(), told.authority.as_str()),
        ("2026-11-20T09:30:15Z", NAME)
    );
    assert_eq!(told.signature, StampSignature::OfItsCertificate);
    assert_eq!(problems(stamped()), []);
    insta::assert_snapshot!("stamped_readme", text(stamped(), "README.txt"));
    let listed = text(stamped(), "tagmanifest-sha256.txt");
    assert!(!listed.contains(".tsr"), "{listed}");
    let strange = verify_stamped_by(Cursor::new(stamped()), &authorities(OTHER_ROOT));
    assert_eq!(strange.problems[0].path, STAMP);
}

#[test]
fn with_the_stamp_of_before_a_package_has_the_bytes_of_before() {
    let kept = Kept(entry(stamped(), STAMP));
    assert_eq!(built(&kept, true).unwrap(), stamped());
    let unsigned = built(&Made(Manner::Honest), false).unwrap();
    assert_eq!(problems(&unsigned), [], "a stamp needs no signature");
    assert!(!is_stamp_of(&kept.0, &entry(&unsigned, "tagmanifest-sha256.txt")));
}

#[test]
fn without_a_stamp_no_package_is_made() {
    for manner in
        [Manner::Refusing, Manner::OtherNonce, Manner::OtherContent, Manner::NoCertificate]
    {
        let refused = built(&Made(manner), true);
        assert!(matches!(refused, Err(BuildError::TimeStamp(_))), "{manner:?}: {refused:?}");
    }
}

#[test]
fn a_stamp_that_is_missing_of_something_else_or_changed_is_a_problem() {
    let changed = |change: &dyn Fn(&mut Entries)| problems(&rewritten_from(stamped(), change));
    assert_eq!(changed(&|_| ()), []);
    let without = changed(&|entries| entries.retain(|(name, _)| name != STAMP));
    let missing = "is missing: the package is not time-stamped";
    assert_eq!(without, [(STAMP.to_owned(), missing.to_owned())]);
    let other = changed(&|entries| {
        let request = StampRequest::new(b"another package", [7; 8]);
        *content(entries, STAMP) = answer(&request.der(), AT, Manner::Honest);
    });
    assert_eq!(other, [(STAMP.to_owned(), "the time-stamp is of another content".to_owned())]);
    let forged = changed(&|entries| {
        *content(entries, "README.txt") = b"Trust me.\n".to_vec();
        resum(entries);
        let tag_manifest = content(entries, "tagmanifest-sha256.txt").clone();
        *content(entries, "tagmanifest-sha256.txt.sig") = key(7).sign(&tag_manifest);
    });
    assert_eq!(forged, [(STAMP.to_owned(), "the time-stamp is of another content".to_owned())]);
    for bytes in [&b""[..], b"no stamp", &[0x30; 70_000]] {
        let found = changed(&|entries| *content(entries, STAMP) = bytes.to_vec());
        let unreadable = "the answer of the time-stamp authority cannot be read";
        assert_eq!(found, [(STAMP.to_owned(), unreadable.to_owned())]);
    }
}

#[test]
fn a_package_without_a_stamp_is_whole_unless_one_is_asked_for() {
    let unstamped = super::signing::signed(&key(7));
    let report = verify(Cursor::new(&unstamped));
    assert_eq!(report.problems, []);
    assert_eq!(report.summary.unwrap().time_stamp, None);
    assert_eq!(problems(&unstamped)[0].0, STAMP);
}
