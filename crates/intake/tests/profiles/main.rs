//! Files of all shapes by mapping profiles, well and badly written.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod any_files;
mod badly;
mod profile;
mod well;

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
