//! `POST /v1/labels`: many labels at once, each with the call it is of. One
//! transaction takes them all; what is wrong with one never touches the others.

use std::collections::HashMap;

use crate::routes::ServiceConfig;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, post, web};
use baitline_domain::ids::{ClientId, Identity, LabelId, ObservationId, SourceId};
use baitline_store::labels::{self, Given};
use baitline_store::models::NewLabel;
use baitline_store::{Conn, Constraint, Reach, StoreError, StoreResult, calls, sources};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::calls::refuse_announced;
use super::create_for;
use super::label_views::CreateLabel;
use super::receipts::{BulkAnswer, Receipt, ReceiptStatus, Receipts};
use crate::app::{AppData, blocking};
use crate::auth::Caller;
use crate::fault::{Fault, FaultItem};
use crate::fields::Slug;
use crate::items::{self, Bounds, Item};
use crate::permissions::Cases;
use crate::problem::ApiResult;
use crate::query::Params;
use crate::shape::Shape;
use crate::sight::sees_baits;
use crate::spool;

/// The most labels of one body: one transaction gives them all.
pub(super) const MAX_LABELS: usize = 1_000;
/// The largest body of labels.
pub(super) const MAX_LABELS_BODY_BYTES: u64 = 16 * 1024 * 1024;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_labels);
}

/// Whose labels these are.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CreateLabels {
    /// The client; required with an agency's key.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
}

/// A label and the call it is of, named by `call_id`, or by `source` and
/// `external_id`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "source": "recorder",
    "external_id": "7f3a",
    "label": {"kind": "service", "consent_given": false, "stop_demanded": false}
})))]
pub(crate) struct CreateLabelOfCall {
    /// The call's id, or that of an observation.
    #[schema(nullable = false)]
    call_id: Option<Uuid>,
    /// Who reported the call.
    #[schema(nullable = false)]
    source: Option<Slug>,
    /// The source's own id of its record of the call.
    #[schema(max_length = 200, nullable = false)]
    external_id: Option<String>,
    /// What was heard.
    label: CreateLabel,
}

/// Which call is meant.
#[derive(Debug)]
enum Named {
    Id(ObservationId),
    Record { source: String, external_id: String },
}

/// A label that reads well.
struct New {
    named: Named,
    label: NewLabel,
}

/// Label many calls
///
/// A JSON array or NDJSON, up to 1,000 labels of calls with recordings,
/// background too. Each label gets a receipt, and one bad label never fails the
/// others. What says the same as the latest label that this key gave the call
/// is a `duplicate`, so sending a body again is safe. If the database fails,
/// nothing was done.
#[utoipa::path(
    tag = "listening",
    security(("bearer" = ["cases"])),
    params(CreateLabels),
    request_body(
        description = "Labels, up to 16 MiB.",
        content(
            (Vec<CreateLabelOfCall> = "application/json", example = json!([{
                "source": "recorder",
                "external_id": "7f3a",
                "label": {"kind": "service", "consent_given": false, "stop_demanded": false}
            }])),
            (String = "application/x-ndjson", example = json!(
                "{\"source\":\"recorder\",\"external_id\":\"7f3a\",\"label\":{\"kind\":\"service\",\
                 \"consent_given\":false,\"stop_demanded\":false}}\n"
            )),
        ),
    ),
    responses((status = 200, description = "A receipt for each label.", body = BulkAnswer)),
)]
#[post("/v1/labels")]
async fn create_labels(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Cases>,
    query: Params<CreateLabels>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let format = items::format_of(&req)?;
    let client = caller.client(query.0.client_id)?;
    refuse_announced(&req, MAX_LABELS_BODY_BYTES)?;
    let body = spool::take_in(payload, &app.spool, MAX_LABELS_BODY_BYTES).await?;
    let bounds = Bounds { bytes: MAX_LABELS_BODY_BYTES, items: MAX_LABELS };
    let known = app.clone();
    let entries = blocking(move || {
        let shape = known.body_shape("/v1/labels", &Method::POST).and_then(Shape::item);
        let items = items::read_items(format, body, bounds, shape)?;
        Ok(items.into_iter().map(entry).collect::<Vec<_>>())
    });
    let entries = entries.await?;
    let author = caller.key_id().to_owned();
    let sees = sees_baits();
    let receipts =
        create_for(&app, client, move |conn| give_all(conn, client, &entries, (&author, sees)));
    let receipts = receipts.await?;
    let folder = app.spool.clone();
    let kept = blocking(move || {
        let mut kept = Receipts::new(spool::open(&folder));
        receipts.iter().try_for_each(|receipt| kept.add(receipt))?;
        kept.finish()
    });
    let kept = kept.await?;
    app.metrics.count_rows("labels", &kept.counts());
    kept.answer()
}

fn entry(item: Item<CreateLabelOfCall>) -> Item<New> {
    Item { line: item.line, result: item.result.and_then(New::try_from) }
}

impl TryFrom<CreateLabelOfCall> for New {
    type Error = FaultItem;

    fn try_from(sent: CreateLabelOfCall) -> Result<Self, FaultItem> {
        let CreateLabelOfCall { call_id, source, external_id, label } = sent;
        let named = match (call_id, source, external_id) {
            (Some(id), None, None) => Named::Id(ObservationId(id)),
            (None, Some(source), Some(external_id)) => {
                Named::Record { source: source.0, external_id }
            }
            (Some(_), _, _) => return Err(FaultItem::at("/call_id", Fault::NotTogether)),
            (None, Some(_), None) => return Err(FaultItem::at("/external_id", Fault::Missing)),
            (None, None, Some(_)) => return Err(FaultItem::at("/source", Fault::Missing)),
            (None, None, None) => return Err(FaultItem::at("/call_id", Fault::Missing)),
        };
        let label = NewLabel::try_from(label).map_err(|item| FaultItem {
            pointer: item.pointer.map(|pointer| format!("/label{pointer}")),
            ..item
        })?;
        Ok(Self { named, label })
    }
}

fn give_all(
    conn: &mut Conn,
    client: ClientId,
    entries: &[Item<New>],
    (author, sees): (&str, bool),
) -> StoreResult<Vec<Receipt>> {
    let sources = sources::sources_of(conn, client)?;
    let sources: HashMap<String, SourceId> =
        sources.into_iter().map(|source| (source.name, source.id)).collect();
    let mut receipts = Vec::with_capacity(entries.len());
    for Item { line, result } in entries {
        let outcome = match result {
            Ok(new) => give(conn, client, &sources, new, (author, sees))?,
            Err(item) => Err(item.clone()),
        };
        receipts.push(receipt(*line, outcome));
    }
    Ok(receipts)
}

/// Gives one label; the inner error is what its sender can mend.
fn give(
    conn: &mut Conn,
    client: ClientId,
    sources: &HashMap<String, SourceId>,
    new: &New,
    (author, sees): (&str, bool),
) -> StoreResult<Result<(ReceiptStatus, LabelId), FaultItem>> {
    let (id, pointer) = match &new.named {
        Named::Id(id) => (*id, "/call_id"),
        Named::Record { source, external_id } => match sources.get(source) {
            None => return Ok(Err(FaultItem::at("/source", Fault::UnknownSource))),
            Some(source) => {
                let identity = Identity::External(external_id);
                (ObservationId::derive(client, *source, &identity), "/external_id")
            }
        },
    };
    let unknown = || Ok(Err(FaultItem::at(pointer, Fault::UnknownCall)));
    let judged = match calls::find_call(conn, Reach::Client(client), id) {
        Err(StoreError::NotFound) => return unknown(),
        found => found?,
    };
    if !sees && judged.assessment.interception.is_none() {
        return unknown();
    }
    match labels::give_label(conn, client, &judged.call, &new.label, author) {
        Ok(Given::New(row)) => Ok(Ok((ReceiptStatus::Accepted, row.id))),
        Ok(Given::Same(row)) => Ok(Ok((ReceiptStatus::Duplicate, row.id))),
        // Whether a call is one at all tells whether its number is a bait's, and who
        // reports a call to it could ask.
        Err(StoreError::Constraint(Constraint::NoRecording)) if !sees => unknown(),
        Err(StoreError::Constraint(Constraint::NoRecording)) => {
            let item = FaultItem::of("no_recording", "The call has no recording to be heard.");
            Ok(Err(FaultItem { pointer: Some(pointer.to_owned()), ..item }))
        }
        Err(error) => Err(error),
    }
}

fn receipt(line: u64, outcome: Result<(ReceiptStatus, LabelId), FaultItem>) -> Receipt {
    let (status, id, error) = match outcome {
        Ok((status, id)) => (status, Some(id.0), None),
        Err(item) => (ReceiptStatus::Rejected, None, Some(item)),
    };
    Receipt { line, status, id, matched: None.into(), error }
}
