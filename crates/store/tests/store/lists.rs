//! What people enter beside calls: who may call, whose a number is, what a
//! bait was used for, which operator serves a number.

use baitline_domain::competitor::AttributionRole;
use baitline_domain::ids::{BaitId, ClientId, CompetitorId};
use baitline_domain::instant::{Instant, Span};
use baitline_store::attributions::{self, AttributionFilter};
use baitline_store::models::{
    AttributionChanges, Dealing, LookUp, NewAllowEntry, NewAttribution, NewCompetitor,
    NewContamination, NewPortabilityAnswer,
};
use baitline_store::portability::{self, AnswerOutcome};
use baitline_store::{Constraint, Reach, StoreError, allow_list, competitors, contaminations};
use baitline_testkit::on_both;
use uuid::Uuid;

use crate::support::{self, ALL, Opened, at, phone, report};

const RIVAL: u64 = 79_161_111_111;
const SECOND_RIVAL: u64 = 79_162_222_222;

fn noon() -> Instant {
    at("2026-10-02T12:00:00Z")
}

/// Gives a client a row in each of these tables.
pub(crate) fn furnish(opened: &Opened, client: ClientId, bait: BaitId) {
    let competitor = competitor(opened, client);
    attribute(opened, client, competitor, RIVAL);
    allow(opened, client);
    visit(opened, client, bait, competitor);
    enter(opened, client, &[answer(RIVAL, "7740000076")]);
}

fn competitor(opened: &Opened, client: ClientId) -> CompetitorId {
    let name = "Рога и копыта".to_owned();
    let new = NewCompetitor { name, inn: Some("7740000076".parse().unwrap()), ogrn: None };
    opened.as_client(client, |conn| competitors::create_competitor(conn, client, &new)).id
}

fn new_attribution(competitor: CompetitorId, number: u64) -> NewAttribution {
    NewAttribution {
        competitor,
        number: phone(number),
        role: AttributionRole::OwnLine,
        ground: "с их сайта".to_owned(),
        valid_from: Some(noon() - Span::hours(24)),
        valid_to: None,
    }
}

fn attribute(
    opened: &Opened,
    client: ClientId,
    competitor: CompetitorId,
    number: u64,
) -> baitline_store::models::AttributionRow {
    let new = new_attribution(competitor, number);
    opened.as_client(client, |conn| attributions::create_attribution(conn, client, &new, "key"))
}

fn allow(opened: &Opened, client: ClientId) -> baitline_store::models::AllowEntryRow {
    let reason = "курьер".to_owned();
    let new = NewAllowEntry { number: phone(RIVAL), reason, since: noon(), until: None };
    opened.as_client(client, |conn| allow_list::create_allow_entry(conn, client, &new, "key"))
}

fn visit(opened: &Opened, client: ClientId, bait: BaitId, competitor: CompetitorId) {
    let dealing = Dealing::SiteVisit(competitor);
    let new = NewContamination { bait, dealing, occurred_at: noon(), note: None };
    opened
        .as_client(client, |conn| contaminations::create_contamination(conn, client, &new, "key"));
}

fn answer(number: u64, operator: &str) -> NewPortabilityAnswer {
    let operator = operator.parse().unwrap();
    NewPortabilityAnswer { number: phone(number), operator, ported_at: None }
}

fn enter(opened: &Opened, client: ClientId, new: &[NewPortabilityAnswer]) -> Vec<AnswerOutcome> {
    let look_up =
        LookUp { source: "НИЦ".to_owned(), looked_up_at: noon(), author: "key".to_owned() };
    opened.as_client(client, |conn| portability::enter_answers(conn, client, &look_up, new))
}

/// The days that wait after `numbers` called one bait, each on its own day
/// from noon of the first on, and `change` was made.
fn days_after(opened: &Opened, change: impl Fn(ClientId, BaitId)) -> Vec<i32> {
    let client = opened.client("наш").id;
    let source = opened.source(client, "АТС");
    let bait = opened.bait(client, 79_001_112_233).id;
    for (day, number) in [RIVAL, SECOND_RIVAL, 79_163_333_333].into_iter().enumerate() {
        let moment = noon() + Span::hours(24 * 10 * i64::try_from(day).unwrap());
        let ends = (format!("+{number}"), "+79001112233");
        let one = report(&source, &number.to_string(), (&ends.0, ends.1), moment);
        opened.ingest(client, &[one]);
    }
    opened.settle_all();
    change(client, bait);
    opened.expand_all();
    opened.waiting_days(client)
}

/// The noons of the three calls, with the days a call near midnight could reach.
fn around(calls: &[i32]) -> Vec<i32> {
    let first = noon().day().0;
    calls.iter().flat_map(|call| (-1..=1).map(move |by| first + 10 * call + by)).collect()
}

#[test]
fn an_allowance_touches_the_days_of_its_number_and_so_does_its_end() {
    on_both(|database| {
        let opened = support::open(database);
        let touched = days_after(&opened, |client, _| {
            allow(&opened, client);
        });
        assert_eq!(touched, around(&[0]));
        let client = opened.client("другой").id;
        let entry = allow(&opened, client);
        let ended = opened.as_client(client, |conn| {
            allow_list::end_allow_entry(conn, client, entry.id, Some(entry.since))
        });
        assert_eq!(ended.until, Some(entry.since), "an entry made by mistake never counts");
        let before = Some(entry.since - Span(1));
        let backwards = opened.store.write(Reach::Client(client), |conn| {
            allow_list::end_allow_entry(conn, client, entry.id, before)
        });
        assert!(matches!(backwards, Err(StoreError::Constraint(Constraint::Backwards))));
    });
}

#[test]
fn an_attribution_touches_the_days_of_every_number_of_the_competitor() {
    on_both(|database| {
        let opened = support::open(database);
        let touched = days_after(&opened, |client, _| {
            let competitor = competitor(&opened, client);
            attribute(&opened, client, competitor, RIVAL);
            opened.settle_all();
            attribute(&opened, client, competitor, SECOND_RIVAL);
        });
        assert_eq!(touched, around(&[0, 1]));
    });
}

#[test]
fn the_end_of_an_attribution_touches_the_whole_family_too() {
    on_both(|database| {
        let opened = support::open(database);
        let touched = days_after(&opened, |client, _| {
            let competitor = competitor(&opened, client);
            attribute(&opened, client, competitor, RIVAL);
            let row = attribute(&opened, client, competitor, SECOND_RIVAL);
            opened.settle_all();
            let changes =
                AttributionChanges { valid_to: Some(row.valid_from), ..Default::default() };
            opened.as_client(client, |conn| {
                attributions::update_attribution(conn, client, row.id, &changes)
            });
        });
        assert_eq!(touched, around(&[0, 1]));
    });
}

#[test]
fn a_visit_touches_the_later_days_of_its_bait_until_it_is_withdrawn_and_then_again() {
    on_both(|database| {
        let opened = support::open(database);
        let touched = days_after(&opened, |client, bait| {
            let competitor = competitor(&opened, client);
            let dealing = Dealing::SiteVisit(competitor);
            let occurred_at = noon() + Span::hours(24);
            let new = NewContamination { bait, dealing, occurred_at, note: None };
            let logged = opened.as_client(client, |conn| {
                contaminations::create_contamination(conn, client, &new, "key")
            });
            opened.settle_all();
            let withdrawn = opened.as_client(client, |conn| {
                let because = Some("другой телефон");
                contaminations::withdraw_contamination(conn, client, logged.id, because)
            });
            assert_eq!(withdrawn.withdrawn_because.as_deref(), Some("другой телефон"));
        });
        assert_eq!(touched, around(&[1, 2]));
    });
}

#[test]
fn an_answer_of_one_look_up_is_entered_once_and_contradicted_never() {
    on_both(|database| {
        let opened = support::open(database);
        let client = opened.client("наш").id;
        let (mts, t2) = (answer(RIVAL, "7740000076"), answer(RIVAL, "7743895280"));
        let other = answer(SECOND_RIVAL, "7743895280");
        let outcomes = enter(&opened, client, &[mts, other, mts, t2]);
        let [AnswerOutcome::Accepted(first), AnswerOutcome::Accepted(second), ..] = outcomes[..]
        else {
            panic!("{outcomes:?}");
        };
        assert_eq!(
            outcomes[2..],
            [AnswerOutcome::Duplicate(first), AnswerOutcome::Conflict(first)]
        );
        assert_eq!(enter(&opened, client, &[other]), [AnswerOutcome::Duplicate(second)]);
        assert_eq!(support::rows(&opened.database, "portability_answers"), 2);
    });
}

#[test]
fn an_answer_touches_the_days_of_its_number_while_it_is_fresh() {
    on_both(|database| {
        let opened = support::open(database);
        let touched = days_after(&opened, |client, _| {
            let third = answer(79_163_333_333, "7743895280");
            enter(&opened, client, &[answer(SECOND_RIVAL, "7743895280"), third]);
        });
        assert_eq!(touched, around(&[1, 2]), "ten and twenty days after the look-up");
    });
}

#[test]
fn a_competitor_of_another_client_cannot_be_named() {
    on_both(|database| {
        let opened = support::open(database);
        let (ours, theirs) = (opened.client("наш").id, opened.client("чужой").id);
        let new = new_attribution(competitor(&opened, theirs), RIVAL);
        let refused = opened.store.write(Reach::Client(ours), |conn| {
            attributions::create_attribution(conn, ours, &new, "key")
        });
        assert!(matches!(refused, Err(StoreError::Constraint(Constraint::UnknownCompetitor))));
        let bait = BaitId(Uuid::nil());
        let dealing = Dealing::OutgoingCall(phone(RIVAL));
        let new = NewContamination { bait, dealing, occurred_at: noon(), note: None };
        let refused = opened.store.write(Reach::Client(ours), |conn| {
            contaminations::create_contamination(conn, ours, &new, "key")
        });
        assert!(matches!(refused, Err(StoreError::Constraint(Constraint::UnknownBait))));
        let none = AttributionFilter::default();
        let listed = opened.as_client(ours, |conn| {
            attributions::list_attributions(conn, Reach::Client(ours), none, ALL)
        });
        assert_eq!(listed, []);
    });
}
