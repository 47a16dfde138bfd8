//! Retention, holds and erasures as rows: what is refused, and what a record shows.

use baitline_domain::erasure::{Erasable, ErasureState};
use baitline_domain::ids::ClientId;
use baitline_store::erasures::{self, Advance};
use baitline_store::models::NewLegalHold;
use baitline_store::sql_types::RowId;
use baitline_store::{Constraint, Reach, StoreError, legal_holds, retention};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::support::{self, ALL, Opened, at, execute, phone, report, rows};
use crate::world::{BAIT, new_own_number};

/// Nobody's number but of erasures.
const FORGOTTEN: u64 = 79_161_234_567;

/// Gives a client a retention, a hold, and an erasure that touched a day.
pub(crate) fn furnish(opened: &Opened, client: ClientId) {
    opened.agency(|conn| {
        retention::set_retention(conn, client, Some(365), "test")?;
        let new = NewLegalHold { bait: None, caller: None, reason: "запрос".to_owned() };
        let hold = legal_holds::create_hold(conn, client, &new, "test")?;
        legal_holds::end_hold(conn, hold.id, "кончено", "test")?;
        erasures::create_erasure(conn, client, phone(FORGOTTEN), "требование", "test")
    });
    execute(
        &opened.database,
        "INSERT INTO erasure_days SELECT client_id, id, 20000 FROM erasures
            WHERE TRUE ON CONFLICT DO NOTHING;
         INSERT INTO erasure_commitments SELECT client_id, id, salt FROM erasures
            WHERE salt IS NOT NULL ON CONFLICT DO NOTHING",
    );
}

/// Takes every step that needs no bytes.
fn carry(opened: &Opened, client: ClientId) {
    let worker = RowId(Uuid::now_v7());
    for row in opened.agency(erasures::open_erasures) {
        loop {
            let step = opened.agency(|conn| erasures::advance(conn, client, row.id, worker));
            if step == Advance::Waits {
                break;
            }
        }
    }
}

#[test]
fn a_number_of_the_clients_side_is_nobody_to_forget() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        opened.bait(client, BAIT);
        opened.as_client(client, |conn| {
            baitline_store::own_numbers::create_own_number(
                conn,
                client,
                &new_own_number(78_005_553_535),
            )
        });
        for ours in [BAIT, 78_005_553_535] {
            let refused = opened.store.write(Reach::Agency, |conn| {
                erasures::create_erasure(conn, client, phone(ours), "требование", "test")
            });
            let expected = StoreError::Constraint(Constraint::NumberIsOurs);
            assert_eq!(format!("{refused:?}"), format!("Err({expected:?})"));
        }
        assert_eq!(rows(&opened.database, "erasures"), 0);
    });
}

#[test]
fn a_hold_ends_once_and_stays_to_be_seen() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let new = NewLegalHold { bait: None, caller: None, reason: "запрос".to_owned() };
        let hold = opened.agency(|conn| legal_holds::create_hold(conn, client, &new, "one"));
        let end = |because: &str| {
            opened.agency(|conn| legal_holds::end_hold(conn, hold.id, because, "two"))
        };
        let ended = end("кончено");
        assert_eq!(ended.ended_because.as_deref(), Some("кончено"));
        assert_eq!(end("ещё раз"), ended, "what was told first stays");
        let listed = opened.agency(|conn| legal_holds::list_holds(conn, Reach::Agency, ALL));
        assert_eq!(listed, [ended]);
        let of_nobody =
            NewLegalHold { bait: Some(baitline_domain::ids::BaitId(Uuid::nil())), ..new };
        let refused = opened
            .store
            .write(Reach::Agency, |conn| legal_holds::create_hold(conn, client, &of_nobody, "one"));
        let expected = StoreError::Constraint(Constraint::UnknownBait);
        assert_eq!(format!("{refused:?}"), format!("Err({expected:?})"));
    });
}

#[test]
fn a_record_shows_what_went_to_whoever_has_it_until_its_salt_is_given_up() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let source = opened.source(client, "АТС");
        opened.bait(client, BAIT);
        let number = format!("+{FORGOTTEN}");
        let one = report(&source, "1", (&number, "+79001112233"), at("2026-11-10T09:00:00Z"));
        let other = report(&source, "2", ("+79160000001", "+79001112233"), one.reported_at);
        opened.ingest(client, &[one.clone(), other.clone()]);
        opened.settle_all();
        let asked = opened.agency(|conn| {
            erasures::create_erasure(conn, client, phone(FORGOTTEN), "требование", "test")
        });
        let give_up =
            || opened.store.write(Reach::Agency, |conn| erasures::give_up_salt(conn, asked.id));
        assert!(give_up().is_err(), "the salt is needed until the end");
        carry(&opened, client);
        assert_eq!(rows(&opened.database, "observations"), 1);
        opened.agency(|conn| erasures::next_file(conn, client, asked.id));
        opened.settle_all();
        carry(&opened, client);
        assert!(opened.agency(|conn| erasures::finish(conn, client, asked.id)));
        let found = opened.agency(|conn| erasures::find_erasure(conn, Reach::Agency, asked.id));
        assert_eq!((found.state, found.counts().unwrap().calls), (ErasureState::Done, 1));
        assert!(found.digest.is_some() && found.salt.is_some());
        let shown = |what: &Erasable<'_>| {
            opened.agency(|conn| erasures::erasures_of(conn, Reach::Agency, what)).len()
        };
        assert_eq!(shown(&Erasable::Call(one.id)), 1);
        assert_eq!(shown(&Erasable::Call(other.id)), 0);
        assert_eq!(shown(&Erasable::Number(phone(FORGOTTEN))), 1);
        assert_eq!(shown(&Erasable::Number(phone(79_160_000_001))), 0);
        give_up().unwrap();
        assert_eq!(shown(&Erasable::Call(one.id)), 0, "nobody can tell any more");
    });
}

#[test]
fn a_preview_tells_what_would_go_and_what_is_held_and_does_nothing() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let source = opened.source(client, "АТС");
        let (bait, _) = (opened.bait(client, BAIT), opened.bait(client, BAIT + 1));
        let number = format!("+{FORGOTTEN}");
        let start = at("2026-11-10T09:00:00Z");
        let one = report(&source, "1", (&number, "+79001112233"), start);
        let other = report(&source, "2", (&number, "+79001112234"), start);
        opened.ingest(client, &[one, other]);
        let preview = || opened.agency(|conn| erasures::preview(conn, client, phone(FORGOTTEN)));
        assert_eq!((preview().counts.calls, preview().is_held), (2, false));
        let new = NewLegalHold { bait: Some(bait.id), caller: None, reason: "x".to_owned() };
        let hold = opened.agency(|conn| legal_holds::create_hold(conn, client, &new, "test"));
        let seen = preview();
        assert_eq!((seen.counts.calls, seen.is_held), (1, true));
        assert_eq!((seen.held[0].id, seen.held[0].calls), (hold.id.0, 1));
        assert_eq!(rows(&opened.database, "observations"), 2);
    });
}
