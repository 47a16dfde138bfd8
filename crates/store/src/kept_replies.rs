//! What requests were answered, kept in the transaction of what they did, so that
//! one that is sent again does nothing and is answered the same. A request is
//! known by a key that its sender chose; what it says is compared by its hash.

use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Instant, Span};
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::upsert::excluded;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::now;
use crate::schema::kept_replies;
use crate::sql_types::Db;

/// How long a reply is kept.
pub const KEPT_FOR: Span = Span::hours(24);

/// A request that must not be done twice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnceKey {
    /// Of who sends it and the key that was chosen for it.
    pub key_sha256: [u8; 32],
    /// Of what it asks.
    pub request_sha256: [u8; 32],
}

/// A reply as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptReply {
    /// The HTTP status.
    pub status: u16,
    /// Where what was made is found.
    pub location: Option<String>,
    /// The body, of JSON.
    pub body: Vec<u8>,
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = kept_replies, treat_none_as_default_value = false)]
struct Row {
    #[diesel(serialize_as = Db<ClientId>)]
    client_id: ClientId,
    key_sha256: Vec<u8>,
    request_sha256: Vec<u8>,
    status: i32,
    location: Option<String>,
    body: Vec<u8>,
    #[diesel(serialize_as = Db<Instant>)]
    created_at: Instant,
}

/// Whose rows a request's reply is among: the client's, or nobody's for what is
/// done with the agency's reach.
fn owner(reach: Reach) -> ClientId {
    reach.client().unwrap_or(ClientId(Uuid::nil()))
}

/// The reply that the same request got before; `None` for a new one, which no
/// other transaction can then begin until this one has ended.
///
/// # Errors
/// [`Constraint::RequestInFlight`] while another transaction does the same, and
/// [`Constraint::RequestDiffers`] where the key stands for another request.
pub fn find_reply(conn: &mut Conn, reach: Reach, once: &OnceKey) -> StoreResult<Option<KeptReply>> {
    if !claim(conn, once)? {
        return Err(Constraint::RequestInFlight.into());
    }
    let row: Option<Row> = on!(conn, c => kept_replies::table
        .find((Db(owner(reach)), once.key_sha256.as_slice()))
        .filter(kept_replies::created_at.gt(Db(now() - KEPT_FOR)))
        .select(Row::as_select())
        .first(c)
        .optional())?;
    let Some(row) = row else { return Ok(None) };
    if row.request_sha256 != once.request_sha256 {
        return Err(Constraint::RequestDiffers.into());
    }
    let status = u16::try_from(row.status)?;
    Ok(Some(KeptReply { status, location: row.location, body: row.body }))
}

/// Keeps the reply to a request, in the place of one that is too old to count.
pub fn keep_reply(
    conn: &mut Conn,
    reach: Reach,
    once: &OnceKey,
    reply: &KeptReply,
) -> StoreResult<()> {
    let row = || Row {
        client_id: owner(reach),
        key_sha256: once.key_sha256.to_vec(),
        request_sha256: once.request_sha256.to_vec(),
        status: reply.status.into(),
        location: reply.location.clone(),
        body: reply.body.clone(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(kept_replies::table)
        .values(row())
        .on_conflict((kept_replies::client_id, kept_replies::key_sha256))
        .do_update()
        .set((
            kept_replies::request_sha256.eq(excluded(kept_replies::request_sha256)),
            kept_replies::status.eq(excluded(kept_replies::status)),
            kept_replies::location.eq(excluded(kept_replies::location)),
            kept_replies::body.eq(excluded(kept_replies::body)),
            kept_replies::created_at.eq(excluded(kept_replies::created_at)),
        ))
        .execute(c))?;
    Ok(())
}

/// Removes what is kept no longer; returns how many. For the worker.
pub fn remove_old(conn: &mut Conn) -> StoreResult<usize> {
    let old = kept_replies::created_at.le(Db(now() - KEPT_FOR));
    Ok(on!(conn, c => diesel::delete(kept_replies::table.filter(old)).execute(c))?)
}

/// Keeps others from the same request until the end of the transaction; `false`
/// where another one has it. SQLite has one writer, so nobody else is at work.
fn claim(conn: &mut Conn, once: &OnceKey) -> StoreResult<bool> {
    let (first, _) = once.key_sha256.split_at(8);
    let number = first.iter().fold(0_i64, |number, byte| number << 8 | i64::from(*byte));
    match conn {
        Conn::Postgres(c) => {
            Ok(diesel::select(pg_try_advisory_xact_lock(number)).get_result::<bool>(c)?)
        }
        Conn::Sqlite(_) => Ok(true),
    }
}

diesel::define_sql_function! {
    /// PostgreSQL's own: takes a lock until the end of the transaction, or tells
    /// that another one has it.
    fn pg_try_advisory_xact_lock(key: BigInt) -> diesel::sql_types::Bool;
}
