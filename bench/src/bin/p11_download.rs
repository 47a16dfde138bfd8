//! P11: bytes a second of one package downloaded over and over from `baitline api`,
//! over those of nginx, which sends the same file with sendfile. The ratio is ours over
//! nginx's: above a half it is met.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use baitline_bench::exported::{self, Heard};
use baitline_bench::process::free_port;
use baitline_bench::world::Shape;
use baitline_bench::{Args, Ratios, postgres};
use baitline_domain::audit::hex;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Calls of the world; the package is of some of them.
const CALLS: u64 = 200;
const TINY_CALLS: u64 = 60;
/// Bytes of the recording that every call has, and calls of the package.
const RECORDING_BYTES: usize = 1_000_000;
const RECORDINGS: i64 = 3;
/// Connections of either side, each of which asks again when it has everything.
const CONNECTIONS: usize = 4;
/// How long one side of a round lasts.
const ROUND: Duration = Duration::from_secs(5);
/// What a connection reads at once.
const PIECE_BYTES: usize = 256 * 1024;
/// How long nginx may take to listen.
const START_TIMEOUT: Duration = Duration::from_secs(10);
const PACKAGE: &str = "package.zip";

fn main() {
    let args = Args::read();
    let shape = Shape::one_client(args.size(CALLS, TINY_CALLS));
    let shape = Shape { baits_per_client: 2, days: 6, ..shape };
    let heard = Heard::set_up(&args, shape, RECORDING_BYTES);
    let (worker, client) = (heard.worker(), heard.client());
    let export = exported::export(&client);
    worker.kill();

    let package = of_three_calls(&export);
    let id = export["export"]["id"].as_str().expect("an export has an id");
    let path = format!("/v1/exports/{id}/packages/{}", text(package, "id"));
    let bytes = client.get(&path).bytes;
    assert_eq!(hex(&Sha256::digest(&bytes)), text(package, "sha256"));
    fs::write(heard.folder().join(PACKAGE), &bytes).expect("the package can be copied");
    let nginx = Nginx::start(heard.folder());
    let theirs =
        Served { name: "nginx", host: nginx.host.clone(), path: format!("/{PACKAGE}"), key: None };
    let host = heard.api.base().trim_start_matches("http://").to_owned();
    let ours = Served { name: "api", host, path, key: Some(heard.key.clone()) };
    for served in [&ours, &theirs] {
        let mut got = Vec::new();
        Connection::to(served).get(served, &mut got);
        assert!(got == bytes, "{} sends other bytes", served.host);
    }
    println!("one package of {} KiB", bytes.len() / 1024);
    let length = if args.tiny { Duration::from_millis(100) } else { ROUND };
    let ratios = Ratios::of_speed(
        args.rounds(),
        || time_of_a_gigabyte(&ours, length),
        || time_of_a_gigabyte(&theirs, length),
    );
    args.say("P11", &ratios);
}

/// The package that comes nearest to three calls.
fn of_three_calls(export: &Value) -> &Value {
    let packages = export["packages"].as_array().expect("packages are listed");
    let calls = |package: &Value| package["interceptions"].as_i64().expect("they are counted");
    let nearest = packages.iter().min_by_key(|package| (calls(package) - RECORDINGS).abs());
    nearest.expect("there is a package")
}

fn text<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_else(|| panic!("{field}: {value}"))
}

/// A file and where it is to be had.
struct Served {
    name: &'static str,
    host: String,
    path: String,
    key: Option<String>,
}

/// By what all connections get together in so long.
fn time_of_a_gigabyte(served: &Served, length: Duration) -> Duration {
    let begun = Instant::now();
    let total: u64 = std::thread::scope(|scope| {
        let readers: Vec<_> = (0..CONNECTIONS)
            .map(|_| {
                scope.spawn(move || {
                    let mut connection = Connection::to(served);
                    let mut total = 0;
                    while begun.elapsed() < length {
                        total += connection.get(served, &mut std::io::sink());
                    }
                    total
                })
            })
            .collect();
        readers.into_iter().map(|one| one.join().expect("a reader does not fail")).sum()
    });
    let took = begun.elapsed().mul_f64(1e9 / total as f64);
    println!("{} sends a gigabyte in {took:.0?}", served.name);
    took
}

/// A connection that costs next to nothing beside what it reads: both servers are
/// asked by the same few lines.
struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    fn to(served: &Served) -> Self {
        let stream = TcpStream::connect(&served.host).expect("the server listens");
        Self { stream: BufReader::with_capacity(PIECE_BYTES, stream) }
    }

    /// Reads the file to its end and tells how long it was.
    fn get(&mut self, served: &Served, to: &mut dyn Write) -> u64 {
        let Served { host, path, key, .. } = served;
        let key = key.as_ref().map(|key| format!("Authorization: Bearer {key}\r\n"));
        let request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n{}\r\n", key.unwrap_or_default());
        self.stream.get_mut().write_all(request.as_bytes()).expect("the request is sent");
        let mut line = String::new();
        self.stream.read_line(&mut line).expect("an answer begins");
        assert!(line.starts_with("HTTP/1.1 200 "), "{line}");
        let mut length = None;
        while line.trim() != "" {
            line.clear();
            self.stream.read_line(&mut line).expect("the head comes");
            let lower = line.to_ascii_lowercase();
            if let Some(value) = lower.strip_prefix("content-length:") {
                length = value.trim().parse().ok();
            }
        }
        let length: u64 = length.expect("the length is told");
        let mut left = length;
        while left > 0 {
            let piece = self.stream.fill_buf().expect("the body comes");
            assert!(!piece.is_empty(), "{host} breaks off");
            let taken = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            to.write_all(&piece[..taken]).expect("it can be kept");
            self.stream.consume(taken);
            left -= taken as u64;
        }
        length
    }
}

/// nginx with one folder to serve. Dropping it kills it.
struct Nginx {
    child: Child,
    host: String,
}

impl Nginx {
    fn start(folder: &Path) -> Self {
        let host = format!("127.0.0.1:{}", free_port());
        let user = postgres::output_of(Command::new("id").arg("--user").arg("--name"));
        // Its workers would be nobody, who may not look into the folder.
        let user = if user.trim() == "root" { "user root;" } else { "" };
        let place = folder.display();
        let settings = format!(
            "{user} daemon off; worker_processes 2; pid {place}/nginx.pid; error_log stderr;
             events {{ worker_connections 64; }}
             http {{
                 sendfile on; tcp_nopush on; access_log off; keepalive_requests 1000000;
                 client_body_temp_path {place}/body; proxy_temp_path {place}/proxy;
                 fastcgi_temp_path {place}/fastcgi; uwsgi_temp_path {place}/uwsgi;
                 scgi_temp_path {place}/scgi;
                 server {{ listen {host}; root {place}; }}
             }}"
        );
        let file = folder.join("nginx.conf");
        fs::write(&file, settings).expect("its settings can be written");
        let mut command = Command::new("nginx");
        command.arg("-p").arg(folder).arg("-e").arg("stderr").arg("-c").arg(&file);
        command.env("PATH", with_system_folders()).stdin(Stdio::null());
        let child = command.spawn().expect("nginx is on PATH, or where Debian puts it");
        let nginx = Self { child, host };
        let begun = Instant::now();
        while TcpStream::connect(&nginx.host).is_err() {
            assert!(begun.elapsed() < START_TIMEOUT, "nginx does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        nginx
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // Both fail for a process that has ended already.
        let pid = self.child.id().to_string();
        let _ = Command::new("kill").args(["-s", "TERM", &pid]).status();
        let _ = self.child.wait();
    }
}

/// Debian keeps servers out of the PATH of those who are not root.
fn with_system_folders() -> String {
    format!("{}:/usr/sbin", std::env::var("PATH").unwrap_or_default())
}
