//! One CSV row, split into its cells line by line (RFC 4180). It takes lines
//! and not a stream, so that its user decides how far an open quote may reach.

/// Where a row stands after a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RowState {
    /// All cells are closed: the row may end here.
    Whole,
    /// A quote is open: the cell goes on in the next line.
    Open,
    /// Something follows a closed quote: this is no row.
    Broken,
}

/// A row under way. A quote opens only at the beginning of a cell; further in
/// it is a plain character, as in the names of companies.
#[derive(Debug)]
pub(crate) struct Row {
    delimiter: u8,
    cells: Vec<Vec<u8>>,
    cell: Cell,
}

/// Where the cell under way stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cell {
    Empty,
    Plain,
    Quoted,
    /// A quote inside a quoted cell: its end, or half of a doubled one.
    Closed,
}

impl Row {
    pub(crate) fn new(delimiter: u8) -> Self {
        Self { delimiter, cells: vec![Vec::new()], cell: Cell::Empty }
    }

    /// How many cells have begun.
    pub(crate) const fn cells(&self) -> usize {
        self.cells.len()
    }

    pub(crate) fn into_cells(self) -> Vec<Vec<u8>> {
        self.cells
    }

    /// Adds a line without its end; not to be called after [`RowState::Broken`].
    pub(crate) fn add_line(&mut self, line: &[u8]) -> RowState {
        if self.cell == Cell::Quoted {
            self.push(b'\n');
        }
        for &byte in line {
            self.cell = match (self.cell, byte) {
                (Cell::Quoted, b'"') => Cell::Closed,
                (Cell::Closed, b'"') | (Cell::Quoted, _) => {
                    self.push(byte);
                    Cell::Quoted
                }
                (_, byte) if byte == self.delimiter => {
                    self.cells.push(Vec::new());
                    Cell::Empty
                }
                (Cell::Closed, _) => return RowState::Broken,
                (Cell::Empty, b'"') => Cell::Quoted,
                (Cell::Empty | Cell::Plain, _) => {
                    self.push(byte);
                    Cell::Plain
                }
            };
        }
        if self.cell == Cell::Quoted { RowState::Open } else { RowState::Whole }
    }

    fn push(&mut self, byte: u8) {
        if let Some(cell) = self.cells.last_mut() {
            cell.push(byte);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;
    use proptest::prelude::*;

    fn split(lines: &[&str]) -> (Vec<RowState>, Vec<String>) {
        let mut row = Row::new(b',');
        let states = lines.iter().map(|line| row.add_line(line.as_bytes())).collect();
        let cells = row.into_cells().into_iter().map(|cell| String::from_utf8(cell).unwrap());
        (states, cells.collect())
    }

    #[test]
    fn cells_end_at_delimiters_and_quotes_guard_them() {
        use RowState::{Broken, Open, Whole};
        let table: [(&[&str], &[RowState], &[&str]); 8] = [
            (&[""], &[Whole], &[""]),
            (&["a,,c"], &[Whole], &["a", "", "c"]),
            (&[r#""a,b",c"#], &[Whole], &["a,b", "c"]),
            (&[r#""say ""yes""",c"#], &[Whole], &[r#"say "yes""#, "c"]),
            (&[r#"ООО "Ромашка",c"#], &[Whole], &[r#"ООО "Ромашка""#, "c"]),
            (&[r#"a,"b"#, r#"c",d"#], &[Open, Whole], &["a", "b\nc", "d"]),
            (&[r#""a"b,c"#], &[Broken], &["a"]),
            (&[r#"""#], &[Open], &[""]),
        ];
        for (lines, states, cells) in table {
            let cells = cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
            assert_eq!(split(lines), (states.to_vec(), cells), "{lines:?}");
        }
    }

    proptest! {
        #[test]
        fn what_a_conforming_writer_writes_is_read_back(
            cells in prop::collection::vec("[a-zа-я\",;\n ]{0,8}", 2..6),
            semicolons in any::<bool>(),
        ) {
            let delimiter = if semicolons { b';' } else { b',' };
            let mut writer =
                csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            writer.write_record(&cells).unwrap();
            let written = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let mut row = Row::new(delimiter);
            let mut state = RowState::Broken;
            for line in written.strip_suffix('\n').unwrap().split('\n') {
                state = row.add_line(line.as_bytes());
            }
            prop_assert_eq!(state, RowState::Whole);
            let read: Vec<_> = cells.iter().map(|cell| cell.as_bytes().to_vec()).collect();
            prop_assert_eq!(row.into_cells(), read);
        }
    }
}
