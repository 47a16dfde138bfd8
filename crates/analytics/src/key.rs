//! What a line of the report of offenders is: a number, a company, a place, a
//! time. It does not know what is counted of it.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::ids::{ClientId, CompetitorId};
use baitline_domain::instant::{Instant, first_of_month, monday_of};
use baitline_domain::operator::{Inn, OperatorEntity, Operators};
use baitline_domain::phone::Phone;

use crate::Question;
use crate::groups::Dense;
use crate::rows::{Described, Repeated, Rows};

/// The most numbers of one line.
pub(crate) const MOST_IN_LINE: u64 = 100;

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GroupBy {
    /// A caller's number.
    #[default]
    Number,
    /// Ten numbers that differ in their last digit: a call centre's pool of
    /// numbers shows there.
    BlockOfTen,
    /// A hundred numbers that differ in their last two digits.
    BlockOfHundred,
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
    /// How many neighbouring numbers share a line, where numbers make lines; no more
    /// than [`MOST_IN_LINE`].
    pub(crate) fn numbers_in_line(self) -> Option<u64> {
        match self {
            Self::Number => Some(1),
            Self::BlockOfTen => Some(10),
            Self::BlockOfHundred => Some(MOST_IN_LINE),
            _ => None,
        }
    }

    /// The columns that tell a call's lines.
    pub(crate) fn columns(self) -> Vec<Described> {
        match self {
            Self::Competitor => vec![Described::Competitors],
            Self::Operator | Self::OperatorGroup => vec![Described::Operator],
            Self::Region => vec![Described::Region],
            _ => Vec::new(),
        }
    }

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
    /// A block of 10 or 100 numbers.
    Block {
        /// The smallest of them.
        first: Phone,
        /// The largest of them.
        last: Phone,
    },
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

    /// The companies that a number belonged to, each once.
    pub(crate) fn companies_of(
        &self,
        client: ClientId,
        competitors: &[CompetitorId],
    ) -> BTreeSet<CompetitorKey> {
        competitors.iter().map(|one| self.company_of(client, *one)).collect()
    }

    fn operator_entity(&self, inn: Inn) -> OperatorEntity {
        self.operators.get(&inn).cloned().unwrap_or(OperatorEntity::Single(inn))
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

/// The codes of the lines met so far.
pub(crate) enum Keys {
    /// Lines of so many neighbouring numbers.
    Numbers(u64, Dense),
    /// Any others.
    Others(HashMap<OffenderKey, u32>),
}

/// The lines that each row counts in.
pub(crate) struct Lines {
    of: LinesOf,
    /// Whether the row is its company's that is asked for.
    asked: Option<Repeated<bool>>,
}

enum LinesOf {
    One(Vec<u32>),
    Several(Repeated<Vec<u32>>),
}

impl Lines {
    /// None for a call of nobody's number, or of another company than asked.
    pub(crate) fn at(&self, row: usize) -> &[u32] {
        match &self.of {
            _ if self.asked.as_ref().is_some_and(|asked| !asked.at(row)) => &[],
            LinesOf::One(lines) => std::slice::from_ref(&lines[row]),
            LinesOf::Several(lines) => lines.at(row),
        }
    }
}

impl Keys {
    /// None met yet.
    pub(crate) fn of(group_by: GroupBy) -> Self {
        match group_by.numbers_in_line() {
            Some(size) => Self::Numbers(size, Dense::default()),
            None => Self::Others(HashMap::new()),
        }
    }

    /// The lines of rows whose callers all have numbers. `clients` are in order
    /// of their codes.
    pub(crate) fn lines(
        &mut self,
        rows: &Rows,
        question: &Question,
        clients: &[ClientId],
    ) -> Lines {
        let of = match self {
            Self::Numbers(size, numbers) => LinesOf::One(blocks(rows, *size, numbers)),
            Self::Others(codes) => LinesOf::Several(lines(rows, question, clients, codes)),
        };
        Lines { of, asked: asked_for(rows, question) }
    }

    /// The line of a number, where numbers make lines.
    pub(crate) fn number(&mut self, caller: u64) -> Option<u32> {
        match self {
            Self::Numbers(size, numbers) => Some(numbers.code(caller / *size)),
            Self::Others(_) => None,
        }
    }

    /// Takes over the other's lines, and says what each is called here.
    pub(crate) fn merge(&mut self, other: Self) -> Vec<u32> {
        match (self, other) {
            (Self::Numbers(_, mine), Self::Numbers(_, theirs)) => mine.merge(theirs),
            (Self::Others(mine), Self::Others(theirs)) => {
                let mut names = vec![0; theirs.len()];
                for (key, code) in theirs {
                    names[code as usize] = code_of(mine, key);
                }
                names
            }
            // Both come from one question.
            _ => Vec::new(),
        }
    }

    /// The lines by their codes. Keys of numbers are made as they are taken: there may
    /// be half a million.
    pub(crate) fn into_keys(self) -> Box<dyn Iterator<Item = Option<OffenderKey>> + Send> {
        match self {
            Self::Numbers(size, numbers) => {
                Box::new(numbers.into_values().into_iter().map(move |block| number(block, size)))
            }
            Self::Others(codes) => {
                let mut coded: Vec<(OffenderKey, u32)> = codes.into_iter().collect();
                coded.sort_unstable_by_key(|(_, code)| *code);
                Box::new(coded.into_iter().map(|(key, _)| Some(key)))
            }
        }
    }
}

/// Whether each row is the company's that is asked for; `None` where none is.
pub(crate) fn asked_for(rows: &Rows, question: &Question) -> Option<Repeated<bool>> {
    question.scope.competitor.map(|company| {
        rows.competitors.map(|(client, competitors)| {
            question.entities.companies_of(*client, competitors).contains(&company)
        })
    })
}

fn blocks(rows: &Rows, size: u64, numbers: &mut Dense) -> Vec<u32> {
    let mut before = (None, 0);
    let block = |caller: u64| {
        // Segments are sorted by caller: most rows are of the one before.
        if before.0 != Some(caller) {
            before = (Some(caller), numbers.code(caller / size));
        }
        before.1
    };
    rows.facts.iter().map(|fact| fact.caller).map(block).collect()
}

/// A block of numbers has as many digits as each of them, so that its ends are
/// numbers, too.
fn number(block: u64, size: u64) -> Option<OffenderKey> {
    let first = Phone::from_digits(block * size)?;
    let last = Phone::from_digits(block * size + (size - 1))?;
    Some(if size == 1 { OffenderKey::Number(first) } else { OffenderKey::Block { first, last } })
}

fn lines(
    rows: &Rows,
    question: &Question,
    clients: &[ClientId],
    codes: &mut HashMap<OffenderKey, u32>,
) -> Repeated<Vec<u32>> {
    let entities = &question.entities;
    let mut line = |key| vec![code_of(codes, key)];
    let days = || Repeated::of(rows.facts.iter().map(|fact| fact.local_day));
    match question.group_by {
        GroupBy::Competitor => rows.competitors.map(|(client, competitors)| {
            let companies = entities.companies_of(*client, competitors).into_iter();
            let only = question.scope.competitor;
            let asked = companies.filter(|one| only.is_none_or(|only| only == *one));
            asked.map(|one| code_of(codes, OffenderKey::Competitor(one))).collect()
        }),
        GroupBy::Operator => rows.operators.map(|inn| line(OffenderKey::Operator(*inn))),
        GroupBy::OperatorGroup => rows.operators.map(|inn| {
            line(OffenderKey::OperatorGroup(inn.map(|inn| entities.operator_entity(inn))))
        }),
        GroupBy::Region => rows.regions.map(|region| line(OffenderKey::Region(region.clone()))),
        GroupBy::Client => Repeated::of(rows.facts.iter().map(|fact| fact.client))
            .map(|client| line(OffenderKey::Client(clients[*client as usize]))),
        GroupBy::Day => days().map(|day| line(OffenderKey::Day(*day))),
        GroupBy::Week => days().map(|day| line(OffenderKey::Week(monday_of(*day)))),
        GroupBy::Month => days().map(|day| line(OffenderKey::Month(first_of_month(*day)))),
        GroupBy::Number | GroupBy::BlockOfTen | GroupBy::BlockOfHundred => Repeated::default(),
    }
}

fn code_of(codes: &mut HashMap<OffenderKey, u32>, key: OffenderKey) -> u32 {
    let next = codes.len() as u32;
    *codes.entry(key).or_insert(next)
}
