//! Enters what an agency enters before any call: clients with their keys, and,
//! each with its own key, baits, own numbers, sources and traps.

use baitline_domain::ids::ClientId;
use baitline_sample::calendar::{Date, TIME_ZONE, rfc3339};
use baitline_sample::cast::{BAITS, CLIENTS, OKNA, SampleClient, SampleSource};
use baitline_sample::numbers::phone;
use baitline_sample::schedule::SampleTrap;
use baitline_sample::world::World;
use serde_json::{Value, json};

use super::error::DemoError;
use super::wire::{Wire, text};
use super::{Server, Told};

/// A client as the server knows it.
pub(super) struct Staged {
    /// A key that reaches it alone; no request needs more to name it.
    pub(super) key: String,
}

impl Told for Vec<Staged> {
    fn told(&self) -> String {
        let own: usize = CLIENTS.iter().map(|client| client.own_numbers.len()).sum();
        format!("{} clients, {} baits, {own} own numbers", self.len(), BAITS.len())
    }
}

/// Enters everything; the clients come back in the order of [`CLIENTS`].
pub(super) fn stage(
    wire: &Wire,
    server: &Server<'_>,
    world: &World,
) -> Result<Vec<Staged>, DemoError> {
    let clients = CLIENTS.iter().map(|client| stage_client(wire, server, client));
    let clients: Vec<Staged> = clients.collect::<Result<_, _>>()?;
    for (place, staged) in clients.iter().enumerate() {
        stage_own_numbers(wire, staged, &CLIENTS[place])?;
        stage_sources(wire, staged, place)?;
        stage_baits(wire, staged, place, world)?;
    }
    Ok(clients)
}

fn stage_client(
    wire: &Wire,
    server: &Server<'_>,
    client: &SampleClient,
) -> Result<Staged, DemoError> {
    let body = json!({
        "name": client.name,
        "time_zone": TIME_ZONE,
        "window_hours": client.window_hours,
    });
    let created = wire.create(server.agency_key, "/v1/clients", &body)?;
    let id = text(&created, "/id")?.parse();
    let id = id.map_err(|_| DemoError::Unexpected { pointer: "/id".to_owned() })?;
    let key = (server.make_key)(ClientId(id)).map_err(DemoError::Key)?;
    Ok(Staged { key })
}

fn stage_own_numbers(wire: &Wire, staged: &Staged, client: &SampleClient) -> Result<(), DemoError> {
    for own in &client.own_numbers {
        let mut body = json!({ "kind": own.kind, "vendor": own.vendor });
        body["valid_from"] = json!(own.valid_from.map(Date::midnight).map(rfc3339));
        if own.first == own.last {
            body["number"] = json!(phone(own.first));
        } else {
            body["first"] = json!(phone(own.first));
            body["last"] = json!(phone(own.last));
        }
        wire.create(&staged.key, "/v1/own-numbers", &body)?;
    }
    Ok(())
}

fn stage_sources(wire: &Wire, staged: &Staged, client: usize) -> Result<(), DemoError> {
    let asked = |source: &SampleSource| *source != SampleSource::Statement || client == OKNA;
    for source in SampleSource::ALL.into_iter().filter(asked) {
        let body = json!({
            "name": source.name(),
            "kind": source.kind(),
            "time_zone": TIME_ZONE,
            "clock_offset_seconds": source.clock_offset_seconds(),
            "uncertainty_seconds": source.uncertainty_seconds(),
        });
        wire.create(&staged.key, "/v1/sources", &body)?;
    }
    Ok(())
}

/// The baits of a client, each with its traps.
fn stage_baits(
    wire: &Wire,
    staged: &Staged,
    client: usize,
    world: &World,
) -> Result<(), DemoError> {
    for (place, bait) in BAITS.iter().enumerate().filter(|(_, bait)| bait.client == client) {
        let body = json!({
            "number": phone(bait.number),
            "reference": bait.reference,
            "operator_inn": bait.operator_inn,
            "region": "Москва и Московская область",
        });
        let created = wire.create(&staged.key, "/v1/baits", &body)?;
        let id = text(&created, "/id")?;
        for trap in world.traps.iter().filter(|trap| trap.bait == place) {
            wire.create(&staged.key, "/v1/traps", &trap_body(id, trap))?;
        }
    }
    Ok(())
}

fn trap_body(bait_id: &str, trap: &SampleTrap) -> Value {
    let exposures: Vec<Value> = trap
        .exposures()
        .iter()
        .map(|exposure| {
            json!({
                "kind": exposure.kind,
                "at": rfc3339(exposure.at),
                "seconds": exposure.seconds,
            })
        })
        .collect();
    json!({
        "bait_id": bait_id,
        "started_at": rfc3339(trap.started_at),
        "recorder_tested_at": trap.recorder_tested_at().map(rfc3339),
        "exposures": exposures,
    })
}
