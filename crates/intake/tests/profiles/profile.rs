//! Profiles themselves: what is wrong with one, how it is stored, how it is guessed.

use super::*;

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
