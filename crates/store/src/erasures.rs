//! Erasure: what is kept of a caller goes, by request or by age, and a record stays
//! that shows what went to whoever still has it and tells nobody else a number.
//! A worker carries it in steps ([`advance`]); what is held stays.

mod advance;
mod held;
mod mentions;
mod named;
mod packages;
mod remove;
mod texts;
mod traces;
mod victims;

use std::collections::BTreeSet;

use baitline_domain::audit::AuditChange;
use baitline_domain::erasure::{Erasable, ErasureGround, ErasureState};
use baitline_domain::ids::{ClientId, ErasureId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use rand::Rng;
use uuid::Uuid;

use crate::audit::{self, Note};
use crate::backup::blobs_named;
use crate::blobs::BlobKind;
use crate::conn::{Conn, Reach, on};
use crate::error::{Constraint, StoreResult};
use crate::models::{ErasureCounts, ErasureRow, HeldCalls};
use crate::schema::{baits, erasures, files, labels, recordings, segments};
use crate::sql_types::{Db, db_all};
use crate::{Page, clients, now, stored_text};

pub use advance::{Advance, advance, finish, looked_through, next_file};

use held::Held;
use victims::Place;

/// What the audit says of everything that an erasure does.
pub const ACT: &str = "erase";
/// The most erasures of one client that are at work at a time.
pub const MAX_OPEN_ERASURES: i64 = 100;
/// Bytes of a salt.
const SALT_BYTES: usize = 32;
/// Old observations looked at in one look for one that is due.
const LOOKED_AT: i64 = 1_000;

impl ErasureCounts {
    /// Both together.
    pub(crate) fn and(self, more: Self) -> Self {
        Self {
            calls: self.calls + more.calls,
            recordings: self.recordings + more.recordings,
            labels: self.labels + more.labels,
            packages: self.packages + more.packages,
            papers: self.papers + more.papers,
            files: self.files + more.files,
            places: self.places + more.places,
            entries: self.entries + more.entries,
            texts: self.texts + more.texts,
        }
    }
}

/// What an erasure of a number would do, as far as rows tell it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErasurePreview {
    /// The client.
    pub client: ClientId,
    /// How much would go; texts, papers and files are not counted before.
    pub counts: ErasureCounts,
    /// What would stay, and why.
    pub held: Vec<HeldCalls>,
    /// Whether everything that names the number beside its calls would stay too.
    pub is_held: bool,
}

/// Says what an erasure would do, and does nothing.
pub fn preview(conn: &mut Conn, client: ClientId, number: Phone) -> StoreResult<ErasurePreview> {
    assert_not_ours(conn, client, number)?;
    let held = Held::load(conn, client)?;
    let (free, stay) = held.sift(victims::of_number(conn, client, number)?);
    let ids: Vec<_> = free.iter().map(|one| one.id).collect();
    let mut counts = ErasureCounts { calls: ids.len() as u64, ..ErasureCounts::default() };
    for chunk in ids.chunks(1_000) {
        let recorded: i64 = on!(conn, c => recordings::table
            .filter(recordings::client_id.eq(Db(client)))
            .filter(recordings::observation_id.eq_any(db_all(chunk)))
            .count()
            .get_result(c))?;
        let heard: i64 = on!(conn, c => labels::table
            .filter(labels::client_id.eq(Db(client)))
            .filter(labels::observation_id.eq_any(db_all(chunk)))
            .count()
            .get_result(c))?;
        counts.recordings += u64::try_from(recorded)?;
        counts.labels += u64::try_from(heard)?;
    }
    counts.packages = packages::count(conn, client, number)?;
    let is_held = !stay.is_empty() || held.holds_number(number);
    Ok(ErasurePreview { client, counts, held: stay, is_held })
}

/// Asks for the erasure of a caller's number. Run as the agency.
pub fn create_erasure(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
    reason: &str,
    author: &str,
) -> StoreResult<ErasureRow> {
    clients::lock_for_entry(conn, client)?;
    assert_not_ours(conn, client, number)?;
    let open: i64 = on!(conn, c => erasures::table
        .filter(erasures::client_id.eq(Db(client)))
        .filter(erasures::ended_at.is_null())
        .count()
        .get_result(c))?;
    if open >= MAX_OPEN_ERASURES {
        return Err(Constraint::TooManyErasures.into());
    }
    insert(conn, client, (Some(number), None), reason, author)
}

/// A bait's number or an own number is the client's side, not a caller.
fn assert_not_ours(conn: &mut Conn, client: ClientId, number: Phone) -> StoreResult<()> {
    let trapped: i64 = on!(conn, c => baits::table
        .filter(baits::client_id.eq(Db(client)))
        .filter(baits::number.eq(Db(number)))
        .count()
        .get_result(c))?;
    if trapped > 0 || Held::load(conn, client)?.is_own(number) {
        return Err(Constraint::NumberIsOurs.into());
    }
    Ok(())
}

fn insert(
    conn: &mut Conn,
    client: ClientId,
    (number, before_at): (Option<Phone>, Option<Instant>),
    reason: &str,
    author: &str,
) -> StoreResult<ErasureRow> {
    let mut salt = [0; SALT_BYTES];
    rand::rng().fill_bytes(&mut salt);
    let ground = match before_at {
        None => ErasureGround::Request,
        Some(_) => ErasureGround::Retention,
    };
    let row = ErasureRow {
        client_id: client,
        id: ErasureId(Uuid::now_v7()),
        ground,
        state: ErasureState::Calls,
        number,
        before_at,
        reason: reason.to_owned(),
        author: author.to_owned(),
        salt: Some(salt.to_vec()),
        counts: stored_text::write(&ErasureCounts::default())?,
        held: stored_text::write(&Vec::<HeldCalls>::new())?,
        place: None,
        digest: None,
        requested_at: now(),
        rows_gone_at: None,
        ended_at: None,
    };
    on!(conn, c => diesel::insert_into(erasures::table).values(row.clone()).execute(c))?;
    Ok(row)
}

/// The erasures within reach, in order of id.
pub fn list_erasures(conn: &mut Conn, reach: Reach, page: Page) -> StoreResult<Vec<ErasureRow>> {
    Ok(on!(conn, c => {
        let mut query = erasures::table.select(ErasureRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(erasures::client_id.eq(Db(client)));
        }
        if let Some(after) = page.after {
            query = query.filter(erasures::id.gt(Db(ErasureId(after))));
        }
        query.order(erasures::id).limit(page.limit).load(c)
    })?)
}

/// One erasure within reach.
pub fn find_erasure(conn: &mut Conn, reach: Reach, id: ErasureId) -> StoreResult<ErasureRow> {
    Ok(on!(conn, c => {
        let mut query = erasures::table.select(ErasureRow::as_select()).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(erasures::client_id.eq(Db(client)));
        }
        query.filter(erasures::id.eq(Db(id))).first(c)
    })?)
}

/// The erasures within reach, of those whose salt is kept, that have erased this.
pub fn erasures_of(
    conn: &mut Conn,
    reach: Reach,
    what: &Erasable<'_>,
) -> StoreResult<Vec<ErasureRow>> {
    let all = list_erasures(conn, reach, Page::WHOLE)?;
    let mut found = Vec::new();
    for row in all {
        if traces::is_committed(conn, &row, what)? {
            found.push(row);
        }
    }
    Ok(found)
}

/// Forgets what the commitments of an ended erasure are salted with: nobody can try
/// numbers against them any more, and nobody without a copy of the salt can show what
/// was erased.
pub fn give_up_salt(conn: &mut Conn, id: ErasureId) -> StoreResult<()> {
    let row = find_erasure(conn, Reach::Agency, id)?;
    if row.state != ErasureState::Done {
        return Err(Constraint::ErasureAtWork.into());
    }
    on!(conn, c => diesel::update(erasures::table.find((Db(row.client_id), Db(id))))
        .set(erasures::salt.eq(None::<Vec<u8>>))
        .execute(c))?;
    // The trigger leaves the salt out.
    let noted = Note {
        noun: "erasure",
        subject: &id.to_string(),
        change: AuditChange::Changed,
        items: 1,
        content: b"salt given up",
    };
    audit::note(conn, row.client_id, &noted)
}

/// Every erasure that has not ended, in order of id.
pub fn open_erasures(conn: &mut Conn) -> StoreResult<Vec<ErasureRow>> {
    Ok(on!(conn, c => erasures::table
        .filter(erasures::ended_at.is_null())
        .order(erasures::id)
        .select(ErasureRow::as_select())
        .load(c))?)
}

/// Plans the erasure of what a client has kept for more than so many days at this
/// moment, unless nothing is due or one is at work; whether it did. For the worker.
pub fn plan_due(conn: &mut Conn, client: ClientId, days: i32, today: Instant) -> StoreResult<bool> {
    clients::lock_for_entry(conn, client)?;
    let before = Day(today.day().0 - days).start();
    let is_planned = !is_at_work(conn, client)? && is_due(conn, client, before)?;
    if is_planned {
        let reason = format!("kept for {days} days");
        insert(conn, client, (None, Some(before)), &reason, "worker")?;
    }
    Ok(is_planned)
}

fn is_at_work(conn: &mut Conn, client: ClientId) -> StoreResult<bool> {
    let open: i64 = on!(conn, c => erasures::table
        .filter(erasures::client_id.eq(Db(client)))
        .filter(erasures::ground.eq(Db(ErasureGround::Retention)))
        .filter(erasures::ended_at.is_null())
        .count()
        .get_result(c))?;
    Ok(open > 0)
}

fn is_due(conn: &mut Conn, client: ClientId, before: Instant) -> StoreResult<bool> {
    let held = Held::load(conn, client)?;
    if held.holds_everything() {
        return Ok(false);
    }
    let old: i64 = on!(conn, c => files::table
        .filter(files::client_id.eq(Db(client)))
        .filter(files::ended_at.lt(Some(before)))
        .filter(files::erased_at.is_null())
        .count()
        .get_result(c))?;
    if old > 0 {
        return Ok(true);
    }
    let mut after = Place::START;
    loop {
        let all = victims::older_than(conn, client, before, after, LOOKED_AT)?;
        let Some(last) = all.last() else { return Ok(false) };
        after = Place::behind(last);
        let (free, _) = held.sift(advance::without_own(all, &held, before));
        if !free.is_empty() {
            return Ok(true);
        }
    }
}

/// The hashes of the blobs of one kind that rows of a client name; of segments, those
/// that are dropped too, which reports may still read.
pub fn named_blobs(
    conn: &mut Conn,
    client: ClientId,
    kind: BlobKind,
) -> StoreResult<BTreeSet<Vec<u8>>> {
    let mut named = blobs_named(conn, client, kind)?;
    if kind == BlobKind::Segment {
        let all: Vec<Vec<u8>> = on!(conn, c => segments::table
            .filter(segments::client_id.eq(Db(client)))
            .select(segments::sha256)
            .load(c))?;
        named.extend(all);
    }
    Ok(named)
}

/// How many segments of a client are dropped and not swept up yet.
pub fn count_dropped(conn: &mut Conn, client: ClientId, until: Instant) -> StoreResult<i64> {
    Ok(on!(conn, c => segments::table
        .filter(segments::client_id.eq(Db(client)))
        .filter(segments::dropped_at.le(Some(until)))
        .count()
        .get_result(c))?)
}
