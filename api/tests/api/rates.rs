//! How many requests a key may send: told in headers, refused beyond, and each key
//! for itself.

use std::num::NonZeroU32;

use baitline_api::RateSettings;
use baitline_domain::scope::Scopes;
use baitline_testkit::{TestDatabase, on_both};
use serde_json::json;

use crate::service::Service;

/// One in a second, so ten at once.
fn slow() -> RateSettings {
    RateSettings { requests_per_second: NonZeroU32::new(1), call_requests_per_second: None }
}

#[test]
fn a_key_that_sends_too_much_is_told_to_wait_and_no_other_is() {
    on_both(|database| {
        let service = Service::start_measured(database, slow());
        let (hasty, calm) = (service.key_with(Scopes::ALL), service.key_with(Scopes::ALL));
        let first = service.get(&hasty, "/v1/baits").expect(200);
        assert_eq!(first.header("ratelimit"), "\"requests\";r=9");
        assert_eq!(first.header("ratelimit-policy"), "\"requests\";q=10;w=10");
        let refused = (0..100)
            .map(|_| service.get(&hasty, "/v1/baits"))
            .find(|answer| answer.status != 200)
            .unwrap()
            .expect(429);
        assert_eq!(refused.header("retry-after"), "1");
        assert_eq!(refused.header("ratelimit"), "\"requests\";r=0;t=1");
        assert_eq!(refused.header("ratelimit-policy"), "\"requests\";q=10;w=10");
        assert_eq!(refused.code(), "");
        assert_eq!(refused.text("/type"), "urn:baitline:problem:too_many_requests");
        service.get(&calm, "/v1/baits").expect(200);
        // Calls are counted apart, here not at all; and nobody counts without a key.
        let calls = service.json("POST", &hasty, "/v1/calls", &json!([]));
        assert_ne!(calls.status, 429);
        assert_eq!(calls.header("ratelimit"), "");
        assert_eq!(service.send("GET", "/healthz", &[], b"").header("ratelimit"), "");
    });
}

#[test]
fn the_limits_tell_what_each_key_may_send_and_nothing_where_nothing_is_measured() {
    let told = |rates: RateSettings| {
        let service = Service::start_measured(TestDatabase::sqlite(), rates);
        let answer = service.get(&service.agency_key, "/v1/limits").expect(200).json();
        let limits = answer["limits"].as_array().unwrap().clone();
        let of_keys = limits.into_iter().filter(|limit| limit["unit"] == "per_second");
        of_keys.map(|limit| (limit["name"].clone(), limit["maximum"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(told(slow()), [(json!("requests_of_a_key"), json!(1))]);
    assert_eq!(told(RateSettings::default()).len(), 2);
    let none = RateSettings { requests_per_second: None, call_requests_per_second: None };
    assert!(told(none).is_empty());
}
