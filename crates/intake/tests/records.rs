//! What a good record becomes: the ends, the defaults, the identity; and that
//! neither the format nor the order of fields makes a difference.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use baitline_domain::ids::{ClientId, SourceId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::{BaitName, Channel, Direction, Ends, Report};
use baitline_domain::phone::{Party, Phone};
use baitline_intake::calls::{Body, CallRecord, Format, SourceSettings, read};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use uuid::Uuid;

fn one(format: Format, body: &str) -> CallRecord {
    match read(format, body.as_bytes()).unwrap() {
        Body::One(result) => result.unwrap(),
        Body::Many(mut items) => {
            let record = items.next().unwrap().unwrap().result.unwrap();
            assert!(items.next().is_none(), "one record in {body}");
            record
        }
    }
}

fn report(record: &CallRecord) -> Report {
    let source = SourceSettings {
        id: SourceId(Uuid::from_u128(2)),
        zone: TimeZone::get("Europe/Moscow").unwrap(),
    };
    let received_at = Instant::from("2026-11-23T12:00:00Z".parse::<jiff::Timestamp>().unwrap());
    record.normalise(ClientId(Uuid::from_u128(1)), &source, received_at).unwrap()
}

fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).unwrap()
}

#[test]
fn a_record_that_names_its_bait_says_how_the_call_looks_from_there() {
    let number = BaitName::Number(phone(79_005_550_124));
    let reference = BaitName::Reference("office 3".into());
    let far = Party::Number(phone(74_955_550_123));
    let table = [
        (
            r#""bait":"8 (900) 555-01-24","direction":"incoming","caller":"4955550123""#,
            &number,
            Direction::Incoming,
            far.clone(),
        ),
        (
            r#""bait":"office 3","direction":"outgoing","called":"4955550123""#,
            &reference,
            Direction::Outgoing,
            far,
        ),
        (
            r#""bait":"office 3","direction":"incoming""#,
            &reference,
            Direction::Incoming,
            Party::Hidden,
        ),
        (
            r#""bait":"office 3","direction":"incoming","caller":null,"called":"1""#,
            &reference,
            Direction::Incoming,
            Party::Hidden,
        ),
    ];
    for (members, bait, direction, party) in table {
        let record =
            one(Format::Json, &format!(r#"{{{members},"occurred_at":"2026-11-01 10:00"}}"#));
        assert_eq!(record.ends, Ends::Named { bait: bait.clone(), direction, party }, "{members}");
    }
}

#[test]
fn a_record_that_names_no_bait_says_who_called_whom() {
    let called = Party::Number(phone(79_005_550_124));
    for (caller, expected) in [
        (r#""caller":"74955550123","#, Party::Number(phone(74_955_550_123))),
        (r#""caller":"anonymous","#, Party::Hidden),
        (r#""caller":"","#, Party::Hidden),
        ("", Party::Hidden),
    ] {
        let body =
            format!(r#"{{{caller}"called":"79005550124","occurred_at":"2026-11-01 10:00"}}"#);
        let ends = Ends::Plain { caller: expected, called: called.clone() };
        assert_eq!(one(Format::Json, &body).ends, ends, "{caller}");
    }
}

#[test]
fn what_a_record_leaves_out_has_its_default() {
    let record = one(Format::Json, r#"{"called":"79005550124","occurred_at":"2026-11-01 10:00"}"#);
    let CallRecord { source, external_id, connected_seconds, screen_label, extra, .. } = &record;
    assert_eq!((source, external_id, screen_label, extra), (&None, &None, &None, &None));
    assert_eq!((record.revision, record.channel, record.roaming), (0, Channel::Pstn, false));
    assert_eq!((connected_seconds, record.answered), (&None, false));
}

#[test]
fn connected_time_means_answered_unless_the_record_says_otherwise() {
    for (members, answered) in [
        (r#""connected_seconds":1"#, true),
        (r#""connected_seconds":0"#, false),
        (r#""connected_seconds":0,"answered":true"#, true),
        (r#""connected_seconds":86400,"answered":false"#, false),
    ] {
        let body = format!(r#"{{"called":"1","occurred_at":"2026-11-01 10:00",{members}}}"#);
        assert_eq!(one(Format::Json, &body).answered, answered, "{members}");
    }
}

#[test]
fn extra_is_kept_digit_for_digit_with_its_members_sorted() {
    let body = r#"{"called":"1","occurred_at":"2026-11-01 10:00","extra": { "b" : [1.10, 12345678901234567890123, 1e400, null, true, {}],
        "a":{"d":"\u044f\n\"","c":[ ]} } }"#;
    let expected =
        r#"{"a":{"c":[],"d":"я\n\""},"b":[1.10,12345678901234567890123,1e400,null,true,{}]}"#;
    assert_eq!(one(Format::Json, body).extra.as_deref(), Some(expected));
}

#[test]
fn the_limits_themselves_are_allowed() {
    let (bait, end, extra) = ("я".repeat(64), "я".repeat(200), "x".repeat(4_096 - 8));
    let deep = format!("{}1{}", r#"{"a":"#.repeat(8), "}".repeat(8));
    for members in [
        format!(r#""bait":"{bait}","direction":"incoming","caller":"{end}""#),
        format!(
            r#""called":"{end}","external_id":"{end}","screen_label":"{bait}","source":"{bait}""#
        ),
        format!(r#""called":"1","extra":{{"a":"{extra}"}},"revision":4294967295"#),
        format!(r#""called":"1","extra":{deep},"connected_seconds":86400"#),
    ] {
        one(Format::Json, &format!(r#"{{"occurred_at":"2026-11-01 10:00",{members}}}"#));
    }
}

#[test]
fn an_external_id_is_the_identity_whatever_else_the_record_says() {
    let first = r#"{"external_id":"a","called":"79005550124","occurred_at":"2026-11-01 10:00"}"#;
    let later = r#"{"external_id":"a","called":"79005550125","occurred_at":"2026-11-01 11:00","revision":2}"#;
    let other = r#"{"external_id":"b","called":"79005550124","occurred_at":"2026-11-01 10:00"}"#;
    let id = |body| report(&one(Format::Json, body)).id;
    assert_eq!(id(first), id(later));
    assert_ne!(id(first), id(other));
}

#[test]
fn without_an_external_id_the_facts_are_the_identity_however_they_are_written() {
    let id = |caller: &str, called: &str, at: &str, more: &str| {
        let body =
            format!(r#"{{"caller":"{caller}","called":"{called}","occurred_at":"{at}"{more}}}"#);
        report(&one(Format::Json, &body)).id
    };
    let first = id("+74955550123", "+79005550124", "2026-11-01T10:00:00+03:00", "");
    let again = [
        id("8 495 555-01-23", "9005550124", "01.11.2026 10:00", ""),
        id("74955550123", "tel:+79005550124", "2026-11-01T07:00:00Z", r#","answered":true"#),
    ];
    let others = [
        id("+74955550122", "+79005550124", "2026-11-01T10:00:00+03:00", ""),
        id("+79005550124", "+74955550123", "2026-11-01T10:00:00+03:00", ""),
        id("", "+79005550124", "2026-11-01T10:00:00+03:00", ""),
        id("+74955550123", "+79005550124", "2026-11-01T10:00:00.000001+03:00", ""),
        id(
            "+74955550123",
            "+79005550124",
            "2026-11-01T10:00:00+03:00",
            r#","bait":"b","direction":"incoming""#,
        ),
        id(
            "+74955550123",
            "+79005550124",
            "2026-11-01T10:00:00+03:00",
            r#","bait":"b","direction":"outgoing""#,
        ),
    ];
    assert!(again.iter().all(|id| *id == first));
    let all: std::collections::BTreeSet<_> = others.iter().chain([&first]).collect();
    assert_eq!(all.len(), others.len() + 1, "different facts are different reports");
}

/// A record as pairs of name and JSON value, in any order of the names.
fn members() -> impl Strategy<Value = Vec<(&'static str, String)>> {
    let text =
        |pattern: &'static str| pattern.prop_map(|text| serde_json::Value::from(text).to_string());
    let number = prop_oneof!["\\+79[0-9]{9}", "8 9[0-9]{2} [0-9]{3}-[0-9]{4}", "anonymous|-|911"]
        .prop_map(|text| format!("\"{text}\""));
    let bait = prop_oneof![
        Just(Vec::new()),
        (text("[a-z\",; я]{1,8}x"), prop_oneof![Just("incoming"), Just("outgoing")])
            .prop_map(|(bait, way)| vec![("bait", bait), ("direction", format!("\"{way}\""))]),
    ];
    let extra =
        ("[a-zа-я\"\\\\ ]{0,5}", any::<i32>(), "[a-z\t]{0,4}").prop_map(|(name, number, text)| {
            serde_json::json!({ name: number, "list": [text, null, 1.5] }).to_string()
        });
    let optional = (
        proptest::option::of(text("[a-z]{1,8}")),
        proptest::option::of(text("[a-zа-я\",;' ]{0,12}")),
        proptest::option::of(any::<u32>().prop_map(|number| number.to_string())),
        proptest::option::of((0_u32..=86_400).prop_map(|number| number.to_string())),
        proptest::option::of(any::<bool>().prop_map(|truth| truth.to_string())),
        proptest::option::of(prop_oneof![Just("\"pstn\""), Just("\"sms\"")].prop_map(String::from)),
        proptest::option::of(text("[a-zа-я\",; ]{0,12}")),
        proptest::option::of(extra),
    );
    let required = (number.clone(), number, 1_u32..=28, 0_u32..=23);
    (required, optional, bait).prop_map(|(required, optional, bait)| {
        let (caller, called, day, hour) = required;
        let time = format!("\"2026-10-{day:02}T{hour:02}:30:00\"");
        let mut members = vec![("caller", caller), ("called", called), ("occurred_at", time)];
        members.extend(bait);
        let (source, id, revision, seconds, truth, channel, label, extra) = optional;
        let optional = [
            ("source", source),
            ("external_id", id),
            ("revision", revision),
            ("connected_seconds", seconds),
            ("answered", truth.clone()),
            ("roaming", truth),
            ("channel", channel),
            ("screen_label", label),
            ("extra", extra),
        ];
        members.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        members
    })
}

fn json(members: &[(&str, String)]) -> String {
    let members: Vec<_> =
        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!("{{{}}}", members.join(","))
}

fn csv(members: &[(&str, String)], delimiter: u8) -> String {
    let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
    writer.write_record(members.iter().map(|(name, _)| name)).unwrap();
    let cells = members.iter().map(|(_, value)| {
        serde_json::from_str::<String>(value).unwrap_or_else(|_no_text| value.clone())
    });
    writer.write_record(cells).unwrap();
    String::from_utf8(writer.into_inner().unwrap()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn neither_format_nor_order_of_fields_changes_the_report(
        (members, shuffled) in members().prop_flat_map(|members| {
            (Just(members.clone()), Just(members).prop_shuffle())
        }),
    ) {
        let expected = report(&one(Format::Json, &json(&members)));
        prop_assert_eq!(&report(&one(Format::Json, &json(&shuffled))), &expected);
        prop_assert_eq!(&report(&one(Format::Json, &format!("[{}]", json(&members)))), &expected);
        prop_assert_eq!(&report(&one(Format::Ndjson, &json(&shuffled))), &expected);
        prop_assert_eq!(&report(&one(Format::Csv, &csv(&members, b','))), &expected);
        prop_assert_eq!(&report(&one(Format::Csv, &csv(&shuffled, b';'))), &expected);
    }
}
