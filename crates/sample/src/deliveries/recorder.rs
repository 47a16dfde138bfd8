//! What the recorder app on a bait's phone reports: one JSON object a line,
//! with the bait named and the time by the phone's own clock.

use baitline_domain::instant::Span;
use baitline_domain::observation::{Channel, Direction};
use serde_json::{Value, json};

use super::{Delivery, Lines, NDJSON, Status};
use crate::calendar::{Month, rfc3339};
use crate::cast::{BAITS, CLIENTS, RecorderDialect, SampleSource};
use crate::numbers::{Form, Holder};
use crate::world::{End, SampleCall, World};

/// The dirty lines stand after this many clean ones.
const CLEAN_LINES_BEFORE_DIRT: usize = 5;
/// The call that is sent once more unchanged, and the one sent changed.
const REPEATED: usize = 1;
const CHANGED: usize = 2;
/// A SIM that no client has: the record is kept until it appears.
const UNKNOWN_BAIT: u64 = Holder::T2.number(999);

/// One client's records of one month.
pub(super) fn delivery(world: &World, client: usize, month: Month) -> Delivery {
    let dialect = CLIENTS[client].recorder;
    let calls = world.calls.iter().filter(|call| call.channel == Channel::Pstn);
    let calls = calls.filter(|call| call.client() == client && Month::of(call.at) == month);
    let mut calls: Vec<&SampleCall> = calls.collect();
    if dialect == RecorderDialect::Referring {
        // This app sends the latest first.
        calls.reverse();
    }
    let mut lines = Lines::new();
    for (place, call) in calls.iter().enumerate() {
        lines.record(&record(call, dialect).to_string(), Status::Accepted, Some(call.number));
        if place + 1 == CLEAN_LINES_BEFORE_DIRT {
            lines.skip("");
            dirt(&calls, dialect, &mut lines);
        }
    }
    Delivery {
        client,
        source: SampleSource::RecorderApp,
        name: format!("{}/recorder-{}.ndjson", CLIENTS[client].slug, month.as_str()),
        media_type: NDJSON,
        bytes: lines.bytes,
        items: lines.items,
    }
}

fn record(call: &SampleCall, dialect: RecorderDialect) -> Value {
    let bait = &BAITS[call.bait];
    let correction = Span::seconds(SampleSource::RecorderApp.clock_offset_seconds());
    let mut record = json!({
        "bait": match dialect {
            RecorderDialect::Referring => bait.reference.to_owned(),
            RecorderDialect::Numbered => Form::in_turn(call.number / 3).write(bait.number),
            RecorderDialect::Unnumbered => Form::Plus.write(bait.number),
        },
        "direction": direction(call.direction),
        "occurred_at": rfc3339(call.at - correction),
        "connected_seconds": call.connected_seconds,
    });
    if dialect != RecorderDialect::Unnumbered {
        record["external_id"] = json!(format!("rec-{:06}", call.number));
    }
    let field = match call.direction {
        Direction::Incoming => "caller",
        Direction::Outgoing => "called",
    };
    if let Some(end) = written(call) {
        record[field] = json!(end);
    }
    if call.roaming {
        record["roaming"] = json!(true);
    }
    record
}

pub(super) fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Incoming => "incoming",
        Direction::Outgoing => "outgoing",
    }
}

/// The far end as the phone shows it; phones show a hidden one in many ways,
/// one of which is nothing.
fn written(call: &SampleCall) -> Option<String> {
    const HIDDEN: [Option<&str>; 3] = [None, Some("Скрытый номер"), Some("anonymous")];
    match call.end {
        End::Number(number) => Some(Form::in_turn(call.number).write(number)),
        End::Hidden { .. } => HIDDEN[call.number % HIDDEN.len()].map(str::to_owned),
        End::Text(text) => Some(text.to_owned()),
    }
}

/// Lines that must be answered one by one and harm no other.
fn dirt(calls: &[&SampleCall], dialect: RecorderDialect, lines: &mut Lines) {
    let with = |field: &str, value: Value| {
        let mut record = record(calls[0], dialect);
        record["external_id"] = json!(format!("dirty-{field}-{}", calls[0].number));
        record[field] = value;
        record.to_string()
    };
    let mut reject = |text: &str| lines.record(text, Status::Rejected, None);
    reject(&with("occurred_at", json!("2026-09-31T10:00:00+03:00")));
    reject(&with("direction", Value::Null));
    reject(&with("mood", json!("bad")));
    reject(&with("caller", json!("+7916\u{0}0000101")));
    reject(&with("connected_seconds", json!(100_000)));
    reject(&with("connected_seconds", json!("soon")));
    reject(r#"{"bait": "+7901500"#);
    let stray = with("bait", json!(Form::Plus.write(UNKNOWN_BAIT)));
    lines.record(&stray, Status::Accepted, None);
    let repeated = record(calls[REPEATED], dialect).to_string();
    lines.record(&repeated, Status::Duplicate, Some(calls[REPEATED].number));
    let mut changed = record(calls[CHANGED], dialect);
    changed["connected_seconds"] = json!(calls[CHANGED].connected_seconds + 30);
    lines.record(&changed.to_string(), Status::Conflict, Some(calls[CHANGED].number));
}
