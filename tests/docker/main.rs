//! The image and its composition, as far as they can be checked without an
//! engine: what they name exists in the program, and they agree.

#![allow(clippy::unwrap_used, reason = "a failed test may panic")]

mod compose;
mod dockerfile;
mod health;
mod roles;

use std::path::PathBuf;
use std::process::{Command, Output};

/// The folder of everything the program writes.
const DATA: &str = "/var/lib/baitline";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn baitline(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_baitline"));
    command.args(arguments).env_clear().output().unwrap()
}

/// What a command line would be explained with; its flags are read before that,
/// so an unknown one fails.
fn help(arguments: &[&str]) -> Result<String, String> {
    let output = baitline(&[arguments, &["--help"]].concat());
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// Fails unless the program has the command, its flags, and the variables.
fn assert_understood<'a>(arguments: &[&str], variables: impl Iterator<Item = &'a str>) {
    let help = help(arguments).unwrap_or_else(|error| panic!("{arguments:?}: {error}"));
    for variable in variables.filter(|name| name.starts_with("BAITLINE_")) {
        let shown = format!("[env: {variable}");
        let ends = |rest: &str| rest.starts_with('=') || rest.starts_with(']');
        let is_known = help.split(&shown).skip(1).any(ends);
        assert!(is_known, "`baitline {}` knows no {variable}", arguments.join(" "));
    }
}

#[test]
fn a_command_a_flag_or_a_variable_that_is_not_there_would_be_noticed() {
    assert!(help(&["serf"]).is_err());
    assert!(help(&["migrate", "--grand-to", "app"]).is_err());
    let unknown = std::panic::catch_unwind(|| {
        assert_understood(&["worker"], ["BAITLINE_LISTEN"].into_iter());
    });
    assert!(unknown.is_err(), "a worker listens on nothing");
}
