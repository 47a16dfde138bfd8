//! What there is at all of a number, in one statement: most numbers stand on no
//! list and in no label, and a look-up that finds nothing costs as much as one
//! that does.

use baitline_domain::phone::Phone;
use diesel::dsl::exists;
use diesel::prelude::*;

use crate::conn::{Conn, Reach, on};
use crate::error::StoreResult;
use crate::schema::{
    allow_list, attributions, calls, changes, complaint_calls as complained, labels, own_numbers,
    portability_answers as answers, touched_buckets as touched,
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
}

/// Finds out.
pub fn presence_of(conn: &mut Conn, reach: Reach, number: Phone) -> StoreResult<Presence> {
    type Found = ((bool, bool), (bool, bool), (bool, bool), (bool, bool), bool);
    let (labelled, lists, others, pending, complaints): Found = on!(conn, c => {
        let mut labelled = calls::table
            .filter(calls::party_number.eq(Some(number)))
            .filter(calls::label.is_not_null())
            .into_boxed();
        let mut named = labels::table.filter(labels::callback_number.eq(Some(number))).into_boxed();
        let mut own = own_numbers::table
            .filter(own_numbers::first_number.le(Db(number)))
            .filter(own_numbers::last_number.ge(Db(number)))
            .into_boxed();
        let mut allowed = allow_list::table.filter(allow_list::number.eq(Db(number))).into_boxed();
        let mut theirs =
            attributions::table.filter(attributions::number.eq(Db(number))).into_boxed();
        let mut answered = answers::table.filter(answers::number.eq(Db(number))).into_boxed();
        let mut complained = complained::table
            .filter(complained::caller.eq(Db(number)))
            .filter(complained::removed.eq(false))
            .into_boxed();
        let mut buckets = touched::table.into_boxed();
        let mut waiting = changes::table.into_boxed();
        if let Some(client) = reach.client() {
            labelled = labelled.filter(calls::client_id.eq(Db(client)));
            named = named.filter(labels::client_id.eq(Db(client)));
            own = own.filter(own_numbers::client_id.eq(Db(client)));
            allowed = allowed.filter(allow_list::client_id.eq(Db(client)));
            theirs = theirs.filter(attributions::client_id.eq(Db(client)));
            answered = answered.filter(answers::client_id.eq(Db(client)));
            complained = complained.filter(complained::client_id.eq(Db(client)));
            buckets = buckets.filter(touched::client_id.eq(Db(client)));
            waiting = waiting.filter(changes::client_id.eq(Db(client)));
        }
        diesel::select((
            (exists(labelled), exists(named)),
            (exists(own), exists(allowed)),
            (exists(theirs), exists(answered)),
            (exists(buckets), exists(waiting)),
            exists(complained),
        ))
        .get_result(c)
    })?;
    Ok(Presence {
        labelled: labelled.0,
        named: labelled.1,
        own_numbers: lists.0,
        allowances: lists.1,
        attributions: others.0,
        answers: others.1,
        complaints,
        pending: pending.0 || pending.1,
    })
}
