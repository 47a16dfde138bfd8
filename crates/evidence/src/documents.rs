//! The files of a package that the program makes: registers, documents, the note of
//! conversion, and what says all of it in machine words. Each is made once; what one
//! tells of another is counted and hashed in this order.

use std::borrow::Cow;

use baitline_domain::gate::Missing;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::application;
use crate::bag::{
    APPLICATION_PATH, CONVERSION_PATH, FILING_PATH, PACKAGE_JSON_PATH, PAYLOAD, REGISTER_CSV_PATH,
    REGISTER_XLSX_PATH, folder,
};
use crate::build::BuildError;
use crate::conversion::{conversions, note};
use crate::counted::{Counted, settle};
use crate::csv_file::csv;
use crate::document::Document;
use crate::dossier::Dossier;
use crate::filing::{Enclosed, Filing, FilingSet};
use crate::limits::{MAX_TEXT_FILE_BYTES, MAX_VOLUMES};
use crate::numbered::NumberedCall;
use crate::package_json::{Made, package_json};
use crate::papers::InventoryFile;
use crate::pdf::{pdf, pdf_counted};
use crate::register;
use crate::russian::local;
use crate::volumes::{Filed, Place, Volume, path, set};
use crate::xlsx_file::xlsx;

/// A file of the package made by the program.
pub(crate) type MadeFile = (Cow<'static, str>, Vec<u8>);

/// What the documents are made from.
pub(crate) struct Desk<'a> {
    pub(crate) dossier: &'a Dossier,
    pub(crate) calls: &'a [NumberedCall<'a>],
    pub(crate) missing: &'a [Missing],
    pub(crate) zone: &'a TimeZone,
}

impl Desk<'_> {
    /// The payload beside the recordings and their copies.
    pub(crate) fn documents(&self) -> Result<Vec<MadeFile>, BuildError> {
        let mut files = self.registers()?;
        let filing = Filing {
            dossier: self.dossier,
            calls: self.calls,
            zone: self.zone,
            draft: !self.missing.is_empty(),
        };
        let registers = files.iter().map(listed).collect();
        let FilingSet { enclosed, documents } = filing.set(registers)?;
        let mut filed = self.filed(documents, enclosed.len())?;
        files.append(&mut filed.files);
        files.push((APPLICATION_PATH.into(), self.application(&enclosed, &filed.counted)?));
        let sealed = local(self.dossier.sealed_at, self.zone);
        let text = note(&conversions(self.calls), &self.dossier.program_version, &sealed);
        files.push((CONVERSION_PATH.into(), text.into_bytes()));
        let made = Made { files: &files, enclosed: &enclosed, filed: &filed };
        let json = package_json(self.dossier, self.calls, self.missing, &made)
            .map_err(|error| fault(PACKAGE_JSON_PATH, &error))?;
        files.push((PACKAGE_JSON_PATH.into(), json));
        within_limit(&files)?;
        Ok(files)
    }

    fn registers(&self) -> Result<Vec<MadeFile>, BuildError> {
        let rows = register::rows(self.calls, self.zone);
        let csv = csv(&rows).map_err(|error| fault(REGISTER_CSV_PATH, &error))?;
        let xlsx = xlsx(&rows, self.dossier.sealed_at)
            .map_err(|error| fault(REGISTER_XLSX_PATH, &error))?;
        Ok(vec![(REGISTER_XLSX_PATH.into(), xlsx), (REGISTER_CSV_PATH.into(), csv)])
    }

    /// The application alone, which names the sheets that the set has.
    fn application(&self, enclosed: &[Enclosed], counted: &Counted) -> Result<Vec<u8>, BuildError> {
        let titles: Vec<&str> = enclosed.iter().map(|one| one.title.as_str()).collect();
        let mut document = application::document(self.dossier, self.calls, &titles, self.zone)?;
        settle(&mut document.blocks, counted);
        pdf(document, &self.ident(APPLICATION_PATH), self.dossier.sealed_at)
            .map_err(|error| fault(APPLICATION_PATH, &error))
    }

    /// A set of one volume tells its pages by itself; several tell of each other.
    fn filed(&self, documents: Vec<Document>, enclosures: usize) -> Result<Filed, BuildError> {
        let alone = |document, volume: Option<Volume>| {
            let path = path(volume.map_or(1, |volume| volume.number));
            pdf_counted(document, volume, &self.ident(&path), self.dossier.sealed_at)
                .map_err(|error| fault(FILING_PATH, &error))
        };
        if documents.len() > MAX_VOLUMES {
            let limit = MAX_VOLUMES as u64;
            return Err(BuildError::TooLarge { what: "volumes of the filing set", limit });
        }
        let documents = match <[Document; 1]>::try_from(documents) {
            Ok([document]) => {
                let (file, counted) = alone(document, None)?;
                let places = vec![Place { first_page: 1, pages: counted.pages }];
                return Ok(Filed { files: vec![(path(1), file)], counted, places });
            }
            Err(documents) => documents,
        };
        let mut alone = |document, volume| alone(document, Some(volume));
        set(&documents, enclosures, &mut alone)?
            .ok_or_else(|| fault(FILING_PATH, &"its volumes never tell their own pages"))
    }

    /// What a document is called among all others.
    fn ident(&self, path: &str) -> String {
        format!("{}/{path}", folder(self.dossier.package))
    }
}

fn fault(document: &'static str, detail: &dyn std::fmt::Display) -> BuildError {
    BuildError::Document { document, detail: detail.to_string() }
}

fn listed((path, content): &MadeFile) -> InventoryFile {
    InventoryFile {
        name: path.strip_prefix(PAYLOAD).unwrap_or(path).to_owned(),
        part: None,
        bytes: content.len() as u64,
        sha256: Sha256::digest(content).into(),
    }
}

/// What `verify` reads into memory has an end.
fn within_limit(files: &[MadeFile]) -> Result<(), BuildError> {
    let is_text =
        |path: &str| [PACKAGE_JSON_PATH, REGISTER_CSV_PATH, CONVERSION_PATH].contains(&path);
    let mut texts = files.iter().filter(|(path, _)| is_text(path));
    if texts.any(|(_, content)| content.len() > MAX_TEXT_FILE_BYTES) {
        let limit = MAX_TEXT_FILE_BYTES as u64;
        return Err(BuildError::TooLarge { what: "bytes of a text file", limit });
    }
    Ok(())
}
