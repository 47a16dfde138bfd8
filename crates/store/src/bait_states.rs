//! Where baits stand at a moment: nothing of it is stored but a retirement. What
//! is asked of one bait and what a list is filtered by are the same expressions.

use std::collections::HashMap;

use baitline_domain::bait::{BaitFacts, BaitState};
use baitline_domain::ids::BaitId;
use baitline_domain::instant::Instant;
use baitline_domain::trap::Window;
use diesel::dsl::max;
use diesel::prelude::*;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::{Bait, BaitNow};
use crate::schema::{baits, traps};
use crate::sql_types::{Db, db_all};

/// A trap of the bait whose window is open.
macro_rules! has_open_window {
    ($now:expr) => {
        diesel::dsl::exists(
            $crate::schema::traps::table
                .filter($crate::schema::traps::client_id.eq($crate::schema::baits::client_id))
                .filter($crate::schema::traps::bait_id.eq($crate::schema::baits::id))
                .filter($crate::schema::traps::window_from.le(Some($now)))
                .filter($crate::schema::traps::window_to.gt(Some($now))),
        )
    };
}

/// Any trap of the bait.
macro_rules! has_trap {
    () => {
        diesel::dsl::exists(
            $crate::schema::traps::table
                .filter($crate::schema::traps::client_id.eq($crate::schema::baits::client_id))
                .filter($crate::schema::traps::bait_id.eq($crate::schema::baits::id)),
        )
    };
}

/// A dealing that is logged and not withdrawn, or a call by the bait to a number
/// that was neither an own one nor allowed when it began.
macro_rules! is_tainted {
    ($now:expr) => {{
        use $crate::schema::{allow_list, baits, calls, contaminations, own_numbers};
        let logged = contaminations::table
            .filter(contaminations::client_id.eq(baits::client_id))
            .filter(contaminations::bait_id.eq(baits::id))
            .filter(contaminations::withdrawn_because.is_null())
            .filter(contaminations::occurred_at.le($crate::sql_types::Db($now)));
        let own = own_numbers::table
            .filter(own_numbers::client_id.eq(calls::client_id))
            .filter(own_numbers::first_number.nullable().le(calls::party_number))
            .filter(own_numbers::last_number.nullable().ge(calls::party_number))
            .filter(
                own_numbers::valid_from
                    .is_null()
                    .or(own_numbers::valid_from.le(calls::started_at.nullable())),
            )
            .filter(
                own_numbers::valid_to
                    .is_null()
                    .or(own_numbers::valid_to.gt(calls::started_at.nullable())),
            );
        let allowed = allow_list::table
            .filter(allow_list::client_id.eq(calls::client_id))
            .filter(allow_list::number.nullable().eq(calls::party_number))
            .filter(allow_list::since.le(calls::started_at))
            .filter(
                allow_list::until.is_null().or(allow_list::until.gt(calls::started_at.nullable())),
            );
        // The word stands in the text, for an index holds these rows alone.
        let outgoing = diesel::dsl::sql::<$crate::sql_types::Word>("'outgoing'");
        let called = calls::table
            .filter(calls::client_id.eq(baits::client_id))
            .filter(calls::bait_id.eq(baits::id))
            .filter(calls::direction.eq(outgoing))
            .filter(
                calls::channel
                    .ne($crate::sql_types::Db(baitline_domain::observation::Channel::Sms)),
            )
            .filter(calls::party_number.is_not_null())
            .filter(diesel::dsl::not(diesel::dsl::exists(own)))
            .filter(diesel::dsl::not(diesel::dsl::exists(allowed)));
        diesel::dsl::exists(logged).or(diesel::dsl::exists(called))
    }};
}

/// Keeps the baits of a boxed query that are in a state, as [`BaitState::of`]
/// has it.
macro_rules! filter_by_state {
    ($query:expr, $state:expr, $now:expr) => {{
        use baitline_domain::bait::BaitState;
        use diesel::dsl::not;
        use $crate::bait_states::{has_open_window, has_trap, is_tainted};
        let now = $now;
        let in_use = $crate::schema::baits::retired_at.is_null();
        match $state {
            BaitState::Retired => $query.filter(not(in_use)),
            BaitState::Tainted => $query.filter(in_use).filter(is_tainted!(now)),
            BaitState::Armed => {
                $query.filter(in_use).filter(not(is_tainted!(now))).filter(has_open_window!(now))
            }
            BaitState::Resting => $query
                .filter(in_use)
                .filter(not(is_tainted!(now)))
                .filter(not(has_open_window!(now)))
                .filter(has_trap!()),
            BaitState::Quiet => {
                $query.filter(in_use).filter(not(is_tainted!(now))).filter(not(has_trap!()))
            }
        }
    }};
}

pub(crate) use {filter_by_state, has_open_window, has_trap, is_tainted};

/// What follows for each of these baits at a moment, in their order.
pub fn states_of(
    conn: &mut Conn,
    reach: Reach,
    found: Vec<Bait>,
    now: Instant,
) -> StoreResult<Vec<BaitNow>> {
    let ids: Vec<BaitId> = found.iter().map(|bait| bait.id).collect();
    let rows: Vec<(BaitId, bool, Option<Instant>)> = on!(conn, c => {
        let last_trap = traps::table
            .filter(traps::client_id.eq(baits::client_id))
            .filter(traps::bait_id.eq(baits::id))
            .select(max(traps::started_at))
            .single_value();
        let mut query =
            baits::table.select((baits::id, is_tainted!(now), last_trap)).into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(baits::client_id.eq(Db(client)));
        }
        query.filter(baits::id.eq_any(db_all(&ids))).load(c)
    })?;
    let facts: HashMap<BaitId, (bool, Option<Instant>)> =
        rows.into_iter().map(|(id, is_tainted, last)| (id, (is_tainted, last))).collect();
    let windows = open_windows(conn, reach, &ids, now)?;
    let with_state = found.into_iter().map(|bait| {
        let (is_tainted, last_trap_at) = facts.get(&bait.id).copied().unwrap_or_default();
        let window = windows.get(&bait.id).copied();
        let state = BaitState::of(BaitFacts {
            is_retired: bait.retired_at.is_some(),
            is_tainted,
            has_open_window: window.is_some(),
            has_trap: last_trap_at.is_some(),
        });
        BaitNow { bait, state, window, last_trap_at }
    });
    Ok(with_state.collect())
}

/// The open window of each bait, of several the one that ends last.
fn open_windows(
    conn: &mut Conn,
    reach: Reach,
    ids: &[BaitId],
    now: Instant,
) -> StoreResult<HashMap<BaitId, Window>> {
    let rows: Vec<(BaitId, Option<Instant>, Option<Instant>)> = on!(conn, c => {
        let mut query = traps::table
            .select((traps::bait_id, traps::window_from, traps::window_to))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(traps::client_id.eq(Db(client)));
        }
        query
            .filter(traps::bait_id.eq_any(db_all(ids)))
            .filter(traps::window_from.le(Some(now)))
            .filter(traps::window_to.gt(Some(now)))
            .order(traps::window_to)
            .load(c)
    })?;
    let window = |(bait, from, to): (BaitId, Option<Instant>, Option<Instant>)| {
        Some((bait, Window { from: from?, to: to? }))
    };
    Ok(rows.into_iter().filter_map(window).collect())
}
