//! The container: a ZIP of stored entries in which nothing is left to chance,
//! so that its bytes follow from its entries' names, contents and one date.
//! Knows nothing of what the entries mean.

use std::io::{self, Read, Seek, Write};

use baitline_domain::instant::Instant;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, System, ZipWriter};

use crate::russian::local;

/// Bytes moved at a time.
pub(crate) const CHUNK_BYTES: usize = 64 << 10;
/// Readable by everyone who may see the archive.
const UNIX_MODE: u32 = 0o644;

/// What an entry came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) sha256: [u8; 32],
    pub(crate) bytes: u64,
}

/// Which end of a copy failed.
#[derive(Debug)]
pub(crate) enum CopyError {
    Read(io::Error),
    Write(io::Error),
}

/// An archive being written.
pub(crate) struct Archive<W: Write + Seek> {
    zip: ZipWriter<W>,
    options: SimpleFileOptions,
}

impl<W: Write + Seek> Archive<W> {
    pub(crate) fn new(out: W, modified: DateTime) -> Self {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .last_modified_time(modified)
            .unix_permissions(UNIX_MODE)
            .system(System::Unix);
        Self { zip: ZipWriter::new(out), options }
    }

    /// Adds one entry and hashes it on its way.
    pub(crate) fn add(&mut self, name: &str, content: impl Read) -> Result<Written, CopyError> {
        self.zip
            .start_file(name, self.options)
            .map_err(|error| CopyError::Write(io::Error::other(error)))?;
        copy(content, &mut self.zip)
    }

    /// Writes the directory; the archive is whole only then.
    pub(crate) fn finish(self) -> io::Result<W> {
        self.zip.finish().map_err(io::Error::other)
    }
}

/// The date of every entry: the seal's, as the client's clock showed it. Dates
/// that ZIP cannot hold become its first.
pub(crate) fn entry_date(sealed_at: Instant, zone: &TimeZone) -> DateTime {
    let at = local(sealed_at, zone);
    let part = |part: i8| u8::try_from(part).unwrap_or_default();
    DateTime::from_date_and_time(
        u16::try_from(at.year()).unwrap_or_default(),
        part(at.month()),
        part(at.day()),
        part(at.hour()),
        part(at.minute()),
        part(at.second()),
    )
    .unwrap_or_default()
}

/// Copies and hashes in chunks, whatever length the reader claims to have.
pub(crate) fn copy(mut from: impl Read, mut to: impl Write) -> Result<Written, CopyError> {
    let mut hash = Sha256::new();
    let mut bytes = 0_u64;
    let mut chunk = vec![0_u8; CHUNK_BYTES];
    loop {
        let length = match from.read(&mut chunk) {
            Ok(0) => return Ok(Written { sha256: hash.finalize().into(), bytes }),
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(CopyError::Read(error)),
        };
        hash.update(&chunk[..length]);
        to.write_all(&chunk[..length]).map_err(CopyError::Write)?;
        bytes += length as u64;
    }
}
