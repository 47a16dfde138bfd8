//! The transcript of a call's recording, as whoever listened wrote it down.

use baitline_domain::ids::ObservationId;
use baitline_domain::observation::Direction;
use baitline_evidence::papers::TranscriptFacts;
use baitline_store::models::Recording;
use baitline_store::{
    Conn, StoreError, StoreResult, baits, buckets, calls, labels, observations, recordings,
};

use super::{Desk, Facts, Gathered};

/// The name of a recording that came without one.
const UNNAMED: &str = "без имени";

impl Desk<'_> {
    pub(super) fn transcript(&self, conn: &mut Conn, id: ObservationId) -> StoreResult<Gathered> {
        let call = calls::find_call(conn, self.reach(), id)?.call;
        if !buckets::are_settled(conn, self.client, &[call.started_at.day()].into())? {
            return Ok(Gathered::Wait);
        }
        if call.direction != Direction::Incoming {
            return Ok(Gathered::Nothing("The call is none that came in."));
        }
        let mut seen = observations::find_observations(conn, self.client, &call.observations)?;
        seen.retain(|row| !row.voided);
        let ids: Vec<ObservationId> = seen.iter().map(|row| row.id).collect();
        let Some(label) = labels::labels_of(conn, self.client, &ids)?.pop() else {
            return Ok(Gathered::Nothing("Nobody has listened to the call."));
        };
        let segments = label.segments()?;
        if label.transcript.is_none() && segments.is_empty() {
            return Ok(Gathered::Nothing("Nobody has written down what is heard in the call."));
        }
        let recorded = recordings::recordings_of(conn, self.client, &ids)?;
        // Of several, the one that was heard.
        let heard = recorded.iter().find(|one| one.observation_id == label.observation_id);
        let Some(recording) = heard.or(recorded.first()) else {
            return Ok(Gathered::Nothing("The call has no recording."));
        };
        Ok(Facts::Transcript(TranscriptFacts {
            started_at: call.started_at,
            caller: call.party.phone(),
            called: baits::find_bait(conn, self.reach(), call.bait)?.number,
            connected_seconds: call.connected_seconds,
            file: recording.original_name.clone().unwrap_or_else(|| UNNAMED.to_owned()),
            sha256: sha256(recording)?,
            duration_milliseconds: recording.duration_milliseconds.map(i64::cast_unsigned),
            text: label.transcript,
            segments,
            screen_label: seen.iter().find_map(|row| row.screen_label.clone()),
            written_by: label.listener,
        })
        .into())
    }
}

fn sha256(recording: &Recording) -> StoreResult<[u8; 32]> {
    <[u8; 32]>::try_from(recording.sha256.as_slice())
        .map_err(|_| StoreError::Corrupt("a hash that is not 32 bytes long".to_owned()))
}
