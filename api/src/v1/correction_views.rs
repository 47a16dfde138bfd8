//! Corrections as the wire has them, and their way to and from the store.

use std::collections::BTreeMap;

use baitline_domain::ids::CorrectionId;
use baitline_domain::observation::BaitName;
use baitline_intake::calls::{
    MAX_AHEAD, MAX_BAIT_CHARS, MAX_CONNECTED_SECONDS, MAX_END_CHARS, MAX_SCREEN_LABEL_CHARS,
};
use baitline_store::models::{Amendment, Correcting, CorrectionKind, CorrectionRow, NewCorrection};
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::fault::Fault;
use crate::fields::{Line, Prose, Time, Whole, present};
use crate::problem::{ApiError, ApiResult};
use crate::words::{ChannelWord, CorrectionKindWord, DirectionWord};

/// Why an observation is corrected.
pub(super) type CorrectionReason = Prose<500>;

/// A correction: an amendment has `changes`, a withdrawal says what it
/// `withdraws`, a void has neither.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "kind": "amend",
    "reason": "АТС записала внутренний номер вместо внешнего",
    "changes": {"caller": "+79160000001"}
})))]
pub(crate) struct CreateCorrection {
    /// What is done.
    kind: CorrectionKindWord,
    /// Why.
    #[schema(value_type = String, min_length = 1, max_length = 500)]
    reason: CorrectionReason,
    /// What an amendment puts in the place of what the source said.
    #[schema(nullable = false)]
    changes: Option<CreateAmendment>,
    /// The amendment or void that is taken back.
    #[schema(nullable = false)]
    withdraws: Option<Uuid>,
}

/// Values in the place of a source's: what is absent stays as it is, null says
/// that there is none.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"occurred_at": "2026-10-02T11:05:00+03:00", "connected_seconds": 42})))]
pub(crate) struct CreateAmendment {
    /// The bait's number, or the client's reference of it.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, nullable = false)]
    bait: Option<Line<MAX_BAIT_CHARS>>,
    /// As the bait sees it; only where the bait is named, here or in the record.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    direction: Option<DirectionWord>,
    /// Who called; null where the number was withheld.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    caller: Option<Option<Line<MAX_END_CHARS>>>,
    /// Who was called.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    called: Option<Option<Line<MAX_END_CHARS>>>,
    /// The true start, to which the source's clock offset is not added.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    occurred_at: Option<Time>,
    /// Connected time; null where nobody knows.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<u32>, maximum = 86400)]
    connected_seconds: Option<Option<Whole<0, MAX_CONNECTED_SECONDS>>>,
    /// Whether somebody answered.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    answered: Option<bool>,
    /// What carried it.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    channel: Option<ChannelWord>,
    /// Whether the bait was roaming.
    #[serde(default, deserialize_with = "given")]
    #[schema(nullable = false)]
    roaming: Option<bool>,
    /// The label the phone's screen showed.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    screen_label: Option<Option<Line<MAX_SCREEN_LABEL_CHARS>>>,
}

/// For fields that cannot be emptied: null is refused, not taken for absent.
fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

/// The fields an amendment sets; absent ones are not amended.
#[derive(Serialize, ToSchema)]
#[schema(as = Amendment)]
pub(crate) struct AmendmentView {
    /// The bait's number or reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    bait: Option<String>,
    /// As the bait sees it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    direction: Option<DirectionWord>,
    /// Who called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    caller: Option<Option<String>>,
    /// Who was called.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    called: Option<Option<String>>,
    /// The true start.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    occurred_at: Option<Time>,
    /// Connected time in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<i32>)]
    connected_seconds: Option<Option<i32>>,
    /// Whether somebody answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    answered: Option<bool>,
    /// What carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    channel: Option<ChannelWord>,
    /// Whether the bait was roaming.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    roaming: Option<bool>,
    /// The label the phone's screen showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    screen_label: Option<Option<String>>,
}

impl From<Amendment> for AmendmentView {
    fn from(amended: Amendment) -> Self {
        Self {
            occurred_at: amended.occurred_at().map(Time),
            bait: amended.bait,
            direction: amended.direction.map(Into::into),
            caller: amended.caller,
            called: amended.called,
            connected_seconds: amended.connected_seconds,
            answered: amended.answered,
            channel: amended.channel.map(Into::into),
            roaming: amended.roaming,
            screen_label: amended.screen_label,
        }
    }
}

/// A correction of an observation.
#[derive(Serialize, ToSchema)]
#[schema(as = Correction, examples(json!({
    "id": "0197a5b0-7c1e-7d3a-9a51-000000000021",
    "client_id": "0197a5b0-7c1e-7d3a-9a51-000000000001",
    "observation_id": "0f3a5b6c-7d8e-8f90-a1b2-c3d4e5f60718",
    "kind": "amend",
    "changes": {"caller": "+79160000001"},
    "withdraws": null,
    "withdrawn_by": null,
    "reason": "АТС записала внутренний номер вместо внешнего",
    "author": "k7m2p9q4w8x3",
    "created_at": "2026-10-02T12:00:00Z"
})))]
pub(crate) struct CorrectionView {
    /// Its id.
    id: Uuid,
    /// Its client.
    client_id: Uuid,
    /// The observation.
    observation_id: Uuid,
    /// What was done.
    kind: CorrectionKindWord,
    /// What an amendment put in the place of what the source said.
    changes: Option<AmendmentView>,
    /// The correction it took back.
    withdraws: Option<Uuid>,
    /// The correction that took it back; null while it holds.
    withdrawn_by: Option<Uuid>,
    /// Why.
    reason: String,
    /// The public part of the key it was entered with.
    author: String,
    /// When it was entered.
    created_at: Time,
}

/// All corrections of an observation, each with the one that took it back.
pub(super) fn correction_views(rows: Vec<CorrectionRow>) -> Vec<CorrectionView> {
    let withdrawals: BTreeMap<CorrectionId, CorrectionId> =
        rows.iter().filter_map(|row| row.withdraws.map(|withdrawn| (withdrawn, row.id))).collect();
    rows.into_iter()
        .map(|row| {
            let withdrawn_by = withdrawals.get(&row.id).copied();
            correction_view(row, withdrawn_by)
        })
        .collect()
}

/// One correction, and the one that took it back.
pub(super) fn correction_view(
    row: CorrectionRow,
    withdrawn_by: Option<CorrectionId>,
) -> CorrectionView {
    CorrectionView {
        id: row.id.0,
        client_id: row.client_id.0,
        observation_id: row.observation_id.0,
        kind: row.kind.into(),
        changes: row.changes.map(AmendmentView::from),
        withdraws: row.withdraws.map(|id| id.0),
        withdrawn_by: withdrawn_by.map(|id| id.0),
        reason: row.reason,
        author: row.author,
        created_at: Time(row.created_at),
    }
}

impl TryFrom<CreateCorrection> for NewCorrection {
    type Error = ApiError;

    fn try_from(body: CreateCorrection) -> ApiResult<Self> {
        let kind = CorrectionKind::from(body.kind);
        if body.changes.is_some() && kind != CorrectionKind::Amend {
            return Err(ApiError::field("/changes", Fault::NotTogether));
        }
        if body.withdraws.is_some() && kind != CorrectionKind::Withdraw {
            return Err(ApiError::field("/withdraws", Fault::NotTogether));
        }
        let missing = |pointer| ApiError::field(pointer, Fault::Missing);
        let correcting = match kind {
            CorrectionKind::Amend => {
                Correcting::Amend(body.changes.ok_or_else(|| missing("/changes"))?.try_into()?)
            }
            CorrectionKind::Void => Correcting::Void,
            CorrectionKind::Withdraw => Correcting::Withdraw(CorrectionId(
                body.withdraws.ok_or_else(|| missing("/withdraws"))?,
            )),
        };
        Ok(Self { correcting, reason: body.reason.0 })
    }
}

impl TryFrom<CreateAmendment> for Amendment {
    type Error = ApiError;

    fn try_from(body: CreateAmendment) -> ApiResult<Self> {
        let latest = baitline_store::now() + MAX_AHEAD;
        if body.occurred_at.is_some_and(|time| time.0 > latest) {
            return Err(ApiError::field("/changes/occurred_at", Fault::OutOfRange));
        }
        let seconds = |seconds: Whole<0, MAX_CONNECTED_SECONDS>| seconds.0.cast_signed();
        let amended = Self {
            bait: body.bait.map(|bait| BaitName::read(&bait.0).to_string()),
            direction: body.direction.map(Into::into),
            caller: body.caller.map(|caller| caller.map(|text| text.0)),
            called: body.called.map(|called| called.map(|text| text.0)),
            occurred_at_micros: body.occurred_at.map(|time| time.0.0),
            connected_seconds: body.connected_seconds.map(|known| known.map(seconds)),
            answered: body.answered,
            channel: body.channel.map(Into::into),
            roaming: body.roaming,
            screen_label: body.screen_label.map(|label| label.map(|text| text.0)),
        };
        if amended == Self::default() {
            return Err(ApiError::field("/changes", Fault::Empty));
        }
        Ok(amended)
    }
}
