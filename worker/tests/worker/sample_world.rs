//! The sample world in a store: its nouns, its reports as intake reads them,
//! and what a person hears.

use std::collections::HashMap;
use std::io::Cursor;

use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::instant::Span;
use baitline_domain::numbering::NumberingFile;
use baitline_domain::observation::Report;
use baitline_intake::calls::{Body, CallRecord, Format, SourceSettings, read};
use baitline_sample::cast::{BAITS, CLIENTS, SampleSource};
use baitline_sample::deliveries::{self, Delivery, Status};
use baitline_sample::hearing::Hearing;
use baitline_sample::numbers::phone;
use baitline_sample::world::{Size, World};
use baitline_store::models::{
    NewBait, NewClient, NewLabel, NewOwnNumber, NewSource, NewTrap, Recording, Source, SourceKind,
};
use baitline_store::numbering::{self, NewEdition};
use baitline_store::{
    Reach, StoreError, baits, calls, clients, labels, observations, own_numbers, recordings,
    sources, traps,
};
use jiff::tz::TimeZone;

use crate::scene::{Scene, at};

/// The written calls with a little life around them.
const SIZE: Size = Size { one_offs_per_trap: 1, quiet_calls: 100, customer_calls: 20 };

/// A report with its client, and what a person hears in its recording.
pub(crate) struct Said {
    pub(crate) client: ClientId,
    pub(crate) report: Report,
    hearing: Option<&'static Hearing>,
}

pub(crate) struct SampleWorld {
    world: World,
    clients: Vec<ClientId>,
    sources: HashMap<(usize, SampleSource), Source>,
}

impl SampleWorld {
    /// Enters everything but the calls.
    pub(crate) fn on(scene: &Scene) -> Self {
        let world = World::generate(7, SIZE);
        let mut clients = Vec::new();
        let mut sources = HashMap::new();
        for (index, cast) in CLIENTS.iter().enumerate() {
            let new = NewClient {
                name: cast.name.to_owned(),
                time_zone: "Europe/Moscow".to_owned(),
                window_hours: i32::try_from(cast.window_hours).unwrap(),
            };
            let client = scene.agency(|conn| clients::create_client(conn, &new)).id;
            clients.push(client);
            for source in SampleSource::ALL {
                let new = new_source(source);
                let made = scene.agency(|conn| sources::create_source(conn, client, &new));
                sources.insert((index, source), made);
            }
            enter_own_numbers(scene, client, index);
        }
        let baits = enter_baits(scene, &clients);
        enter_traps(scene, &world, &clients, &baits);
        let edition = NewEdition {
            file: NumberingFile::Def9,
            in_force_from: baitline_sample::numbering::IN_FORCE_FROM,
            sha256: [0; 32],
            ranges: baitline_sample::numbering::ranges(),
        };
        scene.agency(|conn| numbering::import_edition(conn, &edition));
        Self { world, clients, sources }
    }

    /// Every report of every delivery in order, but those that contradict an
    /// earlier one.
    pub(crate) fn reports(&self) -> Vec<Said> {
        let files = deliveries::deliveries(&self.world);
        files.iter().flat_map(|file| self.reports_of(file)).collect()
    }

    fn reports_of(&self, file: &Delivery) -> Vec<Said> {
        let client = self.clients[file.client];
        let source = &self.sources[&(file.client, file.source)];
        let settings =
            SourceSettings { id: source.id, zone: TimeZone::get(&source.time_zone).unwrap() };
        let records = records(file);
        assert_eq!(records.len(), file.items.len());
        let mut said = Vec::new();
        for (record, item) in records.into_iter().zip(&file.items) {
            if matches!(item.status, Status::Conflict | Status::Rejected) {
                continue;
            }
            let received_at = at("2026-11-20T00:00:00Z");
            let report = record.unwrap().normalise(client, &settings, received_at).unwrap();
            let call = item.call.map(|index| &self.world.calls[index]);
            let hearing = call
                .filter(|call| call.recorded() && file.source == SampleSource::RecorderApp)
                .and_then(|call| call.hearing);
            said.push(Said { client, report, hearing });
        }
        said
    }
}

/// The records of a file; one that cannot be read has the status to say so.
fn records(file: &Delivery) -> Vec<Option<CallRecord>> {
    let format = match file.media_type {
        deliveries::JSON => Format::Json,
        deliveries::NDJSON => Format::Ndjson,
        _ => Format::Csv,
    };
    match read(format, Cursor::new(&file.bytes)).unwrap() {
        Body::One(record) => vec![record.ok()],
        Body::Many(items) => items.map(|item| item.unwrap().result.ok()).collect(),
    }
}

fn new_source(source: SampleSource) -> NewSource {
    NewSource {
        name: source.name().to_owned(),
        kind: SourceKind::parse(source.kind()).unwrap(),
        time_zone: "Europe/Moscow".to_owned(),
        clock_offset: Span::seconds(source.clock_offset_seconds()),
        uncertainty: Span::seconds(source.uncertainty_seconds()),
    }
}

fn enter_own_numbers(scene: &Scene, client: ClientId, index: usize) {
    for own in &CLIENTS[index].own_numbers {
        let new = NewOwnNumber {
            first: phone(own.first),
            last: phone(own.last),
            kind: own.kind,
            valid_from: own.valid_from.map(|date| date.midnight()),
            valid_to: None,
            vendor: own.vendor.map(str::to_owned),
            note: None,
        };
        scene.agency(|conn| own_numbers::create_own_number(conn, client, &new));
    }
}

fn enter_baits(scene: &Scene, clients: &[ClientId]) -> Vec<BaitId> {
    let enter = |bait: &baitline_sample::cast::SampleBait| {
        let new = NewBait {
            number: phone(bait.number),
            reference: Some(bait.reference.to_owned()),
            operator: Some(bait.operator_inn.parse().unwrap()),
            region: None,
            note: None,
        };
        let client = clients[bait.client];
        scene.agency(|conn| baits::create_bait(conn, client, &new)).id
    };
    BAITS.iter().map(enter).collect()
}

fn enter_traps(scene: &Scene, world: &World, clients: &[ClientId], baits: &[BaitId]) {
    for trap in &world.traps {
        let new = NewTrap {
            bait: baits[trap.bait],
            started_at: trap.started_at,
            run_ends_at: trap.started_at + Span::hours(1),
            recorder_tested_at: trap.recorder_tested_at(),
            exposures: trap.exposures().to_vec(),
        };
        let client = clients[BAITS[trap.bait].client];
        scene.agency(|conn| traps::create_trap(conn, client, &new));
    }
}

/// Sends reports in pieces, each in a transaction of its own.
pub(crate) fn send(scene: &Scene, said: &[&Said], piece: usize) {
    for piece in said.chunks(piece) {
        let mut by_client: HashMap<ClientId, Vec<Report>> = HashMap::new();
        for one in piece {
            by_client.entry(one.client).or_default().push(one.report.clone());
        }
        let received_at = at("2026-11-20T00:00:00Z");
        for (client, reports) in by_client {
            scene.as_client(client, |c| observations::ingest(c, client, &reports, received_at));
        }
    }
}

/// Labels whatever has a call already and was not labelled before.
pub(crate) fn listen(scene: &Scene, said: &[Said], done: &mut Vec<ObservationId>) {
    for one in said {
        let (client, id) = (one.client, one.report.id);
        let Some(hearing) = one.hearing.filter(|_| !done.contains(&id)) else { continue };
        let found = scene
            .store
            .read(Reach::Client(client), |c| calls::find_call(c, Reach::Client(client), id));
        let call = match found {
            Ok(judged) => judged.call,
            Err(StoreError::NotFound) => continue,
            Err(error) => panic!("{error}"),
        };
        let recording = Recording {
            client_id: client,
            observation_id: id,
            sha256: vec![1; 32],
            bytes: 1,
            media_type: "audio/wav".to_owned(),
            received_at: at("2026-11-20T00:00:00Z"),
            sniffed_type: "audio/wav".to_owned(),
            original_name: None,
            duration_milliseconds: None,
            duration_missing: None,
            derived: false,
        };
        let label = label(hearing);
        scene.as_client(client, |conn| {
            recordings::put_recording(conn, &recording)?;
            labels::add_label(conn, client, &call, &label, "test")
        });
        done.push(id);
    }
}

fn label(hearing: &Hearing) -> NewLabel {
    NewLabel {
        kind: hearing.kind,
        robot: Some(hearing.robot),
        consent_given: hearing.consent_given,
        stop_demanded: hearing.stop_demanded,
        company: None,
        callback_number: None,
        site: None,
        number_origin: None,
        transcript: None,
        segments: Vec::new(),
        listener: None,
    }
}
