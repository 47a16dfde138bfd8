//! `demo`: starts the real server on a free port over an empty folder, gives it
//! the few numbering ranges of the sample world, and lets the demo talk to it
//! as strangers would.

use std::net::TcpListener;
use std::path::{Path, PathBuf};

use baitline_domain::ids::ClientId;
use baitline_domain::numbering::NumberingFile;
use baitline_store::keys::NewKey;
use baitline_store::numbering::{NewEdition, import_edition};
use baitline_store::{Reach, Store, StoreError, keys};
use sha2::{Digest, Sha256};

use crate::cli::{DemoOptions, ServeOptions, StoreOptions, WorkOptions};
use crate::cli_s3::S3Options;
use crate::demo::{self, Server};
use crate::failure::{Failure, because};
use crate::processes::{ApiThread, WorkerThreads, runtime};
use crate::schema::prepare_embedded;

/// A file that says that a folder is a demo's, and may be made anew.
const MARK: &str = ".baitline-demo";
/// Database connections of the demo.
const POOL_SIZE: u32 = 8;

/// Runs the demo and leaves its data for `baitline serve`.
pub(crate) fn run(options: &DemoOptions) -> Result<(), Failure> {
    make_folder(&options.folder)?;
    let listener = TcpListener::bind("127.0.0.1:0").map_err(because("finding a free port"))?;
    let address = listener.local_addr()?;
    let serve = ServeOptions {
        store: StoreOptions {
            data: options.folder.clone(),
            database_url: None,
            blobs: None,
            s3: S3Options::default(),
            pool_size: POOL_SIZE,
            allow_plaintext_database: false,
        },
        listen: address,
        threads: None,
        shutdown_seconds: 5,
        other_clients_from: 3,
        requests_per_second: 0,
        call_requests_per_second: 0,
    };
    prepare_embedded(&serve.store)?;
    let store = Store::open(&serve.store.settings()?)?;
    load_numbering(&store)?;
    let (_, agency_key) = store.write(Reach::Agency, |conn| {
        keys::create_key(conn, &NewKey::full(Reach::Agency, "demo agency"))
    })?;
    let runtime = runtime()?;
    let work = WorkOptions {
        audit_checkpoints: None,
        seal_after_seconds: 3_600,
        signing_key: None,
        timestamp_url: None,
        timestamp_attempts: 1,
    };
    let worker = WorkerThreads::start(store.clone(), runtime.handle(), &work, &serve.store)?;
    let api = ApiThread::start(listener, store.clone(), &serve, runtime.handle())?;
    let folder = quoted(&options.folder);
    let server = Server {
        address: api.address,
        agency_key: &agency_key,
        make_key: &|client| make_key(&store, client),
        serve_command: &format!("{} serve --data {folder} --listen {address}", program()),
    };
    let done = demo::run(&server, &options.folder, &mut std::io::stdout().lock());
    api.stop(runtime.handle());
    worker.stop();
    Ok(done?)
}

fn make_key(store: &Store, client: ClientId) -> Result<String, StoreError> {
    let reach = Reach::Client(client);
    store
        .write(Reach::Agency, |conn| keys::create_key(conn, &NewKey::full(reach, "demo CRM")))
        .map(|(_, text)| text)
}

/// Makes the folder, in the place of an earlier demo's but of nothing else's.
fn make_folder(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        if !folder.join(MARK).exists() {
            return Err(Failure::Sentence(format!(
                "{} exists and is no earlier demo: choose another with --folder",
                folder.display()
            )));
        }
        std::fs::remove_dir_all(folder).map_err(because("removing the earlier demo"))?;
    }
    std::fs::create_dir_all(folder).map_err(because("making the demo's folder"))?;
    std::fs::write(folder.join(MARK), "").map_err(because("marking the demo's folder"))
}

/// The ranges that the sample world calls from: a fixture, which the command
/// line does not take.
fn load_numbering(store: &Store) -> Result<(), Failure> {
    let edition = NewEdition {
        file: NumberingFile::Def9,
        in_force_from: baitline_sample::numbering::IN_FORCE_FROM,
        // No file was read; the hash of no bytes says so.
        sha256: Sha256::digest([]).into(),
        ranges: baitline_sample::numbering::ranges(),
    };
    store.write(Reach::Agency, |conn| import_edition(conn, &edition))?;
    Ok(())
}

/// The program as it was started, so that a printed command works as printed.
fn program() -> String {
    let path = std::env::current_exe().ok();
    let shown = path.as_deref().and_then(|path| {
        let here = std::env::current_dir().ok()?;
        path.strip_prefix(here).map(Path::to_owned).ok()
    });
    quoted(&shown.or(path).unwrap_or_else(|| PathBuf::from("baitline")))
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,:@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        return text;
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell_whatever_it_holds() {
        assert_eq!(quoted(Path::new("target/debug/baitline")), "target/debug/baitline");
        assert_eq!(quoted(Path::new("my demo")), "'my demo'");
        assert_eq!(quoted(Path::new("it's $HOME")), r"'it'\''s $HOME'");
    }
}
