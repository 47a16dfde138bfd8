//! Files that are written as their profile says.

use super::*;

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
fn what_is_kept_of_an_end_reads_the_same_without_the_profile() {
    let profile = Profile {
        country_code: Some("1".to_owned()),
        number_prefixes: vec!["98".to_owned()],
        ..plain()
    };
    let body = "from,to,at\n\
        4703352559,98 (212) 555-01-00,2026-11-01 10:00:00\n\
        8 (916) 000-00-01,anonymous,2026-11-01 10:00:00\n";
    let rows = csv(&profile, body);
    let kept: Vec<_> = rows
        .iter()
        .map(|row| {
            let record = &row.result.as_ref().unwrap().record;
            let (caller, called) = (record.caller_raw.as_deref(), record.called_raw.as_deref());
            let again = Ends::of_fields(None, None, caller, called).unwrap();
            assert_eq!(again, record.ends);
            (caller.unwrap(), called.unwrap())
        })
        .collect();
    let expected = [("+14703352559", "+12125550100"), ("8 (916) 000-00-01", "anonymous")];
    assert_eq!(kept, expected);
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
