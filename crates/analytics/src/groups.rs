//! Groups and what is counted of each: sums, first and last moments, and exact
//! distinct counts. It does not know what a group is.

use polars::prelude::PlHashMap;

/// Pairs gathered before they are sorted again, at least.
const PAIRS_BETWEEN_SORTS: usize = 1 << 18;

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

    fn sort(&mut self) {
        self.pairs.sort_unstable();
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

    /// How many distinct classes the values of each group have, where each value has
    /// one: the clients of baits need no set of their own.
    fn class_counts(&mut self, groups: usize, class_of: &[u32]) -> Vec<u32> {
        self.sort();
        let mut counts = vec![0; groups];
        let mut classes = Vec::new();
        for group in self.pairs.chunk_by(|one, next| one >> 32 == next >> 32) {
            classes.clear();
            classes.extend(group.iter().map(|pair| class_of[*pair as u32 as usize]));
            classes.sort_unstable();
            classes.dedup();
            counts[(group[0] >> 32) as usize] = classes.len() as u32;
        }
        counts
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
    sums: Vec<[u64; SUMS]>,
    moments: Vec<(i64, i64)>,
    sets: [Pairs; SETS],
}

/// What came of it, one value per group in each column.
pub(crate) struct Counted<const SUMS: usize, const SETS: usize> {
    pub(crate) sums: Vec<[u64; SUMS]>,
    pub(crate) moments: Vec<(i64, i64)>,
    pub(crate) distinct: [Vec<u32>; SETS],
}

impl<const SUMS: usize, const SETS: usize> Counted<SUMS, SETS> {
    /// Whether anything belongs to the group.
    pub(crate) fn holds(&self, group: usize) -> bool {
        self.moments.get(group).is_some_and(|(first, last)| first <= last)
    }
}

impl<const SUMS: usize, const SETS: usize> Groups<SUMS, SETS> {
    pub(crate) fn new() -> Self {
        let sets = std::array::from_fn(|_| Pairs::default());
        Self { sums: Vec::new(), moments: Vec::new(), sets }
    }

    /// Stretches the group's time to hold these moments.
    pub(crate) fn reach(&mut self, group: u32, first_at: i64, last_at: i64) {
        let index = group as usize;
        if index >= self.sums.len() {
            self.sums.resize(index + 1, [0; SUMS]);
            self.moments.resize(index + 1, (i64::MAX, i64::MIN));
        }
        let (first, last) = &mut self.moments[index];
        *first = (*first).min(first_at);
        *last = (*last).max(last_at);
    }

    /// Adds to one of the sums of a group that was reached.
    pub(crate) fn sum(&mut self, group: u32, which: usize, calls: u64) {
        self.sums[group as usize][which] += calls;
    }

    /// Adds to one of the sets of a group that was reached.
    pub(crate) fn distinct(&mut self, group: u32, which: usize, value: u32) {
        self.sets[which].add(group, value);
    }

    /// Takes over the other's groups. `groups` says what each is called here,
    /// and `values` what the values of those sets are called that are not named
    /// alike in both.
    pub(crate) fn merge(&mut self, other: Self, groups: &[u32], values: [Option<&[u32]>; SETS]) {
        for (code, (sums, (first, last))) in other.sums.iter().zip(&other.moments).enumerate() {
            self.reach(groups[code], *first, *last);
            for (mine, theirs) in self.sums[groups[code] as usize].iter_mut().zip(sums) {
                *mine += theirs;
            }
        }
        for ((mine, theirs), values) in self.sets.iter_mut().zip(other.sets).zip(values) {
            mine.merge(theirs, groups, values);
        }
    }

    /// How many classes the values of one of the sets have in each group.
    pub(crate) fn class_counts(&mut self, which: usize, class_of: &[u32]) -> Vec<u32> {
        self.sets[which].class_counts(self.sums.len(), class_of)
    }

    pub(crate) fn counted(self) -> Counted<SUMS, SETS> {
        let groups = self.sums.len();
        Counted {
            distinct: self.sets.map(|set| set.counts(groups)),
            sums: self.sums,
            moments: self.moments,
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
    fn classes_are_counted_once_however_their_values_are_ordered() {
        let mut pairs = Pairs::default();
        for (group, value) in [(0, 0), (0, 1), (0, 2), (2, 1), (2, 3)] {
            pairs.add(group, value);
        }
        assert_eq!(pairs.class_counts(3, &[7, 8, 7, 8]), [2, 0, 1]);
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
        assert_eq!(counted.sums, [[4], [2]]);
        assert_eq!(counted.moments, [(0, 8), (1, 2)]);
        assert_eq!(counted.distinct, [[1, 1]]);
    }
}
