//! Exports and their packages. A worker that takes an export up holds it by
//! moving its clock; one that falls silent is relieved by another.

use baitline_domain::complaint::ComplaintState;
use baitline_domain::ids::{ClientId, CompetitorId, ComplaintId, ExportId};
use baitline_domain::instant::{Instant, Span};
use baitline_domain::office::SubjectCode;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{Export, ExportState, PackageState};
use crate::schema::{export_packages as packages, exports};
use crate::sql_types::Db;
use crate::{Page, competitors, complaints, now, stored_text};

mod held;
mod packaged;
mod stamped;

pub use held::{
    claim_export, end_export, finish_package, give_back_export, keep_export, plan_packages,
    put_back,
};
pub use packaged::{
    MAX_PACKAGES, archive_of, count_packages, find_package, list_packages, packages_of,
    plan_package, queued_packages, replace_files, save_package,
};
pub use stamped::{await_stamp, fail_unstamped, keep_time_stamp, miss_stamp};

/// A running export that has not moved for so long is taken over.
pub const LEASE: Span = Span::seconds(60);
/// After so many workers in a row have taken it up and got nothing done, an export
/// fails.
pub const MAX_ATTEMPTS: i32 = 5;
/// Jobs looked at in one search for a free one: more workers than these do not
/// meet at one moment.
pub(crate) const CANDIDATES: i64 = 64;

/// What an export is asked to hold. Kept as JSON: api and worker meet only here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportRequest {
    /// The period's first moment, in UTC microseconds.
    pub from_micros: i64,
    /// The first moment after the period, in UTC microseconds.
    pub to_micros: i64,
    /// The numbers to complain of; empty for every repeat offender.
    pub numbers: Vec<Phone>,
    /// What makes a repeat offender.
    pub thresholds: ExportThresholds,
    /// The verdicts that count.
    pub verdicts: Vec<Verdict>,
    /// Which of the calls of these numbers.
    #[serde(default)]
    pub narrowed_to: ExportNarrowing,
    /// The most bytes of recordings that the channel takes at once.
    #[serde(default)]
    pub part_bytes: Option<u64>,
}

/// Which calls an export is narrowed to; an absent field narrows nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportNarrowing {
    /// Of numbers that belonged to this competitor when they called.
    pub competitor: Option<CompetitorId>,
    /// To baits whose contract holder's complaints go to this office.
    pub office: Option<SubjectCode>,
    /// From numbers of this operator.
    pub caller_operator: Option<Inn>,
    /// Of this complaint, which also says who signs.
    #[serde(default)]
    pub complaint: Option<ComplaintId>,
    /// Of complaints that stand there.
    #[serde(default)]
    pub complaint_state: Option<ComplaintState>,
}

/// What a repeat offender reaches at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportThresholds {
    /// Counted interceptions.
    pub interceptions: u32,
    /// Distinct traps without prior contact.
    pub traps: u32,
    /// Distinct baits.
    pub baits: u32,
    /// Distinct local days.
    pub days: u32,
}

impl ExportRequest {
    /// The period's first moment.
    pub fn from(&self) -> Instant {
        Instant(self.from_micros)
    }

    /// The first moment after the period.
    pub fn to(&self) -> Instant {
        Instant(self.to_micros)
    }
}

impl Export {
    /// What was asked.
    pub fn request(&self) -> StoreResult<ExportRequest> {
        stored_text::read(&self.request)
    }
}

/// Asks for an export.
pub fn create_export(
    conn: &mut Conn,
    client: ClientId,
    request: &ExportRequest,
) -> StoreResult<Export> {
    if let Some(competitor) = request.narrowed_to.competitor {
        competitors::assert_known(conn, client, competitor)?;
    }
    if let Some(complaint) = request.narrowed_to.complaint {
        complaints::assert_known(conn, client, complaint)?;
    }
    let at = now();
    let export = Export {
        client_id: client,
        id: ExportId(Uuid::now_v7()),
        state: ExportState::Queued,
        request: stored_text::write(request)?,
        problem: None,
        attempts: 0,
        created_at: at,
        updated_at: at,
        planned_at: None,
        attempts_in_vain: 0,
        stamp_failures: 0,
        waits_until: None,
        waits_for: None,
    };
    on!(conn, c => diesel::insert_into(exports::table).values(export.clone()).execute(c))?;
    Ok(export)
}

/// The exports within reach, in order of id.
pub fn list_exports(conn: &mut Conn, reach: Reach, page: Page) -> StoreResult<Vec<Export>> {
    Ok(on!(conn, c => {
        let mut query = exports::table.select(Export::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(exports::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(exports::id.gt(Db(ExportId(after))));
        }
        query.order(exports::id).limit(page.limit).load(c)
    })?)
}

/// One export within reach.
pub fn find_export(conn: &mut Conn, reach: Reach, id: ExportId) -> StoreResult<Export> {
    Ok(on!(conn, c => {
        let mut query = exports::table.select(Export::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(exports::client_id.eq(Db(client)));
        }
        query.filter(exports::id.eq(Db(id))).first(c)
    })?)
}

/// Cancels an export that has not ended.
pub fn cancel_export(conn: &mut Conn, client: ClientId, id: ExportId) -> StoreResult<Export> {
    let moved = on!(conn, c => diesel::update(exports::table.find((Db(client), Db(id))))
        .filter(exports::state.eq_any([Db(ExportState::Queued), Db(ExportState::Running)]))
        .set((exports::state.eq(Db(ExportState::Cancelled)), exports::updated_at.eq(Db(now()))))
        .execute(c))?;
    let export = find_export(conn, Reach::Client(client), id)?;
    match (moved, export.state) {
        (0, ExportState::Cancelled) | (1, _) => Ok(export),
        _ => Err(Constraint::ExportEnded.into()),
    }
}

/// Puts an ended export back with those of its packages that failed, and those
/// alone; the others stay as they are. One that is on its way stays on it. Nothing
/// is left of one that was cancelled, and where nothing failed nothing is done.
pub fn retry_export(conn: &mut Conn, client: ClientId, id: ExportId) -> StoreResult<Export> {
    let export = find_export(conn, Reach::Client(client), id)?;
    match export.state {
        ExportState::Queued | ExportState::Running => return Ok(export),
        ExportState::Cancelled => return Err(Constraint::ExportCancelled.into()),
        ExportState::Done | ExportState::Failed => {}
    }
    let put_back = on!(conn, c => diesel::update(packages::table
            .filter(packages::client_id.eq(Db(client)))
            .filter(packages::export_id.eq(Db(id)))
            .filter(packages::state.eq(Db(PackageState::Failed))))
        .set((packages::state.eq(Db(PackageState::Queued)), packages::problem.eq(None::<String>)))
        .execute(c))?;
    if put_back == 0 && export.state == ExportState::Done {
        return Ok(export);
    }
    Ok(on!(conn, c => diesel::update(exports::table.find((Db(client), Db(id))))
        .set((
            exports::state.eq(Db(ExportState::Queued)),
            exports::problem.eq(None::<String>),
            exports::attempts_in_vain.eq(0),
            exports::stamp_failures.eq(0),
            exports::waits_until.eq(None::<Instant>),
            exports::updated_at.eq(Db(now())),
        ))
        .returning(Export::as_returning())
        .get_result(c))?)
}
