//! The numbering registry: imported as a whole, asked by number.

use std::path::Path;
use std::time::{Duration, Instant as Stopwatch};

use baitline_domain::numbering::{NumberRange, NumberingFile};
use baitline_domain::operator::Inn;
use baitline_intake::numbering::{Minimum, read};
use baitline_store::models::EditionRow;
use baitline_store::numbering::{self, NewEdition};
use baitline_store::{Constraint, Reach, StoreError, StoreResult};
use baitline_testkit::{TestDatabase, on_both};

use crate::support::{Opened, at, open, phone, rows};

/// Far more than a whole file takes in a debug build.
const IMPORT_CEILING: Duration = Duration::from_secs(60);
/// What the Ministry's file of November 2026 holds.
const RANGES_OF_DEF: usize = 17_059;

fn range(first: u64, last: u64, operator: Option<&str>) -> NumberRange {
    NumberRange {
        first: phone(first),
        last: phone(last),
        operator: operator.map(|inn| Inn::parse(inn).unwrap()),
        operator_name: "ООО \"Т2 МОБАЙЛ\"".to_owned(),
        region: "Краснодарский край".to_owned(),
    }
}

fn edition(in_force_from: &str) -> NewEdition {
    NewEdition {
        file: NumberingFile::Def9,
        in_force_from: at(in_force_from),
        sha256: [3; 32],
        ranges: vec![
            range(79_000_000_000, 79_000_061_999, Some("7743895280")),
            range(79_000_063_000, 79_000_063_000, None),
        ],
    }
}

fn import(opened: &Opened, new: &NewEdition) -> StoreResult<EditionRow> {
    opened.store.write(Reach::Agency, |conn| numbering::import_edition(conn, new))
}

#[test]
fn a_number_is_found_in_its_range_up_to_both_ends() {
    on_both(|database| {
        let opened = open(database);
        let new = edition("2026-11-01T00:00:00Z");
        let kept = import(&opened, &new).unwrap();
        for (digits, expected) in [
            (78_999_999_999, None),
            (79_000_000_000, Some(0)),
            (79_000_030_000, Some(0)),
            (79_000_061_999, Some(0)),
            (79_000_062_000, None),
            (79_000_062_999, None),
            (79_000_063_000, Some(1)),
            (79_000_063_001, None),
            (999_999_999_999_999, None),
        ] {
            let found = opened.agency(|conn| numbering::find_range(conn, kept.id, phone(digits)));
            assert_eq!(found.as_ref(), expected.map(|n: usize| &new.ranges[n]), "{digits}");
        }
    });
}

#[test]
fn an_edition_is_loaded_as_it_was_imported_and_listed_in_order() {
    on_both(|database| {
        let opened = open(database);
        let later = import(&opened, &edition("2026-12-01T00:00:00Z")).unwrap();
        let earlier = import(&opened, &edition("2026-11-01T00:00:00Z")).unwrap();
        assert_eq!(opened.agency(numbering::list_editions), [earlier.clone(), later]);
        assert_eq!((earlier.ranges, earlier.sha256.as_slice()), (2, [3; 32].as_slice()));
        let loaded = opened.agency(|conn| numbering::load_edition(conn, &earlier));
        assert_eq!(loaded.ranges, edition("2026-11-01T00:00:00Z").ranges);
        assert_eq!((loaded.file, loaded.in_force_from), (earlier.file, earlier.in_force_from));
    });
}

#[test]
fn a_file_of_a_day_is_imported_once() {
    on_both(|database| {
        let opened = open(database);
        let first = edition("2026-11-01T00:00:00Z");
        import(&opened, &first).unwrap();
        let again = import(&opened, &first);
        assert!(
            matches!(again, Err(StoreError::Constraint(Constraint::EditionExists))),
            "{again:?}"
        );
        assert_eq!(rows(&opened.database, "numbering_ranges"), 2);
        let other_file = NewEdition { file: NumberingFile::Abc4, ..first };
        import(&opened, &other_file).unwrap();
        assert_eq!(rows(&opened.database, "numbering_editions"), 2);
    });
}

#[test]
fn a_file_is_missed_until_an_edition_of_it_is_loaded() {
    on_both(|database| {
        let opened = open(database);
        let missed = || opened.agency(numbering::files_not_loaded);
        assert_eq!(missed(), NumberingFile::ALL);
        import(&opened, &edition("2026-11-01T00:00:00Z")).unwrap();
        import(&opened, &edition("2026-12-01T00:00:00Z")).unwrap();
        assert_eq!(missed(), [NumberingFile::Abc3, NumberingFile::Abc4, NumberingFile::Abc8]);
        for file in missed() {
            let new = NewEdition { file, ..edition("2026-11-01T00:00:00Z") };
            import(&opened, &new).unwrap();
        }
        assert_eq!(missed(), []);
    });
}

#[test]
fn a_client_reads_the_registry_and_may_not_write_it() {
    let opened = open(TestDatabase::postgres());
    let client = opened.client("наш").id;
    let kept = import(&opened, &edition("2026-11-01T00:00:00Z")).unwrap();
    assert_eq!(opened.as_client(client, numbering::list_editions), [kept]);
    let refused = opened.store.write(Reach::Client(client), |conn| {
        numbering::import_edition(conn, &edition("2026-12-01T00:00:00Z"))
    });
    assert!(matches!(refused, Err(StoreError::Database(_))), "{refused:?}");
}

#[test]
fn the_ministrys_whole_file_is_imported_in_a_moment() {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/numbering/DEF-9xx.csv");
    let Ok(bytes) = std::fs::read(&path) else {
        println!("the numbering file is not beside the project: nothing was imported");
        return;
    };
    let edition = read(&bytes, Minimum::official).unwrap();
    assert_eq!(edition.ranges.len(), RANGES_OF_DEF);
    let opened = open(TestDatabase::sqlite());
    let new = NewEdition {
        file: edition.file,
        in_force_from: at("2026-11-01T00:00:00Z"),
        sha256: [0; 32],
        ranges: edition.ranges,
    };
    let stopwatch = Stopwatch::now();
    let kept = import(&opened, &new).unwrap();
    let taken = stopwatch.elapsed();
    println!("{RANGES_OF_DEF} ranges imported in {taken:?}");
    assert!(taken < IMPORT_CEILING, "{taken:?}");
    let loaded = opened.agency(|conn| numbering::load_edition(conn, &kept));
    assert_eq!(loaded.ranges, new.ranges);
}
