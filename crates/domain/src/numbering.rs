//! The Ministry's numbering registry: which operator holds a Russian number.

#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::Arc;

use crate::ids::EditionId;
use crate::instant::Instant;
use crate::operator::Inn;
use crate::phone::Phone;
use crate::words::words;
use serde::{Deserialize, Serialize};

/// The registry's four files; the first digit of a code says which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum NumberingFile {
    /// Geographic codes 3xx.
    #[serde(rename = "ABC-3xx")]
    Abc3,
    /// Geographic codes 4xx.
    #[serde(rename = "ABC-4xx")]
    Abc4,
    /// Geographic and service codes 8xx.
    #[serde(rename = "ABC-8xx")]
    Abc8,
    /// Mobile codes 9xx.
    #[serde(rename = "DEF-9xx")]
    Def9,
}

words!(NumberingFile {
    Abc3 => "ABC-3xx",
    Abc4 => "ABC-4xx",
    Abc8 => "ABC-8xx",
    Def9 => "DEF-9xx",
});

impl NumberingFile {
    /// The file that holds a three-digit code, if there is one.
    pub const fn of_code(code: u16) -> Option<Self> {
        match code / 100 {
            3 => Some(Self::Abc3),
            4 => Some(Self::Abc4),
            8 => Some(Self::Abc8),
            9 => Some(Self::Def9),
            _ => None,
        }
    }

    /// The number before all of its codes, as E.164 digits.
    const fn first_number(self) -> u64 {
        match self {
            Self::Abc3 => 73_000_000_000,
            Self::Abc4 => 74_000_000_000,
            Self::Abc8 => 78_000_000_000,
            Self::Def9 => 79_000_000_000,
        }
    }
}

/// One row of the registry: an inclusive range of ten-digit national numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NumberRange {
    /// The first number, as E.164.
    pub first: Phone,
    /// The last number, as E.164.
    pub last: Phone,
    /// The holder's ИНН; absent in the older layouts.
    pub operator: Option<Inn>,
    /// The holder's name as the file spells it.
    pub operator_name: String,
    /// The region as the file names it.
    pub region: String,
}

/// One imported file with the time from which it is in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its id.
    pub id: EditionId,
    /// Which file.
    pub file: NumberingFile,
    /// Since when it is in force.
    pub in_force_from: Instant,
    /// Its ranges, sorted, without overlaps.
    pub ranges: Vec<NumberRange>,
}

/// All editions at hand.
#[derive(Debug, Clone, Default)]
pub struct NumberingPlan {
    /// Sorted by (file, in force from).
    editions: Vec<Edition>,
    /// For each edition where to find a number in it.
    indexes: Vec<Option<RangeIndex>>,
}

/// Where a number stands in one edition, and what a verdict needs of its range: a
/// search looks at the few ranges of the number's own block, which lie side by
/// side, and the range itself is not read.
#[derive(Debug, Clone, Default)]
struct RangeIndex {
    /// One for each range, in their order.
    entries: Vec<IndexEntry>,
    /// For each block of the edition's file how many ranges begin before it; one
    /// more at the end.
    begun_before: Vec<u32>,
    /// The first number of the first block.
    base: u64,
    /// The different holders and regions; there are few.
    holders: Vec<Option<Inn>>,
    regions: Vec<Arc<str>>,
}

/// Twelve bytes, so that a block lies in one or two lines of the cache.
#[derive(Debug, Clone, Copy)]
struct IndexEntry {
    /// The first and the last number, counted from the first of the file.
    first: u32,
    last: u32,
    /// Indexes into the holders and the regions.
    holder: u16,
    region: u16,
}

/// Numbers of one block: the code and two more digits are alike.
const BLOCK: u32 = 100_000;
/// Blocks of one file, which has a hundred codes.
const BLOCKS: u32 = 10_000;

/// What the plan says of one number at one time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allocation<'a> {
    /// No edition of the file for this code is loaded.
    NotLoaded,
    /// A range holds it.
    Held {
        /// The edition that says so.
        edition: EditionId,
        /// The range.
        range: &'a NumberRange,
        /// Its holder.
        operator: Option<Inn>,
        /// Its region, as the file names it, in the form of which a copy costs
        /// nothing; `None` where only the range has it.
        region: Option<&'a Arc<str>>,
        /// The time asked for lies before the first edition.
        before_first: bool,
        /// Only the following edition holds it: it was allocated meanwhile.
        by_next: bool,
    },
    /// In no range of the edition in force, nor of the next where one is loaded.
    Unallocated {
        /// The edition in force.
        edition: EditionId,
        /// The time asked for lies before the first edition.
        before_first: bool,
        /// Whether the following edition was there to ask.
        next_loaded: bool,
    },
}

/// What [`Allocation::Held`] tells of a range.
type Held<'a> = (&'a NumberRange, Option<Inn>, Option<&'a Arc<str>>);

impl NumberingPlan {
    /// A plan of these editions; they and their ranges may come in any order.
    pub fn new(editions: Vec<Edition>) -> Self {
        let editions = in_order(editions);
        let indexes = editions.iter().map(RangeIndex::of).collect();
        Self { editions, indexes }
    }

    /// The same for a look-up or two in a few ranges: an index of where to find them
    /// would cost more than it saves.
    pub fn of_few(editions: Vec<Edition>) -> Self {
        let editions = in_order(editions);
        let indexes = vec![None; editions.len()];
        Self { editions, indexes }
    }

    /// The editions, in order of (file, in force from).
    pub fn editions(&self) -> &[Edition] {
        &self.editions
    }

    /// The plan as it would be, had one of its editions alone been in force of
    /// its file at all times; the other files keep theirs. `None` where the plan
    /// has no such edition.
    pub fn with_only(&self, edition: EditionId) -> Option<Self> {
        let alone = self.editions.iter().find(|one| one.id == edition)?;
        let always = Edition { in_force_from: Instant(i64::MIN), ..alone.clone() };
        let of_other_files = self.editions.iter().filter(|one| one.file != alone.file);
        Some(Self::new(of_other_files.cloned().chain([always]).collect()))
    }

    /// Who holds a Russian number at `at`.
    pub fn look_up(&self, phone: Phone, at: Instant) -> Allocation<'_> {
        let Some(file) = NumberingFile::of_code(phone.code()) else { return Allocation::NotLoaded };
        let of_file = self.editions_of(file);
        if of_file.is_empty() {
            return Allocation::NotLoaded;
        }
        let editions = &self.editions[of_file.clone()];
        let in_force = editions.partition_point(|edition| edition.in_force_from <= at);
        let before_first = in_force == 0;
        let now = of_file.start + in_force.saturating_sub(1);
        let next = (now + 1 < of_file.end).then_some(now + 1);
        let held = |index: usize, by_next: bool| {
            let edition = self.editions[index].id;
            let (range, operator, region) = self.held_by(index, phone)?;
            Some(Allocation::Held { edition, range, operator, region, before_first, by_next })
        };
        held(now, false).or_else(|| next.and_then(|next| held(next, true))).unwrap_or(
            Allocation::Unallocated {
                edition: self.editions[now].id,
                before_first,
                next_loaded: next.is_some(),
            },
        )
    }

    fn editions_of(&self, file: NumberingFile) -> std::ops::Range<usize> {
        let start = self.editions.partition_point(|edition| edition.file < file);
        let end = self.editions.partition_point(|edition| edition.file <= file);
        start..end
    }
}

fn in_order(mut editions: Vec<Edition>) -> Vec<Edition> {
    editions.sort_by_key(|edition| (edition.file, edition.in_force_from, edition.id));
    for edition in &mut editions {
        edition.ranges.sort_by_key(|range| range.first);
    }
    editions
}

impl NumberingPlan {
    /// The range of an edition that holds a number, its holder and its region.
    fn held_by(&self, edition: usize, phone: Phone) -> Option<Held<'_>> {
        let ranges = &self.editions[edition].ranges;
        let Some(index) = &self.indexes[edition] else {
            let begun = ranges.partition_point(|range| range.first <= phone);
            let range = &ranges[begun.checked_sub(1)?];
            return (phone <= range.last).then_some((range, range.operator, None));
        };
        let (place, entry) = index.entry_of(phone)?;
        let (operator, region) = index.particulars(entry);
        Some((&ranges[place], operator, Some(region)))
    }
}

impl RangeIndex {
    /// `None` where a range leaves its file, or there are more different holders
    /// or regions than any registry has: then the ranges themselves are searched.
    fn of(edition: &Edition) -> Option<Self> {
        let mut index = Self { base: edition.file.first_number(), ..Self::default() };
        let (mut holders, mut regions) = (HashMap::new(), HashMap::new());
        for range in &edition.ranges {
            let holder = *holders.entry(range.operator).or_insert_with(|| {
                index.holders.push(range.operator);
                index.holders.len() - 1
            });
            let region = *regions.entry(range.region.as_str()).or_insert_with(|| {
                index.regions.push(range.region.as_str().into());
                index.regions.len() - 1
            });
            index.entries.push(IndexEntry {
                first: index.distance_to(range.first)?,
                last: index.distance_to(range.last)?,
                holder: u16::try_from(holder).ok()?,
                region: u16::try_from(region).ok()?,
            });
        }
        for block in 0..=BLOCKS {
            let begun = index.entries.partition_point(|entry| entry.first < block * BLOCK);
            index.begun_before.push(u32::try_from(begun).ok()?);
        }
        Some(index)
    }

    /// How far a number lies from the first of the file, if it is in the file.
    fn distance_to(&self, phone: Phone) -> Option<u32> {
        let distance = u32::try_from(phone.digits().checked_sub(self.base)?).ok()?;
        (distance < BLOCKS * BLOCK).then_some(distance)
    }

    /// The range that holds a number, with its place.
    fn entry_of(&self, phone: Phone) -> Option<(usize, IndexEntry)> {
        let distance = self.distance_to(phone)?;
        let block = (distance / BLOCK) as usize;
        let (from, to) = (self.begun_before[block] as usize, self.begun_before[block + 1] as usize);
        let of_block = &self.entries[from..to];
        let begun = from + of_block.partition_point(|entry| entry.first <= distance);
        let place = begun.checked_sub(1)?;
        let entry = self.entries[place];
        (distance <= entry.last).then_some((place, entry))
    }

    fn particulars(&self, entry: IndexEntry) -> (Option<Inn>, &Arc<str>) {
        (self.holders[entry.holder as usize], &self.regions[entry.region as usize])
    }
}
