//! Whether a request may see baits, and the fields that it otherwise does not
//! see. The leak that the baits are there to find may sit in the client's own
//! house, so a key without the scope `baits:read` is told no bait's number and
//! nothing that dates a trap.
//!
//! The gate says once what the request may see, and a field of type [`OfBaits`]
//! asks when it is written. Where nobody said anything it is null.

use baitline_domain::scope::{Scope, Scopes};
use serde::{Serialize, Serializer};

use crate::acting;
use crate::auth::Holder;
use crate::problem::{ApiError, ApiResult};

tokio::task_local! {
    static SEES_BAITS: bool;
}

/// Runs the handler of a request whose key has these scopes.
pub(crate) async fn seeing<T>(scopes: Scopes, handler: impl Future<Output = T>) -> T {
    SEES_BAITS.scope(scopes.grant(Scopes::of(Scope::BaitsRead)), handler).await
}

/// Takes what the request may see, and who acts in it, along to another thread.
pub(crate) fn carried<T>(work: impl FnOnce() -> T) -> impl FnOnce() -> T {
    let (sees, work) = (sees_baits(), acting::carried(work));
    move || SEES_BAITS.sync_scope(sees, work)
}

/// Whether the request at hand may see baits.
pub(crate) fn sees_baits() -> bool {
    SEES_BAITS.try_with(|sees| *sees).unwrap_or(false)
}

/// Refuses what shows when traps were run, such as the calls between baits and own
/// numbers, to whoever may not see baits.
pub(crate) fn require_sight(holder: &Holder) -> ApiResult<()> {
    match holder.scopes().missing(Scopes::of(Scope::BaitsRead)) {
        None => Ok(()),
        Some(scope) => Err(ApiError::Forbidden(Some(scope))),
    }
}

/// What tells a bait's number or when its trap was run, or may tell it: written
/// for those who may see baits, null for others.
#[derive(Debug, Clone, Default)]
pub(crate) struct OfBaits<T>(T);

impl<T> OfBaits<T> {
    /// The value, if the request at hand may see it.
    pub(crate) fn shown(self) -> Option<T> {
        sees_baits().then_some(self.0)
    }

    /// The same without taking it.
    pub(crate) fn as_shown(&self) -> Option<&T> {
        sees_baits().then_some(&self.0)
    }
}

impl<T> From<T> for OfBaits<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T: Serialize> Serialize for OfBaits<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_shown().serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn written() -> String {
        serde_json::to_string(&OfBaits::from("+79001234567")).unwrap()
    }

    #[tokio::test]
    async fn only_a_request_that_may_see_baits_is_told_of_them_on_any_thread() {
        assert_eq!(written(), "null", "nobody said anything");
        let ask = async || {
            let carried = std::thread::spawn(carried(written)).join().unwrap();
            (written(), carried, std::thread::spawn(written).join().unwrap())
        };
        let told = "\"+79001234567\"".to_owned();
        let null = "null".to_owned();
        let sees = seeing(Scopes::of(Scope::BaitsRead), ask()).await;
        assert_eq!(sees, (told.clone(), told.clone(), null.clone()));
        let sees_by_inclusion = seeing(Scopes::of(Scope::Admin), ask()).await;
        assert_eq!(sees_by_inclusion.0, told);
        let blind: Scopes = [Scope::Reports, Scope::Exports].into_iter().collect();
        assert_eq!(seeing(blind, ask()).await, (null.clone(), null.clone(), null));
    }
}
