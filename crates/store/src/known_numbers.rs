//! What there is at all of a number, in one statement: most numbers stand on no
//! list and in no label, and a look-up that finds nothing costs as much as one
//! that does.

use baitline_domain::phone::Phone;
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::schema::{
    allow_list, attributions, calls, changes, complaint_calls as complained, labels,
    operator_entries, own_numbers, portability_answers as answers, touched_buckets as touched,
};
use crate::sql_types::Db;

/// Whether there is any of these, within reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// Calls with the number that somebody labelled.
    pub labelled: bool,
    /// Labels that name it as a number to call back.
    pub named: bool,
    /// Own numbers that hold it.
    pub own_numbers: bool,
    /// Entries of the allow-list.
    pub allowances: bool,
    /// Attributions to a competitor.
    pub attributions: bool,
    /// Portability answers.
    pub answers: bool,
    /// Complaints with a call from it.
    pub complaints: bool,
    /// Anything that waits for the worker.
    pub pending: bool,
    /// Entries of operators, which are everybody's.
    pub operator_entries: bool,
    /// How many calls with it are background.
    pub background_calls: i64,
}

/// Finds out.
pub fn presence_of(conn: &mut Conn, reach: Reach, number: Phone) -> StoreResult<Presence> {
    // Either is a type of its own, so that its text, a long one, is put together once for
    // a connection.
    macro_rules! found {
        ($($client:ident)?) => {
            diesel::select((
                (
                    exists(calls::table
                        $(.filter(calls::client_id.eq(Db($client))))?
                        .filter(calls::party_number.eq(Some(number)))
                        .filter(calls::label.is_not_null())),
                    exists(labels::table
                        $(.filter(labels::client_id.eq(Db($client))))?
                        .filter(labels::callback_number.eq(Some(number)))),
                ),
                (
                    exists(own_numbers::table
                        $(.filter(own_numbers::client_id.eq(Db($client))))?
                        .filter(own_numbers::first_number.le(Db(number)))
                        .filter(own_numbers::last_number.ge(Db(number)))),
                    exists(allow_list::table
                        $(.filter(allow_list::client_id.eq(Db($client))))?
                        .filter(allow_list::number.eq(Db(number)))),
                ),
                (
                    exists(attributions::table
                        $(.filter(attributions::client_id.eq(Db($client))))?
                        .filter(attributions::number.eq(Db(number)))),
                    exists(answers::table
                        $(.filter(answers::client_id.eq(Db($client))))?
                        .filter(answers::number.eq(Db(number)))),
                ),
                exists(complained::table
                    $(.filter(complained::client_id.eq(Db($client))))?
                    .filter(complained::caller.eq(Db(number)))
                    .filter(complained::removed.eq(false))),
                (
                    exists(touched::table.select(touched::client_id)
                        $(.filter(touched::client_id.eq(Db($client))))?),
                    exists(changes::table.select(changes::client_id)
                        $(.filter(changes::client_id.eq(Db($client))))?),
                ),
                exists(operator_entries::table.select(operator_entries::id)),
                calls::table
                    $(.filter(calls::client_id.eq(Db($client))))?
                    .filter(calls::party_number.eq(Some(number)))
                    .filter(calls::trap_id.is_null())
                    .count()
                    .single_value(),
            ))
        };
    }
    type Found = ((bool, bool), (bool, bool), (bool, bool), bool, (bool, bool), bool, Option<i64>);
    let found: Found = on!(conn, c => match reach {
        Reach::Client(client) => found!(client).get_result(c),
        Reach::Agency => found!().get_result(c),
    })?;
    let (heard, lists, others, complaints, pending, operator_entries, background) = found;
    Ok(Presence {
        labelled: heard.0,
        named: heard.1,
        own_numbers: lists.0,
        allowances: lists.1,
        attributions: others.0,
        answers: others.1,
        complaints,
        pending: pending.0 || pending.1,
        operator_entries,
        background_calls: background.unwrap_or_default(),
    })
}
