//! Several workers and an ingest at once: nothing is lost, and no older
//! snapshot wins.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc;

use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::Report;
use baitline_domain::verdict::Verdict;
use baitline_store::models::SourceChanges;
use baitline_store::{Reach, buckets, observations, sources};
use baitline_testkit::{TestDatabase, on_both};
use baitline_worker::Step;

use crate::dice::Dice;
use crate::scene::{Scene, at};
use crate::story::{self, FOREIGN, Story, from_another, minutes, moved};

/// Days of data.
const DAYS: i64 = 60;
const CALLS_A_DAY: i64 = 4;
const WORKERS: usize = 2;
/// Steps that the workers get on between two pieces.
const STEPS_BETWEEN: usize = 12;

fn start() -> Instant {
    at("2026-08-01T10:00:00Z")
}

/// Two months of calls from few callers, with the bait's own calls to some of
/// them, and revisions that move calls and change callers.
fn reports(story: &Story) -> Vec<Report> {
    let mut dice = Dice::of(5);
    let mut reports = Vec::new();
    for number in 0..DAYS * CALLS_A_DAY {
        let day = start() + Span::hours(24 * (number / CALLS_A_DAY));
        let at = day + Span::seconds(dice.below(86_400) as i64);
        let other = FOREIGN + dice.below(9) as u64;
        let name = number.to_string();
        let new = match dice.below(12) {
            0 => story.outgoing(&name, other, at),
            1 => story.seen_by(&story.recorder, &name, None, at),
            _ => story.call(&name, other, at),
        };
        if number % 5 == 0 && new.called_raw.as_deref() == Some("+79010000001") {
            reports.push(from_another(&new, FOREIGN + dice.below(9) as u64));
        } else if number % 7 == 0 {
            reports.push(moved(&new, at + Span::hours(24 * (dice.below(20) as i64 - 10))));
        }
        reports.push(new);
    }
    dice.shuffle(&mut reports);
    reports
}

/// What the threads tell each other.
#[derive(Default)]
struct Progress {
    steps: AtomicUsize,
    is_all_sent: AtomicBool,
}

impl Progress {
    /// Works beside others until they are done and nothing waits.
    fn work(&self, scene: &Scene) {
        let mut worker = scene.worker();
        loop {
            let was_all_sent = self.is_all_sent.load(Ordering::SeqCst);
            let step = worker.run_next().unwrap();
            self.steps.fetch_add(1, Ordering::SeqCst);
            if step == Step::Empty && was_all_sent {
                return;
            }
        }
    }

    /// Waits for the workers to get on, so that they are in the midst of it
    /// when the next reports come.
    fn wait_for_steps(&self, steps: usize) {
        let enough = self.steps.load(Ordering::SeqCst) + steps;
        while self.steps.load(Ordering::SeqCst) < enough {
            std::thread::yield_now();
        }
    }
}

#[test]
fn two_workers_beside_an_ingest_leave_what_one_alone_would() {
    on_both(|database| {
        let scene = Scene::on(database);
        let story = Story::on(&scene);
        for run in 0..DAYS / 6 {
            story.complete_trap(&scene, start() + Span::hours(24 * 6 * run));
        }
        let reports = reports(&story);
        let progress = Progress::default();
        std::thread::scope(|scope| {
            for _ in 0..WORKERS {
                scope.spawn(|| progress.work(&scene));
            }
            for piece in reports.chunks(30) {
                story.ingest(&scene, piece);
                progress.wait_for_steps(STEPS_BETWEEN);
            }
            progress.is_all_sent.store(true, Ordering::SeqCst);
        });
        let derived = scene.settled();
        assert!(derived.calls.len() as i64 >= DAYS * CALLS_A_DAY * 9 / 10);
        assert!(derived.tallies.len() > 20, "{}", derived.tallies.len());
    });
}

/// Runs `work` while another transaction holds a bucket.
fn while_held(scene: &Scene, story: &Story, held: Instant, work: impl FnOnce()) {
    let (is_held, wait_until_held) = mpsc::channel();
    let (release, wait_until_released) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        // Dropped when `work` panics, so that the holder does not wait for ever.
        let release = release;
        let holder = scope.spawn(move || {
            scene.agency(|conn| {
                is_held.send(buckets::lock_bucket(conn, story.client, held.day())?).unwrap();
                wait_until_released.recv().unwrap();
                Ok(())
            });
        });
        assert!(wait_until_held.recv().unwrap());
        work();
        release.send(()).unwrap();
        holder.join().unwrap();
    });
}

#[test]
fn what_another_worker_holds_is_passed_and_done_afterwards() {
    let scene = Scene::on(TestDatabase::postgres());
    let story = Story::on(&scene);
    story.complete_trap(&scene, start());
    let (first, second) = (start() + minutes(120), start() + minutes(26 * 60));
    scene.settle();
    let [one, two] = [story.call("1", FOREIGN, first), story.call("2", FOREIGN, second)];
    story.ingest(&scene, &[one, two.clone()]);
    while_held(&scene, &story, first, || {
        scene.worker().run_until_empty().unwrap();
        assert_eq!(story.verdict(&scene, &two), Some(Verdict::ForeignGroup));
        let reach = Reach::Client(story.client);
        assert!(scene.agency(|conn| buckets::count_pending(conn, reach)) > 0);
    });
    let derived = scene.settled();
    assert_eq!(derived.tallies.len(), 2);
}

/// The later day is judged while the earlier one waits, and what was seen
/// there is corrected before its own day ever saw it.
#[test]
fn a_call_that_comes_and_goes_while_its_day_is_held_leaves_no_taint() {
    let scene = Scene::on(TestDatabase::postgres());
    let story = Story::on(&scene);
    story.complete_trap(&scene, start());
    let earlier = start() + minutes(120);
    let caught = story.call("caught", FOREIGN, start() + minutes(40 * 60));
    story.ingest(&scene, std::slice::from_ref(&caught));
    scene.settled();
    let outgoing = story.outgoing("outgoing", FOREIGN, earlier);
    while_held(&scene, &story, earlier, || {
        let again = story.call("again", FOREIGN, start() + minutes(41 * 60));
        story.ingest(&scene, &[outgoing.clone(), again]);
        scene.worker().run_until_empty().unwrap();
        let far_away = moved(&outgoing, start() + minutes(100 * 60));
        story.ingest(&scene, &[far_away]);
        scene.worker().run_until_empty().unwrap();
    });
    scene.settled();
    assert_eq!(story.verdict(&scene, &caught), Some(Verdict::ForeignGroup));
}

/// Changes something while a transaction that ingests has not committed, and
/// lets the worker expand the change as soon as it may.
fn change_during_an_ingest(
    scene: &Scene,
    story: &Story,
    report: &Report,
    change: impl FnOnce() + Send,
) {
    let (is_ingested, wait_until_ingested) = mpsc::channel();
    let (release, wait_until_released) = mpsc::channel::<()>();
    std::thread::scope(|scope| {
        let release = release;
        let ingest = scope.spawn(move || {
            scene.as_client(story.client, |conn| {
                let reports = std::slice::from_ref(report);
                observations::ingest(conn, story.client, reports, start())?;
                is_ingested.send(()).unwrap();
                wait_until_released.recv().unwrap();
                Ok(())
            });
        });
        wait_until_ingested.recv().unwrap();
        let changing = scope.spawn(|| {
            change();
            scene.worker().run_until_empty().unwrap();
        });
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while !changing.is_finished() && scene.count(waiting) == 0 {}
        release.send(()).unwrap();
        changing.join().unwrap();
        ingest.join().unwrap();
    });
}

#[test]
fn a_bait_that_appears_while_its_first_report_is_written_is_found_by_it() {
    let scene = Scene::on(TestDatabase::postgres());
    let story = Story::on(&scene);
    scene.settle();
    let second = story::BAIT + 1;
    let (caller, called) = (format!("+{FOREIGN}"), format!("+{second}"));
    let early = story::report(&story.pbx, "early", &caller, &called, start());
    change_during_an_ingest(&scene, &story, &early, || {
        story::add_bait(&scene, story.client, second);
    });
    assert_eq!(scene.settled().calls.len(), 1);
}

#[test]
fn a_clock_corrected_while_a_report_is_written_corrects_that_report_too() {
    let scene = Scene::on(TestDatabase::postgres());
    let story = Story::on(&scene);
    scene.settle();
    let report = story.call("1", FOREIGN, start());
    change_during_an_ingest(&scene, &story, &report, || {
        let offset = Some(Span::seconds(600).0);
        let changes = SourceChanges { clock_offset_micros: offset, uncertainty_micros: None };
        let (client, source) = (story.client, story.pbx.id);
        scene.as_client(client, |conn| sources::update_source(conn, client, source, &changes));
    });
    scene.settled();
    assert_eq!(story.judged(&scene, &report).call.started_at, start() + minutes(10));
}
