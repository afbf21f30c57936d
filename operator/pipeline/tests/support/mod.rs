//! A place for a story: a SQLite file, or a database of PostgreSQL or MariaDB, with what a story does there.

/// Each of these stories on each database.
macro_rules! on_every {
    ($($name:ident)+) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&super::Place::sqlite()).await;
            })+
        }
        mod postgresql {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&super::Place::postgresql().await).await;
            })+
        }
        mod mysql {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(&super::Place::mysql().await).await;
            })+
        }
    };
}

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use database::{Database, MigrationRow, Settings, Target, connect};
use datamodel::{Datamodel, Source};
use mysql_async::prelude::Queryable as _;
use pipeline::{Failure, FirstContact, HistoryRule, Outcome, Policy, Request, RunMode};
use reason::Reason;
use schema::{Dialect, Scope};
use secrecy::SecretString;
use servers::{PASSWORD, fresh_folder, mysql, postgresql};

/// Owner of every story, unless it says otherwise.
pub(crate) const OWNER: &str = "laptop/shop/blog";

/// An empty database of one story.
pub(crate) struct Place {
    pub(crate) name: String,
    pub(crate) target: Target,
    left: Left,
}

/// What is taken away after a story.
enum Left {
    Folder(PathBuf),
    Database,
    /// It is another process's.
    Nothing,
}

/// Databases of stories that have ended. The next story drops them, so that their server does not fill up.
static ENDED: Mutex<Vec<(Dialect, String)>> = Mutex::new(Vec::new());

impl Drop for Place {
    fn drop(&mut self) {
        match &self.left {
            Left::Folder(folder) => {
                let _ = std::fs::remove_dir_all(folder);
            }
            Left::Database => ENDED.lock().unwrap().push((self.target.dialect(), self.name.clone())),
            Left::Nothing => {}
        }
    }
}

fn ended(dialect: Dialect) -> Vec<String> {
    let mut ended = ENDED.lock().unwrap();
    ended.extract_if(.., |(of, _)| *of == dialect).map(|(_, name)| name).collect()
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let folder = fresh_folder();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        Self { name, target: Target::sqlite(folder.join("app.db")), left: Left::Folder(folder) }
    }

    /// The place of another process.
    pub(crate) fn of(target: Target, name: String) -> Self {
        Self { name, target, left: Left::Nothing }
    }

    pub(crate) async fn postgresql() -> Self {
        let name = fresh_name();
        let admin = postgresql::session("postgres").await;
        for ended in ended(Dialect::PostgreSql) {
            admin.batch_execute(&format!("DROP DATABASE IF EXISTS {ended} WITH (FORCE)")).await.unwrap();
        }
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Self { target: url(PASSWORD, postgresql::server().port, &name), name, left: Left::Database }
    }

    pub(crate) async fn mysql() -> Self {
        let name = fresh_name();
        let mut admin = mysql::session("").await;
        for ended in ended(Dialect::MySql) {
            admin.query_drop(format!("DROP DATABASE IF EXISTS {ended}")).await.unwrap();
        }
        admin.query_drop(format!("CREATE DATABASE {name}")).await.unwrap();
        Self { target: mysql_url(PASSWORD, mysql::server().port, &name), name, left: Left::Database }
    }

    /// Another empty database of the same product.
    pub(crate) async fn another(&self) -> Self {
        match self.target.dialect() {
            Dialect::Sqlite => Self::sqlite(),
            Dialect::PostgreSql => Self::postgresql().await,
            Dialect::MySql => Self::mysql().await,
        }
    }

    /// The type of a `String` field here.
    pub(crate) const fn text(&self) -> &'static str {
        match self.target.dialect() {
            Dialect::Sqlite | Dialect::PostgreSql => "TEXT",
            Dialect::MySql => "VARCHAR(191)",
        }
    }

    /// A file in the folder of a SQLite place.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        let Left::Folder(folder) = &self.left else { panic!("only SQLite has files") };
        folder.join(name)
    }

    /// Short patience, so that a story that waits for a lock ends.
    pub(crate) fn settings(&self) -> Settings {
        Settings {
            application_name: self.name.clone(),
            lock_timeout: Duration::from_millis(200),
            lock_retries: 0,
            lock_wait: Duration::from_secs(20),
            ..Settings::default()
        }
    }

    pub(crate) async fn connect(&self) -> Database {
        connect(&self.target, &self.settings()).await.unwrap()
    }

    /// A request for these models under the default policy.
    pub(crate) fn request(&self, models: &str) -> Request {
        let provider = match self.target.dialect() {
            Dialect::Sqlite => "sqlite",
            Dialect::PostgreSql => "postgresql",
            Dialect::MySql => "mysql",
        };
        let text = format!(
            "datasource db {{\n  provider = \"{provider}\"\n  url = env(\"DATABASE_URL\")\n}}\n\n{models}"
        );
        Request { datamodel: parse(&text), ..empty_request(&self.target) }
    }

    /// One run in a session of its own, as a Job makes it.
    pub(crate) async fn run(&self, request: &Request) -> Result<Outcome, Failure> {
        let mut database = self.connect().await;
        let result = pipeline::migrate(&mut database, request, &mut |_| {}).await;
        let said = match &result {
            Ok(outcome) => format!("{outcome:?}"),
            Err(failure) => format!("{failure:?} {failure}"),
        };
        assert!(!said.contains(PASSWORD), "a password was told: {said}");
        result
    }

    /// A run that comes to an outcome.
    pub(crate) async fn migrate(&self, request: &Request) -> Outcome {
        match self.run(request).await {
            Ok(outcome) => outcome,
            Err(failure) => panic!("{}: {failure}", failure.reason),
        }
    }

    /// Applies these models and sees that there is nothing left to do.
    pub(crate) async fn apply(&self, models: &str) -> Outcome {
        self.apply_request(&self.request(models)).await
    }

    /// Applies the request and sees that there is nothing left to do.
    pub(crate) async fn apply_request(&self, request: &Request) -> Outcome {
        let outcome = self.migrate(request).await;
        assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
        assert_eq!(outcome.steps_done, outcome.steps_total);
        self.assert_settled(request).await;
        outcome
    }

    /// Nothing is left to do, and a second run writes no history.
    pub(crate) async fn assert_settled(&self, request: &Request) {
        let before = self.history().await;
        let mut again = request.clone();
        again.approved_digest = None;
        let outcome = self.migrate(&again).await;
        assert_eq!(outcome.reason, Reason::UpToDate, "{}", outcome.message);
        assert!(outcome.plan.is_none());
        assert_eq!(self.history().await, before);
    }

    /// A table `users` of two rows with a column `loud` that nobody can write to, adopted; answers the datamodel.
    pub(crate) async fn adopt_generated_column(&self) -> String {
        let text = self.text();
        self.execute(&format!(
            "CREATE TABLE users (id INTEGER NOT NULL PRIMARY KEY, name {text} NOT NULL, \
             loud {text} GENERATED ALWAYS AS (upper(name)) STORED, note {text}); \
             INSERT INTO users (id, name, note) VALUES (1, 'ann', 'x'), (2, 'bob', NULL)"
        ))
        .await;
        let models =
            "model users {\n  id Int @id\n  name String\n  loud String?\n  note String?\n}".to_owned();
        let request = Request { first_contact: FirstContact::Adopt, ..self.request(&models) };
        assert_eq!(self.migrate(&request).await.reason, Reason::Baselined);
        models
    }

    /// Rows of the history, newest first.
    pub(crate) async fn history(&self) -> Vec<MigrationRow> {
        self.connect().await.history().await.unwrap().map_or_else(Vec::new, |history| history.migrations)
    }

    /// Statements behind the tool's back.
    pub(crate) async fn execute(&self, statements: &str) {
        match self.target.dialect() {
            Dialect::Sqlite => self.open_file().execute_batch(statements).unwrap(),
            Dialect::PostgreSql => {
                postgresql::session(&self.name).await.batch_execute(statements).await.unwrap();
            }
            Dialect::MySql => mysql::session(&self.name).await.query_drop(statements).await.unwrap(),
        }
    }

    /// The number that a query answers.
    pub(crate) async fn count(&self, query: &str) -> u64 {
        let number: i64 = match self.target.dialect() {
            Dialect::Sqlite => self.open_file().query_row(query, [], |row| row.get(0)).unwrap(),
            Dialect::PostgreSql => {
                postgresql::session(&self.name).await.query_one(query, &[]).await.unwrap().get(0)
            }
            Dialect::MySql => mysql::session(&self.name).await.query_first(query).await.unwrap().unwrap(),
        };
        number.try_into().unwrap()
    }

    fn open_file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.target.file().unwrap()).unwrap()
    }

    /// Names of all tables that introspection sees.
    pub(crate) async fn tables(&self) -> Vec<String> {
        let schema = self.connect().await.introspect(&["public".to_owned()]).await.unwrap();
        schema.tables.into_iter().map(|table| table.name.name).collect()
    }
}

/// A request for nothing under the default policy.
pub(crate) fn empty_request(target: &Target) -> Request {
    Request {
        datamodel: parse(""),
        scope: scope(target),
        steps: sql::DataSteps::default(),
        roll_back: None,
        policy: Policy::default(),
        mode: RunMode::Apply,
        approved_digest: None,
        backup: pipeline::BackupRule::Never,
        backed_up_digest: None,
        first_contact: FirstContact::Ask,
        history: HistoryRule::Optional,
        owner: OWNER.to_owned(),
        take_over_from: None,
        name: "blog".to_owned(),
        actor: None,
        tool_version: "0.1.0".to_owned(),
    }
}

/// Everything that a PostgreSQL url holds.
pub(crate) fn url(password: &str, port: u16, database: &str) -> Target {
    let url = format!("postgresql://app:{password}@127.0.0.1:{port}/{database}");
    Target::from_url(&SecretString::from(url)).unwrap()
}

/// The same of MySQL.
pub(crate) fn mysql_url(password: &str, port: u16, database: &str) -> Target {
    let url = format!("mysql://app:{password}@127.0.0.1:{port}/{database}");
    Target::from_url(&SecretString::from(url)).unwrap()
}

fn fresh_name() -> String {
    format!("story_{}", uuid::Uuid::new_v4().simple())
}

pub(crate) fn scope(target: &Target) -> Scope {
    Scope { dialect: target.dialect(), namespace: target.namespace().map(str::to_owned) }
}

/// A datamodel without errors.
pub(crate) fn parse(text: &str) -> Datamodel {
    let parsed = datamodel::parse(Source { text, language: None, edition: None });
    parsed.datamodel.unwrap_or_else(|| panic!("{:?}\n{text}", parsed.diagnostics))
}

/// One line for each step of the plan.
pub(crate) fn steps(outcome: &Outcome) -> Vec<String> {
    let plan = outcome.plan.iter().flat_map(|plan| &plan.script.steps);
    plan.map(|step| step.summary.clone()).collect()
}

/// The digest of the plan.
pub(crate) fn digest(outcome: &Outcome) -> String {
    outcome.plan.as_ref().unwrap().script.digest.clone()
}

/// Ends every session in that database of MySQL but its own, waits until they are gone, and sends the statements instead.
pub(crate) fn end_sessions(name: String, statements: Vec<String>) {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut own = mysql::session(&name).await;
            let query =
                "SELECT id FROM information_schema.processlist WHERE db = ? AND id <> connection_id()";
            loop {
                let others: Vec<u64> = own.exec(query, (&name,)).await.unwrap();
                if others.is_empty() {
                    break;
                }
                for id in others {
                    // It may be gone meanwhile.
                    let _ = own.query_drop(format!("KILL {id}")).await;
                }
            }
            for statement in statements {
                own.query_drop(statement).await.unwrap();
            }
        });
    };
    std::thread::spawn(work).join().unwrap();
}
