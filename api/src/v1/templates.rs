//! `/v1/templates`: the templates that papers are made from, each the program's
//! own until a client sends another that a worker accepts.

use std::io::Read;

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, delete, get, put, web};
use baitline_domain::ids::ClientId;
use baitline_domain::paper::{MAX_TEMPLATE_BYTES, PaperKind};
use baitline_store::models::{PaperTemplate, TemplateState};
use baitline_store::{Reach, clients, paper_templates as templates};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::calls::refuse_announced;
use super::create_for;
use crate::app::{App, AppData, blocking};
use crate::auth::Caller;
use crate::extract::media_type;
use crate::fault::{Fault, FaultItem};
use crate::fields::Time;
use crate::permissions::Cases;
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::spool;
use crate::words::{PaperKindWord, TemplateStateWord};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(list_templates)
        .service(find_template)
        .service(put_template)
        .service(delete_template);
}

/// Whose templates.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TemplateOwner {
    /// The client; required with a key of several.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
}

/// A version that a client sent.
#[derive(Serialize, ToSchema)]
#[schema(as = TemplateVersion, examples(json!({
    "kind": "operator_inquiry",
    "version": 2,
    "state": "refused",
    "problem": "undefined value",
    "line": 14,
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-11-06T09:30:00Z"
})))]
pub(crate) struct TemplateVersionView {
    /// Of which paper.
    kind: PaperKindWord,
    /// Its number among the client's versions.
    version: i32,
    /// Where it stands.
    state: TemplateStateWord,
    /// Why it was refused.
    problem: Option<String>,
    /// The line of the text that is at fault, where it can be told.
    line: Option<i32>,
    /// The public part of the key it was sent with.
    author: String,
    /// When it was sent.
    created_at: Time,
}

impl From<&PaperTemplate> for TemplateVersionView {
    fn from(row: &PaperTemplate) -> Self {
        Self {
            kind: row.kind.into(),
            version: row.version,
            state: row.state.into(),
            problem: row.problem.clone(),
            line: row.problem_line,
            author: row.author.clone(),
            created_at: Time(row.created_at),
        }
    }
}

/// The template of a paper.
#[derive(Serialize, ToSchema)]
#[schema(as = Template)]
pub(crate) struct TemplateView {
    /// The client.
    client_id: Uuid,
    /// Of which paper.
    kind: PaperKindWord,
    /// The client's version that papers are made from; null where that is the
    /// program's own.
    version: Option<i32>,
    /// The version that was sent last; null where none was, or the client has
    /// returned to the program's own since.
    latest: Option<TemplateVersionView>,
}

/// The template of a paper with its text.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "template": {
        "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
        "kind": "operator_inquiry",
        "version": null,
        "latest": null
    },
    "text": "# ЗАПРОС\n",
    "latest_text": null
})))]
pub(crate) struct TemplateDetail {
    /// The template.
    template: TemplateView,
    /// What papers are made from now, in Markdown with MiniJinja: the client's own,
    /// or else the program's.
    text: String,
    /// The text of the version that was sent last.
    latest_text: Option<String>,
}

/// The templates of every paper.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct TemplateList {
    /// One for each kind.
    items: Vec<TemplateView>,
}

/// List templates
///
/// One for each paper, without their texts.
#[utoipa::path(
    tag = "papers",
    security(("bearer" = ["cases"])),
    params(TemplateOwner),
    responses(
        (status = 200, description = "Every template.", body = TemplateList),
        (status = 422, description = "A key of several clients names none.", body = Problem),
    ),
)]
#[get("/v1/templates")]
async fn list_templates(
    app: AppData,
    caller: Caller<Cases>,
    query: Params<TemplateOwner>,
) -> ApiResult<web::Json<TemplateList>> {
    let client = caller.client(query.0.client_id)?;
    let rows = of_client(&app, client, None).await?;
    let view = |kind: &PaperKind| view(client, *kind, &rows);
    Ok(web::Json(TemplateList { items: PaperKind::ALL.iter().map(view).collect() }))
}

/// Find one template
///
/// With its text: the client's own, or else the program's to start from.
#[utoipa::path(
    tag = "papers",
    security(("bearer" = ["cases"])),
    params(("kind" = PaperKindWord, Path, description = "Of which paper."), TemplateOwner),
    responses(
        (status = 200, description = "The template.", body = TemplateDetail),
        (status = 422, description = "A key of several clients names none.", body = Problem),
    ),
)]
#[get("/v1/templates/{kind}")]
async fn find_template(
    app: AppData,
    caller: Caller<Cases>,
    kind: web::Path<PaperKindWord>,
    query: Params<TemplateOwner>,
) -> ApiResult<web::Json<TemplateDetail>> {
    let (client, kind) = (caller.client(query.0.client_id)?, PaperKind::from(kind.into_inner()));
    let rows = of_client(&app, client, Some(kind)).await?;
    let used = in_use(kind, &rows).map(|row| row.content.clone());
    Ok(web::Json(TemplateDetail {
        template: view(client, kind, &rows),
        text: used.unwrap_or_else(|| (app.built_in_template)(kind).to_owned()),
        latest_text: rows.last().map(|row| row.content.clone()),
    }))
}

/// Send a template
///
/// Markdown with MiniJinja, at most 64 KiB of UTF-8. The worker tries it with
/// made-up facts before any paper is made from it; until then, and where it is
/// refused, the version before is used. The same text again is the version that is
/// there.
#[utoipa::path(
    tag = "papers",
    security(("bearer" = ["cases"])),
    params(("kind" = PaperKindWord, Path, description = "Of which paper."), TemplateOwner),
    request_body(content((String = "text/markdown", example = json!(
        "# ПАМЯТКА\n\nОтвечайте коротко: «Слушаю».\n"
    )))),
    responses(
        (status = 200, description = "This text was there.", body = TemplateVersionView),
        (status = 202, description = "It waits to be tried.", body = TemplateVersionView),
    ),
)]
#[put("/v1/templates/{kind}")]
async fn put_template(
    app: AppData,
    req: HttpRequest,
    caller: Caller<Cases>,
    kind: web::Path<PaperKindWord>,
    query: Params<TemplateOwner>,
    payload: web::Payload,
) -> ApiResult<HttpResponse> {
    let (client, kind) = (caller.client(query.0.client_id)?, PaperKind::from(kind.into_inner()));
    if media_type(&req).as_deref() != Some("text/markdown") {
        return Err(ApiError::UnsupportedMediaType("Send text/markdown."));
    }
    refuse_announced(&req, MAX_TEMPLATE_BYTES as u64)?;
    let text = template_text(&app, payload).await?;
    let author = caller.key_id().to_owned();
    let put = create_for(&app, client, move |conn| {
        templates::put_template(conn, client, kind, &text, &author)
    });
    let (is_new, row) = put.await?;
    let mut response = if is_new { HttpResponse::Accepted() } else { HttpResponse::Ok() };
    Ok(response.json(TemplateVersionView::from(&row)))
}

/// Return to the program's own template
///
/// The client's versions stay, and no paper is made from them any more. A second
/// time changes nothing.
#[utoipa::path(
    tag = "papers",
    security(("bearer" = ["cases"])),
    params(("kind" = PaperKindWord, Path, description = "Of which paper."), TemplateOwner),
    responses(
        (status = 204, description = "Papers are made from the program's own."),
        (status = 422, description = "A key of several clients names none.", body = Problem),
    ),
)]
#[delete("/v1/templates/{kind}")]
async fn delete_template(
    app: AppData,
    caller: Caller<Cases>,
    kind: web::Path<PaperKindWord>,
    query: Params<TemplateOwner>,
) -> ApiResult<HttpResponse> {
    let (client, kind) = (caller.client(query.0.client_id)?, PaperKind::from(kind.into_inner()));
    create_for(&app, client, move |conn| templates::withdraw_templates(conn, client, kind)).await?;
    Ok(HttpResponse::NoContent().finish())
}

async fn of_client(
    app: &App,
    client: ClientId,
    kind: Option<PaperKind>,
) -> ApiResult<Vec<PaperTemplate>> {
    let found = app.read(Reach::Client(client), move |conn| {
        clients::find_client(conn, client)?;
        templates::templates_of(conn, client, kind)
    });
    found.await
}

fn view(client: ClientId, kind: PaperKind, rows: &[PaperTemplate]) -> TemplateView {
    let latest = rows.iter().rfind(|row| row.kind == kind);
    TemplateView {
        client_id: client.0,
        kind: kind.into(),
        version: in_use(kind, rows).map(|row| row.version),
        latest: latest.map(Into::into),
    }
}

/// The newest that was accepted.
fn in_use(kind: PaperKind, rows: &[PaperTemplate]) -> Option<&PaperTemplate> {
    rows.iter().rfind(|row| row.kind == kind && row.state == TemplateState::Accepted)
}

/// UTF-8 without characters that nobody sees: what a lawyer reads is what there is.
async fn template_text(app: &App, payload: web::Payload) -> ApiResult<String> {
    let mut body = spool::take_in(payload, &app.spool, MAX_TEMPLATE_BYTES as u64).await?;
    let bytes = blocking(move || {
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes).map_err(|error| spool::failed(&error))?;
        Ok(bytes)
    });
    let text = String::from_utf8(bytes.await?).map_err(|_| {
        ApiError::Malformed(FaultItem::of("not_utf8", "The body is not well-formed UTF-8."))
    })?;
    let is_hidden = |c: char| {
        (c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if text.contains(is_hidden) {
        return Err(ApiError::field("", Fault::ControlCharacter));
    }
    if text.trim().is_empty() {
        return Err(ApiError::Malformed(FaultItem::of("empty_body", "The body is empty.")));
    }
    Ok(text)
}
