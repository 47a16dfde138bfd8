//! `/v1/sources/{id}/preview`: a file as it would be read, before anything is kept.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::io::{BufReader, Seek};

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, post, web};
use baitline_domain::ids::{BaitId, SourceId};
use baitline_domain::observation::{BaitName, Ends, Report};
use baitline_intake::calls::{Rejection, SourceSettings};
use baitline_intake::profile::{self, FileFault, FileFormat, Profile, Rows};
use baitline_intake::table::MAX_TABLE_BYTES;
use baitline_store::models::Source;
use baitline_store::{Reach, Store, baits, sources};
use serde::Deserialize;
use tempfile::SpooledTempFile;
use utoipa::IntoParams;
use uuid::Uuid;

use super::calls::{BaitText, for_bait, refuse_announced};
use super::imports::XLSX;
use super::ingest::settings;
use super::preview_views::{Preview, PreviewCall, PreviewRow, PreviewTotals, ProfileFrom, Reasons};
use super::profile_views::{ProfileBody, faults_of};
use super::profiles::read_stored;
use super::receipts::fault_of;
use crate::app::{AppData, blocking};
use crate::auth::Caller;
use crate::extract::{media_type, read_json};
use crate::fault::FaultItem;
use crate::fields::Whole;
use crate::permissions::Admin;
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::spool;

/// How many rows a preview shows.
pub(super) type PreviewSize = Whole<1, 100>;
/// How many it shows unless told.
const DEFAULT_ROWS: usize = 20;
/// Rows whose baits are looked up together.
const ROWS_LOOKED_UP: usize = 1_000;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(preview_file);
}

/// How the file is read, and how much of it is shown.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PreviewFile {
    /// A profile as JSON; the source's unless told, or one guessed from the names of
    /// the columns where the source has none.
    #[param(nullable = false)]
    profile: Option<String>,
    /// `true` guesses a profile whatever the source has.
    #[param(nullable = false)]
    guess: Option<bool>,
    /// The bait, by number or reference, of a file that is all of one.
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, nullable = false)]
    bait: Option<BaitText>,
    /// How many rows, 20 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 100, nullable = false)]
    rows: Option<PreviewSize>,
}

/// Preview a file
///
/// The first rows of a CSV or an XLSX workbook of up to 8 MiB as they would be
/// read, the first that would be rejected, and counts over the whole file. Nothing
/// is kept. The profile that is answered can be saved for the source.
#[utoipa::path(
    tag = "sources",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The source's id."), PreviewFile),
    request_body(content(
        (String = "text/csv", example = json!(
            "Дата;Время;Номер звонящего;Вызываемый номер;Длительность\n\
             02.10.2026;11:05:00;89160000001;89001234567;00:42\n"
        )),
        (Vec<u8> = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    )),
    responses(
        (status = 200, description = "The file as it would be read.", body = Preview),
        (status = 422, description = "The profile is faulty, or the file lacks a column of it.",
            body = Problem),
    ),
)]
#[post("/v1/sources/{id}/preview")]
async fn preview_file(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    query: Params<PreviewFile>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (SourceId(id.into_inner()), caller.whole_reach()?);
    let format = match media_type(&req).as_deref() {
        Some("text/csv") => FileFormat::Csv,
        Some(XLSX) => FileFormat::Xlsx,
        _ => return Err(ApiError::UnsupportedMediaType("Send text/csv or an XLSX workbook.")),
    };
    refuse_announced(&req, MAX_TABLE_BYTES as u64)?;
    let (source, stored) = app
        .read(reach, move |conn| {
            let source = sources::find_source(conn, reach, id)?;
            Ok((source, sources::profile_of(conn, reach, id)?))
        })
        .await?;
    let body = spool::take_in(payload, &app.spool, MAX_TABLE_BYTES as u64).await?;
    let store = app.store.clone();
    let preview = blocking(move || {
        let mut body = BufReader::new(body);
        let (profile, from) = choose(&query.0, stored, format, &mut body)?;
        body.rewind().map_err(|error| spool::failed(&error))?;
        look(&store, source, &query.0, (profile, from), (format, body))
    });
    Ok(HttpResponse::Ok().json(preview.await?))
}

/// By which profile the file is read.
fn choose(
    query: &PreviewFile,
    stored: Option<String>,
    format: FileFormat,
    body: &mut BufReader<SpooledTempFile>,
) -> ApiResult<(Profile, ProfileFrom)> {
    let guesses = query.guess == Some(true);
    match (&query.profile, stored) {
        (Some(_), _) if guesses => {
            Err(ApiError::parameter("guess", crate::fault::Fault::NotTogether))
        }
        (Some(given), _) => {
            let body: ProfileBody = read_json(given.as_bytes())?;
            let profile = Profile::try_from(body).map_err(ApiError::Unprocessable)?;
            Ok((profile, ProfileFrom::Given))
        }
        (None, Some(stored)) if !guesses => Ok((read_stored(&stored)?, ProfileFrom::Stored)),
        (None, _) => {
            let guessed = profile::guess(format, body).map_err(|fault| refuse_file(&fault))?;
            Ok((guessed, ProfileFrom::Guessed))
        }
    }
}

fn look(
    store: &Store,
    source: Source,
    query: &PreviewFile,
    (profile, profile_from): (Profile, ProfileFrom),
    (format, body): (FileFormat, BufReader<SpooledTempFile>),
) -> ApiResult<Preview> {
    let profile = match (profile_from, query.bait.clone()) {
        (ProfileFrom::Guessed, Some(bait)) => profile.of_bait(&bait.0),
        (_, bait) => for_bait(profile, bait)?,
    };
    let mut preview = Preview {
        profile_faults: faults_of(&profile),
        profile: profile.clone().into(),
        profile_from,
        header: Vec::new(),
        rows: Vec::new(),
        rejected: Vec::new(),
        totals: PreviewTotals::default(),
        reasons: Vec::new(),
    };
    if !preview.profile_faults.is_empty() {
        return Ok(preview);
    }
    let rows = profile::read(&profile, format, body).map_err(|fault| refuse_file(&fault))?;
    let client = source.client_id;
    let shown = query.rows.map_or(DEFAULT_ROWS, |rows| rows.0 as usize);
    let (_, source) = settings(source)?;
    let reader = Reader { store, client, source, shown };
    reader.read(rows, &mut preview)?;
    Ok(preview)
}

/// A row with the report it would be.
type Read = (u64, Vec<String>, Result<Report, Rejection>);

/// Reads a file for a preview.
struct Reader<'a> {
    store: &'a Store,
    client: baitline_domain::ids::ClientId,
    source: SourceSettings,
    /// How many rows are shown.
    shown: usize,
}

impl Reader<'_> {
    fn read(
        &self,
        mut rows: Rows<BufReader<SpooledTempFile>>,
        preview: &mut Preview,
    ) -> ApiResult<()> {
        preview.header = rows.header().to_vec();
        let received_at = baitline_store::now();
        let mut reasons = Reasons::default();
        let mut piece: Vec<Read> = Vec::new();
        for row in rows.by_ref() {
            let row = row.map_err(|fault| refuse_file(&fault))?;
            let report =
                row.result.and_then(|call| call.normalise(self.client, &self.source, received_at));
            piece.push((row.place, row.raw, report));
            if piece.len() == ROWS_LOOKED_UP {
                self.count(std::mem::take(&mut piece), preview, &mut reasons)?;
            }
        }
        self.count(piece, preview, &mut reasons)?;
        let totals = &mut preview.totals;
        totals.ignored = rows.ignored();
        totals.rows = totals.calls + totals.rejected + totals.ignored;
        preview.reasons = reasons.most_first();
        Ok(())
    }

    fn count(
        &self,
        piece: Vec<Read>,
        preview: &mut Preview,
        reasons: &mut Reasons,
    ) -> ApiResult<()> {
        let baits = self.baits(&piece)?;
        let find = |name: &BaitName| baits.get(name).copied();
        for (line, cells, report) in piece {
            let row = match report {
                Ok(report) => {
                    preview.totals.calls += 1;
                    preview.totals.matched += u64::from(report.ends.join(find).is_some());
                    preview.totals.without_number += u64::from(!has_number(&report.ends));
                    let call = Some(PreviewCall::of(&report, find));
                    PreviewRow { line, cells, call, error: None }
                }
                Err(rejection) => {
                    preview.totals.rejected += 1;
                    reasons.add(rejection.code, rejection.pointer.as_deref());
                    let row =
                        PreviewRow { line, cells, call: None, error: Some(fault_of(rejection)) };
                    if preview.rejected.len() < self.shown {
                        preview.rejected.push(row.clone());
                    }
                    row
                }
            };
            if preview.rows.len() < self.shown {
                preview.rows.push(row);
            }
        }
        Ok(())
    }

    /// The baits these rows may mean.
    fn baits(&self, piece: &[Read]) -> ApiResult<HashMap<BaitName, BaitId>> {
        let reports = piece.iter().filter_map(|(_, _, report)| report.as_ref().ok());
        let names: HashSet<BaitName> =
            reports.flat_map(|report| report.ends.bait_names()).collect();
        let names: Vec<BaitName> = names.into_iter().collect();
        let client = self.client;
        let found =
            self.store.read(Reach::Client(client), |conn| baits::baits_named(conn, client, &names));
        Ok(found?)
    }
}

/// Whether the end that is not the bait, or where that is unknown both, can be
/// dialled.
fn has_number(ends: &Ends) -> bool {
    match ends {
        Ends::Named { party, .. } => party.phone().is_some(),
        Ends::Plain { caller, called } => caller.phone().is_some() && called.phone().is_some(),
    }
}

/// A file that cannot be read as a whole.
pub(super) fn refuse_file(fault: &FileFault) -> ApiError {
    match fault {
        FileFault::TooLarge => ApiError::TooLarge { limit_bytes: MAX_TABLE_BYTES as u64 },
        FileFault::Unreadable(error) => spool::failed(error),
        FileFault::FaultyProfile => ApiError::Internal("a faulty profile was kept".to_owned()),
        FileFault::Empty
        | FileFault::NotText
        | FileFault::OldWorkbook
        | FileFault::NotAWorkbook => ApiError::Malformed(file_fault(fault)),
        FileFault::UnknownSheet
        | FileFault::BrokenHeader { .. }
        | FileFault::MissingColumn { .. }
        | FileFault::DuplicateColumn { .. } => ApiError::Unprocessable(vec![file_fault(fault)]),
    }
}

/// The same as an item of a problem or a receipt.
pub(super) fn file_fault(fault: &FileFault) -> FaultItem {
    FaultItem {
        line: fault.line(),
        detail: Cow::Owned(fault.to_string()),
        ..FaultItem::of(fault.code(), "")
    }
}
