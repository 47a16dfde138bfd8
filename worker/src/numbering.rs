//! The numbering plan in memory: loaded once per edition, and looked at again
//! with every bucket, so that a verdict rests on the editions its transaction
//! sees.

use std::sync::Arc;

use baitline_domain::ids::EditionId;
use baitline_domain::numbering::NumberingPlan;
use baitline_store::models::EditionRow;
use baitline_store::{Conn, StoreResult, numbering};

#[derive(Default)]
pub(crate) struct Plans {
    rows: Vec<EditionRow>,
    plan: Arc<NumberingPlan>,
    /// The one asked for last with an edition alone, by these rows.
    alone: Option<(EditionId, Arc<NumberingPlan>)>,
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
            self.alone = None;
        }
        Ok(Arc::clone(&self.plan))
    }

    /// The plan with one edition alone in force of its file at all times; `None`
    /// where there is no such edition.
    pub(crate) fn with_only(
        &mut self,
        conn: &mut Conn,
        edition: EditionId,
    ) -> StoreResult<Option<Arc<NumberingPlan>>> {
        let plan = self.current(conn)?;
        match &self.alone {
            Some((id, alone)) if *id == edition => return Ok(Some(Arc::clone(alone))),
            _ => {}
        }
        self.alone = plan.with_only(edition).map(|alone| (edition, Arc::new(alone)));
        Ok(self.alone.as_ref().map(|(_, alone)| Arc::clone(alone)))
    }
}
