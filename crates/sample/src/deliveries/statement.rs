//! The operator's own list of one bait's calls in October. It knows who hid
//! the number, and when the network, not the phone, began to connect.

use baitline_domain::instant::Span;
use baitline_domain::observation::{Channel, Direction};

use super::recorder::direction;
use super::{CSV, Delivery, Lines, Status};
use crate::calendar::{Month, local_dashed};
use crate::cast::{BAITS, CLIENTS, OKNA_1, SampleSource};
use crate::numbers::Form;
use crate::world::{End, SampleCall, World};

/// The bait whose user asked the operator for it.
const BAIT: usize = OKNA_1;
/// The network knows of a call this long before the phone rings.
const AHEAD: Span = Span::seconds(3);

/// The list, with its first row printed twice where a page broke.
pub(super) fn delivery(world: &World) -> Delivery {
    let calls = world.calls.iter().filter(|call| call.bait == BAIT);
    let calls =
        calls.filter(|call| call.channel == Channel::Pstn && Month::of(call.at) == Month::October);
    let mut lines = Lines::new();
    lines.skip("bait,direction,caller,called,occurred_at,connected_seconds");
    for (place, call) in calls.enumerate() {
        lines.record(&row(call), Status::Accepted, Some(call.number));
        if place == 0 {
            lines.record(&row(call), Status::Duplicate, Some(call.number));
        }
    }
    let client = BAITS[BAIT].client;
    Delivery {
        client,
        source: SampleSource::Statement,
        name: format!("{}/statement-2026-10.csv", CLIENTS[client].slug),
        media_type: CSV,
        bytes: lines.bytes,
        items: lines.items,
    }
}

fn row(call: &SampleCall) -> String {
    let end = match call.end {
        End::Number(number) | End::Hidden { really: Some(number) } => Form::Bare.write(number),
        End::Hidden { really: None } => String::new(),
        End::Text(text) => text.to_owned(),
    };
    let (caller, called) = match call.direction {
        Direction::Incoming => (end, String::new()),
        Direction::Outgoing => (String::new(), end),
    };
    format!(
        "{},{},{caller},{called},{},{}",
        Form::Bare.write(BAITS[BAIT].number),
        direction(call.direction),
        local_dashed(call.at - AHEAD),
        call.connected_seconds,
    )
}
