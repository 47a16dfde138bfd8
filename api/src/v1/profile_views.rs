//! How a source's files are read, on the wire. What it means is said in
//! `intake`, which also tells what is wrong with it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use baitline_intake::profile::{Columns, Place, Profile, ProfileFault};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::fault::{Fault, FaultItem};
use crate::words::{
    ChannelWord, DelimiterWord, DirectionMeaningWord, DurationUnitWord, EncodingWord,
};

/// How the files of a source become call records; what is absent is as said.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Profile, examples(json!({
    "skip_rows": 3,
    "ignore_last_rows": 1,
    "columns": {
        "bait": {"name": "Номер абонента"},
        "direction": {"name": "Тип"},
        "party": {"name": "Собеседник"},
        "date": {"name": "Дата"},
        "time": {"name": "Время"},
        "connected_seconds": {"name": "Длительность"}
    },
    "time_formats": ["%d.%m.%Y %H:%M:%S"],
    "duration_unit": "minutes_seconds",
    "direction_words": {"входящий": "incoming", "исходящий": "outgoing", "интернет": "ignored"}
})))]
pub(crate) struct ProfileBody {
    /// Between the cells of a CSV, `auto` unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    delimiter: Option<DelimiterWord>,
    /// Of a CSV, `auto` unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    encoding: Option<EncodingWord>,
    /// Whether the first row that is not skipped names the columns, `true` unless
    /// told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    header: Option<bool>,
    /// So many rows at the top are skipped, blank ones counted; 0 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, maximum = 1000)]
    skip_rows: Option<u32>,
    /// So many rows at the bottom are ignored, blank ones not counted: totals. 0
    /// unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, maximum = 100)]
    ignore_last_rows: Option<u32>,
    /// The sheet of a workbook by its name; the first visible one unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    sheet: Option<String>,
    /// Which column holds what.
    columns: ColumnsBody,
    /// How times are written, tried in order: patterns of strftime, such as
    /// `%d.%m.%Y %H:%M:%S`, or `excel`, the count of days; where date and time have
    /// columns of their own, with one space between the two. Unless told
    /// `2026-11-01 10:00:00` and `01.11.2026 10:00`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8)]
    time_formats: Vec<String>,
    /// The IANA zone of times without an offset; the source's unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    time_zone: Option<String>,
    /// Of the connected time, `seconds` unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    duration_unit: Option<DurationUnitWord>,
    /// What the words of the column `direction` mean, whatever their case; unless
    /// told `incoming` and `outgoing`. A row with another word is rejected.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    direction_words: BTreeMap<String, DirectionMeaningWord>,
    /// Which words of the column `answered` say that somebody did; unless told yes,
    /// да, 1, true and their opposites.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    answered_words: BTreeMap<String, bool>,
    /// What the words of the column `channel` mean; unless told themselves.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    channel_words: BTreeMap<String, ChannelWord>,
    /// The country code of numbers of ten digits without a plus, 7 unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, pattern = "^[1-9][0-9]{0,2}$")]
    country_code: Option<String>,
    /// What a PBX puts before numbers; the first one that fits is taken off.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 8)]
    number_prefixes: Vec<String>,
}

/// Which column holds what. The start stands in `occurred_at`, or in `date` and
/// `time`; the ends in `caller` and `called`, or the one that is not the bait in
/// `party`.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProfileColumns, examples(json!({
    "caller": {"name": "src"},
    "called": {"position": 3},
    "occurred_at": {"name": "calldate"}
})))]
pub(crate) struct ColumnsBody {
    /// The source's own id of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    external_id: Option<PlaceBody>,
    /// The revision of that id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    revision: Option<PlaceBody>,
    /// The bait, by number or reference; needs `direction`. A file that is all of
    /// one bait is sent with the parameter `bait` instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bait: Option<PlaceBody>,
    /// As the bait sees it. Without it the end that is a bait tells; without `bait`
    /// it tells which end that is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    direction: Option<PlaceBody>,
    /// Who called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    caller: Option<PlaceBody>,
    /// Who was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    called: Option<PlaceBody>,
    /// The end that is not the bait, whichever called; needs `direction`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    party: Option<PlaceBody>,
    /// The start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    occurred_at: Option<PlaceBody>,
    /// The day of the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    date: Option<PlaceBody>,
    /// The time of day of the start.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    time: Option<PlaceBody>,
    /// The connected time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    connected_seconds: Option<PlaceBody>,
    /// Whether somebody answered; unless told, whether there was connected time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    answered: Option<PlaceBody>,
    /// What carried the call, `pstn` unless told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    channel: Option<PlaceBody>,
    /// Whether the bait was roaming.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    roaming: Option<PlaceBody>,
    /// The label the phone's screen showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    screen_label: Option<PlaceBody>,
    /// Kept in the record's `extra` under the names of their columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 32)]
    extra: Vec<PlaceBody>,
}

/// Where a value comes from: exactly one of the three.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProfilePlace, examples(json!({"name": "Номер звонящего"})))]
pub(crate) struct PlaceBody {
    /// The column of this name, whatever its case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    name: Option<String>,
    /// The column of this position, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, minimum = 1, maximum = 256)]
    position: Option<u32>,
    /// The same for every row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    value: Option<String>,
}

/// Reads a body and checks what it says; all faults at once.
impl TryFrom<ProfileBody> for Profile {
    type Error = Vec<FaultItem>;

    fn try_from(body: ProfileBody) -> Result<Self, Vec<FaultItem>> {
        let mut faults = Vec::new();
        let usual = Self::default();
        let profile = Self {
            delimiter: body.delimiter.map_or(usual.delimiter, Into::into),
            encoding: body.encoding.map_or(usual.encoding, Into::into),
            header: body.header.unwrap_or(usual.header),
            skip_rows: body.skip_rows.unwrap_or_default(),
            ignore_last_rows: body.ignore_last_rows.unwrap_or_default(),
            sheet: body.sheet,
            columns: columns(body.columns, &mut faults),
            time_formats: body.time_formats,
            time_zone: body.time_zone,
            duration_unit: body.duration_unit.map_or(usual.duration_unit, Into::into),
            direction_words: meanings(body.direction_words),
            answered_words: body.answered_words,
            channel_words: meanings(body.channel_words),
            country_code: body.country_code,
            number_prefixes: body.number_prefixes,
        };
        if faults.is_empty() {
            faults = faults_of(&profile);
        }
        if faults.is_empty() { Ok(profile) } else { Err(faults) }
    }
}

/// What is wrong with a profile, as the wire has it.
pub(super) fn faults_of(profile: &Profile) -> Vec<FaultItem> {
    let item = |fault: ProfileFault| FaultItem {
        pointer: Some(fault.pointer),
        detail: Cow::Owned(fault.detail),
        ..FaultItem::of(fault.code, "")
    };
    profile.faults().into_iter().map(item).collect()
}

fn meanings<W: Into<T>, T>(words: BTreeMap<String, W>) -> BTreeMap<String, T> {
    words.into_iter().map(|(word, meaning)| (word, meaning.into())).collect()
}

fn columns(body: ColumnsBody, faults: &mut Vec<FaultItem>) -> Columns {
    let mut read = |name: &str, body: Option<PlaceBody>| {
        let place = place(body?);
        if place.is_none() {
            faults.push(FaultItem::at(format!("/columns/{name}"), Fault::InvalidValue));
        }
        place
    };
    Columns {
        external_id: read("external_id", body.external_id),
        revision: read("revision", body.revision),
        bait: read("bait", body.bait),
        direction: read("direction", body.direction),
        caller: read("caller", body.caller),
        called: read("called", body.called),
        party: read("party", body.party),
        occurred_at: read("occurred_at", body.occurred_at),
        date: read("date", body.date),
        time: read("time", body.time),
        connected_seconds: read("connected_seconds", body.connected_seconds),
        answered: read("answered", body.answered),
        channel: read("channel", body.channel),
        roaming: read("roaming", body.roaming),
        screen_label: read("screen_label", body.screen_label),
        extra: (0..)
            .zip(body.extra)
            .filter_map(|(index, place): (usize, _)| read(&format!("extra/{index}"), Some(place)))
            .collect(),
    }
}

fn place(body: PlaceBody) -> Option<Place> {
    match (body.name, body.position, body.value) {
        (Some(name), None, None) => Some(Place::Name(name)),
        (None, Some(position), None) => Some(Place::Position(position)),
        (None, None, Some(value)) => Some(Place::Value(value)),
        _ => None,
    }
}

impl From<Profile> for ProfileBody {
    fn from(profile: Profile) -> Self {
        Self {
            delimiter: Some(profile.delimiter.into()),
            encoding: Some(profile.encoding.into()),
            header: Some(profile.header),
            skip_rows: Some(profile.skip_rows),
            ignore_last_rows: Some(profile.ignore_last_rows),
            sheet: profile.sheet,
            columns: profile.columns.into(),
            time_formats: profile.time_formats,
            time_zone: profile.time_zone,
            duration_unit: Some(profile.duration_unit.into()),
            direction_words: meanings(profile.direction_words),
            answered_words: profile.answered_words,
            channel_words: meanings(profile.channel_words),
            country_code: profile.country_code,
            number_prefixes: profile.number_prefixes,
        }
    }
}

impl From<Columns> for ColumnsBody {
    fn from(columns: Columns) -> Self {
        let written = |place: Option<Place>| place.map(PlaceBody::from);
        Self {
            external_id: written(columns.external_id),
            revision: written(columns.revision),
            bait: written(columns.bait),
            direction: written(columns.direction),
            caller: written(columns.caller),
            called: written(columns.called),
            party: written(columns.party),
            occurred_at: written(columns.occurred_at),
            date: written(columns.date),
            time: written(columns.time),
            connected_seconds: written(columns.connected_seconds),
            answered: written(columns.answered),
            channel: written(columns.channel),
            roaming: written(columns.roaming),
            screen_label: written(columns.screen_label),
            extra: columns.extra.into_iter().map(PlaceBody::from).collect(),
        }
    }
}

impl From<Place> for PlaceBody {
    fn from(place: Place) -> Self {
        let none = Self { name: None, position: None, value: None };
        match place {
            Place::Name(name) => Self { name: Some(name), ..none },
            Place::Position(position) => Self { position: Some(position), ..none },
            Place::Value(value) => Self { value: Some(value), ..none },
        }
    }
}
