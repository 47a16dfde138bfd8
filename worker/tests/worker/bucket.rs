//! Exports whose blobs are in a bucket: they wait for a store that is away, and
//! come out the same.

use std::time::{Duration, Instant};

use baitline_store::exports;
use baitline_store::models::{ExportState, PackageState};
use baitline_testkit::{Fault, On, S3Server, on_both};

use crate::exports::{archive, ask, offence, packages, state, verify};
use crate::scene::Scene;
use crate::story::Story;

/// What one step of a worker may take when the store is silent.
const BOUNDED: Duration = Duration::from_secs(20);

#[test]
fn an_export_waits_for_a_store_that_is_away_however_long() {
    on_both(|database| {
        let server = S3Server::start();
        let scene = Scene::on_bucket(database, &server);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let export = ask(&scene, &story);
        let mut worker = scene.worker();
        // Reading recordings fails, or keeping the package.
        let (reads, writes) = (On("GET", "/recordings/"), On("PUT", "/packages/"));
        for turn in 0..exports::MAX_ATTEMPTS + 2 {
            let on = if turn % 2 == 0 { reads } else { writes };
            let fault = if turn < 2 { Fault::Stall } else { Fault::Refuse(403, "AccessDenied") };
            server.fail(on, fault, usize::MAX);
            let started = Instant::now();
            assert!(worker.run_next().is_err(), "{on:?}");
            assert!(started.elapsed() < BOUNDED, "{on:?}: {:?}", started.elapsed());
            assert_eq!(state(&scene, &story, export), ExportState::Running);
            server.recover();
            // Its lease runs out.
            scene.execute("UPDATE exports SET state = 'queued'");
        }
        scene.settle();
        assert_eq!(state(&scene, &story, export), ExportState::Done);
        let found = packages(&scene, &story, export);
        assert_ne!(found[0].state, PackageState::Failed, "{:?}", found[0].problem);
        assert_eq!(verify(&archive(&scene, &story, &found[0])).problems, []);
    });
}

#[test]
fn a_package_whose_recordings_break_off_on_their_way_has_the_same_bytes() {
    on_both(|database| {
        let server = S3Server::start();
        let scene = Scene::on_bucket(database, &server);
        let story = Story::on(&scene);
        offence(&scene, &story);
        let export = ask(&scene, &story);
        scene.settle();
        let first = packages(&scene, &story, export);
        scene.execute(
            "UPDATE exports SET state = 'queued', attempts = 0;
             UPDATE export_packages SET state = 'queued', sha256 = NULL",
        );
        server.fail(On("GET", "/recordings/"), Fault::Truncate, 3);
        server.fail(On("PUT", "/packages/"), Fault::DoneThenReset, 1);
        scene.settle();
        assert_eq!(packages(&scene, &story, export), first);
    });
}
