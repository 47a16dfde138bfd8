//! Facts of the repository that a program can check and prose would only
//! promise: sizes, unfinished work, the configuration table, pairs of
//! migrations, paths of somebody's machine.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use house::{each, metadata};

mod house;

const LONGEST_RUST_FILE_LINES: usize = 500;
/// The list of every table, a line a column, grows with the tables.
const LISTS: &[&str] = &["crates/store/src/schema.rs"];
const FEWEST_FILES: usize = 50;
const CODE_EXTENSIONS: &[&str] = &["rs", "sql", "sh", "py", "toml", "typ", "yaml", "yml"];
const VARIABLE_PREFIX: &str = "BAITLINE_";

/// Written in two halves, or this file would be the first to be found.
const UNFINISHED: &[&str] = &[
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("#[ign", "ore"),
    concat!("unimple", "mented!"),
    concat!("to", "do!("),
];
const MACHINE_PATHS: &[&str] =
    &[concat!("/ro", "ot/"), concat!("/ho", "me/"), concat!("/wo", "rk/"), concat!("/Us", "ers/")];

struct RepositoryFile {
    /// Relative to the root, with `/`.
    path: String,
    bytes: Vec<u8>,
}

impl RepositoryFile {
    fn has_extension(&self, extension: &str) -> bool {
        Path::new(&self.path).extension().is_some_and(|found| found == extension)
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    /// Each line that holds one of the words, with its place.
    fn lines_with(&self, words: &[&str]) -> Vec<String> {
        self.text()
            .lines()
            .enumerate()
            .filter(|(_, line)| words.iter().any(|word| line.contains(word)))
            .map(|(index, line)| format!("{}:{}: {}", self.path, index + 1, line.trim()))
            .collect()
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What is committed or about to be, in this working tree's version.
fn files() -> Vec<RepositoryFile> {
    let paths = git(&["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let files: Vec<RepositoryFile> = paths
        .split_terminator('\0')
        .filter_map(|path| {
            // A file that was deleted but not yet committed cannot be read, and need not be.
            let bytes = std::fs::read(root().join(path)).ok()?;
            Some(RepositoryFile { path: path.to_owned(), bytes })
        })
        .collect();
    assert!(files.len() >= FEWEST_FILES, "only {} files found, so nothing is shown", files.len());
    files
}

fn git(arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn assert_none(found: &[String]) {
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn no_rust_file_is_longer_than_the_limit() {
    let long: Vec<String> = files()
        .iter()
        .filter(|file| file.has_extension("rs") && !LISTS.contains(&file.path.as_str()))
        .map(|file| (file.text().lines().count(), &file.path))
        .filter(|(lines, _)| *lines > LONGEST_RUST_FILE_LINES)
        .map(|(lines, path)| format!("{path}: {lines} lines"))
        .collect();
    assert_none(&long);
}

#[test]
fn every_module_begins_by_saying_what_it_is_for() {
    let silent: Vec<String> = files()
        .iter()
        .filter(|file| file.has_extension("rs") && !file.bytes.starts_with(b"//! "))
        .map(|file| format!("{}: the first line is not `//! …`", file.path))
        .collect();
    assert_none(&silent);
}

#[test]
fn nothing_is_left_unfinished_or_ignored() {
    let files = files();
    let is_code = |file: &&RepositoryFile| {
        CODE_EXTENSIONS.iter().any(|extension| file.has_extension(extension))
    };
    let found: Vec<String> =
        files.iter().filter(is_code).flat_map(|file| file.lines_with(UNFINISHED)).collect();
    assert_none(&found);
}

#[test]
fn no_file_names_a_folder_of_somebodys_machine() {
    let files = files();
    let found: Vec<String> = files.iter().flat_map(|file| file.lines_with(MACHINE_PATHS)).collect();
    assert_none(&found);
}

#[test]
fn the_readme_lists_exactly_the_variables_that_the_program_reads() {
    let read_by_program: BTreeSet<String> = files()
        .iter()
        .filter(|file| is_program_source(&file.path))
        .flat_map(|file| variables(&file.text()))
        .collect();
    let listed: BTreeSet<String> = read("README.md")
        .lines()
        .filter(|line| line.starts_with('|'))
        .flat_map(variables)
        .collect();
    assert!(!read_by_program.is_empty(), "the program reads no variable, so nothing is shown");
    assert_eq!(listed, read_by_program, "left: README.md, right: the code");
}

/// Sources of what is shipped: not tests, nor the crate that only tests use.
fn is_program_source(path: &str) -> bool {
    let folder = path.strip_prefix("crates/").and_then(|rest| rest.split_once('/'));
    let inside = match folder {
        Some(("testkit", _)) => return false,
        Some((_, inside)) => inside,
        None => path.strip_prefix("api/").or(path.strip_prefix("worker/")).unwrap_or(path),
    };
    inside.starts_with("src/") && inside.ends_with(".rs")
}

fn variables(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    text.match_indices(VARIABLE_PREFIX)
        .map(|(start, _)| &text[start..])
        .map(|rest| rest.split(|c| !is_part(c)).next().unwrap_or(rest))
        .filter(|name| name.len() > VARIABLE_PREFIX.len())
        .map(str::to_owned)
        .collect()
}

#[test]
fn both_databases_have_the_same_migrations_up_and_down() {
    let postgres = migrations("migrations/postgres");
    assert!(!postgres.is_empty(), "there is no migration, so nothing is shown");
    assert_eq!(postgres, migrations("migrations/sqlite"));
}

/// The names in a folder of migrations, each with both of its scripts.
fn migrations(folder: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for entry in std::fs::read_dir(root().join(folder)).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        for script in ["up.sql", "down.sql"] {
            let path = format!("{folder}/{name}/{script}");
            assert!(!read(&path).trim().is_empty(), "{path} is empty");
        }
        names.insert(name);
    }
    names
}

#[test]
fn the_api_description_is_committed() {
    assert_eq!(git(&["ls-files", "openapi/openapi.json"]).trim(), "openapi/openapi.json");
}

#[test]
fn every_outside_dependency_has_its_reason_in_the_docs() {
    let reasons = read("docs/DEPENDENCIES.md");
    let told = metadata(&["--no-deps"]);
    let dependencies = each(&told["packages"], |package| package["dependencies"].clone());
    let unexplained: BTreeSet<String> = dependencies
        .iter()
        .flat_map(|dependencies| dependencies.as_array().unwrap())
        .filter(|dependency| dependency["path"].is_null())
        .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
        .filter(|name| !reasons.contains(&format!("`{name}`")))
        .collect();
    assert_none(&unexplained.into_iter().collect::<Vec<_>>());
}
