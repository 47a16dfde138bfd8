//! One PostgreSQL cluster per test run, never a shared one, and the databases
//! and roles in it. It does not know what the tables are.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Bool;

/// Names the superuser's URL of a cluster that already runs. `test.sh` sets
/// it, so that a whole run shares one cluster; it must be as young as the run,
/// because the migrated template in it is made once.
const CLUSTER_VARIABLE: &str = "BAITLINE_TEST_POSTGRES";

/// Names the folder in which a cluster of one's own is made; without it memory is
/// taken where there is enough.
const FOLDER_VARIABLE: &str = "BAITLINE_TEST_POSTGRES_FOLDER";

/// The folder for clusters of this process where the variable names none.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Starts the cluster, prints its URL and stops it when its input ends.
const KEEPER_SCRIPT: &str = include_str!("../private-postgres.sh");

/// Any number serves, if nothing else in the cluster locks it.
const TEMPLATE_LOCK: i64 = 0x6261_6974;

const TEMPLATE: &str = "baitline_template";
const MAINTENANCE_DATABASE: &str = "postgres";

/// Who connects to a test database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sees every row and is refused by the program at start.
    Superuser,
    /// Owns the database and runs the migrations.
    Owner,
    /// The application's login: no owner, and nothing more than a member of
    /// the roles that the policies name.
    Application,
}

impl Role {
    /// The login.
    pub fn name(self) -> &'static str {
        match self {
            Role::Superuser => "postgres",
            Role::Owner => "baitline_owner",
            Role::Application => "baitline_app",
        }
    }
}

/// A running cluster of this test run.
pub struct PrivatePostgres {
    /// Between the user's name and the database's in a URL.
    password: String,
    address: String,
    /// Its input is a pipe that the system closes when this process ends in
    /// any way, which stops the cluster: a static is never dropped.
    _keeper: Option<Child>,
}

impl PrivatePostgres {
    /// The cluster of this run, started at the first call, with the migrated
    /// template in it.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start, and when a
    /// migration fails: a test run without PostgreSQL is a failed one.
    pub fn shared() -> &'static PrivatePostgres {
        static CLUSTER: OnceLock<PrivatePostgres> = OnceLock::new();
        CLUSTER.get_or_init(|| {
            let cluster = match std::env::var(CLUSTER_VARIABLE) {
                Ok(url) => PrivatePostgres::at(&url, None),
                Err(_) => PrivatePostgres::start(),
            };
            cluster.prepare_template();
            cluster
        })
    }

    /// Lets the cluster of this run lie in `folder`, on a disk whose times count,
    /// unless the environment names another one. Said before the first use.
    pub fn keep_in(folder: &Path) {
        // Whoever asks twice asks for the same.
        let _ = FOLDER.set(folder.to_owned());
    }

    /// The URL under which `role` reaches `database`.
    pub fn url(&self, role: Role, database: &str) -> String {
        let PrivatePostgres { password, address, .. } = self;
        format!("postgresql://{}:{password}@{address}/{database}", role.name())
    }

    /// Makes `database` as a copy of the migrated template.
    pub(crate) fn create_database(&self, database: &str) {
        let owner = Role::Owner.name();
        self.execute(&format!("CREATE DATABASE {database} OWNER {owner} TEMPLATE {TEMPLATE}"));
    }

    /// Makes `database` with nothing in it.
    pub(crate) fn create_empty_database(&self, database: &str) {
        let owner = Role::Owner.name();
        self.execute(&format!("CREATE DATABASE {database} OWNER {owner} TEMPLATE template0"));
    }

    /// Drops `database`, whoever is still connected to it.
    pub(crate) fn drop_database(&self, database: &str) {
        self.execute(&format!("DROP DATABASE {database} WITH (FORCE)"));
    }

    fn start() -> PrivatePostgres {
        let mut command = Command::new("sh");
        if let (None, Some(folder)) = (std::env::var_os(FOLDER_VARIABLE), FOLDER.get()) {
            command.env(FOLDER_VARIABLE, folder);
        }
        let mut keeper = command
            .args(["-c", KEEPER_SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("every system that runs these tests has sh");
        let mut url = String::new();
        if let Some(stdout) = keeper.stdout.take() {
            BufReader::new(stdout).read_line(&mut url).expect("the keeper prints text");
        }
        if url.is_empty() {
            let output = keeper.wait_with_output().expect("the keeper was started above");
            panic!("{}", String::from_utf8_lossy(&output.stderr));
        }
        PrivatePostgres::at(url.trim_end(), Some(keeper))
    }

    /// Reads `postgresql://postgres:PASSWORD@HOST:PORT/postgres`.
    fn at(superuser_url: &str, keeper: Option<Child>) -> PrivatePostgres {
        let (password, address) = superuser_url
            .strip_prefix("postgresql://postgres:")
            .and_then(|rest| rest.strip_suffix("/postgres"))
            .and_then(|rest| rest.split_once('@'))
            .unwrap_or_else(|| {
                panic!(
                    "{CLUSTER_VARIABLE} is not postgresql://postgres:PASSWORD@HOST:PORT/postgres"
                )
            });
        let (password, address) = (password.to_owned(), address.to_owned());
        PrivatePostgres { password, address, _keeper: keeper }
    }

    /// Migrates once per cluster; the databases of the tests are copies. The
    /// test processes of one run race here, hence the lock, which ends with
    /// its connection.
    fn prepare_template(&self) {
        let mut connection = self.connect();
        execute_on(&mut connection, &format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})"));
        let ready = format!(
            "EXISTS (SELECT FROM pg_database WHERE datname = '{TEMPLATE}' AND datistemplate)"
        );
        if is_true(&mut connection, &ready) {
            return;
        }
        let (owner, application) = (Role::Owner.name(), Role::Application.name());
        execute_on(&mut connection, &format!("DROP DATABASE IF EXISTS {TEMPLATE}"));
        self.create_roles(&mut connection);
        execute_on(&mut connection, &format!("CREATE DATABASE {TEMPLATE} OWNER {owner}"));
        baitline_store::migrate(&self.url(Role::Owner, TEMPLATE), Some(application))
            .expect("the migrations run on an empty PostgreSQL database");
        execute_on(&mut connection, &format!("ALTER DATABASE {TEMPLATE} IS_TEMPLATE true"));
    }

    /// The migrations make the roles that policies name; these two log in.
    /// Roles outlive a template whose migration failed, and are then kept, so
    /// that the next attempt reports the migration and not the role.
    fn create_roles(&self, connection: &mut PgConnection) {
        let logins = [(Role::Owner, "CREATEROLE"), (Role::Application, "NOINHERIT")];
        for (role, attribute) in logins {
            let (name, password) = (role.name(), &self.password);
            let known = format!("EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}')");
            if !is_true(connection, &known) {
                execute_on(
                    connection,
                    &format!("CREATE ROLE {name} LOGIN {attribute} PASSWORD '{password}'"),
                );
            }
        }
    }

    fn connect(&self) -> PgConnection {
        PgConnection::establish(&self.url(Role::Superuser, MAINTENANCE_DATABASE))
            .expect("the private PostgreSQL accepts its superuser")
    }

    fn execute(&self, statement: &str) {
        execute_on(&mut self.connect(), statement);
    }
}

fn is_true(connection: &mut PgConnection, expression: &str) -> bool {
    diesel::select(diesel::dsl::sql::<Bool>(expression))
        .get_result(connection)
        .expect("the catalogue can be read")
}

fn execute_on(connection: &mut PgConnection, statement: &str) {
    // The statement stays out of the message, since one of them holds the password.
    connection.batch_execute(statement).expect("the private PostgreSQL refused a statement");
}
