//! What the agency knows of operators: shared by all clients, written by the
//! agency alone, withdrawn and never deleted.

use baitline_domain::instant::Instant;
use baitline_domain::operator::{Operator, OperatorEntry, OperatorGroup, Operators, Standing};
use baitline_store::models::{NewOperatorEntry, OperatorEntryRow};
use baitline_store::{Constraint, Reach, StoreError, StoreResult, operators};
use baitline_testkit::{DatabaseKind, TestDatabase, on_both};

use crate::support::{NO_DAYS, Opened, at, execute, open, report, rows};
use crate::world::furnish;

const INTERNOD: &str = "7733808377";
const STRANGER: &str = "7700000009";

fn group(name: &str) -> OperatorGroup {
    OperatorGroup(name.to_owned())
}

fn new(inn: &str, standing: Standing, since: Option<&str>) -> NewOperatorEntry {
    NewOperatorEntry {
        operator: Operator {
            inn: inn.parse().unwrap(),
            name: "ООО «Пример»".to_owned(),
            brand: Some("Пример".to_owned()),
            standing,
            source: "выписка".to_owned(),
        },
        since: since.map(at),
    }
}

fn create(opened: &Opened, new: &NewOperatorEntry) -> OperatorEntryRow {
    opened.agency(|conn| operators::create_entry(conn, new, "key"))
}

fn withdraw(
    opened: &Opened,
    row: &OperatorEntryRow,
    because: Option<&str>,
) -> StoreResult<OperatorEntryRow> {
    opened
        .store
        .write(Reach::Agency, |conn| operators::withdraw_entry(conn, row.inn, row.id, because))
}

fn standing(opened: &Opened, inn: &str, at: Instant) -> Option<Standing> {
    let known: Operators = opened.agency(operators::known_operators);
    known.find(inn.parse().unwrap(), at).map(|operator| operator.standing.clone())
}

#[test]
fn entries_are_read_back_as_they_were_made_and_in_that_order() {
    on_both(|database| {
        let opened = open(database);
        let news = [
            new(STRANGER, Standing::Group(group("mts")), Some("2026-06-01T00:00:00Z")),
            new(STRANGER, Standing::Entity, None),
            new(INTERNOD, Standing::NoCallers, None),
            new(INTERNOD, Standing::Virtual { hosts: vec![group("mts"), group("beeline")] }, None),
            new(INTERNOD, Standing::Virtual { hosts: Vec::new() }, None),
        ];
        let made: Vec<OperatorEntryRow> = news.iter().map(|new| create(&opened, new)).collect();
        assert_eq!(opened.agency(operators::list_entries), made);
        for (row, new) in made.iter().zip(news) {
            let NewOperatorEntry { operator, since } = new;
            let expected = OperatorEntry { id: Some(row.id), operator, since };
            assert_eq!(row.to_domain().unwrap(), expected);
            assert_eq!((row.author.as_str(), &row.withdrawn_because), ("key", &None));
        }
    });
}

#[test]
fn an_entry_counts_from_its_beginning_on_until_it_is_withdrawn() {
    on_both(|database| {
        let opened = open(database);
        let (before, after) = (at("2026-05-31T23:59:59Z"), at("2026-06-01T00:00:00Z"));
        let bought = Standing::Group(group("mts"));
        let row = create(&opened, &new(INTERNOD, bought.clone(), Some("2026-06-01T00:00:00Z")));
        assert_eq!(standing(&opened, INTERNOD, before), Some(Standing::Entity));
        assert_eq!(standing(&opened, INTERNOD, after), Some(bought.clone()));
        let withdrawn = withdraw(&opened, &row, Some("другое общество")).unwrap();
        assert_eq!(withdrawn.withdrawn_because.as_deref(), Some("другое общество"));
        assert_eq!(standing(&opened, INTERNOD, after), Some(Standing::Entity));
        assert_eq!(opened.agency(operators::list_entries), [withdrawn], "it stays");
        assert_eq!(withdraw(&opened, &row, None).unwrap(), row);
        assert_eq!(standing(&opened, INTERNOD, after), Some(bought));
        let of_another = OperatorEntryRow { inn: STRANGER.parse().unwrap(), ..row };
        let refused = withdraw(&opened, &of_another, None);
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    });
}

/// The days around calls of a client on the 5th, the 15th and the 25th.
fn around(days: &[i32]) -> Vec<i32> {
    let first = at("2026-11-01T00:00:00Z").day().0 - 1;
    days.iter().flat_map(|day| [first + day - 1, first + day, first + day + 1]).collect()
}

#[test]
fn an_entry_touches_every_clients_days_from_its_beginning_on_and_so_does_its_withdrawal() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
        for day in ["05", "15", "25"] {
            let source = &ours.source;
            let pair = ("+74951234567", "+79001112233");
            let moment = at(&format!("2026-11-{day}T12:00:00Z"));
            opened.ingest(ours.client.id, &[report(source, day, pair, moment)]);
        }
        opened.settle_all();
        let touched = || {
            assert_eq!(rows(&opened.database, "changes"), 2, "one for every client");
            opened.expand_all();
            let days = [&ours, &theirs].map(|one| opened.waiting_days(one.client.id));
            opened.settle_all();
            days
        };
        // Both have the furnished call of the 10th as well.
        let since = Some("2026-11-13T00:00:00Z");
        let row = create(&opened, &new(STRANGER, Standing::Entity, since));
        let later = [around(&[15, 25]), NO_DAYS.to_vec()];
        assert_eq!(touched(), later);
        withdraw(&opened, &row, Some("нет")).unwrap();
        assert_eq!(touched(), later);
        create(&opened, &new(STRANGER, Standing::Entity, None));
        assert_eq!(touched(), [around(&[5, 10, 15, 25]), around(&[10])]);
    });
}

#[test]
fn a_client_reads_the_entries_and_may_not_write_them() {
    let opened = open(TestDatabase::postgres());
    let client = opened.client("наш").id;
    let row = create(&opened, &new(STRANGER, Standing::Entity, None));
    assert_eq!(opened.as_client(client, operators::list_entries), std::slice::from_ref(&row));
    let again = new(STRANGER, Standing::NoCallers, None);
    let created = opened
        .store
        .write(Reach::Client(client), |conn| operators::create_entry(conn, &again, "key"));
    let withdrawn = opened.store.write(Reach::Client(client), |conn| {
        operators::withdraw_entry(conn, row.inn, row.id, Some("мешает"))
    });
    for refused in [created, withdrawn] {
        assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
    }
    assert_eq!(opened.agency(operators::list_entries), [row]);
}

#[test]
fn there_is_an_end_to_the_entries() {
    on_both(|database| {
        let id = match database.kind() {
            DatabaseKind::Postgres => "gen_random_uuid()",
            DatabaseKind::Sqlite => "randomblob(16)",
        };
        let opened = open(database);
        create(&opened, &new(STRANGER, Standing::Entity, None));
        execute(
            &opened.database,
            &format!(
                "WITH RECURSIVE many (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM many
                    WHERE n < {})
                 INSERT INTO operator_entries (id, inn, name, standing, hosts, source, author,
                    created_at)
                 SELECT {id}, inn, name, standing, hosts, source, author, created_at
                 FROM operator_entries, many",
                operators::MAX_ENTRIES
            ),
        );
        let refused = opened.store.write(Reach::Agency, |conn| {
            operators::create_entry(conn, &new(STRANGER, Standing::Entity, None), "key")
        });
        let rule = Constraint::TooManyOperatorEntries;
        assert!(
            matches!(&refused, Err(StoreError::Constraint(found)) if *found == rule),
            "{refused:?}"
        );
        assert_eq!(rows(&opened.database, "operator_entries"), operators::MAX_ENTRIES);
    });
}
