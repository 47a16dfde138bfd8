//! Replays as they are asked for, watched and cancelled; the worker's part is
//! played by hand.

use baitline_domain::ids::{BaitId, ObservationId, PackageId};
use baitline_domain::numbering::NumberingFile;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Reason;
use baitline_store::exports;
use baitline_store::models::{DifferenceRow, PackageState, Replay, ReplayOutcome, ReplayState};
use baitline_store::numbering::{self, NewEdition};
use baitline_store::replays::{self, DayFound};
use baitline_store::{Reach, StoreResult};
use baitline_testkit::{TestDatabase, on_both};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::service::{Service, Stock, the_day};

const PATH: &str = "/v1/verdicts:replay";

fn period() -> Value {
    json!({"from": "2026-10-01T00:00:00+03:00", "to": "2026-11-01T00:00:00+03:00"})
}

fn with(name: &str, value: Value) -> Value {
    let mut body = period();
    body[name] = value;
    body
}

fn agency<T>(
    service: &Service,
    work: impl FnMut(&mut baitline_store::Conn) -> StoreResult<T>,
) -> T {
    service.store.write(Reach::Agency, work).unwrap()
}

fn edition(service: &Service) -> String {
    let new = NewEdition {
        file: NumberingFile::Def9,
        in_force_from: the_day().start(),
        sha256: [0; 32],
        ranges: Vec::new(),
    };
    agency(service, |conn| numbering::import_edition(conn, &new)).id.to_string()
}

fn difference(replay: &Replay, stock: &Stock, second: i64) -> DifferenceRow {
    let reasons = DifferenceRow::write_reasons(&[Reason::RangeHolderOnly]).unwrap();
    DifferenceRow {
        client_id: replay.client_id,
        replay_id: replay.id,
        started_at: the_day().start() + baitline_domain::instant::Span::seconds(second),
        call_id: ObservationId(Uuid::from_u128(second as u128)),
        bait_id: BaitId(stock.bait.parse().unwrap()),
        caller: Phone::from_digits(79_160_000_001),
        outcome_before: ReplayOutcome::ForeignGroup,
        outcome_after: ReplayOutcome::Background,
        reasons_before: reasons.clone(),
        reasons_after: reasons,
        operator_before: Some("7740000076".parse().unwrap()),
        operator_after: None,
    }
}

/// Lets the only replay find differences on the day of the calls, in a package
/// too, and end.
fn carry(service: &Service, stock: &Stock, differences: i64, package: PackageId) {
    agency(service, |conn| {
        let replay = replays::claim_replay(conn)?.unwrap();
        let rows = (0..differences).map(|second| difference(&replay, stock, second)).collect();
        let found = DayFound { calls: 9, differences: rows, packages: vec![(package, 2)] };
        let moved = replays::keep_day(conn, &replay, the_day(), &found)?.unwrap();
        replays::end_replay(conn, &moved, ReplayState::Done, None)
    });
}

/// A built package against the caller, of an export of the client's.
pub(crate) fn package(service: &Service, stock: &Stock) -> PackageId {
    service.json("POST", &stock.tenant.key, "/v1/exports", &period()).expect(202);
    agency(service, |conn| {
        let export = exports::claim_export(conn)?.unwrap();
        let caller = Phone::from_digits(79_160_000_001).unwrap();
        let mut package = exports::plan_package(conn, &export, caller, the_day().end())?;
        package.state = PackageState::Draft;
        exports::save_package(conn, &package)?;
        Ok(package.id)
    })
}

#[test]
fn a_replay_is_asked_for_watched_and_read_piece_by_piece() {
    on_both(|database| {
        let service = Service::start(database);
        let stock = service.stock("Окна");
        let key = &stock.tenant.key;
        service.call(&stock, "+79160000001", "2026-10-02T10:00:00Z");
        let edition = edition(&service);
        let package = package(&service, &stock);
        let body = with("numbering_edition_id", json!(edition));
        let asked = service.json("POST", key, PATH, &body).expect(202);
        let path = asked.header("location").to_owned();
        let asked = asked.json();
        assert_eq!(path, format!("/v1/replays/{}", asked["id"].as_str().unwrap()));
        assert_eq!((&asked["state"], &asked["days_done"]), (&json!("queued"), &json!(0)));
        assert_eq!(asked["from"], "2026-09-30T21:00:00Z");
        assert_eq!(asked["numbering_edition_id"], edition.as_str());
        assert_eq!(asked["rule_version"], Value::Null);
        let waiting = service.get(key, &path).expect(200).json();
        assert_eq!(waiting["replay"], asked);
        assert_eq!((&waiting["transitions"], &waiting["touched"]), (&json!([]), &json!([])));

        carry(&service, &stock, 3, package);
        let done = service.get(key, &path).expect(200).json();
        assert_eq!(done["replay"]["state"], "done");
        assert_eq!((&done["replay"]["calls"], &done["differences_kept"]), (&json!(9), &json!(3)));
        let transition = json!([{"before": "foreign_group", "after": "background", "calls": 3}]);
        assert_eq!(done["transitions"], transition);
        let touched = &done["touched"][0];
        assert_eq!((&touched["kind"], &touched["calls"]), (&json!("package"), &json!(2)));
        assert_eq!(touched["id"], package.to_string());
        assert_eq!(
            (&touched["caller"], &touched["state"]),
            (&json!("+79160000001"), &json!("draft"))
        );
        assert_eq!(done["touched_total"], 1);

        let first = service.get(key, &format!("{path}/differences?limit=2")).expect(200);
        assert!(first.header("link").ends_with("rel=\"next\""), "{}", first.header("link"));
        let first = first.json();
        assert_eq!(first["items"].as_array().unwrap().len(), 2);
        let one = &first["items"][0];
        assert_eq!(one["before"]["caller_operator"]["group"], "mts");
        assert_eq!(one["after"]["outcome"], "background");
        assert_eq!(one["after"]["reasons"], json!(["range_holder_only"]));
        let cursor = first["next_cursor"].as_str().unwrap();
        let rest = format!("{path}/differences?limit=2&cursor={cursor}");
        let rest = service.get(key, &rest).expect(200).json();
        assert_eq!(
            (rest["items"].as_array().unwrap().len(), &rest["next_cursor"]),
            (1, &Value::Null)
        );
        let listed = service.get(key, "/v1/replays").expect(200).json();
        assert_eq!(listed["items"], json!([done["replay"]]));
        service.json("POST", key, &format!("{path}/cancellation"), &json!({})).expect(409);
    });
}

#[test]
fn what_cannot_be_replayed_is_refused_and_says_what_can() {
    on_both(|database| {
        let service = Service::start(database);
        let tenant = service.client("Окна");
        let key = &tenant.key;
        let refused =
            |body: Value, status: u16| service.json("POST", key, PATH, &body).expect(status);
        for version in [0, 2, 4_294_967_295_u32] {
            let answer = refused(with("rule_version", json!(version)), 422);
            assert_eq!(answer.code(), "unknown_rule_version");
            assert_eq!(answer.text("/errors/0/pointer"), "/rule_version");
            assert_eq!(answer.text("/errors/0/detail"), "The versions of the rules are: 1.");
        }
        service.json("POST", key, PATH, &with("rule_version", json!(1))).expect(202);
        let nobodys = json!("00000000-0000-7000-8000-000000000000");
        let answer = refused(with("numbering_edition_id", nobodys.clone()), 404);
        assert_eq!(answer.code(), "unknown_edition");
        assert_eq!(
            refused(with("to", json!("2026-10-01T00:00:00+03:00")), 422).code(),
            "empty_period"
        );
        assert_eq!(
            refused(with("to", json!("2027-12-01T00:00:00Z")), 422).code(),
            "period_too_long"
        );
        assert_eq!(refused(with("colour", json!(1)), 422).code(), "unknown_field");
        assert_eq!(refused(json!({"to": "2026-10-01T00:00:00Z"}), 422).code(), "missing");
        let agency = &service.agency_key;
        let answer = service.json("POST", agency, PATH, &period()).expect(422);
        assert_eq!(answer.text("/errors/0/pointer"), "/client_id");
        let answer = service.json("POST", agency, PATH, &with("client_id", nobodys)).expect(404);
        assert_eq!(answer.code(), "unknown_client");
        service.json("POST", agency, PATH, &with("client_id", json!(tenant.id))).expect(202);
    });
}

#[test]
fn the_path_with_a_colon_is_one_word_and_knows_its_method() {
    let service = Service::start(TestDatabase::sqlite());
    let key = service.client("Окна").key;
    let answer = service.get(&key, PATH).expect(405);
    assert_eq!(answer.header("allow"), "POST");
    service.json("POST", &key, "/v1/verdicts%3Areplay", &period()).expect(202);
    service.json("POST", &key, "/v1/verdicts:rewind", &period()).expect(404);
    service.json("POST", &key, "/v1/verdicts", &period()).expect(404);
    service.json("POST", &key, &format!("{PATH}?dry_run=true"), &period()).expect(400);
    service.send("POST", PATH, &[("content-type", "application/json")], b"{}").expect(401);
}

#[test]
fn a_waiting_replay_is_cancelled_once_and_for_all() {
    on_both(|database| {
        let service = Service::start(database);
        let key = service.client("Окна").key;
        let most = service.get(&key, "/v1/limits").expect(200).json()["limits"]
            .as_array()
            .unwrap()
            .iter()
            .find(|limit| limit["name"] == "replays_waiting")
            .and_then(|limit| limit["maximum"].as_u64())
            .unwrap();
        let ask = || service.json("POST", &key, PATH, &period());
        let path = ask().expect(202).header("location").to_owned();
        for _ in 1..most {
            ask().expect(202);
        }
        assert_eq!(ask().expect(409).code(), "too_many_replays");
        let cancel = || service.json("POST", &key, &format!("{path}/cancellation"), &json!({}));
        assert_eq!(cancel().expect(200).text("/state"), "cancelled");
        assert_eq!(cancel().expect(200).text("/state"), "cancelled");
        ask().expect(202);
    });
}
