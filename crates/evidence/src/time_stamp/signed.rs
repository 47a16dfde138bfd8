//! `SignedData` (RFC 5652) as a time-stamp has it: one content, one signer, and
//! the signer's certificate beside it, named by its hash (RFC 5035).

use ring::digest::{Algorithm, SHA1_FOR_LEGACY_USE_ONLY, SHA256, SHA384, SHA512, digest};
use rustls_pki_types::SignatureVerificationAlgorithm;
use webpki::ring as kinds;

use super::StampError;
use super::certificate::Certificate;
use crate::der::{
    Element, INTEGER, Malformed, OBJECT_IDENTIFIER, OCTET_STRING, Reader, SEQUENCE, SET, context,
    whole,
};

const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const TST_INFO: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
const CONTENT_TYPE: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_CERTIFICATE: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 12];
const SIGNING_CERTIFICATE_2: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
const SHA_2: [u8; 8] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02];
const RSA: [u8; 8] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1];
const ECDSA_SHA_2: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3];
/// Certificates of a token: chains have three or four.
const MAX_CERTIFICATES: usize = 20;

const NO_SIGNER: &str = "does not hold the certificate that it names as its signer's";
const OTHER_SIGNATURE: &str = "is not signed by the certificate in it";

/// A token, read and not yet checked.
pub(super) struct Signed<'a> {
    /// What was signed: `TSTInfo` as DER.
    pub(super) content: &'a [u8],
    pub(super) certificates: Vec<Certificate<'a>>,
    signer: SignerInfo<'a>,
}

struct SignerInfo<'a> {
    issuer: &'a [u8],
    serial: &'a [u8],
    digest: &'a [u8],
    attributes: Element<'a>,
    algorithm: &'a [u8],
    signature: &'a [u8],
}

impl<'a> Signed<'a> {
    /// Reads the inside of `ContentInfo`.
    pub(super) fn read(mut info: Reader<'a>) -> Result<Self, StampError> {
        if info.one(OBJECT_IDENTIFIER)?.content != SIGNED_DATA {
            return Err(StampError::Malformed);
        }
        let explicit = info.one(context(0))?;
        info.end()?;
        let mut data = whole(explicit.content, SEQUENCE)?.inside();
        data.one(INTEGER)?;
        data.one(SET)?;
        let content = content(data.one(SEQUENCE)?.inside())?;
        let mut certificates = Vec::new();
        if let Some(list) = data.optional(context(0))? {
            let mut list = list.inside();
            while !list.is_empty() {
                if certificates.len() == MAX_CERTIFICATES {
                    return Err(StampError::Malformed);
                }
                certificates.push(Certificate::read(list.one(SEQUENCE)?)?);
            }
        }
        data.optional(context(1))?;
        let mut signers = data.one(SET)?.inside();
        data.end()?;
        let signer = SignerInfo::read(signers.one(SEQUENCE)?.inside())?;
        signers.end()?;
        Ok(Self { content, certificates, signer })
    }

    /// The certificate whose hash the signed attributes name. That it is the one
    /// which the unsigned part names, too, is asked for as `openssl` asks it.
    pub(super) fn signer(&self) -> Result<Certificate<'a>, StampError> {
        let (algorithm, hash) = self.named_certificate()?;
        let found =
            self.certificates.iter().find(|one| digest(algorithm, one.der).as_ref() == hash);
        let found = found.ok_or(StampError::Signature(NO_SIGNER))?;
        if found.issuer != self.signer.issuer || found.serial != self.signer.serial {
            return Err(StampError::Signature(NO_SIGNER));
        }
        Ok(*found)
    }

    /// Whether the signature was checked and holds; `false` where its kind is
    /// not known here.
    ///
    /// # Errors
    /// When it does not hold.
    pub(super) fn is_signed_by(&self, signer: &Certificate<'_>) -> Result<bool, StampError> {
        let SignerInfo { digest: named, attributes, algorithm, signature, .. } = self.signer;
        let Some(hash) = sha_2(named) else { return Ok(false) };
        if self.attribute(&CONTENT_TYPE, OBJECT_IDENTIFIER)?.content != TST_INFO {
            return Err(StampError::Malformed);
        }
        let signed = self.attribute(&MESSAGE_DIGEST, OCTET_STRING)?.content;
        if signed != digest(hash, self.content).as_ref() {
            return Err(StampError::Signature("was changed: its content is not what was signed"));
        }
        let Some(kinds) = kinds_of(algorithm, hash) else { return Ok(false) };
        // It is signed as the SET that it is, not under the tag of its place.
        let message = [&[SET][..], &attributes.whole[1..]].concat();
        signer.check_signature(&kinds, &message, signature, OTHER_SIGNATURE)
    }

    /// How the signed attributes hash the certificate, and to what: the first of
    /// the list is the signer's.
    fn named_certificate(&self) -> Result<(&'static Algorithm, &'a [u8]), StampError> {
        let first = |attribute: Element<'a>| -> Result<Reader<'a>, Malformed> {
            let mut list = attribute.inside().one(SEQUENCE)?.inside();
            Ok(list.one(SEQUENCE)?.inside())
        };
        if let Ok(attribute) = self.attribute(&SIGNING_CERTIFICATE_2, SEQUENCE) {
            let mut id = first(attribute)?;
            let algorithm = match id.optional(SEQUENCE)? {
                None => &SHA256,
                Some(named) => {
                    let oid = named.inside().one(OBJECT_IDENTIFIER)?.content;
                    sha_2(oid).ok_or(StampError::Signature(NO_SIGNER))?
                }
            };
            return Ok((algorithm, id.one(OCTET_STRING)?.content));
        }
        let mut id = first(self.attribute(&SIGNING_CERTIFICATE, SEQUENCE)?)?;
        Ok((&SHA1_FOR_LEGACY_USE_ONLY, id.one(OCTET_STRING)?.content))
    }

    /// The one value of a signed attribute, which is there once.
    fn attribute(&self, oid: &[u8], tag: u8) -> Result<Element<'a>, StampError> {
        let mut attributes = self.signer.attributes.inside();
        let mut found = None;
        while !attributes.is_empty() {
            let mut attribute = attributes.one(SEQUENCE)?.inside();
            let name = attribute.one(OBJECT_IDENTIFIER)?.content;
            let mut values = attribute.one(SET)?.inside();
            attribute.end()?;
            if name == oid {
                let value = values.one(tag)?;
                values.end()?;
                if found.replace(value).is_some() {
                    return Err(StampError::Malformed);
                }
            }
        }
        found.ok_or(StampError::Malformed)
    }
}

impl<'a> SignerInfo<'a> {
    fn read(mut info: Reader<'a>) -> Result<Self, Malformed> {
        // Version 1 names the certificate by its issuer and number.
        if info.one(INTEGER)?.content != [1] {
            return Err(Malformed);
        }
        let mut name = info.one(SEQUENCE)?.inside();
        let (issuer, serial) = (name.one(SEQUENCE)?.whole, name.one(INTEGER)?.content);
        name.end()?;
        let digest = info.one(SEQUENCE)?.inside().one(OBJECT_IDENTIFIER)?.content;
        let attributes = info.one(context(0))?;
        let algorithm = info.one(SEQUENCE)?.inside().one(OBJECT_IDENTIFIER)?.content;
        let signature = info.one(OCTET_STRING)?.content;
        info.optional(context(1))?;
        info.end()?;
        Ok(Self { issuer, serial, digest, attributes, algorithm, signature })
    }
}

fn content(mut info: Reader<'_>) -> Result<&[u8], Malformed> {
    if info.one(OBJECT_IDENTIFIER)?.content != TST_INFO {
        return Err(Malformed);
    }
    let explicit = info.one(context(0))?;
    info.end()?;
    Ok(whole(explicit.content, OCTET_STRING)?.content)
}

fn sha_2(oid: &[u8]) -> Option<&'static Algorithm> {
    match oid.strip_prefix(&SHA_2)? {
        [1] => Some(&SHA256),
        [2] => Some(&SHA384),
        [3] => Some(&SHA512),
        _ => None,
    }
}

/// What a signature of this algorithm over this hash may be, by the kinds of
/// keys; `None` where it is not known here.
fn kinds_of(
    algorithm: &[u8],
    hash: &'static Algorithm,
) -> Option<Vec<&'static dyn SignatureVerificationAlgorithm>> {
    let (is_256, is_384) = (*hash == SHA256, *hash == SHA384);
    if let Some(last) = algorithm.strip_prefix(&RSA) {
        return match last {
            // RSA alone leaves the hash to be told elsewhere, which it was.
            [1 | 11] if is_256 => Some(vec![kinds::RSA_PKCS1_2048_8192_SHA256]),
            [1 | 12] if is_384 => Some(vec![kinds::RSA_PKCS1_2048_8192_SHA384]),
            [1 | 13] if !is_256 && !is_384 => Some(vec![kinds::RSA_PKCS1_2048_8192_SHA512]),
            _ => None,
        };
    }
    match algorithm.strip_prefix(&ECDSA_SHA_2)? {
        [2] if is_256 => Some(vec![kinds::ECDSA_P256_SHA256, kinds::ECDSA_P384_SHA256]),
        [3] if is_384 => Some(vec![kinds::ECDSA_P256_SHA384, kinds::ECDSA_P384_SHA384]),
        _ => None,
    }
}
