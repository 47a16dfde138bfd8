//! What a profile says. Its serialised form is how profiles are stored, so a
//! field is added with a default and never renamed.

use std::collections::BTreeMap;

use baitline_domain::observation::{Channel, Direction};
use serde::{Deserialize, Serialize};

/// The longest name of a column, and the longest constant, in characters.
pub const MAX_COLUMN_NAME_CHARS: usize = 200;
/// The farthest column by its position, from 1.
pub const MAX_POSITION: u32 = 256;
/// The most rows skipped at the top.
pub const MAX_SKIPPED_ROWS: u32 = 1_000;
/// The most rows ignored at the bottom; so many are held back while reading.
pub const MAX_IGNORED_LAST_ROWS: u32 = 100;
/// The most ways of writing the time in one file.
pub const MAX_TIME_FORMATS: usize = 8;
/// The most words of one list.
pub const MAX_PROFILE_WORDS: usize = 64;
/// The longest word, pattern of times, or prefix of numbers, in characters.
pub const MAX_PROFILE_WORD_CHARS: usize = 64;
/// The most prefixes taken off numbers.
pub const MAX_PROFILE_PREFIXES: usize = 8;
/// The most columns kept as further data.
pub const MAX_EXTRA_COLUMNS: usize = 32;
/// The time format of spreadsheets' own count of days.
pub const EXCEL_TIME: &str = "excel";

/// How the columns of a file become call records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Profile {
    /// What stands between the cells of a CSV.
    pub delimiter: Delimiter,
    /// How a CSV writes its letters.
    pub encoding: Encoding,
    /// Whether the first row that is not skipped names the columns.
    pub header: bool,
    /// So many rows at the top are skipped, blank ones counted.
    pub skip_rows: u32,
    /// So many rows at the bottom are ignored, blank ones not counted: totals.
    pub ignore_last_rows: u32,
    /// The sheet of a workbook by its name; the first visible one unless told.
    pub sheet: Option<String>,
    /// Which column holds what.
    pub columns: Columns,
    /// How times are written: patterns of strftime, or [`EXCEL_TIME`], tried in
    /// order; the forms of [`crate::calls::read_time`] unless told.
    pub time_formats: Vec<String>,
    /// The IANA zone of times without an offset; the source's unless told.
    pub time_zone: Option<String>,
    /// How the connected time is written.
    pub duration_unit: DurationUnit,
    /// What the words of the column `direction` mean.
    pub direction_words: BTreeMap<String, DirectionMeaning>,
    /// Which words of the column `answered` say that somebody did.
    pub answered_words: BTreeMap<String, bool>,
    /// What the words of the column `channel` mean.
    pub channel_words: BTreeMap<String, Channel>,
    /// The country code of numbers of ten digits without a plus; 7 unless told.
    pub country_code: Option<String>,
    /// What a PBX puts before numbers; the first one that fits is taken off.
    pub number_prefixes: Vec<String>,
}

impl Default for Profile {
    fn default() -> Self {
        Self {
            delimiter: Delimiter::Auto,
            encoding: Encoding::Auto,
            header: true,
            skip_rows: 0,
            ignore_last_rows: 0,
            sheet: None,
            columns: Columns::default(),
            time_formats: Vec::new(),
            time_zone: None,
            duration_unit: DurationUnit::Seconds,
            direction_words: BTreeMap::new(),
            answered_words: BTreeMap::new(),
            channel_words: BTreeMap::new(),
            country_code: None,
            number_prefixes: Vec::new(),
        }
    }
}

/// Which column holds what. The time stands in `occurred_at`, or in `date` and
/// `time`; the other end in `caller` and `called`, or in `party`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// The source's own id of the record.
    pub external_id: Option<Place>,
    /// The revision of that id.
    pub revision: Option<Place>,
    /// The bait by number or reference.
    pub bait: Option<Place>,
    /// As the bait sees it; without it the end that is a bait tells.
    pub direction: Option<Place>,
    /// Who called.
    pub caller: Option<Place>,
    /// Who was called.
    pub called: Option<Place>,
    /// The end that is not the bait, whichever called.
    pub party: Option<Place>,
    /// The start.
    pub occurred_at: Option<Place>,
    /// The day of the start.
    pub date: Option<Place>,
    /// The time of day of the start.
    pub time: Option<Place>,
    /// The connected time.
    pub connected_seconds: Option<Place>,
    /// Whether somebody answered.
    pub answered: Option<Place>,
    /// What carried the call.
    pub channel: Option<Place>,
    /// Whether the bait was roaming.
    pub roaming: Option<Place>,
    /// The label the phone's screen showed.
    pub screen_label: Option<Place>,
    /// Kept as further data under the names of their columns.
    pub extra: Vec<Place>,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// The column of this name, whatever its case.
    Name(String),
    /// The column of this position, from 1.
    Position(u32),
    /// The same for every row.
    Value(String),
}

/// What stands between the cells of a CSV.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Delimiter {
    /// The likeliest in the first row that is read.
    Auto,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// The tabulator.
    Tab,
    /// `|`
    Pipe,
}

/// How a CSV writes its letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// What the first line with a letter beyond ASCII shows.
    Auto,
    /// UTF-8.
    Utf8,
    /// CP1251.
    Windows1251,
}

/// How the connected time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DurationUnit {
    /// `95`
    Seconds,
    /// `1.5`; a fraction is rounded to the second.
    Minutes,
    /// `1:35`; there may be any number of minutes.
    MinutesSeconds,
    /// `0:01:35`
    HoursMinutesSeconds,
    /// `0.00109954`, as spreadsheets count.
    Days,
}

/// What a word of the column `direction` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DirectionMeaning {
    /// A call to the bait.
    Incoming,
    /// A call from the bait.
    Outgoing,
    /// No call at all: the row is left out, and counted.
    Ignored,
}

impl Profile {
    /// Reads a stored profile.
    pub fn of_stored(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    /// The profile as it is stored.
    pub fn to_stored(&self) -> Option<String> {
        serde_json::to_string(self).ok()
    }

    /// The same for a file that is all of one bait: the operator's list of its calls
    /// does not name it in every row.
    pub fn of_bait(mut self, bait: &str) -> Self {
        self.columns.bait = Some(Place::Value(bait.to_owned()));
        self
    }
}

impl DirectionMeaning {
    pub(super) const fn direction(self) -> Option<Direction> {
        match self {
            Self::Incoming => Some(Direction::Incoming),
            Self::Outgoing => Some(Direction::Outgoing),
            Self::Ignored => None,
        }
    }
}

impl Columns {
    /// Every single place with the name of its field.
    pub(super) fn places(&self) -> [(&'static str, Option<&Place>); 15] {
        [
            ("external_id", self.external_id.as_ref()),
            ("revision", self.revision.as_ref()),
            ("bait", self.bait.as_ref()),
            ("direction", self.direction.as_ref()),
            ("caller", self.caller.as_ref()),
            ("called", self.called.as_ref()),
            ("party", self.party.as_ref()),
            ("occurred_at", self.occurred_at.as_ref()),
            ("date", self.date.as_ref()),
            ("time", self.time.as_ref()),
            ("connected_seconds", self.connected_seconds.as_ref()),
            ("answered", self.answered.as_ref()),
            ("channel", self.channel.as_ref()),
            ("roaming", self.roaming.as_ref()),
            ("screen_label", self.screen_label.as_ref()),
        ]
    }
}
