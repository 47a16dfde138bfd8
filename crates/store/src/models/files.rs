//! Files of call records, and their rows that were not taken.

use baitline_domain::ids::{ClientId, FileId, ObservationId, RejectionId, SourceId};
use baitline_domain::instant::Instant;
use diesel::prelude::*;

use super::words::{FileFormat, FileState, RejectionState};
use crate::error::StoreResult;
use crate::schema;
use crate::sql_types::Db;
use crate::stored_text;

/// A file to read.
#[derive(Debug, Clone)]
pub struct NewFile {
    /// The source of records that name none.
    pub source: Option<SourceId>,
    /// How it spells its records.
    pub format: FileFormat,
    /// The name it came under.
    pub original_name: Option<String>,
    /// SHA-256 of its bytes, which the blob store has.
    pub sha256: [u8; 32],
    /// How many bytes.
    pub bytes: u64,
    /// How its rows are read, in the reader's own words.
    pub profile: Option<String>,
    /// The key it came with.
    pub uploaded_by: String,
}

/// A file of call records that the worker reads, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::files, treat_none_as_default_value = false)]
pub struct CallFile {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<FileId>)]
    pub id: FileId,
    /// The source of records that name none.
    pub source_id: Option<SourceId>,
    /// How it spells its records.
    #[diesel(serialize_as = Db<FileFormat>)]
    pub format: FileFormat,
    /// Where it stands.
    #[diesel(serialize_as = Db<FileState>)]
    pub state: FileState,
    /// The name it came under.
    pub original_name: Option<String>,
    /// SHA-256 of its bytes.
    pub sha256: Vec<u8>,
    /// How many bytes.
    pub bytes: i64,
    /// How its rows are read, as its source had it when the file came.
    pub profile: Option<String>,
    /// See [`CallFile::header`].
    pub(crate) header: Option<String>,
    /// Until when a worker holds it.
    pub lease_until: Option<Instant>,
    /// How many workers have taken it up since it last got on.
    pub attempts: i32,
    /// Bytes read, about.
    pub bytes_read: i64,
    /// Rows read, rejected ones too.
    pub rows_read: i64,
    /// Rows whose record was new.
    pub accepted: i64,
    /// Rows with a later revision.
    pub updated: i64,
    /// Rows whose record was known.
    pub duplicate: i64,
    /// Rows that contradict what was known.
    pub conflict: i64,
    /// Rows that give no record.
    pub rejected: i64,
    /// Rows that its profile leaves out, none of which is among those read.
    pub ignored: i64,
    /// Contradicting and rejected rows that nobody has settled.
    pub open_rejections: i64,
    /// Why it failed, as a word.
    pub(crate) problem_code: Option<String>,
    /// Why it failed, as a sentence.
    pub(crate) problem_detail: Option<String>,
    /// The line that is at fault.
    pub(crate) problem_line: Option<i64>,
    /// The key it came with.
    pub uploaded_by: String,
    /// When it came.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
    /// When a worker first took it up.
    pub started_at: Option<Instant>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// When it last moved.
    #[diesel(serialize_as = Db<Instant>)]
    pub updated_at: Instant,
    /// When its bytes were erased.
    pub erased_at: Option<Instant>,
}

/// Why a file could not be read to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileProblem {
    /// A word for programs.
    pub code: String,
    /// A sentence for people.
    pub detail: String,
    /// The line at fault, where it is on one.
    pub line: Option<i64>,
}

impl CallFile {
    /// The names of its columns, once they were read and where it has any.
    pub fn header(&self) -> StoreResult<Option<Vec<String>>> {
        self.header.as_deref().map(stored_text::read).transpose()
    }

    /// Why it failed.
    pub fn problem(&self) -> Option<FileProblem> {
        let (code, detail) = self.problem_code.clone().zip(self.problem_detail.clone())?;
        Some(FileProblem { code, detail, line: self.problem_line })
    }
}

/// What stands at a place of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowText {
    /// The text of a record.
    Text(String),
    /// The cells of a row.
    Cells(Vec<String>),
}

/// A row of a file that was not taken, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::file_rejections, treat_none_as_default_value = false)]
pub struct FileRejection {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<RejectionId>)]
    pub id: RejectionId,
    /// Its file.
    #[diesel(serialize_as = Db<FileId>)]
    pub file_id: FileId,
    /// Where it stands, from 1: the line, or the place in a JSON array.
    pub place: i64,
    /// See [`FileRejection::text`].
    pub(crate) raw: Option<String>,
    /// Likewise.
    pub(crate) cells: Option<String>,
    /// Whether what stands there was too long to be kept whole.
    pub raw_cut: bool,
    /// Why it was not taken, as a word.
    pub code: String,
    /// The field at fault, as a JSON pointer.
    pub pointer: Option<String>,
    /// Why it was not taken, as a sentence.
    pub detail: String,
    /// What became of it.
    #[diesel(serialize_as = Db<RejectionState>)]
    pub state: RejectionState,
    /// The observation it became once it was corrected.
    pub observation_id: Option<ObservationId>,
    /// Why it was dismissed.
    pub reason: Option<String>,
    /// The key that settled it.
    pub settled_by: Option<String>,
    /// When.
    pub settled_at: Option<Instant>,
}

impl FileRejection {
    /// What stands at its place.
    pub fn text(&self) -> StoreResult<RowText> {
        match &self.cells {
            Some(cells) => Ok(RowText::Cells(stored_text::read(cells)?)),
            None => Ok(RowText::Text(self.raw.clone().unwrap_or_default())),
        }
    }
}
