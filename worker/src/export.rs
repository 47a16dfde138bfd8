//! Carrying an export: which numbers, one package each, built beside the blob
//! store and put into it. An export taken over from a silent worker goes on
//! where that one stopped: packages already built are kept.

use std::time::Duration;

use baitline_analytics::{GroupBy, OffenderKey, Question, Source, Standing, Thresholds};
use baitline_domain::phone::Phone;
use baitline_evidence::BuildError;
use baitline_store::blobs::BlobKind;
use baitline_store::exports::ExportRequest;
use baitline_store::models::{Export, ExportState, Package, PackageState};
use baitline_store::{Reach, exports, now, tallies};
use futures_util::stream;

use crate::contents::{ClientRecordings, chunks, is_for_good, put_failed};
use crate::dossier;
use crate::{WorkError, Worker};

/// The largest package that is kept.
const MAX_PACKAGE_BYTES: u64 = 4 * 1024 * 1024 * 1024;
/// How often a worker says that it lives while a package is on its way: well
/// within the lease.
const KEEP_PAUSE: Duration = Duration::from_secs(15);

impl Worker {
    /// Carries it as far as it goes; `false` where every package that is left
    /// waits for a day to be recomputed.
    pub(crate) fn carry_export(&self, export: &Export) -> Result<bool, WorkError> {
        let _span = tracing::info_span!(
            "export", client = %export.client_id, export = %export.id
        )
        .entered();
        let request = export.request()?;
        let numbers = self.numbers(export, &request)?;
        let reach = Reach::Agency;
        let sealed_at = now();
        for &caller in &numbers {
            self.store.write(reach, |conn| {
                exports::plan_package(conn, export, caller, sealed_at).map(|_| ())
            })?;
        }
        let planned = self
            .store
            .read(reach, |conn| exports::packages_of(conn, export.client_id, export.id))?;
        let (mut got_on, mut must_wait) = (false, false);
        for mut package in planned {
            if !self.store.write(reach, |conn| exports::keep_export(conn, export))? {
                return Ok(true);
            }
            if package.state != PackageState::Queued {
                continue;
            }
            if self.build(export, &request, &mut package)? {
                self.store.write(reach, |conn| exports::save_package(conn, &package))?;
                got_on = true;
            } else {
                must_wait = true;
            }
        }
        if must_wait {
            self.store.write(reach, |conn| exports::put_back(conn, export))?;
            return Ok(got_on);
        }
        self.end(export)?;
        Ok(true)
    }

    fn end(&self, export: &Export) -> Result<(), WorkError> {
        Ok(self.store.write(Reach::Agency, |conn| {
            exports::end_export(conn, export, ExportState::Done, None)
        })?)
    }

    /// The numbers asked for, or else every repeat offender of the period.
    fn numbers(&self, export: &Export, request: &ExportRequest) -> Result<Vec<Phone>, WorkError> {
        if !request.numbers.is_empty() {
            return Ok(request.numbers.clone());
        }
        let counted = self.store.read(Reach::Client(export.client_id), |conn| {
            let reach = Reach::Client(export.client_id);
            tallies::interceptions_between(conn, reach, request.from(), request.to())
        })?;
        let mut tallies = counted.tallies;
        tallies.extend(baitline_analytics::tally(&counted.edges)?);
        let offenders = baitline_analytics::repeat_offenders(
            &Source::of_tallies(&tallies),
            &question(request),
        )?;
        Ok(offenders
            .into_iter()
            .filter(|offender| offender.standing == Some(Standing::RepeatOffender))
            .filter_map(|offender| match offender.key {
                OffenderKey::Number(phone) => Some(phone),
                _ => None,
            })
            .collect())
    }

    /// Builds one package and puts it into the blob store. A package that
    /// cannot be built says why and keeps no other from being built; a store
    /// that does not answer fails the step, which another attempt repeats. `false`
    /// while it has to wait.
    fn build(
        &self,
        export: &Export,
        request: &ExportRequest,
        package: &mut Package,
    ) -> Result<bool, WorkError> {
        let recordings = ClientRecordings {
            client: export.client_id,
            blobs: self.store.blobs(),
            runtime: &self.runtime,
        };
        let gathered = self.store.read(Reach::Client(export.client_id), |conn| {
            dossier::gather(conn, package, request, &self.program_version)
        })?;
        let Some(gathered) = gathered else { return Ok(false) };
        let dossier = dossier::sniffed(gathered, &recordings)?;
        package.interceptions = i32::try_from(dossier.interceptions.len()).unwrap_or(i32::MAX);
        let file = tempfile::tempfile()?;
        let built = match baitline_evidence::build(&dossier, &recordings, &file) {
            Ok(built) => built,
            Err(error) => return refuse(package, error).map(|()| true),
        };
        self.keep(export, package, file)?;
        package.missing = serde_json::to_string(&built.missing).map_err(std::io::Error::other)?;
        package.state =
            if built.missing.is_empty() { PackageState::Ready } else { PackageState::Draft };
        Ok(true)
    }

    fn keep(
        &self,
        export: &Export,
        package: &mut Package,
        mut file: std::fs::File,
    ) -> Result<(), WorkError> {
        std::io::Seek::rewind(&mut file)?;
        let stream = stream::iter(chunks(file));
        let kind = BlobKind::Package;
        let put = self.store.blobs().put(package.client_id, kind, stream, MAX_PACKAGE_BYTES);
        let mut put = std::pin::pin!(put);
        let blob = loop {
            // Only this thread waits, so it may say in between that it lives: a
            // slow store must not look like a silent worker.
            let waited = async { tokio::time::timeout(KEEP_PAUSE, put.as_mut()).await };
            match self.runtime.block_on(waited) {
                Ok(done) => break done.map_err(put_failed)?,
                Err(_) => self
                    .store
                    .write(Reach::Agency, |conn| exports::keep_export(conn, export).map(|_| ()))?,
            }
        };
        package.bytes = Some(i64::try_from(blob.bytes).unwrap_or(i64::MAX));
        package.sha256 = Some(blob.sha256.to_vec());
        Ok(())
    }
}

/// A failure of writing is this machine's, one of reading may be the blob
/// store's: they are tried again. Any other is the dossier's and stays.
fn refuse(package: &mut Package, error: BuildError) -> Result<(), WorkError> {
    if is_outage(&error) {
        return Err(error.into());
    }
    tracing::warn!(package = %package.id, %error, "a package cannot be built");
    package.state = PackageState::Failed;
    package.problem = Some(error.to_string());
    Ok(())
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
