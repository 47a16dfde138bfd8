//! Papers that the program makes of what is kept. A worker holds one as it holds
//! an export: by moving its clock, and one that falls silent is relieved. The
//! moment it was asked for is the only time the paper knows, so whoever makes it
//! anew makes the same.

use baitline_domain::ids::{
    ApplicantId, BaitId, ClientId, ComplaintId, InquiryId, ObservationId, PaperId, StatementId,
    TrapId,
};
use baitline_domain::paper::PaperKind;
use diesel::prelude::*;
use uuid::Uuid;

use crate::blobs::StoredBlob;
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::exports::{CANDIDATES, LEASE, MAX_ATTEMPTS};
use crate::models::{NewPaper, Paper, PaperState};
use crate::schema::papers;
use crate::sql_types::{Db, RowId};
use crate::{Page, applicants, baits, calls, complaints, inquiries, now, statements, traps};

/// The most papers of one client that wait or are made at a time.
pub const MAX_WAITING_PAPERS: i64 = 1_000;

/// Asks for a paper of something of the client's.
pub fn create_paper(
    conn: &mut Conn,
    client: ClientId,
    new: &NewPaper,
    author: &str,
) -> StoreResult<Paper> {
    assert_subject(conn, client, new)?;
    if count_waiting(conn, client)? >= MAX_WAITING_PAPERS {
        return Err(Constraint::TooManyPapers.into());
    }
    let at = now();
    let paper = Paper {
        client_id: client,
        id: PaperId(Uuid::now_v7()),
        kind: new.kind,
        subject_id: new.subject,
        bait_id: new.bait,
        state: PaperState::Queued,
        problem: None,
        template_version: None,
        pdf_sha256: None,
        pdf_bytes: None,
        docx_sha256: None,
        docx_bytes: None,
        attempts: 0,
        author: author.to_owned(),
        created_at: at,
        updated_at: at,
    };
    on!(conn, c => diesel::insert_into(papers::table).values(paper.clone()).execute(c))?;
    Ok(paper)
}

fn assert_subject(conn: &mut Conn, client: ClientId, new: &NewPaper) -> StoreResult<()> {
    let (reach, RowId(id)) = (Reach::Client(client), new.subject);
    let found = match new.kind {
        PaperKind::Application => {
            complaints::find_complaint(conn, reach, ComplaintId(id)).map(drop)
        }
        PaperKind::OperatorInquiry => inquiries::find_inquiry(conn, reach, InquiryId(id)).map(drop),
        PaperKind::TrapProtocol => traps::find_trap(conn, reach, TrapId(id)).map(drop),
        PaperKind::Transcript => calls::find_call(conn, reach, ObservationId(id)).map(drop),
        PaperKind::StatementComparison => {
            statements::find_statement(conn, reach, StatementId(id)).map(drop)
        }
        PaperKind::DisclosureConsent => {
            applicants::find_applicant(conn, reach, ApplicantId(id)).map(drop)
        }
        PaperKind::AnsweringScript if id == client.0 => Ok(()),
        PaperKind::AnsweringScript => Err(StoreError::NotFound),
    };
    unless_missing(found, Constraint::UnknownSubject)?;
    match new.bait {
        Some(bait) => {
            unless_missing(baits::find_bait(conn, reach, bait).map(drop), Constraint::UnknownBait)
        }
        None => Ok(()),
    }
}

fn unless_missing(found: StoreResult<()>, missing: Constraint) -> StoreResult<()> {
    match found {
        Err(StoreError::NotFound) => Err(missing.into()),
        other => other,
    }
}

fn count_waiting(conn: &mut Conn, client: ClientId) -> StoreResult<i64> {
    Ok(on!(conn, c => papers::table
        .filter(papers::client_id.eq(Db(client)))
        .filter(papers::state.eq_any([Db(PaperState::Queued), Db(PaperState::Running)]))
        .count()
        .get_result(c))?)
}

/// Which papers a list shows.
#[derive(Debug, Clone, Copy, Default)]
pub struct PaperFilter {
    /// Of this kind.
    pub kind: Option<PaperKind>,
    /// Of this subject.
    pub subject: Option<RowId>,
}

/// The papers within reach, in order of id.
pub fn list_papers(
    conn: &mut Conn,
    reach: Reach,
    filter: PaperFilter,
    page: Page,
) -> StoreResult<Vec<Paper>> {
    Ok(on!(conn, c => {
        let mut query = papers::table.select(Paper::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(papers::client_id.eq(Db(client)));
        }
        if let Some(kind) = filter.kind {
            query = query.filter(papers::kind.eq(Db(kind)));
        }
        if let Some(subject) = filter.subject {
            query = query.filter(papers::subject_id.eq(Db(subject)));
        }
        if let Some(after) = page.after {
            query = query.filter(papers::id.gt(Db(PaperId(after))));
        }
        query.order(papers::id).limit(page.limit).load(c)
    })?)
}

/// One paper within reach.
pub fn find_paper(conn: &mut Conn, reach: Reach, id: PaperId) -> StoreResult<Paper> {
    Ok(on!(conn, c => {
        let mut query = papers::table.select(Paper::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(papers::client_id.eq(Db(client)));
        }
        query.filter(papers::id.eq(Db(id))).first(c)
    })?)
}

/// Takes up the paper that has waited longest, or that a silent worker left. One
/// that every worker left is failed on the way. Run as the agency.
pub fn claim_paper(conn: &mut Conn) -> StoreResult<Option<Paper>> {
    while let Some(paper) = longest_waiting(conn)? {
        if paper.attempts < MAX_ATTEMPTS {
            return take_up(conn, &paper).map(Some);
        }
        fail_paper(conn, &paper, "Given up after several attempts.")?;
    }
    Ok(None)
}

/// Looked for without a lock and then locked by its client and id, as exports
/// are.
fn longest_waiting(conn: &mut Conn) -> StoreResult<Option<Paper>> {
    let silent_since = now() - LEASE;
    let is_free = || {
        papers::state.eq(Db(PaperState::Queued)).or(papers::state
            .eq(Db(PaperState::Running))
            .and(papers::updated_at.lt(Db(silent_since))))
    };
    let candidates: Vec<(ClientId, PaperId)> = on!(conn, c => papers::table
        .filter(is_free())
        .order((papers::updated_at, papers::id))
        .limit(CANDIDATES)
        .select((papers::client_id, papers::id))
        .load(c))?;
    for (client, id) in candidates {
        let one = papers::table.find((Db(client), Db(id))).filter(is_free());
        let found = match conn {
            Conn::Postgres(c) => {
                one.select(Paper::as_select()).for_update().skip_locked().first(c).optional()?
            }
            Conn::Sqlite(c) => one.select(Paper::as_select()).first(c).optional()?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn take_up(conn: &mut Conn, paper: &Paper) -> StoreResult<Paper> {
    let found = papers::table.find((Db(paper.client_id), Db(paper.id)));
    Ok(on!(conn, c => diesel::update(found)
        .set((
            papers::state.eq(Db(PaperState::Running)),
            papers::attempts.eq(paper.attempts + 1),
            papers::updated_at.eq(Db(now())),
        ))
        .returning(Paper::as_returning())
        .get_result(c))?)
}

/// A paper that this worker has made, whose files the blob store has.
#[derive(Debug, Clone)]
pub struct MadePaper {
    /// The version of the client's own template, if it has one.
    pub template_version: Option<i32>,
    /// The PDF.
    pub pdf: StoredBlob,
    /// The DOCX.
    pub docx: StoredBlob,
}

/// Keeps what a worker has made. Changes nothing when another holds the paper.
pub fn keep_paper(conn: &mut Conn, paper: &Paper, made: &MadePaper) -> StoreResult<()> {
    let bytes = |blob: &StoredBlob| i64::try_from(blob.bytes);
    let (pdf_bytes, docx_bytes) = (bytes(&made.pdf)?, bytes(&made.docx)?);
    on!(conn, c => diesel::update(papers::table.find((Db(paper.client_id), Db(paper.id))))
        .filter(papers::state.eq(Db(PaperState::Running)))
        .filter(papers::attempts.eq(paper.attempts))
        .set((
            papers::state.eq(Db(PaperState::Done)),
            papers::template_version.eq(made.template_version),
            papers::pdf_sha256.eq(Some(made.pdf.sha256.as_slice())),
            papers::pdf_bytes.eq(Some(pdf_bytes)),
            papers::docx_sha256.eq(Some(made.docx.sha256.as_slice())),
            papers::docx_bytes.eq(Some(docx_bytes)),
            papers::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}

/// Ends a paper that cannot be made. Changes nothing when another worker holds it.
pub fn fail_paper(conn: &mut Conn, paper: &Paper, problem: &str) -> StoreResult<()> {
    on!(conn, c => diesel::update(papers::table.find((Db(paper.client_id), Db(paper.id))))
        .filter(papers::attempts.eq(paper.attempts))
        .filter(papers::state.ne(Db(PaperState::Done)))
        .set((
            papers::state.eq(Db(PaperState::Failed)),
            papers::problem.eq(Some(problem)),
            papers::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}

/// Puts a paper back that has to wait for days to be derived, behind all others.
/// Changes nothing when another worker holds it.
pub fn put_back_paper(conn: &mut Conn, paper: &Paper) -> StoreResult<()> {
    on!(conn, c => diesel::update(papers::table.find((Db(paper.client_id), Db(paper.id))))
        .filter(papers::state.eq(Db(PaperState::Running)))
        .filter(papers::attempts.eq(paper.attempts))
        .set((
            papers::state.eq(Db(PaperState::Queued)),
            papers::attempts.eq(0),
            papers::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}

/// Gives a paper back that met an outage, which does not count as an attempt. It
/// is taken up again once its lease has run out.
pub fn give_back_paper(conn: &mut Conn, paper: &Paper) -> StoreResult<()> {
    on!(conn, c => diesel::update(papers::table.find((Db(paper.client_id), Db(paper.id))))
        .filter(papers::state.eq(Db(PaperState::Running)))
        .filter(papers::attempts.eq(paper.attempts))
        .set((papers::attempts.eq(paper.attempts - 1), papers::updated_at.eq(Db(now()))))
        .execute(c))?;
    Ok(())
}

/// The baits a form of consent names, in order of id: those whose contracts the
/// applicant holds, or the one of them that was asked for.
pub fn baits_of_holder(
    conn: &mut Conn,
    client: ClientId,
    holder: ApplicantId,
    bait: Option<BaitId>,
) -> StoreResult<Vec<BaitId>> {
    use crate::schema::bait_preparations as preparations;
    let held: Vec<BaitId> = on!(conn, c => preparations::table
        .filter(preparations::client_id.eq(Db(client)))
        .filter(preparations::applicant_id.eq(Some(holder)))
        .order(preparations::bait_id)
        .select(preparations::bait_id)
        .load(c))?;
    Ok(held.into_iter().filter(|one| bait.is_none_or(|bait| bait == *one)).collect())
}
