//! What people note by hand and send one by one: messages and messenger calls,
//! which no recorder sees, and what the phone's screen showed beside a call.

use baitline_domain::observation::Channel;
use serde_json::{Value, json};

use super::recorder::direction;
use super::{Delivery, Item, JSON, Status};
use crate::calendar::local_minute;
use crate::cast::{BAITS, CLIENTS, SampleSource};
use crate::numbers::Form;
use crate::world::{End, SampleCall, World};

/// One client's notes: the clean ones, the first once more, the first changed,
/// and one that says what cannot be.
pub(super) fn deliveries(world: &World, client: usize) -> Vec<Delivery> {
    let noted = |call: &&SampleCall| call.channel != Channel::Pstn || call.screen_label.is_some();
    let calls = world.calls.iter().filter(|call| call.client() == client).filter(noted);
    let notes: Vec<(usize, Value)> =
        calls.enumerate().map(|(place, call)| (call.number, note(call, place + 1))).collect();
    let mut all: Vec<Delivery> = (1..)
        .zip(&notes)
        .map(|(place, (call, note))| {
            delivery(client, &format!("note-{place}"), note, Status::Accepted, Some(*call))
        })
        .collect();
    let Some((call, first)) = notes.first() else { return all };
    all.push(delivery(client, "note-1-again", first, Status::Duplicate, Some(*call)));
    let mut changed = first.clone();
    changed["answered"] = json!(first["answered"] == json!(false));
    all.push(delivery(client, "note-1-changed", &changed, Status::Conflict, Some(*call)));
    let mut wrong = first.clone();
    wrong["external_id"] = json!("note-wrong");
    wrong["channel"] = json!("pigeon");
    all.push(delivery(client, "note-wrong", &wrong, Status::Rejected, None));
    all
}

fn delivery(
    client: usize,
    name: &str,
    note: &Value,
    status: Status,
    call: Option<usize>,
) -> Delivery {
    Delivery {
        client,
        source: SampleSource::Person,
        name: format!("{}/person/{name}.json", CLIENTS[client].slug),
        media_type: JSON,
        bytes: note.to_string().into_bytes(),
        items: vec![Item { line: 1, status, call }],
    }
}

/// A person writes the minute by the clock on the wall.
fn note(call: &SampleCall, place: usize) -> Value {
    let caller = match call.end {
        End::Number(number) => Form::Spaced.write(number),
        End::Hidden { .. } => "номер скрыт".to_owned(),
        End::Text(text) => text.to_owned(),
    };
    let mut note = json!({
        "source": SampleSource::Person.name(),
        "external_id": format!("note-{place}"),
        "bait": Form::Spaced.write(BAITS[call.bait].number),
        "direction": direction(call.direction),
        "caller": caller,
        "occurred_at": local_minute(call.at),
        "answered": call.answered(),
        "channel": channel(call.channel),
    });
    if let Some(label) = call.screen_label {
        note["screen_label"] = json!(label);
    }
    note
}

fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Pstn => "pstn",
        Channel::Messenger => "messenger",
        Channel::Sms => "sms",
    }
}
