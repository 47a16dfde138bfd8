//! Operators as other nouns show them.

use baitline_domain::operator::{Inn, Operators, Standing};
use serde::Serialize;
use utoipa::ToSchema;

use crate::fields::InnText;

/// A telephone operator; names are null where the built-in list does not know
/// its ИНН.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Operator)]
pub(crate) struct OperatorView {
    /// Its ИНН.
    pub(super) inn: InnText,
    /// The legal name.
    pub(super) name: Option<String>,
    /// The brand people know.
    brand: Option<String>,
    /// The group it stands in, such as `mts`.
    pub(super) group: Option<String>,
}

/// The view of the operator with this ИНН.
pub(crate) fn operator_view(operators: &Operators, inn: Inn) -> OperatorView {
    let known = operators.find(inn);
    let group = known.and_then(|operator| match &operator.standing {
        Standing::Group(group) => Some(group.0.clone()),
        Standing::Entity | Standing::Virtual { .. } | Standing::NoCallers => None,
    });
    OperatorView {
        inn: InnText(inn),
        name: known.map(|operator| operator.name.clone()),
        brand: known.and_then(|operator| operator.brand.clone()),
        group,
    }
}
