//! The chain of the audit: each entry of a client holds the hash of the one before
//! it, so that whoever knows one later hash finds every change of what came before.
//!
//! A hash is the SHA-256 of two lines, each ended by a line feed: the hash before it
//! in hexadecimal digits (64 zeros before the first entry), and the entry's fields with
//! tabs between them, as [`AuditEntry::line`] writes them. `sha256sum` is enough to
//! check.

use std::fmt;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::ids::ClientId;
use crate::instant::Instant;
use crate::words::words;

/// What an act did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AuditChange {
    /// Something is there that was not.
    Made,
    /// Something is otherwise than it was.
    Changed,
    /// Something is there no more.
    Removed,
    /// Something was handed out; nothing changed.
    Read,
}

words!(AuditChange { Made => "made", Changed => "changed", Removed => "removed", Read => "read" });

/// A SHA-256.
pub type Hash = [u8; 32];

/// An entry of a chain: who did what to which evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Whose chain it stands in; the nil id for what is of no one client.
    pub client: ClientId,
    /// From 1, without gaps.
    pub sequence: u64,
    /// When it was done, by the database's or the program's clock.
    pub occurred_at: Instant,
    /// The public id of an API key, `worker`, `command_line`, or `login:` and the
    /// database's login for what was done past the program.
    pub actor: String,
    /// The operation of the API or the command; empty where nobody said.
    pub act: String,
    /// What it was done to.
    pub noun: String,
    /// The id of that; empty for a batch.
    pub subject: String,
    /// What was done.
    pub change: AuditChange,
    /// How many things; more than one in a batch.
    pub items: u64,
    /// A salted hash of what it was after the act, or before it was removed.
    pub digest: Hash,
}

impl AuditEntry {
    /// The line that is hashed: sequence, client, time, actor, act, noun, subject, change,
    /// items and digest, with tabs between them. No text of the program's holds a tab, a
    /// line feed or a backslash; in one that does they are escaped by a backslash.
    pub fn line(&self) -> String {
        let fields = [
            self.sequence.to_string(),
            self.client.to_string(),
            self.occurred_at.to_string(),
            escaped(&self.actor),
            escaped(&self.act),
            escaped(&self.noun),
            escaped(&self.subject),
            self.change.to_string(),
            self.items.to_string(),
            hex(&self.digest),
        ];
        fields.join("\t")
    }

    /// The hash of the chain up to this entry.
    pub fn hash(&self, previous: &Hash) -> Hash {
        let mut hash = Sha256::new();
        hash.update(hex(previous));
        hash.update("\n");
        hash.update(self.line());
        hash.update("\n");
        hash.finalize().into()
    }
}

/// What a text may not hold, lest two entries have one line.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")
}

/// The salted hash of what an act left.
pub fn digest(salt: &[u8], content: &[u8]) -> Hash {
    let mut hash = Sha256::new();
    hash.update(salt);
    hash.update(content);
    hash.finalize().into()
}

/// Where a chain has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// The number of its last entry; 0 for none.
    pub sequence: u64,
    /// The hash up to that entry.
    pub hash: Hash,
}

impl AuditHead {
    /// Before the first entry.
    pub const EMPTY: Self = Self { sequence: 0, hash: [0; 32] };
}

/// A head that was written down outside the database: a line of `time client
/// sequence hash`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Checkpoint {
    /// When it was written.
    pub at: Instant,
    /// Whose chain; the nil id for what is of no one client.
    pub client: ClientId,
    /// Where the chain had come to.
    pub head: AuditHead,
}

impl Checkpoint {
    /// Reads a line; `None` for anything else.
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let at = words.next()?.parse::<jiff::Timestamp>().ok()?;
        let client = ClientId(words.next()?.parse::<Uuid>().ok()?);
        let sequence = words.next()?.parse().ok()?;
        let hash = unhex(words.next()?)?;
        let is_whole = words.next().is_none();
        is_whole.then_some(Self { at: at.into(), client, head: AuditHead { sequence, hash } })
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { at, client, head } = self;
        write!(f, "{at} {client} {} {}", head.sequence, hex(&head.hash))
    }
}

/// Lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The hash of 64 hexadecimal digits; `None` for anything else.
pub fn unhex(text: &str) -> Option<Hash> {
    let mut hash = Hash::default();
    if text.len() != 2 * hash.len() || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    for (place, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * place..2 * place + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> AuditEntry {
        AuditEntry {
            client: ClientId(Uuid::from_u128(1)),
            sequence: 1,
            occurred_at: Instant(1_790_000_000_123_456),
            actor: "k7q2m9x4b3wd".to_owned(),
            act: "create_bait".to_owned(),
            noun: "bait".to_owned(),
            subject: Uuid::from_u128(2).to_string(),
            change: AuditChange::Made,
            items: 1,
            digest: [7; 32],
        }
    }

    #[test]
    fn the_line_is_what_others_can_write_and_the_hash_what_sha256sum_gives() {
        let fields = [
            "1",
            "00000000-0000-0000-0000-000000000001",
            "2026-09-21T14:13:20.123456Z",
            "k7q2m9x4b3wd",
            "create_bait",
            "bait",
            "00000000-0000-0000-0000-000000000002",
            "made",
            "1",
            &"07".repeat(32),
        ];
        assert_eq!(entry().line(), fields.join("\t"));
        let odd = AuditEntry { actor: "login:a\tb\\n\n".to_owned(), ..entry() };
        assert!(odd.line().contains("\tlogin:a\\tb\\\\n\\n\t"), "{}", odd.line());
        let text = format!("{}\n{}\n", "0".repeat(64), entry().line());
        let hash: Hash = Sha256::digest(text).into();
        assert_eq!(entry().hash(&AuditHead::EMPTY.hash), hash);
    }

    #[test]
    fn every_field_and_the_hash_before_it_are_in_the_hash() {
        let first = entry().hash(&[0; 32]);
        let others = [
            AuditEntry { client: ClientId(Uuid::from_u128(3)), ..entry() },
            AuditEntry { sequence: 2, ..entry() },
            AuditEntry { occurred_at: Instant(1), ..entry() },
            AuditEntry { actor: "worker".to_owned(), ..entry() },
            AuditEntry { act: "update_bait".to_owned(), ..entry() },
            AuditEntry { noun: "trap".to_owned(), ..entry() },
            AuditEntry { subject: String::new(), ..entry() },
            AuditEntry { change: AuditChange::Removed, ..entry() },
            AuditEntry { items: 2, ..entry() },
            AuditEntry { digest: [8; 32], ..entry() },
        ];
        for other in others {
            assert_ne!(other.hash(&[0; 32]), first, "{other:?}");
        }
        assert_ne!(entry().hash(&[1; 32]), first);
    }

    #[test]
    fn a_checkpoint_reads_back_and_a_torn_one_is_none() {
        let checkpoint = Checkpoint {
            at: Instant(1_790_000_000_000_000),
            client: ClientId(Uuid::from_u128(1)),
            head: AuditHead { sequence: 12, hash: [0xab; 32] },
        };
        let line = checkpoint.to_string();
        assert_eq!(Checkpoint::parse(&line), Some(checkpoint));
        for end in 0..line.len() {
            assert_eq!(Checkpoint::parse(&line[..end]), None, "{end}");
        }
        assert_eq!(Checkpoint::parse(&format!("{line} ")), None);
    }
}
