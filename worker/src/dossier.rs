//! Gathering what a package is made of, from the tables.

use baitline_domain::gate::{GateFacts, missing};
use baitline_domain::ids::{ClientId, ComplaintId, ObservationId};
use baitline_domain::instant::{Instant, MICROS_PER_SECOND, Span};
use baitline_domain::label::LabelKind;
use baitline_domain::limitation::limitation_day;
use baitline_domain::operator::{Inn, Operators};
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Interception;
use baitline_evidence::dossier::{
    AmendmentFacts, Dossier, EditionFacts, InterceptionFacts, LabelFacts, NotPlayable,
    ObservationFacts, OperatorFacts, Period, Playable, RecordingFacts, TrapFacts,
};
use baitline_intake::media;
use baitline_store::calls::{CallFilter, CallPage, InterceptionFilter};
use baitline_store::exports::ExportRequest;
use baitline_store::models::{
    Amendment, CorrectionRow, EditionRow, JudgedCall, LabelRow, ObservationRow, Package, Recording,
    Source, TrapRow,
};
use baitline_store::{
    Conn, Reach, StoreError, StoreResult, baits, buckets, calls, clients, complaints, gate, labels,
    numbering, observations, operators, recordings, sources, traps,
};

use crate::WorkError;
use crate::contents::{ClientRecordings, first_bytes};
use crate::filer::Filer;
use crate::narrowing::Narrowing;
use crate::papers::Desk;

/// The most calls of one number that a package looks at.
const MAX_CALLS: i64 = 10_000;
/// The version of a package built once; sealing anew comes with complaints.
const FIRST_VERSION: u32 = 1;

/// The dossier of one package: the answered interceptions of its number, or of its
/// complaint, in the period that a person labelled advertising, with everything kept of
/// them.
/// `None` while a day of theirs, or a change that may touch one, waits to be
/// recomputed: what people amended would stand beside the call as it was.
pub(crate) fn gather(
    conn: &mut Conn,
    package: &Package,
    (request, narrowing): (&ExportRequest, &Narrowing),
    program_version: &str,
) -> StoreResult<Option<Dossier>> {
    let found = match narrowing.complaint {
        Some(id) => complained_of(conn, package, request, id)?,
        None => {
            let mut found = fileable(conn, package, request)?;
            found.retain(|judged| narrowing.holds(judged));
            found
        }
    };
    let days = found.iter().map(|judged| judged.call.started_at.day()).collect();
    if !buckets::are_settled(conn, package.client_id, &days)? {
        return Ok(None);
    }
    let client = clients::find_client(conn, package.client_id)?;
    let desk = Desk::of(client.clone(), package.sealed_at, program_version);
    let Some(enclosed) = desk.enclosed(conn, &found)? else { return Ok(None) };
    let scene = Scene::of(conn, package.client_id)?;
    let today = limitation_day(package.sealed_at);
    let filer = Filer::of(conn, package.client_id, (&found, narrowing.complaint), today)?;
    let asked = filer.asks(today, narrowing.complaint);
    let kept = gate::facts_of(conn, package.client_id, &found, &asked)?;
    let mut interceptions = Vec::new();
    for (judged, kept) in found.iter().zip(kept) {
        // Nothing where every observation has been voided since it was derived.
        if let Some(kept) = kept {
            interceptions.push(scene.facts(conn, judged, &kept)?);
        }
    }
    Ok(Some(Dossier {
        package: package.id,
        version: FIRST_VERSION,
        sealed_at: package.sealed_at,
        program_version: program_version.to_owned(),
        client_name: client.name,
        time_zone: client.time_zone,
        office: filer.office,
        applicant: filer.applicant,
        representative: filer.representative,
        enclosures: Vec::new(),
        protocols: enclosed.protocols,
        comparisons: enclosed.comparisons,
        audit_head: package.audit_head()?,
        part_bytes: request.part_bytes,
        caller: package.caller,
        period: Period { from: request.from(), to: request.to() },
        interceptions,
    }))
}

fn fileable(
    conn: &mut Conn,
    package: &Package,
    request: &ExportRequest,
) -> StoreResult<Vec<JudgedCall>> {
    let filter = CallFilter {
        party: Some(package.caller),
        from: Some(request.from()),
        to: Some(request.to()),
        interceptions_only: Some(InterceptionFilter {
            label: Some(LabelKind::Advertising),
            ..InterceptionFilter::default()
        }),
        ..CallFilter::default()
    };
    let page = CallPage { after: None, limit: MAX_CALLS };
    let mut found = calls::list_calls(conn, Reach::Client(package.client_id), &filter, page)?;
    found.retain(|judged| is_fileable(judged, request));
    Ok(found)
}

/// The calls of a complaint, whichever of its numbers they came from: what is filed
/// together is one package.
fn complained_of(
    conn: &mut Conn,
    package: &Package,
    request: &ExportRequest,
    id: ComplaintId,
) -> StoreResult<Vec<JudgedCall>> {
    let row = complaints::find_complaint(conn, Reach::Client(package.client_id), id)?;
    let judged = complaints::judged_calls(conn, &row)?;
    let mut found: Vec<JudgedCall> = judged.into_iter().filter_map(|(_, one)| one).collect();
    found.retain(|judged| is_fileable(judged, request));
    found.sort_by_key(|judged| (judged.call.started_at, judged.call.id));
    Ok(found)
}

/// Whether a package of this request holds the call, if it is against its
/// number: an answered interception of the period that was heard to be
/// advertising, with a verdict asked for.
pub(crate) fn is_fileable(judged: &JudgedCall, request: &ExportRequest) -> bool {
    let at = judged.call.started_at;
    judged.label == Some(LabelKind::Advertising)
        && request.from() <= at
        && at < request.to()
        && judged.assessment.interception.as_ref().is_some_and(|interception| {
            !interception.attempt && request.verdicts.contains(&interception.verdict)
        })
}

/// What the interceptions of one package or paper share.
pub(crate) struct Scene {
    client: ClientId,
    operators: Operators,
    sources: Vec<Source>,
    editions: Vec<EditionRow>,
}

impl Scene {
    pub(crate) fn of(conn: &mut Conn, client: ClientId) -> StoreResult<Self> {
        Ok(Self {
            client,
            operators: operators::known_operators(conn)?,
            sources: sources::sources_of(conn, client)?,
            editions: numbering::list_editions(conn)?,
        })
    }

    /// What is kept of one call. None may be of a withheld number.
    pub(crate) fn facts(
        &self,
        conn: &mut Conn,
        judged: &JudgedCall,
        kept: &GateFacts,
    ) -> StoreResult<InterceptionFacts> {
        let client = self.client;
        let call = &judged.call;
        let caller = call.party.phone().ok_or(StoreError::NotFound)?;
        let interception = judged.assessment.interception.as_ref().ok_or(StoreError::NotFound)?;
        let bait = baits::find_bait(conn, Reach::Client(client), call.bait)?;
        let trap = traps::find_trap(conn, Reach::Client(client), interception.trap)?;
        let mut seen = observations::find_observations(conn, client, &call.observations)?;
        seen.retain(|row| !row.voided);
        let ids: Vec<ObservationId> = seen.iter().map(|row| row.id).collect();
        let recorded = recordings::recordings_of(conn, client, &ids)?;
        let label = labels::labels_of(conn, client, &ids)?.pop();
        let corrections = observations::corrections_of(conn, client, &ids)?;
        let edition = self.editions.iter().find(|edition| Some(edition.id) == interception.edition);
        let range = match edition {
            Some(edition) => numbering::find_range(conn, edition.id, caller)?,
            None => None,
        };
        let screen_label = seen.iter().find_map(|row| row.screen_label.clone());
        Ok(InterceptionFacts {
            call: call.id,
            started_at: call.started_at,
            caller,
            caller_raw: seen.first().and_then(|row| row.caller_raw.clone()),
            called: bait.number,
            connected_seconds: call.connected_seconds,
            caller_operator: self.operator(
                interception.caller_operator,
                call.started_at,
                range.as_ref().map(|range| range.operator_name.as_str()),
            ),
            caller_region: range.map(|range| range.region),
            edition: edition.map(|edition| EditionFacts {
                file: edition.file,
                in_force_from: edition.in_force_from,
            }),
            bait_operator: self.operator(bait.operator, call.started_at, None),
            verdict: interception.verdict,
            reasons: judged.assessment.reasons.clone(),
            rule_version: judged.assessment.rule_version,
            trap: trap_facts(&trap, interception),
            prior_contact: interception.prior_contact,
            observations: seen
                .iter()
                .map(|row| self.observation(row, &corrections))
                .collect::<StoreResult<_>>()?,
            recordings: recorded.iter().map(recording).collect::<StoreResult<_>>()?,
            label: label.map(|row| label_facts(row, screen_label)).transpose()?,
            missing: missing(kept),
        })
    }

    fn operator(
        &self,
        inn: Option<Inn>,
        at: Instant,
        registry_name: Option<&str>,
    ) -> Option<OperatorFacts> {
        operator_facts(&self.operators, inn, at, registry_name)
    }

    fn observation(
        &self,
        row: &ObservationRow,
        corrections: &[CorrectionRow],
    ) -> StoreResult<ObservationFacts> {
        let source = self
            .sources
            .iter()
            .find(|source| source.id == row.source_id)
            .ok_or(StoreError::NotFound)?;
        Ok(ObservationFacts {
            id: row.id,
            source_name: source.name.clone(),
            source_kind: source.kind.as_str().to_owned(),
            reported_at: row.reported_at,
            reported_at_raw: row.reported_at_raw.clone(),
            clock_offset_seconds: clock_offset(row, source).0 / MICROS_PER_SECOND,
            revision: u32::try_from(row.revision)?,
            amendments: amendments(row.id, corrections),
            derived: row.derived,
        })
    }
}

/// The name as it was known then, else as the registry has it.
pub(crate) fn operator_facts(
    operators: &Operators,
    inn: Option<Inn>,
    at: Instant,
    registry_name: Option<&str>,
) -> Option<OperatorFacts> {
    let listed = inn.and_then(|inn| operators.find(inn, at));
    let name = listed.map(|operator| operator.name.as_str()).or(registry_name)?;
    Some(OperatorFacts { name: name.to_owned(), inn })
}

/// What is added to the source's clock, also where the time is amended.
fn clock_offset(row: &ObservationRow, source: &Source) -> Span {
    match row.amended.as_ref().and_then(Amendment::occurred_at) {
        Some(_) => Span(source.clock_offset_micros),
        None => row.occurred_at - row.reported_at,
    }
}

/// The amendments of one observation that hold.
fn amendments(id: ObservationId, corrections: &[CorrectionRow]) -> Vec<AmendmentFacts> {
    observations::standing(corrections)
        .into_iter()
        .filter(|row| row.observation_id == id)
        .filter_map(|row| {
            Some(AmendmentFacts {
                fields: row.changes.as_ref()?.fields().into_iter().map(str::to_owned).collect(),
                reason: row.reason.clone(),
                amended_at: row.created_at,
            })
        })
        .collect()
}

fn trap_facts(row: &TrapRow, interception: &Interception) -> TrapFacts {
    let state = row.state.as_ref();
    TrapFacts {
        id: row.trap.id,
        started_at: row.trap.started_at,
        recorder_tested_at: row.trap.recorder_tested_at,
        exposures: state
            .map_or_else(|| interception.exposures_done.clone(), |state| state.exposures.clone()),
        window: state.and_then(|state| state.window),
        missing: state.map(|state| state.missing.clone()).unwrap_or_default(),
    }
}

fn recording(row: &Recording) -> StoreResult<RecordingFacts> {
    let sha256 = <[u8; 32]>::try_from(row.sha256.as_slice())
        .map_err(|_| StoreError::Corrupt("a hash that is not 32 bytes long".to_owned()))?;
    Ok(RecordingFacts {
        observation: row.observation_id,
        sha256,
        bytes: u64::try_from(row.bytes)?,
        media_type: row.media_type.clone(),
        original_name: row.original_name.clone(),
        duration_milliseconds: row.duration_milliseconds.map(u64::try_from).transpose()?,
        derived: row.derived,
        received_at: row.received_at,
        // Made when the recordings are read.
        playable: Playable::Nothing(NotPlayable::Undecodable),
    })
}

fn label_facts(row: LabelRow, screen_label: Option<String>) -> StoreResult<LabelFacts> {
    Ok(LabelFacts {
        segments: row.segments()?,
        observation: row.observation_id,
        listener: row.listener,
        kind: row.kind,
        robot: row.robot,
        company: row.company,
        callback_number: row.callback_number.as_ref().map(Phone::to_string),
        site: row.site,
        number_origin: row.number_origin,
        stop_demanded: row.stop_demanded,
        transcript: row.transcript,
        screen_label,
        labelled_at: row.labelled_at,
    })
}

/// The same dossier with media types told by the bytes: what a sender claims
/// names no file in a package.
pub(crate) fn sniffed(
    mut dossier: Dossier,
    reader: &ClientRecordings<'_>,
) -> Result<Dossier, WorkError> {
    for recording in dossier.interceptions.iter_mut().flat_map(|one| &mut one.recordings) {
        let first = first_bytes(reader.open(&recording.sha256)?.as_mut(), media::SNIFFED_BYTES)?;
        recording.media_type = media::sniff(&first).to_owned();
    }
    Ok(dossier)
}
