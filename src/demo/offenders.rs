//! Waits for the worker, prints the report of repeat offenders, and holds it
//! against the answers worked out by hand.

use std::io::Write;

use baitline_sample::calendar::{BEGIN, END, rfc3339};
use baitline_sample::expected::{ExpectedOffender, ExpectedStanding, expected_offenders};
use baitline_sample::numbers::phone;
use serde_json::Value;

use super::error::DemoError;
use super::wire::{Wire, count, list, text};
use super::{Check, Told, wait_for};

/// The word of the report for a number over all thresholds.
const REPEAT: &str = ExpectedStanding::RepeatOffender.as_str();

/// The columns of counts: as the report names them, and as they are printed.
const COLUMNS: [(&str, &str); 6] = [
    ("/interceptions", "interceptions"),
    ("/traps", "traps"),
    ("/baits", "baits"),
    ("/clients", "clients"),
    ("/attempts", "attempts"),
    ("/candidates", "candidates"),
];

/// The report over the two months, once no day is left to recompute.
pub(super) struct Report {
    offenders: Vec<Value>,
}

impl Told for Report {
    fn told(&self) -> String {
        format!("all days computed, {} callers in the report", self.offenders.len())
    }
}

/// The report's path and query over the whole of the sample world.
pub(super) fn report_path() -> String {
    // A plus sign in a query stands for a space.
    let time = |at| rfc3339(at).replace(".000", "").replace('+', "%2B");
    format!("/v1/reports/repeat-offenders?from={}&to={}", time(BEGIN), time(END))
}

/// Asks for the report until the worker has nothing left to do.
pub(super) fn wait(wire: &Wire, key: &str) -> Result<Report, DemoError> {
    wait_for("the worker", || {
        let report = wire.get(key, &report_path())?;
        if count(&report, "/pending_days")? > 0 {
            return Ok(None);
        }
        Ok(Some(Report { offenders: list(&report, "/offenders")?.to_vec() }))
    })
}

/// Prints the repeat offenders as a table, and counts the rest.
pub(super) fn print(report: &Report, out: &mut impl Write) -> Result<(), DemoError> {
    let repeat = |offender: &&Value| offender["standing"] == REPEAT;
    let offenders: Vec<&Value> = report.offenders.iter().filter(repeat).collect();
    let mut lines = vec![header()];
    for offender in &offenders {
        lines.push(line(offender)?);
    }
    writeln!(out, "\nRepeat offenders (the sample numbers are nobody's):\n")?;
    for line in aligned(&lines) {
        writeln!(out, "  {line}")?;
    }
    let below = report.offenders.len() - offenders.len();
    writeln!(out, "\n  {below} more callers stand below the thresholds.\n")?;
    Ok(())
}

fn header() -> Vec<String> {
    let counts = COLUMNS.iter().map(|(_, title)| *title);
    ["number", "operator"].into_iter().chain(counts).map(str::to_owned).collect()
}

fn line(offender: &Value) -> Result<Vec<String>, DemoError> {
    let operator = offender.pointer("/operator/name").and_then(Value::as_str).unwrap_or("—");
    let mut cells = vec![text(offender, "/number")?.to_owned(), operator.to_owned()];
    for (pointer, _) in COLUMNS {
        cells.push(count(offender, pointer)?.to_string());
    }
    Ok(cells)
}

/// Pads every column to its widest cell: texts to the left, counts to the right.
fn aligned(lines: &[Vec<String>]) -> Vec<String> {
    let columns = lines.first().map_or(0, Vec::len);
    let width =
        |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    let pad = |(column, cell): (usize, &String)| match column {
        0 | 1 => format!("{cell:<width$}", width = widths[column]),
        _ => format!("{cell:>width$}", width = widths[column]),
    };
    let row = |line: &Vec<String>| line.iter().enumerate().map(pad).collect::<Vec<_>>().join("  ");
    lines.iter().map(row).collect()
}

/// One check for every caller whose answer is known, and one that nobody else
/// is a repeat offender.
pub(super) fn compare(report: &Report) -> Result<Vec<Check>, DemoError> {
    let mut checks = Vec::new();
    for expected in expected_offenders() {
        let faults = differences(report, &expected)?;
        let standing = expected.standing.as_str();
        let what = format!("{}: {}: {standing}", phone(expected.number), expected.who);
        checks.push(Check { what, faults });
    }
    checks.push(nobody_else(report)?);
    Ok(checks)
}

fn differences(report: &Report, expected: &ExpectedOffender) -> Result<Vec<String>, DemoError> {
    let number = phone(expected.number).to_string();
    let found = report.offenders.iter().find(|offender| offender["number"] == *number);
    let Some(offender) = found else {
        let absent = expected.standing == ExpectedStanding::Absent;
        return Ok(if absent { vec![] } else { vec!["not in the report".to_owned()] });
    };
    let mut faults = Vec::new();
    let standing = text(offender, "/standing")?;
    if standing != expected.standing.as_str() {
        faults.push(format!("it is {standing}"));
    }
    let ExpectedOffender { interceptions, traps, baits, clients, attempts, candidates, .. } =
        *expected;
    let wanted = [interceptions, traps, baits, clients, attempts, candidates];
    for ((pointer, title), wanted) in COLUMNS.iter().zip(wanted) {
        let got = count(offender, pointer)?;
        if got != u64::from(wanted) {
            faults.push(format!("{title}: {got}, not {wanted}"));
        }
    }
    Ok(faults)
}

fn nobody_else(report: &Report) -> Result<Check, DemoError> {
    let expected = expected_offenders();
    let known: Vec<String> = expected
        .iter()
        .filter(|expected| expected.standing == ExpectedStanding::RepeatOffender)
        .map(|expected| phone(expected.number).to_string())
        .collect();
    let mut faults = Vec::new();
    for offender in report.offenders.iter().filter(|offender| offender["standing"] == REPEAT) {
        let number = text(offender, "/number")?;
        if !known.iter().any(|known| known == number) {
            faults.push(format!("{number} is one too"));
        }
    }
    Ok(Check { what: "nobody else is a repeat offender".to_owned(), faults })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failed test may panic")]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_in_letters_not_bytes() {
        let cells = |line: [&str; 3]| line.map(str::to_owned).to_vec();
        let lines = [cells(["number", "operator", "traps"]), cells(["+7", "МегаФон", "12"])];
        assert_eq!(aligned(&lines), ["number  operator  traps", "+7      МегаФон      12"]);
    }

    #[test]
    fn times_in_the_query_are_encoded() {
        let path = report_path();
        assert!(path.contains("from=2026-09-01T00:00:00%2B03:00&"), "{path}");
    }

    /// A report that says of everybody what is expected.
    fn right() -> Report {
        let all = expected_offenders();
        let reported = all.iter().filter(|one| one.standing != ExpectedStanding::Absent);
        let offender = |one: &ExpectedOffender| {
            json!({
                "number": phone(one.number),
                "standing": one.standing.as_str(),
                "interceptions": one.interceptions,
                "traps": one.traps,
                "baits": one.baits,
                "clients": one.clients,
                "attempts": one.attempts,
                "candidates": one.candidates,
            })
        };
        Report { offenders: reported.map(offender).collect() }
    }

    fn faults(report: &Report) -> usize {
        compare(report).unwrap().iter().map(|check| check.faults.len()).sum()
    }

    #[test]
    fn a_right_report_has_no_faults_and_every_wrong_count_is_one() {
        assert_eq!(faults(&right()), 0);
        for (pointer, _) in COLUMNS {
            let mut report = right();
            *report.offenders[0].pointer_mut(pointer).unwrap() = json!(99);
            assert_eq!(faults(&report), 1, "{pointer}");
        }
    }

    #[test]
    fn a_missing_caller_and_one_too_many_are_faults() {
        let mut report = right();
        let first = report.offenders.remove(0);
        assert_eq!(faults(&report), 1);
        report.offenders.push(first.clone());
        assert_eq!(faults(&report), 0);
        let mut stranger = first;
        stranger["number"] = json!("+79160009999");
        report.offenders.push(stranger);
        assert_eq!(faults(&report), 1);
    }
}
