//! Tables as XLSX, the form people open: every text is a string cell and can be no
//! formula, phones keep their plus. The only module that knows rust_xlsxwriter.

use baitline_domain::instant::Instant;
use jiff::tz::TimeZone;
use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::register::{COLUMNS, Cell, Column};

const REGISTER: &str = "Реестр звонков";
/// The header's shade of grey, as RGB.
const HEADER_SHADE: u32 = 0x00E8_E8E8;
const HEADER_HEIGHT_POINTS: f64 = 45.0;

/// The register of a package, dated `created`.
pub(crate) fn xlsx(rows: &[[Cell; COLUMNS.len()]], created: Instant) -> Result<Vec<u8>, XlsxError> {
    table(REGISTER, &COLUMNS, rows, created)
}

/// A whole file of one table, dated `created`.
pub(crate) fn table<const WIDTH: usize>(
    name: &str,
    columns: &[Column; WIDTH],
    rows: &[[Cell; WIDTH]],
    created: Instant,
) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let properties = DocProperties::new().set_title(name).set_creation_datetime(&utc(created)?);
    workbook.set_properties(&properties);
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    write_header(sheet, columns)?;
    let format =
        Format::new().set_align(FormatAlign::Top).set_border(FormatBorder::Thin).set_text_wrap();
    for (index, row) in (1_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(row) {
            match cell {
                Cell::Text(text) => sheet.write_string_with_format(index, column, text, &format)?,
                Cell::Number(number) => {
                    sheet.write_number_with_format(index, column, *number, &format)?
                }
            };
        }
    }
    workbook.save_to_buffer()
}

fn write_header(sheet: &mut Worksheet, columns: &[Column]) -> Result<(), XlsxError> {
    let format = Format::new()
        .set_bold()
        .set_background_color(HEADER_SHADE)
        .set_align(FormatAlign::Center)
        .set_align(FormatAlign::VerticalCenter)
        .set_border(FormatBorder::Thin)
        .set_text_wrap();
    for (index, column) in (0_u16..).zip(columns) {
        sheet.set_column_width(index, column.width)?;
        sheet.write_string_with_format(0, index, column.title, &format)?;
    }
    sheet.set_row_height(0, HEADER_HEIGHT_POINTS)?;
    sheet.set_freeze_panes(1, 1)?;
    sheet.set_landscape();
    sheet.set_repeat_rows(0, 0)?;
    sheet.set_print_fit_to_pages(1, 0);
    Ok(())
}

fn utc(at: Instant) -> Result<ExcelDateTime, XlsxError> {
    let civil = at.to_timestamp().to_zoned_datetime(TimeZone::UTC).datetime();
    let part = |part: i8| u8::try_from(part).unwrap_or_default();
    let year = u16::try_from(civil.year()).unwrap_or_default();
    ExcelDateTime::from_ymd(year, part(civil.month()), part(civil.day()))?.and_hms(
        part(civil.hour()).into(),
        part(civil.minute()),
        part(civil.second()),
    )
}
