//! What an erasure, its preview and its record look like.

use baitline_domain::audit::hex;
use baitline_domain::erasure::{ErasureGround, ErasureState, HeldBecause};
use baitline_store::StoreResult;
use baitline_store::erasures::ErasurePreview;
use baitline_store::models::{ErasureCounts, ErasureRow, HeldCalls};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fields::Time;
use crate::words::{ErasureGroundWord, ErasureStateWord, HeldBecauseWord};

/// How much of each kind.
#[derive(Serialize, ToSchema)]
#[schema(as = ErasureCounts)]
pub(crate) struct ErasureCountsView {
    /// Observations of calls.
    calls: u64,
    /// Recordings.
    recordings: u64,
    /// What people heard.
    labels: u64,
    /// Packages.
    packages: u64,
    /// Papers.
    papers: u64,
    /// Raw files.
    files: u64,
    /// Places in inquiries and complaints.
    places: u64,
    /// Entries of lists and other rows.
    entries: u64,
    /// Texts that the number was taken out of.
    texts: u64,
}

impl From<ErasureCounts> for ErasureCountsView {
    fn from(counts: ErasureCounts) -> Self {
        let ErasureCounts {
            calls,
            recordings,
            labels,
            packages,
            papers,
            files,
            places,
            entries,
            texts,
        } = counts;
        Self { calls, recordings, labels, packages, papers, files, places, entries, texts }
    }
}

/// What stays, and what holds it.
#[derive(Serialize, ToSchema)]
#[schema(as = HeldCalls)]
pub(crate) struct HeldCallsView {
    /// What kind of thing holds it.
    because: HeldBecauseWord,
    /// The complaint's or the hold's id.
    id: Uuid,
    /// How many observations.
    calls: u64,
}

impl From<HeldCalls> for HeldCallsView {
    fn from(held: HeldCalls) -> Self {
        let because: HeldBecause = held.because;
        Self { because: because.into(), id: held.id, calls: held.calls }
    }
}

/// An erasure and what it has come to.
#[derive(Serialize, ToSchema)]
#[schema(as = Erasure, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000042",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "ground": "request",
    "state": "calls",
    "before_at": null,
    "reason": "требование субъекта от 01.10.2026",
    "author": "k7m2p9q4w8x3",
    "counts": {
        "calls": 0, "recordings": 0, "labels": 0, "packages": 0, "papers": 0,
        "files": 0, "places": 0, "entries": 0, "texts": 0
    },
    "held": [],
    "digest": null,
    "requested_at": "2026-10-01T09:30:00Z",
    "ended_at": null
})))]
pub(crate) struct ErasureView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// Why.
    ground: ErasureGroundWord,
    /// How far it has come.
    state: ErasureStateWord,
    /// Before which calls go, where they are too old.
    before_at: Option<Time>,
    /// Why, in words.
    reason: String,
    /// The public part of the key it was asked for with; `worker` by age.
    author: String,
    /// How much is gone.
    counts: ErasureCountsView,
    /// What stayed, and why.
    held: Vec<HeldCallsView>,
    /// SHA-256 of its commitments one after the other, in order, in hexadecimal; null
    /// until it has ended.
    digest: Option<String>,
    /// When it was asked for.
    requested_at: Time,
    /// When nothing was left.
    ended_at: Option<Time>,
}

impl TryFrom<ErasureRow> for ErasureView {
    type Error = baitline_store::StoreError;

    fn try_from(row: ErasureRow) -> StoreResult<Self> {
        let (ground, state): (ErasureGround, ErasureState) = (row.ground, row.state);
        Ok(Self {
            id: row.id.0,
            client_id: row.client_id.0,
            ground: ground.into(),
            state: state.into(),
            before_at: row.before_at.map(Time),
            counts: row.counts()?.into(),
            held: row.held()?.into_iter().map(HeldCallsView::from).collect(),
            reason: row.reason,
            author: row.author,
            digest: row.digest.as_deref().map(hex),
            requested_at: Time(row.requested_at),
            ended_at: row.ended_at.map(Time),
        })
    }
}

/// What an erasure of a number would do at one client.
#[derive(Serialize, ToSchema)]
#[schema(as = ErasurePreview)]
pub(crate) struct ErasurePreviewView {
    /// The client.
    client_id: Uuid,
    /// How much would go. What is only found on the way is zero here: papers, files,
    /// places, entries, texts.
    counts: ErasureCountsView,
    /// What would stay, and why.
    held: Vec<HeldCallsView>,
    /// Whether what names the number beside its calls would stay with them.
    is_held: bool,
}

impl From<ErasurePreview> for ErasurePreviewView {
    fn from(preview: ErasurePreview) -> Self {
        Self {
            client_id: preview.client.0,
            counts: preview.counts.into(),
            held: preview.held.into_iter().map(HeldCallsView::from).collect(),
            is_held: preview.is_held,
        }
    }
}
