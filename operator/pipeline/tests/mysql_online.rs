//! On MySQL and MariaDB every change of a table that exists says which lock it may take. Run it with each
//! `TEST_MYSQL`.

use database::{NewMigration, Opening, StepState};
use pipeline::Limits;
use plan::{Blocks, LockMode, Ownership, diff};
use reason::Reason;
use schema::{Schema, derive};
use sql::{Script, render};

use crate::support::{Place, digest, scope};

fn schema(place: &Place, models: &str) -> Schema {
    derive(&place.request(models).datamodel, &scope(&place.target))
}

fn script(place: &Place, before: &str, after: &str) -> Script {
    let (current, desired) = (schema(place, before), schema(place, after));
    render(&diff(&current, &desired, &Ownership::of(&current)).unwrap())
}

/// The lock that each statement allows is enough for the server and the one that the plan foretells; rows are there.
#[tokio::test(flavor = "multi_thread")]
async fn every_form_is_accepted_with_the_lock_that_it_states() {
    let t = |rest: &str| format!("model T {{\n  id Int @id\n  {rest}\n}}");
    let two = |t: &str, u: &str| {
        format!("model T {{\n  id Int @id\n  {t}\n}}\nmodel U {{\n  id Int @id\n  {u}\n}}")
    };
    let key = "uId Int?\n  u U? @relation(fields: [uId], references: [id])";
    let shade = |values: &str| {
        format!("enum Shade {{\n  {values}\n}}\nmodel T {{\n  id Int @id\n  s Shade @default(RED)\n}}")
    };
    let full = |rest: &str| t(&format!("text String @default(\"x\")\n  {rest}\n  @@fulltext([text])"));
    let (free, held) = (Some(LockMode::Metadata), Some(LockMode::NoWrite));
    for (before, after, strongest) in [
        (t(""), t("v Int?"), free),
        (t(""), t("v String @default(\"x\")"), free),
        (t(""), t("v DateTime @default(now())"), free),
        (t(""), t("v Json @default(dbgenerated(\"(json_object())\"))"), held),
        (t("v Int?"), t(""), free),
        (t("v Int?\n  @@index([v])"), t(""), free),
        (t("v Int @default(1)"), t("v Int? @default(1)"), free),
        (t("v Int? @default(1)"), t("v Int @default(1)"), free),
        (t("v Int @default(1)"), t("v Int @default(2)"), free),
        (t("v Int? @default(1)"), t("v Int?"), free),
        (t("v Int?"), t("v BigInt?"), held),
        (t("v Int?"), t("/// @schemalift.renamedFrom(v)\n  w Int?"), free),
        (t("v Int?"), t("v Int?\n  @@index([v])"), free),
        (t("v Int?"), t("v Int?\n  w Int?\n  @@index([w])"), free),
        (t("v Int?\n  @@index([v])"), t("v Int?"), free),
        (t("v Int?\n  @@index([v], map: \"a\")"), t("v Int?\n  @@index([v], map: \"b\")"), free),
        (t("v String @default(\"x\")"), t("v String @default(\"x\")\n  @@fulltext([v])"), held),
        (full("v Int?"), full("v Int?\n  w Int?"), held),
        (full("v Int?"), full(""), held),
        (full("v Int @default(1)"), full("v Int? @default(1)"), held),
        (full("v Int @default(1)"), full("v Int @default(2)"), free),
        (full("v Int?"), full("v Int?\n  @@index([v])"), free),
        (shade("RED\n  BLUE"), shade("RED\n  BLUE\n  GREEN"), free),
        (shade("RED\n  BLUE"), shade("BLUE\n  RED"), held),
        (two("uId Int?", ""), two(key, "ts T[]"), held),
        (two(key, "ts T[]"), two("uId Int?\n  @@index([uId], map: \"T_uId_fkey\")", ""), free),
    ] {
        let place = Place::mysql().await;
        let empty = Schema::empty(schema::Dialect::MySql);
        let make = render(&diff(&empty, &schema(&place, &before), &Ownership::default()).unwrap());
        for step in &make.steps {
            place.execute(&step.statements[0].replace('`', "\"")).await;
        }
        place.execute("INSERT INTO \"T\" (id) VALUES (1), (2), (3)").await;
        let script = script(&place, &before, &after);
        assert!(!script.steps.is_empty(), "{before}\n{after}");
        let mut most = None;
        for step in &script.steps {
            for statement in &step.statements {
                if statement.starts_with("CREATE TABLE") || statement.starts_with("RENAME TABLE") {
                    continue;
                }
                let mode = step
                    .impact
                    .locks
                    .iter()
                    .find(|lock| statement.contains(&format!("TABLE `{}`", lock.table)));
                let mode = mode.or(step.impact.locks.first()).map(|lock| lock.mode);
                let stated = if mode == free { "LOCK=NONE" } else { "LOCK=SHARED" };
                assert!(statement.ends_with(stated), "{mode:?}: {statement}");
                most = most.max(mode);
                place.execute(&statement.replace('`', "\"")).await;
            }
        }
        assert_eq!(most, strongest, "{}", sql::text(&script));
    }
}

const SMALL: &str = "model T {\n  id Int @id\n  v Int?\n}";

/// The plan knows that the table would be copied.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_is_refused_by_the_policy_with_its_reason_and_the_rows() {
    let place = Place::mysql().await;
    place.apply(SMALL).await;
    place.execute("INSERT INTO \"T\" (id, v) VALUES (1, 1), (2, 2), (3, 3)").await;
    place.execute("ANALYZE TABLE \"T\"").await;
    let mut request = place.request(&SMALL.replace("v Int?", "v BigInt?"));
    request.policy.limits = Limits { lock: Some(Blocks::Nothing), rewrite: None };
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    for part in ["rewrites under SHARED on T (about 3 rows, ", "writes wait", "`execution.maxLock: Nothing`"]
    {
        assert!(waiting.message.contains(part), "{part}: {}", waiting.message);
    }
    assert_eq!(place.history().await.len(), 1);
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
}

/// Only the server knows it: it refuses the statement before it begins, and the run says why and how large the table is.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_nobody_foresaw_is_refused_by_the_server_before_it_starts() {
    let place = Place::mysql().await;
    place.apply(SMALL).await;
    place.execute("INSERT INTO \"T\" (id, v) VALUES (1, 1), (2, 2), (3, 3)").await;
    place.execute("ANALYZE TABLE \"T\"").await;
    let after = SMALL.replace("v Int?", "v BigInt?");
    let mut script = script(&place, SMALL, &after);
    let statement = &mut script.steps[0].statements[0];
    *statement = statement.replace("LOCK=SHARED", "LOCK=NONE");
    script.digest = sql::digest(&script);
    let mut database = place.connect().await;
    database.lock(&[]).await.unwrap();
    let migration = NewMigration {
        owner: crate::support::OWNER.to_owned(),
        name: "m".to_owned(),
        approved_digest: None,
        actor: None,
        tool_version: "0".to_owned(),
        back: None,
    };
    let id = database.record(&migration, &script, Opening::Run).await.unwrap();
    let error = database.run(&id, &script, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.reason(), Reason::StatementFailed, "{error}");
    for part in
        ["annot change column type", "LOCK=NONE is not supported", "before it began", "T (about 3 rows, "]
    {
        assert!(error.to_string().contains(part), "{part}: {error}");
    }
    let wide = "SELECT count(*) FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'T' \
                AND COLUMN_NAME = 'v' AND DATA_TYPE = 'bigint'";
    assert_eq!(place.count(wide).await, 0);
    // Made by hand it is found done.
    place.execute("ALTER TABLE \"T\" MODIFY COLUMN v BIGINT NULL").await;
    database.run(&id, &script, &mut |_| {}).await.unwrap();
    let history = database.history().await.unwrap().unwrap();
    let rows = history.unfinished.unwrap().steps;
    assert!(rows.iter().all(|row| row.state == StepState::Done));
}
