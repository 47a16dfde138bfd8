//! Operator statements: which list of whose calls of when.

use baitline_domain::ids::{BaitId, ClientId, SourceId, StatementId};
use baitline_domain::instant::Instant;
use baitline_domain::statement::ComparedLine;
use diesel::prelude::*;

use super::JudgedCall;
use crate::schema;
use crate::sql_types::Db;

/// An operator's own list of a bait's calls.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::operator_statements, primary_key(client_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct StatementRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<StatementId>)]
    pub id: StatementId,
    /// The bait.
    #[diesel(serialize_as = Db<BaitId>)]
    pub bait_id: BaitId,
    /// The source whose observations are its rows.
    #[diesel(serialize_as = Db<SourceId>)]
    pub source_id: SourceId,
    /// The first moment it covers.
    #[diesel(serialize_as = Db<Instant>)]
    pub from_at: Instant,
    /// The first moment it does not cover.
    #[diesel(serialize_as = Db<Instant>)]
    pub to_at: Instant,
    /// Its number.
    pub number: Option<String>,
    /// The day it was issued, in days since 1970-01-01.
    pub issued_on: Option<i32>,
    /// For people.
    pub note: Option<String>,
    /// Why it does not count.
    pub withdrawn_because: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was entered with.
    pub author: String,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

/// A statement to enter.
#[derive(Debug, Clone)]
pub struct NewStatement {
    /// The bait.
    pub bait: BaitId,
    /// The source whose observations are its rows.
    pub source: SourceId,
    /// The first moment it covers.
    pub from: Instant,
    /// The first moment it does not cover.
    pub to: Instant,
    /// Its number.
    pub number: Option<String>,
    /// The day it was issued, in days since 1970-01-01.
    pub issued_on: Option<i32>,
    /// For people.
    pub note: Option<String>,
}

/// What may change of a statement; `None` leaves it, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct StatementChanges {
    /// Another number.
    pub number: Option<Option<String>>,
    /// Another day of issue.
    pub issued_on: Option<Option<i32>>,
    /// Another note.
    pub note: Option<Option<String>>,
    /// Why it does not count.
    pub withdrawn_because: Option<Option<String>>,
}

/// A line of the comparison, with the call it is of.
#[derive(Debug, Clone)]
pub struct ComparedCall {
    /// The line.
    pub line: ComparedLine,
    /// The call as it stands.
    pub judged: JudgedCall,
}

/// The comparison of a statement with our calls.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The statement.
    pub statement: StatementRow,
    /// Line by line, in order of start.
    pub calls: Vec<ComparedCall>,
    /// Whether days of its period wait to be derived again.
    pub pending: bool,
}
