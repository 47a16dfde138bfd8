//! `/v1/portability-answers/imports`: a file in the licensees' layout, whose
//! rows become answers of one look-up, all in one transaction.

use std::collections::HashMap;
use std::io::Read;
use std::path::Path;
use std::str::FromStr;

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, post, web};
use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use baitline_domain::operator::Inn;
use baitline_intake::portability::{
    self as file, MAX_FILE_BYTES, PortedFileFault, PortedRow, PortedRowFault,
};
use baitline_store::models::{LookUp, NewPortabilityAnswer};
use baitline_store::portability::{AnswerOutcome, enter_answers};
use serde::{Deserialize, Deserializer, de};
use utoipa::IntoParams;
use uuid::Uuid;

use super::calls::refuse_announced;
use super::create_for;
use super::portability_answers::LookUpSource;
use super::receipts::{BulkAnswer, BulkReceipts, Receipt, ReceiptStatus, Receipts};
use crate::app::{AppData, blocking};
use crate::auth::Caller;
use crate::extract::media_type;
use crate::fault::{Fault, FaultItem};
use crate::fields::Time;
use crate::permissions::Admin;
use crate::problem::{ApiError, ApiResult};
use crate::query::Params;
use crate::spool;

/// The most operators one file may name.
pub(super) const MAX_OWNERS: usize = 100;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(import_portability_answers);
}

/// Whose ИНН each word for an operator stands for: `mMTS=7740000076,…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Owners(HashMap<String, Inn>);

impl FromStr for Owners {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let mut owners = HashMap::new();
        for pair in text.split(',') {
            let (owner, inn) = pair.split_once('=').ok_or(Fault::InvalidValue)?;
            let inn = inn.trim().parse().map_err(|_| Fault::NotAnInn)?;
            if owner.trim().is_empty() {
                return Err(Fault::Empty);
            }
            if owners.insert(owner.trim().to_owned(), inn).is_some() {
                return Err(Fault::DuplicateField);
            }
        }
        if owners.len() > MAX_OWNERS { Err(Fault::TooMany) } else { Ok(Self(owners)) }
    }
}

impl<'de> Deserialize<'de> for Owners {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The look-up that gave the file, and whose words it uses.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ImportPortabilityAnswers {
    /// The client; required with an agency's key.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Who gave the file.
    #[param(value_type = String, min_length = 1, max_length = 200)]
    source: LookUpSource,
    /// When it was made.
    looked_up_at: Time,
    /// The ИНН behind each OwnerId, as `OwnerId=ИНН` with commas between: a row
    /// of any other OwnerId is rejected, for its operator is not guessed.
    #[param(
        value_type = String,
        pattern = r"^[^=,\s][^=,]*=([0-9]{10}|[0-9]{12})(,[^=,\s][^=,]*=([0-9]{10}|[0-9]{12}))*$",
        example = "mMTS=7740000076,mTELE2=7743895280"
    )]
    owners: Owners,
}

/// Import portability answers
///
/// A file with the header `Number,OwnerId,MNC,Route,RegionCode,PortDate,RowCount`,
/// up to 8 MiB and 50,000 rows. Each row gets a receipt, and one bad row never
/// fails the others. Sending a file again is safe.
#[utoipa::path(
    tag = "lists",
    security(("bearer" = ["admin"])),
    params(ImportPortabilityAnswers),
    request_body(content((String = "text/csv", example = json!(
        "Number,OwnerId,MNC,Route,RegionCode,PortDate,RowCount\n\
         9161234567,mMTS,01,D7701,77,2026-05-14T12:00:00+03:00,1\n"
    )))),
    responses((status = 200, description = "A receipt for each row.", body = BulkAnswer)),
)]
#[post("/v1/portability-answers/imports")]
async fn import_portability_answers(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Admin>,
    query: Params<ImportPortabilityAnswers>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let ImportPortabilityAnswers { client_id, source, looked_up_at, owners } = query.0;
    if media_type(&req).as_deref() != Some("text/csv") {
        return Err(ApiError::UnsupportedMediaType("Send text/csv."));
    }
    let client = caller.client(client_id)?;
    refuse_announced(&req, MAX_FILE_BYTES as u64)?;
    let mut body = spool::take_in(payload, &app.spool, MAX_FILE_BYTES as u64).await?;
    let rows = blocking(move || {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).map_err(|error| spool::failed(&error))?;
        file::read(&bytes).map_err(refuse_file)
    });
    let entries = entries(rows.await?, &owners, looked_up_at.0);
    let author = caller.key_id().to_owned();
    let look_up = LookUp { source: source.0, looked_up_at: looked_up_at.0, author };
    let outcomes = enter(&app, client, look_up, &entries).await?;
    let folder = app.spool.clone();
    let receipts = blocking(move || receipts_of(&folder, &entries, &outcomes)).await?;
    app.metrics.count_rows("portability_answers", &receipts.counts());
    receipts.answer()
}

/// A row's line with what it says, or with what is wrong with it.
type Entry = (u64, Result<NewPortabilityAnswer, FaultItem>);

fn entries(rows: Vec<PortedRow>, owners: &Owners, looked_up_at: Instant) -> Vec<Entry> {
    rows.into_iter().map(|row| (row.line, entry(row, owners, looked_up_at))).collect()
}

fn entry(
    row: PortedRow,
    owners: &Owners,
    looked_up_at: Instant,
) -> Result<NewPortabilityAnswer, FaultItem> {
    let ported = row.result.map_err(|fault| match fault {
        PortedRowFault::Form => FaultItem::of(Fault::BrokenRow.code(), Fault::BrokenRow.detail()),
        PortedRowFault::Number => FaultItem::at("/Number", Fault::NotAPhoneNumber),
        PortedRowFault::Owner => FaultItem::at("/OwnerId", Fault::Empty),
        PortedRowFault::PortDate => FaultItem::at("/PortDate", Fault::NotATime),
    })?;
    let operator = owners.0.get(&ported.owner).copied();
    let operator = operator.ok_or_else(|| FaultItem::at("/OwnerId", Fault::UnknownOwner))?;
    if ported.ported_at > looked_up_at {
        return Err(FaultItem::at("/PortDate", Fault::OutOfRange));
    }
    let ported_at = Some(ported.ported_at);
    Ok(NewPortabilityAnswer { number: ported.number, operator, ported_at })
}

async fn enter(
    app: &AppData,
    client: ClientId,
    look_up: LookUp,
    entries: &[Entry],
) -> ApiResult<Vec<AnswerOutcome>> {
    let new: Vec<_> =
        entries.iter().filter_map(|(_, entry)| entry.as_ref().ok().copied()).collect();
    create_for(app, client, move |conn| enter_answers(conn, client, &look_up, &new)).await
}

fn receipts_of(
    folder: &Path,
    entries: &[Entry],
    outcomes: &[AnswerOutcome],
) -> ApiResult<BulkReceipts> {
    let mut outcomes = outcomes.iter();
    let mut receipts = Receipts::new(spool::open(folder));
    for (line, entry) in entries {
        receipts.add(&match entry {
            Ok(_) => receipt(*line, outcomes.next().copied()),
            Err(item) => Receipt {
                line: *line,
                status: ReceiptStatus::Rejected,
                id: None,
                matched: None.into(),
                error: Some(item.clone()),
            },
        })?;
    }
    receipts.finish()
}

fn receipt(line: u64, outcome: Option<AnswerOutcome>) -> Receipt {
    let (status, id) = match outcome {
        Some(AnswerOutcome::Accepted(id)) => (ReceiptStatus::Accepted, id),
        Some(AnswerOutcome::Duplicate(id)) => (ReceiptStatus::Duplicate, id),
        Some(AnswerOutcome::Conflict(id)) => (ReceiptStatus::Conflict, id),
        None => return Receipt::not_processed(line),
    };
    let differs =
        || FaultItem::of("look_up_differs", "The same look-up gave another answer before.");
    let error = (status == ReceiptStatus::Conflict).then(differs);
    Receipt { line, status, id: Some(id.0), matched: None.into(), error }
}

fn refuse_file(fault: PortedFileFault) -> ApiError {
    match fault {
        PortedFileFault::Empty => {
            ApiError::Malformed(FaultItem::of("empty_body", "The body is empty."))
        }
        PortedFileFault::Header => ApiError::Unprocessable(vec![FaultItem::of(
            "unknown_layout",
            "The first line must be Number,OwnerId,MNC,Route,RegionCode,PortDate,RowCount.",
        )]),
        PortedFileFault::TooLarge => ApiError::TooLarge { limit_bytes: MAX_FILE_BYTES as u64 },
    }
}
