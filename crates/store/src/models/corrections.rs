//! What people say against what a source reported, and what the source said.

use std::io::Write as _;

use baitline_domain::ids::{ClientId, CorrectionId, ObservationId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::{Channel, Direction};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;
use diesel::sqlite::Sqlite;
use serde::{Deserialize, Deserializer, Serialize};

use super::words::CorrectionKind;
use crate::schema;
use crate::sql_types::Db;

/// What holds in the place of what the source said: `None` leaves that,
/// `Some(None)` says that there is none. Kept as JSON of the fields that are set.
#[derive(
    Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, AsExpression, FromSqlRow,
)]
#[diesel(sql_type = Text)]
#[serde(default, deny_unknown_fields)]
pub struct Amendment {
    /// The bait's number or reference; always together with the direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bait: Option<String>,
    /// The direction as the bait sees it; always together with the bait.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// The caller, as it should have been written.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "set")]
    pub caller: Option<Option<String>>,
    /// The called, as it should have been written.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "set")]
    pub called: Option<Option<String>>,
    /// The true start in UTC microseconds; no clock's offset is added to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occurred_at_micros: Option<i64>,
    /// Connected time in seconds.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "set")]
    pub connected_seconds: Option<Option<i32>>,
    /// Whether somebody answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answered: Option<bool>,
    /// What carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<Channel>,
    /// Whether the bait was roaming.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub roaming: Option<bool>,
    /// The label the phone's screen showed.
    #[serde(skip_serializing_if = "Option::is_none", deserialize_with = "set")]
    pub screen_label: Option<Option<String>>,
}

/// A field that is there was set, to nothing too.
fn set<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

impl Amendment {
    /// The true start, where it is amended.
    pub fn occurred_at(&self) -> Option<Instant> {
        self.occurred_at_micros.map(Instant)
    }

    /// The names of the fields that are amended.
    pub fn fields(&self) -> Vec<&'static str> {
        [
            ("bait", self.bait.is_some()),
            ("direction", self.direction.is_some()),
            ("caller", self.caller.is_some()),
            ("called", self.called.is_some()),
            ("occurred_at", self.occurred_at_micros.is_some()),
            ("connected_seconds", self.connected_seconds.is_some()),
            ("answered", self.answered.is_some()),
            ("channel", self.channel.is_some()),
            ("roaming", self.roaming.is_some()),
            ("screen_label", self.screen_label.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_set)| is_set.then_some(name))
        .collect()
    }

    /// This one with a later one over it, field by field.
    pub(crate) fn amended_by(self, later: Self) -> Self {
        Self {
            bait: later.bait.or(self.bait),
            direction: later.direction.or(self.direction),
            caller: later.caller.or(self.caller),
            called: later.called.or(self.called),
            occurred_at_micros: later.occurred_at_micros.or(self.occurred_at_micros),
            connected_seconds: later.connected_seconds.or(self.connected_seconds),
            answered: later.answered.or(self.answered),
            channel: later.channel.or(self.channel),
            roaming: later.roaming.or(self.roaming),
            screen_label: later.screen_label.or(self.screen_label),
        }
    }

    fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }
}

impl ToSql<Text, Pg> for Amendment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(self.json()?.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<Text, Sqlite> for Amendment {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.json()?);
        Ok(IsNull::No)
    }
}

impl<DB> FromSql<Text, DB> for Amendment
where
    DB: Backend,
    String: FromSql<Text, DB>,
{
    fn from_sql(value: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(serde_json::from_str(&<String as FromSql<Text, DB>>::from_sql(value)?)?)
    }
}

/// What a person does to an observation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correcting {
    /// Puts other values in the place of the source's.
    Amend(Amendment),
    /// Takes the observation out of its call; it stays with what hangs on it.
    Void,
    /// Takes an earlier amendment or void back.
    Withdraw(CorrectionId),
}

/// A correction to enter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCorrection {
    /// What is done.
    pub correcting: Correcting,
    /// Why.
    pub reason: String,
}

/// One correction. None is ever changed or deleted.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::observation_corrections, treat_none_as_default_value = false)]
pub struct CorrectionRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<CorrectionId>)]
    pub id: CorrectionId,
    /// The observation.
    #[diesel(serialize_as = Db<ObservationId>)]
    pub observation_id: ObservationId,
    /// Its place among the observation's corrections, from 1.
    pub ordinal: i32,
    /// What was done.
    #[diesel(serialize_as = Db<CorrectionKind>)]
    pub kind: CorrectionKind,
    /// The fields an amendment sets.
    pub changes: Option<Amendment>,
    /// The correction that this one takes back.
    pub withdraws: Option<CorrectionId>,
    /// Why.
    pub reason: String,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

/// What a source said in one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// Its number.
    pub revision: i64,
    /// When the program got it.
    pub received_at: Instant,
    /// What it said.
    pub content: RevisionContent,
}

/// What a revision said, in the words the history keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct RevisionContent {
    /// The bait, where the record named it.
    pub named_bait: Option<String>,
    /// The direction, where the record named its bait.
    pub named_direction: Option<Direction>,
    /// The caller as it was written.
    pub caller: Option<String>,
    /// The called as it was written.
    pub called: Option<String>,
    /// What carried it.
    pub channel: Channel,
    /// The start by the source's clock, in UTC microseconds.
    pub reported_at_micros: i64,
    /// The start as it was written.
    pub reported_at_raw: String,
    /// Connected time in seconds.
    pub connected_seconds: Option<i32>,
    /// Whether somebody answered.
    pub answered: bool,
    /// Whether the bait was roaming.
    pub roaming: bool,
    /// The label the phone's screen showed.
    pub screen_label: Option<String>,
    /// What else the source sent.
    pub extra: Option<String>,
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use super::*;

    #[test]
    fn what_is_set_to_nothing_is_told_from_what_is_not_set() {
        let cleared = Amendment { caller: Some(None), ..Amendment::default() };
        let json = cleared.json().unwrap();
        assert_eq!(json, r#"{"caller":null}"#);
        assert_eq!(serde_json::from_str::<Amendment>(&json).unwrap(), cleared);
        assert_eq!(cleared.fields(), ["caller"]);
        assert_eq!(Amendment::default().json().unwrap(), "{}");
    }

    #[test]
    fn a_later_amendment_holds_field_by_field() {
        let first = Amendment {
            caller: Some(Some("a".to_owned())),
            answered: Some(true),
            ..Amendment::default()
        };
        let second = Amendment { caller: Some(None), roaming: Some(true), ..Amendment::default() };
        let both = first.amended_by(second);
        assert_eq!(both.fields(), ["caller", "answered", "roaming"]);
        assert_eq!(both.caller, Some(None));
    }
}
