//! What tests of the other crates stand on: a private PostgreSQL cluster and
//! fresh, migrated databases of both kinds, an S3 server that fails when told.
//! It panics instead of returning
//! errors, since its only callers are tests. It knows the store only by its
//! migrations, and nothing of the API or the worker.

mod postgres;
mod s3;
mod test_database;

pub use postgres::{PrivatePostgres, Role};
pub use s3::{Fault, On, S3Server};
pub use test_database::{DatabaseKind, TestDatabase, on_both};
