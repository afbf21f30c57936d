//! A server that is lost while a run is at work and comes back, and one whose disk is full: what the run says, what the history
//! then says, and how the next run goes on.

use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use database::{MigrationState, Progress, Settings, StepState, Target, connect};
use mysql_async::prelude::Queryable as _;
use pipeline::Failure;
use reason::{Class, Reason};
use schema::Dialect;
use servers::{PASSWORD, Server, mysql, postgresql};

use crate::support::Place;

const BEFORE: &str = "enum Role {\n  READER\n}\nmodel User {\n  id   Int    @id\n  note String\n  role Role   @default(READER)\n}";

/// Values, columns, an index over many rows, a table, and a foreign key.
const AFTER: &str = "enum Role {\n  READER\n  EDITOR\n}
model User {
  id    Int     @id
  note  String
  role  Role    @default(EDITOR)
  city  String?
  posts Post[]

  @@index([note])
}
model Post {
  id       Int  @id
  author   User @relation(fields: [authorId], references: [id])
  authorId Int
}";

/// A server of the test's own, and databases there.
struct Elsewhere {
    server: Server,
    dialect: Dialect,
}

impl Elsewhere {
    async fn postgresql() -> Self {
        Self { server: postgresql::own().await, dialect: Dialect::PostgreSql }
    }

    fn mysql() -> Self {
        Self { server: mysql::own(), dialect: Dialect::MySql }
    }

    /// A database with so many thousands of rows, on the disk that can be full.
    async fn place(&self, name: &str, thousands: usize) -> Place {
        let postgresql = self.dialect == Dialect::PostgreSql;
        let created = format!("CREATE DATABASE {name}");
        let created = if postgresql { created + " TABLESPACE small" } else { created };
        self.execute("", &created).await;
        let target = if postgresql { crate::support::url } else { crate::support::mysql_url };
        let place = Place::of(target(PASSWORD, self.server.port, name), name.to_owned());
        place.apply(BEFORE).await;
        // Four bytes a letter on MySQL, where system files may be larger than a table that is quickly filled.
        let digits = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 \
                      UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
        for thousand in 0..thousands {
            let note = if postgresql { "repeat(md5(n::text), 5)" } else { "CONCAT(n, REPEAT('🐘', 180))" };
            let rows = format!(
                "INSERT INTO \"User\" (id, note) SELECT n, {note} FROM (SELECT {thousand} * 1000 + a.d * 100 + b.d * 10 + c.d AS n \
                 FROM {digits} a, {digits} b, {digits} c) s"
            );
            self.execute(name, &rows).await;
        }
        place
    }

    async fn execute(&self, database: &str, statement: &str) {
        match self.dialect {
            Dialect::PostgreSql => {
                let database = if database.is_empty() { "postgres" } else { database };
                let own = postgresql::session_on(&self.server, database).await;
                own.batch_execute(statement).await.unwrap();
            }
            _ => mysql::session_on(&self.server, database).await.query_drop(statement).await.unwrap(),
        }
    }

    async fn count(&self, database: &str, query: &str) -> i64 {
        match self.dialect {
            Dialect::PostgreSql => {
                let own = postgresql::session_on(&self.server, database).await;
                own.query_one(query, &[]).await.unwrap().get(0)
            }
            _ => mysql::session_on(&self.server, database).await.query_first(query).await.unwrap().unwrap(),
        }
    }

    /// The server is lost, and is there again.
    fn lose(&self) {
        self.server.kill();
        self.server.start_again();
    }

    /// One finished migration beside the first, each step of it done once, and every row.
    async fn assert_whole(&self, place: &Place, thousands: i64, case: &str) {
        let history = place.history().await;
        assert_eq!(history.len(), 2, "{case}");
        assert_eq!(history[0].state, MigrationState::Applied, "{case}");
        assert_eq!(history[0].steps_done, history[0].steps_total, "{case}");
        let rows = "SELECT count(*) FROM \"User\" WHERE role = 'READER' AND city IS NULL";
        assert_eq!(self.count(&place.name, rows).await, thousands * 1000, "{case}");
        let twice = "SELECT count(*) - count(DISTINCT ord) FROM _schemalift_step WHERE migration_id = 2";
        assert_eq!(self.count(&place.name, twice).await, 0, "{case}");
    }
}

/// A run in which something happens when this is told.
async fn struck(place: &Place, mut strike: impl FnMut(&Progress) + Send) -> Result<(), Failure> {
    let mut database = place.connect().await;
    let outcome = pipeline::migrate(&mut database, &place.request(AFTER), &mut |event| strike(&event)).await;
    outcome.map(|_| ())
}

async fn lost_at_every_step(elsewhere: &Elsewhere) {
    let whole = elsewhere.place("whole", 1).await;
    let steps = whole.apply(AFTER).await.steps_total;
    assert!(steps >= 4, "{steps}");
    for ord in 0..steps {
        let place = elsewhere.place(&format!("lost_{ord}"), 1).await;
        let failure = struck(&place, |event| {
            if matches!(event, Progress::Started { ord: at, .. } if *at == ord) {
                elsewhere.lose();
            }
        })
        .await
        .unwrap_err();
        assert_eq!(failure.reason, Reason::Interrupted, "{ord}: {}", failure.message);
        assert_eq!(failure.reason.class(), Class::Transient);
        place.apply(AFTER).await;
        elsewhere.assert_whole(&place, 1, &format!("lost at step {ord}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_server_is_lost_at_any_step_is_finished_by_the_next_one_on_postgresql() {
    lost_at_every_step(&Elsewhere::postgresql().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_server_is_lost_at_any_step_is_finished_by_the_next_one_on_mysql() {
    lost_at_every_step(&Elsewhere::mysql()).await;
}

/// Its statement waits for a reader, and the server goes with both. The transaction that it stands in has done something.
async fn lost_in_a_statement(elsewhere: &Elsewhere, waiting: &str) {
    let place = elsewhere.place("within", 1).await;
    let watch = async {
        match elsewhere.dialect {
            Dialect::PostgreSql => {
                let reader = postgresql::session_on(&elsewhere.server, "within").await;
                reader.batch_execute("BEGIN; SELECT FROM \"User\"").await.unwrap();
                while elsewhere.count("within", waiting).await == 0 {}
            }
            _ => {
                let mut reader = mysql::session_on(&elsewhere.server, "within").await;
                reader.query_drop("BEGIN; SELECT * FROM \"User\"").await.unwrap();
                while elsewhere.count("within", waiting).await == 0 {}
            }
        }
        elsewhere.lose();
    };
    let patient = Settings { lock_timeout: Duration::from_secs(600), ..place.settings() };
    let mut database = connect(&place.target, &patient).await.unwrap();
    let request = place.request(AFTER);
    let mut listen = |_| {};
    let (outcome, ()) = tokio::join!(pipeline::migrate(&mut database, &request, &mut listen), watch);
    let failure = outcome.unwrap_err();
    assert_eq!(failure.reason, Reason::Interrupted, "{}", failure.message);
    place.apply(AFTER).await;
    elsewhere.assert_whole(&place, 1, "lost in a statement").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_whose_server_is_lost_is_sent_again_on_postgresql() {
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = 'within'";
    lost_in_a_statement(&Elsewhere::postgresql().await, waiting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_whose_server_is_lost_is_sent_again_on_mysql() {
    let waiting = "SELECT count(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata lock%'";
    lost_in_a_statement(&Elsewhere::mysql(), waiting).await;
}

impl Elsewhere {
    /// Leaves some room on the server's disk, and not enough for the index. Where it has no disk of its own, PostgreSQL's files may
    /// not become larger.
    fn fill(&self) {
        match self.dialect {
            _ if self.server.has_disk() => self.server.fill_disk(4 << 20),
            Dialect::PostgreSql => self.server.limit_files(Some(2 << 20)),
            _ => panic!("nothing else fills the disk of MySQL"),
        }
    }

    fn make_room(&self) {
        if self.server.has_disk() {
            self.server.make_room();
        } else {
            self.server.limit_files(None);
        }
    }
}

async fn full(elsewhere: &Elsewhere, thousands: usize) {
    let place = elsewhere.place("filled", thousands).await;
    elsewhere.fill();
    let failure = place.run(&place.request(AFTER)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DatabaseUnavailable, "{}", failure.message);
    assert_eq!(failure.reason.class(), Class::Transient);
    for part in ["index", "disk"] {
        assert!(failure.message.contains(part), "{}", failure.message);
    }
    // What is recorded is what is there.
    let unfinished = place.connect().await.history().await.unwrap().unwrap().unfinished.unwrap();
    let index = unfinished.script.steps.iter().position(|step| step.kind == "CreateIndex").unwrap();
    let states: Vec<bool> = unfinished.steps.iter().map(|step| step.state == StepState::Done).collect();
    assert!(states[..index].iter().all(|done| *done) && !states[index], "{states:?}");
    let schema = place.connect().await.introspect(&["public".to_owned()]).await.unwrap();
    let user = schema.tables.iter().find(|table| table.name.name == "User").unwrap();
    assert!(user.columns.iter().any(|column| column.name == "city"));
    assert!(!user.indexes.iter().any(|index| index.valid), "{:?}", user.indexes);
    // Without room it fails again, and nothing is worse.
    let again = place.run(&place.request(AFTER)).await.unwrap_err();
    assert_eq!(again.reason, Reason::DatabaseUnavailable, "{}", again.message);
    elsewhere.make_room();
    place.apply(AFTER).await;
    elsewhere.assert_whole(&place, i64::try_from(thousands).unwrap(), "full").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_the_run_goes_on_once_there_is_room_on_postgresql() {
    full(&Elsewhere::postgresql().await, 40).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_the_run_goes_on_once_there_is_room_on_mysql() {
    let elsewhere = Elsewhere::mysql();
    if elsewhere.server.has_disk() {
        full(&elsewhere, 22).await;
    } else {
        // InnoDB ends, or tries for ever, at a file that may not become larger. It is said past what a test run keeps to itself.
        writeln!(std::io::stderr(), "nothing can be mounted here: MySQL's full disk is NOT SHOWN").unwrap();
    }
}

/// The table of locks is in memory that all share (PostgreSQL: `max_locks_per_transaction`): another session takes what is left of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_memory_is_told_and_the_run_goes_on_once_there_is_some_on_postgresql() {
    let elsewhere = Elsewhere::postgresql().await;
    elsewhere.execute("", "ALTER SYSTEM SET max_locks_per_transaction = 10").await;
    elsewhere.lose();
    let whole = elsewhere.place("whole", 1).await;
    let steps = whole.apply(AFTER).await.steps_total;
    for ord in 0..steps {
        let place = elsewhere.place(&format!("memory_{ord}"), 1).await;
        let mut greedy = None;
        let take = async {
            let session = postgresql::session_on(&elsewhere.server, "postgres").await;
            let all = "SELECT pg_advisory_lock(n) FROM generate_series(1, 1000000) n";
            let error = session.batch_execute(all).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "53200");
            session
        };
        let mut take = Some(Box::pin(take));
        let outcome = struck(&place, |event| {
            if matches!(event, Progress::Started { ord: at, .. } if *at == ord)
                && let Some(take) = take.take()
            {
                greedy =
                    Some(tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(take)));
            }
        })
        .await;
        let failure = outcome.unwrap_err();
        assert_eq!(failure.reason, Reason::DatabaseUnavailable, "{ord}: {}", failure.message);
        assert_eq!(failure.reason.class(), Class::Transient);
        assert!(failure.message.contains("out of shared memory"), "{ord}: {}", failure.message);
        greedy.unwrap().batch_execute("SELECT pg_advisory_unlock_all()").await.unwrap();
        place.apply(AFTER).await;
        elsewhere.assert_whole(&place, 1, &format!("without memory at step {ord}")).await;
    }
}

/// Where a server of MySQL has no memory cannot be brought about; a trigger says the server's words at one step.
#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_memory_is_told_and_the_run_goes_on_once_there_is_some_on_mysql() {
    let elsewhere = Elsewhere::mysql();
    let whole = elsewhere.place("whole", 1).await;
    let steps = whole.apply(AFTER).await.steps_total;
    for (ord, state) in (0..steps).flat_map(|ord| [(ord, "running"), (ord, "done")]) {
        let place = elsewhere.place(&format!("memory_{ord}_{state}"), 1).await;
        let trigger = format!(
            "CREATE TRIGGER memory BEFORE UPDATE ON _schemalift_step FOR EACH ROW IF NEW.ord = {ord} AND NEW.state = '{state}' THEN \
             SIGNAL SQLSTATE 'HY001' SET MYSQL_ERRNO = 1037, MESSAGE_TEXT = 'Out of memory; restart server and try again'; END IF"
        );
        elsewhere.execute(&place.name, &trigger).await;
        let failure = place.run(&place.request(AFTER)).await.unwrap_err();
        assert_eq!(failure.reason, Reason::DatabaseUnavailable, "{ord}: {}", failure.message);
        assert_eq!(failure.reason.class(), Class::Transient);
        elsewhere.execute(&place.name, "DROP TRIGGER memory").await;
        place.apply(AFTER).await;
        elsewhere.assert_whole(&place, 1, &format!("without memory at step {ord}")).await;
    }
}

/// A limit to what SQLite may allocate is one of its process.
#[tokio::test(flavor = "multi_thread")]
async fn a_process_without_memory_leaves_a_sqlite_file_as_it_was() {
    let place = Place::sqlite();
    place.apply(BEFORE).await;
    place
        .execute(
            "INSERT INTO \"User\" (id, note) WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 40000) \
             SELECT n, hex(zeroblob(60)) || n FROM s",
        )
        .await;
    let mut told = Vec::new();
    for limit in ["1000000", "0"] {
        let output = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "outages::runner", "--ignored", "--nocapture"])
            .env("STORY_FILE", place.target.file().unwrap())
            .env("STORY_MEMORY", limit)
            .output()
            .unwrap();
        told.push(String::from_utf8(output.stdout).unwrap());
    }
    assert!(told[0].contains("told: DatabaseUnavailable ") && told[0].contains("out of memory"), "{told:?}");
    assert!(told[0].contains("left: 1 [\"User\"]\n"), "{told:?}");
    assert!(
        told[1].contains("told: Applied ") && told[1].contains("left: 2 [\"Post\", \"User\"]\n"),
        "{told:?}"
    );
    place.assert_settled(&place.request(AFTER)).await;
}

/// Only a process of its own sees a file system of its own; where none can be mounted, a file may not become larger.
const ON_A_FULL_DISK: [&str; 2] = [
    "set -e; cp app.db small/app.db; fallocate -l $(($(stat -f -c '%a*%S' small) - 1048576)) small/filler; \
     STORY_FILE=small/app.db \"$1\" --exact outages::runner --ignored --nocapture; [ ! -e small/app.db-journal ]; rm small/filler; \
     STORY_FILE=small/app.db \"$1\" --exact outages::runner --ignored --nocapture; cp small/app.db app.db",
    "set -e; trap '' XFSZ; cp app.db small/app.db; limit=$(($(stat -c %s app.db) + 1048576)); \
     STORY_FILE=small/app.db prlimit --fsize=$limit: \"$1\" --exact outages::runner --ignored --nocapture; [ ! -e small/app.db-journal ]; \
     STORY_FILE=small/app.db \"$1\" --exact outages::runner --ignored --nocapture; cp small/app.db app.db",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_told_and_the_run_goes_on_once_there_is_room_on_sqlite() {
    let place = Place::sqlite();
    place.apply(BEFORE).await;
    place
        .execute(
            "INSERT INTO \"User\" (id, note) WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < 40000) \
             SELECT n, hex(zeroblob(60)) || n FROM s",
        )
        .await;
    let small = place.file("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = servers::own::mounting(&small, 32);
    let text = ON_A_FULL_DISK[usize::from(mounted.is_none())];
    let mut words = mounted.unwrap_or_default();
    words.extend(["sh", "-c", text, "story"].map(str::to_owned));
    words.push(std::env::current_exe().unwrap().display().to_string());
    let mut command = std::process::Command::new(&words[0]);
    let output = command.args(&words[1..]).current_dir(small.parent().unwrap()).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{said} {}", String::from_utf8_lossy(&output.stderr));
    // The first run had no room and left everything as it was; the second one had.
    let told: Vec<&str> =
        said.lines().filter_map(|line| line.split_once("told: ")).map(|(_, told)| told).collect();
    assert_eq!(told.len(), 2, "{said}");
    assert!(told[0].starts_with("DatabaseUnavailable step "), "{said}");
    assert!(told[1].starts_with("Applied "), "{said}");
    assert!(
        said.contains("left: 1 [\"User\"]\n") && said.contains("left: 2 [\"Post\", \"User\"]\n"),
        "{said}"
    );
    assert_eq!(place.history().await.len(), 2);
    place.assert_settled(&place.request(AFTER)).await;
    assert_eq!(
        place.count("SELECT count(*) FROM \"User\" WHERE role = 'READER' AND city IS NULL").await,
        40000
    );
}

/// What other tests start as a process of its own.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "not a test by itself"]
async fn runner() {
    let target = Target::sqlite(PathBuf::from(std::env::var("STORY_FILE").unwrap()));
    let place = Place::of(target, "runner".to_owned());
    let limit = |bytes: &str| {
        let any = rusqlite::Connection::open_in_memory().unwrap();
        any.pragma_update(None, "hard_heap_limit", bytes.parse::<i64>().unwrap()).unwrap();
    };
    if let Ok(bytes) = std::env::var("STORY_MEMORY") {
        limit(&bytes);
    }
    match place.run(&place.request(AFTER)).await {
        Ok(outcome) => println!("told: {} {}", outcome.reason, outcome.message),
        Err(failure) => println!("told: {} {}", failure.reason, failure.message),
    }
    println!("left: {} {:?}", place.history().await.len(), place.tables().await);
}
