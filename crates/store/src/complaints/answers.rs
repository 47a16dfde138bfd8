//! What the records of a complaint's calls say to the usual defences.

use baitline_domain::ids::ObservationId;
use baitline_domain::instant::Instant;
use baitline_domain::phone::Phone;
use baitline_domain::preparation::FoundConsent;
use baitline_domain::trap::Exposure;
use baitline_domain::verdict::Reason;

use super::judged_calls;
use crate::conn::Conn;
use crate::error::StoreResult;
use crate::models::ComplaintRow;
use crate::{labels, preparations};

/// What is on record of one call.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The call, as the complaint names it.
    pub call: ObservationId,
    /// Its start.
    pub started_at: Instant,
    /// Who called.
    pub caller: Phone,
    /// The consents found in the bait's accounts and contracts; `None` where
    /// nobody searched.
    pub found_consents: Option<Vec<FoundConsent>>,
    /// The day of the written refusal of advertising, in days since 1970-01-01.
    pub refusal_on: Option<i32>,
    /// Whether the bait's user agreed to be called, by the label in force.
    pub consent_given: bool,
    /// Whether the bait's user demanded that calls stop.
    pub stop_demanded: bool,
    /// A portability answer decided whose subscriber the caller is.
    pub ported: bool,
    /// The caller had called this bait before the trap.
    pub prior_contact: bool,
    /// What the bait had done when the call came.
    pub exposures_done: Vec<Exposure>,
    /// Every reason of the verdict.
    pub reasons: Vec<Reason>,
}

/// Call by call, in order of start; what is no interception any more is not among
/// them.
pub fn answers_for(conn: &mut Conn, row: &ComplaintRow) -> StoreResult<Vec<Answer>> {
    let client = row.client_id;
    let mut answers = Vec::new();
    for (call, judged) in judged_calls(conn, row)? {
        let Some(judged) = judged else { continue };
        let Some(interception) = judged.assessment.interception else { continue };
        let prepared = preparations::find_preparation(conn, client, call.bait_id)?;
        let found = prepared.as_ref().map(|row| row.consents()).transpose()?.flatten();
        let label = labels::labels_of(conn, client, &judged.call.observations)?.pop();
        answers.push(Answer {
            call: call.call_id,
            started_at: judged.call.started_at,
            caller: call.caller,
            found_consents: found,
            refusal_on: prepared.and_then(|row| row.refusal_on),
            consent_given: label.as_ref().is_some_and(|label| label.consent_given),
            stop_demanded: label.is_some_and(|label| label.stop_demanded),
            ported: judged.assessment.reasons.contains(&Reason::Ported),
            prior_contact: interception.prior_contact,
            exposures_done: interception.exposures_done,
            reasons: judged.assessment.reasons,
        });
    }
    Ok(answers)
}
