//! `/v1/operators`: which legal entities are operators and in which groups they
//! stand: the list that comes with the program, and what the agency knows beside
//! it, each with a source and a beginning.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::OperatorEntryId;
use baitline_domain::operator::{Operator, OperatorGroup, Operators, Standing, StandingKind};
use baitline_store::models::{NewOperatorEntry, OperatorEntryRow};
use baitline_store::{Reach, StoreError, now, operators};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::contaminations::Withdrawal;
use super::operator_views::OperatorEntryView;
use crate::app::AppData;
use crate::auth::{Agency, Caller};
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{InnText, Line, Prose, Slug, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, AnyKey};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::OperatorStandingWord;

/// The legal name of an operator, as documents print it.
pub(super) type OperatorName = Line<200>;
/// The brand people know.
pub(super) type Brand = Line<100>;
/// Where an entry is known from.
pub(super) type EntrySource = Prose<500>;
/// The most hosts of a virtual operator.
pub(super) const MAX_HOSTS: usize = 20;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_operator_entry)
        .service(list_operators)
        .service(find_operator)
        .service(withdraw_operator_entry);
}

/// What the agency knows of an operator.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "inn": "7733808377",
    "name": "ООО «Интернод»",
    "standing": "group",
    "group": "t2-rostelecom",
    "source": "ЕГРЮЛ, выписка от 03.06.2026: участник ПАО «Ростелеком», 100 %",
    "since": "2026-06-01T00:00:00+03:00"
})))]
pub(crate) struct CreateOperatorEntry {
    /// The operator's ИНН.
    inn: InnText,
    /// The legal name, as documents print it.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: OperatorName,
    /// The brand people know.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    brand: Option<Brand>,
    /// How it stands.
    standing: OperatorStandingWord,
    /// The group of a group's member, known or new.
    group: Option<Slug>,
    /// The groups whose network a virtual operator uses; empty where that is not
    /// known. At most 20.
    #[schema(max_items = 20)]
    hosts: Option<Vec<Slug>>,
    /// Where this is known from.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    source: EntrySource,
    /// Since when it holds: verdicts on earlier calls stay as they are. Null for
    /// always.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required)]
    since: Option<Time>,
}

/// Whether an entry counts.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"withdrawn_because": "однофамилец: ИНН другого общества"})))]
pub(crate) struct WithdrawOperatorEntry {
    /// Why it does not count; null lets it count again.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500, required)]
    withdrawn_because: Option<Withdrawal>,
}

/// A piece of the list of operators.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct OperatorPage {
    /// In order of ИНН, the built-in list before the agency's entries.
    items: Vec<OperatorEntryView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// One operator with all that is known of it.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "inn": "7733808377",
    "at": "2026-11-24T09:00:00Z",
    "standing_at": null,
    "entries": []
})))]
pub(crate) struct OperatorDetail {
    /// Its ИНН.
    inn: InnText,
    /// The time asked about.
    at: Time,
    /// What holds at that time; null where nothing does.
    standing_at: Option<OperatorEntryView>,
    /// Every entry, the built-in list first, then in order of entry.
    entries: Vec<OperatorEntryView>,
}

/// Which operators, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListOperators {
    /// With this ИНН.
    #[param(nullable = false)]
    inn: Option<InnText>,
    /// That stand so.
    #[param(nullable = false)]
    standing: Option<OperatorStandingWord>,
    /// Members of this group.
    #[param(nullable = false)]
    group: Option<Slug>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// At which time.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FindOperator {
    /// The time asked about, now unless told.
    #[param(nullable = false)]
    at: Option<Time>,
}

/// Enter an operator
///
/// Only an agency's key may. It holds from its beginning on, until a later entry
/// of the same ИНН begins; of two with one beginning the one entered later
/// counts, and any goes before the built-in list. Every client's calls from then
/// on are judged again.
#[utoipa::path(
    tag = "operators",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateOperatorEntry,
    responses(
        (status = 201, description = "The entry as made.", body = OperatorEntryView),
        (status = 409, description = "There are as many entries as are kept.", body = Problem),
    ),
)]
#[post("/v1/operators")]
async fn create_operator_entry(
    app: AppData,
    agency: Agency<Admin>,
    once: Once,
    body: Body<CreateOperatorEntry>,
) -> ApiResult<HttpResponse> {
    let new = NewOperatorEntry::try_from(body.0)?;
    let author = agency.key_id().to_owned();
    let work = move |conn: &mut _| operators::create_entry(conn, &new, &author);
    let reply = |row| Reply::created(&OperatorEntryView::try_from(row)?);
    app.write_once(&once, Reach::Agency, work, reply).await
}

/// List operators
///
/// The built-in list and what the agency entered beside it, withdrawn entries
/// too.
#[utoipa::path(
    tag = "operators",
    security(("bearer" = [])),
    params(ListOperators),
    responses((status = 200, description = "A piece of the list.", body = OperatorPage)),
)]
#[get("/v1/operators")]
async fn list_operators(
    app: AppData,
    req: HttpRequest,
    caller: Caller<AnyKey>,
    query: Params<ListOperators>,
) -> ApiResult<HttpResponse> {
    let ListOperators { inn, standing, group, cursor, limit } = query.0;
    let rows = app.read(caller.whole_reach()?, operators::list_entries).await?;
    let group = group.map(|group| group.0);
    let mut entries = views(rows)?;
    entries.retain(|entry| {
        inn.is_none_or(|inn| entry.inn == inn)
            && standing.is_none_or(|standing| entry.standing == standing)
            && (group.is_none() || entry.group == group)
            && cursor.is_none_or(|cursor| place(entry) > (cursor.micros, cursor.id))
    });
    let (items, next_cursor) = paging::cut(entries, limit, |entry| {
        let (micros, id) = place(entry);
        Cursor { micros, id }
    });
    let page = OperatorPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one operator
#[utoipa::path(
    tag = "operators",
    security(("bearer" = [])),
    params(("inn" = InnText, Path, description = "The operator's ИНН."), FindOperator),
    responses((status = 200, description = "The operator.", body = OperatorDetail)),
)]
#[get("/v1/operators/{inn}")]
async fn find_operator(
    app: AppData,
    caller: Caller<AnyKey>,
    inn: web::Path<InnText>,
    query: Params<FindOperator>,
) -> ApiResult<web::Json<OperatorDetail>> {
    let inn = inn.into_inner();
    let at = query.0.at.unwrap_or_else(|| Time(now()));
    let rows = app.read(caller.whole_reach()?, operators::list_entries).await?;
    let holds = operators::known_by(&rows)?.entry(inn.0, at.0).map(|entry| entry.id);
    let mut entries = views(rows)?;
    entries.retain(|entry| entry.inn == inn);
    if entries.is_empty() {
        return Err(StoreError::NotFound.into());
    }
    let standing_at = holds.and_then(|id| {
        let id = id.map(|id| id.0);
        entries.iter().find(|entry| entry.id == id).cloned()
    });
    Ok(web::Json(OperatorDetail { inn, at, standing_at, entries }))
}

/// Withdraw an entry
///
/// Only an agency's key may. It stays with the reason and counts no more; every
/// client's calls from its beginning on are judged again. The built-in list is
/// not withdrawn but entered otherwise.
#[utoipa::path(
    tag = "operators",
    security(("bearer" = ["admin"])),
    params(
        ("inn" = InnText, Path, description = "The operator's ИНН."),
        ("id" = Uuid, Path, description = "The entry's id."),
    ),
    request_body = WithdrawOperatorEntry,
    responses((status = 200, description = "The entry as changed.", body = OperatorEntryView)),
)]
#[patch("/v1/operators/{inn}/entries/{id}")]
async fn withdraw_operator_entry(
    app: AppData,
    _: Agency<Admin>,
    path: web::Path<(InnText, Uuid)>,
    body: Body<WithdrawOperatorEntry>,
) -> ApiResult<web::Json<OperatorEntryView>> {
    let (InnText(inn), id) = path.into_inner();
    let because = body.0.withdrawn_because.map(|because| because.0);
    let row = app.write(Reach::Agency, move |conn| {
        operators::withdraw_entry(conn, inn, OperatorEntryId(id), because.as_deref())
    });
    Ok(web::Json(row.await?.try_into()?))
}

/// The built-in list and these entries, in order of ИНН and then of entry.
fn views(rows: Vec<OperatorEntryRow>) -> ApiResult<Vec<OperatorEntryView>> {
    let mut views: Vec<OperatorEntryView> =
        Operators::built_in().iter().map(OperatorEntryView::from).collect();
    for row in rows {
        views.push(row.try_into()?);
    }
    views.sort_by_key(place);
    Ok(views)
}

/// The entry's place in the list. A cursor keeps the ИНН where other lists keep
/// a time; the built-in list, which has no ids, comes first.
fn place(entry: &OperatorEntryView) -> (i64, Uuid) {
    // Twelve digits are far below what an i64 holds.
    (entry.inn.0.value().cast_signed(), entry.id.unwrap_or_default())
}

impl TryFrom<CreateOperatorEntry> for NewOperatorEntry {
    type Error = ApiError;

    fn try_from(body: CreateOperatorEntry) -> ApiResult<Self> {
        Ok(Self {
            operator: Operator {
                inn: body.inn.0,
                name: body.name.0,
                brand: body.brand.map(|brand| brand.0),
                standing: standing(body.standing.into(), body.group, body.hosts)?,
                source: body.source.0,
            },
            since: body.since.map(|since| since.0),
        })
    }
}

/// The standing with just the parts it needs: a group's member its group, a
/// virtual operator its hosts.
fn standing(
    kind: StandingKind,
    group: Option<Slug>,
    hosts: Option<Vec<Slug>>,
) -> ApiResult<Standing> {
    match (kind, group, hosts) {
        (StandingKind::Group, Some(group), None) => Ok(Standing::Group(OperatorGroup(group.0))),
        (StandingKind::Entity, None, None) => Ok(Standing::Entity),
        (StandingKind::NoCallers, None, None) => Ok(Standing::NoCallers),
        (StandingKind::Virtual, None, Some(hosts)) if hosts.len() <= MAX_HOSTS => {
            let hosts = hosts.into_iter().map(|host| OperatorGroup(host.0)).collect();
            Ok(Standing::Virtual { hosts })
        }
        (StandingKind::Virtual, None, Some(_)) => Err(ApiError::field("/hosts", Fault::TooMany)),
        (StandingKind::Virtual, None, None) => Err(ApiError::field("/hosts", Fault::Missing)),
        (StandingKind::Group, None, _) => Err(ApiError::field("/group", Fault::Missing)),
        (StandingKind::Group, Some(_), Some(_)) | (_, None, Some(_)) => {
            Err(ApiError::field("/hosts", Fault::NotTogether))
        }
        (_, Some(_), _) => Err(ApiError::field("/group", Fault::NotTogether)),
    }
}
