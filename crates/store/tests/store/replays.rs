//! Replays: a day counts once whoever carries it, what is kept is bounded and
//! what is counted is not, and a client has its own alone.

use baitline_domain::ids::{BaitId, ClientId, EditionId, ObservationId, PackageId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::numbering::NumberingFile;
use baitline_domain::verdict::{Reason, RuleVersion};
use baitline_store::exports::{LEASE, MAX_ATTEMPTS};
use baitline_store::models::{
    DifferenceRow, NewReplay, PackageState, Replay, ReplayOutcome, ReplayState,
};
use baitline_store::numbering::{self, NewEdition};
use baitline_store::replays::{self, DayFound, DifferencePage, MAX_DIFFERENCES, MAX_WAITING};
use baitline_store::{Constraint, Reach, StoreError, StoreResult, buckets, exports};
use baitline_testkit::{DatabaseKind, on_both};
use uuid::Uuid;

use crate::support::{ALL, Opened, at, execute, open, phone, rows};
use crate::world::{BAIT, CALLER, export_request};

fn first_day() -> Day {
    at("2026-11-10T00:00:00Z").day()
}

/// Three days from the first on, half of the last.
fn asked() -> NewReplay {
    let from = first_day().start();
    let to = from + Span::hours(2 * 24 + 12);
    NewReplay { from, to, rules: Some(RuleVersion::First), edition: None }
}

fn ask(opened: &Opened, client: ClientId) -> Replay {
    opened.as_client(client, |conn| replays::create_replay(conn, client, &asked()))
}

/// Gives a client a row in each of these tables.
pub(crate) fn furnish(opened: &Opened, client: ClientId, bait: BaitId, package: PackageId) {
    ask(opened, client);
    let replay = claim_of(opened, client);
    let found = DayFound {
        calls: 2,
        differences: vec![difference(&replay, bait, first_day().start())],
        packages: vec![(package, 1)],
    };
    assert!(keep(opened, &replay, first_day(), &found).is_some());
}

/// Takes up whatever waits until it is this client's.
fn claim_of(opened: &Opened, client: ClientId) -> Replay {
    std::iter::repeat_with(|| claim(opened).unwrap())
        .find(|replay| replay.client_id == client)
        .unwrap()
}

fn claim(opened: &Opened) -> Option<Replay> {
    opened.agency(replays::claim_replay)
}

fn keep(opened: &Opened, replay: &Replay, day: Day, found: &DayFound) -> Option<Replay> {
    opened.agency(|conn| replays::keep_day(conn, replay, day, found))
}

fn find(opened: &Opened, replay: &Replay) -> Replay {
    opened.agency(|conn| replays::find_replay(conn, Reach::Agency, replay.id))
}

fn difference(replay: &Replay, bait: BaitId, started_at: Instant) -> DifferenceRow {
    DifferenceRow {
        client_id: replay.client_id,
        replay_id: replay.id,
        started_at,
        call_id: ObservationId(Uuid::now_v7()),
        bait_id: bait,
        caller: Some(phone(CALLER)),
        outcome_before: ReplayOutcome::ForeignGroup,
        outcome_after: ReplayOutcome::SameGroup,
        reasons_before: DifferenceRow::write_reasons(&[Reason::RangeHolderOnly]).unwrap(),
        reasons_after: DifferenceRow::write_reasons(&[]).unwrap(),
        operator_before: None,
        operator_after: None,
    }
}

/// A client whose buckets are these days, counted from the first.
fn with_days(opened: &Opened, days: &[i32]) -> ClientId {
    let client = opened.client("наш").id;
    opened.agency(|conn| {
        buckets::touch(conn, client, &days.iter().map(|day| Day(first_day().0 + day)).collect())
    });
    opened.settle_all();
    client
}

fn fall_silent(opened: &Opened, time: Span) {
    execute(
        &opened.database,
        &match opened.database.kind() {
            DatabaseKind::Postgres => format!(
                "UPDATE replays SET updated_at = updated_at - interval '{} microseconds'",
                time.0
            ),
            DatabaseKind::Sqlite => {
                format!("UPDATE replays SET updated_at = updated_at - {}", time.0)
            }
        },
    );
}

#[test]
fn the_days_of_a_replay_are_those_of_its_period_that_have_a_bucket() {
    on_both(|database| {
        let opened = open(database);
        let client = with_days(&opened, &[-1, 0, 2, 3]);
        let asked = ask(&opened, client);
        assert_eq!((asked.state, asked.days_total), (ReplayState::Queued, 2));
        let mut replay = claim(&opened).unwrap();
        assert_eq!((replay.state, replay.attempts), (ReplayState::Running, 1));
        let mut days = Vec::new();
        while let Some(day) = opened.agency(|conn| replays::next_day(conn, &replay)) {
            days.push(day.0 - first_day().0);
            replay = keep(&opened, &replay, day, &DayFound::default()).unwrap();
        }
        assert_eq!(days, [0, 2]);
        opened.agency(|conn| replays::end_replay(conn, &replay, ReplayState::Done, None));
        let done = find(&opened, &replay);
        assert_eq!((done.state, done.days_done, done.days_total), (ReplayState::Done, 2, 2));
        assert_eq!(done.pending_days, 0);
    });
}

#[test]
fn a_day_that_waits_to_be_recomputed_is_told() {
    on_both(|database| {
        let opened = open(database);
        let client = with_days(&opened, &[0, 1]);
        ask(&opened, client);
        let replay = claim(&opened).unwrap();
        opened.agency(|conn| buckets::touch(conn, client, &[first_day()].into()));
        let replay = keep(&opened, &replay, first_day(), &DayFound::default()).unwrap();
        assert_eq!(replay.pending_days, 1);
        let replay = keep(&opened, &replay, first_day().next(), &DayFound::default()).unwrap();
        assert_eq!(replay.pending_days, 1, "the second day was settled");
    });
}

#[test]
fn differences_are_counted_by_what_becomes_of_them_and_listed_in_pieces() {
    on_both(|database| {
        let opened = open(database);
        let client = with_days(&opened, &[0, 1]);
        let bait = opened.bait(client, BAIT).id;
        opened.settle_all();
        ask(&opened, client);
        let mut replay = claim(&opened).unwrap();
        let mut expected = Vec::new();
        for day in [first_day(), first_day().next()] {
            let at = day.start() + Span::hours(1);
            let mut differences: Vec<_> = [0, 0, 1]
                .map(|seconds| difference(&replay, bait, at + Span::seconds(seconds)))
                .into();
            differences.sort_by_key(|row| (row.started_at, row.call_id));
            differences[2].outcome_after = ReplayOutcome::Background;
            expected.extend(differences.clone());
            let found = DayFound { calls: 10, differences, packages: Vec::new() };
            replay = keep(&opened, &replay, day, &found).unwrap();
        }
        assert_eq!((replay.calls, replay.differences), (20, 6));
        let transitions = Vec::from_iter(replay.transitions().unwrap());
        let foreign = ReplayOutcome::ForeignGroup;
        let to_background = ((foreign, ReplayOutcome::Background), 2);
        assert_eq!(transitions, [to_background, ((foreign, ReplayOutcome::SameGroup), 4)]);
        let mut listed: Vec<DifferenceRow> = Vec::new();
        loop {
            let after = listed.last().map(|row| (row.started_at, row.call_id));
            let page = DifferencePage { after, limit: 4 };
            let piece = opened.as_client(client, |conn| {
                replays::list_differences(conn, Reach::Client(client), replay.id, page)
            });
            if piece.is_empty() {
                break;
            }
            listed.extend(piece);
        }
        assert_eq!(listed, expected);
        assert_eq!(listed[0].reasons().unwrap(), (vec![Reason::RangeHolderOnly], vec![]));
    });
}

#[test]
fn only_the_earliest_differences_are_kept_and_all_are_counted() {
    on_both(|database| {
        let opened = open(database);
        let client = with_days(&opened, &[0, 1]);
        let bait = opened.bait(client, BAIT).id;
        ask(&opened, client);
        let mut replay = claim(&opened).unwrap();
        let most = usize::try_from(MAX_DIFFERENCES).unwrap();
        for (day, how_many) in [(first_day(), most - 1), (first_day().next(), 3)] {
            let start = day.start();
            let differences = vec![difference(&replay, bait, start); how_many];
            let differences = differences
                .into_iter()
                .map(|row| DifferenceRow { call_id: ObservationId(Uuid::now_v7()), ..row })
                .collect();
            let found = DayFound { calls: 0, differences, packages: Vec::new() };
            replay = keep(&opened, &replay, day, &found).unwrap();
        }
        assert_eq!(replay.differences, MAX_DIFFERENCES + 2);
        assert_eq!(rows(&opened.database, "replay_differences"), MAX_DIFFERENCES);
    });
}

#[test]
fn a_touched_package_adds_up_over_the_days() {
    on_both(|database| {
        let opened = open(database);
        let client = with_days(&opened, &[0, 1]);
        let export = opened
            .as_client(client, |conn| exports::create_export(conn, client, &export_request()));
        let sealed_at = at("2026-11-20T00:00:00Z");
        let plan = |digits| {
            opened.agency(|conn| exports::plan_package(conn, &export, phone(digits), sealed_at))
        };
        let (mut built, planned) = (plan(CALLER), plan(CALLER + 1));
        built.state = PackageState::Draft;
        opened.agency(|conn| exports::save_package(conn, &built));
        let numbers = [planned.caller, built.caller];
        let against = opened.agency(|conn| replays::packages_against(conn, client, &numbers));
        assert_eq!(against, [(built.clone(), export.clone())], "only what is built");
        ask(&opened, client);
        let mut replay = claim(&opened).unwrap();
        for (day, calls) in [(first_day(), 2), (first_day().next(), 3)] {
            let packages = vec![(built.id, calls)];
            let found = DayFound { packages, ..DayFound::default() };
            replay = keep(&opened, &replay, day, &found).unwrap();
        }
        let touched = opened.agency(|conn| replays::touched_by(conn, &replay, 10));
        assert_eq!(touched.len(), 1);
        assert_eq!((touched[0].subject_id.0, touched[0].calls), (built.id.0, 5));
        assert_eq!(opened.agency(|conn| replays::count_touched(conn, &replay)), 1);
    });
}

#[test]
fn a_silent_worker_is_relieved_and_its_day_does_not_count() {
    on_both(|database| {
        let opened = open(database);
        let client = with_days(&opened, &[0, 1]);
        ask(&opened, client);
        let first = claim(&opened).unwrap();
        fall_silent(&opened, Span(LEASE.0 / 2));
        assert_eq!(claim(&opened), None, "it is not silent yet");
        fall_silent(&opened, LEASE);
        let second = claim(&opened).unwrap();
        assert_eq!((second.id, second.attempts), (first.id, 2));
        let found = DayFound { calls: 7, ..DayFound::default() };
        assert_eq!(keep(&opened, &first, first_day(), &found), None);
        opened.agency(|conn| replays::put_back(conn, &first));
        opened.agency(|conn| replays::end_replay(conn, &first, ReplayState::Failed, None));
        let moved = keep(&opened, &second, first_day(), &found).unwrap();
        assert_eq!((moved.days_done, moved.calls, moved.attempts), (1, 7, 1));
        assert_eq!(keep(&opened, &second, first_day(), &found), None, "the day is done");
        opened.agency(|conn| replays::put_back(conn, &moved));
        let third = claim(&opened).unwrap();
        assert_eq!((third.days_done, third.attempts), (1, 1), "it goes on from there at once");
    });
}

#[test]
fn a_replay_that_every_worker_dies_of_fails_and_keeps_no_other_waiting() {
    on_both(|database| {
        let opened = open(database);
        let client = with_days(&opened, &[0]);
        let (deadly, harmless) = (ask(&opened, client), ask(&opened, client));
        for attempt in 1..=MAX_ATTEMPTS {
            let claimed = claim(&opened).unwrap();
            assert_eq!((claimed.id, claimed.attempts), (deadly.id, attempt));
            fall_silent(&opened, LEASE);
        }
        assert_eq!(claim(&opened).map(|replay| replay.id), Some(harmless.id));
        let failed = find(&opened, &deadly);
        assert_eq!(failed.state, ReplayState::Failed);
        assert!(failed.problem.is_some());
    });
}

#[test]
fn a_cancelled_replay_stays_cancelled_and_one_that_ended_is_not_cancelled() {
    on_both(|database| {
        let opened = open(database);
        let (client, other) = (with_days(&opened, &[0]), opened.client("чужой").id);
        let cancel = |client: ClientId, replay: &Replay| {
            let id = replay.id;
            opened
                .store
                .write(Reach::Client(client), |conn| replays::cancel_replay(conn, client, id))
        };
        let cancelled = ask(&opened, client);
        let claimed = claim(&opened).unwrap();
        assert_eq!(cancel(client, &cancelled).unwrap().state, ReplayState::Cancelled);
        assert_eq!(cancel(client, &cancelled).unwrap().state, ReplayState::Cancelled);
        assert_eq!(keep(&opened, &claimed, first_day(), &DayFound::default()), None);
        opened.agency(|conn| replays::put_back(conn, &claimed));
        opened.agency(|conn| replays::end_replay(conn, &claimed, ReplayState::Done, None));
        assert_eq!(find(&opened, &cancelled).state, ReplayState::Cancelled);
        let ended = ask(&opened, client);
        let claimed = claim(&opened).unwrap();
        opened.agency(|conn| replays::end_replay(conn, &claimed, ReplayState::Done, None));
        let refused = cancel(client, &ended);
        assert!(
            matches!(refused, Err(StoreError::Constraint(Constraint::ReplayEnded))),
            "{refused:?}"
        );
        let foreign = cancel(other, &ended);
        assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
        let listed =
            opened.as_client(other, |c| replays::list_replays(c, Reach::Client(other), ALL));
        assert_eq!(listed, []);
        let page = DifferencePage { after: None, limit: 10 };
        let reach = Reach::Client(other);
        let theirs: StoreResult<_> =
            opened.store.read(reach, |c| replays::list_differences(c, reach, ended.id, page));
        assert!(matches!(theirs, Err(StoreError::NotFound)), "{theirs:?}");
    });
}

#[test]
fn no_more_replays_of_a_client_wait_than_may_and_another_clients_do_not_count() {
    on_both(|database| {
        let opened = open(database);
        let (client, other) = (opened.client("наш").id, opened.client("чужой").id);
        for _ in 0..MAX_WAITING {
            ask(&opened, client);
        }
        let create = |client: ClientId| {
            opened
                .store
                .write(Reach::Client(client), |conn| replays::create_replay(conn, client, &asked()))
        };
        let refused = create(client);
        assert!(
            matches!(refused, Err(StoreError::Constraint(Constraint::TooManyReplays))),
            "{refused:?}"
        );
        create(other).unwrap();
        let claimed = claim(&opened).unwrap();
        opened.agency(|conn| replays::end_replay(conn, &claimed, ReplayState::Done, None));
        create(client).unwrap();
    });
}

#[test]
fn an_edition_that_was_not_imported_is_not_replayed_with() {
    on_both(|database| {
        let opened = open(database);
        let client = opened.client("наш").id;
        let edition = NewEdition {
            file: NumberingFile::Def9,
            in_force_from: at("2026-01-01T00:00:00Z"),
            sha256: [0; 32],
            ranges: Vec::new(),
        };
        let known = opened.agency(|conn| numbering::import_edition(conn, &edition)).id;
        let create = |edition| {
            let new = NewReplay { edition: Some(edition), ..asked() };
            let reach = Reach::Client(client);
            opened.store.write(reach, |conn| replays::create_replay(conn, client, &new))
        };
        assert_eq!(create(known).unwrap().edition_id, Some(known));
        let refused = create(EditionId(Uuid::nil()));
        assert!(
            matches!(refused, Err(StoreError::Constraint(Constraint::UnknownEdition))),
            "{refused:?}"
        );
    });
}
