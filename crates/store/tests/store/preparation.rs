//! Preparations of baits, protocols of traps, and SIMs that serve several
//! clients one after the other.

use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::ids::{AttachmentId, BaitId, ClientId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::preparation::{FoundConsent, PreviousUse, UserRelation, preparation_missing};
use baitline_domain::protocol::{Step, StepKind};
use baitline_store::entries::{Contradiction, EntryFate, Purpose, enter_traps};
use baitline_store::models::{NewPreparation, NewProtocol, NewSimAssignment, SimAssignmentRow};
use baitline_store::sql_types::RowId;
use baitline_store::versions::Expected;
use baitline_store::{
    Constraint, Reach, StoreError, StoreResult, preparations, protocols, sims, traps,
};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::applicants::applicant;
use crate::attachments::{new_scan, put};
use crate::support::{self, ALL, Opened, at, new_trap};

/// Gives a client a row in each of these tables.
pub(crate) fn furnish(opened: &Opened, client: ClientId, bait: BaitId, trap: TrapId) {
    put_preparation(opened, client, bait, &NewPreparation::default()).unwrap();
    put_protocol(opened, client, trap, &NewProtocol::default()).unwrap();
    // Another client of this database may have the number for good.
    let empty = NewSimAssignment { valid_to: Some(noon()), ..new_assignment(bait) };
    opened.agency(|conn| sims::create_assignment(conn, client, &empty, "key"));
    // Those who furnish a client go on to lay traps.
    support::execute(&opened.database, "UPDATE baits SET by_assignment = false");
}

fn noon() -> Instant {
    at("2026-11-01T12:00:00Z")
}

fn put_preparation(
    opened: &Opened,
    client: ClientId,
    bait: BaitId,
    new: &NewPreparation,
) -> StoreResult<baitline_store::models::PreparationRow> {
    opened.store.write(Reach::Client(client), |conn| {
        preparations::put_preparation(conn, client, bait, &Expected::Any, new, "key")
    })
}

fn put_protocol(
    opened: &Opened,
    client: ClientId,
    trap: TrapId,
    new: &NewProtocol,
) -> StoreResult<baitline_store::models::ProtocolRow> {
    opened.store.write(Reach::Client(client), |conn| {
        protocols::put_protocol(conn, client, trap, &Expected::Any, new, "key")
    })
}

fn new_assignment(bait: BaitId) -> NewSimAssignment {
    NewSimAssignment { bait, valid_from: noon(), valid_to: None, note: None }
}

fn rule<T: std::fmt::Debug>(result: StoreResult<T>) -> Constraint {
    match result.unwrap_err() {
        StoreError::Constraint(rule) => rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_preparation_is_kept_whole_and_replaced_whole() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let bait = opened.bait(client, 79_000_000_001).id;
        let consent = FoundConsent {
            place: "Яндекс ID".to_owned(),
            wording: "согласен «на всё»".to_owned(),
            given_on: Some(20_000),
            withdrawn_on: None,
        };
        let new = NewPreparation {
            applicant: Some(applicant(&opened, client).id),
            user_name: Some("Петров".to_owned()),
            user_relation: Some(UserRelation::Employee),
            consents: Some(vec![consent.clone()]),
            previous_use: Some(PreviousUse::NewSim),
            quiet_since: Some(20_300),
            ..NewPreparation::default()
        };
        let kept = put_preparation(&opened, client, bait, &new).unwrap();
        assert_eq!((kept.version, kept.consents().unwrap()), (1, Some(vec![consent])));
        let known =
            opened.agency(|conn| preparations::known_preparation(conn, client, bait)).unwrap();
        assert_eq!(known.row, kept);
        assert!(!preparation_missing(&known.facts(20_400)).is_empty());
        let emptied = put_preparation(&opened, client, bait, &NewPreparation::default()).unwrap();
        assert_eq!((emptied.version, emptied.applicant_id), (2, None));
        assert_eq!(emptied.consents().unwrap(), None);
        let late = opened.store.write(Reach::Client(client), |conn| {
            let expected = Expected::OneOf(vec![1]);
            preparations::put_preparation(conn, client, bait, &expected, &new, "key")
        });
        assert_eq!(rule(late), Constraint::ChangedMeanwhile);
        let stranger = applicant(&opened, opened.client("чужой").id).id;
        let foreign = NewPreparation { applicant: Some(stranger), ..new.clone() };
        let refused = rule(put_preparation(&opened, client, bait, &foreign));
        assert_eq!(refused, Constraint::UnknownApplicant);
    });
}

#[test]
fn of_two_first_preparations_made_at_once_one_follows_the_other() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let bait = opened.bait(client, 79_000_000_001).id;
        let mut versions: Vec<i32> = std::thread::scope(|scope| {
            let make = || put_preparation(&opened, client, bait, &NewPreparation::default());
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(make)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap().unwrap().version).collect()
        });
        versions.sort_unstable();
        assert_eq!(versions, [1, 2, 3]);
    });
}

#[test]
fn a_proof_is_an_attachment_of_the_trap_that_counts() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let bait = opened.bait(client, 79_000_000_001).id;
        let trap = opened.trap(client, bait, noon());
        let scan =
            |kind, id: Uuid, byte| put(&opened, client, &new_scan((kind, RowId(id)), byte)).1.id;
        let proof = scan(AttachmentSubject::Trap, trap.0, 1);
        let of_bait = scan(AttachmentSubject::Bait, bait.0, 2);
        let step = |proof: AttachmentId| Step {
            kind: StepKind::RecorderTest,
            at: noon(),
            note: Some("«запись»".to_owned()),
            proofs: vec![proof],
        };
        let new = |steps| NewProtocol { steps, ..NewProtocol::default() };
        let kept = put_protocol(&opened, client, trap, &new(vec![step(proof)])).unwrap();
        assert_eq!(kept.steps().unwrap(), [step(proof)]);
        for other in [of_bait, AttachmentId(Uuid::now_v7())] {
            let refused = put_protocol(&opened, client, trap, &new(vec![step(proof), step(other)]));
            assert_eq!(rule(refused), Constraint::UnknownProof(1));
        }
        let known = [proof, of_bait].into_iter().collect();
        let counting = opened.agency(|conn| protocols::counting_proofs(conn, client, trap, &known));
        assert_eq!(counting.into_iter().collect::<Vec<_>>(), [proof]);
    });
}

/// Two clients, each with a bait of one number.
fn one_sim_of_two(opened: &Opened) -> [(ClientId, BaitId); 2] {
    ["наш", "чужой"].map(|name| {
        let client = opened.client(name).id;
        (client, opened.bait(client, 79_000_000_001).id)
    })
}

fn assign(
    opened: &Opened,
    (client, bait): (ClientId, BaitId),
    valid_from: Instant,
    valid_to: Option<Instant>,
) -> StoreResult<SimAssignmentRow> {
    let new = NewSimAssignment { valid_from, valid_to, ..new_assignment(bait) };
    opened.store.write(Reach::Agency, |conn| sims::create_assignment(conn, client, &new, "key"))
}

fn lay(
    opened: &Opened,
    (client, bait): (ClientId, BaitId),
    started_at: Instant,
) -> StoreResult<TrapId> {
    let new = new_trap(bait, started_at);
    let made =
        opened.store.write(Reach::Client(client), |conn| traps::create_trap(conn, client, &new));
    made.map(|row| row.trap.id)
}

#[test]
fn a_sim_that_is_assigned_gets_traps_of_its_client_only() {
    on_both(|database| {
        let opened = support::open(database);
        let [ours, theirs] = one_sim_of_two(&opened);
        lay(&opened, ours, noon() - Span::hours(24 * 30)).unwrap();
        let end = noon() + Span::hours(240);
        assign(&opened, ours, noon(), Some(end)).unwrap();
        lay(&opened, ours, noon()).unwrap();
        for (who, started_at) in [
            (ours, noon() - Span::hours(1)),
            (ours, end - Span::seconds(1)),
            (theirs, noon() + Span::hours(1)),
            (theirs, end),
        ] {
            let refused = rule(lay(&opened, who, started_at));
            assert_eq!(refused, Constraint::BaitNotAssigned, "{started_at}");
        }
        assign(&opened, theirs, end, None).unwrap();
        lay(&opened, theirs, end).unwrap();
        let list = [new_trap(ours.1, end), new_trap(ours.1, noon() + Span::hours(100))];
        let entered =
            opened.as_client(ours.0, |conn| enter_traps(conn, ours.0, &list, Purpose::DryRun));
        let fates: Vec<EntryFate> = entered.iter().map(|one| one.fate).collect();
        let refused = EntryFate::Conflict(Contradiction::BaitNotAssigned);
        assert_eq!(fates, [refused, EntryFate::Accepted]);
    });
}

#[test]
fn a_sim_is_assigned_to_one_client_at_a_time() {
    on_both(|database| {
        let opened = support::open(database);
        let [ours, theirs] = one_sim_of_two(&opened);
        let end = noon() + Span::hours(24);
        let first = assign(&opened, ours, noon(), Some(end)).unwrap();
        for (from, to) in [
            (noon() - Span::hours(1), None),
            (noon(), Some(end)),
            (end - Span::seconds(1), Some(end + Span::hours(1))),
        ] {
            assert_eq!(rule(assign(&opened, theirs, from, to)), Constraint::SimAssigned);
        }
        let second = assign(&opened, theirs, end, None).unwrap();
        let longer =
            opened.store.write(Reach::Agency, |conn| sims::end_assignment(conn, first.id, None));
        assert_eq!(rule(longer), Constraint::SimAssigned);
        opened.agency(|conn| sims::end_assignment(conn, second.id, Some(end)));
        opened.agency(|conn| sims::end_assignment(conn, first.id, None));
        let mine = opened.as_client(ours.0, |conn| {
            sims::list_assignments(conn, Reach::Client(ours.0), None, ALL)
        });
        assert_eq!(mine, [SimAssignmentRow { valid_to: None, ..first }]);
    });
}

#[test]
fn of_two_assignments_made_at_once_one_is_kept() {
    on_both(|database| {
        let opened = support::open(database);
        let both = one_sim_of_two(&opened);
        let kept: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = both
                .iter()
                .cycle()
                .take(4)
                .map(|who| scope.spawn(|| assign(&opened, *who, noon(), None)))
                .collect();
            let ended = threads.into_iter().map(|thread| thread.join().unwrap());
            ended
                .filter(|result| match result {
                    Ok(_) => true,
                    Err(StoreError::Constraint(Constraint::SimAssigned)) => false,
                    Err(other) => panic!("{other:?}"),
                })
                .count()
        });
        assert_eq!(kept, 1);
    });
}

#[test]
fn the_agency_lays_no_trap_beside_a_live_one_of_another_client() {
    on_both(|database| {
        let opened = support::open(database);
        let [ours, theirs] = one_sim_of_two(&opened);
        lay(&opened, theirs, noon()).unwrap();
        let check = |started_at| {
            let new = new_trap(ours.1, started_at);
            opened.store.write(Reach::Agency, |conn| {
                sims::assert_no_other_live_trap(conn, ours.0, &new, 48)
            })
        };
        // A run of an hour and a window of two days.
        let ends = noon() + Span::hours(49);
        for live in [noon(), ends - Span::seconds(1), noon() - Span::hours(48)] {
            assert_eq!(rule(check(live)), Constraint::SimInUse, "{live}");
        }
        check(ends).unwrap();
        check(noon() - Span::hours(49)).unwrap();
        assert_eq!(rule(assign(&opened, ours, noon(), None)), Constraint::SimInUse);
        // A client learns nothing of another one: only the agency asks.
        lay(&opened, ours, noon()).unwrap();
    });
}
