//! The script that makes the roles, run on a cluster as young as the image's.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::{read, root};

const OWNER_PASSWORD: &str = "owner's own";
const APP_PASSWORD: &str = "app";
const BACKUP_PASSWORD: &str = "sees all";

/// A cluster of its own, since the one tests share has these roles already.
/// It stops when its input ends, with this value.
struct Cluster {
    keeper: Child,
    password: String,
    address: String,
}

impl Cluster {
    fn start() -> Self {
        let mut keeper = Command::new("sh")
            .arg(root().join("crates/testkit/private-postgres.sh"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(keeper.stdout.take().unwrap()).read_line(&mut url).unwrap();
        let rest = url.trim_end().strip_prefix("postgresql://postgres:").expect("PostgreSQL runs");
        let (password, rest) = rest.split_once('@').unwrap();
        let address = rest.strip_suffix("/postgres").unwrap();
        Self { password: password.to_owned(), address: address.to_owned(), keeper }
    }

    /// Runs the script with the settings that composition and image give it.
    fn create_roles(&self) {
        let (host, port) = self.address.rsplit_once(':').unwrap();
        let output = Command::new("sh")
            .arg(root().join("docker/create-roles.sh"))
            .env("PGHOST", host)
            .env("PGPORT", port)
            .env("PGPASSWORD", &self.password)
            .env("OWNER_PASSWORD", OWNER_PASSWORD)
            .env("APP_PASSWORD", APP_PASSWORD)
            .env("BACKUP_PASSWORD", BACKUP_PASSWORD)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn url(&self, user: &str, password: &str) -> String {
        let password = password.replace('\'', "%27").replace(' ', "%20");
        format!("postgres://{user}:{password}@{}/baitline", self.address)
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // Whether it ended well is its own affair: the test has its answer.
        let _ended = self.keeper.wait();
    }
}

/// Runs the program and returns whether it succeeded, with all it said.
fn run(url: &str, arguments: &[&str]) -> (bool, String) {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_baitline"))
        .args(arguments)
        .env_clear()
        .env("BAITLINE_DATABASE_URL", url)
        .env("BAITLINE_DATA", folder.path())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn the_owner_migrates_and_only_then_the_login_gets_in() {
    let cluster = Cluster::start();
    cluster.create_roles();
    let owner = cluster.url("baitline_owner", OWNER_PASSWORD);
    let app = cluster.url("baitline_app", APP_PASSWORD);
    let make_key = ["keys", "create", "--name", "first"];
    let (early, why) = run(&app, &make_key);
    assert!(!early, "{why}");
    let (migrated, said) = run(&owner, &["migrate", "--grant-to", "baitline_app"]);
    assert!(migrated, "{said}");
    let (made, text) = run(&app, &make_key);
    assert!(made && text.contains("baitline_"), "{text}");
    let (opened, why) = run(&owner, &make_key);
    assert!(!opened && why.contains("owns tables"), "{why}");
    let target = tempfile::tempdir().unwrap();
    let folder = target.path().join("first");
    let back_up = ["backup", folder.to_str().unwrap()];
    let (made, said) = run(&cluster.url("baitline_backup", BACKUP_PASSWORD), &back_up);
    assert!(made && said.contains("Backed up"), "{said}");
}

#[test]
fn the_script_takes_its_passwords_from_what_the_composition_sets() {
    let (script, composition) = (read("docker/create-roles.sh"), read("docker/compose.yaml"));
    for name in ["OWNER_PASSWORD", "APP_PASSWORD", "BACKUP_PASSWORD"] {
        assert!(script.contains(&format!(" {name}\n")), "{name}");
        assert!(composition.contains(&format!("{name}: ${{{name}:?}}")), "{name}");
    }
}
