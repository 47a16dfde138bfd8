//! Calls with a recording that nobody has labelled, as the worker last saw
//! them: the query behind the listening queue and the conditions of its indexes.

use baitline_domain::ids::{BaitId, TrapId};
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use baitline_domain::verdict::Verdict;
use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::CallPage;
use super::row::StoredCall;
use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::models::JudgedCall;
use crate::schema::{assignments, calls};
use crate::sql_types::Db;

/// Which unheard calls are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnheardKind {
    /// Answered interceptions: what becomes evidence.
    Interceptions,
    /// Background too.
    Everything,
}

impl UnheardKind {
    /// The condition of an index, word for word: with a bound value in it no
    /// database could tell that the index serves the query.
    const fn condition(self) -> &'static str {
        match self {
            Self::Interceptions => {
                "calls.label IS NULL AND calls.recordings > 0 \
                 AND calls.trap_id IS NOT NULL AND NOT calls.attempt"
            }
            Self::Everything => "calls.label IS NULL AND calls.recordings > 0",
        }
    }
}

/// Who holds a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignee {
    /// Nobody: it is free to take.
    Nobody,
    /// The person of this name.
    Person(String),
}

/// Which unheard calls a list shows; an absent field filters nothing.
#[derive(Debug, Clone)]
pub struct UnheardFilter {
    /// Interceptions, or background too.
    pub kind: UnheardKind,
    /// Of this bait.
    pub bait: Option<BaitId>,
    /// Of this trap.
    pub trap: Option<TrapId>,
    /// With this number at the other end.
    pub party: Option<Phone>,
    /// With this verdict.
    pub verdict: Option<Verdict>,
    /// Held by this person, or by nobody.
    pub assignee: Option<Assignee>,
}

/// The unheard calls within reach, in order of (start, id); `now` decides which
/// assignments have ended.
pub(crate) fn unheard_calls(
    conn: &mut Conn,
    reach: Reach,
    filter: &UnheardFilter,
    page: CallPage,
    now: Instant,
) -> StoreResult<Vec<JudgedCall>> {
    let rows: Vec<StoredCall> = on!(conn, c => {
        let mut query = calls::table
            .select(StoredCall::as_select())
            .filter(sql::<Bool>(filter.kind.condition()))
            .into_boxed();
        if let Some(client) = reach.client() {
            query = query.filter(calls::client_id.eq(Db(client)));
        }
        if let Some(bait) = filter.bait {
            query = query.filter(calls::bait_id.eq(Db(bait)));
        }
        if let Some(trap) = filter.trap {
            query = query.filter(calls::trap_id.eq(Some(trap)));
        }
        if let Some(party) = filter.party {
            query = query.filter(calls::party_number.eq(Some(party)));
        }
        if let Some(verdict) = filter.verdict {
            query = query.filter(calls::verdict.eq(Some(verdict)));
        }
        let held = assignments::table
            .filter(assignments::client_id.eq(calls::client_id))
            .filter(assignments::observation_id.eq(calls::id))
            .filter(assignments::until.is_null().or(assignments::until.gt(Some(now))));
        match &filter.assignee {
            None => {}
            Some(Assignee::Nobody) => query = query.filter(not(exists(held))),
            Some(Assignee::Person(name)) => {
                query = query.filter(exists(held.filter(assignments::assignee.eq(name.clone()))));
            }
        }
        if let Some((at, id)) = page.after {
            // The first condition is where the index is entered.
            query = query.filter(calls::started_at.ge(Db(at))).filter(
                calls::started_at.gt(Db(at)).or(calls::started_at.eq(Db(at)).and(calls::id.gt(Db(id)))),
            );
        }
        query.order((calls::started_at, calls::id)).limit(page.limit).load(c)
    })?;
    rows.into_iter().map(TryInto::try_into).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]

    use diesel::prelude::*;
    use diesel::sql_types::Text;

    use super::UnheardKind;

    const OF_POSTGRES: &str =
        include_str!("../../../../migrations/postgres/2026-11-24-000007_listening/up.sql");

    #[derive(QueryableByName)]
    struct Step {
        #[diesel(sql_type = Text)]
        detail: String,
    }

    #[test]
    fn each_kind_and_reach_has_an_index_in_the_order_of_the_queue() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plans.sqlite");
        let path = path.to_str().unwrap();
        crate::migrate(&format!("sqlite:{path}"), None).unwrap();
        let mut conn = SqliteConnection::establish(path).unwrap();
        for (kind, index) in [
            (UnheardKind::Interceptions, "calls_unheard_interceptions"),
            (UnheardKind::Everything, "calls_unheard"),
        ] {
            let condition = kind.condition();
            let in_postgres = format!(" WHERE {};", condition.replace("calls.", ""));
            let alike = OF_POSTGRES.lines().filter(|line| line.ends_with(&in_postgres));
            assert_eq!(alike.count(), 2, "{kind:?}");
            for (reach, index) in [
                ("AND client_id = ?", format!("SEARCH calls USING INDEX {index} (client_id=?)")),
                ("", format!("SCAN calls USING INDEX {index}_of_all")),
            ] {
                let query = format!(
                    "EXPLAIN QUERY PLAN SELECT * FROM calls WHERE {condition} {reach} \
                     ORDER BY started_at, id LIMIT 10"
                );
                let plan: Vec<Step> = diesel::sql_query(query).load(&mut conn).unwrap();
                let plan: Vec<&str> = plan.iter().map(|step| step.detail.as_str()).collect();
                assert_eq!(plan, [index], "no other step, such as a sort");
            }
        }
    }
}
