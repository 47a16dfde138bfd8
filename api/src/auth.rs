//! Who asks, and whose rows the answer may come from. A handler says what it
//! needs by the type of its parameter; one without such a parameter has no way
//! to a reach, and so none to any row.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use baitline_domain::ids::ClientId;
use baitline_store::Reach;
use baitline_store::keys::Principal;
use uuid::Uuid;

use crate::fault::{Fault, FaultItem};
use crate::problem::{ApiError, ApiResult};

/// Whoever holds a valid key, of an agency or of a client.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    key_id: String,
    reach: Reach,
}

/// A caller with an agency's key.
#[derive(Debug, Clone)]
pub(crate) struct Agency {
    key_id: String,
}

impl Caller {
    /// The public part of the key.
    pub(crate) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Everything the key may see.
    pub(crate) fn whole_reach(&self) -> Reach {
        self.reach
    }

    /// What a list may see, narrowed to one client where that is asked for. A
    /// client out of reach is answered like one that does not exist.
    pub(crate) fn reach(&self, asked: Option<Uuid>) -> ApiResult<Reach> {
        match (self.reach, asked.map(ClientId)) {
            (Reach::Agency, Some(client)) => Ok(Reach::Client(client)),
            (Reach::Client(own), Some(client)) if own != client => Err(unknown_client()),
            (reach, _) => Ok(reach),
        }
    }

    /// The one client a write goes to: a client's key has its own, an agency
    /// says which.
    pub(crate) fn client(&self, asked: Option<Uuid>) -> ApiResult<ClientId> {
        match self.reach(asked)? {
            Reach::Client(client) => Ok(client),
            Reach::Agency => Err(ApiError::field("/client_id", Fault::Missing)),
        }
    }
}

impl Agency {
    /// The public part of the key.
    pub(crate) fn key_id(&self) -> &str {
        &self.key_id
    }
}

/// The client named is not there, or not for this key.
pub(crate) fn unknown_client() -> ApiError {
    ApiError::NotFound(Some(FaultItem::parameter("client_id", Fault::UnknownClient)))
}

/// The secret of `Authorization: Bearer …`, if the header is one.
pub(crate) fn bearer(headers: &header::HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

/// The gate has authenticated the request before any handler sees it; without
/// that, whatever the reason, there is no caller.
fn caller(req: &HttpRequest) -> ApiResult<Caller> {
    let extensions = req.extensions();
    let principal = extensions.get::<Principal>().ok_or(ApiError::Unauthorized)?;
    Ok(Caller { key_id: principal.key_id.clone(), reach: principal.reach })
}

impl FromRequest for Caller {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(req))
    }
}

impl FromRequest for Agency {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(caller(req).and_then(|caller| match caller.reach {
            Reach::Agency => Ok(Self { key_id: caller.key_id }),
            Reach::Client(_) => Err(ApiError::Forbidden),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn a_clients_key_reaches_its_own_client_and_no_other() {
        let (own, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let caller = Caller { key_id: "k".to_owned(), reach: Reach::Client(ClientId(own)) };
        assert_eq!(caller.client(None).unwrap(), ClientId(own));
        assert_eq!(caller.client(Some(own)).unwrap(), ClientId(own));
        assert!(matches!(caller.client(Some(other)), Err(ApiError::NotFound(_))));
        assert!(matches!(caller.reach(Some(other)), Err(ApiError::NotFound(_))));
    }

    #[test]
    fn an_agencys_key_must_say_which_client_a_write_goes_to() {
        let caller = Caller { key_id: "k".to_owned(), reach: Reach::Agency };
        assert!(matches!(caller.client(None), Err(ApiError::Unprocessable(_))));
        assert_eq!(caller.client(Some(Uuid::from_u128(2))).unwrap(), ClientId(Uuid::from_u128(2)));
    }
}
