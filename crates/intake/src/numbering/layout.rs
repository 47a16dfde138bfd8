//! The header of a registry file: which column holds what. The Ministry added
//! columns over the years and spells the first one in Cyrillic or Latin.

use super::NumberingError;

/// A column of the registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// The three-digit code.
    Code,
    /// The first number of the range, seven digits.
    First,
    /// The last number of the range, seven digits.
    Last,
    /// How many numbers the range holds.
    Capacity,
    /// The holder's name.
    Operator,
    /// The region by the numbering plan.
    Region,
    /// The territory by the state address register, in the newest layout.
    Territory,
    /// The holder's ИНН, in the newer layouts.
    Inn,
}

impl Column {
    const ALL: [Self; 8] = [
        Self::Code,
        Self::First,
        Self::Last,
        Self::Capacity,
        Self::Operator,
        Self::Region,
        Self::Territory,
        Self::Inn,
    ];

    /// Its name in the header, without spaces around the slash.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Code => "АВС/DEF",
            Self::First => "От",
            Self::Last => "До",
            Self::Capacity => "Емкость",
            Self::Operator => "Оператор",
            Self::Region => "Регион",
            Self::Territory => "Территория ГАР",
            Self::Inn => "ИНН",
        }
    }

    /// Whether the older layouts lack it.
    const fn is_optional(self) -> bool {
        matches!(self, Self::Territory | Self::Inn)
    }

    fn named(name: &str) -> Option<Self> {
        let name = folded(name);
        Self::ALL.into_iter().find(|column| folded(column.name()) == name)
    }
}

/// The form in which names are compared: no white space, one alphabet for the
/// letters that look alike in both, ё as е.
fn folded(name: &str) -> String {
    let alike = |letter| match letter {
        'A' => 'А',
        'B' => 'В',
        'C' => 'С',
        'E' => 'Е',
        'ё' => 'е',
        'Ё' => 'Е',
        other => other,
    };
    name.chars().filter(|letter| !letter.is_whitespace()).map(alike).collect()
}

/// Where each column stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    columns: Vec<Column>,
}

impl Layout {
    pub(super) fn read(header: &str) -> Result<Self, NumberingError> {
        let mut columns = Vec::new();
        for (index, name) in header.split(';').enumerate() {
            let column = Column::named(name);
            if index == 0 && column != Some(Column::Code) {
                return Err(NumberingError::NotTheRegistry);
            }
            let column = column.ok_or(NumberingError::UnknownColumn(index + 1))?;
            if columns.contains(&column) {
                return Err(NumberingError::DuplicateColumn(column));
            }
            columns.push(column);
        }
        let missing = Column::ALL
            .into_iter()
            .find(|column| !column.is_optional() && !columns.contains(column));
        missing.map_or(Ok(Self { columns }), |column| Err(NumberingError::MissingColumn(column)))
    }

    pub(super) const fn columns(&self) -> &[Column] {
        self.columns.as_slice()
    }
}
