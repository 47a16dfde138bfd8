//! Answers that are tables: JSON in pieces, or a file, by the header Accept.
//! Knows no nouns.

use std::path::PathBuf;

use actix_web::body::SizedStream;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use baitline_analytics::table::{self, Cell, Column, FileFormat, Table, TableError};
use baitline_domain::instant::{Instant, civil_date};
use baitline_store::now;
use serde::Serialize;
use tempfile::SpooledTempFile;

use crate::app::App;
use crate::paging::{Limit, link_to_next};
use crate::problem::{ApiError, ApiResult};
use crate::query::decode_pairs;
use crate::spool;

/// The most lines of one file. A report that has more goes on in the next one,
/// where the header Link leads.
pub(crate) const MAX_FILE_LINES: u32 = 100_000;
/// Lines of a piece of JSON that does not say how many.
const JSON_LINES: u32 = 1_000;

/// How a table is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shape {
    Json,
    File(FileFormat),
}

/// Every shape with its media type; the first one wins among equals.
const SHAPES: [(Shape, &str, &str); 4] = [
    (Shape::Json, "application", "json"),
    (Shape::File(FileFormat::Csv), "text", "csv"),
    (
        Shape::File(FileFormat::Xlsx),
        "application",
        "vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ),
    (Shape::File(FileFormat::Parquet), "application", "vnd.apache.parquet"),
];

/// The shape the header Accept likes best; JSON where it does not care.
fn wanted_shape(req: &HttpRequest) -> ApiResult<Shape> {
    best_shape(&accept(req)?, &SHAPES).ok_or(ApiError::NotAcceptable)
}

/// Whether a list that is JSON or CSV and nothing else is wanted as CSV.
pub(crate) fn wants_csv(req: &HttpRequest) -> ApiResult<bool> {
    let shape = best_shape(&accept(req)?, &SHAPES[..2]).ok_or(ApiError::NotAcceptable)?;
    Ok(shape != Shape::Json)
}

fn accept(req: &HttpRequest) -> ApiResult<String> {
    let mut lines = Vec::new();
    for line in req.headers().get_all(header::ACCEPT) {
        lines.push(line.to_str().map_err(|_| ApiError::NotAcceptable)?);
    }
    Ok(lines.join(","))
}

fn best_shape(accept: &str, shapes: &[(Shape, &str, &str)]) -> Option<Shape> {
    if accept.trim().is_empty() {
        return Some(Shape::Json);
    }
    let mut best = None;
    for &(shape, kind, subtype) in shapes {
        let quality = quality(accept, kind, subtype);
        if quality > best.map_or(0, |(quality, _)| quality) {
            best = Some((quality, shape));
        }
    }
    best.map(|(_, shape)| shape)
}

/// How much a media type is wanted, in thousandths, by the most specific range
/// that names it. A range that cannot be read says nothing.
fn quality(accept: &str, kind: &str, subtype: &str) -> u32 {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let specificity = match name.split_once('/')? {
            (k, s) if k == kind && s == subtype => 2,
            (k, "*") if k == kind => 1,
            ("*", "*") => 0,
            _ => return None,
        };
        let weight = parts.find_map(|part| {
            let (name, value) = part.split_once('=')?;
            name.trim().eq_ignore_ascii_case("q").then(|| value.trim())
        });
        Some((specificity, weight.map_or(Some(1_000), thousandths)?))
    });
    ranges.max().map_or(0, |(_, weight)| weight)
}

/// A weight as RFC 9110 has it: from 0 to 1 with at most three decimals.
fn thousandths(weight: &str) -> Option<u32> {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let parts: u32 = format!("{decimals:0<3}").parse().ok()?;
    match whole {
        "0" => Some(parts),
        "1" if parts == 0 => Some(1_000),
        _ => None,
    }
}

/// What is wanted of a report, beside what it counts.
pub(crate) struct Wanted {
    shape: Shape,
    /// Where a file waits until it is whole.
    spool: PathBuf,
    /// The question as it was asked.
    asked: Vec<(String, String)>,
    is_later_piece: bool,
}

/// What every report says of itself.
pub(crate) struct Facts {
    /// What its file is called.
    pub(crate) name: String,
    pub(crate) period: (Instant, Instant),
    pub(crate) pending_days: i64,
    /// Lines of all pieces.
    pub(crate) total: usize,
    pub(crate) next_cursor: Option<String>,
    /// What else whoever opens the file should know.
    pub(crate) more: Vec<(String, Cell)>,
}

/// How a line is spelt in a file.
pub(crate) struct Spelling<V> {
    pub(crate) columns: Vec<Column>,
    /// As many as there are columns.
    pub(crate) cells: fn(&V) -> Vec<Cell>,
}

impl Wanted {
    /// What the request wants.
    pub(crate) fn of(req: &HttpRequest, app: &App) -> ApiResult<Self> {
        let shape = wanted_shape(req)?;
        let asked = decode_pairs(req.query_string())?;
        let is_later_piece = asked.iter().any(|(name, _)| name == "cursor");
        Ok(Self { shape, spool: app.spool.clone(), asked, is_later_piece })
    }

    /// How many lines. Who asks for a file wants the whole report.
    pub(crate) fn lines(&self, limit: Option<Limit>) -> usize {
        let usual = match self.shape {
            Shape::Json => JSON_LINES,
            Shape::File(_) => MAX_FILE_LINES,
        };
        limit.map_or(usual, |limit| limit.0) as usize
    }

    /// Makes the answer of a report from its lines; `report` puts the lines of
    /// a piece of JSON together. Waits for the disk.
    pub(crate) fn make<V, R: Serialize>(
        &self,
        facts: Facts,
        spelling: &Spelling<V>,
        lines: impl Iterator<Item = V>,
        report: impl FnOnce(Vec<V>, Option<String>) -> R,
    ) -> ApiResult<Made> {
        let next_cursor = facts.next_cursor.clone();
        let format = match self.shape {
            Shape::File(format) => format,
            Shape::Json => {
                let json = serde_json::to_vec(&report(lines.collect(), facts.next_cursor));
                let json = json.map_err(|error| ApiError::Internal(error.to_string()))?;
                return Ok(Made { next_cursor, content: Content::Json(json) });
            }
        };
        let table =
            Table { columns: spelling.columns.clone(), about: self.about(&facts), made_at: now() };
        let mut file = spool::open(&self.spool);
        let rows = lines.map(|line| (spelling.cells)(&line));
        table::write_table(format, &table, rows, &mut file, &self.spool).map_err(failed)?;
        let bytes = spool::rewind(&mut file).map_err(|error| spool::failed(&error))?;
        let name = file_name(&facts, format);
        Ok(Made { next_cursor, content: Content::File { format, name, file, bytes } })
    }

    /// What the file is about, so that it can be understood without the request.
    fn about(&self, facts: &Facts) -> Vec<(String, Cell)> {
        let (from, to) = facts.period;
        let count = |count: i64| Cell::Count(u64::try_from(count).unwrap_or_default());
        let is_whole = !self.is_later_piece && facts.next_cursor.is_none();
        let mut about = vec![
            ("report".to_owned(), Cell::Text(facts.name.clone())),
            ("from".to_owned(), Cell::Moment(from)),
            ("to".to_owned(), Cell::Moment(to)),
        ];
        about.extend(facts.more.iter().cloned());
        let is_told = |about: &[(String, Cell)], name: &str| {
            matches!(name, "cursor" | "limit") || about.iter().any(|(told, _)| told == name)
        };
        for (name, value) in &self.asked {
            if !is_told(&about, name) {
                about.push((name.clone(), Cell::Text(value.clone())));
            }
        }
        about.push(("pending_days".to_owned(), count(facts.pending_days)));
        about.push(("total_lines".to_owned(), Cell::Count(facts.total as u64)));
        about.push(("is_whole_report".to_owned(), Cell::Text(is_whole.to_string())));
        about
    }
}

fn failed(error: TableError) -> ApiError {
    match error {
        TableError::Write(error) => spool::failed(&error),
        error => ApiError::Internal(error.to_string()),
    }
}

/// The report's name with the UTC days of its period, and the format's ending.
fn file_name(facts: &Facts, format: FileFormat) -> String {
    let (from, to) = facts.period;
    let [from, to] = [from, to].map(|at| civil_date(at.day().0));
    let ending = match format {
        FileFormat::Csv => "csv",
        FileFormat::Xlsx => "xlsx",
        FileFormat::Parquet => "parquet",
    };
    format!("{}-{from}-{to}.{ending}", facts.name)
}

/// A report that is ready to be sent.
pub(crate) struct Made {
    next_cursor: Option<String>,
    content: Content,
}

enum Content {
    Json(Vec<u8>),
    File { format: FileFormat, name: String, file: SpooledTempFile, bytes: u64 },
}

impl Made {
    /// The answer, with the link to the next piece where there is one.
    pub(crate) fn answer(self, req: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        if let Some(cursor) = &self.next_cursor {
            response.insert_header((header::LINK, link_to_next(req, cursor)));
        }
        match self.content {
            Content::Json(json) => response.content_type("application/json").body(json),
            Content::File { format, name, file, bytes } => {
                let disposition = format!("attachment; filename=\"{name}\"");
                response.insert_header((header::CONTENT_DISPOSITION, disposition));
                content_type(&mut response, format)
                    .body(SizedStream::new(bytes, Box::pin(spool::pieces(file))))
            }
        }
    }
}

/// A piece of a list as CSV, with the link to the next one where there is one.
pub(crate) fn csv_answer(
    req: &HttpRequest,
    next_cursor: Option<&str>,
    file_name: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> ApiResult<HttpResponse> {
    let mut body = Vec::new();
    table::write_texts(columns, rows, &mut body).map_err(failed)?;
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = next_cursor {
        response.insert_header((header::LINK, link_to_next(req, cursor)));
    }
    let disposition = format!("attachment; filename=\"{file_name}\"");
    response.insert_header((header::CONTENT_DISPOSITION, disposition));
    Ok(content_type(&mut response, FileFormat::Csv).body(body))
}

fn content_type(
    response: &mut HttpResponseBuilder,
    format: FileFormat,
) -> &mut HttpResponseBuilder {
    response.content_type(match format {
        FileFormat::Csv => "text/csv; charset=utf-8",
        FileFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        FileFormat::Parquet => "application/vnd.apache.parquet",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const XLSX: Shape = Shape::File(FileFormat::Xlsx);
    const CSV: Shape = Shape::File(FileFormat::Csv);
    const PARQUET: Shape = Shape::File(FileFormat::Parquet);

    #[test]
    fn the_most_specific_range_decides_how_much_a_type_is_wanted() {
        assert_eq!(quality("*/*", "text", "csv"), 1_000);
        assert_eq!(quality("text/csv;q=0.5, */*", "text", "csv"), 500);
        assert_eq!(quality("TEXT/CSV ; Q=0.25", "text", "csv"), 250);
        assert_eq!(quality("text/html", "text", "csv"), 0);
        assert_eq!(quality("text/*, text/csv;q=0", "text", "csv"), 0);
        for unreadable in ["text/csv;q=2", "text/csv;q=NaN", "text/csv;q=-1", "text/csv;q=0.0001"] {
            assert_eq!(quality(unreadable, "text", "csv"), 0, "{unreadable}");
        }
    }

    #[test]
    fn the_shape_wanted_most_is_taken_and_the_first_among_equals() {
        let parquet = "application/vnd.apache.parquet";
        let xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        for (accept, shape) in [
            ("", Some(Shape::Json)),
            ("*/*", Some(Shape::Json)),
            ("application/*", Some(Shape::Json)),
            ("text/*", Some(CSV)),
            (&format!("{parquet}, {xlsx}"), Some(XLSX)),
            (&format!("{parquet}, {xlsx};q=0.9, */*;q=0.1"), Some(PARQUET)),
            ("application/json;q=0, */*;q=0.001", Some(CSV)),
            ("text/html, application/pdf", None),
            ("*/*;q=0", None),
        ] {
            assert_eq!(best_shape(accept, &SHAPES), shape, "{accept}");
        }
    }
}
