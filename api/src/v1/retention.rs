//! `/v1/clients/{id}/retention`: how long a client's calls and recordings are kept.

use crate::routes::ServiceConfig;
use actix_web::{get, put, web};
use baitline_domain::ids::ClientId;
use baitline_store::models::RetentionRow;
use baitline_store::retention::{MAX_RETENTION_DAYS, MIN_RETENTION_DAYS};
use baitline_store::{Reach, clients, retention};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::app::AppData;
use crate::auth::Agency;
use crate::extract::Body;
use crate::fields::{Time, Whole};
use crate::permissions::Admin;
use crate::problem::ApiResult;

/// Days for which calls are kept.
pub(super) type RetentionDays = Whole<MIN_RETENTION_DAYS, MAX_RETENTION_DAYS>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(find_retention).service(set_retention);
}

/// How long calls are to be kept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"days": 1095})))]
pub(crate) struct SetRetention {
    /// Days from a call on, at least 30; null for ever.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(value_type = Option<u32>, minimum = 30, maximum = 36500, required)]
    days: Option<RetentionDays>,
}

/// How long a client's calls and recordings are kept.
#[derive(Serialize, ToSchema)]
#[schema(as = Retention, examples(json!({
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "days": 1095,
    "author": "k7m2p9q4w8x3",
    "updated_at": "2026-10-01T09:30:00Z"
})))]
pub(crate) struct RetentionView {
    /// The client.
    client_id: Uuid,
    /// Days from a call on; null for ever.
    days: Option<i32>,
    /// The public part of the key that said so; null where nobody did.
    author: Option<String>,
    /// When.
    updated_at: Option<Time>,
}

impl RetentionView {
    fn of(client: ClientId, row: Option<RetentionRow>) -> Self {
        Self {
            client_id: client.0,
            days: row.as_ref().and_then(|row| row.days),
            author: row.as_ref().map(|row| row.author.clone()),
            updated_at: row.map(|row| Time(row.updated_at)),
        }
    }
}

/// Tell how long calls are kept
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The client's id.")),
    responses((status = 200, description = "The client's retention.", body = RetentionView)),
)]
#[get("/v1/clients/{id}/retention")]
async fn find_retention(
    app: AppData,
    _agency: Agency<Admin>,
    id: web::Path<Uuid>,
) -> ApiResult<web::Json<RetentionView>> {
    let client = ClientId(id.into_inner());
    let row = app.read(Reach::Agency, move |conn| {
        clients::find_client(conn, client)?;
        retention::find_retention(conn, client)
    });
    Ok(web::Json(RetentionView::of(client, row.await?)))
}

/// Say how long calls are kept
///
/// A worker erases what is older, but for what a filed complaint or a legal hold keeps,
/// and for calls of a bait with a number that has called it since: earlier calls bear on
/// later ones.
#[utoipa::path(
    tag = "personal-data",
    security(("bearer" = ["admin"])),
    params(("id" = Uuid, Path, description = "The client's id.")),
    request_body = SetRetention,
    responses((status = 200, description = "The client's retention.", body = RetentionView)),
)]
#[put("/v1/clients/{id}/retention")]
async fn set_retention(
    app: AppData,
    agency: Agency<Admin>,
    id: web::Path<Uuid>,
    body: Body<SetRetention>,
) -> ApiResult<web::Json<RetentionView>> {
    let (client, author) = (ClientId(id.into_inner()), agency.key_id().to_owned());
    let days = body.0.days.map(|days| days.0.cast_signed());
    let row = app.write(Reach::Agency, move |conn| {
        clients::find_client(conn, client)?;
        retention::set_retention(conn, client, days, &author)
    });
    Ok(web::Json(RetentionView::of(client, Some(row.await?))))
}
