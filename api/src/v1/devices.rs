//! `/v1/devices`: phones that record calls, and which SIM was in them when.

use std::collections::HashMap;

use crate::routes::ServiceConfig;
use actix_web::{HttpRequest, HttpResponse, get, patch, post, web};
use baitline_domain::ids::{BaitId, ClientId, DeviceBindingId, DeviceId, SourceId};
use baitline_domain::instant::Instant;
use baitline_store::devices;
use baitline_store::models::{BindingChanges, Device, DeviceBinding, NewBinding, NewDevice};
use baitline_store::{Conn, StoreError, StoreResult};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::page;
use crate::app::AppData;
use crate::auth::Caller;
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{Line, Time, present};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit};
use crate::permissions::{Admin, BaitsRead};
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;

/// What people call a device.
pub(super) type DeviceName = Line<200>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config
        .service(create_device)
        .service(list_devices)
        .service(find_device)
        .service(bind_device)
        .service(update_binding);
}

/// A device to enter, with the SIM that is in it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "name": "Redmi of the office",
    "source_id": "0197a5b0-7c1e-7d3a-9a51-000000000004",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002"
})))]
pub(crate) struct CreateDevice {
    /// The client; required with an agency's key.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// What people call it.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: DeviceName,
    /// The source its files report as: a recorder app of no other device. Times
    /// in names of files are read in its zone, by its clock.
    source_id: Uuid,
    /// The bait whose SIM is in it.
    bait_id: Uuid,
    /// Since when; always, unless told.
    #[schema(nullable = false)]
    valid_from: Option<Time>,
    /// Until when (exclusive); until now, unless told.
    #[schema(nullable = false)]
    valid_to: Option<Time>,
}

/// Another SIM in a device.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "valid_from": "2026-11-01T00:00:00+03:00"
})))]
pub(crate) struct CreateBinding {
    /// The bait whose SIM is in it.
    bait_id: Uuid,
    /// Since when; one that was in it until now ends there.
    valid_from: Time,
    /// Until when (exclusive); until now, unless told.
    #[schema(nullable = false)]
    valid_to: Option<Time>,
}

/// What changes of a binding: what is absent stays, null empties.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"valid_to": "2026-11-01T00:00:00+03:00"})))]
pub(crate) struct UpdateBinding {
    /// Another beginning.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Time>)]
    valid_from: Option<Option<Time>>,
    /// Another end (exclusive); at the beginning, it takes the binding back.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Time>)]
    valid_to: Option<Option<Time>>,
}

/// A time in which one SIM was in a device.
#[derive(Serialize, ToSchema)]
#[schema(as = DeviceBinding, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
    "valid_from": null,
    "valid_to": null
})))]
pub(crate) struct BindingView {
    /// Its id.
    id: Uuid,
    /// The bait whose SIM it was.
    bait_id: Uuid,
    /// Since when; null for always.
    valid_from: Option<Time>,
    /// Until when (exclusive); null for until now.
    valid_to: Option<Time>,
}

impl From<DeviceBinding> for BindingView {
    fn from(row: DeviceBinding) -> Self {
        Self {
            id: row.id.0,
            bait_id: row.bait_id.0,
            valid_from: row.valid_from.map(Time),
            valid_to: row.valid_to.map(Time),
        }
    }
}

/// A phone that records calls.
#[derive(Serialize, ToSchema)]
#[schema(as = Device, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000020",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "name": "Redmi of the office",
    "source_id": "0197a5b0-7c1e-7d3a-9a51-000000000004",
    "bindings": [{
        "id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
        "bait_id": "0197a5b0-7c1e-7d3a-9a51-000000000002",
        "valid_from": null,
        "valid_to": null
    }],
    "created_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct DeviceView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// What people call it.
    name: String,
    /// The source its files report as.
    source_id: Uuid,
    /// Which SIM was in it when, in order of entry.
    bindings: Vec<BindingView>,
    /// When it was entered.
    created_at: Time,
}

impl From<(Device, Vec<DeviceBinding>)> for DeviceView {
    fn from((row, bindings): (Device, Vec<DeviceBinding>)) -> Self {
        Self {
            id: row.id.0,
            client_id: row.client_id.0,
            name: row.name,
            source_id: row.source_id.0,
            bindings: bindings.into_iter().map(BindingView::from).collect(),
            created_at: Time(row.created_at),
        }
    }
}

/// A piece of the list of devices.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct DevicePage {
    /// In order of entry.
    items: Vec<DeviceView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which devices, and which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListDevices {
    /// Of this client.
    #[param(nullable = false)]
    client_id: Option<Uuid>,
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Enter a device
///
/// A phone whose recorder names its files after the calls. Each device reports
/// as a source of its own, for each has a clock of its own.
#[utoipa::path(
    tag = "devices",
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateDevice,
    responses(
        (status = 201, description = "The device as entered.", body = DeviceView),
        (status = 409, description = "Another device reports as this source.", body = Problem),
    ),
)]
#[post("/v1/devices")]
async fn create_device(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    body: Body<CreateDevice>,
) -> ApiResult<HttpResponse> {
    let client = caller.client(body.0.client_id)?;
    let new = NewDevice::try_from(body.0)?;
    let work = move |conn: &mut _| devices::create_device(conn, client, &new);
    let reply = |(device, binding)| Reply::created(&DeviceView::from((device, vec![binding])));
    // A device names its source in the body, a call in the query.
    app.create_once(&once, client, work, reply).await.map_err(|error| match error {
        ApiError::NotFound(Some(item)) if item.parameter.as_deref() == Some("source") => {
            let item = crate::fault::FaultItem::at("/source_id", Fault::UnknownSource);
            ApiError::NotFound(Some(item))
        }
        error => error,
    })
}

/// List devices
#[utoipa::path(
    tag = "devices",
    security(("bearer" = ["baits:read"])),
    params(ListDevices),
    responses((status = 200, description = "A piece of the list.", body = DevicePage)),
)]
#[get("/v1/devices")]
async fn list_devices(
    app: AppData,
    req: HttpRequest,
    caller: Caller<BaitsRead>,
    query: Params<ListDevices>,
) -> ApiResult<HttpResponse> {
    let ListDevices { client_id, cursor, limit } = query.0;
    let reach = caller.reach(client_id)?;
    let page = page(cursor, limit);
    let rows = app.read(reach, move |conn| {
        let rows = devices::list_devices(conn, reach, page)?;
        with_bindings(conn, rows)
    });
    let (rows, next_cursor) = paging::cut(rows.await?, limit, |row| Cursor::of_id(row.0.id.0));
    let items = rows.into_iter().map(DeviceView::from).collect();
    let page = DevicePage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Find one device
#[utoipa::path(
    tag = "devices",
    security(("bearer" = ["baits:read"])),
    params(("id" = Uuid, Path, description = "The device's id.")),
    responses((status = 200, description = "The device.", body = DeviceView)),
)]
#[get("/v1/devices/{id}")]
async fn find_device(
    app: AppData,
    caller: Caller<BaitsRead>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<DeviceView>> {
    let (id, reach) = (DeviceId(id.into_inner()), caller.whole_reach()?);
    let found = app.read(reach, move |conn| {
        let row = devices::find_device(conn, reach, id)?;
        with_bindings(conn, vec![row])?.pop().ok_or(StoreError::NotFound)
    });
    Ok(web::Json(found.await?.into()))
}

/// Put another SIM into a device
///
/// One that was in it until now ends where the new one begins. Files are
/// counted to the bait whose SIM was in the phone at the time in their name.
#[utoipa::path(
    tag = "devices",
    security(("bearer" = ["admin"])),
    params(
        ("id" = Uuid, Path, description = "The device's id."),
        OnceHeader,
    ),
    request_body = CreateBinding,
    responses(
        (status = 201, description = "The binding as entered.", body = BindingView),
        (status = 409, description = "Another SIM is in the device at that time.", body = Problem),
    ),
)]
#[post("/v1/devices/{id}/bindings")]
async fn bind_device(
    app: AppData,
    caller: Caller<Admin>,
    once: Once,
    id: web::Path<Uuid>,
    body: Body<CreateBinding>,
) -> ApiResult<HttpResponse> {
    let (id, reach) = (DeviceId(id.into_inner()), caller.whole_reach()?);
    let CreateBinding { bait_id, valid_from, valid_to } = body.0;
    let (valid_from, valid_to) = validity(Some(valid_from), valid_to)?;
    let new = NewBinding { bait: BaitId(bait_id), valid_from, valid_to };
    let work = move |conn: &mut _| {
        let client = devices::find_device(conn, reach, id)?.client_id;
        devices::bind_device(conn, client, id, &new)
    };
    let reply = |binding| Reply::created(&BindingView::from(binding));
    app.write_once(&once, reach, work, reply).await
}

/// Change a binding
///
/// Calls that were read from names of files before stay with the bait that
/// was bound then.
#[utoipa::path(
    tag = "devices",
    security(("bearer" = ["admin"])),
    params(
        ("id" = Uuid, Path, description = "The device's id."),
        ("binding_id" = Uuid, Path, description = "The binding's id."),
    ),
    request_body = UpdateBinding,
    responses(
        (status = 200, description = "The binding as changed.", body = BindingView),
        (status = 409, description = "Another SIM is in the device at that time.", body = Problem),
    ),
)]
#[patch("/v1/devices/{id}/bindings/{binding_id}")]
async fn update_binding(
    app: AppData,
    caller: Caller<Admin>,
    ids: web::Path<(Uuid, Uuid)>,
    body: Body<UpdateBinding>,
) -> ApiResult<web::Json<BindingView>> {
    let reach = caller.whole_reach()?;
    let (device, binding) = ids.into_inner();
    let (device, binding) = (DeviceId(device), DeviceBindingId(binding));
    let UpdateBinding { valid_from, valid_to } = body.0;
    let changes = BindingChanges {
        valid_from: valid_from.map(|change| change.map(|time| time.0)),
        valid_to: valid_to.map(|change| change.map(|time| time.0)),
    };
    let row = app.write(reach, move |conn| {
        let client = devices::find_device(conn, reach, device)?.client_id;
        devices::update_binding(conn, client, device, binding, &changes)
    });
    Ok(web::Json(row.await?.into()))
}

/// Adds its bindings to each device.
fn with_bindings(
    conn: &mut Conn,
    rows: Vec<Device>,
) -> StoreResult<Vec<(Device, Vec<DeviceBinding>)>> {
    let mut by_client: HashMap<ClientId, Vec<DeviceId>> = HashMap::new();
    for row in &rows {
        by_client.entry(row.client_id).or_default().push(row.id);
    }
    let mut found: HashMap<DeviceId, Vec<DeviceBinding>> = HashMap::new();
    for (client, ids) in by_client {
        for binding in devices::bindings_of(conn, client, &ids)? {
            found.entry(binding.device_id).or_default().push(binding);
        }
    }
    let with = |row: Device| {
        let bindings = found.remove(&row.id).unwrap_or_default();
        (row, bindings)
    };
    Ok(rows.into_iter().map(with).collect())
}

impl TryFrom<CreateDevice> for NewDevice {
    type Error = ApiError;

    fn try_from(body: CreateDevice) -> ApiResult<Self> {
        let (valid_from, valid_to) = validity(body.valid_from, body.valid_to)?;
        let binding = NewBinding { bait: BaitId(body.bait_id), valid_from, valid_to };
        Ok(Self { name: body.name.0, source: SourceId(body.source_id), binding })
    }
}

fn validity(from: Option<Time>, to: Option<Time>) -> ApiResult<(Option<Instant>, Option<Instant>)> {
    let (from, to) = (from.map(|time| time.0), to.map(|time| time.0));
    if from.zip(to).is_some_and(|(from, to)| to <= from) {
        return Err(ApiError::field("/valid_to", Fault::EmptyPeriod));
    }
    Ok((from, to))
}
