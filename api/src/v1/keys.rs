//! `/v1/keys`: the API's own keys. Only an agency's key may make, list and
//! revoke them; a key's text is told once, to whoever made it.

use crate::routes::ServiceConfig;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use baitline_store::keys::{self, ApiKey, ID_CHARS};
use baitline_store::{Reach, clients, now};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::AppData;
use crate::auth::{Agency, unknown_client};
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{Line, Time};
use crate::paging::{self, Cursor, Limit, rows_to_ask};
use crate::problem::{ApiError, ApiResult};
use crate::query::Params;

/// What people call a key.
pub(super) type Name = Line<200>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_key).service(list_keys).service(revoke_key);
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "name": "CRM of the window maker",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "expires_at": "2027-10-01T00:00:00Z"
})))]
pub(crate) struct CreateKey {
    /// For people: who uses it.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
    /// The client it reaches. Without it the key is the agency's and reaches
    /// every client.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// The moment from which it is refused, which is still to come; never
    /// unless told.
    #[schema(nullable = false)]
    expires_at: Option<Time>,
}

/// A key's facts. Its secret is not among them.
#[derive(Serialize, ToSchema)]
#[schema(as = Key, examples(json!({
    "id": "k7q2m9x4b3wd",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "name": "CRM of the window maker",
    "created_at": "2026-10-01T09:30:00Z",
    "expires_at": null,
    "revoked_at": null
})))]
pub(crate) struct KeyView {
    /// Its public id: the part of its text between the underscores.
    id: String,
    /// The client it reaches; null for an agency's, which reaches every client.
    client_id: Option<Uuid>,
    /// For people.
    name: String,
    /// When it was made.
    created_at: Time,
    /// From when on it is refused; null for never.
    expires_at: Option<Time>,
    /// When it was revoked; null while it was not.
    revoked_at: Option<Time>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        Self {
            id: key.key_id,
            client_id: key.client_id.map(|client| client.0),
            name: key.name,
            created_at: Time(key.created_at),
            expires_at: key.expires_at.map(Time),
            revoked_at: key.revoked_at.map(Time),
        }
    }
}

/// A new key with its text, which nobody can be told again.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "text": "baitline_k7q2m9x4b3wd_4n6p8r2s3t5v7w9x2y4z6a8b3c5d7e9fa1b2c3",
    "key": {
        "id": "k7q2m9x4b3wd",
        "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
        "name": "CRM of the window maker",
        "created_at": "2026-10-01T09:30:00Z",
        "expires_at": null,
        "revoked_at": null
    }
})))]
pub(crate) struct IssuedKey {
    /// What is sent after `Authorization: Bearer`.
    text: String,
    /// Its facts.
    key: KeyView,
}

/// A piece of the list of keys.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": [], "next_cursor": null})))]
pub(crate) struct KeyPage {
    /// In order of making.
    items: Vec<KeyView>,
    /// Leads to the next piece; null at the end.
    next_cursor: Option<String>,
}

/// Which piece of the list.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListKeys {
    /// Where the piece before ended.
    #[param(value_type = Option<String>, nullable = false)]
    cursor: Option<Cursor>,
    /// How many, 100 unless told.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1000, nullable = false)]
    limit: Option<Limit>,
}

/// Whether a key could have this id; no other text goes to the database.
fn is_key_id(bytes: &[u8]) -> bool {
    bytes.len() == ID_CHARS && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
}

/// Make a key
///
/// Only an agency's key may. The answer is the only one that holds the key's
/// text: whoever loses it makes another and revokes this one.
#[utoipa::path(
    tag = "keys",
    request_body = CreateKey,
    responses((status = 201, description = "The key with its text.", body = IssuedKey)),
)]
#[post("/v1/keys")]
async fn create_key(app: AppData, _: Agency, body: Body<CreateKey>) -> ApiResult<HttpResponse> {
    let CreateKey { name, client_id, expires_at } = body.0;
    let reach = client_id.map_or(Reach::Agency, |id| Reach::Client(ClientId(id)));
    let expires_at = expires_at.map(|time| time.0);
    if expires_at.is_some_and(|end| end <= now()) {
        return Err(ApiError::field("/expires_at", Fault::OutOfRange));
    }
    let made = app.write(Reach::Agency, move |conn| {
        if let Some(client) = reach.client() {
            clients::find_client(conn, client)?;
        }
        keys::create_key(conn, reach, &name.0, expires_at)
    });
    let (key, text) = made.await.map_err(|error| match error {
        ApiError::NotFound(_) => unknown_client(),
        error => error,
    })?;
    Ok(HttpResponse::Created()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(IssuedKey { text, key: key.into() }))
}

/// List keys
///
/// Only an agency's key may. Revoked and expired ones stay in the list.
#[utoipa::path(
    tag = "keys",
    params(ListKeys),
    responses((status = 200, description = "A piece of the list.", body = KeyPage)),
)]
#[get("/v1/keys")]
async fn list_keys(
    app: AppData,
    req: HttpRequest,
    _: Agency,
    query: Params<ListKeys>,
) -> ApiResult<HttpResponse> {
    let ListKeys { cursor, limit } = query.0;
    let after = cursor.map(place_of).transpose()?;
    let rows = app.read(Reach::Agency, move |conn| {
        let after = after.as_ref().map(|(made_at, id)| (*made_at, id.as_str()));
        keys::list_keys(conn, after, rows_to_ask(limit))
    });
    let (rows, next_cursor) = paging::cut(rows.await?, limit, cursor_of);
    let items = rows.into_iter().map(KeyView::from).collect();
    let page = KeyPage { items, next_cursor };
    Ok(paging::answer(&req, page.next_cursor.as_deref(), &page))
}

/// Revoke a key
///
/// Only an agency's key may. From the answer on the key is refused everywhere,
/// even where it revoked itself; other processes of the service may take calls
/// reported with it for one second more. A second time changes nothing.
#[utoipa::path(
    tag = "keys",
    params(("id" = String, Path, pattern = "^[a-z0-9]{12}$", description = "The key's public id.")),
    responses((status = 200, description = "It is revoked.", body = KeyView)),
)]
#[post("/v1/keys/{id}/revocation")]
async fn revoke_key(
    app: AppData,
    _: Agency,
    id: web::Path<String>,
) -> ApiResult<web::Json<KeyView>> {
    let id = id.into_inner();
    if !is_key_id(id.as_bytes()) {
        return Err(ApiError::parameter("id", Fault::InvalidValue));
    }
    let key = app.write(Reach::Agency, move |conn| keys::revoke_key(conn, &id)).await?;
    app.known_keys.forget();
    Ok(web::Json(key.into()))
}

/// Where the list stands after a key: a cursor has room for sixteen bytes, of
/// which the id takes the first twelve.
fn cursor_of(key: &ApiKey) -> Cursor {
    let mut bytes = [0; 16];
    for (place, byte) in bytes.iter_mut().zip(key.key_id.bytes()) {
        *place = byte;
    }
    Cursor { micros: key.created_at.0, id: Uuid::from_bytes(bytes) }
}

/// The reverse of [`cursor_of`].
fn place_of(cursor: Cursor) -> ApiResult<(Instant, String)> {
    let id = cursor.id.as_bytes().get(..ID_CHARS).filter(|bytes| is_key_id(bytes));
    let id = id.and_then(|bytes| std::str::from_utf8(bytes).ok());
    let id = id.ok_or_else(|| ApiError::parameter("cursor", Fault::BadCursor))?;
    Ok((Instant(cursor.micros), id.to_owned()))
}
