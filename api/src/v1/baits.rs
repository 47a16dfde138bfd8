//! `/v1/baits`: the SIMs that wait for calls.

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::BaitId;
use baitline_domain::instant::Instant;
use baitline_domain::operator::{Operators, Standing};
use baitline_store::baits::{self, BaitFilter};
use baitline_store::models::{Bait, BaitChanges, BaitNow, NewBait};
use baitline_store::{Conn, Reach, StoreError, StoreResult, bait_states, now, operators};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::operator_views::{OperatorView, operator_view};
use super::page;
use super::traps::WindowView;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fields::{InnText, Line, PhoneNumber, Prose, Reference, Time, present};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, BaitsRead};
use crate::problem::{ApiResult, Problem};
use crate::query::Params;
use crate::words::BaitStateWord;

/// The groups whose SIMs the method asks for: their small numbering capacity
/// makes a caller of another operator obvious sooner.
const RECOMMENDED_GROUPS: [&str; 2] = ["t2-rostelecom", "beeline"];

/// Where a bait is.
pub(super) type Region = Line<100>;
/// A remark for people.
pub(super) type Note = Prose<1_000>;
/// Why a bait is out of use.
pub(super) type Retirement = Prose<500>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_bait).service(list_baits).service(find_bait).service(update_bait);
}

/// A bait to enter.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "number": "+79001234567",
    "reference": "M-017",
    "operator_inn": "7743895280",
    "region": "Москва"
})))]
pub(crate) struct CreateBait {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// Its number, in any form.
    number: PhoneNumber,
    /// The client's own name for it; call records may use it.
    reference: Option<Reference>,
    /// The operator by contract. Without it every verdict is inconclusive.
    operator_inn: Option<InnText>,
    /// Where it is.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    region: Option<Region>,
    /// For people.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Note>,
}

/// What changes of a bait: what is absent stays, null empties. Another number
/// is another bait.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reference": "M-018", "note": null})))]
pub(crate) struct UpdateBait {
    /// Another reference.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Reference>)]
    reference: Option<Option<Reference>>,
    /// Another operator by contract.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<InnText>)]
    operator_inn: Option<Option<InnText>>,
    /// Another place.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    region: Option<Option<Region>>,
    /// Another note.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 1000)]
    note: Option<Option<Note>>,
    /// Why it is out of use from now on; null takes it back into use.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    retired_because: Option<Option<Retirement>>,
}

/// One SIM.
#[derive(Serialize, ToSchema)]
#[schema(as = Bait, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "number": "+79001234567",
    "reference": "M-017",
    "operator": {
        "inn": "7743895280", "name": "ООО «Т2 Мобайл»", "brand": "T2", "group": "t2-rostelecom"
    },
    "region": "Москва",
    "note": null,
    "notices": [],
    "state": "armed",
    "window": {"from": "2026-10-01T07:18:00Z", "to": "2026-10-03T07:18:00Z"},
    "last_trap_at": "2026-10-01T07:00:00Z",
    "retired_at": null,
    "retired_because": null,
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct BaitView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Its number.
    number: PhoneNumber,
    /// The client's own name for it.
    reference: Option<String>,
    /// The operator by contract.
    operator: Option<OperatorView>,
    /// Where it is.
    region: Option<String>,
    /// For people.
    note: Option<String>,
    /// What to know before a trap is run on it.
    notices: Vec<BaitNotice>,
    /// Where it stands now.
    state: BaitStateWord,
    /// The window that is open now, whatever the state: a tainted bait still
    /// records. Of several the one that ends last; null where none is open.
    window: Option<WindowView>,
    /// When the run of its latest trap began; null where it had none.
    last_trap_at: Option<Time>,
    /// When it was taken out of use; null while it is in use.
    retired_at: Option<Time>,
    /// Why it was taken out of use.
    retired_because: Option<String>,
    /// When it was entered.
    created_at: Time,
}

/// What to know of a bait's operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::enum_variant_names, reason = "these are the words on the wire")]
pub(crate) enum BaitNotice {
    /// No operator is given: every verdict will be inconclusive.
    OperatorMissing,
    /// Nothing is known of the operator: every verdict will be inconclusive.
    OperatorUnknown,
    /// The operator is a virtual one: every verdict will be inconclusive.
    OperatorVirtual,
    /// The operator is neither T2 nor Beeline: callers of other operators show
    /// later.
    OperatorNotRecommended,
}

/// A piece of the list of baits.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct BaitPage {
    /// In order of entry.
    items: Vec<BaitView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which baits, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListBaits {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// With this number.
    #[param(nullable = false)]
    number: Option<PhoneNumber>,
    /// With this reference.
    #[param(nullable = false)]
    reference: Option<Reference>,
    /// In this state.
    #[param(nullable = false)]
    state: Option<BaitStateWord>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter a bait
///
/// Calls that named it before are joined to it. `notices` says what the choice
/// of operator means for verdicts.
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateBait,
    responses(
        (status = 201, description = "The bait as entered.", body = BaitView),
        (status = 409, description = "The number or reference is taken.", body = Problem),
    ),
)]
#[post("/v1/baits")]
async fn create_bait(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreateBait>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let new = NewBait::from(body.0);
    let work = move |conn: &mut _| {
        let bait = baits::create_bait(conn, client, &new)?;
        known(conn, Reach::Client(client), bait)
    };
    let reply = |(bait, operators)| Reply::created(&view(&operators, bait));
    app.create_once(&once, client, work, reply).await
}

/// List baits
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["baits:read"])),
    params(ListBaits),
    responses((status = 200, description = "A piece of the list.", body = BaitPage)),
)]
#[get("/v1/baits")]
async fn list_baits(
    app: AppData,
    req: HttpRequest,
    caller: Caller<BaitsRead>,
    query: Params<ListBaits>,
) -> ApiResult<HttpResponse> {
    let ListBaits { client_id, number, reference, state, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let now = now();
    let filter = BaitFilter {
        number: number.map(|number| number.0),
        reference: reference.map(|reference| reference.0),
        state: state.map(|state| (state.into(), now)),
    };
    let page = page(cursor, limit);
    let found = app.read(reach, move |conn| {
        let rows = baits::list_baits(conn, reach, &filter, page)?;
        let rows = bait_states::states_of(conn, reach, rows, now)?;
        Ok((rows, operators::known_operators(conn)?))
    });
    let (rows, operators) = found.await?;
    let (rows, next_cursor) = paging::cut(rows, limit, |row| Cursor::of_id(row.bait.id.0));
    let items = rows.into_iter().map(|bait| view(&operators, bait)).collect();
    let page = BaitPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one bait
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["baits:read"])),
    params(("id" = Uuid, Path, description = "The bait's id.")),
    responses((status = 200, description = "The bait.", body = BaitView)),
)]
#[get("/v1/baits/{id}")]
async fn find_bait(
    app: AppData,
    caller: Caller<BaitsRead>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<BaitView>> {
    let (id, reach) = (BaitId(id.into_inner()), caller.whole_reach()?);
    let found = app.read(reach, move |conn| {
        let bait = baits::find_bait(conn, reach, id)?;
        known(conn, reach, bait)
    });
    let (bait, operators) = found.await?;
    Ok(web::Json(view(&operators, bait)))
}

/// Change a bait
///
/// Its calls are judged again where the operator changes. A bait that is taken
/// out of use keeps its calls and their verdicts, and gets no more traps.
#[utoipa::path(
    tag = "baits",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The bait's id.")),
    request_body = UpdateBait,
    responses(
        (status = 200, description = "The bait as changed.", body = BaitView),
        (status = 409, description = "The reference is taken.", body = Problem),
    ),
)]
#[patch("/v1/baits/{id}")]
async fn update_bait(
    app: AppData,
    caller: Caller<Admin>,
    id: web::Path<Uuid>,
    body: Body<UpdateBait>,
) -> ApiResult<web::Json<BaitView>> {
    let (id, reach) = (BaitId(id.into_inner()), caller.whole_reach()?);
    let UpdateBait { reference, operator_inn, region, note, retired_because } = body.0;
    let changes = BaitChanges {
        reference: reference.map(|change| change.map(|reference| reference.0)),
        operator: operator_inn.map(|change| change.map(|inn| inn.0)),
        region: region.map(|change| change.map(|region| region.0)),
        note: note.map(|change| change.map(|note| note.0)),
    };
    let changed = app.write(reach, move |conn| {
        let client = baits::find_bait(conn, reach, id)?.client_id;
        let mut bait = baits::update_bait(conn, client, id, &changes)?;
        if let Some(because) = &retired_because {
            let because = because.as_ref().map(|because| because.0.as_str());
            bait = baits::retire_bait(conn, client, id, because)?;
        }
        known(conn, reach, bait)
    });
    let (bait, operators) = changed.await?;
    Ok(web::Json(view(&operators, bait)))
}

impl From<CreateBait> for NewBait {
    fn from(body: CreateBait) -> Self {
        Self {
            number: body.number.0,
            reference: body.reference.map(|reference| reference.0),
            operator: body.operator_inn.map(|inn| inn.0),
            region: body.region.map(|region| region.0),
            note: body.note.map(|note| note.0),
        }
    }
}

/// A bait as it stands now, and the operators that name its own.
fn known(conn: &mut Conn, reach: Reach, bait: Bait) -> StoreResult<(BaitNow, Operators)> {
    let bait = bait_states::states_of(conn, reach, vec![bait], now())?.pop();
    Ok((bait.ok_or(StoreError::NotFound)?, operators::known_operators(conn)?))
}

/// The operator and the notices are today's, since the next trap is what they
/// are read for.
fn view(operators: &Operators, row: BaitNow) -> BaitView {
    let BaitNow { bait, state, window, last_trap_at } = row;
    let today = now();
    BaitView {
        id: bait.id.0,
        client_id: bait.client_id.0,
        number: PhoneNumber(bait.number),
        notices: notices(operators, &bait, today),
        reference: bait.reference,
        operator: bait.operator.map(|inn| operator_view(operators, inn, today)),
        region: bait.region,
        note: bait.note,
        state: state.into(),
        window: window.map(WindowView::from),
        last_trap_at: last_trap_at.map(Time),
        retired_at: bait.retired_at.map(Time),
        retired_because: bait.retired_because,
        created_at: Time(bait.created_at),
    }
}

fn notices(operators: &Operators, bait: &Bait, today: Instant) -> Vec<BaitNotice> {
    let Some(inn) = bait.operator else {
        return vec![BaitNotice::OperatorMissing];
    };
    match operators.find(inn, today).map(|operator| &operator.standing) {
        None | Some(Standing::NoCallers) => vec![BaitNotice::OperatorUnknown],
        Some(Standing::Virtual { .. }) => {
            vec![BaitNotice::OperatorNotRecommended, BaitNotice::OperatorVirtual]
        }
        Some(Standing::Group(group)) if RECOMMENDED_GROUPS.contains(&group.0.as_str()) => {
            Vec::new()
        }
        Some(Standing::Group(_) | Standing::Entity) => vec![BaitNotice::OperatorNotRecommended],
    }
}
