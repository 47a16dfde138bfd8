//! Groups and what is counted of each: sums, first and last moments, and exact
//! distinct counts. It does not know what a group is.

use std::collections::HashMap;

use polars::prelude::PlHashMap;

/// Pairs gathered before they are sorted again, at least. Every part of a report has such
/// room for each of its sets.
const PAIRS_BETWEEN_SORTS: usize = 1 << 15;

/// Dense integers for numbers, in the order in which they were met.
#[derive(Debug, Default)]
pub(crate) struct Dense {
    codes: PlHashMap<u64, u32>,
    values: Vec<u64>,
}

impl Dense {
    /// The code of `value`: the one it has, or the next free one. A report has
    /// fewer than 2³² groups and numbers: memory ends before.
    pub(crate) fn code(&mut self, value: u64) -> u32 {
        *self.codes.entry(value).or_insert_with(|| {
            self.values.push(value);
            (self.values.len() - 1) as u32
        })
    }

    /// Takes over the other's values, and says what code each has here.
    pub(crate) fn merge(&mut self, other: Self) -> Vec<u32> {
        other.values.into_iter().map(|value| self.code(value)).collect()
    }

    /// The values by their codes.
    pub(crate) fn into_values(self) -> Vec<u64> {
        self.values
    }
}

/// A set of (group, value). Sorting small integers now and then takes less time
/// and memory than a set for each group.
#[derive(Debug, Default)]
pub(crate) struct Pairs {
    /// Sorted and distinct up to `sorted`.
    pairs: Vec<u64>,
    sorted: usize,
}

impl Pairs {
    pub(crate) fn add(&mut self, group: u32, value: u32) {
        let pair = u64::from(group) << 32 | u64::from(value);
        // Segments are sorted: equal pairs come one after the other.
        if self.pairs.last() == Some(&pair) {
            return;
        }
        if self.pairs.len() - self.sorted >= self.room() {
            self.sort();
            // Doubling would take more than is ever needed.
            self.pairs.reserve_exact(self.room());
        }
        self.pairs.push(pair);
    }

    /// How many pairs are gathered before they are sorted again: a quarter more, since
    /// the room that is left empty counts as memory too.
    fn room(&self) -> usize {
        PAIRS_BETWEEN_SORTS.max(self.sorted / 4)
    }

    /// What is sorted is not sorted again: the new pairs are, and then the stable
    /// sort finds two runs and merges them.
    fn sort(&mut self) {
        self.pairs[self.sorted..].sort_unstable();
        self.pairs.sort();
        self.pairs.dedup();
        self.sorted = self.pairs.len();
    }

    /// Takes over the other's pairs, whose groups and values are called
    /// otherwise here.
    fn merge(&mut self, mut other: Self, groups: &[u32], values: Option<&[u32]>) {
        other.sort();
        for pair in other.pairs {
            let value = pair as u32;
            let value = values.map_or(value, |values| values[value as usize]);
            self.add(groups[(pair >> 32) as usize], value);
        }
    }

    /// How many distinct values each group has.
    fn counts(mut self, groups: usize) -> Vec<u32> {
        self.sort();
        let mut counts = vec![0; groups];
        for pair in self.pairs {
            counts[(pair >> 32) as usize] += 1;
        }
        counts
    }
}

/// Groups by their codes, with `SUMS` sums and `SETS` sets each.
#[derive(Debug)]
pub(crate) struct Groups<const SUMS: usize, const SETS: usize> {
    lines: Vec<Line<SUMS>>,
    /// What sums hold beyond their 32 bits, in units of 2³²: next to nothing does.
    carried: HashMap<(u32, usize), u64>,
    sets: [Pairs; SETS],
}

/// What is met of a group at random, side by side: with eleven sums it fills one
/// line of the cache.
#[derive(Debug, Clone, Copy)]
struct Line<const SUMS: usize> {
    first_at: i64,
    last_at: i64,
    sums: [u32; SUMS],
}

impl<const SUMS: usize> Line<SUMS> {
    const EMPTY: Self = Self { first_at: i64::MAX, last_at: i64::MIN, sums: [0; SUMS] };
}

/// What came of it.
pub(crate) struct Counted<const SUMS: usize, const SETS: usize> {
    lines: Vec<Line<SUMS>>,
    carried: HashMap<(u32, usize), u64>,
    /// How many distinct values each group has, for each set.
    pub(crate) distinct: [Vec<u32>; SETS],
}

impl<const SUMS: usize, const SETS: usize> Counted<SUMS, SETS> {
    /// Whether anything belongs to the group.
    pub(crate) fn holds(&self, group: usize) -> bool {
        self.lines.get(group).is_some_and(|line| line.first_at <= line.last_at)
    }

    /// One of the group's sums.
    pub(crate) fn sum(&self, group: usize, which: usize) -> u64 {
        let beyond = self.carried.get(&(group as u32, which)).copied().unwrap_or_default();
        (beyond << 32) + u64::from(self.lines[group].sums[which])
    }

    /// The group's first and last moment.
    pub(crate) fn moments(&self, group: usize) -> (i64, i64) {
        (self.lines[group].first_at, self.lines[group].last_at)
    }
}

impl<const SUMS: usize, const SETS: usize> Groups<SUMS, SETS> {
    pub(crate) fn new() -> Self {
        let sets = std::array::from_fn(|_| Pairs::default());
        Self { lines: Vec::new(), carried: HashMap::new(), sets }
    }

    /// Stretches the group's time to hold these moments.
    pub(crate) fn reach(&mut self, group: u32, first_at: i64, last_at: i64) {
        let index = group as usize;
        if index >= self.lines.len() {
            self.lines.resize(index + 1, Line::EMPTY);
        }
        let line = &mut self.lines[index];
        line.first_at = line.first_at.min(first_at);
        line.last_at = line.last_at.max(last_at);
    }

    /// Adds to one of the sums of a group that was reached.
    pub(crate) fn sum(&mut self, group: u32, which: usize, calls: u64) {
        let sum = &mut self.lines[group as usize].sums[which];
        let total = u64::from(*sum) + calls;
        *sum = total as u32;
        if total >> 32 != 0 {
            *self.carried.entry((group, which)).or_default() += total >> 32;
        }
    }

    /// Adds to one of the sets of a group that was reached.
    pub(crate) fn distinct(&mut self, group: u32, which: usize, value: u32) {
        self.sets[which].add(group, value);
    }

    /// Takes over the other's groups. `groups` says what each is called here,
    /// and `values` what the values of those sets are called that are not named
    /// alike in both.
    pub(crate) fn merge(&mut self, other: Self, groups: &[u32], values: [Option<&[u32]>; SETS]) {
        for (line, group) in other.lines.iter().zip(groups) {
            self.reach(*group, line.first_at, line.last_at);
            for (which, calls) in line.sums.iter().enumerate() {
                self.sum(*group, which, u64::from(*calls));
            }
        }
        for ((group, which), beyond) in other.carried {
            *self.carried.entry((groups[group as usize], which)).or_default() += beyond;
        }
        drop(other.lines);
        for ((mine, theirs), values) in self.sets.iter_mut().zip(other.sets).zip(values) {
            mine.merge(theirs, groups, values);
        }
    }

    pub(crate) fn counted(self) -> Counted<SUMS, SETS> {
        let groups = self.lines.len();
        Counted {
            distinct: self.sets.map(|set| set.counts(groups)),
            lines: self.lines,
            carried: self.carried,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn pairs_are_a_set_however_many_there_are() {
        let mut pairs = Pairs::default();
        let mut expected = BTreeSet::new();
        let mut value: u32 = 1;
        for _ in 0..3 * PAIRS_BETWEEN_SORTS {
            value = value.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (group, value) = (value >> 30, value >> 8 & 0xffff);
            pairs.add(group, value);
            expected.insert((group, value));
        }
        let count = |group| expected.iter().filter(|(of, _)| *of == group).count() as u32;
        assert_eq!(pairs.counts(4), [0, 1, 2, 3].map(count));
    }

    #[test]
    fn groups_called_otherwise_come_together() {
        let (mut left, mut right) = (Groups::<1, 1>::new(), Groups::<1, 1>::new());
        let add = |groups: &mut Groups<1, 1>, group, value: u32| {
            groups.reach(group, i64::from(value), i64::from(value) + 1);
            groups.sum(group, 0, 2);
            groups.distinct(group, 0, value);
        };
        add(&mut left, 0, 7);
        add(&mut right, 1, 0);
        add(&mut right, 0, 1);
        // The right's groups are 1 and 0 here, its values 7 and 8.
        left.merge(right, &[1, 0], [Some(&[7, 8])]);
        let counted = left.counted();
        assert_eq!([0, 1].map(|group| counted.sum(group, 0)), [4, 2]);
        assert_eq!([0, 1].map(|group| counted.moments(group)), [(0, 8), (1, 2)]);
        assert_eq!(counted.distinct, [[1, 1]]);
    }

    #[test]
    fn a_sum_beyond_32_bits_is_whole_also_when_two_come_together() {
        let most = u64::from(u32::MAX);
        let (mut left, mut right) = (Groups::<2, 0>::new(), Groups::<2, 0>::new());
        for groups in [&mut left, &mut right] {
            groups.reach(0, 1, 2);
            groups.sum(0, 1, most);
            groups.sum(0, 1, most);
        }
        left.merge(right, &[0], []);
        let counted = left.counted();
        assert_eq!([0, 1].map(|which| counted.sum(0, which)), [0, 4 * most]);
    }
}
