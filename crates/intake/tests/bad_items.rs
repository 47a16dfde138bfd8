//! What is wrong with a record or a body, and in which words the sender is
//! told: the whole answers, as snapshots.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::fmt::Write;

use baitline_domain::ids::{ClientId, SourceId};
use baitline_domain::instant::Instant;
use baitline_intake::calls::{
    Body, BodyError, Format, Item, MAX_JSON_BODY_BYTES, MAX_JSON_ITEMS, MAX_RECORD_BYTES,
    Rejection, SourceSettings, read,
};
use jiff::tz::TimeZone;
use uuid::Uuid;

/// Stands in every table for what must never be told back.
const CANARY: &str = "79005550123";

fn items(format: Format, body: &[u8]) -> Result<Vec<Item>, BodyError> {
    match read(format, body)? {
        Body::One(result) => Ok(vec![Item { line: 1, result: *result }]),
        Body::Many(items) => items.collect(),
    }
}

fn told(rejection: &Rejection) -> String {
    let Rejection { code, pointer, detail } = rejection;
    format!("{code} {} {detail}", pointer.as_deref().unwrap_or("(record)"))
}

/// One line per item: accepted, or the rejection, of reading or of the time.
fn outcome(item: &Item) -> String {
    let source =
        SourceSettings { id: SourceId(Uuid::nil()), zone: TimeZone::get("Europe/Berlin").unwrap() };
    let received_at = Instant::from("2026-11-23T12:00:00Z".parse::<jiff::Timestamp>().unwrap());
    let result = item.result.as_ref().map_err(told).and_then(|record| {
        record.normalise(ClientId(Uuid::nil()), &source, received_at).map_err(|it| told(&it))
    });
    format!("{}: {}", item.line, result.err().unwrap_or_else(|| "accepted".into()))
}

fn transcript(format: Format, body: &[u8]) -> String {
    match items(format, body) {
        Ok(items) => items.iter().map(outcome).collect::<Vec<_>>().join("\n  "),
        Err(error) => format!("body: {} line {:?}: {error}", error.code(), error.line()),
    }
}

#[test]
fn every_bad_json_record_is_told_what_is_wrong_with_which_field() {
    let long = |count: usize| "я".repeat(count);
    let table: Vec<(&str, String)> = vec![
        ("no object", "17".into()),
        ("an array", "[]".into()),
        ("not JSON", format!("{{\"called\": {CANARY}")),
        ("more after the object", "{} {}".into()),
        ("an unknown field", record(r#","duration":5"#)),
        ("an unknown field of a long name", record(&format!(r#","{}":5"#, "d".repeat(41)))),
        ("an unknown field with a slash", record(r#","a/b~c":5"#)),
        ("an unknown field in Cyrillic", record(&format!(r#","номер {CANARY}":5"#))),
        ("an unknown field that is a number", record(&format!(r#","{CANARY}":5"#))),
        ("a field twice", record(r#","caller":"anonymous""#)),
        ("an empty object", "{}".into()),
        ("no time", format!(r#"{{"called":"{CANARY}"}}"#)),
        ("nobody called", r#"{"caller":"79005550123","occurred_at":"2026-11-01 10:00"}"#.into()),
        ("a bait without direction", record(r#","bait":"b1""#)),
        ("a direction without bait", record(r#","direction":"incoming""#)),
        ("an unknown direction", record(&format!(r#","bait":"b1","direction":"{CANARY}""#))),
        ("outgoing to nobody", r#"{"bait":"b1","direction":"outgoing","occurred_at":"x"}"#.into()),
        ("a number for a text", record(r#","source":79005550123"#)),
        ("an array for a text", record(r#","source":["a"]"#)),
        ("an object for a text", record(r#","source":{"a":1}"#)),
        ("a text for a number", record(r#","revision":"79005550123""#)),
        ("a fraction", record(r#","connected_seconds":1.5"#)),
        ("an exponent", record(r#","connected_seconds":1e3"#)),
        ("a negative number", record(r#","connected_seconds":-1"#)),
        ("more than a day", record(r#","connected_seconds":86401"#)),
        ("a number beyond 32 bits", record(r#","revision":4294967296"#)),
        ("a number beyond 64 bits", record(r#","revision":99999999999999999999999999"#)),
        ("a word for a truth", record(r#","answered":"true""#)),
        ("a number for a truth", record(r#","roaming":1"#)),
        ("an unknown channel", record(r#","channel":"telegraph""#)),
        ("NUL in a text", record(r#","external_id":"a\u0000b""#)),
        ("a tab in a text", record(r#","external_id":"a\tb""#)),
        ("a line break in a text", record(r#","screen_label":"a\nb""#)),
        ("a raw control character", record(",\"external_id\":\"a\u{1}b\"")),
        ("a C1 control character", record(",\"external_id\":\"a\u{85}b\"")),
        ("half a surrogate pair", record(r#","external_id":"\ud800""#)),
        ("half a surrogate pair in a name", record(r#","\ud800":1"#)),
        ("a long source", record(&format!(r#","source":"{}""#, long(65)))),
        ("a long id", record(&format!(r#","external_id":"{}""#, long(201)))),
        ("a long bait", record(&format!(r#","direction":"incoming","bait":"{}""#, long(65)))),
        ("a long label", record(&format!(r#","screen_label":"{}""#, long(65)))),
        ("a text for extra", record(r#","extra":"79005550123""#)),
        ("an array for extra", record(r#","extra":[]"#)),
        ("a long extra", record(&format!(r#","extra":{{"a":"{}"}}"#, long(2_048)))),
        (
            "a deep extra",
            record(&format!(r#","extra":{}1{}"#, r#"{"a":"#.repeat(9), "}".repeat(9))),
        ),
        ("a name twice in extra", record(r#","extra":{"a":{"b":1,"b":2}}"#)),
        ("NUL in extra", record(r#","extra":{"a":["\u0000"]}"#)),
        ("half a surrogate pair in extra", record(r#","extra":{"a":"\udc00"}"#)),
        ("a long record", record(&" ".repeat(MAX_RECORD_BYTES))),
        ("no time at all", at(CANARY)),
        ("a day that is not", at("2026-02-30 10:00")),
        ("an hour left out", at("2026-03-29 02:30")),
        ("an hour that comes twice", at("25.10.2026 02:30")),
        ("tomorrow and more", at("2026-11-24T12:00:01Z")),
        ("last century", at("1999-12-31T23:59:59Z")),
    ];
    let mut answers = String::new();
    for (name, record) in &table {
        // Between two good ones, which must come through unharmed.
        let lines = format!("{good}\n{record}\n{good}", good = record_ok());
        let told = transcript(Format::Ndjson, lines.as_bytes());
        let told: Vec<_> = told.lines().map(str::trim).collect();
        let [before, line, after] = told.as_slice() else { panic!("{name}: {told:?}") };
        assert_eq!((*before, *after), ("1: accepted", "3: accepted"), "{name}");
        assert!(!line.contains(CANARY), "{name} tells the payload back: {line}");
        writeln!(answers, "{name}\n  {line}").unwrap();
    }
    insta::assert_snapshot!(answers);
}

#[test]
fn every_bad_body_is_told_why_it_is_refused_as_a_whole() {
    let csv = |header: &str| format!("{header}\n");
    let table: Vec<(&str, Format, Vec<u8>)> = vec![
        ("empty JSON", Format::Json, b"".to_vec()),
        ("blank JSON", Format::Json, b" \r\n\t".to_vec()),
        ("broken JSON", Format::Json, b"[\n{},\n{\"called\": }]".to_vec()),
        ("JSON cut short", Format::Json, b"[[[[".to_vec()),
        ("two JSON values", Format::Json, b"{}\n{}".to_vec()),
        ("a JSON text", Format::Json, b"\"79005550123\"".to_vec()),
        ("JSON that is not UTF-8", Format::Json, b"[\n\"\xff\"]".to_vec()),
        ("a large JSON body", Format::Json, vec![b' '; MAX_JSON_BODY_BYTES + 1]),
        (
            "a long JSON array",
            Format::Json,
            format!("[{}1]", "1,".repeat(MAX_JSON_ITEMS)).into_bytes(),
        ),
        ("empty NDJSON", Format::Ndjson, b"".to_vec()),
        ("blank NDJSON", Format::Ndjson, b"\xef\xbb\xbf\n \r\n\n".to_vec()),
        ("empty CSV", Format::Csv, b"".to_vec()),
        ("blank CSV", Format::Csv, b"\xef\xbb\xbf\r\n\n".to_vec()),
        ("a blank line before the header", Format::Csv, b"\noccurred_at\n".to_vec()),
        ("an unknown column", Format::Csv, csv("occurred_at,duration").into()),
        ("an unprintable column", Format::Csv, csv("occurred_at;номер").into()),
        ("a nameless column", Format::Csv, csv("occurred_at,called,").into()),
        ("a column twice", Format::Csv, csv("occurred_at,called,called").into()),
        ("no column for the time", Format::Csv, csv("caller;called").into()),
        ("rows without a header", Format::Csv, csv(&format!("{CANARY},{CANARY}")).into()),
        ("an open header", Format::Csv, csv("occurred_at,\"called").into()),
        ("a header that is not UTF-8", Format::Csv, b"occurred_at,\xff\n".to_vec()),
        ("a long header", Format::Csv, vec![b'x'; MAX_RECORD_BYTES + 1]),
    ];
    let mut answers = String::new();
    for (name, format, body) in &table {
        let told = transcript(*format, body);
        assert!(told.starts_with("body: "), "{name}: {told}");
        assert!(!told.contains(CANARY), "{name} tells the payload back: {told}");
        writeln!(answers, "{name}\n  {told}").unwrap();
    }
    insta::assert_snapshot!(answers);
}

#[test]
fn a_bad_line_of_ndjson_leaves_the_others_unharmed() {
    let good = record_ok();
    let mut body = format!("\u{feff}{good}\r\n\n{good} x\n").into_bytes();
    body.extend_from_slice(b"{\"called\":\"\xff\"}\n");
    body.extend_from_slice(format!("{}\n  \n[{good}]\n{good}", "x".repeat(200_000)).as_bytes());
    insta::assert_snapshot!(transcript(Format::Ndjson, &body));
}

#[test]
fn a_bad_item_of_an_array_leaves_the_others_unharmed() {
    let good = record_ok();
    let body = format!("\u{feff} [ {good} , 1, null,\n[{good}], {{\"a\":1}}, {good}\n] ");
    insta::assert_snapshot!(transcript(Format::Json, body.as_bytes()));
    assert_eq!(items(Format::Json, b"[]").unwrap(), []);
}

#[test]
fn a_bad_row_of_csv_leaves_the_others_unharmed() {
    let good = "2026-11-01 10:00,+79005550123,";
    let mut body = format!("\u{feff}occurred_at, called ,extra\r\n{good}\r\n\r\n").into_bytes();
    for row in [
        "2026-11-01 10:00,+79005550123",
        "2026-11-01 10:00,+79005550123,,",
        "2026-11-01 10:00,\"+79005550123\" x,",
        "2026-11-01 10:00,\"+79005550123,",
        good,
        "2026-11-01 10:00,+79005550123,\"{\"\"a\"\":",
        "\"\"two lines are one row\"\"}\"",
        // A caller's name must not be able to forge a row with a line break.
        "2026-11-01 10:00,\"x",
        good,
        "y\",",
        good,
        ",+79005550123,",
        "2026-11-01 10:00,+79005550123,{",
        "2026-11-01 10:00,+79005550123,\"",
        good,
    ] {
        body.extend_from_slice(format!("{row}\n").as_bytes());
    }
    body.extend_from_slice(b"2026-11-01 10:00,\xff,\n");
    body.extend_from_slice(format!("{}\n{good}", "x".repeat(200_000)).as_bytes());
    insta::assert_snapshot!(transcript(Format::Csv, &body));
}

#[test]
fn nesting_costs_no_stack() {
    let deep = |count: usize| format!("{}{}", "[".repeat(count), "]".repeat(count));
    let told = transcript(Format::Json, deep(1_000_000).as_bytes());
    assert_eq!(told, "1: too_long (record) a record holds at most 65536 bytes");
    let told = transcript(Format::Ndjson, deep(30_000).as_bytes());
    assert_eq!(told, "1: invalid_type (record) a record must be a JSON object");
    let told = transcript(
        Format::Ndjson,
        record(&format!(r#","extra":{{"a":{}}}"#, deep(30_000))).as_bytes(),
    );
    assert_eq!(told, "1: too_deep /extra extra is at most 8 levels deep");
}

#[test]
fn a_csv_header_without_rows_is_no_error() {
    assert_eq!(items(Format::Csv, b"called;occurred_at\r\n").unwrap(), []);
}

#[test]
fn reading_ends_with_the_error_where_the_bytes_end_in_one() {
    struct Fails;
    impl std::io::Read for Fails {
        fn read(&mut self, _buffer: &mut [u8]) -> std::io::Result<usize> {
            Err(std::io::Error::other("gone"))
        }
    }
    for (format, start) in
        [(Format::Ndjson, record_ok() + "\n"), (Format::Csv, "occurred_at\nx\n".to_owned())]
    {
        let body = std::io::BufReader::new(std::io::Read::chain(start.as_bytes(), Fails));
        let Body::Many(mut items) = read(format, body).unwrap() else { panic!("{format:?}") };
        assert!(matches!(items.next(), Some(Ok(Item { .. }))), "{format:?}");
        assert!(matches!(items.next(), Some(Err(BodyError::Unreadable(_)))), "{format:?}");
        assert!(items.next().is_none(), "{format:?}");
    }
}

fn record(more: &str) -> String {
    format!(
        r#"{{"caller":"{CANARY}","called":"+79005550124","occurred_at":"2026-11-01 10:00"{more}}}"#
    )
}

fn at(time: &str) -> String {
    format!(r#"{{"called":"{CANARY}","occurred_at":"{time}"}}"#)
}

fn record_ok() -> String {
    record("")
}
