//! What cargo says of the workspace. Read as plain JSON: the library for it would
//! turn on features of `serde_json` for every crate in tests alone, and everything
//! that stands on it would be built twice.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The answer of `cargo metadata` with these options.
pub(crate) fn metadata(options: &[&str]) -> Value {
    let told = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--manifest-path"])
        .arg(root().join("Cargo.toml"))
        .args(options)
        .output()
        .unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// The items of a list, each with what is made of it.
pub(crate) fn each<T>(list: &Value, make: impl FnMut(&Value) -> T) -> Vec<T> {
    list.as_array().unwrap().iter().map(make).collect()
}
