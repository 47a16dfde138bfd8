//! Who asks, what that key may do, and whose rows the answer may come from. A
//! handler says what it needs by the type of its parameter; one without such a
//! parameter has no way to a reach, and so none to any row.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::header::{self, HeaderName};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use baitline_domain::ids::ClientId;
use baitline_domain::scope::{Scope, Scopes};
use baitline_store::Reach;
use baitline_store::keys::{KeyReach, Principal};
use uuid::Uuid;

use crate::fault::{Fault, FaultItem};
use crate::permissions::Permission;
use crate::problem::{ApiError, ApiResult};

/// Narrows a request to one client: a key of several needs it wherever nothing
/// else in the request names the client.
pub(crate) const CLIENT_HEADER: HeaderName = HeaderName::from_static("baitline-client");

/// Whoever holds a valid key with the permission `P`, an agency's or a client's.
#[derive(Debug, Clone)]
pub(crate) struct Caller<P> {
    holder: Holder,
    permission: PhantomData<P>,
}

/// A caller with an agency's key and the permission `P`.
#[derive(Debug, Clone)]
pub(crate) struct Agency<P> {
    holder: Holder,
    permission: PhantomData<P>,
}

/// The holder of a key, whatever it may do.
#[derive(Debug, Clone)]
pub(crate) struct Holder {
    principal: Principal,
    /// The client that the header names, which the key reaches.
    narrowed: Option<ClientId>,
}

/// Both are their holder, for what comes after the permission.
impl<P> Deref for Caller<P> {
    type Target = Holder;

    fn deref(&self) -> &Holder {
        &self.holder
    }
}

impl<P> Deref for Agency<P> {
    type Target = Holder;

    fn deref(&self) -> &Holder {
        &self.holder
    }
}

impl Holder {
    /// The public part of the key.
    pub(crate) fn key_id(&self) -> &str {
        &self.principal.key_id
    }

    /// What the key may do.
    pub(crate) fn scopes(&self) -> Scopes {
        self.principal.scopes
    }

    /// Everything the request may see. A request is of one client or of the
    /// agency: a key of several says which one by [`CLIENT_HEADER`].
    pub(crate) fn whole_reach(&self) -> ApiResult<Reach> {
        match (self.narrowed, &self.principal.reach) {
            (Some(client), _) => Ok(Reach::Client(client)),
            (None, KeyReach::Agency) => Ok(Reach::Agency),
            (None, KeyReach::Clients(clients)) => match clients.as_ref() {
                [client] => Ok(Reach::Client(*client)),
                _ => Err(ApiError::parameter(CLIENT_HEADER.as_str(), Fault::Missing)),
            },
        }
    }

    /// What a list may see, narrowed to one client where that is asked for. A
    /// client out of reach is answered like one that does not exist.
    pub(crate) fn reach(&self, asked: Option<Uuid>) -> ApiResult<Reach> {
        let Some(client) = asked.map(ClientId) else { return self.whole_reach() };
        let is_reached = match self.narrowed {
            Some(narrowed) => narrowed == client,
            None => reaches(&self.principal.reach, client),
        };
        if is_reached { Ok(Reach::Client(client)) } else { Err(unknown_client()) }
    }

    /// The one client a write goes to: a client's key has its own, an agency
    /// and a key of several clients say which.
    pub(crate) fn client(&self, asked: Option<Uuid>) -> ApiResult<ClientId> {
        match self.reach(asked)? {
            Reach::Client(client) => Ok(client),
            Reach::Agency => Err(ApiError::field("/client_id", Fault::Missing)),
        }
    }

    fn of(req: &HttpRequest) -> ApiResult<Self> {
        // The gate has authenticated the request before any handler sees it;
        // without that, whatever the reason, there is no caller.
        let principal = req.extensions().get::<Principal>().cloned();
        let principal = principal.ok_or(ApiError::Unauthorized)?;
        let narrowed = match req.headers().get(CLIENT_HEADER) {
            None => None,
            Some(value) => {
                let id = value.to_str().ok().and_then(|text| text.parse().ok()).map(ClientId);
                let not_an_id = || ApiError::parameter(CLIENT_HEADER.as_str(), Fault::NotAnId);
                let client = id.ok_or_else(not_an_id)?;
                if !reaches(&principal.reach, client) {
                    return Err(unknown_client());
                }
                Some(client)
            }
        };
        Ok(Self { principal, narrowed })
    }

    fn with<P: Permission>(self) -> ApiResult<Self> {
        match self.principal.scopes.missing(P::NEEDS) {
            None => Ok(self),
            Some(scope) => Err(ApiError::Forbidden(Some(scope))),
        }
    }
}

fn reaches(reach: &KeyReach, client: ClientId) -> bool {
    match reach {
        KeyReach::Agency => true,
        KeyReach::Clients(clients) => clients.contains(&client),
    }
}

/// The client named is not there, or not for this key.
pub(crate) fn unknown_client() -> ApiError {
    ApiError::NotFound(Some(FaultItem::parameter("client_id", Fault::UnknownClient)))
}

/// What a key lacks.
pub(crate) fn missing_scope(scope: Scope) -> FaultItem {
    FaultItem {
        detail: format!("The key lacks the scope {}.", scope.as_str()).into(),
        ..FaultItem::of("missing_scope", "")
    }
}

/// The secret of `Authorization: Bearer …`, if the header is one.
pub(crate) fn bearer(headers: &header::HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, secret) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

impl<P: Permission> FromRequest for Caller<P> {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let holder = Holder::of(req).and_then(Holder::with::<P>);
        ready(holder.map(|holder| Self { holder, permission: PhantomData }))
    }
}

impl<P: Permission> FromRequest for Agency<P> {
    type Error = ApiError;
    type Future = Ready<ApiResult<Self>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let holder = Holder::of(req).and_then(Holder::with::<P>);
        ready(holder.and_then(|holder| match holder.whole_reach()? {
            Reach::Agency => Ok(Self { holder, permission: PhantomData }),
            Reach::Client(_) => Err(ApiError::Forbidden(None)),
        }))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    const ONE: Uuid = Uuid::from_u128(1);
    const TWO: Uuid = Uuid::from_u128(2);
    const THREE: Uuid = Uuid::from_u128(3);

    fn holder(reach: KeyReach, narrowed: Option<Uuid>) -> Holder {
        let (key_id, line_id) = ("k".to_owned(), "k".to_owned());
        let principal = Principal { key_id, line_id, reach, scopes: Scopes::ALL };
        Holder { principal, narrowed: narrowed.map(ClientId) }
    }

    fn clients(ids: &[Uuid]) -> KeyReach {
        KeyReach::Clients(ids.iter().copied().map(ClientId).collect())
    }

    #[test]
    fn a_clients_key_reaches_its_own_client_and_no_other() {
        let caller = holder(clients(&[ONE]), None);
        assert_eq!(caller.client(None).unwrap(), ClientId(ONE));
        assert_eq!(caller.client(Some(ONE)).unwrap(), ClientId(ONE));
        assert!(matches!(caller.client(Some(TWO)), Err(ApiError::NotFound(_))));
        assert!(matches!(caller.reach(Some(TWO)), Err(ApiError::NotFound(_))));
    }

    #[test]
    fn an_agencys_key_must_say_which_client_a_write_goes_to() {
        let caller = holder(KeyReach::Agency, None);
        assert!(matches!(caller.client(None), Err(ApiError::Unprocessable(_))));
        assert_eq!(caller.client(Some(TWO)).unwrap(), ClientId(TWO));
        assert_eq!(caller.whole_reach().unwrap(), Reach::Agency);
    }

    #[test]
    fn a_key_of_several_clients_must_say_which_one_and_reaches_no_other() {
        let caller = holder(clients(&[ONE, TWO]), None);
        assert!(matches!(caller.whole_reach(), Err(ApiError::Malformed(_))));
        assert!(matches!(caller.client(None), Err(ApiError::Malformed(_))));
        assert_eq!(caller.client(Some(TWO)).unwrap(), ClientId(TWO));
        assert!(matches!(caller.reach(Some(THREE)), Err(ApiError::NotFound(_))));
    }

    #[test]
    fn a_narrowed_request_stays_narrow_whatever_the_key_reaches() {
        for reach in [KeyReach::Agency, clients(&[ONE, TWO])] {
            let caller = holder(reach, Some(ONE));
            assert_eq!(caller.whole_reach().unwrap(), Reach::Client(ClientId(ONE)));
            assert_eq!(caller.client(None).unwrap(), ClientId(ONE));
            assert!(matches!(caller.reach(Some(TWO)), Err(ApiError::NotFound(_))));
        }
    }
}
