//! How long replays are kept. What they found is of the day they ran, and can be
//! found again.

use baitline_domain::ids::{ClientId, ReplayId};
use baitline_domain::instant::{Instant, Span};
use diesel::prelude::*;

use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::models::ReplayState;
use crate::schema::{replay_differences as differences, replay_touched as touched, replays};
use crate::sql_types::Db;

/// How long a replay is kept after it ended.
pub const REPLAY_KEPT: Span = Span::hours(90 * 24);
/// Replays deleted in one transaction, each with up to
/// [`super::MAX_DIFFERENCES`] rows.
const PRUNED_AT_A_TIME: i64 = 16;

/// Deletes the replays that ended [`REPLAY_KEPT`] before `at`, the oldest first,
/// some of them at a time; how many. Run as the agency.
pub fn prune_replays(conn: &mut Conn, at: Instant) -> StoreResult<usize> {
    let ended = [ReplayState::Done, ReplayState::Failed, ReplayState::Cancelled].map(Db);
    let old: Vec<(ClientId, ReplayId)> = on!(conn, c => replays::table
        .filter(replays::state.eq_any(ended))
        .filter(replays::updated_at.lt(Db(at - REPLAY_KEPT)))
        .order(replays::id)
        .limit(PRUNED_AT_A_TIME)
        .select((replays::client_id, replays::id))
        .load(c))?;
    for &(client, id) in &old {
        on!(conn, c => {
            diesel::delete(differences::table
                .filter(differences::client_id.eq(Db(client)))
                .filter(differences::replay_id.eq(Db(id))))
                .execute(c)?;
            diesel::delete(touched::table
                .filter(touched::client_id.eq(Db(client)))
                .filter(touched::replay_id.eq(Db(id))))
                .execute(c)?;
            diesel::delete(replays::table.find((Db(client), Db(id)))).execute(c)
        })?;
    }
    Ok(old.len())
}
