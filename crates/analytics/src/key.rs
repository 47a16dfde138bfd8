//! What a line of the report of offenders is: a number, a company, a place, a
//! time. It does not know what is counted of it.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::ids::{ClientId, CompetitorId};
use baitline_domain::instant::{Instant, first_of_month, monday_of};
use baitline_domain::operator::{Inn, OperatorEntity, Operators};
use baitline_domain::phone::Phone;

use crate::{Question, Tally};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupBy {
    /// A caller's number.
    #[default]
    Number,
    /// The ten numbers that differ from a caller's in the last digit: a call
    /// centre's pool of numbers shows there.
    Block10,
    /// The hundred numbers that differ from it in the last two.
    Block100,
    /// A company, through the numbers that belong to it.
    Competitor,
    /// The operator that callers' numbers belong to.
    Operator,
    /// That operator's group, or the operator where it stands in none.
    OperatorGroup,
    /// The region of the callers' ranges.
    Region,
    /// The client whose baits were called.
    Client,
    /// The client's civil day.
    Day,
    /// The client's week, from Monday.
    Week,
    /// The client's month.
    Month,
}

impl GroupBy {
    /// Whether a line can be a repeat offender: only callers and companies can.
    /// Not a block, whose other numbers may be anybody's.
    pub fn has_standing(self) -> bool {
        matches!(self, Self::Number | Self::Competitor)
    }
}

/// A company, whoever's competitor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CompetitorKey {
    /// The company with this ИНН, which may compete with several clients.
    Company(Inn),
    /// One client's competitor whose ИНН is not known: it may or may not be the
    /// company of another client's list, so it stands for itself.
    Unidentified(ClientId, CompetitorId),
}

/// Who, where or when an [`crate::Offender`] is; in this order among equals.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OffenderKey {
    /// A caller's number.
    Number(Phone),
    /// Ten numbers, by the digits that they have in common.
    Block10(u64),
    /// A hundred numbers, likewise.
    Block100(u64),
    /// A company.
    Competitor(CompetitorKey),
    /// An operator; `None` gathers the callers whose operator is not known.
    Operator(Option<Inn>),
    /// A group or a single operator; `None` as for an operator.
    OperatorGroup(Option<OperatorEntity>),
    /// A region as the registry names it; `None` where none is known.
    Region(Option<String>),
    /// A client.
    Client(ClientId),
    /// A local day, in days since 1970-01-01.
    Day(i32),
    /// A week by its Monday.
    Week(i32),
    /// A month by its first day.
    Month(i32),
}

/// Who is one and the same: what the tallies themselves do not tell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entities {
    /// The ИНН of each competitor that has one.
    pub companies: HashMap<CompetitorId, Inn>,
    /// The group of each operator that stands in one, or the operator itself.
    pub operators: HashMap<Inn, OperatorEntity>,
}

impl Entities {
    /// With the groups that these operators stand in at a moment.
    #[must_use]
    pub fn grouped_by(mut self, operators: &Operators, at: Instant) -> Self {
        let inns = operators.iter().map(|entry| entry.operator.inn);
        let entities = inns.map(|inn| (inn, operators.entity_of(inn, at)));
        self.operators = entities.collect();
        self
    }

    /// The key of one client's competitor.
    pub fn company_of(&self, client: ClientId, competitor: CompetitorId) -> CompetitorKey {
        match self.companies.get(&competitor) {
            Some(inn) => CompetitorKey::Company(*inn),
            None => CompetitorKey::Unidentified(client, competitor),
        }
    }

    fn operator_entity(&self, inn: Inn) -> OperatorEntity {
        self.operators.get(&inn).cloned().unwrap_or(OperatorEntity::Single(inn))
    }

    /// The companies that a tally's number belonged to, each once.
    fn companies_of(&self, tally: &Tally) -> BTreeSet<CompetitorKey> {
        tally.competitors.iter().map(|one| self.company_of(tally.client, *one)).collect()
    }
}

/// Which calls a report is about; what is absent narrows nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Scope {
    /// Of callers of this operator.
    pub operator: Option<Inn>,
    /// To baits of this operator.
    pub bait_operator: Option<Inn>,
    /// Of callers of this region.
    pub region: Option<String>,
    /// Of numbers that belonged to this company.
    pub competitor: Option<CompetitorKey>,
}

impl Scope {
    /// Whether the tally's calls are among those asked for.
    pub fn holds(&self, tally: &Tally, entities: &Entities) -> bool {
        self.operator.is_none_or(|operator| tally.operator == Some(operator))
            && self.bait_operator.is_none_or(|operator| tally.bait_operator == Some(operator))
            && (self.region.is_none() || tally.region == self.region)
            && self.competitor.is_none_or(|company| entities.companies_of(tally).contains(&company))
    }
}

/// The lines that a tally counts in: none for a caller without a number, who is
/// no offender, or for one that is nobody's where companies are asked for.
pub(crate) fn keys_of(tally: &Tally, question: &Question) -> Vec<OffenderKey> {
    let Some(caller) = tally.caller else { return Vec::new() };
    let Question { scope, entities, .. } = question;
    if !scope.holds(tally, entities) {
        return Vec::new();
    }
    vec![match question.group_by {
        GroupBy::Competitor => {
            let companies = entities.companies_of(tally).into_iter();
            let asked = companies.filter(|one| scope.competitor.is_none_or(|only| only == *one));
            return asked.map(OffenderKey::Competitor).collect();
        }
        GroupBy::Number => OffenderKey::Number(caller),
        GroupBy::Block10 => OffenderKey::Block10(caller.digits() / 10),
        GroupBy::Block100 => OffenderKey::Block100(caller.digits() / 100),
        GroupBy::Operator => OffenderKey::Operator(tally.operator),
        GroupBy::OperatorGroup => {
            OffenderKey::OperatorGroup(tally.operator.map(|inn| entities.operator_entity(inn)))
        }
        GroupBy::Region => OffenderKey::Region(tally.region.clone()),
        GroupBy::Client => OffenderKey::Client(tally.client),
        GroupBy::Day => OffenderKey::Day(tally.local_day),
        GroupBy::Week => OffenderKey::Week(monday_of(tally.local_day)),
        GroupBy::Month => OffenderKey::Month(first_of_month(tally.local_day)),
    }]
}

/// Calls that a report by company counts in no line, or in more than one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Overlap {
    /// Of numbers that belonged to no company.
    pub unattributed: Apart,
    /// Of numbers that belonged to several at once.
    pub shared: Apart,
}

/// Calls told beside the lines of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Apart {
    /// Counted interceptions.
    pub interceptions: u64,
    /// Distinct numbers of those.
    pub callers: u64,
    /// Calls of any kind.
    pub calls: u64,
    /// Distinct numbers of calls of any kind.
    pub all_callers: u64,
}

/// What a report by company counts in no line, and what in several.
pub fn overlap(tallies: &[Tally], question: &Question) -> Overlap {
    let (mut unattributed, mut shared) = (Gathered::default(), Gathered::default());
    for tally in tallies {
        let Some(caller) = tally.caller else { continue };
        if !question.scope.holds(tally, &question.entities) {
            continue;
        }
        match question.entities.companies_of(tally).len() {
            0 => unattributed.add(caller, tally, question),
            1 => {}
            _ => shared.add(caller, tally, question),
        }
    }
    Overlap { unattributed: unattributed.apart(), shared: shared.apart() }
}

#[derive(Default)]
struct Gathered {
    apart: Apart,
    callers: BTreeSet<Phone>,
    all_callers: BTreeSet<Phone>,
}

impl Gathered {
    fn add(&mut self, caller: Phone, tally: &Tally, question: &Question) {
        self.apart.calls += u64::from(tally.calls);
        self.all_callers.insert(caller);
        if crate::offenders::is_counted(tally, &question.verdicts) {
            self.apart.interceptions += u64::from(tally.calls);
            self.callers.insert(caller);
        }
    }

    fn apart(self) -> Apart {
        Apart {
            callers: self.callers.len() as u64,
            all_callers: self.all_callers.len() as u64,
            ..self.apart
        }
    }
}
