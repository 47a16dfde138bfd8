//! The real program, `baitline`, started as its users start it: on a free port,
//! awaited until it is ready, watched for its memory, ended by its process id.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The longest time to become ready.
const START_TIMEOUT: Duration = Duration::from_secs(60);
/// The pause between two looks at whether it is ready.
const READY_PAUSE: Duration = Duration::from_millis(2);
/// Ports tried, since another process may take one that was free.
const PORT_ATTEMPTS: usize = 5;

/// How the image sets the C library's allocator.
pub const IMAGE_SETTING: (&str, &str) = ("MALLOC_ARENA_MAX", "2");

/// A process of the program. Dropping it kills it.
pub struct Baitline {
    child: Child,
    base: Option<String>,
    ready_after: Duration,
}

/// The program beside this one: `cargo build` puts all into one folder.
///
/// # Panics
/// When it is not there.
pub fn program() -> PathBuf {
    let own = std::env::current_exe().expect("a process knows its program");
    let beside = own.with_file_name("baitline");
    assert!(beside.exists(), "{} is not there: build the workspace", beside.display());
    beside
}

/// Processor time that a process has used so far, in user and system mode, in
/// steps of ten milliseconds; this one is called `self`.
///
/// # Panics
/// When the process has ended.
pub fn processor_time_of(process: &str) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    used(&stat.expect("the process runs"))
}

/// The same of all processes of a program that run now.
///
/// # Panics
/// When there is no `/proc`.
pub fn processor_time_of_all(program: &str) -> Duration {
    let processes = std::fs::read_dir("/proc").expect("Linux has it").flatten();
    // One that ends meanwhile is not there any more.
    let stats = processes.filter_map(|one| std::fs::read_to_string(one.path().join("stat")).ok());
    stats.filter(|stat| stat.contains(&format!("({program})"))).map(|stat| used(&stat)).sum()
}

fn used(stat: &str) -> Duration {
    const TICKS_PER_SECOND: f64 = 100.0;
    // The second field is the program's name and may hold spaces.
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
    let ticks: f64 = fields.skip(11).take(2).filter_map(|text| text.parse::<f64>().ok()).sum();
    Duration::from_secs_f64(ticks / TICKS_PER_SECOND)
}

impl Baitline {
    /// `baitline api` on a PostgreSQL database, ready.
    pub fn api(database_url: &str, data: &Path) -> Self {
        Self::listening("api", database_url, data, &[])
    }

    /// `baitline serve`, API and worker in one, ready.
    pub fn serve(database_url: &str, data: &Path) -> Self {
        Self::listening("serve", database_url, data, &[])
    }

    /// `baitline worker` on a PostgreSQL database.
    pub fn worker(database_url: &str, data: &Path) -> Self {
        let child = start("worker", database_url, data, &[]);
        Self { child, base: None, ready_after: Duration::ZERO }
    }

    /// A command that listens, with more arguments.
    ///
    /// # Panics
    /// When it does not become ready.
    pub fn listening(command: &str, database_url: &str, data: &Path, more: &[&str]) -> Self {
        for _ in 0..PORT_ATTEMPTS {
            let address = format!("127.0.0.1:{}", free_port());
            let arguments = [&["--listen", &address], more].concat();
            let started = Instant::now();
            let child = start(command, database_url, data, &arguments);
            let base = Some(format!("http://{address}"));
            let mut process = Self { child, base, ready_after: Duration::ZERO };
            if process.becomes_ready() {
                process.ready_after = started.elapsed();
                return process;
            }
        }
        panic!("`baitline {command}` does not become ready: see {}", log_of(data).display());
    }

    /// The beginning of its URLs.
    ///
    /// # Panics
    /// When it is a worker, which listens nowhere.
    pub fn base(&self) -> &str {
        self.base.as_deref().expect("a worker has no address")
    }

    /// From its start until it said that it was ready.
    pub fn ready_after(&self) -> Duration {
        self.ready_after
    }

    /// Memory in use, in bytes.
    pub fn resident_bytes(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most memory that was in use at a time, in bytes.
    pub fn peak_resident_bytes(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// Processor time used so far, in user and system mode.
    pub fn processor_time(&self) -> Duration {
        processor_time_of(&self.child.id().to_string())
    }

    /// Kills it at once, as a power failure would.
    pub fn kill(mut self) {
        self.end();
    }

    fn status(&self, field: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()));
        let status = status.expect("the process runs");
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
        kib.and_then(|text| text.parse::<u64>().ok()).expect("Linux tells it in kB") * 1024
    }

    /// `false` when it ended instead.
    fn becomes_ready(&mut self) -> bool {
        let url = format!("{}/readyz", self.base());
        let agent = crate::http::agent();
        let deadline = Instant::now() + START_TIMEOUT;
        while Instant::now() < deadline {
            if agent.get(&url).call().is_ok_and(|answer| answer.status() == 200) {
                return true;
            }
            if self.child.try_wait().is_ok_and(|ended| ended.is_some()) {
                return false;
            }
            std::thread::sleep(READY_PAUSE);
        }
        false
    }

    fn end(&mut self) {
        // Both fail for a process that has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Baitline {
    fn drop(&mut self) {
        self.end();
    }
}

fn start(command: &str, database_url: &str, data: &Path, more: &[&str]) -> Child {
    std::fs::create_dir_all(data).expect("the data folder can be made");
    let log = std::fs::File::options().create(true).append(true).open(log_of(data));
    Command::new(program())
        .args([command, "--log", "warn", "--database-url", database_url, "--data"])
        .arg(data)
        .args(more)
        .envs([IMAGE_SETTING])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log.expect("the log can be written"))
        .spawn()
        .expect("the program starts")
}

fn log_of(data: &Path) -> PathBuf {
    data.join("log")
}

/// A port that nobody has.
///
/// # Panics
/// When there is none.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    listener.local_addr().expect("it is bound").port()
}
