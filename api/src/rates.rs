//! How many requests a key may send: so many in a second, and what it has not used
//! of the last ten seconds at once. Each key has its own measure, so that one
//! sender's haste is nobody else's wait. Reported calls are counted apart from all
//! else, for they come by the thousand.

use std::num::NonZeroU32;
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use governor::clock::{Clock, MonotonicClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::problem::{ApiError, ApiResult};

/// How many seconds' worth may come at once.
pub(crate) const BURST_SECONDS: u32 = 10;
/// Keys remembered before those that are idle are forgotten.
const MAX_KEYS: usize = 10_000;

const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// How many requests each key may send in a second; `None` for any number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateSettings {
    /// Of all requests but reported calls.
    pub requests_per_second: Option<NonZeroU32>,
    /// Of requests that report calls, however many each holds.
    pub call_requests_per_second: Option<NonZeroU32>,
}

impl Default for RateSettings {
    /// More than any sender needs and less than what keeps others out.
    fn default() -> Self {
        Self {
            requests_per_second: NonZeroU32::new(1_000),
            call_requests_per_second: NonZeroU32::new(20_000),
        }
    }
}

/// What a request is counted as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A request that reports calls.
    Calls,
    /// Any other.
    Other,
}

/// The measures of all keys.
pub(crate) struct Rates {
    settings: RateSettings,
    calls: Option<Measure>,
    other: Option<Measure>,
}

type Limiter =
    RateLimiter<String, HashMapStateStore<String>, MonotonicClock, StateInformationMiddleware>;

struct Measure {
    name: &'static str,
    limiter: Limiter,
    burst: NonZeroU32,
    policy: HeaderValue,
}

/// What a key has left, for the headers of the answer.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    name: &'static str,
    policy: HeaderValue,
    requests: u32,
}

impl Rates {
    pub(crate) fn of(settings: RateSettings) -> Self {
        let measure = |name, rate: Option<NonZeroU32>| rate.map(|rate| Measure::of(name, rate));
        Self {
            settings,
            calls: measure("calls", settings.call_requests_per_second),
            other: measure("requests", settings.requests_per_second),
        }
    }

    pub(crate) fn settings(&self) -> RateSettings {
        self.settings
    }

    /// Counts a request of a key; what is left, where anything is measured.
    pub(crate) fn count(&self, key_id: &str, kind: Kind) -> ApiResult<Option<Left>> {
        let measure = match kind {
            Kind::Calls => &self.calls,
            Kind::Other => &self.other,
        };
        measure.as_ref().map(|measure| measure.count(key_id)).transpose()
    }
}

impl Measure {
    fn of(name: &'static str, rate: NonZeroU32) -> Self {
        let burst = rate.saturating_mul(NonZeroU32::new(BURST_SECONDS).unwrap_or(NonZeroU32::MIN));
        let limiter = RateLimiter::hashmap_with_clock(
            Quota::per_second(rate).allow_burst(burst),
            MonotonicClock,
        );
        let policy = format!("\"{name}\";q={burst};w={BURST_SECONDS}");
        let policy = HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("none"));
        Self { name, limiter: limiter.with_middleware(), burst, policy }
    }

    fn count(&self, key_id: &str) -> ApiResult<Left> {
        if self.limiter.len() > MAX_KEYS {
            self.limiter.retain_recent();
        }
        match self.limiter.check_key(&key_id.to_owned()) {
            Ok(state) => {
                let requests = state.remaining_burst_capacity().min(self.burst.get());
                Ok(Left { requests, ..self.nothing_left() })
            }
            Err(until) => {
                let wait = until.wait_time_from(MonotonicClock.now());
                let retry_after_seconds = whole_seconds(wait);
                let left = self.nothing_left();
                Err(ApiError::TooManyRequests { retry_after_seconds, left })
            }
        }
    }

    fn nothing_left(&self) -> Left {
        Left { name: self.name, policy: self.policy.clone(), requests: 0 }
    }
}

impl Left {
    /// Tells it in the headers of draft-ietf-httpapi-ratelimit-headers.
    pub(crate) fn tell(&self, headers: &mut HeaderMap, wait_seconds: Option<u64>) {
        let Self { name, requests, .. } = self;
        let wait = wait_seconds.map_or(String::new(), |seconds| format!(";t={seconds}"));
        if let Ok(value) = HeaderValue::try_from(format!("\"{name}\";r={requests}{wait}")) {
            headers.insert(RATE_LIMIT, value);
        }
        headers.insert(RATE_LIMIT_POLICY, self.policy.clone());
    }
}

/// Rounded up, and never none.
fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0 || wait.is_zero())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    fn rates(per_second: u32) -> Rates {
        let rate = NonZeroU32::new(per_second);
        Rates::of(RateSettings { requests_per_second: rate, call_requests_per_second: None })
    }

    #[test]
    fn a_key_that_hurries_waits_and_no_other_does() {
        let rates = rates(1);
        for left in (0..BURST_SECONDS).rev() {
            assert_eq!(rates.count("one", Kind::Other).unwrap().unwrap().requests, left);
        }
        let refused = rates.count("one", Kind::Other).unwrap_err();
        let ApiError::TooManyRequests { retry_after_seconds, .. } = refused else {
            panic!("{refused:?}");
        };
        assert_eq!(retry_after_seconds, 1);
        assert!(rates.count("two", Kind::Other).is_ok());
        assert!(rates.count("one", Kind::Calls).unwrap().is_none(), "nothing measures calls");
    }

    #[test]
    fn where_nothing_is_set_nothing_is_measured() {
        let rates = rates(0);
        assert!((0..1_000).all(|_| matches!(rates.count("k", Kind::Other), Ok(None))));
    }

    #[test]
    fn a_wait_is_told_in_whole_seconds_that_are_enough() {
        let told = [0, 1, 999, 1_000, 1_001].map(|ms| whole_seconds(Duration::from_millis(ms)));
        assert_eq!(told, [1, 1, 1, 1, 2]);
    }
}
