//! A client's own versions of the templates that papers are made from. One is
//! used only after a worker has tried it; of those accepted the newest, until a
//! client returns to the program's own.

use baitline_domain::ids::ClientId;
use baitline_domain::paper::PaperKind;
use diesel::prelude::*;

use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::exports::{CANDIDATES, LEASE, MAX_ATTEMPTS};
use crate::models::{PaperTemplate, TemplateState};
use crate::schema::paper_templates as templates;
use crate::sql_types::Db;
use crate::{clients, now};

/// What a version says of itself when a newer one came before it was tried.
const OVERTAKEN: &str = "A newer version was sent before this one was tried.";

/// Why a version is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// In one sentence.
    pub problem: String,
    /// The line at fault, from 1, where it can be told.
    pub line: Option<i32>,
}

/// Keeps a version that is to be tried; the text that stands there already is no
/// new one. `true` where it is. One that still waited is refused, so that no
/// client makes the workers try more than one of each kind.
pub fn put_template(
    conn: &mut Conn,
    client: ClientId,
    kind: PaperKind,
    content: &str,
    author: &str,
) -> StoreResult<(bool, PaperTemplate)> {
    // Two who send one at the same time wait for each other here.
    clients::lock_for_entry(conn, client)?;
    let before = latest(conn, client, kind)?;
    if let Some(same) = before.as_ref().filter(|row| !row.withdrawn && row.content == content) {
        return Ok((false, same.clone()));
    }
    if let Some(waiting) = before.as_ref().filter(|row| row.state == TemplateState::Checking) {
        let overtaken = Refused { problem: OVERTAKEN.to_owned(), line: None };
        end_template(conn, waiting, Err(&overtaken))?;
    }
    let at = now();
    let row = PaperTemplate {
        client_id: client,
        kind,
        version: before.map_or(1, |row| row.version + 1),
        state: TemplateState::Checking,
        content: content.to_owned(),
        problem: None,
        problem_line: None,
        withdrawn: false,
        attempts: 0,
        author: author.to_owned(),
        created_at: at,
        updated_at: at,
    };
    on!(conn, c => diesel::insert_into(templates::table).values(row.clone()).execute(c))?;
    Ok((true, row))
}

/// The version sent last, withdrawn or not.
fn latest(
    conn: &mut Conn,
    client: ClientId,
    kind: PaperKind,
) -> StoreResult<Option<PaperTemplate>> {
    Ok(on!(conn, c => templates::table
        .filter(templates::client_id.eq(Db(client)))
        .filter(templates::kind.eq(Db(kind)))
        .order(templates::version.desc())
        .select(PaperTemplate::as_select())
        .first(c)
        .optional())?)
}

/// The client's own versions of one kind, or of all, that were not withdrawn, in
/// order of (kind, version).
pub fn templates_of(
    conn: &mut Conn,
    client: ClientId,
    kind: Option<PaperKind>,
) -> StoreResult<Vec<PaperTemplate>> {
    Ok(on!(conn, c => {
        let mut query = templates::table
            .filter(templates::client_id.eq(Db(client)))
            .filter(templates::withdrawn.eq(false))
            .select(PaperTemplate::as_select())
            .into_boxed();
        if let Some(kind) = kind {
            query = query.filter(templates::kind.eq(Db(kind)));
        }
        query.order((templates::kind, templates::version)).load(c)
    })?)
}

/// The version that papers are made from; `None` where that is the program's own.
pub fn template_in_use(
    conn: &mut Conn,
    client: ClientId,
    kind: PaperKind,
) -> StoreResult<Option<PaperTemplate>> {
    Ok(on!(conn, c => templates::table
        .filter(templates::client_id.eq(Db(client)))
        .filter(templates::kind.eq(Db(kind)))
        .filter(templates::state.eq(Db(TemplateState::Accepted)))
        .filter(templates::withdrawn.eq(false))
        .order(templates::version.desc())
        .select(PaperTemplate::as_select())
        .first(c)
        .optional())?)
}

/// Returns to the program's own template. The client's versions stay, and count
/// no more; twice is once.
pub fn withdraw_templates(conn: &mut Conn, client: ClientId, kind: PaperKind) -> StoreResult<()> {
    clients::lock_for_entry(conn, client)?;
    on!(conn, c => diesel::update(templates::table)
        .filter(templates::client_id.eq(Db(client)))
        .filter(templates::kind.eq(Db(kind)))
        .filter(templates::withdrawn.eq(false))
        .set(templates::withdrawn.eq(true))
        .execute(c))?;
    Ok(())
}

/// Takes up the version that has waited longest to be tried, or that a silent
/// worker left. One that every worker left is refused. Run as the agency.
pub fn claim_template(conn: &mut Conn) -> StoreResult<Option<PaperTemplate>> {
    while let Some(row) = longest_waiting(conn)? {
        if row.attempts < MAX_ATTEMPTS {
            return take_up(conn, &row).map(Some);
        }
        let given_up =
            Refused { problem: "Given up after several attempts.".to_owned(), line: None };
        end_template(conn, &row, Err(&given_up))?;
    }
    Ok(None)
}

fn longest_waiting(conn: &mut Conn) -> StoreResult<Option<PaperTemplate>> {
    let silent_since = now() - LEASE;
    let is_free = || {
        templates::state
            .eq(Db(TemplateState::Checking))
            .and(templates::attempts.eq(0).or(templates::updated_at.lt(Db(silent_since))))
    };
    let candidates: Vec<(ClientId, PaperKind, i32)> = on!(conn, c => templates::table
        .filter(is_free())
        .order((templates::updated_at, templates::client_id, templates::kind))
        .limit(CANDIDATES)
        .select((templates::client_id, templates::kind, templates::version))
        .load(c))?;
    for (client, kind, version) in candidates {
        let one = templates::table.find((Db(client), Db(kind), version)).filter(is_free());
        let found = match conn {
            Conn::Postgres(c) => one
                .select(PaperTemplate::as_select())
                .for_update()
                .skip_locked()
                .first(c)
                .optional()?,
            Conn::Sqlite(c) => one.select(PaperTemplate::as_select()).first(c).optional()?,
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

fn take_up(conn: &mut Conn, row: &PaperTemplate) -> StoreResult<PaperTemplate> {
    let found = templates::table.find((Db(row.client_id), Db(row.kind), row.version));
    Ok(on!(conn, c => diesel::update(found)
        .set((templates::attempts.eq(row.attempts + 1), templates::updated_at.eq(Db(now()))))
        .returning(PaperTemplate::as_returning())
        .get_result(c))?)
}

/// Keeps what came of trying a version. Changes nothing when another worker holds
/// it, or when it was overtaken meanwhile.
pub fn end_template(
    conn: &mut Conn,
    row: &PaperTemplate,
    tried: Result<(), &Refused>,
) -> StoreResult<()> {
    let state = match tried {
        Ok(()) => TemplateState::Accepted,
        Err(_) => TemplateState::Refused,
    };
    let refused = tried.err();
    let found = templates::table.find((Db(row.client_id), Db(row.kind), row.version));
    on!(conn, c => diesel::update(found)
        .filter(templates::state.eq(Db(TemplateState::Checking)))
        .filter(templates::attempts.eq(row.attempts))
        .set((
            templates::state.eq(Db(state)),
            templates::problem.eq(refused.map(|one| one.problem.as_str())),
            templates::problem_line.eq(refused.and_then(|one| one.line)),
            templates::updated_at.eq(Db(now())),
        ))
        .execute(c))?;
    Ok(())
}
