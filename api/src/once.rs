//! Requests that are done once, however often they are sent: the header
//! `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header). What such a
//! request was answered is kept in the transaction of what it did.
//!
//! Only what was done is kept. A request that failed did nothing, and is judged
//! anew when it is sent again.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};
use baitline_domain::ids::ClientId;
use baitline_store::kept_replies::{KeptReply, OnceKey, find_reply, keep_reply};
use baitline_store::keys::Principal;
use baitline_store::{Conn, Reach, StoreError, StoreResult, clients};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::IntoParams;

use crate::app::{App, blocking};
use crate::auth::unknown_client;
use crate::extract::BodyDigest;
use crate::fault::Fault;
use crate::problem::{ApiError, ApiResult};

/// The name of the header, as problems tell it.
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";
const KEY_HEADER: HeaderName = HeaderName::from_static("idempotency-key");
/// Says that an answer is the one that was given before.
const REPLAYED_HEADER: HeaderName = HeaderName::from_static("idempotent-replayed");
/// The longest key, in bytes.
pub(crate) const MAX_IDEMPOTENCY_KEY_BYTES: usize = 255;

/// The header that makes a request be done once.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it only describes the header")]
pub(crate) struct OnceHeader {
    /// Any text of the sender's that no other request of it has, such as a UUID. The
    /// same request sent again within 24 hours does nothing more and is answered the
    /// same.
    #[param(
        rename = "Idempotency-Key",
        min_length = 1,
        max_length = 255,
        nullable = false,
        pattern = "^[!-~]+$"
    )]
    idempotency_key: Option<String>,
}

/// Whether a request is to be done once.
#[derive(Debug)]
pub(crate) struct Once {
    request: HttpRequest,
    key: Option<String>,
}

/// What a request is answered once it is done.
pub(crate) struct Reply {
    answered: KeptReply,
    /// The body to keep, where that is not the one to send.
    kept_body: Option<Vec<u8>>,
    is_replayed: bool,
}

impl Reply {
    /// Something was made.
    pub(crate) fn created(view: &impl Serialize) -> ApiResult<Self> {
        Self::of(StatusCode::CREATED, None, view)
    }

    /// Something is to be made, and its progress is found there.
    pub(crate) fn accepted(location: String, view: &impl Serialize) -> ApiResult<Self> {
        Self::of(StatusCode::ACCEPTED, Some(location), view)
    }

    /// Something was done.
    pub(crate) fn ok(view: &impl Serialize) -> ApiResult<Self> {
        Self::of(StatusCode::OK, None, view)
    }

    /// The same, but another body is kept: the one sent holds a secret.
    pub(crate) fn keeping(self, view: &impl Serialize) -> ApiResult<Self> {
        Ok(Self { kept_body: Some(written(view)?), ..self })
    }

    fn of(status: StatusCode, location: Option<String>, view: &impl Serialize) -> ApiResult<Self> {
        let answered = KeptReply { status: status.as_u16(), location, body: written(view)? };
        Ok(Self { answered, kept_body: None, is_replayed: false })
    }

    fn to_keep(&self) -> KeptReply {
        let body = self.kept_body.clone().unwrap_or_else(|| self.answered.body.clone());
        KeptReply { body, ..self.answered.clone() }
    }

    /// The response with it.
    pub(crate) fn response(self) -> ApiResult<HttpResponse> {
        let KeptReply { status, location, body } = self.answered;
        let status = StatusCode::from_u16(status)
            .map_err(|_| ApiError::Internal("a kept status is none".to_owned()))?;
        let mut response = HttpResponse::build(status);
        response.content_type("application/json");
        if let Some(location) = location {
            response.insert_header((header::LOCATION, location));
        }
        if self.is_replayed {
            response.insert_header((REPLAYED_HEADER, "true"));
        }
        Ok(response.body(body))
    }
}

fn written(view: &impl Serialize) -> ApiResult<Vec<u8>> {
    serde_json::to_vec(view).map_err(|error| ApiError::Internal(error.to_string()))
}

impl Once {
    /// By what the request is known; `None` where it need not be done once.
    fn key(&self) -> ApiResult<Option<OnceKey>> {
        let Some(key) = &self.key else { return Ok(None) };
        let extensions = self.request.extensions();
        let principal = extensions.get::<Principal>().ok_or(ApiError::Unauthorized)?;
        let BodyDigest(body) = extensions
            .get()
            .copied()
            .ok_or_else(|| ApiError::Internal("a body was not read".to_owned()))?;
        let key_sha256 = digest(&[principal.line_id.as_bytes(), key.as_bytes()]);
        let request = &self.request;
        let asked = [request.method().as_str(), request.path(), request.query_string()];
        let [method, path, query] = asked.map(str::as_bytes);
        Ok(Some(OnceKey { key_sha256, request_sha256: digest(&[method, path, query, &body]) }))
    }
}

/// Each part with its length, so that no two lists are the same bytes.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl FromRequest for Once {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = req.headers().get(KEY_HEADER).map(|value| read_key(value.as_bytes())).transpose();
        ready(key.map(|key| Self { request: req.clone(), key }))
    }
}

/// The key, with or without the quotes that the draft has.
fn read_key(value: &[u8]) -> ApiResult<String> {
    let refuse = |fault| ApiError::parameter(IDEMPOTENCY_KEY, fault);
    let text = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value);
    match text.len() {
        0 => Err(refuse(Fault::Empty)),
        1..=MAX_IDEMPOTENCY_KEY_BYTES if text.iter().all(u8::is_ascii_graphic) => {
            Ok(String::from_utf8_lossy(text).into_owned())
        }
        1..=MAX_IDEMPOTENCY_KEY_BYTES => Err(refuse(Fault::InvalidValue)),
        _ => Err(refuse(Fault::TooLong)),
    }
}

impl App {
    /// Runs a transaction and commits it with its reply, or finds the one that the
    /// same request got before; `work` and `reply` may run more than once.
    pub(crate) async fn write_once<T>(
        &self,
        once: &Once,
        reach: Reach,
        mut work: impl FnMut(&mut Conn) -> StoreResult<T> + Send + 'static,
        reply: impl Fn(T) -> ApiResult<Reply> + Send + 'static,
    ) -> ApiResult<HttpResponse> {
        let work = move |conn: &mut Conn| work(conn).map(Some);
        self.write_some_once(once, reach, work, reply).await?.ok_or(ApiError::NotFound(None))
    }

    /// The same for something of `client`'s, after making sure that there is one:
    /// an agency's key can name any id.
    pub(crate) async fn create_once<T>(
        &self,
        once: &Once,
        client: ClientId,
        work: impl FnMut(&mut Conn) -> StoreResult<T> + Send + 'static,
        reply: impl Fn(T) -> ApiResult<Reply> + Send + 'static,
    ) -> ApiResult<HttpResponse> {
        self.create_once_in(once, Reach::Client(client), client, work, reply).await
    }

    /// The same in a transaction of the caller's own reach: an agency's looks across
    /// clients.
    pub(crate) async fn create_once_in<T>(
        &self,
        once: &Once,
        reach: Reach,
        client: ClientId,
        mut work: impl FnMut(&mut Conn) -> StoreResult<T> + Send + 'static,
        reply: impl Fn(T) -> ApiResult<Reply> + Send + 'static,
    ) -> ApiResult<HttpResponse> {
        let work = move |conn: &mut Conn| match clients::find_client(conn, client) {
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
            Ok(_) => work(conn).map(Some),
        };
        self.write_some_once(once, reach, work, reply).await?.ok_or_else(unknown_client)
    }

    /// Where `work` does nothing, nothing is kept.
    async fn write_some_once<T>(
        &self,
        once: &Once,
        reach: Reach,
        mut work: impl FnMut(&mut Conn) -> StoreResult<Option<T>> + Send + 'static,
        reply: impl Fn(T) -> ApiResult<Reply> + Send + 'static,
    ) -> ApiResult<Option<HttpResponse>> {
        let (key, store) = (once.key()?, self.store.clone());
        let mut run = move |conn: &mut Conn| -> StoreResult<Option<Reply>> {
            if let Some(key) = &key
                && let Some(answered) = find_reply(conn, reach, key)?
            {
                return Ok(Some(Reply { answered, kept_body: None, is_replayed: true }));
            }
            let Some(done) = work(conn)? else { return Ok(None) };
            // A view that cannot be made is a fault of what is stored.
            let reply = reply(done).map_err(|error| StoreError::Corrupt(error.to_string()))?;
            if let Some(key) = &key {
                keep_reply(conn, reach, key, &reply.to_keep())?;
            }
            Ok(Some(reply))
        };
        let reply = blocking(move || store.write(reach, &mut run).map_err(ApiError::from)).await?;
        reply.map(Reply::response).transpose()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn a_key_is_read_with_and_without_its_quotes_and_nothing_else_is_one() {
        assert_eq!(read_key(b"a-1").unwrap(), "a-1");
        assert_eq!(read_key(b"\"a-1\"").unwrap(), "a-1");
        assert_eq!(read_key(&[b'a'; 255]).unwrap().len(), 255);
        for wrong in [b"".as_slice(), b"\"\"", b"a b", b"a\0", "ключ".as_bytes(), &[b'a'; 256]]
        {
            assert!(matches!(read_key(wrong), Err(ApiError::Malformed(_))), "{wrong:?}");
        }
    }

    #[test]
    fn lists_of_parts_that_read_alike_have_other_hashes() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
        assert_ne!(digest(&[b"", b"a"]), digest(&[b"a"]));
    }
}
