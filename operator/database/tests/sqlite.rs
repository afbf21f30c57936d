//! SQLite: a real file, no mocks.

use std::path::PathBuf;

use database::{Database, End, MigrationState, Opening, Progress, Settings, StepState, Target, connect};
use reason::Reason;
use rusqlite::Connection;
use schema::{Default, Dialect, Nullability, Predicate, Type, Uniqueness, Value};
use sql::Mode;

use crate::support::{migration, script, settings, step};

struct File(PathBuf);

impl File {
    fn new() -> Self {
        Self(std::env::temp_dir().join(format!("slift-{}.db", uuid::Uuid::new_v4().simple())))
    }

    fn raw(&self, sql: &str) -> Connection {
        let connection = Connection::open(&self.0).unwrap();
        connection.execute_batch(sql).unwrap();
        connection
    }

    async fn open(&self) -> Database {
        connect(&Target::sqlite(&self.0), &settings("test")).await.unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        drop(std::fs::remove_file(&self.0));
    }
}

#[tokio::test]
async fn reading_does_not_make_the_file() {
    let file = File::new();
    let mut database = file.open().await;
    assert!(database.introspect(&[]).await.unwrap().tables.is_empty());
    assert!(database.history().await.unwrap().is_none());
    assert!(!file.0.exists());
}

#[tokio::test]
async fn everything_a_datamodel_can_say_is_read_back() {
    let file = File::new();
    file.raw(
        "CREATE TABLE \"User\" (\"id\" INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, \"email\" TEXT NOT NULL, \
         \"name\" TEXT DEFAULT 'it''s', \"score\" REAL NOT NULL DEFAULT -1.5, \"big\" BIGINT, \"price\" DECIMAL, \
         \"on\" BOOLEAN NOT NULL DEFAULT true, \"at\" DATETIME NOT NULL DEFAULT CURRENT_TIMESTAMP, \
         \"raw\" BLOB DEFAULT X'00ff', \"doc\" JSONB, \"odd\" VARCHAR(9) DEFAULT (lower('X')));
         CREATE UNIQUE INDEX \"User_email_key\" ON \"User\"(\"email\");
         CREATE INDEX \"User_two\" ON \"User\"(\"email\", \"score\" DESC);
         CREATE INDEX \"User_part\" ON \"User\"(\"email\") WHERE \"score\" > 0;
         CREATE INDEX \"User_expr\" ON \"User\"(\"email\", lower(\"name\"));
         CREATE TABLE \"Post\" (\"a\" INTEGER NOT NULL, \"b\" INTEGER NOT NULL, \"author\" INTEGER, \"other\" INTEGER REFERENCES \"User\", \
         PRIMARY KEY (\"a\", \"b\"), UNIQUE (\"author\"), \
         FOREIGN KEY (\"author\") REFERENCES \"User\" (\"id\") ON DELETE SET NULL ON UPDATE CASCADE);
         CREATE TRIGGER watch AFTER INSERT ON \"Post\" BEGIN SELECT 1; END;
         CREATE TABLE \"_prisma_migrations\" (id TEXT);",
    );
    let schema = file.open().await.introspect(&[]).await.unwrap();
    assert_eq!(schema.tables.len(), 2);
    let [post, user] = schema.tables.as_slice() else { panic!() };
    assert_eq!(post.name.name, "Post");
    assert_eq!(post.primary_key.as_ref().unwrap().columns, ["a", "b"]);
    assert_eq!(post.extras, ["trigger watch"]);
    assert!(post.indexes[0].constraint);
    let keys: Vec<_> = post
        .foreign_keys
        .iter()
        .map(|key| (key.columns.join(","), key.referenced_columns.join(","), key.on_delete))
        .collect();
    assert_eq!(
        keys,
        [
            ("other".to_owned(), "id".to_owned(), datamodel::Action::NoAction),
            ("author".to_owned(), "id".to_owned(), datamodel::Action::SetNull),
        ]
    );
    let id = user.column("id").unwrap();
    assert!(id.autoincrement && id.nullability == Nullability::Required);
    let types: Vec<_> = user.columns.iter().map(|column| column.ty.base.clone()).collect();
    assert_eq!(
        types,
        [
            Type::Integer,
            Type::Text,
            Type::Text,
            Type::Real,
            Type::BigInt,
            Type::Decimal(None),
            Type::Boolean,
            Type::DateTime,
            Type::Bytes,
            Type::JsonB,
            Type::Other("VARCHAR(9)".to_owned()),
        ]
    );
    let default = |name: &str| user.column(name).unwrap().default.clone();
    assert_eq!(default("name"), Some(Default::Value(Value::String("it's".to_owned()))));
    assert_eq!(default("score"), Some(Default::Value(Value::Number("-1.5".to_owned()))));
    assert_eq!(default("on"), Some(Default::Value(Value::Boolean(true))));
    assert_eq!(default("at"), Some(Default::Now));
    assert_eq!(default("raw"), Some(Default::Value(Value::Bytes(vec![0, 255]))));
    assert_eq!(default("odd"), Some(Default::Expression("lower('X')".to_owned())));
    let indexes: Vec<_> = user
        .indexes
        .iter()
        .map(|index| (index.name.as_str(), index.uniqueness, index.columns.len()))
        .collect();
    assert_eq!(
        indexes,
        [
            ("User_email_key", Uniqueness::Unique, 1),
            ("User_part", Uniqueness::Plain, 1),
            ("User_two", Uniqueness::Plain, 2)
        ]
    );
    assert_eq!(user.indexes[1].predicate, Some(Predicate::Text("\"score\" > 0".to_owned())));
    assert_eq!(user.extras, ["index User_expr (expression)"]);
}

#[tokio::test]
async fn a_run_is_recorded_and_proved() {
    let file = File::new();
    let mut database = file.open().await;
    database.lock(&[]).await.unwrap();
    let script = script(
        Dialect::Sqlite,
        vec![
            step(Mode::Grouped, "CREATE TABLE a (id INTEGER PRIMARY KEY)"),
            step(Mode::Grouped, "CREATE TABLE b (id INTEGER PRIMARY KEY)"),
        ],
    );
    let id = database.record(&migration("init"), &script, Opening::Run).await.unwrap();
    let mut seen = Vec::new();
    database.run(&id, &script, &mut |event| seen.push(event)).await.unwrap();
    assert!(matches!(seen.as_slice(), [Progress::Started { .. }, Progress::Finished { .. }, _, _]));
    let schema = database.introspect(&[]).await.unwrap();
    database.finish(&id, End::Applied { schema: Box::new(schema.clone()) }).await.unwrap();
    database.unlock().await.unwrap();
    let history = file.open().await.history().await.unwrap().unwrap();
    assert_eq!(history.owner.as_deref(), Some("laptop/shop/blog"));
    assert!(history.unfinished.is_none());
    let row = &history.migrations[0];
    assert_eq!((row.state, row.steps_total, row.steps_done), (MigrationState::Applied, 2, 2));
    assert_eq!(row.schema.as_ref(), Some(&schema));
    assert_eq!(row.script.as_ref(), Some(&script));
    assert!(row.duration_ms.is_some() && row.started_at.ends_with('Z'));
}

#[tokio::test]
async fn a_failure_leaves_nothing_behind() {
    let file = File::new();
    let mut database = file.open().await;
    database.lock(&[]).await.unwrap();
    let script = script(
        Dialect::Sqlite,
        vec![step(Mode::Grouped, "CREATE TABLE a (id INTEGER PRIMARY KEY)"), step(Mode::Grouped, "NONSENSE")],
    );
    let id = database.record(&migration("init"), &script, Opening::Run).await.unwrap();
    let error = database.run(&id, &script, &mut |_| {}).await.unwrap_err();
    assert_eq!((error.reason(), error.step()), (Reason::StatementFailed, Some(1)));
    database.finish(&id, End::Failed { error: error.to_string() }).await.unwrap();
    database.unlock().await.unwrap();
    assert!(database.introspect(&[]).await.unwrap().tables.is_empty());
    assert!(database.history().await.unwrap().is_none());
}

#[tokio::test]
async fn orphans_are_refused_and_children_survive_a_redefinition() {
    let file = File::new();
    file.raw(
        "CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (id INTEGER PRIMARY KEY, p INTEGER REFERENCES p ON DELETE CASCADE);
         INSERT INTO p VALUES (1); INSERT INTO c VALUES (1, 1);",
    );
    let mut database = file.open().await;
    database.lock(&[]).await.unwrap();
    let mut redefine = step(Mode::Grouped, "CREATE TABLE new_p (id INTEGER PRIMARY KEY, x TEXT)");
    for statement in
        ["INSERT INTO new_p (id) SELECT id FROM p", "DROP TABLE p", "ALTER TABLE new_p RENAME TO p"]
    {
        redefine.statements.push(statement.to_owned());
    }
    let good = script(Dialect::Sqlite, vec![redefine]);
    let id = database.record(&migration("good"), &good, Opening::Run).await.unwrap();
    database.run(&id, &good, &mut |_| {}).await.unwrap();
    let schema = Box::new(database.introspect(&[]).await.unwrap());
    database.finish(&id, End::Applied { schema: schema.clone() }).await.unwrap();
    assert_eq!(database.count("SELECT count(*) FROM c").await.unwrap(), 1);

    database.lock(&[]).await.unwrap();
    let bad = script(Dialect::Sqlite, vec![step(Mode::Grouped, "DELETE FROM p")]);
    let id = database.record(&migration("bad"), &bad, Opening::Run).await.unwrap();
    database.run(&id, &bad, &mut |_| {}).await.unwrap();
    let error = database.finish(&id, End::Applied { schema }).await.unwrap_err();
    assert_eq!(error.reason(), Reason::DataViolatesPlan);
    assert_eq!(database.count("SELECT count(*) FROM p").await.unwrap(), 1);
}

#[tokio::test]
async fn a_second_session_finds_the_file_busy() {
    let file = File::new();
    let mut first = file.open().await;
    first.lock(&[]).await.unwrap();
    let mut second = file.open().await;
    assert_eq!(second.lock(&[]).await.unwrap_err().reason(), Reason::DatabaseBusy);
    first.unlock().await.unwrap();
    second.lock(&[]).await.unwrap();
}

#[tokio::test]
async fn a_baseline_outlives_the_unlock_and_tampering_is_found() {
    let file = File::new();
    let mut database = file.open().await;
    database.lock(&[]).await.unwrap();
    let script = script(Dialect::Sqlite, vec![]);
    database.record(&migration("base"), &script, Opening::Baseline).await.unwrap();
    database.unlock().await.unwrap();
    let history = database.history().await.unwrap().unwrap();
    assert_eq!(history.applied().unwrap().state, MigrationState::Baselined);
    assert_eq!(history.applied().unwrap().schema.as_ref(), Some(&script.desired));
    let raw = file.raw("UPDATE _schemalift_migration SET script = replace(script, 'sha256:to', 'sha256:xx')");
    assert_eq!(database.history().await.unwrap_err().reason(), Reason::HistoryInvalid);
    raw.execute_batch("UPDATE _schemalift_migration SET script = replace(script, 'sha256:xx', 'sha256:to'); UPDATE _schemalift_fence SET version = 99").unwrap();
    let error = database.history().await.unwrap_err();
    assert_eq!(error.reason(), Reason::HistoryInvalid);
    assert!(error.to_string().contains("newer version"));
    assert_eq!(StepState::Done.as_str(), "done");
}

#[tokio::test]
async fn a_missing_folder_and_a_foreign_file_are_told() {
    let error = connect(&Target::sqlite("/nowhere/at/all.db"), &Settings::default()).await;
    assert_eq!(error.err().unwrap().reason(), Reason::DatabaseNotFound);
    let file = File::new();
    std::fs::write(&file.0, "this is not a database, but long enough to be read as one").unwrap();
    assert_eq!(file.open().await.introspect(&[]).await.unwrap_err().reason(), Reason::DatabaseNotFound);
}
