//! `migrate` and `openapi`: the shapes that others rely on.

use std::io::Write;

use crate::cli::{MigrateOptions, StoreOptions};
use crate::failure::{Failure, because};

/// Brings the database to this program's schema.
pub(crate) fn migrate(options: &MigrateOptions) -> Result<(), Failure> {
    make_data_folder(&options.store)?;
    let applied = baitline_store::migrate(&options.store.url(), options.grant_to.as_deref())?;
    if applied.is_empty() {
        println!("The schema is current.");
    }
    for name in applied {
        println!("Applied {name}.");
    }
    Ok(())
}

/// An embedded database has no owner to migrate it: whoever opens it does.
pub(crate) fn prepare_embedded(options: &StoreOptions) -> Result<(), Failure> {
    make_data_folder(options)?;
    if options.url().starts_with("sqlite:") {
        baitline_store::migrate(&options.url(), None)?;
    }
    Ok(())
}

fn make_data_folder(options: &StoreOptions) -> Result<(), Failure> {
    std::fs::create_dir_all(&options.data).map_err(because("making the data folder"))
}

/// Prints the OpenAPI document.
pub(crate) fn print_openapi() -> Result<(), Failure> {
    let document = baitline_api::openapi()
        .to_pretty_json()
        .map_err(|error| Failure::Sentence(error.to_string()))?;
    // Whoever reads it may have read enough, which is no reason to panic.
    Ok(writeln!(std::io::stdout(), "{document}")?)
}
