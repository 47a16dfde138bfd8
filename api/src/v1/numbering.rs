//! `/v1/numbering`: which operator holds a number, by the editions loaded.

use crate::routes::ServiceConfig;
use actix_web::{get, web};
use baitline_domain::instant::Instant;
use baitline_domain::numbering::{Allocation, Edition, NumberingFile, NumberingPlan};
use baitline_domain::operator::Operators;
use baitline_domain::phone::Phone;
use baitline_store::models::EditionRow;
use baitline_store::{Conn, StoreResult, numbering, operators};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::operator_views::{OperatorView, operator_view};
use super::unsigned;
use crate::app::AppData;
use crate::auth::Caller;
use crate::download::hex;
use crate::fields::{PhoneNumber, Time};
use crate::permissions::AnyKey;
use crate::problem::ApiResult;
use crate::query::Params;
use crate::words::{NumberingFileWord, ReasonWord};

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    // «editions» stands before the number it would otherwise be read as.
    config.service(list_editions).service(find_number);
}

/// An imported file of the registry.
#[derive(Serialize, ToSchema)]
#[schema(as = NumberingEdition)]
pub(crate) struct EditionView {
    /// Its id.
    id: Uuid,
    /// Which file.
    file: NumberingFileWord,
    /// Since when it is in force.
    in_force_from: Time,
    /// How many ranges it holds.
    ranges: u32,
    /// SHA-256 of the file, in hexadecimal.
    sha256: String,
    /// When it was imported.
    imported_at: Time,
}

/// The editions loaded.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [{
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000009",
    "file": "DEF-9xx",
    "in_force_from": "2026-08-01T00:00:00Z",
    "ranges": 17059,
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "imported_at": "2026-10-01T09:00:00Z"
}]})))]
pub(crate) struct EditionList {
    /// In order of file and beginning.
    items: Vec<EditionView>,
}

/// At which time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindNumber {
    /// The time asked about, now unless told.
    #[param(nullable = false)]
    at: Option<Time>,
}

/// What the registry says of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum AllocationWord {
    /// A range holds it.
    Held,
    /// It is in no range.
    Unallocated,
    /// No edition of the file for its code is loaded.
    NotLoaded,
    /// It is another country's.
    Foreign,
}

/// Who holds a number at a time. The range's holder need not be the operator
/// that serves it: about one number in forty is ported.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "number": "+79160000001",
    "at": "2026-10-02T08:05:00Z",
    "allocation": "held",
    "operator": {"inn": "7740000076", "name": "ПАО «МТС»", "brand": "МТС", "group": "mts"},
    "operator_name": "ПАО \"МТС\"",
    "region": "г. Москва и Московская область",
    "edition_id": "0197a5b0-7c1e-7d3a-9a51-000000000009",
    "notes": []
})))]
pub(crate) struct NumberAnswer {
    /// The number.
    number: PhoneNumber,
    /// The time asked about.
    at: Time,
    /// What the registry says.
    allocation: AllocationWord,
    /// The range's holder.
    operator: Option<OperatorView>,
    /// The holder's name as the file spells it.
    operator_name: Option<String>,
    /// The region as the file names it.
    region: Option<String>,
    /// The edition that says so.
    edition_id: Option<Uuid>,
    /// What to know of the answer: `before_first_edition`,
    /// `allocated_by_next_edition`, `next_edition_not_loaded`.
    notes: Vec<ReasonWord>,
}

/// List the numbering editions loaded
#[utoipa::path(
    tag = "numbering",
    security(("bearer" = [])),
    responses((status = 200, description = "The editions.", body = EditionList)),
)]
#[get("/v1/numbering/editions")]
async fn list_editions(app: AppData, caller: Caller<AnyKey>) -> ApiResult<web::Json<EditionList>> {
    let rows = app.read(caller.whole_reach()?, numbering::list_editions).await?;
    let items = rows.into_iter().map(edition_view).collect::<ApiResult<_>>()?;
    Ok(web::Json(EditionList { items }))
}

/// Find who holds a number
#[utoipa::path(
    tag = "numbering",
    security(("bearer" = [])),
    params(
        ("number" = PhoneNumber, Path, description = "The number, in any form."),
        FindNumber,
    ),
    responses((status = 200, description = "What the registry says.", body = NumberAnswer)),
)]
#[get("/v1/numbering/{number}")]
async fn find_number(
    app: AppData,
    caller: Caller<AnyKey>,
    number: web::Path<PhoneNumber>,
    query: Params<FindNumber>,
) -> ApiResult<web::Json<NumberAnswer>> {
    let PhoneNumber(phone) = number.into_inner();
    let at = query.0.at.unwrap_or_else(|| Time(baitline_store::now()));
    let known = app.read(caller.whole_reach()?, move |conn| {
        Ok((plan_for(conn, phone, at.0)?, operators::known_operators(conn)?))
    });
    let (plan, operators) = known.await?;
    Ok(web::Json(answer(&operators, phone, at, &plan)))
}

/// A plan that knows this one number at this one time: the edition in force then
/// and the next, between which the domain's own rule decides.
pub(super) fn plan_for(conn: &mut Conn, phone: Phone, at: Instant) -> StoreResult<NumberingPlan> {
    let file = NumberingFile::of_code(phone.code());
    let of_file = |row: &EditionRow| Some(row.file) == file;
    let rows: Vec<EditionRow> =
        numbering::list_editions(conn)?.into_iter().filter(of_file).collect();
    let begun = rows.iter().filter(|row| row.in_force_from <= at).count();
    let mut editions = Vec::new();
    for row in rows.iter().skip(begun.saturating_sub(1)).take(2) {
        let ranges = numbering::find_range(conn, row.id, phone)?.into_iter().collect();
        let (id, file, in_force_from) = (row.id, row.file, row.in_force_from);
        editions.push(Edition { id, file, in_force_from, ranges });
    }
    Ok(NumberingPlan::of_few(editions))
}

/// What a plan says of a number at a time.
pub(super) fn answer(
    operators: &Operators,
    phone: Phone,
    at: Time,
    plan: &NumberingPlan,
) -> NumberAnswer {
    let nothing = NumberAnswer {
        number: PhoneNumber(phone),
        at,
        allocation: AllocationWord::Foreign,
        operator: None,
        operator_name: None,
        region: None,
        edition_id: None,
        notes: Vec::new(),
    };
    if !phone.is_russian() {
        return nothing;
    }
    let note = |holds: bool, word: ReasonWord| holds.then_some(word);
    match plan.look_up(phone, at.0) {
        Allocation::NotLoaded => NumberAnswer { allocation: AllocationWord::NotLoaded, ..nothing },
        Allocation::Held { edition, range, before_first, by_next, .. } => NumberAnswer {
            allocation: AllocationWord::Held,
            operator: range.operator.map(|inn| operator_view(operators, inn, at.0)),
            operator_name: Some(range.operator_name.clone()),
            region: Some(range.region.clone()),
            edition_id: Some(edition.0),
            notes: note(before_first, ReasonWord::BeforeFirstEdition)
                .into_iter()
                .chain(note(by_next, ReasonWord::AllocatedByNextEdition))
                .collect(),
            ..nothing
        },
        Allocation::Unallocated { edition, before_first, next_loaded } => NumberAnswer {
            allocation: AllocationWord::Unallocated,
            edition_id: Some(edition.0),
            notes: note(before_first, ReasonWord::BeforeFirstEdition)
                .into_iter()
                .chain(note(!next_loaded, ReasonWord::NextEditionNotLoaded))
                .collect(),
            ..nothing
        },
    }
}

fn edition_view(row: EditionRow) -> ApiResult<EditionView> {
    Ok(EditionView {
        id: row.id.0,
        file: row.file.into(),
        in_force_from: Time(row.in_force_from),
        ranges: unsigned(row.ranges)?,
        sha256: hex(&row.sha256),
        imported_at: Time(row.imported_at),
    })
}
