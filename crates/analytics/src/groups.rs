//! Groups and what is counted of each: sums, first and last moments, and exact
//! distinct counts. It does not know what a group is.

use std::collections::HashMap;

use polars::prelude::PlHashMap;

/// Pairs gathered before they are sorted, at least. Every part of a report has such
/// room for each of its sets.
const PAIRS_BETWEEN_SORTS: usize = 1 << 14;
/// Pairs gathered before they are sorted for the first time: a page of one number has few.
const FIRST_PAIRS: usize = 1 << 10;

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
    sorted: Ascending,
    /// In any order, some of them more than once or sorted already.
    new: Vec<u64>,
}

impl Pairs {
    pub(crate) fn add(&mut self, group: u32, value: u32) {
        let pair = u64::from(group) << 32 | u64::from(value);
        // Segments are sorted: equal pairs come one after the other.
        if self.new.last() == Some(&pair) {
            return;
        }
        if self.new.len() == self.new.capacity() {
            self.sort();
            // Doubling would take more than is ever needed, and leave holes.
            self.new.reserve_exact(self.room());
        }
        self.new.push(pair);
    }

    /// How many pairs are gathered before they are sorted: few at first, then an eighth
    /// more.
    fn room(&self) -> usize {
        match self.sorted.count {
            0 => FIRST_PAIRS,
            count => PAIRS_BETWEEN_SORTS.max(count / 8),
        }
    }

    fn sort(&mut self) {
        self.new.sort_unstable();
        self.sorted = std::mem::take(&mut self.sorted).with(&self.new);
        self.new.clear();
    }

    /// Takes over the other's pairs, whose groups and values are called
    /// otherwise here.
    fn merge(&mut self, mut other: Self, groups: &[u32], values: Option<&[u32]>) {
        other.sort();
        for pair in other.sorted.iter() {
            let value = pair as u32;
            let value = values.map_or(value, |values| values[value as usize]);
            self.add(groups[(pair >> 32) as usize], value);
        }
    }

    /// How many distinct values each group has.
    fn counts(mut self, groups: usize) -> Vec<u32> {
        self.sort();
        let mut counts = vec![0; groups];
        for pair in self.sorted.iter() {
            counts[(pair >> 32) as usize] += 1;
        }
        counts
    }
}

/// Bytes of a block: large things that grow by moving leave holes behind, which nothing
/// else fits into.
const BLOCK_BYTES: usize = 64 << 10;

/// Integers that ascend, as the differences between them: two or three bytes each where
/// pairs of a group come together, which as they are take eight.
#[derive(Debug, Default)]
struct Ascending {
    /// Seven bits a byte, the lowest first; all but a difference's last byte have the
    /// eighth bit set. Each block begins anew from zero.
    blocks: Vec<Vec<u8>>,
    last: u64,
    count: usize,
}

impl Ascending {
    /// The longest difference.
    const MOST_BYTES: usize = 10;

    /// Appends a value, unless it is the last one; none is below it.
    fn push(&mut self, value: u64) {
        debug_assert!(value >= self.last);
        if value == self.last && self.count > 0 {
            return;
        }
        let has_room = |block: &&mut Vec<u8>| block.len() + Self::MOST_BYTES <= BLOCK_BYTES;
        let (block, before) = match self.blocks.last_mut().filter(has_room) {
            Some(block) => (block, self.last),
            None => (self.blocks.push_mut(Vec::with_capacity(BLOCK_BYTES)), 0),
        };
        let mut rest = value - before;
        while rest >= 0x80 {
            block.push(rest as u8 | 0x80);
            rest >>= 7;
        }
        block.push(rest as u8);
        (self.last, self.count) = (value, self.count + 1);
    }

    fn iter(&self) -> impl Iterator<Item = u64> {
        self.blocks.iter().flat_map(|block| unpacked(block))
    }

    /// These and others, which are sorted, each once.
    fn with(self, others: &[u64]) -> Self {
        let mut all = Self::default();
        let mut others = others.iter().copied().peekable();
        // A block is given back as soon as it is read.
        for block in self.blocks {
            for value in unpacked(&block) {
                while let Some(other) = others.next_if(|other| *other < value) {
                    all.push(other);
                }
                all.push(value);
            }
        }
        others.for_each(|other| all.push(other));
        all
    }
}

/// The integers of a block.
fn unpacked(block: &[u8]) -> impl Iterator<Item = u64> {
    let (mut bytes, mut value) = (block.iter(), 0);
    std::iter::from_fn(move || {
        let (mut difference, mut bits) = (0, 0);
        loop {
            let byte = *bytes.next()?;
            difference |= u64::from(byte & 0x7f) << bits;
            if byte < 0x80 {
                break;
            }
            bits += 7;
        }
        value += difference;
        Some(value)
    })
}

/// Groups by their codes, with `SUMS` sums and `SETS` sets each.
#[derive(Debug)]
pub(crate) struct Groups<const SUMS: usize, const SETS: usize> {
    lines: Lines<SUMS>,
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

/// Lines that are made once something is met of them, a block at a time.
#[derive(Debug, Default)]
struct Lines<const SUMS: usize> {
    blocks: Vec<Vec<Line<SUMS>>>,
    count: usize,
}

impl<const SUMS: usize> Lines<SUMS> {
    const IN_BLOCK: usize = BLOCK_BYTES / size_of::<Line<SUMS>>();

    fn get(&self, line: usize) -> Option<&Line<SUMS>> {
        self.blocks.get(line / Self::IN_BLOCK).map(|block| &block[line % Self::IN_BLOCK])
    }

    fn get_mut(&mut self, line: usize) -> &mut Line<SUMS> {
        &mut self.blocks[line / Self::IN_BLOCK][line % Self::IN_BLOCK]
    }

    fn make_up_to(&mut self, line: usize) {
        self.count = self.count.max(line + 1);
        while self.count > self.blocks.len() * Self::IN_BLOCK {
            self.blocks.push(vec![Line::EMPTY; Self::IN_BLOCK]);
        }
    }

    /// Those made, in order.
    fn into_iter(self) -> impl Iterator<Item = Line<SUMS>> {
        self.blocks.into_iter().flatten().take(self.count)
    }
}

/// What came of it.
pub(crate) struct Counted<const SUMS: usize, const SETS: usize> {
    lines: Lines<SUMS>,
    carried: HashMap<(u32, usize), u64>,
    /// How many distinct values each group has, for each set.
    pub(crate) distinct: [Vec<u32>; SETS],
}

impl<const SUMS: usize, const SETS: usize> Counted<SUMS, SETS> {
    /// How many groups there are.
    pub(crate) fn groups(&self) -> usize {
        self.lines.count
    }

    /// Whether anything belongs to the group.
    pub(crate) fn holds(&self, group: usize) -> bool {
        self.lines.get(group).is_some_and(|line| line.first_at <= line.last_at)
    }

    /// One of the group's sums.
    pub(crate) fn sum(&self, group: usize, which: usize) -> u64 {
        let beyond = self.carried.get(&(group as u32, which)).copied().unwrap_or_default();
        let sum = self.lines.get(group).map_or(0, |line| line.sums[which]);
        (beyond << 32) + u64::from(sum)
    }

    /// The group's first and last moment.
    pub(crate) fn moments(&self, group: usize) -> (i64, i64) {
        let line = self.lines.get(group).copied().unwrap_or(Line::EMPTY);
        (line.first_at, line.last_at)
    }
}

impl<const SUMS: usize, const SETS: usize> Groups<SUMS, SETS> {
    pub(crate) fn new() -> Self {
        let sets = std::array::from_fn(|_| Pairs::default());
        Self { lines: Lines::default(), carried: HashMap::new(), sets }
    }

    /// Stretches the group's time to hold these moments.
    pub(crate) fn reach(&mut self, group: u32, first_at: i64, last_at: i64) {
        let index = group as usize;
        if index >= self.lines.count {
            self.lines.make_up_to(index);
        }
        let line = self.lines.get_mut(index);
        line.first_at = line.first_at.min(first_at);
        line.last_at = line.last_at.max(last_at);
    }

    /// Adds to one of the sums of a group that was reached.
    pub(crate) fn sum(&mut self, group: u32, which: usize, calls: u64) {
        let sum = &mut self.lines.get_mut(group as usize).sums[which];
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
        for (line, group) in other.lines.into_iter().zip(groups) {
            self.reach(*group, line.first_at, line.last_at);
            for (which, calls) in line.sums.iter().enumerate() {
                self.sum(*group, which, u64::from(*calls));
            }
        }
        for ((group, which), beyond) in other.carried {
            *self.carried.entry((groups[group as usize], which)).or_default() += beyond;
        }
        for ((mine, theirs), values) in self.sets.iter_mut().zip(other.sets).zip(values) {
            mine.merge(theirs, groups, values);
        }
    }

    pub(crate) fn counted(self) -> Counted<SUMS, SETS> {
        let groups = self.lines.count;
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
    fn ascending_integers_read_back_and_come_together_once() {
        let far = [0, 1, 127, 128, 16_383, 16_384, (1 << 32) - 1, 1 << 32, 1 << 63, u64::MAX];
        assert!(Ascending::default().with(&far).iter().eq(far));
        let more = [0, 0, 2, 128, 1 << 40, u64::MAX];
        let expected: BTreeSet<u64> = far.into_iter().chain(more).collect();
        assert!(Ascending::default().with(&far).with(&more).iter().eq(expected));
        assert_eq!(Ascending::default().with(&[]).iter().count(), 0);
    }

    #[test]
    fn ascending_integers_of_many_blocks_read_back() {
        let every = |step: usize| (0..1 << 40).step_by(step).collect::<Vec<u64>>();
        let all = Ascending::default().with(&every(1 << 22)).with(&every((1 << 22) / 3));
        assert!(all.blocks.len() > 10 && all.blocks.iter().all(|one| one.len() <= BLOCK_BYTES));
        let expected: BTreeSet<u64> =
            every(1 << 22).into_iter().chain(every((1 << 22) / 3)).collect();
        assert_eq!(all.count, expected.len());
        assert!(all.iter().eq(expected));
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
