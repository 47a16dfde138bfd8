//! The numbering registry: editions and their ranges, shared by all clients.

use baitline_domain::ids::EditionId;
use baitline_domain::instant::Instant;
use baitline_domain::numbering::{Edition, NumberRange, NumberingFile};
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use crate::changes::{self, Change};
use crate::conn::{Conn, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{ChangeKind, EditionRow};
use crate::now;
use crate::schema::{numbering_editions as editions, numbering_ranges as ranges};
use crate::sql_types::Db;

/// Rows inserted in one statement: 6 columns each stay under SQLite's 32,766
/// binds.
const INSERT_BATCH: usize = 5_000;

#[derive(Queryable, Selectable, Insertable)]
#[diesel(table_name = ranges, treat_none_as_default_value = false)]
struct StoredRange {
    #[diesel(serialize_as = Db<EditionId>)]
    edition_id: EditionId,
    #[diesel(serialize_as = Db<Phone>)]
    first_number: Phone,
    #[diesel(serialize_as = Db<Phone>)]
    last_number: Phone,
    operator: Option<Inn>,
    operator_name: String,
    region: String,
}

/// An edition to import, already validated.
#[derive(Debug, Clone)]
pub struct NewEdition {
    /// Which file.
    pub file: NumberingFile,
    /// Since when it is in force.
    pub in_force_from: Instant,
    /// SHA-256 of the file.
    pub sha256: [u8; 32],
    /// Its ranges.
    pub ranges: Vec<NumberRange>,
}

/// Imports an edition as a whole; every client's calls of the time it bears on
/// are judged again.
pub fn import_edition(conn: &mut Conn, new: &NewEdition) -> StoreResult<EditionRow> {
    let edition = EditionRow {
        id: EditionId(Uuid::now_v7()),
        file: new.file,
        in_force_from: new.in_force_from,
        ranges: i32::try_from(new.ranges.len())?,
        sha256: new.sha256.to_vec(),
        imported_at: now(),
    };
    on!(conn, c => diesel::insert_into(editions::table).values(edition.clone()).execute(c))?;
    for chunk in new.ranges.chunks(INSERT_BATCH) {
        let rows: Vec<StoredRange> =
            chunk.iter().map(|range| stored_range(edition.id, range)).collect();
        on!(conn, c => diesel::insert_into(ranges::table).values(rows).execute(c))?;
    }
    // Calls under the edition before it are concerned too: a number that was in
    // no range then may be in one now. The first edition serves all time before.
    let before = preceding(conn, &edition)?;
    let change = Change::of(ChangeKind::Numbering).between(before, None);
    changes::note_for_all(conn, &change)?;
    Ok(edition)
}

fn preceding(conn: &mut Conn, edition: &EditionRow) -> StoreResult<Option<Instant>> {
    let earlier: Vec<Instant> = on!(conn, c => editions::table
        .filter(editions::file.eq(Db(edition.file)))
        .filter(editions::in_force_from.lt(Db(edition.in_force_from)))
        .order(editions::in_force_from.desc())
        .limit(2)
        .select(editions::in_force_from)
        .load(c))?;
    // With one edition before it, that one is the first and serves all time.
    Ok(if earlier.len() == 2 { earlier.first().copied() } else { None })
}

/// Every edition, in order of file and beginning.
pub fn list_editions(conn: &mut Conn) -> StoreResult<Vec<EditionRow>> {
    Ok(on!(conn, c => editions::table
        .order((editions::file, editions::in_force_from))
        .select(EditionRow::as_select())
        .load(c))?)
}

/// Refuses to name an edition that was not imported.
pub(crate) fn assert_known(conn: &mut Conn, id: EditionId) -> StoreResult<()> {
    let known: i64 = on!(conn, c => editions::table
        .filter(editions::id.eq(Db(id)))
        .count()
        .get_result(c))?;
    if known == 0 { Err(Constraint::UnknownEdition.into()) } else { Ok(()) }
}

/// The registry's files of which no edition is loaded: verdicts on calls from
/// their codes are inconclusive.
pub fn files_not_loaded(conn: &mut Conn) -> StoreResult<Vec<NumberingFile>> {
    let loaded: Vec<NumberingFile> =
        on!(conn, c => editions::table.select(editions::file).distinct().load(c))?;
    Ok(NumberingFile::ALL.iter().copied().filter(|file| !loaded.contains(file)).collect())
}

/// One edition with its ranges, for the plan that verdicts are made with.
pub fn load_edition(conn: &mut Conn, row: &EditionRow) -> StoreResult<Edition> {
    let rows: Vec<StoredRange> = on!(conn, c => ranges::table
        .filter(ranges::edition_id.eq(Db(row.id)))
        .order(ranges::first_number)
        .select(StoredRange::as_select())
        .load(c))?;
    let ranges = rows.into_iter().map(domain_range).collect();
    Ok(Edition { id: row.id, file: row.file, in_force_from: row.in_force_from, ranges })
}

/// The range of one edition that holds a number, without loading the others.
pub fn find_range(
    conn: &mut Conn,
    edition: EditionId,
    phone: Phone,
) -> StoreResult<Option<NumberRange>> {
    let row: Option<StoredRange> = on!(conn, c => ranges::table
        .filter(ranges::edition_id.eq(Db(edition)))
        .filter(ranges::first_number.le(Db(phone)))
        .order(ranges::first_number.desc())
        .select(StoredRange::as_select())
        .first(c)
        .optional())?;
    Ok(row.map(domain_range).filter(|range| phone <= range.last))
}

fn stored_range(edition: EditionId, range: &NumberRange) -> StoredRange {
    StoredRange {
        edition_id: edition,
        first_number: range.first,
        last_number: range.last,
        operator: range.operator,
        operator_name: range.operator_name.clone(),
        region: range.region.clone(),
    }
}

fn domain_range(row: StoredRange) -> NumberRange {
    NumberRange {
        first: row.first_number,
        last: row.last_number,
        operator: row.operator,
        operator_name: row.operator_name,
        region: row.region,
    }
}
