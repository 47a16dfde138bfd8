//! What the agency knows of operators.

use baitline_domain::ids::OperatorEntryId;
use baitline_domain::instant::Instant;
use baitline_domain::operator::{
    Inn, Operator, OperatorEntry, OperatorGroup, Standing, StandingKind,
};
use diesel::prelude::*;

use crate::error::{StoreError, StoreResult};
use crate::schema;
use crate::sql_types::Db;
use crate::stored_text;

/// How an operator stands from a moment on, as the agency entered it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::operator_entries, treat_none_as_default_value = false)]
pub struct OperatorEntryRow {
    /// Its id.
    #[diesel(serialize_as = Db<OperatorEntryId>)]
    pub id: OperatorEntryId,
    /// The operator's ИНН.
    #[diesel(serialize_as = Db<Inn>)]
    pub inn: Inn,
    /// The legal name.
    pub name: String,
    /// The brand people know.
    pub brand: Option<String>,
    /// How it stands.
    #[diesel(serialize_as = Db<StandingKind>)]
    pub standing: StandingKind,
    /// The group of a group's member.
    pub operator_group: Option<String>,
    /// The hosts of a virtual operator, `["megafon", …]`; else empty.
    pub hosts: String,
    /// Where this is known from.
    pub source: String,
    /// Since when it holds, or always.
    pub since: Option<Instant>,
    /// The public part of the key it was entered with.
    pub author: String,
    /// Why it does not count, where it does not.
    pub withdrawn_because: Option<String>,
    /// When it was entered.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
}

impl OperatorEntryRow {
    /// What the rules need of it.
    pub fn to_domain(&self) -> StoreResult<OperatorEntry> {
        let group = self.operator_group.clone().map(OperatorGroup);
        let hosts = stored_text::read(&self.hosts)?;
        let standing = Standing::of(self.standing, group, hosts).ok_or_else(|| {
            StoreError::Corrupt(format!("operator entry {}: parts that do not fit", self.id))
        })?;
        Ok(OperatorEntry {
            id: Some(self.id),
            operator: Operator {
                inn: self.inn,
                name: self.name.clone(),
                brand: self.brand.clone(),
                standing,
                source: self.source.clone(),
            },
            since: self.since,
        })
    }
}

/// An entry to make.
#[derive(Debug, Clone)]
pub struct NewOperatorEntry {
    /// What is known.
    pub operator: Operator,
    /// Since when it holds, or always.
    pub since: Option<Instant>,
}
