//! What comes in from outside: its licences, its sources, and what must not come
//! in at all, as deny.toml says it, held against the lock file's packages.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use cargo_metadata::{Metadata, MetadataCommand};
use serde::Deserialize;
use spdx::{Expression, ParseMode};

/// The part of deny.toml that is checked here.
#[derive(Deserialize)]
struct Policy {
    licenses: Licenses,
    bans: Bans,
    sources: Sources,
}

#[derive(Deserialize)]
struct Licenses {
    allow: BTreeSet<String>,
    exceptions: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    #[serde(rename = "crate")]
    name: String,
    allow: BTreeSet<String>,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Banned>,
}

#[derive(Deserialize)]
struct Banned {
    #[serde(rename = "crate")]
    name: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: BTreeSet<String>,
}

/// One package of the lock file.
#[derive(Clone)]
struct Package {
    name: String,
    license: Option<String>,
    source: Option<String>,
}

impl Policy {
    fn read() -> Self {
        toml::from_str(&std::fs::read_to_string(root().join("deny.toml")).unwrap()).unwrap()
    }

    /// Says what is wrong with a package, if anything is.
    fn objection(&self, package: &Package) -> Option<String> {
        let Package { name, license, source } = package;
        if self.bans.deny.iter().any(|banned| banned.name == *name) {
            return Some(format!("{name} is banned"));
        }
        // The house's own have no source.
        if let Some(source) = source {
            let registry = source.strip_prefix("registry+").unwrap_or(source);
            if !self.sources.allow_registry.contains(registry) {
                return Some(format!("{name} comes from {source}"));
            }
        }
        let Some(license) = license else { return Some(format!("{name} names no licence")) };
        let Ok(expression) = Expression::parse_mode(license, ParseMode::LAX) else {
            return Some(format!("{name}: {license:?} is no licence expression"));
        };
        let exception = self.licenses.exceptions.iter().find(|one| one.name == *name);
        let is_allowed = |license: &str| {
            self.licenses.allow.contains(license)
                || exception.is_some_and(|one| one.allow.contains(license))
        };
        (!expression.evaluate(|required| is_allowed(&required.to_string())))
            .then(|| format!("{name}: {license} is not allowed"))
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Of the platform that the image is built for.
fn locked() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(
            ["--locked", "--filter-platform", "x86_64-unknown-linux-gnu"].map(str::to_owned),
        )
        .exec()
        .unwrap()
}

fn packages(metadata: &Metadata) -> Vec<Package> {
    let of_package = |package: &cargo_metadata::Package| Package {
        name: package.name.to_string(),
        license: package.license.clone(),
        source: package.source.as_ref().map(ToString::to_string),
    };
    metadata.packages.iter().map(of_package).collect()
}

#[test]
fn every_package_is_allowed_by_licence_source_and_name() {
    let policy = Policy::read();
    let found = packages(&locked());
    assert!(found.len() > 500, "{} packages", found.len());
    let objections: Vec<String> = found.iter().filter_map(|one| policy.objection(one)).collect();
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

#[test]
fn a_planted_package_is_found() {
    let policy = Policy::read();
    let good = Package {
        name: "good".to_owned(),
        license: Some("MIT OR GPL-3.0-only".to_owned()),
        source: Some("registry+https://github.com/rust-lang/crates.io-index".to_owned()),
    };
    assert_eq!(policy.objection(&good), None);
    let bad = [
        Package { name: "openssl-sys".to_owned(), ..good.clone() },
        Package { license: Some("MIT AND GPL-3.0-only".to_owned()), ..good.clone() },
        Package { license: Some("Apache-2.0 WITH LLVM-exception".to_owned()), ..good.clone() },
        Package { license: Some("as you like".to_owned()), ..good.clone() },
        Package { license: None, ..good.clone() },
        Package { source: Some("git+https://example.org/good".to_owned()), ..good.clone() },
        Package { source: Some("registry+https://example.org/index".to_owned()), ..good },
    ];
    for package in bad {
        assert!(policy.objection(&package).is_some(), "{:?}", package.license);
    }
}

#[test]
fn no_crate_of_the_house_allows_unsafe_code() {
    let metadata = locked();
    let lints: toml::Table =
        toml::from_str(&std::fs::read_to_string(root().join("Cargo.toml")).unwrap()).unwrap();
    assert_eq!(lints["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    let manifests: BTreeMap<String, toml::Table> = metadata
        .workspace_packages()
        .iter()
        .map(|package| {
            let text = std::fs::read_to_string(&package.manifest_path).unwrap();
            (package.name.to_string(), toml::from_str(&text).unwrap())
        })
        .collect();
    assert!(manifests.len() > 8);
    for (name, manifest) in manifests {
        let inherits = manifest["lints"]["workspace"].as_bool();
        assert_eq!(inherits, Some(true), "{name} does not take the workspace's lints");
    }
}
