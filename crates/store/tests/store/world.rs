//! A client with a row in every table, for the tests that ask what others see
//! of it.

use baitline_domain::call::Call;
use baitline_domain::ids::{BaitId, ClientId, ObservationId, PackageId, TrapId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::observation::{Channel, Direction};
use baitline_domain::own_number::OwnNumberKind;
use baitline_domain::phone::{Party, Phone};
use baitline_domain::tally::{Hearing, Tally};
use baitline_domain::verdict::{Assessment, Interception, RULE_VERSION, Reason, Verdict};
use baitline_store::exports::{ExportNarrowing, ExportRequest, ExportThresholds};
use baitline_store::keys::NewKey;
use baitline_store::models::{
    Bait, Client, Export, JudgedCall, LabelRow, NewLabel, NewOwnNumber, OwnNumberRow, Recording,
    Source,
};
use baitline_store::{Reach, calls, exports, keys, labels, own_numbers, recordings, tallies};

use crate::support::{MINUTE, Opened, at, phone, report};

/// One client and what it has.
pub(crate) struct Furnished {
    pub(crate) client: Client,
    pub(crate) source: Source,
    pub(crate) bait: Bait,
    pub(crate) own_number: OwnNumberRow,
    pub(crate) trap: TrapId,
    pub(crate) observation: ObservationId,
    pub(crate) call: Call,
    pub(crate) label: LabelRow,
    pub(crate) export: Export,
    pub(crate) key_id: String,
}

/// Who calls the baits of these clients.
pub(crate) const CALLER: u64 = 74_951_234_567;
/// The one bait's number; the same for every client.
pub(crate) const BAIT: u64 = 79_001_112_233;

/// Gives a new client a row in every table that has clients.
pub(crate) fn furnish(opened: &Opened, name: &str) -> Furnished {
    let client = opened.client(name);
    let id = client.id;
    let source = opened.source(id, "АТС");
    let bait = opened.bait(id, BAIT);
    let own_number = opened.as_client(id, |conn| {
        own_numbers::create_own_number(conn, id, &new_own_number(78_005_553_535))
    });
    let started_at = at("2026-11-10T09:00:00Z");
    let trap = opened.trap(id, bait.id, started_at);
    let mut first = report(&source, "call-1", ("+74951234567", "+79001112233"), started_at);
    opened.ingest(id, std::slice::from_ref(&first));
    first.revision = 2;
    first.connected_seconds = Some(45);
    let observation = opened.ingest(id, &[first])[0].id;
    let call = call(bait.id, observation, phone(CALLER), started_at + MINUTE);
    crate::listening::furnish(opened, id, trap, &call);
    opened.correct(id, observation, crate::corrections::seconds(44));
    let label = hear(opened, id, &call);
    keep_judged(opened, id, trap, &call);
    crate::segments::furnish(opened, id, call.started_at.day());
    let (export, package) = plan(opened, id);
    crate::batches::furnish(opened, &export);
    crate::lists::furnish(opened, id, bait.id);
    crate::applicants::furnish(opened, id, bait.id);
    crate::attachments::furnish(opened, id, bait.id);
    crate::preparation::furnish(opened, id, bait.id, trap);
    crate::inquiries::furnish(opened, id, &call);
    crate::complaints::furnish(opened, id, &call);
    crate::statements::furnish(opened, id, bait.id);
    crate::replays::furnish(opened, id, bait.id, package);
    crate::devices::furnish(opened, id, bait.id);
    crate::waiting_recordings::furnish(opened, &source);
    crate::files::furnish(opened, id);
    crate::papers::furnish(opened, id);
    crate::kept_replies::furnish(opened, id);
    crate::erasures::furnish(opened, id);
    crate::audit::furnish(opened, id);
    let (key, _) =
        opened.agency(|conn| keys::create_key(conn, &NewKey::full(Reach::Client(id), name)));
    Furnished {
        client,
        source,
        bait,
        own_number,
        trap,
        observation,
        call,
        label,
        export,
        key_id: key.key_id,
    }
}

/// An own number that is always valid.
pub(crate) fn new_own_number(digits: u64) -> NewOwnNumber {
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

/// An answered incoming call of half a minute with one observation.
pub(crate) fn call(
    bait: BaitId,
    observation: ObservationId,
    caller: Phone,
    started_at: Instant,
) -> Call {
    Call {
        id: observation,
        bait,
        direction: Direction::Incoming,
        party: Party::Number(caller),
        channel: Channel::Pstn,
        started_at,
        uncertainty: Span::seconds(5),
        connected_seconds: 30,
        answered: true,
        roaming: false,
        observations: vec![observation],
    }
}

/// What the rules could say of an interception.
pub(crate) fn interception(trap: TrapId) -> Assessment {
    Assessment {
        interception: Some(Interception {
            trap,
            verdict: Verdict::ForeignGroup,
            attempt: false,
            prior_contact: false,
            exposures_done: Vec::new(),
            caller_operator: None,
            caller_region: None,
            competitors: Vec::new(),
            edition: None,
        }),
        reasons: vec![Reason::RangeHolderOnly],
        rule_version: RULE_VERSION,
    }
}

/// What the rules say of most calls.
pub(crate) fn background() -> Assessment {
    Assessment {
        interception: None,
        reasons: vec![Reason::OutsideWindow],
        rule_version: RULE_VERSION,
    }
}

/// A call nobody has listened to.
pub(crate) fn judged(of: &Furnished, call: Call, assessment: Assessment) -> JudgedCall {
    JudgedCall { client_id: of.client.id, call, assessment, label: None, recordings: 0 }
}

/// A recording's facts, whose hash is made of one byte.
pub(crate) fn recording(client: ClientId, observation: ObservationId, byte: u8) -> Recording {
    Recording {
        client_id: client,
        observation_id: observation,
        sha256: vec![byte; 32],
        bytes: 100,
        media_type: "audio/wav".to_owned(),
        received_at: at("2026-11-11T00:00:00Z"),
        sniffed_type: "audio/wav".to_owned(),
        original_name: None,
        duration_milliseconds: None,
        duration_missing: None,
        derived: false,
    }
}

/// A label that says no more than its kind.
pub(crate) fn new_label(kind: LabelKind) -> NewLabel {
    NewLabel {
        kind,
        robot: None,
        consent_given: false,
        stop_demanded: false,
        company: None,
        callback_number: None,
        site: None,
        number_origin: None,
        transcript: None,
        segments: Vec::new(),
        listener: None,
    }
}

/// An export of every repeat offender of a month.
pub(crate) fn export_request() -> ExportRequest {
    ExportRequest {
        from_micros: at("2026-11-01T00:00:00Z").0,
        to_micros: at("2026-12-01T00:00:00Z").0,
        numbers: vec![phone(CALLER)],
        thresholds: ExportThresholds { interceptions: 2, traps: 1, baits: 1, days: 1 },
        verdicts: vec![Verdict::ForeignGroup, Verdict::ForeignEntity],
        narrowed_to: ExportNarrowing::default(),
        part_bytes: None,
    }
}

fn hear(opened: &Opened, client: ClientId, call: &Call) -> LabelRow {
    let recording = recording(client, call.id, 1);
    opened.as_client(client, |conn| recordings::put_recording(conn, &recording));
    let new = new_label(LabelKind::Advertising);
    opened.as_client(client, |conn| labels::add_label(conn, client, call, &new, "test"))
}

fn keep_judged(opened: &Opened, client: ClientId, trap: TrapId, call: &Call) {
    let day = call.started_at.day();
    let judged = JudgedCall {
        client_id: client,
        call: call.clone(),
        assessment: interception(trap),
        label: Some(LabelKind::Advertising),
        recordings: 1,
    };
    let tally = Tally {
        client,
        caller: Some(phone(CALLER)),
        operator: None,
        region: None,
        competitors: Vec::new(),
        bait: call.bait,
        bait_operator: None,
        trap,
        verdict: Verdict::ForeignGroup,
        attempt: false,
        hearing: Hearing::Advertising,
        prior_contact: false,
        local_day: day.0,
        calls: 1,
        first_at: call.started_at,
        last_at: call.started_at,
    };
    opened.agency(|conn| {
        calls::replace_day(conn, client, day, std::slice::from_ref(&judged))?;
        tallies::replace_day(conn, client, day, std::slice::from_ref(&tally))
    });
}

fn plan(opened: &Opened, client: ClientId) -> (Export, PackageId) {
    let export =
        opened.as_client(client, |conn| exports::create_export(conn, client, &export_request()));
    let sealed_at = at("2026-11-20T00:00:00Z");
    let package =
        opened.agency(|conn| exports::plan_package(conn, &export, phone(CALLER), sealed_at));
    (export, package.id)
}
