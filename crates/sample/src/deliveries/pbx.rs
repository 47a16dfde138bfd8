//! Call detail records of an office telephone system: who called whom, with no
//! word of which end is a bait. Customers' calls stand among them.

use baitline_domain::instant::Instant;
use baitline_domain::observation::Direction;

use super::{CSV, Delivery, Lines, Status};
use crate::calendar::{Month, local_dashed, local_dotted};
use crate::cast::{BAITS, CLIENTS, PbxDialect, SampleSource};
use crate::numbers::Form;
use crate::world::{End, Part, SampleCall, World};

const HEADER: [&str; 7] =
    ["external_id", "revision", "caller", "called", "occurred_at", "connected_seconds", "extra"];

/// The PBX counts the ringing of its own line as connected.
const COUNTED_TOO_LONG: u32 = 2;
/// The dirty rows stand after this many clean ones.
const CLEAN_ROWS_BEFORE_DIRT: usize = 8;
/// A client's PBX writes what it routes by into every so many rows.
const EXTRA_EVERY: usize = 10;

/// A record before it is written down.
#[derive(Clone)]
struct Row {
    at: Instant,
    caller: u64,
    called: u64,
    connected_seconds: u32,
    call: Option<usize>,
}

/// One client's records of one month.
pub(super) fn delivery(world: &World, client: usize, month: Month) -> Delivery {
    let dialect = CLIENTS[client].pbx;
    let rows = rows(world, client, month);
    let mut lines = Lines::new();
    lines.skip(&header(dialect));
    for (place, row) in rows.iter().enumerate() {
        if place == 0 {
            // The record of a call that has only begun, before the one of its end.
            lines.record(&started(row, month, dialect), Status::Accepted, row.call);
            lines.record(&ended(row, month, dialect), Status::Updated, row.call);
        } else {
            lines.record(&finished(row, place, month, dialect), Status::Accepted, row.call);
        }
        if place == CLEAN_ROWS_BEFORE_DIRT {
            dirt(&rows, month, dialect, &mut lines);
        }
    }
    Delivery {
        client,
        source: SampleSource::Pbx,
        name: format!("{}/pbx-{}.csv", CLIENTS[client].slug, month.as_str()),
        media_type: CSV,
        bytes: lines.bytes,
        items: lines.items,
    }
}

fn rows(world: &World, client: usize, month: Month) -> Vec<Row> {
    let own = world.calls.iter().filter(|call| call.part == Part::OwnSide);
    let own = own.filter(|call| call.client() == client && Month::of(call.at) == month);
    let mut rows: Vec<Row> = own.map(own_row).collect();
    let customers = world.customers.iter().filter(|call| call.client == client);
    rows.extend(customers.filter(|call| Month::of(call.at) == month).map(|call| Row {
        at: call.at,
        caller: call.caller,
        called: CLIENTS[client].advertised(),
        connected_seconds: call.connected_seconds,
        call: None,
    }));
    rows.sort_by_key(|row| (row.at, row.caller));
    rows
}

fn own_row(call: &SampleCall) -> Row {
    let bait = BAITS[call.bait].number;
    let own = match call.end {
        End::Number(number) => number,
        End::Hidden { .. } | End::Text(_) => CLIENTS[call.client()].outgoing(),
    };
    let (caller, called) = match call.direction {
        Direction::Outgoing => (bait, own),
        Direction::Incoming => (own, bait),
    };
    Row {
        at: call.at,
        caller,
        called,
        connected_seconds: call.connected_seconds + COUNTED_TOO_LONG,
        call: Some(call.number),
    }
}

fn header(dialect: PbxDialect) -> String {
    match dialect {
        PbxDialect::Commas => HEADER.join(","),
        PbxDialect::Semicolons => format!("\u{feff}{}", HEADER.join(";")),
    }
}

fn started(row: &Row, month: Month, dialect: PbxDialect) -> String {
    let mut cells = cells(row, 0, month, dialect);
    cells[5].clear();
    join(&cells, dialect)
}

fn ended(row: &Row, month: Month, dialect: PbxDialect) -> String {
    let mut cells = cells(row, 0, month, dialect);
    cells[1] = "1".to_owned();
    join(&cells, dialect)
}

fn finished(row: &Row, place: usize, month: Month, dialect: PbxDialect) -> String {
    join(&cells(row, place, month, dialect), dialect)
}

/// What a PBX export never is without.
fn dirt(rows: &[Row], month: Month, dialect: PbxDialect, lines: &mut Lines) {
    let fresh = |place: usize| cells(&rows[0], rows.len() + place, month, dialect);
    let mut bad_time = fresh(0);
    bad_time[4] = "31.09.2026 25:61:00".to_owned();
    lines.record(&join(&bad_time, dialect), Status::Rejected, None);
    lines.record(&join(&fresh(1)[..3], dialect), Status::Rejected, None);
    let mut nobody_called = fresh(2);
    nobody_called[3].clear();
    lines.record(&join(&nobody_called, dialect), Status::Rejected, None);
    lines.record(&finished(&rows[1], 1, month, dialect), Status::Duplicate, rows[1].call);
    let mut changed = rows[2].clone();
    changed.connected_seconds += 60;
    lines.record(&finished(&changed, 2, month, dialect), Status::Conflict, rows[2].call);
}

fn cells(row: &Row, place: usize, month: Month, dialect: PbxDialect) -> Vec<String> {
    let at = match dialect {
        PbxDialect::Commas => local_dashed(row.at),
        PbxDialect::Semicolons => local_dotted(row.at),
    };
    let extra = if place % EXTRA_EVERY == 3 { r#"{"queue":"sales","trunk":"sip-1"}"# } else { "" };
    vec![
        format!("pbx-{}-{place:05}", month.as_str()),
        "0".to_owned(),
        written(place, row.caller, dialect),
        written(place + 1, row.called, dialect),
        at,
        row.connected_seconds.to_string(),
        extra.to_owned(),
    ]
}

/// A form that does not hold the separator of the file.
fn written(turn: usize, number: u64, dialect: PbxDialect) -> String {
    match (Form::in_turn(turn), dialect) {
        (Form::Sip, PbxDialect::Semicolons) => Form::Bare.write(number),
        (form, _) => form.write(number),
    }
}

fn join(cells: &[String], dialect: PbxDialect) -> String {
    let quoted = |cell: &String| {
        if cell.contains('"') { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.clone() }
    };
    let cells: Vec<String> = cells.iter().map(quoted).collect();
    cells.join(match dialect {
        PbxDialect::Commas => ",",
        PbxDialect::Semicolons => ";",
    })
}
