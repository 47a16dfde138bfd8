//! What people correct, and how it stands against what the source says before
//! and after.

use baitline_domain::ids::ObservationId;
use baitline_domain::instant::{Instant, Span};
use baitline_domain::observation::{BaitName, Direction, Ends, Report};
use baitline_domain::phone::Party;
use baitline_store::models::{
    Amendment, BaitChanges, Correcting, NewBait, ObservationRow, Source, SourceChanges,
};
use baitline_store::observations::{self, MAX_CORRECTIONS, OutcomeStatus};
use baitline_store::{Constraint, Reach, StoreError, baits, buckets, sources};
use baitline_testkit::on_both;

use OutcomeStatus::{Conflict, Duplicate, Updated};

use crate::support::{NO_DAYS, Opened, at, new_bait, open, phone, report, rows};

const BAIT: &str = "+79001112233";
const CALLER: &str = "+74951234567";

/// A client with a source, a bait, and one call of a day that is settled.
fn prepared(opened: &Opened) -> (Source, Report) {
    let client = opened.client("наш").id;
    opened.bait(client, 79_001_112_233);
    let source = opened.source(client, "АТС");
    let call = report(&source, "1", (CALLER, BAIT), noon());
    opened.ingest(client, std::slice::from_ref(&call));
    opened.settle_all();
    (source, call)
}

fn noon() -> Instant {
    at("2026-11-10T12:00:00Z")
}

fn stands(opened: &Opened, source: &Source, id: ObservationId) -> ObservationRow {
    let reach = Reach::Client(source.client_id);
    opened.as_client(source.client_id, |conn| observations::find_one(conn, reach, id))
}

pub(crate) fn seconds(seconds: i32) -> Correcting {
    amend(Amendment { connected_seconds: Some(Some(seconds)), ..Amendment::default() })
}

fn moved_to(at: Instant) -> Correcting {
    amend(Amendment { occurred_at_micros: Some(at.0), ..Amendment::default() })
}

fn from(caller: &str) -> Correcting {
    amend(Amendment { caller: Some(Some(caller.to_owned())), ..Amendment::default() })
}

fn of_bait(bait: &str, direction: Option<Direction>) -> Correcting {
    amend(Amendment { bait: Some(bait.to_owned()), direction, ..Amendment::default() })
}

fn amend(amendment: Amendment) -> Correcting {
    Correcting::Amend(amendment)
}

fn refusal(result: Result<impl std::fmt::Debug, StoreError>) -> Constraint {
    match result.unwrap_err() {
        StoreError::Constraint(constraint) => constraint,
        other => panic!("{other:?}"),
    }
}

fn days(moments: &[Instant]) -> Vec<i32> {
    let days = moments.iter().flat_map(|at| buckets::days_touched_by(*at));
    let sorted: std::collections::BTreeSet<i32> = days.map(|day| day.0).collect();
    sorted.into_iter().collect()
}

#[test]
fn a_source_is_compared_with_what_it_said_and_not_with_what_was_amended() {
    on_both(|database| {
        let opened = open(database);
        let (source, call) = prepared(&opened);
        let client = source.client_id;
        opened.correct(client, call.id, seconds(77));
        opened.settle_all();
        assert_eq!(opened.statuses(client, std::slice::from_ref(&call)), [Duplicate]);
        // The source saying what was amended is still another thing than it said.
        let same = Report { connected_seconds: Some(77), ..call.clone() };
        assert_eq!(opened.statuses(client, &[same]), [Conflict]);
        assert_eq!(opened.waiting_days(client), NO_DAYS);
        assert_eq!(stands(&opened, &source, call.id).connected_seconds, Some(77));
    });
}

#[test]
fn a_later_revision_is_taken_in_under_what_was_amended() {
    on_both(|database| {
        let opened = open(database);
        let (source, call) = prepared(&opened);
        let client = source.client_id;
        opened.correct(client, call.id, seconds(77));
        opened.correct(client, call.id, from("+74950000001"));
        let later = at("2026-11-12T12:00:00Z");
        let revised = Report {
            revision: 2,
            connected_seconds: Some(99),
            answered: false,
            reported_at: later,
            ..call.clone()
        };
        opened.settle_all();
        let outcome = opened.ingest(client, std::slice::from_ref(&revised)).remove(0);
        assert_eq!((outcome.id, outcome.status, outcome.matched), (call.id, Updated, true));
        assert_eq!(opened.waiting_days(client), days(&[noon(), later]));
        let row = stands(&opened, &source, call.id);
        assert_eq!((row.connected_seconds, row.answered), (Some(77), false));
        assert_eq!((row.occurred_at, row.revision), (later, 2));
        assert_eq!(row.party(), Some(Party::Number(phone(74_950_000_001))));
        let said =
            opened.as_client(client, |conn| observations::revisions_of(conn, client, call.id));
        let said: Vec<_> =
            said.iter().map(|one| (one.revision, one.content.connected_seconds)).collect();
        assert_eq!(said, [(1, Some(30)), (2, Some(99))], "the source's own words");
        assert_eq!(opened.statuses(client, &[call, revised]), [Duplicate, Duplicate]);
    });
}

#[test]
fn the_order_of_a_revision_and_a_correction_does_not_matter() {
    on_both(|database| {
        let opened = open(database);
        let (source, first) = prepared(&opened);
        let client = source.client_id;
        let second = report(&source, "2", (CALLER, BAIT), noon());
        opened.ingest(client, std::slice::from_ref(&second));
        let revised = |call: &Report| Report {
            revision: 5,
            connected_seconds: Some(99),
            reported_at: noon() + Span::hours(30),
            ..call.clone()
        };
        let moved = || moved_to(noon() + Span::hours(2));
        opened.correct(client, first.id, moved());
        opened.ingest(client, &[revised(&first), revised(&second)]);
        opened.correct(client, second.id, moved());
        let of = |id| stands(&opened, &source, id);
        let (one, other) = (of(first.id), of(second.id));
        assert_eq!(one.occurred_at, noon() + Span::hours(2));
        let told = |row: &ObservationRow| {
            (row.occurred_at, row.connected_seconds, row.party(), row.bait_id, row.revision)
        };
        assert_eq!(told(&one), told(&other));
        assert_eq!(one.amended, other.amended);
    });
}

#[test]
fn a_voided_observation_stays_so_whatever_its_source_sends() {
    on_both(|database| {
        let opened = open(database);
        let (source, call) = prepared(&opened);
        let client = source.client_id;
        opened.correct(client, call.id, Correcting::Void);
        assert_eq!(opened.waiting_days(client), days(&[noon()]));
        opened.settle_all();
        let revised = Report { revision: 2, reported_at: noon() + Span::hours(48), ..call.clone() };
        assert_eq!(opened.statuses(client, &[call.clone(), revised]), [Duplicate, Updated]);
        assert_eq!(opened.waiting_days(client), NO_DAYS, "it is in no call");
        let row = stands(&opened, &source, call.id);
        assert!(row.voided && row.bait_id.is_some());
        let between = opened.as_client(client, |conn| {
            let (from, to) = (Instant(0), at("2030-01-01T00:00:00Z"));
            observations::observations_between(
                conn,
                client,
                std::slice::from_ref(&source),
                &buckets::Touched::Day,
                (from, to),
            )
        });
        assert_eq!(between, []);
        opened.correct(client, call.id, seconds(5));
        assert_eq!(opened.waiting_days(client), NO_DAYS);
        let all = opened.as_client(client, |c| observations::corrections_of(c, client, &[call.id]));
        opened.correct(client, call.id, Correcting::Withdraw(all[0].id));
        assert_eq!(opened.waiting_days(client), days(&[noon() + Span::hours(48)]));
        let row = stands(&opened, &source, call.id);
        assert_eq!((row.voided, row.connected_seconds), (false, Some(5)));
    });
}

#[test]
fn an_amended_time_is_the_true_one_whatever_the_clock_of_its_source() {
    on_both(|database| {
        let opened = open(database);
        let (source, call) = prepared(&opened);
        let client = source.client_id;
        let plain = report(&source, "2", (CALLER, BAIT), noon());
        opened.ingest(client, std::slice::from_ref(&plain));
        let true_start = at("2026-11-11T00:00:30Z");
        let moved = opened.correct(client, call.id, moved_to(true_start));
        assert_eq!(opened.waiting_days(client), days(&[noon(), true_start]));
        let set = |seconds: i64| {
            let offset = Some(Span::seconds(seconds).0);
            let changes = SourceChanges { clock_offset_micros: offset, uncertainty_micros: None };
            opened.as_client(client, |c| sources::update_source(c, client, source.id, &changes));
            opened.expand_all();
        };
        let start = |id| stands(&opened, &source, id).occurred_at;
        set(60);
        assert_eq!((start(call.id), start(plain.id)), (true_start, noon() + Span::seconds(60)));
        assert_eq!(stands(&opened, &source, call.id).reported_at, noon());
        // Nor does a revision of the source move it.
        let revised = Report { revision: 2, connected_seconds: Some(1), ..call.clone() };
        opened.ingest(client, &[revised]);
        assert_eq!(start(call.id), true_start);
        set(90);
        opened.correct(client, call.id, Correcting::Withdraw(moved.id));
        assert_eq!(start(call.id), noon() + Span::seconds(90), "by the present offset");
    });
}

#[test]
fn what_changes_nothing_or_takes_back_what_cannot_be_is_refused() {
    on_both(|database| {
        let opened = open(database);
        let (source, call) = prepared(&opened);
        let client = source.client_id;
        let other = report(&source, "2", (CALLER, BAIT), noon());
        opened.ingest(client, std::slice::from_ref(&other));
        let of_other = opened.correct(client, other.id, seconds(1));
        let refused = |correcting| refusal(opened.try_correct(client, call.id, correcting));
        let amended = opened.correct(client, call.id, seconds(7));
        assert_eq!(refused(seconds(7)), Constraint::ChangesNothing);
        let voided = opened.correct(client, call.id, Correcting::Void);
        assert_eq!(refused(Correcting::Void), Constraint::ChangesNothing);
        assert_eq!(refused(Correcting::Withdraw(of_other.id)), Constraint::UnknownCorrection);
        let withdrawn = opened.correct(client, call.id, Correcting::Withdraw(voided.id));
        assert_eq!(refused(Correcting::Withdraw(voided.id)), Constraint::ChangesNothing);
        assert_eq!(refused(Correcting::Withdraw(withdrawn.id)), Constraint::NotWithdrawable);
        let all = opened.as_client(client, |c| observations::corrections_of(c, client, &[call.id]));
        let ordinals: Vec<i32> = all.iter().map(|row| row.ordinal).collect();
        assert_eq!(ordinals, [1, 2, 3], "nothing of what was refused is kept");
        let standing: Vec<_> = observations::standing(&all).into_iter().map(|row| row.id).collect();
        assert_eq!(standing, [amended.id]);
    });
}

#[test]
fn withdrawing_one_of_several_amendments_leaves_the_others() {
    on_both(|database| {
        let opened = open(database);
        let (source, call) = prepared(&opened);
        let client = source.client_id;
        let first = opened.correct(client, call.id, seconds(10));
        let second = opened.correct(client, call.id, seconds(20));
        let third = opened.correct(client, call.id, from("+74950000001"));
        let connected = || stands(&opened, &source, call.id).connected_seconds;
        opened.correct(client, call.id, Correcting::Withdraw(first.id));
        assert_eq!(connected(), Some(20));
        opened.correct(client, call.id, Correcting::Withdraw(second.id));
        assert_eq!(connected(), Some(30), "what the source says");
        let row = stands(&opened, &source, call.id);
        assert_eq!(row.amended.unwrap().fields(), ["caller"]);
        opened.correct(client, call.id, Correcting::Withdraw(third.id));
        assert_eq!(stands(&opened, &source, call.id).amended, None);
        assert_eq!(rows(&opened.database, "observation_corrections"), 6);
    });
}

/// A record that names a bait nobody knows.
fn unmatched(source: &Source, bait: &str) -> Report {
    let of = report(source, "waits", (CALLER, BAIT), noon());
    let bait = BaitName::Reference(bait.to_owned());
    let (direction, party) = (Direction::Incoming, Party::read(Some(CALLER)));
    let ends = Ends::Named { bait, direction, party };
    Report { ends, called_raw: None, ..of }
}

#[test]
fn an_amendment_that_names_the_right_bait_joins_what_waited() {
    on_both(|database| {
        let opened = open(database);
        let (source, _) = prepared(&opened);
        let client = source.client_id;
        let waits = unmatched(&source, "M-9");
        assert!(!opened.ingest(client, std::slice::from_ref(&waits))[0].matched);
        assert_eq!(opened.waiting_days(client), NO_DAYS);
        let named = opened.correct(client, waits.id, of_bait(BAIT, None));
        assert_eq!(opened.waiting_days(client), days(&[noon()]));
        let row = stands(&opened, &source, waits.id);
        assert_eq!(row.direction, Some(Direction::Incoming), "as the record says");
        assert_eq!(row.bait_names(), [BaitName::Number(phone(79_001_112_233))]);
        assert!(row.bait_id.is_some());
        let again = opened.ingest(client, std::slice::from_ref(&waits)).remove(0);
        assert_eq!((again.status, again.matched), (Duplicate, true));
        let revised = Report { revision: 2, connected_seconds: Some(1), ..waits.clone() };
        let again = opened.ingest(client, &[revised]).remove(0);
        assert_eq!((again.status, again.matched), (Updated, true));
        opened.correct(client, waits.id, Correcting::Withdraw(named.id));
        assert_eq!(stands(&opened, &source, waits.id).bait_id, None, "it waits again");
    });
}

#[test]
fn a_bait_that_appears_joins_by_the_amended_name_and_not_by_the_reported_one() {
    on_both(|database| {
        let opened = open(database);
        let (source, _) = prepared(&opened);
        let client = source.client_id;
        let waits = unmatched(&source, "M-9");
        opened.ingest(client, std::slice::from_ref(&waits));
        opened.correct(client, waits.id, of_bait("M-10", None));
        let add = |digits: u64, reference: &str| {
            let new = NewBait { reference: Some(reference.to_owned()), ..new_bait(digits) };
            let bait = opened.as_client(client, |conn| baits::create_bait(conn, client, &new));
            opened.expand_all();
            bait.id
        };
        add(79_001_112_299, "M-9");
        assert_eq!(stands(&opened, &source, waits.id).bait_id, None);
        let right = add(79_001_112_300, "M-10");
        assert_eq!(stands(&opened, &source, waits.id).bait_id, Some(right));
    });
}

#[test]
fn what_was_joined_by_a_reference_stays_although_the_reference_moves_on() {
    on_both(|database| {
        let opened = open(database);
        let (source, _) = prepared(&opened);
        let client = source.client_id;
        let new = NewBait { reference: Some("M-9".to_owned()), ..new_bait(79_001_112_299) };
        let bait = opened.as_client(client, |conn| baits::create_bait(conn, client, &new)).id;
        let call = unmatched(&source, "M-9");
        opened.ingest(client, std::slice::from_ref(&call));
        let changes = BaitChanges { reference: Some(None), ..BaitChanges::default() };
        opened.as_client(client, |conn| baits::update_bait(conn, client, bait, &changes));
        opened.correct(client, call.id, seconds(7));
        assert_eq!(stands(&opened, &source, call.id).bait_id, Some(bait));
    });
}

#[test]
fn an_amended_record_has_what_a_new_one_must_have() {
    on_both(|database| {
        let opened = open(database);
        let (source, plain) = prepared(&opened);
        let client = source.client_id;
        let named = unmatched(&source, "M-9");
        opened.ingest(client, std::slice::from_ref(&named));
        let outgoing = Some(Direction::Outgoing);
        let direction = Amendment { direction: outgoing, ..Amendment::default() };
        let no_called = Amendment { called: Some(None), ..Amendment::default() };
        for (id, correcting, expected) in [
            (plain.id, amend(direction.clone()), Constraint::DirectionWithoutBait),
            (plain.id, of_bait("M-1", None), Constraint::BaitWithoutDirection),
            (plain.id, amend(no_called), Constraint::NobodyCalled),
            (named.id, amend(direction), Constraint::NobodyCalled),
        ] {
            assert_eq!(refusal(opened.try_correct(client, id, correcting)), expected);
        }
        assert_eq!(rows(&opened.database, "observation_corrections"), 0);
        let called = Some(Some(CALLER.to_owned()));
        let whole = Amendment { direction: outgoing, called, ..Amendment::default() };
        opened.correct(client, named.id, amend(whole));
        let row = stands(&opened, &source, named.id);
        let amended = row.amended.unwrap();
        assert_eq!(amended.fields(), ["bait", "direction", "called"], "a pair");
    });
}

#[test]
fn a_revision_that_loses_what_an_amendment_leans_on_is_taken_all_the_same() {
    on_both(|database| {
        let opened = open(database);
        let (source, plain) = prepared(&opened);
        let client = source.client_id;
        opened.correct(client, plain.id, of_bait(BAIT, Some(Direction::Outgoing)));
        let ends = unmatched(&source, "M-9").ends;
        let revised = Report { revision: 2, ends, called_raw: None, ..plain.clone() };
        let outcome = opened.ingest(client, &[revised]).remove(0);
        assert_eq!((outcome.status, outcome.matched), (Updated, true));
        let row = stands(&opened, &source, plain.id);
        assert_eq!((row.direction, row.party()), (Some(Direction::Outgoing), Some(Party::Hidden)));
    });
}

#[test]
fn an_observation_is_corrected_so_many_times_and_no_more() {
    on_both(|database| {
        let opened = open(database);
        let (source, call) = prepared(&opened);
        let client = source.client_id;
        for number in 0..MAX_CORRECTIONS {
            opened.correct(client, call.id, seconds(i32::try_from(number).unwrap()));
        }
        let refused = opened.try_correct(client, call.id, seconds(1_000));
        assert_eq!(refusal(refused), Constraint::TooManyCorrections);
    });
}

#[test]
fn another_clients_observation_cannot_be_corrected() {
    on_both(|database| {
        let opened = open(database);
        let (_, call) = prepared(&opened);
        let stranger = opened.client("чужой").id;
        let refused = opened.try_correct(stranger, call.id, Correcting::Void);
        assert!(matches!(refused, Err(StoreError::NotFound)), "{refused:?}");
    });
}

/// Revisions, corrections and clocks of each race.
const TURNS: u32 = 20;

#[test]
fn corrections_that_race_with_revisions_and_clocks_lose_nothing() {
    on_both(|database| {
        let opened = open(database);
        let (source, call) = prepared(&opened);
        let client = source.client_id;
        let timed = report(&source, "2", (CALLER, BAIT), noon());
        opened.ingest(client, std::slice::from_ref(&timed));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for revision in 2..2 + TURNS {
                    let revised = |of: &Report| Report { revision, answered: false, ..of.clone() };
                    opened.ingest(client, &[revised(&call), revised(&timed)]);
                }
            });
            scope.spawn(|| {
                for turn in 1..=TURNS {
                    let turn = i32::try_from(turn).unwrap();
                    opened.correct(client, call.id, seconds(1_000 + turn));
                    let moved = moved_to(noon() + Span::seconds(i64::from(turn)));
                    opened.correct(client, timed.id, moved);
                }
            });
            scope.spawn(|| {
                for seconds in 1..=i64::from(TURNS) {
                    let clock_offset_micros = Some(Span::seconds(seconds * 60).0);
                    let changes = SourceChanges { clock_offset_micros, uncertainty_micros: None };
                    opened.as_client(client, |c| {
                        sources::update_source(c, client, source.id, &changes)
                    });
                    opened.expand_all();
                }
            });
        });
        opened.expand_all();
        let told = |id| {
            let row = stands(&opened, &source, id);
            (row.revision, row.answered, row.connected_seconds, row.occurred_at)
        };
        let last = i64::from(1 + TURNS);
        let by_clock = noon() + Span::seconds(i64::from(TURNS) * 60);
        let amended = Some(1_000 + i32::try_from(TURNS).unwrap());
        assert_eq!(told(call.id), (last, false, amended, by_clock));
        let amended = noon() + Span::seconds(i64::from(TURNS));
        assert_eq!(told(timed.id), (last, false, Some(30), amended));
        let all = opened.as_client(client, |c| observations::corrections_of(c, client, &[call.id]));
        assert_eq!(all.len(), TURNS as usize);
    });
}
