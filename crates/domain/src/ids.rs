//! Identifiers as types, so that a bait is never passed where a trap belongs.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    };
}

id!(
    /// A defended business, the tenant every row belongs to.
    ClientId
);
id!(
    /// One SIM.
    BaitId
);
id!(
    /// One run of a trap on a bait.
    TrapId
);
id!(
    /// Who reports calls.
    SourceId
);
id!(
    /// One source's report of a call; also the id of the call it opens.
    ObservationId
);
id!(
    /// What a person says against an observation.
    CorrectionId
);
id!(
    /// A phone that records calls.
    DeviceId
);
id!(
    /// A time in which one SIM was in a device.
    DeviceBindingId
);
id!(
    /// A number or range of the client's side.
    OwnNumberId
);
id!(
    /// A number the client allows to call.
    AllowEntryId
);
id!(
    /// A company that competes with the client.
    CompetitorId
);
id!(
    /// A number's belonging to a competitor.
    AttributionId
);
id!(
    /// A logged dealing of a bait with a competitor.
    ContaminationId
);
id!(
    /// An answer of the portability database.
    PortabilityAnswerId
);
id!(
    /// What the agency knows of an operator from a moment on.
    OperatorEntryId
);
id!(
    /// What a person heard in a recording.
    LabelId
);
id!(
    /// One imported file of the numbering registry.
    EditionId
);
id!(
    /// A batch job that builds packages.
    ExportId
);
id!(
    /// Everything of one complaint in one archive.
    PackageId
);
id!(
    /// A dry run of other rules or another edition.
    ReplayId
);
id!(
    /// A file of call records.
    FileId
);
id!(
    /// A row of a file that was not taken.
    RejectionId
);
id!(
    /// An immutable file of one client's interceptions.
    SegmentId
);

id!(
    /// Who signs inquiries and complaints.
    ApplicantId
);
id!(
    /// A person who signs for an applicant.
    RepresentativeId
);
id!(
    /// A paper that lets a representative sign.
    PowerId
);
id!(
    /// What an applicant consented to.
    ConsentId
);
id!(
    /// A time in which a SIM is in the use of one client.
    SimAssignmentId
);
id!(
    /// A letter to a bait's operator.
    InquiryId
);
id!(
    /// What goes to an office.
    ComplaintId
);
id!(
    /// What the accused side says against a complaint.
    ObjectionId
);
id!(
    /// Until when something of a complaint has to be done.
    DeadlineId
);
id!(
    /// An operator's own list of a bait's calls.
    StatementId
);
id!(
    /// A scan of a paper.
    AttachmentId
);
id!(
    /// A paper that the program makes.
    PaperId
);
id!(
    /// What a person keeps from being erased.
    LegalHoldId
);
id!(
    /// Something that is erased, and the record of it.
    ErasureId
);

/// Changes when the recipe of [`ObservationId::derive`] changes, so that ids of
/// two recipes never meet by accident.
const OBSERVATION_ID_VERSION: &[u8] = b"baitline/observation/1";

impl ObservationId {
    /// The id a report has wherever and however often it is sent: UUIDv8 from
    /// SHA-256 over a version tag and the length-prefixed parts. `identity` is
    /// the source's external id, or what stands in for it.
    pub fn derive(client: ClientId, source: SourceId, identity: &Identity<'_>) -> Self {
        let mut hash = Sha256::new();
        let mut part = |bytes: &[u8]| {
            hash.update((bytes.len() as u64).to_be_bytes());
            hash.update(bytes);
        };
        part(OBSERVATION_ID_VERSION);
        part(client.0.as_bytes());
        part(source.0.as_bytes());
        match identity {
            Identity::External(id) => {
                part(b"external");
                part(id.as_bytes());
            }
            Identity::Facts { near, far, direction, reported_at_micros } => {
                part(b"facts");
                part(near.as_bytes());
                part(far.as_bytes());
                part(direction.as_bytes());
                part(&reported_at_micros.to_be_bytes());
            }
        }
        let digest = hash.finalize();
        let mut bytes = [0_u8; 16];
        bytes.copy_from_slice(&digest[..16]);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

/// What makes two reports of one source the same report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity<'a> {
    /// The source numbers its records.
    External(&'a str),
    /// It does not: the facts stand in. `near` and `far` are the two ends as
    /// normalised text; they are taken as reported, so that the id stays the
    /// same whether or not the bait is known yet.
    Facts {
        /// The bait's end, or the caller where the record names no bait.
        near: &'a str,
        /// The other end.
        far: &'a str,
        /// `incoming`, `outgoing`, or empty where the record does not say.
        direction: &'a str,
        /// The start as reported, before clock correction, in UTC microseconds.
        reported_at_micros: i64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: ClientId = ClientId(Uuid::from_u128(1));
    const SOURCE: SourceId = SourceId(Uuid::from_u128(2));

    fn facts<'a>(near: &'a str, far: &'a str) -> Identity<'a> {
        Identity::Facts { near, far, direction: "incoming", reported_at_micros: 7 }
    }

    #[test]
    fn a_report_has_the_same_id_wherever_it_is_derived() {
        let id = ObservationId::derive(CLIENT, SOURCE, &Identity::External("call-1"));
        assert_eq!(id.0.get_version_num(), 8);
        assert_eq!(
            id.to_string(),
            "9c2c7ec5-dfc3-8b67-8e0c-d6bcc0304d6f",
            "ids are stored: the recipe must not change"
        );
    }

    #[test]
    fn different_reports_have_different_ids() {
        let ids = [
            ObservationId::derive(CLIENT, SOURCE, &Identity::External("a")),
            ObservationId::derive(CLIENT, SOURCE, &Identity::External("b")),
            ObservationId::derive(CLIENT, SourceId(Uuid::from_u128(3)), &Identity::External("a")),
            ObservationId::derive(ClientId(Uuid::from_u128(2)), SOURCE, &Identity::External("a")),
            ObservationId::derive(CLIENT, SOURCE, &facts("ab", "c")),
            ObservationId::derive(CLIENT, SOURCE, &facts("a", "bc")),
        ];
        let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
        assert_eq!(distinct.len(), ids.len());
    }
}
