//! What comes in from outside: its licences, its sources, and what must not come
//! in at all, as deny.toml says it, held against the lock file's packages.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::{BTreeMap, BTreeSet};

use house::{each, metadata, root};
use serde::Deserialize;
use serde_json::Value;
use spdx::{Expression, ParseMode};

mod house;

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

/// Of the platform that the image is built for.
fn locked() -> Value {
    metadata(&["--locked", "--filter-platform", "x86_64-unknown-linux-gnu"])
}

fn packages(told: &Value) -> Vec<Package> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    each(&told["packages"], |package| Package {
        name: text(&package["name"]).unwrap(),
        license: text(&package["license"]),
        source: text(&package["source"]),
    })
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
    let lints: toml::Table =
        toml::from_str(&std::fs::read_to_string(root().join("Cargo.toml")).unwrap()).unwrap();
    assert_eq!(lints["workspace"]["lints"]["rust"]["unsafe_code"].as_str(), Some("forbid"));
    // Without dependencies, only the house's own are told.
    let told = metadata(&["--no-deps"]);
    let manifests: BTreeMap<String, toml::Table> = each(&told["packages"], |package| {
        let text = std::fs::read_to_string(package["manifest_path"].as_str().unwrap()).unwrap();
        (package["name"].as_str().unwrap().to_owned(), toml::from_str(&text).unwrap())
    })
    .into_iter()
    .collect();
    assert!(manifests.len() > 8);
    for (name, manifest) in manifests {
        let inherits = manifest["lints"]["workspace"].as_bool();
        assert_eq!(inherits, Some(true), "{name} does not take the workspace's lints");
    }
}
