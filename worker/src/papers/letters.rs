//! The letter to the operator, the form of consent and the note for whoever
//! answers.

use std::collections::{BTreeMap, BTreeSet};

use baitline_domain::ids::{ApplicantId, BaitId, InquiryId};
use baitline_domain::instant::{Instant, civil_date};
use baitline_domain::limitation::limitation_day;
use baitline_evidence::dossier::{OperatorFacts, Period};
use baitline_evidence::papers::{ConsentFacts, Contract, InquiryCall, InquiryFacts, ScriptFacts};
use baitline_store::models::{Bait, InquiryCallRow};
use baitline_store::papers::baits_of_holder;
use baitline_store::{
    Conn, Page, StoreError, StoreResult, baits, calls, inquiries, operators, preparations,
    statements,
};
use jiff::ToSpan;
use jiff::tz::TimeZone;

use super::{Desk, Facts, Gathered};
use crate::dossier::operator_facts;
use crate::filer::Filer;

/// An operator that no list names: its ИНН stands beside.
const UNNAMED_OPERATOR: &str = "Оператор связи";

impl Desk<'_> {
    pub(super) fn inquiry(&self, conn: &mut Conn, id: InquiryId) -> StoreResult<Gathered> {
        let row = inquiries::find_inquiry(conn, self.reach(), id)?;
        let rows = inquiries::calls_of_inquiry(conn, self.client, id)?;
        let known = self.baits_of(conn, rows.iter().map(|call| call.bait_id))?;
        let mut asked = Vec::new();
        for call in &rows {
            let judged = calls::find_call(conn, self.reach(), call.call_id)?;
            let bait = known.get(&call.bait_id).ok_or(StoreError::NotFound)?;
            asked.push(InquiryCall {
                started_at: call.started_at,
                caller: call.caller,
                called: bait.number,
                connected_seconds: judged.call.connected_seconds,
            });
        }
        let today = limitation_day(self.at);
        let filer = Filer::usual(conn, self.client, row.applicant_id, today)?;
        let operators = operators::known_operators(conn)?;
        let operator =
            operator_facts(&operators, Some(row.operator), self.at, Some(UNNAMED_OPERATOR));
        Ok(Facts::Inquiry(InquiryFacts {
            operator: operator.ok_or(StoreError::NotFound)?,
            // Where operators take letters was not found; the lawyer enters it.
            operator_address: None,
            applicant: filer.applicant,
            representative: filer.representative,
            outgoing_number: row.number,
            contracts: self.contracts(conn, known.values())?,
            statement_period: self.uncovered(conn, &rows)?,
            calls: asked,
            enclosures: Vec::new(),
        })
        .into())
    }

    pub(super) fn consent(
        &self,
        conn: &mut Conn,
        id: ApplicantId,
        bait: Option<BaitId>,
    ) -> StoreResult<Gathered> {
        let today = limitation_day(self.at);
        let filer = Filer::usual(conn, self.client, id, today)?;
        let named = baits_of_holder(conn, self.client, id, bait)?;
        if named.is_empty() && bait.is_some() {
            return Ok(Gathered::Nothing("The applicant does not hold the contract of this bait."));
        }
        let known = self.baits_of(conn, named.into_iter())?;
        Ok(Facts::Consent(ConsentFacts {
            subscriber: filer.applicant,
            office: filer.office,
            contracts: self.contracts(conn, known.values())?,
            period: None,
        })
        .into())
    }

    pub(super) fn script(&self, conn: &mut Conn, bait: Option<BaitId>) -> StoreResult<Gathered> {
        let bait = bait.map(|id| baits::find_bait(conn, self.reach(), id)).transpose()?;
        Ok(Facts::Script(ScriptFacts { number: bait.map(|bait| bait.number) }).into())
    }

    fn baits_of(
        &self,
        conn: &mut Conn,
        ids: impl Iterator<Item = BaitId>,
    ) -> StoreResult<BTreeMap<BaitId, Bait>> {
        let ids: BTreeSet<BaitId> = ids.collect();
        ids.into_iter().map(|id| Ok((id, baits::find_bait(conn, self.reach(), id)?))).collect()
    }

    /// The contracts of these baits as far as they are known, in order of number.
    fn contracts<'a>(
        &self,
        conn: &mut Conn,
        known: impl Iterator<Item = &'a Bait>,
    ) -> StoreResult<Vec<Contract>> {
        let mut contracts = Vec::new();
        for bait in known {
            let prepared = preparations::find_preparation(conn, self.client, bait.id)?;
            contracts.push(Contract {
                number: bait.number,
                contract_number: prepared.as_ref().and_then(|row| row.contract_number.clone()),
                signed_on: prepared.and_then(|row| row.contract_on).map(civil_date),
            });
        }
        contracts.sort_by_key(|contract| contract.number);
        Ok(contracts)
    }

    /// The days of the calls that no statement covers yet: for those the letter
    /// asks for one.
    fn uncovered(&self, conn: &mut Conn, rows: &[InquiryCallRow]) -> StoreResult<Option<Period>> {
        let mut bare: Vec<Instant> = Vec::new();
        for call in rows {
            let known =
                statements::list_statements(conn, self.reach(), Some(call.bait_id), Page::WHOLE)?;
            let is_covered = known.iter().any(|row| {
                row.withdrawn_because.is_none()
                    && row.from_at <= call.started_at
                    && call.started_at < row.to_at
            });
            bare.extend((!is_covered).then_some(call.started_at));
        }
        if bare.is_empty() { Ok(None) } else { days_around(bare.into_iter(), &self.zone).map(Some) }
    }

    /// The operator of a bait as papers name it.
    pub(super) fn operator_of(
        &self,
        conn: &mut Conn,
        bait: &Bait,
    ) -> StoreResult<Option<OperatorFacts>> {
        let operators = operators::known_operators(conn)?;
        let name = bait.operator.map(|_| UNNAMED_OPERATOR);
        Ok(operator_facts(&operators, bait.operator, self.at, name))
    }
}

/// From the beginning of the first moment's local day to the end of the last's.
pub(super) fn days_around(
    moments: impl Iterator<Item = Instant>,
    zone: &TimeZone,
) -> StoreResult<Period> {
    let moments: BTreeSet<Instant> = moments.collect();
    let (first, last) = moments.first().zip(moments.last()).ok_or(StoreError::NotFound)?;
    let day = |at: &Instant| zone.to_datetime(at.to_timestamp()).date();
    let midnight = |day: jiff::civil::Date| {
        let start = day.to_zoned_datetime(zone.clone());
        start.map(|start| Instant::from(start.timestamp())).map_err(beyond)
    };
    let after = day(last).checked_add(1.day()).map_err(beyond)?;
    Ok(Period { from: midnight(day(first))?, to: midnight(after)? })
}

fn beyond(error: jiff::Error) -> StoreError {
    StoreError::Corrupt(format!("a day beyond the calendar: {error}"))
}
