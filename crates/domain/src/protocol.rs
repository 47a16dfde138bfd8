//! The protocol of a trap: what was done, step by step, with its time and its
//! proofs. A document calls it the protocol of a control call.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::ids::AttachmentId;
use crate::instant::Instant;
use crate::words::words;

/// One kind of step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// The recorder was tested.
    RecorderTest,
    /// Signed in to Yandex.
    Yandex,
    /// Signed in to VK.
    Vk,
    /// The client's own site was opened.
    SiteVisit,
    /// An own number was called.
    OwnCall,
    /// An own number called.
    ReturnCall,
    /// Anything else that should be known.
    Remark,
}

words!(StepKind {
    RecorderTest => "recorder_test",
    Yandex => "yandex",
    Vk => "vk",
    SiteVisit => "site_visit",
    OwnCall => "own_call",
    ReturnCall => "return_call",
    Remark => "remark",
});

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What was done.
    pub kind: StepKind,
    /// When.
    pub at: Instant,
    /// In words.
    pub note: Option<String>,
    /// Scans and pictures of the screen that show it.
    pub proofs: Vec<AttachmentId>,
}

/// What a protocol still lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProtocolMissing {
    /// Who did it.
    Performer,
    /// The test of the recorder.
    RecorderTest,
    /// A proof of the test of the recorder.
    RecorderTestProof,
    /// The visit to the own site.
    SiteVisit,
    /// A proof of the visit.
    SiteVisitProof,
    /// The call to an own number.
    OwnCall,
    /// The call from an own number.
    ReturnCall,
    /// The trap itself is not complete by the bait's records.
    CompleteTrap,
}

words!(ProtocolMissing {
    Performer => "performer",
    RecorderTest => "recorder_test",
    RecorderTestProof => "recorder_test_proof",
    SiteVisit => "site_visit",
    SiteVisitProof => "site_visit_proof",
    OwnCall => "own_call",
    ReturnCall => "return_call",
    CompleteTrap => "complete_trap",
});

/// What is known of a protocol.
#[derive(Debug, Clone, Copy)]
pub struct ProtocolFacts<'a> {
    /// Who did it is given.
    pub performer: bool,
    /// The steps.
    pub steps: &'a [Step],
    /// The attachments of the trap that count.
    pub counting: &'a BTreeSet<AttachmentId>,
    /// The trap is complete by the bait's records.
    pub trap_complete: bool,
}

/// What is missing, in the order of the list; empty when nothing is.
pub fn protocol_missing(facts: &ProtocolFacts<'_>) -> Vec<ProtocolMissing> {
    let did = |kind| facts.steps.iter().any(|step| step.kind == kind);
    let proved = |kind| {
        let of_kind = facts.steps.iter().filter(|step| step.kind == kind);
        of_kind.flat_map(|step| &step.proofs).any(|proof| facts.counting.contains(proof))
    };
    let checks = [
        (ProtocolMissing::Performer, facts.performer),
        (ProtocolMissing::RecorderTest, did(StepKind::RecorderTest)),
        (ProtocolMissing::RecorderTestProof, proved(StepKind::RecorderTest)),
        (ProtocolMissing::SiteVisit, did(StepKind::SiteVisit)),
        (ProtocolMissing::SiteVisitProof, proved(StepKind::SiteVisit)),
        (ProtocolMissing::OwnCall, did(StepKind::OwnCall)),
        (ProtocolMissing::ReturnCall, did(StepKind::ReturnCall)),
        (ProtocolMissing::CompleteTrap, facts.trap_complete),
    ];
    checks.into_iter().filter(|(_, holds)| !holds).map(|(missing, _)| missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const PROOF: AttachmentId = AttachmentId(Uuid::from_u128(1));

    fn step(kind: StepKind) -> Step {
        Step { kind, at: Instant(0), note: None, proofs: vec![PROOF] }
    }

    fn missing(steps: &[Step], counting: &[AttachmentId]) -> Vec<ProtocolMissing> {
        let counting = counting.iter().copied().collect();
        protocol_missing(&ProtocolFacts {
            performer: true,
            steps,
            counting: &counting,
            trap_complete: true,
        })
    }

    #[test]
    fn a_protocol_tells_each_step_and_proves_what_no_record_shows() {
        use StepKind::{OwnCall, RecorderTest, ReturnCall, SiteVisit};
        let steps = [RecorderTest, SiteVisit, OwnCall, ReturnCall].map(step);
        assert_eq!(missing(&steps, &[PROOF]), []);
        let unproved = [ProtocolMissing::RecorderTestProof, ProtocolMissing::SiteVisitProof];
        assert_eq!(missing(&steps, &[]), unproved);
        assert_eq!(missing(&steps[..3], &[PROOF]), [ProtocolMissing::ReturnCall]);
    }

    #[test]
    fn an_empty_protocol_lacks_everything() {
        let nothing = ProtocolFacts {
            performer: false,
            steps: &[],
            counting: &BTreeSet::new(),
            trap_complete: false,
        };
        assert_eq!(protocol_missing(&nothing), ProtocolMissing::ALL);
    }
}
