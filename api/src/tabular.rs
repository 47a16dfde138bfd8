//! Answers that are tables: JSON or CSV by the header Accept, and CSV that no
//! spreadsheet runs. Knows no nouns.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};

use crate::paging::link_to_next;
use crate::problem::{ApiError, ApiResult};

/// How a table is spelt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Json,
    Csv,
}

/// The shape the header Accept likes best; JSON where it does not care.
pub(crate) fn wanted_shape(req: &HttpRequest) -> ApiResult<Shape> {
    let Some(accept) = req.headers().get(header::ACCEPT) else { return Ok(Shape::Json) };
    let accept = accept.to_str().map_err(|_| ApiError::NotAcceptable)?;
    let (json, csv) = (quality(accept, "application", "json"), quality(accept, "text", "csv"));
    match (json, csv) {
        (json, csv) if json <= 0.0 && csv <= 0.0 => Err(ApiError::NotAcceptable),
        (json, csv) if csv > json => Ok(Shape::Csv),
        _ => Ok(Shape::Json),
    }
}

/// How much a media type is wanted, by the most specific range that names it.
fn quality(accept: &str, kind: &str, subtype: &str) -> f32 {
    let ranges = accept.split(',').filter_map(|range| {
        let mut parts = range.split(';').map(str::trim);
        let name = parts.next()?.to_ascii_lowercase();
        let specificity = match name.split_once('/')? {
            (k, s) if k == kind && s == subtype => 2,
            (k, "*") if k == kind => 1,
            ("*", "*") => 0,
            _ => return None,
        };
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok());
        Some((specificity, weight.unwrap_or(1.0)))
    });
    ranges.max_by_key(|(specificity, _)| *specificity).map_or(0.0, |(_, weight)| weight)
}

/// A table's rows under their names as RFC 4180 has it, with a byte order mark
/// for spreadsheets, and the link to the next piece where there is one.
pub(crate) fn csv_answer(
    req: &HttpRequest,
    next_cursor: Option<&str>,
    file_name: &str,
    columns: &[&str],
    rows: impl Iterator<Item = Vec<String>>,
) -> ApiResult<HttpResponse> {
    let failed = |error: &dyn std::fmt::Display| ApiError::Internal(error.to_string());
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer("\u{feff}".as_bytes().to_vec());
    writer.write_record(columns).map_err(|error| failed(&error))?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| inert(cell))).map_err(|error| failed(&error))?;
    }
    let body = writer.into_inner().map_err(|error| failed(&error))?;
    let mut response = HttpResponse::Ok();
    if let Some(cursor) = next_cursor {
        response.insert_header((header::LINK, link_to_next(req, cursor)));
    }
    let disposition = format!("attachment; filename=\"{file_name}\"");
    Ok(response
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, disposition))
        .body(body))
}

/// The cell of a value that may be absent.
pub(crate) fn cell(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// A cell that a spreadsheet could run gets an apostrophe before it; so does
/// one that begins with an apostrophe, which makes the mark reversible.
fn inert(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\'']) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_specific_range_decides_how_much_a_type_is_wanted() {
        assert!(quality("*/*", "text", "csv") > 0.9);
        assert!(quality("text/csv;q=0.5, */*", "text", "csv") < 0.6);
        assert!(quality("text/html", "text", "csv") <= 0.0);
        assert!(quality("text/*, text/csv;q=0", "text", "csv") <= 0.0);
    }

    #[test]
    fn a_cell_that_could_run_is_made_a_text() {
        assert_eq!(inert("=1+1"), "'=1+1");
        assert_eq!(inert("+79160000001"), "'+79160000001");
        assert_eq!(inert("'a"), "''a");
        assert_eq!(inert("ООО «Окна»"), "ООО «Окна»");
    }
}
