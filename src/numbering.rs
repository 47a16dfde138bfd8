//! `numbering`: editions of the Ministry's registry over the command line.

use baitline_domain::instant::Instant;
use baitline_domain::numbering::{Allocation, NumberingPlan};
use baitline_domain::phone::Phone;
use baitline_intake::numbering::{Minimum, read};
use baitline_store::numbering::{NewEdition, import_edition, list_editions, load_edition};
use baitline_store::{Reach, Store, now};
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::cli::{ImportOptions, NumberingCommand, ShowOptions, StoreOptions};
use crate::failure::{Failure, because};
use crate::schema::prepare_embedded;

/// The zone in which the registry's days begin.
const REGISTRY_ZONE: &str = "Europe/Moscow";

/// Runs one of them.
pub(crate) fn run(command: &NumberingCommand) -> Result<(), Failure> {
    match command {
        NumberingCommand::Import(options) => import(options),
        NumberingCommand::Show(options) => show(options),
    }
}

fn import(options: &ImportOptions) -> Result<(), Failure> {
    let bytes = std::fs::read(&options.file).map_err(because("reading the file"))?;
    let edition =
        read(&bytes, Minimum::official).map_err(|error| Failure::Sentence(error.to_string()))?;
    let new = NewEdition {
        file: edition.file,
        in_force_from: midnight(options.in_force_from)?,
        sha256: Sha256::digest(&bytes).into(),
        ranges: edition.ranges,
    };
    let store = open(&options.store)?;
    let row = store.write(Reach::Agency, |conn| import_edition(conn, &new))?;
    println!("Imported {}: {} ranges, in force from {}.", row.file, row.ranges, row.in_force_from);
    Ok(())
}

fn midnight(date: jiff::civil::Date) -> Result<Instant, Failure> {
    let moscow =
        TimeZone::get(REGISTRY_ZONE).map_err(|error| Failure::Sentence(error.to_string()))?;
    let start = moscow
        .to_ambiguous_timestamp(date.to_datetime(jiff::civil::Time::midnight()))
        .compatible()
        .map_err(|error| Failure::Sentence(error.to_string()))?;
    Ok(start.into())
}

fn show(options: &ShowOptions) -> Result<(), Failure> {
    let store = open(&options.store)?;
    match &options.number {
        None => show_editions(&store),
        Some(text) => show_holder(&store, text, options.at.map_or_else(now, Instant::from)),
    }
}

fn show_editions(store: &Store) -> Result<(), Failure> {
    let rows = store.read(Reach::Agency, list_editions)?;
    if rows.is_empty() {
        println!("No edition is loaded: verdicts will be inconclusive.");
    }
    for row in rows {
        println!("{}  {} ranges  in force from {}", row.file, row.ranges, row.in_force_from);
    }
    Ok(())
}

fn show_holder(store: &Store, text: &str, at: Instant) -> Result<(), Failure> {
    let phone = Phone::parse(text).map_err(|error| Failure::Sentence(error.to_string()))?;
    let editions = store.read(Reach::Agency, |conn| {
        list_editions(conn)?.iter().map(|row| load_edition(conn, row)).collect()
    })?;
    match NumberingPlan::new(editions).look_up(phone, at) {
        Allocation::Held { range, .. } => {
            let inn =
                range.operator.map_or("ИНН unknown".to_owned(), |inn| format!("ИНН {inn}"));
            println!("{phone}: {} ({inn}), {}", range.operator_name, range.region);
        }
        Allocation::Unallocated { .. } => println!("{phone}: in no allocated range"),
        Allocation::NotLoaded => println!("{phone}: no edition is loaded for this code"),
    }
    Ok(())
}

fn open(options: &StoreOptions) -> Result<Store, Failure> {
    prepare_embedded(options)?;
    Ok(Store::open(&options.settings()?)?)
}
