//! What look-ups in the portability database said: which operator serves a
//! number, whoever holds its range. An answer entered by mistake is withdrawn,
//! with a reason, and stays.

use std::collections::{BTreeSet, HashMap};

use baitline_domain::audit::AuditChange;
use baitline_domain::ids::{ClientId, PortabilityAnswerId};
use baitline_domain::phone::Phone;
use baitline_domain::verdict::PortabilityAnswer;
use diesel::prelude::*;
use uuid::Uuid;

use crate::audit::{self, Note};
use crate::changes::{self, Change};
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{ChangeKind, LookUp, NewPortabilityAnswer, PortabilityAnswerRow};
use crate::schema::portability_answers as answers;
use crate::sql_types::{Db, db_all};
use crate::{Page, now};

/// Answers entered, or numbers asked for, in one statement.
const BATCH: usize = 1_000;

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerOutcome {
    /// It is new.
    Accepted(PortabilityAnswerId),
    /// The same look-up gave it before.
    Duplicate(PortabilityAnswerId),
    /// The same look-up gave another one before, which stays.
    Conflict(PortabilityAnswerId),
}

/// Enters one answer; one that is known is found again. The number's calls in
/// its validity are judged again.
pub fn create_answer(
    conn: &mut Conn,
    client: ClientId,
    look_up: &LookUp,
    new: NewPortabilityAnswer,
) -> StoreResult<PortabilityAnswerRow> {
    match enter_answers(conn, client, look_up, &[new])?.first() {
        Some(AnswerOutcome::Accepted(id) | AnswerOutcome::Duplicate(id)) => {
            find_answer(conn, Reach::Client(client), *id)
        }
        Some(AnswerOutcome::Conflict(_)) | None => Err(Constraint::LookUpDiffers.into()),
    }
}

/// Enters the answers of one look-up, with an outcome for each, in order.
pub fn enter_answers(
    conn: &mut Conn,
    client: ClientId,
    look_up: &LookUp,
    new: &[NewPortabilityAnswer],
) -> StoreResult<Vec<AnswerOutcome>> {
    let mut outcomes = Vec::with_capacity(new.len());
    for chunk in new.chunks(BATCH) {
        outcomes.extend(enter_chunk(conn, client, look_up, chunk)?);
    }
    Ok(outcomes)
}

fn enter_chunk(
    conn: &mut Conn,
    client: ClientId,
    look_up: &LookUp,
    new: &[NewPortabilityAnswer],
) -> StoreResult<Vec<AnswerOutcome>> {
    let rows: Vec<_> = new.iter().map(|one| row_of(client, look_up, one)).collect();
    on!(conn, c => diesel::insert_into(answers::table)
        .values(rows.clone())
        .on_conflict((
            answers::client_id,
            answers::number,
            answers::source,
            answers::looked_up_at,
        ))
        .do_nothing()
        .execute(c))?;
    let known: Vec<PortabilityAnswerRow> = on!(conn, c => answers::table
        .filter(answers::client_id.eq(Db(client)))
        .filter(answers::source.eq(&look_up.source))
        .filter(answers::looked_up_at.eq(Db(look_up.looked_up_at)))
        .filter(answers::number.eq_any(db_all(new.iter().map(|one| &one.number))))
        .select(PortabilityAnswerRow::as_select())
        .load(c))?;
    let known: HashMap<Phone, &PortabilityAnswerRow> =
        known.iter().map(|row| (row.number, row)).collect();
    let outcomes: Vec<_> =
        rows.iter().filter_map(|row| Some(outcome(row, known.get(&row.number)?))).collect();
    let accepted: Vec<&PortabilityAnswerRow> =
        rows.iter().filter(|row| known.get(&row.number).is_some_and(|k| k.id == row.id)).collect();
    note_answers(conn, client, AuditChange::Made, &accepted)?;
    changes::note_all(conn, client, accepted.into_iter().map(change_of))?;
    Ok(outcomes)
}

fn row_of(client: ClientId, look_up: &LookUp, new: &NewPortabilityAnswer) -> PortabilityAnswerRow {
    PortabilityAnswerRow {
        client_id: client,
        id: PortabilityAnswerId(Uuid::now_v7()),
        number: new.number,
        operator: new.operator,
        source: look_up.source.clone(),
        looked_up_at: look_up.looked_up_at,
        ported_at: new.ported_at,
        author: look_up.author.clone(),
        withdrawn_because: None,
        created_at: now(),
    }
}

fn outcome(new: &PortabilityAnswerRow, known: &PortabilityAnswerRow) -> AnswerOutcome {
    if new.id == known.id {
        AnswerOutcome::Accepted(known.id)
    } else if (new.operator, new.ported_at) == (known.operator, known.ported_at) {
        AnswerOutcome::Duplicate(known.id)
    } else {
        AnswerOutcome::Conflict(known.id)
    }
}

/// The answers within reach, of one number where it is given, in order of id.
pub fn list_answers(
    conn: &mut Conn,
    reach: Reach,
    number: Option<Phone>,
    page: Page,
) -> StoreResult<Vec<PortabilityAnswerRow>> {
    Ok(on!(conn, c => {
        let mut query = answers::table.select(PortabilityAnswerRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(answers::client_id.eq(Db(client)));
        }
        if let Some(number) = number {
            query = query.filter(answers::number.eq(Db(number)));
        }
        if let Some(after) = page.after {
            query = query.filter(answers::id.gt(Db(PortabilityAnswerId(after))));
        }
        query.order(answers::id).limit(page.limit).load(c)
    })?)
}

/// One answer within reach.
pub fn find_answer(
    conn: &mut Conn,
    reach: Reach,
    id: PortabilityAnswerId,
) -> StoreResult<PortabilityAnswerRow> {
    Ok(on!(conn, c => {
        let mut query = answers::table.select(PortabilityAnswerRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(answers::client_id.eq(Db(client)));
        }
        query.filter(answers::id.eq(Db(id))).first(c)
    })?)
}

/// Withdraws an answer with a reason, or lets it count again with none; the
/// number's calls in its validity are judged again.
pub fn withdraw_answer(
    conn: &mut Conn,
    client: ClientId,
    id: PortabilityAnswerId,
    because: Option<&str>,
) -> StoreResult<PortabilityAnswerRow> {
    let row = on!(conn, c => diesel::update(answers::table.find((Db(client), Db(id))))
        .set(answers::withdrawn_because.eq(because))
        .returning(PortabilityAnswerRow::as_returning())
        .get_result(c))?;
    note_answers(conn, client, AuditChange::Changed, &[&row])?;
    changes::note(conn, client, &change_of(&row))?;
    Ok(row)
}

/// Notes answers for the audit: a file of them would leave as many rows.
fn note_answers(
    conn: &mut Conn,
    client: ClientId,
    change: AuditChange,
    rows: &[&PortabilityAnswerRow],
) -> StoreResult<()> {
    let subject = match rows {
        [] => return Ok(()),
        [row] => row.id.to_string(),
        _ => String::new(),
    };
    let content = format!("{rows:?}");
    let noted = Note {
        noun: "portability_answer",
        subject: &subject,
        change,
        items: rows.len(),
        content: content.as_bytes(),
    };
    audit::note(conn, client, &noted)
}

/// What is known of these numbers, without what was withdrawn.
pub fn answers_of(
    conn: &mut Conn,
    client: ClientId,
    numbers: &BTreeSet<Phone>,
) -> StoreResult<HashMap<Phone, Vec<PortabilityAnswer>>> {
    let mut found: HashMap<Phone, Vec<PortabilityAnswer>> = HashMap::new();
    let numbers: Vec<Phone> = numbers.iter().copied().collect();
    for chunk in numbers.chunks(BATCH) {
        let rows: Vec<PortabilityAnswerRow> = on!(conn, c => answers::table
            .filter(answers::client_id.eq(Db(client)))
            .filter(answers::number.eq_any(db_all(chunk)))
            .filter(answers::withdrawn_because.is_null())
            .order(answers::id)
            .select(PortabilityAnswerRow::as_select())
            .load(c))?;
        for row in rows {
            found.entry(row.number).or_default().push(row.to_domain());
        }
    }
    Ok(found)
}

fn change_of(row: &PortabilityAnswerRow) -> Change {
    let PortabilityAnswer { phone, valid_from, valid_to, .. } = row.to_domain();
    Change::of(ChangeKind::Portability).with(Some(phone)).between(Some(valid_from), Some(valid_to))
}
