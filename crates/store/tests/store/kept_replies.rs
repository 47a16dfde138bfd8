//! Replies kept for requests that are sent again.

use baitline_domain::ids::ClientId;
use baitline_store::kept_replies::{KeptReply, OnceKey, find_reply, keep_reply, remove_old};
use baitline_store::{Constraint, Reach, StoreError};
use baitline_testkit::{DatabaseKind, TestDatabase, on_both};

use crate::support::{self, Opened, open, rows};

fn once(key: u8, request: u8) -> OnceKey {
    OnceKey { key_sha256: [key; 32], request_sha256: [request; 32] }
}

fn reply(text: &str) -> KeptReply {
    let location = Some("/v1/exports/1".to_owned());
    KeptReply { status: 202, location, body: text.as_bytes().to_vec() }
}

/// Gives a client a row.
pub(crate) fn furnish(opened: &Opened, client: ClientId) {
    opened.as_client(client, |c| keep_reply(c, Reach::Client(client), &once(1, 1), &reply("{}")));
}

#[test]
fn a_kept_reply_is_found_by_the_same_request_of_the_same_reach_alone() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        let reach = Reach::Client(ours);
        let find = |reach, key: OnceKey| opened.store.write(reach, |c| find_reply(c, reach, &key));
        assert_eq!(find(reach, once(1, 1)).unwrap(), None);
        opened.as_client(ours, |c| keep_reply(c, reach, &once(1, 1), &reply("{}")));
        assert_eq!(find(reach, once(1, 1)).unwrap(), Some(reply("{}")));
        assert_eq!(find(reach, once(2, 1)).unwrap(), None);
        for elsewhere in [Reach::Client(theirs), Reach::Agency] {
            assert_eq!(find(elsewhere, once(1, 1)).unwrap(), None);
        }
        let other = find(reach, once(1, 2));
        let differs = Err(StoreError::Constraint(Constraint::RequestDiffers));
        assert_eq!(format!("{other:?}"), format!("{:?}", differs as Result<Option<KeptReply>, _>));
    });
}

#[test]
fn a_reply_is_kept_for_a_day_and_then_gives_way() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let reach = Reach::Client(client);
        let keep =
            |text| opened.as_client(client, |c| keep_reply(c, reach, &once(1, 1), &reply(text)));
        let find = || opened.as_client(client, |c| find_reply(c, reach, &once(1, 1)));
        let age = |hours: i64| {
            let statement = match opened.database.kind() {
                DatabaseKind::Postgres => {
                    format!(
                        "UPDATE kept_replies SET created_at = created_at - interval '{hours} hours'"
                    )
                }
                DatabaseKind::Sqlite => {
                    format!(
                        "UPDATE kept_replies SET created_at = created_at - {hours} * 3600000000"
                    )
                }
            };
            support::execute(&opened.database, &statement);
        };
        keep("first");
        age(23);
        assert_eq!(find(), Some(reply("first")));
        assert_eq!(opened.agency(remove_old), 0);
        age(1);
        assert_eq!(find(), None);
        keep("second");
        assert_eq!(find(), Some(reply("second")));
        age(24);
        assert_eq!(opened.agency(remove_old), 1);
        assert_eq!(rows(&opened.database, "kept_replies"), 0);
    });
}

#[test]
fn what_another_transaction_is_doing_is_told_and_not_waited_for() {
    let opened = open(TestDatabase::postgres());
    let client = opened.client("наш").id;
    let reach = Reach::Client(client);
    opened.as_client(client, |c| {
        assert_eq!(find_reply(c, reach, &once(1, 1))?, None);
        let meanwhile = opened.store.write(reach, |c| find_reply(c, reach, &once(1, 1)));
        let in_flight = StoreError::Constraint(Constraint::RequestInFlight);
        assert_eq!(format!("{:?}", meanwhile.unwrap_err()), format!("{in_flight:?}"));
        let another = opened.store.write(reach, |c| find_reply(c, reach, &once(2, 1)));
        assert_eq!(another.unwrap(), None);
        keep_reply(c, reach, &once(1, 1), &reply("{}"))
    });
    let found = opened.as_client(client, |c| find_reply(c, reach, &once(1, 1)));
    assert_eq!(found, Some(reply("{}")));
}
