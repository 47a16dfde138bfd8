//! The legal meaning of an interception: whose subscriber the caller is, and
//! how its operator stands toward the bait's. It does not know why the call is
//! an interception.

use std::sync::Arc;

use super::{Circumstances, Reason, Verdict};
use crate::call::Call;
use crate::ids::EditionId;
use crate::instant::Instant;
use crate::numbering::Allocation;
use crate::operator::{Inn, OperatorGroup, Operators, Standing};
use crate::phone::{Party, Phone};

/// A verdict with what it rests on.
pub(super) struct Legal {
    pub(super) verdict: Verdict,
    pub(super) reasons: Vec<Reason>,
    pub(super) caller_operator: Option<Inn>,
    /// The region of the caller's range, where a range holds the number.
    pub(super) caller_region: Option<Arc<str>>,
    pub(super) edition: Option<EditionId>,
}

impl Legal {
    fn of(verdict: Verdict, reason: Reason) -> Self {
        let reasons = vec![reason];
        Self { verdict, reasons, caller_operator: None, caller_region: None, edition: None }
    }
}

/// Judges the caller of an interception.
pub(super) fn judge(call: &Call, circumstances: &Circumstances<'_>) -> Legal {
    let phone = match &call.party {
        Party::Number(phone) => *phone,
        Party::Hidden if circumstances.statement_is_in => {
            return Legal::of(Verdict::Invalid, Reason::HiddenNumber);
        }
        Party::Hidden => return Legal::of(Verdict::Inconclusive, Reason::HiddenNumber),
        Party::Malformed(_) => return Legal::of(Verdict::Invalid, Reason::MalformedNumber),
        Party::ShortCode(_) => return Legal::of(Verdict::Inconclusive, Reason::ShortCode),
        Party::Alphanumeric(_) => {
            return Legal::of(Verdict::Inconclusive, Reason::AlphanumericSender);
        }
    };
    if !phone.is_russian() {
        return Legal::of(Verdict::Invalid, Reason::ForeignCountry);
    }
    let allocation = circumstances.numbering.look_up(phone, call.started_at);
    let legal = match Holder::of(phone, call.started_at, circumstances, allocation) {
        Ok(holder) => judge_operator(call, circumstances, holder),
        Err(legal) => legal,
    };
    Legal { caller_region: region_of(allocation), ..legal }
}

fn region_of(allocation: Allocation<'_>) -> Option<Arc<str>> {
    let region = match allocation {
        Allocation::Held { region: Some(region), .. } => Arc::clone(region),
        Allocation::Held { range, .. } => range.region.as_str().into(),
        Allocation::NotLoaded | Allocation::Unallocated { .. } => return None,
    };
    (!region.is_empty()).then_some(region)
}

/// The caller's operator and how it is known.
struct Holder {
    operator: Inn,
    edition: Option<EditionId>,
    reasons: Vec<Reason>,
}

impl Holder {
    /// By a portability answer valid then, else by the range; where neither
    /// tells, that is the verdict.
    fn of(
        phone: Phone,
        at: Instant,
        circumstances: &Circumstances<'_>,
        allocation: Allocation<'_>,
    ) -> Result<Self, Legal> {
        let valid = circumstances.portability.iter().filter(|answer| {
            answer.phone == phone && answer.valid_from <= at && at < answer.valid_to
        });
        if let Some(answer) = valid.max_by_key(|answer| (answer.valid_from, answer.operator)) {
            let (operator, reasons) = (answer.operator, vec![Reason::Ported]);
            return Ok(Self { operator, edition: None, reasons });
        }
        Self::of_range(allocation)
    }

    fn of_range(allocation: Allocation<'_>) -> Result<Self, Legal> {
        match allocation {
            Allocation::NotLoaded => {
                Err(Legal::of(Verdict::Inconclusive, Reason::NumberingNotLoaded))
            }
            Allocation::Unallocated { edition, before_first, next_loaded } => {
                let mut legal = Legal::of(Verdict::Invalid, Reason::Unallocated);
                legal.reasons.extend((!next_loaded).then_some(Reason::NextEditionNotLoaded));
                legal.reasons.extend(before_first.then_some(Reason::BeforeFirstEdition));
                Err(Legal { edition: Some(edition), ..legal })
            }
            Allocation::Held { edition, operator, before_first, by_next, .. } => {
                let mut reasons = Vec::new();
                reasons.extend(before_first.then_some(Reason::BeforeFirstEdition));
                reasons.extend(by_next.then_some(Reason::AllocatedByNextEdition));
                let edition = Some(edition);
                if let Some(operator) = operator {
                    return Ok(Self { operator, edition, reasons });
                }
                reasons.push(Reason::CallerOperatorUnknown);
                let unknown = Legal::of(Verdict::Inconclusive, Reason::CallerOperatorUnknown);
                Err(Legal { reasons, edition, ..unknown })
            }
        }
    }

    fn is_range_holder_only(&self) -> bool {
        !self.reasons.contains(&Reason::Ported)
    }
}

fn judge_operator(call: &Call, circumstances: &Circumstances<'_>, holder: Holder) -> Legal {
    let range_holder_only = holder.is_range_holder_only();
    let Holder { operator, edition, mut reasons } = holder;
    let (verdict, why) = compare(call, circumstances, operator);
    let names_operators =
        matches!(verdict, Verdict::ForeignGroup | Verdict::ForeignEntity | Verdict::SameGroup);
    reasons.extend(why);
    reasons.extend((names_operators && range_holder_only).then_some(Reason::RangeHolderOnly));
    Legal { verdict, reasons, caller_operator: Some(operator), caller_region: None, edition }
}

/// How the two operators stand toward each other when the call begins.
fn compare(call: &Call, circumstances: &Circumstances<'_>, caller: Inn) -> (Verdict, Vec<Reason>) {
    let operators = circumstances.operators;
    let at = call.started_at;
    let standing = operators.find(caller, at).map(|operator| &operator.standing);
    if standing == Some(&Standing::NoCallers) {
        return (Verdict::Invalid, vec![Reason::NotACaller]);
    }
    let roaming = call.roaming.then_some(Reason::Roaming);
    let bait = match bait_side(circumstances.bait.operator, operators, at) {
        Ok(bait) if roaming.is_none() => bait,
        Ok(_) => return (Verdict::Inconclusive, roaming.into_iter().collect()),
        Err(reason) => {
            return (Verdict::Inconclusive, [reason].into_iter().chain(roaming).collect());
        }
    };
    if caller == bait.operator {
        return (Verdict::SameGroup, Vec::new());
    }
    match (standing, bait.group) {
        (Some(Standing::Group(caller)), Some(bait)) if caller == bait => {
            (Verdict::SameGroup, Vec::new())
        }
        (Some(Standing::Group(_)), Some(_)) => (Verdict::ForeignGroup, Vec::new()),
        (Some(Standing::Virtual { hosts }), group) if may_share_network(hosts, group) => {
            (Verdict::Inconclusive, vec![Reason::CallerOperatorVirtual])
        }
        _ => (Verdict::ForeignEntity, Vec::new()),
    }
}

/// The bait's operator where it can be compared, and its group if it has one.
struct BaitSide<'a> {
    operator: Inn,
    group: Option<&'a OperatorGroup>,
}

fn bait_side(
    operator: Option<Inn>,
    operators: &Operators,
    at: Instant,
) -> Result<BaitSide<'_>, Reason> {
    let operator = operator.ok_or(Reason::BaitOperatorUnknown)?;
    let known = operators.find(operator, at).ok_or(Reason::BaitOperatorUnknown)?;
    match &known.standing {
        Standing::Group(group) => Ok(BaitSide { operator, group: Some(group) }),
        Standing::Entity => Ok(BaitSide { operator, group: None }),
        Standing::Virtual { .. } => Err(Reason::BaitOperatorVirtual),
        Standing::NoCallers => Err(Reason::BaitOperatorUnknown),
    }
}

/// A virtual operator whose hosts are not known may use any network.
fn may_share_network(hosts: &[OperatorGroup], bait: Option<&OperatorGroup>) -> bool {
    hosts.is_empty() || bait.is_some_and(|group| hosts.contains(group))
}
