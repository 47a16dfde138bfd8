//! API keys. A key is `baitline_<id>_<secret><checksum>`: the id finds the row,
//! the secret is random and kept only as its SHA-256, the checksum lets a
//! scanner tell a leaked key from noise without asking anybody.

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use diesel::prelude::*;
use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::schema::api_keys;
use crate::sql_types::Db;
use crate::{Store, now};

/// What every key begins with.
pub const KEY_PREFIX: &str = "baitline";
/// Random characters of the public id; five bits each.
pub const ID_CHARS: usize = 12;
/// Random characters of the secret; five bits each, so 160 bits.
const SECRET_CHARS: usize = 32;
/// Hexadecimal characters of the checksum.
const CHECKSUM_CHARS: usize = 6;
/// No letter or digit that is read as another.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";

/// A key's facts. The secret is not among them.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys, treat_none_as_default_value = false)]
pub struct ApiKey {
    /// The public part, which logs and audit may name.
    pub key_id: String,
    /// The client it reaches; the agency's reach every one.
    pub client_id: Option<ClientId>,
    /// For people.
    pub name: String,
    secret_sha256: Vec<u8>,
    /// When it was made.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
}

impl ApiKey {
    /// Who comes with it.
    pub(crate) fn principal(self) -> Principal {
        let reach = self.client_id.map_or(Reach::Agency, Reach::Client);
        Principal { key_id: self.key_id, reach }
    }
}

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The key it came with.
    pub key_id: String,
    /// Whose rows it may see.
    pub reach: Reach,
}

/// Makes a key and returns its text, which nobody can be shown again.
pub fn create_key(
    conn: &mut Conn,
    reach: Reach,
    name: &str,
    expires_at: Option<Instant>,
) -> StoreResult<(ApiKey, String)> {
    let (id, secret) = (random(ID_CHARS), random(SECRET_CHARS));
    let key = ApiKey {
        key_id: id.clone(),
        client_id: reach.client(),
        name: name.to_owned(),
        secret_sha256: Sha256::digest(secret.as_bytes()).to_vec(),
        created_at: now(),
        expires_at,
        revoked_at: None,
    };
    on!(conn, c => diesel::insert_into(api_keys::table).values(key.clone()).execute(c))?;
    let text = format!("{KEY_PREFIX}_{id}_{secret}{}", checksum(&id, &secret));
    Ok((key, text))
}

/// At most `limit` keys in order of making, after the one made at that moment
/// under that id. For the agency.
pub fn list_keys(
    conn: &mut Conn,
    after: Option<(Instant, &str)>,
    limit: i64,
) -> StoreResult<Vec<ApiKey>> {
    Ok(on!(conn, c => {
        let mut query = api_keys::table.select(ApiKey::as_select()).into_boxed();
        if let Some((made_at, key_id)) = after {
            let later = api_keys::created_at.gt(Db(made_at));
            let same = api_keys::created_at.eq(Db(made_at)).and(api_keys::key_id.gt(key_id));
            query = query.filter(later.or(same));
        }
        query.order((api_keys::created_at, api_keys::key_id)).limit(limit).load(c)
    })?)
}

/// Revokes a key; a second time changes nothing.
pub fn revoke_key(conn: &mut Conn, key_id: &str) -> StoreResult<ApiKey> {
    let key: ApiKey = on!(conn, c => api_keys::table
        .find(key_id)
        .select(ApiKey::as_select())
        .first(c))?;
    if key.revoked_at.is_some() {
        return Ok(key);
    }
    Ok(on!(conn, c => diesel::update(api_keys::table.find(key_id))
        .set(api_keys::revoked_at.eq(Some(now())))
        .returning(ApiKey::as_returning())
        .get_result(c))?)
}

/// Finds out whose key a text is; `None` for anything but a live key.
pub fn authenticate(store: &Store, text: &str) -> StoreResult<Option<Principal>> {
    Ok(find_live_key(store, text)?.map(|key| key.principal()))
}

/// The key of a text; `None` for anything but a live one.
pub(crate) fn find_live_key(store: &Store, text: &str) -> StoreResult<Option<ApiKey>> {
    let Some((id, secret)) = parse(text) else { return Ok(None) };
    let found = store.read_key(id, |conn| {
        Ok(on!(conn, c => api_keys::table
            .find(id)
            .select(ApiKey::as_select())
            .first(c)
            .optional())?)
    })?;
    let Some(key) = found else { return Ok(None) };
    let digest = Sha256::digest(secret.as_bytes());
    let matches: bool = key.secret_sha256.as_slice().ct_eq(digest.as_slice()).into();
    let live = key.revoked_at.is_none() && key.expires_at.is_none_or(|end| now() < end);
    Ok((matches && live).then_some(key))
}

/// Splits a key into id and secret, if its form and checksum are right.
fn parse(text: &str) -> Option<(&str, &str)> {
    let (id, tail) = text.strip_prefix(KEY_PREFIX)?.strip_prefix('_')?.split_once('_')?;
    let is_ours = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if id.len() != ID_CHARS || tail.len() != SECRET_CHARS + CHECKSUM_CHARS || !is_ours(tail) {
        return None;
    }
    let (secret, sum) = tail.split_at(SECRET_CHARS);
    (sum == checksum(id, secret)).then_some((id, secret))
}

fn checksum(id: &str, secret: &str) -> String {
    let digest = Sha256::digest(format!("{id}_{secret}").as_bytes());
    digest.iter().take(CHECKSUM_CHARS / 2).map(|byte| format!("{byte:02x}")).collect()
}

fn random(chars: usize) -> String {
    let mut rng = rand::rng();
    (0..chars)
        .map(|_| char::from(ALPHABET[(rng.next_u32() % ALPHABET.len() as u32) as usize]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_with_one_character_changed_is_not_even_looked_up() {
        let (id, secret) = (random(ID_CHARS), random(SECRET_CHARS));
        let key = format!("{KEY_PREFIX}_{id}_{secret}{}", checksum(&id, &secret));
        assert_eq!(parse(&key), Some((id.as_str(), secret.as_str())));
        for place in 0..key.len() {
            let mut changed = key.clone().into_bytes();
            changed[place] = if changed[place] == b'x' { b'y' } else { b'x' };
            let changed = String::from_utf8(changed).expect("ASCII");
            assert_eq!(parse(&changed), None, "{changed}");
        }
    }

    #[test]
    fn texts_that_are_no_keys_are_refused_without_panic() {
        for text in ["", "baitline", "baitline_", "baitline__", "baitline_é_é", "Bearer x"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
