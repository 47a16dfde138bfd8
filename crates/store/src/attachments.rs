//! Attachments: which scan belongs to what. The bytes are in the blob store
//! before the row is; a scan that does not count is withdrawn, and stays.

use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::ids::{
    AttachmentId, BaitId, ClientId, ComplaintId, ConsentId, InquiryId, PowerId, StatementId, TrapId,
};
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{AttachmentChanges, AttachmentRow, NewAttachment};
use crate::recordings::Put;
use crate::schema::attachments;
use crate::sql_types::{Db, RowId};
use crate::versions::{self, Expected};
use crate::{Page, baits, complaints, consents, inquiries, now, powers, statements, traps};

/// The client of the thing that an attachment would belong to. Not found where
/// there is none within reach.
pub fn client_of(
    conn: &mut Conn,
    reach: Reach,
    (kind, id): (AttachmentSubject, RowId),
) -> StoreResult<ClientId> {
    Ok(match kind {
        AttachmentSubject::Bait => baits::find_bait(conn, reach, BaitId(id.0))?.client_id,
        AttachmentSubject::Trap => traps::find_trap(conn, reach, TrapId(id.0))?.client_id,
        AttachmentSubject::PowerOfAttorney => {
            powers::find_power(conn, reach, PowerId(id.0))?.client_id
        }
        AttachmentSubject::Consent => {
            consents::find_consent(conn, reach, ConsentId(id.0))?.client_id
        }
        AttachmentSubject::Statement => {
            statements::find_statement(conn, reach, StatementId(id.0))?.client_id
        }
        AttachmentSubject::Inquiry | AttachmentSubject::Reply => {
            inquiries::find_inquiry(conn, reach, InquiryId(id.0))?.client_id
        }
        AttachmentSubject::Complaint => {
            complaints::find_complaint(conn, reach, ComplaintId(id.0))?.client_id
        }
    })
}

/// Keeps an attachment. The same bytes of the same thing are one attachment,
/// with the title it had first.
pub fn put_attachment(
    conn: &mut Conn,
    client: ClientId,
    new: &NewAttachment,
    author: &str,
) -> StoreResult<(Put, AttachmentRow)> {
    // Nothing that people enter is deleted, so that what is there now stays.
    client_of(conn, Reach::Client(client), new.subject)?;
    let (subject_kind, subject_id) = new.subject;
    let row = AttachmentRow {
        client_id: client,
        id: AttachmentId(Uuid::now_v7()),
        subject_kind,
        subject_id,
        title: new.title.clone(),
        original_name: new.original_name.clone(),
        media_type: new.media_type.to_owned(),
        sha256: new.sha256.to_vec(),
        bytes: new.bytes,
        withdrawn_because: None,
        version: versions::FIRST,
        author: author.to_owned(),
        received_at: now(),
    };
    let inserted = on!(conn, c => diesel::insert_into(attachments::table)
        .values(row.clone())
        .on_conflict_do_nothing()
        .execute(c))?;
    if inserted == 1 {
        return Ok((Put::New, row));
    }
    let kept = on!(conn, c => attachments::table
        .filter(attachments::client_id.eq(Db(client)))
        .filter(attachments::subject_kind.eq(Db(subject_kind)))
        .filter(attachments::subject_id.eq(Db(subject_id)))
        .filter(attachments::sha256.eq(new.sha256.as_slice()))
        .select(AttachmentRow::as_select())
        .first(c))?;
    Ok((Put::Same, kept))
}

/// Which attachments a list shows.
#[derive(Debug, Clone, Default)]
pub struct AttachmentFilter {
    /// Of things of this kind.
    pub kind: Option<AttachmentSubject>,
    /// Of this thing.
    pub subject: Option<RowId>,
}

/// The attachments within reach, in order of id.
pub fn list_attachments(
    conn: &mut Conn,
    reach: Reach,
    filter: &AttachmentFilter,
    page: Page,
) -> StoreResult<Vec<AttachmentRow>> {
    Ok(on!(conn, c => {
        let mut query = attachments::table.select(AttachmentRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(attachments::client_id.eq(Db(client)));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(attachments::subject_kind.eq(Db(kind)));
        }
        if let Some(subject) = filter.subject {
            query = query.filter(attachments::subject_id.eq(Db(subject)));
        }
        if let Some(after) = page.after {
            query = query.filter(attachments::id.gt(Db(AttachmentId(after))));
        }
        query.order(attachments::id).limit(page.limit).load(c)
    })?)
}

/// One attachment within reach.
pub fn find_attachment(
    conn: &mut Conn,
    reach: Reach,
    id: AttachmentId,
) -> StoreResult<AttachmentRow> {
    Ok(on!(conn, c => {
        let mut query = attachments::table.select(AttachmentRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(attachments::client_id.eq(Db(client)));
        }
        query.filter(attachments::id.eq(Db(id))).first(c)
    })?)
}

/// Changes what is said of an attachment; its bytes never change.
pub fn update_attachment(
    conn: &mut Conn,
    client: ClientId,
    id: AttachmentId,
    expected: &Expected,
    changes: &AttachmentChanges,
) -> StoreResult<AttachmentRow> {
    let place = attachments::table.find((Db(client), Db(id)));
    let before = match conn {
        Conn::Postgres(c) => place.select(AttachmentRow::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => place.select(AttachmentRow::as_select()).first(c)?,
    };
    expected.assert(before.version)?;
    let mut row = before.clone();
    row.title = changes.title.clone().unwrap_or(row.title);
    row.withdrawn_because = changes.withdrawn_because.clone().unwrap_or(row.withdrawn_because);
    if row == before {
        return Ok(before);
    }
    row.version += 1;
    on!(conn, c => diesel::update(attachments::table.find((Db(client), Db(id))))
        .set(row.clone())
        .execute(c))?;
    Ok(row)
}

/// Those of a thing's attachments that count, of these ids.
pub(crate) fn counting_among(
    conn: &mut Conn,
    client: ClientId,
    (kind, subject): (AttachmentSubject, RowId),
    ids: &[AttachmentId],
) -> StoreResult<Vec<AttachmentId>> {
    Ok(on!(conn, c => attachments::table
        .filter(attachments::client_id.eq(Db(client)))
        .filter(attachments::subject_kind.eq(Db(kind)))
        .filter(attachments::subject_id.eq(Db(subject)))
        .filter(attachments::id.eq_any(crate::sql_types::db_all(ids)))
        .filter(attachments::withdrawn_because.is_null())
        .select(attachments::id)
        .load(c))?)
}
