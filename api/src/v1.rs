//! Version 1 of the API: one module per noun, each with its wire shapes, its
//! handlers and its list of routes. A handler reads from top to bottom:
//! parameters, permission, store, view.

pub(crate) mod allow_list;
pub(crate) mod applicants;
pub(crate) mod attachments;
pub(crate) mod attributions;
pub(crate) mod audit;
mod bait_report;
pub(crate) mod baits;
pub(crate) mod call_views;
pub(crate) mod calls;
pub(crate) mod clients;
pub(crate) mod competitors;
pub(crate) mod complaint_life;
mod complaint_life_views;
pub(crate) mod complaint_objections;
mod complaint_views;
pub(crate) mod complaints;
pub(crate) mod consents;
pub(crate) mod contaminations;
pub(crate) mod correction_views;
pub(crate) mod corrections;
mod counts;
pub(crate) mod device_recordings;
pub(crate) mod devices;
mod erasure_views;
pub(crate) mod erasures;
pub(crate) mod export_archive;
pub(crate) mod export_events;
mod export_views;
pub(crate) mod exports;
pub(crate) mod file_rejections;
pub(crate) mod file_views;
pub(crate) mod filed_differences;
pub(crate) mod files;
pub(crate) mod imports;
mod ingest;
pub(crate) mod inquiries;
mod inquiry_views;
pub(crate) mod interceptions;
pub(crate) mod keys;
pub(crate) mod label_bodies;
pub(crate) mod label_views;
pub(crate) mod labels;
pub(crate) mod legal_holds;
pub(crate) mod limitations;
pub(crate) mod limits;
pub(crate) mod listening;
mod listening_views;
pub(crate) mod numbering;
pub(crate) mod observation_views;
pub(crate) mod observations;
mod offender_order;
pub(crate) mod offender_page;
mod offender_views;
mod offenders;
pub(crate) mod offices;
mod operator_report;
pub(crate) mod operator_views;
pub(crate) mod operators;
pub(crate) mod own_numbers;
pub(crate) mod packages;
pub(crate) mod papers;
pub(crate) mod portability_answers;
pub(crate) mod portability_files;
pub(crate) mod powers_of_attorney;
pub(crate) mod preparations;
mod preview_views;
pub(crate) mod previews;
mod profile_views;
pub(crate) mod profiles;
pub(crate) mod protocols;
pub(crate) mod receipts;
pub(crate) mod recordings;
mod replay_views;
pub(crate) mod replays;
pub(crate) mod reports;
pub(crate) mod representatives;
pub(crate) mod retention;
pub(crate) mod signing_keys;
pub(crate) mod sim_assignments;
pub(crate) mod source_book;
pub(crate) mod sources;
pub(crate) mod statements;
pub(crate) mod templates;
pub(crate) mod traps;
pub(crate) mod waiting_recordings;

use baitline_domain::ids::ClientId;
use baitline_store::{Conn, Page, Reach, StoreError, StoreResult};

use crate::app::App;
use crate::auth::unknown_client;
use crate::paging::{Cursor, Limit, rows_to_ask};
use crate::problem::{ApiError, ApiResult};

/// Creates something of `client`'s, after making sure that there is one: an
/// agency's key can name any id.
async fn create_for<T: Send + 'static>(
    app: &App,
    client: ClientId,
    mut work: impl FnMut(&mut Conn) -> StoreResult<T> + Send + 'static,
) -> ApiResult<T> {
    let created = app.write(Reach::Client(client), move |conn| {
        match baitline_store::clients::find_client(conn, client) {
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
            Ok(_) => work(conn).map(Some),
        }
    });
    created.await?.ok_or_else(unknown_client)
}

/// The piece of a list in order of entry.
fn page(cursor: Option<Cursor>, limit: Option<Limit>) -> Page {
    Page { after: cursor.map(|cursor| cursor.id), limit: rows_to_ask(limit) }
}

/// Seconds and counts are stored signed and never negative.
fn unsigned(stored: i32) -> ApiResult<u32> {
    u32::try_from(stored).map_err(|_| ApiError::Internal("a stored count is negative".to_owned()))
}
