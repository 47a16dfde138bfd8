//! Reading a file of call records: a batch at a time, between which the worker
//! does whatever else waits, so that a file of hours keeps nobody waiting. The
//! file stays open between batches; a worker that takes it over from another
//! opens it anew and skips the rows that are read.

use std::io::{self, BufReader};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use baitline_domain::observation::Report;
use baitline_intake::calls::{
    self, BodyError, FileRow, FileRows, Format, Raw, Rejection, SourceSettings, Sources,
};
use baitline_intake::profile::{self, FileFault, FileFormat as TableKind, Profile, Rows};
use baitline_store::blobs::BlobKind;
use baitline_store::files::{self, Batch, MAX_REJECTIONS, ReadRow, RefusedRow};
use baitline_store::models::{CallFile, FileFormat, FileProblem, FileState, RowText};
use baitline_store::observations::MAX_BATCH;
use baitline_store::{Reach, StoreError, sources};

use crate::contents::{PieceReader, is_for_good};
use crate::{WorkError, Worker};

/// The most bytes of text that the rows of one batch hold.
const MAX_BATCH_BYTES: usize = 8 * 1024 * 1024;

/// A file that this worker holds, and where it is in it.
pub(crate) struct OpenFile {
    file: CallFile,
    rows: Table,
    /// How many bytes were fetched.
    read_to: Arc<AtomicU64>,
}

/// The rows of a file, however they are read.
enum Table {
    /// By the fields' own names.
    Plain(Box<FileRows<BufReader<PieceReader>>>, Sources),
    /// By the profile of its source.
    Profiled(Box<Rows<BufReader<PieceReader>>>, SourceSettings),
}

/// A row, and what it reports.
struct Row {
    place: u64,
    text: RowText,
    report: Result<Report, Rejection>,
}

/// Why a file cannot be read on.
enum Broken {
    /// It is its own fault, and stays.
    File(FileProblem),
    /// The bytes could not be fetched; another attempt may.
    Work(WorkError),
}

impl Worker {
    /// Reads one batch more of the file at hand, or in the one that has waited longest;
    /// `false` when there is none.
    pub(crate) fn read_on(&mut self) -> Result<bool, WorkError> {
        let Some(mut open) = self.take_file()? else { return Ok(false) };
        let _span = tracing::info_span!(
            "file", client = %open.file.client_id, file = %open.file.id
        )
        .entered();
        if self.read_batch(&mut open)? {
            self.open_file = Some(open);
        }
        Ok(true)
    }

    /// Gives the file at hand to whichever worker is free, before this one does
    /// what may take longer than its lease.
    pub(crate) fn release_file(&mut self) -> Result<(), WorkError> {
        let Some(open) = self.open_file.take() else { return Ok(()) };
        Ok(self.store.write(Reach::Agency, |conn| files::release_file(conn, &open.file))?)
    }

    fn take_file(&mut self) -> Result<Option<OpenFile>, WorkError> {
        if let Some(open) = self.open_file.take() {
            return Ok(Some(open));
        }
        while let Some(file) = self.store.write(Reach::Agency, files::claim_file)? {
            match self.open(&file) {
                Ok((rows, read_to)) => return Ok(Some(OpenFile { file, rows, read_to })),
                Err(Broken::File(problem)) => {
                    self.end_file(&file, FileState::Failed, Some(&problem))?
                }
                Err(Broken::Work(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Reads a batch and keeps it; `false` when that was the end of it.
    fn read_batch(&self, open: &mut OpenFile) -> Result<bool, WorkError> {
        let (batch, end) = gather(open);
        if batch.rows() > 0 {
            let kept = self
                .store
                .write(Reach::Agency, |conn| files::keep_batch(conn, &open.file, &batch))?;
            let Some(file) = kept else {
                tracing::info!("the file was cancelled, or another worker has it");
                return Ok(false);
            };
            open.file = file;
        }
        let too_many = open.file.conflict + open.file.rejected > MAX_REJECTIONS;
        match end {
            Some(Err(Broken::Work(error))) => return Err(error),
            Some(Err(Broken::File(problem))) => {
                self.end_file(&open.file, FileState::Failed, Some(&problem))?;
            }
            _ if too_many => {
                self.end_file(&open.file, FileState::Failed, Some(&refuses_too_much()))?
            }
            Some(Ok(())) => self.end_file(&open.file, FileState::Done, None)?,
            None => return Ok(true),
        }
        Ok(false)
    }

    fn end_file(
        &self,
        file: &CallFile,
        state: FileState,
        problem: Option<&FileProblem>,
    ) -> Result<(), WorkError> {
        Ok(self.store.write(Reach::Agency, |conn| files::end_file(conn, file, state, problem))?)
    }

    /// Opens a file behind the rows that are read.
    fn open(&self, file: &CallFile) -> Result<(Table, Arc<AtomicU64>), Broken> {
        let client = file.client_id;
        let known =
            self.store.read(Reach::Client(client), |conn| sources::sources_of(conn, client));
        let mut all = Sources::default();
        let mut default = None;
        for source in known? {
            if Some(source.id) == file.source_id {
                default = Some(source.name.clone());
            }
            let unknown = || StoreError::Corrupt("a stored time zone is unknown".to_owned());
            all = all.with(source.name, source.id, &source.time_zone).ok_or_else(unknown)?;
        }
        let read_to = Arc::new(AtomicU64::new(0));
        let body = BufReader::new(self.reader(file, Arc::clone(&read_to)));
        let mut table = match (&file.profile, &default) {
            (Some(stored), Some(name)) => by_profile(file, stored, all.settings(name), body)?,
            _ => plain(file, all, default, body)?,
        };
        for _ in 0..file.rows_read {
            table.next_row(file)?;
        }
        Ok((table, read_to))
    }

    fn reader(&self, file: &CallFile, read_to: Arc<AtomicU64>) -> PieceReader {
        let blob =
            (file.client_id, BlobKind::File, file.sha256.clone(), file.bytes.cast_unsigned());
        PieceReader::new(blob, self.store.blobs().clone(), self.runtime.clone(), read_to)
    }
}

fn plain(
    file: &CallFile,
    sources: Sources,
    default: Option<String>,
    body: BufReader<PieceReader>,
) -> Result<Table, Broken> {
    let format = match file.format {
        FileFormat::Json => Format::Json,
        FileFormat::Ndjson => Format::Ndjson,
        FileFormat::Csv => Format::Csv,
        FileFormat::Xlsx => return Err(FileFault::FaultyProfile.into()),
    };
    let sources = match default {
        Some(name) => sources.with_default(name).unwrap_or_default(),
        None => sources,
    };
    Ok(Table::Plain(Box::new(calls::read_file(format, body)?), sources))
}

fn by_profile(
    file: &CallFile,
    stored: &str,
    settings: Option<&SourceSettings>,
    body: BufReader<PieceReader>,
) -> Result<Table, Broken> {
    let profile = Profile::of_stored(stored).ok_or(FileFault::FaultyProfile)?;
    let settings = settings.ok_or(FileFault::FaultyProfile)?.clone();
    let kind = match file.format {
        FileFormat::Xlsx => TableKind::Xlsx,
        _ => TableKind::Csv,
    };
    let rows = profile::read(&profile, kind, body)?;
    Ok(Table::Profiled(Box::new(rows), settings))
}

impl Table {
    /// The next row; `None` after the last one.
    fn next_row(&mut self, file: &CallFile) -> Result<Option<Row>, Broken> {
        let (client, received_at) = (file.client_id, file.created_at);
        Ok(match self {
            Self::Plain(rows, sources) => {
                let row = rows.next().transpose()?;
                row.map(|FileRow { place, raw, result }| Row {
                    place,
                    text: match raw {
                        Raw::Text(text) => RowText::Text(text),
                        Raw::Cells(cells) => RowText::Cells(cells),
                    },
                    report: result.and_then(|record| sources.report(client, &record, received_at)),
                })
            }
            Self::Profiled(rows, settings) => {
                let row = rows.next().transpose()?;
                row.map(|row| Row {
                    place: row.place,
                    text: RowText::Cells(row.raw),
                    report: row
                        .result
                        .and_then(|call| call.normalise(client, settings, received_at)),
                })
            }
        })
    }

    fn header(&self) -> Option<Vec<String>> {
        match self {
            Self::Plain(rows, _) => rows.header(),
            Self::Profiled(rows, _) => Some(rows.header().to_vec()),
        }
    }

    fn ignored(&self) -> u64 {
        match self {
            Self::Plain(..) => 0,
            Self::Profiled(rows, _) => rows.ignored(),
        }
    }
}

/// The rows of the next batch, and how the file ends if it does behind them.
fn gather(open: &mut OpenFile) -> (Batch, Option<Result<(), Broken>>) {
    let OpenFile { file, rows, read_to } = open;
    let mut batch = Batch::default();
    let mut text_bytes = 0;
    let mut end = None;
    while batch.rows() < MAX_BATCH && text_bytes < MAX_BATCH_BYTES {
        match rows.next_row(file) {
            Ok(Some(row)) => {
                text_bytes += length(&row.text);
                add(&mut batch, row);
            }
            Ok(None) => {
                end = Some(Ok(()));
                break;
            }
            Err(broken) => {
                end = Some(Err(broken));
                break;
            }
        }
    }
    batch.bytes_read = saturating(read_to.load(Ordering::Relaxed));
    batch.ignored = saturating(rows.ignored());
    batch.header = rows.header();
    (batch, end)
}

fn add(batch: &mut Batch, row: Row) {
    let (place, text) = (saturating(row.place), row.text);
    match row.report {
        Ok(report) => {
            batch.reports.push(report);
            batch.read.push(ReadRow { place, text });
        }
        Err(Rejection { code, pointer, detail }) => {
            batch.refused.push(RefusedRow { place, text, code: code.to_owned(), pointer, detail });
        }
    }
}

fn length(text: &RowText) -> usize {
    match text {
        RowText::Text(text) => text.len(),
        RowText::Cells(cells) => cells.iter().map(String::len).sum(),
    }
}

fn saturating(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn refuses_too_much() -> FileProblem {
    FileProblem {
        code: "too_many_rejections".to_owned(),
        detail: format!(
            "More than {MAX_REJECTIONS} rows were not taken: the file is read wrongly."
        ),
        line: None,
    }
}

impl Broken {
    /// What is gone for good is told; anything else may pass.
    fn of_unreadable(error: io::Error) -> Self {
        if !is_for_good(&error) {
            return Self::Work(error.into());
        }
        Self::File(FileProblem {
            code: "file_lost".to_owned(),
            detail: "The bytes of the file are gone; send it once more with read_again=true."
                .to_owned(),
            line: None,
        })
    }
}

impl From<BodyError> for Broken {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Unreadable(error) => Self::of_unreadable(error),
            error => Self::File(FileProblem {
                code: error.code().to_owned(),
                detail: error.to_string(),
                line: error.line().map(saturating),
            }),
        }
    }
}

impl From<FileFault> for Broken {
    fn from(fault: FileFault) -> Self {
        match fault {
            FileFault::Unreadable(error) => Self::of_unreadable(error),
            fault => Self::File(FileProblem {
                code: fault.code().to_owned(),
                detail: fault.to_string(),
                line: fault.line().map(saturating),
            }),
        }
    }
}

impl From<StoreError> for Broken {
    fn from(error: StoreError) -> Self {
        Self::Work(error.into())
    }
}
