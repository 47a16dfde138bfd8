//! `/v1/statements`: the operators' own lists of the baits' calls, and their
//! comparison with ours, line by line.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{BaitId, SourceId, StatementId};
use baitline_domain::instant::Span;
use baitline_domain::statement::ReportedCall;
use baitline_store::models::{
    ComparedCall, Comparison, NewStatement, StatementChanges, StatementRow,
};
use baitline_store::statements;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::applicants::ApplicantNote;
use super::call_views::PartyView;
use super::contaminations::Withdrawal;
use super::page;
use super::powers_of_attorney::PaperNumber;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{CivilDay, Time, present};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{BaitsRead, Cases};
use crate::precondition::{IfMatch, IfMatchHeader, first_version, tagged};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::{ChannelWord, DirectionWord, LineOutcomeWord};

/// The longest period of one statement.
pub(super) const MAX_STATEMENT_PERIOD: Span = Span::hours(100 * 24);

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_statement)
        .service(list_statements)
        .service(find_statement)
        .service(update_statement)
        .service(compare_statement);
}

/// A statement to enter. Its rows are reported as calls of its source, from a
/// file or one by one; its certified original is attached to it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "source_id": "0197a5b0-7c1e-7d3a-9a51-000000000004",
    "from": "2026-10-01T00:00:00+03:00",
    "to": "2026-11-01T00:00:00+03:00",
    "number": "Д-77/55",
    "issued_on": "2026-11-05"
})))]
pub(crate) struct CreateStatement {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// The bait.
    bait_id: Uuid,
    /// The source, of kind `operator_statement`, whose reports are its rows.
    source_id: Uuid,
    /// The first moment it covers.
    from: Time,
    /// The first moment it does not cover, at most 100 days later.
    to: Time,
    /// Its number.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    number: Option<PaperNumber>,
    /// The day it was issued.
    issued_on: Option<CivilDay>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<ApplicantNote>,
}

/// What changes of a statement: what is absent stays, null empties. Another bait
/// or period is another statement.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"number": "Д-77/56"})))]
pub(crate) struct UpdateStatement {
    /// Another number.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    number: Option<Option<PaperNumber>>,
    /// Another day of issue.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<CivilDay>)]
    issued_on: Option<Option<CivilDay>>,
    /// Another note.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Option<ApplicantNote>>,
    /// Why it does not count; null lets it count again.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    withdrawn_because: Option<Option<Withdrawal>>,
}

/// An operator's own list of a bait's calls.
#[derive(Serialize, ToSchema)]
#[schema(as = Statement, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000051",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "source_id": "0197a5b0-7c1e-7d3a-9a51-000000000004",
    "from": "2026-09-30T21:00:00Z",
    "to": "2026-10-31T21:00:00Z",
    "number": "Д-77/55",
    "issued_on": "2026-11-05",
    "note": null,
    "withdrawn_because": null,
    "version": 1,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-11-06T09:30:00Z"
})))]
pub(crate) struct StatementView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The bait.
    bait_id: Uuid,
    /// The source whose reports are its rows.
    source_id: Uuid,
    /// The first moment it covers.
    from: Time,
    /// The first moment it does not cover.
    to: Time,
    /// Its number.
    number: Option<String>,
    /// The day it was issued.
    issued_on: Option<CivilDay>,
    /// For people.
    note: Option<String>,
    /// Why it does not count; null while it does.
    withdrawn_because: Option<String>,
    /// How often it was written; its ETag.
    version: i32,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

impl From<StatementRow> for StatementView {
    fn from(row: StatementRow) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            bait_id: row.bait_id.0,
            source_id: row.source_id.0,
            from: Time(row.from_at),
            to: Time(row.to_at),
            number: row.number,
            issued_on: row.issued_on.map(CivilDay),
            note: row.note,
            withdrawn_because: row.withdrawn_because,
            version: row.version,
            author: row.author,
            created_at: Time(row.created_at),
        }
    }
}

/// One side's report of a call.
#[derive(Serialize, ToSchema)]
#[schema(as = ReportedCall)]
pub(crate) struct ReportedCallView {
    /// The observation.
    observation_id: Uuid,
    /// Its corrected start.
    started_at: Time,
    /// Connected time in seconds, where it is told.
    connected_seconds: Option<u32>,
}

impl From<ReportedCall> for ReportedCallView {
    fn from(report: ReportedCall) -> Self {
        Self {
            observation_id: report.id.0,
            started_at: Time(report.started_at),
            connected_seconds: report.connected_seconds,
        }
    }
}

/// One line of the comparison.
#[derive(Serialize, ToSchema)]
#[schema(as = ComparedLine)]
pub(crate) struct ComparedLineView {
    /// The call.
    call_id: Uuid,
    /// As the bait sees it.
    direction: DirectionWord,
    /// The other end, as any report shows it.
    party: PartyView,
    /// What carried it.
    channel: ChannelWord,
    /// Whether it is an interception.
    interception: bool,
    /// What the line comes to.
    outcome: LineOutcomeWord,
    /// What our sources say: the report that comes nearest to theirs.
    ours: Option<ReportedCallView>,
    /// What the statement says.
    theirs: Option<ReportedCallView>,
}

impl From<ComparedCall> for ComparedLineView {
    fn from(compared: ComparedCall) -> Self {
        let ComparedCall { line, judged } = compared;
        Self {
            call_id: judged.call.id.0,
            direction: judged.call.direction.into(),
            party: (&judged.call.party).into(),
            channel: judged.call.channel.into(),
            interception: judged.assessment.interception.is_some(),
            outcome: line.outcome.into(),
            ours: line.ours.map(Into::into),
            theirs: line.theirs.map(Into::into),
        }
    }
}

/// The comparison of a statement with our calls.
#[derive(Serialize, ToSchema)]
#[schema(as = StatementComparison, examples(json!({
    "statement_id": "0197a5b0-7c1e-7d3a-9a51-000000000051",
    "pending": false,
    "lines": []
})))]
pub(crate) struct ComparisonView {
    /// The statement.
    statement_id: Uuid,
    /// Whether days of its period wait to be derived again: then ask once more.
    pending: bool,
    /// Line by line, in order of start; at most 5,000.
    lines: Vec<ComparedLineView>,
}

/// A piece of the list of statements.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct StatementPage {
    /// In order of entry.
    items: Vec<StatementView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which statements, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListStatements {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this bait.
    #[param(nullable = false)]
    bait_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter a statement
///
/// Its rows are sent to `/v1/calls` or `/v1/files` under its source, whose
/// profile tells how the operator's files are read; rows that exist on paper
/// alone are reported one by one. The certified original is attached.
#[utoipa::path(
    tag = "statements",
    security(("bearer" = ["cases", "baits:read"])),
    params(OnceHeader),
    request_body = CreateStatement,
    responses((status = 201, description = "The statement as entered.", body = StatementView)),
)]
#[post("/v1/statements")]
async fn create_statement(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    once: Once,
    body: Body<CreateStatement>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let (new, author) = (NewStatement::try_from(body.0)?, caller.key_id().to_owned());
    let work = move |conn: &mut _| statements::create_statement(conn, client, &new, &author);
    let reply = |row| Reply::created(&StatementView::from(row));
    Ok(first_version(app.create_once(&once, client, work, reply).await?))
}

/// List statements
#[utoipa::path(
    tag = "statements",
    security(("bearer" = ["cases", "baits:read"])),
    params(ListStatements),
    responses((status = 200, description = "A piece of the list.", body = StatementPage)),
)]
#[get("/v1/statements")]
async fn list_statements(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    query: Params<ListStatements>,
) -> ApiResult<HttpResponse> {
    let ListStatements { client_id, bait_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let (page, bait) = (page(cursor, limit), bait_id.map(BaitId));
    let rows = app.read(reach, move |conn| statements::list_statements(conn, reach, bait, page));
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(StatementView::from).collect();
    let page = StatementPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one statement
#[utoipa::path(
    tag = "statements",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The statement's id.")),
    responses((status = 200, description = "The statement, with its ETag.", body = StatementView)),
)]
#[get("/v1/statements/{id}")]
async fn find_statement(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (StatementId(id.into_inner()), caller.whole_reach()?);
    let row = app.read(reach, move |conn| statements::find_statement(conn, reach, id)).await?;
    Ok(tagged(HttpResponse::Ok(), row.version, &StatementView::from(row)))
}

/// Change a statement
///
/// With `If-Match` only if nobody changed it meanwhile.
#[utoipa::path(
    tag = "statements",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The statement's id."), IfMatchHeader),
    request_body = UpdateStatement,
    responses(
        (status = 200, description = "The statement as changed.", body = StatementView),
        (status = 412, description = "It was changed meanwhile.", body = Problem),
    ),
)]
#[patch("/v1/statements/{id}")]
async fn update_statement(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    expected: IfMatch,
    body: Body<UpdateStatement>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (StatementId(id.into_inner()), caller.whole_reach()?);
    let UpdateStatement { number, issued_on, note, withdrawn_because } = body.0;
    let changes = StatementChanges {
        number: number.map(|change| change.map(|number| number.0)),
        issued_on: issued_on.map(|change| change.map(|day| day.0)),
        note: note.map(|change| change.map(|note| note.0)),
        withdrawn_because: withdrawn_because.map(|change| change.map(|because| because.0)),
    };
    let row = app.write(reach, move |conn| {
        let client = statements::find_statement(conn, reach, id)?.client_id;
        statements::update_statement(conn, client, id, &expected.0, &changes)
    });
    let row = row.await?;
    Ok(tagged(HttpResponse::Ok(), row.version, &StatementView::from(row)))
}

/// Compare a statement with our calls
///
/// Line by line: both sides say the same; the time differs by more than the
/// clocks explain, or the connected time by more than 10 s; only ours; only
/// theirs. Messenger calls are no operator's to list and are left out.
#[utoipa::path(
    tag = "statements",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The statement's id.")),
    responses(
        (status = 200, description = "The comparison.", body = ComparisonView),
        (status = 409, description = "The period has more calls than are compared.",
            body = Problem),
    ),
)]
#[get("/v1/statements/{id}/comparison")]
async fn compare_statement(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<ComparisonView>> {
    let (id, reach) = (StatementId(id.into_inner()), caller.whole_reach()?);
    let compared = app.read(reach, move |conn| statements::compare_statement(conn, reach, id));
    let Comparison { statement, calls, pending } = compared.await?;
    let lines = calls.into_iter().map(Into::into).collect();
    Ok(web::Json(ComparisonView { statement_id: statement.id.0, pending, lines }))
}

impl TryFrom<CreateStatement> for NewStatement {
    type Error = ApiError;

    fn try_from(body: CreateStatement) -> ApiResult<Self> {
        let (from, to) = (body.from.0, body.to.0);
        if to <= from {
            return Err(ApiError::field("/to", Fault::EmptyPeriod));
        }
        if to - from > MAX_STATEMENT_PERIOD {
            return Err(ApiError::field("/to", Fault::PeriodTooLong));
        }
        Ok(Self {
            bait: BaitId(body.bait_id),
            source: SourceId(body.source_id),
            from,
            to,
            number: body.number.map(|number| number.0),
            issued_on: body.issued_on.map(|day| day.0),
            note: body.note.map(|note| note.0),
        })
    }
}
