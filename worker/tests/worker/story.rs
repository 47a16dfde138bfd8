//! One client with a bait of T2, its sources and its line, and what may happen
//! to them. Numbers of MTS are foreign to the bait, others of T2 are not.

use baitline_domain::ids::{
    BaitId, ClientId, CorrectionId, EditionId, Identity, ObservationId, OwnNumberId, TrapId,
};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::numbering::{NumberRange, NumberingFile};
use baitline_domain::observation::{Channel, Ends, Report};
use baitline_domain::own_number::OwnNumberKind;
use baitline_domain::phone::{Party, Phone};
use baitline_domain::trap::{Exposure, ExposureKind};
use baitline_domain::verdict::{Interception, Reason, Verdict};
use baitline_store::models::{
    Correcting, JudgedCall, NewBait, NewClient, NewCorrection, NewLabel, NewOwnNumber, NewSource,
    NewTrap, Recording, Source, SourceKind,
};
use baitline_store::numbering::{self, NewEdition};
use baitline_store::observations::{self, Outcome};
use baitline_store::{
    Reach, baits, calls, clients, labels, own_numbers, recordings, sources, traps,
};

use crate::scene::{Scene, at};

pub(crate) const MINUTE: Span = Span::seconds(60);
/// The bait's number.
pub(crate) const BAIT: u64 = 79_010_000_001;
/// The client's line, which traps call and are called from.
pub(crate) const LINE: u64 = 74_950_000_001;
/// A caller of MTS: foreign to the bait.
pub(crate) const FOREIGN: u64 = 79_100_000_007;
/// A caller of an operator in no group: another entity to the bait.
pub(crate) const LONER: u64 = 79_580_000_007;
/// A caller of the bait's own operator.
pub(crate) const KIN: u64 = 79_010_000_777;

pub(crate) const T2: &str = "7743895280";
pub(crate) const MTS: &str = "7740000076";
/// The operator of [`LONER`].
pub(crate) const INTERNOD: &str = "7733808377";

#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) client: ClientId,
    pub(crate) bait: BaitId,
    pub(crate) number: u64,
    pub(crate) line: OwnNumberId,
    pub(crate) pbx: Source,
    pub(crate) recorder: Source,
    pub(crate) notebook: Source,
}

impl Story {
    /// A client with everything but a trap, and no numbering data.
    pub(crate) fn without_numbering(scene: &Scene) -> Self {
        let name = "наш".to_owned();
        let new = NewClient { name, time_zone: "Europe/Moscow".to_owned(), window_hours: 48 };
        let client = scene.agency(|conn| clients::create_client(conn, &new)).id;
        let source = |name: &str| {
            let new = new_source(name);
            scene.as_client(client, |conn| sources::create_source(conn, client, &new))
        };
        let line = scene
            .as_client(client, |c| own_numbers::create_own_number(c, client, &own_number(LINE)));
        let (pbx, recorder, notebook) = (source("pbx"), source("recorder"), source("notebook"));
        let bait = add_bait(scene, client, BAIT);
        Self { client, bait, number: BAIT, line: line.id, pbx, recorder, notebook }
    }

    pub(crate) fn on(scene: &Scene) -> Self {
        let story = Self::without_numbering(scene);
        import_numbering(scene, at("2026-01-01T00:00:00Z"));
        story
    }

    /// The same client with another bait.
    pub(crate) fn on_another_bait(&self, scene: &Scene) -> Self {
        let number = self.number + 1_000;
        Self { bait: add_bait(scene, self.client, number), number, ..self.clone() }
    }

    /// An answered call of a minute to the bait, as the PBX writes it.
    pub(crate) fn call(&self, name: &str, caller: u64, at: Instant) -> Report {
        report(&self.pbx, name, &format!("+{caller}"), &format!("+{}", self.number), at)
    }

    /// The bait calls somebody.
    pub(crate) fn outgoing(&self, name: &str, called: u64, at: Instant) -> Report {
        report(&self.pbx, name, &format!("+{}", self.number), &format!("+{called}"), at)
    }

    /// A call to the bait as another source has it; without a caller it is
    /// withheld.
    pub(crate) fn seen_by(
        &self,
        source: &Source,
        name: &str,
        caller: Option<u64>,
        at: Instant,
    ) -> Report {
        let caller = caller.map_or_else(|| "anonymous".to_owned(), |number| format!("+{number}"));
        report(source, name, &caller, &format!("+{}", self.number), at)
    }

    /// The own call and the return call of a run, after 20 and 30 minutes.
    pub(crate) fn own_calls(&self, name: &str, start: Instant) -> [Report; 2] {
        let own = self.outgoing(&format!("{name} own"), LINE, start + minutes(20));
        let back = self.call(&format!("{name} return"), LINE, start + minutes(30));
        [
            Report { connected_seconds: Some(150), ..own },
            Report { connected_seconds: Some(130), ..back },
        ]
    }

    pub(crate) fn ingest(&self, scene: &Scene, reports: &[Report]) -> Vec<Outcome> {
        let (client, received_at) = (self.client, at("2026-11-20T00:00:00Z"));
        scene.as_client(client, |c| observations::ingest(c, client, reports, received_at))
    }

    /// A run of an hour with everything logged; complete with its own calls.
    pub(crate) fn trap(&self, scene: &Scene, start: Instant) -> TrapId {
        let new = new_trap(self.bait, start);
        scene.as_client(self.client, |c| traps::create_trap(c, self.client, &new)).trap.id
    }

    /// A run with its own calls.
    pub(crate) fn complete_trap(&self, scene: &Scene, start: Instant) -> TrapId {
        let trap = self.trap(scene, start);
        self.ingest(scene, &self.own_calls(&format!("run of {start}"), start));
        trap
    }

    pub(crate) fn own_number(&self, scene: &Scene, number: u64) -> OwnNumberId {
        let (client, new) = (self.client, own_number(number));
        scene.as_client(client, |c| own_numbers::create_own_number(c, client, &new)).id
    }

    /// The call that a report belongs to.
    pub(crate) fn judged(&self, scene: &Scene, report: &Report) -> JudgedCall {
        let reach = Reach::Client(self.client);
        scene.store.read(reach, |conn| calls::find_call(conn, reach, report.id)).unwrap()
    }

    /// `None` until a worker has derived its call.
    pub(crate) fn verdict_if_judged(&self, scene: &Scene, report: &Report) -> Option<Verdict> {
        let reach = Reach::Client(self.client);
        let found =
            scene.store.read(reach, |conn| calls::find_call(conn, reach, report.id)).ok()?;
        found.assessment.interception.map(|interception| interception.verdict)
    }

    pub(crate) fn interception(&self, scene: &Scene, report: &Report) -> Option<Interception> {
        self.judged(scene, report).assessment.interception
    }

    pub(crate) fn verdict(&self, scene: &Scene, report: &Report) -> Option<Verdict> {
        self.interception(scene, report).map(|interception| interception.verdict)
    }

    pub(crate) fn reasons(&self, scene: &Scene, report: &Report) -> Vec<Reason> {
        self.judged(scene, report).assessment.reasons
    }

    /// Gives an observation a recording of bytes that nobody plays.
    pub(crate) fn record(&self, scene: &Scene, report: &Report) {
        let new = Recording {
            client_id: self.client,
            observation_id: report.id,
            sha256: vec![7; 32],
            bytes: 100,
            media_type: "audio/wav".to_owned(),
            received_at: at("2026-11-20T00:00:00Z"),
            sniffed_type: "audio/wav".to_owned(),
            original_name: None,
            duration_milliseconds: None,
            duration_missing: None,
            derived: false,
        };
        scene.as_client(self.client, |conn| recordings::put_recording(conn, &new));
    }

    /// Corrects the observation of a report.
    pub(crate) fn correct(
        &self,
        scene: &Scene,
        report: &Report,
        correcting: Correcting,
    ) -> CorrectionId {
        let (client, reason) = (self.client, "ошибка".to_owned());
        let new = NewCorrection { correcting, reason };
        scene
            .as_client(client, |conn| {
                observations::correct_observation(conn, client, report.id, &new, "test")
            })
            .id
    }

    /// Labels the call that a recorded report belongs to.
    pub(crate) fn label(&self, scene: &Scene, report: &Report, new: &NewLabel) {
        let (client, call) = (self.client, self.judged(scene, report).call);
        scene.as_client(client, |c| labels::add_label(c, client, &call, new, "test"));
    }
}

pub(crate) fn minutes(minutes: i64) -> Span {
    Span::seconds(60 * minutes)
}

pub(crate) fn phone(digits: u64) -> Phone {
    Phone::from_digits(digits).unwrap()
}

pub(crate) fn label(kind: LabelKind) -> NewLabel {
    NewLabel {
        kind,
        robot: None,
        consent_given: false,
        stop_demanded: false,
        company: None,
        callback_number: None,
        site: None,
        number_origin: None,
        transcript: Some("…".to_owned()),
        segments: Vec::new(),
        listener: None,
    }
}

pub(crate) fn consent() -> NewLabel {
    NewLabel { consent_given: true, ..label(LabelKind::Service) }
}

pub(crate) fn new_trap(bait: BaitId, start: Instant) -> NewTrap {
    NewTrap {
        bait,
        started_at: start,
        run_ends_at: start + minutes(60),
        recorder_tested_at: Some(start + MINUTE),
        exposures: vec![site_visit(start + minutes(5))],
    }
}

pub(crate) fn site_visit(at: Instant) -> Exposure {
    Exposure { at, kind: ExposureKind::SiteVisit, seconds: 200 }
}

pub(crate) fn add_bait(scene: &Scene, client: ClientId, digits: u64) -> BaitId {
    let operator = Some(T2.parse().unwrap());
    let new =
        NewBait { number: phone(digits), reference: None, operator, region: None, note: None };
    scene.as_client(client, |conn| baits::create_bait(conn, client, &new)).id
}

/// An edition of the mobile codes that knows MTS, T2 and Internod.
pub(crate) fn import_numbering(scene: &Scene, in_force_from: Instant) -> EditionId {
    import_holders(scene, in_force_from, [T2, MTS])
}

/// An edition in which the range of MTS has gone to T2.
pub(crate) fn import_numbering_without_mts(scene: &Scene, in_force_from: Instant) -> EditionId {
    import_holders(scene, in_force_from, [T2, T2])
}

fn import_holders(scene: &Scene, in_force_from: Instant, holders: [&str; 2]) -> EditionId {
    let range = |first: u64, inn: &str| NumberRange {
        first: phone(first),
        last: phone(first + 9_999_999),
        operator: Some(inn.parse().unwrap()),
        operator_name: inn.to_owned(),
        region: "Москва".to_owned(),
    };
    let edition = NewEdition {
        file: NumberingFile::Def9,
        in_force_from,
        sha256: [0; 32],
        ranges: vec![
            range(79_010_000_000, holders[0]),
            range(79_100_000_000, holders[1]),
            range(79_580_000_000, INTERNOD),
        ],
    };
    scene.agency(|conn| numbering::import_edition(conn, &edition)).id
}

pub(crate) fn report(
    source: &Source,
    name: &str,
    caller: &str,
    called: &str,
    reported_at: Instant,
) -> Report {
    Report {
        id: ObservationId::derive(source.client_id, source.id, &Identity::External(name)),
        source: source.id,
        external_id: Some(name.to_owned()),
        revision: 1,
        ends: ends(caller, called),
        caller_raw: Some(caller.to_owned()),
        called_raw: Some(called.to_owned()),
        channel: Channel::Pstn,
        reported_at,
        reported_at_raw: reported_at.to_string(),
        connected_seconds: Some(60),
        answered: true,
        roaming: false,
        screen_label: None,
        extra: None,
        derived: false,
    }
}

/// The next revision of a report, with another caller.
pub(crate) fn from_another(report: &Report, caller: u64) -> Report {
    let caller = format!("+{caller}");
    let called = report.called_raw.clone().unwrap();
    Report {
        revision: report.revision + 1,
        ends: ends(&caller, &called),
        caller_raw: Some(caller),
        ..report.clone()
    }
}

/// The next revision of a report, at another time.
pub(crate) fn moved(report: &Report, reported_at: Instant) -> Report {
    let reported_at_raw = reported_at.to_string();
    Report { revision: report.revision + 1, reported_at, reported_at_raw, ..report.clone() }
}

fn ends(caller: &str, called: &str) -> Ends {
    Ends::Plain { caller: Party::read(Some(caller)), called: Party::read(Some(called)) }
}

fn own_number(digits: u64) -> NewOwnNumber {
    NewOwnNumber {
        first: phone(digits),
        last: phone(digits),
        kind: OwnNumberKind::Advertised,
        valid_from: None,
        valid_to: None,
        vendor: None,
        note: None,
    }
}

fn new_source(name: &str) -> NewSource {
    NewSource {
        name: name.to_owned(),
        kind: SourceKind::Pbx,
        time_zone: "UTC".to_owned(),
        clock_offset: Span(0),
        uncertainty: Span::seconds(2),
    }
}
