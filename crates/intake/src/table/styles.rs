//! Which numbers of a sheet are times, by the formats of its cells, and what
//! these times are. The time of a cell has no zone.

use std::collections::HashMap;

use jiff::ToSpan;
use jiff::civil::{Date, date};
use quick_xml::events::Event;

use super::TableFault;
use super::workbook::{attributes, next, reader};

const MILLISECONDS_PER_DAY: f64 = 86_400_000.0;
/// The first day that spreadsheets no longer count: 10000-01-01.
const DAYS_COUNTED: f64 = 2_958_466.0;
/// Day 0 of the usual count; a day that never was is counted in early 1900.
const EPOCH_1900: Date = date(1899, 12, 30);
/// Day 0 of the other count.
const EPOCH_1904: Date = date(1904, 1, 1);

/// The formats of a workbook's cells.
#[derive(Debug, Default)]
pub(super) struct Styles {
    /// Whether a number is a time, by the style of its cell.
    is_time: Vec<bool>,
}

/// Styles and the day the workbook counts from.
#[derive(Debug)]
pub(super) struct Times<'a> {
    styles: &'a Styles,
    epoch: Date,
}

impl Styles {
    pub(super) fn of(xml: &str) -> Result<Self, TableFault> {
        let mut own_formats = HashMap::new();
        let mut styles = Self::default();
        let mut inside_cell_formats = false;
        let mut reader = reader(xml);
        loop {
            match next(&mut reader)? {
                Event::Start(start) => match start.local_name().as_ref() {
                    "numFmt" => {
                        let [id, code] = attributes(&start, ["numFmtId", "formatCode"])?;
                        if let (Some(id), Some(code)) = (id, code) {
                            own_formats.insert(id, writes_time(&code));
                        }
                    }
                    "cellXfs" => inside_cell_formats = true,
                    "xf" if inside_cell_formats => {
                        let [id] = attributes(&start, ["numFmtId"])?;
                        let id = id.unwrap_or_default();
                        let own = own_formats.get(&id).copied();
                        styles.is_time.push(own.unwrap_or_else(|| is_built_in_time(&id)));
                    }
                    _ => {}
                },
                Event::End(end) if end.local_name().as_ref() == "cellXfs" => {
                    inside_cell_formats = false;
                }
                Event::Eof => return Ok(styles),
                _ => {}
            }
        }
    }

    pub(super) fn in_epoch(&self, is_1904: bool) -> Times<'_> {
        Times { styles: self, epoch: if is_1904 { EPOCH_1904 } else { EPOCH_1900 } }
    }
}

impl Times<'_> {
    pub(super) fn is_time(&self, style: usize) -> bool {
        self.styles.is_time.get(style).copied().unwrap_or_default()
    }

    /// The time that a count of days stands for, to the millisecond.
    pub(super) fn text(&self, days: f64) -> Option<String> {
        if !(0.0..DAYS_COUNTED).contains(&days) {
            return None;
        }
        // In range, as was just seen.
        let milliseconds = (days * MILLISECONDS_PER_DAY).round() as i64;
        let midnight = self.epoch.to_datetime(jiff::civil::Time::midnight());
        midnight.checked_add(milliseconds.milliseconds()).ok().map(|time| time.to_string())
    }
}

/// Formats that every program knows by their ids.
fn is_built_in_time(id: &str) -> bool {
    id.parse().is_ok_and(|id: u32| matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58))
}

/// Whether a format writes a number as a time: it has a letter for a part of
/// one outside quotes, brackets and escapes. Elapsed time, `[h]:mm`, is none.
fn writes_time(code: &str) -> bool {
    let mut characters = code.chars();
    let mut found = false;
    while let Some(character) = characters.next() {
        match character {
            '"' => characters.by_ref().take_while(|c| *c != '"').for_each(drop),
            '\\' | '_' | '*' => drop(characters.next()),
            '[' => {
                let inside: String = characters.by_ref().take_while(|c| *c != ']').collect();
                let is_elapsed = !inside.is_empty()
                    && inside.chars().all(|c| matches!(c.to_ascii_lowercase(), 'h' | 'm' | 's'));
                if is_elapsed {
                    return false;
                }
            }
            letter => found |= "dmyhs".contains(letter.to_ascii_lowercase()),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_times_are_told_from_others() {
        for code in ["dd.mm.yyyy hh:mm", "[$-419]d mmm yy", "m/d/yy", "h:mm:ss", "yyyy\\-mm\\-dd"] {
            assert!(writes_time(code), "{code}");
        }
        for code in
            ["General", "0", "#,##0.00\" days\"", "[Red]0", "[h]:mm", "@", "0\\d", "0.00E+00", ""]
        {
            assert!(!writes_time(code), "{code}");
        }
    }

    #[test]
    fn a_count_of_days_is_a_time_in_either_epoch() {
        let styles = Styles::default();
        let usual = styles.in_epoch(false);
        assert_eq!(usual.text(46_296.0).as_deref(), Some("2026-10-01T00:00:00"));
        assert_eq!(usual.text(46_296.416_666_666_664).as_deref(), Some("2026-10-01T10:00:00"));
        assert_eq!(
            usual.text(46_296.5 + 1.0 / 86_400_000.0).as_deref(),
            Some("2026-10-01T12:00:00.001")
        );
        assert_eq!(styles.in_epoch(true).text(44_834.5).as_deref(), Some("2026-10-01T12:00:00"));
        for days in [-1.0, DAYS_COUNTED, f64::NAN, f64::INFINITY] {
            assert_eq!(usual.text(days), None, "{days}");
        }
    }
}
