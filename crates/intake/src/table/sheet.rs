//! The cells of a sheet as text: a number as its digits, a time as a time, a
//! formula as the value it last had. What a hostile file can make this hold is
//! bounded by the rows, the columns and the bytes of text.

use quick_xml::events::Event;

use super::styles::Times;
use super::workbook::{add_text, attributes, broken, next, reader};
use super::{MAX_UNPACKED_BYTES, TableFault};

/// The most texts that all sheets of a workbook share.
pub const MAX_STRINGS: usize = 1_000_000;
/// The most columns looked at; a row with more is no row of any table here.
pub const MAX_COLUMNS: usize = 64;
/// From here on a float no longer tells whole numbers apart.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A row that holds something.
#[derive(Debug)]
pub(crate) struct SheetRow {
    /// From 1.
    pub(crate) line: u64,
    /// Cells that hold something, with their columns from 0, in order.
    pub(crate) cells: Vec<(usize, Cell)>,
    /// It has too many columns, or not in their order.
    pub(crate) is_broken: bool,
}

/// What a cell holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Cell {
    Text(String),
    /// An error, or a number that is none.
    Wrong,
}

impl Cell {
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Wrong => None,
        }
    }
}

/// The texts that cells refer to by their place.
pub(super) fn strings(xml: &str) -> Result<Vec<String>, TableFault> {
    let mut strings = Vec::new();
    let mut reader = reader(xml);
    let mut reading = RichText::default();
    loop {
        let event = next(&mut reader)?;
        reading.follow(&event)?;
        match event {
            Event::End(end) if end.local_name().as_ref() == "si" => {
                if strings.len() == MAX_STRINGS {
                    return Err(TableFault::TooLarge);
                }
                strings.push(unescape(reading.take()));
            }
            Event::Eof => return Ok(strings),
            _ => {}
        }
    }
}

/// The rows of a sheet that hold something, at most `max_rows`.
pub(super) fn rows(
    xml: &str,
    strings: &[String],
    times: &Times<'_>,
    max_rows: usize,
) -> Result<Vec<SheetRow>, TableFault> {
    let mut sheet = Sheet { strings, times, rows: Vec::new(), max_rows, text_bytes: 0 };
    let mut reader = reader(xml);
    let mut row = SheetRow { line: 0, cells: Vec::new(), is_broken: false };
    let mut cell = CellUnderWay::default();
    loop {
        let event = next(&mut reader)?;
        cell.follow(&event)?;
        match event {
            Event::Start(start) if start.local_name().as_ref() == "row" => {
                let [line] = attributes(&start, ["r"])?;
                let line = line.map(|line| line.parse::<u32>()).transpose().map_err(broken)?;
                let line = line.map_or(row.line + 1, u64::from);
                row = SheetRow { line, cells: Vec::new(), is_broken: false };
                cell.column = 0;
            }
            Event::Start(start) if start.local_name().as_ref() == "c" => {
                let [place, kind, style] = attributes(&start, ["r", "t", "s"])?;
                let column = place.as_deref().map_or(Some(cell.column), column_of);
                cell = CellUnderWay {
                    column: column.ok_or(TableFault::NotAWorkbook)?,
                    kind: kind.unwrap_or_default(),
                    style: style.and_then(|style| style.parse().ok()).unwrap_or_default(),
                    ..CellUnderWay::default()
                };
            }
            Event::End(end) if end.local_name().as_ref() == "c" => {
                sheet.add(&mut row, &mut cell)?;
                cell.column += 1;
            }
            Event::End(end) if end.local_name().as_ref() == "row" => {
                let next = SheetRow { line: row.line, cells: Vec::new(), is_broken: false };
                sheet.end(std::mem::replace(&mut row, next))?;
            }
            Event::Eof => return Ok(sheet.rows),
            _ => {}
        }
    }
}

/// What is read so far.
struct Sheet<'a> {
    strings: &'a [String],
    times: &'a Times<'a>,
    rows: Vec<SheetRow>,
    max_rows: usize,
    text_bytes: usize,
}

impl Sheet<'_> {
    fn add(&mut self, row: &mut SheetRow, cell: &mut CellUnderWay) -> Result<(), TableFault> {
        let column = cell.column;
        let Some(value) = self.value(cell)? else { return Ok(()) };
        let in_order = row.cells.last().is_none_or(|(last, _)| *last < column);
        if !in_order || column >= MAX_COLUMNS {
            row.is_broken = true;
            return Ok(());
        }
        // Many cells may share one long text.
        self.text_bytes += value.text().map_or(0, str::len);
        if self.text_bytes > MAX_UNPACKED_BYTES {
            return Err(TableFault::TooLarge);
        }
        row.cells.push((column, value));
        Ok(())
    }

    fn end(&mut self, row: SheetRow) -> Result<(), TableFault> {
        if row.cells.is_empty() && !row.is_broken {
            return Ok(());
        }
        if self.rows.len() == self.max_rows {
            return Err(TableFault::TooManyRows);
        }
        self.rows.push(row);
        Ok(())
    }

    /// What the cell holds; nothing, where that is white space.
    fn value(&self, cell: &mut CellUnderWay) -> Result<Option<Cell>, TableFault> {
        let value = std::mem::take(&mut cell.value);
        let text = match cell.kind.as_str() {
            "s" if value.is_empty() => return Ok(None),
            "s" => {
                let place: usize = value.trim().parse().map_err(broken)?;
                self.strings.get(place).ok_or(TableFault::NotAWorkbook)?.clone()
            }
            "inlineStr" => unescape(cell.inline.take()),
            "str" => unescape(value),
            "d" => value,
            "b" => if value.trim() == "1" { "true" } else { "false" }.to_owned(),
            "" | "n" if value.trim().is_empty() => return Ok(None),
            "" | "n" => match self.number(value.trim(), cell.style) {
                Some(number) => number,
                None => return Ok(Some(Cell::Wrong)),
            },
            _ => return Ok(Some(Cell::Wrong)),
        };
        Ok((!text.trim().is_empty()).then_some(Cell::Text(text)))
    }

    fn number(&self, written: &str, style: usize) -> Option<String> {
        let number: f64 = written.parse().ok().filter(|number: &f64| number.is_finite())?;
        if self.times.is_time(style) {
            return self.times.text(number);
        }
        let is_whole = number.fract() == 0.0 && number.abs() < MAX_WHOLE;
        // In range, as was just seen.
        Some(if is_whole { (number as i64).to_string() } else { number.to_string() })
    }
}

/// A cell whose end has not come yet.
#[derive(Default)]
struct CellUnderWay {
    column: usize,
    kind: String,
    style: usize,
    in_value: bool,
    value: String,
    inline: RichText,
}

impl CellUnderWay {
    fn follow(&mut self, event: &Event<'_>) -> Result<(), TableFault> {
        match event {
            Event::Start(start) if start.local_name().as_ref() == "v" => self.in_value = true,
            Event::End(end) if end.local_name().as_ref() == "v" => self.in_value = false,
            event if self.in_value => add_text(event, &mut self.value)?,
            event => self.inline.follow(event)?,
        }
        Ok(())
    }
}

/// A text in pieces of different looks; how it is pronounced is no part of it.
#[derive(Default)]
struct RichText {
    text: String,
    in_text: bool,
    in_phonetic: bool,
}

impl RichText {
    fn follow(&mut self, event: &Event<'_>) -> Result<(), TableFault> {
        match event {
            Event::Start(start) => match start.local_name().as_ref() {
                "t" => self.in_text = true,
                "rPh" => self.in_phonetic = true,
                _ => {}
            },
            Event::End(end) => match end.local_name().as_ref() {
                "t" => self.in_text = false,
                "rPh" => self.in_phonetic = false,
                _ => {}
            },
            event if self.in_text && !self.in_phonetic => add_text(event, &mut self.text)?,
            _ => {}
        }
        Ok(())
    }

    fn take(&mut self) -> String {
        std::mem::take(&mut self.text)
    }
}

/// The column of a cell named like `AB12`, from 0.
fn column_of(place: &str) -> Option<usize> {
    /// Of the farthest column, XFD.
    const MOST_LETTERS: usize = 3;
    let letters = place.bytes().take_while(u8::is_ascii_alphabetic);
    let count = letters.clone().count();
    if count == 0 || count > MOST_LETTERS {
        return None;
    }
    let digit = |letter: u8| usize::from(letter.to_ascii_uppercase() - b'A') + 1;
    Some(letters.fold(0, |column, letter| column * 26 + digit(letter)) - 1)
}

/// Undoes `_x000D_`, by which spreadsheets write what XML could not hold. A
/// half of a pair of UTF-16 is left as it is.
fn unescape(text: String) -> String {
    if !text.contains("_x") {
        return text;
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once("_x") {
        plain.push_str(before);
        let code = after.get(..4).filter(|_| after[4..].starts_with('_'));
        let character = code
            .filter(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()))
            .and_then(|code| u32::from_str_radix(code, 16).ok())
            .and_then(char::from_u32);
        match character {
            Some(character) => {
                plain.push(character);
                rest = &after[5..];
            }
            None => {
                plain.push_str("_x");
                rest = after;
            }
        }
    }
    plain + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_read_from_their_letters() {
        for (place, column) in [("A1", 0), ("Z9", 25), ("AA10", 26), ("XFD1048576", 16_383)] {
            assert_eq!(column_of(place), Some(column), "{place}");
        }
        for place in ["", "1", "ABCD1", "Я1"] {
            assert_eq!(column_of(place), None, "{place}");
        }
    }

    #[test]
    fn escapes_are_undone_and_what_only_looks_like_one_stays() {
        for (text, plain) in [
            ("a_x000D_\nb", "a\r\nb"),
            ("_x005F_x000D_", "_x000D_"),
            ("_xZZZZ_ _x12", "_xZZZZ_ _x12"),
            ("_xD800_", "_xD800_"),
            ("_x0я0_", "_x0я0_"),
            ("x_x", "x_x"),
        ] {
            assert_eq!(unescape(text.to_owned()), plain, "{text}");
        }
    }
}
