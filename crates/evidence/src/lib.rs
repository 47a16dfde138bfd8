//! Complaint packages: the application to the antimonopoly office as PDF, the
//! register of calls, the recordings and the machine-readable facts, in one
//! archive that anyone can check with tools they already have. Pure but for
//! reading the recordings it is given and writing the archive it is told to;
//! it knows no database, no network and no clock.

mod application;
mod archive;
mod bag;
mod build;
mod columns;
mod conversion;
mod counted;
mod csv_file;
mod custody;
mod der;
mod document;
mod documents;
mod docx;
pub mod dossier;
mod filing;
mod gaps;
pub mod index;
mod limits;
mod markdown;
mod numbered;
mod package_json;
pub mod papers;
mod pdf;
pub mod people;
mod register;
mod russian;
mod signature;
mod signers;
mod template;
#[cfg(test)]
mod tests;
mod time_stamp;
mod verify;
mod volumes;
mod xlsx_file;

pub use build::{BuildError, Built, RecordingReader, Seal, build, build_sealed};
pub use limits::MAX_PLAYABLE_BYTES;
pub use signature::{SigningKey, SigningKeyError};
pub use time_stamp::{
    Authorities, AuthoritiesError, MAX_REPLY_BYTES, StampError, StampRequest, StampSignature,
    Stamper, TimeStamp, is_stamp_of, stamped_at,
};
pub use verify::{MAX_PROBLEMS, Problem, Summary, VerifyReport, verify, verify_stamped_by};
