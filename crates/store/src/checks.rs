//! What PostgreSQL must be like before evidence is put into it. A barrier that
//! is not there is worse than none: people rely on it.

use std::net::IpAddr;

use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::audit;
use crate::conn::{Conn, DatabaseUrl};
use crate::error::{StoreError, StoreResult};
use crate::migrate;

#[derive(QueryableByName)]
struct Facts {
    #[diesel(sql_type = Bool)]
    superuser: bool,
    #[diesel(sql_type = Bool)]
    bypass_rls: bool,
    #[diesel(sql_type = Bool)]
    owner: bool,
    #[diesel(sql_type = Bool)]
    may_client: bool,
    #[diesel(sql_type = Bool)]
    may_all: bool,
    #[diesel(sql_type = Text)]
    fsync: String,
    #[diesel(sql_type = Text)]
    synchronous_commit: String,
    #[diesel(sql_type = Text)]
    data_checksums: String,
}

/// Of the login. A role that no migration has made yet is one it is no member of.
const FACTS: &str = "
    SELECT r.rolsuper AS superuser, r.rolbypassrls AS bypass_rls,
        EXISTS (SELECT FROM pg_tables t
                WHERE t.schemaname = 'public' AND t.tableowner = session_user) AS owner,
        EXISTS (SELECT FROM pg_roles m WHERE m.rolname = 'baitline_client'
                AND pg_has_role(session_user, m.oid, 'MEMBER')) AS may_client,
        EXISTS (SELECT FROM pg_roles m WHERE m.rolname = 'baitline_all'
                AND pg_has_role(session_user, m.oid, 'MEMBER')) AS may_all,
        current_setting('fsync') AS fsync,
        current_setting('synchronous_commit') AS synchronous_commit,
        current_setting('data_checksums') AS data_checksums
    FROM pg_roles r WHERE r.rolname = session_user";

/// Refuses a PostgreSQL that would not keep clients apart or not keep what was
/// acknowledged. Asked before any role is taken, since a login that may not
/// take it has to be told why.
pub(crate) fn assert_safe_login(conn: &mut Conn) -> StoreResult<()> {
    match conn {
        Conn::Postgres(c) => assert_postgres(c),
        Conn::Sqlite(_) => Ok(()),
    }
}

/// Refuses a schema that is not the one this program needs.
pub(crate) fn assert_current_schema(conn: &mut Conn) -> StoreResult<()> {
    let lacking = if !migrate::is_current(conn)? {
        "the schema is not current"
    } else if !audit::are_on(conn)? {
        "triggers of the audit are missing"
    } else {
        return Ok(());
    };
    Err(StoreError::Unsafe(format!("{lacking}: run `baitline migrate` as the database's owner")))
}

/// What a connection asks of the server's own log: nothing but the first line of
/// an error. The others tell the values of a row that was refused (`Key (client_id,
/// number)=(…) already exists`) and the parameters of a logged statement.
pub(crate) const SHORT_LOG: &str = "log_error_verbosity = terse";

/// Whether the server's log is told no values of rows. The embedded database
/// has no log.
pub(crate) fn keeps_values_out_of_the_log(conn: &mut Conn) -> StoreResult<bool> {
    match conn {
        Conn::Postgres(c) => {
            let is_terse = sql::<Bool>("current_setting('log_error_verbosity') = 'terse'");
            Ok(diesel::select(is_terse).get_result(c)?)
        }
        Conn::Sqlite(_) => Ok(true),
    }
}

fn assert_postgres(conn: &mut PgConnection) -> StoreResult<()> {
    let facts: Facts = diesel::sql_query(FACTS).get_result(conn)?;
    let refusals = [
        (
            facts.superuser,
            "the database login is a superuser, whom row-level security does not bind",
        ),
        (facts.bypass_rls, "the database login has BYPASSRLS"),
        (
            facts.owner,
            "the database login owns tables; let another role own them and run `migrate`",
        ),
        (
            !(facts.may_client && facts.may_all),
            "the database login is not a member of baitline_client and baitline_all; \
             run `baitline migrate --grant-to LOGIN` as the owner",
        ),
        (facts.fsync != "on", "fsync is off: an acknowledged call could be lost"),
        (
            !matches!(
                facts.synchronous_commit.as_str(),
                "on" | "remote_write" | "remote_apply" | "local"
            ),
            "synchronous_commit is off: an acknowledged call could be lost",
        ),
        (facts.data_checksums != "on", "data checksums are off: make the cluster with `initdb -k`"),
    ];
    match refusals.iter().find(|(holds, _)| *holds) {
        Some((_, why)) => Err(StoreError::Unsafe((*why).to_owned())),
        None => Ok(()),
    }
}

/// Refuses a PostgreSQL on another machine, since this build's client library
/// has no TLS and the traffic would be readable on the way.
pub(crate) fn assert_private_connection(url: &DatabaseUrl) -> StoreResult<()> {
    let DatabaseUrl::Postgres(url) = url else { return Ok(()) };
    if is_local(url) {
        return Ok(());
    }
    Err(StoreError::Unsafe(
        "the PostgreSQL is not on this machine and this build speaks no TLS; \
         set BAITLINE_ALLOW_PLAINTEXT_DATABASE=true only on a private network"
            .to_owned(),
    ))
}

/// `postgres://user:password@HOST:port/name?host=…`; an empty host or one that
/// is a path is a Unix socket.
fn is_local(url: &str) -> bool {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let (location, query) = rest.split_once('?').unwrap_or((rest, ""));
    let authority = location.split('/').next().unwrap_or("");
    let host_port = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host_port.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or(""),
        None => host_port.split(':').next().unwrap_or(""),
    };
    let named: Vec<&str> = query
        .split('&')
        .filter_map(|pair| pair.strip_prefix("host=").or_else(|| pair.strip_prefix("hostaddr=")))
        .chain((!host.is_empty()).then_some(host))
        .collect();
    named.iter().all(|host| {
        is_this_machine(host)
            || host.starts_with('/')
            || host.starts_with("%2F")
            || host.starts_with("%2f")
    })
}

/// Whether a host is this machine by its name or address alone; a name that
/// only begins like an address is somebody else's.
pub(crate) fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_sockets_and_loopback_count_as_this_machine() {
        for url in [
            "postgres://u:p@localhost:5432/b",
            "postgres://u@127.0.0.1/b",
            "postgres://u@[::1]:5432/b",
            "postgres:///b?host=/run/postgresql",
            "postgres://u@%2Frun%2Fpostgresql/b",
        ] {
            assert!(is_local(url), "{url}");
        }
        for url in [
            "postgres://u:p@db.internal/b",
            "postgres://u:localhost@10.0.0.5:5432/b",
            "postgres://localhost/b?host=10.0.0.5",
            "postgres://u@127.0.0.1/b?hostaddr=192.168.1.1",
        ] {
            assert!(!is_local(url), "{url}");
        }
    }
}
