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

/// The most lines a report can be asked for.
const REPORT_LIMIT: usize = 1_000;
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
    let time = |at| rfc3339(at).replace('+', "%2B");
    format!(
        "/v1/reports/repeat-offenders?from={}&to={}&limit={REPORT_LIMIT}",
        time(BEGIN),
        time(END)
    )
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
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_in_letters_not_bytes() {
        let cells = |line: [&str; 3]| line.map(str::to_owned).to_vec();
        let lines = [cells(["number", "operator", "traps"]), cells(["+7", "МегаФон", "12"])];
        assert_eq!(aligned(&lines), ["number  operator  traps", "+7      МегаФон      12"]);
    }

    #[test]
    fn times_in_the_query_are_encoded() {
        let path = report_path();
        assert!(path.contains("from=2026-09-01T00:00:00.000%2B03:00&"), "{path}");
    }
}
