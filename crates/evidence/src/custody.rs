//! What happened to each recording, as a chain: every event is hashed together with
//! the link before it, the first one with the hash of the recording itself. So no event
//! can be changed or left out without the last link becoming another.
//!
//! A link is the SHA-256 of five lines, each ended by a line feed: the name of the
//! chain, the link before it in hexadecimal digits, the time, the word for what
//! happened, and by whom (empty for the program). `sha256sum` is enough to check.

use sha2::{Digest, Sha256};

use crate::bag::hex;
use crate::dossier::{Dossier, InterceptionFacts, LabelFacts};
use crate::numbered::{NamedRecording, NumberedCall};
use crate::papers::{CustodyEvent, CustodyEventKind, CustodyFacts, CustodyRecording};

/// The name of the chain: another way to hash would have another one.
const CHAIN: &str = "baitline/custody/1";

/// The link of an event behind the one before.
pub(crate) fn link(previous: &str, at: &str, kind: &str, by: Option<&str>) -> String {
    let by = by.unwrap_or_default().replace('\\', "\\\\").replace('\n', "\\n");
    let lines = [CHAIN, previous, at, kind, &by];
    let mut hash = Sha256::new();
    for line in lines {
        hash.update(line);
        hash.update("\n");
    }
    hex(&hash.finalize())
}

/// What happened to a recording, in order, up to its copy in the package.
pub(crate) fn events(
    dossier: &Dossier,
    call: &InterceptionFacts,
    recording: &NamedRecording<'_>,
) -> Vec<CustodyEvent> {
    let facts = recording.facts;
    let event = |at, kind, by| CustodyEvent { at, kind, by };
    let source = source_of(call, recording);
    let mut events = vec![event(facts.received_at, CustodyEventKind::Received, Some(source))];
    let heard = |label: &&LabelFacts| label.observation == facts.observation;
    if let Some(label) = call.label.as_ref().filter(heard) {
        let kind = CustodyEventKind::Heard;
        events.push(event(label.labelled_at, kind, label.listener.clone()));
    }
    events.push(event(dossier.sealed_at, CustodyEventKind::Packed, None));
    if recording.wav.is_some() {
        events.push(event(dossier.sealed_at, CustodyEventKind::Converted, None));
    }
    events.sort_by_key(|event| event.at);
    events
}

/// The links of these events, one each.
pub(crate) fn links(sha256: &[u8; 32], events: &[CustodyEvent]) -> Vec<String> {
    let mut last = hex(sha256);
    let link = |event: &CustodyEvent| {
        last = link(&last, &event.at.to_string(), event.kind.as_str(), event.by.as_deref());
        last.clone()
    };
    events.iter().map(link).collect()
}

/// Of whom a recording came, by the name of its source.
fn source_of(call: &InterceptionFacts, recording: &NamedRecording<'_>) -> String {
    let mut seen = call.observations.iter();
    let source = seen.find(|one| one.id == recording.facts.observation);
    source.map_or_else(|| "источник не указан".to_owned(), |one| one.source_name.clone())
}

/// The facts of the statement of custody.
pub(crate) fn facts(dossier: &Dossier, calls: &[NumberedCall<'_>]) -> CustodyFacts {
    let recording = |(call, one): (&InterceptionFacts, &NamedRecording<'_>)| {
        let events = events(dossier, call, one);
        CustodyRecording {
            file: one.name().to_owned(),
            original_name: one.facts.original_name.clone(),
            sha256: one.facts.sha256,
            bytes: one.facts.bytes,
            started_at: call.started_at,
            caller: call.caller,
            source: source_of(call, one),
            last_link: links(&one.facts.sha256, &events).pop(),
            events,
        }
    };
    let all = calls.iter().flat_map(|call| call.recordings.iter().map(|one| (call.facts, one)));
    CustodyFacts {
        organisation: dossier.client_name.clone(),
        recordings: all.map(recording).collect(),
        first_number: 1,
        audit_head: dossier.audit_head,
        made_by: None,
    }
}

#[cfg(test)]
mod tests {
    use baitline_domain::instant::Instant;

    use super::*;

    #[test]
    fn every_event_and_their_order_count_for_the_last_link() {
        let event = |at, kind, by: Option<&str>| CustodyEvent {
            at: Instant(at),
            kind,
            by: by.map(str::to_owned),
        };
        let events = [
            event(1_000_000, CustodyEventKind::Received, Some("АТС")),
            event(2_000_000, CustodyEventKind::Heard, None),
            event(3_000_000, CustodyEventKind::Packed, None),
        ];
        let whole = links(&[7; 32], &events);
        assert_eq!(whole.len(), 3);
        assert_ne!(links(&[8; 32], &events)[2], whole[2]);
        assert_ne!(links(&[7; 32], &events[1..])[1], whole[2]);
        let mut other = events.clone();
        other[0].by = Some("АТС\nдругая".to_owned());
        assert_ne!(links(&[7; 32], &other)[2], whole[2]);
        other.swap(0, 1);
        assert_ne!(links(&[7; 32], &other)[2], whole[2]);
    }

    #[test]
    fn a_link_is_what_sha256sum_says_of_its_lines() {
        // printf 'baitline/custody/1\n00\n2026-01-01T00:00:00Z\nheard\n\n' | sha256sum
        let lines = "baitline/custody/1\n00\n2026-01-01T00:00:00Z\nheard\n\n";
        let expected = hex(&Sha256::digest(lines));
        assert_eq!(link("00", "2026-01-01T00:00:00Z", "heard", None), expected);
    }
}
