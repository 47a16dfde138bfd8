//! Keys that were found live a moment ago, for requests that come by the
//! thousand: the database is asked for each of them once in a while. Secrets are
//! not kept, only their digests.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Clock};

use baitline_domain::instant::Instant;
use sha2::{Digest, Sha256};

use crate::error::StoreResult;
use crate::keys::{self, Principal};
use crate::{Store, now};

/// How long a key is known without asking again. A key that another process
/// revokes works here for as long.
const KNOWN_FOR: Duration = Duration::from_secs(1);
/// The most keys known at a time.
const MAX_KEYS: usize = 10_000;

/// See the module.
#[derive(Default)]
pub struct KnownKeys {
    keys: Mutex<Keys>,
    /// When the use of each key was last handed on to be written down.
    noted: Mutex<HashMap<String, Clock>>,
}

#[derive(Default)]
struct Keys {
    live: HashMap<[u8; 32], Known>,
    forgotten_at: Option<Clock>,
}

struct Known {
    principal: Principal,
    expires_at: Option<Instant>,
    /// Before the database was asked.
    asked_at: Clock,
}

impl KnownKeys {
    /// Who holds the key, where that was asked within the last second.
    pub fn find(&self, text: &str) -> Option<Principal> {
        self.find_at(text, Clock::now())
    }

    /// Asks the database, and knows the answer for a second where the key is live.
    ///
    /// # Errors
    /// When the database cannot be asked.
    pub fn look_up(&self, store: &Store, text: &str) -> StoreResult<Option<Principal>> {
        let asked_at = Clock::now();
        let Some(key) = keys::find_live_key(store, text)? else { return Ok(None) };
        let expires_at = key.expires_at;
        let principal = key.principal();
        self.remember(text, principal.clone(), expires_at, asked_at);
        Ok(Some(principal))
    }

    fn find_at(&self, text: &str, at: Clock) -> Option<Principal> {
        let keys = self.lock();
        let known = keys.live.get(&digest(text))?;
        let fresh = at.saturating_duration_since(known.asked_at) < KNOWN_FOR;
        let forgotten = keys.forgotten_at.is_some_and(|forgotten| known.asked_at <= forgotten);
        let live = known.expires_at.is_none_or(|end| now() < end);
        (fresh && live && !forgotten).then(|| known.principal.clone())
    }

    /// Remembers a key that the database called live when asked at `asked_at`.
    fn remember(
        &self,
        text: &str,
        principal: Principal,
        expires_at: Option<Instant>,
        asked_at: Clock,
    ) {
        let mut keys = self.lock();
        if keys.live.len() >= MAX_KEYS {
            keys.live.clear();
        }
        keys.live.insert(digest(text), Known { principal, expires_at, asked_at });
    }

    /// Whether the use of a key is to be written down now: of all requests with it
    /// one in a minute is told so.
    pub fn begins_minute(&self, key_id: &str) -> bool {
        self.begins_minute_at(key_id, Clock::now())
    }

    fn begins_minute_at(&self, key_id: &str, at: Clock) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let every = Duration::from_micros(keys::USE_NOTED_EVERY.0.unsigned_abs());
        if noted.get(key_id).is_some_and(|then| at.saturating_duration_since(*then) < every) {
            return false;
        }
        if noted.len() >= MAX_KEYS {
            noted.clear();
        }
        noted.insert(key_id.to_owned(), at);
        true
    }

    /// Forgets every key, and those that are being looked up: after one was revoked.
    pub fn forget(&self) {
        let mut keys = self.lock();
        keys.live.clear();
        keys.forgotten_at = Some(Clock::now());
    }

    /// What a panic left is whole: nothing is done in steps.
    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use baitline_domain::instant::Span;
    use baitline_domain::scope::Scopes;

    use super::*;
    use crate::keys::KeyReach;

    fn principal() -> Principal {
        let key_id = "k".to_owned();
        let line_id = key_id.clone();
        Principal { key_id, line_id, reach: KeyReach::Agency, scopes: Scopes::ALL }
    }

    #[test]
    fn a_key_is_known_for_a_second_and_by_its_whole_text() {
        let (known, asked_at) = (KnownKeys::default(), Clock::now());
        known.remember("text", principal(), None, asked_at);
        let late = asked_at + KNOWN_FOR;
        assert_eq!(known.find_at("text", late - Duration::from_nanos(1)), Some(principal()));
        assert_eq!(known.find_at("text", late), None);
        assert_eq!(known.find_at("texT", asked_at), None);
    }

    #[test]
    fn the_use_of_each_key_is_told_once_a_minute() {
        let (known, at) = (KnownKeys::default(), Clock::now());
        let minute = Duration::from_secs(60);
        assert!(known.begins_minute_at("k", at));
        assert!(!known.begins_minute_at("k", at + minute - Duration::from_nanos(1)));
        assert!(known.begins_minute_at("other", at));
        assert!(known.begins_minute_at("k", at + minute));
    }

    #[test]
    fn a_key_that_ended_or_was_revoked_meanwhile_is_not_known() {
        let (known, asked_at) = (KnownKeys::default(), Clock::now());
        known.remember("ended", principal(), Some(now() - Span(1)), asked_at);
        assert_eq!(known.find_at("ended", asked_at), None);
        known.remember("text", principal(), None, asked_at);
        known.forget();
        // The database was asked before the revocation, and answered after it.
        known.remember("text", principal(), None, asked_at);
        assert_eq!(known.find_at("text", asked_at), None);
    }
}
