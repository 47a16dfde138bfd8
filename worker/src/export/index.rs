//! The end of an export: what lies beside its packages in the archive of all.

use std::io;

use baitline_domain::gate::Missing;
use baitline_evidence::dossier::Period;
use baitline_evidence::index::{Batch, BatchPackage, NamedSum, SUMS, index, sums};
use baitline_store::models::{ExportFile, ExportState, Package, PackageState};
use baitline_store::{Reach, StoreError, StoreResult, clients, exports};
use bytes::Bytes;

use super::{Kept, OpenExport};
use crate::{WorkError, Worker};

impl Worker {
    /// Makes index and sums, and ends the export, both or neither. Nothing is kept
    /// where another worker has taken it over.
    pub(super) fn write_index(&self, open: &OpenExport) -> Result<(), WorkError> {
        let (export, client) = (&open.export, open.export.client_id);
        let (client, packages) = self.store.read(Reach::Agency, |conn| {
            let packages = exports::packages_of(conn, client, export.id)?;
            Ok((clients::find_client(conn, client)?, packages))
        })?;
        let batch = Batch {
            ident: format!("baitline-export-{}", export.id),
            client_name: client.name,
            time_zone: client.time_zone,
            period: Period { from: open.request.from(), to: open.request.to() },
            sealed_at: export.planned_at.unwrap_or(export.created_at),
            packages: packages.iter().map(of_batch).collect::<StoreResult<_>>()?,
        };
        let mut files = Vec::new();
        let mut summed: Vec<NamedSum> =
            batch.packages.iter().filter_map(|package| package.file.clone()).collect();
        for made in index(&batch)? {
            let (name, bytes) = made?;
            // Each of them takes its time, and another worker must not think that this
            // one is silent.
            if !self.store.write(Reach::Agency, |conn| exports::keep_export(conn, export))? {
                return Ok(());
            }
            let kept = self.keep(export, whole(bytes))?;
            let sum = NamedSum { name: name.clone(), bytes: kept.bytes, sha256: kept.sha256 };
            summed.push(sum);
            files.push(file(open, name, &kept)?);
        }
        let kept = self.keep(export, whole(sums(&summed)))?;
        files.push(file(open, SUMS.to_owned(), &kept)?);
        Ok(self.store.write(Reach::Agency, |conn| {
            if exports::keep_export(conn, export)? {
                exports::replace_files(conn, export, &files)?;
                exports::end_export(conn, export, ExportState::Done, None)?;
            }
            Ok(())
        })?)
    }
}

fn whole(bytes: Vec<u8>) -> impl Iterator<Item = io::Result<Bytes>> {
    std::iter::once(Ok(Bytes::from(bytes)))
}

fn file(open: &OpenExport, name: String, kept: &Kept) -> StoreResult<ExportFile> {
    Ok(ExportFile {
        client_id: open.export.client_id,
        export_id: open.export.id,
        name,
        bytes: i64::try_from(kept.bytes)?,
        sha256: kept.sha256.to_vec(),
        crc32: kept.crc32.into(),
    })
}

fn of_batch(package: &Package) -> StoreResult<BatchPackage> {
    let unreadable = |what: &str| StoreError::Corrupt(format!("{what} of a package"));
    let missing: Vec<Missing> = serde_json::from_str(&package.missing)
        .map_err(|_| unreadable("the list of what is missing"))?;
    let is_built = matches!(package.state, PackageState::Draft | PackageState::Ready);
    let file = match (&package.sha256, package.bytes) {
        (Some(sha256), Some(bytes)) if is_built => Some(NamedSum {
            name: package.archive_name(),
            bytes: u64::try_from(bytes)?,
            sha256: sha256.as_slice().try_into().map_err(|_| unreadable("the hash"))?,
        }),
        _ => None,
    };
    let interceptions = u32::try_from(package.interceptions)?;
    Ok(BatchPackage { caller: package.caller, interceptions, missing, file })
}
