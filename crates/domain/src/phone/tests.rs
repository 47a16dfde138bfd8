//! How the forms of the world are read.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use super::{Party, PartyKind, Phone, PhoneError};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error, StrDeserializer};

fn read(raw: &str) -> Party {
    Party::read(Some(raw))
}

fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).unwrap()
}

#[test]
fn every_way_people_and_pbxes_write_a_russian_number_reads_as_that_number() {
    let ways = [
        "+79001234567",
        "79001234567",
        "89001234567",
        "9001234567",
        "+7 900 123-45-67",
        "8 (900) 123-45-67",
        "8(900)123.45.67",
        "+7\u{a0}900\u{a0}123\u{2011}45\u{2011}67",
        "+7 [900] 123–45–67",
        " (900) 123 45 67 ",
        "\u{202a}+79001234567\u{202c}",
        "\u{feff}79001234567",
        "tel:+79001234567",
        "TEL:+7-900-123-45-67;phone-context=example.ru",
        "sip:+79001234567@sip.example.ru:5060;user=phone;transport=udp",
        "sips:89001234567@10.0.0.1",
        "<sip:79001234567@sip.example.ru>",
        "\"Иван Петров\" <sip:79001234567@sip.example.ru>;tag=1",
        "\"+79001234567\"",
        "'89001234567'",
        "«9001234567»",
        "0079001234567",
        "81079001234567",
        "8-10-7-900-123-45-67",
    ];
    for way in ways {
        assert_eq!(read(way), Party::Number(phone(79_001_234_567)), "{way:?}");
    }
}

#[test]
fn ten_digits_are_russian_by_their_code() {
    for national in [3_431_234_567, 4_951_234_567, 8_001_234_567, 9_001_234_567_u64] {
        let expected = Party::Number(phone(70_000_000_000 + national));
        assert_eq!(read(&national.to_string()), expected);
    }
    for national in ["0001234567", "1231234567", "2001234567", "5001234567", "7001234567"] {
        assert_eq!(read(national).kind(), PartyKind::Malformed, "{national}");
    }
}

#[test]
fn numbers_of_other_countries_need_a_plus_a_prefix_or_their_full_length() {
    for (way, digits) in [
        ("+48 22 100 00 00", 48_221_000_000),
        ("48221000000", 48_221_000_000),
        ("0048221000000", 48_221_000_000),
        ("8 10 48 22 100 00 00", 48_221_000_000),
        ("+1234567", 1_234_567),
        ("380441234567", 380_441_234_567),
        ("+77011234567", 77_011_234_567),
        ("+123456789012345", 123_456_789_012_345),
    ] {
        assert_eq!(read(way), Party::Number(phone(digits)), "{way}");
    }
}

#[test]
fn what_is_not_a_number_of_any_length_is_kept_as_it_was_written() {
    for malformed in [
        "1",
        "12",
        "1234567",
        "12345678",
        "+7900123456",
        "+790012345678",
        "790012345678",
        "861234567890",
        "+1234567890123456",
        "+0123456789",
        "+900",
        "*100#",
        "7900+1234567",
        "8 900 123 45 67 доб. 12",
        "9001234567, 9001234568",
        "info@example.ru",
    ] {
        assert_eq!(read(malformed), Party::Malformed(malformed.to_owned()));
    }
}

#[test]
fn a_withheld_number_is_hidden_in_every_language_and_case() {
    for raw in [
        "",
        " ",
        "\u{0}",
        "-",
        "—",
        "???",
        "***",
        "-1",
        "Anonymous",
        "sip:anonymous@anonymous.invalid",
        "\"Anonymous\" <sip:anonymous@anonymous.invalid>",
        "<unknown>",
        "UNKNOWN",
        "private",
        "restricted",
        "Unavailable",
        "withheld",
        "Скрыт",
        "СКРЫТЫЙ НОМЕР",
        "Номер скрыт",
        "неизвестный",
        "Номер не определён",
        "hidden",
    ] {
        assert_eq!(read(raw), Party::Hidden, "{raw:?}");
    }
    assert_eq!(Party::read(None), Party::Hidden);
}

#[test]
fn three_to_six_digits_are_a_short_code() {
    for (raw, code) in [("900", "900"), ("0890", "0890"), ("12-34-56", "123456")] {
        assert_eq!(read(raw), Party::ShortCode(code.to_owned()));
    }
}

#[test]
fn a_sender_with_a_letter_and_at_most_eleven_characters_is_alphanumeric() {
    for raw in ["T2", "OKNA-PLUS", "Ваш Банк", "12345678abc"] {
        assert_eq!(read(raw), Party::Alphanumeric(raw.to_owned()));
    }
    assert_eq!(read("twelve chars").kind(), PartyKind::Malformed);
}

#[test]
fn a_field_without_end_is_cut_and_no_cut_makes_a_number() {
    let cut = read(&"ы".repeat(10_000));
    assert_eq!(cut.text().unwrap().chars().count(), 200);
    assert_eq!(cut.text().unwrap().chars().last(), Some('…'));
    assert_eq!(cut, read(&cut.to_string()));

    let number_and_rest = format!("+79001234567{}8", " ".repeat(300));
    assert_eq!(read(&number_and_rest).kind(), PartyKind::Malformed);
}

#[test]
fn nothing_invisible_is_kept() {
    assert_eq!(read("a\u{0}b\u{7}c\u{200b}"), Party::Alphanumeric("abc".to_owned()));
    assert_eq!(read("a longer \u{0}text"), Party::Malformed("a longer text".to_owned()));
}

#[test]
fn a_party_is_rebuilt_from_its_parts_and_only_from_fitting_ones() {
    for party in ["+79001234567", "", "900", "OKNA", "12*34"].map(read) {
        let text = party.text().map(str::to_owned);
        assert_eq!(Party::from_parts(party.kind(), party.phone(), text), Some(party));
    }
    let number = Some(phone(79_001_234_567));
    let text = Some("900".to_owned());
    assert_eq!(Party::from_parts(PartyKind::Number, None, None), None);
    assert_eq!(Party::from_parts(PartyKind::Number, number, text.clone()), None);
    assert_eq!(Party::from_parts(PartyKind::Hidden, number, None), None);
    assert_eq!(Party::from_parts(PartyKind::ShortCode, number, text), None);
    assert_eq!(Party::from_parts(PartyKind::Malformed, None, None), None);
}

#[test]
fn a_field_that_must_be_a_number_refuses_everything_else() {
    assert_eq!(Phone::parse("8 900 123-45-67"), Ok(phone(79_001_234_567)));
    for other in ["", "hidden", "900", "OKNA", "12*34"] {
        assert_eq!(Phone::parse(other), Err(PhoneError), "{other:?}");
    }
}

#[test]
fn a_number_has_seven_to_fifteen_digits() {
    assert_eq!(Phone::from_digits(999_999), None);
    assert_eq!(phone(1_000_000).digits(), 1_000_000);
    assert_eq!(phone(999_999_999_999_999).to_string(), "+999999999999999");
    assert_eq!(Phone::from_digits(1_000_000_000_000_000), None);
}

#[test]
fn country_seven_is_russian_but_for_the_codes_of_kazakhstan() {
    for digits in [79_001_234_567, 74_951_234_567, 78_001_234_567] {
        assert!(phone(digits).is_russian(), "{digits}");
    }
    for digits in [77_011_234_567, 76_001_234_567, 48_221_000_000, 7_900_123, 790_012_345_678] {
        assert!(!phone(digits).is_russian(), "{digits}");
    }
    assert_eq!(phone(79_001_234_567).code(), 900);
    assert_eq!(phone(79_001_234_567).national(), 9_001_234_567);
}

#[test]
fn a_number_travels_as_text_with_a_plus() {
    let from = |text: &'static str| -> Result<Phone, Error> {
        let deserializer: StrDeserializer<'_, Error> = text.into_deserializer();
        Phone::deserialize(deserializer)
    };
    assert_eq!(from("+79001234567"), Ok(phone(79_001_234_567)));
    assert_eq!(phone(79_001_234_567).to_string(), "+79001234567");
    assert!(from("nobody").is_err());
}
