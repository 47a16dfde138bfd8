//! The store through its public functions, on both databases. One program, so
//! that all of it shares one PostgreSQL cluster.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod applicants;
mod attachments;
mod audit;
mod backup;
mod batches;
mod blobs;
mod bucket;
mod buckets;
mod calls;
mod changes;
mod client_data;
mod complaints;
mod constraints;
mod corrections;
mod devices;
mod entries;
mod erasures;
mod exports;
mod facts;
mod files;
mod group_commit;
mod ingest;
mod ingest_races;
mod inquiries;
mod isolation;
mod kept_replies;
mod keys;
mod listening;
mod lists;
mod migrations;
mod nouns;
mod numbering;
mod opening;
mod operators;
mod papers;
mod preparation;
mod queues;
mod recordings;
mod replays;
mod rules_of_nouns;
mod segments;
mod statements;
mod support;
mod tallies;
mod waiting_recordings;
mod world;
