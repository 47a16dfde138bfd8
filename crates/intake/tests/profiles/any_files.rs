//! No bytes make the reading panic, and what cells hold comes back.

use super::*;

/// A profile that maps five columns without a header, in some dialect.
fn dialect() -> impl Strategy<Value = Profile> {
    let delimiters = prop::sample::select(vec![
        Delimiter::Comma,
        Delimiter::Semicolon,
        Delimiter::Tab,
        Delimiter::Pipe,
        Delimiter::Auto,
    ]);
    let encodings =
        prop::sample::select(vec![Encoding::Auto, Encoding::Utf8, Encoding::Windows1251]);
    let formats =
        prop::sample::select(vec![vec![], vec!["excel".to_owned()], vec!["%s".to_owned()]]);
    (delimiters, encodings, formats, 0_u32..3, 0_u32..3).prop_map(
        |(delimiter, encoding, time_formats, skip_rows, ignore_last_rows)| Profile {
            delimiter,
            encoding,
            time_formats,
            skip_rows,
            ignore_last_rows,
            header: false,
            columns: Columns {
                caller: at(1),
                called: at(2),
                occurred_at: at(3),
                ..Columns::default()
            },
            country_code: Some("7".to_owned()),
            ..Profile::default()
        },
    )
}

fn anything() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        Just(b"79160000001;79001234567;2026-11-01 10:00:00\n".to_vec()),
        Just(b"\xef\xbb\xbf".to_vec()),
        Just(b"from,to,at\r\n".to_vec()),
        "[\"',;|\t\r\n=+0-9eE.:-]{0,12}".prop_map(String::into_bytes),
        "\\PC{0,6}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..6),
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn no_bytes_make_it_panic_and_places_only_go_up(body in anything(), profile in dialect()) {
        let zone = SourceSettings { id: SourceId(Uuid::nil()), zone: TimeZone::UTC };
        for profile in [profile, plain()] {
            for format in [FileFormat::Csv, FileFormat::Xlsx] {
                let _either = guess(format, Cursor::new(&body));
                let Ok(rows) = read(&profile, format, Cursor::new(&body)) else { continue };
                let rows: Vec<ReadRow> = rows.map(|row| row.unwrap()).collect();
                prop_assert!(rows.is_sorted_by(|a, b| a.place < b.place));
                for call in rows.iter().filter_map(|row| row.result.as_ref().ok()) {
                    let record = &call.record;
                    let (caller, called) = (&record.caller_raw, &record.called_raw);
                    let again = Ends::of_fields(None, None, caller.as_deref(), called.as_deref());
                    prop_assert_eq!(again.as_ref(), Ok(&record.ends));
                    let _either = call.normalise(ClientId(Uuid::nil()), &zone, Instant(0));
                }
            }
        }
    }

    #[test]
    fn whatever_cells_hold_they_come_back_as_they_were(
        cells in prop::collection::vec(
            ("[a-zа-яё\",;|\t ]{1,8}", "[0-9+\",;\n]{0,8}", "\\PC{0,8}"), 1..6),
        delimiter in prop::sample::select(vec![b',', b';', b'\t', b'|']),
        windows in any::<bool>(),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter)
            .quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(["from", "to", "at"]).unwrap();
        let keep = |text: &str| text.chars().filter(|c| {
            !windows || (!c.is_control() || *c == '\n' || *c == '\t')
                && !WINDOWS_1251.encode(&c.to_string()).2
        }).collect::<String>();
        let mut written = Vec::new();
        for (a, b, c) in &cells {
            let row = [format!("x{}", keep(a)), keep(b), keep(c)];
            writer.write_record(&row).unwrap();
            written.push(row.to_vec());
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let body = if windows { WINDOWS_1251.encode(&text).0.into_owned() } else { text.into_bytes() };
        let encoding = if windows { Encoding::Windows1251 } else { Encoding::Utf8 };
        let profile = Profile { encoding, ..plain() };
        let read: Vec<_> = csv_raw(&profile, body);
        prop_assert_eq!(read, written);
    }
}

fn csv_raw(profile: &Profile, body: Vec<u8>) -> Vec<Vec<String>> {
    csv(profile, body).into_iter().map(|row| row.raw).collect()
}
