//! Where blobs are kept, as an installation says it.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use crate::checks::is_this_machine;
use crate::error::{StoreError, StoreResult};

/// What the URL of a bucket begins with.
const S3_SCHEME: &str = "s3://";

/// Where blobs are kept.
#[derive(Debug, Clone)]
pub enum BlobPlace {
    /// A folder, which is made when missing.
    Folder(PathBuf),
    /// A bucket of an S3-compatible store, which must be there.
    S3(Box<S3Settings>),
}

impl From<PathBuf> for BlobPlace {
    fn from(folder: PathBuf) -> Self {
        Self::Folder(folder)
    }
}

/// A bucket and how it is reached. Its name is part of the path, as every
/// S3-compatible store understands.
#[derive(Debug, Clone)]
pub struct S3Settings {
    /// The bucket.
    pub bucket: String,
    /// What every key begins with: empty, or words with a slash after each.
    pub prefix: String,
    /// `https://host[:port]`; none means Amazon's own of the region.
    pub endpoint: Option<String>,
    /// The region that requests are signed for.
    pub region: String,
    /// Who signs them.
    pub access_key_id: String,
    /// What they are signed with.
    pub secret_access_key: Secret,
    /// How long the store may be silent in a request.
    pub timeout: Duration,
    /// Allow a store on another machine without TLS.
    pub allow_plaintext: bool,
    /// The folder of copies of blobs that are read as files.
    pub cache: PathBuf,
    /// The most bytes the copies may have that nobody reads at the moment.
    pub cache_bytes: u64,
}

/// The bucket and the prefix of `s3://bucket/prefix`, or none for what is a
/// path.
pub fn parse_s3_url(text: &str) -> StoreResult<Option<(String, String)>> {
    let Some(rest) = text.strip_prefix(S3_SCHEME) else { return Ok(None) };
    let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
    let is_name = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
    };
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let is_dots = |part: &&str| part.bytes().all(|byte| byte == b'.');
    if !is_name(bucket) || !parts.iter().all(|part| is_name(part)) || parts.iter().any(is_dots) {
        return Err(StoreError::Unsafe(
            "a bucket is named as s3://bucket or s3://bucket/prefix, in letters, digits, `-`, `_` \
             and `.`"
                .to_owned(),
        ));
    }
    let prefix = parts.iter().map(|part| format!("{part}/")).collect();
    Ok(Some((bucket.to_owned(), prefix)))
}

impl S3Settings {
    /// Refuses what would send evidence readable over a network, or a secret to
    /// the log.
    pub(crate) fn check(&self) -> StoreResult<()> {
        let Some(endpoint) = &self.endpoint else { return Ok(()) };
        let refuse = |why: &str| Err(StoreError::Unsafe(why.to_owned()));
        let (scheme, rest) = endpoint.split_once("://").unwrap_or(("", endpoint));
        if rest.is_empty() || rest.contains(['@', '?', '#']) || !matches!(scheme, "http" | "https")
        {
            return refuse("the endpoint of the S3 store is no `https://host` or `http://host`");
        }
        if scheme == "http" && !self.allow_plaintext && !is_this_machine(host(rest)) {
            return refuse(
                "the S3 store is not on this machine and is reached without TLS; set \
                 BAITLINE_ALLOW_PLAINTEXT_S3=true only on a private network",
            );
        }
        Ok(())
    }

    /// How long a request is tried again after its first failure.
    pub(crate) fn retry_timeout(&self) -> Duration {
        self.timeout.mul_f32(1.5)
    }

    /// Where it is, for people.
    pub(crate) fn shown(&self) -> String {
        let at = self.endpoint.as_deref().unwrap_or("Amazon");
        format!("the bucket {} at {at}", self.bucket)
    }
}

/// The host of `host[:port][/path]`.
fn host(rest: &str) -> &str {
    let authority = rest.split('/').next().unwrap_or_default();
    match authority.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    }
}

/// A text that no log and no error shows.
#[derive(Clone)]
pub struct Secret(String);

impl Secret {
    /// For the one place that needs it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(endpoint: &str, allow_plaintext: bool) -> S3Settings {
        S3Settings {
            bucket: "evidence".to_owned(),
            prefix: String::new(),
            endpoint: Some(endpoint.to_owned()),
            region: "us-east-1".to_owned(),
            access_key_id: "key".to_owned(),
            secret_access_key: "hush".to_owned().into(),
            timeout: Duration::from_secs(10),
            allow_plaintext,
            cache: PathBuf::from("cache"),
            cache_bytes: 0,
        }
    }

    #[test]
    fn a_bucket_is_told_from_a_path() {
        let read = |text| parse_s3_url(text).ok();
        let bucket = |name: &str, prefix: &str| Some(Some((name.to_owned(), prefix.to_owned())));
        assert_eq!(read("baitline-data/blobs"), Some(None));
        assert_eq!(read("/var/s3://x"), Some(None));
        assert_eq!(read("s3://evidence"), bucket("evidence", ""));
        assert_eq!(read("s3://evidence/"), bucket("evidence", ""));
        assert_eq!(read("s3://evidence/a/b"), bucket("evidence", "a/b/"));
        for wrong in ["s3://", "s3:///a", "s3://a b", "s3://a/..", "s3://a/b?c", "s3://k:s@a"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_this_machine_is_reached_without_tls_unless_told() {
        for fine in ["http://127.0.0.1:9000", "http://localhost", "http://[::1]:9000", "https://s3"]
        {
            assert!(settings(fine, false).check().is_ok(), "{fine}");
        }
        assert!(settings("http://objects:9000", true).check().is_ok());
        for unsafe_or_wrong in
            ["http://objects:9000", "http://127.evil.example", "https://k:s@s3", "s3", "ftp://s3"]
        {
            assert!(settings(unsafe_or_wrong, false).check().is_err(), "{unsafe_or_wrong}");
        }
    }

    #[test]
    fn no_debug_text_holds_the_secret() {
        let shown = format!("{:?}", settings("https://s3", false));
        assert!(shown.contains("evidence") && !shown.contains("hush"), "{shown}");
    }
}
