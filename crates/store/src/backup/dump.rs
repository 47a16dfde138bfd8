//! The database as a file, and back: `VACUUM INTO` of SQLite, `pg_dump` and
//! `pg_restore` of PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};

use super::contents::{Contents, tables};
use super::{BackupError, Installation, at, sync_folder_of};
use crate::conn::{Conn, DatabaseUrl};
use crate::error::StoreError;

const OF_SQLITE: &str = "database.sqlite";
const OF_POSTGRES: &str = "database.dump";
/// Where Debian's packages put the programs of each version.
const DEBIANS: &str = "/usr/lib/postgresql";

/// The roles that the rights of a dump name; they are the cluster's and in no dump.
const ROLES: &str = "DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baitline_client') THEN
        CREATE ROLE baitline_client NOLOGIN;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'baitline_all') THEN
        CREATE ROLE baitline_all NOLOGIN;
    END IF;
END $$";

/// Dumps the database, and reads what it held at the same moment. The file's name.
pub(super) fn dump(from: &Installation, folder: &Path) -> Result<(String, Contents), BackupError> {
    match DatabaseUrl::parse(&from.database_url)? {
        DatabaseUrl::Sqlite(path) => {
            let file = folder.join(OF_SQLITE);
            let contents = dump_sqlite(&path, &file)?;
            Ok((OF_SQLITE.to_owned(), contents))
        }
        DatabaseUrl::Postgres(url) => {
            let file = folder.join(OF_POSTGRES);
            let contents = dump_postgres(from, &url, &file)?;
            Ok((OF_POSTGRES.to_owned(), contents))
        }
    }
}

fn dump_sqlite(path: &str, file: &Path) -> Result<Contents, BackupError> {
    if !Path::new(path).exists() {
        return Err(StoreError::Unavailable(format!("there is no database at {path}")).into());
    }
    let Conn::Sqlite(mut conn) = DatabaseUrl::Sqlite(path.to_owned()).connect()? else {
        return Err(StoreError::Corrupt("the kind of a database".to_owned()).into());
    };
    let target = file.display().to_string().replace('\'', "''");
    conn.batch_execute(&format!("VACUUM INTO '{target}'"))?;
    std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(at(file))?;
    sync_folder_of(file)?;
    // The copy is read as it is: nothing is written beside it.
    let immutable = format!("file:{}?immutable=1", escaped(file));
    let copy = SqliteConnection::establish(&immutable)
        .map_err(|error| StoreError::Unavailable(format!("opening the copy: {error}")))?;
    Ok(Contents::read(&mut Conn::Sqlite(copy))?)
}

/// A path as it stands in a URI.
fn escaped(path: &Path) -> String {
    path.display().to_string().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

#[derive(QueryableByName)]
struct Snapshot {
    #[diesel(sql_type = Text)]
    id: String,
}

fn dump_postgres(from: &Installation, url: &str, file: &Path) -> Result<Contents, BackupError> {
    let Conn::Postgres(mut conn) = DatabaseUrl::Postgres(url.to_owned()).connect()? else {
        return Err(StoreError::Corrupt("the kind of a database".to_owned()).into());
    };
    // Row-level security would leave rows out; off, it is an error instead.
    conn.batch_execute(
        "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL row_security = off",
    )?;
    let snapshot: Snapshot =
        diesel::sql_query("SELECT pg_export_snapshot() AS id").get_result(&mut conn)?;
    let mut command = program(from, "pg_dump", url, &mut conn)?;
    command.args(["--format=custom", "--no-owner"]);
    command.arg(format!("--snapshot={}", snapshot.id)).arg("--file").arg(file);
    run(command, "pg_dump")?;
    std::fs::File::open(file).and_then(|file| file.sync_all()).map_err(at(file))?;
    sync_folder_of(file)?;
    let mut conn = Conn::Postgres(conn);
    Ok(Contents::read(&mut conn)?)
}

/// Makes the database what a file says; it must be empty.
pub(super) fn load(into: &Installation, folder: &Path, database: &str) -> Result<(), BackupError> {
    let file = folder.join(database);
    match (DatabaseUrl::parse(&into.database_url)?, database) {
        (DatabaseUrl::Sqlite(path), OF_SQLITE) => load_sqlite(Path::new(&path), &file),
        (DatabaseUrl::Postgres(url), OF_POSTGRES) => load_postgres(into, &url, &file),
        _ => Err(BackupError::Broken(vec![format!(
            "{database} is of the other kind of database, or of none"
        )])),
    }
}

/// Refuses a database that holds anything.
pub(super) fn refuse_unless_empty(into: &Installation) -> Result<(), BackupError> {
    let url = DatabaseUrl::parse(&into.database_url)?;
    if let DatabaseUrl::Sqlite(path) = &url {
        // A log left beside it would be played into the restored file.
        let mut places =
            ["", "-wal", "-shm", "-journal"].map(|end| format!("{path}{end}")).into_iter();
        return match places.find(|place| Path::new(place).exists()) {
            Some(place) => Err(BackupError::NotEmpty(format!("there is a database at {place}"))),
            None => Ok(()),
        };
    }
    match tables(&mut url.connect()?)?.as_slice() {
        [] => Ok(()),
        found => Err(BackupError::NotEmpty(format!(
            "the database is not empty: it has {} tables",
            found.len()
        ))),
    }
}

/// Copied beside its place and put in place as a whole.
fn load_sqlite(path: &Path, file: &Path) -> Result<(), BackupError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(at(folder))?;
    }
    let beside = path.with_extension("restoring");
    std::fs::copy(file, &beside).map_err(at(&beside))?;
    std::fs::File::open(&beside).and_then(|file| file.sync_all()).map_err(at(&beside))?;
    // Unlike a rename, a link overwrites nothing that came there meanwhile.
    std::fs::hard_link(&beside, path).map_err(at(path))?;
    std::fs::remove_file(&beside).map_err(at(&beside))?;
    sync_folder_of(path)
}

fn load_postgres(into: &Installation, url: &str, file: &Path) -> Result<(), BackupError> {
    let Conn::Postgres(mut conn) = DatabaseUrl::Postgres(url.to_owned()).connect()? else {
        return Err(StoreError::Corrupt("the kind of a database".to_owned()).into());
    };
    conn.batch_execute(ROLES)?;
    let mut command = program(into, "pg_restore", url, &mut conn)?;
    command.args(["--exit-on-error", "--single-transaction", "--no-owner"]).arg(file);
    run(command, "pg_restore")
}

/// A program of PostgreSQL that connects to a URL. Its password is no argument, for
/// others of the machine see those.
fn program(
    installation: &Installation,
    name: &str,
    url: &str,
    conn: &mut PgConnection,
) -> Result<Command, BackupError> {
    let folder = match &installation.postgres_programs {
        Some(folder) => Some(folder.clone()),
        None => programs_of(version(conn)?),
    };
    let path = folder.map_or_else(|| PathBuf::from(name), |folder| folder.join(name));
    let (url, password) = without_password(url);
    let mut command = Command::new(path);
    command.arg("--no-password").arg(format!("--dbname={url}")).stdin(Stdio::null());
    if let Some(password) = password {
        command.env("PGPASSWORD", password);
    }
    Ok(command)
}

fn run(mut command: Command, name: &str) -> Result<(), BackupError> {
    let output = command
        .output()
        .map_err(|error| BackupError::Program(format!("{name} cannot be started: {error}")))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(BackupError::Program(format!("{name} failed: {}", said.trim())))
}

#[derive(QueryableByName)]
struct Version {
    #[diesel(sql_type = Integer)]
    major: i32,
}

/// The major version of the server.
fn version(conn: &mut PgConnection) -> Result<u32, BackupError> {
    let query = "SELECT current_setting('server_version_num')::int / 10000 AS major";
    let found: Version = diesel::sql_query(query).get_result(conn)?;
    Ok(found.major.unsigned_abs())
}

/// The programs of this version, or else the newest: what a newer one dumps, it restores
/// into an older server only by luck.
fn programs_of(version: u32) -> Option<PathBuf> {
    let versions = std::fs::read_dir(DEBIANS).ok()?.flatten();
    let numbered = versions.filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        folder.join("pg_dump").exists().then_some((version, folder))
    });
    numbered.max_by_key(|(found, _)| (*found == version, *found)).map(|(_, folder)| folder)
}

/// `postgres://user:password@host/name` in two parts; the password as it is meant.
fn without_password(url: &str) -> (String, Option<String>) {
    let parts = url.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find('/').unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let (login, host) = authority.rsplit_once('@')?;
        let (user, password) = login.split_once(':')?;
        Some((format!("{scheme}://{user}@{host}{path}"), unescaped(password)))
    });
    parts.map_or((url.to_owned(), None), |(url, password)| (url, Some(password)))
}

fn unescaped(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let digits = tail.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match (first, escaped) {
            (b'%', Some(byte)) => {
                bytes.push(byte);
                rest = &tail[2..];
            }
            _ => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::without_password;

    #[test]
    fn a_password_leaves_the_url_and_is_what_was_meant() {
        for (url, bare, password) in [
            ("postgres://u:p%40%2fx@h:5432/d", "postgres://u@h:5432/d", Some("p@/x")),
            ("postgres://u@h/d", "postgres://u@h/d", None),
            ("postgres://h/d?a=b:c@d", "postgres://h/d?a=b:c@d", None),
            ("postgres://u:@h", "postgres://u@h", Some("")),
            ("postgres://u:100%@h/d", "postgres://u@h/d", Some("100%")),
        ] {
            let expected = (bare.to_owned(), password.map(str::to_owned));
            assert_eq!(without_password(url), expected, "{url}");
        }
    }
}
