//! Judged calls: replaced day by day, listed in pages, found by any of their
//! observations.

use baitline_domain::call::Call;
use baitline_domain::ids::{CompetitorId, EditionId, ObservationId};
use baitline_domain::instant::Span;
use baitline_domain::label::LabelKind;
use baitline_domain::observation::Direction;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Party;
use baitline_domain::trap::{Exposure, ExposureKind};
use baitline_domain::verdict::{Assessment, Interception, RULE_VERSION, Reason, Verdict};
use baitline_store::calls::{self, CallFilter, CallPage, InterceptionFilter};
use baitline_store::models::JudgedCall;
use baitline_store::{Reach, StoreError};
use baitline_testkit::on_both;

use crate::support::{MINUTE, Opened, at, open, phone, report, rows};
use crate::world::{CALLER, Furnished, background, call, furnish, interception, judged};

const WHOLE: CallPage = CallPage { after: None, limit: 1_000 };

/// Calls of one moment, so that their ids alone order them.
fn calls_at(of: &Furnished, text: &str, names: std::ops::Range<u32>) -> Vec<JudgedCall> {
    let one = |n: u32| {
        let id = report(&of.source, &format!("{text} {n}"), ("", ""), at(text)).id;
        judged(of, call(of.bait.id, id, phone(CALLER), at(text)), background())
    };
    let mut made: Vec<JudgedCall> = names.map(one).collect();
    made.sort_by_key(|one| one.call.id);
    made
}

fn replace(opened: &Opened, of: &Furnished, day: &str, judged: &[JudgedCall]) {
    let (client, day) = (of.client.id, at(day).day());
    opened.agency(|conn| calls::replace_day(conn, client, day, judged));
}

fn list(opened: &Opened, of: &Furnished, filter: &CallFilter) -> Vec<JudgedCall> {
    let reach = Reach::Client(of.client.id);
    opened.store.read(reach, |conn| calls::list_calls(conn, reach, filter, WHOLE)).unwrap()
}

#[test]
fn a_call_comes_back_with_everything_the_rules_said() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let started_at = at("2026-11-12T09:00:00.000001Z");
        let ids = ["x", "y"].map(|name| report(&furnished.source, name, ("", ""), started_at).id);
        let of_one = call(furnished.bait.id, ids[0], phone(CALLER), started_at);
        let everything = JudgedCall {
            client_id: furnished.client.id,
            call: Call { observations: ids.to_vec(), roaming: true, ..of_one },
            assessment: Assessment {
                interception: Some(Interception {
                    trap: furnished.trap,
                    verdict: Verdict::SameGroup,
                    attempt: true,
                    prior_contact: true,
                    exposures_done: vec![Exposure {
                        at: started_at,
                        kind: ExposureKind::Vk,
                        seconds: 7,
                    }],
                    caller_operator: Some(Inn::parse("7743895280").unwrap()),
                    caller_region: Some("г. Москва".into()),
                    competitors: [3, 7].map(|id| CompetitorId(uuid::Uuid::from_u128(id))).to_vec(),
                    edition: Some(EditionId(uuid::Uuid::now_v7())),
                }),
                reasons: vec![Reason::Edge, Reason::Attempt, Reason::PriorContact],
                rule_version: RULE_VERSION,
            },
            label: Some(LabelKind::Unclear),
            recordings: 2,
        };
        let mut others = Vec::new();
        for (n, party) in [
            Party::Hidden,
            Party::ShortCode("900".to_owned()),
            Party::Alphanumeric("Bank".to_owned()),
            Party::Malformed("что-то".to_owned()),
        ]
        .into_iter()
        .enumerate()
        {
            let id = report(&furnished.source, &n.to_string(), ("", ""), started_at).id;
            let started_at = started_at + Span::seconds(1 + n as i64);
            let plain = call(furnished.bait.id, id, phone(CALLER), started_at);
            let outgoing = Call { party, direction: Direction::Outgoing, ..plain };
            others.push(judged(&furnished, outgoing, background()));
        }
        let all = [vec![everything], others].concat();
        replace(&opened, &furnished, "2026-11-12T00:00:00Z", &all);
        let day = started_at.day();
        let found = opened.agency(|conn| calls::calls_of_day(conn, furnished.client.id, day));
        assert_eq!(found, all);
    });
}

#[test]
fn a_day_is_replaced_as_a_whole_and_its_neighbours_are_left() {
    on_both(|database| {
        let opened = open(database);
        let (furnished, other) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
        let days = ["2026-11-11T23:59:59.999999Z", "2026-11-12T00:00:00Z", "2026-11-13T00:00:00Z"];
        for day in days {
            replace(&opened, &furnished, day, &calls_at(&furnished, day, 0..3));
        }
        replace(&opened, &other, days[1], &calls_at(&other, days[1], 0..3));
        let before = rows(&opened.database, "calls");
        let fresh = calls_at(&furnished, days[1], 2..4);
        replace(&opened, &furnished, days[1], &fresh);
        assert_eq!(rows(&opened.database, "calls"), before - 1);
        let day = at(days[1]).day();
        let client = furnished.client.id;
        assert_eq!(opened.agency(|conn| calls::calls_of_day(conn, client, day)), fresh);
        replace(&opened, &furnished, days[1], &[]);
        assert_eq!(opened.agency(|conn| calls::calls_of_day(conn, client, day)), []);
        assert_eq!(rows(&opened.database, "calls"), before - 3);
    });
}

#[test]
fn a_call_whose_time_was_corrected_leaves_its_old_day_when_that_is_replaced() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let (old, new) = ("2026-11-12T23:59:59Z", "2026-11-13T00:00:01Z");
        let before = calls_at(&furnished, old, 0..1);
        let mut after = before.clone();
        after[0].call.started_at = at(new);
        let filter = CallFilter { from: Some(at(old)), ..CallFilter::default() };
        // Two workers may take the two days in either order.
        for order in [[old, new], [new, old]] {
            replace(&opened, &furnished, old, &before);
            replace(&opened, &furnished, new, &[]);
            for day in order {
                let calls = if day == new { &after[..] } else { &[] };
                replace(&opened, &furnished, day, calls);
            }
            assert_eq!(list(&opened, &furnished, &filter), after, "{order:?}");
        }
        replace(&opened, &furnished, old, &before);
        assert_eq!(list(&opened, &furnished, &filter), [before, after].concat());
    });
}

#[test]
fn more_calls_than_one_statement_holds_are_kept() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let day = "2026-11-12T09:00:00Z";
        let many = calls_at(&furnished, day, 0..2_500);
        replace(&opened, &furnished, day, &many);
        replace(&opened, &furnished, day, &many);
        let client = furnished.client.id;
        let found = opened.agency(|conn| calls::calls_of_day(conn, client, at(day).day()));
        assert_eq!(found, many);
    });
}

#[test]
fn a_list_is_paged_over_calls_of_one_moment() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let moments = ["2026-11-12T09:00:00Z", "2026-11-12T09:00:00.000001Z"];
        let all = moments.map(|moment| calls_at(&furnished, moment, 0..7)).concat();
        replace(&opened, &furnished, moments[0], &all);
        let reach = Reach::Client(furnished.client.id);
        let filter = CallFilter { from: Some(at(moments[0])), ..CallFilter::default() };
        for limit in [1, 2, 3, 7, 14, 15] {
            let (mut seen, mut after) = (Vec::new(), None);
            loop {
                let page = CallPage { after, limit };
                let part = opened
                    .store
                    .read(reach, |conn| calls::list_calls(conn, reach, &filter, page))
                    .unwrap();
                let Some(last) = part.last() else { break };
                after = Some((last.call.started_at, last.call.id));
                seen.extend(part);
            }
            assert_eq!(seen, all, "in pages of {limit}");
        }
    });
}

#[test]
fn every_filter_narrows_the_list() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let other_bait = opened.bait(furnished.client.id, 79_009_999_999).id;
        let noon = "2026-11-12T12:00:00Z";
        let mut calls = calls_at(&furnished, noon, 0..4);
        for (n, one) in calls.iter_mut().enumerate() {
            one.call.started_at = at(noon) + Span::hours(n as i64);
        }
        calls[0].call.bait = other_bait;
        calls[1].call.party = Party::Number(phone(74_950_000_001));
        calls[2].call.direction = Direction::Outgoing;
        calls[3].assessment = interception(furnished.trap);
        replace(&opened, &furnished, noon, &calls);
        let day = CallFilter { from: Some(at(noon)), ..CallFilter::default() };
        let found = |filter: CallFilter| list(&opened, &furnished, &filter);
        assert_eq!(found(day.clone()).len(), 4);
        let expect = |filter: CallFilter, n: usize| assert_eq!(found(filter), [calls[n].clone()]);
        expect(CallFilter { bait: Some(other_bait), ..day.clone() }, 0);
        expect(CallFilter { party: Some(phone(74_950_000_001)), ..day.clone() }, 1);
        expect(CallFilter { direction: Some(Direction::Outgoing), ..day.clone() }, 2);
        expect(CallFilter { from: Some(at(noon) + Span::hours(3)), ..day.clone() }, 3);
        expect(CallFilter { to: Some(at(noon) + Span::hours(1)), ..day.clone() }, 0);
        let narrow = |narrow| CallFilter { interceptions_only: Some(narrow), ..day.clone() };
        expect(narrow(InterceptionFilter::default()), 3);
        let none = InterceptionFilter::default();
        expect(narrow(InterceptionFilter { trap: Some(furnished.trap), ..none.clone() }), 3);
        let verdict = |verdict| InterceptionFilter { verdict: Some(verdict), ..none.clone() };
        expect(narrow(verdict(Verdict::ForeignGroup)), 3);
        assert_eq!(found(narrow(verdict(Verdict::Invalid))), []);
        let label = InterceptionFilter { label: Some(LabelKind::Advertising), ..none.clone() };
        assert_eq!(found(narrow(label.clone())), [], "nobody has listened to it");
        let labelled = CallFilter { interceptions_only: Some(label), ..CallFilter::default() };
        assert_eq!(found(labelled).len(), 1, "the furnished one was heard");
    });
}

#[test]
fn a_client_lists_its_own_calls_and_the_agency_all() {
    on_both(|database| {
        let opened = open(database);
        let (ours, theirs) = (furnish(&opened, "наш"), furnish(&opened, "чужой"));
        let filter = CallFilter::default();
        let found = list(&opened, &ours, &filter);
        assert_eq!(found.iter().map(|one| one.call.id).collect::<Vec<_>>(), [ours.observation]);
        let all = opened.agency(|conn| calls::list_calls(conn, Reach::Agency, &filter, WHOLE));
        assert_eq!(all.len(), 2);
        let reach = Reach::Client(ours.client.id);
        let foreign =
            opened.store.read(reach, |conn| calls::find_call(conn, reach, theirs.observation));
        assert!(matches!(foreign, Err(StoreError::NotFound)), "{foreign:?}");
    });
}

#[test]
fn a_call_is_found_by_any_of_its_observations() {
    on_both(|database| {
        let opened = open(database);
        let furnished = furnish(&opened, "наш");
        let client = furnished.client.id;
        let app = opened.source(client, "Диктофон");
        let started = at("2026-11-11T23:58:30Z");
        let pair = ("+74951234567", "+79001112233");
        // Two minutes later is as far as a corroborating observation may be, and
        // the call belongs to the day of the first one.
        let reports = [
            report(&furnished.source, "pbx", pair, started),
            report(&app, "app", pair, started + MINUTE + MINUTE),
            report(&furnished.source, "redial", pair, started + MINUTE),
        ];
        opened.ingest(client, &reports);
        let find = |id: ObservationId| {
            let reach = Reach::Client(client);
            opened.store.read(reach, |conn| calls::find_call(conn, reach, id))
        };
        let early = find(reports[0].id);
        assert!(matches!(early, Err(StoreError::NotFound)), "the worker was not there: {early:?}");
        let first = call(furnished.bait.id, reports[0].id, phone(CALLER), started);
        let both = Call { observations: vec![reports[0].id, reports[1].id], ..first };
        let redial = call(furnished.bait.id, reports[2].id, phone(CALLER), started + MINUTE);
        let all =
            [judged(&furnished, both, background()), judged(&furnished, redial, background())];
        replace(&opened, &furnished, "2026-11-11T00:00:00Z", &all);
        assert_eq!(find(reports[0].id).unwrap(), all[0]);
        assert_eq!(find(reports[1].id).unwrap(), all[0]);
        assert_eq!(find(reports[2].id).unwrap(), all[1]);
        let nobodys = find(ObservationId(uuid::Uuid::now_v7()));
        assert!(matches!(nobodys, Err(StoreError::NotFound)), "{nobodys:?}");
    });
}
