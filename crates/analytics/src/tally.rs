//! From interceptions to tallies: how many there are of each grain. It does not
//! know which of them count.

use baitline_domain::instant::Instant;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use polars::prelude::{Int64Type, LazyFrame, UInt32Type, col, len};

use crate::frame::{self, Codes, ROW};
use crate::{AnalyticsError, InterceptionRow, Tally};

const GRAIN: [&str; 13] = [
    "client",
    "caller",
    "operator",
    "region",
    "competitors",
    "bait",
    "bait_operator",
    "trap",
    "verdict",
    "attempt",
    "hearing",
    "prior_contact",
    "local_day",
];
const STARTED_AT: &str = "started_at";
const CALLS: &str = "calls";
const FIRST_AT: &str = "first_at";
const LAST_AT: &str = "last_at";

/// Shrinks interceptions to one [`Tally`] per distinct grain, sorted. The order
/// of the rows does not matter; equal rows are calls of their own.
///
/// # Errors
///
/// [`AnalyticsError::TooManyRows`] above [`crate::MAX_ROWS`], and
/// [`AnalyticsError::Engine`] should the column engine fail.
pub fn tally(rows: &[InterceptionRow]) -> Result<Vec<Tally>, AnalyticsError> {
    frame::check_rows(rows.len())?;
    let grouped = frame::collect(columns(rows)?.group_by(GRAIN.map(col)).agg([
        col(ROW).first(),
        len().alias(CALLS),
        col(STARTED_AT).min().alias(FIRST_AT),
        col(STARTED_AT).max().alias(LAST_AT),
    ]))?;
    let row = frame::values::<UInt32Type>(&grouped, ROW)?;
    let calls = frame::values::<UInt32Type>(&grouped, CALLS)?;
    let first_at = frame::values::<Int64Type>(&grouped, FIRST_AT)?;
    let last_at = frame::values::<Int64Type>(&grouped, LAST_AT)?;

    let mut tallies: Vec<Tally> = (0..grouped.height())
        .map(|group| {
            let like = rows[row[group] as usize].clone();
            let moments = (Instant(first_at[group]), Instant(last_at[group]));
            tally_like(like, calls[group], moments)
        })
        .collect();
    tallies.sort_unstable();
    Ok(tallies)
}

fn columns(rows: &[InterceptionRow]) -> Result<LazyFrame, AnalyticsError> {
    let (mut clients, mut baits, mut traps) = (Codes::new(), Codes::new(), Codes::new());
    let (mut regions, mut competitors) = (Codes::new(), Codes::new());
    let inn = |inn: Option<Inn>| inn.map(Inn::value);
    frame::with_row_numbers(
        rows.len(),
        vec![
            frame::column("client", rows.iter().map(|row| clients.code(row.client))),
            frame::column("caller", rows.iter().map(|row| row.caller.map(Phone::digits))),
            frame::column("operator", rows.iter().map(|row| inn(row.operator))),
            frame::column("region", rows.iter().map(|row| regions.code(&row.region))),
            frame::column("competitors", rows.iter().map(|row| competitors.code(&row.competitors))),
            frame::column("bait", rows.iter().map(|row| baits.code(row.bait))),
            frame::column("bait_operator", rows.iter().map(|row| inn(row.bait_operator))),
            frame::column("trap", rows.iter().map(|row| traps.code(row.trap))),
            frame::column("verdict", rows.iter().map(|row| row.verdict as u32)),
            frame::column("attempt", rows.iter().map(|row| row.attempt)),
            frame::column("hearing", rows.iter().map(|row| row.hearing as u32)),
            frame::column("prior_contact", rows.iter().map(|row| row.prior_contact)),
            frame::column("local_day", rows.iter().map(|row| row.local_day)),
            frame::column(STARTED_AT, rows.iter().map(|row| row.started_at.0)),
        ],
    )
}

/// The tally of a group that holds `like`.
fn tally_like(like: InterceptionRow, calls: u32, (first_at, last_at): (Instant, Instant)) -> Tally {
    Tally {
        client: like.client,
        caller: like.caller,
        operator: like.operator,
        region: like.region,
        competitors: like.competitors,
        bait: like.bait,
        bait_operator: like.bait_operator,
        trap: like.trap,
        verdict: like.verdict,
        attempt: like.attempt,
        hearing: like.hearing,
        prior_contact: like.prior_contact,
        local_day: like.local_day,
        calls,
        first_at,
        last_at,
    }
}
