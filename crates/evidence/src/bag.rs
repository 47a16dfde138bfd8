//! The bag (RFC 8493) inside the archive: its names, its manifests and its
//! tag files. Knows the format and not what a complaint is.

use std::fmt::Write;

use baitline_domain::ids::PackageId;

use crate::archive::Written;

/// The declaration, the same in every bag.
pub(crate) const BAGIT: &str = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n";
pub(crate) const BAGIT_PATH: &str = "bagit.txt";
pub(crate) const BAG_INFO_PATH: &str = "bag-info.txt";
pub(crate) const MANIFEST_PATH: &str = "manifest-sha256.txt";
pub(crate) const TAG_MANIFEST_PATH: &str = "tagmanifest-sha256.txt";
/// The public half of the key that signed, in a signed bag.
pub(crate) const SIGNING_KEY_PATH: &str = "signing-key.pem";
/// The signature of the tag manifest, in a signed bag. No manifest lists it: it is
/// made of the last of them.
pub(crate) const SIGNATURE_PATH: &str = "tagmanifest-sha256.txt.sig";
/// The answer of a time-stamp authority over the tag manifest, in a stamped bag.
/// No manifest lists it either: no two answers are the same.
pub(crate) const TIME_STAMP_PATH: &str = "tagmanifest-sha256.txt.tsr";
pub(crate) const README_PATH: &str = "README.txt";
/// Everything under it is payload.
pub(crate) const PAYLOAD: &str = "data/";
pub(crate) const APPLICATION_PATH: &str = "data/application.pdf";
/// What an office opens: the documents as one, and the recordings as every player
/// plays them.
pub(crate) const FILING: &str = "data/filing/";
pub(crate) const FILING_PATH: &str = "data/filing/filing.pdf";
pub(crate) const CONVERSION_PATH: &str = "data/filing/conversion.txt";
pub(crate) const PACKAGE_JSON_PATH: &str = "data/package.json";
pub(crate) const REGISTER_CSV_PATH: &str = "data/register.csv";
pub(crate) const REGISTER_XLSX_PATH: &str = "data/register.xlsx";

/// The files every package has, beside its recordings.
pub(crate) const REQUIRED: [&str; 9] = [
    README_PATH,
    BAG_INFO_PATH,
    BAGIT_PATH,
    APPLICATION_PATH,
    PACKAGE_JSON_PATH,
    REGISTER_CSV_PATH,
    REGISTER_XLSX_PATH,
    MANIFEST_PATH,
    TAG_MANIFEST_PATH,
];

/// Those of what an office opens, which packages of the first version do not have.
pub(crate) const FILING_SET: [&str; 2] = [CONVERSION_PATH, FILING_PATH];

/// The same in packages of the second version, where two enclosures lay beside the set
/// that holds them.
pub(crate) const SECOND_FILING_SET: [&str; 4] =
    [CONVERSION_PATH, "data/filing/custody.pdf", FILING_PATH, "data/filing/inventory.pdf"];

/// The one folder of the archive.
pub(crate) fn folder(package: PackageId) -> String {
    format!("baitline-{package}")
}

/// What `bag-info.txt` says.
pub(crate) struct BagInfo<'a> {
    pub(crate) software: &'a str,
    /// As `2026-10-14`.
    pub(crate) date: String,
    pub(crate) package: PackageId,
    pub(crate) payload_bytes: u64,
    pub(crate) payload_files: usize,
}

impl BagInfo<'_> {
    pub(crate) fn text(&self) -> String {
        // A line break would begin another field.
        let software = self.software.split_whitespace().collect::<Vec<_>>().join(" ");
        format!(
            "Bag-Software-Agent: {software}\n\
             Bagging-Date: {}\n\
             External-Identifier: {}\n\
             {PAYLOAD_OXUM}: {}\n",
            self.date,
            self.package,
            oxum(self.payload_bytes, self.payload_files),
        )
    }
}

/// The field that sums up the payload.
pub(crate) const PAYLOAD_OXUM: &str = "Payload-Oxum";
/// The field that names the package.
pub(crate) const EXTERNAL_IDENTIFIER: &str = "External-Identifier";

/// Bytes and files of the payload, as the format writes them.
pub(crate) fn oxum(bytes: u64, files: usize) -> String {
    format!("{bytes}.{files}")
}

/// One line per file, as `sha256sum` reads it.
pub(crate) fn manifest<'a>(files: impl Iterator<Item = (&'a str, Written)>) -> String {
    let mut text = String::new();
    for (path, written) in files {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{}  {path}", hex(&written.sha256));
    }
    text
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}
