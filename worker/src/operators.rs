//! The operators in memory: made anew when the agency's entries change, and
//! looked at again with every bucket, so that a verdict rests on the entries its
//! transaction sees.

use std::sync::Arc;

use baitline_domain::operator::Operators;
use baitline_store::models::OperatorEntryRow;
use baitline_store::{Conn, StoreResult, operators};

pub(crate) struct KnownOperators {
    rows: Vec<OperatorEntryRow>,
    operators: Arc<Operators>,
}

impl Default for KnownOperators {
    /// Those of the built-in list, before any entry is read.
    fn default() -> Self {
        Self { rows: Vec::new(), operators: Arc::new(Operators::built_in().clone()) }
    }
}

impl KnownOperators {
    /// The operators by every entry there is.
    pub(crate) fn current(&mut self, conn: &mut Conn) -> StoreResult<Arc<Operators>> {
        let rows = operators::list_entries(conn)?;
        if rows != self.rows {
            self.operators = Arc::new(operators::known_by(&rows)?);
            self.rows = rows;
        }
        Ok(Arc::clone(&self.operators))
    }
}
