//! Inquiries to the operators of baits: made in batches, sent, answered call by
//! call or recorded as unanswered. Nothing that is derived depends on them.

mod propose;

use baitline_domain::ids::{ApplicantId, ClientId, InquiryId, ObservationId};
use baitline_domain::inquiry::InquiryState;
use diesel::dsl::count_star;
use diesel::prelude::*;
use uuid::Uuid;

use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{
    InquiryCallRow, InquiryChanges, InquiryCriteria, InquiryProposal, InquiryRow, OperatorReply,
    ProposedInquiry, Sending,
};
use crate::schema::{inquiries, inquiry_calls};
use crate::sql_types::{Db, db_all};
use crate::versions::{self, Expected};
use crate::{Page, now};

pub use propose::{MAX_INQUIRY_CALLS, MAX_PROPOSED_CALLS, propose};

/// Makes the inquiries that are proposed, and tells which calls are in none. A
/// call that another inquiry took at the same moment makes it fail as a whole.
pub fn create_inquiries(
    conn: &mut Conn,
    client: ClientId,
    criteria: &InquiryCriteria,
    author: &str,
) -> StoreResult<(Vec<InquiryRow>, InquiryProposal)> {
    let proposal = propose(conn, client, criteria)?;
    let made = proposal.letters.iter().map(|letter| create_inquiry(conn, client, letter, author));
    let made = made.collect::<StoreResult<_>>()?;
    Ok((made, proposal))
}

/// Makes one inquiry about these calls, at most [`MAX_INQUIRY_CALLS`].
pub fn create_inquiry(
    conn: &mut Conn,
    client: ClientId,
    letter: &ProposedInquiry,
    author: &str,
) -> StoreResult<InquiryRow> {
    let row = InquiryRow {
        client_id: client,
        id: InquiryId(Uuid::now_v7()),
        applicant_id: letter.applicant,
        operator: letter.operator,
        state: InquiryState::Draft,
        number: None,
        sent_on: None,
        channel: None,
        tracking_number: None,
        remind_on: None,
        answered_on: None,
        reply_number: None,
        reply_dated_on: None,
        unanswered_on: None,
        because: None,
        note: None,
        version: versions::FIRST,
        author: author.to_owned(),
        created_at: now(),
    };
    on!(conn, c => diesel::insert_into(inquiries::table).values(row.clone()).execute(c))?;
    let calls: Vec<InquiryCallRow> = letter
        .calls
        .iter()
        .map(|call| InquiryCallRow {
            client_id: client,
            inquiry_id: row.id,
            call_id: call.id,
            bait_id: call.bait,
            started_at: call.started_at,
            caller: call.caller,
            released: false,
            permission: None,
            contract: None,
            special_number: None,
            consent_claimed: None,
            note: None,
        })
        .collect();
    on!(conn, c => diesel::insert_into(inquiry_calls::table).values(calls.clone()).execute(c))?;
    Ok(row)
}

/// Which inquiries a list shows.
#[derive(Debug, Clone, Default)]
pub struct InquiryFilter {
    /// That stand there.
    pub state: Option<InquiryState>,
    /// Of this applicant.
    pub applicant: Option<ApplicantId>,
    /// Sent ones that are to be asked after on this day or before, in days since
    /// 1970-01-01.
    pub due_on: Option<i32>,
}

/// The inquiries within reach, in order of id.
pub fn list_inquiries(
    conn: &mut Conn,
    reach: Reach,
    filter: &InquiryFilter,
    page: Page,
) -> StoreResult<Vec<InquiryRow>> {
    Ok(on!(conn, c => {
        let mut query = inquiries::table.select(InquiryRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(inquiries::client_id.eq(Db(client)));
        }
        if let Some(state) = filter.state {
            query = query.filter(inquiries::state.eq(Db(state)));
        }
        if let Some(applicant) = filter.applicant {
            query = query.filter(inquiries::applicant_id.eq(Db(applicant)));
        }
        if let Some(day) = filter.due_on {
            query = query
                .filter(inquiries::state.eq(Db(InquiryState::Sent)))
                .filter(inquiries::remind_on.le(day));
        }
        if let Some(after) = page.after {
            query = query.filter(inquiries::id.gt(Db(InquiryId(after))));
        }
        query.order(inquiries::id).limit(page.limit).load(c)
    })?)
}

/// One inquiry within reach.
pub fn find_inquiry(conn: &mut Conn, reach: Reach, id: InquiryId) -> StoreResult<InquiryRow> {
    Ok(on!(conn, c => {
        let mut query = inquiries::table.select(InquiryRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(inquiries::client_id.eq(Db(client)));
        }
        query.filter(inquiries::id.eq(Db(id))).first(c)
    })?)
}

/// How many calls each of these inquiries asks about.
pub fn count_calls(
    conn: &mut Conn,
    reach: Reach,
    ids: &[InquiryId],
) -> StoreResult<Vec<(InquiryId, i64)>> {
    Ok(on!(conn, c => {
        let mut query = inquiry_calls::table
            .filter(inquiry_calls::inquiry_id.eq_any(db_all(ids)))
            .group_by(inquiry_calls::inquiry_id)
            .select((inquiry_calls::inquiry_id, count_star()))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(inquiry_calls::client_id.eq(Db(client)));
        }
        query.load(c)
    })?)
}

/// The calls that an inquiry asks about, in order of (start, id).
pub fn calls_of_inquiry(
    conn: &mut Conn,
    client: ClientId,
    id: InquiryId,
) -> StoreResult<Vec<InquiryCallRow>> {
    Ok(on!(conn, c => inquiry_calls::table
        .filter(inquiry_calls::client_id.eq(Db(client)))
        .filter(inquiry_calls::inquiry_id.eq(Db(id)))
        .order((inquiry_calls::started_at, inquiry_calls::call_id))
        .select(InquiryCallRow::as_select())
        .load(c))?)
}

/// Changes what does not move the inquiry.
pub fn update_inquiry(
    conn: &mut Conn,
    client: ClientId,
    id: InquiryId,
    expected: &Expected,
    changes: &InquiryChanges,
) -> StoreResult<InquiryRow> {
    let before = lock(conn, client, id, expected)?;
    let changes = changes.clone();
    let mut row = before.clone();
    row.number = changes.number.unwrap_or(row.number);
    row.tracking_number = changes.tracking_number.unwrap_or(row.tracking_number);
    row.remind_on = changes.remind_on.unwrap_or(row.remind_on);
    row.note = changes.note.unwrap_or(row.note);
    if row == before { Ok(before) } else { save(conn, row) }
}

/// Records that an inquiry was sent.
pub fn record_sending(
    conn: &mut Conn,
    client: ClientId,
    id: InquiryId,
    expected: &Expected,
    sending: &Sending,
) -> StoreResult<InquiryRow> {
    let mut row = moved(conn, client, id, expected, InquiryState::Sent)?;
    let sending = sending.clone();
    row.sent_on = Some(sending.on);
    row.channel = Some(sending.channel);
    row.number = sending.number.or(row.number);
    row.tracking_number = sending.tracking_number.or(row.tracking_number);
    row.remind_on = sending.remind_on.or(row.remind_on);
    save(conn, row)
}

/// Records the operator's answer, in the place of one that was recorded before.
pub fn record_reply(
    conn: &mut Conn,
    client: ClientId,
    id: InquiryId,
    expected: &Expected,
    reply: &OperatorReply,
) -> StoreResult<InquiryRow> {
    let mut row = moved(conn, client, id, expected, InquiryState::Answered)?;
    let calls = inquiry_calls::table
        .filter(inquiry_calls::client_id.eq(Db(client)))
        .filter(inquiry_calls::inquiry_id.eq(Db(id)));
    on!(conn, c => diesel::update(calls)
        .set((
            inquiry_calls::permission.eq(None::<baitline_domain::inquiry::Permission>),
            inquiry_calls::contract.eq(None::<String>),
            inquiry_calls::special_number.eq(None::<bool>),
            inquiry_calls::consent_claimed.eq(None::<bool>),
            inquiry_calls::note.eq(None::<String>),
        ))
        .execute(c))?;
    for (place, answer) in reply.answers.iter().enumerate() {
        let call = inquiry_calls::table.find((Db(client), Db(id), Db(answer.call)));
        let changed = on!(conn, c => diesel::update(call)
            .set((
                inquiry_calls::permission.eq(answer.permission),
                inquiry_calls::contract.eq(answer.contract.as_deref()),
                inquiry_calls::special_number.eq(answer.special_number),
                inquiry_calls::consent_claimed.eq(answer.consent_claimed),
                inquiry_calls::note.eq(answer.note.as_deref()),
            ))
            .execute(c))?;
        if changed == 0 {
            return Err(Constraint::NotInInquiry(place).into());
        }
    }
    row.answered_on = Some(reply.on);
    row.reply_number = reply.number.clone();
    row.reply_dated_on = reply.dated_on;
    save(conn, row)
}

/// Records that no answer came.
pub fn record_silence(
    conn: &mut Conn,
    client: ClientId,
    id: InquiryId,
    expected: &Expected,
    (on, because): (i32, &str),
) -> StoreResult<InquiryRow> {
    let mut row = moved(conn, client, id, expected, InquiryState::Unanswered)?;
    row.unanswered_on = Some(on);
    row.because = Some(because.to_owned());
    save(conn, row)
}

/// Gives a draft up; another inquiry may ask about its calls.
pub fn cancel_inquiry(
    conn: &mut Conn,
    client: ClientId,
    id: InquiryId,
    expected: &Expected,
    because: &str,
) -> StoreResult<InquiryRow> {
    let mut row = moved(conn, client, id, expected, InquiryState::Cancelled)?;
    row.because = Some(because.to_owned());
    let calls = inquiry_calls::table
        .filter(inquiry_calls::client_id.eq(Db(client)))
        .filter(inquiry_calls::inquiry_id.eq(Db(id)));
    on!(conn, c => diesel::update(calls).set(inquiry_calls::released.eq(true)).execute(c))?;
    save(conn, row)
}

/// Those of these ids, of calls or their observations, that an inquiry asks about.
pub(crate) fn asked_among(
    conn: &mut Conn,
    client: ClientId,
    ids: &[ObservationId],
) -> StoreResult<Vec<ObservationId>> {
    Ok(on!(conn, c => inquiry_calls::table
        .filter(inquiry_calls::client_id.eq(Db(client)))
        .filter(inquiry_calls::call_id.eq_any(db_all(ids)))
        .filter(inquiry_calls::released.eq(false))
        .select(inquiry_calls::call_id)
        .load(c))?)
}

/// The inquiry, held until the commit, as it would stand there.
fn moved(
    conn: &mut Conn,
    client: ClientId,
    id: InquiryId,
    expected: &Expected,
    next: InquiryState,
) -> StoreResult<InquiryRow> {
    let mut row = lock(conn, client, id, expected)?;
    if !row.state.may_become(next) {
        return Err(Constraint::InquiryElsewhere.into());
    }
    row.state = next;
    Ok(row)
}

fn lock(
    conn: &mut Conn,
    client: ClientId,
    id: InquiryId,
    expected: &Expected,
) -> StoreResult<InquiryRow> {
    let place = inquiries::table.find((Db(client), Db(id)));
    let row = match conn {
        Conn::Postgres(c) => place.select(InquiryRow::as_select()).for_update().first(c)?,
        Conn::Sqlite(c) => place.select(InquiryRow::as_select()).first(c)?,
    };
    expected.assert(row.version)?;
    Ok(row)
}

fn save(conn: &mut Conn, mut row: InquiryRow) -> StoreResult<InquiryRow> {
    row.version += 1;
    let place = inquiries::table.find((Db(row.client_id), Db(row.id)));
    on!(conn, c => diesel::update(place)
        .set((row.clone(), inquiries::channel.eq(row.channel)))
        .execute(c))?;
    Ok(row)
}
