//! The signature of a bag: Ed25519 over the bytes of its tag manifest, which
//! names the sums of all else. Made and checked by `ring`; stock `openssl`
//! checks it too. A signature proves who holds the key and nothing of time.

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sha2::{Digest, Sha256};

use crate::bag::hex;

/// What stands before the 32 bytes of an Ed25519 key in a SubjectPublicKeyInfo
/// (RFC 8410).
const PUBLIC_KEY_HEAD: [u8; 12] =
    [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const PUBLIC_KEY_BEGIN: &str = "-----BEGIN PUBLIC KEY-----\n";
const PUBLIC_KEY_END: &str = "\n-----END PUBLIC KEY-----\n";
const PEM_BEGIN: &str = "-----BEGIN ";
const PRIVATE_KEY_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PRIVATE_KEY_END: &str = "-----END PRIVATE KEY-----";
/// Bytes of a private key's file: ours take some 120.
const MAX_KEY_BYTES: usize = 4 << 10;
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// A key to sign packages with.
pub struct SigningKey(Ed25519KeyPair);

/// The file holds no Ed25519 key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an Ed25519 private key: expected what `openssl genpkey -algorithm ed25519` writes")]
pub struct SigningKeyError;

impl SigningKey {
    /// Reads the file that `openssl genpkey -algorithm ed25519` writes, as PEM or, with
    /// `-outform DER`, as the bytes themselves (PKCS#8).
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_file(bytes: &[u8]) -> Result<Self, SigningKeyError> {
        if bytes.len() > MAX_KEY_BYTES {
            return Err(SigningKeyError);
        }
        match std::str::from_utf8(bytes) {
            Ok(text) if text.trim_start().starts_with(PEM_BEGIN) => Self::from_pem(text),
            _ => Self::from_der(bytes),
        }
    }

    /// Reads the PEM file that `openssl genpkey -algorithm ed25519` writes.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn from_pem(pem: &str) -> Result<Self, SigningKeyError> {
        let body = (pem.len() <= MAX_KEY_BYTES)
            .then(|| pem.trim().strip_prefix(PRIVATE_KEY_BEGIN)?.strip_suffix(PRIVATE_KEY_END))
            .flatten();
        Self::from_der(&body.and_then(decoded).ok_or(SigningKeyError)?)
    }

    fn from_der(der: &[u8]) -> Result<Self, SigningKeyError> {
        // openssl leaves the public half out, which the stricter reader wants.
        Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Self).map_err(|_| SigningKeyError)
    }

    /// The public half as a PEM file.
    pub fn public_pem(&self) -> String {
        public_pem(self.0.public_key().as_ref())
    }

    /// What the key is known by: SHA-256 over the public key as
    /// `openssl pkey -pubin -outform DER` writes it, in hex.
    pub fn fingerprint(&self) -> String {
        fingerprint(self.0.public_key().as_ref())
    }

    pub(crate) fn sign(&self, content: &[u8]) -> Vec<u8> {
        self.0.sign(content).as_ref().to_vec()
    }
}

/// A key prints as its fingerprint alone.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("SigningKey").field(&self.fingerprint()).finish()
    }
}

/// The fingerprint of the key in `pem`, where `signature` is its signature of
/// `content`.
pub(crate) fn verified(
    pem: &str,
    content: &[u8],
    signature: &[u8],
) -> Result<String, &'static str> {
    let key = pem.strip_prefix(PUBLIC_KEY_BEGIN).and_then(|rest| rest.strip_suffix(PUBLIC_KEY_END));
    let der = key.and_then(decoded).ok_or("is no Ed25519 public key")?;
    let key = der.strip_prefix(&PUBLIC_KEY_HEAD).ok_or("is no Ed25519 public key")?;
    // One key has one file, so that no byte of it can change unseen.
    if key.len() != 32 || public_pem(key) != pem {
        return Err("is no Ed25519 public key");
    }
    UnparsedPublicKey::new(&ED25519, key)
        .verify(content, signature)
        .map_err(|_| "its key did not make the signature")?;
    Ok(fingerprint(key))
}

/// SHA-256 over the key as `openssl pkey -pubin -outform DER` writes it, in hex.
fn fingerprint(key: &[u8]) -> String {
    hex(&Sha256::digest([&PUBLIC_KEY_HEAD[..], key].concat()))
}

fn public_pem(key: &[u8]) -> String {
    // 44 bytes take 60 characters: one line.
    format!("{PUBLIC_KEY_BEGIN}{}{PUBLIC_KEY_END}", encoded(&[&PUBLIC_KEY_HEAD[..], key].concat()))
}

fn encoded(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |place: usize| u32::from(chunk.get(place).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for place in 0..4 {
            let sextet = (bits >> (18 - 6 * place)) & 0x3f;
            let c = char::from(BASE64[usize::try_from(sextet).unwrap_or(0)]);
            text.push(if place <= chunk.len() { c } else { '=' });
        }
    }
    text
}

fn decoded(text: &str) -> Option<Vec<u8>> {
    let bare: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let padding = bare.iter().rev().take_while(|byte| **byte == b'=').count();
    if bare.is_empty() || !bare.len().is_multiple_of(4) || padding > 2 {
        return None;
    }
    let mut bytes = Vec::with_capacity(bare.len() / 4 * 3);
    for chunk in bare[..bare.len() - padding].chunks(4) {
        let mut bits = 0_u32;
        for byte in chunk {
            let sextet = BASE64.iter().position(|known| known == byte)?;
            bits = bits << 6 | u32::try_from(sextet).ok()?;
        }
        bits <<= 6 * (4 - chunk.len());
        let all = [(bits >> 16) as u8, (bits >> 8) as u8, bits as u8];
        bytes.extend_from_slice(&all[..chunk.len() - 1]);
    }
    Some(bytes)
}

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed test may panic")]
    use super::*;

    /// A key as openssl writes it, of the seed whose bytes are all `seed`.
    fn key_bytes(seed: u8) -> Vec<u8> {
        let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
        [&head[..], &[seed; 32]].concat()
    }

    /// The same as a PEM file.
    pub(crate) fn key_file(seed: u8) -> String {
        format!("{PRIVATE_KEY_BEGIN}\n{}\n{PRIVATE_KEY_END}\n", encoded(&key_bytes(seed)))
    }

    #[test]
    fn base64_is_read_and_written_alike() {
        for (plain, text) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")]
        {
            assert_eq!(encoded(plain.as_bytes()), text);
            let expected = (!text.is_empty()).then(|| plain.as_bytes().to_vec());
            assert_eq!(decoded(text), expected);
        }
        assert_eq!(decoded("Zg="), None);
        assert_eq!(decoded("Z*=="), None);
        assert_eq!(decoded("===="), None);
    }

    #[test]
    fn only_the_key_that_signed_verifies_and_only_what_it_signed() {
        let key = SigningKey::from_pem(&key_file(7)).unwrap();
        let signature = key.sign(b"content");
        let pem = key.public_pem();
        assert_eq!(verified(&pem, b"content", &signature), Ok(key.fingerprint()));
        assert!(verified(&pem, b"contents", &signature).is_err());
        assert!(verified(&pem, b"content", &signature[1..]).is_err());
        assert!(verified(&pem.replace('\n', "\r\n"), b"content", &signature).is_err());
        assert!(verified("", b"content", &signature).is_err());
        assert!(!format!("{key:?}").contains("BEGIN"));
    }

    #[test]
    fn a_key_file_is_read_as_pem_and_as_der() {
        let known = SigningKey::from_pem(&key_file(7)).unwrap().fingerprint();
        for file in [key_file(7).into_bytes(), format!("\n{}", key_file(7)).into(), key_bytes(7)] {
            assert_eq!(SigningKey::from_file(&file).unwrap().fingerprint(), known);
        }
        let cut = &key_bytes(7)[..47];
        let encrypted = key_file(7).replace("PRIVATE", "ENCRYPTED PRIVATE");
        for file in [&b""[..], cut, b"\xff\xfe", encrypted.as_bytes(), &[0x30; 5_000]] {
            assert_eq!(SigningKey::from_file(file).unwrap_err(), SigningKeyError);
        }
    }

    #[test]
    fn what_is_no_private_key_is_refused() {
        let public = SigningKey::from_pem(&key_file(7)).unwrap().public_pem();
        for pem in ["", &public, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----"] {
            assert_eq!(SigningKey::from_pem(pem).unwrap_err(), SigningKeyError);
        }
        assert!(SigningKey::from_pem(&"A".repeat(5_000)).is_err());
    }
}
