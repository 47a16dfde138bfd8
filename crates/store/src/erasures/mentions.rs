//! Calls of others that name a number: by what a person heard, by what a source said
//! beside the ends, or by the name of a file. They stay, without it; papers and packages
//! that quote them are made anew.

use std::collections::BTreeSet;

use baitline_domain::erasure::WrittenNumber;
use baitline_domain::ids::{ClientId, ObservationId};
use baitline_domain::phone::Phone;
use diesel::prelude::*;

use super::victims::{self, Victim};
use crate::conn::{Conn, on};
use crate::error::StoreResult;
use crate::schema::{labels, observations, recordings};
use crate::sql_types::Db;

/// Texts of one observation, as far as there are any.
type Texts = (ObservationId, Vec<Option<String>>);

/// The observations that name the number beside their ends.
pub(super) fn of_number(
    conn: &mut Conn,
    client: ClientId,
    number: Phone,
) -> StoreResult<Vec<Victim>> {
    let written = WrittenNumber::of(number);
    let pattern = written.pattern();
    let mut ids: BTreeSet<ObservationId> = on!(conn, c => labels::table
        .filter(labels::client_id.eq(Db(client)))
        .filter(labels::callback_number.eq(Some(number)))
        .select(labels::observation_id)
        .load(c))?
    .into_iter()
    .collect();
    let texts = heard(conn, client, &pattern)?
        .into_iter()
        .chain(reported(conn, client, &pattern)?)
        .chain(named(conn, client, &pattern)?);
    let names = |texts: &[Option<String>]| {
        texts.iter().flatten().any(|text| written.is_in(text.as_bytes()))
    };
    ids.extend(texts.filter(|(_, texts)| names(texts)).map(|(id, _)| id));
    victims::load(conn, client, &ids.into_iter().collect::<Vec<_>>())
}

fn heard(conn: &mut Conn, client: ClientId, pattern: &str) -> StoreResult<Vec<Texts>> {
    type Heard = (
        ObservationId,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
        Option<String>,
    );
    let rows: Vec<Heard> = on!(conn, c => labels::table
        .filter(labels::client_id.eq(Db(client)))
        .filter(labels::transcript.like(pattern)
            .or(labels::segments.like(pattern))
            .or(labels::site.like(pattern))
            .or(labels::number_origin.like(pattern))
            .or(labels::company.like(pattern)))
        .select((
            labels::observation_id,
            labels::transcript,
            labels::segments,
            labels::site,
            labels::number_origin,
            labels::company,
        ))
        .load(c))?;
    Ok(rows.into_iter().map(|(id, a, b, c, d, e)| (id, vec![a, b, c, d, e])).collect())
}

fn reported(conn: &mut Conn, client: ClientId, pattern: &str) -> StoreResult<Vec<Texts>> {
    type Reported = (ObservationId, Option<String>, Option<String>, Option<String>);
    let rows: Vec<Reported> = on!(conn, c => observations::table
        .filter(observations::client_id.eq(Db(client)))
        .filter(observations::screen_label.like(pattern)
            .or(observations::extra.like(pattern))
            .or(observations::external_id.like(pattern)))
        .select((
            observations::id,
            observations::screen_label,
            observations::extra,
            observations::external_id,
        ))
        .load(c))?;
    Ok(rows.into_iter().map(|(id, a, b, c)| (id, vec![a, b, c])).collect())
}

fn named(conn: &mut Conn, client: ClientId, pattern: &str) -> StoreResult<Vec<Texts>> {
    let rows: Vec<(ObservationId, Option<String>)> = on!(conn, c => recordings::table
        .filter(recordings::client_id.eq(Db(client)))
        .filter(recordings::original_name.like(pattern))
        .select((recordings::observation_id, recordings::original_name))
        .load(c))?;
    Ok(rows.into_iter().map(|(id, name)| (id, vec![name])).collect())
}
