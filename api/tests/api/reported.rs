//! Two clients with interceptions whose counts are worked out by hand, kept the
//! way the worker keeps them. The one counts days in Moscow, the other in
//! Yekaterinburg.
//!
//! | call | began, UTC | there | client, trap | caller | belongs to |
//! |---|---|---|---|---|---|
//! | 1 | 01.10. 20:30 | 01.10. | окна, 1 | МТС, Москва | Комфорт |
//! | 2 | 12.10. 09:00 | 12.10. | окна, 2 | the same | Безымянные |
//! | 3 | 12.10. 10:00 | 12.10. | окна, 2 | МегаФон, Омск | both |
//! | 4 | 31.10. 19:30 | 01.11. | двери, 3 | МТС, Москва | Комфорт (Урал) |
//! | 5 | 31.10. 18:30 | 31.10. | двери, 3 | Интернод | nobody; not heard |
//! | 6 | 31.10. 20:00 | 01.11. | двери, 3 | withheld, not answered | |

use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ClientId, CompetitorId, ObservationId, TrapId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::phone::{Party, Phone};
use baitline_domain::trap::{TrapMissing, TrapState, Window};
use baitline_domain::verdict::{Assessment, Interception, RULE_VERSION, Verdict};
use baitline_store::models::JudgedCall;
use baitline_store::{Reach, calls, tallies, traps};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::{Service, Tenant};

/// Holds every call, and is made of whole UTC days.
pub(crate) const PERIOD: &str = "from=2026-10-01T00:00:00Z&to=2026-11-02T00:00:00Z";
/// The same calls, with single interceptions at both edges.
pub(crate) const RAGGED: &str = "from=2026-10-01T20:30:00Z&to=2026-10-31T20:00:01Z";
pub(crate) const COMFORT_INN: &str = "7736264044";
pub(crate) const MTS: &str = "7740000076";
pub(crate) const MEGAFON: &str = "7812014560";
pub(crate) const INTERNOD: &str = "7733808377";
pub(crate) const T2: &str = "7743895280";
pub(crate) const BEELINE: &str = "7713076301";
pub(crate) const FROM_MTS: &str = "+79160000001";
pub(crate) const FROM_MEGAFON: &str = "+79260000002";
pub(crate) const FROM_INTERNOD: &str = "+79580000003";

/// What the clients have.
pub(crate) struct Reported {
    pub(crate) service: Service,
    pub(crate) windows: Tenant,
    pub(crate) doors: Tenant,
    /// Of окна, of двери, and one of двери that nobody calls.
    pub(crate) baits: [String; 3],
    /// Of окна with an ИНН and without, of двери with the first one's ИНН.
    pub(crate) competitors: [String; 3],
}

pub(crate) fn at(text: &str) -> Instant {
    Instant::from(text.parse::<jiff::Timestamp>().unwrap())
}

struct Intercepted<'a> {
    client: &'a Tenant,
    bait: &'a str,
    trap: &'a str,
    at: &'a str,
    caller: Option<(&'a str, &'a str, Option<&'a str>)>,
    competitors: &'a [&'a str],
    verdict: Verdict,
    label: Option<LabelKind>,
}

impl Reported {
    pub(crate) fn on(service: Service) -> Self {
        let windows = service.client("Окна");
        let doors = service.client("Двери");
        let zone = json!({"time_zone": "Asia/Yekaterinburg"});
        let path = format!("/v1/clients/{}", doors.id);
        service.json("PATCH", &service.agency_key, &path, &zone).expect(200);
        let bait = |tenant: &Tenant, number: &str, operator: &str| {
            let body =
                json!({"number": number, "operator_inn": operator, "reference": number[8..]});
            service.create(&tenant.key, "/v1/baits", &body)
        };
        let competitor = |tenant: &Tenant, name: &str, inn: Option<&str>| {
            let body = json!({"name": name, "inn": inn});
            service.create(&tenant.key, "/v1/competitors", &body)
        };
        let baits = [
            bait(&windows, "+79010000101", T2),
            bait(&doors, "+79030000102", BEELINE),
            bait(&doors, "+79030000103", BEELINE),
        ];
        let competitors = [
            competitor(&windows, "Комфорт", Some(COMFORT_INN)),
            competitor(&windows, "Безымянные", None),
            competitor(&doors, "Комфорт (Урал)", Some(COMFORT_INN)),
        ];
        let reported = Self { service, windows, doors, baits, competitors };
        reported.intercept();
        reported
    }

    fn trap(
        &self,
        tenant: &Tenant,
        bait: &str,
        started_at: &str,
        window: Option<[&str; 2]>,
    ) -> String {
        let body = json!({"bait_id": bait, "started_at": started_at});
        let id = self.service.create(&tenant.key, "/v1/traps", &body);
        let client = ClientId(tenant.id.parse().unwrap());
        let state = TrapState {
            trap: TrapId(id.parse().unwrap()),
            exposures: Vec::new(),
            missing: if window.is_some() { Vec::new() } else { vec![TrapMissing::SiteVisit] },
            window: window.map(|[from, to]| Window { from: at(from), to: at(to) }),
            run_ends_at: at(started_at) + Span::hours(2),
        };
        let save = |conn: &mut _| traps::save_state(conn, client, &state);
        self.service.store.write(Reach::Agency, save).unwrap();
        id
    }

    fn intercept(&self) {
        let (windows, doors) = (&self.windows, &self.doors);
        let [first, second, silent] = &self.baits;
        let window = |from, to| Some([from, to]);
        let traps = [
            self.trap(
                windows,
                first,
                "2026-09-30T20:00:00Z",
                window("2026-09-30T22:00:00Z", "2026-10-02T22:00:00Z"),
            ),
            self.trap(
                windows,
                first,
                "2026-10-11T10:00:00Z",
                window("2026-10-11T12:00:00Z", "2026-10-13T12:00:00Z"),
            ),
            self.trap(
                doors,
                second,
                "2026-10-30T08:00:00Z",
                window("2026-10-30T10:00:00Z", "2026-11-01T10:30:00Z"),
            ),
        ];
        self.trap(windows, first, "2026-10-20T10:00:00Z", None);
        self.trap(
            doors,
            silent,
            "2026-11-01T10:00:00Z",
            window("2026-11-01T12:00:00Z", "2026-11-03T12:00:00Z"),
        );
        let [comfort, nameless, of_urals] = self.competitors.each_ref().map(String::as_str);
        let mts = Some((FROM_MTS, MTS, Some("г. Москва")));
        let heard = Some(LabelKind::Advertising);
        let of_windows = Intercepted {
            client: windows,
            bait: first,
            trap: &traps[0],
            at: "2026-10-01T20:30:00Z",
            caller: mts,
            competitors: &[comfort],
            verdict: Verdict::ForeignGroup,
            label: heard,
        };
        let of_doors = Intercepted {
            client: doors,
            bait: second,
            trap: &traps[2],
            at: "2026-10-31T19:30:00Z",
            competitors: &[of_urals],
            ..of_windows
        };
        self.keep(&[
            Intercepted {
                trap: &traps[1],
                at: "2026-10-12T09:00:00Z",
                competitors: &[nameless],
                ..of_windows
            },
            Intercepted {
                trap: &traps[1],
                at: "2026-10-12T10:00:00Z",
                caller: Some((FROM_MEGAFON, MEGAFON, Some("Омская область"))),
                competitors: &[comfort, nameless],
                ..of_windows
            },
            Intercepted {
                at: "2026-10-31T18:30:00Z",
                caller: Some((FROM_INTERNOD, INTERNOD, None)),
                competitors: &[],
                verdict: Verdict::ForeignEntity,
                label: None,
                ..of_doors
            },
            Intercepted {
                at: "2026-10-31T20:00:00Z",
                caller: None,
                competitors: &[],
                verdict: Verdict::Inconclusive,
                label: None,
                ..of_doors
            },
            of_windows,
            of_doors,
        ]);
        self.forget_what_waits();
    }

    /// Keeps the calls of each day, and the tallies that they come to.
    fn keep(&self, all: &[Intercepted<'_>]) {
        for tenant in [&self.windows, &self.doors] {
            let client = ClientId(tenant.id.parse().unwrap());
            let of_client: Vec<JudgedCall> =
                all.iter().filter(|one| one.client.id == tenant.id).map(judged).collect();
            let days: std::collections::BTreeSet<Day> =
                of_client.iter().map(|one| one.call.started_at.day()).collect();
            for day in days {
                let of_day: Vec<JudgedCall> = of_client
                    .iter()
                    .filter(|one| one.call.started_at.day() == day)
                    .cloned()
                    .collect();
                let write = |conn: &mut _| {
                    calls::replace_day(conn, client, day, &of_day)?;
                    let (from, to) = (day.start(), day.end() - Span(1));
                    let reach = Reach::Client(client);
                    let found = tallies::interceptions_between(conn, reach, from, to)?;
                    let tallied = baitline_analytics::tally(&found.edges).unwrap();
                    tallies::replace_day(conn, client, day, &tallied)
                };
                self.service.store.write(Reach::Agency, write).unwrap();
            }
        }
    }

    /// Here no worker recomputes what entering the nouns touched.
    fn forget_what_waits(&self) {
        self.service.execute("DELETE FROM changes; DELETE FROM touched_buckets;");
    }

    /// The answer to a report asked with an agency's key.
    #[track_caller]
    pub(crate) fn report(&self, path: &str) -> Value {
        self.service.get(&self.service.agency_key, path).expect(200).json()
    }

    /// The lines of a report, put together from pieces of at most `limit`.
    #[track_caller]
    pub(crate) fn all_pieces(&self, path: &str, list: &str, limit: usize) -> Vec<Value> {
        let (mut all, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = format!("{path}&limit={limit}{cursor}");
            let answer = self.service.get(&self.service.agency_key, &path).expect(200);
            let piece = answer.json();
            let lines = piece[list].as_array().unwrap();
            assert!(lines.len() <= limit);
            all.extend(lines.iter().cloned());
            let Some(next) = piece["next_cursor"].as_str() else {
                assert_eq!(answer.header("link"), "");
                assert_eq!(piece["total"], all.len());
                return all;
            };
            assert!(answer.header("link").contains(&format!("cursor={next}>; rel=\"next\"")));
            cursor = format!("&cursor={next}");
        }
    }

    /// The lines of a CSV asked with an agency's key, without the mark at its
    /// beginning.
    #[track_caller]
    pub(crate) fn csv(&self, path: &str) -> Vec<String> {
        let bearer = format!("Bearer {}", self.service.agency_key);
        let headers = [("authorization", bearer.as_str()), ("accept", "text/csv")];
        let answer = self.service.send("GET", path, &headers, b"").expect(200);
        assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
        let text = String::from_utf8(answer.bytes).unwrap();
        let lines = text.strip_prefix('\u{feff}').unwrap().trim_end_matches("\r\n");
        lines.split("\r\n").map(str::to_owned).collect()
    }
}

fn judged(one: &Intercepted<'_>) -> JudgedCall {
    let id = ObservationId(Uuid::now_v7());
    let party = one
        .caller
        .map_or(Party::Hidden, |(number, ..)| Party::Number(Phone::parse(number).unwrap()));
    let mut competitors: Vec<CompetitorId> =
        one.competitors.iter().map(|id| CompetitorId(id.parse().unwrap())).collect();
    competitors.sort();
    let answered = one.caller.is_some();
    let interception = Interception {
        trap: TrapId(one.trap.parse().unwrap()),
        verdict: one.verdict,
        attempt: !answered,
        prior_contact: false,
        exposures_done: Vec::new(),
        caller_operator: one.caller.map(|(_, operator, _)| operator.parse().unwrap()),
        caller_region: one.caller.and_then(|(.., region)| region).map(Into::into),
        competitors,
        edition: None,
    };
    let call = Call {
        id,
        bait: BaitId(one.bait.parse().unwrap()),
        direction: Direction::Incoming,
        party,
        channel: Channel::Pstn,
        started_at: at(one.at),
        uncertainty: Span(0),
        connected_seconds: 30,
        answered,
        roaming: false,
        observations: vec![id],
    };
    let assessment = Assessment {
        interception: Some(interception),
        reasons: Vec::new(),
        rule_version: RULE_VERSION,
    };
    let client_id = ClientId(one.client.id.parse().unwrap());
    JudgedCall { client_id, call, assessment, label: one.label, recordings: 0 }
}
