//! One call record as it was sent: the fields read and checked against each
//! other, the time still as text, since only the source knows its zone.

use baitline_domain::observation::{Channel, Direction, Ends, EndsError};

use super::extra;
use super::fields::{Field, Fields};
use super::rejection::Rejection;

/// The longest name of a source, in characters.
pub const MAX_SOURCE_CHARS: usize = 64;
/// The longest id a source gives a record, in characters.
pub const MAX_EXTERNAL_ID_CHARS: usize = 200;
/// The longest name of a bait, in characters.
pub const MAX_BAIT_CHARS: usize = 64;
/// The longest caller or called, in characters.
pub const MAX_END_CHARS: usize = 200;
/// The longest time, in characters.
pub const MAX_TIME_CHARS: usize = 64;
/// The longest connected time: a day, in seconds.
pub const MAX_CONNECTED_SECONDS: u32 = 86_400;
/// The longest label a phone's screen shows, in characters.
pub const MAX_SCREEN_LABEL_CHARS: usize = 64;

/// One call record as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallRecord {
    /// Who reports, by name; absent where the request names one for all.
    pub source: Option<String>,
    /// The source's own id of the record.
    pub external_id: Option<String>,
    /// The highest revision of an id wins.
    pub revision: u32,
    /// The two ends.
    pub ends: Ends,
    /// The caller as it was written.
    pub caller_raw: Option<String>,
    /// The called as it was written.
    pub called_raw: Option<String>,
    /// The start as it was written.
    pub occurred_at: String,
    /// Connected time in seconds.
    pub connected_seconds: Option<u32>,
    /// Whether somebody answered: where the record does not say, whether there
    /// was any connected time.
    pub answered: bool,
    /// What carried it.
    pub channel: Channel,
    /// Whether the bait was roaming.
    pub roaming: bool,
    /// The label the phone's screen showed with the call.
    pub screen_label: Option<String>,
    /// What else the source sent: a JSON object with its members in order.
    pub extra: Option<String>,
}

impl CallRecord {
    /// Reads the fields in their own order, so that the fault named first does
    /// not depend on the order in which they were sent.
    pub(crate) fn from_fields(fields: &Fields<'_>) -> Result<Self, Rejection> {
        let source = fields.text(Field::Source, MAX_SOURCE_CHARS)?;
        let external_id = fields.text(Field::ExternalId, MAX_EXTERNAL_ID_CHARS)?;
        let revision = fields.whole(Field::Revision, 0..=u32::MAX)?.unwrap_or(0);
        let bait = fields.text(Field::Bait, MAX_BAIT_CHARS)?;
        let direction = fields.word(Field::Direction, "incoming, outgoing", Direction::parse)?;
        let caller_raw = fields.text(Field::Caller, MAX_END_CHARS)?;
        let called_raw = fields.text(Field::Called, MAX_END_CHARS)?;
        let ends = ends(bait.as_deref(), direction, caller_raw.as_deref(), called_raw.as_deref())?;
        let occurred_at = fields
            .text(Field::OccurredAt, MAX_TIME_CHARS)?
            .ok_or_else(|| Rejection::missing(Field::OccurredAt))?;
        let connected_seconds = fields.whole(Field::ConnectedSeconds, 0..=MAX_CONNECTED_SECONDS)?;
        let answered = fields.truth(Field::Answered)?;
        let channel = fields.word(Field::Channel, "pstn, messenger, sms", Channel::parse)?;
        Ok(Self {
            source,
            external_id,
            revision,
            ends,
            caller_raw,
            called_raw,
            occurred_at,
            connected_seconds,
            answered: answered.unwrap_or(connected_seconds.unwrap_or(0) > 0),
            channel: channel.unwrap_or(Channel::Pstn),
            roaming: fields.truth(Field::Roaming)?.unwrap_or(false),
            screen_label: fields.text(Field::ScreenLabel, MAX_SCREEN_LABEL_CHARS)?,
            extra: fields.object(Field::Extra)?.map(extra::read).transpose()?,
        })
    }
}

/// Decides from the fields that are there whether the record names its bait.
fn ends(
    bait: Option<&str>,
    direction: Option<Direction>,
    caller: Option<&str>,
    called: Option<&str>,
) -> Result<Ends, Rejection> {
    Ends::of_fields(bait, direction, caller, called).map_err(|error| match error {
        EndsError::UnexpectedDirection => {
            let detail = "direction is as the bait sees it: name the bait, or leave direction out";
            Rejection::of_field(Field::Direction, "unexpected", detail)
        }
        EndsError::MissingDirection => Rejection::missing(Field::Direction),
        EndsError::MissingCalled => Rejection::missing(Field::Called),
    })
}
