//! Certificates of authorities: what they are called, what they signed, and
//! whether somebody trusted has issued them for time-stamps. The checking is
//! `webpki`'s; no list of revoked ones is asked for.

use std::time::Duration;

use baitline_domain::instant::Instant;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime};
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, Error, KeyUsage, anchor_from_trusted_cert};

use super::{StampError, printable};
use crate::der::{
    BMP_STRING, BOOLEAN, Element, IA5_STRING, INTEGER, Malformed, OBJECT_IDENTIFIER, OCTET_STRING,
    PRINTABLE_STRING, Reader, SEQUENCE, SET, UTF8_STRING, context,
};

/// `id-ce-extKeyUsage`.
const EXTENDED_KEY_USAGE: &[u8] = &[0x55, 0x1d, 37];
/// Tags of two fields that nobody uses any more.
const ISSUER_AND_SUBJECT_IDS: [u8; 2] = [0x81, 0x82];
/// `id-kp-timeStamping`.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];
/// What a holder is called by, the best first: common name, unit, organisation.
const NAMES: [[u8; 3]; 3] = [[0x55, 4, 3], [0x55, 4, 11], [0x55, 4, 10]];

/// A certificate of a token.
#[derive(Clone, Copy)]
pub(super) struct Certificate<'a> {
    pub(super) der: &'a [u8],
    pub(super) issuer: &'a [u8],
    pub(super) serial: &'a [u8],
    subject: Element<'a>,
    extensions: Option<Element<'a>>,
}

impl<'a> Certificate<'a> {
    pub(super) fn read(whole: Element<'a>) -> Result<Self, Malformed> {
        let mut body = whole.inside().one(SEQUENCE)?.inside();
        body.optional(context(0))?;
        let serial = body.one(INTEGER)?.content;
        body.one(SEQUENCE)?;
        let issuer = body.one(SEQUENCE)?.whole;
        body.one(SEQUENCE)?;
        let subject = body.one(SEQUENCE)?;
        body.one(SEQUENCE)?;
        ISSUER_AND_SUBJECT_IDS.iter().try_for_each(|tag| body.optional(*tag).map(|_| ()))?;
        let extensions = body.optional(context(3))?;
        Ok(Self { der: whole.whole, issuer, serial, subject, extensions })
    }

    /// Whether its key stamps times and does nothing else, and whoever does not know
    /// what that means must refuse it (RFC 3161, section 2.3).
    fn is_for_time_stamps(&self) -> Result<bool, Malformed> {
        let Some(extensions) = self.extensions else { return Ok(false) };
        let mut extensions = extensions.inside().one(SEQUENCE)?.inside();
        while !extensions.is_empty() {
            let mut extension = extensions.one(SEQUENCE)?.inside();
            if extension.one(OBJECT_IDENTIFIER)?.content != EXTENDED_KEY_USAGE {
                continue;
            }
            let is_critical = extension.optional(BOOLEAN)?.is_some_and(|one| one.content == [0xff]);
            let value = extension.one(OCTET_STRING)?.content;
            let mut purposes = crate::der::whole(value, SEQUENCE)?.inside();
            let is_stamping = purposes.one(OBJECT_IDENTIFIER)?.content == TIME_STAMPING;
            return Ok(is_critical && is_stamping && purposes.is_empty());
        }
        Ok(false)
    }

    /// What its holder is called.
    pub(super) fn holder(&self) -> Result<String, Malformed> {
        for name in NAMES {
            if let Some(text) = named(self.subject.inside(), &name)? {
                return Ok(text);
            }
        }
        Ok("an authority without a name".to_owned())
    }

    /// Whether its key made the signature, of one of these kinds; `false` where
    /// the key is of another kind.
    ///
    /// # Errors
    /// With `objection` when another key made it.
    pub(super) fn check_signature(
        &self,
        kinds: &[&'static dyn SignatureVerificationAlgorithm],
        message: &[u8],
        signature: &[u8],
        objection: &'static str,
    ) -> Result<bool, StampError> {
        let der = CertificateDer::from(self.der);
        let cannot = StampError::Signature("has a certificate that cannot be read");
        let signer = EndEntityCert::try_from(&der).map_err(|_| cannot)?;
        for kind in kinds {
            match signer.verify_signature(*kind, message, signature) {
                Ok(()) => return Ok(true),
                Err(Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_)) => {}
                Err(_) => return Err(StampError::Signature(objection)),
            }
        }
        Ok(false)
    }
}

/// The text of one part of a name, as people may read it.
fn named(mut parts: Reader<'_>, wanted: &[u8]) -> Result<Option<String>, Malformed> {
    while !parts.is_empty() {
        let mut several = parts.one(SET)?.inside();
        while !several.is_empty() {
            let mut part = several.one(SEQUENCE)?.inside();
            let name = part.one(OBJECT_IDENTIFIER)?.content;
            let value = part.any()?;
            if name == wanted {
                return Ok(text(value));
            }
        }
    }
    Ok(None)
}

fn text(value: Element<'_>) -> Option<String> {
    let text = match value.tag {
        UTF8_STRING | PRINTABLE_STRING | IA5_STRING => {
            std::str::from_utf8(value.content).ok()?.to_owned()
        }
        BMP_STRING => {
            let units = value.content.chunks(2);
            let units: Vec<u16> =
                units.map(|unit| unit.iter().fold(0, |all, b| all << 8 | u16::from(*b))).collect();
            String::from_utf16(&units).ok()?
        }
        _ => return None,
    };
    let text = printable(&text);
    (!text.trim().is_empty()).then_some(text)
}

/// Authorities that the reader of a package trusts, by what they told on another
/// way than the package.
pub struct Authorities(Vec<TrustAnchor<'static>>);

/// The file names no authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no certificates of authorities: expected a PEM file of X.509 certificates")]
pub struct AuthoritiesError;

impl Authorities {
    /// Reads a PEM file of certificates, one or several.
    ///
    /// # Errors
    /// When it holds none, or something that is none.
    pub fn from_pem(pem: &[u8]) -> Result<Self, AuthoritiesError> {
        let mut anchors = Vec::new();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|_| AuthoritiesError)?;
            let anchor = anchor_from_trusted_cert(&certificate).map_err(|_| AuthoritiesError)?;
            anchors.push(anchor.to_owned());
        }
        if anchors.is_empty() { Err(AuthoritiesError) } else { Ok(Self(anchors)) }
    }

    /// Whether one of them has issued `signer` for time-stamps, itself or through
    /// `others`, and all of it was in force at the time that was stamped: what ran
    /// out later was good then.
    pub(super) fn check(
        &self,
        signer: &Certificate<'_>,
        others: &[Certificate<'_>],
        at: Instant,
    ) -> Result<(), StampError> {
        const STRANGE: StampError =
            StampError::Signature("is not of one of the authorities that it should be of");
        if !signer.is_for_time_stamps()? {
            return Err(STRANGE);
        }
        let der = CertificateDer::from(signer.der);
        let end = EndEntityCert::try_from(&der).map_err(|_| STRANGE)?;
        let others: Vec<CertificateDer<'_>> =
            others.iter().map(|one| CertificateDer::from(one.der)).collect();
        let since_epoch = u64::try_from(at.0.div_euclid(1_000_000)).unwrap_or(0);
        let time = UnixTime::since_unix_epoch(Duration::from_secs(since_epoch));
        // Those between seldom tell a purpose, and where they do it must be this one.
        let usage = KeyUsage::required_if_present(TIME_STAMPING);
        end.verify_for_usage(ALL_VERIFICATION_ALGS, &self.0, &others, time, usage, None, None)
            .map(|_| ())
            .map_err(|_| STRANGE)
    }
}
