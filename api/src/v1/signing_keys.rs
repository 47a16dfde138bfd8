//! `/v1/signing-keys`: the public halves of the keys that sign packages, for whoever
//! checks one and wants to know whose it is.

use crate::routes::ServiceConfig;
use actix_web::{get, web};
use baitline_store::models::SigningKeyRow;
use baitline_store::signing_keys;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::AppData;
use crate::auth::Caller;
use crate::fields::Time;
use crate::permissions::AnyKey;
use crate::problem::ApiResult;

pub(crate) fn routes(config: &mut ServiceConfig<'_>) {
    config.service(list_signing_keys);
}

/// A key that signs packages, as far as anybody may know it.
#[derive(Serialize, ToSchema)]
#[schema(as = SigningKey)]
pub(crate) struct SigningKeyView {
    /// SHA-256 over the public key's DER, in hexadecimal: what `baitline verify
    /// --signed-by` takes.
    fingerprint: String,
    /// The public key as PEM.
    public_key: String,
    /// When a worker first had it.
    first_seen_at: Time,
    /// When a worker last started with it.
    last_seen_at: Time,
}

impl From<SigningKeyRow> for SigningKeyView {
    fn from(row: SigningKeyRow) -> Self {
        Self {
            fingerprint: row.fingerprint,
            public_key: row.public_pem,
            first_seen_at: Time(row.first_seen_at),
            last_seen_at: Time(row.last_seen_at),
        }
    }
}

/// The keys of the installation.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({"items": []})))]
pub(crate) struct SigningKeyList {
    /// The one that a worker started with last in front; none where packages are not
    /// signed.
    items: Vec<SigningKeyView>,
}

/// List signing keys
///
/// A signature proves who holds the key; that it is this installation's, its owner must
/// tell on another way.
#[utoipa::path(
    tag = "exports",
    security(("bearer" = [])),
    responses((status = 200, description = "Every key.", body = SigningKeyList)),
)]
#[get("/v1/signing-keys")]
async fn list_signing_keys(
    app: AppData,
    caller: Caller<AnyKey>,
) -> ApiResult<web::Json<SigningKeyList>> {
    let rows = app.read(caller.whole_reach()?, signing_keys::list_keys).await?;
    Ok(web::Json(SigningKeyList { items: rows.into_iter().map(Into::into).collect() }))
}
