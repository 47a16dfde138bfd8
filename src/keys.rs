//! `keys`: API keys over the command line.

use baitline_domain::ids::ClientId;
use baitline_domain::instant::Instant;
use baitline_store::keys::ApiKey;
use baitline_store::{Reach, Store, clients, keys};

use crate::cli::{CreateKeyOptions, KeysCommand, RevokeKeyOptions, StoreOptions};
use crate::failure::Failure;
use crate::schema::prepare_embedded;

/// Keys read at a time.
const KEYS_AT_A_TIME: i64 = 1_000;

/// Runs one of them.
pub(crate) fn run(command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Create(options) => create(options),
        KeysCommand::List(options) => list(options),
        KeysCommand::Revoke(options) => revoke(options),
    }
}

fn create(options: &CreateKeyOptions) -> Result<(), Failure> {
    let store = open(&options.store)?;
    let expires_at = options.expires_at.map(Instant::from);
    let reach = options.client.map_or(Reach::Agency, |id| Reach::Client(ClientId(id)));
    let (_, text) = store.write(Reach::Agency, |conn| {
        if let Some(client) = reach.client() {
            clients::find_client(conn, client)?;
        }
        keys::create_key(conn, reach, &options.name, expires_at)
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
    let reach = key.client_id.map_or("agency".to_owned(), |client| client.to_string());
    let expiry = key.expires_at.map_or("never expires".to_owned(), |at| format!("expires {at}"));
    let state = key.revoked_at.map_or(expiry, |at| format!("revoked {at}"));
    println!("{}  {reach:36}  {}  {state}  {}", key.key_id, key.created_at, key.name);
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
