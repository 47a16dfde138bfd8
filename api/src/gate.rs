//! What is checked before a request reaches its handler: that the path has the
//! method, that the key is valid, that the body is not encoded, and that no
//! query parameter is unknown. It goes by the route table, so a new endpoint is
//! guarded from its first day.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use baitline_domain::scope::Scopes;
use baitline_store::Reach;
use baitline_store::audit::Acting;
use baitline_store::keys::{self, Principal};

use crate::acting::acting;
use crate::app::{AppData, blocking};
use crate::auth;
use crate::problem::{ApiError, ApiResult};
use crate::query::{decode_pairs, unknown_parameter};
use crate::rates::{Kind, Left};
use crate::routes::Operation;
use crate::sight::seeing;
use crate::v1::calls;

/// See the module.
pub(crate) async fn gate(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse, Error> {
    match check(&request).await {
        Ok(Checked { scopes, who, left }) => {
            let handler = acting(who, seeing(scopes, next.call(request)));
            let mut response = handler.await?.map_into_boxed_body();
            if let Some(left) = left {
                left.tell(response.headers_mut(), None);
            }
            Ok(response)
        }
        Err(error) => Ok(request.error_response(error)),
    }
}

/// What is known of a request that may go to its handler.
struct Checked {
    /// What its key may do.
    scopes: Scopes,
    /// Who acts, for the audit.
    who: Acting,
    /// How many requests the key has left.
    left: Option<Left>,
}

async fn check(request: &ServiceRequest) -> ApiResult<Checked> {
    let app = request
        .app_data::<AppData>()
        .cloned()
        .ok_or_else(|| ApiError::Internal("the application has no state".to_owned()))?;
    // The path as the router sees it, with harmless escapes undone.
    let Some(route) = app.routes.find(request.match_info().as_str()) else {
        return Ok(Checked { scopes: Scopes::NONE, who: Acting::now(), left: None });
    };
    let Some(operation) = route.operation(request.method()) else {
        return Err(ApiError::MethodNotAllowed { allow: route.allow() });
    };
    let mut checked = Checked { scopes: Scopes::NONE, who: Acting::now(), left: None };
    if operation.needs_key {
        let principal = authenticate(&app, request).await?;
        note_use(&app, &principal.key_id);
        checked.left = app.rates.count(&principal.key_id, kind(request))?;
        checked.scopes = principal.scopes;
        checked.who = Acting::key(&principal.key_id, &operation.name);
        request.extensions_mut().insert(principal);
    }
    refuse_encoded_body(request)?;
    refuse_unknown_parameters(request, operation)?;
    Ok(checked)
}

async fn authenticate(app: &AppData, request: &ServiceRequest) -> ApiResult<Principal> {
    let key = auth::bearer(request.headers()).ok_or(ApiError::Unauthorized)?;
    if takes_known_keys(request)
        && let Some(principal) = app.known_keys.find(key)
    {
        return Ok(principal);
    }
    let (app, key) = (app.clone(), key.to_owned());
    let principal = blocking(move || Ok(app.known_keys.look_up(&app.store, &key)?)).await?;
    principal.ok_or(ApiError::Unauthorized)
}

/// Writes down that the key is in use, once a minute and beside the request, which
/// neither waits for it nor fails with it.
fn note_use(app: &AppData, key_id: &str) {
    if !app.known_keys.begins_minute(key_id) {
        return;
    }
    let (app, key_id, at) = (app.clone(), key_id.to_owned(), baitline_store::now());
    actix_web::rt::spawn(async move {
        let noted = app.write(Reach::Agency, move |conn| keys::note_use(conn, &key_id, at)).await;
        if let Err(error) = noted {
            tracing::warn!(%error, "the use of a key could not be written down");
        }
    });
}

fn kind(request: &ServiceRequest) -> Kind {
    if takes_known_keys(request) { Kind::Calls } else { Kind::Other }
}

/// Calls are reported one by one, thousands in a second: for them alone the
/// database is not asked for the same key each time.
fn takes_known_keys(request: &ServiceRequest) -> bool {
    *request.method() == Method::POST && request.match_info().as_str() == calls::PATH
}

/// A compressed body could unfold to any size.
fn refuse_encoded_body(request: &ServiceRequest) -> ApiResult<()> {
    match request.headers().get(header::CONTENT_ENCODING) {
        None => Ok(()),
        Some(encoding) if encoding.as_bytes() == b"identity" => Ok(()),
        Some(_) => Err(ApiError::UnsupportedMediaType("Send the body without Content-Encoding.")),
    }
}

/// A misspelt filter must not silently return everything.
fn refuse_unknown_parameters(request: &ServiceRequest, operation: &Operation) -> ApiResult<()> {
    for (name, _) in decode_pairs(request.query_string())? {
        if !operation.parameters.contains(&name) {
            let plain = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            let shown = (plain && name.len() <= 64).then_some(name.as_str());
            return Err(ApiError::Malformed(unknown_parameter(shown)));
        }
    }
    Ok(())
}
