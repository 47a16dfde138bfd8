//! The numbering plan in memory: loaded once per edition, and looked at again
//! with every bucket, so that a verdict rests on the editions its transaction
//! sees.

use std::sync::Arc;

use baitline_domain::numbering::NumberingPlan;
use baitline_store::models::EditionRow;
use baitline_store::{Conn, StoreResult, numbering};

#[derive(Default)]
pub(crate) struct Plans {
    rows: Vec<EditionRow>,
    plan: Arc<NumberingPlan>,
}

impl Plans {
    /// The plan of every edition there is.
    pub(crate) fn current(&mut self, conn: &mut Conn) -> StoreResult<Arc<NumberingPlan>> {
        let rows = numbering::list_editions(conn)?;
        if rows != self.rows {
            let editions = rows
                .iter()
                .map(|row| numbering::load_edition(conn, row))
                .collect::<StoreResult<_>>()?;
            self.plan = Arc::new(NumberingPlan::new(editions));
            self.rows = rows;
        }
        Ok(Arc::clone(&self.plan))
    }
}
