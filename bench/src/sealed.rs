//! Sealed interceptions of a world, and the report of repeat offenders over them
//! in a process of its own, whose memory is nothing but the report's. It does
//! not know whom we are compared with.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant as Clock};

use baitline_analytics::{
    Offender, OffenderKey, Ordinals, Question, Sealed, SegmentFile, Source, Standing,
    repeat_offenders, write_segment,
};
use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Instant, Span, first_of_month};
use baitline_domain::phone::Phone;
use baitline_domain::tally::{Hearing, InterceptionRow};
use baitline_domain::verdict::Verdict;
use rand::RngExt;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::process::IMAGE_SETTING;
use crate::world::{FIRST_DAY, SEED, Shape, World};

/// Where the tail of the world's callers begins, and how many numbers it has
/// here: interceptors rent numbers and use each of them for a while.
const TAIL_FIRST: u64 = 79_160_010_000;
const TAIL_NUMBERS: u64 = 500_000;
/// Of a hundred conversations, how many were heard to be advertising.
const ADVERTISING_PERCENT: u32 = 60;
const OTHER_PERCENT: u32 = 10;
const PRIOR_CONTACT_PERCENT: u32 = 10;
/// Of a hundred callers, how many show no number.
const HIDDEN_PERCENT: u32 = 2;
/// Names the folder to the process that answers.
const FOLDER: &str = "BAITLINE_BENCH_SEALED";
const MANIFEST: &str = "manifest.json";

/// Fifty clients with forty baits each, in sixteen months.
pub fn shape(calls: u64) -> Shape {
    Shape { clients: 50, baits_per_client: 40, first_day: FIRST_DAY, days: 480, calls }
}

/// A range that begins and ends in the middle of days and months; it holds all
/// but about a tenth of the calls.
pub fn period() -> (Instant, Instant) {
    let from = FIRST_DAY.start() + Span::hours(19 * 24 + 13) + Span::seconds(1_031);
    (from, FIRST_DAY.start() + Span::hours(452 * 24 + 7) + Span::seconds(77))
}

/// A client's segments in a sealed folder.
#[derive(Serialize, Deserialize)]
pub struct SealedClient {
    /// Whose.
    pub id: ClientId,
    /// How many baits have an ordinal.
    pub baits: u32,
    /// How many traps have one.
    pub traps: u32,
    /// Files, each called by its month, and their SHA-256.
    pub files: Vec<(PathBuf, [u8; 32])>,
}

/// The world's interceptions in order of time, some of them heard.
pub fn interceptions(world: &World) -> impl Iterator<Item = InterceptionRow> + '_ {
    let mut dice = ChaCha8Rng::seed_from_u64(SEED);
    world.calls().map(move |mut call| {
        let tail = call.caller.digits().checked_sub(TAIL_FIRST);
        let number = tail.filter(|tail| *tail < 10_000_000).map(|tail| tail % TAIL_NUMBERS);
        if let Some(caller) = number.and_then(|number| Phone::from_digits(TAIL_FIRST + number)) {
            call.caller = caller;
        }
        let hearing = match dice.random_range(0..100) {
            lot if lot < ADVERTISING_PERCENT => Hearing::Advertising,
            lot if lot < ADVERTISING_PERCENT + OTHER_PERCENT => Hearing::Other,
            _ => Hearing::Unheard,
        };
        let prior_contact = dice.random_ratio(PRIOR_CONTACT_PERCENT, 100);
        let row = InterceptionRow { hearing, prior_contact, ..world.interception(&call) };
        if dice.random_ratio(HIDDEN_PERCENT, 100) {
            let verdict = Verdict::Inconclusive;
            return InterceptionRow { caller: None, operator: None, region: None, verdict, ..row };
        }
        row
    })
}

/// Writes one segment for each client and month to `folder`, and what names
/// them. A client's folder is called `c=` and its number, as partitions are.
pub fn seal(world: &World, folder: &Path) {
    let ordinals: Vec<Ordinals> = world
        .cast
        .clients
        .iter()
        .map(|client| {
            let baits: Vec<_> = client.baits.iter().map(|bait| bait.id).collect();
            let traps: Vec<_> = client.baits.iter().flat_map(|bait| bait.traps.clone()).collect();
            Ordinals::of_lists(&baits, &traps, &[])
        })
        .collect();
    let mut clients: Vec<SealedClient> = world
        .cast
        .clients
        .iter()
        .zip(&ordinals)
        .map(|(client, ordinals)| SealedClient {
            id: client.id,
            baits: ordinals.bait_count,
            traps: ordinals.trap_count,
            files: Vec::new(),
        })
        .collect();
    let mut gathered: Vec<Vec<InterceptionRow>> = vec![Vec::new(); clients.len()];
    let mut month = None;
    let mut flush = |gathered: &mut Vec<Vec<InterceptionRow>>, month: i32| {
        for (number, rows) in gathered.iter_mut().enumerate().filter(|(_, rows)| !rows.is_empty()) {
            let bytes = write_segment(rows, &ordinals[number]).expect("a segment can be written");
            let path = folder.join(format!("c={number}/{month}.parquet"));
            fs::create_dir_all(path.parent().unwrap_or(folder)).expect("a folder can be made");
            fs::write(&path, &bytes).expect("a segment can be kept");
            clients[number].files.push((path, Sha256::digest(&bytes).into()));
            rows.clear();
        }
    };
    let number_of: std::collections::HashMap<ClientId, usize> =
        world.cast.clients.iter().enumerate().map(|(number, one)| (one.id, number)).collect();
    for row in interceptions(world) {
        let of_row = first_of_month(row.started_at.day().0);
        if let Some(before) = month.filter(|month| *month != of_row) {
            flush(&mut gathered, before);
        }
        month = Some(of_row);
        gathered[number_of[&row.client]].push(row);
    }
    flush(&mut gathered, month.unwrap_or_default());
    let manifest = serde_json::to_vec(&clients).expect("a manifest is JSON");
    fs::write(folder.join(MANIFEST), manifest).expect("a manifest can be kept");
}

/// What [`seal`] wrote to a folder.
pub fn sealed_clients(folder: &Path) -> Vec<SealedClient> {
    let manifest = fs::read(folder.join(MANIFEST)).expect("there is a manifest");
    serde_json::from_slice(&manifest).expect("it is ours")
}

/// Our side: a process that answers.
pub struct Ours {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Ours {
    /// Starts it over a sealed folder.
    pub fn start(folder: &Path) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut command = Command::new(program);
        command.env(FOLDER, folder).envs([IMAGE_SETTING]);
        let (child, asks, answers) = conversation(&mut command);
        Self { child, asks, answers }
    }

    /// One report, as it measured itself.
    pub fn report(&mut self) -> Duration {
        seconds(&ask(&mut self.asks, &mut self.answers, "report"))
    }

    /// Writes its answer as CSV to a file.
    pub fn write_answer(&mut self, path: &Path) {
        ask(&mut self.asks, &mut self.answers, &path.display().to_string());
    }

    /// Its peak of resident memory so far, in bytes.
    pub fn peak_bytes(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("Linux tells the memory of a process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        kib.expect("the peak is a number of KiB") * 1024
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a program that answers each line with a line.
pub fn conversation(command: &mut Command) -> (Child, ChildStdin, BufReader<ChildStdout>) {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = spawned.unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let asks = child.stdin.take().expect("its input is a pipe");
    let answers = BufReader::new(child.stdout.take().expect("its output is a pipe"));
    (child, asks, answers)
}

/// One line there, one line back.
pub fn ask(asks: &mut ChildStdin, answers: &mut BufReader<ChildStdout>, line: &str) -> String {
    writeln!(asks, "{line}").expect("the other side listens");
    let mut answer = String::new();
    answers.read_line(&mut answer).expect("the other side answers");
    assert!(!answer.is_empty(), "the other side ended");
    answer.trim().to_owned()
}

/// A duration told in seconds.
pub fn seconds(told: &str) -> Duration {
    Duration::from_secs_f64(told.parse().unwrap_or_else(|_| panic!("no time: {told}")))
}

/// Answers, if this process was started to: call it first in `main`.
pub fn answer_if_asked() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let sealed: Vec<Sealed> =
        sealed_clients(Path::new(&folder)).into_iter().map(of_manifest).collect();
    let (from, to) = period();
    let source = Source { tallies: &[], sealed: &sealed, from, to };
    for line in std::io::stdin().lines() {
        let line = line.expect("a line of text");
        let started = Clock::now();
        let report = repeat_offenders(&source, &Question::default()).expect("a report");
        let took = started.elapsed();
        if line != "report" {
            fs::write(&line, csv(&report)).expect("an answer can be written");
        }
        println!("{}", took.as_secs_f64());
    }
    std::process::exit(0);
}

fn of_manifest(client: SealedClient) -> Sealed {
    let file = |(path, sha256)| SegmentFile { path, sha256, left_out: Vec::new() };
    let ordinals =
        Ordinals { bait_count: client.baits, trap_count: client.traps, ..Ordinals::default() };
    Sealed { client: client.id, ordinals, files: client.files.into_iter().map(file).collect() }
}

/// The columns of the CSV that is written, in the words that a baseline answers with.
pub const COLUMNS: &str = "caller,standing,interceptions,traps,baits,clients,days,prior_contact,\
     candidates,unheard_invalid,other_heard,attempts,foreign_group,foreign_entity,same_group,\
     inconclusive,invalid,first_at,last_at";

fn csv(report: &[Offender]) -> String {
    let mut out = format!("{COLUMNS}\n");
    for line in report {
        let OffenderKey::Number(caller) = line.key else { continue };
        let standing = match line.standing {
            Some(Standing::RepeatOffender) => 0,
            Some(Standing::Offender) => 1,
            _ => 2,
        };
        let others = line.other_verdicts;
        let cells = [
            caller.digits(),
            standing,
            line.interceptions,
            line.traps,
            line.baits,
            line.clients,
            line.days,
            line.prior_contact,
            line.candidates,
            line.unheard_invalid,
            line.other_heard,
            line.attempts,
            others.foreign_group,
            others.foreign_entity,
            others.same_group,
            others.inconclusive,
            others.invalid,
        ];
        for cell in cells {
            // Writing to a string does not fail.
            let _ = write!(out, "{cell},");
        }
        let _ = writeln!(out, "{},{}", line.first_at.0, line.last_at.0);
    }
    out
}

/// The counts of one number in SQL: `{name}` stands for a place in a word
/// of the baseline's own table.
pub fn counts_in_sql(names: &Names) -> String {
    let Names { verdict, hearing, client, bait, trap, micros } = names;
    let answered = |heard: usize| format!("not attempt and hearing = {}", hearing[heard]);
    let [unheard, advertising, other] = [0, 1, 2].map(answered);
    let counted = format!("{advertising} and verdict in ({}, {})", verdict[0], verdict[1]);
    let calls = |what: &str| format!("count(*) filter (where {what})");
    let others = |which: usize| match which {
        0 | 1 => "0".to_owned(),
        _ => calls(&format!("{advertising} and verdict = {}", verdict[which])),
    };
    let distinct = |what: &str, when: &str| format!("count(distinct {what}) filter (where {when})");
    let columns = [
        ("interceptions", calls(&counted)),
        ("traps", distinct(trap, &format!("{counted} and not prior_contact"))),
        ("baits", distinct(bait, &counted)),
        ("clients", distinct(client, &counted)),
        ("days", distinct("local_day", &counted)),
        ("prior_contact", calls(&format!("{counted} and prior_contact"))),
        ("candidates", calls(&format!("{unheard} and verdict <> {}", verdict[4]))),
        ("unheard_invalid", calls(&format!("{unheard} and verdict = {}", verdict[4]))),
        ("other_heard", calls(&other)),
        ("attempts", calls("attempt")),
        ("foreign_group", others(0)),
        ("foreign_entity", others(1)),
        ("same_group", others(2)),
        ("inconclusive", others(3)),
        ("invalid", others(4)),
        ("first_at", format!("min({micros})")),
        ("last_at", format!("max({micros})")),
    ];
    let columns = columns.map(|(name, what)| format!("{what} as {name}"));
    format!("caller, {}", columns.join(",\n "))
}

/// What things are called in the table of a baseline.
pub struct Names {
    /// Verdicts in order of their declaration.
    pub verdict: [&'static str; 5],
    /// Unheard, advertising, other.
    pub hearing: [&'static str; 3],
    /// What tells clients apart.
    pub client: &'static str,
    /// What tells baits apart.
    pub bait: &'static str,
    /// What tells traps apart.
    pub trap: &'static str,
    /// The start.
    pub micros: &'static str,
}

/// Lines judged and in the report's order, of a query that [`counts_in_sql`]
/// began.
pub fn judged_in_sql(counted: &str) -> String {
    let standing = "case when interceptions = 0 then 2 \
        when interceptions >= 2 and traps >= 2 and baits >= 1 and clients >= 1 and days >= 1 then 0 \
        else 1 end as standing";
    format!(
        "with counted as ({counted}), judged as (select *, {standing} from counted) \
         select {COLUMNS} from judged order by standing, interceptions desc, traps desc, caller"
    )
}
