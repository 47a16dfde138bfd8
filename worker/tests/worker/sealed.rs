//! Reports from segments beside reports from the database, and sealing that may be
//! overtaken. It knows no rule.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use baitline_analytics::{
    self as analytics, Entities, GroupBy, Ordinals, Question, Scope, Sealed, SegmentFile, Source,
    Tally,
};
use baitline_domain::ids::ClientId;
use baitline_domain::instant::{Day, Instant, Span};
use baitline_store::blobs::{BlobKind, LocalFile};
use baitline_store::segments::{self, Lost, Manifest};
use baitline_store::tallies::{self, Counted};
use baitline_store::{Conn, Reach, StoreResult};
use baitline_worker::{PreparedMonth, SealRules, Sealer};

use crate::dice::Dice;
use crate::scene::Scene;

const GROUPINGS: [GroupBy; 11] = [
    GroupBy::Number,
    GroupBy::BlockOfTen,
    GroupBy::BlockOfHundred,
    GroupBy::Competitor,
    GroupBy::Operator,
    GroupBy::OperatorGroup,
    GroupBy::Region,
    GroupBy::Client,
    GroupBy::Day,
    GroupBy::Week,
    GroupBy::Month,
];

/// Seals at once whatever there is, in files of few calls.
pub(crate) const EAGER: SealRules = SealRules { after: Span(0), open_days: 2, least: 1, most: 12 };

impl Scene {
    pub(crate) fn sealer(&self) -> Sealer {
        Sealer::new(self.store.clone(), self.handle(), EAGER)
    }

    /// Seals everything that is settled.
    pub(crate) fn seal(&self) {
        let sealer = self.sealer();
        while sealer.seal_next().unwrap() {}
    }

    pub(crate) fn sealed_days(&self) -> i64 {
        self.count(
            "SELECT count(*) FROM derived_days WHERE segment_id IS NOT NULL AND NOT unsealed",
        )
    }

    pub(crate) fn segment_files(&self, client: ClientId) -> Vec<Vec<u8>> {
        let blobs = self.store.blobs();
        let listed = self.wait(blobs.list(client, BlobKind::Segment)).unwrap();
        listed.into_iter().map(|blob| blob.sha256).collect()
    }
}

/// What a report reads, from segments and beside it from the database alone.
pub(crate) struct Read {
    pub(crate) tallies: Vec<Tally>,
    pub(crate) sealed: Vec<Sealed>,
    pub(crate) plain: Vec<Tally>,
    period: (Instant, Instant),
    _files: Vec<LocalFile>,
}

impl Read {
    pub(crate) fn of(scene: &Scene, reach: Reach, from: Instant, to: Instant) -> Self {
        let lost = Lost::new();
        let (manifest, ordinals, plain) = scene
            .store
            .read(reach, |conn| {
                let manifest = segments::manifest(conn, reach, from, to, &lost)?;
                let ordinals = ordinals_of_all(conn, &manifest)?;
                let plain = tallies::interceptions_between(conn, reach, from, to)?;
                Ok((manifest, ordinals, plain))
            })
            .unwrap();
        let mut files = Vec::new();
        let mut sealed: BTreeMap<ClientId, Sealed> = ordinals
            .into_iter()
            .map(|(client, ordinals)| (client, Sealed { client, ordinals, files: Vec::new() }))
            .collect();
        for (segment, left_out) in manifest.segments {
            let (client, kind) = (segment.client_id, BlobKind::Segment);
            let found = scene.store.blobs().local_file(client, kind, &segment.sha256);
            let file = scene.wait(found).unwrap();
            let sha256 = segment.sha256.as_slice().try_into().unwrap();
            let path = file.path().to_owned();
            let of_client = sealed.get_mut(&client).unwrap();
            of_client.files.push(SegmentFile { path, sha256, left_out });
            files.push(file);
        }
        Self {
            tallies: all(manifest.counted),
            sealed: sealed.into_values().collect(),
            plain: all(plain),
            period: (from, to),
            _files: files,
        }
    }

    pub(crate) fn source(&self) -> Source<'_> {
        let (from, to) = self.period;
        Source { tallies: &self.tallies, sealed: &self.sealed, from, to }
    }
}

fn all(counted: Counted) -> Vec<Tally> {
    let mut tallies = analytics::tally(&counted.edges).unwrap();
    tallies.extend(counted.tallies);
    tallies
}

fn ordinals_of_all(
    conn: &mut Conn,
    manifest: &Manifest,
) -> StoreResult<BTreeMap<ClientId, Ordinals>> {
    let clients: BTreeSet<ClientId> =
        manifest.segments.iter().map(|(segment, _)| segment.client_id).collect();
    let numbered = |conn: &mut Conn, client| {
        let given = segments::ordinals_of(conn, client)?;
        let ordinals = Ordinals {
            bait_count: given.baits.len() as u32,
            trap_count: given.traps.len() as u32,
            baits: given.baits,
            traps: given.traps,
            competitors: given.competitors,
        };
        Ok((client, ordinals))
    };
    clients.into_iter().map(|client| numbered(conn, client)).collect()
}

/// Insists that every report of a period says the same with segments and
/// without any.
pub(crate) fn assert_reports_agree(scene: &Scene, from: Instant, to: Instant) {
    assert_reports_of_agree(scene, Reach::Agency, from, to);
}

pub(crate) fn assert_reports_of_agree(scene: &Scene, reach: Reach, from: Instant, to: Instant) {
    let read = Read::of(scene, reach, from, to);
    let (sealed, plain) = (read.source(), Source::of_tallies(&read.plain));
    for group_by in GROUPINGS {
        let question = Question { group_by, entities: Entities::default(), ..Question::default() };
        let [one, other] = [&sealed, &plain].map(|source| {
            let lines = analytics::repeat_offenders(source, &question).unwrap();
            (lines, analytics::overlap(source, &question).unwrap())
        });
        assert_eq!(one, other, "{group_by:?} from {from} to {to}");
    }
    let [one, other] = [&sealed, &plain].map(|source| {
        let callers = read.plain.iter().filter_map(|tally| tally.caller).collect::<HashSet<_>>();
        (
            analytics::by_operators(source, &Scope::default()).unwrap(),
            analytics::by_bait(source).unwrap(),
            analytics::traps_called(source).unwrap(),
            analytics::latest_operators(source, &callers).unwrap(),
        )
    });
    assert_eq!(one, other, "from {from} to {to}");
}

/// Whole days: a bait's new operator is told of single calls before its days
/// are recomputed, and of whole days after.
pub(crate) fn assert_whole_days_agree(scene: &Scene) {
    assert_reports_agree(scene, Day(0).start(), Day(40_000).start());
}

/// Sealing at any moment, also while days are recomputed between the writing
/// of a file and its listing.
pub(crate) struct Sealing<'a> {
    scene: &'a Scene,
    prepared: Option<(Sealer, PreparedMonth)>,
    /// How often a day was recomputed between the two.
    pub(crate) overtaken: usize,
}

impl<'a> Sealing<'a> {
    pub(crate) fn on(scene: &'a Scene) -> Self {
        Self { scene, prepared: None, overtaken: 0 }
    }

    pub(crate) fn happen(&mut self, dice: &mut Dice) {
        match self.prepared.take() {
            None if dice.one_in(3) => {
                let sealer = self.scene.sealer();
                let prepared = sealer.prepare_next().unwrap();
                self.prepared = prepared.map(|prepared| (sealer, prepared));
                return;
            }
            None => return,
            // A sealer that dies here leaves a file and nothing else; its lease runs out.
            Some((_, prepared)) if dice.one_in(8) => {
                drop(prepared);
                self.scene.execute("DELETE FROM sealings");
            }
            Some(prepared) if dice.one_in(2) => {
                self.prepared = Some(prepared);
                return;
            }
            Some((sealer, prepared)) => {
                let sealed = sealer.finish(&prepared).unwrap();
                self.overtaken += usize::from(sealed < prepared.days());
            }
        }
        assert_whole_days_agree(self.scene);
    }
}
