//! A time-stamp authority of the made-up world (RFC 3161), for tests: it stamps
//! whatever it is asked, at a time that it is told, and lies as it is told. Its
//! keys are here for everyone to read, so what it says proves nothing.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use sha2::{Digest, Sha256};

/// The authority's root, as PEM: what a reader of its stamps would trust.
pub const ROOT: &str = include_str!("authority/root.pem");
/// The root of somebody else, as PEM.
pub const OTHER_ROOT: &str = include_str!("authority/other-root.pem");
/// What its certificate calls it.
pub const NAME: &str = "Made-up time stamps";

const KEY: &str = include_str!("authority/key.pem");
const FOR_STAMPS: &str = include_str!("authority/stamps.pem");
const NOT_FOR_STAMPS: &str = include_str!("authority/no-stamps.pem");

const SIGNED_DATA: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 2];
const TST_INFO: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 1, 4];
const CONTENT_TYPE: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3];
const MESSAGE_DIGEST: [u8; 9] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4];
const SIGNING_CERTIFICATE: [u8; 11] = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47];
const SHA_256: [u8; 9] = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];
const ECDSA_SHA_256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
const POLICY: [u8; 4] = [0x2a, 3, 4, 1];

/// Where the hash and the nonce stand in the question of this program.
const IMPRINT: std::ops::Range<usize> = 24..56;
const NONCE: std::ops::Range<usize> = 58..66;
const QUESTION_BYTES: usize = 69;

/// How it answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As it should.
    Honest,
    /// With another nonce.
    OtherNonce,
    /// For another hash.
    OtherContent,
    /// With a refusal.
    Refusing,
    /// By a certificate that is not for time-stamps.
    WrongCertificate,
    /// Without its certificate.
    NoCertificate,
    /// With a signature of another content.
    WrongSignature,
    /// With a time that it did not sign.
    OtherTime,
}

/// Answers a question. `at` is the time, such as `20261120093015Z`.
///
/// # Panics
/// When the question is not one of this program's.
pub fn answer(question: &[u8], at: &str, manner: Manner) -> Vec<u8> {
    assert_eq!(question.len(), QUESTION_BYTES, "not a question of this program");
    if manner == Manner::Refusing {
        let words = tlv(0x30, &[&tlv(0x0c, &[b"no time today\x1b[2J"])]);
        let status = tlv(0x30, &[&[2, 1, 2], &words, &[3, 2, 5, 0x20]]);
        return tlv(0x30, &[&status]);
    }
    let mut imprint = question[IMPRINT].to_vec();
    let mut nonce = question[NONCE].to_vec();
    imprint[31] ^= u8::from(manner == Manner::OtherContent);
    nonce[7] ^= u8::from(manner == Manner::OtherNonce);
    let info = info(&imprint, at, &nonce);
    let certificate = if manner == Manner::WrongCertificate { NOT_FOR_STAMPS } else { FOR_STAMPS };
    let certificate = decoded(certificate);
    let attributes = attributes(&info, &certificate);
    let mut signature = signature(&tlv(0x31, &[&attributes]));
    if manner == Manner::WrongSignature {
        signature = self::signature(b"another content");
    }
    let told = if manner == Manner::OtherTime {
        self::info(&imprint, "20200101000000Z", &nonce)
    } else {
        info
    };
    let certificates =
        if manner == Manner::NoCertificate { Vec::new() } else { certificate.clone() };
    let token = token(&told, &certificates, &certificate, &attributes, &signature);
    tlv(0x30, &[&tlv(0x30, &[&[2, 1, 0]]), &token])
}

fn info(imprint: &[u8], at: &str, nonce: &[u8]) -> Vec<u8> {
    let hash = tlv(0x30, &[&algorithm(&SHA_256), &tlv(4, &[imprint])]);
    let at = tlv(0x18, &[at.as_bytes()]);
    tlv(0x30, &[&[2, 1, 1], &tlv(6, &[&POLICY]), &hash, &[2, 1, 7], &at, &tlv(2, &[nonce])])
}

fn attributes(info: &[u8], certificate: &[u8]) -> Vec<u8> {
    let attribute =
        |name: &[u8], value: Vec<u8>| tlv(0x30, &[&tlv(6, &[name]), &tlv(0x31, &[&value])]);
    let named = tlv(0x30, &[&tlv(4, &[&Sha256::digest(certificate)])]);
    [
        attribute(&CONTENT_TYPE, tlv(6, &[&TST_INFO])),
        attribute(&MESSAGE_DIGEST, tlv(4, &[&Sha256::digest(info)])),
        attribute(&SIGNING_CERTIFICATE, tlv(0x30, &[&tlv(0x30, &[&named])])),
    ]
    .concat()
}

fn token(
    info: &[u8],
    certificates: &[u8],
    certificate: &[u8],
    attributes: &[u8],
    signature: &[u8],
) -> Vec<u8> {
    let content = tlv(0x30, &[&tlv(6, &[&TST_INFO]), &tlv(0xa0, &[&tlv(4, &[info])])]);
    let signer = tlv(
        0x30,
        &[
            &[2, 1, 1],
            &issuer_and_serial(certificate),
            &algorithm(&SHA_256),
            &tlv(0xa0, &[attributes]),
            &algorithm(&ECDSA_SHA_256),
            &tlv(4, &[signature]),
        ],
    );
    let hashes = tlv(0x31, &[&algorithm(&SHA_256)]);
    let certificates = tlv(0xa0, &[certificates]);
    let signers = tlv(0x31, &[&signer]);
    let data = tlv(0x30, &[&[2, 1, 3], &hashes, &content, &certificates, &signers]);
    tlv(0x30, &[&tlv(6, &[&SIGNED_DATA]), &tlv(0xa0, &[&data])])
}

/// Of its own certificates, whose layout is known: after two heads of four bytes
/// come the version, the number, the algorithm and the issuer.
fn issuer_and_serial(certificate: &[u8]) -> Vec<u8> {
    const BODY: usize = 8;
    let body = &certificate[BODY..];
    let (_version, rest) = body.split_at(5);
    let (serial, rest) = rest.split_at(4);
    let (_algorithm, rest) = rest.split_at(12);
    let issuer = &rest[..2 + usize::from(rest[1])];
    tlv(0x30, &[issuer, serial])
}

fn algorithm(oid: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(6, &[oid])])
}

fn signature(message: &[u8]) -> Vec<u8> {
    let random = SystemRandom::new();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &decoded(KEY), &random);
    let key = key.expect("the key is in this crate");
    key.sign(&random, message).expect("a machine has random numbers").as_ref().to_vec()
}

/// An element of DER.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut element = vec![tag];
    let length = content.len().to_be_bytes();
    let used = &length[length.iter().take_while(|byte| **byte == 0).count()..];
    match *used {
        [] => element.push(0),
        [short] if short < 0x80 => element.push(short),
        _ => {
            element.push(0x80 | u8::try_from(used.len()).unwrap_or(0));
            element.extend(used);
        }
    }
    element.extend(content);
    element
}

/// The bytes of a PEM file of this crate.
fn decoded(pem: &str) -> Vec<u8> {
    let lines = pem.lines().filter(|line| !line.starts_with('-'));
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for c in lines.flat_map(str::bytes).filter(|c| *c != b'=') {
        let sextet = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            _ => 63,
        };
        (bits, count) = (bits << 6 | u32::from(sextet), count + 6);
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff) as u8);
        }
    }
    bytes
}
