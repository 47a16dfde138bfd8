//! Finding the bait an observation names.

use std::collections::{HashMap, HashSet};

use baitline_domain::ids::{BaitId, ClientId, ObservationId};
use baitline_domain::observation::{BaitName, Ends};
use baitline_domain::phone::Phone;
use diesel::prelude::*;
use uuid::Uuid;

use crate::buckets::{self, Parts};
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::Bait;
use crate::observations::ingest::add_parts;
use crate::observations::row::StoredObservation;
use crate::schema::{baits, observations as seen};
use crate::sql_types::{Db, db_all};

/// Waiting observations looked at in one statement.
const WAITING_BATCH: i64 = 2_000;
/// Names asked for in one statement; each is one bind.
const NAMES_BATCH: usize = 10_000;

/// Baits by the names records use.
pub(crate) type Directory = HashMap<BaitName, BaitId>;

/// The baits that any of these ends may mean.
pub(super) fn directory<'a>(
    conn: &mut Conn,
    client: ClientId,
    ends: impl Iterator<Item = &'a Ends>,
) -> StoreResult<Directory> {
    let names: HashSet<BaitName> = ends.flat_map(Ends::bait_names).collect();
    let (mut numbers, mut references) = (Vec::new(), Vec::new());
    for name in names {
        match name {
            BaitName::Number(phone) => numbers.push(phone),
            BaitName::Reference(reference) => references.push(reference),
        }
    }
    named(conn, client, &numbers, &references)
}

/// The baits with these numbers and references.
pub(crate) fn named(
    conn: &mut Conn,
    client: ClientId,
    numbers: &[Phone],
    references: &[String],
) -> StoreResult<Directory> {
    let mut directory = Directory::new();
    for chunk in numbers.chunks(NAMES_BATCH) {
        add(
            &mut directory,
            on!(conn, c => baits::table
            .filter(baits::client_id.eq(Db(client)))
            .filter(baits::number.eq_any(db_all(chunk)))
            .select(Bait::as_select())
            .load(c))?,
        );
    }
    for chunk in references.chunks(NAMES_BATCH) {
        add(
            &mut directory,
            on!(conn, c => baits::table
            .filter(baits::client_id.eq(Db(client)))
            .filter(baits::reference.eq_any(chunk))
            .select(Bait::as_select())
            .load(c))?,
        );
    }
    Ok(directory)
}

fn add(directory: &mut Directory, found: Vec<Bait>) {
    for bait in found {
        directory.insert(BaitName::Number(bait.number), bait.id);
        if let Some(reference) = bait.reference {
            directory.insert(BaitName::Reference(reference), bait.id);
        }
    }
}

/// Joins every waiting observation of a client whose bait has appeared, and
/// touches their days.
pub(crate) fn join_waiting(conn: &mut Conn, client: ClientId) -> StoreResult<()> {
    let mut after = ObservationId(Uuid::nil());
    loop {
        let batch = seen::table
            .filter(seen::client_id.eq(Db(client)))
            .filter(seen::bait_id.is_null())
            .filter(seen::id.gt(Db(after)))
            .order(seen::id)
            .limit(WAITING_BATCH);
        // Held until the joining commits: a later revision may have other ends.
        let rows: Vec<StoredObservation> = match conn {
            Conn::Postgres(c) => {
                batch.select(StoredObservation::as_select()).for_update().load(c)?
            }
            Conn::Sqlite(c) => batch.select(StoredObservation::as_select()).load(c)?,
        };
        let Some(last) = rows.last() else { return Ok(()) };
        after = last.id;
        let ends: Vec<Ends> = rows.iter().map(StoredObservation::ends).collect();
        let directory = directory(conn, client, ends.iter())?;
        let mut parts = Parts::default();
        for (mut row, ends) in rows.into_iter().zip(ends) {
            let Some(joined) = ends.join(|name| directory.get(name).copied()) else { continue };
            row.join(Some(joined));
            add_parts(&mut parts, &row);
            save_join(conn, &row)?;
        }
        buckets::touch_baits(conn, client, &parts)?;
    }
}

/// Keeps what follows from the row's bait.
pub(super) fn save_join(conn: &mut Conn, row: &StoredObservation) -> StoreResult<()> {
    on!(conn, c => diesel::update(seen::table.find((Db(row.client_id), Db(row.id))))
        .set((
            seen::bait_id.eq(row.bait_id),
            seen::direction.eq(row.direction),
            seen::party_kind.eq(row.party_kind),
            seen::party_number.eq(row.party_number),
        ))
        .execute(c))?;
    Ok(())
}
