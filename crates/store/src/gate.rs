//! What is kept of interceptions, as the gate asks for it: the same facts decide
//! whether a complaint may be filed and whether a package is a draft.

use std::collections::{BTreeSet, HashMap, HashSet};

use baitline_domain::applicant::{ApplicantKind, RepresentativeKind};
use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::gate::{GateFacts, InquiryProof, PowerOfAttorney, Signer, StatementProof};
use baitline_domain::ids::{
    ApplicantId, BaitId, ClientId, ComplaintId, ConsentId, InquiryId, ObservationId, StatementId,
    TrapId,
};
use baitline_domain::inquiry::{InquiryState, Permission};
use baitline_domain::instant::{civil_date, civil_day};
use baitline_domain::limitation::Limitation;
use baitline_domain::verdict::Reason;
use diesel::prelude::*;
use jiff::civil::Date;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{
    InquiryCallRow, JudgedCall, LabelRow, ObservationRow, PowerRow, RepresentativeRow,
    StatementRow, TrapRow,
};
use crate::preparations::{KnownPreparation, known_preparation};
use crate::schema::{
    attachments, complaint_holds, inquiries, inquiry_calls, operator_statements,
    powers_of_attorney, representatives,
};
use crate::sql_types::{Db, RowId, db_all};
use crate::{applicants, labels, observations, recordings, traps};

/// Ids asked for in one statement, under SQLite's 32,766 binds.
const IDS_AT_A_TIME: usize = 10_000;

/// For whom and when the gate is asked.
#[derive(Debug, Clone, Copy)]
pub struct Asked {
    /// The day.
    pub today: Date,
    /// Who signs.
    pub signer: Signer,
    /// Who files: what another holder signed of a bait proves nothing for them.
    pub applicant: Option<ApplicantId>,
    /// The complaint that is asked about: what it holds itself is in no other.
    pub complaint: Option<ComplaintId>,
}

/// What is kept of each of these calls, in their order; `None` where every
/// observation of it was voided, or it is no answered interception.
pub fn facts_of(
    conn: &mut Conn,
    client: ClientId,
    calls: &[JudgedCall],
    asked: &Asked,
) -> StoreResult<Vec<Option<GateFacts>>> {
    let kept = Kept::of(conn, client, calls, asked)?;
    Ok(calls.iter().map(|judged| kept.facts(judged, asked)).collect())
}

/// Who signs for an applicant when nobody is named: the applicant itself if it
/// is a person, else its head, else whoever has a power that holds on the day.
pub fn usual_signer(
    conn: &mut Conn,
    client: ClientId,
    applicant: ApplicantId,
    today: Date,
) -> StoreResult<Option<(RepresentativeRow, Option<PowerRow>)>> {
    if applicants::find_applicant(conn, Reach::Client(client), applicant)?.kind
        != ApplicantKind::LegalEntity
    {
        return Ok(None);
    }
    let people: Vec<RepresentativeRow> = on!(conn, c => representatives::table
        .filter(representatives::client_id.eq(Db(client)))
        .filter(representatives::applicant_id.eq(Db(applicant)))
        .filter(representatives::withdrawn_because.is_null())
        .order(representatives::id)
        .select(RepresentativeRow::as_select())
        .load(c))?;
    if let Some(head) = people.iter().find(|one| one.kind == RepresentativeKind::Head) {
        return Ok(Some((head.clone(), None)));
    }
    for person in people {
        let powers: Vec<PowerRow> = on!(conn, c => powers_of_attorney::table
            .filter(powers_of_attorney::client_id.eq(Db(client)))
            .filter(powers_of_attorney::representative_id.eq(Db(person.id)))
            .order(powers_of_attorney::id)
            .select(PowerRow::as_select())
            .load(c))?;
        let holding = powers.into_iter().find(|power| power.term().holds_on(civil_day(today)));
        if let Some(power) = holding {
            return Ok(Some((person, Some(power))));
        }
    }
    Ok(None)
}

/// How the gate sees a signer. A legal entity does not sign by itself.
pub fn signer_of(
    kind: ApplicantKind,
    representative: Option<&RepresentativeRow>,
    power: Option<&PowerRow>,
) -> Signer {
    match (representative, kind) {
        (None, ApplicantKind::LegalEntity) => Signer::Unknown,
        (None, _) => Signer::Applicant,
        (Some(person), _) if person.withdrawn_because.is_some() => Signer::Unknown,
        (Some(person), _) if person.kind == RepresentativeKind::Head => Signer::Applicant,
        (Some(_), _) => Signer::Representative(power.map(|power| PowerOfAttorney {
            issued_on: civil_date(power.issued_on),
            expires_on: civil_date(power.expires_on),
            revoked_on: power.revoked_on.map(civil_date),
        })),
    }
}

/// Everything that is kept of some calls.
struct Kept {
    seen: HashMap<ObservationId, ObservationRow>,
    recorded: HashSet<ObservationId>,
    /// In order of labelling.
    labels: Vec<LabelRow>,
    traps: HashMap<TrapId, TrapRow>,
    preparations: HashMap<BaitId, KnownPreparation>,
    statements: Vec<StatementRow>,
    answers: HashMap<ObservationId, InquiryProof>,
    /// Statements and consents with a scan that counts.
    scanned: HashSet<Uuid>,
    held_elsewhere: HashSet<ObservationId>,
}

impl Kept {
    fn of(
        conn: &mut Conn,
        client: ClientId,
        calls: &[JudgedCall],
        asked: &Asked,
    ) -> StoreResult<Self> {
        let ids: Vec<ObservationId> =
            calls.iter().flat_map(|judged| judged.call.observations.iter().copied()).collect();
        let baits: BTreeSet<BaitId> = calls.iter().map(|judged| judged.call.bait).collect();
        let statements = statements_of(conn, client, &baits)?;
        let mut kept = Self {
            seen: HashMap::new(),
            recorded: HashSet::new(),
            labels: Vec::new(),
            traps: traps_of(conn, client, calls)?,
            preparations: HashMap::new(),
            answers: HashMap::new(),
            scanned: HashSet::new(),
            held_elsewhere: HashSet::new(),
            statements,
        };
        for chunk in ids.chunks(IDS_AT_A_TIME) {
            let rows = observations::find_observations(conn, client, chunk)?;
            kept.seen.extend(rows.into_iter().filter(|row| !row.voided).map(|row| (row.id, row)));
            let recorded = recordings::recordings_of(conn, client, chunk)?;
            kept.recorded.extend(recorded.into_iter().map(|row| row.observation_id));
            kept.labels.extend(labels::labels_of(conn, client, chunk)?);
            kept.answers.extend(answers_to(conn, client, chunk)?);
            kept.held_elsewhere.extend(held_among(conn, client, chunk, asked.complaint)?);
        }
        kept.labels.sort_by_key(|row| (row.labelled_at, row.id));
        for bait in baits {
            if let Some(known) = known_preparation(conn, client, bait)? {
                kept.preparations.insert(bait, known);
            }
        }
        let consents: Vec<ConsentId> = kept
            .preparations
            .values()
            .flat_map(|known| known.disclosure.iter().map(|consent| consent.id))
            .collect();
        let consents = consents.into_iter().map(|id| (AttachmentSubject::Consent, id.0));
        let originals: Vec<StatementId> = kept.statements.iter().map(|row| row.id).collect();
        let originals = originals.into_iter().map(|id| (AttachmentSubject::Statement, id.0));
        let papers: Vec<(AttachmentSubject, Uuid)> = consents.chain(originals).collect();
        kept.scanned = scanned_among(conn, client, &papers)?;
        Ok(kept)
    }

    fn facts(&self, judged: &JudgedCall, asked: &Asked) -> Option<GateFacts> {
        let call = &judged.call;
        let interception = judged.assessment.interception.as_ref().filter(|one| !one.attempt)?;
        let seen: Vec<&ObservationRow> =
            call.observations.iter().filter_map(|id| self.seen.get(id)).collect();
        seen.first()?;
        let label = self.labels.iter().rev().find(|row| is_of(&seen, row.observation_id));
        let trap = self.traps.get(&interception.trap);
        let prepared = self.preparations.get(&call.bait);
        let of_applicant = prepared
            .filter(|known| known.row.applicant_id.is_some())
            .filter(|known| known.row.applicant_id == asked.applicant);
        let (statement, certified_statement) = self.statement(judged, &seen);
        let today = civil_day(asked.today);
        Some(GateFacts {
            today: asked.today,
            recording: seen.iter().any(|row| self.recorded.contains(&row.id)),
            label: label.map(|row| row.kind),
            transcript: label.is_some_and(|row| row.transcript.is_some()),
            trap_complete: trap
                .and_then(|row| row.state.as_ref())
                .is_some_and(|state| state.window.is_some()),
            during_trap: judged.assessment.reasons.contains(&Reason::DuringTrap),
            exposures_done: interception.exposures_done.len(),
            statement,
            certified_statement,
            disclosure_consent: of_applicant.is_some_and(|known| {
                known.disclosure.iter().any(|consent| {
                    consent.term().holds_on(today) && self.scanned.contains(&consent.id.0)
                })
            }),
            sim_authority: of_applicant.is_some_and(|known| {
                known.row.contract_number.is_some() && known.row.contract_on.is_some()
            }),
            applicant: of_applicant.is_some(),
            signer: asked.signer,
            inquiry: call
                .observations
                .iter()
                .filter_map(|id| self.answers.get(id))
                .copied()
                .max_by_key(|proof| demand(*proof))
                .unwrap_or(InquiryProof::NotSent),
            refused_advertising_on: prepared.and_then(|known| known.row.refusal_on).map(civil_date),
            limitation: Limitation::of_call(call.started_at),
            in_other_complaint: call.observations.iter().any(|id| self.held_elsewhere.contains(id)),
        })
    }

    /// What the operator's lists say of a call, and whether the one that says it
    /// is kept in its certified original.
    fn statement(&self, judged: &JudgedCall, seen: &[&ObservationRow]) -> (StatementProof, bool) {
        let at = judged.call.started_at;
        let covering = self
            .statements
            .iter()
            .filter(|row| row.bait_id == judged.call.bait && row.from_at <= at && at < row.to_at);
        let found = |row: &StatementRow| seen.iter().any(|one| one.source_id == row.source_id);
        let said = covering.map(|row| (found(row), self.scanned.contains(&row.id.0))).max();
        match said {
            None => (StatementProof::None, false),
            Some((false, certified)) => (StatementProof::CallNotFound, certified),
            Some((true, certified)) => (StatementProof::CallFound, certified),
        }
    }
}

fn is_of(seen: &[&ObservationRow], id: ObservationId) -> bool {
    seen.iter().any(|row| row.id == id)
}

/// Where two inquiries ask about one call, the answer that asks for more counts.
const fn demand(proof: InquiryProof) -> u8 {
    match proof {
        InquiryProof::NotSent => 0,
        InquiryProof::Waiting => 1,
        InquiryProof::NoReply => 2,
        InquiryProof::NotPermitted => 3,
        InquiryProof::Permitted => 4,
    }
}

fn traps_of(
    conn: &mut Conn,
    client: ClientId,
    calls: &[JudgedCall],
) -> StoreResult<HashMap<TrapId, TrapRow>> {
    let ids: BTreeSet<TrapId> = calls
        .iter()
        .filter_map(|judged| judged.assessment.interception.as_ref())
        .map(|interception| interception.trap)
        .collect();
    ids.into_iter().map(|id| Ok((id, traps::find_trap(conn, Reach::Client(client), id)?))).collect()
}

/// The statements of these baits that count.
pub fn statements_of(
    conn: &mut Conn,
    client: ClientId,
    baits: &BTreeSet<BaitId>,
) -> StoreResult<Vec<StatementRow>> {
    Ok(on!(conn, c => operator_statements::table
        .filter(operator_statements::client_id.eq(Db(client)))
        .filter(operator_statements::bait_id.eq_any(db_all(baits)))
        .filter(operator_statements::withdrawn_because.is_null())
        .order(operator_statements::id)
        .select(StatementRow::as_select())
        .load(c))?)
}

/// What became of the inquiries about these, by the id under which each asks.
fn answers_to(
    conn: &mut Conn,
    client: ClientId,
    ids: &[ObservationId],
) -> StoreResult<HashMap<ObservationId, InquiryProof>> {
    let asked: Vec<InquiryCallRow> = on!(conn, c => inquiry_calls::table
        .filter(inquiry_calls::client_id.eq(Db(client)))
        .filter(inquiry_calls::call_id.eq_any(db_all(ids)))
        .filter(inquiry_calls::released.eq(false))
        .select(InquiryCallRow::as_select())
        .load(c))?;
    let letters: BTreeSet<InquiryId> = asked.iter().map(|row| row.inquiry_id).collect();
    let states: Vec<(InquiryId, InquiryState)> = on!(conn, c => inquiries::table
        .filter(inquiries::client_id.eq(Db(client)))
        .filter(inquiries::id.eq_any(db_all(&letters)))
        .select((inquiries::id, inquiries::state))
        .load(c))?;
    let states: HashMap<InquiryId, InquiryState> = states.into_iter().collect();
    let proof = |row: InquiryCallRow| {
        let proof = match states.get(&row.inquiry_id)? {
            InquiryState::Draft | InquiryState::Cancelled => InquiryProof::NotSent,
            InquiryState::Sent => InquiryProof::Waiting,
            InquiryState::Unanswered => InquiryProof::NoReply,
            InquiryState::Answered if row.permission == Some(Permission::Permitted) => {
                InquiryProof::Permitted
            }
            InquiryState::Answered => InquiryProof::NotPermitted,
        };
        Some((row.call_id, proof))
    };
    Ok(asked.into_iter().filter_map(proof).collect())
}

/// Those of these papers that have a scan which counts.
fn scanned_among(
    conn: &mut Conn,
    client: ClientId,
    papers: &[(AttachmentSubject, Uuid)],
) -> StoreResult<HashSet<Uuid>> {
    let mut scanned = HashSet::new();
    for chunk in papers.chunks(IDS_AT_A_TIME) {
        let ids: Vec<RowId> = chunk.iter().map(|(_, id)| RowId(*id)).collect();
        let rows: Vec<(AttachmentSubject, RowId)> = on!(conn, c => attachments::table
            .filter(attachments::client_id.eq(Db(client)))
            .filter(attachments::subject_id.eq_any(db_all(&ids)))
            .filter(attachments::withdrawn_because.is_null())
            .select((attachments::subject_kind, attachments::subject_id))
            .distinct()
            .load(c))?;
        let wanted: HashSet<&(AttachmentSubject, Uuid)> = chunk.iter().collect();
        let rows = rows.into_iter().map(|(kind, id)| (kind, id.0));
        scanned.extend(rows.filter(|row| wanted.contains(row)).map(|(_, id)| id));
    }
    Ok(scanned)
}

/// Those of these observations that a filed complaint holds, but for one.
fn held_among(
    conn: &mut Conn,
    client: ClientId,
    ids: &[ObservationId],
    except: Option<ComplaintId>,
) -> StoreResult<Vec<ObservationId>> {
    let held: Vec<(ObservationId, ComplaintId)> = on!(conn, c => complaint_holds::table
        .filter(complaint_holds::client_id.eq(Db(client)))
        .filter(complaint_holds::observation_id.eq_any(db_all(ids)))
        .filter(complaint_holds::released.eq(false))
        .select((complaint_holds::observation_id, complaint_holds::complaint_id))
        .load(c))?;
    let elsewhere = held.into_iter().filter(|(_, complaint)| Some(*complaint) != except);
    Ok(elsewhere.map(|(id, _)| id).collect())
}
