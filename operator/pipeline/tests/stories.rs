//! What people live through with their database, on SQLite, PostgreSQL and MariaDB alike.

use database::MigrationState;
use pipeline::{ApprovalRule, Destructive, DriftRule, FirstContact, HistoryRule, RunMode};
use reason::Reason;
use schema::Dialect;

use crate::support::{OWNER, Place, digest, steps};

const USER: &str = "model User {
  id    Int     @id @default(autoincrement())
  email String
  name  String?
}
";

const USERS: &str = "INSERT INTO \"User\" (email, name) VALUES ('ann@example.org', 'Ann'), \
                     ('bob@example.org', 'Bob'), ('cleo@example.org', NULL)";

const COUNT_USERS: &str = "SELECT count(*) FROM \"User\"";

/// The user model with other fields after `id`.
fn user(fields: &str) -> String {
    format!("model User {{\n  id Int @id @default(autoincrement())\n{fields}\n}}\n")
}

/// A place with three users.
async fn with_users(place: &Place) {
    place.apply(USER).await;
    place.execute(USERS).await;
}

on_every! {
    a_database_is_made_from_nothing_and_then_there_is_nothing_to_do
    an_edit_changes_only_the_difference_and_keeps_the_rows
    a_dropped_column_waits_until_exactly_its_digest_is_approved
    a_column_without_values_goes_without_approval
    an_approval_of_another_plan_is_superseded
    a_required_column_is_refused_where_rows_have_no_value_for_it
    a_required_column_comes_to_an_empty_table
    a_column_becomes_required_once_it_holds_no_null
    a_unique_index_is_refused_while_there_are_duplicates
    a_narrowing_cast_runs_once_every_value_fits
    tables_columns_and_enums_are_renamed_by_hint
    a_model_that_is_replaced_by_a_similar_one_is_a_possible_rename
    a_dropped_table_waits_and_goes_when_approved
    forbid_stops_an_approved_loss_and_lets_the_rest_pass
    allow_asks_nobody
    an_approval_may_be_asked_for_every_plan
    an_equal_database_is_recorded_as_the_starting_point
    a_different_database_is_not_touched_until_it_is_adopted
    a_table_of_others_that_is_named_later_asks_for_adoption
    tables_of_others_are_listed_and_left_alone
    tables_of_tools_are_in_no_plan_and_no_list
    a_history_that_vanished_is_no_fresh_start
    another_owner_is_refused_until_the_database_is_handed_over
    drift_blocks_until_it_is_undone
    drift_may_pass_with_a_report
    drift_that_the_datamodel_catches_up_with_is_recorded
    planning_writes_nothing
    verifying_writes_nothing
    the_name_of_an_index_moves_to_another_table
    a_relation_with_all_its_keys_comes_and_goes
}

async fn a_database_is_made_from_nothing_and_then_there_is_nothing_to_do(place: &Place) {
    let outcome = place.apply(USER).await;
    assert_eq!(steps(&outcome), ["create table User (3 columns)"]);
    let history = place.history().await;
    assert_eq!(history.len(), 1);
    assert_eq!((history[0].state, history[0].owner.as_str()), (MigrationState::Applied, OWNER));
    assert_eq!((history[0].steps_done, history[0].steps_total), (1, 1));
    place.execute(USERS).await;
    assert_eq!(place.count(COUNT_USERS).await, 3);
}

async fn an_edit_changes_only_the_difference_and_keeps_the_rows(place: &Place) {
    with_users(place).await;
    let edited = format!(
        "{}\nmodel Post {{\n  id Int @id @default(autoincrement())\n  title String\n}}",
        user("  email String @unique\n  name String?\n  age Int?\n  active Boolean @default(true)")
    );
    let outcome = place.apply(&edited).await;
    let mut lines = steps(&outcome);
    lines.sort();
    assert_eq!(
        lines,
        [
            "change table User: add age, add active",
            "create table Post (2 columns)",
            "create unique index User_email_key (email) on User",
        ]
    );
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE age IS NULL AND active").await, 3);
    assert_eq!(place.history().await.len(), 2);
}

async fn a_dropped_column_waits_until_exactly_its_digest_is_approved(place: &Place) {
    with_users(place).await;
    let mut request = place.request(&user("  email String"));
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval);
    assert!(waiting.message.contains("P0102"), "{}", waiting.message);
    assert!(waiting.message.contains("(2 rows, for example id = 1)"), "{}", waiting.message);
    assert!(waiting.message.contains(&digest(&waiting)), "{}", waiting.message);
    assert_eq!(place.count("SELECT count(name) FROM \"User\"").await, 2);
    assert_eq!(place.history().await.len(), 1);

    request.approved_digest = Some(digest(&waiting));
    let outcome = place.apply_request(&request).await;
    assert_eq!(digest(&outcome), digest(&waiting));
    assert_eq!(place.count(COUNT_USERS).await, 3);
    assert_eq!(place.history().await[0].approved_digest, request.approved_digest);
}

async fn a_column_without_values_goes_without_approval(place: &Place) {
    place.apply(USER).await;
    place.execute("INSERT INTO \"User\" (email) VALUES ('ann@example.org')").await;
    place.apply(&user("  email String")).await;
    assert_eq!(place.count(COUNT_USERS).await, 1);
}

async fn an_approval_of_another_plan_is_superseded(place: &Place) {
    with_users(place).await;
    let first = place.migrate(&place.request(&user("  email String"))).await;
    let mut request = place.request(&user("  name String?"));
    request.approved_digest = Some(digest(&first));
    let second = place.migrate(&request).await;
    assert_eq!(second.reason, Reason::AwaitingApproval);
    assert!(second.message.contains("is for another plan"), "{}", second.message);
    assert_eq!(place.count("SELECT count(name) + count(email) FROM \"User\"").await, 5);
}

async fn a_required_column_is_refused_where_rows_have_no_value_for_it(place: &Place) {
    with_users(place).await;
    let request = place.request(&user("  email String\n  name String?\n  city String"));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::RequiredColumnOnNonEmptyTable);
    assert!(outcome.message.contains("(3 rows, for example id = 1)"), "{}", outcome.message);
    assert_eq!(place.count(COUNT_USERS).await, 3);
    assert_eq!(place.history().await.len(), 1);
    place.apply(&user("  email String\n  name String?\n  city String @default(\"Ghent\")")).await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE city = 'Ghent'").await, 3);
}

async fn a_required_column_comes_to_an_empty_table(place: &Place) {
    place.apply(USER).await;
    place.apply(&user("  email String\n  name String?\n  city String")).await;
}

async fn a_column_becomes_required_once_it_holds_no_null(place: &Place) {
    with_users(place).await;
    let request = place.request(&user("  email String\n  name String"));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::DataViolatesPlan);
    assert!(outcome.message.contains("(1 row, id = 3)"), "{}", outcome.message);
    place.execute("UPDATE \"User\" SET name = 'Cleo' WHERE name IS NULL").await;
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT count(name) FROM \"User\"").await, 3);
}

async fn a_unique_index_is_refused_while_there_are_duplicates(place: &Place) {
    with_users(place).await;
    place.execute("INSERT INTO \"User\" (email) VALUES ('ann@example.org')").await;
    let request = place.request(&user("  email String @unique\n  name String?"));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::DataViolatesPlan);
    assert!(outcome.message.contains("P0203"), "{}", outcome.message);
    assert_eq!(place.count(COUNT_USERS).await, 4);
    place.execute("DELETE FROM \"User\" WHERE email = 'ann@example.org' AND name IS NULL").await;
    place.apply_request(&request).await;
    assert_eq!(place.count(COUNT_USERS).await, 3);
}

async fn a_narrowing_cast_runs_once_every_value_fits(place: &Place) {
    place.apply(&user("  size BigInt")).await;
    place.execute("INSERT INTO \"User\" (size) VALUES (7), (42), (3000000000)").await;
    let request = place.request(&user("  size Int"));
    let outcome = place.migrate(&request).await;
    // SQLite would keep the value as it is; the others would refuse it.
    let (reason, code) = match place.target.dialect() {
        Dialect::Sqlite => (Reason::AwaitingApproval, "P0104"),
        Dialect::PostgreSql | Dialect::MySql => (Reason::DataViolatesPlan, "P0206"),
    };
    assert_eq!(outcome.reason, reason);
    assert!(outcome.message.contains(code), "{}", outcome.message);
    assert!(outcome.message.contains("(1 row, id = 3)"), "{}", outcome.message);
    place.execute("UPDATE \"User\" SET size = 1 WHERE id = 3").await;
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT sum(size) FROM \"User\"").await, 50);
}

async fn tables_columns_and_enums_are_renamed_by_hint(place: &Place) {
    place
        .apply(
            "enum Role {\n  READER\n  AUTHOR\n}\n
model User {
  id    Int    @id @default(autoincrement())
  email String @unique
  role  Role   @default(READER)
  posts Post[]
}
model Post {
  id       Int    @id @default(autoincrement())
  author   User   @relation(fields: [authorId], references: [id])
  authorId Int
}",
        )
        .await;
    place
        .execute(
            "INSERT INTO \"User\" (email, role) VALUES ('ann@example.org', 'AUTHOR'); \
             INSERT INTO \"Post\" (\"authorId\") VALUES (1), (1)",
        )
        .await;
    let outcome = place
        .apply(
            "/// @schemalift.renamedFrom(Role)\nenum Level {\n  READER\n  AUTHOR\n}\n
/// @schemalift.renamedFrom(User)
model Person {
  id    Int    @id @default(autoincrement())
  /// @schemalift.renamedFrom(email)
  mail  String @unique
  role  Level  @default(READER)
  posts Post[]
}
model Post {
  id       Int    @id @default(autoincrement())
  author   Person @relation(fields: [writerId], references: [id])
  /// @schemalift.renamedFrom(authorId)
  writerId Int
}",
        )
        .await;
    assert!(!outcome.plan.unwrap().loses_data());
    let people = "SELECT count(*) FROM \"Person\" WHERE mail = 'ann@example.org' AND role = 'AUTHOR'";
    assert_eq!(place.count(people).await, 1);
    assert_eq!(place.count("SELECT count(*) FROM \"Post\" WHERE \"writerId\" = 1").await, 2);
}

async fn a_model_that_is_replaced_by_a_similar_one_is_a_possible_rename(place: &Place) {
    with_users(place).await;
    let renamed = USER.replace("model User", "model Person");
    let outcome = place.migrate(&place.request(&renamed)).await;
    assert_eq!(outcome.reason, Reason::AwaitingApproval);
    assert!(outcome.message.contains("P0106"), "{}", outcome.message);
    assert!(outcome.message.contains("@schemalift.renamedFrom(User)"), "{}", outcome.message);
    assert_eq!(place.count(COUNT_USERS).await, 3);
    place.apply(&format!("/// @schemalift.renamedFrom(User)\n{renamed}")).await;
    assert_eq!(place.count("SELECT count(*) FROM \"Person\"").await, 3);
}

async fn a_dropped_table_waits_and_goes_when_approved(place: &Place) {
    let post = "model Post {\n  id Int @id @default(autoincrement())\n  title String\n}\n";
    place.apply(&format!("{USER}{post}")).await;
    place.execute(USERS).await;
    let mut request = place.request(post);
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval);
    assert!(waiting.message.contains("P0101"), "{}", waiting.message);
    assert!(waiting.message.contains("(3 rows, for example id = 1)"), "{}", waiting.message);
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
    assert_eq!(place.tables().await, ["Post"]);
}

async fn forbid_stops_an_approved_loss_and_lets_the_rest_pass(place: &Place) {
    with_users(place).await;
    let mut request = place.request(&user("  email String"));
    request.approved_digest = Some(digest(&place.migrate(&request).await));
    request.policy.destructive = Destructive::Forbid;
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::PolicyForbids);
    assert_eq!(place.count("SELECT count(name) FROM \"User\"").await, 2);
    let mut request = place.request(&user("  email String\n  name String?\n  age Int?"));
    request.policy.destructive = Destructive::Forbid;
    place.apply_request(&request).await;
}

async fn allow_asks_nobody(place: &Place) {
    with_users(place).await;
    let mut request = place.request(&user("  email String"));
    request.policy.destructive = Destructive::Allow;
    place.apply_request(&request).await;
    assert_eq!(place.count(COUNT_USERS).await, 3);
}

async fn an_approval_may_be_asked_for_every_plan(place: &Place) {
    let mut request = place.request(USER);
    request.policy.approval = ApprovalRule::Always;
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval);
    assert!(place.tables().await.is_empty());
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
}

async fn an_equal_database_is_recorded_as_the_starting_point(place: &Place) {
    let elsewhere = place.another().await;
    let script = elsewhere.apply(USER).await.plan.unwrap().script;
    for statement in script.steps.iter().flat_map(|step| &step.statements) {
        place.execute(statement).await;
    }
    place.execute(USERS).await;
    let request = place.request(USER);
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{}", outcome.message);
    assert_eq!(place.history().await[0].state, MigrationState::Baselined);
    place.assert_settled(&request).await;
    place.apply(&user("  email String\n  name String?\n  age Int?")).await;
    assert_eq!(place.count(COUNT_USERS).await, 3);
}

async fn a_different_database_is_not_touched_until_it_is_adopted(place: &Place) {
    place
        .execute(&format!(
            "CREATE TABLE \"User\" (id INTEGER NOT NULL PRIMARY KEY, email {text} NOT NULL, secret {text})",
            text = place.text()
        ))
        .await;
    place.execute("INSERT INTO \"User\" (id, email, secret) VALUES (1, 'ann@example.org', 'x')").await;
    let mut request = place.request(&user("  email String\n  secret String?\n  age Int?"));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::AdoptionRequired);
    assert!(outcome.message.contains("add age"), "{}", outcome.message);
    assert!(place.history().await.is_empty());
    request.first_contact = FirstContact::Adopt;
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE secret = 'x'").await, 1);
    request.first_contact = FirstContact::Ask;
    place.assert_settled(&request).await;
    // The normal policy rules what was adopted.
    let outcome = place.migrate(&place.request(&user("  email String\n  age Int?"))).await;
    assert_eq!(outcome.reason, Reason::AwaitingApproval);
}

async fn a_table_of_others_that_is_named_later_asks_for_adoption(place: &Place) {
    with_users(place).await;
    let text = place.text();
    let table =
        format!("CREATE TABLE audit (id INTEGER NOT NULL PRIMARY KEY, line {text} NOT NULL, secret {text})");
    place.execute(&table).await;
    place.execute("INSERT INTO audit VALUES (1, 'a', 'x')").await;
    let equal = format!("{USER}model audit {{\n  id Int @id\n  line String\n  secret String?\n}}");
    let other = format!("{USER}model audit {{\n  id Int @id\n  line String\n  secret String?\n  at Int?\n}}");
    let mut request = place.request(&other);
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::AdoptionRequired, "{}", outcome.message);
    assert!(outcome.message.contains("add at"), "{}", outcome.message);
    assert_eq!(place.history().await.len(), 1);
    // Named exactly as it is, it becomes ours; from then on it is changed like any other.
    let outcome = place.migrate(&place.request(&equal)).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{}", outcome.message);
    request.first_contact = FirstContact::Adopt;
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT count(*) FROM audit WHERE secret = 'x'").await, 1);
    request.first_contact = FirstContact::Ask;
    place.assert_settled(&request).await;
}

async fn tables_of_others_are_listed_and_left_alone(place: &Place) {
    place.execute("CREATE TABLE audit (line TEXT); INSERT INTO audit VALUES ('a'), ('b')").await;
    let outcome = place.apply(USER).await;
    let names: Vec<&str> = outcome.unmanaged.iter().map(|table| table.name.as_str()).collect();
    assert_eq!(names, ["audit"]);
    place.apply("model Post {\n  id Int @id @default(autoincrement())\n}").await;
    assert_eq!(place.tables().await, ["Post", "audit"]);
    assert_eq!(place.count("SELECT count(*) FROM audit").await, 2);
}

async fn tables_of_tools_are_in_no_plan_and_no_list(place: &Place) {
    place
        .execute("CREATE TABLE \"_prisma_migrations\" (id INTEGER); CREATE TABLE \"_Migration\" (revision INTEGER)")
        .await;
    place.execute("CREATE VIEW shown AS SELECT revision FROM \"_Migration\"").await;
    let outcome = place.apply(USER).await;
    let listed: Vec<String> = outcome.unmanaged.iter().map(ToString::to_string).collect();
    assert_eq!(listed, ["shown"]);
    assert_eq!(place.tables().await, ["User"]);
    assert_eq!(place.count("SELECT count(*) FROM \"_Migration\"").await, 0);
}

async fn a_history_that_vanished_is_no_fresh_start(place: &Place) {
    with_users(place).await;
    for table in ["_schemalift_step", "_schemalift_migration", "_schemalift_fence"] {
        place.execute(&format!("DROP TABLE IF EXISTS \"{table}\"")).await;
    }
    let mut request = place.request(&user("  email String\n  name String?\n  age Int?"));
    request.history = HistoryRule::Expected;
    let failure = place.run(&request).await.unwrap_err();
    assert_eq!(failure.reason, Reason::HistoryMissing, "{}", failure.message);
    assert!(failure.message.contains("spec.adopt"), "{}", failure.message);
    assert_eq!(place.tables().await, ["User"]);
    request.first_contact = FirstContact::Adopt;
    place.apply_request(&request).await;
    request.first_contact = FirstContact::Ask;
    place.assert_settled(&request).await;
    assert_eq!(place.count(COUNT_USERS).await, 3);
}

async fn another_owner_is_refused_until_the_database_is_handed_over(place: &Place) {
    with_users(place).await;
    let mut request = place.request(&user("  email String\n  name String?\n  age Int?"));
    "laptop/shop/other".clone_into(&mut request.owner);
    let failure = place.run(&request).await.unwrap_err();
    assert_eq!(failure.reason, Reason::Conflict);
    assert!(failure.message.contains(OWNER), "{}", failure.message);
    request.take_over_from = Some("laptop/shop/third".to_owned());
    assert_eq!(place.run(&request).await.unwrap_err().reason, Reason::Conflict);
    assert_eq!(place.history().await.len(), 1);
    request.take_over_from = Some(OWNER.to_owned());
    place.apply_request(&request).await;
    request.take_over_from = None;
    place.assert_settled(&request).await;
    assert_eq!(place.run(&place.request(USER)).await.unwrap_err().reason, Reason::Conflict);
}

async fn drift_blocks_until_it_is_undone(place: &Place) {
    with_users(place).await;
    place.execute("ALTER TABLE \"User\" ADD COLUMN note TEXT").await;
    let request = place.request(&user("  email String\n  name String?\n  age Int?"));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::DriftDetected);
    assert!(outcome.message.contains("note"), "{}", outcome.message);
    assert_eq!(outcome.drift.len(), 1);
    assert_eq!(place.history().await.len(), 1);
    place.execute("ALTER TABLE \"User\" DROP COLUMN note").await;
    place.apply_request(&request).await;
}

async fn drift_may_pass_with_a_report(place: &Place) {
    with_users(place).await;
    place.execute("ALTER TABLE \"User\" ADD COLUMN note TEXT").await;
    let mut request = place.request(&user("  email String\n  name String?\n  age Int?"));
    request.policy.drift = DriftRule::Report;
    let outcome = place.apply_request(&request).await;
    assert_eq!(outcome.drift.len(), 1);
    assert_eq!(place.count(COUNT_USERS).await, 3);
}

async fn drift_that_the_datamodel_catches_up_with_is_recorded(place: &Place) {
    with_users(place).await;
    place.execute(&format!("ALTER TABLE \"User\" ADD COLUMN note {}", place.text())).await;
    let request = place.request(&user("  email String\n  name String?\n  note String?"));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::Baselined, "{}", outcome.message);
    place.assert_settled(&request).await;
}

async fn planning_writes_nothing(place: &Place) {
    let mut request = place.request(USER);
    request.mode = RunMode::Plan;
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::PlanPublished);
    assert_eq!(steps(&outcome).len(), 1);
    assert!(place.tables().await.is_empty());
    assert!(place.connect().await.history().await.unwrap().is_none());
}

async fn verifying_writes_nothing(place: &Place) {
    let mut request = place.request(USER);
    request.mode = RunMode::Verify;
    let different = place.run(&request).await.map_or_else(|failure| failure.reason, |outcome| outcome.reason);
    assert_eq!(different, Reason::VerificationFailed);
    assert!(place.tables().await.is_empty());
    assert!(place.connect().await.history().await.unwrap().is_none());
    place.apply(USER).await;
    assert_eq!(place.migrate(&request).await.reason, Reason::UpToDate);
}

async fn a_relation_with_all_its_keys_comes_and_goes(place: &Place) {
    with_users(place).await;
    place
        .apply(
            "model User {
  id    Int     @id @default(autoincrement())
  email String
  name  String?
  posts Post[]
}
model Post {
  id       Int   @id @default(autoincrement())
  author   User? @relation(fields: [authorId], references: [id], onDelete: Cascade)
  authorId Int?
  tags     Tag[]
}
model Tag {
  id    Int    @id @default(autoincrement())
  posts Post[]
}",
        )
        .await;
    assert_eq!(place.tables().await, ["Post", "Tag", "User", "_PostToTag"]);
    // Nothing is in the tables that go.
    place.apply(USER).await;
    assert_eq!(place.tables().await, ["User"]);
    assert_eq!(place.count(COUNT_USERS).await, 3);
}

async fn the_name_of_an_index_moves_to_another_table(place: &Place) {
    let both = |first: &str, last: &str| {
        format!(
            "model A {{\n  id Int @id\n  n Int\n{first}\n}}\nmodel B {{\n  id Int @id\n  n Int\n{last}\n}}"
        )
    };
    place.apply(&both("", "  @@index([n], map: \"wandering\")")).await;
    place.apply(&both("  @@index([n], map: \"wandering\")", "")).await;
    place.apply(&both("", "  @@index([n], map: \"wandering\")")).await;
}
