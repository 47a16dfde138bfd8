//! The HTTP service: the only code that knows HTTP, JSON shapes and OpenAPI. It
//! computes no verdict and builds no package; those are the worker's, and the
//! two meet only in the database.
//!
//! A request passes the boundary (its id, its log line, every failure as a
//! problem), the gate (method, key, encoding, unknown parameters), and its
//! handler. One list of routes makes the router, the document and the gate's
//! table.

mod acting;
mod app;
mod auth;
mod boundary;
mod download;
mod event_places;
mod extract;
mod fault;
mod fields;
mod gate;
mod items;
mod metrics;
mod once;
mod openapi;
mod paging;
mod permissions;
mod precondition;
mod problem;
mod query;
mod ranking;
mod rates;
mod reporting;
mod routes;
mod server;
mod service;
mod shape;
mod sight;
mod sound;
mod spool;
mod stored_zip;
mod tabular;
mod thresholds;
mod trace;
mod v1;
mod words;

pub use openapi::openapi;
pub use rates::RateSettings;
pub use server::{ApiServer, ApiSettings, ApiStopper, serve};
