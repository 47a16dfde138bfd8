//! Which crate may depend on which, and on what of the outside: the drawing of
//! docs/ARCHITECTURE.md as a program checks it. It reads what the manifests
//! declare, dev-dependencies too.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::BTreeSet;

use house::{each, metadata};
use serde_json::Value;

mod house;

const ROOT: &str = "baitline";
const TESTKIT: &str = "baitline-testkit";
const SAMPLE: &str = "baitline-sample";
const INTAKE: &str = "baitline-intake";
const STORE: &str = "baitline-store";
const BENCH: &str = "baitline-bench";
const FUZZ: &str = "baitline-fuzz";

/// Each crate of the house, and the crates it may point at.
const ARROWS: &[(&str, &[&str])] = &[
    ("baitline-domain", &[]),
    ("baitline-intake", &["baitline-domain"]),
    ("baitline-store", &["baitline-domain"]),
    ("baitline-analytics", &["baitline-domain"]),
    ("baitline-evidence", &["baitline-domain"]),
    (SAMPLE, &["baitline-domain"]),
    (
        "baitline-api",
        &["baitline-analytics", "baitline-domain", "baitline-intake", "baitline-store"],
    ),
    (
        "baitline-worker",
        &[
            "baitline-analytics",
            "baitline-domain",
            "baitline-evidence",
            "baitline-intake",
            "baitline-store",
        ],
    ),
    (TESTKIT, &["baitline-api", "baitline-domain", "baitline-store", "baitline-worker"]),
    // Programs that measure: they may reach every part, and nothing points at them.
    (
        BENCH,
        &[
            "baitline-analytics",
            "baitline-domain",
            "baitline-evidence",
            "baitline-intake",
            SAMPLE,
            "baitline-store",
            TESTKIT,
            "baitline-worker",
        ],
    ),
    (FUZZ, &["baitline-domain", "baitline-evidence", "baitline-intake"]),
    (
        ROOT,
        &[
            "baitline-analytics",
            "baitline-api",
            "baitline-domain",
            "baitline-evidence",
            "baitline-intake",
            SAMPLE,
            "baitline-store",
            "baitline-worker",
        ],
    ),
];

/// Whose tests may use the sample world; the testkit may be used by all tests.
const SAMPLE_IN_TESTS_OF: &[&str] = &["baitline-api", "baitline-evidence", "baitline-worker"];

/// Families of outside crates that belong to one part of the house, by the
/// beginning of their names, and who may name them.
const OWNED: &[(&str, &[&str])] = &[
    ("diesel", &["baitline-store", TESTKIT]),
    ("libsqlite3-sys", &["baitline-store"]),
    ("pq-sys", &["baitline-store"]),
    ("object_store", &["baitline-store"]),
    ("polars", &["baitline-analytics"]),
    ("typst", &["baitline-evidence"]),
    ("actix", &["baitline-api"]),
    ("utoipa", &["baitline-api"]),
    ("tokio", &["baitline-store", "baitline-api", "baitline-worker", TESTKIT, BENCH, ROOT]),
    ("ureq", &["baitline-api", "baitline-worker", TESTKIT, BENCH, ROOT]),
    ("reqwest", &["baitline-store", "baitline-worker"]),
    // Checking the certificates of a time-stamp needs no socket.
    ("rustls", &["baitline-store", "baitline-worker", "baitline-evidence"]),
];

/// All that the rules themselves stand on: none of these reads a file, a
/// socket or a clock on its own.
const DOMAIN_MAY_USE: &[&str] =
    &["insta", "jiff", "proptest", "serde", "serde_json", "sha2", "thiserror", "uuid"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Normal,
    Development,
    Build,
}

struct Arrow {
    from: String,
    to: String,
    kind: Kind,
}

/// Says what is wrong with an arrow, if anything is.
fn objection(arrow: &Arrow) -> Option<String> {
    let Arrow { from, to, kind } = arrow;
    let allowed = if ARROWS.iter().any(|(name, _)| name == to) {
        inner_arrow_is_allowed(from, to, *kind)
    } else {
        outer_arrow_is_allowed(from, to)
    };
    (!allowed).then(|| format!("{from} must not depend on {to} ({kind:?} dependency)"))
}

fn inner_arrow_is_allowed(from: &str, to: &str, kind: Kind) -> bool {
    let in_tests = kind == Kind::Development;
    match to {
        TESTKIT => in_tests || from == BENCH,
        SAMPLE if in_tests && SAMPLE_IN_TESTS_OF.contains(&from) => true,
        // The store's tests import a real numbering file, which intake reads.
        INTAKE if in_tests && from == STORE => true,
        _ => ARROWS.iter().any(|(name, targets)| *name == from && targets.contains(&to)),
    }
}

fn outer_arrow_is_allowed(from: &str, to: &str) -> bool {
    if from == "baitline-domain" {
        return DOMAIN_MAY_USE.contains(&to);
    }
    OWNED.iter().all(|(family, owners)| !to.starts_with(family) || owners.contains(&from))
}

fn arrows() -> Vec<Arrow> {
    let of_package = |package: &Value| {
        let from = package["name"].as_str().unwrap();
        each(&package["dependencies"], |dependency| Arrow {
            from: from.to_owned(),
            to: dependency["name"].as_str().unwrap().to_owned(),
            kind: match dependency["kind"].as_str() {
                None => Kind::Normal,
                Some("dev") => Kind::Development,
                Some("build") => Kind::Build,
                Some(other) => panic!("{other}"),
            },
        })
    };
    each(&metadata(&["--no-deps"])["packages"], of_package).into_iter().flatten().collect()
}

#[test]
fn no_crate_depends_on_what_the_architecture_keeps_from_it() {
    let objections: Vec<String> = arrows().iter().filter_map(objection).collect();
    assert!(objections.is_empty(), "{}", objections.join("\n"));
}

#[test]
fn the_table_names_every_crate_of_the_house_and_no_other() {
    let table: BTreeSet<String> = ARROWS.iter().map(|(name, _)| (*name).to_owned()).collect();
    let told = metadata(&["--no-deps"]);
    let names = each(&told["packages"], |package| package["name"].as_str().unwrap().to_owned());
    assert_eq!(names.into_iter().collect::<BTreeSet<String>>(), table);
}

#[test]
fn the_arrows_that_the_work_needs_are_found_in_the_manifests() {
    let found = arrows();
    for (from, to) in [
        (ROOT, "baitline-api"),
        ("baitline-api", "baitline-store"),
        ("baitline-worker", "baitline-evidence"),
        ("baitline-store", "diesel"),
        ("baitline-store", TESTKIT),
    ] {
        assert!(found.iter().any(|arrow| arrow.from == from && arrow.to == to), "{from} → {to}");
    }
}

#[test]
fn a_planted_arrow_is_found() {
    use Kind::{Build, Development, Normal};
    for (from, to, kind) in [
        ("baitline-api", "baitline-worker", Normal),
        ("baitline-api", "baitline-worker", Development),
        ("baitline-worker", "baitline-api", Normal),
        ("baitline-domain", "baitline-store", Normal),
        ("baitline-domain", "tokio", Normal),
        ("baitline-analytics", "baitline-store", Normal),
        ("baitline-evidence", "baitline-store", Development),
        ("baitline-store", "actix-web", Normal),
        ("baitline-store", "utoipa", Normal),
        ("baitline-worker", SAMPLE, Normal),
        ("baitline-store", SAMPLE, Development),
        (STORE, INTAKE, Normal),
        ("baitline-api", TESTKIT, Normal),
        (ROOT, TESTKIT, Build),
        (ROOT, "diesel", Development),
        ("baitline-api", "typst-pdf", Normal),
    ] {
        let arrow = Arrow { from: from.to_owned(), to: to.to_owned(), kind };
        assert!(objection(&arrow).is_some(), "{from} → {to} ({kind:?})");
    }
}
