//! No bytes make the reading panic, and every line of a body is answered for.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use baitline_domain::ids::{ClientId, SourceId};
use baitline_domain::instant::Instant;
use baitline_intake::calls::{Body, Format, SourceSettings, read};
use baitline_intake::numbering::{self, Minimum};
use jiff::tz::TimeZone;
use proptest::prelude::*;
use uuid::Uuid;

/// Reads all there is to read; gives the lines that were answered for.
fn exhaust(format: Format, body: &[u8]) -> Vec<u64> {
    let source = SourceSettings { id: SourceId(Uuid::nil()), zone: TimeZone::UTC };
    let results = match read(format, body) {
        Ok(Body::One(result)) => vec![(1, *result)],
        Ok(Body::Many(items)) => {
            items.map(|item| item.unwrap()).map(|item| (item.line, item.result)).collect()
        }
        Err(_) => return Vec::new(),
    };
    for record in results.iter().filter_map(|(_, result)| result.as_ref().ok()) {
        let _either = record.normalise(ClientId(Uuid::nil()), &source, Instant(0));
    }
    results.into_iter().map(|(line, _)| line).collect()
}

/// Bytes that look enough like a record to get past the first checks.
fn nearly() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"{\"called\":\"1\",\"occurred_at\":\"".to_vec()),
        Just(b"2026-11-01T10:00:00.5+03:00\"}".to_vec()),
        Just(b"occurred_at,called,extra\n".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        "[\\[\\]{}\",:;\\\\u0d8\n\r -]{0,6}".prop_map(String::into_bytes),
        "\\PC{0,4}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_body_makes_it_panic_and_lines_only_go_up(body in nearly()) {
        for format in [Format::Json, Format::Ndjson, Format::Csv] {
            let lines = exhaust(format, &body);
            prop_assert!(lines.is_sorted_by(|a, b| a < b), "{:?}", lines);
        }
        let _either = numbering::read(&body, |_| Minimum { rows: 0, codes: 0 });
    }

    #[test]
    fn no_registry_file_makes_it_panic(
        rows in prop::collection::vec("[0-9;\\-\"я ]{0,30}|9[0-9]{2};[0-9]{7};[0-9]{7};[0-9]{1,20};x;y", 0..5),
    ) {
        let file = format!("АВС/ DEF;От;До;Емкость;Оператор;Регион\n{}", rows.join("\n"));
        let _either = numbering::read(file.as_bytes(), |_| Minimum { rows: 0, codes: 0 });
    }

    #[test]
    fn every_line_of_ndjson_that_is_not_blank_is_answered_for(
        lines in prop::collection::vec("[ -~я]{0,12}", 1..12),
    ) {
        let expected: Vec<_> = (1..)
            .zip(&lines)
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(number, _)| number)
            .collect();
        prop_assert_eq!(exhaust(Format::Ndjson, lines.join("\n").as_bytes()), expected);
    }
}
