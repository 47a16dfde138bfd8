//! Carrying an export: which numbers, one package each, built beside the blob store
//! and put into it, and at the end what lies beside them. It goes on by some packages
//! at a step, so that calls that come meanwhile do not wait for all of it. One taken
//! over from a silent worker goes on where that one stopped: packages already built
//! are kept.

mod index;
mod stamped;

use std::collections::BTreeSet;
use std::io;
use std::time::Duration;

use baitline_analytics::{GroupBy, OffenderKey, Question, Source, Standing, Thresholds};
use baitline_domain::phone::Phone;
use baitline_evidence::dossier::Dossier;
use baitline_evidence::{BuildError, Seal, SigningKey, Stamper};
use baitline_store::blobs::BlobKind;
use baitline_store::exports::{ExportRequest, MAX_PACKAGES};
use baitline_store::models::{Export, ExportState, Package, PackageState};
use baitline_store::{Reach, buckets, exports, now, tallies};
use bytes::Bytes;
use futures_util::stream;

use crate::contents::{ClientRecordings, chunks, is_for_good, put_failed};
use crate::dossier;
use crate::narrowing::Narrowing;
use crate::playable::{self, PlayableRecordings};
use crate::time_stamp::PackageStamper;
use crate::{WorkError, Worker};

/// The largest package that is kept.
const MAX_PACKAGE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// How often a worker says that it lives while a package is on its way: well
/// within the lease.
const KEEP_PAUSE: Duration = Duration::from_secs(15);
/// Packages built at a step.
const BUILT_AT_A_TIME: usize = 4;
/// Packages looked at in a step: of those that wait for their days none is built.
const LOOKED_AT_A_TIME: i64 = 64;

/// The export at hand, between two steps.
pub(crate) struct OpenExport {
    export: Export,
    request: ExportRequest,
    narrowing: Narrowing,
    /// The number of the last package looked at.
    after: Option<Phone>,
    /// Whether a package was passed over that waits for its days.
    must_wait: bool,
}

/// What came of planning an export.
enum Planned {
    /// Its packages are told.
    Open(Box<OpenExport>),
    /// It has ended, or another worker has it.
    Over,
    /// Who is a repeat offender is told once the days of its period are recomputed.
    Waits,
}

/// How far a step got.
enum Carried {
    /// There is more to do.
    On,
    /// It has ended, was cancelled, or another worker has it.
    Over,
    /// Every package that is left waits for a day to be recomputed, or all of it for
    /// the time-stamp authority.
    Waits,
}

/// A blob with what an archive says of it.
struct Kept {
    bytes: u64,
    sha256: [u8; 32],
    crc32: u32,
}

impl Worker {
    /// Carries the export at hand on, or one that waits; `false` when there is none or
    /// all that is left of it must wait.
    pub(crate) fn export_on(&mut self) -> Result<bool, WorkError> {
        let mut open = match self.open_export.take() {
            Some(open) => open,
            None => {
                let claimed = self.store.write(Reach::Agency, exports::claim_export)?;
                let Some(export) = claimed else { return Ok(false) };
                let opened = self.plan(&export);
                match self.or_give_back(&export, opened)? {
                    Planned::Open(open) => *open,
                    Planned::Over => return Ok(true),
                    Planned::Waits => return Ok(false),
                }
            }
        };
        let _span = tracing::info_span!(
            "export", client = %open.export.client_id, export = %open.export.id
        )
        .entered();
        let carried = self.carry(&mut open);
        match self.or_give_back(&open.export, carried)? {
            Carried::On => self.open_export = Some(open),
            Carried::Over => {}
            Carried::Waits => return Ok(false),
        }
        Ok(true)
    }

    /// Gives the export at hand to whichever worker is free: this one stops.
    pub(crate) fn release_export(&mut self) {
        let Some(open) = self.open_export.take() else { return };
        let released =
            self.store.write(Reach::Agency, |conn| exports::put_back(conn, &open.export));
        if let Err(error) = released {
            tracing::warn!(%error, "an export is free only when its lease has run out");
        }
    }

    /// An outage is no failure of the export.
    fn or_give_back<T>(&self, export: &Export, done: Result<T, WorkError>) -> Result<T, WorkError> {
        if done.as_ref().is_err_and(WorkError::is_outage) {
            self.store.write(Reach::Agency, |conn| exports::give_back_export(conn, export))?;
        }
        done
    }

    /// Plans its packages, once.
    fn plan(&self, export: &Export) -> Result<Planned, WorkError> {
        let request = export.request()?;
        let client = export.client_id;
        let narrowing = self.store.read(Reach::Client(client), |conn| {
            Narrowing::of(conn, client, &request.narrowed_to)
        })?;
        let export = export.clone();
        let mut open = OpenExport { export, request, narrowing, after: None, must_wait: false };
        if open.export.planned_at.is_some() {
            return Ok(Planned::Open(Box::new(open)));
        }
        if open.request.numbers.is_empty() && open.narrowing.callers.is_none() {
            let reach = Reach::Client(client);
            let days = (open.request.from().day(), open.request.to().day());
            let is_settled = |conn: &mut _| buckets::are_settled_between(conn, client, days);
            if !self.store.read(reach, is_settled)? {
                self.store.write(Reach::Agency, |conn| exports::put_back(conn, &open.export))?;
                return Ok(Planned::Waits);
            }
        }
        let numbers = self.numbers(&open)?;
        if numbers.len() > MAX_PACKAGES {
            let problem = format!("more than {MAX_PACKAGES} packages: narrow it down");
            self.end(&open.export, ExportState::Failed, Some(problem))?;
            return Ok(Planned::Over);
        }
        let sealed_at = now();
        let planned = self.store.write(Reach::Agency, |conn| {
            exports::plan_packages(conn, &open.export, &numbers, sealed_at)
        })?;
        Ok(planned.map_or(Planned::Over, |export| {
            open.export = export;
            Planned::Open(Box::new(open))
        }))
    }

    /// The numbers asked for, or those of the complaints asked for, or else every
    /// repeat offender of the period that has calls for a package.
    fn numbers(&self, open: &OpenExport) -> Result<Vec<Phone>, WorkError> {
        let OpenExport { export, request, narrowing, .. } = open;
        let mut numbers: BTreeSet<Phone> = request.numbers.iter().copied().collect();
        if let (Some(_), Some(callers)) = (narrowing.complaint, &narrowing.callers) {
            // One package for what is filed together; it is called by its first number.
            return Ok(callers.iter().take(1).copied().collect());
        }
        if let Some(callers) = &narrowing.callers {
            let named = |number: &&Phone| numbers.is_empty() || numbers.contains(number);
            return Ok(callers.iter().filter(named).copied().collect());
        }
        if numbers.is_empty() {
            let reach = Reach::Client(export.client_id);
            let counted = self.store.read(reach, |conn| {
                tallies::interceptions_between(conn, reach, request.from(), request.to())
            })?;
            let mut tallies = counted.tallies;
            tallies.extend(baitline_analytics::tally(&counted.edges)?);
            let offenders = baitline_analytics::repeat_offenders(
                &Source::of_tallies(&tallies),
                &question(request),
            )?;
            let repeat = offenders
                .into_iter()
                .filter(|offender| offender.standing == Some(Standing::RepeatOffender));
            numbers = repeat
                .filter_map(|offender| match offender.key {
                    OffenderKey::Number(phone) => Some(phone),
                    _ => None,
                })
                .collect();
            if narrowing.is_narrow() {
                // Who is a repeat offender the whole period tells; to whom packages
                // are made, what is left of it.
                let held = tallies.iter().filter(|tally| narrowing.holds_tally(tally, request));
                let held: BTreeSet<Phone> = held.filter_map(|tally| tally.caller).collect();
                numbers.retain(|number| held.contains(number));
            }
        }
        Ok(numbers.into_iter().collect())
    }

    /// Builds the next packages.
    fn carry(&self, open: &mut OpenExport) -> Result<Carried, WorkError> {
        let reach = Reach::Agency;
        let next = self.store.read(reach, |conn| {
            exports::queued_packages(conn, &open.export, open.after, LOOKED_AT_A_TIME)
        })?;
        if next.is_empty() {
            return self.end_pass(open);
        }
        let is_last = next.len() < usize::try_from(LOOKED_AT_A_TIME).unwrap_or(usize::MAX);
        let mut built = 0;
        for mut package in next {
            if !self.store.write(reach, |conn| exports::keep_export(conn, &open.export))? {
                return Ok(Carried::Over);
            }
            open.after = Some(package.caller);
            match self.build(open, &mut package) {
                Err(WorkError::Build(BuildError::TimeStamp(why))) => {
                    return self.without_stamp(open, &why);
                }
                built => {
                    if !built? {
                        open.must_wait = true;
                        continue;
                    }
                }
            }
            let kept = self
                .store
                .write(reach, |conn| exports::finish_package(conn, &open.export, &package))?;
            if !kept {
                return Ok(Carried::Over);
            }
            built += 1;
            if built == BUILT_AT_A_TIME {
                break;
            }
        }
        // Where nothing was built nothing is gained by another step.
        if built == 0 && is_last { self.end_pass(open) } else { Ok(Carried::On) }
    }

    /// Ends the export, unless a package waits for its days: then it is put back.
    fn end_pass(&self, open: &OpenExport) -> Result<Carried, WorkError> {
        if open.must_wait {
            self.store.write(Reach::Agency, |conn| exports::put_back(conn, &open.export))?;
            return Ok(Carried::Waits);
        }
        self.write_index(open)?;
        Ok(Carried::Over)
    }

    fn end(
        &self,
        export: &Export,
        state: ExportState,
        problem: Option<String>,
    ) -> Result<(), WorkError> {
        Ok(self.store.write(Reach::Agency, |conn| {
            exports::end_export(conn, export, state, problem.clone())
        })?)
    }

    /// Builds one package and puts it into the blob store. A package that
    /// cannot be built says why and keeps no other from being built; a store
    /// that does not answer fails the step, which another attempt repeats. `false`
    /// while it has to wait.
    fn build(&self, open: &OpenExport, package: &mut Package) -> Result<bool, WorkError> {
        let recordings = ClientRecordings {
            client: package.client_id,
            blobs: self.store.blobs(),
            runtime: &self.runtime,
        };
        let gathered = self.store.read(Reach::Client(package.client_id), |conn| {
            let asked = (&open.request, &open.narrowing);
            dossier::gather(conn, package, asked, &self.program_version)
        })?;
        let Some(gathered) = gathered else { return Ok(false) };
        let sniffed = dossier::sniffed(gathered, &recordings);
        let copied = sniffed.and_then(|dossier| playable::with_copies(dossier, recordings));
        let (dossier, recordings) = match copied {
            Ok(copied) => copied,
            Err(WorkError::TemporaryFile(error)) if is_for_good(&error) => {
                give_up(package, &"a recording is gone or damaged");
                return Ok(true);
            }
            Err(error) => return Err(error),
        };
        self.write_package(&open.export, package, &dossier, &recordings).map(|()| true)
    }

    fn write_package(
        &self,
        export: &Export,
        package: &mut Package,
        dossier: &Dossier,
        recordings: &PlayableRecordings<'_>,
    ) -> Result<(), WorkError> {
        package.interceptions = i32::try_from(dossier.interceptions.len()).unwrap_or(i32::MAX);
        let mut file = tempfile::tempfile()?;
        let kept = package.time_stamp.clone();
        let stamper = self
            .authority
            .as_ref()
            .map(|authority| PackageStamper { authority, kept: kept.as_deref() });
        let stamper = stamper.as_ref().map(|stamper| stamper as &dyn Stamper);
        let key = self.key.as_ref();
        let seal = Seal { key, stamper };
        let built = match baitline_evidence::build_sealed(dossier, recordings, seal, &file) {
            Ok(built) => built,
            Err(error) => return refuse(package, error),
        };
        self.note_stamp(export, package, &built)?;
        io::Seek::rewind(&mut file)?;
        let kept = self.keep(export, chunks(file))?;
        package.bytes = Some(i64::try_from(kept.bytes).unwrap_or(i64::MAX));
        package.sha256 = Some(kept.sha256.to_vec());
        package.crc32 = Some(kept.crc32.into());
        package.signed_by = key.map(SigningKey::fingerprint);
        package.missing = serde_json::to_string(&built.missing).map_err(io::Error::other)?;
        package.state =
            if built.missing.is_empty() { PackageState::Ready } else { PackageState::Draft };
        Ok(())
    }

    /// Puts bytes of an export into the blob store.
    fn keep(
        &self,
        export: &Export,
        chunks: impl Iterator<Item = io::Result<Bytes>>,
    ) -> Result<Kept, WorkError> {
        let mut crc = crc32fast::Hasher::new();
        let blob = {
            let seen = chunks.inspect(|chunk| {
                if let Ok(bytes) = chunk {
                    crc.update(bytes);
                }
            });
            let (client, kind) = (export.client_id, BlobKind::Package);
            let put = self.store.blobs().put(client, kind, stream::iter(seen), MAX_PACKAGE_BYTES);
            let mut put = std::pin::pin!(put);
            loop {
                // Only this thread waits, so it may say in between that it lives: a
                // slow store must not look like a silent worker.
                let waited = async { tokio::time::timeout(KEEP_PAUSE, put.as_mut()).await };
                match self.runtime.block_on(waited) {
                    Ok(done) => break done.map_err(put_failed)?,
                    Err(_) => self.store.write(Reach::Agency, |conn| {
                        exports::keep_export(conn, export).map(|_| ())
                    })?,
                }
            }
        };
        Ok(Kept { bytes: blob.bytes, sha256: blob.sha256, crc32: crc.finalize() })
    }
}

/// A failure of writing is this machine's, one of reading may be the blob
/// store's: they are tried again, and so is a time-stamp authority. Any other is the
/// dossier's and stays.
fn refuse(package: &mut Package, error: BuildError) -> Result<(), WorkError> {
    if is_outage(&error) || matches!(error, BuildError::TimeStamp(_)) {
        return Err(error.into());
    }
    give_up(package, &error);
    Ok(())
}

fn give_up(package: &mut Package, problem: &dyn std::fmt::Display) {
    tracing::warn!(package = %package.id, %problem, "a package cannot be built");
    package.state = PackageState::Failed;
    package.problem = Some(problem.to_string());
}

/// Whether a package could not be built for a reason that passes.
pub(crate) fn is_outage(error: &BuildError) -> bool {
    match error {
        BuildError::Write(_) => true,
        BuildError::Recording { source, .. } => !is_for_good(source),
        _ => false,
    }
}

fn question(request: &ExportRequest) -> Question {
    let asked = request.thresholds;
    Question {
        group_by: GroupBy::Number,
        thresholds: Thresholds {
            interceptions: asked.interceptions,
            traps: asked.traps,
            baits: asked.baits,
            days: asked.days,
            ..Thresholds::default()
        },
        verdicts: request.verdicts.clone(),
        ..Question::default()
    }
}
