//! P8: what a new call costs when twenty times as much is stored: rows and blocks
//! that the database reads, and time, from the call's ingest to its refreshed
//! bucket. The ratios are the short history over the long one: at 1 nothing grows.
//!
//! The database counts for itself, in pg_stat_user_tables and
//! pg_statio_user_tables; a session's counts are complete when it has ended.

use std::path::Path;
use std::time::{Duration, Instant as Clock};

use baitline_bench::world::{Cast, Shape, World, WorldCall};
use baitline_bench::{Args, Ratios, history, percentile, postgres};
use baitline_domain::ids::BaitId;
use baitline_domain::instant::{Day, Instant, Span};
use baitline_store::calls::{self, CallFilter, CallPage};
use baitline_store::models::JudgedCall;
use baitline_store::{Reach, Store, buckets, now};
use baitline_testkit::TestDatabase;

/// Calls that the program itself takes in and judges; the rest are copies.
const DERIVED: u64 = 250_000;
/// Copies that make the short history, and the long one.
const SHORT: u64 = 4;
const LONG: u64 = 80;
/// Days of what is derived: the long history has as many times more.
const DAYS: u32 = 10;
/// New calls of one round, one after another.
const NEW_CALLS: u64 = 60;
/// The number of a call that is checked: one of the first client.
const CHECKED_CALL: u64 = 4_000_000_000;
/// How long the database may take to count what an ended session did.
const COUNTED_AFTER: Duration = Duration::from_secs(2);

fn main() {
    let args = Args::read();
    let derived = args.size(DERIVED, 400);
    let (short, long) = if args.tiny { (1, 3) } else { (SHORT, LONG) };
    let folder = tempfile::tempdir().expect("a temporary folder");
    let databases = [postgres::database(&args), postgres::database(&args)];
    let places: Vec<Place<'_>> = databases
        .iter()
        .zip([short, long])
        .map(|(database, copies)| Place::stored(database, folder.path(), derived, copies, &args))
        .collect();
    let [rows, blocks, time] = measured(&places, &args);
    args.say("P8 rows", &Ratios::from_values(rows));
    args.say("P8 buffers", &Ratios::from_values(blocks));
    args.say("P8 time", &Ratios::from_values(time));
}

fn measured(places: &[Place<'_>], args: &Args) -> [Vec<f64>; 3] {
    let mut ratios = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..args.rounds() {
        let costs: Vec<Cost> = places.iter().map(|place| place.cost(round as u64, args)).collect();
        println!("{costs:?}");
        let [short, long] = &costs[..] else { continue };
        ratios[0].push(short.rows / long.rows);
        ratios[1].push(short.blocks / long.blocks);
        ratios[2].push(short.median.as_secs_f64() / long.median.as_secs_f64());
    }
    ratios
}

/// A database with a history.
struct Place<'a> {
    database: &'a TestDatabase,
    folder: &'a Path,
    world: World,
}

/// Of one new call.
#[derive(Debug)]
struct Cost {
    rows: f64,
    blocks: f64,
    median: Duration,
}

impl<'a> Place<'a> {
    fn stored(
        database: &'a TestDatabase,
        folder: &'a Path,
        calls: u64,
        copies: u64,
        args: &Args,
    ) -> Self {
        let (clients, baits_per_client) = if args.tiny { (2, 3) } else { (50, 20) };
        let first_day = Day(now().day().0 - DAYS as i32 + 1);
        let shape = Shape { clients, baits_per_client, first_day, days: DAYS, calls };
        let store = postgres::open(&database.url(), folder);
        let mut cast = Cast::entered(&store, &shape);
        cast.enter_traps(&store, &shape);
        let world = World::of(cast, shape);
        history::derive(&store, &world);
        let place = Self { database, folder, world };
        place.check(&store);
        history::multiply(database, copies, DAYS);
        // Verdicts of the last days may rest on the copies.
        place.touch_last_days(&store);
        history::settle(&store);
        println!("{} calls stored", database.count("SELECT count(*) FROM calls"));
        place
    }

    fn touch_last_days(&self, store: &Store) {
        let last = self.world.shape.first_day.0 + DAYS as i32 - 1;
        let days = (last - 1..=last).map(Day).collect();
        let done = store.write(Reach::Agency, |conn| {
            let mut clients = self.world.cast.clients.iter();
            clients.try_for_each(|client| buckets::touch(conn, client.id, &days))
        });
        done.expect("days can be touched");
    }

    /// A call that comes alone gives what recomputing its whole day gives.
    fn check(&self, store: &Store) {
        let (client, bait) = (0, 0);
        let before = self.calls_of(store, client).len();
        self.take_in(store, CHECKED_CALL);
        history::settle(store);
        let standing = self.calls_of(store, client);
        assert_eq!(standing.len(), before + 1);
        self.touch_last_days(store);
        history::settle(store);
        assert_eq!(standing, self.calls_of(store, client));
        let id: BaitId = self.world.cast.clients[client].baits[bait].id;
        assert!(standing.iter().any(|one| one.call.bait == id));
    }

    fn calls_of(&self, store: &Store, client: usize) -> Vec<JudgedCall> {
        let reach = Reach::Client(self.world.cast.clients[client].id);
        let page = CallPage { after: None, limit: 1_000_000 };
        let found =
            store.read(reach, |conn| calls::list_calls(conn, reach, &CallFilter::default(), page));
        found.expect("calls can be listed")
    }

    /// A call of this moment to the busiest bait of the largest client.
    fn take_in(&self, store: &Store, number: u64) {
        let call = WorldCall {
            number: 1_000_000_000 + number,
            client: (number % 10) as usize % self.world.cast.clients.len(),
            bait: 0,
            caller: self.world.caller(number),
            at: self.moment() + Span(number as i64 % 1_000),
            connected_seconds: 20,
        };
        let client = self.world.client_of(&call).id;
        history::take_in(store, client, &[self.world.report(&call)]);
    }

    /// In the middle of the last day.
    fn moment(&self) -> Instant {
        Day(self.world.shape.first_day.0 + DAYS as i32 - 1).start() + Span::hours(12)
    }

    fn cost(&self, round: u64, args: &Args) -> Cost {
        let new_calls = if args.tiny { 3 } else { NEW_CALLS };
        let before = self.counted(args);
        let store = postgres::open(&self.database.url(), self.folder);
        let mut times: Vec<Duration> = (0..new_calls)
            .map(|number| {
                let started = Clock::now();
                self.take_in(&store, 1_000_000 * (round + 1) + number);
                history::settle(&store);
                started.elapsed()
            })
            .collect();
        drop(store);
        let after = self.counted(args);
        let of_one =
            |both: fn(&(i64, i64)) -> i64| (both(&after) - both(&before)) as f64 / new_calls as f64;
        Cost {
            rows: of_one(|counted| counted.0),
            blocks: of_one(|counted| counted.1),
            median: percentile(&mut times, 0.5),
        }
    }

    /// Rows and blocks read so far.
    fn counted(&self, args: &Args) -> (i64, i64) {
        if !args.tiny {
            std::thread::sleep(COUNTED_AFTER);
        }
        let rows = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::bigint
            FROM pg_stat_user_tables";
        let blocks = "SELECT sum(heap_blks_read + heap_blks_hit
                + coalesce(idx_blks_read + idx_blks_hit, 0))::bigint
            FROM pg_statio_user_tables";
        (self.database.count(rows), self.database.count(blocks))
    }
}
