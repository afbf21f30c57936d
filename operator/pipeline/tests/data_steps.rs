//! SQL of a person's own around the structure: it runs once, a policy rules it, and a run that was killed goes on.

use std::time::Duration;

use api::{DataStep, Steps};
use database::{MigrationState, Target, connect};
use pipeline::{Destructive, Failure, Request, convert};
use reason::Reason;
use schema::Dialect;
use servers::PASSWORD;

use crate::support::{Place, digest, mysql_url, steps, url};

on_every! {
    rows_are_filled_before_a_column_becomes_required
    a_step_runs_once_and_an_edited_one_is_another
    a_policy_that_forbids_loss_forbids_sql_of_ones_own
    a_failed_step_is_mended_by_an_edit
    a_killed_runner_is_continued_at_the_cursor
    a_batch_goes_on_in_the_migration_that_takes_the_place_of_its_own
    a_key_with_nulls_is_no_key
}

const OPTIONAL: &str = "model users {\n  id Int @id\n  n Int?\n}";
const REQUIRED: &str = "model users {\n  id Int @id\n  n Int\n}";

fn step(name: &str, sql: &str) -> DataStep {
    DataStep { name: name.to_owned(), sql: sql.to_owned() }
}

/// A request that may lose data, with these steps.
fn request(place: &Place, models: &str, before: &[DataStep], after: &[DataStep]) -> Request {
    let steps = Steps { before: before.to_vec(), after: after.to_vec() };
    let mut request = place.request(models);
    request.steps = convert::steps(place.target.dialect(), Some(&steps)).unwrap();
    request.policy.destructive = Destructive::Allow;
    request
}

async fn with_rows(place: &Place, rows: u32) {
    place.apply(OPTIONAL).await;
    place
        .execute(&format!(
            "INSERT INTO users (id, n) WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < {rows}) \
             SELECT i, NULL FROM s"
        ))
        .await;
}

async fn rows_are_filled_before_a_column_becomes_required(place: &Place) {
    with_rows(place, 3).await;
    let mut request = request(
        place,
        REQUIRED,
        &[step("fill", "UPDATE users SET n = 1 WHERE n IS NULL;\nUPDATE users SET n = n + 1 WHERE id > 1;")],
        &[step("last", "DELETE FROM users WHERE id = 3")],
    );
    request.policy.destructive = Destructive::RequireApproval;
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert!(waiting.message.contains("P0107"), "{}", waiting.message);
    assert_eq!(place.count("SELECT count(*) FROM users WHERE n IS NULL").await, 3);
    let names = steps(&waiting);
    assert_eq!(
        (names.first().unwrap().as_str(), names.last().unwrap().as_str()),
        ("data step fill", "data step last")
    );
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT sum(n) FROM users").await, 3);
    assert_eq!(place.count("SELECT count(*) FROM users").await, 2);
}

async fn a_step_runs_once_and_an_edited_one_is_another(place: &Place) {
    with_rows(place, 2).await;
    let count = |text: &str| request(place, OPTIONAL, &[], &[step("count", text)]);
    let once = count("UPDATE users SET n = COALESCE(n, 0) + 1");
    place.apply_request(&once).await;
    assert_eq!(place.count("SELECT sum(n) FROM users").await, 2);
    // Also beside another change, and after it was gone for a while.
    place.apply("model users {\n  id Int @id\n  n Int?\n  city Int?\n}").await;
    let mut both = once.clone();
    both.datamodel =
        place.request("model users {\n  id Int @id\n  n Int?\n  city Int?\n  zip Int?\n}").datamodel;
    place.apply_request(&both).await;
    assert_eq!(place.count("SELECT sum(n) FROM users").await, 2);
    let mut edited = count("UPDATE users SET n = COALESCE(n, 0) + 2");
    edited.datamodel = both.datamodel;
    place.apply_request(&edited).await;
    assert_eq!(place.count("SELECT sum(n) FROM users").await, 6);
}

async fn a_policy_that_forbids_loss_forbids_sql_of_ones_own(place: &Place) {
    with_rows(place, 1).await;
    let mut request = request(place, OPTIONAL, &[step("x", "DELETE FROM users")], &[]);
    request.policy.destructive = Destructive::Forbid;
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::PolicyForbids, "{}", outcome.message);
    assert_eq!(place.count("SELECT count(*) FROM users").await, 1);
    let refused = Steps { before: vec![step("x", "COMMIT; DELETE FROM users")], after: Vec::new() };
    let refused: Failure = convert::steps(place.target.dialect(), Some(&refused)).unwrap_err();
    assert_eq!(refused.reason, Reason::ManifestInvalid);
}

async fn a_failed_step_is_mended_by_an_edit(place: &Place) {
    with_rows(place, 2).await;
    let first = step("first", "UPDATE users SET n = 1");
    let wrong = request(place, OPTIONAL, &[first.clone(), step("second", "UPDATE users SET m = n")], &[]);
    let failure = place.run(&wrong).await.unwrap_err();
    assert_eq!(failure.reason, Reason::StatementFailed, "{}", failure.message);
    assert!(failure.message.contains("second"), "{}", failure.message);
    let right = request(place, OPTIONAL, &[first, step("second", "UPDATE users SET n = n + 1")], &[]);
    place.apply_request(&right).await;
    assert_eq!(place.count("SELECT sum(n) FROM users").await, 4);
}

const ROWS: u32 = 300;

fn counting(pause: u32) -> DataStep {
    let text = format!(
        "-- schemalift:batch key=id size=10 pause={pause}ms\nUPDATE users SET n = COALESCE(n, 0) + 1 WHERE id > 0"
    );
    step("count", &text)
}

/// Every row was visited once, and the history knows how many they were.
async fn assert_each_once(place: &Place) {
    assert_eq!(place.count("SELECT count(*) FROM users WHERE n = 1").await, u64::from(ROWS));
    let done = "SELECT max(rows_done) FROM _schemalift_step WHERE kind = 'DataStep' AND state = 'done'";
    assert_eq!(place.count(done).await, u64::from(ROWS));
}

async fn a_killed_runner_is_continued_at_the_cursor(place: &Place) {
    with_rows(place, ROWS).await;
    let wanted = request(place, REQUIRED, &[counting(15)], &[]);
    killed_runner(place).await;
    let before = place.count("SELECT count(*) FROM users WHERE n = 1").await;
    assert!((50..u64::from(ROWS)).contains(&before), "{before}");
    place.apply_request(&wanted).await;
    assert_each_once(place).await;
    let states: Vec<MigrationState> = place.history().await.iter().map(|row| row.state).collect();
    assert_eq!(states, [MigrationState::Applied, MigrationState::Applied]);
}

async fn a_batch_goes_on_in_the_migration_that_takes_the_place_of_its_own(place: &Place) {
    with_rows(place, ROWS).await;
    killed_runner(place).await;
    let other = "model users {\n  id Int @id\n  n Int\n  city Int?\n}";
    place.apply_request(&request(place, other, &[counting(15)], &[])).await;
    assert_each_once(place).await;
    let states: Vec<MigrationState> = place.history().await.iter().map(|row| row.state).collect();
    assert_eq!(states, [MigrationState::Applied, MigrationState::Abandoned, MigrationState::Applied]);
}

/// SQL that sets something for the session, in batches or not, leaves the steps after it alone.
#[tokio::test(flavor = "multi_thread")]
async fn settings_of_a_step_end_with_it() {
    let place = Place::postgresql().await;
    with_rows(&place, 25).await;
    let set = "UPDATE users SET n = 1 WHERE set_config('application_name', 'mine', false) = 'mine' AND \
               set_config('search_path', 'nowhere', false) IS NOT NULL";
    let look = "UPDATE users SET n = 2 WHERE current_setting('application_name') = 'mine'";
    let batches = format!("-- schemalift:batch key=id size=10\n{set}");
    for (name, text) in [("look", set), ("look again", &batches)] {
        let after = [step("set", text), step(name, look)];
        place.apply_request(&request(&place, OPTIONAL, &[], &after)).await;
        assert_eq!(place.count("SELECT count(*) FROM users WHERE n = 1").await, 25, "{text}");
    }
}

async fn a_key_with_nulls_is_no_key(place: &Place) {
    with_rows(place, 2).await;
    let text = "-- schemalift:batch key=n\nDELETE FROM users";
    let failure = place.run(&request(place, OPTIONAL, &[step("x", text)], &[])).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DataViolatesPlan, "{}", failure.message);
    assert_eq!(place.count("SELECT count(*) FROM users").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_division_by_zero_fails_on_mysql_instead_of_writing_nulls() {
    let place = Place::mysql().await;
    with_rows(&place, 2).await;
    let divided = step("divide", "UPDATE users SET n = 4 / (id - 1)");
    let failure = place.run(&request(&place, OPTIONAL, &[divided], &[])).await.unwrap_err();
    assert!(failure.message.contains("ivision by 0"), "{failure}");
    assert_eq!(place.count("SELECT count(*) FROM users WHERE n IS NOT NULL").await, 0);
}

/// A process of its own that runs the batches and is killed on its way.
async fn killed_runner(place: &Place) {
    let (dialect, place_of) = match place.target.dialect() {
        Dialect::Sqlite => ("sqlite", place.target.file().unwrap().display().to_string()),
        Dialect::PostgreSql => ("postgresql", servers::postgresql::server().port.to_string()),
        Dialect::MySql => ("mysql", servers::mysql::server().port.to_string()),
    };
    let mut runner = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "data_steps::runner", "--ignored"])
        .env("STORY_RUNNER", dialect)
        .env("STORY_PLACE", place_of)
        .env("STORY_NAME", &place.name)
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    while place.count("SELECT count(*) FROM users WHERE n = 1").await < 50 {
        assert!(runner.try_wait().unwrap().is_none(), "the runner ended before it was killed");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    runner.kill().unwrap();
    runner.wait().unwrap();
}

/// What [`killed_runner`] starts.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "not a test by itself"]
async fn runner() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let (name, at) = (variable("STORY_NAME"), variable("STORY_PLACE"));
    let target = match variable("STORY_RUNNER").as_str() {
        "sqlite" => Target::sqlite(std::path::PathBuf::from(at)),
        "postgresql" => url(PASSWORD, at.parse().unwrap(), &name),
        _ => mysql_url(PASSWORD, at.parse().unwrap(), &name),
    };
    let place = Place::of(target, name);
    let request = request(&place, REQUIRED, &[counting(15)], &[]);
    let mut database = connect(&place.target, &place.settings()).await.unwrap();
    pipeline::migrate(&mut database, &request, &mut |_| {}).await.unwrap();
}

/// Foreign keys are off while a plan of SQLite runs, and looked at before it is committed.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_leaves_orphans_is_told_which_and_what_to_do() {
    let place = Place::sqlite();
    let models = "model users {\n  id Int @id\n  n Int?\n  notes notes[]\n}
model notes {\n  a Int\n  b String\n  userId Int\n  user users @relation(fields: [userId], references: [id])\n  @@id([a, b])\n}";
    place.apply(models).await;
    place
        .execute("INSERT INTO users (id) VALUES (1), (2); INSERT INTO notes VALUES (7, 'x', 1), (8, 'y', 2), (9, 'z', 1)")
        .await;
    let wrong = request(&place, models, &[step("gone", "DELETE FROM users WHERE id = 1")], &[]);
    let failure = place.run(&wrong).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DataViolatesPlan, "{failure}");
    for part in [
        "2 rows of notes (userId) to users, for example a = 7, b = x; nothing was changed",
        "let it delete them",
    ] {
        assert!(failure.message.contains(part), "{failure}");
    }
    assert_eq!(place.count("SELECT count(*) FROM users").await, 2);
    let right = step("gone", "DELETE FROM notes WHERE userId = 1; DELETE FROM users WHERE id = 1");
    place.apply_request(&request(&place, models, &[right], &[])).await;
}

/// A float is walked to its last digit, whatever the role's settings are, and beyond all numbers.
#[tokio::test(flavor = "multi_thread")]
async fn a_float_is_a_key_on_postgresql() {
    let place = Place::postgresql().await;
    let models = "model users {\n  id Float @id\n  n Int?\n}";
    place.apply(models).await;
    place.execute(&format!("ALTER DATABASE {} SET extra_float_digits = -10", place.name)).await;
    place
        .execute("INSERT INTO users (id) VALUES (1.0000000001), (1.0000000002), (1.0000000003), ('NaN')")
        .await;
    let text = "-- schemalift:batch key=id size=1\nUPDATE users SET n = COALESCE(n, 0) + 1";
    place.apply_request(&request(&place, models, &[step("count", text)], &[])).await;
    assert_eq!(place.count("SELECT count(*) FROM users WHERE n = 1").await, 4);
}

/// MySQL writes six digits of a float, and compares an enum otherwise than it sorts it.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_would_pass_rows_over_is_refused() {
    let place = Place::mysql().await;
    let models = "enum Size {\n  SMALL\n  MIDDLE\n  LARGE\n}
model users {\n  id Int @id\n  n Int?\n  part Float @db.Float\n  whole Float\n  size Size\n  seen Json\n  day DateTime @db.Date\n}";
    place.apply(models).await;
    place
        .execute(
            "INSERT INTO users (id, part, whole, size, seen, day) VALUES (1, 1.0000001, 0.1, 'SMALL', '[]', '2020-01-01'), \
             (2, 16777215, 1e300, 'LARGE', '1', '2021-01-01'), (3, 0.1, 1.0000000000000002, 'MIDDLE', '2', '1999-12-31')",
        )
        .await;
    let text =
        |key: &str| format!("-- schemalift:batch key={key} size=1\nUPDATE users SET n = COALESCE(n, 0) + 1");
    let mut refused = vec!["part", "size"];
    if servers::mysql::flavor() == servers::mysql::Flavor::MySql {
        refused.push("seen");
    }
    for key in refused {
        let failure = place.run(&request(&place, models, &[step(key, &text(key))], &[])).await.unwrap_err();
        assert_eq!(failure.reason, Reason::ManifestInvalid, "{key}: {failure}");
        assert!(failure.message.contains("take another key"), "{key}: {failure}");
        assert_eq!(place.count("SELECT count(*) FROM users WHERE n IS NOT NULL").await, 0);
    }
    for (key, visits) in [("whole", 1), ("day", 2)] {
        place.apply_request(&request(&place, models, &[step(key, &text(key))], &[])).await;
        assert_eq!(place.count(&format!("SELECT count(*) FROM users WHERE n = {visits}")).await, 3, "{key}");
    }
}
