//! The key that signs packages: a file of this machine that others may not read.

use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use baitline_evidence::SigningKey;

use crate::failure::Failure;

/// Those who are neither the file's owner nor of its group.
const OTHERS: u32 = 0o007;
/// Bytes of a key file that are read: no key has so many.
const MAX_FILE_BYTES: u64 = 16 << 10;

/// Reads the key. A process that was told of one does not start without it: packages
/// that are unsigned by an accident would be found unsigned by an office.
pub(crate) fn read(path: &Path) -> Result<SigningKey, Failure> {
    let shown = path.display();
    let unreadable = |error| Failure::Sentence(format!("the signing key {shown}: {error}"));
    let mut file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.mode() & OTHERS != 0 {
        return Err(Failure::Sentence(format!(
            "the signing key {shown} is open to everyone on this machine: chmod 600 it, and make a \
             new key if others were there"
        )));
    }
    let mut bytes = Vec::new();
    (&mut file).take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(unreadable)?;
    SigningKey::from_file(&bytes)
        .map_err(|error| Failure::Sentence(format!("the signing key {shown}: {error}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const PEM: &str = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIAcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcH\n\
        -----END PRIVATE KEY-----\n";

    fn refusal(content: &str, mode: u32) -> Option<String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        match read(&path) {
            Ok(_) => None,
            Err(Failure::Sentence(sentence)) => Some(sentence),
            Err(other) => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_key_that_only_its_owner_and_group_read_is_taken() {
        for mode in [0o400, 0o600, 0o640] {
            assert_eq!(refusal(PEM, mode), None, "{mode:o}");
        }
    }

    #[test]
    fn a_key_that_everyone_reads_or_that_is_none_stops_the_start() {
        for mode in [0o604, 0o644, 0o602] {
            assert!(refusal(PEM, mode).unwrap().contains("chmod 600"), "{mode:o}");
        }
        for content in ["", "no key", &PEM.replace("MC4C", "MC4D")] {
            let sentence = refusal(content, 0o600).unwrap();
            assert!(sentence.contains("Ed25519"), "{sentence}");
            assert!(!sentence.contains("BwcH"), "nothing of the file is told: {sentence}");
        }
        let absent = read(Path::new("/nonexistent/key.pem"));
        assert!(matches!(absent, Err(Failure::Sentence(_))), "{absent:?}");
    }
}
