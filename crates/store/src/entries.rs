//! Entering many things of one kind at once, in one transaction: what is known
//! is found again, what contradicts it is told and changes nothing, and the rest
//! is inserted. An earlier one of the list counts as known to the later ones.

mod baits;
mod clients;
mod own_numbers;
mod traps;

use uuid::Uuid;

pub use baits::enter_baits;
pub use clients::enter_clients;
pub use own_numbers::enter_own_numbers;
pub use traps::enter_traps;

/// The most things entered by one call; each function works in statements of
/// as many rows.
pub const MAX_ENTRIES: usize = 1_000;

/// Whether what is new is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// It is.
    Keep,
    /// It is only checked, and nothing changes.
    DryRun,
}

/// What became of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entered {
    /// Its fate.
    pub fate: EntryFate,
    /// Which one it is, or contradicts; `None` where none is stored.
    pub id: Option<Uuid>,
}

/// The fate of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EntryFate {
    /// It is new.
    Accepted,
    /// It is known and says nothing else.
    Duplicate,
    /// What is stored says something else, and stays.
    Conflict(Contradiction),
}

/// What contradicts what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Contradiction {
    /// A client's zone.
    TimeZone,
    /// A client's window.
    WindowHours,
    /// A bait's reference.
    Reference,
    /// Another bait has the reference.
    ReferenceTaken,
    /// A bait's operator.
    Operator,
    /// A bait's place.
    Region,
    /// A remark.
    Note,
    /// What an own number is used for.
    Kind,
    /// When an own number is one.
    Validity,
    /// An own number's vendor.
    Vendor,
    /// When a trap's run ends.
    RunEnd,
    /// When a trap's recorder was tested.
    RecorderTest,
    /// What was done in a trap.
    Exposures,
    /// The bait has another trap whose run overlaps.
    TrapOverlaps,
    /// The bait is out of use.
    BaitRetired,
    /// The SIM is not assigned to the client at that time.
    BaitNotAssigned,
    /// The number is a bait's.
    NumberOfABait,
}

impl Entered {
    fn conflict(contradiction: Contradiction, id: Option<Uuid>) -> Self {
        Self { fate: EntryFate::Conflict(contradiction), id }
    }

    /// One that is known, compared with what is stored of it.
    fn known(contradiction: Option<Contradiction>, id: Option<Uuid>) -> Self {
        let fate = contradiction.map_or(EntryFate::Duplicate, EntryFate::Conflict);
        Self { fate, id }
    }
}

/// What is known, and which of it is new: the rows after the first `stored`.
struct Plan<T> {
    rows: Vec<T>,
    stored: usize,
    purpose: Purpose,
}

impl<T> Plan<T> {
    fn of(rows: Vec<T>, purpose: Purpose) -> Self {
        let stored = rows.len();
        Self { rows, stored, purpose }
    }

    /// The id that a row at this place has, or will have, in the database.
    fn id(&self, place: usize, id: Uuid) -> Option<Uuid> {
        (place < self.stored || self.purpose == Purpose::Keep).then_some(id)
    }

    fn accept(&mut self, row: T, id: Uuid) -> Entered {
        self.rows.push(row);
        Entered { fate: EntryFate::Accepted, id: self.id(self.rows.len() - 1, id) }
    }

    /// What is to be inserted.
    fn new_rows(&self) -> &[T] {
        match self.purpose {
            Purpose::Keep => &self.rows[self.stored..],
            Purpose::DryRun => &[],
        }
    }
}

/// Whether a value that is given differs; one that is not contradicts nothing.
fn differs<T: PartialEq>(given: Option<&T>, stored: Option<&T>) -> bool {
    given.is_some() && given != stored
}
