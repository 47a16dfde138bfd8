//! From a dossier to the archive. Knows the order of work and nothing of how
//! each file is made.

use std::io::{self, Read, Seek, Write};

use baitline_domain::gate::Missing;
use baitline_domain::ids::ObservationId;

use crate::dossier::Dossier;

/// Where recordings come from.
pub trait RecordingReader {
    /// Opens the recording with this SHA-256 for reading from its start.
    fn open(&self, sha256: &[u8; 32]) -> io::Result<Box<dyn Read + '_>>;
}

/// What was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Built {
    /// The length of the archive.
    pub bytes: u64,
    /// The number of recordings in it.
    pub recordings: usize,
    /// What the gate still misses, sorted, each once; a package with anything
    /// here is a draft and says so on every page.
    pub missing: Vec<Missing>,
}

/// Why a package could not be built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// A dossier without calls complains of nothing.
    #[error("the dossier holds no interception")]
    Empty,
    /// The dossier is larger than a package may be.
    #[error("{what}: more than {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// How much of it a package may hold.
        limit: u64,
    },
    /// The dossier names a time zone that does not exist.
    #[error("no time zone is called {0:?}")]
    TimeZone(String),
    /// A recording cannot be read.
    #[error("a recording of call {call} cannot be read")]
    Recording {
        /// The call.
        call: ObservationId,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A recording is not the one the dossier names.
    #[error("a recording of call {call} is not what was received: its {what} differs")]
    RecordingDiffers {
        /// The call.
        call: ObservationId,
        /// `length` or `SHA-256`.
        what: &'static str,
    },
    /// A document could not be made; a fault of the program or its template.
    #[error("{document} could not be made: {detail}")]
    Document {
        /// Which file of the package.
        document: &'static str,
        /// What its maker said.
        detail: String,
    },
    /// The archive could not be written.
    #[error("the archive could not be written")]
    Write(#[source] io::Error),
}

/// Builds the package of `dossier` into `out`, which is written from its
/// current start. The same dossier and recordings give the same bytes.
pub fn build(
    dossier: &Dossier,
    recordings: &dyn RecordingReader,
    out: impl Write + Seek,
) -> Result<Built, BuildError> {
    let _ = (dossier, recordings, out);
    unimplemented!()
}
