//! Questions about many pairs of bait and number in one statement of PostgreSQL:
//! a look of its own for each pair, in the index that begins with the pair, so
//! that neither the other calls of a bait nor a round trip counts.

use std::collections::BTreeSet;

use baitline_domain::ids::{BaitId, ClientId};
use baitline_domain::instant::Instant;
use baitline_domain::observation::Direction;
use baitline_domain::phone::Phone;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Array, Integer};

use crate::error::StoreResult;
use crate::facts::Pair;
use crate::sql_types::{Db, Id, Instant as InstantSql, Number, Word};

/// A day, counted from 1970, on which a bait had to do with a number.
#[derive(QueryableByName)]
pub(crate) struct PairDay {
    #[diesel(sql_type = Id)]
    pub(crate) bait: BaitId,
    #[diesel(sql_type = Integer)]
    pub(crate) day: i32,
    /// The day of the moment that was asked from.
    #[diesel(sql_type = Integer)]
    pub(crate) from_day: i32,
}

const LATER_DAYS: &str = "
    SELECT DISTINCT p.bait AS bait,
        floor(extract(epoch FROM s.occurred_at) / 86400)::integer AS day,
        floor(extract(epoch FROM p.since) / 86400)::integer AS from_day
    FROM unnest($2::uuid[], $3::bigint[], $4::timestamptz[]) AS p (bait, party, since)
    CROSS JOIN LATERAL (
        SELECT occurred_at FROM observations
        WHERE client_id = $1 AND bait_id = p.bait AND party_number = p.party
            AND occurred_at >= p.since AND NOT voided
        OFFSET 0
    ) AS s";

pub(crate) fn later_days(
    conn: &mut PgConnection,
    client: ClientId,
    pairs: &BTreeSet<(BaitId, Phone, Instant)>,
) -> StoreResult<Vec<PairDay>> {
    let baits: Vec<_> = pairs.iter().map(|(bait, ..)| Db(*bait)).collect();
    let parties: Vec<_> = pairs.iter().map(|(_, party, _)| Db(*party)).collect();
    let since: Vec<_> = pairs.iter().map(|(.., since)| Db(*since)).collect();
    Ok(diesel::sql_query(LATER_DAYS)
        .bind::<Id, _>(Db(client))
        .bind::<Array<Id>, _>(baits)
        .bind::<Array<Number>, _>(parties)
        .bind::<Array<InstantSql>, _>(since)
        .load(conn)?)
}

#[derive(QueryableByName)]
struct FirstContact {
    #[diesel(sql_type = Id)]
    bait: BaitId,
    #[diesel(sql_type = Number)]
    party: Phone,
    #[diesel(sql_type = Word)]
    direction: Direction,
    #[diesel(sql_type = InstantSql)]
    at: Instant,
}

/// Each direction has its own index, and its word stands in the text so that the
/// planner can tell.
const EARLIEST_CONTACTS: &str = "
    SELECT p.bait AS bait, p.party AS party, 'incoming' AS direction, c.started_at AS at
    FROM unnest($2::uuid[], $3::bigint[]) AS p (bait, party)
    CROSS JOIN LATERAL (
        SELECT started_at FROM calls
        WHERE client_id = $1 AND bait_id = p.bait AND party_number = p.party
            AND direction = 'incoming' AND channel <> 'sms' AND started_at < $4
        ORDER BY started_at LIMIT 1
    ) AS c
    UNION ALL
    SELECT p.bait, p.party, 'outgoing', c.started_at
    FROM unnest($2::uuid[], $3::bigint[]) AS p (bait, party)
    CROSS JOIN LATERAL (
        SELECT started_at FROM calls
        WHERE client_id = $1 AND bait_id = p.bait AND party_number = p.party
            AND direction = 'outgoing' AND channel <> 'sms' AND started_at < $4
        ORDER BY started_at LIMIT 1
    ) AS c";

/// The earliest call of each pair in each direction that began before a moment;
/// text messages are no contact.
pub(crate) fn earliest_contacts(
    conn: &mut PgConnection,
    client: ClientId,
    pairs: &BTreeSet<Pair>,
    before: Instant,
) -> StoreResult<Vec<(Pair, Direction, Instant)>> {
    let baits: Vec<_> = pairs.iter().map(|(bait, _)| Db(*bait)).collect();
    let parties: Vec<_> = pairs.iter().map(|(_, party)| Db(*party)).collect();
    let rows: Vec<FirstContact> = diesel::sql_query(EARLIEST_CONTACTS)
        .bind::<Id, _>(Db(client))
        .bind::<Array<Id>, _>(baits)
        .bind::<Array<Number>, _>(parties)
        .bind::<InstantSql, _>(Db(before))
        .load(conn)?;
    Ok(rows.into_iter().map(|row| ((row.bait, row.party), row.direction, row.at)).collect())
}
