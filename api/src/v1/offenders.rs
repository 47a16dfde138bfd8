//! The lines of the report of repeat offenders, as JSON and as cells of a table.

use std::collections::HashMap;

use baitline_analytics::table::{Cell, Column, Kind};
use baitline_analytics::{
    Apart, CompetitorKey, Entities, Offender, OffenderKey, Overlap, VerdictCounts,
};
use baitline_domain::ids::ClientId;
use baitline_domain::operator::{Inn, OperatorEntity, Operators};
use baitline_domain::phone::Phone;
use baitline_store::models::Competitor;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::operator_views::{OperatorView, operator_cells, operator_view};
use crate::fields::{CivilDay, InnText, PhoneNumber, Time};
use crate::words::{GroupByWord, StandingWord};

/// Repeat offenders of a period.
#[derive(Serialize, ToSchema)]
#[schema(examples(json!({
    "from": "2026-09-01T00:00:00Z",
    "to": "2026-11-01T00:00:00Z",
    "group_by": "number",
    "pending_days": 0,
    "total": 1,
    "unattributed": null,
    "shared": null,
    "next_cursor": null,
    "offenders": [{
        "standing": "repeat_offender",
        "number": "+79160000001",
        "block": null,
        "competitor": null,
        "operator": {"inn": "7740000076", "name": "ПАО «МТС»", "brand": "МТС", "group": "mts"},
        "operator_group": null,
        "region": null,
        "client": null,
        "day": null,
        "interceptions": 5,
        "traps": 4,
        "baits": 3,
        "clients": 2,
        "days": 5,
        "callers": 1,
        "all_callers": 1,
        "prior_contact": 0,
        "candidates": 1,
        "unheard_invalid": 0,
        "other_heard": 0,
        "attempts": 2,
        "other_verdicts": {
            "foreign_group": 0, "foreign_entity": 0, "same_group": 0, "inconclusive": 0,
            "invalid": 0
        },
        "first_at": "2026-09-03T08:05:00Z",
        "last_at": "2026-10-20T12:41:00Z"
    }]
})))]
pub(crate) struct OffenderReport {
    /// The period's beginning.
    pub(super) from: Time,
    /// The first moment after the period.
    pub(super) to: Time,
    /// What a line is.
    pub(super) group_by: GroupByWord,
    /// How many touched days the worker has still to recompute; at 0 the
    /// report counts everything acknowledged before it was asked for.
    pub(super) pending_days: i64,
    /// How many lines there are on all pieces.
    pub(super) total: usize,
    /// Where companies are reported: the calls of numbers that belonged to none,
    /// which are in no line, for nobody is accused by absence. Null otherwise.
    pub(super) unattributed: Option<ApartView>,
    /// Where companies are reported: the calls of numbers that belonged to
    /// several at once. Each of them is in the line of every one, so the lines
    /// add up to more than there were. Null otherwise.
    pub(super) shared: Option<ApartView>,
    /// Leads to the next piece; null at the end.
    pub(super) next_cursor: Option<String>,
    /// The lines, in the order asked for.
    pub(super) offenders: Vec<OffenderView>,
}

/// One line of the report: who, where or when is in the field that `group_by`
/// names, and the others are null. An interception is counted when it was answered,
/// advertising was heard in it, and its verdict is among those asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = Offender)]
pub(crate) struct OffenderView {
    /// What the counts come to; null where the line is neither a number nor a
    /// company.
    standing: Option<StandingWord>,
    /// The caller's number, where numbers are reported.
    number: Option<PhoneNumber>,
    /// The block of numbers, where blocks are reported.
    block: Option<BlockView>,
    /// The company, where competitors are reported.
    competitor: Option<CompanyView>,
    /// The operator of the number's latest call, or the one reported. With
    /// groups, an operator that stands in none. Null where it is not known.
    operator: Option<OperatorView>,
    /// The group, where groups are reported.
    operator_group: Option<String>,
    /// The region of the callers' ranges as the registry names it, where regions
    /// are reported; null there where none is known.
    region: Option<String>,
    /// The client, where clients are reported.
    client: Option<ClientName>,
    /// The local day, or the first one of the week or month, where these are
    /// reported. A day is the civil day of the client whose bait was called.
    day: Option<CivilDay>,
    /// Counted interceptions.
    interceptions: u64,
    /// Distinct traps of the counted ones without prior contact.
    traps: u64,
    /// Distinct baits of the counted ones.
    baits: u64,
    /// Distinct clients of the counted ones.
    clients: u64,
    /// Distinct local days of the counted ones.
    days: u64,
    /// Distinct numbers of the counted ones: how many offenders there are.
    callers: u64,
    /// Distinct numbers of calls of any kind.
    all_callers: u64,
    /// Counted ones with prior contact.
    prior_contact: u64,
    /// Answered and not heard yet.
    candidates: u64,
    /// Answered and not heard yet, from a number that cannot be a caller's.
    unheard_invalid: u64,
    /// Answered, but what was heard is no advertising.
    other_heard: u64,
    /// Not answered.
    attempts: u64,
    /// Advertising calls with verdicts that are not counted.
    other_verdicts: VerdictCountsView,
    /// When the earliest call of any kind began.
    first_at: Time,
    /// When the latest call of any kind began.
    last_at: Time,
}

/// Calls by verdict. In `other_verdicts` a verdict that is counted is zero.
#[derive(Serialize, ToSchema)]
#[schema(as = VerdictCounts)]
pub(crate) struct VerdictCountsView {
    /// With the verdict `foreign_group`.
    foreign_group: u64,
    /// With the verdict `foreign_entity`.
    foreign_entity: u64,
    /// With the verdict `same_group`.
    same_group: u64,
    /// With the verdict `inconclusive`.
    inconclusive: u64,
    /// With the verdict `invalid`.
    invalid: u64,
}

impl From<VerdictCounts> for VerdictCountsView {
    fn from(counts: VerdictCounts) -> Self {
        let VerdictCounts { foreign_group, foreign_entity, same_group, inconclusive, invalid } =
            counts;
        Self { foreign_group, foreign_entity, same_group, inconclusive, invalid }
    }
}

impl VerdictCountsView {
    /// The cells of a table, in the order of the fields.
    pub(super) fn cells(&self) -> [Cell; 5] {
        [self.foreign_group, self.foreign_entity, self.same_group, self.inconclusive, self.invalid]
            .map(Cell::Count)
    }
}

/// Numbers that differ in their last digits alone. A call centre's pool of
/// numbers shows there, but a block is nobody: another of its numbers may be
/// anybody's.
#[derive(Serialize, ToSchema)]
#[schema(as = NumberBlock)]
pub(crate) struct BlockView {
    /// Its first number.
    first: PhoneNumber,
    /// Its last number.
    last: PhoneNumber,
    /// How many numbers it has.
    numbers: u64,
}

impl BlockView {
    fn of(first: Phone, last: Phone) -> Self {
        let numbers = last.digits() - first.digits() + 1;
        Self { first: PhoneNumber(first), last: PhoneNumber(last), numbers }
    }
}

/// A company that competes with clients. Competitors of several clients with
/// one ИНН are one company; one without ИНН stands for itself.
#[derive(Serialize, ToSchema)]
#[schema(as = CompanyOfReport)]
pub(crate) struct CompanyView {
    /// Its ИНН, where it is known.
    inn: Option<InnText>,
    /// Its name, as the competitor that was entered first has it.
    name: String,
    /// The competitors within reach that are this company.
    competitors: Vec<CompetitorRef>,
}

/// One client's competitor.
#[derive(Serialize, ToSchema)]
pub(crate) struct CompetitorRef {
    /// The competitor.
    id: Uuid,
    /// Whose competitor it is.
    client_id: Uuid,
}

/// A client by its name.
#[derive(Serialize, ToSchema)]
pub(crate) struct ClientName {
    /// The client.
    id: Uuid,
    /// Its name.
    name: String,
}

/// Calls told beside the lines.
#[derive(Serialize, ToSchema)]
#[schema(as = CallsApart)]
pub(crate) struct ApartView {
    /// Counted interceptions.
    interceptions: u64,
    /// Distinct numbers of those.
    callers: u64,
    /// Calls of any kind.
    calls: u64,
    /// Distinct numbers of calls of any kind.
    all_callers: u64,
}

impl From<Apart> for ApartView {
    fn from(apart: Apart) -> Self {
        let Apart { interceptions, callers, calls, all_callers } = apart;
        Self { interceptions, callers, calls, all_callers }
    }
}

impl ApartView {
    /// As whoever opens a file reads them.
    pub(super) fn about(&self, what: &str) -> [(String, Cell); 4] {
        let Self { interceptions, callers, calls, all_callers } = *self;
        [
            (format!("{what}_interceptions"), Cell::Count(interceptions)),
            (format!("{what}_callers"), Cell::Count(callers)),
            (format!("{what}_calls"), Cell::Count(calls)),
            (format!("{what}_all_callers"), Cell::Count(all_callers)),
        ]
    }
}

/// The calls beside the lines, which only a report of companies has.
pub(super) fn apart_views(overlap: Option<Overlap>) -> (Option<ApartView>, Option<ApartView>) {
    (
        overlap.map(|overlap| overlap.unattributed.into()),
        overlap.map(|overlap| overlap.shared.into()),
    )
}

/// What a line is called beside its key.
pub(super) struct Names<'a> {
    pub(super) operators: &'a Operators,
    /// The operator of each caller's latest call.
    pub(super) latest: HashMap<Phone, Inn>,
    /// What each company was entered as, in order of entry.
    pub(super) companies: HashMap<CompetitorKey, Vec<Competitor>>,
    pub(super) clients: HashMap<ClientId, String>,
}

/// The competitors that are each company.
pub(super) fn companies(
    competitors: Vec<Competitor>,
    entities: &Entities,
) -> HashMap<CompetitorKey, Vec<Competitor>> {
    let mut companies: HashMap<CompetitorKey, Vec<Competitor>> = HashMap::new();
    for one in competitors {
        companies.entry(entities.company_of(one.client_id, one.id)).or_default().push(one);
    }
    companies
}

impl Names<'_> {
    fn company(&self, key: CompetitorKey) -> CompanyView {
        let entered = self.companies.get(&key).map_or(&[][..], Vec::as_slice);
        CompanyView {
            inn: match key {
                CompetitorKey::Company(inn) => Some(InnText(inn)),
                CompetitorKey::Unidentified(..) => None,
            },
            name: entered.first().map(|one| one.name.clone()).unwrap_or_default(),
            competitors: entered
                .iter()
                .map(|one| CompetitorRef { id: one.id.0, client_id: one.client_id.0 })
                .collect(),
        }
    }

    /// One line as the wire has it.
    pub(super) fn offender_view(&self, offender: Offender) -> OffenderView {
        let mut view = view_of(&offender);
        let operator = |inn| operator_view(self.operators, inn, offender.last_at);
        match offender.key {
            OffenderKey::Number(phone) => {
                view.number = Some(PhoneNumber(phone));
                view.operator = self.latest.get(&phone).copied().map(operator);
            }
            OffenderKey::Block { first, last } => view.block = Some(BlockView::of(first, last)),
            OffenderKey::Competitor(key) => view.competitor = Some(self.company(key)),
            OffenderKey::Operator(inn) => view.operator = inn.map(operator),
            OffenderKey::OperatorGroup(None) => {}
            OffenderKey::OperatorGroup(Some(OperatorEntity::Group(group))) => {
                view.operator_group = Some(group.0);
            }
            OffenderKey::OperatorGroup(Some(OperatorEntity::Single(inn))) => {
                view.operator = Some(operator(inn));
            }
            OffenderKey::Region(region) => view.region = region,
            OffenderKey::Client(id) => {
                let name = self.clients.get(&id).cloned().unwrap_or_default();
                view.client = Some(ClientName { id: id.0, name });
            }
            OffenderKey::Day(day) | OffenderKey::Week(day) | OffenderKey::Month(day) => {
                view.day = Some(CivilDay(day));
            }
        }
        view
    }
}

/// The counts of a line that does not say yet whose they are.
fn view_of(offender: &Offender) -> OffenderView {
    OffenderView {
        standing: offender.standing.map(Into::into),
        number: None,
        block: None,
        competitor: None,
        operator: None,
        operator_group: None,
        region: None,
        client: None,
        day: None,
        interceptions: offender.interceptions,
        traps: offender.traps,
        baits: offender.baits,
        clients: offender.clients,
        days: offender.days,
        callers: offender.callers,
        all_callers: offender.all_callers,
        prior_contact: offender.prior_contact,
        candidates: offender.candidates,
        unheard_invalid: offender.unheard_invalid,
        other_heard: offender.other_heard,
        attempts: offender.attempts,
        other_verdicts: offender.other_verdicts.into(),
        first_at: Time(offender.first_at),
        last_at: Time(offender.last_at),
    }
}

/// The columns of a table.
pub(super) const COLUMNS: &[Column] = &[
    Column::of("standing", Kind::Text),
    Column::of("number", Kind::Text),
    Column::of("operator_inn", Kind::Text),
    Column::of("operator_name", Kind::Text),
    Column::of("operator_group", Kind::Text),
    Column::of("competitor_inn", Kind::Text),
    Column::of("competitor_name", Kind::Text),
    Column::of("region", Kind::Text),
    Column::of("client_id", Kind::Text),
    Column::of("client_name", Kind::Text),
    Column::of("day", Kind::Day),
    Column::of("block_first", Kind::Text),
    Column::of("block_last", Kind::Text),
    Column::of("block_numbers", Kind::Count),
    Column::of("interceptions", Kind::Count),
    Column::of("traps", Kind::Count),
    Column::of("baits", Kind::Count),
    Column::of("clients", Kind::Count),
    Column::of("days", Kind::Count),
    Column::of("callers", Kind::Count),
    Column::of("all_callers", Kind::Count),
    Column::of("prior_contact", Kind::Count),
    Column::of("candidates", Kind::Count),
    Column::of("unheard_invalid", Kind::Count),
    Column::of("other_heard", Kind::Count),
    Column::of("attempts", Kind::Count),
    Column::of("other_foreign_group", Kind::Count),
    Column::of("other_foreign_entity", Kind::Count),
    Column::of("other_same_group", Kind::Count),
    Column::of("other_inconclusive", Kind::Count),
    Column::of("other_invalid", Kind::Count),
    Column::of("first_at", Kind::Moment),
    Column::of("last_at", Kind::Moment),
];

/// The cells of one line.
pub(super) fn cells(line: &OffenderView) -> Vec<Cell> {
    let mut cells = key_cells(line);
    cells.extend(
        [
            line.interceptions,
            line.traps,
            line.baits,
            line.clients,
            line.days,
            line.callers,
            line.all_callers,
            line.prior_contact,
            line.candidates,
            line.unheard_invalid,
            line.other_heard,
            line.attempts,
        ]
        .map(Cell::Count),
    );
    cells.extend(line.other_verdicts.cells());
    cells.extend([line.first_at, line.last_at].map(|at| Cell::Moment(at.0)));
    cells
}

/// Who, where or when.
fn key_cells(line: &OffenderView) -> Vec<Cell> {
    let (company, client) = (line.competitor.as_ref(), line.client.as_ref());
    let [operator_inn, operator_name, operator_group] = operator_cells(line.operator.as_ref());
    let group = line.operator_group.as_ref();
    let block = line.block.as_ref();
    vec![
        Cell::text(line.standing.map(StandingWord::word)),
        Cell::text(line.number.map(|number| number.0)),
        operator_inn,
        operator_name,
        group.map_or(operator_group, |group| Cell::Text(group.clone())),
        Cell::text(company.and_then(|company| company.inn).map(|inn| inn.0)),
        Cell::text(company.map(|company| &company.name)),
        Cell::text(line.region.as_ref()),
        Cell::text(client.map(|client| client.id)),
        Cell::text(client.map(|client| &client.name)),
        line.day.map_or(Cell::Empty, |day| Cell::Day(day.0)),
        Cell::text(block.map(|block| block.first.0)),
        Cell::text(block.map(|block| block.last.0)),
        block.map_or(Cell::Empty, |block| Cell::Count(block.numbers)),
    ]
}
