//! Tallies and segments as one kind of rows, a piece at a time on each core. A
//! segment is read by a lazy Polars scan that decodes the columns and rows a
//! report asks for and no others. It does not know what is counted.

use std::hash::Hash;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use baitline_domain::ids::{ClientId, CompetitorId};
use baitline_domain::instant::Instant;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::tally::Tally;
use polars::io::HiveOptions;
use polars::lazy::dsl::ScanSources;
use polars::prelude::{
    DataFrame, Expr, Int32Type, Int64Type, LazyFrame, PlHashMap, PolarsError, PolarsResult,
    ScanArgsParquet, col, lit,
};
use sha2::{Digest, Sha256};

use crate::fact::{Fact, Kind, NO_CALLER};
use crate::segment::{self, foreign, stored_inn};
use crate::source::{Coded, Codes, SegmentFile, Source};
use crate::{AnalyticsError, Scope, frame};

/// Bytes of files that are read as one piece: some 50,000 interceptions, which take a
/// dozen megabytes on each core.
const PIECE_BYTES: u64 = 512 << 10;
/// Tallies that are counted as one piece.
const PIECE_TALLIES: usize = 100_000;

/// Which rows a report reads, and what of them beside their facts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wanted {
    /// Those in this scope; `competitor` is not looked at.
    pub(crate) scope: Scope,
    pub(crate) callers: Callers,
    pub(crate) columns: Vec<Described>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Callers {
    #[default]
    All,
    WithNumber,
}

/// A column that describes an interception.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Described {
    Operator,
    BaitOperator,
    Region,
    Competitors,
}

impl Described {
    fn column(self) -> &'static str {
        match self {
            Self::Operator => segment::OPERATOR,
            Self::BaitOperator => segment::BAIT_OPERATOR,
            Self::Region => segment::REGION,
            Self::Competitors => segment::COMPETITORS,
        }
    }
}

impl Wanted {
    fn wants(&self, column: Described) -> bool {
        self.columns.contains(&column)
    }

    fn holds(&self, tally: &Tally) -> bool {
        let Scope { operator, bait_operator, region, .. } = &self.scope;
        (self.callers == Callers::All || tally.caller.is_some())
            && (operator.is_none() || tally.operator == *operator)
            && (bait_operator.is_none() || tally.bait_operator == *bait_operator)
            && (region.is_none() || tally.region == *region)
    }

    /// What `holds` asks, in the words of the engine.
    fn conditions(&self) -> Vec<Expr> {
        let Scope { operator, bait_operator, region, .. } = &self.scope;
        let mut conditions = Vec::new();
        if self.callers == Callers::WithNumber {
            conditions.push(col(segment::CALLER).is_not_null());
        }
        for (column, asked) in
            [(segment::OPERATOR, operator), (segment::BAIT_OPERATOR, bait_operator)]
        {
            conditions.extend(asked.map(|inn| col(column).eq(lit(stored_inn(inn)))));
        }
        let region = region.as_deref();
        conditions.extend(region.map(|region| col(segment::REGION).eq(lit(region))));
        conditions
    }
}

/// Interceptions. Of the columns beside the facts, those not wanted are empty.
#[derive(Default)]
pub(crate) struct Rows {
    pub(crate) facts: Vec<Fact>,
    pub(crate) operators: Repeated<Option<Inn>>,
    pub(crate) bait_operators: Repeated<Option<Inn>>,
    pub(crate) regions: Repeated<Option<String>>,
    /// With the client whose competitors they are.
    pub(crate) competitors: Repeated<(ClientId, Vec<CompetitorId>)>,
}

/// Values that repeat, each once, and which of them each row has.
#[derive(Debug)]
pub(crate) struct Repeated<T> {
    values: Vec<T>,
    rows: Vec<u32>,
}

impl<T> Default for Repeated<T> {
    fn default() -> Self {
        Self { values: Vec::new(), rows: Vec::new() }
    }
}

impl<T> Repeated<T> {
    pub(crate) fn of(values: impl Iterator<Item = T>) -> Self
    where
        T: Clone + Eq + Hash,
    {
        let mut codes: PlHashMap<T, u32> = PlHashMap::default();
        let mut repeated = Self::default();
        for value in values {
            // Neighbours are often equal, and then nothing is looked up.
            let code = match repeated.rows.last() {
                Some(code) if repeated.values[*code as usize] == value => *code,
                _ => *codes.entry(value.clone()).or_insert_with(|| {
                    repeated.values.push(value);
                    (repeated.values.len() - 1) as u32
                }),
            };
            repeated.rows.push(code);
        }
        repeated
    }

    pub(crate) fn at(&self, row: usize) -> &T {
        &self.values[self.rows[row] as usize]
    }

    /// Each value once more, as something else.
    pub(crate) fn map<U>(&self, to: impl FnMut(&T) -> U) -> Repeated<U> {
        Repeated { values: self.values.iter().map(to).collect(), rows: self.rows.clone() }
    }

    fn try_map<U>(
        self,
        to: impl FnMut(T) -> Result<U, AnalyticsError>,
    ) -> Result<Repeated<U>, AnalyticsError> {
        let values = self.values.into_iter().map(to).collect::<Result<_, _>>()?;
        Ok(Repeated { values, rows: self.rows })
    }
}

/// What is read at once.
enum Piece<'a> {
    Tallies(&'a [Tally]),
    Files(&'a Coded<'a>, &'a [SegmentFile]),
}

/// Hands the source's interceptions to `add`, a piece at a time. Each core
/// gathers for itself, beginning with `new`.
pub(crate) fn fold<T: Send>(
    source: &Source<'_>,
    (codes, coded): (&Codes, &[Coded<'_>]),
    wanted: &Wanted,
    new: impl Fn() -> T + Sync,
    add: impl Fn(&mut T, &Rows) + Sync,
) -> Result<Vec<T>, AnalyticsError> {
    frame::check_rows(source.tallies.len())?;
    let mut pieces: Vec<Piece<'_>> = coded.iter().flat_map(pieces_of).collect();
    pieces.extend(source.tallies.chunks(PIECE_TALLIES).map(Piece::Tallies));
    let next = AtomicUsize::new(0);
    let gather = || {
        let mut gathered = new();
        while let Some(piece) = pieces.get(next.fetch_add(1, Ordering::Relaxed)) {
            let rows = match piece {
                Piece::Tallies(tallies) => of_tallies(tallies, codes, wanted),
                Piece::Files(coded, files) => of_files(coded, files, source, wanted)?,
            };
            add(&mut gathered, &rows);
        }
        Ok(gathered)
    };
    let cores = thread::available_parallelism().map_or(1, Into::into).min(pieces.len());
    thread::scope(|scope| {
        let running: Vec<_> = (0..cores).map(|_| scope.spawn(gather)).collect();
        // A decoder that panics over a broken file is an error like any other.
        let panicked = |_| Err(foreign("what its reader panics over"));
        running.into_iter().map(|one| one.join().unwrap_or_else(panicked)).collect()
    })
}

/// Does something with each of these, in any order.
pub(crate) fn on_each_core<T: Send, U: Send>(
    items: Vec<T>,
    work: impl Fn(T) -> U + Sync,
) -> Vec<U> {
    let cores = thread::available_parallelism().map_or(1, Into::into).min(items.len());
    let next = Mutex::new(items.into_iter());
    let take = || next.lock().unwrap_or_else(PoisonError::into_inner).next();
    let each = || std::iter::from_fn(take).map(&work).collect::<Vec<U>>();
    thread::scope(|scope| {
        let running: Vec<_> = (0..cores).map(|_| scope.spawn(each)).collect();
        running
            .into_iter()
            .flat_map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    })
}

/// Days are left out of their own file only, so such a file is read alone.
fn pieces_of<'a>(coded: &'a Coded<'a>) -> Vec<Piece<'a>> {
    let files = &coded.sealed.files;
    let (mut pieces, mut begin, mut bytes) = (Vec::new(), 0, 0);
    for (index, file) in files.iter().enumerate() {
        // What cannot be measured cannot be read either, and says so then.
        bytes += std::fs::metadata(&file.path).map_or(0, |meta| meta.len());
        let alone = |file: Option<&SegmentFile>| file.is_none_or(|one| !one.left_out.is_empty());
        if bytes >= PIECE_BYTES || alone(Some(file)) || alone(files.get(index + 1)) {
            pieces.push(Piece::Files(coded, &files[begin..=index]));
            (begin, bytes) = (index + 1, 0);
        }
    }
    pieces
}

/// Tallies, of those wanted.
pub(crate) fn of_tallies(tallies: &[Tally], codes: &Codes, wanted: &Wanted) -> Rows {
    let held: Vec<&Tally> = tallies.iter().filter(|tally| wanted.holds(tally)).collect();
    let when = |column| if wanted.wants(column) { &held[..] } else { &[] };
    Rows {
        facts: held.iter().map(|tally| codes.fact(tally)).collect(),
        operators: Repeated::of(when(Described::Operator).iter().map(|tally| tally.operator)),
        bait_operators: Repeated::of(
            when(Described::BaitOperator).iter().map(|tally| tally.bait_operator),
        ),
        regions: Repeated::of(when(Described::Region).iter().map(|tally| tally.region.clone())),
        competitors: Repeated::of(
            when(Described::Competitors)
                .iter()
                .map(|tally| (tally.client, tally.competitors.clone())),
        ),
    }
}

fn of_files(
    coded: &Coded<'_>,
    files: &[SegmentFile],
    source: &Source<'_>,
    wanted: &Wanted,
) -> Result<Rows, AnalyticsError> {
    let buffers = files.iter().map(|file| Ok(verified(file)?.into()));
    let sources = ScanSources::Buffers(buffers.collect::<Result<_, AnalyticsError>>()?);
    let table = scan(sources, files, (source, wanted)).map_err(unreadable)?;
    let mut rows = Rows { facts: facts(coded, &table)?, ..Rows::default() };
    for column in &wanted.columns {
        match column {
            Described::Operator => rows.operators = inns(&table, column.column())?,
            Described::BaitOperator => rows.bait_operators = inns(&table, column.column())?,
            Described::Region => rows.regions = regions(&table)?,
            Described::Competitors => rows.competitors = competitors(coded, &table)?,
        }
    }
    Ok(rows)
}

/// The file's bytes, which are those that were sealed: a decoder is not asked
/// what it makes of any others.
fn verified(file: &SegmentFile) -> Result<Vec<u8>, AnalyticsError> {
    let bytes = std::fs::read(&file.path).map_err(|error| AnalyticsError::Segment(error.into()))?;
    if Sha256::digest(&bytes)[..] != file.sha256[..] {
        return Err(foreign("other bytes than were sealed"));
    }
    Ok(bytes)
}

fn scan(
    sources: ScanSources,
    files: &[SegmentFile],
    (source, wanted): (&Source<'_>, &Wanted),
) -> PolarsResult<DataFrame> {
    // With the schema given, a file of any other is refused.
    let args = ScanArgsParquet {
        schema: Some(segment::schema()),
        // What is in a name is no column.
        hive_options: HiveOptions::new_disabled(),
        glob: false,
        cache: false,
        ..ScanArgsParquet::default()
    };
    let between = |from: Instant, to: Instant| {
        let started_at = || col(segment::STARTED_AT);
        started_at().gt_eq(lit(from.0)).and(started_at().lt(lit(to.0)))
    };
    let days = files.iter().flat_map(|file| &file.left_out);
    let kept = days.map(|day| between(day.start(), day.end()).not());
    let conditions = wanted.conditions().into_iter().chain(kept);
    let asked = conditions.fold(between(source.from, source.to), Expr::and);
    let columns = COUNTED.into_iter().chain(wanted.columns.iter().map(|one| one.column()));
    LazyFrame::scan_parquet_sources(sources, args)?
        .filter(asked)
        .select(columns.map(col).collect::<Vec<_>>())
        .collect()
}

/// What every report counts.
const COUNTED: [&str; 9] = [
    segment::CALLER,
    segment::BAIT,
    segment::TRAP,
    segment::VERDICT,
    segment::ATTEMPT,
    segment::HEARING,
    segment::PRIOR_CONTACT,
    segment::LOCAL_DAY,
    segment::STARTED_AT,
];

fn unreadable(error: PolarsError) -> AnalyticsError {
    AnalyticsError::Segment(Box::new(error))
}

fn facts(coded: &Coded<'_>, table: &DataFrame) -> Result<Vec<Fact>, AnalyticsError> {
    let callers = frame::values_or_gaps::<Int64Type>(table, segment::CALLER)?;
    let ints = |name: &str| frame::values::<Int32Type>(table, name);
    let (baits, traps) = (ints(segment::BAIT)?, ints(segment::TRAP)?);
    let (verdicts, hearings) = (ints(segment::VERDICT)?, ints(segment::HEARING)?);
    let attempts = frame::flags(table, segment::ATTEMPT)?;
    let prior_contacts = frame::flags(table, segment::PRIOR_CONTACT)?;
    let local_days = ints(segment::LOCAL_DAY)?;
    let started_at = frame::values::<Int64Type>(table, segment::STARTED_AT)?;
    let fact = |row: usize| {
        let words = (verdicts[row], hearings[row]);
        Ok(Fact {
            client: coded.code,
            caller: caller(callers[row])?,
            bait: coded.bait(baits[row])?,
            trap: coded.trap(traps[row])?,
            kind: Kind::stored(words, attempts[row], prior_contacts[row])?,
            local_day: local_days[row],
            calls: 1,
            first_at: started_at[row],
            last_at: started_at[row],
        })
    };
    // Collecting results would not know how many there are.
    let mut facts = Vec::with_capacity(table.height());
    for row in 0..table.height() {
        facts.push(fact(row)?);
    }
    Ok(facts)
}

fn caller(stored: Option<i64>) -> Result<u64, AnalyticsError> {
    let Some(stored) = stored else { return Ok(NO_CALLER) };
    let phone = u64::try_from(stored).ok().and_then(Phone::from_digits);
    phone.map(Phone::digits).ok_or_else(|| foreign("a caller that is no number"))
}

fn inns(table: &DataFrame, name: &str) -> Result<Repeated<Option<Inn>>, AnalyticsError> {
    let read = |value: i64| u64::try_from(value).ok().and_then(Inn::from_value);
    Repeated::of(frame::values_or_gaps::<Int64Type>(table, name)?.into_iter()).try_map(|stored| {
        stored.map(|value| read(value).ok_or_else(|| foreign("what is no ИНН"))).transpose()
    })
}

fn regions(table: &DataFrame) -> Result<Repeated<Option<String>>, AnalyticsError> {
    let stored = frame::texts(table, segment::REGION)?;
    Ok(Repeated::of(stored.iter()).map(|region| region.map(ToOwned::to_owned)))
}

fn competitors(
    coded: &Coded<'_>,
    table: &DataFrame,
) -> Result<Repeated<(ClientId, Vec<CompetitorId>)>, AnalyticsError> {
    let known = coded.competitors();
    let id = |ordinal: i32| {
        known.get(&ordinal).copied().ok_or_else(|| foreign("a competitor that has no ordinal"))
    };
    let stored = Repeated::of(frame::lists(table, segment::COMPETITORS)?.into_iter());
    stored.try_map(|list| {
        let ids = list.into_iter().map(id).collect::<Result<_, _>>()?;
        Ok((coded.sealed.client, ids))
    })
}
