//! The public halves of the keys that workers sign packages with. The private ones
//! are files of the workers' machines and never come here.

use diesel::prelude::*;

use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::SigningKeyRow;
use crate::now;
use crate::schema::signing_keys;
use crate::sql_types::Db;

/// The most keys that are told, those of the last days first.
const MOST_TOLD: i64 = 100;

/// Notes that a worker starts with a key. Run as the agency.
pub fn note_key(conn: &mut Conn, fingerprint: &str, public_pem: &str) -> StoreResult<()> {
    let at = now();
    let row = SigningKeyRow {
        fingerprint: fingerprint.to_owned(),
        public_pem: public_pem.to_owned(),
        first_seen_at: at,
        last_seen_at: at,
    };
    on!(conn, c => diesel::insert_into(signing_keys::table)
        .values(row)
        .on_conflict(signing_keys::fingerprint)
        .do_update()
        .set(signing_keys::last_seen_at.eq(Db(at)))
        .execute(c))?;
    Ok(())
}

/// The keys, the one that a worker started with last in front.
pub fn list_keys(conn: &mut Conn) -> StoreResult<Vec<SigningKeyRow>> {
    Ok(on!(conn, c => signing_keys::table
        .order((signing_keys::last_seen_at.desc(), signing_keys::fingerprint))
        .limit(MOST_TOLD)
        .select(SigningKeyRow::as_select())
        .load(c))?)
}
