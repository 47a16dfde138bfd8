//! How documents write dates, times, numbers and numerals in Russian. Knows no
//! document and no law.

mod numerals;
mod ties;

use std::borrow::Cow;

use baitline_domain::instant::{Instant, MICROS_PER_SECOND, Span};
use baitline_domain::label::{Segment, Speaker};
use baitline_domain::phone::Phone;
use jiff::ZonedDateTime;
use jiff::civil::Date;
use jiff::tz::TimeZone;

pub(crate) use numerals::{in_words, in_words_neuter, plural_form};
pub(crate) use ties::tied;

/// Keeps a number and its unit on one line.
pub(crate) const NBSP: char = '\u{a0}';
/// Moscow time is known by a name of its own.
const MOSCOW: &str = "Europe/Moscow";
const MONTHS: [&str; 12] = [
    "января",
    "февраля",
    "марта",
    "апреля",
    "мая",
    "июня",
    "июля",
    "августа",
    "сентября",
    "октября",
    "ноября",
    "декабря",
];

/// The moment on the client's clock.
pub(crate) fn local(at: Instant, zone: &TimeZone) -> ZonedDateTime {
    at.to_timestamp().to_zoned_datetime(zone.clone())
}

/// «14 октября 2026 г.»
pub(crate) fn date(at: &ZonedDateTime) -> String {
    civil_date(at.date())
}

/// The same of a day without a time.
pub(crate) fn civil_date(day: Date) -> String {
    let month = usize::try_from(day.month() - 1).ok().and_then(|month| MONTHS.get(month));
    format!("{}{NBSP}{} {}{NBSP}г.", day.day(), month.unwrap_or(&""), day.year())
}

/// «14.10.2026», for tables.
pub(crate) fn short_date(at: &ZonedDateTime) -> String {
    format!("{:02}.{:02}.{}", at.day(), at.month(), at.year())
}

/// «12:05»
pub(crate) fn minutes(at: &ZonedDateTime) -> String {
    format!("{:02}:{:02}", at.hour(), at.minute())
}

/// «12:05:33»
pub(crate) fn seconds(at: &ZonedDateTime) -> String {
    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

/// «UTC+3», «UTC+5:30»
pub(crate) fn offset(at: &ZonedDateTime) -> String {
    let seconds = at.offset().seconds();
    let sign = if seconds < 0 { '−' } else { '+' };
    let minutes = seconds.unsigned_abs() / 60;
    match minutes % 60 {
        0 => format!("UTC{sign}{}", minutes / 60),
        rest => format!("UTC{sign}{}:{rest:02}", minutes / 60),
    }
}

/// «МСК, UTC+3»; zones other than Moscow's by their offset alone.
pub(crate) fn zone(at: &ZonedDateTime) -> String {
    let offset = offset(at);
    if at.time_zone().iana_name() == Some(MOSCOW) {
        return format!("МСК,{NBSP}{offset}");
    }
    offset
}

/// The words of a recording as documents print them: with times and speakers
/// where a person noted them, «00:05 Звонивший: …», a line each.
pub(crate) fn transcript<'a>(text: Option<&'a str>, segments: &[Segment]) -> Cow<'a, str> {
    if segments.is_empty() {
        return Cow::Borrowed(text.unwrap_or_default());
    }
    let line =
        |one: &Segment| format!("{} {}: {}", place(one.from), speaker(one.speaker), one.text);
    Cow::Owned(segments.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// «00:05», «1:02:05»: so long after the beginning.
pub(crate) fn place(from: Span) -> String {
    let seconds = from.0.max(0) / MICROS_PER_SECOND;
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours == 0 {
        return format!("{minutes:02}:{seconds:02}");
    }
    format!("{hours}:{minutes:02}:{seconds:02}")
}

pub(crate) fn speaker(speaker: Speaker) -> &'static str {
    match speaker {
        Speaker::Caller => "Звонивший",
        Speaker::Subscriber => "Абонент",
        Speaker::Robot => "Голосовой робот",
        Speaker::Other => "Другой голос",
    }
}

/// «1 мин 25 с»
pub(crate) fn duration(seconds: u32) -> String {
    match (seconds / 60, seconds % 60) {
        (0, rest) => format!("{rest}{NBSP}с"),
        (minutes, 0) => format!("{minutes}{NBSP}мин"),
        (minutes, rest) => format!("{minutes}{NBSP}мин{NBSP}{rest}{NBSP}с"),
    }
}

/// «+7 900 123-45-67»; numbers of other plans keep their plain form.
pub(crate) fn phone(phone: Phone) -> String {
    if !phone.is_russian() {
        return phone.to_string();
    }
    let number = phone.national() % 10_000_000;
    let (head, middle, tail) = (number / 10_000, number / 100 % 100, number % 100);
    format!("+7{NBSP}{:03}{NBSP}{head:03}-{middle:02}-{tail:02}", phone.code())
}

/// «И. И. Иванов» of «Иванов Иван Иванович»; of what is no such name, itself.
/// «ИП» before it goes.
pub(crate) fn short_name(full: &str) -> String {
    let bare = full.trim();
    let bare = ["ИП ", "Индивидуальный предприниматель ", "индивидуальный предприниматель "]
        .iter()
        .find_map(|before| bare.strip_prefix(before))
        .unwrap_or(bare);
    let words: Vec<&str> = bare.split_whitespace().collect();
    let is_name = |word: &&str| word.chars().all(|c| c.is_alphabetic() || c == '-');
    if !(2..=3).contains(&words.len()) || !words.iter().all(is_name) {
        return bare.to_owned();
    }
    let initials = words[1..].iter().filter_map(|word| word.chars().next());
    let initials: String = initials.flat_map(|c| c.to_uppercase().chain(['.', NBSP])).collect();
    format!("{initials}{}", words[0])
}

/// «1 234 567», in groups of three that stay on one line.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 2);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(NBSP);
        }
        text.push(digit);
    }
    text
}

/// Numbers in a row that are written as a range: «1–4», but «1, 2 и 3».
const SHORTEST_RANGE: usize = 4;

/// «№ 1», «№ 1 и 3», «№ 1, 2 и 3», «№ 1–4 и 7»; the numbers come in order.
pub(crate) fn number_list(numbers: &[usize]) -> String {
    let runs = numbers.chunk_by(|one, next| one + 1 == *next);
    let texts: Vec<String> = runs
        .flat_map(|run| match run {
            [first, .., last] if run.len() >= SHORTEST_RANGE => vec![format!("{first}–{last}")],
            run => run.iter().map(usize::to_string).collect(),
        })
        .collect();
    match texts.split_last() {
        None => String::new(),
        Some((only, [])) => format!("№{NBSP}{only}"),
        Some((last, rest)) => format!("№{NBSP}{} и{NBSP}{last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    fn at(text: &str, zone: &str) -> ZonedDateTime {
        let timestamp: jiff::Timestamp = text.parse().unwrap();
        local(Instant::from(timestamp), &TimeZone::get(zone).unwrap())
    }

    #[test]
    fn dates_are_written_out_and_kept_together() {
        let moment = at("2026-10-14T21:30:05Z", "Europe/Moscow");
        assert_eq!(date(&moment), "15\u{a0}октября 2026\u{a0}г.");
        assert_eq!(short_date(&moment), "15.10.2026");
        assert_eq!(minutes(&moment), "00:30");
        assert_eq!(seconds(&moment), "00:30:05");
    }

    #[test]
    fn zones_are_named_by_moscow_or_by_their_offset() {
        let zone_in = |name| zone(&at("2026-10-14T12:00:00Z", name));
        assert_eq!(zone_in("Europe/Moscow"), "МСК,\u{a0}UTC+3");
        assert_eq!(zone_in("Asia/Yekaterinburg"), "UTC+5");
        assert_eq!(zone_in("Asia/Kolkata"), "UTC+5:30");
        assert_eq!(zone_in("America/St_Johns"), "UTC−2:30");
    }

    #[test]
    fn names_are_shortened_to_initials_that_stay_with_them() {
        assert_eq!(short_name("Иванов Иван Петрович"), "И.\u{a0}П.\u{a0}Иванов");
        assert_eq!(short_name(" ИП Римский-Корсаков Николай "), "Н.\u{a0}Римский-Корсаков");
        assert_eq!(short_name("ООО «Окна Плюс»"), "ООО «Окна Плюс»");
        assert_eq!(short_name(""), "");
    }

    #[test]
    fn large_numbers_are_written_in_groups() {
        assert_eq!(grouped(1_234_567), "1\u{a0}234\u{a0}567");
        assert_eq!(grouped(999), "999");
    }

    #[test]
    fn durations_and_numbers_read_as_people_write_them() {
        assert_eq!(duration(0), "0\u{a0}с");
        assert_eq!(duration(60), "1\u{a0}мин");
        assert_eq!(duration(85), "1\u{a0}мин\u{a0}25\u{a0}с");
        let russian = Phone::from_digits(79_001_230_405).unwrap();
        assert_eq!(phone(russian), "+7\u{a0}900\u{a0}123-04-05");
        let foreign = Phone::from_digits(441_632_960_000).unwrap();
        assert_eq!(phone(foreign), "+441632960000");
        assert_eq!(number_list(&[7]), "№\u{a0}7");
        assert_eq!(number_list(&[1, 2, 3]), "№\u{a0}1, 2 и\u{a0}3");
        assert_eq!(number_list(&[1, 2, 3, 4]), "№\u{a0}1–4");
        assert_eq!(number_list(&[1, 3, 4, 5, 6, 9]), "№\u{a0}1, 3–6 и\u{a0}9");
    }
}
