//! What happens only on a server: locks, lost connections, enum types and refused credentials.

use database::{MigrationState, Progress, connect};
use reason::{Class, Reason};
use servers::postgresql::{server, session};
use servers::{PASSWORD, free_port};

use crate::support::{Place, digest, url};

const BEFORE: &str = "enum Role {\n  READER\n  AUTHOR\n}
model User {\n  id Int @id @default(autoincrement())\n  role Role @default(READER)\n}";

/// Two steps that stand alone and one that needs the table.
const AFTER: &str = "enum Role {\n  READER\n  AUTHOR\n  EDITOR\n}
model User {\n  id Int @id @default(autoincrement())\n  role Role @default(EDITOR)\n  age Int?\n}";

async fn with_users() -> Place {
    let place = Place::postgresql().await;
    place.apply(BEFORE).await;
    place.execute("INSERT INTO \"User\" (role) VALUES ('READER'), ('AUTHOR')").await;
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_enum_value_is_the_default_in_the_same_edit() {
    let place = with_users().await;
    place.apply(AFTER).await;
    place.execute("INSERT INTO \"User\" DEFAULT VALUES").await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE role = 'EDITOR'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_extension_is_created_and_one_that_exists_is_left_alone() {
    let place = Place::postgresql().await;
    let with = |extensions: &str| {
        let text = format!(
            "generator client {{\n  provider = \"x\"\n  previewFeatures = [\"postgresqlExtensions\"]\n}}
datasource db {{\n  provider = \"postgresql\"\n  extensions = [{extensions}]\n}}
model User {{\n  id Int @id\n  email String @db.Citext\n}}\n"
        );
        pipeline::Request { datamodel: crate::support::parse(&text), ..place.request("") }
    };
    place.apply_request(&with("citext")).await;
    assert_eq!(place.count("SELECT count(*) FROM pg_extension WHERE extname = 'citext'").await, 1);
    place.execute("CREATE EXTENSION pg_trgm").await;
    let outcome = place.apply_request(&with("citext(version: \"9.9\"), crypto(map: \"pgcrypto\")")).await;
    assert_eq!(crate::support::steps(&outcome), ["create extension pgcrypto"]);
    place.assert_settled(&with("")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enum_value_is_renamed_with_its_rows_and_the_hint_may_stay() {
    let place = with_users().await;
    let first = BEFORE
        .replace("  READER\n", "  /// @schemalift.renamedFrom(READER)\n  VISITOR\n")
        .replace("@default(READER)", "@default(VISITOR)");
    let outcome = place.apply(&first).await;
    assert_eq!(crate::support::steps(&outcome), ["rename value READER of enum Role to VISITOR"]);
    let second = first
        .replace("(READER)\n  VISITOR", "(VISITOR)\n  GUEST")
        .replace("@default(VISITOR)", "@default(GUEST)");
    place.apply(&second).await;
    place.execute("INSERT INTO \"User\" DEFAULT VALUES").await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE role = 'GUEST'").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_enum_value_goes_once_no_row_uses_it() {
    let place = with_users().await;
    let request = place.request(&BEFORE.replace("  AUTHOR\n", ""));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::DataViolatesPlan);
    assert!(outcome.message.contains("P0105"), "{}", outcome.message);
    place.execute("UPDATE \"User\" SET role = 'READER'").await;
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE role = 'READER'").await, 2);
}

/// A run that stops at the table that another session reads.
async fn stopped_by_a_reader(place: &Place) {
    let reader = session(&place.name).await;
    reader.batch_execute("BEGIN; SELECT FROM \"User\"").await.unwrap();
    let failure = place.run(&place.request(AFTER)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::LockTimeout, "{}", failure.message);
    reader.batch_execute("ROLLBACK").await.unwrap();
    let history = place.connect().await.history().await.unwrap().unwrap();
    assert!(history.unfinished.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_a_lock_stopped_is_continued_by_the_next_one() {
    let place = with_users().await;
    stopped_by_a_reader(&place).await;
    place.apply(AFTER).await;
    let history = place.history().await;
    assert_eq!(history.len(), 2);
    assert_eq!(history[0].steps_done, history[0].steps_total);
    let twice = "SELECT count(*) FROM (SELECT 1 FROM _schemalift_step GROUP BY migration_id, ord \
                 HAVING count(*) > 1) AS twice";
    assert_eq!(place.count(twice).await, 0);
    assert_eq!(place.count("SELECT count(*) FROM \"User\"").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stopped_run_is_abandoned_when_the_datamodel_changed_meanwhile() {
    let place = with_users().await;
    stopped_by_a_reader(&place).await;
    place.apply(&AFTER.replace("age Int?", "city String?")).await;
    let history = place.history().await;
    let states: Vec<MigrationState> = history.iter().map(|row| row.state).collect();
    assert_eq!(states, [MigrationState::Applied, MigrationState::Abandoned, MigrationState::Applied]);
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE city IS NULL").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_whose_connection_was_ended_is_finished_by_the_next_one() {
    let place = with_users().await;
    let mut database = place.connect().await;
    let name = place.name.clone();
    let mut listen = |event: Progress| {
        if matches!(event, Progress::Finished { ord: 0, .. }) {
            end_sessions(name.clone());
        }
    };
    let failure = pipeline::migrate(&mut database, &place.request(AFTER), &mut listen).await.unwrap_err();
    assert_eq!(failure.reason.class(), Class::Transient, "{}", failure.message);
    assert!(!format!("{failure:?}").contains(PASSWORD));
    place.apply(AFTER).await;
    assert_eq!(place.history().await.len(), 2);
    assert_eq!(place.count("SELECT count(*) FROM \"User\"").await, 2);
}

/// Ends every session of that name on its server, and waits until they are gone.
fn end_sessions(name: String) {
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1";
            let own = session("postgres").await;
            while !own.query(query, &[&name]).await.unwrap().is_empty() {}
        });
    };
    std::thread::spawn(work).join().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_is_the_one_that_runs_on_the_server() {
    let place = with_users().await;
    let mut request = place.request("model Post {\n  id Int @id\n}");
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval);
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
    assert_eq!(place.tables().await, ["Post"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn refused_connections_say_why_and_tell_no_password() {
    let place = Place::postgresql().await;
    let port = server().port;
    for (target, reason) in [
        (url("canary-wrong", port, &place.name), Reason::CredentialsRejected),
        (url("canary-wrong", free_port(), &place.name), Reason::DatabaseUnreachable),
        (url(PASSWORD, port, "no_such_database"), Reason::DatabaseNotFound),
    ] {
        let Err(error) = connect(&target, &place.settings()).await else { panic!("{reason}") };
        assert_eq!(error.reason(), reason, "{error}");
        let said = format!("{error} {error:?} {target:?} {}", target.shown());
        assert!(!said.contains("canary"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_becomes_required_in_steps_that_stop_nobody_for_long() {
    let place = Place::postgresql().await;
    place.apply("model User {\n  id Int @id @default(autoincrement())\n  age Int?\n}").await;
    place.execute("INSERT INTO \"User\" (age) SELECT n FROM generate_series(1, 50) n").await;
    let mut database = place.connect().await;
    let request = place.request("model User {\n  id Int @id @default(autoincrement())\n  age Int\n}");
    let began = std::sync::Mutex::new(false);
    let mut listen = |event: Progress| {
        if let Progress::Finished { summary, .. } = event
            && summary.contains("take no new null")
        {
            *began.lock().unwrap() = true;
            let name = place.name.clone();
            let work = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    let session = session(&name).await;
                    assert!(session.execute("INSERT INTO \"User\" (age) VALUES (NULL)", &[]).await.is_err());
                });
            };
            std::thread::spawn(work).join().unwrap();
        }
    };
    let outcome = pipeline::migrate(&mut database, &request, &mut listen).await.unwrap();
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    assert!(*began.lock().unwrap());
    let plan = outcome.plan.unwrap();
    let impacts: Vec<String> = plan.script.steps.iter().map(|step| step.impact.to_string()).collect();
    assert_eq!(
        impacts,
        [
            "ACCESS EXCLUSIVE on User (reads and writes wait), for a moment",
            "SHARE UPDATE EXCLUSIVE on User (reads and writes go on), scans",
            "ACCESS EXCLUSIVE on User (reads and writes wait), for a moment",
        ]
    );
    assert!(plan.largest(1).unwrap().bytes > 0);
    place.assert_settled(&request).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_check_of_an_abandoned_migration_goes_with_it() {
    let place = Place::postgresql().await;
    let optional = "model User {\n  id Int @id\n  age Int?\n}";
    place.apply(optional).await;
    place.execute("INSERT INTO \"User\" VALUES (1, 1)").await;
    // It stops at the second step, since a null came after the rows were counted.
    let mut database = place.connect().await;
    let name = place.name.clone();
    let mut listen = |event: Progress| {
        if matches!(event, Progress::Started { ord: 0, .. }) {
            let name = name.clone();
            let work = move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let statement = "INSERT INTO \"User\" VALUES (2, NULL)";
                runtime.block_on(async { session(&name).await.batch_execute(statement).await.unwrap() });
            };
            std::thread::spawn(work).join().unwrap();
        }
    };
    let request = place.request("model User {\n  id Int @id\n  age Int\n}");
    let failure = pipeline::migrate(&mut database, &request, &mut listen).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DataViolatesPlan, "{}", failure.message);
    drop(database);
    let checks = "SELECT count(*) FROM pg_constraint WHERE conname ~ '^_schemalift_not_null'";
    assert_eq!(place.count(checks).await, 1);
    place.apply("model User {\n  id Int @id\n  age Int?\n  city String?\n}").await;
    assert_eq!(place.count(checks).await, 0);
    place.execute("INSERT INTO \"User\" VALUES (3, NULL)").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_datamodel_cannot_say_never_goes_along() {
    let place = Place::postgresql().await;
    let user =
        |fields: &str| format!("model User {{\n  id Int @id\n{fields}\n}}\nmodel Post {{\n  id Int @id\n}}");
    let before = user("  age Int?\n  name String?\n  city String?");
    place.apply(&before).await;
    place
        .execute(
            "ALTER TABLE \"User\" ADD CONSTRAINT grown CHECK (age > 17); \
             CREATE INDEX partial_name ON \"User\" (id) WHERE name IS NOT NULL; \
             CREATE VIEW cities AS SELECT city FROM \"User\"; CREATE VIEW posts AS SELECT 1 AS x FROM \"Post\"",
        )
        .await;
    let refusal = async |models: &str| {
        let mut request = place.request(models);
        request.policy.drift = pipeline::DriftRule::Ignore;
        let failure = place.run(&request).await.unwrap_err();
        assert_eq!(failure.reason, Reason::PolicyForbids, "{}", failure.message);
        failure.message
    };
    let message = refusal(&user("  name String?\n  city String?")).await;
    assert!(message.contains("check grown"), "{message}");
    let message = refusal(&user("  age Int?\n  city String?")).await;
    assert!(message.contains("index partial_name"), "{message}");
    let message = refusal(&user("  age Int?\n  name String?\n  city Int?")).await;
    assert!(message.contains("view cities"), "{message}");
    let message = refusal("model User {\n  id Int @id\n  age Int?\n  name String?\n  city String?\n}").await;
    assert!(message.contains("view posts"), "{message}");
    // What they do not hang on may change.
    let mut request = place.request(&user("  age Int?\n  name String\n  city String?\n  zip String?"));
    request.policy.drift = pipeline::DriftRule::Ignore;
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    let listed: Vec<String> = outcome.unmanaged.iter().map(ToString::to_string).collect();
    assert_eq!(listed, ["cities", "posts"]);
}

/// A collation of its own, rights on the column alone, and a publication that names it (from PostgreSQL 15 on).
#[tokio::test(flavor = "multi_thread")]
async fn what_is_a_columns_own_is_not_lost_with_its_type() {
    let place = Place::postgresql().await;
    place
        .execute(
            "CREATE TABLE \"T\" (id int PRIMARY KEY, email text COLLATE \"C\", done boolean, size int); \
             GRANT SELECT (done) ON \"T\" TO pg_monitor",
        )
        .await;
    let mut columns = vec![
        ("email String? @db.VarChar(50)", "email", "collation of email"),
        ("done Int?", "done", "rights on column done"),
    ];
    if place.count("SELECT current_setting('server_version_num')::bigint").await >= 150_000 {
        place.execute("CREATE PUBLICATION all_sizes FOR TABLE \"T\" (id, size)").await;
        columns.push(("size BigInt?", "size", "publication all_sizes"));
    }
    let fields = ["id Int @id", "email String?", "done Boolean?", "size Int?"];
    let models = |name: &str, field: Option<&str>| {
        let others = fields.into_iter().filter(|other| !other.starts_with(name));
        format!("model T {{\n  {}\n}}", others.chain(field).collect::<Vec<_>>().join("\n  "))
    };
    for (field, name, tie) in columns {
        let mut request = place.request(&models(name, Some(field)));
        request.first_contact = pipeline::FirstContact::Adopt;
        request.policy.destructive = pipeline::Destructive::Allow;
        let failure = place.run(&request).await.unwrap_err();
        assert_eq!(failure.reason, Reason::PolicyForbids, "{}", failure.message);
        assert!(failure.message.contains(tie), "{}", failure.message);
    }
    // It goes with a column that goes.
    let mut request = place.request(&models("email", None));
    request.first_contact = pipeline::FirstContact::Adopt;
    place.apply_request(&request).await;
    place.apply(&models("email", None).replace("  done Boolean?\n", "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_moves_to_another_schema_with_its_rows_and_back() {
    let place = Place::postgresql().await;
    let models = |schema: &str| {
        format!(
            "enum Role {{\n  A\n  B\n  @@schema(\"{schema}\")\n}}
model User {{
  id    Int    @id @default(autoincrement())
  role  Role   @default(B)
  posts Post[]
  @@schema(\"{schema}\")
}}
model Post {{
  id       Int  @id
  author   User @relation(fields: [authorId], references: [id])
  authorId Int
  @@schema(\"public\")
}}"
        )
    };
    let request = |schema: &str| {
        let mut request = place.request("");
        let text = format!(
            "datasource db {{\n  provider = \"postgresql\"\n  schemas = [\"left\", \"public\", \"right\"]\n}}\n{}",
            models(schema)
        );
        request.datamodel = crate::support::parse(&text);
        request
    };
    place.apply_request(&request("left")).await;
    place.execute("INSERT INTO \"left\".\"User\" DEFAULT VALUES; INSERT INTO \"Post\" VALUES (1, 1)").await;
    let outcome = place.apply_request(&request("right")).await;
    assert!(!outcome.plan.unwrap().loses_data());
    place.execute("INSERT INTO \"right\".\"User\" DEFAULT VALUES; INSERT INTO \"Post\" VALUES (2, 2)").await;
    assert_eq!(place.count("SELECT count(*) FROM \"right\".\"User\" WHERE role = 'B'").await, 2);
    place.apply_request(&request("left")).await;
    assert_eq!(place.count("SELECT count(*) FROM \"left\".\"User\"").await, 2);
}

/// PostgreSQL 18 marks a column as required before its rows were checked.
#[tokio::test(flavor = "multi_thread")]
async fn a_not_null_that_is_not_validated_is_no_promise() {
    let place = Place::postgresql().await;
    if place.count("SELECT current_setting('server_version_num')::bigint").await < 180_000 {
        return;
    }
    place.apply("model User {\n  id Int @id\n  age Int?\n}").await;
    place
        .execute("INSERT INTO \"User\" VALUES (1, NULL); ALTER TABLE \"User\" ADD CONSTRAINT theirs NOT NULL age NOT VALID")
        .await;
    let required = place.request("model User {\n  id Int @id\n  age Int\n}");
    let outcome = place.migrate(&required).await;
    assert_eq!(outcome.reason, Reason::DataViolatesPlan, "{}", outcome.message);
    place.execute("UPDATE \"User\" SET age = 1").await;
    place.apply_request(&required).await;
    let open =
        "SELECT count(*) FROM pg_constraint WHERE conrelid = '\"User\"'::regclass AND NOT convalidated";
    assert_eq!(place.count(open).await, 0);
}
