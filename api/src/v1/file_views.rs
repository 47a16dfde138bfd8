//! Files of call records and their rejected rows as the wire has them.

use std::borrow::Cow;

use baitline_store::models::{CallFile, FileRejection, RowText};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

use super::call_views::CreateCall;
use crate::download::hex;
use crate::fault::FaultItem;
use crate::fields::{Line, Prose, Time};
use crate::problem::{ApiError, ApiResult};
use crate::sight::OfBaits;
use crate::words::{FileFormatWord, FileStateWord, RejectionStateWord};

/// Why a rejected row need not be taken.
pub(super) type DismissalReason = Prose<500>;
/// The most cells of a corrected row.
pub(super) const MAX_CORRECTED_CELLS: usize = 256;
/// The longest of them, in characters: what a record may hold of one field.
pub(super) const MAX_CORRECTED_CELL_CHARS: usize = 4_096;

/// How many rows of a file met which fate.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FileCounts {
    /// New records.
    accepted: i64,
    /// Later revisions.
    updated: i64,
    /// Known records.
    duplicate: i64,
    /// Records that contradict what was known; each has a rejection.
    conflict: i64,
    /// Rows that give no record; each has a rejection.
    rejected: i64,
    /// Rows that the profile leaves out, counted apart from `rows_read`.
    ignored: i64,
}

/// A file of call records, and how far it is read.
#[derive(Serialize, ToSchema)]
#[schema(as = File, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000040",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "source_id": "0197a5b0-7c1e-7d3a-9a51-000000000004",
    "format": "ndjson",
    "by_profile": false,
    "state": "running",
    "original_name": "calls-2026-10.ndjson",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "bytes": 1073741824,
    "bytes_read": 536870912,
    "rows_read": 2500000,
    "counts": {
        "accepted": 2499331, "updated": 0, "duplicate": 0, "conflict": 0, "rejected": 669,
        "ignored": 0
    },
    "open_rejections": 669,
    "problem": null,
    "uploaded_by": "k7m2q9x4w8t5",
    "created_at": "2026-10-03T09:00:00Z",
    "started_at": "2026-10-03T09:00:01Z",
    "ended_at": null,
    "erased_at": null
})))]
pub(crate) struct FileView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The source of records that name none.
    source_id: Option<Uuid>,
    /// How it spells its records.
    format: FileFormatWord,
    /// Whether it is read by the profile its source had when it came.
    by_profile: bool,
    /// Where it stands.
    state: FileStateWord,
    /// The name it came under. Null without `baits:read`, for such names often hold
    /// a number.
    #[schema(value_type = Option<String>)]
    original_name: OfBaits<Option<String>>,
    /// SHA-256 of its bytes, in hexadecimal.
    sha256: String,
    /// How many bytes.
    bytes: i64,
    /// How many of them are read, about.
    bytes_read: i64,
    /// Rows read, each of which is in `counts`.
    rows_read: i64,
    /// What became of them.
    counts: FileCounts,
    /// Rejections that nobody has settled.
    open_rejections: i64,
    /// Why it could not be read to its end; what is counted stays.
    problem: Option<FaultItem>,
    /// The key it came with.
    uploaded_by: String,
    /// When it came.
    created_at: Time,
    /// When a worker first took it up.
    started_at: Option<Time>,
    /// When it ended.
    ended_at: Option<Time>,
    /// When its bytes were erased; its hash is zeros then.
    erased_at: Option<Time>,
}

impl FileView {
    pub(super) const fn id(&self) -> Uuid {
        self.id
    }
}

impl From<CallFile> for FileView {
    fn from(file: CallFile) -> Self {
        let problem = file.problem().map(|problem| FaultItem {
            line: problem.line.and_then(|line| u64::try_from(line).ok()),
            code: Cow::Owned(problem.code),
            detail: Cow::Owned(problem.detail),
            ..FaultItem::of("", "")
        });
        Self {
            id: file.id.0,
            client_id: file.client_id.0,
            source_id: file.source_id.map(|source| source.0),
            format: file.format.into(),
            by_profile: file.profile.is_some(),
            state: file.state.into(),
            original_name: file.original_name.into(),
            sha256: hex(&file.sha256),
            bytes: file.bytes,
            bytes_read: file.bytes_read,
            rows_read: file.rows_read,
            counts: FileCounts {
                accepted: file.accepted,
                updated: file.updated,
                duplicate: file.duplicate,
                conflict: file.conflict,
                rejected: file.rejected,
                ignored: file.ignored,
            },
            open_rejections: file.open_rejections,
            problem,
            uploaded_by: file.uploaded_by,
            created_at: Time(file.created_at),
            started_at: file.started_at.map(Time),
            ended_at: file.ended_at.map(Time),
            erased_at: file.erased_at.map(Time),
        }
    }
}

/// A piece of the list of files.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct FilePage {
    /// In order of arrival.
    pub(super) items: Vec<FileView>,
    /// Leads to the next piece; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// A row of a file that was not taken, and what became of it.
#[derive(Serialize, ToSchema)]
#[schema(as = FileRejection, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000041",
    "place": 17,
    "raw": null,
    "cells": ["", "+79001234567", "2026-10-02 11:05:00"],
    "cut": false,
    "code": "missing",
    "pointer": "/called",
    "detail": "called is required",
    "state": "open",
    "observation_id": null,
    "reason": null,
    "settled_by": null,
    "settled_at": null
})))]
pub(crate) struct RejectionView {
    /// Its id.
    id: Uuid,
    /// The line, the row of the sheet, or the place in a JSON array, from 1.
    place: i64,
    /// What stands there, where it is no row of cells. Null without `baits:read`.
    #[schema(value_type = Option<String>)]
    raw: OfBaits<Option<String>>,
    /// The cells that stand there. Null without `baits:read`.
    #[schema(value_type = Option<Vec<String>>)]
    cells: OfBaits<Option<Vec<String>>>,
    /// Whether that is only the beginning.
    cut: bool,
    /// Why it was not taken, for programs.
    code: String,
    /// The field at fault.
    pointer: Option<String>,
    /// Why it was not taken, for people.
    detail: String,
    /// What became of it.
    state: RejectionStateWord,
    /// The observation it is, once it was corrected.
    observation_id: Option<Uuid>,
    /// Why it was dismissed.
    reason: Option<String>,
    /// The key that settled it.
    settled_by: Option<String>,
    /// When.
    settled_at: Option<Time>,
}

pub(super) fn rejection_view(row: FileRejection) -> ApiResult<RejectionView> {
    let (raw, cells) = match row.text()? {
        RowText::Text(text) => (Some(text), None),
        RowText::Cells(cells) => (None, Some(cells)),
    };
    Ok(RejectionView {
        id: row.id.0,
        place: row.place,
        raw: raw.into(),
        cells: cells.into(),
        cut: row.raw_cut,
        code: row.code,
        pointer: row.pointer,
        detail: row.detail,
        state: row.state.into(),
        observation_id: row.observation_id.map(|id| id.0),
        reason: row.reason,
        settled_by: row.settled_by,
        settled_at: row.settled_at.map(Time),
    })
}

/// A piece of the list of rejections.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct RejectionPageView {
    /// In order of place.
    pub(super) items: Vec<RejectionView>,
    /// Leads to the next piece; null at the end.
    pub(super) next_cursor: Option<String>,
}

/// What becomes of a rejected row: exactly one of these.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"cells": ["+79160000001", "+79001234567", "2026-10-02 11:05:00"]})))]
pub(crate) struct SettleRejection {
    /// The record it should have been.
    #[schema(value_type = Option<CreateCall>, nullable = false)]
    pub(super) record: Option<Box<RawValue>>,
    /// Its cells as they should have been, under the columns of the file.
    #[schema(nullable = false, max_items = 256)]
    pub(super) cells: Option<Vec<String>>,
    /// Why it need not be taken.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500, nullable = false)]
    pub(super) dismissal_reason: Option<DismissalReason>,
}

/// Rejected rows that need not be taken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"code": "missing", "reason": "Номер скрыт источником"})))]
pub(crate) struct DismissRejections {
    /// Only those rejected with this word.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, nullable = false)]
    pub(super) code: Option<RejectionCode>,
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    pub(super) reason: DismissalReason,
}

/// The word a row was rejected with.
pub(super) type RejectionCode = Line<64>;

/// How many rejections were dismissed.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"dismissed": 669, "open_rejections": 0})))]
pub(crate) struct Dismissed {
    /// So many now.
    pub(super) dismissed: usize,
    /// So many are left.
    pub(super) open_rejections: i64,
}

/// The columns of a table of rejections: ours, the file's, and at last what
/// stands in rows that have no cells.
pub(super) fn table_columns(header: &[String], width: usize) -> Vec<String> {
    let ours = ["id", "place", "state", "code", "pointer", "detail"];
    let mut columns: Vec<String> = ours.iter().map(|name| format!("rejection_{name}")).collect();
    columns.extend(header.iter().cloned());
    // A file without a header has cells without names.
    columns.extend((header.len()..width).map(|column| format!("column_{}", column + 1)));
    columns.push("rejection_raw".to_owned());
    columns
}

/// One row of that table.
pub(super) fn table_row(view: RejectionView, width: usize) -> Vec<String> {
    let state = serde_json::to_value(view.state).ok();
    let state = state.and_then(|word| word.as_str().map(str::to_owned));
    let mut row = vec![
        view.id.to_string(),
        view.place.to_string(),
        state.unwrap_or_default(),
        view.code,
        view.pointer.unwrap_or_default(),
        view.detail,
    ];
    let mut cells = view.cells.shown().flatten().unwrap_or_default();
    cells.resize(width, String::new());
    row.extend(cells);
    row.push(view.raw.shown().flatten().unwrap_or_default());
    row
}

/// How many cells the widest of these rows has.
pub(super) fn width(header: &[String], rows: &[RejectionView]) -> usize {
    let widest = rows.iter().filter_map(|row| row.cells.as_shown()?.as_ref().map(Vec::len)).max();
    header.len().max(widest.unwrap_or(0))
}

/// A stored header is a fault of ours where it cannot be read.
pub(super) fn header_of(file: &CallFile) -> ApiResult<Vec<String>> {
    Ok(file.header().map_err(ApiError::from)?.unwrap_or_default())
}
