//! `package.json`: everything the dossier holds, in machine words, for programs
//! and for those who check the program. Its shape is a contract: [`SCHEMA`]
//! and [`SCHEMA_VERSION`] name it.

mod made;

use std::collections::BTreeSet;

use baitline_domain::gate::Missing;
use baitline_domain::ids::{ObservationId, PackageId, TrapId};
use baitline_domain::instant::{Instant, MICROS_PER_SECOND, Span};
use baitline_domain::label::{LabelKind, Segment, Speaker};
use baitline_domain::numbering::NumberingFile;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::trap::{ExposureKind, TrapMissing};
use baitline_domain::verdict::{Reason, Verdict};
use serde::{Serialize, Serializer};

use crate::bag::hex;
use crate::dossier::{
    Dossier, EditionFacts, LabelFacts, ObservationFacts, OperatorFacts, TrapFacts,
};
use crate::numbered::{NamedRecording, NumberedCall};
use crate::people::{Applicant, ApplicantKind, Enclosure, Representative};
use made::{
    AuditHeadJson, CustodyJson, DocumentJson, FilingJson, PlayableJson, audit_head, custody,
    not_playable, playable,
};

pub(crate) use made::Made;

/// The name of the shape.
pub(crate) const SCHEMA: &str = "baitline/package";
/// Changes whenever a reader of the former shape would misread the new one.
pub(crate) const SCHEMA_VERSION: u32 = 4;
/// The first in which the filing set may have several files.
pub(crate) const SCHEMA_VERSION_WITH_VOLUMES: u32 = 4;
/// With two enclosures beside the set that holds them; still checked.
pub(crate) const SCHEMA_VERSION_WITH_TWO_BESIDE: u32 = 2;
/// Without what an office opens: packages of this shape are still checked.
pub(crate) const SCHEMA_VERSION_WITHOUT_FILING: u32 = 1;

/// The file, indented, with a line break at its end.
pub(crate) fn package_json(
    dossier: &Dossier,
    calls: &[NumberedCall<'_>],
    missing: &[Missing],
    made: &Made<'_>,
) -> serde_json::Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(&PackageJson::new(dossier, calls, missing, made))?;
    bytes.push(b'\n');
    Ok(bytes)
}

#[derive(Serialize)]
struct PackageJson<'a> {
    schema: &'static str,
    schema_version: u32,
    package: PackageId,
    version: u32,
    sealed_at: Time,
    program_version: &'a str,
    client_name: &'a str,
    time_zone: &'a str,
    office: Option<OfficeJson<'a>>,
    applicant: Option<ApplicantJson<'a>>,
    representative: Option<RepresentativeJson<'a>>,
    enclosures: Vec<EnclosureJson<'a>>,
    caller: Phone,
    period: PeriodJson,
    draft: bool,
    missing: &'a [Missing],
    audit_head: Option<AuditHeadJson>,
    part_bytes: Option<u64>,
    documents: Vec<DocumentJson<'a>>,
    filing: FilingJson<'a>,
    interceptions: Vec<InterceptionJson<'a>>,
}

#[derive(Serialize)]
struct OfficeJson<'a> {
    name: &'a str,
    subject_code: &'a str,
}

#[derive(Serialize)]
struct ApplicantJson<'a> {
    kind: &'static str,
    name: &'a str,
    inn: Option<&'a str>,
    registration_number: Option<&'a str>,
    passport: Option<&'a str>,
    address: Option<&'a str>,
    reply_address: Option<&'a str>,
    phone: Option<&'a str>,
    email: Option<&'a str>,
}

#[derive(Serialize)]
struct RepresentativeJson<'a> {
    name: &'a str,
    position: Option<&'a str>,
    power: Option<PowerJson<'a>>,
}

#[derive(Serialize)]
struct PowerJson<'a> {
    number: Option<&'a str>,
    issued_on: String,
}

#[derive(Serialize)]
struct EnclosureJson<'a> {
    title: &'a str,
    sheets: Option<u32>,
    copies: u32,
}

/// Half-open, as everywhere in machine words.
#[derive(Serialize)]
struct PeriodJson {
    from: Time,
    to: Time,
}

#[derive(Serialize)]
struct InterceptionJson<'a> {
    number: usize,
    call: ObservationId,
    started_at: Time,
    caller: Phone,
    caller_raw: Option<&'a str>,
    called: Phone,
    connected_seconds: u32,
    caller_operator: Option<OperatorJson<'a>>,
    caller_region: Option<&'a str>,
    numbering_edition: Option<EditionJson>,
    bait_operator: Option<OperatorJson<'a>>,
    verdict: Verdict,
    reasons: BTreeSet<Reason>,
    rule_version: u32,
    prior_contact: bool,
    trap: TrapJson,
    observations: Vec<ObservationJson<'a>>,
    recordings: Vec<RecordingJson<'a>>,
    label: Option<LabelJson<'a>>,
    missing: BTreeSet<Missing>,
}

#[derive(Serialize)]
struct OperatorJson<'a> {
    name: &'a str,
    inn: Option<Inn>,
}

#[derive(Serialize)]
struct EditionJson {
    file: NumberingFile,
    in_force_from: Time,
}

#[derive(Serialize)]
struct TrapJson {
    id: TrapId,
    started_at: Time,
    recorder_tested_at: Option<Time>,
    exposures: Vec<ExposureJson>,
    window: Option<PeriodJson>,
    missing: BTreeSet<TrapMissing>,
}

#[derive(Serialize)]
struct ExposureJson {
    at: Time,
    kind: ExposureKind,
    seconds: u32,
}

#[derive(Serialize)]
struct ObservationJson<'a> {
    id: ObservationId,
    source_name: &'a str,
    source_kind: &'a str,
    reported_at: Time,
    reported_at_raw: &'a str,
    clock_offset_seconds: i64,
    revision: u32,
    derived: bool,
    amendments: Vec<AmendmentJson<'a>>,
}

#[derive(Serialize)]
struct AmendmentJson<'a> {
    fields: &'a [String],
    reason: &'a str,
    amended_at: Time,
}

#[derive(Serialize)]
struct RecordingJson<'a> {
    file: String,
    sha256: String,
    bytes: u64,
    media_type: &'a str,
    original_name: Option<&'a str>,
    duration_milliseconds: Option<u64>,
    derived: bool,
    received_at: Time,
    observation: ObservationId,
    custody: Vec<CustodyJson>,
    playable: Option<PlayableJson<'a>>,
    not_playable: Option<&'static str>,
}

#[derive(Serialize)]
struct LabelJson<'a> {
    observation: ObservationId,
    listener: Option<&'a str>,
    kind: LabelKind,
    robot: Option<bool>,
    company: Option<&'a str>,
    callback_number: Option<&'a str>,
    site: Option<&'a str>,
    number_origin: Option<&'a str>,
    stop_demanded: bool,
    transcript: Option<&'a str>,
    segments: Vec<SegmentJson<'a>>,
    screen_label: Option<&'a str>,
    labelled_at: Time,
}

#[derive(Serialize)]
struct SegmentJson<'a> {
    from_seconds: f64,
    to_seconds: Option<f64>,
    speaker: Speaker,
    text: &'a str,
}

/// RFC 3339 in UTC.
struct Time(Instant);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl<'a> PackageJson<'a> {
    fn new(
        dossier: &'a Dossier,
        calls: &'a [NumberedCall<'a>],
        missing: &'a [Missing],
        made: &'a Made<'a>,
    ) -> Self {
        Self {
            schema: SCHEMA,
            schema_version: SCHEMA_VERSION,
            package: dossier.package,
            version: dossier.version,
            sealed_at: Time(dossier.sealed_at),
            program_version: &dossier.program_version,
            client_name: &dossier.client_name,
            time_zone: &dossier.time_zone,
            office: dossier.office.as_ref().map(|office| OfficeJson {
                name: &office.name,
                subject_code: &office.subject_code,
            }),
            applicant: dossier.applicant.as_ref().map(applicant),
            representative: dossier.representative.as_ref().map(representative),
            enclosures: dossier.enclosures.iter().map(enclosure).collect(),
            caller: dossier.caller,
            period: PeriodJson { from: Time(dossier.period.from), to: Time(dossier.period.to) },
            draft: !missing.is_empty(),
            missing,
            audit_head: dossier.audit_head.map(audit_head),
            part_bytes: dossier.part_bytes,
            documents: made.documents(),
            filing: made.filing(),
            interceptions: calls.iter().map(|call| interception(dossier, call)).collect(),
        }
    }
}

fn applicant(facts: &Applicant) -> ApplicantJson<'_> {
    ApplicantJson {
        kind: match facts.kind {
            ApplicantKind::LegalEntity => "legal_entity",
            ApplicantKind::Entrepreneur => "entrepreneur",
            ApplicantKind::Citizen => "citizen",
        },
        name: &facts.name,
        inn: facts.inn.as_deref(),
        registration_number: facts.registration_number.as_deref(),
        passport: facts.passport.as_deref(),
        address: facts.address.as_deref(),
        reply_address: facts.reply_address.as_deref(),
        phone: facts.phone.as_deref(),
        email: facts.email.as_deref(),
    }
}

fn representative(facts: &Representative) -> RepresentativeJson<'_> {
    let power = facts.power.as_ref().map(|power| PowerJson {
        number: power.number.as_deref(),
        issued_on: power.issued_on.to_string(),
    });
    RepresentativeJson { name: &facts.name, position: facts.position.as_deref(), power }
}

fn enclosure(facts: &Enclosure) -> EnclosureJson<'_> {
    EnclosureJson { title: &facts.title, sheets: facts.sheets, copies: facts.copies }
}

fn interception<'a>(dossier: &Dossier, call: &'a NumberedCall<'a>) -> InterceptionJson<'a> {
    let facts = call.facts;
    let mut observations: Vec<&ObservationFacts> = facts.observations.iter().collect();
    observations.sort_by_key(|observation| (observation.reported_at, observation.id));
    InterceptionJson {
        number: call.number,
        call: facts.call,
        started_at: Time(facts.started_at),
        caller: facts.caller,
        caller_raw: facts.caller_raw.as_deref(),
        called: facts.called,
        connected_seconds: facts.connected_seconds,
        caller_operator: facts.caller_operator.as_ref().map(operator),
        caller_region: facts.caller_region.as_deref(),
        numbering_edition: facts.edition.as_ref().map(edition),
        bait_operator: facts.bait_operator.as_ref().map(operator),
        verdict: facts.verdict,
        reasons: facts.reasons.iter().copied().collect(),
        rule_version: facts.rule_version,
        prior_contact: facts.prior_contact,
        trap: trap(&facts.trap),
        observations: observations.into_iter().map(observation).collect(),
        recordings: call.recordings.iter().map(|one| recording(dossier, call, one)).collect(),
        label: facts.label.as_ref().map(label),
        missing: facts.missing.iter().copied().collect(),
    }
}

fn operator(facts: &OperatorFacts) -> OperatorJson<'_> {
    OperatorJson { name: &facts.name, inn: facts.inn }
}

fn edition(facts: &EditionFacts) -> EditionJson {
    EditionJson { file: facts.file, in_force_from: Time(facts.in_force_from) }
}

fn trap(facts: &TrapFacts) -> TrapJson {
    let exposures = facts.exposures.iter().map(|exposure| ExposureJson {
        at: Time(exposure.at),
        kind: exposure.kind,
        seconds: exposure.seconds,
    });
    TrapJson {
        id: facts.id,
        started_at: Time(facts.started_at),
        recorder_tested_at: facts.recorder_tested_at.map(Time),
        exposures: exposures.collect(),
        window: facts
            .window
            .map(|window| PeriodJson { from: Time(window.from), to: Time(window.to) }),
        missing: facts.missing.iter().copied().collect(),
    }
}

fn observation(facts: &ObservationFacts) -> ObservationJson<'_> {
    let amendments = facts.amendments.iter().map(|amendment| AmendmentJson {
        fields: &amendment.fields,
        reason: &amendment.reason,
        amended_at: Time(amendment.amended_at),
    });
    ObservationJson {
        id: facts.id,
        source_name: &facts.source_name,
        source_kind: &facts.source_kind,
        reported_at: Time(facts.reported_at),
        reported_at_raw: &facts.reported_at_raw,
        clock_offset_seconds: facts.clock_offset_seconds,
        revision: facts.revision,
        derived: facts.derived,
        amendments: amendments.collect(),
    }
}

fn recording<'a>(
    dossier: &Dossier,
    call: &NumberedCall<'_>,
    recording: &'a NamedRecording<'a>,
) -> RecordingJson<'a> {
    let facts = recording.facts;
    RecordingJson {
        file: recording.path.clone(),
        sha256: hex(&facts.sha256),
        bytes: facts.bytes,
        media_type: &facts.media_type,
        original_name: facts.original_name.as_deref(),
        duration_milliseconds: facts.duration_milliseconds,
        derived: facts.derived,
        received_at: Time(facts.received_at),
        observation: facts.observation,
        custody: custody(dossier, call.facts, recording),
        playable: recording.wav.as_ref().map(playable),
        not_playable: not_playable(&facts.playable),
    }
}

fn label(facts: &LabelFacts) -> LabelJson<'_> {
    LabelJson {
        observation: facts.observation,
        listener: facts.listener.as_deref(),
        kind: facts.kind,
        robot: facts.robot,
        company: facts.company.as_deref(),
        callback_number: facts.callback_number.as_deref(),
        site: facts.site.as_deref(),
        number_origin: facts.number_origin.as_deref(),
        stop_demanded: facts.stop_demanded,
        transcript: facts.transcript.as_deref(),
        segments: facts.segments.iter().map(segment).collect(),
        screen_label: facts.screen_label.as_deref(),
        labelled_at: Time(facts.labelled_at),
    }
}

fn segment(segment: &Segment) -> SegmentJson<'_> {
    // A day of microseconds fits in the 53 bits of a float.
    let seconds = |span: Span| span.0 as f64 / MICROS_PER_SECOND as f64;
    SegmentJson {
        from_seconds: seconds(segment.from),
        to_seconds: segment.to.map(seconds),
        speaker: segment.speaker,
        text: &segment.text,
    }
}
