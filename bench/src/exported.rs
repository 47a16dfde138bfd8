//! Packages that the real program built: its calls get a recording and a label,
//! an export is ordered and awaited. It does not know what is measured of it.

use std::path::Path;
use std::time::{Duration, Instant};

use baitline_store::Reach;
use baitline_testkit::{Role, TestDatabase};
use serde_json::Value;
use tempfile::TempDir;

use crate::http::Client;
use crate::process::Baitline;
use crate::world::{Cast, Shape, World};
use crate::{Args, history, postgres};

/// Between two looks at how far the export is.
const LOOK_PAUSE: Duration = Duration::from_millis(250);
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(3 * 3600);

/// An API with a client whose answered interceptions were all heard to be advertising.
/// Its folder goes with it.
pub struct Heard {
    database: TestDatabase,
    folder: TempDir,
    /// The API.
    pub api: Baitline,
    /// The client's key.
    pub key: String,
}

impl Heard {
    /// Takes a world of one client in and lets a worker judge it; each call has the
    /// same recording of so many bytes.
    ///
    /// # Panics
    /// When anything of it fails.
    pub fn set_up(args: &Args, shape: Shape, recording_bytes: usize) -> Self {
        let database = postgres::database(args);
        let folder = tempfile::tempdir_in("/var/tmp").expect("a temporary folder");
        let data = folder.path().join("data");
        let store = postgres::open(&database.url(), &data);
        let mut cast = Cast::entered(&store, &shape);
        cast.enter_traps(&store, &shape);
        let world = World::of(cast, shape);
        history::derive(&store, &world);
        let key = postgres::key(&store, Reach::Client(world.cast.clients[0].id));
        drop(store);
        let api = Baitline::api(&database.url(), &data);
        let heard = Self { database, folder, api, key };
        heard.hear(recording_bytes);
        heard
    }

    /// Where files may lie beside the program's own.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Whoever has the client's key.
    pub fn client(&self) -> Client {
        Client::new(self.api.base(), &self.key)
    }

    /// A worker for it.
    pub fn worker(&self) -> Baitline {
        Baitline::worker(&self.database.url(), &self.folder().join("data"))
    }

    /// Past the program: what is derived from recordings and labels is what it would
    /// derive.
    fn hear(&self, recording_bytes: usize) {
        let Self { database, api, key, .. } = self;
        let first = self.client().get("/v1/interceptions?limit=1").json();
        let call = first["items"][0]["id"].as_str().expect("there is an interception");
        let sent = ureq::Agent::new_with_defaults()
            .put(format!("{}/v1/calls/{call}/recording", api.base()))
            .header("Authorization", format!("Bearer {key}"))
            .content_type("audio/wav")
            .send(&vec![0x5a_u8; recording_bytes][..]);
        sent.expect("a recording is taken");
        let heard = "trap_id IS NOT NULL AND answered";
        history::psql(
            &database.url_as(Role::Superuser),
            &format!(
                "INSERT INTO recordings (client_id, observation_id, sha256, bytes, media_type, received_at)
                 SELECT client_id, id, sha256, bytes, 'audio/wav', started_at
                 FROM calls, (SELECT sha256, bytes FROM recordings LIMIT 1) AS one WHERE {heard}
                 ON CONFLICT DO NOTHING;
                 INSERT INTO labels (client_id, id, observation_id, kind, consent_given, stop_demanded,
                    transcript, labelled_at, labelled_by)
                 SELECT client_id, gen_random_uuid(), id, 'advertising', false, false,
                    'Здравствуйте, вы интересовались окнами?', started_at + interval '1 day', 'bench'
                 FROM calls WHERE {heard};
                 UPDATE calls SET label = 'advertising' WHERE {heard};
                 UPDATE interception_tallies SET hearing = 'advertising' WHERE NOT attempt"
            ),
        );
    }
}

/// Orders packages of every caller, who are all repeat offenders here, and waits until
/// each is built.
///
/// # Panics
/// When one is not.
pub fn export(client: &Client) -> Value {
    let body = serde_json::json!({
        "from": "2025-10-31T00:00:00Z", "to": "2026-02-01T00:00:00Z",
        "interceptions": 1, "traps": 0, "baits": 1, "days": 1,
        "verdicts": ["foreign_group", "foreign_entity", "same_group", "inconclusive"],
    });
    let body = body.to_string();
    let ordered = client.post("/v1/exports", "application/json", body.as_bytes()).json();
    let path = format!("/v1/exports/{}", ordered["id"].as_str().expect("an export has an id"));
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let found = client.get(&path).json();
        if found["export"]["state"] != "queued" && found["export"]["state"] != "running" {
            check(&found);
            return found;
        }
        std::thread::sleep(LOOK_PAUSE);
    }
    panic!("the export is not done after {PATIENCE:?}");
}

fn check(export: &Value) {
    assert_eq!(export["export"]["state"], "done", "{}", export["export"]);
    let counts = &export["counts"];
    assert_eq!((&counts["queued"], &counts["failed"]), (&0.into(), &0.into()), "{counts}");
    assert!(packages(export) > 0, "{counts}");
}

/// How many packages an export has.
pub fn packages(export: &Value) -> u64 {
    let counts = &export["counts"];
    let built = counts["draft"].as_u64().zip(counts["ready"].as_u64());
    built.map_or(0, |(draft, ready)| draft + ready)
}
