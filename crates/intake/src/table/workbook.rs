//! An Office Open XML workbook as a package of parts: which parts there are,
//! each unfolded within one budget. Only values are read: no formula, no link
//! and no macro is looked at. It asks the parts for cells in `sheet`.

use std::io::{Cursor, Read};

use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::{Reader, XmlVersion, escape};
use zip::ZipArchive;
use zip::result::ZipError;

use super::sheet::{self, SheetRow};
use super::styles::Styles;
use super::{MAX_UNPACKED_BYTES, TableFault};

/// The relations of the package itself.
const ROOT_RELATIONS: &str = "_rels/.rels";

/// Reads the rows of the visible sheet of this name, or of the first one; it has
/// at most `max_rows` that hold something.
pub(crate) fn read(
    bytes: &[u8],
    sheet_name: Option<&str>,
    max_rows: usize,
) -> Result<Vec<SheetRow>, TableFault> {
    if bytes.trim_ascii().is_empty() {
        return Err(TableFault::Empty);
    }
    let mut package = Package::open(bytes)?;
    let root = package.relations(ROOT_RELATIONS, "")?;
    let workbook = target(&root, "/officeDocument").ok_or(TableFault::NotAWorkbook)?;
    let (folder, name) = workbook.rsplit_once('/').unwrap_or(("", &workbook));
    let relations = match folder {
        "" => format!("_rels/{name}.rels"),
        folder => format!("{folder}/_rels/{name}.rels"),
    };
    let relations = package.relations(&relations, folder)?;
    let workbook = Workbook::of(&package.part(&workbook)?.ok_or(TableFault::NotAWorkbook)?)?;
    let missing = sheet_name.map_or(TableFault::NotAWorkbook, |_| TableFault::UnknownSheet);
    let sheet = workbook.sheet(sheet_name, &relations).ok_or(missing)?;
    let styles = match target(&relations, "/styles") {
        Some(name) => package.part(&name)?.map_or(Ok(Styles::default()), |xml| Styles::of(&xml)),
        None => Ok(Styles::default()),
    }?;
    let strings = match target(&relations, "/sharedStrings") {
        Some(name) => package.part(&name)?.map_or(Ok(Vec::new()), |xml| sheet::strings(&xml)),
        None => Ok(Vec::new()),
    }?;
    let xml = package.part(sheet)?.ok_or(TableFault::NotAWorkbook)?;
    sheet::rows(&xml, &strings, &styles.in_epoch(workbook.epoch_is_1904), max_rows)
}

/// The archive, and how many bytes its parts may still unfold to.
struct Package<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left_bytes: u64,
}

impl<'a> Package<'a> {
    fn open(bytes: &'a [u8]) -> Result<Self, TableFault> {
        let archive = ZipArchive::new(Cursor::new(bytes)).map_err(broken)?;
        Ok(Self { archive, left_bytes: MAX_UNPACKED_BYTES as u64 })
    }

    /// The text of a part, where there is such a part. What the archive says of
    /// its size is not believed.
    fn part(&mut self, name: &str) -> Result<Option<String>, TableFault> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(broken(error)),
        };
        let mut bytes = Vec::new();
        file.take(self.left_bytes + 1).read_to_end(&mut bytes).map_err(broken)?;
        let left = self.left_bytes.checked_sub(bytes.len() as u64);
        self.left_bytes = left.ok_or(TableFault::TooLarge)?;
        String::from_utf8(bytes).map(Some).map_err(broken)
    }

    /// What the part in `folder` that these relations belong to refers to.
    fn relations(&mut self, name: &str, folder: &str) -> Result<Vec<Relation>, TableFault> {
        let Some(xml) = self.part(name)? else { return Ok(Vec::new()) };
        let mut relations = Vec::new();
        let mut reader = reader(&xml);
        loop {
            match next(&mut reader)? {
                Event::Start(start) if start.local_name().as_ref() == "Relationship" => {
                    let [id, kind, to] = attributes(&start, ["Id", "Type", "Target"])?;
                    let (Some(id), Some(kind), Some(to)) = (id, kind, to) else { continue };
                    let target = match (to.strip_prefix('/'), folder) {
                        (Some(absolute), _) => absolute.to_owned(),
                        (None, "") => to,
                        (None, folder) => format!("{folder}/{to}"),
                    };
                    relations.push(Relation { id, kind, target });
                }
                Event::Eof => return Ok(relations),
                _ => {}
            }
        }
    }
}

/// From one part to another.
struct Relation {
    id: String,
    kind: String,
    target: String,
}

/// The part of this kind. Kinds are URLs of two families with the same ends.
fn target(relations: &[Relation], kind: &str) -> Option<String> {
    let found = relations.iter().find(|relation| relation.kind.ends_with(kind));
    found.map(|relation| relation.target.clone())
}

/// What the workbook's own part says.
#[derive(Default)]
struct Workbook {
    /// The names of its visible sheets and the ids of the relations to them, in
    /// order.
    sheets: Vec<(String, String)>,
    epoch_is_1904: bool,
}

impl Workbook {
    fn of(xml: &str) -> Result<Self, TableFault> {
        let mut workbook = Self::default();
        let mut reader = reader(xml);
        loop {
            match next(&mut reader)? {
                Event::Start(start) if start.local_name().as_ref() == "workbookPr" => {
                    let [epoch] = attributes(&start, ["date1904"])?;
                    workbook.epoch_is_1904 = matches!(epoch.as_deref(), Some("1" | "true"));
                }
                Event::Start(start) if start.local_name().as_ref() == "sheet" => {
                    let [name, id, state] = attributes(&start, ["name", "id", "state"])?;
                    if matches!(state.as_deref(), None | Some("visible")) {
                        workbook.sheets.extend(id.map(|id| (name.unwrap_or_default(), id)));
                    }
                }
                Event::Eof => return Ok(workbook),
                _ => {}
            }
        }
    }

    /// The part of the first sheet that has cells, a chart is a sheet too, and the
    /// name, where one is asked for.
    fn sheet<'a>(&self, name: Option<&str>, relations: &'a [Relation]) -> Option<&'a str> {
        let part_of = |(_, id): &(String, String)| {
            let is_it =
                |relation: &&Relation| relation.id == *id && relation.kind.ends_with("/worksheet");
            relations.iter().find(is_it).map(|relation| relation.target.as_str())
        };
        let is_meant =
            |(found, _): &&(String, String)| name.is_none_or(|name| found.trim() == name.trim());
        self.sheets.iter().filter(is_meant).find_map(part_of)
    }
}

/// A reader that gives an empty element as its start and its end.
pub(super) fn reader(xml: &str) -> Reader<&[u8]> {
    let mut reader = Reader::from_str(xml.trim_start_matches('\u{feff}'));
    reader.config_mut().expand_empty_elements = true;
    reader
}

/// The next event. No office program writes a document type, whose entities
/// could unfold without end.
pub(super) fn next<'a>(reader: &mut Reader<&'a [u8]>) -> Result<Event<'a>, TableFault> {
    match reader.read_event().map_err(broken)? {
        Event::DocType(_) => Err(TableFault::NotAWorkbook),
        event => Ok(event),
    }
}

/// The values of these attributes, whatever the prefixes of their names.
pub(super) fn attributes<const N: usize>(
    start: &BytesStart<'_>,
    names: [&str; N],
) -> Result<[Option<String>; N], TableFault> {
    let mut values = [const { None }; N];
    for attribute in start.attributes().with_checks(false) {
        let attribute = attribute.map_err(broken)?;
        let name = attribute.key.local_name();
        let found = names.iter().zip(&mut values).find(|(wanted, _)| **wanted == name.as_ref());
        if let Some((_, value)) = found {
            let text = attribute.normalized_value(XmlVersion::Implicit1_0).map_err(broken)?;
            *value = Some(text.into_owned());
        }
    }
    Ok(values)
}

/// Adds the text of an event, if it is text.
pub(super) fn add_text(event: &Event<'_>, text: &mut String) -> Result<(), TableFault> {
    match event {
        Event::Text(part) => text.push_str(&part.xml10_content()),
        Event::CData(part) => text.push_str(&part.xml10_content()),
        Event::GeneralRef(reference) => add_reference(reference, text)?,
        _ => {}
    }
    Ok(())
}

fn add_reference(reference: &BytesRef<'_>, text: &mut String) -> Result<(), TableFault> {
    if let Some(character) = reference.resolve_char_ref().map_err(broken)? {
        text.push(character);
        return Ok(());
    }
    let known = escape::resolve_predefined_entity(reference).ok_or(TableFault::NotAWorkbook)?;
    text.push_str(known);
    Ok(())
}

/// Whatever is wrong with the bytes, their sender only needs to know that.
pub(super) fn broken<E>(_error: E) -> TableFault {
    TableFault::NotAWorkbook
}
