//! Change rows: a change of lists, traps, clocks or editions touches days its
//! writer cannot see, since calls may be committing at the same moment. The
//! writer leaves one row; after its commit the worker expands it into buckets.

use std::collections::BTreeSet;

use baitline_domain::competitor::Attributions;
use baitline_domain::ids::{BaitId, ClientId, ObservationId, SourceId, TrapId};
use baitline_domain::instant::{Day, Instant, Span};
use baitline_domain::phone::Phone;
use baitline_domain::trap::LONGEST_REACH;
use diesel::prelude::*;
use uuid::Uuid;

use crate::attributions;
use crate::buckets;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::facts::Pair;
use crate::models::{Amendment, ChangeKind, TrapRow};
use crate::observations;
use crate::schema::{changes, clients, observations as seen, sources};
use crate::sql_types::Db;
use crate::sql_types::RowId;
use crate::traps;

/// Observations corrected in one statement when a clock changes.
const CORRECTION_BATCH: i64 = 5_000;
/// Changes of one number each that are expanded in one transaction.
const NUMBERS_AT_A_TIME: i64 = 500;
/// Rows inserted in one statement.
const INSERT_BATCH: usize = 1_000;

/// What changed, and how far it reaches.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = changes, treat_none_as_default_value = false)]
pub struct Change {
    #[diesel(serialize_as = Db<ClientId>)]
    client_id: ClientId,
    #[diesel(serialize_as = Db<RowId>)]
    id: RowId,
    #[diesel(serialize_as = Db<ChangeKind>)]
    kind: ChangeKind,
    subject_id: Option<RowId>,
    party_number: Option<Phone>,
    from_at: Option<Instant>,
    to_at: Option<Instant>,
}

impl Change {
    /// A change of this kind that reaches everything of the client.
    pub(crate) fn of(kind: ChangeKind) -> Self {
        Self {
            client_id: ClientId(Uuid::nil()),
            id: RowId(Uuid::now_v7()),
            kind,
            subject_id: None,
            party_number: None,
            from_at: None,
            to_at: None,
        }
    }

    /// Limited to one bait, trap or source.
    pub(crate) fn on(self, subject: Uuid) -> Self {
        Self { subject_id: Some(RowId(subject)), ..self }
    }

    /// Limited to calls with one number.
    pub(crate) fn with(self, party: Option<Phone>) -> Self {
        Self { party_number: party, ..self }
    }

    /// Limited to a half-open period; an absent end is open.
    pub(crate) fn between(self, from: Option<Instant>, to: Option<Instant>) -> Self {
        Self { from_at: from, to_at: to, ..self }
    }
}

/// Leaves a change row in the writer's own transaction.
pub(crate) fn note(conn: &mut Conn, client: ClientId, change: &Change) -> StoreResult<()> {
    let row = Change { client_id: client, ..change.clone() };
    on!(conn, c => diesel::insert_into(changes::table).values(row.clone()).execute(c))?;
    Ok(())
}

/// Leaves the same change row for every client: numbering editions and operators
/// are shared.
pub(crate) fn note_for_all(conn: &mut Conn, change: &Change) -> StoreResult<()> {
    let all: Vec<ClientId> = on!(conn, c => clients::table.select(clients::client_id).load(c))?;
    for client in all {
        note(conn, client, &Change { id: RowId(Uuid::now_v7()), ..change.clone() })?;
    }
    Ok(())
}

/// Leaves a change row for each pair whose calls of a day changed: its verdicts
/// of later days rest on them.
pub fn note_contacts(
    conn: &mut Conn,
    client: ClientId,
    pairs: &BTreeSet<Pair>,
    day: Day,
) -> StoreResult<()> {
    let rows = pairs.iter().map(|(bait, phone)| {
        Change::of(ChangeKind::Contacts)
            .on(bait.0)
            .with(Some(*phone))
            .between(Some(day.end()), None)
    });
    note_all(conn, client, rows)
}

/// Leaves change rows, many in one statement.
pub(crate) fn note_all(
    conn: &mut Conn,
    client: ClientId,
    rows: impl Iterator<Item = Change>,
) -> StoreResult<()> {
    let rows: Vec<Change> = rows.map(|row| Change { client_id: client, ..row }).collect();
    for chunk in rows.chunks(INSERT_BATCH) {
        on!(conn, c => diesel::insert_into(changes::table).values(chunk.to_vec()).execute(c))?;
    }
    Ok(())
}

/// How many changes within reach wait to be expanded.
pub fn count_changes(conn: &mut Conn, reach: Reach) -> StoreResult<i64> {
    Ok(on!(conn, c => {
        let mut query = changes::table.count().into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(changes::client_id.eq(Db(client)));
        }
        query.get_result(c)
    })?)
}

/// Expands the oldest waiting change into buckets and deletes it, those of
/// single numbers many at a time; `false` when none waits or other workers hold those
/// that do. Run as the agency.
pub fn expand_next(conn: &mut Conn) -> StoreResult<bool> {
    let waiting = oldest(conn)?;
    let Some(first) = waiting.first() else { return Ok(false) };
    let (client, mut days) = (first.client_id, BTreeSet::new());
    let _span = tracing::info_span!("expand", %client, changes = waiting.len()).entered();
    let attributions = attributions::attributions_of(conn, client)?;
    for change in &waiting {
        days.extend(expand(conn, change, &attributions)?);
        on!(conn, c => diesel::delete(changes::table.find((Db(client), Db(change.id))))
            .execute(c))?;
    }
    buckets::touch(conn, client, &days)?;
    Ok(true)
}

/// The oldest change; one of contacts or of portability together with more of
/// the same client's, since a recomputed day leaves one for every pair and a
/// file of answers one for every number.
fn oldest(conn: &mut Conn) -> StoreResult<Vec<Change>> {
    let oldest = changes::table.order(changes::id);
    let first: Option<Change> = match conn {
        Conn::Postgres(c) => {
            oldest.select(Change::as_select()).for_update().skip_locked().first(c).optional()?
        }
        Conn::Sqlite(c) => oldest.select(Change::as_select()).first(c).optional()?,
    };
    let Some(first) = first else { return Ok(Vec::new()) };
    if !matches!(first.kind, ChangeKind::Contacts | ChangeKind::Portability) {
        return Ok(vec![first]);
    }
    let alike = changes::table
        .filter(changes::client_id.eq(Db(first.client_id)))
        .filter(changes::kind.eq(Db(first.kind)))
        .order(changes::id)
        .limit(NUMBERS_AT_A_TIME);
    Ok(match conn {
        Conn::Postgres(c) => {
            alike.select(Change::as_select()).for_update().skip_locked().load(c)?
        }
        Conn::Sqlite(c) => alike.select(Change::as_select()).load(c)?,
    })
}

fn expand(
    conn: &mut Conn,
    change: &Change,
    attributions: &Attributions,
) -> StoreResult<BTreeSet<Day>> {
    let client = change.client_id;
    let reach = buckets::DayFilter {
        party: change.party_number,
        from: change.from_at,
        to: change.to_at,
        bait: None,
    };
    match (change.kind, change.subject_id) {
        (
            ChangeKind::OwnNumbers
            | ChangeKind::Numbering
            | ChangeKind::Client
            | ChangeKind::AllowList
            | ChangeKind::Portability
            | ChangeKind::Operators,
            _,
        ) => buckets::days_with_observations(conn, client, &reach),
        (ChangeKind::Attributions, _) => days_of_family(conn, client, &reach, attributions),
        (ChangeKind::Bait, Some(bait)) => {
            let bait = BaitId(bait.0);
            observations::join_waiting(conn, client)?;
            let filter = buckets::DayFilter { bait: Some(bait), ..reach };
            buckets::days_with_observations(conn, client, &filter)
        }
        // Baits entered together: none has observations but those that waited.
        (ChangeKind::Bait, None) => {
            observations::join_waiting(conn, client)?;
            Ok(BTreeSet::new())
        }
        (ChangeKind::Label, Some(bait)) => {
            let filter = buckets::DayFilter { bait: Some(BaitId(bait.0)), ..reach };
            days_of_family(conn, client, &filter, attributions)
        }
        (ChangeKind::Visits, Some(bait)) => {
            let filter = buckets::DayFilter { bait: Some(BaitId(bait.0)), ..reach };
            buckets::days_with_observations(conn, client, &filter)
        }
        (ChangeKind::Contacts, Some(bait)) => {
            let filter = buckets::DayFilter { bait: Some(BaitId(bait.0)), ..reach };
            let mut days = days_of_family(conn, client, &filter, attributions)?;
            // The day that changed has been recomputed.
            days.retain(|day| change.from_at.is_none_or(|from| from.day() <= *day));
            Ok(days)
        }
        (ChangeKind::Trap, Some(trap)) => {
            let trap = traps::find_trap(conn, Reach::Client(client), TrapId(trap.0))?;
            Ok(days_of_trap(&trap))
        }
        (ChangeKind::Source, Some(source)) => correct_source(conn, client, SourceId(source.0)),
        (
            ChangeKind::Label
            | ChangeKind::Contacts
            | ChangeKind::Visits
            | ChangeKind::Trap
            | ChangeKind::Source,
            None,
        ) => Ok(BTreeSet::new()),
    }
}

/// The days with the filter's number or with any other of its competitors: a
/// verdict on one may rest on what the bait had to do with another.
fn days_of_family(
    conn: &mut Conn,
    client: ClientId,
    filter: &buckets::DayFilter,
    attributions: &Attributions,
) -> StoreResult<BTreeSet<Day>> {
    let Some(party) = filter.party else {
        return buckets::days_with_observations(conn, client, filter);
    };
    let mut days = BTreeSet::new();
    for relative in attributions.family_of(party) {
        let of_relative = buckets::DayFilter { party: Some(relative), ..*filter };
        days.extend(buckets::days_with_observations(conn, client, &of_relative)?);
    }
    Ok(days)
}

/// Every day a trap can reach, whatever its records turn out to say; its own
/// first day too, so that a trap without any call is judged.
fn days_of_trap(row: &TrapRow) -> BTreeSet<Day> {
    let logged = row.trap.exposures.iter().map(|exposure| exposure.at);
    let first = logged.fold(row.trap.started_at, Instant::min);
    buckets::days_between(first, row.trap.started_at + LONGEST_REACH)
}

/// Corrects every time a source reported by its present offset, and returns
/// the days the observations left and the days they came to. A time that a person
/// amended is the true one and stays.
fn correct_source(
    conn: &mut Conn,
    client: ClientId,
    source: SourceId,
) -> StoreResult<BTreeSet<Day>> {
    let offset: i64 = on!(conn, c => sources::table
        .find((Db(client), Db(source)))
        .select(sources::clock_offset_micros)
        .first(c))?;
    let mut days = BTreeSet::new();
    let mut after = ObservationId(Uuid::nil());
    loop {
        let batch = seen::table
            .filter(seen::client_id.eq(Db(client)))
            .filter(seen::source_id.eq(Db(source)))
            .filter(seen::id.gt(Db(after)))
            .order(seen::id)
            .limit(CORRECTION_BATCH)
            .select((seen::id, seen::reported_at, seen::occurred_at, seen::amended));
        // Held until the correction commits: a later revision has another time.
        let rows: Vec<(ObservationId, Instant, Instant, Option<Amendment>)> = match conn {
            Conn::Postgres(c) => batch.for_update().load(c)?,
            Conn::Sqlite(c) => batch.load(c)?,
        };
        let Some(last) = rows.last() else { return Ok(days) };
        after = last.0;
        for (id, reported_at, before, amended) in rows {
            let amended = amended.and_then(|amended| amended.occurred_at());
            let corrected = amended.unwrap_or(reported_at + Span(offset));
            days.extend(buckets::days_touched_by(before));
            days.extend(buckets::days_touched_by(corrected));
            if corrected != before {
                on!(conn, c => diesel::update(seen::table.find((Db(client), Db(id))))
                    .set(seen::occurred_at.eq(Db(corrected)))
                    .execute(c))?;
            }
        }
    }
}
