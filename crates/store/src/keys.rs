//! API keys. A key is `baitline_<id>_<secret><checksum>`: the id finds the row,
//! the secret is random and kept only as its SHA-256, the checksum lets a
//! scanner tell a leaked key from noise without asking anybody.

use std::collections::HashMap;
use std::sync::Arc;

use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::scope::Scopes;
use diesel::prelude::*;
use rand::Rng;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::schema::{api_key_clients, api_keys};
use crate::sql_types::Db;
use crate::{Store, clients, now};

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

/// The most clients a key may name.
pub const MAX_KEY_CLIENTS: usize = 100;
/// How long a key that was replaced works on, unless told.
pub const OVERLAP: Span = Span::hours(24);
/// How often the use of a key is written down, at most.
pub const USE_NOTED_EVERY: Span = Span::seconds(60);

/// Whose rows a key may reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyReach {
    /// Those of these clients, each request those of one of them.
    Clients(Arc<[ClientId]>),
    /// Everybody's.
    Agency,
}

impl From<Reach> for KeyReach {
    fn from(reach: Reach) -> Self {
        match reach {
            Reach::Client(client) => Self::Clients([client].into()),
            Reach::Agency => Self::Agency,
        }
    }
}

impl KeyReach {
    const AGENCY: &'static str = "agency";
    const CLIENTS: &'static str = "clients";

    const fn word(&self) -> &'static str {
        match self {
            Self::Clients(_) => Self::CLIENTS,
            Self::Agency => Self::AGENCY,
        }
    }

    /// The clients named; none for the agency's.
    pub fn clients(&self) -> &[ClientId] {
        match self {
            Self::Clients(clients) => clients,
            Self::Agency => &[],
        }
    }
}

/// A key's facts. The secret is not among them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// The public part, which logs and audit may name.
    pub key_id: String,
    /// The first of the keys that replaced each other up to this one.
    pub line_id: String,
    /// Whose rows it reaches.
    pub reach: KeyReach,
    /// What it may do.
    pub scopes: Scopes,
    /// For people.
    pub name: String,
    /// When it was made.
    pub created_at: Instant,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
    /// When it was revoked.
    pub revoked_at: Option<Instant>,
    /// When it was last used, to the minute; uses before that are not kept.
    pub last_used_at: Option<Instant>,
}

/// A key to make.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// For people.
    pub name: String,
    /// Whose rows it reaches.
    pub reach: KeyReach,
    /// What it may do.
    pub scopes: Scopes,
    /// From when on it is refused.
    pub expires_at: Option<Instant>,
}

impl NewKey {
    /// One that may do everything within its reach and never ends.
    pub fn full(reach: Reach, name: &str) -> Self {
        let name = name.to_owned();
        Self { name, reach: reach.into(), scopes: Scopes::ALL, expires_at: None }
    }
}

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = api_keys, treat_none_as_default_value = false)]
struct KeyRow {
    key_id: String,
    name: String,
    secret_sha256: Vec<u8>,
    #[diesel(serialize_as = Db<Instant>)]
    created_at: Instant,
    expires_at: Option<Instant>,
    revoked_at: Option<Instant>,
    reach: String,
    scopes: String,
    line_id: String,
    last_used_at: Option<Instant>,
}

impl KeyRow {
    /// The key with its clients; whatever cannot be read makes no key.
    fn with(self, clients: Vec<ClientId>) -> StoreResult<ApiKey> {
        let reach = match self.reach.as_str() {
            KeyReach::AGENCY => KeyReach::Agency,
            KeyReach::CLIENTS if !clients.is_empty() => KeyReach::Clients(clients.into()),
            _ => return Err(StoreError::Corrupt("a key's reach".to_owned())),
        };
        let scopes = Scopes::parse(&self.scopes)
            .ok_or_else(|| StoreError::Corrupt("a key's scopes".to_owned()))?;
        Ok(ApiKey {
            key_id: self.key_id,
            line_id: self.line_id,
            reach,
            scopes,
            name: self.name,
            created_at: self.created_at,
            expires_at: self.expires_at,
            revoked_at: self.revoked_at,
            last_used_at: self.last_used_at,
        })
    }
}

impl ApiKey {
    /// Whether it opens anything at that moment.
    pub fn is_live(&self, at: Instant) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| at < end)
    }

    /// Who comes with it.
    pub(crate) fn principal(self) -> Principal {
        let Self { key_id, line_id, reach, scopes, .. } = self;
        Principal { key_id, line_id, reach, scopes }
    }
}

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// The key it came with.
    pub key_id: String,
    /// The first of the keys that replaced each other up to that one.
    pub line_id: String,
    /// Whose rows it may see.
    pub reach: KeyReach,
    /// What it may do.
    pub scopes: Scopes,
}

/// Makes a key and returns its text, which nobody can be shown again.
///
/// # Errors
/// [`StoreError::NotFound`] where a client it names is not there.
pub fn create_key(conn: &mut Conn, new: &NewKey) -> StoreResult<(ApiKey, String)> {
    create_in_line(conn, new, None)
}

fn create_in_line(
    conn: &mut Conn,
    new: &NewKey,
    line_id: Option<String>,
) -> StoreResult<(ApiKey, String)> {
    let (id, secret) = (random(ID_CHARS), random(SECRET_CHARS));
    let mut clients = new.reach.clients().to_vec();
    clients.sort_unstable();
    clients.dedup();
    for client in &clients {
        clients::find_client(conn, *client)?;
    }
    let row = KeyRow {
        key_id: id.clone(),
        name: new.name.clone(),
        secret_sha256: Sha256::digest(secret.as_bytes()).to_vec(),
        created_at: now(),
        expires_at: new.expires_at,
        revoked_at: None,
        reach: new.reach.word().to_owned(),
        scopes: new.scopes.to_string(),
        line_id: line_id.unwrap_or_else(|| id.clone()),
        last_used_at: None,
    };
    let inserted = on!(conn, c => diesel::insert_into(api_keys::table).values(row).returning(KeyRow::as_returning()).get_result(c))?;
    for client in &clients {
        let reached = (api_key_clients::client_id.eq(Db(*client)), api_key_clients::key_id.eq(&id));
        on!(conn, c => diesel::insert_into(api_key_clients::table).values(reached).execute(c))?;
    }
    let text = format!("{KEY_PREFIX}_{id}_{secret}{}", checksum(&id, &secret));
    Ok((inserted.with(clients)?, text))
}

/// Makes a key like another one, which works on until `old_ends_at` or its own
/// end, whichever comes first. Returns the new one with its text. For the agency.
///
/// # Errors
/// [`Constraint::KeyNotLive`] for one that opens nothing any more, and
/// [`Constraint::KeyReplaced`] where another key of its line is live: two at a
/// time is what a change of keys needs.
pub fn replace_key(
    conn: &mut Conn,
    key_id: &str,
    old_ends_at: Instant,
    expires_at: Option<Instant>,
) -> StoreResult<(ApiKey, String)> {
    // First of all, so that two replacements of one key come one after the other.
    on!(conn, c => diesel::update(api_keys::table.find(key_id))
        .set(api_keys::name.eq(api_keys::name))
        .execute(c))?;
    let (old, at) = (find_key(conn, key_id)?, now());
    if !old.is_live(at) {
        return Err(Constraint::KeyNotLive.into());
    }
    let line: Vec<KeyRow> = on!(conn, c => api_keys::table
        .filter(api_keys::line_id.eq(&old.line_id))
        .filter(api_keys::key_id.ne(key_id))
        .filter(api_keys::revoked_at.is_null())
        .select(KeyRow::as_select())
        .load(c))?;
    if line.iter().any(|other| other.expires_at.is_none_or(|end| at < end)) {
        return Err(Constraint::KeyReplaced.into());
    }
    let ends_at = old.expires_at.map_or(old_ends_at, |end| end.min(old_ends_at));
    on!(conn, c => diesel::update(api_keys::table.find(key_id))
        .set(api_keys::expires_at.eq(Some(ends_at)))
        .execute(c))?;
    let new = NewKey { name: old.name, reach: old.reach, scopes: old.scopes, expires_at };
    create_in_line(conn, &new, Some(old.line_id))
}

/// One key. For the agency.
///
/// # Errors
/// [`StoreError::NotFound`] where there is none.
pub fn find_key(conn: &mut Conn, key_id: &str) -> StoreResult<ApiKey> {
    find_row(conn, key_id)?.map_or(Err(StoreError::NotFound), |(row, clients)| row.with(clients))
}

/// At most `limit` keys in order of making, after the one made at that moment
/// under that id. For the agency.
pub fn list_keys(
    conn: &mut Conn,
    after: Option<(Instant, &str)>,
    limit: i64,
) -> StoreResult<Vec<ApiKey>> {
    let rows: Vec<KeyRow> = on!(conn, c => {
        let mut query = api_keys::table.select(KeyRow::as_select()).into_boxed();
        if let Some((made_at, key_id)) = after {
            let later = api_keys::created_at.gt(Db(made_at));
            let same = api_keys::created_at.eq(Db(made_at)).and(api_keys::key_id.gt(key_id));
            query = query.filter(later.or(same));
        }
        query.order((api_keys::created_at, api_keys::key_id)).limit(limit).load(c)
    })?;
    let ids: Vec<&str> = rows.iter().map(|row| row.key_id.as_str()).collect();
    let reached: Vec<(String, ClientId)> = on!(conn, c => api_key_clients::table
        .filter(api_key_clients::key_id.eq_any(&ids))
        .order(api_key_clients::client_id)
        .select((api_key_clients::key_id, api_key_clients::client_id))
        .load(c))?;
    let mut clients: HashMap<String, Vec<ClientId>> = HashMap::new();
    for (key_id, client) in reached {
        clients.entry(key_id).or_default().push(client);
    }
    rows.into_iter()
        .map(|row| {
            let clients = clients.remove(&row.key_id).unwrap_or_default();
            row.with(clients)
        })
        .collect()
}

/// Revokes a key; a second time changes nothing.
pub fn revoke_key(conn: &mut Conn, key_id: &str) -> StoreResult<ApiKey> {
    on!(conn, c => diesel::update(api_keys::table.find(key_id))
        .filter(api_keys::revoked_at.is_null())
        .set(api_keys::revoked_at.eq(Some(now())))
        .execute(c))?;
    find_key(conn, key_id)
}

/// Writes down that a key was used, unless that was done within the last minute.
pub fn note_use(conn: &mut Conn, key_id: &str, at: Instant) -> StoreResult<()> {
    let long_ago = api_keys::last_used_at.lt(Some(at - USE_NOTED_EVERY));
    on!(conn, c => diesel::update(api_keys::table.find(key_id))
        .filter(api_keys::last_used_at.is_null().or(long_ago))
        .set(api_keys::last_used_at.eq(Some(at)))
        .execute(c))?;
    Ok(())
}

/// Finds out whose key a text is; `None` for anything but a live key.
pub fn authenticate(store: &Store, text: &str) -> StoreResult<Option<Principal>> {
    Ok(find_live_key(store, text)?.map(ApiKey::principal))
}

/// The key of a text; `None` for anything but a live one.
pub(crate) fn find_live_key(store: &Store, text: &str) -> StoreResult<Option<ApiKey>> {
    let Some((id, secret)) = parse(text) else { return Ok(None) };
    let found = store.read_key(id, |conn| find_row(conn, id))?;
    let Some((row, clients)) = found else { return Ok(None) };
    let digest = Sha256::digest(secret.as_bytes());
    let matches: bool = row.secret_sha256.as_slice().ct_eq(digest.as_slice()).into();
    let key = row.with(clients)?;
    Ok((matches && key.is_live(now())).then_some(key))
}

/// The row of a key and its clients, in one question.
fn find_row(conn: &mut Conn, key_id: &str) -> StoreResult<Option<(KeyRow, Vec<ClientId>)>> {
    let rows: Vec<(KeyRow, Option<ClientId>)> = on!(conn, c => api_keys::table
        .left_join(api_key_clients::table.on(api_key_clients::key_id.eq(api_keys::key_id)))
        .filter(api_keys::key_id.eq(key_id))
        .order(api_key_clients::client_id)
        .select((KeyRow::as_select(), api_key_clients::client_id.nullable()))
        .load(c))?;
    let mut rows = rows.into_iter();
    let Some((row, first)) = rows.next() else { return Ok(None) };
    let others = rows.filter_map(|(_, client)| client);
    Ok(Some((row, first.into_iter().chain(others).collect())))
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
