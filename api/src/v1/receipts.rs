//! What becomes of each record of a body, on its way back to the sender. A
//! bulk answer may be as large as its body, so receipts wait in a spool until
//! the last one is known.

use std::borrow::Cow;
use std::io::{BufWriter, Write};

use actix_web::HttpResponse;
use actix_web::body::SizedStream;
use actix_web::web::Bytes;
use baitline_intake::calls::{BodyError, Rejection};
use baitline_store::observations::{Outcome, OutcomeStatus};
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tempfile::SpooledTempFile;
use utoipa::ToSchema;
use uuid::Uuid;

use super::ingest::Purpose;
use crate::fault::FaultItem;
use crate::problem::{ApiError, ApiResult};
use crate::sight::OfBaits;
use crate::spool;

/// What became of one record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ReceiptStatus {
    /// It is new.
    Accepted,
    /// It is a later revision of a known record, and valid now.
    Updated,
    /// It is known already.
    Duplicate,
    /// The same revision says something else; the first one stays.
    Conflict,
    /// It cannot be taken; `error` says why.
    Rejected,
    /// The database failed before it; send it again.
    NotProcessed,
}

/// What became of one record, and where to find it.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(examples(json!({
    "line": 1,
    "status": "accepted",
    "id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "matched": true,
    "error": null
})))]
pub(crate) struct Receipt {
    /// The line, or the place in a JSON array, from 1.
    pub(crate) line: u64,
    /// What became of it.
    pub(crate) status: ReceiptStatus,
    /// The observation's id.
    pub(crate) id: Option<Uuid>,
    /// Whether its bait is known; otherwise it waits for it. Null without
    /// `baits:read`, or whoever reports calls could try which numbers are baits.
    #[schema(value_type = Option<bool>)]
    pub(crate) matched: OfBaits<Option<bool>>,
    /// Why it was not taken.
    pub(crate) error: Option<FaultItem>,
}

/// How many records met which fate.
#[derive(Debug, Clone, Copy, Default, Serialize, ToSchema)]
pub(crate) struct ReceiptCounts {
    /// New ones.
    accepted: u64,
    /// Later revisions.
    updated: u64,
    /// Known ones.
    duplicate: u64,
    /// Contradictions.
    conflict: u64,
    /// Faulty ones.
    rejected: u64,
    /// Those to send again.
    not_processed: u64,
}

impl ReceiptCounts {
    /// Counts one more.
    pub(super) fn add(&mut self, status: ReceiptStatus) {
        *match status {
            ReceiptStatus::Accepted => &mut self.accepted,
            ReceiptStatus::Updated => &mut self.updated,
            ReceiptStatus::Duplicate => &mut self.duplicate,
            ReceiptStatus::Conflict => &mut self.conflict,
            ReceiptStatus::Rejected => &mut self.rejected,
            ReceiptStatus::NotProcessed => &mut self.not_processed,
        } += 1;
    }

    /// Each fate as the wire spells it, with its count.
    pub(crate) fn by_status(&self) -> [(&'static str, u64); 6] {
        [
            ("accepted", self.accepted),
            ("updated", self.updated),
            ("duplicate", self.duplicate),
            ("conflict", self.conflict),
            ("rejected", self.rejected),
            ("not_processed", self.not_processed),
        ]
    }
}

/// The answer to a bulk body, which is never held: it is streamed in parts.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "counts": {
        "accepted": 1, "updated": 0, "duplicate": 0, "conflict": 0, "rejected": 0,
        "not_processed": 0
    },
    "receipts": [{
        "line": 2,
        "status": "accepted",
        "id": "0197a5b0-7c1e-7d3a-9a51-000000000015",
        "matched": null,
        "error": null
    }]
})))]
pub(crate) struct BulkAnswer {
    /// How many records met which fate.
    counts: ReceiptCounts,
    /// One per record, in order.
    receipts: Vec<Receipt>,
}

/// Receipts of a bulk body, or the one receipt of a JSON object.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(examples(json!({
    "counts": {
        "accepted": 1, "updated": 0, "duplicate": 0, "conflict": 0, "rejected": 0,
        "not_processed": 0
    },
    "receipts": [{
        "line": 1,
        "status": "accepted",
        "id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
        "matched": true,
        "error": null
    }]
})))]
#[expect(dead_code, reason = "it only describes the two answers")]
pub(crate) enum CallsAnswer {
    /// Of a bulk body.
    Bulk(BulkAnswer),
    /// Of a JSON object that was known, or only checked.
    One(Receipt),
}

impl Receipt {
    pub(super) fn of_outcome(line: u64, outcome: &Outcome) -> Self {
        let status = match outcome.status {
            OutcomeStatus::Accepted => ReceiptStatus::Accepted,
            OutcomeStatus::Updated => ReceiptStatus::Updated,
            OutcomeStatus::Duplicate => ReceiptStatus::Duplicate,
            OutcomeStatus::Conflict => ReceiptStatus::Conflict,
        };
        let error = (status == ReceiptStatus::Conflict).then(conflict);
        Self { line, status, id: Some(outcome.id.0), matched: Some(outcome.matched).into(), error }
    }

    pub(super) fn rejected(line: u64, rejection: Rejection) -> Self {
        let error = Some(fault_of(rejection));
        Self { line, status: ReceiptStatus::Rejected, id: None, matched: None.into(), error }
    }

    pub(super) fn not_processed(line: u64) -> Self {
        let status = ReceiptStatus::NotProcessed;
        Self { line, status, id: None, matched: None.into(), error: None }
    }

    /// Where a body broke off after its beginning was taken.
    pub(super) fn of_broken_body(line: u64, error: &BodyError) -> Self {
        Self::of_fault(line, body_fault(error))
    }

    pub(super) fn of_fault(line: u64, error: FaultItem) -> Self {
        let error = Some(error);
        Self { line, status: ReceiptStatus::Rejected, id: None, matched: None.into(), error }
    }
}

fn conflict() -> FaultItem {
    FaultItem::of("conflict", "The same revision of this record was sent with other content.")
}

/// A rejection as the wire has it.
pub(super) fn fault_of(rejection: Rejection) -> FaultItem {
    FaultItem {
        pointer: rejection.pointer,
        detail: Cow::Owned(rejection.detail),
        ..FaultItem::of(rejection.code, "")
    }
}

fn body_fault(error: &BodyError) -> FaultItem {
    FaultItem {
        line: error.line(),
        detail: Cow::Owned(error.to_string()),
        ..FaultItem::of(error.code(), "")
    }
}

/// A body that cannot be understood as a whole.
pub(super) fn refuse_body(error: &BodyError) -> ApiError {
    match error {
        BodyError::TooLarge | BodyError::TooManyItems => {
            ApiError::TooLarge { limit_bytes: baitline_intake::calls::MAX_JSON_BODY_BYTES as u64 }
        }
        BodyError::Unreadable(error) => spool::failed(error),
        BodyError::NeitherObjectNorArray
        | BodyError::BrokenHeader
        | BodyError::UnknownColumn { .. }
        | BodyError::DuplicateColumn { .. }
        | BodyError::MissingColumn { .. } => ApiError::Unprocessable(vec![body_fault(error)]),
        BodyError::Empty | BodyError::MalformedJson { .. } | BodyError::InvalidUtf8 { .. } => {
            ApiError::Malformed(body_fault(error))
        }
    }
}

/// The answer to a body of one JSON object. What was only checked is nowhere,
/// so it is never «created».
pub(super) fn answer_one(receipt: Receipt, purpose: Purpose) -> ApiResult<HttpResponse> {
    match receipt.status {
        ReceiptStatus::Accepted if purpose == Purpose::Keep => {
            Ok(HttpResponse::Created().json(receipt))
        }
        ReceiptStatus::Conflict => Err(ApiError::Conflict(conflict())),
        ReceiptStatus::Rejected => {
            Err(ApiError::Unprocessable(receipt.error.into_iter().collect()))
        }
        ReceiptStatus::Accepted
        | ReceiptStatus::Updated
        | ReceiptStatus::Duplicate
        | ReceiptStatus::NotProcessed => Ok(HttpResponse::Ok().json(receipt)),
    }
}

/// Receipts gathered in order.
pub(super) struct Receipts {
    spool: BufWriter<SpooledTempFile>,
    counts: ReceiptCounts,
    written: u64,
}

impl Receipts {
    pub(super) fn new(spool: SpooledTempFile) -> Self {
        Self { spool: BufWriter::new(spool), counts: ReceiptCounts::default(), written: 0 }
    }

    pub(super) fn add(&mut self, receipt: &Receipt) -> ApiResult<()> {
        self.counts.add(receipt.status);
        let separator: &[u8] = if self.written == 0 { b"" } else { b"," };
        self.written += 1;
        self.spool.write_all(separator).map_err(|error| spool::failed(&error))?;
        serde_json::to_writer(&mut self.spool, receipt)
            .map_err(|error| spool::failed(&error.into()))
    }

    pub(super) fn finish(self) -> ApiResult<BulkReceipts> {
        let mut spool =
            self.spool.into_inner().map_err(|error| spool::failed(&error.into_error()))?;
        let bytes = spool::rewind(&mut spool).map_err(|error| spool::failed(&error))?;
        Ok(BulkReceipts { counts: self.counts, spool, bytes })
    }
}

/// All receipts of a body, ready to be sent.
pub(super) struct BulkReceipts {
    counts: ReceiptCounts,
    spool: SpooledTempFile,
    bytes: u64,
}

impl BulkReceipts {
    /// How many met which fate.
    pub(super) fn counts(&self) -> ReceiptCounts {
        self.counts
    }

    /// Sends them as one [`BulkAnswer`].
    pub(super) fn answer(self) -> ApiResult<HttpResponse> {
        let counts = serde_json::to_string(&self.counts)
            .map_err(|error| ApiError::Internal(error.to_string()))?;
        let head = Bytes::from(format!("{{\"counts\":{counts},\"receipts\":["));
        let tail = Bytes::from_static(b"]}");
        let length = self.bytes + (head.len() + tail.len()) as u64;
        let part = |bytes| stream::once(async move { Ok::<_, ApiError>(bytes) });
        let body = part(head).chain(spool::pieces(self.spool)).chain(part(tail));
        let body = SizedStream::new(length, Box::pin(body));
        Ok(HttpResponse::Ok().content_type("application/json").body(body))
    }
}
