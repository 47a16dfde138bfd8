//! Papers that the program makes, and clients' versions of their templates.

use baitline_domain::ids::{BaitId, ClientId, PaperId};
use baitline_domain::instant::Instant;
use baitline_domain::paper::PaperKind;
use diesel::prelude::*;

use super::words::{PaperState, TemplateState};
use crate::schema;
use crate::sql_types::{Db, RowId};

/// A paper; its bytes lie in the blob store under their hashes.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::papers, treat_none_as_default_value = false)]
pub struct Paper {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Its id.
    #[diesel(serialize_as = Db<PaperId>)]
    pub id: PaperId,
    /// Which paper.
    #[diesel(serialize_as = Db<PaperKind>)]
    pub kind: PaperKind,
    /// The id of what it is made of, whose table follows from the kind.
    #[diesel(serialize_as = Db<RowId>)]
    pub subject_id: RowId,
    /// The one bait it is about, where that is told.
    pub bait_id: Option<BaitId>,
    /// Where it stands.
    #[diesel(serialize_as = Db<PaperState>)]
    pub state: PaperState,
    /// Why it could not be made.
    pub problem: Option<String>,
    /// The version of the client's own template it was made from; `None` of the
    /// program's, and until it is made.
    pub template_version: Option<i32>,
    pub(crate) pdf_sha256: Option<Vec<u8>>,
    pub(crate) pdf_bytes: Option<i64>,
    pub(crate) docx_sha256: Option<Vec<u8>>,
    pub(crate) docx_bytes: Option<i64>,
    /// How many workers have taken it up.
    pub attempts: i32,
    /// The public part of the key it was asked for with.
    pub author: String,
    /// When it was asked for: the date it bears.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
    /// When it last moved.
    #[diesel(serialize_as = Db<Instant>)]
    pub updated_at: Instant,
}

impl Paper {
    /// The PDF, once it is made.
    pub fn pdf(&self) -> Option<PaperFile> {
        file(&self.pdf_sha256, self.pdf_bytes)
    }

    /// The DOCX, once it is made.
    pub fn docx(&self) -> Option<PaperFile> {
        file(&self.docx_sha256, self.docx_bytes)
    }
}

fn file(sha256: &Option<Vec<u8>>, bytes: Option<i64>) -> Option<PaperFile> {
    Some(PaperFile { sha256: sha256.clone()?, bytes: bytes?.cast_unsigned() })
}

/// A paper in one format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaperFile {
    /// SHA-256 of the bytes.
    pub sha256: Vec<u8>,
    /// How many bytes.
    pub bytes: u64,
}

/// A paper to ask for.
#[derive(Debug, Clone, Copy)]
pub struct NewPaper {
    /// Which paper.
    pub kind: PaperKind,
    /// What it is made of.
    pub subject: RowId,
    /// The one bait it is about.
    pub bait: Option<BaitId>,
}

/// A client's version of a template.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = schema::paper_templates, treat_none_as_default_value = false)]
pub struct PaperTemplate {
    /// Its client.
    #[diesel(serialize_as = Db<ClientId>)]
    pub client_id: ClientId,
    /// Of which paper.
    #[diesel(serialize_as = Db<PaperKind>)]
    pub kind: PaperKind,
    /// Its number among the client's versions, from 1.
    pub version: i32,
    /// Where it stands.
    #[diesel(serialize_as = Db<TemplateState>)]
    pub state: TemplateState,
    /// Its text, in Markdown with MiniJinja.
    pub content: String,
    /// Why it was refused.
    pub problem: Option<String>,
    /// The line of the text that is at fault, where it can be told.
    pub problem_line: Option<i32>,
    /// Whether the client has returned to the program's own since.
    pub withdrawn: bool,
    /// How many workers have taken it up.
    pub attempts: i32,
    /// The public part of the key it was sent with.
    pub author: String,
    /// When it was sent.
    #[diesel(serialize_as = Db<Instant>)]
    pub created_at: Instant,
    /// When it last moved.
    #[diesel(serialize_as = Db<Instant>)]
    pub updated_at: Instant,
}
