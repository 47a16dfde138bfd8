//! What a report is made of: tallies, and segments whose ids are ordinals of
//! their client. Gives ids codes that are the same in both. It does not know
//! what is counted.

use std::collections::HashMap;
use std::path::PathBuf;

use baitline_domain::ids::{BaitId, ClientId, CompetitorId, TrapId};
use baitline_domain::instant::{Day, Instant};
use baitline_domain::phone::Phone;
use baitline_domain::tally::Tally;

use crate::AnalyticsError;
use crate::fact::{Fact, NO_CALLER, Outcome};
use crate::segment::{Ordinals, foreign};

/// The interceptions of a period, each in exactly one place.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// What no segment tells, all of it within the period.
    pub tallies: &'a [Tally],
    /// Each client at most once.
    pub sealed: &'a [Sealed],
    /// From when on segments are read.
    pub from: Instant,
    /// Until before when segments are read.
    pub to: Instant,
}

impl<'a> Source<'a> {
    /// Tallies alone.
    pub fn of_tallies(tallies: &'a [Tally]) -> Self {
        Self { tallies, sealed: &[], from: Instant(i64::MIN), to: Instant(i64::MAX) }
    }
}

/// One client's segments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Whose.
    pub client: ClientId,
    /// What the integers in them stand for.
    pub ordinals: Ordinals,
    /// They may reach beyond the period.
    pub files: Vec<SegmentFile>,
}

/// A segment's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentFile {
    /// Where it can be read.
    pub path: PathBuf,
    /// Of its bytes, as they were when it was sealed.
    pub sha256: [u8; 32],
    /// UTC days that hold something else by now and are read elsewhere.
    pub left_out: Vec<Day>,
}

/// Dense integers for the ids of one source, over all its clients.
#[derive(Default)]
pub(crate) struct Codes {
    clients: HashMap<ClientId, u32>,
    client_ids: Vec<ClientId>,
    baits: HashMap<BaitId, u32>,
    traps: HashMap<TrapId, u32>,
}

/// One client's segments, and how their ordinals become codes.
pub(crate) struct Coded<'a> {
    pub(crate) sealed: &'a Sealed,
    pub(crate) code: u32,
    pub(crate) bait_base: u32,
    pub(crate) trap_base: u32,
}

impl Codes {
    /// Codes of everything in the source. Ordinals keep their order behind a
    /// base for each client, so that a row of a segment needs no look-up; what
    /// only tallies name comes after them.
    pub(crate) fn of<'a>(source: &Source<'a>) -> Result<(Self, Vec<Coded<'a>>), AnalyticsError> {
        let mut codes = Self::default();
        let (mut baits, mut traps) = (0_u32, 0_u32);
        let mut coded = Vec::new();
        for (code, sealed) in (0..).zip(source.sealed) {
            codes.add_client(sealed.client);
            coded.push(Coded { sealed, code, bait_base: baits, trap_base: traps });
            let count = |base: u32, count: u32| {
                base.checked_add(count).ok_or_else(|| foreign("more ids than there are codes"))
            };
            baits = count(baits, sealed.ordinals.bait_count)?;
            traps = count(traps, sealed.ordinals.trap_count)?;
        }
        codes.name_ordinals(source, &coded);
        codes.add_tallies(source.tallies, (baits, traps));
        Ok((codes, coded))
    }

    /// Codes of what these tallies name.
    pub(crate) fn of_tallies(tallies: &[Tally]) -> Self {
        let mut codes = Self::default();
        codes.add_tallies(tallies, (0, 0));
        codes
    }

    fn add_tallies(&mut self, tallies: &[Tally], (mut baits, mut traps): (u32, u32)) {
        for tally in tallies {
            self.add_client(tally.client);
            add(&mut self.baits, tally.bait, &mut baits);
            add(&mut self.traps, tally.trap, &mut traps);
        }
    }

    fn add_client(&mut self, client: ClientId) {
        self.clients.entry(client).or_insert_with(|| {
            self.client_ids.push(client);
            (self.client_ids.len() - 1) as u32
        });
    }

    /// Clients in order of their codes.
    pub(crate) fn client_ids(&self) -> &[ClientId] {
        &self.client_ids
    }

    /// Only what tallies name will be looked up.
    fn name_ordinals(&mut self, source: &Source<'_>, coded: &[Coded<'_>]) {
        let bases: HashMap<ClientId, &Coded<'_>> =
            coded.iter().map(|one| (one.sealed.client, one)).collect();
        for tally in source.tallies {
            let Some(one) = bases.get(&tally.client) else { continue };
            let ordinals = &one.sealed.ordinals;
            if let Some(ordinal) = ordinals.baits.get(&tally.bait) {
                self.baits.insert(tally.bait, one.bait_base + ordinal);
            }
            if let Some(ordinal) = ordinals.traps.get(&tally.trap) {
                self.traps.insert(tally.trap, one.trap_base + ordinal);
            }
        }
    }

    /// Baits by their codes.
    pub(crate) fn bait_ids(&self, coded: &[Coded<'_>]) -> HashMap<u32, BaitId> {
        by_code(
            &self.baits,
            coded.iter().flat_map(|one| {
                let ordinals = one.sealed.ordinals.baits.iter();
                ordinals.map(|(id, ordinal)| (*id, one.bait_base + ordinal))
            }),
        )
    }

    /// Traps by their codes, those that somebody named.
    pub(crate) fn trap_ids(&self, coded: &[Coded<'_>]) -> HashMap<u32, TrapId> {
        by_code(
            &self.traps,
            coded.iter().flat_map(|one| {
                let ordinals = one.sealed.ordinals.traps.iter();
                ordinals.map(|(id, ordinal)| (*id, one.trap_base + ordinal))
            }),
        )
    }

    /// The tally in codes.
    pub(crate) fn fact(&self, tally: &Tally) -> Fact {
        Fact {
            client: self.clients[&tally.client],
            caller: tally.caller.map_or(NO_CALLER, Phone::digits),
            bait: self.baits[&tally.bait],
            trap: self.traps[&tally.trap],
            kind: Outcome::of(tally).kind(),
            local_day: tally.local_day,
            calls: tally.calls,
            first_at: tally.first_at.0,
            last_at: tally.last_at.0,
        }
    }
}

fn by_code<T: Copy>(
    named: &HashMap<T, u32>,
    ordinals: impl Iterator<Item = (T, u32)>,
) -> HashMap<u32, T> {
    let tallied = named.iter().map(|(id, code)| (*code, *id));
    tallied.chain(ordinals.map(|(id, code)| (code, id))).collect()
}

fn add<T: std::hash::Hash + Eq>(codes: &mut HashMap<T, u32>, id: T, next: &mut u32) {
    codes.entry(id).or_insert_with(|| {
        *next += 1;
        *next - 1
    });
}

impl Coded<'_> {
    /// The code of a bait by its ordinal.
    pub(crate) fn bait(&self, ordinal: i32) -> Result<u32, AnalyticsError> {
        within(ordinal, self.sealed.ordinals.bait_count)
            .map(|ordinal| self.bait_base + ordinal)
            .ok_or_else(|| foreign("a bait that has no ordinal"))
    }

    /// The code of a trap by its ordinal.
    pub(crate) fn trap(&self, ordinal: i32) -> Result<u32, AnalyticsError> {
        within(ordinal, self.sealed.ordinals.trap_count)
            .map(|ordinal| self.trap_base + ordinal)
            .ok_or_else(|| foreign("a trap that has no ordinal"))
    }

    /// The client's competitors by their ordinals.
    pub(crate) fn competitors(&self) -> HashMap<i32, CompetitorId> {
        let ordinals = self.sealed.ordinals.competitors.iter();
        ordinals.filter_map(|(id, ordinal)| Some((i32::try_from(*ordinal).ok()?, *id))).collect()
    }
}

fn within(ordinal: i32, count: u32) -> Option<u32> {
    u32::try_from(ordinal).ok().filter(|ordinal| *ordinal < count)
}
