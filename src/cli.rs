//! The command line: every command, flag and variable, and nothing of what
//! they do.

use std::net::SocketAddr;
use std::path::PathBuf;

use baitline_domain::instant::Span;
use baitline_domain::scope::Scope;
use baitline_store::blobs::{BlobPlace, parse_s3_url};
use baitline_store::{StoreResult, StoreSettings};
use baitline_worker::{AuthorityUrl, SealRules, StampRules};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::cli_s3::S3Options;
use crate::traces::Collector;

/// Bait SIM calls in, repeat offenders and complaint packages out.
#[derive(Debug, Parser)]
#[command(version, about, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) log: LogOptions,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Do the main job on a made-up world: a server on a free port, three
    /// clients, two months of calls, the repeat offenders, their packages.
    Demo(DemoOptions),
    /// Run API and worker in one process; on SQLite this is the way to run.
    Serve(EmbeddedOptions),
    /// Run the API alone, beside any number of others (PostgreSQL only).
    Api(ServeOptions),
    /// Run a worker alone, beside any number of others (PostgreSQL only).
    Worker(WorkerOptions),
    /// Bring the database to this program's schema, as the database's owner.
    Migrate(MigrateOptions),
    /// Print the OpenAPI document.
    Openapi,
    /// Import and show editions of the Ministry's numbering registry.
    #[command(subcommand)]
    Numbering(NumberingCommand),
    /// Make, list and revoke API keys.
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Check what the audit says was done.
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Write database and blobs, as they are at one moment, into a folder. The
    /// installation may be at work. On PostgreSQL the login must see every row
    /// (superuser or BYPASSRLS).
    Backup(BackupOptions),
    /// Make an installation of a back-up: check it, restore it into an empty database,
    /// and check what is there then. Exit code 2 when something is not as it was. On
    /// PostgreSQL the login is the one that shall own the database.
    Restore(RestoreOptions),
    /// Write everything of one client, and nothing of others, into a folder for the
    /// client: a file of JSON lines for each table, blobs, and their hashes.
    Handover(HandoverOptions),
    /// Ask a running API how it is; exit code 1 unless it answers 200.
    Health(HealthOptions),
    /// Check packages, with no database and no network, and say what is wrong
    /// and where. Exit code 2 when one is not whole.
    Verify(VerifyOptions),
}

/// What the log says, and how. It goes to standard error; traces go elsewhere.
#[derive(Debug, Args)]
pub(crate) struct LogOptions {
    /// Which events to log, as `level` or `target=level,…`. [default: info;
    /// warn for the demo, which tells its own story]
    #[arg(long, env = "BAITLINE_LOG", global = true)]
    pub(crate) log: Option<String>,
    /// How to write them.
    #[arg(long, env = "BAITLINE_LOG_FORMAT", default_value = "text", global = true)]
    pub(crate) log_format: LogFormat,
    /// Where to send traces: the address of a collector that takes OTLP over
    /// HTTP, such as http://127.0.0.1:4318. [default: nowhere]
    #[arg(long, env = "BAITLINE_OTLP_ENDPOINT", value_name = "URL", global = true)]
    pub(crate) otlp_endpoint: Option<Collector>,
}

/// The forms of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// For collectors: one object a line.
    Json,
}

/// Where things are kept.
#[derive(Debug, Clone, Args)]
pub(crate) struct StoreOptions {
    /// The folder of everything that has no place of its own below.
    #[arg(long, env = "BAITLINE_DATA", default_value = "baitline-data")]
    pub(crate) data: PathBuf,
    /// The database: `postgres://…` or `sqlite:PATH`. [default: SQLite in the
    /// data folder]
    #[arg(long, env = "BAITLINE_DATABASE_URL", hide_env_values = true)]
    pub(crate) database_url: Option<String>,
    /// Where recordings and packages are: a folder, or `s3://bucket/prefix`.
    /// [default: `blobs` in the data folder]
    #[arg(long, env = "BAITLINE_BLOBS")]
    pub(crate) blobs: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) s3: S3Options,
    /// The most database connections of this process.
    #[arg(long, env = "BAITLINE_POOL_SIZE", default_value_t = 16,
          value_parser = clap::value_parser!(u32).range(1..=200))]
    pub(crate) pool_size: u32,
    /// Allow a PostgreSQL on another machine without TLS.
    #[arg(long, env = "BAITLINE_ALLOW_PLAINTEXT_DATABASE")]
    pub(crate) allow_plaintext_database: bool,
}

impl StoreOptions {
    /// The database's URL.
    pub(crate) fn url(&self) -> String {
        let embedded = || format!("sqlite:{}", self.data.join("baitline.db").display());
        self.database_url.clone().unwrap_or_else(embedded)
    }

    /// The same for the store.
    pub(crate) fn settings(&self) -> StoreResult<StoreSettings> {
        Ok(StoreSettings {
            database_url: self.url(),
            blobs: self.blobs()?,
            pool_size: self.pool_size,
            allow_plaintext_database: self.allow_plaintext_database,
        })
    }

    fn blobs(&self) -> StoreResult<BlobPlace> {
        let place = self.blobs.clone().unwrap_or_else(|| self.data.join("blobs"));
        match parse_s3_url(&place.to_string_lossy())? {
            None => Ok(place.into()),
            Some(bucket) => self.s3.settings(bucket, &self.data),
        }
    }
}

/// How the API listens.
#[derive(Debug, Clone, Args)]
pub(crate) struct ServeOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// The address to listen on. TLS is the business of a proxy before it.
    #[arg(long, env = "BAITLINE_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Threads that answer requests. [default: one for each core]
    #[arg(long, env = "BAITLINE_THREADS")]
    pub(crate) threads: Option<usize>,
    /// How long running requests may take to finish on SIGTERM, in seconds.
    #[arg(long, env = "BAITLINE_SHUTDOWN_SECONDS", default_value_t = 30)]
    pub(crate) shutdown_seconds: u64,
    /// From how many on a client is told how many other clients a number has called.
    #[arg(long, env = "BAITLINE_OTHER_CLIENTS_FROM", default_value_t = 3,
          value_parser = clap::value_parser!(u32).range(2..))]
    pub(crate) other_clients_from: u32,
    /// Requests that each key may send in a second, and ten seconds' worth at once; 0
    /// for any number. Reported calls are not among them.
    #[arg(long, env = "BAITLINE_REQUESTS_PER_SECOND", default_value_t = 1_000)]
    pub(crate) requests_per_second: u32,
    /// Requests that report calls which each key may send in a second, likewise.
    #[arg(long, env = "BAITLINE_CALL_REQUESTS_PER_SECOND", default_value_t = 20_000)]
    pub(crate) call_requests_per_second: u32,
}

/// When the worker does what is not urgent, and where it writes.
#[derive(Debug, Clone, Args)]
pub(crate) struct WorkOptions {
    /// The file to whose end heads of the audit's chains are written. Keep copies of it
    /// where nobody can change them who can change the database. [default:
    /// `audit-checkpoints` in the data folder]
    #[arg(long, env = "BAITLINE_AUDIT_CHECKPOINTS", value_name = "FILE")]
    pub(crate) audit_checkpoints: Option<PathBuf>,
    /// How long the oldest unsealed day of a month waits before its calls are
    /// written to a Parquet file, in seconds.
    #[arg(long, env = "BAITLINE_SEAL_AFTER_SECONDS", default_value_t = 3_600,
          value_parser = clap::value_parser!(u32))]
    pub(crate) seal_after_seconds: u32,
    /// The file with the Ed25519 key that signs packages, as `openssl genpkey -algorithm
    /// ed25519` writes it (PEM or DER); nobody but its owner and group may read it.
    /// [default: packages are not signed]
    #[arg(long, env = "BAITLINE_SIGNING_KEY", value_name = "FILE")]
    pub(crate) signing_key: Option<PathBuf>,
    /// The time-stamp authority (RFC 3161) that is asked for the time of each package:
    /// an https:// address, or http:// on this machine. A package that gets no
    /// time-stamp is not made. [default: packages are not time-stamped]
    #[arg(long, env = "BAITLINE_TIMESTAMP_URL", value_name = "URL", hide_env_values = true)]
    pub(crate) timestamp_url: Option<AuthorityUrl>,
    /// How often in a row the authority may not answer before the packages of an export
    /// fail; the pauses between grow from 15 seconds to an hour.
    #[arg(long, env = "BAITLINE_TIMESTAMP_ATTEMPTS", default_value_t = 6,
          value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) timestamp_attempts: u32,
}

impl WorkOptions {
    /// The same for the sealer.
    pub(crate) fn seal_rules(&self) -> SealRules {
        let after = Span::seconds(i64::from(self.seal_after_seconds));
        SealRules { after, ..SealRules::default() }
    }

    /// Which time-stamp authority is asked, if one is.
    pub(crate) fn stamp_rules(&self) -> Option<StampRules> {
        let attempts = self.timestamp_attempts;
        self.timestamp_url.clone().map(|authority| StampRules { authority, attempts })
    }

    /// Where heads of the audit are written.
    pub(crate) fn checkpoints(&self, store: &StoreOptions) -> PathBuf {
        let usual = || store.data.join("audit-checkpoints");
        self.audit_checkpoints.clone().unwrap_or_else(usual)
    }
}

/// API and worker in one process.
#[derive(Debug, Args)]
pub(crate) struct EmbeddedOptions {
    #[command(flatten)]
    pub(crate) serve: ServeOptions,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
}

/// A worker alone.
#[derive(Debug, Args)]
pub(crate) struct WorkerOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    #[command(flatten)]
    pub(crate) work: WorkOptions,
}

/// What the demo needs.
#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// The folder to make; it must not exist, or hold an earlier demo.
    #[arg(long, default_value = "baitline-demo")]
    pub(crate) folder: PathBuf,
}

/// What a migration needs.
#[derive(Debug, Args)]
pub(crate) struct MigrateOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// A PostgreSQL login that api and worker will use: it becomes a member of
    /// the program's two roles.
    #[arg(long, value_name = "LOGIN")]
    pub(crate) grant_to: Option<String>,
}

/// Work on the numbering registry.
#[derive(Debug, Subcommand)]
pub(crate) enum NumberingCommand {
    /// Import one file of the registry as an edition.
    Import(ImportOptions),
    /// List the editions, or say who holds a number.
    Show(ShowOptions),
}

/// What an import needs.
#[derive(Debug, Args)]
pub(crate) struct ImportOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// ABC-3xx.csv, ABC-4xx.csv, ABC-8xx.csv or DEF-9xx.csv, as published.
    pub(crate) file: PathBuf,
    /// The day from which the edition is in force, as YYYY-MM-DD in Moscow.
    #[arg(long, value_name = "DATE")]
    pub(crate) in_force_from: jiff::civil::Date,
}

/// What a look at the registry needs.
#[derive(Debug, Args)]
pub(crate) struct ShowOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// A number in any form; without it the editions are listed.
    pub(crate) number: Option<String>,
    /// The moment that counts, as RFC 3339. [default: now]
    #[arg(long)]
    pub(crate) at: Option<jiff::Timestamp>,
}

/// Work on API keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make a key and print it; it is shown this once.
    Create(CreateKeyOptions),
    /// Make a key like another one, which works on for a while, and print it.
    Replace(ReplaceKeyOptions),
    /// List the keys, without their secrets.
    List(StoreOptions),
    /// Revoke a key.
    Revoke(RevokeKeyOptions),
}

/// What a new key needs.
#[derive(Debug, Args)]
pub(crate) struct CreateKeyOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// For people: who uses it.
    #[arg(long)]
    pub(crate) name: String,
    /// A client it reaches; may be repeated. Without it the key is the agency's
    /// and reaches every client.
    #[arg(long, value_name = "ID")]
    pub(crate) client: Vec<uuid::Uuid>,
    /// What it may do; may be repeated or separated by commas. [default: everything]
    #[arg(long, value_name = "SCOPE", value_delimiter = ',', value_parser = parse_scope)]
    pub(crate) scope: Vec<Scope>,
    /// The moment from which it is refused, as RFC 3339. [default: never]
    #[arg(long)]
    pub(crate) expires_at: Option<jiff::Timestamp>,
}

fn parse_scope(word: &str) -> Result<Scope, String> {
    Scope::parse(word).ok_or_else(|| {
        let known: Vec<&str> = Scope::ALL.into_iter().map(Scope::as_str).collect();
        format!("the scopes are {}", known.join(", "))
    })
}

/// What the replacement of a key needs.
#[derive(Debug, Args)]
pub(crate) struct ReplaceKeyOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// The key's public id, the part between the underscores.
    pub(crate) key_id: String,
    /// How long the old key works on, in hours.
    #[arg(long, default_value_t = 24, value_parser = clap::value_parser!(u32).range(..=8_760))]
    pub(crate) overlap_hours: u32,
    /// The moment from which the new one is refused, as RFC 3339. [default: never]
    #[arg(long)]
    pub(crate) expires_at: Option<jiff::Timestamp>,
}

/// What a revocation needs.
#[derive(Debug, Args)]
pub(crate) struct RevokeKeyOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// The key's public id, the part between the underscores.
    pub(crate) key_id: String,
}

/// Work on the audit.
#[derive(Debug, Subcommand)]
pub(crate) enum AuditCommand {
    /// Find entries that were edited, removed, put elsewhere or cut off. Exit code 2
    /// when something is not as it was sealed.
    Verify(VerifyAuditOptions),
}

/// What a check of the audit needs.
#[derive(Debug, Args)]
pub(crate) struct VerifyAuditOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// Files of heads to compare with: without one, a chain that was made anew as a
    /// whole is not found.
    pub(crate) checkpoints: Vec<PathBuf>,
}

/// What a back-up needs.
#[derive(Debug, Args)]
pub(crate) struct BackupOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// The folder to make; it must be empty or not there.
    pub(crate) folder: PathBuf,
    /// The folder of `pg_dump`. [default: Debian's newest, else as PATH has it]
    #[arg(long = "postgres-programs", env = "BAITLINE_POSTGRES_PROGRAMS", value_name = "FOLDER")]
    pub(crate) programs: Option<PathBuf>,
}

/// What restoring needs.
#[derive(Debug, Args)]
pub(crate) struct RestoreOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// The folder that `backup` made.
    pub(crate) folder: PathBuf,
    /// A PostgreSQL login that api and worker will use: it becomes a member of
    /// the program's two roles.
    #[arg(long, value_name = "LOGIN")]
    pub(crate) grant_to: Option<String>,
    /// The folder of `pg_restore`. [default: Debian's newest, else as PATH has it]
    #[arg(long = "postgres-programs", env = "BAITLINE_POSTGRES_PROGRAMS", value_name = "FOLDER")]
    pub(crate) programs: Option<PathBuf>,
}

/// What handing a client's data over needs.
#[derive(Debug, Args)]
pub(crate) struct HandoverOptions {
    #[command(flatten)]
    pub(crate) store: StoreOptions,
    /// The client's id.
    pub(crate) client: uuid::Uuid,
    /// The folder to make; it must be empty or not there.
    pub(crate) folder: PathBuf,
}

/// Whom to ask.
#[derive(Debug, Args)]
pub(crate) struct HealthOptions {
    /// What to ask. `/readyz` asks for database and blob store too, `/healthz`
    /// for the process alone.
    #[arg(long, default_value = "http://127.0.0.1:8080/readyz")]
    pub(crate) url: String,
}

/// What a check of packages needs.
#[derive(Debug, Args)]
pub(crate) struct VerifyOptions {
    /// The packages.
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The fingerprint of the key that must have signed each: SHA-256 of the public
    /// key's DER, in hexadecimal, as its owner told it on another way.
    #[arg(long, value_name = "FINGERPRINT", value_parser = parse_fingerprint)]
    pub(crate) signed_by: Option<String>,
    /// A PEM file with the certificates of authorities, one of which must have
    /// time-stamped each: as they told them, not out of the package.
    #[arg(long, value_name = "FILE")]
    pub(crate) stamped_by: Option<PathBuf>,
}

fn parse_fingerprint(text: &str) -> Result<String, String> {
    let is_one = text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let needed = || "a fingerprint has 64 hexadecimal digits".to_owned();
    is_one.then(|| text.to_ascii_lowercase()).ok_or_else(needed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn a_fingerprint_is_read_in_either_case_and_nothing_else_is_one() {
        let upper = "AB".repeat(32);
        assert_eq!(parse_fingerprint(&upper), Ok("ab".repeat(32)));
        for wrong in ["", "ab", &"ab".repeat(33), &"ag".repeat(32), &"я".repeat(32)] {
            assert!(parse_fingerprint(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
