//! The comparison of a statement with our calls. The matching rule has put the
//! reports of both sides together; here they are taken apart again, and held
//! against each other line by line as the paper says it.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::ids::{ObservationId, SourceId, StatementId};
use baitline_domain::instant::{Span, civil_date};
use baitline_domain::phone::Party;
use baitline_domain::reconciliation::{
    OurCall, Precision, SEARCH_SPAN, StatementLine, StatementPeriod, reconcile,
};
use baitline_evidence::dossier::Period;
use baitline_evidence::papers::{ComparisonFacts, printed_day};
use baitline_store::attachments::{AttachmentFilter, list_attachments};
use baitline_store::calls::{CallFilter, CallPage, list_calls};
use baitline_store::models::{JudgedCall, ObservationRow, SourceKind, StatementRow};
use baitline_store::sql_types::RowId;
use baitline_store::statements::{self, MAX_STATEMENT_CALLS};
use baitline_store::{Conn, Page, StoreResult, baits, buckets, observations, sources};

use super::{Desk, Facts, Gathered};

/// Ids asked for in one statement of SQL, under SQLite's 32,766 binds.
const IDS_AT_A_TIME: usize = 10_000;
/// So many lengths that are all whole minutes are no chance.
const FEWEST_COARSE_LENGTHS: usize = 3;
const MINUTE_SECONDS: u32 = 60;

const TOO_LONG: &str = "The period of the statement has more calls than are compared.";
const NO_OPERATOR: &str = "The statement's number has no operator by contract.";

/// Both sides of the comparison.
#[derive(Default)]
struct Sides {
    ours: Vec<OurCall>,
    lines: Vec<StatementLine>,
}

impl Desk<'_> {
    pub(super) fn comparison(&self, conn: &mut Conn, id: StatementId) -> StoreResult<Gathered> {
        let row = statements::find_statement(conn, self.reach(), id)?;
        let days = buckets::days_between(row.from_at - SEARCH_SPAN, row.to_at + SEARCH_SPAN);
        if !buckets::are_settled(conn, self.client, &days)? {
            return Ok(Gathered::Wait);
        }
        let bait = baits::find_bait(conn, self.reach(), row.bait_id)?;
        let Some(operator) = self.operator_of(conn, &bait)? else {
            return Ok(Gathered::Nothing(NO_OPERATOR));
        };
        let Some(sides) = self.sides(conn, &row)? else { return Ok(Gathered::Nothing(TOO_LONG)) };
        let covered = StatementPeriod { from: row.from_at, to: row.to_at };
        let Ok(reconciliation) = reconcile(&sides.ours, &sides.lines, covered) else {
            return Ok(Gathered::Nothing(TOO_LONG));
        };
        Ok(Facts::Comparison(ComparisonFacts {
            operator,
            number: bait.number,
            period: Period { from: row.from_at, to: row.to_at },
            statement: title(&row),
            certified: self.is_certified(conn, id)?,
            calls: sides.ours,
            lines: sides.lines,
            reconciliation,
            made_by: None,
        })
        .into())
    }

    fn is_certified(&self, conn: &mut Conn, id: StatementId) -> StoreResult<bool> {
        let filter = AttachmentFilter {
            kind: Some(AttachmentSubject::Statement),
            subject: Some(RowId(id.0)),
        };
        let scans = list_attachments(conn, self.reach(), &filter, Page::WHOLE)?;
        Ok(scans.iter().any(|scan| scan.withdrawn_because.is_none()))
    }

    /// Calls a little outside the period can be those of lines within; `None`
    /// where there are too many.
    fn sides(&self, conn: &mut Conn, row: &StatementRow) -> StoreResult<Option<Sides>> {
        let filter = CallFilter {
            bait: Some(row.bait_id),
            from: Some(row.from_at - SEARCH_SPAN),
            to: Some(row.to_at + SEARCH_SPAN),
            ..CallFilter::default()
        };
        let page = CallPage { after: None, limit: MAX_STATEMENT_CALLS as i64 + 1 };
        let found = list_calls(conn, self.reach(), &filter, page)?;
        if found.len() > MAX_STATEMENT_CALLS {
            return Ok(None);
        }
        let known = sources::sources_of(conn, self.client)?;
        // Another statement is nobody's witness but its operator's.
        let ours: HashMap<SourceId, Span> = known
            .iter()
            .filter(|source| source.kind != SourceKind::OperatorStatement)
            .map(|source| (source.id, Span(source.uncertainty_micros)))
            .collect();
        let seen = self.seen(conn, &found)?;
        let mut sides = Sides::default();
        let mut theirs: Vec<&ObservationRow> = Vec::new();
        for judged in &found {
            let rows: Vec<&ObservationRow> =
                judged.call.observations.iter().filter_map(|id| seen.get(id)).collect();
            theirs.extend(rows.iter().filter(|one| {
                one.source_id == row.source_id
                    && row.from_at <= one.occurred_at
                    && one.occurred_at < row.to_at
            }));
            let told: Vec<(&ObservationRow, Span)> =
                rows.iter().filter_map(|one| Some((*one, *ours.get(&one.source_id)?))).collect();
            sides.ours.extend(our_call(judged, &told));
        }
        sides.lines = lines(theirs);
        Ok(Some(sides))
    }

    fn seen(
        &self,
        conn: &mut Conn,
        found: &[JudgedCall],
    ) -> StoreResult<HashMap<ObservationId, ObservationRow>> {
        let ids: BTreeSet<ObservationId> =
            found.iter().flat_map(|judged| judged.call.observations.iter().copied()).collect();
        let ids: Vec<ObservationId> = ids.into_iter().collect();
        let mut seen = HashMap::new();
        for chunk in ids.chunks(IDS_AT_A_TIME) {
            let rows = observations::find_observations(conn, self.client, chunk)?;
            seen.extend(rows.into_iter().filter(|row| !row.voided).map(|row| (row.id, row)));
        }
        Ok(seen)
    }
}

fn title(row: &StatementRow) -> String {
    let number = row.number.as_ref().map(|number| format!(" № {number}"));
    let issued = row.issued_on.map(|day| format!(" от {}", printed_day(civil_date(day))));
    format!("детализация{}{}", number.unwrap_or_default(), issued.unwrap_or_default())
}

/// The call as our own sources alone have it: the first to report it says when,
/// and any of them who.
fn our_call(judged: &JudgedCall, told: &[(&ObservationRow, Span)]) -> Option<OurCall> {
    let (first, uncertainty) = *told.first()?;
    let rows = || told.iter().map(|(row, _)| *row);
    let party = rows().filter_map(ObservationRow::party).find(|party| *party != Party::Hidden);
    let seconds = rows().filter_map(|row| row.connected_seconds).max().unwrap_or(0);
    Some(OurCall {
        id: judged.call.id,
        direction: judged.call.direction,
        channel: judged.call.channel,
        party: party.unwrap_or(Party::Hidden),
        started_at: first.occurred_at,
        uncertainty,
        connected_seconds: u32::try_from(seconds).unwrap_or(0),
        answered: rows().any(|row| row.answered),
    })
}

/// The lines of the statement, numbered in order of time.
fn lines(mut theirs: Vec<&ObservationRow>) -> Vec<StatementLine> {
    theirs.sort_by_key(|row| (row.occurred_at, row.id));
    let lengths = || theirs.iter().filter_map(|row| seconds(row)).filter(|length| *length > 0);
    let is_coarse = lengths().count() >= FEWEST_COARSE_LENGTHS
        && lengths().all(|length| length.is_multiple_of(MINUTE_SECONDS));
    let duration_precision = if is_coarse { Precision::Minute } else { Precision::Second };
    let line = |(row, number): (&&ObservationRow, u32)| StatementLine {
        number,
        direction: row.direction,
        channel: row.channel,
        party: row.party().unwrap_or(Party::Hidden),
        through: None,
        started_at: row.occurred_at,
        start_precision: start_precision(&row.reported_at_raw),
        seconds: seconds(row),
        duration_precision,
    };
    theirs.iter().zip(1..).map(line).collect()
}

fn seconds(row: &ObservationRow) -> Option<u32> {
    row.connected_seconds.and_then(|seconds| u32::try_from(seconds).ok())
}

/// Whether a time as it was written tells the minute and no second. What is
/// written otherwise than with colons tells the second.
fn start_precision(raw: &str) -> Precision {
    let mut groups = raw.split(':');
    let (Some(hour), Some(minute)) = (groups.next(), groups.next()) else {
        return Precision::Second;
    };
    let is_digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    let is_time = is_digit(hour.chars().next_back()) && is_digit(minute.chars().next());
    // «14:05+03:00» has a third group, too: that of its offset.
    let is_whole_minute = groups.next().is_none() || minute.chars().any(|c| !c.is_ascii_digit());
    if is_time && is_whole_minute { Precision::Minute } else { Precision::Second }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_tells_its_second_or_its_minute() {
        for raw in ["13.10.2026 14:05", "2026-10-13T14:05+03:00", "9:05", "14:05 13.10.2026"] {
            assert_eq!(start_precision(raw), Precision::Minute, "{raw}");
        }
        for raw in ["13.10.2026 14:05:00", "2026-10-13T14:05:07.5+03:00", "45943.58", "", ":"] {
            assert_eq!(start_precision(raw), Precision::Second, "{raw}");
        }
    }
}
