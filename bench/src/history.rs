//! Calls that are stored already when a measurement begins: taken in and judged
//! by the program's own code, and, for long histories, copied into earlier months
//! by the database itself.

use std::collections::BTreeMap;

use baitline_domain::ids::ClientId;
use baitline_domain::observation::Report;
use baitline_store::{Reach, Store, now, observations};
use baitline_testkit::{Role, TestDatabase};
use baitline_worker::Worker;

use crate::postgres::{output_of, tool};
use crate::world::World;

/// Tables that hold a history, those first that others point to.
const TABLES: [&str; 5] =
    ["traps", "observations", "calls", "interception_tallies", "derived_days"];
/// Columns that hold a day, counted from 1970.
const DAYS: [&str; 2] = ["day", "local_day"];

/// What the making of an index may use.
const INDEX_MEMORY: &str = "1GB";

/// Takes a world in and lets a worker derive everything; its traps stand.
///
/// # Panics
/// When the store refuses.
pub fn derive(store: &Store, world: &World) {
    for (number, client) in world.cast.clients.iter().enumerate() {
        let own: Vec<Report> = world.own_reports(number).collect();
        own.chunks(observations::MAX_BATCH).for_each(|piece| take_in(store, client.id, piece));
    }
    let mut waiting: BTreeMap<ClientId, Vec<Report>> = BTreeMap::new();
    for call in world.calls() {
        let client = world.client_of(&call).id;
        let reports = waiting.entry(client).or_default();
        reports.push(world.report(&call));
        if reports.len() == observations::MAX_BATCH {
            take_in(store, client, &std::mem::take(reports));
        }
    }
    waiting.iter().for_each(|(client, reports)| take_in(store, *client, reports));
    settle(store);
}

/// Takes reports of one client in.
///
/// # Panics
/// When the store refuses.
pub fn take_in(store: &Store, client: ClientId, reports: &[Report]) {
    let done = store.write(Reach::Client(client), |conn| {
        observations::ingest(conn, client, reports, now()).map(|_| ())
    });
    done.expect("the reports of a world are right");
}

/// Lets a worker do everything that waits.
///
/// # Panics
/// When it fails.
pub fn settle(store: &Store) {
    let runtime = tokio::runtime::Runtime::new().expect("threads can be started");
    let mut worker = Worker::new(store.clone(), runtime.handle().clone(), "bench");
    worker.run_until_empty().expect("the worker does its work");
}

/// Copies everything derived into `copies - 1` earlier periods of so many days.
/// What is copied is not what the rules would say there (a caller of March has
/// called in February now): whoever recomputes a day first recomputes it once
/// without looking at the clock.
///
/// # Panics
/// When the database refuses.
pub fn multiply(database: &TestDatabase, copies: u64, days: u32) {
    let url = database.url_as(Role::Superuser);
    for table in TABLES {
        let columns = columns(&url, table);
        let names: Vec<String> = columns.iter().map(|(name, _)| format!("\"{name}\"")).collect();
        let values: Vec<String> =
            columns.iter().map(|(name, kind)| moved(table, name, kind, days)).collect();
        // An index is made faster at once, when all rows are there.
        psql(
            &url,
            &format!("UPDATE pg_index SET indisready = false WHERE indrelid = '{table}'::regclass"),
        );
        psql(
            &url,
            &format!(
                "SET session_replication_role = replica;
                 INSERT INTO {table} ({})
                 SELECT {} FROM {table} CROSS JOIN generate_series(1, {}) AS n",
                names.join(", "),
                values.join(", "),
                copies - 1
            ),
        );
        psql(&url, &format!("SET maintenance_work_mem = '{INDEX_MEMORY}'; REINDEX TABLE {table}"));
        psql(&url, &format!("VACUUM ANALYZE {table}"));
    }
}

/// Runs SQL past the program and past row-level security.
///
/// # Panics
/// When the database refuses.
pub fn psql(url: &str, sql: &str) -> String {
    let mut command = tool("psql");
    command.args(["--no-psqlrc", "--quiet", "--no-align", "--tuples-only"]);
    output_of(command.args(["--set", "ON_ERROR_STOP=1", "--dbname", url, "--command", sql]))
}

fn columns(url: &str, table: &str) -> Vec<(String, String)> {
    let listed = psql(
        url,
        &format!(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute
             WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped
             ORDER BY attnum"
        ),
    );
    let pair = |line: &str| line.split_once('|').map(|(name, kind)| (name.into(), kind.into()));
    listed.lines().filter_map(pair).collect()
}

/// The value of a column in the n-th copy.
fn moved(table: &str, name: &str, kind: &str, days: u32) -> String {
    let id = |of: &str| format!("md5({of}::text || n)::uuid");
    match (name, kind) {
        ("id", _) => id("id"),
        ("trap_id", _) => id("trap_id"),
        ("external_id", _) => "external_id || '-' || n".to_owned(),
        // A call of the world has one observation, which has its id.
        ("observations", _) if table == "calls" => {
            format!("decode(replace({}::text, '-', ''), 'hex')", id("id"))
        }
        ("month", _) => {
            let day = format!("date '1970-01-01' + (day - n::integer * {days})");
            format!("date_trunc('month', {day})::date - date '1970-01-01'")
        }
        // No copy is in a file.
        ("segment_id", _) => "NULL".to_owned(),
        ("unsealed", _) => "interceptions > 0".to_owned(),
        (_, "timestamp with time zone") => format!("\"{name}\" - n * interval '{days} days'"),
        (day, _) if DAYS.contains(&day) => format!("{day} - n::integer * {days}"),
        _ => format!("\"{name}\""),
    }
}
