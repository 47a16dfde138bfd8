//! A time-stamp of a bag (RFC 3161): what an authority is asked, what it
//! answers, and what the answer must be before anybody relies on it. The
//! SHA-256 of the tag manifest is stamped, which names the sums of all else.
//! Knows no network; who the authority is and whether it is independent of the
//! maker of the package nothing here can tell.

mod certificate;
mod signed;

use baitline_domain::instant::Instant;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::der::{
    BIT_STRING, BOOLEAN, GENERALIZED_TIME, INTEGER, Malformed, OBJECT_IDENTIFIER, OCTET_STRING,
    Reader, SEQUENCE, UTF8_STRING, context, whole,
};
use signed::Signed;

pub use certificate::{Authorities, AuthoritiesError};

/// Bytes of an answer: those with a chain of three certificates take some 6,000.
pub const MAX_REPLY_BYTES: usize = 64 << 10;
/// Characters that are repeated of what an authority says.
const MAX_SAID_CHARS: usize = 200;

/// `AlgorithmIdentifier` of SHA-256 as it is asked for.
const SHA_256: [u8; 15] =
    [0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00];
/// The same without the NULL, as others write it.
const SHA_256_BARE: [u8; 13] =
    [0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01];

/// Why there is no time-stamp.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StampError {
    /// The authority did not answer, or not with a time-stamp.
    #[error("the time-stamp authority {0}")]
    Unreachable(String),
    /// It refused.
    #[error("the time-stamp authority refused: {0}")]
    Refused(String),
    /// Its answer is not what RFC 3161 describes.
    #[error("the answer of the time-stamp authority cannot be read")]
    Malformed,
    /// It stamped something else.
    #[error("the time-stamp is of another content")]
    OtherContent,
    /// It is an answer to another question, perhaps an old one.
    #[error("the time-stamp answers another question: its nonce differs")]
    OtherNonce,
    /// Its signature is not that of its certificate, or cannot be told.
    #[error("the time-stamp {0}")]
    Signature(&'static str),
}

impl From<Malformed> for StampError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// Whether the signature of a time-stamp is the authority's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StampSignature {
    /// Of an authority that was given to compare with, by a certificate that
    /// was good for time-stamps at that time.
    Trusted,
    /// Of the certificate in it, whoever made that.
    OfItsCertificate,
    /// Of a kind that this program cannot check; `openssl` may.
    NotChecked,
}

/// What a time-stamp tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimeStamp {
    /// When the authority says it saw the hash, to the microsecond.
    pub at: Instant,
    /// What the certificate in it calls its holder; of its first lines one.
    /// Control characters are left out.
    pub authority: String,
    /// Whether that is so.
    pub signature: StampSignature,
}

/// Gives time-stamps, by asking an authority or from what it was given before.
pub trait Stamper {
    /// The answer of an authority, as it came, over SHA-256 of the tag manifest.
    ///
    /// # Errors
    /// When there is none. Then no package is made.
    fn stamp(&self, tag_manifest: &[u8]) -> Result<Vec<u8>, StampError>;
}

/// One question to an authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StampRequest {
    imprint: [u8; 32],
    nonce: [u8; 8],
}

impl StampRequest {
    /// Asks for the time of `content`. The nonce must be random: it tells an
    /// answer to this question from one that somebody kept.
    pub fn new(content: &[u8], mut nonce: [u8; 8]) -> Self {
        // One length and one form whatever it is: positive, without zeros before it.
        nonce[0] = nonce[0] & 0x7f | 0x40;
        Self { imprint: Sha256::digest(content).into(), nonce }
    }

    /// `TimeStampReq` as DER: version 1, SHA-256, the nonce, and that the
    /// certificate shall be in the answer, so that it can be checked by itself.
    pub fn der(&self) -> Vec<u8> {
        let mut der = vec![SEQUENCE, 67, INTEGER, 1, 1, SEQUENCE, 49];
        der.extend(SHA_256);
        der.extend([OCTET_STRING, 32]);
        der.extend(self.imprint);
        der.extend([INTEGER, 8]);
        der.extend(self.nonce);
        der.extend([BOOLEAN, 1, 0xff]);
        der
    }

    /// Takes an answer, which must be granted, to this question, and signed by
    /// the certificate in it as far as that can be checked here.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn accept(&self, reply: &[u8]) -> Result<TimeStamp, StampError> {
        let token = Token::read(reply)?;
        if token.nonce != Some(&self.nonce[..]) {
            return Err(StampError::OtherNonce);
        }
        token.check(&self.imprint, None)
    }
}

/// Checks an answer over `content` that was kept, with `authorities` where the
/// reader has some that it trusts.
pub(crate) fn check(
    reply: &[u8],
    content: &[u8],
    authorities: Option<&Authorities>,
) -> Result<TimeStamp, StampError> {
    Token::read(reply)?.check(&Sha256::digest(content).into(), authorities)
}

/// Whether an answer that was kept is one over `content`, and whole.
pub fn is_stamp_of(reply: &[u8], content: &[u8]) -> bool {
    check(reply, content, None).is_ok()
}

/// The time that an answer tells, which was accepted before.
pub fn stamped_at(reply: &[u8]) -> Option<Instant> {
    Token::read(reply).ok().map(|token| token.at)
}

/// A granted answer, read and not yet compared with anything.
struct Token<'a> {
    imprint: &'a [u8],
    at: Instant,
    nonce: Option<&'a [u8]>,
    signed: Signed<'a>,
}

impl<'a> Token<'a> {
    /// Reads `TimeStampResp`.
    fn read(reply: &'a [u8]) -> Result<Self, StampError> {
        if reply.len() > MAX_REPLY_BYTES {
            return Err(StampError::Malformed);
        }
        let mut response = whole(reply, SEQUENCE)?.inside();
        check_status(response.one(SEQUENCE)?.inside())?;
        let token = response.one(SEQUENCE)?;
        response.end()?;
        let signed = Signed::read(token.inside())?;
        Self::of_info(signed)
    }

    /// Reads `TSTInfo`, the content that was signed.
    fn of_info(signed: Signed<'a>) -> Result<Self, StampError> {
        let mut info = whole(signed.content, SEQUENCE)?.inside();
        if info.one(INTEGER)?.content != [1] {
            return Err(StampError::Malformed);
        }
        info.one(OBJECT_IDENTIFIER)?;
        let mut imprint = info.one(SEQUENCE)?.inside();
        let algorithm = imprint.one(SEQUENCE)?.whole;
        let hash = imprint.one(OCTET_STRING)?.content;
        imprint.end()?;
        if algorithm != SHA_256 && algorithm != SHA_256_BARE {
            return Err(StampError::OtherContent);
        }
        info.one(INTEGER)?;
        let at = moment(info.one(GENERALIZED_TIME)?.content)?;
        info.optional(SEQUENCE)?;
        info.optional(BOOLEAN)?;
        let nonce = info.optional(INTEGER)?.map(|nonce| nonce.content);
        info.optional(context(0))?;
        info.optional(context(1))?;
        info.end()?;
        Ok(Self { imprint: hash, at, nonce, signed })
    }

    fn check(
        &self,
        imprint: &[u8; 32],
        authorities: Option<&Authorities>,
    ) -> Result<TimeStamp, StampError> {
        if self.imprint != imprint {
            return Err(StampError::OtherContent);
        }
        let signer = self.signed.signer()?;
        let checked = self.signed.is_signed_by(&signer)?;
        let signature = match (checked, authorities) {
            (true, None) => StampSignature::OfItsCertificate,
            (true, Some(authorities)) => {
                authorities.check(&signer, &self.signed.certificates, self.at)?;
                StampSignature::Trusted
            }
            (false, None) => StampSignature::NotChecked,
            (false, Some(_)) => {
                return Err(StampError::Signature(
                    "is signed in a way that this program cannot check: openssl ts -verify can",
                ));
            }
        };
        Ok(TimeStamp { at: self.at, authority: signer.holder()?, signature })
    }
}

/// `PKIStatusInfo`: granted as asked (0) or with changes (1), which are looked
/// for in the token itself.
fn check_status(mut info: Reader<'_>) -> Result<(), StampError> {
    let status = info.one(INTEGER)?.content;
    let said = info.optional(SEQUENCE)?;
    let failure = info.optional(BIT_STRING)?;
    info.end()?;
    if matches!(status, [0 | 1]) {
        return Ok(());
    }
    let mut words = Vec::new();
    if let Some(said) = said {
        let mut texts = said.inside();
        while !texts.is_empty() {
            words.push(printable(&String::from_utf8_lossy(texts.one(UTF8_STRING)?.content)));
        }
    }
    if let Some(failure) = failure {
        words.push(format!("failure {}", crate::bag::hex(failure.content)));
    }
    words.insert(0, format!("status {}", crate::bag::hex(status)));
    Err(StampError::Refused(words.join(", ")))
}

/// Text of an authority that people read: without what moves the cursor or
/// turns the line, and not longer than a line.
fn printable(text: &str) -> String {
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let fit = text.chars().filter(|c| !c.is_control() && !turns(*c));
    fit.take(MAX_SAID_CHARS).collect()
}

/// `GeneralizedTime` as RFC 3161 allows it: UTC, seconds, any fraction.
fn moment(text: &[u8]) -> Result<Instant, Malformed> {
    let text = std::str::from_utf8(text).map_err(|_| Malformed)?;
    let text = text.strip_suffix('Z').ok_or(Malformed)?;
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if seconds.len() != 14 || !is_digits(seconds) || !is_digits(fraction) {
        return Err(Malformed);
    }
    let part = |from: usize, to: usize| seconds[from..to].parse::<i16>().map_err(|_| Malformed);
    let small = |from, to| part(from, to).and_then(|n| i8::try_from(n).map_err(|_| Malformed));
    let nanoseconds: String = fraction.chars().chain(std::iter::repeat('0')).take(9).collect();
    let nanoseconds = nanoseconds.parse().map_err(|_| Malformed)?;
    let (year, month, day) = (part(0, 4)?, small(4, 6)?, small(6, 8)?);
    let (hour, minute, second) = (small(8, 10)?, small(10, 12)?, small(12, 14)?);
    let at = DateTime::new(year, month, day, hour, minute, second, nanoseconds);
    let at = TimeZone::UTC.to_timestamp(at.map_err(|_| Malformed)?);
    at.map(Instant::from).map_err(|_| Malformed)
}

#[cfg(test)]
mod tests;
