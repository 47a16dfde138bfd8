//! Complaints: what the gate is told of papers, who signs unless told, and what
//! two who file at once come to.

use baitline_domain::applicant::RepresentativeKind;
use baitline_domain::call::Call;
use baitline_domain::complaint::{Act, DeadlineKind, Defence, FilingChannel, Grouping};
use baitline_domain::gate::Signer;
use baitline_domain::ids::{ClientId, ComplaintId};
use baitline_domain::instant::Span;
use baitline_domain::limitation::limitation_day;
use baitline_store::models::{
    ComplaintCriteria, NewAct, NewDeadline, NewObjection, NewPower, NewPreparation,
    NewRepresentative,
};
use baitline_store::versions::Expected;
use baitline_store::{
    Constraint, Reach, StoreError, complaints, gate, now, powers, preparations, representatives,
};
use baitline_testkit::on_both;

use crate::applicants::applicant;
use crate::support::{self, Opened, execute};
use crate::world;

/// Gives a client a complaint with an act, a hold and a deadline.
pub(crate) fn furnish(opened: &Opened, client: ClientId, of: &Call) {
    let id = make(opened, client, of);
    let hearing = NewDeadline { kind: DeadlineKind::Hearing, due_on: 20_800, note: None };
    opened.as_client(client, |conn| complaints::create_deadline(conn, client, id, &hearing, "key"));
    let objection = NewObjection {
        received_on: 20_790,
        from_whom: "ООО".to_owned(),
        defences: vec![Defence::Other],
        words: "нет".to_owned(),
    };
    opened.as_client(client, |conn| {
        complaints::create_objection(conn, client, id, &objection, "key")
    });
    opened.as_client(client, |conn| {
        complaints::record_act(conn, client, id, &Expected::Any, &act(Act::Withdraw, None), "key")
    });
    execute(
        &opened.database,
        "INSERT INTO complaint_holds SELECT client_id, complaint_id, call_id, call_id, TRUE \
         FROM complaint_calls WHERE TRUE ON CONFLICT DO NOTHING",
    );
}

/// A complaint of one call, whose bait gets a holder.
fn make(opened: &Opened, client: ClientId, of: &Call) -> ComplaintId {
    let applicant = applicant(opened, client).id;
    let new = NewPreparation { applicant: Some(applicant), ..NewPreparation::default() };
    opened.as_client(client, |conn| {
        preparations::put_preparation(conn, client, of.bait, &Expected::Any, &new, "key")
    });
    let (from, to) = (of.started_at - Span::hours(1), of.started_at + Span::hours(1));
    let criteria = ComplaintCriteria { from, to, caller: None, grouping: Grouping::Call };
    let made = opened
        .as_client(client, |conn| complaints::create_complaints(conn, client, &criteria, "key"));
    made.0[0].id
}

fn act(act: Act, channel: Option<FilingChannel>) -> NewAct {
    NewAct {
        act,
        on: 20_790,
        channel,
        tracking_number: None,
        incoming_number: None,
        missing: Vec::new(),
        note: None,
    }
}

#[test]
fn a_legal_entity_is_signed_for_by_its_head_or_by_a_power_that_holds() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let applicant = applicant(&opened, client);
        let today = limitation_day(now());
        let usual = || {
            opened.as_client(client, |conn| gate::usual_signer(conn, client, applicant.id, today))
        };
        assert_eq!(usual(), None);
        let person = |kind, name: &str| {
            let new = NewRepresentative {
                applicant: applicant.id,
                kind,
                name: name.to_owned(),
                position: None,
                phone: None,
                email: None,
                note: None,
            };
            opened.as_client(client, |conn| {
                representatives::create_representative(conn, client, &new, "key")
            })
        };
        let attorney = person(RepresentativeKind::Attorney, "Петров П. П.");
        let power = |issued_on, expires_on| {
            let new = NewPower {
                representative: attorney.id,
                number: None,
                issued_on,
                expires_on,
                powers: "подписывать".to_owned(),
            };
            opened.as_client(client, |conn| powers::create_power(conn, client, &new, "key"))
        };
        power(10_000, 10_001);
        assert_eq!(usual(), None, "a power that ended");
        let holding = power(10_000, 100_000);
        let (signs, by) = usual().unwrap();
        assert_eq!((signs.id, by.map(|power| power.id)), (attorney.id, Some(holding.id)));
        let head = person(RepresentativeKind::Head, "Иванов И. И.");
        let (signs, by) = usual().unwrap();
        assert_eq!((signs.id, by), (head.id, None));
        let seen = gate::signer_of(applicant.kind, Some(&attorney), None);
        assert_eq!(seen, Signer::Representative(None));
        assert_eq!(gate::signer_of(applicant.kind, None, None), Signer::Unknown);
    });
}

#[test]
fn an_act_that_the_life_does_not_let_follow_leaves_nothing() {
    on_both(|database| {
        let opened = support::open(database);
        let ours = world::furnish(&opened, "наш");
        let client = ours.client.id;
        let id = make(&opened, client, &ours.call);
        let try_to = |new: &NewAct| {
            opened.store.write(Reach::Client(client), |conn| {
                complaints::record_act(conn, client, id, &Expected::Any, new, "key")
            })
        };
        let file = act(Act::File, Some(FilingChannel::Email));
        assert!(matches!(try_to(&file), Err(StoreError::Constraint(Constraint::ActRefused(_)))));
        let acts = opened.as_client(client, |conn| complaints::acts_of(conn, client, id));
        assert_eq!(acts, []);
        let other = opened.client("чужой").id;
        let stranger = opened.store.write(Reach::Client(other), |conn| {
            complaints::record_act(conn, other, id, &Expected::Any, &file, "key")
        });
        assert!(matches!(stranger, Err(StoreError::NotFound)));
    });
}
