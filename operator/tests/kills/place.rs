//! Databases for the runs that are killed, and what must be found in them at the end.

#![allow(dead_code, reason = "each test file uses its part")]

use std::fs::File;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use database::{Settings, Target, connect};
use mysql_async::prelude::Queryable as _;
use schema::Schema;
use secrecy::SecretString;
use servers::proxy::Wire;
use servers::{PASSWORD, Server, fresh_folder, mysql, postgresql};
use tokio::sync::OnceCell;

const BEFORE: &str = r"
enum Role {
  READER
  AUTHOR
}

model User {
  id    Int     @id @default(autoincrement())
  email String
  age   Int?
  role  Role    @default(READER)
  old   String?
  place String?
}

model Post {
  id       Int    @id
  title    String
  authorId Int
}

model Gone {
  id Int @id
}
";

/// A value and its use as default, a required column, two builds, another primary key, a key over rows, names that change, loss, and new tables.
const AFTER: &str = r"
enum Role {
  READER
  AUTHOR
  EDITOR
}

model User {
  id    Int     @id @default(autoincrement())
  email String  @unique
  age   Int
  role  Role    @default(EDITOR)
  /// @schemalift.renamedFrom(place)
  city  String?
  score Int     @default(3)
  posts Post[]
  tags  Tag[]
}

model Post {
  id       Int
  title    String
  author   User   @relation(fields: [authorId], references: [id])
  authorId Int

  @@id([id, title])
  @@index([title])
}

model Tag {
  id    Int    @id
  name  String @unique
  owner User   @relation(fields: [owns], references: [id])
  owns  Int
}
";

/// Numbers that tell whether a row was lost, doubled or changed.
const ROWS: [&str; 3] = [
    "SELECT count(*) FROM \"User\" WHERE age = id % 50 AND role = 'READER'",
    "SELECT count(*) FROM \"Post\" WHERE \"authorId\" = id",
    "SELECT count(*) FROM \"User\" WHERE email LIKE 'user-%'",
];

/// What a run is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Story {
    /// Everything from nothing, the history's tables included.
    First,
    /// A change of tables that have rows.
    Change,
    /// One table.
    Table,
    /// That table with another column.
    Column,
    /// That table with an index.
    Index,
    /// Twenty tables.
    Tables,
    /// Each of the twenty with another column.
    Columns,
}

impl Story {
    fn models(self) -> String {
        let one = |rest: &str| format!("\nmodel T {{\n  id Int @id\n  v Int\n{rest}}}\n");
        let twenty = |rest: &str| -> String {
            let models: Vec<String> =
                (10..30).map(|n| format!("\nmodel T{n} {{\n  id Int @id\n{rest}}}\n")).collect();
            models.concat()
        };
        match self {
            Self::First => BEFORE.to_owned(),
            Self::Change => AFTER.to_owned(),
            Self::Table => one(""),
            Self::Column => one("  w Int?\n"),
            Self::Index => one("\n  @@index([v])\n"),
            Self::Tables => twenty(""),
            Self::Columns => twenty("  v Int?\n"),
        }
    }
}

/// Whose database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Product {
    PostgreSql,
    MySql,
    Sqlite,
}

impl Product {
    const fn provider(self) -> &'static str {
        match self {
            Self::PostgreSql => "postgresql",
            Self::MySql => "mysql",
            Self::Sqlite => "sqlite",
        }
    }

    pub(crate) fn server(self) -> &'static Server {
        match self {
            Self::PostgreSql => postgresql::server(),
            Self::MySql => mysql::server(),
            Self::Sqlite => panic!("a file has no server"),
        }
    }

    pub(crate) fn wire(self) -> Wire {
        if self == Self::MySql { Wire::MySql } else { Wire::PostgreSql }
    }
}

/// What is there when nothing is left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct End {
    schema: Schema,
    rows: Vec<i64>,
    /// State and numbers of each migration.
    migrations: Vec<String>,
    /// Steps that are done, steps that are not, and pairs of one migration and number.
    steps: [i64; 3],
    /// Unusable indexes, constraints that nobody validated, and our own checks.
    leftovers: i64,
}

/// A database of one case, with a folder for the files of its runs.
pub(crate) struct Place {
    product: Product,
    name: String,
    folder: PathBuf,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Place {
    /// As the story finds it.
    pub(crate) async fn prepared(product: Product, story: Story) -> Self {
        let place = Self::empty(product);
        match (product, story) {
            (Product::PostgreSql, Story::Change) => {
                static MADE: OnceCell<String> = OnceCell::const_new();
                let made = MADE.get_or_init(|| async {
                    let made = Self::empty(product);
                    made.create("").await;
                    made.before().await;
                    made.name.clone()
                });
                place.create(&format!(" TEMPLATE {}", made.await)).await;
            }
            (Product::PostgreSql, _) => place.create("").await,
            (Product::MySql, story) => {
                place.create("").await;
                if story == Story::Change {
                    place.before().await;
                }
            }
            (Product::Sqlite, Story::Change) => {
                static MADE: OnceCell<Vec<u8>> = OnceCell::const_new();
                let made = MADE.get_or_init(|| async {
                    let made = Self::empty(product);
                    made.before().await;
                    std::fs::read(made.folder.join("app.db")).unwrap()
                });
                std::fs::write(place.folder.join("app.db"), made.await).unwrap();
            }
            (Product::Sqlite, _) => {}
        }
        place
    }

    /// As the story leaves it.
    pub(crate) async fn after(product: Product, story: Story) -> Self {
        let place = Self::empty(product);
        place.create("").await;
        place.finish(story, "before").await;
        place
    }

    /// Its name on the server.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its address, with a password.
    pub(crate) fn target(&self) -> Target {
        match self.product {
            Product::Sqlite => Target::sqlite(self.folder.join("app.db")),
            product => Target::from_url(&SecretString::from(self.url(product.server().port))).unwrap(),
        }
    }

    fn empty(product: Product) -> Self {
        let name = format!("kill_{}", uuid::Uuid::new_v4().simple());
        Self { product, name, folder: fresh_folder() }
    }

    async fn create(&self, how: &str) {
        let statement = format!("CREATE DATABASE {}{how}", self.name);
        match self.product {
            Product::PostgreSql => {
                postgresql::session("postgres").await.batch_execute(&statement).await.unwrap();
            }
            _ => mysql::session("").await.query_drop(statement).await.unwrap(),
        }
    }

    /// Takes the database away, so that a server of many cases does not fill up.
    pub(crate) async fn clear(self) {
        let statement = format!("DROP DATABASE {}", self.name);
        match self.product {
            Product::PostgreSql => {
                let admin = postgresql::session("postgres").await;
                admin.batch_execute(&format!("{statement} WITH (FORCE)")).await.unwrap();
            }
            Product::MySql => mysql::session("").await.query_drop(statement).await.unwrap(),
            Product::Sqlite => {}
        }
    }

    /// The tables with rows in them.
    async fn before(&self) {
        self.finish(Story::First, "before").await;
        let numbers = match self.product {
            Product::PostgreSql => "SELECT n FROM generate_series(1, 5000) n",
            Product::Sqlite => {
                "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 5000) SELECT n FROM s"
            }
            Product::MySql => {
                "SELECT a.d * 1000 + b.d * 100 + c.d * 10 + e.d + 1 AS n FROM \
                 (SELECT 0 AS d UNION SELECT 1 UNION SELECT 2) a, DIGITS b, DIGITS c, DIGITS e"
            }
        };
        let digits = "(SELECT 0 AS d UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5 \
                      UNION SELECT 6 UNION SELECT 7 UNION SELECT 8 UNION SELECT 9)";
        let numbers = numbers.replace("DIGITS", digits);
        let email = if self.product == Product::MySql { "CONCAT('user-', n)" } else { "'user-' || n" };
        for statement in [
            format!("INSERT INTO \"User\" (id, email, age) SELECT n, {email}, n % 50 FROM ({numbers}) s"),
            format!("INSERT INTO \"Post\" (id, title, \"authorId\") SELECT n, {email}, n FROM ({numbers}) s"),
        ] {
            match self.product {
                Product::PostgreSql => {
                    postgresql::session(&self.name).await.batch_execute(&statement).await.unwrap();
                }
                Product::MySql => mysql::session(&self.name).await.query_drop(statement).await.unwrap(),
                Product::Sqlite => self.file().execute_batch(&statement).unwrap(),
            }
        }
    }

    fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.join("app.db")).unwrap()
    }

    fn url(&self, port: u16) -> String {
        let (provider, name) = (self.product.provider(), &self.name);
        match self.product {
            Product::Sqlite => format!("file:{}", self.folder.join("app.db").display()),
            _ => format!("{provider}://app:{PASSWORD}@127.0.0.1:{port}/{name}?sslmode=disable"),
        }
    }

    /// Starts the binary.
    pub(crate) fn start(&self, story: Story, port: u16) -> Run {
        Run { child: self.command(story, port).spawn().unwrap(), said: self.said() }
    }

    /// The same, by a clock that is wrong by what this file in the place's folder says, such as `+1h`.
    pub(crate) fn start_by_clock(&self, story: Story, port: u16) -> Run {
        let library = std::fs::read_dir("/usr/lib").unwrap().map(|entry| entry.unwrap().path());
        let library = library.map(|path| path.join("faketime/libfaketimeMT.so.1")).find(|path| path.exists());
        let mut command = self.command(story, port);
        command
            .env("LD_PRELOAD", library.expect("libfaketime is not installed; .ci/install does that"))
            .env("FAKETIME_TIMESTAMP_FILE", self.folder.join("clock"))
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Run { child: command.spawn().unwrap(), said: self.said() }
    }

    /// Sets the clock of the runs that go by it.
    pub(crate) fn set_clock(&self, offset: &str) {
        std::fs::write(self.folder.join("clock"), offset).unwrap();
    }

    fn said(&self) -> PathBuf {
        self.folder.join("said.log")
    }

    fn command(&self, story: Story, port: u16) -> Command {
        let provider = self.product.provider();
        let target = if self.product == Product::Sqlite {
            "sqlite: {path: app.db}"
        } else {
            "urlFrom: {secretKeyRef: {name: blog-db, key: url}}"
        };
        let models = story.models().replace('\n', "\n      ");
        let manifest = format!(
            "apiVersion: schemalift.dev/v1alpha1\nkind: SchemaMigration\nmetadata: {{name: blog}}\nspec:\n  target:\n    \
             provider: {provider}\n    {target}\n  policy: {{destructive: Allow}}\n  datamodel:\n    inline: |\n      datasource db {{\n        \
             provider = \"{provider}\"\n        url      = env(\"DATABASE_URL\")\n      }}\n{models}"
        );
        std::fs::write(self.folder.join("blog.yaml"), manifest).unwrap();
        let log = File::create(self.said()).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_schemalift"));
        command.args(["apply", "-f", "blog.yaml"]).current_dir(&self.folder).stdin(Stdio::null());
        command.stdout(log.try_clone().unwrap()).stderr(log).env_remove("SHADOW_DATABASE_URL");
        if self.product == Product::Sqlite {
            command.env_remove("DATABASE_URL");
        } else {
            command.env("DATABASE_URL", self.url(port));
        }
        command
    }

    /// Runs the binary to its end, and once more, when nothing may be left to do.
    pub(crate) async fn finish(&self, story: Story, case: &str) {
        let port = if self.product == Product::Sqlite { 0 } else { self.product.server().port };
        for words in ["", "Nothing to do"] {
            let mut run = self.start(story, port);
            let code = run.ended().await;
            let said = run.said();
            assert!(code == Some(0) && said.contains(words), "{case}: {code:?} {said}");
            assert!(!said.contains(PASSWORD), "{case}: {said}");
        }
    }

    /// The number that a query answers.
    pub(crate) async fn count(&self, query: &str) -> i64 {
        match self.product {
            Product::PostgreSql => {
                postgresql::session(&self.name).await.query_one(query, &[]).await.unwrap().get(0)
            }
            Product::MySql => mysql::session(&self.name).await.query_first(query).await.unwrap().unwrap(),
            Product::Sqlite => self.file().query_row(query, [], |row| row.get(0)).unwrap(),
        }
    }

    /// Each step of the history with its state.
    pub(crate) async fn steps(&self) -> Vec<String> {
        let query = "SELECT concat_ws(' ', migration_id, ord, state, attempts) FROM _schemalift_step ORDER BY migration_id, ord";
        let rows = postgresql::session(&self.name).await.query(query, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect()
    }

    /// Looks at everything.
    pub(crate) async fn end(&self) -> End {
        let mut database = connect(&self.target(), &Settings::default()).await.unwrap();
        let schema = database.introspect(&["public".to_owned()]).await.unwrap();
        let history = database.history().await.unwrap().unwrap();
        assert!(history.unfinished.is_none());
        let line = |row: &database::MigrationRow| {
            format!("{} {} of {}", row.state.as_str(), row.steps_done, row.steps_total)
        };
        let mut rows = Vec::new();
        for query in ROWS {
            rows.push(self.count(query).await);
        }
        let leftovers = "SELECT (SELECT count(*) FROM pg_index WHERE NOT indisvalid) + (SELECT count(*) FROM pg_constraint \
                         WHERE NOT convalidated OR conname ~ '^_schemalift_not_null')";
        End {
            schema,
            rows,
            migrations: history.migrations.iter().map(line).collect(),
            steps: [
                self.count("SELECT count(*) FROM _schemalift_step WHERE state = 'done'").await,
                self.count("SELECT count(*) FROM _schemalift_step WHERE state <> 'done'").await,
                self.count(
                    "SELECT count(*) FROM (SELECT DISTINCT migration_id, ord FROM _schemalift_step) s",
                )
                .await,
            ],
            leftovers: if self.product == Product::PostgreSql { self.count(leftovers).await } else { 0 },
        }
    }
}

/// A process of the binary.
pub(crate) struct Run {
    child: Child,
    said: PathBuf,
}

impl Run {
    /// Waits for its end; the exit code, unless a signal ended it.
    pub(crate) async fn ended(&mut self) -> Option<i32> {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code();
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// True until it has ended.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// The number of the process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL.
    pub(crate) async fn kill(&mut self) {
        // It may have ended meanwhile.
        let _ = self.child.kill();
        self.ended().await;
    }

    /// What it wrote.
    pub(crate) fn said(&self) -> String {
        std::fs::read_to_string(&self.said).unwrap()
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
