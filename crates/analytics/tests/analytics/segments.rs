//! Interceptions in segments: every report is the one computed of tallies alone,
//! however they are split, and what is no segment is refused.

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;

use baitline_analytics::{
    AnalyticsError, InterceptionRow, Ordinals, Question, Sealed, SegmentFile, Source, Tally,
    by_bait, by_operators, latest_operators, overlap, repeat_offenders, tally, traps_called,
    write_segment,
};
use baitline_domain::ids::{BaitId, ClientId, CompetitorId, TrapId};
use baitline_domain::instant::{Day, Instant};
use proptest::collection::vec;
use proptest::prelude::*;
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::properties::{any_question, any_row};
use crate::rows::{bait, client, competitor, phone, row, trap};

const CLIENTS: u128 = 3;
const BAITS: u128 = 4;
const TRAPS: u128 = 5;
const FIRST_DAY: i32 = 20_690;
const DAYS: i32 = 4;

/// Baits and traps are one client's each, unlike in the other tests.
fn own_bait(client: u128, number: u128) -> BaitId {
    bait(1_000 * (client + 1) + number)
}

fn own_trap(client: u128, number: u128) -> TrapId {
    trap(1_000 * (client + 1) + number)
}

fn ordinals(of: u128) -> Ordinals {
    let baits: Vec<BaitId> = (0..BAITS).map(|number| own_bait(of, number)).collect();
    let traps: Vec<TrapId> = (0..TRAPS).map(|number| own_trap(of, number)).collect();
    // In another order than the ids themselves.
    let competitors: Vec<CompetitorId> = (1..5).rev().map(competitor).collect();
    Ordinals::of_lists(&baits, &traps, &competitors)
}

/// Where an interception is kept.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// Its client's file of this number, if any.
    file: Option<usize>,
    /// A copy is in this file, on a day that is left out of it.
    stale_in: Option<usize>,
}

const FILES: usize = 2;

fn any_interception() -> impl Strategy<Value = InterceptionRow> {
    let when = (0..DAYS, 0..86_400_i64);
    (any_row(), 0..CLIENTS, 0..BAITS, 0..TRAPS, when).prop_map(
        |(row, of, bait, trap, (day, second))| InterceptionRow {
            client: client(of),
            bait: own_bait(of, bait),
            trap: own_trap(of, trap),
            started_at: Day(FIRST_DAY + day).start()
                + baitline_domain::instant::Span::seconds(second),
            ..row
        },
    )
}

fn any_place() -> impl Strategy<Value = Place> {
    let file = || prop::option::weighted(0.7, 0..FILES);
    (file(), prop::option::weighted(0.1, 0..FILES))
        .prop_map(|(file, stale_in)| Place { file, stale_in })
}

/// Every interception is in one file or in the tallies; a file's days that are
/// left out hold others, which nobody shall count.
struct Split {
    _folder: TempDir,
    sealed: Vec<Sealed>,
    tallies: Vec<Tally>,
}

impl Split {
    fn of(placed: &[(InterceptionRow, Place)], period: (Instant, Instant)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut files = vec![vec![Vec::new(); FILES]; CLIENTS as usize];
        let mut left_out = vec![vec![HashSet::new(); FILES]; CLIENTS as usize];
        let index = |row: &InterceptionRow| row.client.0.as_u128() as usize;
        for (row, place) in placed {
            if let Some(file) = place.stale_in {
                left_out[index(row)][file].insert(row.started_at.day());
                files[index(row)][file].push(row.clone());
            }
        }
        let mut loose = Vec::new();
        for (row, place) in placed {
            let is_out = |file: &usize| left_out[index(row)][*file].contains(&row.started_at.day());
            match place.file.filter(|file| !is_out(file)) {
                Some(file) => files[index(row)][file].push(row.clone()),
                None => loose.push(row.clone()),
            }
        }
        loose.retain(|row| period.0 <= row.started_at && row.started_at < period.1);
        let sealed = (0..CLIENTS).map(|of| {
            let write = |file: usize| {
                let path = folder.path().join(format!("{of} [{file}]*.parquet"));
                let bytes = write_segment(&files[of as usize][file], &ordinals(of)).unwrap();
                fs::write(&path, &bytes).unwrap();
                let left_out = left_out[of as usize][file].iter().copied().collect();
                SegmentFile { path, sha256: Sha256::digest(&bytes).into(), left_out }
            };
            let files = (0..FILES).map(write).collect();
            Sealed { client: client(of), ordinals: ordinals(of), files }
        });
        Self { sealed: sealed.collect(), tallies: tally(&loose).unwrap(), _folder: folder }
    }

    fn source(&self, (from, to): (Instant, Instant)) -> Source<'_> {
        Source { tallies: &self.tallies, sealed: &self.sealed, from, to }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_report_is_the_one_of_tallies_alone(
        placed in vec((any_interception(), any_place()), 0..120),
        period in (0..=DAYS * 86_400, 0..=DAYS * 86_400),
        questions in vec(any_question(), 3),
    ) {
        let at = |second: i32| Instant(Day(FIRST_DAY).start().0 + i64::from(second) * 1_000_000);
        let period = (at(period.0.min(period.1)), at(period.0.max(period.1)));
        let asked = placed.iter().map(|(row, _)| row);
        let asked = asked.filter(|row| period.0 <= row.started_at && row.started_at < period.1);
        let tallies = tally(&asked.cloned().collect::<Vec<_>>()).unwrap();
        let (split, plain) = (Split::of(&placed, period), Source::of_tallies(&tallies));
        let source = split.source(period);

        for question in &questions {
            let report = repeat_offenders(&source, question).unwrap();
            prop_assert_eq!(report, repeat_offenders(&plain, question).unwrap());
            let apart = overlap(&source, question).unwrap();
            prop_assert_eq!(apart, overlap(&plain, question).unwrap());
            let scope = &question.scope;
            let pairs = by_operators(&source, scope).unwrap();
            prop_assert_eq!(pairs, by_operators(&plain, scope).unwrap());
        }
        prop_assert_eq!(by_bait(&source).unwrap(), by_bait(&plain).unwrap());
        prop_assert_eq!(traps_called(&source).unwrap(), traps_called(&plain).unwrap());
        let callers = HashSet::from([phone(0), phone(2)]);
        prop_assert_eq!(
            latest_operators(&source, &callers).unwrap(),
            latest_operators(&plain, &callers).unwrap()
        );
    }

    #[test]
    fn a_segment_has_the_same_bytes_whatever_the_order_of_its_rows(
        (rows, shuffled) in vec(any_interception(), 0..80).prop_flat_map(|rows| {
            let rows: Vec<_> = rows.into_iter().filter(|row| row.client == client(1)).collect();
            (Just(rows.clone()), Just(rows).prop_shuffle())
        }),
    ) {
        let bytes = write_segment(&rows, &ordinals(1)).unwrap();
        prop_assert!(bytes == write_segment(&shuffled, &ordinals(1)).unwrap());
    }
}

fn rows_of_one_client() -> Vec<InterceptionRow> {
    let of = |number: u64| InterceptionRow {
        client: client(1),
        caller: Some(phone(number % 90)),
        bait: own_bait(1, u128::from(number) % BAITS),
        trap: own_trap(1, u128::from(number) % TRAPS),
        started_at: Instant(number as i64 * 7_919_000),
        ..row()
    };
    (0..2_000).map(of).collect()
}

/// How many lines the report of a file has that holds `bytes` and shall hold
/// `sealed`.
fn lines_of((bytes, sealed): (&[u8], &[u8]), ordinals: Ordinals) -> Result<usize, AnalyticsError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(&file, bytes).unwrap();
    let sha256 = Sha256::digest(sealed).into();
    let files = vec![SegmentFile { path: file.path().to_owned(), sha256, left_out: Vec::new() }];
    let sealed = [Sealed { client: client(1), ordinals, files }];
    let source = Source { sealed: &sealed, ..Source::of_tallies(&[]) };
    repeat_offenders(&source, &Question::default()).map(|lines| lines.len())
}

#[track_caller]
fn assert_refused(outcome: Result<usize, AnalyticsError>) {
    assert!(matches!(outcome, Err(AnalyticsError::Segment(_))), "{outcome:?}");
}

#[test]
fn a_file_that_is_cut_or_changed_by_one_bit_is_an_error() {
    let sealed = write_segment(&rows_of_one_client(), &ordinals(1)).unwrap();
    assert_eq!(lines_of((&sealed, &sealed), ordinals(1)).unwrap(), 90);

    for at in (0..sealed.len()).step_by(37) {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_refused(lines_of((&changed, &sealed), ordinals(1)));
        assert_refused(lines_of((&sealed[..at], &sealed), ordinals(1)));
    }
}

#[test]
fn a_file_that_is_no_segment_is_an_error() {
    let sealed = write_segment(&rows_of_one_client(), &ordinals(1)).unwrap();
    for kept in (0..sealed.len()).step_by(101) {
        assert_refused(lines_of((&sealed[..kept], &sealed[..kept]), ordinals(1)));
    }
    let other = b"{\"no\": \"parquet\"}";
    assert_refused(lines_of((other, other), ordinals(1)));
}

#[test]
fn a_file_that_is_missing_is_an_error() {
    let path = PathBuf::from("/nowhere/segment.parquet");
    let files = vec![SegmentFile { path, sha256: [0; 32], left_out: Vec::new() }];
    let sealed = [Sealed { client: client(1), ordinals: ordinals(1), files }];
    let source = Source { sealed: &sealed, ..Source::of_tallies(&[]) };
    assert_refused(repeat_offenders(&source, &Question::default()).map(|lines| lines.len()));
}

#[test]
fn an_ordinal_that_the_client_never_gave_is_an_error() {
    let sealed = write_segment(&rows_of_one_client(), &ordinals(1)).unwrap();
    let fewer =
        [Ordinals { bait_count: 1, ..ordinals(1) }, Ordinals { trap_count: 1, ..ordinals(1) }];
    for ordinals in fewer {
        assert_refused(lines_of((&sealed, &sealed), ordinals));
    }
}

#[test]
fn a_row_without_an_ordinal_or_of_another_client_is_not_sealed() {
    let rows = rows_of_one_client();
    let unknown = InterceptionRow { bait: bait(9), ..rows[0].clone() };
    let other = InterceptionRow { client: ClientId(client(2).0), ..rows[0].clone() };
    for rows in [vec![unknown], vec![rows[0].clone(), other]] {
        let refusal = write_segment(&rows, &ordinals(1));
        assert!(matches!(refusal, Err(AnalyticsError::NoOrdinal(_))), "{refusal:?}");
    }
}

#[test]
fn a_segment_of_nothing_is_read_as_nothing() {
    let sealed = write_segment(&[], &ordinals(1)).unwrap();
    assert_eq!(lines_of((&sealed, &sealed), ordinals(1)).unwrap(), 0);
}
