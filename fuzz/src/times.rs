//! Times of calls as people and PBXes write them.

use baitline_domain::instant::Instant;
use baitline_intake::calls::{MAX_AHEAD, read_call_time, read_time};
use jiff::Timestamp;

use crate::{RECEIVED_AT, zone};

/// The first byte chooses the zone. A time that is read prints as one that is read as the same
/// in every zone, and that of a call lies where calls may.
pub(crate) fn run(bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else { return };
    let Ok(text) = std::str::from_utf8(rest) else { return };
    let zone_of_source = zone(*first);
    let read = read_time(text, &zone_of_source);
    if let Ok(at) = read {
        let printed = at.to_string();
        let by_others: Timestamp =
            printed.parse().unwrap_or_else(|error| panic!("{text:?} prints as {printed}: {error}"));
        assert_eq!(Instant::from(by_others), at, "{text:?} prints as {printed}");
        if !printed.starts_with(['-', '+']) {
            let again = read_time(&printed, &zone(first.wrapping_add(1)));
            assert_eq!(again, Ok(at), "{text:?} prints as {printed}");
        }
    }
    if let Ok(at) = read_call_time(text, &zone_of_source, RECEIVED_AT) {
        assert_eq!(Ok(at), read, "{text:?}");
        assert!(at <= RECEIVED_AT + MAX_AHEAD, "{text:?} is taken for {at}");
    }
}
