//! The best one-to-one choice among candidate pairs: as many pairs as can be,
//! then as many of them agreeing in duration as can be, then the nearest. The
//! same candidates give the same choice; which of several equally good ones it
//! is follows from their places, which follow from time and number.

use super::ReconciliationError;
use super::closeness::Closeness;

/// Lines and calls of one knot of candidates, larger of the two sides: what
/// hangs together through shared minutes.
const MAX_KNOT: usize = 400;
/// What a pair is worth. It outweighs every agreement and distance of a knot,
/// so that no pair is given up for them.
const PAIR_WORTH: i64 = 2_000_000_000_000;
/// What an agreeing duration is worth; it outweighs every distance of a knot.
const AGREEMENT_WORTH: i64 = 2_000_000_000;

/// Chooses pairs of (line, call) by their places.
pub(super) fn assign(
    candidates: &[(usize, usize, Closeness)],
) -> Result<Vec<(usize, usize)>, ReconciliationError> {
    let mut chosen = Vec::new();
    for knot in knots(candidates) {
        chosen.extend(assign_knot(&knot)?);
    }
    chosen.sort_unstable();
    Ok(chosen)
}

type Knot = Vec<(usize, usize, i64)>;

/// Candidates that share no line and no call are chosen apart from each other.
fn knots(candidates: &[(usize, usize, Closeness)]) -> Vec<Knot> {
    let lines = candidates.iter().map(|(line, _, _)| line + 1).max().unwrap_or(0);
    let calls = candidates.iter().map(|(_, call, _)| call + 1).max().unwrap_or(0);
    let mut parents: Vec<usize> = (0..lines + calls).collect();
    for (line, call, _) in candidates {
        let (one, other) = (root(&mut parents, *line), root(&mut parents, lines + call));
        parents[one.max(other)] = one.min(other);
    }
    let mut knots: std::collections::BTreeMap<usize, Knot> = std::collections::BTreeMap::new();
    for (line, call, close) in candidates {
        let agreement = if close.duration_agrees { AGREEMENT_WORTH } else { 0 };
        let worth = PAIR_WORTH + agreement - close.distance;
        knots.entry(root(&mut parents, *line)).or_default().push((*line, *call, worth));
    }
    knots.into_values().collect()
}

fn root(parents: &mut [usize], mut place: usize) -> usize {
    while parents[place] != place {
        parents[place] = parents[parents[place]];
        place = parents[place];
    }
    place
}

fn assign_knot(knot: &[(usize, usize, i64)]) -> Result<Vec<(usize, usize)>, ReconciliationError> {
    if let [(line, call, _)] = knot {
        return Ok(vec![(*line, *call)]);
    }
    let lines = places(knot.iter().map(|(line, _, _)| *line));
    let calls = places(knot.iter().map(|(_, call, _)| *call));
    let size = lines.len().max(calls.len());
    if size > MAX_KNOT {
        return Err(ReconciliationError::TooDense);
    }
    let place = |places: &[usize], one: usize| places.partition_point(|place| *place < one);
    let mut worth = vec![vec![0_i64; size]; size];
    for (line, call, value) in knot {
        worth[place(&lines, *line)][place(&calls, *call)] = *value;
    }
    let chosen = best_columns(&worth).into_iter().enumerate();
    let real = chosen.filter(|(row, column)| worth[*row][*column] > 0);
    Ok(real.map(|(row, column)| (lines[row], calls[column])).collect())
}

fn places(all: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut places: Vec<usize> = all.collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// The column of each row of a square table for which the worth of all is
/// largest: the Hungarian method with potentials, which takes the cube of the
/// size. Row and column 0 of its own tables are the start of each search.
fn best_columns(worth: &[Vec<i64>]) -> Vec<usize> {
    let size = worth.len();
    let mut row_potential = vec![0_i64; size + 1];
    let mut column_potential = vec![0_i64; size + 1];
    let mut row_of = vec![0_usize; size + 1];
    for row in 1..=size {
        row_of[0] = row;
        let mut way = vec![0_usize; size + 1];
        let mut slack = vec![i64::MAX; size + 1];
        let mut is_done = vec![false; size + 1];
        let mut column = 0;
        while row_of[column] != 0 {
            is_done[column] = true;
            let from = row_of[column];
            let (mut least, mut next) = (i64::MAX, 0);
            for other in (1..=size).filter(|other| !is_done[*other]) {
                let cost = -worth[from - 1][other - 1];
                let reduced = cost - row_potential[from] - column_potential[other];
                if reduced < slack[other] {
                    slack[other] = reduced;
                    way[other] = column;
                }
                if slack[other] < least {
                    least = slack[other];
                    next = other;
                }
            }
            for (other, is_done) in is_done.iter().enumerate() {
                if *is_done {
                    row_potential[row_of[other]] += least;
                    column_potential[other] -= least;
                } else {
                    slack[other] = slack[other].saturating_sub(least);
                }
            }
            column = next;
        }
        while column != 0 {
            row_of[column] = row_of[way[column]];
            column = way[column];
        }
    }
    let mut columns = vec![0; size];
    for (column, row) in row_of.iter().enumerate().skip(1) {
        columns[row - 1] = column - 1;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The largest worth by trying every order of columns.
    fn largest(worth: &[Vec<i64>], row: usize, free: &mut Vec<usize>) -> i64 {
        let mut best = if row == worth.len() { 0 } else { i64::MIN };
        for place in 0..free.len() {
            let column = free.swap_remove(place);
            best = best.max(worth[row][column] + largest(worth, row + 1, free));
            free.push(column);
            let last = free.len() - 1;
            free.swap(place, last);
        }
        best
    }

    proptest! {
        #[test]
        fn the_choice_is_worth_as_much_as_any(
            worth in (1_usize..6).prop_flat_map(|size| {
                proptest::collection::vec(proptest::collection::vec(0_i64..20, size), size)
            })
        ) {
            let chosen = best_columns(&worth);
            let mut columns = chosen.clone();
            columns.sort_unstable();
            prop_assert!(columns.into_iter().eq(0..worth.len()), "each column once");
            let sum: i64 = chosen.iter().enumerate().map(|(row, column)| worth[row][*column]).sum();
            let mut free: Vec<usize> = (0..worth.len()).collect();
            prop_assert_eq!(sum, largest(&worth, 0, &mut free));
        }
    }
}
