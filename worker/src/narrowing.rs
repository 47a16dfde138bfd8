//! Which calls an export is narrowed to, told by what is stored when it is asked.

use std::collections::BTreeSet;

use baitline_domain::ids::{BaitId, ClientId, CompetitorId, ComplaintId, ObservationId};
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::tally::{Hearing, Tally};
use baitline_store::exports::{ExportNarrowing, ExportRequest};
use baitline_store::models::JudgedCall;
use baitline_store::{Conn, StoreResult, complaints, preparations};

/// See the module; an absent field narrows nothing.
#[derive(Debug, Default)]
pub(crate) struct Narrowing {
    competitor: Option<CompetitorId>,
    caller_operator: Option<Inn>,
    /// The baits of one office.
    baits: Option<BTreeSet<BaitId>>,
    /// The complaint that says who signs.
    pub(crate) complaint: Option<ComplaintId>,
    /// The calls of complaints, by the ids under which those name them.
    calls: Option<BTreeSet<ObservationId>>,
    /// Who made those calls.
    pub(crate) callers: Option<BTreeSet<Phone>>,
}

impl Narrowing {
    /// As the client's baits stand in this transaction.
    pub(crate) fn of(
        conn: &mut Conn,
        client: ClientId,
        asked: &ExportNarrowing,
    ) -> StoreResult<Self> {
        let (complaint, state) = (asked.complaint, asked.complaint_state);
        let under = (complaint.is_some() || state.is_some())
            .then(|| complaints::calls_under(conn, client, complaint, state))
            .transpose()?;
        let of_office = |subject| preparations::baits_of_office(conn, client, subject);
        Ok(Self {
            competitor: asked.competitor,
            caller_operator: asked.caller_operator,
            baits: asked.office.map(of_office).transpose()?,
            complaint,
            calls: under.as_ref().map(|under| under.iter().map(|(call, _)| *call).collect()),
            callers: under.map(|under| under.into_iter().map(|(_, caller)| caller).collect()),
        })
    }

    /// Whether it leaves anything out.
    pub(crate) fn is_narrow(&self) -> bool {
        self.competitor.is_some()
            || self.caller_operator.is_some()
            || self.baits.is_some()
            || self.calls.is_some()
    }

    /// Whether the call is among them.
    pub(crate) fn holds(&self, judged: &JudgedCall) -> bool {
        judged
            .assessment
            .interception
            .as_ref()
            .is_some_and(|one| self.admits(judged.call.bait, one.caller_operator, &one.competitors))
            && self
                .calls
                .as_ref()
                .is_none_or(|calls| judged.call.observations.iter().any(|id| calls.contains(id)))
    }

    /// Whether a package of this request may hold calls of the tally.
    pub(crate) fn holds_tally(&self, tally: &Tally, request: &ExportRequest) -> bool {
        tally.hearing == Hearing::Advertising
            && !tally.attempt
            && request.verdicts.contains(&tally.verdict)
            && self.admits(tally.bait, tally.operator, &tally.competitors)
    }

    fn admits(&self, bait: BaitId, operator: Option<Inn>, competitors: &[CompetitorId]) -> bool {
        self.competitor.is_none_or(|wanted| competitors.contains(&wanted))
            && self.caller_operator.is_none_or(|wanted| operator == Some(wanted))
            && self.baits.as_ref().is_none_or(|baits| baits.contains(&bait))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_field_narrows_alone_and_none_narrows_nothing() {
        let bait = |number| BaitId(Uuid::from_u128(number));
        let competitor = CompetitorId(Uuid::from_u128(7));
        let [mts, other]: [Option<Inn>; 2] =
            ["7740000076", "7743895280"].map(|inn| Inn::parse(inn).ok());
        let everything = Narrowing::default();
        assert!(!everything.is_narrow());
        assert!(everything.admits(bait(1), None, &[]));
        let of_company = Narrowing { competitor: Some(competitor), ..Narrowing::default() };
        assert!(of_company.admits(bait(1), None, &[competitor]));
        assert!(!of_company.admits(bait(1), mts, &[]));
        let of_operator = Narrowing { caller_operator: mts, ..Narrowing::default() };
        assert!(of_operator.admits(bait(1), mts, &[]));
        assert!(
            !of_operator.admits(bait(1), other, &[]) && !of_operator.admits(bait(1), None, &[])
        );
        let of_office = Narrowing { baits: Some([bait(1)].into()), ..Narrowing::default() };
        assert!(of_office.admits(bait(1), None, &[]) && !of_office.admits(bait(2), mts, &[]));
        assert!(of_company.is_narrow() && of_operator.is_narrow() && of_office.is_narrow());
    }
}
