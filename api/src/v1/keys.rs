//! `/v1/keys`: the API's own keys. Only an agency's key may make, list, replace
//! and revoke them; a key's text is told once, to whoever made it. No key gives
//! away more than it has.

use crate::routes::ServiceConfig;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use baitline_domain::scope::{Scope, Scopes};
use baitline_store::keys::{self, ApiKey, ID_CHARS, KeyReach, MAX_KEY_CLIENTS, NewKey, OVERLAP};
use baitline_store::{Reach, now};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::app::AppData;
use crate::auth::{Agency, unknown_client};
use crate::extract::Body;
use crate::fault::Fault;
use crate::fields::{Line, Time};
use crate::once::{Once, OnceHeader, Reply};
use crate::paging::{self, Cursor, Limit, rows_to_ask};
use crate::permissions::Admin;
use crate::problem::{ApiError, ApiResult, Problem};
use crate::query::Params;
use crate::words::ScopeWord;

/// What people call a key.
pub(super) type Name = Line<200>;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(create_key).service(list_keys).service(replace_key).service(revoke_key);
}

/// A key to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "name": "CRM of the window maker",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "scopes": ["calls:write", "recordings:write"],
    "expires_at": "2027-10-01T00:00:00Z"
})))]
pub(crate) struct CreateKey {
    /// For people: who uses it.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    name: Name,
    /// The client it reaches. Without it and `client_ids` the key is the agency's
    /// and reaches every client.
    #[schema(nullable = false)]
    client_id: Option<Uuid>,
    /// The clients it reaches, where they are several.
    #[schema(nullable = false, min_items = 1, max_items = 100)]
    client_ids: Option<Vec<Uuid>>,
    /// What it may do, which is never more than the key that asks may. All that
    /// one may unless told.
    #[schema(nullable = false, min_items = 1, max_items = 7)]
    scopes: Option<Vec<ScopeWord>>,
    /// The moment from which it is refused, which is still to come; never
    /// unless told.
    #[schema(nullable = false)]
    expires_at: Option<Time>,
}

/// A key's facts. Its secret is not among them.
#[derive(Serialize, ToSchema)]
#[schema(as = Key, examples(json!({
    "id": "k7q2m9x4b3wd",
    "client_ids": ["0197a5b0-7c1e-7d3a-9a51-000000000001"],
    "scopes": ["calls:write", "recordings:write"],
    "name": "CRM of the window maker",
    "line_id": "k7q2m9x4b3wd",
    "created_at": "2026-10-01T09:30:00Z",
    "expires_at": null,
    "revoked_at": null,
    "last_used_at": "2026-10-01T09:31:00Z"
})))]
pub(crate) struct KeyView {
    /// Its public id: the part of its text between the underscores.
    id: String,
    /// The clients it reaches; null for an agency's, which reaches every client.
    client_ids: Option<Vec<Uuid>>,
    /// What it may do.
    scopes: Vec<ScopeWord>,
    /// For people.
    name: String,
    /// The first of the keys that replaced each other up to this one.
    line_id: String,
    /// When it was made.
    created_at: Time,
    /// From when on it is refused; null for never.
    expires_at: Option<Time>,
    /// When it was revoked; null while it was not.
    revoked_at: Option<Time>,
    /// When it was last used, to the minute; null for never.
    last_used_at: Option<Time>,
}

impl From<ApiKey> for KeyView {
    fn from(key: ApiKey) -> Self {
        let client_ids = match &key.reach {
            KeyReach::Clients(clients) => Some(clients.iter().map(|client| client.0).collect()),
            KeyReach::Agency => None,
        };
        Self {
            id: key.key_id,
            client_ids,
            scopes: key.scopes.iter().map(Into::into).collect(),
            name: key.name,
            line_id: key.line_id,
            created_at: Time(key.created_at),
            expires_at: key.expires_at.map(Time),
            revoked_at: key.revoked_at.map(Time),
            last_used_at: key.last_used_at.map(Time),
        }
    }
}

/// A new key with its text, which nobody can be told again.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "text": "baitline_k7q2m9x4b3wd_4n6p8r2s3t5v7w9x2y4z6a8b3c5d7e9fa1b2c3",
    "key": {
        "id": "k7q2m9x4b3wd",
        "client_ids": ["0197a5b0-7c1e-7d3a-9a51-000000000001"],
        "scopes": ["calls:write", "recordings:write"],
        "name": "CRM of the window maker",
        "line_id": "k7q2m9x4b3wd",
        "created_at": "2026-10-01T09:30:00Z",
        "expires_at": null,
        "revoked_at": null,
        "last_used_at": null
    }
})))]
pub(crate) struct IssuedKey {
    /// What is sent after `Authorization: Bearer`. Null where the request was sent
    /// again with its `Idempotency-Key`: the text is told once and not kept.
    text: Option<String>,
    /// Its facts.
    key: KeyView,
}

/// How a key is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"old_expires_at": "2026-10-08T00:00:00Z"})))]
pub(crate) struct ReplaceKey {
    /// The moment from which the old one is refused, or its own end where that
    /// comes first; a day from now unless told.
    #[schema(nullable = false)]
    old_expires_at: Option<Time>,
    /// The moment from which the new one is refused; never unless told.
    #[schema(nullable = false)]
    expires_at: Option<Time>,
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
    security(("bearer" = ["admin"])),
    params(OnceHeader),
    request_body = CreateKey,
    responses((status = 201, description = "The key with its text.", body = IssuedKey)),
)]
#[post("/v1/keys")]
async fn create_key(
    app: AppData,
    caller: Agency<Admin>,
    once: Once,
    body: Body<CreateKey>,
) -> ApiResult<HttpResponse> {
    let CreateKey { name, client_id, client_ids, scopes, expires_at } = body.0;
    let new = NewKey {
        name: name.0,
        reach: reach_of(client_id, client_ids)?,
        scopes: scopes_of(scopes, caller.scopes())?,
        expires_at: to_come("/expires_at", expires_at)?,
    };
    let work = move |conn: &mut _| keys::create_key(conn, &new);
    let made = app.write_once(&once, Reach::Agency, work, issued).await;
    made.map(unstored).map_err(|error| match error {
        ApiError::NotFound(_) => unknown_client(),
        error => error,
    })
}

/// List keys
///
/// Only an agency's key may. Revoked and expired ones stay in the list.
#[utoipa::path(
    tag = "keys",
    security(("bearer" = ["admin"])),
    params(ListKeys),
    responses((status = 200, description = "A piece of the list.", body = KeyPage)),
)]
#[get("/v1/keys")]
async fn list_keys(
    app: AppData,
    req: HttpRequest,
    _: Agency<Admin>,
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

/// Replace a key
///
/// Only an agency's key may. The new one reaches and may do the same; the old one
/// works on for a while, so that whoever holds it changes over without a gap. Of
/// the keys that replaced each other two are live at most.
#[utoipa::path(
    tag = "keys",
    security(("bearer" = ["admin"])),
    params(
        ("id" = String, Path, pattern = "^[a-z0-9]{12}$", description = "The key's public id."),
        OnceHeader,
    ),
    request_body = ReplaceKey,
    responses(
        (status = 201, description = "The new key with its text.", body = IssuedKey),
        (status = 409, description = "It is replaced already, or opens nothing any more.",
            body = Problem),
    ),
)]
#[post("/v1/keys/{id}/replacement")]
async fn replace_key(
    app: AppData,
    caller: Agency<Admin>,
    once: Once,
    id: web::Path<String>,
    body: Body<ReplaceKey>,
) -> ApiResult<HttpResponse> {
    let id = key_id(id)?;
    let old_ends_at = to_come("/old_expires_at", body.0.old_expires_at)?;
    let old_ends_at = old_ends_at.unwrap_or_else(|| now() + OVERLAP);
    let expires_at = to_come("/expires_at", body.0.expires_at)?;
    let old = id.clone();
    let old = app.read(Reach::Agency, move |conn| keys::find_key(conn, &old)).await?;
    if let Some(scope) = caller.scopes().missing(old.scopes) {
        return Err(ApiError::Forbidden(Some(scope)));
    }
    let work = move |conn: &mut _| keys::replace_key(conn, &id, old_ends_at, expires_at);
    let made = app.write_once(&once, Reach::Agency, work, issued).await?;
    app.known_keys.forget();
    Ok(unstored(made))
}

/// Revoke a key
///
/// Only an agency's key may. From the answer on the key is refused everywhere,
/// even where it revoked itself; other processes of the service may take calls
/// reported with it for one second more. A second time changes nothing.
#[utoipa::path(
    tag = "keys",
    security(("bearer" = ["admin"])),
    params(("id" = String, Path, pattern = "^[a-z0-9]{12}$", description = "The key's public id.")),
    responses((status = 200, description = "It is revoked.", body = KeyView)),
)]
#[post("/v1/keys/{id}/revocation")]
async fn revoke_key(
    app: AppData,
    _: Agency<Admin>,
    id: web::Path<String>,
) -> ApiResult<web::Json<KeyView>> {
    let id = key_id(id)?;
    let key = app.write(Reach::Agency, move |conn| keys::revoke_key(conn, &id)).await?;
    app.known_keys.forget();
    Ok(web::Json(key.into()))
}

fn key_id(id: web::Path<String>) -> ApiResult<String> {
    let id = id.into_inner();
    if is_key_id(id.as_bytes()) {
        Ok(id)
    } else {
        Err(ApiError::parameter("id", Fault::InvalidValue))
    }
}

fn reach_of(client: Option<Uuid>, clients: Option<Vec<Uuid>>) -> ApiResult<KeyReach> {
    match (client, clients) {
        (None, None) => Ok(KeyReach::Agency),
        (Some(client), None) => Ok(KeyReach::from(Reach::Client(ClientId(client)))),
        (None, Some(clients)) => match clients.len() {
            0 => Err(ApiError::field("/client_ids", Fault::Empty)),
            1..=MAX_KEY_CLIENTS => {
                Ok(KeyReach::Clients(clients.into_iter().map(ClientId).collect()))
            }
            _ => Err(ApiError::field("/client_ids", Fault::TooMany)),
        },
        (Some(_), Some(_)) => Err(ApiError::field("/client_ids", Fault::NotTogether)),
    }
}

/// The scopes asked for, which whoever asks must have.
fn scopes_of(asked: Option<Vec<ScopeWord>>, own: Scopes) -> ApiResult<Scopes> {
    let Some(asked) = asked else { return Ok(own) };
    if asked.len() > Scope::ALL.len() {
        return Err(ApiError::field("/scopes", Fault::TooMany));
    }
    let asked: Scopes = asked.into_iter().map(Scope::from).collect();
    match own.missing(asked) {
        _ if asked.is_empty() => Err(ApiError::field("/scopes", Fault::Empty)),
        None => Ok(asked),
        Some(scope) => Err(ApiError::Forbidden(Some(scope))),
    }
}

/// A moment that is still to come.
fn to_come(pointer: &str, time: Option<Time>) -> ApiResult<Option<Instant>> {
    match time {
        Some(time) if time.0 <= now() => Err(ApiError::field(pointer, Fault::OutOfRange)),
        time => Ok(time.map(|time| time.0)),
    }
}

/// The text is told once: a reply that is kept has none.
fn issued((key, text): (ApiKey, String)) -> ApiResult<Reply> {
    let mut issued = IssuedKey { text: Some(text), key: key.into() };
    let reply = Reply::created(&issued)?;
    issued.text = None;
    reply.keeping(&issued)
}

/// Nothing on the way may store a key.
fn unstored(mut response: HttpResponse) -> HttpResponse {
    let no_store = header::HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, no_store);
    response
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
