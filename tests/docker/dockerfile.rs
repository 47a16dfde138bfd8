//! The Dockerfile by itself: its sources, its dependency layer, its settings.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::{DATA, assert_understood, read, root};

/// Of the image's user and group.
pub(crate) const UID: &str = "10001";

/// One instruction: its word and the rest of its line. None goes over two.
pub(crate) fn instructions() -> Vec<(String, String)> {
    let text = read("docker/Dockerfile");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let split = |line: &str| {
        let (word, rest) = line.split_once(' ').unwrap_or_else(|| panic!("no instruction: {line}"));
        assert!(word.bytes().all(|b| b.is_ascii_uppercase()), "no instruction: {line}");
        (word.to_owned(), rest.to_owned())
    };
    lines.map(split).collect()
}

/// The rests of all lines with this word.
pub(crate) fn all(word: &str) -> Vec<String> {
    let found = instructions().into_iter().filter(|(found, _)| found == word);
    found.map(|(_, rest)| rest).collect()
}

/// The rest of the one line with this word.
pub(crate) fn only(word: &str) -> String {
    let [rest] = <[String; 1]>::try_from(all(word)).unwrap();
    rest
}

/// A command in its JSON form.
fn words(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// The image's own settings.
pub(crate) fn settings() -> Vec<(String, String)> {
    let pair = |line: String| {
        let (name, value) = line.split_once('=').unwrap();
        (name.to_owned(), value.to_owned())
    };
    all("ENV").into_iter().map(pair).collect()
}

fn setting(name: &str) -> String {
    settings().into_iter().find(|(found, _)| found == name).unwrap().1
}

/// What is copied from the repository, each path with where it goes.
fn copies() -> Vec<(String, String)> {
    let from_here = all("COPY").into_iter().filter(|line| !line.starts_with("--from="));
    let pairs = from_here.flat_map(|line| {
        let paths: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let (to, sources) = paths.split_last().unwrap();
        sources.iter().map(|source| (source.clone(), to.clone())).collect::<Vec<_>>()
    });
    pairs.collect()
}

#[test]
fn every_path_it_copies_exists_and_reaches_the_engine() {
    let ignore = read(".dockerignore");
    let let_through: BTreeSet<&str> =
        ignore.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert!(ignore.lines().any(|line| line == "*"), "everything else stays out");
    for (path, _) in copies() {
        assert!(root().join(&path).exists(), "{path} does not exist");
        let top = path.split('/').next().unwrap();
        assert!(let_through.contains(top), ".dockerignore keeps {top} out");
    }
}

#[test]
fn what_it_takes_from_the_first_stage_is_what_is_built_there() {
    let builds = all("RUN").into_iter().filter(|line| line.contains("cargo build --release"));
    assert_eq!(builds.count(), 2, "the dependencies, then the program");
    let taken: Vec<String> =
        all("COPY").into_iter().filter(|line| line.starts_with("--from=build")).collect();
    assert_eq!(
        taken,
        [
            "--from=build /build/target/release/baitline /usr/local/bin/baitline",
            "--from=build /build/sbom.json /usr/share/doc/baitline/sbom.json",
        ]
    );
    let told = all("RUN").into_iter().find(|line| line.contains("cargo cyclonedx")).unwrap();
    assert!(told.contains("--format json") && told.ends_with("--override-filename sbom"), "{told}");
    assert_eq!(all("WORKDIR"), ["/build"]);
    assert!(all("FROM")[0].ends_with(" AS build"));
}

#[test]
fn its_rust_is_the_one_the_workspace_asks_for() {
    let manifest = read("Cargo.toml");
    let version = manifest.lines().find_map(|line| line.strip_prefix("rust-version = ")).unwrap();
    let image = format!("rust:{}-slim-bookworm AS build", version.trim_matches('"'));
    assert_eq!(all("FROM"), [image.as_str(), "debian:bookworm-slim"]);
}

/// Runs the first steps as an engine would, in a folder of their own, and lets
/// cargo read what is there before any source is.
#[test]
fn its_dependency_layer_has_the_manifest_of_every_crate() {
    let folder = tempfile::tempdir().unwrap();
    let is_manifest = |path: &str| path.ends_with("Cargo.toml") || path == "Cargo.lock";
    for (path, to) in copies().into_iter().filter(|(path, _)| is_manifest(path)) {
        let folder = folder.path().join(to);
        std::fs::create_dir_all(&folder).unwrap();
        let name = Path::new(&path).file_name().unwrap();
        std::fs::copy(root().join(&path), folder.join(name)).unwrap();
    }
    let stubs = all("RUN").into_iter().find(|line| line.contains("fn main() {}")).unwrap();
    let run = Command::new("sh").args(["-c", &stubs]).current_dir(folder.path()).status().unwrap();
    assert!(run.success(), "{stubs}");
    let members = |manifest: &Path| -> BTreeSet<String> {
        let told = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--locked"])
            .arg("--manifest-path")
            .arg(manifest)
            .output()
            .unwrap();
        assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
        let told: Value = serde_json::from_slice(&told.stdout).unwrap();
        let packages = told["packages"].as_array().unwrap();
        packages.iter().map(|package| package["name"].as_str().unwrap().to_owned()).collect()
    };
    let whole = members(&root().join("Cargo.toml"));
    assert!(whole.len() > 5, "{whole:?}");
    assert_eq!(members(&folder.path().join("Cargo.toml")), whole);
}

#[test]
fn its_command_flags_and_variables_exist() {
    assert_eq!(words(&only("ENTRYPOINT")), ["baitline"]);
    let command = words(&only("CMD"));
    let arguments: Vec<&str> = command.iter().map(String::as_str).collect();
    let settings = settings();
    assert_understood(&arguments, settings.iter().map(|(name, _)| name.as_str()));
}

#[test]
fn it_asks_for_its_health_where_the_program_listens() {
    let (_, command) = only("HEALTHCHECK").split_once(" CMD ").map(owned).unwrap();
    let command = words(&command);
    let arguments: Vec<&str> = command.iter().skip(1).map(String::as_str).collect();
    assert_eq!(command[0], "baitline");
    assert_understood(&arguments, std::iter::empty());
    let port = only("EXPOSE");
    assert_eq!(setting("BAITLINE_LISTEN"), format!("0.0.0.0:{port}"));
    let path = arguments[2].strip_prefix(&format!("http://127.0.0.1:{port}")).unwrap();
    let document: Value = serde_json::from_str(&read("openapi/openapi.json")).unwrap();
    let asked = &document["paths"][path]["get"];
    assert_eq!(asked["security"], serde_json::json!([{}]), "{path} must need no key");
}

fn owned((a, b): (&str, &str)) -> (String, String) {
    (a.to_owned(), b.to_owned())
}

#[test]
fn it_runs_as_a_fixed_user_who_owns_the_one_folder_it_writes() {
    assert_eq!(only("USER"), format!("{UID}:{UID}"));
    let setup = all("RUN").into_iter().find(|line| line.contains("useradd")).unwrap();
    for part in [
        format!("groupadd --gid {UID} "),
        format!("useradd --uid {UID} --gid {UID} "),
        format!("install --directory --owner={UID} --group={UID} --mode=0700 {DATA}"),
    ] {
        assert!(setup.contains(&part), "{part} is not in {setup}");
    }
    assert_eq!(only("VOLUME"), DATA);
    assert_eq!(setting("BAITLINE_DATA"), DATA);
    assert_eq!(setting("TMPDIR"), DATA);
}
