//! The command `demo`: does the main job over HTTP against a running server, as
//! the CRMs, recorder apps and people of three made-up clients would, checks
//! every answer that is known beforehand, and says what to try next. It knows
//! the wire and the sample world; it does not know the database, and it starts
//! no server.

mod ending;
mod error;
mod feed;
mod hear;
mod life;
mod offenders;
mod packages;
mod printed;
mod setup;
mod wire;

use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use baitline_domain::ids::ClientId;
use baitline_sample::cast::CLIENTS;
use baitline_sample::deliveries::deliveries;
use baitline_sample::world::World;
use baitline_store::StoreError;

pub(crate) use error::DemoError;
use wire::Wire;

/// The longest wait for the worker or for an export.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often the demo asks again.
const POLL: Duration = Duration::from_millis(100);

/// A server that is already answering.
pub(crate) struct Server<'a> {
    /// Where.
    pub(crate) address: SocketAddr,
    /// A key that reaches every client.
    pub(crate) agency_key: &'a str,
    /// Makes a key for one client, which no HTTP request can.
    pub(crate) make_key: &'a dyn Fn(ClientId) -> Result<String, StoreError>,
    /// The command that starts it again on the same data and address.
    pub(crate) serve_command: &'a str,
}

/// Something known beforehand, and what contradicts it.
struct Check {
    what: String,
    faults: Vec<String>,
}

/// Runs the demo. Packages go to `folder/packages`, papers to `folder/papers`.
pub(crate) fn run(
    server: &Server<'_>,
    folder: &Path,
    out: &mut impl Write,
) -> Result<(), DemoError> {
    let wire = Wire::new(server.address);
    let world = World::demo();
    let mut checks = Vec::new();
    writeln!(out, "Server: http://{}", server.address)?;

    let staged = step(out, "Clients, keys, baits, own numbers, sources, traps", || {
        setup::stage(&wire, server, &world)
    })?;
    let files = deliveries(&world);
    let fed = step(out, "Call records of PBXes, recorder apps and people", || {
        feed::send(&wire, &staged, &files)
    })?;
    checks.extend(fed.checks);
    step(out, "Recordings", || feed::upload_recordings(&wire, &staged, &world, &fed.calls))?;
    step(out, "Waiting for the worker", || offenders::wait(&wire, server.agency_key))?;
    step(out, "Listening: labels and transcripts", || {
        hear::label(&wire, &staged, &world, &fed.calls)
    })?;
    let report = step(out, "Waiting for the worker", || offenders::wait(&wire, server.agency_key))?;
    offenders::print(&report, out)?;
    checks.extend(offenders::compare(&report)?);

    step(out, "Papers, and the operator's list", || life::papers(&wire, &staged))?;
    step(out, "Inquiries to the operators", || life::inquire(&wire, &staged))?;

    let packages = folder.join("packages");
    for (client, staged) in CLIENTS.iter().zip(&staged) {
        let title = format!("Packages of {}", client.name);
        let made = step(out, &title, || packages::export(&wire, staged, client, &packages))?;
        checks.extend(made.checks);
    }
    let life = step(out, "Complaints", || life::complain(&wire, &staged))?;
    checks.extend(life.checks);
    let papers = folder.join("papers");
    let printed = step(out, "Papers to sign", || printed::print(&wire, &staged, &papers))?;
    checks.extend(printed.checks);
    let wrong = print_checks(&checks, out)?;
    ending::print(server, folder, &staged, out)?;
    if wrong == 0 { Ok(()) } else { Err(DemoError::Wrong { checks: wrong }) }
}

/// What a step tells of itself when it is done.
trait Told {
    /// One line, with counts.
    fn told(&self) -> String;
}

/// Prints a step's title before it begins, and its counts and time after.
fn step<T: Told>(
    out: &mut impl Write,
    title: &str,
    work: impl FnOnce() -> Result<T, DemoError>,
) -> Result<T, DemoError> {
    write!(out, "{title} … ")?;
    out.flush()?;
    let started = Instant::now();
    let done = work()?;
    writeln!(out, "{} ({:.1} s)", done.told(), started.elapsed().as_secs_f64())?;
    Ok(done)
}

/// Asks until there is an answer, for as long as [`PATIENCE`] lasts.
fn wait_for<T>(
    what: &'static str,
    mut ask: impl FnMut() -> Result<Option<T>, DemoError>,
) -> Result<T, DemoError> {
    let started = Instant::now();
    loop {
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if started.elapsed() > PATIENCE {
            return Err(DemoError::Slow { what, seconds: PATIENCE.as_secs() });
        }
        std::thread::sleep(POLL);
    }
}

/// Prints a line for every check and returns how many failed.
fn print_checks(checks: &[Check], out: &mut impl Write) -> Result<usize, DemoError> {
    writeln!(out, "\nAgainst the answers worked out by hand:")?;
    for check in checks {
        let verdict = if check.faults.is_empty() { "OK  " } else { "FAIL" };
        writeln!(out, "  {verdict}  {}", check.what)?;
        for fault in &check.faults {
            writeln!(out, "        {fault}")?;
        }
    }
    Ok(checks.iter().filter(|check| !check.faults.is_empty()).count())
}
