//! What lies beside the packages of a batch: the index as XLSX and PDF, for whoever
//! goes through them, and the sums of all files, for whoever checks them.

use baitline_domain::gate::Missing;
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use jiff::tz::TimeZone;

use crate::BuildError;
use crate::bag::hex;
use crate::columns::widths;
use crate::document::{Block, Document, Inline};
use crate::dossier::Period;
use crate::gaps;
use crate::pdf::pdf;
use crate::register::{Cell, Column, column};
use crate::russian::{self, NBSP, date, local, minutes, zone};
use crate::xlsx_file::table;

/// The index for sheet programs.
pub const INDEX_XLSX: &str = "index.xlsx";
/// The sums of every other file of the archive, as `sha256sum -c` reads them.
pub const SUMS: &str = "sha256sums.txt";
/// Rows of one PDF: a longer index goes into several, for it is set in memory.
const ROWS_OF_A_PDF: usize = 1_000;
const TITLE: &str = "Опись пакетов доказательств";

/// A batch of packages.
#[derive(Debug, Clone)]
pub struct Batch {
    /// What the batch is known by, as its folder has it.
    pub ident: String,
    /// Whose it is.
    pub client_name: String,
    /// The client's time zone.
    pub time_zone: String,
    /// Whose calls were looked at.
    pub period: Period,
    /// The only time that its documents know.
    pub sealed_at: Instant,
    /// The packages in order of the number.
    pub packages: Vec<BatchPackage>,
}

/// One package of a batch.
#[derive(Debug, Clone)]
pub struct BatchPackage {
    /// The number complained of.
    pub caller: Phone,
    /// The calls in it.
    pub interceptions: u32,
    /// What it lacks before it may be filed.
    pub missing: Vec<Missing>,
    /// Its archive; `None` where it could not be built.
    pub file: Option<NamedSum>,
}

/// A file with its sum.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedSum {
    /// Its path inside the folder.
    pub name: String,
    /// How many bytes.
    pub bytes: u64,
    /// SHA-256 of them.
    pub sha256: [u8; 32],
}

/// A file that lies beside the packages.
pub type IndexFile = (String, Vec<u8>);

const COLUMNS: [Column; 8] = [
    column("№", 6.0),
    column("Вызывающий номер", 20.0),
    column("Звонков", 10.0),
    column("Состояние", 14.0),
    column("Чего не хватает", 70.0),
    column("Файл", 70.0),
    column("Размер, КиБ", 12.0),
    column("SHA-256", 70.0),
];

/// The index as XLSX and as PDF, one file for each thousand of packages, each made when
/// its turn comes. Equal batches give equal bytes.
///
/// # Errors
/// When the time zone does not exist; of a file, when it cannot be made.
pub fn index(
    batch: &Batch,
) -> Result<impl Iterator<Item = Result<IndexFile, BuildError>>, BuildError> {
    let zone = TimeZone::get(&batch.time_zone)
        .map_err(|_| BuildError::TimeZone(batch.time_zone.clone()))?;
    let parts = batch.packages.len().div_ceil(ROWS_OF_A_PDF).max(1);
    let pdfs = (0..parts).map(move |part| index_pdf(batch, (part, parts), &zone));
    Ok(std::iter::once_with(|| index_xlsx(batch)).chain(pdfs))
}

fn index_xlsx(batch: &Batch) -> Result<IndexFile, BuildError> {
    let rows: Vec<[Cell; COLUMNS.len()]> = (1..).zip(&batch.packages).map(row).collect();
    let bytes = table("Опись пакетов", &COLUMNS, &rows, batch.sealed_at)
        .map_err(|error| fault(INDEX_XLSX, &error))?;
    Ok((INDEX_XLSX.to_owned(), bytes))
}

fn index_pdf(
    batch: &Batch,
    (part, parts): (usize, usize),
    zone: &TimeZone,
) -> Result<IndexFile, BuildError> {
    let name = match parts {
        1 => "index.pdf".to_owned(),
        _ => format!("index-{:02}.pdf", part + 1),
    };
    let document = document(batch, (part, parts), zone);
    let ident = format!("{}/{name}", batch.ident);
    let bytes =
        pdf(document, &ident, batch.sealed_at).map_err(|error| fault("index.pdf", &error))?;
    Ok((name, bytes))
}

/// The sums of these files, a line each and in their order.
pub fn sums<'a>(files: impl IntoIterator<Item = &'a NamedSum>) -> Vec<u8> {
    let lines = files.into_iter().map(|file| format!("{}  {}\n", hex(&file.sha256), file.name));
    lines.collect::<String>().into_bytes()
}

fn fault(document: &'static str, detail: &dyn std::fmt::Display) -> BuildError {
    BuildError::Document { document, detail: detail.to_string() }
}

fn state(package: &BatchPackage) -> &'static str {
    match (&package.file, package.missing.is_empty()) {
        (None, _) => "не собран",
        (Some(_), false) => "проект",
        (Some(_), true) => "готов",
    }
}

fn lacks(package: &BatchPackage) -> String {
    package.missing.iter().map(|kind| gaps::name(*kind)).collect::<Vec<_>>().join("; ")
}

fn row((number, package): (u32, &BatchPackage)) -> [Cell; COLUMNS.len()] {
    let file = package.file.as_ref();
    [
        Cell::Number(number),
        Cell::Text(package.caller.to_string()),
        Cell::Number(package.interceptions),
        Cell::Text(state(package).to_owned()),
        Cell::Text(lacks(package)),
        Cell::Text(file.map(|file| file.name.clone()).unwrap_or_default()),
        match file {
            Some(file) => {
                Cell::Number(u32::try_from(file.bytes.div_ceil(1_024)).unwrap_or(u32::MAX))
            }
            None => Cell::Text(String::new()),
        },
        Cell::Text(file.map(|file| hex(&file.sha256)).unwrap_or_default()),
    ]
}

/// The rows of one part as a document; each part says which it is.
fn document(batch: &Batch, (part, parts): (usize, usize), zone: &TimeZone) -> Document {
    let packages = batch.packages.iter().enumerate();
    let rows: Vec<Vec<Vec<Inline>>> = packages
        .skip(part * ROWS_OF_A_PDF)
        .take(ROWS_OF_A_PDF)
        .map(|(index, package)| {
            let cells = [
                (index + 1).to_string(),
                russian::phone(package.caller),
                package.interceptions.to_string(),
                state(package).to_owned(),
                lacks(package),
            ];
            cells.into_iter().map(text).collect()
        })
        .collect();
    let titles = COLUMNS.iter().take(5).map(|column| text(column.title.to_owned()));
    let header: Vec<Vec<Inline>> = titles.collect();
    let mut blocks = head(batch, (part, parts), zone);
    if !rows.is_empty() {
        let widths = widths(&header, &rows);
        blocks.push(Block::Table { header, rows, widths, numbered: true });
    }
    Document { title: TITLE.to_owned(), watermark: None, blocks }
}

fn head(batch: &Batch, (part, parts): (usize, usize), zone: &TimeZone) -> Vec<Block> {
    let sealed = local(batch.sealed_at, zone);
    let (from, to) = (local(batch.period.from, zone), local(batch.period.to, zone));
    let moment = |at| format!("{}, {}", date(at), minutes(at));
    let count = |is: &str| batch.packages.iter().filter(|package| state(package) == is).count();
    let mut lines = vec![
        format!("Клиент: {}.", batch.client_name),
        format!(
            "Звонки с{NBSP}{} до{NBSP}{} ({}).",
            moment(&from),
            moment(&to),
            self::zone(&sealed)
        ),
        format!("Составлена {}.", moment(&sealed)),
        format!(
            "Пакетов: {}; готовы: {}, проекты: {}, не собраны: {}.",
            batch.packages.len(),
            count("готов"),
            count("проект"),
            count("не собран")
        ),
    ];
    if parts > 1 {
        lines.push(format!("Часть {} из {parts}.", part + 1));
    }
    let heading = Block::Heading { level: 1, content: text(TITLE.to_owned()) };
    let paragraphs = lines.into_iter().map(|line| Block::Paragraph { content: text(line) });
    std::iter::once(heading).chain(paragraphs).collect()
}

fn text(text: String) -> Vec<Inline> {
    vec![Inline::Text { text }]
}

#[cfg(test)]
mod tests;
