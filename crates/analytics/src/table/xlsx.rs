//! Tables as workbooks: a sheet of rows with a header that stays and a filter,
//! and a sheet of what they are about. Texts are string cells, whatever they
//! begin with, so that nothing is a formula and phones keep their plus; moments
//! and days are dates. Rows go to a temporary file as they come.

use std::io::Write;
use std::path::Path;

use baitline_domain::instant::{Instant, MICROS_PER_SECOND};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::{Cell, Kind, Table, TableError};

const ROWS_SHEET: &str = "report";
const ABOUT_SHEET: &str = "about";
const MOMENT_FORMAT: &str = "yyyy-mm-dd hh:mm:ss";
const DAY_FORMAT: &str = "yyyy-mm-dd";
/// The header's shade of grey, as RGB.
const HEADER_SHADE: u32 = 0x00E8_E8E8;
/// The number that a workbook keeps for 1970-01-01.
const EPOCH_SERIAL: f64 = 25_569.0;
const MICROS_PER_DAY: f64 = 86_400.0 * MICROS_PER_SECOND as f64;
/// Widths of columns, in characters.
const NARROWEST: usize = 10;
const TEXT_WIDTH: f64 = 24.0;
const MOMENT_WIDTH: f64 = 20.0;

pub(super) fn write(
    table: &Table,
    rows: impl Iterator<Item = Result<Vec<Cell>, TableError>>,
    to: &mut (impl Write + Send),
    folder: &Path,
) -> Result<(), TableError> {
    let mut workbook = Workbook::new();
    workbook.set_tempdir(folder).map_err(failed)?;
    let made_at = table.made_at.0.div_euclid(MICROS_PER_SECOND);
    let created = ExcelDateTime::from_timestamp(made_at).map_err(failed)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created));
    let sheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
    let formats = Formats::new();
    write_header(sheet, table, &formats).map_err(failed)?;
    let mut last_row = 0;
    for (number, row) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(row?) {
            formats.write(sheet, (number, column), &cell).map_err(failed)?;
        }
        last_row = number;
    }
    if let Some(last_column) = last_column(table) {
        sheet.autofilter(0, 0, last_row, last_column).map_err(failed)?;
    }
    write_about(workbook.add_worksheet(), table, &formats).map_err(failed)?;
    workbook.save_to_writer(to).map_err(failed)
}

fn last_column(table: &Table) -> Option<u16> {
    u16::try_from(table.columns.len()).ok()?.checked_sub(1)
}

fn failed(error: XlsxError) -> TableError {
    match error {
        XlsxError::IoError(error) => TableError::Write(error),
        error => TableError::Writer(Box::new(error)),
    }
}

fn write_header(sheet: &mut Worksheet, table: &Table, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_name(ROWS_SHEET)?;
    for (index, column) in (0_u16..).zip(&table.columns) {
        let width = match column.kind {
            Kind::Text => TEXT_WIDTH,
            Kind::Moment => MOMENT_WIDTH,
            // The name and the filter's arrow beside it.
            Kind::Count | Kind::Number | Kind::Day => {
                (column.name.chars().count() + 3).max(NARROWEST) as f64
            }
        };
        sheet.set_column_width(index, width)?;
        sheet.write_string_with_format(0, index, column.name, &formats.header)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_landscape();
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

/// Names and values, and the moment when the file was made.
fn write_about(sheet: &mut Worksheet, table: &Table, formats: &Formats) -> Result<(), XlsxError> {
    sheet.set_name(ABOUT_SHEET)?;
    sheet.set_column_width(0, TEXT_WIDTH)?;
    sheet.set_column_width(1, 2.0 * TEXT_WIDTH)?;
    let made_at = ("made_at".to_owned(), Cell::Moment(table.made_at));
    let zone = ("time_zone".to_owned(), Cell::Text("UTC".to_owned()));
    for (row, (name, value)) in (0_u32..).zip(table.about.iter().chain([&zone, &made_at])) {
        sheet.write_string_with_format(row, 0, name, &formats.header)?;
        formats.write(sheet, (row, 1), value)?;
    }
    Ok(())
}

struct Formats {
    header: Format,
    moment: Format,
    day: Format,
}

impl Formats {
    fn new() -> Self {
        Self {
            header: Format::new().set_bold().set_background_color(HEADER_SHADE),
            moment: Format::new().set_num_format(MOMENT_FORMAT),
            day: Format::new().set_num_format(DAY_FORMAT),
        }
    }

    fn write(
        &self,
        sheet: &mut Worksheet,
        (row, column): (u32, u16),
        cell: &Cell,
    ) -> Result<(), XlsxError> {
        match cell {
            Cell::Empty => return Ok(()),
            Cell::Text(text) => sheet.write_string(row, column, text)?,
            // A workbook knows no whole numbers; counts stay far below 2^53.
            Cell::Count(count) => sheet.write_number(row, column, *count as f64)?,
            Cell::Number(number) => sheet.write_number(row, column, *number)?,
            Cell::Moment(at) => {
                sheet.write_number_with_format(row, column, serial(*at), &self.moment)?
            }
            Cell::Day(day) => {
                let serial = EPOCH_SERIAL + f64::from(*day);
                sheet.write_number_with_format(row, column, serial, &self.day)?
            }
        };
        Ok(())
    }
}

/// A moment as the days since 1899-12-30 that a workbook keeps. A float keeps
/// it to a few microseconds.
fn serial(at: Instant) -> f64 {
    EPOCH_SERIAL + at.0 as f64 / MICROS_PER_DAY
}
