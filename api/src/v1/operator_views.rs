//! Operators as the wire has them: in short where another noun names one, and
//! entry by entry.

use baitline_analytics::table::Cell;
use baitline_domain::instant::Instant;
use baitline_domain::operator::{Inn, Operator, OperatorEntry, OperatorGroup, Operators};
use baitline_store::models::OperatorEntryRow;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fields::{InnText, Time};
use crate::problem::ApiResult;
use crate::words::OperatorStandingWord;

/// A telephone operator as it stood at the time in question; names are null
/// where nothing is known of its ИНН.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operator)]
pub(crate) struct OperatorView {
    /// Its ИНН.
    pub(super) inn: InnText,
    /// The legal name.
    pub(super) name: Option<String>,
    /// The brand people know.
    brand: Option<String>,
    /// The group it stands in, such as `mts`.
    pub(super) group: Option<String>,
}

/// The view of the operator with this ИНН as it stands at a moment.
pub(crate) fn operator_view(operators: &Operators, inn: Inn, at: Instant) -> OperatorView {
    let known = operators.find(inn, at);
    OperatorView {
        inn: InnText(inn),
        name: known.map(|operator| operator.name.clone()),
        brand: known.and_then(|operator| operator.brand.clone()),
        group: known.and_then(|operator| operator.standing.group().map(name_of)),
    }
}

/// An operator's ИНН, name and group as cells of a table.
pub(super) fn operator_cells(operator: Option<&OperatorView>) -> [Cell; 3] {
    [
        Cell::text(operator.map(|operator| operator.inn.0)),
        Cell::text(operator.and_then(|operator| operator.name.as_ref())),
        Cell::text(operator.and_then(|operator| operator.group.as_ref())),
    ]
}

fn name_of(group: &OperatorGroup) -> String {
    group.0.clone()
}

/// Who says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum OperatorOrigin {
    /// The list that comes with the program.
    BuiltIn,
    /// The agency.
    Entered,
}

/// What is known of an operator from a moment on.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = OperatorEntry, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "origin": "entered",
    "inn": "7733808377",
    "name": "ООО «Интернод»",
    "brand": null,
    "standing": "group",
    "group": "t2-rostelecom",
    "hosts": [],
    "source": "ЕГРЮЛ, выписка от 03.06.2026: участник ПАО «Ростелеком», 100 %",
    "since": "2026-05-31T21:00:00Z",
    "author": "k7m2p9q4w8x3",
    "withdrawn_because": null,
    "created_at": "2026-06-03T09:30:00Z"
})))]
pub(crate) struct OperatorEntryView {
    /// Its id; null in the built-in list.
    pub(super) id: Option<Uuid>,
    /// Who says so.
    origin: OperatorOrigin,
    /// The operator's ИНН.
    pub(super) inn: InnText,
    /// The legal name.
    name: String,
    /// The brand people know.
    brand: Option<String>,
    /// How it stands.
    pub(super) standing: OperatorStandingWord,
    /// The group of a group's member.
    pub(super) group: Option<String>,
    /// The groups whose network a virtual operator is known to use; empty where
    /// that is not known, and for any other operator.
    hosts: Vec<String>,
    /// Where this is known from.
    source: String,
    /// Since when it holds; null for always.
    since: Option<Time>,
    /// The public part of the key it was entered with.
    author: Option<String>,
    /// Why it does not count; null while it does.
    withdrawn_because: Option<String>,
    /// When it was entered.
    created_at: Option<Time>,
}

impl From<&OperatorEntry> for OperatorEntryView {
    /// What the rules know of an entry; who made it is the store's to say.
    fn from(entry: &OperatorEntry) -> Self {
        let Operator { inn, name, brand, standing, source } = &entry.operator;
        Self {
            id: entry.id.map(|id| id.0),
            origin: if entry.id.is_some() {
                OperatorOrigin::Entered
            } else {
                OperatorOrigin::BuiltIn
            },
            inn: InnText(*inn),
            name: name.clone(),
            brand: brand.clone(),
            standing: standing.kind().into(),
            group: standing.group().map(name_of),
            hosts: standing.hosts().iter().map(name_of).collect(),
            source: source.clone(),
            since: entry.since.map(Time),
            author: None,
            withdrawn_because: None,
            created_at: None,
        }
    }
}

impl TryFrom<OperatorEntryRow> for OperatorEntryView {
    type Error = crate::problem::ApiError;

    fn try_from(row: OperatorEntryRow) -> ApiResult<Self> {
        let entry = row.to_domain()?;
        Ok(Self {
            author: Some(row.author),
            withdrawn_because: row.withdrawn_because,
            created_at: Some(Time(row.created_at)),
            ..Self::from(&entry)
        })
    }
}
