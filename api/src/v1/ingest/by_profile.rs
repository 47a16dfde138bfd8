//! A file in the shape its source is known to send, to the database in the same
//! batches as every other bulk body.

use std::io::BufReader;

use baitline_intake::calls::SourceSettings;
use baitline_intake::profile::{self, FileFault, FileFormat, Profile};
use tempfile::SpooledTempFile;

use super::{Entry, Ingest};
use crate::problem::ApiResult;
use crate::v1::previews::refuse_file;
use crate::v1::receipts::{BulkReceipts, Receipt};

/// A file and how it is read.
pub(in crate::v1) struct SentFile {
    pub(in crate::v1) format: FileFormat,
    pub(in crate::v1) profile: Profile,
    pub(in crate::v1) source: SourceSettings,
    pub(in crate::v1) body: SpooledTempFile,
}

impl Ingest {
    /// Takes the whole file. Rows that are no calls have no receipt.
    pub(in crate::v1) fn run_file(&self, file: SentFile) -> ApiResult<BulkReceipts> {
        let SentFile { format, profile, source, body } = file;
        let rows = profile::read(&profile, format, BufReader::new(body));
        let rows = rows.map_err(|fault| refuse_file(&fault))?;
        self.run_batches(|batches| {
            let mut last_line = 0;
            for row in rows {
                match row {
                    Ok(row) => {
                        last_line = row.place;
                        let report = row.result.and_then(|call| {
                            call.normalise(self.client, &source, self.received_at)
                        });
                        if !batches.add(Entry { line: row.place, report }) {
                            break;
                        }
                    }
                    Err(fault) if last_line == 0 => return Err(refuse_file(&fault)),
                    Err(fault) => return Ok(Some(of_broken_file(last_line + 1, &fault))),
                }
            }
            Ok(None)
        })
    }
}

fn of_broken_file(line: u64, fault: &FileFault) -> Receipt {
    Receipt::of_fault(fault.line().unwrap_or(line), crate::v1::previews::file_fault(fault))
}
