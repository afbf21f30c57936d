//! What the datamodel calls as before is renamed when its `@map` changes, with nothing but the database at hand.

use database::MigrationState;
use pipeline::{DriftRule, Outcome, Point, Request, RunMode, roll_back};
use reason::Reason;

use crate::support::{Place, empty_request, parse, steps};

on_every! {
    a_table_and_its_columns_follow_their_maps_there_and_back
    a_rollback_renames_back
    a_starting_point_knows_the_names
    a_history_without_names_asks_as_before
    a_name_that_is_given_anew_is_not_taken_for_its_first_bearer
    a_row_that_only_records_names_is_no_step_on_the_way_back
    what_came_by_hand_has_no_name
    after_a_migration_that_was_closed_half_way_nothing_is_certain
    columns_that_exchange_their_names_are_left_as_they_are
    a_map_that_only_changes_its_case_is_a_rename
    types_of_prisma_1_follow_too
    values_follow_their_maps_there_and_back
    values_that_nobody_knows_for_the_same_are_left
}

const BEFORE: &str = "model User {
  id    Int    @id
  email String @unique @map(\"mail\")
  nick  String? @map(\"alias\")
  posts Post[]
  @@map(\"users\")
}
model Post {
  id       Int  @id
  author   User @relation(fields: [authorId], references: [id])
  authorId Int  @map(\"author\")
}";

const AFTER: &str = "model User {
  id    Int    @id
  email String @unique @map(\"email_address\")
  nick  String?
  posts Post[]
  @@map(\"accounts\")
}
model Post {
  id       Int  @id
  author   User @relation(fields: [authorId], references: [id])
  authorId Int  @map(\"author_id\")
}";

const RENAMES: [&str; 4] = [
    "rename table users to accounts (still model User)",
    "rename column accounts.mail to email_address (still field email)",
    "rename column accounts.alias to nick (still field nick)",
    "rename column Post.author to author_id (still field authorId)",
];

async fn with_rows(place: &Place) {
    place.apply(BEFORE).await;
    place
        .execute("INSERT INTO users (id, mail, alias) VALUES (1, 'ann@example.org', 'Ann'), (2, 'bob@example.org', NULL)")
        .await;
    place.execute("INSERT INTO \"Post\" (id, author) VALUES (7, 1)").await;
}

async fn renamed(place: &Place) {
    let kept = "SELECT count(*) FROM accounts JOIN \"Post\" p ON p.author_id = accounts.id
        WHERE email_address = 'ann@example.org' AND nick = 'Ann'";
    assert_eq!(place.count(kept).await, 1);
    assert_eq!(place.count("SELECT count(*) FROM accounts").await, 2);
}

async fn as_before(place: &Place) {
    let kept = "SELECT count(*) FROM users JOIN \"Post\" p ON p.author = users.id
        WHERE mail = 'ann@example.org' AND alias = 'Ann'";
    assert_eq!(place.count(kept).await, 1);
}

fn only_renames(outcome: &Outcome) {
    let steps = steps(outcome);
    for rename in RENAMES {
        assert!(steps.iter().any(|step| step == rename), "{rename}: {steps:#?}");
    }
    assert!(!outcome.plan.as_ref().unwrap().loses_data(), "{steps:#?}");
}

/// The names of the indexes of a table.
async fn indexes(place: &Place, table: &str) -> Vec<String> {
    let schema = place.connect().await.introspect(&["public".to_owned()]).await.unwrap();
    let table = schema.tables.into_iter().find(|found| found.name.name == table).unwrap();
    table.indexes.into_iter().map(|index| index.name).collect()
}

async fn a_table_and_its_columns_follow_their_maps_there_and_back(place: &Place) {
    with_rows(place).await;
    only_renames(&place.apply(AFTER).await);
    renamed(place).await;
    assert!(indexes(place, "accounts").await.contains(&"accounts_email_address_key".to_owned()));
    place.apply(BEFORE).await;
    as_before(place).await;
    assert!(indexes(place, "users").await.contains(&"users_mail_key".to_owned()));
}

async fn a_rollback_renames_back(place: &Place) {
    with_rows(place).await;
    place.apply(AFTER).await;
    let request = roll_back(&mut place.connect().await, &place.request(""), Point::BeforeLast).await.unwrap();
    place.apply_request(&request).await;
    as_before(place).await;
    // The names are those of then.
    only_renames(&place.apply(AFTER).await);
    renamed(place).await;
}

async fn without_history(place: &Place) {
    for table in ["_schemalift_step", "_schemalift_migration", "_schemalift_fence"] {
        place.execute(&format!("DROP TABLE {table}")).await;
    }
}

async fn a_starting_point_knows_the_names(place: &Place) {
    with_rows(place).await;
    without_history(place).await;
    assert_eq!(place.migrate(&place.request(BEFORE)).await.reason, Reason::Baselined);
    only_renames(&place.apply(AFTER).await);
    renamed(place).await;
}

async fn a_history_without_names_asks_as_before(place: &Place) {
    with_rows(place).await;
    place
        .execute(
            "UPDATE _schemalift_migration SET \"schema\" = replace(\"schema\", '\"names\":', '\"unknown\":')",
        )
        .await;
    place.assert_settled(&place.request(BEFORE)).await;
    let outcome = place.migrate(&place.request(AFTER)).await;
    assert_eq!(outcome.reason, Reason::RequiredColumnOnNonEmptyTable, "{}", outcome.message);
    assert!(steps(&outcome).contains(&"drop table users".to_owned()), "{:?}", steps(&outcome));
    as_before(place).await;
}

async fn a_name_that_is_given_anew_is_not_taken_for_its_first_bearer(place: &Place) {
    let account = |name: &str, table: &str| {
        format!("model {name} {{\n  id Int @id\n  n Int?\n  @@map(\"{table}\")\n}}\n")
    };
    place.apply(&account("User", "users")).await;
    place.execute("INSERT INTO users VALUES (1, 10)").await;
    // Nothing to run, but the history has to know whose table it is now.
    let request = place.request(&account("Account", "users"));
    assert_eq!(place.migrate(&request).await.reason, Reason::Baselined);
    place.assert_settled(&request).await;
    assert_eq!(place.history().await[0].state, MigrationState::Baselined);
    let outcome = place.apply(&(account("Account", "accounts") + &account("User", "customers"))).await;
    assert!(steps(&outcome).contains(&"rename table users to accounts (still model Account)".to_owned()));
    assert_eq!(place.count("SELECT count(*) FROM accounts").await, 1);
    assert_eq!(place.count("SELECT count(*) FROM customers").await, 0);
}

async fn a_row_that_only_records_names_is_no_step_on_the_way_back(place: &Place) {
    let model =
        |name: &str, rest: &str| format!("model {name} {{\n  id Int @id\n{rest}  @@map(\"users\")\n}}\n");
    let hinted = "  /// @schemalift.renamedFrom(n)\n  k Int?\n";
    place.apply(&model("User", "  n Int?\n")).await;
    place.execute("INSERT INTO users VALUES (1, 10)").await;
    place.apply(&model("User", hinted)).await;
    assert_eq!(place.migrate(&place.request(&model("Account", hinted))).await.reason, Reason::Baselined);
    // The datamodel put back, and the history asked: both know what the migration before has renamed.
    let mut plan = place.request(&model("User", "  n Int?\n"));
    plan.mode = RunMode::Plan;
    assert_eq!(steps(&place.migrate(&plan).await), ["rename column users.k to n"]);
    let back = roll_back(&mut place.connect().await, &place.request(""), Point::BeforeLast).await.unwrap();
    assert_eq!(steps(&place.apply_request(&back).await), ["rename column users.k to n"]);
    assert_eq!(place.count("SELECT count(*) FROM users WHERE n = 10").await, 1);
}

async fn what_came_by_hand_has_no_name(place: &Place) {
    place.apply("model T {\n  id Int @id\n}").await;
    place.execute("ALTER TABLE \"T\" ADD COLUMN nick INTEGER").await;
    place.execute("INSERT INTO \"T\" VALUES (1, 5)").await;
    let mut request = place.request("model T {\n  id Int @id\n  nick Int? @map(\"nickname\")\n}");
    request.policy.drift = DriftRule::Report;
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::AwaitingApproval, "{}", outcome.message);
    assert!(!steps(&outcome).iter().any(|step| step.contains("rename")), "{:?}", steps(&outcome));
}

/// What stands under the recorded name may be something else by now.
async fn after_a_migration_that_was_closed_half_way_nothing_is_certain(place: &Place) {
    let model = |map: &str| format!("model T {{\n  id Int @id\n  a Int? @map(\"{map}\")\n}}\n");
    place.apply(&model("x")).await;
    place.execute("INSERT INTO \"T\" VALUES (1, 5)").await;
    place.apply(&(model("x") + "model U {\n  id Int @id\n}\n")).await;
    place.execute("UPDATE _schemalift_migration SET state = 'failed' WHERE id = 2").await;
    let outcome = place.migrate(&place.request(&model("z"))).await;
    assert_eq!(outcome.reason, Reason::AwaitingApproval, "{}", outcome.message);
    assert!(!steps(&outcome).iter().any(|step| step.contains("rename")), "{:?}", steps(&outcome));
}

async fn columns_that_exchange_their_names_are_left_as_they_are(place: &Place) {
    let models = |a: &str, b: &str| {
        format!("model T {{\n  id Int @id\n  a String? @map(\"{a}\")\n  b String? @map(\"{b}\")\n}}")
    };
    place.apply(&models("x", "y")).await;
    place.execute("INSERT INTO \"T\" (id, x, y) VALUES (1, 'ex', 'why')").await;
    let outcome = place.migrate(&place.request(&models("y", "x"))).await;
    assert_eq!((outcome.reason, outcome.steps_total), (Reason::Baselined, 0), "{}", outcome.message);
    let kept = "SELECT count(*) FROM \"T\" WHERE x = 'ex' AND y = 'why'";
    assert_eq!(place.count(kept).await, 1);
    // A chain has an end that makes room. Now `a` has been `y`.
    place.apply(&models("z", "y")).await;
    let moved = "SELECT count(*) FROM \"T\" WHERE z = 'why' AND y = 'ex'";
    assert_eq!(place.count(moved).await, 1);
}

async fn a_map_that_only_changes_its_case_is_a_rename(place: &Place) {
    place.apply("model Thing {\n  id Int @id\n  Size Int?\n}").await;
    place.execute("INSERT INTO \"Thing\" VALUES (1, 5)").await;
    place.apply("model Thing {\n  id Int @id\n  Size Int? @map(\"size\")\n  @@map(\"thing\")\n}").await;
    assert_eq!(place.count("SELECT count(*) FROM thing WHERE size = 5").await, 1);
    assert!(place.tables().await.contains(&"thing".to_owned()));
}

async fn types_of_prisma_1_follow_too(place: &Place) {
    let request = |table: &str, column: &str| {
        let text = format!(
            "type User @db(name: \"{table}\") {{\n  id: ID! @id\n  email: String @db(name: \"{column}\")\n}}\n"
        );
        Request { datamodel: parse(&text), ..empty_request(&place.target) }
    };
    place.apply_request(&request("users", "mail")).await;
    place.execute("INSERT INTO users (id, mail) VALUES ('1', 'ann@example.org')").await;
    let outcome = place.apply_request(&request("people", "email")).await;
    assert!(steps(&outcome).contains(&"rename column people.mail to email (still field email)".to_owned()));
    assert_eq!(place.count("SELECT count(*) FROM people WHERE email = 'ann@example.org'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_type_and_its_values_follow_their_maps() {
    let place = Place::postgresql().await;
    let models = |map: &str, root: &str| {
        format!(
            "enum Role {{\n  USER\n  ADMIN @map(\"{root}\")\n  @@map(\"{map}\")\n}}\nmodel T {{\n  id Int @id\n  role Role @default(ADMIN)\n}}"
        )
    };
    place.apply(&models("roles", "root")).await;
    place.execute("INSERT INTO \"T\" (id) VALUES (1)").await;
    let outcome = place.apply(&models("user_role", "admin")).await;
    assert_eq!(
        steps(&outcome),
        [
            "rename enum roles to user_role (still enum Role)",
            "rename value root of enum user_role to admin (still value ADMIN)"
        ]
    );
    assert_eq!(place.count("SELECT count(*) FROM \"T\" WHERE role = 'admin'").await, 1);
}

/// A column with the values `USER`, `ADMIN` and what is more.
fn role(of: &str, admin: &str, more: &str) -> String {
    format!(
        "enum {of} {{\n  USER\n  ADMIN @map(\"{admin}\")\n{more}}}\nmodel T {{\n  id Int @id\n  role {of} @default(ADMIN)\n}}"
    )
}

/// Also of one that came after the first migration, and whichever column holds it.
async fn values_follow_their_maps_there_and_back(place: &Place) {
    place.apply(&role("Role", "root", "")).await;
    place.execute("INSERT INTO \"T\" (id) VALUES (1); INSERT INTO \"T\" (id, role) VALUES (2, 'USER')").await;
    place.run(&place.request(&role("Role", "root", "  GUEST @map(\"g\")\n"))).await.unwrap();
    place.execute("INSERT INTO \"T\" (id, role) VALUES (3, 'g')").await;
    let after = role("Role", "admin", "  GUEST\n");
    let outcome = place.apply(&after).await;
    let said = steps(&outcome);
    assert!(said.iter().any(|step| step.contains("root") && step.contains("admin")), "{said:?}");
    let has = async |values: [&str; 3]| {
        for (row, value) in values.into_iter().enumerate() {
            let query = format!("SELECT count(*) FROM \"T\" WHERE id = {} AND role = '{value}'", row + 1);
            assert_eq!(place.count(&query).await, 1, "{value}");
        }
    };
    has(["admin", "USER", "GUEST"]).await;
    place.assert_settled(&place.request(&after)).await;
    place.execute("INSERT INTO \"T\" (id) VALUES (4)").await;
    assert_eq!(place.count("SELECT count(*) FROM \"T\" WHERE role = 'admin'").await, 2);
    place.apply(&role("Role", "root", "  GUEST @map(\"g\")\n")).await;
    has(["root", "USER", "g"]).await;
}

/// Two that exchange their names are taken at their word, and another enum is another one.
async fn values_that_nobody_knows_for_the_same_are_left(place: &Place) {
    let models = |one: &str, two: &str| {
        format!(
            "enum E {{\n  ONE @map(\"{one}\")\n  TWO @map(\"{two}\")\n}}\nmodel T {{\n  id Int @id\n  e E\n}}"
        )
    };
    place.apply(&models("a", "b")).await;
    place.execute("INSERT INTO \"T\" (id, e) VALUES (1, 'a'), (2, 'b')").await;
    place.run(&place.request(&models("b", "a"))).await.unwrap();
    assert_eq!(
        place.count("SELECT count(*) FROM \"T\" WHERE id = 1 AND e = 'a' OR id = 2 AND e = 'b'").await,
        2
    );
    let failure = place.run(&place.request(&models("c", "b"))).await.unwrap_err();
    assert!(failure.message.contains("passes on to something else"), "{}", failure.message);
    assert_eq!(place.count("SELECT count(*) FROM \"T\" WHERE e = 'a'").await, 1);
}
