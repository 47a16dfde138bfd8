//! Files of all shapes by mapping profiles, well and badly written.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::BTreeMap;
use std::io::Cursor;

use baitline_domain::ids::{ClientId, SourceId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::{Channel, Direction, Ends};
use baitline_domain::phone::Party;
use baitline_intake::calls::SourceSettings;
use baitline_intake::profile::{
    Columns, Delimiter, DirectionMeaning, DurationUnit, Encoding, FileFault, FileFormat, Place,
    Profile, ReadRow, RowReader, guess, read,
};
use encoding_rs::WINDOWS_1251;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use uuid::Uuid;

fn named(name: &str) -> Option<Place> {
    Some(Place::Name(name.to_owned()))
}

fn at(position: u32) -> Option<Place> {
    Some(Place::Position(position))
}

fn value(text: &str) -> Option<Place> {
    Some(Place::Value(text.to_owned()))
}

/// `caller`, `called` and `at` under these names.
fn plain() -> Profile {
    Profile {
        columns: Columns {
            caller: named("from"),
            called: named("to"),
            occurred_at: named("at"),
            ..Columns::default()
        },
        ..Profile::default()
    }
}

/// The list of a bait's calls as an operator prints it.
fn statement() -> Profile {
    let word = |word: &str, meaning| (word.to_owned(), meaning);
    Profile {
        skip_rows: 2,
        ignore_last_rows: 1,
        columns: Columns {
            bait: value("+79001234567"),
            direction: named("Тип"),
            party: named("Собеседник"),
            date: named("Дата"),
            time: named("Время"),
            connected_seconds: named("Длительность"),
            channel: named("Тип"),
            ..Columns::default()
        },
        time_formats: vec!["%d.%m.%y %H:%M:%S".to_owned()],
        duration_unit: DurationUnit::MinutesSeconds,
        direction_words: BTreeMap::from([
            word("Входящий", DirectionMeaning::Incoming),
            word("Исходящий", DirectionMeaning::Outgoing),
            word("Входящее SMS", DirectionMeaning::Incoming),
            word("Интернет", DirectionMeaning::Ignored),
        ]),
        channel_words: BTreeMap::from([
            ("входящий".to_owned(), Channel::Pstn),
            ("исходящий".to_owned(), Channel::Pstn),
            ("входящее sms".to_owned(), Channel::Sms),
        ]),
        ..Profile::default()
    }
}

const STATEMENT: &str = "Детализация;;;;\r\nза октябрь 2026;;;;\r\n\
    Дата;Время;Тип;Собеседник;Длительность\r\n\
    02.10.26;11:05:00;Входящий;8 (916) 000-00-01;04:42\r\n\
    02.10.26;11:15:30;исходящий;74950000002;00:05\r\n\
    02.10.26;11:20:00;Интернет;;\r\n\
    ;;;;\r\n\
    03.10.26;09:00:00;Входящее  SMS;T-Bank;-\r\n\
    03.10.26;09:00:00;Переадресация;79160000001;00:10\r\n\
    Итого;;;;05:00\r\n";

fn csv(profile: &Profile, body: impl AsRef<[u8]>) -> Vec<ReadRow> {
    assert_eq!(profile.faults(), [], "the profile of the test is faulty");
    let rows = read(profile, FileFormat::Csv, Cursor::new(body)).unwrap();
    rows.map(|row| row.unwrap()).collect()
}

fn refused(profile: &Profile, body: impl AsRef<[u8]>) -> FileFault {
    match read(profile, FileFormat::Csv, Cursor::new(body)) {
        Ok(_) => panic!("the file was read"),
        Err(fault) => fault,
    }
}

/// The codes of rows that were refused, the moments of those that were not.
fn told(rows: &[ReadRow]) -> Vec<(u64, String)> {
    told_in(rows, "Europe/Moscow")
}

fn told_in(rows: &[ReadRow], zone: &str) -> Vec<(u64, String)> {
    let source = SourceSettings { id: SourceId(Uuid::nil()), zone: TimeZone::get(zone).unwrap() };
    let now: jiff::Timestamp = "2026-11-24T12:00:00Z".parse().unwrap();
    let one = |row: &ReadRow| {
        let report = row
            .result
            .clone()
            .and_then(|call| call.normalise(ClientId(Uuid::nil()), &source, now.into()));
        match report {
            Ok(report) => report.reported_at.to_string(),
            Err(rejection) => rejection.code.to_owned(),
        }
    };
    rows.iter().map(|row| (row.place, one(row))).collect()
}

fn expected(rows: &[(u64, &str)]) -> Vec<(u64, String)> {
    rows.iter().map(|(place, text)| (*place, (*text).to_owned())).collect()
}

#[test]
fn a_statement_with_titles_totals_and_two_columns_for_the_time_is_read() {
    for body in [STATEMENT.as_bytes().to_vec(), WINDOWS_1251.encode(STATEMENT).0.into_owned()] {
        let profile = statement();
        let mut rows = read(&profile, FileFormat::Csv, Cursor::new(body)).unwrap();
        let found: Vec<ReadRow> = rows.by_ref().map(|row| row.unwrap()).collect();
        assert_eq!(
            told(&found),
            expected(&[
                (4, "2026-10-02T08:05:00Z"),
                (5, "2026-10-02T08:15:30Z"),
                (8, "2026-10-03T06:00:00Z"),
                (9, "unknown_word"),
            ])
        );
        assert_eq!(rows.ignored(), 2, "the internet and the total");
        let call = found[0].result.as_ref().unwrap();
        let Ends::Named { direction, party, .. } = &call.record.ends else { panic!("no bait") };
        assert_eq!(*direction, Direction::Incoming);
        assert_eq!(party.to_owned(), Party::read(Some("+79160000001")));
        assert_eq!(call.record.caller_raw.as_deref(), Some("8 (916) 000-00-01"));
        assert_eq!(call.record.occurred_at, "02.10.26 11:05:00");
        assert_eq!((call.record.connected_seconds, call.record.answered), (Some(282), true));
        assert_eq!(found[2].result.as_ref().unwrap().record.channel, Channel::Sms);
        assert_eq!(found[3].raw[2], "Переадресация");
    }
}

#[test]
fn every_delimiter_is_read_and_guessed() {
    for (delimiter, sign) in [
        (Delimiter::Comma, ","),
        (Delimiter::Semicolon, ";"),
        (Delimiter::Tab, "\t"),
        (Delimiter::Pipe, "|"),
    ] {
        let body =
            "\u{feff}from,to,at,note\r\n1234567,+79001234567,2026-11-01 10:00:00,\"a,;|\tb\"\n"
                .replace(",+", &format!("{sign}+"))
                .replace(",2", &format!("{sign}2"))
                .replace(",\"", &format!("{sign}\""))
                .replace("from,to,at,note", &["from", "to", "at", "note"].join(sign));
        for delimiter in [delimiter, Delimiter::Auto] {
            let profile = Profile { delimiter, ..plain() };
            let rows = csv(&profile, &body);
            assert_eq!(told(&rows), expected(&[(2, "2026-11-01T07:00:00Z")]), "{sign:?}");
            assert_eq!(rows[0].raw[3], "a,;|\tb");
        }
    }
}

#[test]
fn without_a_header_columns_have_positions_and_constants_fill_the_rest() {
    let profile = Profile {
        header: false,
        columns: Columns {
            bait: value("M-017"),
            direction: value("incoming"),
            caller: at(2),
            occurred_at: at(1),
            answered: value("да"),
            roaming: value("1"),
            extra: vec![Place::Position(3)],
            ..Columns::default()
        },
        time_formats: vec!["%s".to_owned(), "excel".to_owned()],
        ..Profile::default()
    };
    let rows = csv(&profile, "1761984000,79160000001,x\n45962.5,,y\n0,1,z\n");
    assert_eq!(
        told(&rows),
        expected(&[
            (1, "2025-11-01T08:00:00Z"),
            (2, "2025-11-01T09:00:00Z"),
            (3, "time_out_of_range"),
        ])
    );
    let record = &rows[1].result.as_ref().unwrap().record;
    assert!(record.answered && record.roaming);
    assert_eq!(record.extra.as_deref(), Some(r#"{"column_3":"y"}"#));
}

#[test]
fn a_direction_without_a_bait_says_which_end_the_bait_is() {
    let mut profile = plain();
    profile.columns.direction = named("dir");
    let rows = csv(
        &profile,
        "from,to,at,dir\n\
         +79160000001,+79001234567,2026-11-01 10:00:00,incoming\n\
         +79001234567,+79160000001,2026-11-01 10:00:00,OUTGOING\n\
         +79160000001,,2026-11-01 10:00:00,incoming\n\
         +79160000001,+79001234567,2026-11-01 10:00:00,\n",
    );
    for row in &rows[..2] {
        let Ends::Named { bait, party, .. } = &row.result.as_ref().unwrap().record.ends else {
            panic!("no bait")
        };
        assert_eq!(
            (bait.to_string(), party.to_string()),
            ("+79001234567".into(), "+79160000001".into())
        );
    }
    let faults: Vec<_> = rows[2..3].iter().map(|row| row.result.clone().unwrap_err()).collect();
    assert_eq!(faults[0].pointer.as_deref(), Some("/bait"));
    // A blank word says nothing, and the end that is a bait tells.
    assert!(matches!(rows[3].result.as_ref().unwrap().record.ends, Ends::Plain { .. }));
}

#[test]
fn days_that_are_none_and_hours_that_are_none_or_two_are_refused() {
    let profile = Profile {
        time_formats: vec!["%d.%m.%Y %H:%M".to_owned(), "%Y/%m/%d %H:%M %:z".to_owned()],
        ..plain()
    };
    let body = "from,to,at\n\
        1234567,7654321,31.02.2026 10:00\n\
        1234567,7654321,29.03.2026 02:30\n\
        1234567,7654321,25.10.2026 02:30\n\
        1234567,7654321,2026/10/25 02:30 +01:00\n\
        1234567,7654321,9.3.2026 7:05\n\
        1234567,7654321,2026-10-25T12:00:00\n\
        1234567,7654321,25.11.2026 23:59\n\
        1234567,7654321,x\n\
        1234567,7654321,\n";
    assert_eq!(
        told_in(&csv(&profile, body), "Europe/Berlin"),
        expected(&[
            (2, "invalid_time"),
            (3, "ambiguous_time"),
            (4, "ambiguous_time"),
            (5, "2026-10-25T01:30:00Z"),
            (6, "2026-03-09T06:05:00Z"),
            (7, "2026-10-25T11:00:00Z"),
            (8, "time_in_future"),
            (9, "invalid_time"),
            (10, "missing"),
        ])
    );
    let zoned = Profile { time_zone: Some("Asia/Yekaterinburg".to_owned()), ..profile };
    let rows = csv(&zoned, "from,to,at\n1234567,7654321,01.11.2026 10:00\n");
    assert_eq!(told_in(&rows, "Europe/Berlin"), expected(&[(2, "2026-11-01T05:00:00Z")]));
}

#[test]
fn a_bad_row_spoils_itself_alone() {
    let long = "x".repeat(2 * 1024 * 1024);
    let body = format!(
        "from,to,at\r\n\
         1,79001234567,2026-11-01 10:00:00\n\
         \"79160000001,79001234567,2026-11-01 10:00:00\r\n\
         79160000001,79001234567,2026-11-01 10:00:00\n\
         \"x\"y,79001234567,2026-11-01 10:00:00\n\
         {long},79001234567,2026-11-01 10:00:00\n\
         79160000001,79001234567\n\
         7,9160000001,79001234567,2026-11-01 10:00:00\n\
         \"7916\n0000001\",79001234567,2026-11-01 10:00:00\n\
         79160000001,79001234567,\"2026-11-01 10:00:00\u{7}\"\n\
         79160000001,79001234567,2026-11-01 10:00:00,,\n\
         7.9E+10,79001234567,2026-11-01 10:00:00\n\
         \"=\"\"+79160000001\"\"\",'79001234567,2026-11-01 10:00:00\n\
         =cmd|' /C calc'!A0,79001234567,2026-11-01 10:00:00"
    );
    let rows = csv(&plain(), body);
    let fine = "2026-11-01T07:00:00Z";
    assert_eq!(
        told(&rows),
        expected(&[
            (2, fine),
            (3, "broken_row"),
            (4, fine),
            (5, "broken_row"),
            (6, "line_too_long"),
            (7, "broken_row"),
            (8, "broken_row"),
            (9, "control_character"),
            (11, "control_character"),
            (12, fine),
            (13, "rounded_number"),
            (14, fine),
            (15, fine),
        ])
    );
    assert_eq!(rows[1].raw, ["\"79160000001,79001234567,2026-11-01 10:00:00"]);
    let Ends::Plain { caller, called } = &rows[11].result.as_ref().unwrap().record.ends else {
        panic!("a bait")
    };
    assert_eq!(
        (caller.to_string(), called.to_string()),
        ("+79160000001".into(), "+79001234567".into())
    );
    let Ends::Plain { caller, .. } = &rows[12].result.as_ref().unwrap().record.ends else {
        panic!("a bait")
    };
    assert!(matches!(caller, Party::Malformed(_)), "{caller:?}");
}

#[test]
fn the_encoding_is_what_the_first_foreign_letter_shows_and_others_are_refused() {
    let mut profile = plain();
    profile.columns.screen_label = named("метка");
    let row = "79160000001,79001234567,2026-11-01 10:00:00,";
    let utf8 = format!("from,to,at,метка\n{row}Реклама\n");
    let cp1251 = WINDOWS_1251.encode(&utf8).0.into_owned();
    let mixed = [utf8.as_bytes(), row.as_bytes(), b"\xd0\xe5\n"].concat();
    let other = [&*cp1251, format!("{row}Реклама\n").as_bytes()].concat();
    let fine = (2, "2026-11-01T07:00:00Z");
    assert_eq!(told(&csv(&profile, &utf8)), expected(&[fine]));
    assert_eq!(told(&csv(&profile, &cp1251)), expected(&[fine]));
    assert_eq!(told(&csv(&profile, mixed)), expected(&[fine, (3, "invalid_utf8")]));
    assert_eq!(told(&csv(&profile, other)), expected(&[fine, (3, "mixed_encoding")]));

    let wrong = Profile { encoding: Encoding::Utf8, ..profile.clone() };
    assert_eq!(refused(&wrong, &cp1251).code(), "broken_header");
    let wrong = Profile { encoding: Encoding::Windows1251, ..profile };
    assert_eq!(refused(&wrong, &utf8).code(), "missing_column");
    let utf16: Vec<u8> = "from".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(refused(&plain(), &utf16).code(), "not_text");
    assert_eq!(refused(&plain(), [b"\xff\xfe", &*utf16].concat()).code(), "not_text");
}

#[test]
fn what_is_no_such_file_is_refused_as_a_whole() {
    for (body, code) in [
        ("", "empty_body"),
        ("\n \n;;\n", "empty_body"),
        ("\"from,to,at\n", "broken_header"),
        ("from,to\n", "missing_column"),
        ("from,to,at,FROM\n", "duplicate_column"),
        ("PK\u{3}\u{4}", "not_text"),
    ] {
        assert_eq!(refused(&plain(), body).code(), code, "{body:?}");
    }
    let xls = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and so on";
    assert_eq!(refused(&plain(), xls).code(), "old_workbook");
    for body in [&xls[..], b"from,to,at", b"", b"PK\x03\x04"] {
        let fault = read(&plain(), FileFormat::Xlsx, Cursor::new(body)).err().unwrap();
        assert!(["old_workbook", "not_a_workbook", "empty_body"].contains(&fault.code()));
    }
    let positions = Profile {
        header: false,
        columns: Columns { caller: at(1), called: at(2), occurred_at: at(4), ..Columns::default() },
        ..Profile::default()
    };
    let fault = refused(&positions, "\n1,2,3\n");
    assert_eq!((fault.code(), fault.line()), ("missing_column", Some(2)));
    assert_eq!(csv(&plain(), "from,to,at\n"), [], "a header alone holds no rows and is no fault");
}

fn workbook() -> Vec<u8> {
    let mut workbook = Workbook::new();
    let day = Format::new().set_num_format("dd.mm.yyyy");
    let clock = Format::new().set_num_format("h:mm:ss");
    workbook.add_worksheet().set_name("Титул").unwrap().write(0, 0, "Итоги").unwrap();
    let sheet = workbook.add_worksheet().set_name("Звонки").unwrap();
    for (column, name) in (0..).zip(["Дата", "Время", "Тип", "Собеседник", "Длительность"])
    {
        sheet.write(2, column, name).unwrap();
    }
    for (row, number) in [(3, 79_160_000_001_f64), (5, 74_950_000_002.0)] {
        let date = ExcelDateTime::from_ymd(2026, 10, 2).unwrap();
        sheet.write_with_format(row, 0, &date, &day).unwrap();
        let time = ExcelDateTime::from_hms(11, 5, 0).unwrap();
        sheet.write_with_format(row, 1, &time, &clock).unwrap();
        sheet.write(row, 2, "Входящий").unwrap();
        sheet.write(row, 3, number).unwrap();
        let length = ExcelDateTime::from_hms(0, 4, 42).unwrap();
        sheet.write_with_format(row, 4, &length, &clock).unwrap();
    }
    sheet.write(7, 0, "Итого").unwrap();
    workbook.save_to_buffer().unwrap()
}

#[test]
fn a_sheet_is_found_by_name_and_its_own_times_are_read_whatever_the_patterns() {
    let profile = Profile { sheet: Some("Звонки".to_owned()), ..statement() };
    let rows: Vec<ReadRow> = read(&profile, FileFormat::Xlsx, Cursor::new(workbook()))
        .unwrap()
        .map(|row| row.unwrap())
        .collect();
    let fine = "2026-10-02T08:05:00Z";
    assert_eq!(told(&rows), expected(&[(4, fine), (6, fine)]));
    assert_eq!(rows[0].result.as_ref().unwrap().record.connected_seconds, Some(282));
    assert_eq!(rows[0].raw[3], "79160000001");
    let missing = Profile { sheet: Some("Март".to_owned()), ..statement() };
    let fault = read(&missing, FileFormat::Xlsx, Cursor::new(workbook())).err().unwrap();
    assert_eq!(fault.code(), "unknown_sheet");
}

#[test]
fn a_bomb_of_a_workbook_is_refused_before_it_unfolds() {
    use std::io::Write;
    let bytes = workbook();
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut bomb = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for index in 0..archive.len() {
        let mut file = archive.by_index(index).unwrap();
        let name = file.name().unwrap().into_owned();
        bomb.start_file(name.as_str(), zip::write::SimpleFileOptions::default()).unwrap();
        std::io::copy(&mut file, &mut bomb).unwrap();
        if name == "xl/worksheets/sheet2.xml" {
            let blank = vec![b' '; 1024 * 1024];
            (0..64).for_each(|_| bomb.write_all(&blank).unwrap());
        }
    }
    let bomb = bomb.finish().unwrap().into_inner();
    assert!(bomb.len() < 1024 * 1024);
    let profile = Profile { sheet: Some("Звонки".to_owned()), ..statement() };
    let fault = read(&profile, FileFormat::Xlsx, Cursor::new(bomb)).err().unwrap();
    assert_eq!(fault.code(), "body_too_large");
}

#[test]
fn a_corrected_row_is_read_again_as_it_would_have_been_in_its_file() {
    let mut rows = read(&statement(), FileFormat::Csv, Cursor::new(STATEMENT)).unwrap();
    let header = rows.header().to_vec();
    let mut refused = rows.find_map(|row| row.ok().filter(|row| row.result.is_err())).unwrap();
    let reader = RowReader::new(&statement(), &header).unwrap();
    assert_eq!(reader.read(&refused.raw), refused.result.map(Some));
    refused.raw[2] = "входящий".to_owned();
    assert!(reader.read(&refused.raw).unwrap().is_some());
    assert_eq!(reader.read(&refused.raw[..1]).unwrap_err().code, "missing");
    refused.raw.push("x".to_owned());
    assert_eq!(reader.read(&refused.raw).unwrap_err().code, "broken_row");
}

#[test]
fn a_profile_is_told_everything_that_is_wrong_with_it() {
    let faulty = Profile {
        skip_rows: 1_001,
        columns: Columns {
            caller: named("x"),
            called: named(" X "),
            party: named("y"),
            date: at(0),
            external_id: value("1"),
            channel: value("fax"),
            answered: named("s"),
            roaming: named("s"),
            ..Columns::default()
        },
        time_formats: vec![
            "%d.%m.%Y".to_owned(),
            "%Q".to_owned(),
            "%I:%M %d.%m.%Y".to_owned(),
            "excel".to_owned(),
            "%d/%m/%y %I:%M %p".to_owned(),
        ],
        time_zone: Some("Europe/Mosow".to_owned()),
        direction_words: BTreeMap::from([("вх".to_owned(), DirectionMeaning::Incoming)]),
        answered_words: BTreeMap::from([("Да".to_owned(), true), ("ДА ".to_owned(), false)]),
        country_code: Some("+7".to_owned()),
        ..Profile::default()
    };
    let faults: Vec<_> =
        faulty.faults().into_iter().map(|fault| (fault.pointer, fault.code)).collect();
    let expected = [
        ("/skip_rows", "out_of_range"),
        ("/country_code", "invalid_value"),
        ("/columns/external_id", "unexpected"),
        ("/columns/called", "duplicate_column"),
        ("/columns/date/position", "out_of_range"),
        ("/columns/channel/value", "invalid_value"),
        ("/columns/time", "missing"),
        ("/time_formats/0", "invalid_format"),
        ("/time_formats/1", "invalid_format"),
        ("/time_formats/2", "invalid_format"),
        ("/time_zone", "not_a_time_zone"),
        ("/columns/party", "not_together"),
        ("/columns/direction", "missing"),
        ("/direction_words", "unexpected"),
        ("/answered_words", "duplicate_word"),
    ];
    assert_eq!(faults, expected.map(|(pointer, code)| (pointer.to_owned(), code)));
    let none = Profile::default().faults();
    assert_eq!(none.len(), 3, "a start, a caller and a called are required: {none:?}");
}

#[test]
fn a_profile_survives_being_stored() {
    let stored = statement().to_stored().unwrap();
    assert_eq!(Profile::of_stored(&stored), Some(statement()));
    // What is stored today must be read tomorrow.
    let old =
        r#"{"columns":{"caller":{"name":"a"},"called":{"position":2}},"encoding":"windows1251"}"#;
    let old = Profile::of_stored(old).unwrap();
    assert_eq!((old.encoding, old.header), (Encoding::Windows1251, true));
}

#[test]
fn usual_headers_are_recognised_and_the_guess_reads_the_file() {
    let body = "Отчёт о звонках\n\
        Дата;Время;Номер звонящего;Вызываемый номер;Длительность;Статус\n\
        02.10.2026;9:05;8 916 000 00 01;+7 900 123-45-67;00:04:42;ОТВЕЧЕН\n\
        02.10.2026;9:15;8 916 000 00 01;+7 900 123-45-67;00:00:00;Не отвечен\n";
    let body = WINDOWS_1251.encode(body).0.into_owned();
    let profile = guess(FileFormat::Csv, Cursor::new(&body)).unwrap();
    assert_eq!(profile.skip_rows, 1);
    assert_eq!(profile.duration_unit, DurationUnit::HoursMinutesSeconds);
    let rows = csv(&profile, &body);
    assert_eq!(told(&rows), expected(&[(3, "2026-10-02T06:05:00Z"), (4, "2026-10-02T06:15:00Z")]));
    let answered = |row: &ReadRow| row.result.as_ref().unwrap().record.answered;
    assert!(answered(&rows[0]) && !answered(&rows[1]));

    let asterisk = "calldate,src,dst,duration,billsec,disposition,uniqueid\n\
        2026-10-02 11:05:00,79160000001,79001234567,50,42,ANSWERED,1.1\n\
        2026-10-02 11:06:00,79160000001,79001234567,50,0,NO ANSWER,1.2\n";
    let profile = guess(FileFormat::Csv, Cursor::new(asterisk)).unwrap();
    assert_eq!(profile.columns.connected_seconds, named("billsec"));
    assert_eq!(profile.columns.external_id, named("uniqueid"));
    let fine = expected(&[(2, "2026-10-02T08:05:00Z"), (3, "2026-10-02T08:06:00Z")]);
    assert_eq!(told(&csv(&profile, asterisk)), fine);

    let statement = guess(FileFormat::Csv, Cursor::new(STATEMENT)).unwrap().of_bait("M-017");
    assert_eq!(statement.faults(), []);
    assert_eq!(
        told(&csv(&statement, STATEMENT))[..2],
        expected(&[(4, "2026-10-02T08:05:00Z"), (5, "2026-10-02T08:15:30Z"),])
    );
    let unknown = guess(FileFormat::Csv, Cursor::new("a,b\n1,2\n")).unwrap();
    assert_ne!(unknown.faults(), [], "nothing was recognised");
}

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
