//! Compares a stream that is being written with one that is there already.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::{self, Read, Seek, SeekFrom, Write};

use crate::archive::CHUNK_BYTES;

/// Differing positions kept; only the first one is ever told.
const MAX_DIFFERING: usize = 1_024;

/// One of several readers of the same source, each with a position of its own.
pub(super) struct View<'a, R> {
    source: &'a RefCell<R>,
    position: u64,
}

impl<'a, R> View<'a, R> {
    pub(super) fn new(source: &'a RefCell<R>) -> Self {
        Self { source, position: 0 }
    }
}

impl<R: Read + Seek> Read for View<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut source = self.source.borrow_mut();
        source.seek(SeekFrom::Start(self.position))?;
        let length = source.read(buffer)?;
        self.position += length as u64;
        Ok(length)
    }
}

impl<R: Seek> Seek for View<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(offset) => moved(self.position, offset)?,
            SeekFrom::End(offset) => {
                let end = self.source.borrow_mut().seek(SeekFrom::End(0))?;
                moved(end, offset)?
            }
        };
        Ok(self.position)
    }
}

fn moved(position: u64, offset: i64) -> io::Result<u64> {
    position.checked_add_signed(offset).ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// Takes what a writer writes and keeps only where it differs from the
/// original. A writer may come back and correct itself, as ZIP writers do with
/// the lengths in their headers.
pub(super) struct Comparison<'a, R> {
    original: View<'a, R>,
    position: u64,
    /// The first byte never written.
    end: u64,
    differing: BTreeSet<u64>,
    buffer: Vec<u8>,
}

impl<'a, R: Read + Seek> Comparison<'a, R> {
    pub(super) fn new(source: &'a RefCell<R>) -> Self {
        let buffer = vec![0; CHUNK_BYTES];
        let differing = BTreeSet::new();
        Self { original: View::new(source), position: 0, end: 0, differing, buffer }
    }

    /// The first position at which the two differ, their lengths included.
    pub(super) fn first_difference(&self, original_length: u64) -> Option<u64> {
        let lengths = (self.end != original_length).then(|| self.end.min(original_length));
        self.differing.first().copied().into_iter().chain(lengths).min()
    }

    fn note(&mut self, written: &[u8], read: usize) {
        let end = self.position + written.len() as u64;
        let unchanged = *written == self.buffer[..read];
        if unchanged && self.differing.range(self.position..end).next().is_none() {
            return;
        }
        for (position, (index, byte)) in (self.position..).zip(written.iter().enumerate()) {
            if self.buffer[..read].get(index) == Some(byte) {
                self.differing.remove(&position);
            } else {
                self.differing.insert(position);
            }
        }
        while self.differing.len() > MAX_DIFFERING {
            self.differing.pop_last();
        }
    }
}

impl<R: Read + Seek> Write for Comparison<'_, R> {
    fn write(&mut self, written: &[u8]) -> io::Result<usize> {
        let written = &written[..written.len().min(CHUNK_BYTES)];
        self.original.seek(SeekFrom::Start(self.position))?;
        let mut read = 0;
        while read < written.len() {
            match self.original.read(&mut self.buffer[read..written.len()])? {
                0 => break,
                length => read += length,
            }
        }
        self.note(written, read);
        self.position += written.len() as u64;
        self.end = self.end.max(self.position);
        Ok(written.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<R: Seek> Seek for Comparison<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.position = match to {
            SeekFrom::Start(position) => position,
            SeekFrom::Current(offset) => moved(self.position, offset)?,
            SeekFrom::End(offset) => moved(self.end, offset)?,
        };
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use std::io::Cursor;

    use super::*;

    fn first_difference(original: &[u8], writes: &[(u64, &[u8])]) -> Option<u64> {
        let source = RefCell::new(Cursor::new(original));
        let mut comparison = Comparison::new(&source);
        for (at, bytes) in writes {
            comparison.seek(SeekFrom::Start(*at)).unwrap();
            comparison.write_all(bytes).unwrap();
        }
        comparison.first_difference(original.len() as u64)
    }

    #[test]
    fn a_writer_that_corrects_itself_is_equal_in_the_end() {
        assert_eq!(first_difference(b"abcdef", &[(0, b"a00def"), (1, b"bc")]), None);
        assert_eq!(first_difference(b"abcdef", &[(0, b"abcdef"), (1, b"x")]), Some(1));
    }

    #[test]
    fn a_difference_in_length_is_a_difference_where_the_shorter_one_ends() {
        assert_eq!(first_difference(b"abc", &[(0, b"ab")]), Some(2));
        assert_eq!(first_difference(b"ab", &[(0, b"abc")]), Some(2));
        assert_eq!(first_difference(b"", &[]), None);
    }

    #[test]
    fn the_first_of_very_many_differences_is_told() {
        let original = vec![0_u8; 5 * CHUNK_BYTES];
        let mut written = vec![1_u8; original.len()];
        written[..70_000].fill(0);
        assert_eq!(first_difference(&original, &[(0, &written)]), Some(70_000));
    }
}
