//! The protocol of a trap's run: what was logged and recognised, who did it, what
//! shows it, and what else is noted of the bait.

use std::collections::{BTreeMap, BTreeSet};

use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::ids::{AttachmentId, TrapId};
use baitline_domain::instant::{Instant, civil_date};
use baitline_domain::observation::Direction;
use baitline_domain::protocol::{Step, StepKind};
use baitline_domain::trap::{Exposure, ExposureKind};
use baitline_evidence::papers::{ProtocolFacts, ProtocolStep, printed_day, printed_phone};
use baitline_store::attachments::{AttachmentFilter, list_attachments};
use baitline_store::calls::{CallFilter, CallPage, list_calls};
use baitline_store::models::{Bait, ContaminationRow, JudgedCall, PreparationRow, TrapRow};
use baitline_store::sql_types::RowId;
use baitline_store::{
    Conn, Page, StoreResult, applicants, baits, buckets, competitors, contaminations, own_numbers,
    preparations, protocols, traps,
};

use super::{Desk, Facts, Gathered};

/// The most of a bait's outgoing calls that are looked at.
const MAX_OUTGOING: i64 = 10_000;

/// The steps that people wrote down and nobody has used yet, with the titles of
/// their proofs.
struct Written {
    steps: Vec<Step>,
    titles: BTreeMap<AttachmentId, String>,
}

impl Desk<'_> {
    pub(super) fn protocol(&self, conn: &mut Conn, id: TrapId) -> StoreResult<Gathered> {
        let row = traps::find_trap(conn, self.reach(), id)?;
        let days = buckets::days_between(row.trap.started_at, row.trap.run_ends_at);
        if !buckets::are_settled(conn, self.client, &days)? {
            return Ok(Gathered::Wait);
        }
        let bait = baits::find_bait(conn, self.reach(), row.trap.bait)?;
        let prepared = preparations::find_preparation(conn, self.client, bait.id)?;
        let holder = prepared.as_ref().and_then(|row| row.applicant_id);
        let holder = holder.map(|id| applicants::find_applicant(conn, self.reach(), id));
        let protocol = protocols::find_protocol(conn, self.client, id)?;
        let mut written = Written {
            steps: protocol.as_ref().map_or(Ok(Vec::new()), |row| row.steps())?,
            titles: self.proofs(conn, id)?,
        };
        let recorder_proof = written.proof(StepKind::RecorderTest);
        let outgoing = self.outgoing(conn, &bait, &row)?;
        let state = row.state.as_ref();
        Ok(Facts::Protocol(ProtocolFacts {
            organisation: self.name.clone(),
            site: None,
            number: bait.number,
            operator: self.operator_of(conn, &bait)?,
            contract_holder: holder.transpose()?.map(|row| row.name),
            user: prepared.as_ref().and_then(|row| row.user_name.clone()),
            device: protocol.as_ref().and_then(|row| row.device.clone()),
            recorder_tested_at: row.trap.recorder_tested_at,
            recorder_proof,
            started_at: row.trap.started_at,
            steps: self.steps(conn, &row, &mut written)?,
            window: state.and_then(|state| state.window),
            missing: state.map(|state| state.missing.clone()).unwrap_or_default(),
            dealings: self.dealings(conn, &row, prepared.as_ref(), &outgoing)?,
            made_by: protocol.and_then(|row| row.performed_by),
        })
        .into())
    }

    /// The titles of the trap's attachments that count.
    fn proofs(&self, conn: &mut Conn, id: TrapId) -> StoreResult<BTreeMap<AttachmentId, String>> {
        let filter =
            AttachmentFilter { kind: Some(AttachmentSubject::Trap), subject: Some(RowId(id.0)) };
        let scans = list_attachments(conn, self.reach(), &filter, Page::WHOLE)?;
        let counting = scans.into_iter().filter(|scan| scan.withdrawn_because.is_none());
        Ok(counting.map(|scan| (scan.id, scan.title)).collect())
    }

    fn steps(
        &self,
        conn: &mut Conn,
        row: &TrapRow,
        written: &mut Written,
    ) -> StoreResult<Vec<ProtocolStep>> {
        let exposures = row.state.as_ref().map_or(&row.trap.exposures, |state| &state.exposures);
        let filter = CallFilter {
            bait: Some(row.trap.bait),
            from: Some(row.trap.started_at),
            to: Some(row.trap.run_ends_at),
            ..CallFilter::default()
        };
        let page = CallPage { after: None, limit: MAX_OUTGOING };
        let calls = list_calls(conn, self.reach(), &filter, page)?;
        let step = |exposure: &Exposure| ProtocolStep {
            kind: exposure.kind,
            at: exposure.at,
            seconds: exposure.seconds,
            counterpart: counterpart(exposure, &calls),
            proof: written.proof(step_kind(exposure.kind)),
        };
        Ok(exposures.iter().map(step).collect())
    }

    /// The bait's own calls up to the end of what was recorded.
    fn outgoing(
        &self,
        conn: &mut Conn,
        bait: &Bait,
        row: &TrapRow,
    ) -> StoreResult<Vec<JudgedCall>> {
        let filter = CallFilter {
            bait: Some(bait.id),
            direction: Some(Direction::Outgoing),
            to: Some(end_of(row)),
            ..CallFilter::default()
        };
        list_calls(conn, self.reach(), &filter, CallPage { after: None, limit: MAX_OUTGOING })
    }

    /// What could have given anybody else a reason to call.
    fn dealings(
        &self,
        conn: &mut Conn,
        row: &TrapRow,
        prepared: Option<&PreparationRow>,
        outgoing: &[JudgedCall],
    ) -> StoreResult<Vec<String>> {
        let mut told: Vec<(Instant, String)> = Vec::new();
        let own = own_numbers::list_own_numbers(conn, self.reach(), Page::WHOLE)?;
        for call in outgoing.iter().map(|judged| &judged.call) {
            let Some(number) = call.party.phone() else { continue };
            let is_own = own.iter().any(|row| row.to_domain().covers(number, call.started_at));
            if !is_own {
                told.push((call.started_at, format!("звонок на номер {}", printed_phone(number))));
            }
        }
        let baits: BTreeSet<_> = [row.trap.bait].into();
        for entry in contaminations::contaminations_of(conn, self.client, &baits, end_of(row))? {
            told.push((entry.occurred_at, self.contamination(conn, &entry)?));
        }
        told.sort();
        let mut sentences: Vec<String> =
            told.into_iter().map(|(at, what)| format!("{what} {}", self.moment(at))).collect();
        sentences.dedup();
        for found in prepared.map(PreparationRow::consents).transpose()?.flatten().iter().flatten()
        {
            let end = found.withdrawn_on.map_or_else(
                || "не отозвано".to_owned(),
                |day| format!("отозвано {}", printed_day(civil_date(day))),
            );
            sentences.push(format!("согласие на рекламу: {}, {end}", found.place));
        }
        Ok(sentences)
    }

    fn contamination(&self, conn: &mut Conn, entry: &ContaminationRow) -> StoreResult<String> {
        if let Some(number) = entry.number {
            return Ok(format!("звонок на номер {}", printed_phone(number)));
        }
        let company = entry.competitor_id;
        let company = company.map(|id| competitors::find_competitor(conn, self.reach(), id));
        let name = company.transpose()?.map(|company| company.name).unwrap_or_default();
        Ok(format!("посещение сайта другой организации ({name})"))
    }

    fn moment(&self, at: Instant) -> String {
        let local = at.to_timestamp().to_zoned_datetime(self.zone.clone());
        format!("{} в {}", printed_day(local.date()), local.strftime("%H:%M"))
    }
}

impl Written {
    /// The titles of what shows the next step of this kind.
    fn proof(&mut self, kind: StepKind) -> Option<String> {
        let place = self.steps.iter().position(|step| step.kind == kind)?;
        let step = self.steps.remove(place);
        let titles = step.proofs.iter().filter_map(|proof| self.titles.get(proof));
        let titles: Vec<&str> = titles.map(String::as_str).collect();
        (!titles.is_empty()).then(|| titles.join(", "))
    }
}

/// The first moment after what was recorded.
fn end_of(row: &TrapRow) -> Instant {
    let window = row.state.as_ref().and_then(|state| state.window);
    window.map_or(row.trap.run_ends_at, |window| window.to)
}

/// The other end of an own or return call, which the records of the bait have.
fn counterpart(exposure: &Exposure, calls: &[JudgedCall]) -> Option<baitline_domain::phone::Phone> {
    let direction = match exposure.kind {
        ExposureKind::OwnCall => Direction::Outgoing,
        ExposureKind::ReturnCall => Direction::Incoming,
        ExposureKind::SiteVisit | ExposureKind::Yandex | ExposureKind::Vk => return None,
    };
    let mut same = calls.iter().map(|judged| &judged.call);
    let call = same.find(|call| call.direction == direction && call.started_at == exposure.at)?;
    call.party.phone()
}

const fn step_kind(kind: ExposureKind) -> StepKind {
    match kind {
        ExposureKind::SiteVisit => StepKind::SiteVisit,
        ExposureKind::Yandex => StepKind::Yandex,
        ExposureKind::Vk => StepKind::Vk,
        ExposureKind::OwnCall => StepKind::OwnCall,
        ExposureKind::ReturnCall => StepKind::ReturnCall,
    }
}
