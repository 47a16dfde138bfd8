//! Blobs in a bucket that is away for a while: callers are told to come again
//! within a bounded time, and nothing is half known.

use std::time::{Duration, Instant};

use baitline_testkit::{Fault, On, S3Server, on_both};

use crate::service::Service;

/// What callers wait at most: the retries, and the question whether it is there
/// after all.
const BOUNDED: Duration = Duration::from_secs(15);
/// More than what is uploaded at once.
const LARGE: [u8; 6_000_000] = [7; 6_000_000];

/// A key, and the path of the recording of a call.
fn a_call(service: &Service) -> (String, String) {
    let stock = service.stock("Окна");
    let call = service.call(&stock, "+79160000001", "2026-10-02T10:00:00Z");
    (stock.tenant.key, format!("/v1/calls/{call}/recording"))
}

#[test]
fn a_recording_that_the_store_does_not_take_is_refused_and_leaves_no_row() {
    on_both(|database| {
        let server = S3Server::start();
        let service = Service::start_on(database, &server);
        let (key, path) = a_call(&service);
        let faults = [Fault::Refuse(503, "SlowDown"), Fault::Reset, Fault::Stall];
        for (fault, sound) in faults.into_iter().zip([&LARGE[..], b"RIFF", &LARGE[..]]) {
            server.fail_all(fault);
            let started = Instant::now();
            let refused = service.typed("PUT", &key, &path, "audio/wav", sound).expect(503);
            assert!(started.elapsed() < BOUNDED, "{fault:?}: {:?}", started.elapsed());
            refused.code();
            assert_eq!(refused.header("retry-after"), "1");
            assert!(!String::from_utf8_lossy(&refused.bytes).contains("127.0.0.1"));
            service.get(&key, "/readyz").expect(503);
            server.recover();
            service.get(&key, &path).expect(404);
        }
        service.get(&key, "/readyz").expect(200);
        service.typed("PUT", &key, &path, "audio/wav", &LARGE).expect(201);
        assert_eq!(service.get(&key, &path).expect(200).bytes, LARGE);
        assert_eq!(server.unfinished_uploads(), 0);
    });
}

#[test]
fn a_recording_that_the_store_does_not_give_can_be_asked_for_again() {
    on_both(|database| {
        let server = S3Server::start();
        let service = Service::start_on(database, &server);
        let (key, path) = a_call(&service);
        service.typed("PUT", &key, &path, "audio/wav", &LARGE).expect(201);
        for fault in [Fault::Refuse(500, "InternalError"), Fault::Stall] {
            server.fail_all(fault);
            let started = Instant::now();
            let refused = service.get(&key, &path).expect(503);
            assert!(started.elapsed() < BOUNDED, "{fault:?}: {:?}", started.elapsed());
            assert_eq!(refused.header("retry-after"), "1");
            server.recover();
        }
        server.fail(On("GET", "/clients/"), Fault::Truncate, 2);
        assert_eq!(service.get(&key, &path).expect(200).bytes, LARGE);
    });
}
