//! `keys`: API keys over the command line.

use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::scope::Scopes;
use baitline_store::keys::{ApiKey, KeyReach, MAX_KEY_CLIENTS, NewKey};
use baitline_store::{Reach, Store, keys, now};

use crate::cli::{
    CreateKeyOptions, KeysCommand, ReplaceKeyOptions, RevokeKeyOptions, StoreOptions,
};
use crate::failure::Failure;
use crate::schema::prepare_embedded;

/// Keys read at a time.
const KEYS_AT_A_TIME: i64 = 1_000;

/// Runs one of them.
pub(crate) fn run(command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Create(options) => create(options),
        KeysCommand::Replace(options) => replace(options),
        KeysCommand::List(options) => list(options),
        KeysCommand::Revoke(options) => revoke(options),
    }
}

fn create(options: &CreateKeyOptions) -> Result<(), Failure> {
    let store = open(&options.store)?;
    let clients: Vec<ClientId> = options.client.iter().copied().map(ClientId).collect();
    if clients.len() > MAX_KEY_CLIENTS {
        return Err(Failure::Sentence(format!("a key names at most {MAX_KEY_CLIENTS} clients")));
    }
    let scopes: Scopes = options.scope.iter().copied().collect();
    let new = NewKey {
        name: options.name.clone(),
        reach: if clients.is_empty() {
            KeyReach::Agency
        } else {
            KeyReach::Clients(clients.into())
        },
        scopes: if scopes.is_empty() { Scopes::ALL } else { scopes },
        expires_at: options.expires_at.map(Instant::from),
    };
    let (_, text) = store.write(Reach::Agency, |conn| keys::create_key(conn, &new))?;
    println!("{text}");
    Ok(())
}

fn replace(options: &ReplaceKeyOptions) -> Result<(), Failure> {
    let store = open(&options.store)?;
    let old_ends_at = now() + Span::hours(options.overlap_hours.into());
    let expires_at = options.expires_at.map(Instant::from);
    let (_, text) = store.write(Reach::Agency, |conn| {
        keys::replace_key(conn, &options.key_id, old_ends_at, expires_at)
    })?;
    println!("{text}");
    Ok(())
}

fn list(options: &StoreOptions) -> Result<(), Failure> {
    let store = open(options)?;
    let mut last: Option<ApiKey> = None;
    loop {
        let after = last.as_ref().map(|key| (key.created_at, key.key_id.as_str()));
        let mut piece =
            store.read(Reach::Agency, |conn| keys::list_keys(conn, after, KEYS_AT_A_TIME))?;
        piece.iter().for_each(print);
        match piece.pop() {
            Some(key) => last = Some(key),
            None => return Ok(()),
        }
    }
}

fn print(key: &ApiKey) {
    let reach = match key.reach.clients() {
        [] => "agency".to_owned(),
        [client] => client.to_string(),
        several => format!("{} clients", several.len()),
    };
    let scopes =
        if key.scopes == Scopes::ALL { "everything".to_owned() } else { key.scopes.to_string() };
    let used = key.last_used_at.map_or("never used".to_owned(), |at| format!("used {at}"));
    let expiry = key.expires_at.map_or("never expires".to_owned(), |at| format!("expires {at}"));
    let state = key.revoked_at.map_or(expiry, |at| format!("revoked {at}"));
    println!("{}  {reach:36}  {}  {state}  {}", key.key_id, key.created_at, key.name);
    println!("{:12}  {scopes}; {used}", "");
}

fn revoke(options: &RevokeKeyOptions) -> Result<(), Failure> {
    let store = open(&options.store)?;
    let key = store.write(Reach::Agency, |conn| keys::revoke_key(conn, &options.key_id))?;
    println!("Revoked {}.", key.key_id);
    Ok(())
}

fn open(options: &StoreOptions) -> Result<Store, Failure> {
    prepare_embedded(options)?;
    Ok(Store::open(&options.settings()?)?)
}
