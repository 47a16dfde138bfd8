//! What was done is written down by whoever did it, and chained; whatever is done to
//! a chain afterwards is found.

use std::collections::BTreeSet;

use baitline_domain::audit::{AuditHead, Checkpoint};
use baitline_domain::ids::ClientId;
use baitline_store::audit::{
    self, AGENCY, AUDITED, Acting, AuditReport, AuditRow, EntryFilter, Finding, UNAUDITED, acting,
};
use baitline_store::models::BaitChanges;
use baitline_store::{Reach, StoreError, StoreResult, baits, keys};
use baitline_testkit::{DatabaseKind, Role, TestDatabase, on_both};
use diesel::connection::SimpleConnection;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use uuid::Uuid;

use crate::support::{self, Opened, at, execute, new_bait, open, report, rows};
use crate::world::furnish as furnish_client;

const SCHEMA: &str = include_str!("../../src/schema.rs");

/// Chains what a client did so far; what it does next waits.
pub(crate) fn furnish(opened: &Opened, client: ClientId) {
    let before = ClientId(Uuid::from_u128(client.0.as_u128() - 1));
    let sealed = opened.agency(|conn| audit::seal_after(conn, Some(before)));
    assert_eq!(sealed.unwrap().client, client);
}

pub(crate) fn seal_all(opened: &Opened) {
    let mut last = None;
    while let Some(sealed) = opened.agency(|conn| audit::seal_after(conn, last)) {
        last = Some(sealed.client);
    }
}

fn entries(opened: &Opened, client: ClientId) -> Vec<AuditRow> {
    let filter = EntryFilter { limit: 10_000, ..EntryFilter::default() };
    opened.agency(|conn| audit::list_entries(conn, Reach::Client(client), &filter))
}

fn verified(opened: &Opened, checkpoints: &[Checkpoint]) -> AuditReport {
    let reach = Reach::Agency;
    opened.store.read(reach, |conn| audit::verify(conn, reach, checkpoints)).unwrap()
}

/// Who did what to what, without ids.
fn told(row: &AuditRow) -> String {
    let AuditRow { actor, act, noun, change, items, .. } = row;
    format!("{actor} {act}: {noun} {change} {items}")
}

#[test]
fn every_table_is_audited_or_there_is_a_reason_why_not() {
    let tables: BTreeSet<&str> = SCHEMA
        .lines()
        .filter_map(|line| line.trim().strip_suffix(") {")?.split_once(" (").map(|(name, _)| name))
        .collect();
    let audited = AUDITED.iter().map(|table| table.table);
    let named: Vec<&str> = audited.chain(UNAUDITED.iter().map(|(table, _)| *table)).collect();
    assert_eq!(named.len(), tables.len(), "a table is named twice, or not at all");
    assert_eq!(named.into_iter().collect::<BTreeSet<_>>(), tables);
}

#[test]
fn an_act_is_written_down_with_who_did_it_and_what_failed_is_not() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let bait = acting(Acting::key("k1", "create_bait"), || opened.bait(client, 79_001_112_233));
        let note = |text: &str| BaitChanges {
            note: Some(Some(text.to_owned())),
            ..BaitChanges::default()
        };
        acting(Acting::key("k2", "update_bait"), || {
            for text in ["полка", "полка", "стол"] {
                opened.as_client(client, |conn| {
                    baits::update_bait(conn, client, bait.id, &note(text))
                });
            }
        });
        let failed: StoreResult<()> = opened.store.write(Reach::Client(client), |conn| {
            baits::create_bait(conn, client, &new_bait(79_001_112_234))?;
            Err(StoreError::NotFound)
        });
        assert!(failed.is_err());
        seal_all(&opened);
        let found = entries(&opened, client);
        let told: Vec<String> = found.iter().map(told).collect();
        let expected = [
            "worker : client made 1",
            "k1 create_bait: bait made 1",
            "k2 update_bait: bait changed 1",
            "k2 update_bait: bait changed 1",
        ];
        assert_eq!(told, expected, "the same note again is no change");
        assert!(found[1..].iter().all(|row| row.subject == bait.id.to_string()));
        assert_ne!(found[2].digest, found[3].digest);
        assert_eq!(verified(&opened, &[]).findings, []);
    });
}

#[test]
fn a_batch_of_calls_is_one_row_and_one_that_is_known_is_none() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let source = opened.source(client, "АТС");
        let start = at("2026-11-10T09:00:00Z");
        let call =
            |n: usize| report(&source, &format!("c-{n}"), ("+79160000001", "+79001112233"), start);
        let calls: Vec<_> = (0..500).map(call).collect();
        let send = |calls: &[_]| {
            acting(Acting::key("k1", "create_calls"), || opened.ingest(client, calls));
        };
        send(&calls);
        send(&calls);
        send(&calls[..1]);
        send(&[call(501)]);
        seal_all(&opened);
        let of_calls = |row: &&AuditRow| row.noun == "call";
        let found: Vec<AuditRow> =
            entries(&opened, client).iter().filter(of_calls).cloned().collect();
        let told: Vec<String> = found.iter().map(told).collect();
        assert_eq!(told, ["k1 create_calls: call made 500", "k1 create_calls: call made 1"]);
        assert_eq!((found[0].subject.as_str(), found[1].subject.len()), ("", 36));
    });
}

#[test]
fn the_use_of_a_key_is_no_act_and_its_revocation_is_one() {
    on_both(|database| {
        let opened = open(database);
        let new = keys::NewKey::full(Reach::Agency, "test");
        let (key, _) = opened.agency(|conn| keys::create_key(conn, &new));
        opened.agency(|conn| keys::note_use(conn, &key.key_id, at("2026-11-10T09:00:00Z")));
        opened.agency(|conn| keys::revoke_key(conn, &key.key_id));
        opened.agency(|conn| keys::revoke_key(conn, &key.key_id));
        seal_all(&opened);
        let found = entries(&opened, AGENCY);
        let told: Vec<String> = found.iter().map(told).collect();
        assert_eq!(told, ["worker : key made 1", "worker : key changed 1"]);
        assert!(found.iter().all(|row| row.subject == key.key_id));
    });
}

#[test]
fn no_number_is_kept_in_clear() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish_client(&opened, "наш");
        seal_all(&opened);
        for row in entries(&opened, furnished.client.id) {
            let AuditRow { actor, act, noun, subject, .. } = &row;
            for digits in ["74951234567", "79001112233", "78005553535"] {
                assert!(![actor, act, noun, subject].iter().any(|text| text.contains(digits)));
            }
        }
        assert!(entries(&opened, furnished.client.id).len() > 20);
    });
}

#[test]
fn several_workers_make_one_chain_without_gaps() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        std::thread::scope(|scope| {
            for writer in 0..3_u64 {
                let opened = &opened;
                scope.spawn(move || {
                    for n in 0..20 {
                        opened.bait(client, 79_000_000_000 + writer * 100 + n);
                    }
                });
            }
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..40 {
                        opened.agency(|conn| audit::seal_after(conn, None));
                    }
                });
            }
        });
        seal_all(&opened);
        let sequences: Vec<i64> = entries(&opened, client).iter().map(|row| row.sequence).collect();
        assert_eq!(sequences, (1..=61).collect::<Vec<_>>());
        assert_eq!(verified(&opened, &[]).findings, []);
        let state = opened.agency(|conn| audit::chain_state(conn, client));
        assert_eq!((state.head.sequence, state.waiting, state.waiting_since), (61, 0, None));
    });
}

/// Ten entries of a client, and the head as it was written down after them.
fn chained(database: TestDatabase) -> (Opened, ClientId, Checkpoint) {
    let opened = open(database);
    let client = opened.client("наш").id;
    (1..10).for_each(|n| drop(opened.bait(client, 79_001_112_230 + n)));
    seal_all(&opened);
    let heads = opened.agency(audit::heads);
    let head = heads.into_iter().find(|head| head.client == client).unwrap();
    assert_eq!(head.head.sequence, 10);
    (opened, client, head)
}

/// Does something to the database past the program, and tells what is found in the
/// client's chain.
fn found_after(statements: &str, elsewhere: bool) -> Vec<Vec<Finding>> {
    let kinds = [DatabaseKind::Sqlite, DatabaseKind::Postgres];
    kinds
        .into_iter()
        .map(|kind| {
            let (opened, client, head) = chained(TestDatabase::of(kind));
            let checkpoints = if elsewhere { vec![head] } else { Vec::new() };
            assert_eq!(verified(&opened, &checkpoints).findings, []);
            execute(&opened.database, statements);
            let found = verified(&opened, &checkpoints).findings;
            assert!(found.iter().all(|(of, _)| *of == client), "{found:?}");
            found.into_iter().map(|(_, finding)| finding).collect()
        })
        .collect()
}

fn assert_found(statements: &str, expected: &[Finding]) {
    for found in found_after(statements, false) {
        assert_eq!(found, expected, "{statements}");
    }
}

#[test]
fn an_edited_entry_is_named_whatever_column_was_edited() {
    for edit in [
        "actor = 'nobody'",
        "act = 'update_bait'",
        "noun = 'trap'",
        "subject = 'x'",
        "change = 'removed'",
        "change = 'edited'",
        "items = 2",
        "digest = hash",
    ] {
        let statement = format!("UPDATE audit_entries SET {edit} WHERE sequence = 5");
        assert_found(&statement, &[Finding::Changed { sequence: 5 }]);
    }
    // The one after it hangs on the hash.
    assert_found(
        "UPDATE audit_entries SET hash = digest WHERE sequence = 5",
        &[Finding::Changed { sequence: 5 }, Finding::Changed { sequence: 6 }],
    );
}

/// How many edits are tried; `BAITLINE_AUDIT_EDITS` for another number.
fn edits() -> u32 {
    std::env::var("BAITLINE_AUDIT_EDITS").map_or(60, |text| text.parse().unwrap())
}

fn below(dice: &mut ChaCha8Rng, limit: usize) -> usize {
    (dice.next_u64() % limit as u64) as usize
}

/// An edit of one column, and which one it is.
fn edit(dice: &mut ChaCha8Rng, kind: DatabaseKind) -> (String, &'static str) {
    let texts = ["actor", "act", "noun", "subject"];
    let blobs = ["digest", "hash"];
    let byte = below(dice, 32);
    match below(dice, 5) {
        0 | 1 => {
            let column = texts[below(dice, texts.len())];
            (format!("{column} = {column} || 'x'"), column)
        }
        2 => ("items = items + 1".to_owned(), "items"),
        3 => match kind {
            DatabaseKind::Postgres => {
                ("occurred_at = occurred_at + interval '1 microsecond'".to_owned(), "occurred_at")
            }
            DatabaseKind::Sqlite => ("occurred_at = occurred_at + 1".to_owned(), "occurred_at"),
        },
        _ => {
            let column = blobs[below(dice, blobs.len())];
            let edit = match kind {
                DatabaseKind::Postgres => {
                    format!("{column} = set_byte({column}, {byte}, get_byte({column}, {byte}) # 1)")
                }
                // The first hexadecimal digit of the byte, another one.
                DatabaseKind::Sqlite => format!(
                    "{column} = unhex(substr(hex({column}), 1, {before})
                        || CASE substr(hex({column}), {at}, 1) WHEN '0' THEN '1' ELSE '0' END
                        || substr(hex({column}), {after}))",
                    before = 2 * byte,
                    at = 2 * byte + 1,
                    after = 2 * byte + 2,
                ),
            };
            (edit, column)
        }
    }
}

#[test]
fn any_edit_of_any_entry_is_found_and_placed() {
    on_both(|database| {
        let kind = database.kind();
        let (opened, client, _) = chained(database);
        let mut dice = ChaCha8Rng::seed_from_u64(20_261_128);
        execute(&opened.database, "CREATE TABLE kept AS SELECT * FROM audit_entries");
        for _ in 0..edits() {
            let sequence = below(&mut dice, 10) as u64 + 1;
            let (set, column) = edit(&mut dice, kind);
            let place = format!(
                "client_id = (SELECT client_id FROM kept LIMIT 1) AND sequence = {sequence}"
            );
            execute(&opened.database, &format!("UPDATE audit_entries SET {set} WHERE {place}"));
            let found = verified(&opened, &[]).findings;
            let changed = (client, Finding::Changed { sequence });
            assert_eq!(found.first(), Some(&changed), "{set}, entry {sequence}");
            execute(
                &opened.database,
                &format!(
                    "UPDATE audit_entries SET {column} = (SELECT {column} FROM kept
                        WHERE kept.sequence = audit_entries.sequence) WHERE {place}"
                ),
            );
            assert_eq!(verified(&opened, &[]).findings, [], "it is as it was");
        }
    });
}

#[test]
fn removed_entries_are_named() {
    assert_found(
        "DELETE FROM audit_entries WHERE sequence = 5",
        &[Finding::Missing { first: 5, last: 5 }],
    );
    assert_found(
        "DELETE FROM audit_entries WHERE sequence IN (1, 2, 7)",
        &[Finding::Missing { first: 1, last: 2 }, Finding::Missing { first: 7, last: 7 }],
    );
    // The numbers closed up behind the hole.
    let closed = "DELETE FROM audit_entries WHERE sequence = 9;
        UPDATE audit_entries SET sequence = 9 WHERE sequence = 10";
    assert_found(
        closed,
        &[Finding::Changed { sequence: 9 }, Finding::Missing { first: 10, last: 10 }],
    );
}

#[test]
fn entries_that_changed_places_are_named() {
    let swapped = "UPDATE audit_entries SET sequence = 1000 WHERE sequence = 4;
        UPDATE audit_entries SET sequence = 4 WHERE sequence = 7;
        UPDATE audit_entries SET sequence = 7 WHERE sequence = 1000";
    for found in found_after(swapped, false) {
        for sequence in [4, 7] {
            assert!(found.contains(&Finding::Changed { sequence }), "{found:?}");
        }
    }
}

#[test]
fn a_chain_that_was_cut_is_found_by_its_head_and_with_a_cut_head_by_the_checkpoint() {
    assert_found(
        "DELETE FROM audit_entries WHERE sequence > 8",
        &[Finding::Missing { first: 9, last: 10 }],
    );
    let cut = "DELETE FROM audit_entries WHERE sequence > 8;
        UPDATE audit_heads SET sequence = 8, hash = (SELECT hash FROM audit_entries
            WHERE audit_entries.client_id = audit_heads.client_id AND sequence = 8)";
    assert_found(cut, &[]);
    for found in found_after(cut, true) {
        let [Finding::CheckpointAhead { sequence: 10, last: 8, .. }] = found[..] else {
            panic!("{found:?}");
        };
    }
    for found in found_after("DELETE FROM audit_entries; DELETE FROM audit_heads", true) {
        let [Finding::CheckpointAhead { sequence: 10, last: 0, .. }] = found[..] else {
            panic!("{found:?}");
        };
    }
    assert_found("DELETE FROM audit_heads", &[Finding::NoHead]);
    assert_found("UPDATE audit_heads SET sequence = 9", &[Finding::HeadDiffers { sequence: 9 }]);
}

#[test]
fn a_chain_made_anew_as_a_whole_is_found_by_the_checkpoint() {
    on_both(|database| {
        let (opened, client, head) = chained(database);
        // As whoever owns the database could do it, with this very program.
        let waiting =
            "client_id, occurred_at, actor, act, noun, subject, change, items, salt, digest";
        let id = match opened.database.kind() {
            DatabaseKind::Postgres => "gen_random_uuid()",
            DatabaseKind::Sqlite => "randomblob(16)",
        };
        execute(
            &opened.database,
            &format!(
                "INSERT INTO audit_waiting (id, {waiting})
                    SELECT {id}, {waiting} FROM audit_entries ORDER BY sequence;
                 UPDATE audit_waiting SET actor = 'nobody';
                 DELETE FROM audit_entries; DELETE FROM audit_heads"
            ),
        );
        seal_all(&opened);
        assert_eq!(verified(&opened, &[]).findings, [], "the chain fits itself");
        let found = verified(&opened, &[head]).findings;
        let [(of, Finding::CheckpointDiffers { sequence: 10, .. })] = found[..] else {
            panic!("{found:?}");
        };
        assert_eq!(of, client);
    });
}

#[test]
fn what_waits_is_counted_and_a_head_of_nobody_is_empty() {
    on_both(|database| {
        let (opened, client, _) = chained(database);
        opened.bait(client, 79_001_112_299);
        let report = verified(&opened, &[]);
        assert_eq!((report.chains, report.entries, report.waiting), (1, 10, 1));
        assert!(report.waiting_since.is_some());
        let nobody = ClientId(Uuid::from_u128(7));
        assert_eq!(opened.agency(|conn| audit::chain_state(conn, nobody)).head, AuditHead::EMPTY);
    });
}

#[test]
fn what_is_done_past_the_program_is_seen_as_well() {
    let opened = open(TestDatabase::postgres());
    let client = opened.client("наш").id;
    opened.bait(client, 79_001_112_233);
    execute(&opened.database, "UPDATE baits SET note = 'x'");
    seal_all(&opened);
    let told: Vec<String> = entries(&opened, client).iter().map(told).collect();
    assert_eq!(told.last().unwrap(), "login:postgres : bait changed 1");
    execute(&opened.database, "ALTER TABLE baits DISABLE TRIGGER audit_row");
    let found = verified(&opened, &[]).findings;
    assert_eq!(found, [(AGENCY, Finding::TriggersMissing)]);
    let refused = opened.store.check().unwrap_err().to_string();
    assert!(refused.contains("triggers of the audit are missing"), "{refused}");
    baitline_store::migrate(&opened.database.owner_url(), None).unwrap();
    opened.store.check().unwrap();
    assert_eq!(verified(&opened, &[]).findings, []);
}

#[test]
fn the_programs_own_roles_change_no_entry() {
    let (opened, ..) = chained(TestDatabase::postgres());
    let mut conn = support::postgres(&opened.database, Role::Application);
    for role in ["baitline_all", "baitline_client"] {
        for act in ["UPDATE audit_entries SET actor = 'x'", "DELETE FROM audit_entries"] {
            let begun = format!("BEGIN; SET LOCAL ROLE {role}");
            conn.batch_execute(&begun).unwrap();
            let refused = conn.batch_execute(act).unwrap_err().to_string();
            assert!(refused.contains("permission denied"), "{role}, {act}: {refused}");
            conn.batch_execute("ROLLBACK").unwrap();
        }
    }
    assert_eq!(rows(&opened.database, "audit_entries"), 10);
}
