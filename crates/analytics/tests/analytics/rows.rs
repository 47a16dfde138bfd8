//! Small rows to build the tests from.

use baitline_analytics::{Hearing, InterceptionRow, Tally};
use baitline_domain::ids::{BaitId, ClientId, CompetitorId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::operator::Inn;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use uuid::Uuid;

/// 2026-09-01, as a local day.
pub(crate) const DAY: i32 = 20_697;

pub(crate) fn client(number: u128) -> ClientId {
    ClientId(Uuid::from_u128(number))
}

pub(crate) fn bait(number: u128) -> BaitId {
    BaitId(Uuid::from_u128(number))
}

pub(crate) fn trap(number: u128) -> TrapId {
    TrapId(Uuid::from_u128(number))
}

pub(crate) fn competitor(number: u128) -> CompetitorId {
    CompetitorId(Uuid::from_u128(number))
}

pub(crate) fn phone(number: u64) -> Phone {
    Phone::from_digits(79_160_000_000 + number).unwrap()
}

/// МТС.
pub(crate) fn mts() -> Inn {
    Inn::from_value(7_740_000_076).unwrap()
}

/// МегаФон.
pub(crate) fn megafon() -> Inn {
    Inn::from_value(7_812_014_560).unwrap()
}

/// Т2.
pub(crate) fn t2() -> Inn {
    Inn::from_value(7_743_895_280).unwrap()
}

/// An interception that counts: answered, advertising, from another group.
pub(crate) fn row() -> InterceptionRow {
    InterceptionRow {
        client: client(1),
        caller: Some(phone(1)),
        operator: Some(mts()),
        region: Some("г. Москва".to_owned()),
        competitors: Vec::new(),
        bait: bait(1),
        bait_operator: Some(t2()),
        trap: trap(1),
        verdict: Verdict::ForeignGroup,
        attempt: false,
        hearing: Hearing::Advertising,
        prior_contact: false,
        local_day: DAY,
        started_at: Instant(1_000),
    }
}

/// `calls` interceptions like `row`, all at its moment.
pub(crate) fn tally_of(row: InterceptionRow, calls: u32) -> Tally {
    Tally {
        client: row.client,
        caller: row.caller,
        operator: row.operator,
        region: row.region,
        competitors: row.competitors,
        bait: row.bait,
        bait_operator: row.bait_operator,
        trap: row.trap,
        verdict: row.verdict,
        attempt: row.attempt,
        hearing: row.hearing,
        prior_contact: row.prior_contact,
        local_day: row.local_day,
        calls,
        first_at: row.started_at,
        last_at: row.started_at,
    }
}
