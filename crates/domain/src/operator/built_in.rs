//! The operators the repository knows, read from `data/operators.csv`. The
//! file is part of the program, so a broken one is a broken build: a test
//! reads it.

use super::{Inn, Operator, OperatorGroup, Standing, StandingKind};

const FILE: &str = include_str!("../../data/operators.csv");
const HEADER: &str = "inn;name;brand;standing;group;hosts;source";

/// Every operator of the file.
pub(super) fn operators() -> impl Iterator<Item = Operator> {
    FILE.lines()
        .filter(|line| !line.starts_with('#') && *line != HEADER)
        .map(|line| operator(line).expect("data/operators.csv is read whole by a test"))
}

/// Reads a row; `None` for a broken one. Names hold no semicolon, so there is
/// no quoting.
fn operator(line: &str) -> Option<Operator> {
    let mut columns = line.split(';');
    let mut column = || columns.next();
    let inn = Inn::parse(column()?).ok()?;
    let (name, brand) = (column()?, column()?);
    let (standing, group, hosts) = (column()?, column()?, column()?);
    let source = column().filter(|source| !source.is_empty())?;
    if name.is_empty() || columns.next().is_some() {
        return None;
    }
    Some(Operator {
        inn,
        name: name.to_owned(),
        brand: (!brand.is_empty()).then(|| brand.to_owned()),
        standing: Standing::of(StandingKind::parse(standing)?, groups(group).pop(), groups(hosts))?,
        source: source.to_owned(),
    })
}

fn groups(text: &str) -> Vec<OperatorGroup> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(|name| OperatorGroup(name.to_owned())).collect()
}
