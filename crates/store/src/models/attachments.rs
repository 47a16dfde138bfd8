//! Attachments: the facts of scans; their bytes are in the blob store.

use baitline_domain::attachment::AttachmentSubject;
use baitline_domain::ids::{AttachmentId, ClientId};
use baitline_domain::instant::Instant;
use diesel::prelude::*;

use crate::schema;
use crate::sql_types::{Db, RowId};

/// A scan of a paper or a picture of a screen.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = schema::attachments, primary_key(client_id, id))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct AttachmentRow {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<AttachmentId>)]
    pub id: AttachmentId,
    /// What kind of thing it belongs to.
    #[diesel(serialize_as = Db<AttachmentSubject>)]
    pub subject_kind: AttachmentSubject,
    /// The thing's id.
    #[diesel(serialize_as = Db<RowId>)]
    pub subject_id: RowId,
    /// What it shows.
    pub title: String,
    /// The file name it came under.
    pub original_name: Option<String>,
    /// What its first bytes tell that it is.
    pub media_type: String,
    /// SHA-256 of the bytes.
    pub sha256: Vec<u8>,
    /// How many bytes.
    pub bytes: i64,
    /// Why it does not count.
    pub withdrawn_because: Option<String>,
    /// How often it was written.
    pub version: i32,
    /// The public part of the key it was sent with.
    pub author: String,
    /// When the program got it.
    #[diesel(serialize_as = Db<Instant>)]
    pub received_at: Instant,
}

/// An attachment to keep; its bytes are kept already.
#[derive(Debug, Clone)]
pub struct NewAttachment {
    /// What it belongs to.
    pub subject: (AttachmentSubject, RowId),
    /// What it shows.
    pub title: String,
    /// The file name it came under.
    pub original_name: Option<String>,
    /// What its first bytes tell that it is.
    pub media_type: &'static str,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// How many bytes.
    pub bytes: i64,
}

/// What may change of an attachment; `None` leaves it, `Some(None)` empties it.
#[derive(Debug, Clone, Default)]
pub struct AttachmentChanges {
    /// Another title.
    pub title: Option<String>,
    /// Why it does not count.
    pub withdrawn_because: Option<Option<String>>,
}
