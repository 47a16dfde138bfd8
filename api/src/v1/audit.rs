//! `/v1/audit`: who did what to which evidence, as chains that the worker seals, and
//! where each chain has come to.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, web};
use baitline_domain::audit::{AuditChange, hex};
use baitline_domain::ids::ClientId;
use baitline_store::StoreError;
use baitline_store::audit::{self, AGENCY, AuditRow, ChainState, EntryFilter};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::AppData;
use crate::auth::Caller;
use crate::fields::{Line, Time};
use crate::paging::{self, Cursor, Limit, rows_to_ask};
use crate::permissions::Admin;
use crate::problem::ApiResult;
use crate::query::Params;
use crate::words::AuditChangeWord;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_audit_entries).service(find_audit_head);
}

/// An entry of a chain.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditEntry, examples(json!({
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "sequence": 12,
    "occurred_at": "2026-10-01T09:30:00.123456Z",
    "actor": "k7q2m9x4b3wd",
    "act": "update_bait",
    "noun": "bait",
    "subject": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "change": "changed",
    "items": 1,
    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
})))]
pub(crate) struct AuditEntryView {
    /// Whose chain it stands in; null for the agency's own, which has what is of no one
    /// client.
    client_id: Option<Uuid>,
    /// Its number in the chain: from 1, without gaps.
    sequence: u64,
    /// When it was done.
    occurred_at: Time,
    /// The public id of an API key, `worker`, `command_line`, or `login:` and the
    /// database's login for what was done past the program.
    actor: String,
    /// The `operationId` of this document, or the command; empty for the worker's.
    act: String,
    /// What it was done to.
    noun: String,
    /// The id of that; empty for a batch.
    subject: String,
    /// What was done.
    change: AuditChangeWord,
    /// How many things; more than one in a batch, as of reported calls.
    items: u64,
    /// SHA-256 of a salt and of what the act left, in hexadecimal digits.
    digest: String,
    /// SHA-256 of the chain up to here, in hexadecimal digits.
    hash: String,
}

impl TryFrom<AuditRow> for AuditEntryView {
    type Error = StoreError;

    fn try_from(row: AuditRow) -> Result<Self, StoreError> {
        let change = AuditChange::parse(&row.change)
            .ok_or_else(|| StoreError::Corrupt("a change of the audit".to_owned()))?;
        Ok(Self {
            client_id: shown(row.client_id),
            sequence: row.sequence.cast_unsigned(),
            occurred_at: Time(row.occurred_at),
            actor: row.actor,
            act: row.act,
            noun: row.noun,
            subject: row.subject,
            change: change.into(),
            items: row.items.cast_unsigned(),
            digest: hex(&row.digest),
            hash: hex(&row.hash),
        })
    }
}

/// A piece of the list of entries.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct AuditPage {
    /// Chain by chain, each in order.
    items: Vec<AuditEntryView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which entries, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListAuditEntries {
    /// Of this client's chain.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of what was done to the thing with this id.
    #[param(value_type = Option<String>, min_length = 1, max_length = 128, nullable = false)]
    subject: Option<Line<128>>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Whose chain.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindAuditHead {
    /// This client's; with an agency's key and without it, the agency's own.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
}

/// Where a chain has come to.
#[derive(Serialize, ToSchema)]
#[schema(as = AuditHead, examples(json!({
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "sequence": 12,
    "hash": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752",
    "sealed_at": "2026-10-01T09:30:01Z",
    "waiting": 0,
    "waiting_since": null
})))]
pub(crate) struct AuditHeadView {
    /// Whose chain; null for the agency's own.
    client_id: Option<Uuid>,
    /// The number of its last entry; 0 for none.
    sequence: u64,
    /// SHA-256 of the chain up to that entry, in hexadecimal digits; zeros for none.
    hash: String,
    /// When it came there; null for a chain without entries.
    sealed_at: Option<Time>,
    /// How many acts are written down and have no number yet. The worker gives them
    /// one within seconds; until then nothing shows whether they were changed.
    waiting: u64,
    /// When the first of those was done; null where none waits.
    waiting_since: Option<Time>,
}

/// List what was done
///
/// An act is written down in the transaction that does it, and is here once the worker
/// has given it its number, within seconds. Of what an act left only a salted hash is
/// kept. An entry's `hash` is the SHA-256 of two lines, each ended by a line feed: the
/// hash before it (64 zeros before the first), and sequence, client's id (zeros for the
/// agency's), `occurred_at`, actor, act, noun, subject, change, items and digest with
/// tabs between them.
#[utoipa::path(
    tag = "audit",
    security(("bearer" = ["admin"])),
    params(ListAuditEntries),
    responses((status = 200, description = "A piece of the list.", body = AuditPage)),
)]
#[get("/v1/audit")]
async fn list_audit_entries(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Admin>,
    query: Params<ListAuditEntries>,
) -> ApiResult<HttpResponse> {
    let ListAuditEntries { client_id, subject, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let filter = EntryFilter {
        subject: subject.map(|subject| subject.0),
        after: cursor.map(|cursor| (ClientId(cursor.id), cursor.micros)),
        limit: rows_to_ask(limit),
    };
    let rows = app.read(reach, move |conn| audit::list_entries(conn, reach, &filter)).await?;
    let cursor = |row: &AuditRow| Cursor { micros: row.sequence, id: row.client_id.0 };
    let (rows, next_cursor) = paging::cut(rows, limit, cursor);
    let items = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
    let page = AuditPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find the head of a chain
///
/// Whoever keeps it elsewhere finds out later whether anything up to it was changed.
#[utoipa::path(
    tag = "audit",
    security(("bearer" = ["admin"])),
    params(FindAuditHead),
    responses((status = 200, description = "Where the chain has come to.", body = AuditHeadView)),
)]
#[get("/v1/audit/head")]
async fn find_audit_head(
    app: AppData,
    caller: Caller<Admin>,
    query: Params<FindAuditHead>,
) -> ApiResult<web::Json<AuditHeadView>> {
    let reach = caller.reach(query.0.client_id)?;
    let client = reach.client().unwrap_or(AGENCY);
    let ChainState { head, sealed_at, waiting, waiting_since } =
        app.read(reach, move |conn| audit::chain_state(conn, client)).await?;
    Ok(web::Json(AuditHeadView {
        client_id: shown(client),
        sequence: head.sequence,
        hash: hex(&head.hash),
        sealed_at: sealed_at.map(Time),
        waiting,
        waiting_since: waiting_since.map(Time),
    }))
}

fn shown(client: ClientId) -> Option<Uuid> {
    (client != AGENCY).then_some(client.0)
}
