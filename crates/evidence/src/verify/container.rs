//! Reads the archive: refuses whatever this program would never have written,
//! hashes every entry and builds the container again to compare it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{self, BufReader, Read, Seek, SeekFrom};

use baitline_domain::ids::PackageId;
use uuid::Uuid;
use zip::read::{ArchiveOffset, Config, ZipFile};
use zip::{DateTime, ZipArchive};

use super::comparison::{Comparison, View};
use super::{Problem, Problems};
use crate::archive::{Archive, CopyError, Written, copy};
use crate::bag::{
    BAG_INFO_PATH, BAGIT_PATH, CONVERSION_PATH, FILING, MANIFEST_PATH, PACKAGE_JSON_PATH,
    REGISTER_CSV_PATH, REQUIRED, SECOND_FILING_SET, SIGNATURE_PATH, SIGNING_KEY_PATH,
    TAG_MANIFEST_PATH, TIME_STAMP_PATH, folder,
};
use crate::limits::{MAX_RECORDINGS, MAX_TEXT_FILE_BYTES, MAX_VOLUMES};

/// Entries of an archive.
const MAX_ENTRIES: usize =
    2 * MAX_RECORDINGS + REQUIRED.len() + MAX_FILING_FILES + SEAL_FILES.len();
/// Files of what an office opens, beside the playable copies.
const MAX_FILING_FILES: usize = SECOND_FILING_SET.len() + MAX_VOLUMES;
/// Bytes of one entry's line in the directory: its fixed part and a name.
const MAX_DIRECTORY_LINE_BYTES: u64 = 46 + 200;
/// The last block of an archive without a comment.
const END_BYTES: usize = 22;
const END_SIGNATURE: [u8; 4] = *b"PK\x05\x06";
/// The files whose content the later checks read.
const READ_FILES: [&str; 10] = [
    BAGIT_PATH,
    BAG_INFO_PATH,
    MANIFEST_PATH,
    TAG_MANIFEST_PATH,
    PACKAGE_JSON_PATH,
    REGISTER_CSV_PATH,
    CONVERSION_PATH,
    SIGNING_KEY_PATH,
    SIGNATURE_PATH,
    TIME_STAMP_PATH,
];
/// The files that only a sealed package has.
const SEAL_FILES: [&str; 3] = [SIGNING_KEY_PATH, SIGNATURE_PATH, TIME_STAMP_PATH];

/// What an archive holds.
pub(super) struct Contents {
    /// The package its folder is named after.
    pub(super) package: PackageId,
    /// The date of its first entry; the comparison proves the others equal.
    pub(super) date: DateTime,
    /// By path inside the folder.
    pub(super) files: BTreeMap<String, File>,
}

/// One file of the archive.
pub(super) struct File {
    /// Absent where it could not be read, which is a problem already noted.
    pub(super) written: Option<Written>,
    /// The content, for the few files that are read further.
    pub(super) content: Option<Vec<u8>>,
}

impl Contents {
    /// The bytes of a file that is read further.
    pub(super) fn bytes(&self, path: &str) -> Option<&[u8]> {
        self.files.get(path)?.content.as_deref()
    }

    /// The text of a file; what is missing or no text is noted elsewhere.
    pub(super) fn text(&self, path: &str) -> Option<&str> {
        let content = self.files.get(path)?.content.as_deref()?;
        std::str::from_utf8(content).ok()
    }
}

/// Reads everything; `None` where the archive cannot be opened at all.
pub(super) fn read<R: Read + Seek>(
    source: &RefCell<R>,
    problems: &mut Problems,
) -> Option<Contents> {
    let length = match check_end(source) {
        Ok(length) => length,
        Err(what) => {
            problems.add("", what);
            return None;
        }
    };
    let config = Config { archive_offset: ArchiveOffset::Known(0) };
    let mut zip = match ZipArchive::with_config(config, BufReader::new(View::new(source))) {
        Ok(zip) => zip,
        Err(error) => {
            problems.add("", format!("the archive cannot be opened: {error}"));
            return None;
        }
    };
    let mut reading = Reading::new(source, &mut zip, length, problems)?;
    for index in 0..zip.len() {
        reading.entry(&mut zip, index, problems);
    }
    reading.compare(zip.central_directory_start(), problems);
    Some(reading.contents)
}

/// Checks the last block before anything is read, so that a hostile directory
/// is refused by its size; gives the archive's length.
fn check_end<R: Read + Seek>(source: &RefCell<R>) -> Result<u64, String> {
    let unreadable = |error: io::Error| format!("the archive cannot be read: {error}");
    let mut source = source.borrow_mut();
    let length = source.seek(SeekFrom::End(0)).map_err(unreadable)?;
    let start =
        length.checked_sub(END_BYTES as u64).ok_or("the file is too short for an archive")?;
    let mut end = [0_u8; END_BYTES];
    source.seek(SeekFrom::Start(start)).map_err(unreadable)?;
    source.read_exact(&mut end).map_err(unreadable)?;
    let short = |at: usize| u64::from(u16::from_le_bytes([end[at], end[at + 1]]));
    let long = |at: usize| short(at) | short(at + 2) << 16;
    let (entries, bytes, offset, comment) = (short(10), long(12), long(16), short(20));
    if end[..4] != END_SIGNATURE || comment != 0 || offset + bytes != start {
        return Err(
            "the archive is cut short or continued: its last block is not at its end".into()
        );
    }
    if entries > MAX_ENTRIES as u64 || bytes > entries * MAX_DIRECTORY_LINE_BYTES {
        return Err(format!("the archive has a larger directory than {MAX_ENTRIES} files need"));
    }
    Ok(length)
}

/// The archive while it is read.
struct Reading<'a, R: Read + Seek> {
    contents: Contents,
    folder: String,
    length: u64,
    last_name: String,
    /// Where every entry starts, in order, for telling where a byte lies.
    starts: Vec<(u64, String)>,
    /// The container built again; given up at the first unreadable entry.
    rebuilt: Option<Archive<Comparison<'a, R>>>,
}

impl<'a, R: Read + Seek> Reading<'a, R> {
    fn new<S: Read + Seek>(
        source: &'a RefCell<R>,
        zip: &mut ZipArchive<S>,
        length: u64,
        problems: &mut Problems,
    ) -> Option<Self> {
        let first = match zip.by_index_raw(0) {
            Ok(first) => first,
            Err(error) => {
                problems.add("", format!("the archive has no readable entry: {error}"));
                return None;
            }
        };
        let date = first.last_modified().unwrap_or_default();
        let name = String::from_utf8_lossy(first.name_raw()).into_owned();
        let Some(package) = package_of(&name) else {
            problems.add("", "the archive does not hold one folder named after its package");
            return None;
        };
        Some(Self {
            contents: Contents { package, date, files: BTreeMap::new() },
            folder: folder(package),
            length,
            last_name: String::new(),
            starts: Vec::new(),
            rebuilt: Some(Archive::new(Comparison::new(source), date)),
        })
    }

    /// Reads one entry. One that is refused or unreadable ends the building
    /// anew, for the container can no longer come out the same; the others are
    /// still hashed.
    fn entry<S: Read + Seek>(
        &mut self,
        zip: &mut ZipArchive<S>,
        index: usize,
        problems: &mut Problems,
    ) {
        let (name, path, entry) = match self.admit(zip, index) {
            Ok(admitted) => admitted,
            Err(refused) => {
                self.rebuilt = None;
                problems.add(&refused.path, refused.what);
                return;
            }
        };
        let keeps = READ_FILES.contains(&path.as_str());
        let mut capture = Capture { from: entry, kept: keeps.then(Vec::new) };
        let copied = match &mut self.rebuilt {
            Some(rebuilt) => rebuilt.add(&name, &mut capture),
            None => copy(&mut capture, io::sink()),
        };
        let content = capture.kept;
        let written = copied.inspect_err(|error| {
            self.rebuilt = None;
            problems.add(&path, unreadable(error));
        });
        self.contents.files.insert(path, File { written: written.ok(), content });
    }

    /// The entry with its name and its path inside the folder, unless it is
    /// one this program never writes.
    fn admit<'z, S: Read + Seek>(
        &mut self,
        zip: &'z mut ZipArchive<S>,
        index: usize,
    ) -> Result<(String, String, ZipFile<'z, S>), Problem> {
        let number = index + 1;
        let nameless = |what| Problem { path: String::new(), what };
        let entry = zip
            .by_index(index)
            .map_err(|error| nameless(format!("entry {number} cannot be read: {error}")))?;
        let name = std::str::from_utf8(entry.name_raw())
            .map_err(|_| nameless(format!("the name of entry {number} is no text")))?
            .to_owned();
        let refused =
            |what: &str| Problem { path: name.escape_default().to_string(), what: what.into() };
        let path = self.path(&name).map_err(refused)?;
        self.starts.push((entry.header_start(), path.clone()));
        if entry.size() > self.length {
            return Err(refused("claims to be larger than the archive"));
        }
        Ok((name, path, entry))
    }

    /// The path inside the folder, if the name is one this program writes.
    fn path(&mut self, name: &str) -> Result<String, &'static str> {
        let path = name
            .strip_prefix(self.folder.as_str())
            .and_then(|path| path.strip_prefix('/'))
            .ok_or("lies outside the package's folder")?;
        let known = REQUIRED.contains(&path)
            || SEAL_FILES.contains(&path)
            || SECOND_FILING_SET.contains(&path)
            || is_volume(path)
            || is_recording(path)
            || is_playable(path);
        if !known {
            return Err("is not a file of a package");
        }
        if *name <= *self.last_name {
            return Err("is not in its place: entries are sorted and each is there once");
        }
        name.clone_into(&mut self.last_name);
        Ok(path.to_owned())
    }

    /// Compares the container built again with the one read.
    fn compare(&mut self, directory_start: u64, problems: &mut Problems) {
        let Some(rebuilt) = self.rebuilt.take() else { return };
        match rebuilt.finish() {
            Err(error) => problems.add("", format!("the archive cannot be read: {error}")),
            Ok(comparison) => {
                if let Some(position) = comparison.first_difference(self.length) {
                    let (path, place) = self.place(position, directory_start);
                    problems.add(
                        &path,
                        format!("byte {position} of the archive, in {place}, was changed"),
                    );
                }
            }
        }
    }

    fn place(&self, position: u64, directory_start: u64) -> (String, &'static str) {
        if position >= directory_start {
            return (String::new(), "its directory");
        }
        let holding = self.starts.iter().rev().find(|(start, _)| *start <= position);
        holding.map_or((String::new(), "its beginning"), |(_, path)| {
            (path.clone(), "the header or content of this file")
        })
    }
}

fn unreadable(error: &CopyError) -> String {
    match error {
        CopyError::Read(error) if error.kind() == io::ErrorKind::FileTooLarge => {
            format!("is longer than {MAX_TEXT_FILE_BYTES} bytes")
        }
        CopyError::Read(error) => format!("its content was changed or cut: {error}"),
        CopyError::Write(error) => format!("the archive cannot be read: {error}"),
    }
}

/// The package whose folder an entry's name begins with.
fn package_of(name: &str) -> Option<PackageId> {
    let (first, _) = name.split_once('/')?;
    let id = Uuid::parse_str(first.strip_prefix("baitline-")?).ok()?;
    let package = PackageId(id);
    (folder(package) == first).then_some(package)
}

fn digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `data/filing/filing-<digits>.pdf`, nothing else.
fn is_volume(path: &str) -> bool {
    let rest = path.strip_prefix(FILING).and_then(|rest| rest.strip_prefix("filing-"));
    rest.and_then(|rest| rest.strip_suffix(".pdf")).is_some_and(digits)
}

/// `data/filing/part-<digits>/call-<digits>-<digits>.wav`, nothing else.
fn is_playable(path: &str) -> bool {
    let parts = path
        .strip_prefix(FILING)
        .and_then(|rest| rest.strip_prefix("part-"))
        .and_then(|rest| rest.split_once("/call-"))
        .and_then(|(part, rest)| Some((part, rest.strip_suffix(".wav")?.split_once('-')?)));
    parts.is_some_and(|(part, (call, recording))| digits(part) && digits(call) && digits(recording))
}

/// `data/recordings/call-<digits>-<digits>.<letters or digits>`, nothing else.
fn is_recording(path: &str) -> bool {
    let parts = path
        .strip_prefix("data/recordings/call-")
        .and_then(|rest| rest.split_once('.'))
        .and_then(|(numbers, extension)| Some((numbers.split_once('-')?, extension)));
    parts.is_some_and(|((call, recording), extension)| {
        let is_extension = matches!(extension, "wav" | "mp3" | "m4a" | "ogg" | "amr" | "bin");
        digits(call) && digits(recording) && is_extension
    })
}

/// Keeps what passes through, up to a limit and never by an announced length.
struct Capture<R> {
    from: R,
    kept: Option<Vec<u8>>,
}

impl<R: Read> Read for Capture<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.from.read(buffer)?;
        if let Some(kept) = &mut self.kept {
            if kept.len() + length > MAX_TEXT_FILE_BYTES {
                return Err(io::ErrorKind::FileTooLarge.into());
            }
            kept.extend_from_slice(&buffer[..length]);
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_the_program_writes_are_playable_copies() {
        assert!(is_playable("data/filing/part-01/call-01-1.wav"));
        assert!(is_playable("data/filing/part-102/call-123-45.wav"));
        for name in [
            "data/filing/part-01/call-01-1.mp3",
            "data/filing/call-01-1.wav",
            "data/filing/part-01/../call-01-1.wav",
            "data/filing/part-/call-01-1.wav",
            "data/filing/part-01/call-01-1/x.wav",
            "data/filing/part-01/part-02/call-01-1.wav",
        ] {
            assert!(!is_playable(name), "{name}");
        }
    }

    #[test]
    fn only_names_the_program_writes_are_recordings() {
        assert!(is_volume("data/filing/filing-02.pdf"));
        for name in ["data/filing/filing-.pdf", "data/filing/filing-2.pdf/x", "data/filing-02.pdf"]
        {
            assert!(!is_volume(name), "{name}");
        }
        assert!(is_recording("data/recordings/call-01-1.wav"));
        assert!(is_recording("data/recordings/call-123-45.bin"));
        for name in [
            "data/recordings/call-01-1.exe",
            "data/recordings/call-01.wav",
            "data/recordings/call-01-1.wav.wav",
            "data/recordings/call-01-1/../x.wav",
            "data/recordings/../../call-01-1.wav",
            "data/recordings/CALL-01-1.wav",
            "data/recordings/call--1.wav",
            "data/recordings/",
            "data/call-01-1.wav",
        ] {
            assert!(!is_recording(name), "{name}");
        }
    }
}
