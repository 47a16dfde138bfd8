//! Names that call recorders give their files. A name is read only where it
//! follows one of these patterns as a whole; it tells what it tells, and no
//! direction, number or time is made up for it. It is read in no zone: the local
//! time is left to whoever knows the device.

mod patterns;

use baitline_domain::instant::Instant;
use baitline_domain::named_call::NamedCall;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::phone::{Party, PartyKind};
use jiff::tz::TimeZone;

use crate::calls::{Rejection, read_call_time};

/// The longest name that is kept, in characters: it is the file's external id.
pub const MAX_FILE_NAME_CHARS: usize = crate::calls::MAX_EXTERNAL_ID_CHARS;

/// What a name says, in the words it says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NameFacts {
    /// The time, as a call record writes it: local, or with its offset.
    pub time: String,
    /// As the bait sees it; absent where the name does not tell.
    pub direction: Option<Direction>,
    /// The other end as it is written; absent where nothing is.
    pub end: Option<String>,
    /// What carried the call.
    pub channel: Channel,
}

/// Reads a name; `None` where it follows no known pattern.
pub fn read(name: &str) -> Option<NameFacts> {
    let stem = without_extension(name)?;
    patterns::ALL.iter().find_map(|pattern| pattern(stem))
}

impl NameFacts {
    /// The call that the name tells, its time read in the device's zone.
    ///
    /// # Errors
    /// When the time stands for no single instant there, or lies too far back or
    /// ahead.
    pub fn call(self, zone: &TimeZone, received_at: Instant) -> Result<NamedCall, Rejection> {
        Ok(NamedCall {
            reported_at: read_call_time(&self.time, zone, received_at)?,
            party: self.end.as_deref().and_then(party),
            reported_at_raw: self.time,
            direction: self.direction,
            party_raw: self.end,
            channel: self.channel,
        })
    }
}

/// The other end, where the name tells a number or says that there was none. A
/// contact's name is neither: whoever stands in the phone's book is not hidden,
/// and not an alphanumeric sender.
fn party(written: &str) -> Option<Party> {
    let party = Party::read(Some(written));
    let is_told =
        matches!(party.kind(), PartyKind::Number | PartyKind::ShortCode | PartyKind::Hidden);
    (is_told && !written.trim().is_empty()).then_some(party)
}

/// The name without the ending of a sound file, of whatever case.
fn without_extension(name: &str) -> Option<&str> {
    let (stem, extension) = name.rsplit_once('.')?;
    let is_ending = (2..=4).contains(&extension.len())
        && extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_ending.then_some(stem)
}
