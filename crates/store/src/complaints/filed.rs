//! What complaints said of their calls when they were filed, and which of them stand
//! otherwise by now. The call goes on being judged by what is reported and known;
//! what was filed is not rewritten.

use baitline_domain::complaint::{ComplaintState, FiledCall, FiledField};
use baitline_domain::ids::{ClientId, ComplaintId, ObservationId};
use diesel::dsl::exists;
use diesel::prelude::*;

use super::judged_calls;
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::{ComplaintCallRow, ComplaintRow, JudgedCall};
use crate::schema::{complaint_calls, complaints};
use crate::sql_types::Db;
use crate::{Page, stored_text};

/// A call that stands otherwise than it was filed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledDifference {
    /// The complaint.
    pub complaint: ComplaintId,
    /// Where that stands.
    pub state: ComplaintState,
    /// The call, as the complaint names it.
    pub call: ObservationId,
    /// As it was filed.
    pub filed: FiledCall,
    /// As it stands now; `None` for what accuses nobody any more.
    pub now: Option<FiledCall>,
    /// What differs.
    pub differs: Vec<FiledField>,
}

/// Keeps what the complaint says of its calls.
pub(super) fn freeze(
    conn: &mut Conn,
    row: &ComplaintRow,
    calls: &[(ObservationId, JudgedCall)],
) -> StoreResult<()> {
    for (id, judged) in calls {
        let filed = FiledCall::of(&judged.call, &judged.assessment);
        let filed = filed.as_ref().map(stored_text::write).transpose()?;
        let place = complaint_calls::table.find((Db(row.client_id), Db(row.id), Db(*id)));
        on!(conn, c => diesel::update(place)
            .set(complaint_calls::filed_as.eq(filed.as_deref()))
            .execute(c))?;
    }
    Ok(())
}

/// What of a call differs from what was filed; nothing of one that was not.
pub(super) fn differing(
    row: &ComplaintCallRow,
    now: Option<&JudgedCall>,
) -> StoreResult<Vec<FiledField>> {
    let now = now.and_then(|one| FiledCall::of(&one.call, &one.assessment));
    let filed = row.filed()?.filter(|_| !row.released);
    Ok(filed.map(|filed| filed.differences(now.as_ref())).unwrap_or_default())
}

/// The calls of a client's filed complaints that stand otherwise now, complaint by
/// complaint in order of id; those returned or withdrawn are left out. A piece looks at
/// `page.limit` complaints, and the last of them begins the next piece, if there is one.
pub fn differences(
    conn: &mut Conn,
    client: ClientId,
    page: Page,
) -> StoreResult<(Vec<FiledDifference>, Option<ComplaintId>)> {
    let filed = filed_complaints(conn, client, page)?;
    let is_full = filed.len() >= usize::try_from(page.limit)?;
    let last = filed.last().map(|row| row.id).filter(|_| is_full);
    let mut found = Vec::new();
    for complaint in &filed {
        for (row, judged) in judged_calls(conn, complaint)? {
            let differs = differing(&row, judged.as_ref())?;
            let Some(filed) = row.filed()?.filter(|_| !differs.is_empty()) else { continue };
            found.push(FiledDifference {
                complaint: complaint.id,
                state: complaint.state,
                call: row.call_id,
                filed,
                now: judged.and_then(|one| FiledCall::of(&one.call, &one.assessment)),
                differs,
            });
        }
    }
    Ok((found, last))
}

fn filed_complaints(
    conn: &mut Conn,
    client: ClientId,
    page: Page,
) -> StoreResult<Vec<ComplaintRow>> {
    Ok(on!(conn, c => {
        let filed = complaint_calls::table
            .filter(complaint_calls::client_id.eq(complaints::client_id))
            .filter(complaint_calls::complaint_id.eq(complaints::id))
            .filter(complaint_calls::filed_as.is_not_null())
            .filter(complaint_calls::released.eq(false));
        let mut query = complaints::table
            .filter(complaints::client_id.eq(Db(client)))
            .filter(exists(filed))
            .select(ComplaintRow::as_select())
            .into_boxed();
        if let Some(after) = page.after {
            query = query.filter(complaints::id.gt(Db(ComplaintId(after))));
        }
        query.order(complaints::id).limit(page.limit).load(c)
    })?)
}
