//! `/v1/papers`: papers that the program makes of what is kept, as PDF and DOCX.
//! The worker makes them; here they are asked for and fetched.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::{BaitId, PaperId};
use baitline_domain::paper::PaperKind;
use baitline_store::StoreError;
use baitline_store::blobs::BlobKind;
use baitline_store::models::{NewPaper, Paper, PaperFile};
use baitline_store::papers::{self, PaperFilter};
use baitline_store::sql_types::RowId;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::download::{self, Download, FileBytes, hex};
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::Time;
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{BaitsRead, Cases};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::{PaperKindWord, PaperStateWord};

const PDF: &str = "application/pdf";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_paper)
        .service(list_papers)
        .service(find_paper)
        .service(get_paper_content);
}

/// A paper to make. What its subject is follows from the kind: a complaint for an
/// `application`, an inquiry for an `operator_inquiry`, a trap for a
/// `trap_protocol`, a call for a `transcript`, a statement for a
/// `statement_comparison`, an applicant for a `disclosure_consent`, the client for
/// an `answering_script`.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "kind": "operator_inquiry",
    "subject_id": "0197a5b0-7c1e-7d3a-9a51-000000000041"
})))]
pub(crate) struct CreatePaper {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// Which paper.
    kind: PaperKindWord,
    /// The id of its subject.
    subject_id: Uuid,
    /// The one bait that a form of consent or a note for whoever answers is about.
    #[schema(nullable = false)]
    bait_id: Option<Uuid>,
}

/// A paper in one format.
#[derive(Serialize, ToSchema)]
#[schema(as = PaperFile)]
pub(crate) struct PaperFileView {
    /// How many bytes.
    bytes: u64,
    /// SHA-256 of the bytes, in hexadecimal; the ETag of its content.
    sha256: String,
}

impl From<PaperFile> for PaperFileView {
    fn from(file: PaperFile) -> Self {
        Self { bytes: file.bytes, sha256: hex(&file.sha256) }
    }
}

/// A paper that is made or to be made.
#[derive(Serialize, ToSchema)]
#[schema(as = Paper, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000061",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "kind": "operator_inquiry",
    "subject_id": "0197a5b0-7c1e-7d3a-9a51-000000000041",
    "bait_id": null,
    "state": "done",
    "problem": null,
    "template_version": null,
    "pdf": {
        "bytes": 34567,
        "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
    },
    "docx": {
        "bytes": 9876,
        "sha256": "60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752"
    },
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-11-06T09:30:00Z",
    "updated_at": "2026-11-06T09:30:01Z"
})))]
pub(crate) struct PaperView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Which paper.
    kind: PaperKindWord,
    /// The id of its subject.
    subject_id: Uuid,
    /// The one bait it is about, where that was told.
    bait_id: Option<Uuid>,
    /// Where it stands.
    state: PaperStateWord,
    /// Why it could not be made.
    problem: Option<String>,
    /// The version of the client's own template it was made from; null for the
    /// program's, and until it is made.
    template_version: Option<i32>,
    /// For filing; null until it is made.
    pdf: Option<PaperFileView>,
    /// For edits; null until it is made.
    docx: Option<PaperFileView>,
    /// The public part of the key it was asked for with.
    author: String,
    /// When it was asked for: the date it bears.
    created_at: Time,
    /// When it last moved.
    updated_at: Time,
}

impl From<Paper> for PaperView {
    fn from(paper: Paper) -> Self {
        Self {
            pdf: paper.pdf().map(Into::into),
            docx: paper.docx().map(Into::into),
            id: paper.id.0,
            client_id: paper.client_id.0,
            kind: paper.kind.into(),
            subject_id: paper.subject_id.0,
            bait_id: paper.bait_id.map(|bait| bait.0),
            state: paper.state.into(),
            problem: paper.problem,
            template_version: paper.template_version,
            author: paper.author,
            created_at: Time(paper.created_at),
            updated_at: Time(paper.updated_at),
        }
    }
}

/// A piece of the list of papers.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct PaperPage {
    /// In order of asking.
    items: Vec<PaperView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which papers, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListPapers {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Of this kind.
    #[param(nullable = false)]
    kind: Option<PaperKindWord>,
    /// Of this subject.
    #[param(nullable = false)]
    subject_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// In which format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaperFormat {
    /// PDF/A-2b, tagged, for filing.
    Pdf,
    /// For Word and LibreOffice, for edits.
    Docx,
}

/// Which file of a paper.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PaperContent {
    /// The format, PDF unless told.
    #[param(inline, nullable = false)]
    format: Option<PaperFormat>,
}

/// Ask for a paper
///
/// The worker makes it of what is kept at that moment, from the client's own
/// template where one is accepted; `Location` names the paper to watch. It bears
/// the date of this request.
#[utoipa::path(
    tag = "papers",
    security(("bearer" = ["cases", "baits:read"])),
    params(OnceHeader),
    request_body = CreatePaper,
    responses(
        (
            status = 202,
            description = "The paper waits for the worker.",
            body = PaperView,
            headers(("Location" = String, description = "The paper's path.")),
        ),
        (status = 409, description = "As many papers wait as may.", body = Problem),
    ),
)]
#[post("/v1/papers")]
async fn create_paper(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    once: Once,
    body: Body<CreatePaper>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let (new, author) = (NewPaper::try_from(body.0)?, caller.key_id().to_owned());
    let work = move |conn: &mut _| papers::create_paper(conn, client, &new, &author);
    let reply = |paper| {
        let view = PaperView::from(paper);
        Reply::accepted(format!("/v1/papers/{}", view.id), &view)
    };
    app.create_once(&once, client, work, reply).await
}

/// List papers
#[utoipa::path(
    tag = "papers",
    security(("bearer" = ["cases", "baits:read"])),
    params(ListPapers),
    responses((status = 200, description = "A piece of the list.", body = PaperPage)),
)]
#[get("/v1/papers")]
async fn list_papers(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    query: Params<ListPapers>,
) -> ApiResult<HttpResponse> {
    let ListPapers { client_id, kind, subject_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let filter = PaperFilter { kind: kind.map(Into::into), subject: subject_id.map(RowId) };
    let page = page(cursor, limit);
    let rows = app.read(reach, move |conn| papers::list_papers(conn, reach, filter, page)).await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.id.0));
    let items = rows.into_iter().map(PaperView::from).collect();
    let page = PaperPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one paper
#[utoipa::path(
    tag = "papers",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The paper's id.")),
    responses((status = 200, description = "The paper.", body = PaperView)),
)]
#[get("/v1/papers/{id}")]
async fn find_paper(
    app: AppData,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<PaperView>> {
    let (id, reach) = (PaperId(id.into_inner()), caller.whole_reach()?);
    let paper = app.read(reach, move |conn| papers::find_paper(conn, reach, id)).await?;
    Ok(web::Json(paper.into()))
}

/// Download a paper
///
/// As PDF or DOCX, whole or in part: `Range`, `If-Range` and `If-None-Match` are
/// understood, and the `ETag` is the hash of the bytes. Not found until it is
/// made.
#[utoipa::path(
    tag = "papers",
    security(("bearer" = ["cases", "baits:read"])),
    params(("id" = Uuid, Path, description = "The paper's id."), PaperContent),
    responses(
        (status = 200, description = "The whole.", content(
            (inline(FileBytes) = "application/pdf"),
            (inline(FileBytes) =
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        )),
        (status = 206, description = "The part asked for.", content(
            (inline(FileBytes) = "application/pdf"),
            (inline(FileBytes) =
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        )),
        (status = 304, description = "The caller has these bytes."),
        (status = 416, description = "The range begins after the end.", body = Problem),
    ),
)]
#[get("/v1/papers/{id}/content")]
async fn get_paper_content(
    app: AppData,
    req: HttpRequest,
    caller: Caller<(Cases, BaitsRead)>,
    id: web::Path<Uuid>,
    query: Params<PaperContent>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (PaperId(id.into_inner()), caller.whole_reach()?);
    let paper = app.read(reach, move |conn| papers::find_paper(conn, reach, id)).await?;
    let (file, media_type, extension) = match query.0.format {
        None | Some(PaperFormat::Pdf) => (paper.pdf(), PDF, "pdf"),
        Some(PaperFormat::Docx) => (paper.docx(), DOCX, "docx"),
    };
    let PaperFile { sha256, bytes } = file.ok_or(StoreError::NotFound)?;
    let kind = paper.kind.as_str().replace('_', "-");
    let file = Download {
        client: paper.client_id,
        kind: BlobKind::Paper,
        sha256,
        bytes,
        media_type: media_type.to_owned(),
        name: format!("{kind}-{id}.{extension}"),
    };
    download::send(&app, &req, file).await
}

impl TryFrom<CreatePaper> for NewPaper {
    type Error = ApiError;

    fn try_from(body: CreatePaper) -> ApiResult<Self> {
        let kind = PaperKind::from(body.kind);
        if body.bait_id.is_some() && !kind.may_name_a_bait() {
            return Err(ApiError::field("/bait_id", Fault::OfAnotherKind));
        }
        Ok(Self { kind, subject: RowId(body.subject_id), bait: body.bait_id.map(BaitId) })
    }
}
