//! API keys: only a live key opens anything, and no more than its client.

use baitline_domain::instant::Span;
use baitline_domain::scope::{Scope, Scopes};
use baitline_store::keys::{self, KeyReach, NewKey, Principal};
use baitline_store::{Constraint, Reach, StoreError, now};
use baitline_testkit::{DatabaseKind, on_both};
use sha2::{Digest, Sha256};

use crate::support::{Opened, open, rows};

fn authenticate(opened: &Opened, text: &str) -> Option<Principal> {
    keys::authenticate(&opened.store, text).unwrap()
}

#[test]
fn a_key_reaches_its_client_and_the_agencys_key_all() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        for reach in [Reach::Client(client), Reach::Agency] {
            let (key, text) = opened.agency(|c| keys::create_key(c, &NewKey::full(reach, "ключ")));
            let (key_id, line_id) = (key.key_id.clone(), key.key_id);
            let scopes = Scopes::ALL;
            let expected = Principal { key_id, line_id, reach: reach.into(), scopes };
            assert_eq!(authenticate(&opened, &text), Some(expected));
        }
    });
}

#[test]
fn a_text_that_is_no_key_and_a_key_of_another_installation_open_nothing() {
    on_both(|database| {
        let opened = open(database);
        let (key, text) =
            opened.agency(|c| keys::create_key(c, &NewKey::full(Reach::Agency, "ключ")));
        let foreign = {
            let elsewhere = open(baitline_testkit::TestDatabase::sqlite());
            elsewhere.agency(|c| keys::create_key(c, &NewKey::full(Reach::Agency, "ключ"))).1
        };
        for wrong in ["", "Bearer", &key.key_id, &text[..text.len() - 1], &foreign] {
            assert_eq!(authenticate(&opened, wrong), None, "{wrong}");
        }
    });
}

#[test]
fn the_secret_of_one_key_does_not_open_another() {
    on_both(|database| {
        let opened = open(database);
        let (one, text) =
            opened.agency(|c| keys::create_key(c, &NewKey::full(Reach::Agency, "первый")));
        opened.agency(|c| keys::create_key(c, &NewKey::full(Reach::Agency, "второй")));
        assert!(authenticate(&opened, &text).is_some());
        // Both rows get the second key's hash: the first text is well formed,
        // its row is there, and only the secret is wrong.
        crate::support::execute(
            &opened.database,
            "UPDATE api_keys SET secret_sha256 =
                (SELECT k.secret_sha256 FROM api_keys k WHERE k.name = 'второй')",
        );
        assert_eq!(authenticate(&opened, &text), None, "{}", one.key_id);
    });
}

#[test]
fn a_key_ends_at_its_moment() {
    on_both(|database| {
        let opened = open(database);
        let key = |ends_in: Span| {
            let end = Some(now() + ends_in);
            opened
                .agency(|c| {
                    keys::create_key(
                        c,
                        &NewKey { expires_at: end, ..NewKey::full(Reach::Agency, "ключ") },
                    )
                })
                .1
        };
        assert!(authenticate(&opened, &key(Span::hours(1))).is_some());
        assert_eq!(authenticate(&opened, &key(Span(0))), None);
        assert_eq!(authenticate(&opened, &key(Span::hours(-1))), None);
    });
}

#[test]
fn a_revoked_key_opens_nothing_and_stays_revoked() {
    on_both(|database| {
        let opened = open(database);
        let (key, text) =
            opened.agency(|c| keys::create_key(c, &NewKey::full(Reach::Agency, "ключ")));
        let revoked = opened.agency(|c| keys::revoke_key(c, &key.key_id));
        assert!(revoked.revoked_at.is_some());
        assert_eq!(authenticate(&opened, &text), None);
        let again = opened.agency(|c| keys::revoke_key(c, &key.key_id));
        assert_eq!(again.revoked_at, revoked.revoked_at, "the first moment counts");
        assert_eq!(opened.agency(|c| keys::list_keys(c, None, 10)), [revoked]);
        let nobodys = opened.store.write(Reach::Agency, |c| keys::revoke_key(c, "nobodys"));
        assert!(matches!(nobodys, Err(StoreError::NotFound)), "{nobodys:?}");
    });
}

#[test]
fn a_key_has_the_clients_and_scopes_it_was_made_with() {
    on_both(|database| {
        let opened = open(database);
        let [one, two, three] = ["раз", "два", "три"].map(|name| opened.client(name).id);
        let scopes = Scopes::of(Scope::Reports).with(Scopes::of(Scope::CallsWrite));
        let reach = KeyReach::Clients([two, one, two].into());
        let new = NewKey { reach, scopes, ..NewKey::full(Reach::Agency, "ключ") };
        let (key, text) = opened.agency(|c| keys::create_key(c, &new));
        let principal = authenticate(&opened, &text).unwrap();
        assert_eq!(principal.scopes, scopes);
        let mut expected = vec![one, two];
        expected.sort();
        assert_eq!(principal.reach.clients(), expected);
        assert!(!principal.reach.clients().contains(&three));
        assert_eq!(opened.agency(|c| keys::list_keys(c, None, 10)), [key]);
    });
}

#[test]
fn a_key_whose_clients_or_scopes_cannot_be_read_opens_nothing() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        for damage in
            ["DELETE FROM api_key_clients", "UPDATE api_keys SET scopes = 'reports everything'"]
        {
            let (_, text) =
                opened.agency(|c| keys::create_key(c, &NewKey::full(Reach::Client(client), "к")));
            assert!(authenticate(&opened, &text).is_some());
            crate::support::execute(&opened.database, damage);
            let found = keys::authenticate(&opened.store, &text);
            assert!(matches!(found, Err(StoreError::Corrupt(_))), "{damage}: {found:?}");
        }
    });
}

#[test]
fn of_keys_that_replace_each_other_two_are_live_at_most() {
    on_both(|database| {
        let opened = open(database);
        let (old, old_text) =
            opened.agency(|c| keys::create_key(c, &NewKey::full(Reach::Agency, "к")));
        let replace = |id: &str, after: Span| {
            let (id, ends_at) = (id.to_owned(), now() + after);
            opened.store.write(Reach::Agency, move |c| keys::replace_key(c, &id, ends_at, None))
        };
        let (new, new_text) = replace(&old.key_id, Span::hours(1)).unwrap();
        assert_eq!((&new.line_id, new.scopes, &new.reach), (&old.key_id, old.scopes, &old.reach));
        assert!(authenticate(&opened, &old_text).is_some());
        assert!(authenticate(&opened, &new_text).is_some());
        for id in [&old.key_id, &new.key_id] {
            let third = replace(id, Span::hours(1));
            assert!(matches!(third, Err(StoreError::Constraint(Constraint::KeyReplaced))));
        }
        opened.agency(|c| keys::revoke_key(c, &old.key_id));
        let dead = replace(&old.key_id, Span::hours(1));
        assert!(matches!(dead, Err(StoreError::Constraint(Constraint::KeyNotLive))));
        let (third, _) = replace(&new.key_id, Span(0)).unwrap();
        assert_eq!(third.line_id, old.key_id);
        assert_eq!(authenticate(&opened, &new_text), None, "its time was over at once");
        assert!(matches!(replace("nobodys", Span(0)), Err(StoreError::NotFound)));
    });
}

#[test]
fn the_use_of_a_key_is_written_down_once_a_minute() {
    on_both(|database| {
        let opened = open(database);
        let (key, _) = opened.agency(|c| keys::create_key(c, &NewKey::full(Reach::Agency, "к")));
        assert_eq!(key.last_used_at, None);
        let first = now();
        for (after, expected) in [(0, 0), (59, 0), (61, 61)] {
            opened.agency(|c| keys::note_use(c, &key.key_id, first + Span::seconds(after)));
            let noted = opened.agency(|c| keys::find_key(c, &key.key_id)).last_used_at;
            assert_eq!(noted, Some(first + Span::seconds(expected)));
        }
    });
}

#[test]
fn keys_are_listed_piece_by_piece_in_order_of_making() {
    on_both(|database| {
        let opened = open(database);
        let make =
            |name| opened.agency(|c| keys::create_key(c, &NewKey::full(Reach::Agency, name))).0;
        let mut made = [make("первый"), make("второй"), make("третий")];
        // Made in the same moment, the id decides, and no key is lost between pieces.
        crate::support::execute(
            &opened.database,
            "UPDATE api_keys SET created_at = (SELECT min(k.created_at) FROM api_keys k)",
        );
        made.sort_by(|a, b| a.key_id.cmp(&b.key_id));
        let first = opened.agency(|c| keys::list_keys(c, None, 2));
        let last = &first[1];
        let place = Some((last.created_at, last.key_id.as_str()));
        let second = opened.agency(|c| keys::list_keys(c, place, 2));
        let ids: Vec<&str> = first.iter().chain(&second).map(|key| key.key_id.as_str()).collect();
        assert_eq!(ids, made.each_ref().map(|key| key.key_id.as_str()));
    });
}

/// How many keys are kept with these bytes in the place of the hash.
fn kept_as(opened: &Opened, bytes: &[u8]) -> i64 {
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let literal = match opened.database.kind() {
        DatabaseKind::Postgres => format!("'\\x{hex}'"),
        DatabaseKind::Sqlite => format!("X'{hex}'"),
    };
    rows(&opened.database, &format!("api_keys WHERE secret_sha256 = {literal}"))
}

#[test]
fn a_secret_is_kept_only_as_its_hash() {
    on_both(|database| {
        let opened = open(database);
        let (_, text) =
            opened.agency(|c| keys::create_key(c, &NewKey::full(Reach::Agency, "ключ")));
        let (_, tail) = text.rsplit_once('_').unwrap();
        // The last six characters are the checksum.
        let secret = &tail[..tail.len() - 6];
        assert_eq!(kept_as(&opened, secret.as_bytes()), 0);
        assert_eq!(kept_as(&opened, Sha256::digest(secret).as_slice()), 1);
    });
}
