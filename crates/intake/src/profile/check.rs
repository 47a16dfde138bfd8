//! Whether a profile can be used at all. Everything that can be told without a
//! file is told when the profile is saved, and all of it at once.

use std::collections::BTreeMap;

use baitline_domain::observation::{Channel, Direction};
use jiff::civil::date;
use jiff::fmt::strtime;
use jiff::tz::{Offset, TimeZone};

use super::columns::fold;
use super::record::truth;
use super::shape::{
    Columns, EXCEL_TIME, MAX_COLUMN_NAME_CHARS, MAX_EXTRA_COLUMNS, MAX_IGNORED_LAST_ROWS,
    MAX_POSITION, MAX_PROFILE_PREFIXES, MAX_PROFILE_WORD_CHARS, MAX_PROFILE_WORDS,
    MAX_SKIPPED_ROWS, MAX_TIME_FORMATS, Place, Profile,
};
use super::time::by_pattern;
use super::units;

/// Fields that may share a column: what a list calls the type of a call tells
/// several of them.
const SHARING: [&str; 5] = ["direction", "answered", "channel", "roaming", "screen_label"];
/// Fields that differ from row to row, so that a constant would be a mistake.
const VARYING: [&str; 4] = ["external_id", "occurred_at", "time", "party"];

/// One thing that is wrong with a profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileFault {
    /// A JSON pointer into the profile, such as `/columns/caller`.
    pub pointer: String,
    /// A stable word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub detail: String,
}

impl Profile {
    /// Everything that is wrong with it; nothing, where it can be used.
    pub fn faults(&self) -> Vec<ProfileFault> {
        let mut faults = Faults(Vec::new());
        faults.of_form(self);
        faults.of_places(self);
        faults.of_time(self);
        faults.of_ends(&self.columns);
        faults.of_words(self);
        faults.0
    }
}

struct Faults(Vec<ProfileFault>);

impl Faults {
    fn add(&mut self, pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) {
        self.0.push(ProfileFault { pointer: pointer.into(), code, detail: detail.into() });
    }

    fn of_form(&mut self, profile: &Profile) {
        if profile.skip_rows > MAX_SKIPPED_ROWS {
            let detail = format!("at most {MAX_SKIPPED_ROWS} rows are skipped");
            self.add("/skip_rows", "out_of_range", detail);
        }
        if profile.ignore_last_rows > MAX_IGNORED_LAST_ROWS {
            let detail = format!("at most {MAX_IGNORED_LAST_ROWS} rows are ignored");
            self.add("/ignore_last_rows", "out_of_range", detail);
        }
        if let Some(sheet) = &profile.sheet {
            self.of_text("/sheet", sheet, MAX_COLUMN_NAME_CHARS);
        }
        if let Some(code) = &profile.country_code {
            let is_code = (1..=3).contains(&code.len())
                && code.bytes().all(|b| b.is_ascii_digit())
                && !code.starts_with('0');
            if !is_code {
                let detail = "a country code has one to three digits and does not begin with 0";
                self.add("/country_code", "invalid_value", detail);
            }
        }
        self.of_count("/number_prefixes", profile.number_prefixes.len(), MAX_PROFILE_PREFIXES);
        for (index, prefix) in profile.number_prefixes.iter().take(MAX_PROFILE_PREFIXES).enumerate()
        {
            self.of_text(&format!("/number_prefixes/{index}"), prefix, MAX_PROFILE_WORD_CHARS);
        }
    }

    fn of_places(&mut self, profile: &Profile) {
        let mut taken: Vec<(&Place, &str)> = Vec::new();
        for (field, place) in profile.columns.places() {
            let Some(place) = place else { continue };
            let pointer = format!("/columns/{field}");
            self.of_place(&pointer, place, profile.header);
            if let Place::Value(value) = place {
                self.of_value(&pointer, field, value, profile);
                continue;
            }
            let other = taken.iter().find(|(other, _)| same_column(other, place));
            if let Some((_, other)) = other
                && !(SHARING.contains(&field) && SHARING.contains(other))
            {
                let detail = format!("{field} and {other} cannot be the same column");
                self.add(pointer, "duplicate_column", detail);
            }
            taken.push((place, field));
        }
        self.of_count("/columns/extra", profile.columns.extra.len(), MAX_EXTRA_COLUMNS);
        for (index, place) in profile.columns.extra.iter().take(MAX_EXTRA_COLUMNS).enumerate() {
            let pointer = format!("/columns/extra/{index}");
            self.of_place(&pointer, place, profile.header);
            if matches!(place, Place::Value(_)) {
                self.add(pointer, "unexpected", "further data is taken from columns only");
            }
        }
    }

    fn of_place(&mut self, pointer: &str, place: &Place, has_header: bool) {
        match place {
            Place::Name(name) => {
                self.of_text(&format!("{pointer}/name"), name, MAX_COLUMN_NAME_CHARS);
                if !has_header {
                    let detail = "without a header row columns are told by their position";
                    self.add(format!("{pointer}/name"), "unexpected", detail);
                }
            }
            Place::Position(position) => {
                if !(1..=MAX_POSITION).contains(position) {
                    let detail = format!("a position is from 1 to {MAX_POSITION}");
                    self.add(format!("{pointer}/position"), "out_of_range", detail);
                }
            }
            Place::Value(value) => {
                self.of_text(&format!("{pointer}/value"), value, MAX_COLUMN_NAME_CHARS);
            }
        }
    }

    fn of_value(&mut self, pointer: &str, field: &str, value: &str, profile: &Profile) {
        if VARYING.contains(&field) {
            let detail = format!("{field} differs from row to row: name its column");
            self.add(pointer, "unexpected", detail);
            return;
        }
        let reads = match field {
            "direction" => Direction::parse(value).is_some(),
            "channel" => Channel::parse(value).is_some(),
            "answered" | "roaming" => truth(&fold(value)).is_some(),
            "revision" => value.parse::<u32>().is_ok(),
            "connected_seconds" => units::seconds(value, profile.duration_unit).is_some(),
            _ => true,
        };
        if !reads {
            let detail = format!("no {field} is written like that");
            self.add(format!("{pointer}/value"), "invalid_value", detail);
        }
    }

    fn of_time(&mut self, profile: &Profile) {
        let columns = &profile.columns;
        match (&columns.occurred_at, &columns.date, &columns.time) {
            (Some(_), None, None) | (None, Some(_), Some(_)) => {}
            (None, None, None) => {
                let detail = "the start is required: occurred_at, or date and time";
                self.add("/columns/occurred_at", "missing", detail);
            }
            (None, None, Some(_)) => self.add("/columns/date", "missing", "time needs date"),
            (None, Some(_), None) => self.add("/columns/time", "missing", "date needs time"),
            (Some(_), _, _) => {
                let detail = "the start stands in occurred_at, or in date and time, not in both";
                self.add("/columns/occurred_at", "not_together", detail);
            }
        }
        self.of_count("/time_formats", profile.time_formats.len(), MAX_TIME_FORMATS);
        for (index, format) in profile.time_formats.iter().take(MAX_TIME_FORMATS).enumerate() {
            let pointer = format!("/time_formats/{index}");
            if self.of_text(&pointer, format, MAX_PROFILE_WORD_CHARS) && !tells_a_time(format) {
                let detail = format!(
                    "a time format is {EXCEL_TIME}, or a pattern like %d.%m.%Y %H:%M:%S that \
                     tells day and time of day whole"
                );
                self.add(pointer, "invalid_format", detail);
            }
        }
        if let Some(zone) = &profile.time_zone
            && TimeZone::get(zone).is_err()
        {
            let detail = "there is no such zone; a zone is named like Europe/Moscow";
            self.add("/time_zone", "not_a_time_zone", detail);
        }
    }

    fn of_ends(&mut self, columns: &Columns) {
        let direction = columns.direction.as_ref();
        let always = |word: &str| matches!(direction, Some(Place::Value(value)) if value == word);
        if columns.party.is_some() {
            if columns.caller.is_some() || columns.called.is_some() {
                let detail = "the other end stands in party, or in caller and called, not in both";
                self.add("/columns/party", "not_together", detail);
            }
            if direction.is_none() {
                let detail = "party needs direction, which tells who called";
                self.add("/columns/direction", "missing", detail);
            }
            return;
        }
        if columns.caller.is_none() && !always("outgoing") {
            let detail = "who called is required: caller, or party with direction";
            self.add("/columns/caller", "missing", detail);
        }
        if columns.called.is_none() && !always("incoming") {
            let detail = "who was called is required: called, or party with direction";
            self.add("/columns/called", "missing", detail);
        }
        if columns.bait.is_some() && direction.is_none() {
            let detail = "bait needs direction, which is as the bait sees it";
            self.add("/columns/direction", "missing", detail);
        }
    }

    fn of_words(&mut self, profile: &Profile) {
        let columns = &profile.columns;
        self.of_list("direction", &columns.direction, &profile.direction_words);
        self.of_list("answered", &columns.answered, &profile.answered_words);
        self.of_list("channel", &columns.channel, &profile.channel_words);
    }

    fn of_list<T>(&mut self, field: &str, place: &Option<Place>, words: &BTreeMap<String, T>) {
        let pointer = format!("/{field}_words");
        self.of_count(&pointer, words.len(), MAX_PROFILE_WORDS);
        if !words.is_empty() && !matches!(place, Some(Place::Name(_) | Place::Position(_))) {
            let detail = format!("words for {field} need its column");
            self.add(pointer.clone(), "unexpected", detail);
        }
        let mut seen = Vec::new();
        for word in words.keys().take(MAX_PROFILE_WORDS) {
            if !self.of_text(&pointer, word, MAX_PROFILE_WORD_CHARS) {
                continue;
            }
            let word = fold(word);
            if seen.contains(&word) {
                let detail = "two words differ only in case or white space, which is not looked at";
                self.add(pointer.clone(), "duplicate_word", detail);
            }
            seen.push(word);
        }
    }

    fn of_count(&mut self, pointer: &str, count: usize, most: usize) {
        if count > most {
            self.add(pointer, "too_many", format!("there are at most {most}"));
        }
    }

    /// Whether it is a text of one line that says something.
    fn of_text(&mut self, pointer: &str, text: &str, max_chars: usize) -> bool {
        let before = self.0.len();
        if text.trim().is_empty() {
            self.add(pointer, "empty", "it must not be blank");
        } else if text.chars().nth(max_chars).is_some() {
            self.add(pointer, "too_long", format!("it holds at most {max_chars} characters"));
        } else if text.chars().any(char::is_control) {
            self.add(pointer, "control_character", "it must not hold control characters");
        }
        self.0.len() == before
    }
}

fn same_column(one: &Place, other: &Place) -> bool {
    match (one, other) {
        (Place::Name(one), Place::Name(other)) => fold(one) == fold(other),
        (Place::Position(one), Place::Position(other)) => one == other,
        _ => false,
    }
}

/// Whether a pattern reads back, to the minute, what it writes.
fn tells_a_time(format: &str) -> bool {
    if format == EXCEL_TIME {
        return true;
    }
    let civil = date(2026, 3, 14).at(15, 9, 26, 0);
    let Ok(sample) = civil.to_zoned_datetime(TimeZone::fixed(Offset::UTC)) else { return false };
    let Ok(written) = strtime::format(format, &sample) else { return false };
    let minute = |time: jiff::civil::DateTime| (time.date(), time.hour(), time.minute());
    by_pattern(format, &written).is_some_and(|(read, _)| minute(read) == minute(civil))
}
