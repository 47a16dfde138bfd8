//! From the places of a profile to the columns of one file.

use super::file_fault::FileFault;
use super::shape::{Place, Profile};

/// Where a field's value stands in every row of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum At {
    /// In this column, from 0.
    Column(usize),
    /// Nowhere: it is always this.
    Value(String),
}

/// The columns of one file.
#[derive(Debug, Clone)]
pub(super) struct Placed {
    fields: Vec<(&'static str, At)>,
    /// Further data with the names under which it is kept.
    pub(super) extra: Vec<(String, At)>,
}

impl Placed {
    /// Finds the columns by the names in the header; `header` is absent where the
    /// file has none, and then a row has `width` cells.
    pub(super) fn find(
        profile: &Profile,
        line: u64,
        header: Option<&[String]>,
        width: usize,
    ) -> Result<Self, FileFault> {
        let file = File { line, header, width };
        let mut fields = Vec::new();
        for (field, place) in profile.columns.places() {
            if let Some(place) = place {
                fields.push((field, file.find(field, place)?));
            }
        }
        let mut extra = Vec::new();
        for place in &profile.columns.extra {
            let at = file.find("extra", place)?;
            extra.push((file.name_of(place, &at), at));
        }
        Ok(Self { fields, extra })
    }

    pub(super) fn of(&self, field: &str) -> Option<&At> {
        self.fields.iter().find(|(name, _)| *name == field).map(|(_, at)| at)
    }
}

/// What is known of a file before its first row is read.
struct File<'a> {
    line: u64,
    header: Option<&'a [String]>,
    width: usize,
}

impl File<'_> {
    fn find(&self, field: &'static str, place: &Place) -> Result<At, FileFault> {
        let missing = |name| FileFault::MissingColumn { line: self.line, field, name };
        match place {
            Place::Value(value) => Ok(At::Value(value.clone())),
            Place::Position(position) => {
                let column = (*position as usize).checked_sub(1);
                let column = column.filter(|column| *column < self.width);
                column.map(At::Column).ok_or_else(|| missing(position.to_string()))
            }
            Place::Name(name) => {
                let folded = fold(name);
                let header = self.header.ok_or(FileFault::FaultyProfile)?;
                let mut found = (0..).zip(header).filter(|(_, cell)| fold(cell) == folded);
                let (column, _) = found.next().ok_or_else(|| missing(name.clone()))?;
                if found.next().is_some() {
                    let (line, name) = (self.line, name.clone());
                    return Err(FileFault::DuplicateColumn { line, name });
                }
                Ok(At::Column(column))
            }
        }
    }

    fn name_of(&self, place: &Place, at: &At) -> String {
        let named = match (at, self.header) {
            (At::Column(column), Some(header)) => header.get(*column).map(|name| name.trim()),
            _ => None,
        };
        match (named.filter(|name| !name.is_empty()), place) {
            (Some(name), _) => name.to_owned(),
            (None, Place::Position(position)) => format!("column_{position}"),
            (None, Place::Name(name) | Place::Value(name)) => name.clone(),
        }
    }
}

/// A name or a word without what people do not see as a difference: case, and
/// how much white space there is.
pub(super) fn fold(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").to_lowercase()
}
