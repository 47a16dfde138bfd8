//! The hashes of a back-up's files, in the form that `sha256sum -c` reads.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use baitline_domain::audit::hex;
use sha2::{Digest, Sha256};

use super::{BackupError, SUMS, at};

/// Bytes read at a time.
const PIECE_BYTES: usize = 64 * 1024;

/// A hash on its way.
#[derive(Default)]
pub(super) struct Hashing(Sha256);

impl Hashing {
    pub(super) fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    pub(super) fn end(self) -> [u8; 32] {
        self.0.finalize().into()
    }
}

/// A line for each file of the folder.
pub(super) fn write(folder: &Path) -> Result<String, BackupError> {
    let hashed = hashes(folder)?;
    Ok(hashed.iter().map(|(path, hash)| format!("{hash}  {path}\n")).collect())
}

/// What is wrong with the files of a folder, by the hashes it holds.
pub(super) fn faults(folder: &Path) -> Result<Vec<String>, BackupError> {
    let path = folder.join(SUMS);
    let text = std::fs::read_to_string(&path).map_err(at(&path))?;
    let mut listed = BTreeMap::new();
    for line in text.lines() {
        match line.split_once("  ") {
            Some((hash, file)) => listed.insert(file.to_owned(), hash.to_owned()),
            None => return Ok(vec![format!("{SUMS} holds a line that is none of its own")]),
        };
    }
    let found = hashes(folder)?;
    let mut faults = Vec::new();
    for (file, hash) in &listed {
        match found.get(file) {
            None => faults.push(format!("{file} is missing")),
            Some(other) if other != hash => {
                faults.push(format!("{file} has other bytes than when it was written"));
            }
            Some(_) => {}
        }
    }
    let unlisted = found.keys().filter(|file| !listed.contains_key(*file));
    faults.extend(unlisted.map(|file| format!("{file} was not there when it was written")));
    Ok(faults)
}

/// The hash of each file below the folder, by its path with `/`.
fn hashes(folder: &Path) -> Result<BTreeMap<String, String>, BackupError> {
    let mut found = BTreeMap::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(at(&folder))? {
            let entry = entry.map_err(at(&folder))?;
            let path = entry.path();
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if path.is_dir() {
                folders.push((path, format!("{name}/")));
            } else if name != SUMS {
                found.insert(name, hex(&hash_of(&path)?));
            }
        }
    }
    Ok(found)
}

fn hash_of(path: &Path) -> Result<[u8; 32], BackupError> {
    let mut file = File::open(path).map_err(at(path))?;
    let (mut hash, mut piece) = (Hashing::default(), vec![0; PIECE_BYTES]);
    loop {
        match file.read(&mut piece).map_err(at(path))? {
            0 => return Ok(hash.end()),
            read => hash.add(&piece[..read]),
        }
    }
}
