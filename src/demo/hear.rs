//! Does what a person does who listens to recordings: labels them.

use std::collections::BTreeMap;

use baitline_sample::hearing::Hearing;
use baitline_sample::numbers::phone;
use baitline_sample::world::World;
use serde_json::{Value, json};

use super::error::DemoError;
use super::feed::Sent;
use super::setup::Staged;
use super::wire::Wire;

/// Labels every call that the sample world has listened to, in order of time.
pub(super) fn label(
    wire: &Wire,
    staged: &[Staged],
    world: &World,
    calls: &BTreeMap<usize, String>,
) -> Result<Sent, DemoError> {
    let mut labels = 0;
    for call in &world.calls {
        let (Some(hearing), Some(id)) = (call.hearing, calls.get(&call.number)) else { continue };
        let key = &staged[call.client()].key;
        // The record may have joined a call that another source opened; either
        // id finds it.
        let path = format!("/v1/interceptions/{id}/labels");
        wire.create(key, &path, &label_body(hearing))?;
        labels += 1;
    }
    Ok(Sent { count: labels, of_what: "recordings labelled" })
}

fn label_body(hearing: &Hearing) -> Value {
    json!({
        "kind": hearing.kind,
        "robot": hearing.robot,
        "consent_given": hearing.consent_given,
        "stop_demanded": hearing.stop_demanded,
        "company": hearing.company,
        "callback_number": hearing.callback_number.map(phone),
        "site": hearing.site,
        "number_origin": hearing.number_origin,
        "transcript": hearing.transcript,
    })
}
