//! The papers that go with an application: the protocols of the traps that its calls
//! belong to, and the comparisons with the statements that cover them.

use std::collections::BTreeSet;

use baitline_domain::ids::{BaitId, TrapId};
use baitline_evidence::papers::{ComparisonFacts, ProtocolFacts};
use baitline_store::models::{JudgedCall, StatementRow};
use baitline_store::{Conn, StoreResult, gate};

use super::{Desk, Facts, Gathered};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct EnclosedPapers {
    pub(crate) protocols: Vec<ProtocolFacts>,
    pub(crate) comparisons: Vec<ComparisonFacts>,
}

impl Desk<'_> {
    /// Those of these interceptions; `None` while days of theirs wait to be derived.
    /// A paper that cannot be made is left out: the gate says what is missing.
    pub(crate) fn enclosed(
        &self,
        conn: &mut Conn,
        found: &[JudgedCall],
    ) -> StoreResult<Option<EnclosedPapers>> {
        let mut papers = EnclosedPapers::default();
        for trap in traps_of(found) {
            match self.protocol(conn, trap)? {
                Gathered::Wait => return Ok(None),
                Gathered::Nothing(_) => {}
                Gathered::Facts(facts) => papers.add(*facts),
            }
        }
        for row in self.statements(conn, found)? {
            match self.comparison(conn, row.id)? {
                Gathered::Wait => return Ok(None),
                Gathered::Nothing(_) => {}
                Gathered::Facts(facts) => papers.add(*facts),
            }
        }
        papers.protocols.sort_by_key(|one| (one.started_at, one.number));
        papers.comparisons.sort_by_key(|one| (one.period.from, one.number));
        Ok(Some(papers))
    }

    /// The statements that cover any of the calls.
    fn statements(&self, conn: &mut Conn, found: &[JudgedCall]) -> StoreResult<Vec<StatementRow>> {
        let baits: BTreeSet<BaitId> = found.iter().map(|judged| judged.call.bait).collect();
        let mut rows = gate::statements_of(conn, self.client, &baits)?;
        let covers = |row: &StatementRow| {
            found.iter().map(|judged| &judged.call).any(|call| {
                let at = call.started_at;
                call.bait == row.bait_id && row.from_at <= at && at < row.to_at
            })
        };
        rows.retain(covers);
        Ok(rows)
    }
}

impl EnclosedPapers {
    fn add(&mut self, facts: Facts) {
        match facts {
            Facts::Protocol(facts) => self.protocols.push(facts),
            Facts::Comparison(facts) => self.comparisons.push(facts),
            // Nothing else is asked for here.
            _ => {}
        }
    }
}

fn traps_of(found: &[JudgedCall]) -> BTreeSet<TrapId> {
    let interceptions = found.iter().filter_map(|judged| judged.assessment.interception.as_ref());
    interceptions.map(|interception| interception.trap).collect()
}
