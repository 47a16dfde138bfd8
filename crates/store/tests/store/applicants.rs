//! Applicants and their papers: kept, changed by version, revoked, and of one
//! client only.

use baitline_domain::applicant::{
    ApplicantKind, ConsentKind, Identity, IdentityFault, IdentityPart, Passport, RepresentativeKind,
};
use baitline_domain::ids::{ApplicantId, BaitId, ClientId, RepresentativeId};
use baitline_domain::office::SubjectCode;
use baitline_store::models::{
    ApplicantChanges, ApplicantRow, NewApplicant, NewConsent, NewOfficeEntry, NewPower,
    NewRepresentative, RepresentativeChanges, RepresentativeRow, Revocation,
};
use baitline_store::versions::Expected;
use baitline_store::{
    Constraint, Reach, StoreError, StoreResult, applicants, consents, offices, powers,
    representatives,
};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::support::{self, ALL, Opened};

/// Gives a client a row in each of these tables.
pub(crate) fn furnish(opened: &Opened, client: ClientId, bait: BaitId) {
    let applicant = applicant(opened, client).id;
    let representative = representative(opened, client, applicant).id;
    let power = new_power(representative);
    opened.as_client(client, |conn| powers::create_power(conn, client, &power, "key"));
    let consent = NewConsent { bait: Some(bait), ..new_consent(applicant) };
    opened.as_client(client, |conn| consents::create_consent(conn, client, &consent, "key"));
}

/// A legal entity in Moscow.
pub(crate) fn applicant(opened: &Opened, client: ClientId) -> ApplicantRow {
    let new = NewApplicant {
        identity: Identity::LegalEntity {
            inn: "7743895280".parse().unwrap(),
            ogrn: "1027700132195".parse().unwrap(),
        },
        name: "ООО «Окна»".to_owned(),
        short_name: None,
        legal_address: "Москва".to_owned(),
        reply_address: None,
        email: None,
        subject: SubjectCode::parse("77").unwrap(),
        note: None,
    };
    opened.as_client(client, |conn| applicants::create_applicant(conn, client, &new, "key"))
}

fn representative(opened: &Opened, client: ClientId, applicant: ApplicantId) -> RepresentativeRow {
    let new = NewRepresentative {
        applicant,
        kind: RepresentativeKind::Attorney,
        name: "Иванова".to_owned(),
        position: None,
        phone: None,
        email: None,
        note: None,
    };
    opened
        .as_client(client, |conn| representatives::create_representative(conn, client, &new, "key"))
}

fn new_power(representative: RepresentativeId) -> NewPower {
    NewPower {
        representative,
        number: Some("12".to_owned()),
        issued_on: 20_000,
        expires_on: 20_364,
        powers: "подписывать".to_owned(),
    }
}

fn new_consent(applicant: ApplicantId) -> NewConsent {
    NewConsent {
        applicant,
        bait: None,
        kind: ConsentKind::Disclosure,
        given_by: "Иванова".to_owned(),
        given_on: 20_000,
        expires_on: None,
        note: None,
    }
}

fn rule<T: std::fmt::Debug>(result: StoreResult<T>) -> Constraint {
    match result.unwrap_err() {
        StoreError::Constraint(rule) => rule,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_applicant_changes_whole_and_counts_its_changes() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let made = applicant(&opened, client);
        let change = |expected: Expected, changes: ApplicantChanges| {
            opened.store.write(Reach::Client(client), |conn| {
                applicants::update_applicant(conn, client, made.id, &expected, &changes)
            })
        };
        let nothing = change(Expected::OneOf(vec![1]), ApplicantChanges::default()).unwrap();
        assert_eq!(nothing, made);
        let passport = Passport {
            number: "45 10 123456".to_owned(),
            issued_by: "ОВД".to_owned(),
            issued_on: 14_000,
        };
        let citizen = ApplicantChanges {
            kind: Some(ApplicantKind::Citizen),
            inn: Some(None),
            ogrn: Some(None),
            passport: Some(Some(passport.clone())),
            note: Some(Some("физическое лицо".to_owned())),
            ..ApplicantChanges::default()
        };
        let changed = change(Expected::OneOf(vec![1]), citizen.clone()).unwrap();
        assert_eq!(changed.identity().unwrap(), Identity::Citizen { passport, inn: None });
        assert_eq!((changed.version, changed.ogrn.as_deref()), (2, None));
        let found =
            opened.agency(|conn| applicants::find_applicant(conn, Reach::Client(client), made.id));
        assert_eq!(found, changed);
        let refused = rule(change(Expected::OneOf(vec![1]), citizen));
        assert_eq!(refused, Constraint::ChangedMeanwhile);
        let half = ApplicantChanges {
            kind: Some(ApplicantKind::LegalEntity),
            ..ApplicantChanges::default()
        };
        let refused = rule(change(Expected::Any, half));
        let expected = IdentityFault::OfAnotherKind(IdentityPart::Passport);
        assert_eq!(refused, Constraint::Identity(expected));
    });
}

#[test]
fn of_two_changes_made_for_one_version_one_is_kept() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let applicant = applicant(&opened, client).id;
        let person = representative(&opened, client, applicant).id;
        let change = |name: &str| {
            let changes = RepresentativeChanges {
                name: Some(name.to_owned()),
                ..RepresentativeChanges::default()
            };
            opened.store.write(Reach::Client(client), |conn| {
                let expected = Expected::OneOf(vec![1]);
                representatives::update_representative(conn, client, person, &expected, &changes)
            })
        };
        let kept: usize = std::thread::scope(|scope| {
            let names = ["А", "Б", "В", "Г"];
            let threads: Vec<_> = names.map(|name| scope.spawn(move || change(name))).into();
            let ended = threads.into_iter().map(|thread| thread.join().unwrap());
            ended
                .filter(|result| match result {
                    Ok(_) => true,
                    Err(StoreError::Constraint(Constraint::ChangedMeanwhile)) => false,
                    Err(other) => panic!("{other:?}"),
                })
                .count()
        });
        assert_eq!(kept, 1);
    });
}

#[test]
fn papers_name_things_of_their_own_client_only() {
    on_both(|database| {
        let opened = support::open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        let foreign = applicant(&opened, theirs).id;
        let foreign_person = representative(&opened, theirs, foreign).id;
        let bait = opened.bait(theirs, 79_000_000_001).id;
        let own = applicant(&opened, ours).id;
        let as_ours = |consent: NewConsent| {
            rule(opened.store.write(Reach::Client(ours), |conn| {
                consents::create_consent(conn, ours, &consent, "key")
            }))
        };
        for applicant in [foreign, ApplicantId(Uuid::now_v7())] {
            assert_eq!(as_ours(new_consent(applicant)), Constraint::UnknownApplicant);
        }
        let of_bait = NewConsent { bait: Some(bait), ..new_consent(own) };
        assert_eq!(as_ours(of_bait), Constraint::UnknownBait);
        for person in [foreign_person, RepresentativeId(Uuid::now_v7())] {
            let refused = rule(opened.store.write(Reach::Client(ours), |conn| {
                powers::create_power(conn, ours, &new_power(person), "key")
            }));
            assert_eq!(refused, Constraint::UnknownRepresentative);
        }
    });
}

#[test]
fn a_paper_is_revoked_from_a_day_on_and_may_hold_again() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let applicant = applicant(&opened, client).id;
        let person = representative(&opened, client, applicant).id;
        let power = opened.as_client(client, |conn| {
            powers::create_power(conn, client, &new_power(person), "key")
        });
        assert!(power.term().holds_on(20_364));
        let revocation = Revocation { on: 20_100, because: "уволена".to_owned() };
        let revoke = |revocation: Option<&Revocation>| {
            opened
                .as_client(client, |conn| powers::revoke_power(conn, client, power.id, revocation))
        };
        let revoked = revoke(Some(&revocation));
        assert!(revoked.term().holds_on(20_099) && !revoked.term().holds_on(20_100));
        assert_eq!(revoke(None), power);
        let backwards = NewPower { expires_on: 19_999, ..new_power(person) };
        let refused = rule(opened.store.write(Reach::Client(client), |conn| {
            powers::create_power(conn, client, &backwards, "key")
        }));
        assert_eq!(refused, Constraint::Backwards);
        let listed = opened
            .agency(|conn| powers::list_powers(conn, Reach::Client(client), Some(person), ALL));
        assert_eq!(listed, [power]);
    });
}

#[test]
fn what_the_agency_enters_of_an_office_is_there_for_every_client() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let subject = SubjectCode::parse("77").unwrap();
        let new = |address: &str| NewOfficeEntry {
            name: None,
            address: Some(address.to_owned()),
            email: None,
            note: None,
        };
        let put = |expected: Expected, address: &str| {
            let new = new(address);
            opened.store.write(Reach::Agency, |conn| {
                offices::put_office(conn, subject, &expected, &new, "key")
            })
        };
        assert_eq!(put(Expected::OneOf(vec![0]), "дом 1").unwrap().version, 1);
        let refused = rule(put(Expected::OneOf(vec![0]), "дом 2"));
        assert_eq!(refused, Constraint::ChangedMeanwhile);
        let second = put(Expected::Any, "дом 3").unwrap();
        assert_eq!(second.version, 2);
        let found = opened.as_client(client, |conn| offices::find_office_entry(conn, subject));
        assert_eq!(found, Some(second.clone()));
        assert_eq!(opened.as_client(client, offices::list_office_entries), [second]);
    });
}
