//! The flags and variables of a bucket; they say nothing where blobs are in a
//! folder.

use std::path::{Path, PathBuf};
use std::time::Duration;

use baitline_store::blobs::{BlobPlace, S3Settings, Secret};
use baitline_store::{StoreError, StoreResult};
use clap::Args;

/// How a bucket is reached. There are no AWS_ variables here: what another
/// program of this machine signs with must not be picked up by chance.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct S3Options {
    /// The S3-compatible store, as `https://host:port`. [default: Amazon's of
    /// the region]
    #[arg(long, env = "BAITLINE_S3_ENDPOINT", value_name = "URL")]
    pub(crate) s3_endpoint: Option<String>,
    /// The region that requests to it are signed for.
    #[arg(long, env = "BAITLINE_S3_REGION", default_value = "us-east-1")]
    pub(crate) s3_region: String,
    /// The id of the key that signs them.
    #[arg(long, env = "BAITLINE_S3_ACCESS_KEY_ID", value_name = "ID")]
    pub(crate) s3_access_key_id: Option<String>,
    /// The key. The variable is the better place: others see flags.
    #[arg(long, env = "BAITLINE_S3_SECRET_ACCESS_KEY", value_name = "KEY",
          hide_env_values = true, value_parser = secret)]
    pub(crate) s3_secret_access_key: Option<Secret>,
    /// How long the store may be silent in a request, in seconds.
    #[arg(long, env = "BAITLINE_S3_TIMEOUT_SECONDS", default_value_t = 10,
          value_parser = clap::value_parser!(u64).range(1..=300))]
    pub(crate) s3_timeout_seconds: u64,
    /// Allow an S3 store on another machine without TLS.
    #[arg(long, env = "BAITLINE_ALLOW_PLAINTEXT_S3")]
    pub(crate) allow_plaintext_s3: bool,
    /// The folder of copies of what a bucket holds and is read often. [default:
    /// `blob-cache` in the data folder]
    #[arg(long, env = "BAITLINE_BLOB_CACHE", value_name = "FOLDER")]
    pub(crate) blob_cache: Option<PathBuf>,
    /// The most that these copies may take, in MiB.
    #[arg(long, env = "BAITLINE_BLOB_CACHE_MIB", default_value_t = 2048, value_name = "MIB")]
    pub(crate) blob_cache_mib: u32,
}

impl S3Options {
    /// The same for the store, once a bucket and prefix are named.
    pub(crate) fn settings(
        &self,
        (bucket, prefix): (String, String),
        data: &Path,
    ) -> StoreResult<BlobPlace> {
        let settings = S3Settings {
            bucket,
            prefix,
            endpoint: self.s3_endpoint.clone(),
            region: self.s3_region.clone(),
            access_key_id: named("BAITLINE_S3_ACCESS_KEY_ID", &self.s3_access_key_id)?,
            secret_access_key: named("BAITLINE_S3_SECRET_ACCESS_KEY", &self.s3_secret_access_key)?,
            timeout: Duration::from_secs(self.s3_timeout_seconds),
            allow_plaintext: self.allow_plaintext_s3,
            cache: self.blob_cache.clone().unwrap_or_else(|| data.join("blob-cache")),
            cache_bytes: u64::from(self.blob_cache_mib) * 1024 * 1024,
        };
        Ok(BlobPlace::S3(Box::new(settings)))
    }
}

fn named<T: Clone>(variable: &str, value: &Option<T>) -> StoreResult<T> {
    let missing =
        || StoreError::Unsafe(format!("blobs are in a bucket, and {variable} is not set"));
    value.clone().ok_or_else(missing)
}

fn secret(text: &str) -> Result<Secret, std::convert::Infallible> {
    Ok(text.to_owned().into())
}
