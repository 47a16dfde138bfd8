//! The application of a complaint: its calls with everything kept of them, as a
//! package has them.

use baitline_domain::ids::{ComplaintId, PackageId, PaperId};
use baitline_domain::limitation::limitation_day;
use baitline_evidence::dossier::Dossier;
use baitline_store::complaints::{self, judged_calls};
use baitline_store::models::JudgedCall;
use baitline_store::{Conn, StoreResult, buckets, gate};

use super::letters::days_around;
use super::{Desk, Facts, Gathered};
use crate::dossier::Scene;
use crate::filer::Filer;

/// The version of an application made by itself.
const FIRST_VERSION: u32 = 1;
const NO_INTERCEPTION: &str = "A call of the complaint is no interception of its caller any more, or it is another one's \
     copy; take it out of the complaint first.";

impl Desk<'_> {
    pub(super) fn application(
        &self,
        conn: &mut Conn,
        paper: PaperId,
        id: ComplaintId,
    ) -> StoreResult<Gathered> {
        let row = complaints::find_complaint(conn, self.reach(), id)?;
        let judged = judged_calls(conn, &row)?;
        let as_named = judged.iter().map(|(call, _)| call.started_at.day());
        let as_found =
            judged.iter().filter_map(|(_, one)| Some(one.as_ref()?.call.started_at.day()));
        if !buckets::are_settled(conn, self.client, &as_named.chain(as_found).collect())? {
            return Ok(Gathered::Wait);
        }
        let found: Option<Vec<JudgedCall>> = judged.into_iter().map(|(_, one)| one).collect();
        let Some(found) = found else { return Ok(Gathered::Nothing(NO_INTERCEPTION)) };
        let today = limitation_day(self.at);
        let filer = Filer::of(conn, self.client, (&found, Some(row.id)), today)?;
        let asked = filer.asks(today, Some(row.id));
        let kept = gate::facts_of(conn, self.client, &found, &asked)?;
        let scene = Scene::of(conn, self.client)?;
        let mut interceptions = Vec::new();
        for (judged, kept) in found.iter().zip(kept) {
            let Some(kept) = kept else { return Ok(Gathered::Nothing(NO_INTERCEPTION)) };
            interceptions.push(scene.facts(conn, judged, &kept)?);
        }
        let Some(first) = interceptions.first() else {
            return Ok(Gathered::Nothing("The complaint has no calls."));
        };
        let caller = first.caller;
        let Some(enclosed) = self.enclosed(conn, &found)? else { return Ok(Gathered::Wait) };
        let starts = found.iter().map(|judged| judged.call.started_at);
        Ok(Facts::Application(Box::new(Dossier {
            package: PackageId(paper.0),
            version: FIRST_VERSION,
            sealed_at: self.at,
            program_version: self.program_version.to_owned(),
            client_name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            office: filer.office,
            applicant: filer.applicant,
            representative: filer.representative,
            enclosures: Vec::new(),
            protocols: enclosed.protocols,
            comparisons: enclosed.comparisons,
            audit_head: None,
            part_bytes: None,
            caller,
            period: days_around(starts, &self.zone)?,
            interceptions,
        }))
        .into())
    }
}
