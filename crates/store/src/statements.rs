//! Operator statements, and their comparison with our calls. The rows are
//! observations of the statement's source, which the matching rule has put
//! together with those of others.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::ids::{BaitId, ClientId, ObservationId, SourceId, StatementId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::observation::Channel;
use baitline_domain::statement::{Reported, ReportedCall, compare};
use diesel::prelude::*;
use uuid::Uuid;

use crate::calls::{CallFilter, CallPage, list_calls};
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreError, StoreResult};
use crate::models::{
    ComparedCall, Comparison, JudgedCall, NewStatement, ObservationRow, SourceKind,
    StatementChanges, StatementRow,
};
use crate::schema::operator_statements as statements;
use crate::sql_types::Db;
use crate::versions::{self, Expected};
use crate::{Page, baits, buckets, now, observations, sources};

/// The most calls that one statement is compared with.
pub const MAX_STATEMENT_CALLS: usize = 5_000;
/// Ids asked for in one statement of SQL, under SQLite's 32,766 binds.
const IDS_AT_A_TIME: usize = 10_000;

/// Enters a statement of one of the client's baits.
pub fn create_statement(
    conn: &mut Conn,
    client: ClientId,
    new: &NewStatement,
    author: &str,
) -> StoreResult<StatementRow> {
    match baits::find_bait(conn, Reach::Client(client), new.bait) {
        Err(StoreError::NotFound) => return Err(Constraint::UnknownBait.into()),
        other => other?,
    };
    match sources::find_source(conn, Reach::Client(client), new.source) {
        Err(StoreError::NotFound) => return Err(Constraint::UnknownSourceId.into()),
        Ok(source) if source.kind != SourceKind::OperatorStatement => {
            return Err(Constraint::NotAStatement.into());
        }
        other => other?,
    };
    let row = StatementRow {
        client_id: client,
        id: StatementId(Uuid::now_v7()),
        bait_id: new.bait,
        source_id: new.source,
        from_at: new.from,
        to_at: new.to,
        number: new.number.clone(),
        issued_on: new.issued_on,
        note: new.note.clone(),
        withdrawn_because: None,
        version: versions::FIRST,
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(statements::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The statements within reach, of one bait where it is given, in order of id.
pub fn list_statements(
    conn: &mut Conn,
    reach: Reach,
    bait: Option<BaitId>,
    page: Page,
) -> StoreResult<Vec<StatementRow>> {
    Ok(on!(conn, c => {
        let mut query = statements::table.select(StatementRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(statements::client_id.eq(Db(client)));
        }
        if let Some(bait) = bait {
            query = query.filter(statements::bait_id.eq(Db(bait)));
        }
        if let Some(after) = page.after {
            query = query.filter(statements::id.gt(Db(StatementId(after))));
        }
        query.order(statements::id).limit(page.limit).load(c)
    })?)
}

/// One statement within reach.
pub fn find_statement(conn: &mut Conn, reach: Reach, id: StatementId) -> StoreResult<StatementRow> {
    Ok(on!(conn, c => {
        let mut query = statements::table.select(StatementRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(statements::client_id.eq(Db(client)));
        }
        query.filter(statements::id.eq(Db(id))).first(c)
    })?)
}

/// Changes what is said of a statement. Its rows are changed where they are: as
/// observations.
pub fn update_statement(
    conn: &mut Conn,
    client: ClientId,
    id: StatementId,
    expected: &Expected,
    changes: &StatementChanges,
) -> StoreResult<StatementRow> {
    let place = statements::table.find((Db(client), Db(id)));
    let before = match conn {
        Conn::Postgres(c) => place.select(StatementRow::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => place.select(StatementRow::as_select()).first(c)?,
    };
    expected.assert(before.version)?;
    let changes = changes.clone();
    let mut row = before.clone();
    row.number = changes.number.unwrap_or(row.number);
    row.issued_on = changes.issued_on.unwrap_or(row.issued_on);
    row.note = changes.note.unwrap_or(row.note);
    row.withdrawn_because = changes.withdrawn_because.unwrap_or(row.withdrawn_because);
    if row == before {
        return Ok(before);
    }
    row.version += 1;
    on!(conn, c => diesel::update(statements::table.find((Db(client), Db(id))))
        .set(row.clone())
        .execute(c))?;
    Ok(row)
}

/// Compares a statement with the calls of its bait and period. What came over a
/// messenger is no operator's to list.
pub fn compare_statement(
    conn: &mut Conn,
    reach: Reach,
    id: StatementId,
) -> StoreResult<Comparison> {
    let statement = find_statement(conn, reach, id)?;
    let client = statement.client_id;
    let calls = calls_of(conn, &statement)?;
    let sources = sources::sources_of(conn, client)?;
    // Another statement is nobody's witness but its operator's.
    let compared: HashMap<SourceId, Span> = sources
        .iter()
        .filter(|source| {
            source.id == statement.source_id || source.kind != SourceKind::OperatorStatement
        })
        .map(|source| (source.id, Span(source.uncertainty_micros)))
        .collect();
    let seen = reports_of(conn, client, &calls)?;
    let reported: Vec<Reported> =
        calls.iter().map(|judged| reported(judged, &statement, &seen, &compared)).collect();
    let lines: HashMap<ObservationId, _> =
        compare(&reported).into_iter().map(|line| (line.call, line)).collect();
    let compared = calls.into_iter().filter_map(|judged| {
        let line = *lines.get(&judged.call.id)?;
        Some(ComparedCall { line, judged })
    });
    let days = days_of(statement.from_at, statement.to_at);
    let calls = compared.collect();
    let pending = !buckets::are_settled(conn, client, &days)?;
    Ok(Comparison { statement, calls, pending })
}

fn calls_of(conn: &mut Conn, statement: &StatementRow) -> StoreResult<Vec<JudgedCall>> {
    let filter = CallFilter {
        bait: Some(statement.bait_id),
        from: Some(statement.from_at),
        to: Some(statement.to_at),
        ..CallFilter::default()
    };
    // One more tells that there are more.
    let page = CallPage { after: None, limit: MAX_STATEMENT_CALLS as i64 + 1 };
    let mut found = list_calls(conn, Reach::Client(statement.client_id), &filter, page)?;
    if found.len() > MAX_STATEMENT_CALLS {
        return Err(Constraint::TooManyCalls.into());
    }
    found.retain(|judged| judged.call.channel != Channel::Messenger);
    Ok(found)
}

/// What is reported of these calls, but for what was voided since.
fn reports_of(
    conn: &mut Conn,
    client: ClientId,
    calls: &[JudgedCall],
) -> StoreResult<HashMap<ObservationId, ObservationRow>> {
    let ids: Vec<ObservationId> =
        calls.iter().flat_map(|judged| judged.call.observations.iter().copied()).collect();
    let mut seen = HashMap::new();
    for chunk in ids.chunks(IDS_AT_A_TIME) {
        let rows = observations::find_observations(conn, client, chunk)?;
        seen.extend(rows.into_iter().filter(|row| !row.voided).map(|row| (row.id, row)));
    }
    Ok(seen)
}

fn reported(
    judged: &JudgedCall,
    statement: &StatementRow,
    seen: &HashMap<ObservationId, ObservationRow>,
    compared: &HashMap<SourceId, Span>,
) -> Reported {
    let rows = judged.call.observations.iter().filter_map(|id| seen.get(id));
    let rows = rows.filter(|row| compared.contains_key(&row.source_id));
    let (theirs, ours): (Vec<&ObservationRow>, Vec<&ObservationRow>) =
        rows.partition(|row| row.source_id == statement.source_id);
    let report = |row: &ObservationRow| ReportedCall {
        id: row.id,
        started_at: row.occurred_at,
        uncertainty: compared.get(&row.source_id).copied().unwrap_or(Span(0)),
        connected_seconds: row.connected_seconds.and_then(|seconds| u32::try_from(seconds).ok()),
    };
    Reported {
        call: judged.call.id,
        ours: ours.into_iter().map(report).collect(),
        theirs: theirs.into_iter().map(report).collect(),
    }
}

fn days_of(from: Instant, to: Instant) -> BTreeSet<Day> {
    (from.day().0..=to.day().0).map(Day).collect()
}
