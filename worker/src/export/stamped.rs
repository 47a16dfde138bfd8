//! Time-stamps of an export's packages: kept before the package is, and waited for
//! when there is none. Never is a package made without one that should have one.

use baitline_evidence::{Built, StampError, stamped_at};
use baitline_store::models::{Export, Package};
use baitline_store::{Reach, exports, now};

use super::{Carried, OpenExport};
use crate::{WorkError, Worker};

impl Worker {
    /// Keeps the time-stamp of what was built, in the row of the package and at once
    /// in the database: an authority may count or sell its answers, and a package that
    /// is built again because a store failed needs no other.
    pub(super) fn note_stamp(
        &self,
        export: &Export,
        package: &mut Package,
        built: &Built,
    ) -> Result<(), WorkError> {
        package.time_stamp.clone_from(&built.time_stamp);
        package.stamped_at = built.time_stamp.as_deref().and_then(stamped_at);
        if package.time_stamp.is_some() {
            // Whether this worker still holds the export is asked when the package is kept.
            self.store
                .write(Reach::Agency, |conn| exports::keep_time_stamp(conn, export, package))?;
        }
        Ok(())
    }

    /// Lets the export wait, all of it: an authority that does not answer one package
    /// does not answer the next. Fails what is left of it when it has waited often enough.
    pub(super) fn without_stamp(
        &self,
        open: &OpenExport,
        why: &StampError,
    ) -> Result<Carried, WorkError> {
        let Some(authority) = &self.authority else { return Ok(Carried::Waits) };
        let export = &open.export;
        tracing::warn!(%why, "a package waits for its time-stamp");
        self.store
            .write(Reach::Agency, |conn| {
                let Some(failures) = exports::miss_stamp(conn, export)? else {
                    return Ok(Carried::Over);
                };
                match authority.pause_after(failures) {
                    Some(pause) => {
                        exports::await_stamp(conn, export, now() + pause, &why.to_string())?;
                        Ok(Carried::Waits)
                    }
                    None => {
                        let problem = format!("no time-stamp after {failures} attempts: {why}");
                        exports::fail_unstamped(conn, export, &problem)?;
                        Ok(Carried::On)
                    }
                }
            })
            .map_err(Into::into)
    }
}
