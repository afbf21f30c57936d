//! Values of an enum that get other names take the rows along.

use database::Progress;
use mysql_async::prelude::Queryable as _;
use pipeline::{Point, roll_back};
use reason::{Class, Reason};
use servers::mysql::session;

use crate::support::{Place, end_sessions, steps};

on_every! {
    rows_and_defaults_follow_and_go_back
    values_of_many_rows_follow
    letters_that_only_change_their_case_follow
    a_value_that_a_key_holds_follows
    names_of_the_table_and_of_the_column_change_with_it
    a_later_edit_leaves_the_new_names
    a_value_that_stays_is_no_former_name
}

const BEFORE: &str = "enum State {\n  NEW\n  PAID\n  SENT\n}
model Task {\n  id Int @id\n  state State @default(NEW)\n  next State?\n}";

const AFTER: &str = "enum State {
  /// @schemalift.renamedFrom(NEW)\n  OPEN
  /// @schemalift.renamedFrom(PAID)\n  DONE @map(\"it's done\")\n  SENT\n  LATER\n}
model Task {\n  id Int @id\n  state State @default(OPEN)\n  next State?\n}";

async fn with_tasks(place: &Place) {
    place.apply(BEFORE).await;
    place
        .execute(
            "INSERT INTO \"Task\" (id, state, next) VALUES (1, 'NEW', 'PAID'), (2, 'PAID', NULL), (3, 'SENT', 'NEW')",
        )
        .await;
}

async fn assert_renamed(place: &Place) {
    let rows = "SELECT count(*) FROM \"Task\" WHERE (id = 1 AND state = 'OPEN' AND next = 'it''s done') \
                OR (id = 2 AND state = 'it''s done' AND next IS NULL) OR (id = 3 AND state = 'SENT' AND next = 'OPEN')";
    assert_eq!(place.count(rows).await, 3);
}

async fn assert_as_before(place: &Place) {
    let rows = "SELECT count(*) FROM \"Task\" WHERE (id = 1 AND state = 'NEW' AND next = 'PAID') \
                OR (id = 2 AND state = 'PAID' AND next IS NULL) OR (id = 3 AND state = 'SENT' AND next = 'NEW')";
    assert_eq!(place.count(rows).await, 3);
}

async fn rows_and_defaults_follow_and_go_back(place: &Place) {
    with_tasks(place).await;
    place.apply(AFTER).await;
    assert_renamed(place).await;
    place.execute("INSERT INTO \"Task\" (id) VALUES (4)").await;
    assert_eq!(place.count("SELECT count(*) FROM \"Task\" WHERE id = 4 AND state = 'OPEN'").await, 1);
    place.execute("DELETE FROM \"Task\" WHERE id = 4").await;
    // The datamodel is put back, comes again, and is rolled back.
    place.apply(BEFORE).await;
    assert_as_before(place).await;
    place.apply(AFTER).await;
    assert_renamed(place).await;
    let back = roll_back(&mut place.connect().await, &place.request(""), Point::After(1)).await.unwrap();
    place.apply_request(&back).await;
    assert_as_before(place).await;
    place.assert_settled(&place.request(BEFORE)).await;
}

async fn values_of_many_rows_follow(place: &Place) {
    place.apply(BEFORE).await;
    let rows: Vec<String> = (0..25_000).map(|id| format!("({id}, 'NEW')")).collect();
    place.execute(&format!("INSERT INTO \"Task\" (id, state) VALUES {}", rows.join(", "))).await;
    place.apply(AFTER).await;
    assert_eq!(place.count("SELECT count(*) FROM \"Task\" WHERE state = 'OPEN'").await, 25_000);
}

async fn letters_that_only_change_their_case_follow(place: &Place) {
    let models = |value: &str| {
        format!(
            "enum Role {{\n{value}\n  user\n}}\nmodel Person {{\n  id Int @id\n  role Role @default({})\n}}",
            value.trim_start().rsplit(' ').next().unwrap()
        )
    };
    place.apply(&models("  admin")).await;
    place.execute("INSERT INTO \"Person\" (id, role) VALUES (1, 'admin'), (2, 'user')").await;
    place.apply(&models("  /// @schemalift.renamedFrom(admin)\n  Admin")).await;
    let exact = if place.target.dialect() == schema::Dialect::MySql { "BINARY " } else { "" };
    let found = format!("SELECT count(*) FROM \"Person\" WHERE {exact}role = 'Admin' AND id = 1");
    assert_eq!(place.count(&found).await, 1);
}

async fn a_value_that_a_key_holds_follows(place: &Place) {
    let models = |value: &str| {
        format!(
            "enum Kind {{\n{value}\n  B\n}}
model Shelf {{\n  kind Kind @id\n  books Book[]\n}}
model Book {{\n  id Int @id\n  kind Kind\n  shelf Shelf @relation(fields: [kind], references: [kind])\n  @@unique([kind, id])\n}}"
        )
    };
    place.apply(&models("  A")).await;
    place.execute("INSERT INTO \"Shelf\" (kind) VALUES ('A'), ('B')").await;
    place.execute("INSERT INTO \"Book\" (id, kind) VALUES (1, 'A'), (2, 'B')").await;
    place.apply(&models("  /// @schemalift.renamedFrom(A)\n  C")).await;
    let joined =
        "SELECT count(*) FROM \"Book\" b JOIN \"Shelf\" s ON s.kind = b.kind WHERE b.kind = 'C' AND b.id = 1";
    assert_eq!(place.count(joined).await, 1);
}

async fn names_of_the_table_and_of_the_column_change_with_it(place: &Place) {
    with_tasks(place).await;
    let models = AFTER
        .replace("model Task", "/// @schemalift.renamedFrom(Task)\nmodel Work")
        .replace("  state State", "  /// @schemalift.renamedFrom(state)\n  phase State");
    place.apply(&models).await;
    let rows = "SELECT count(*) FROM \"Work\" WHERE (id = 1 AND phase = 'OPEN' AND next = 'it''s done') OR (id = 3 AND next = 'OPEN')";
    assert_eq!(place.count(rows).await, 2);
    place.apply(BEFORE).await;
    assert_as_before(place).await;
}

/// What undoes a part of a migration is not its way back.
async fn a_later_edit_leaves_the_new_names(place: &Place) {
    with_tasks(place).await;
    let values =
        "enum State {\n  NEW\n  PAID\n  SENT\n}\nmodel Task {\n  id Int @id\n  state State\n  next State?\n}";
    let hinted = values.replace("  NEW", "  /// @schemalift.renamedFrom(NEW)\n  OPEN");
    place.apply(values).await;
    place.apply(&hinted.replace("  next State?", "  next State?\n  more Int?")).await;
    let later = hinted.replace("  /// @schemalift.renamedFrom(NEW)\n", "");
    let mut request = place.request(&later);
    request.policy.destructive = pipeline::Destructive::Allow;
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT count(*) FROM \"Task\" WHERE state = 'OPEN'").await, 1);
    assert_eq!(place.count("SELECT count(*) FROM \"Task\" WHERE next = 'OPEN'").await, 1);
}

async fn a_value_that_stays_is_no_former_name(place: &Place) {
    with_tasks(place).await;
    let models = BEFORE.replace("  SENT", "  SENT\n  /// @schemalift.renamedFrom(NEW)\n  OPEN");
    let failure = place.run(&place.request(&models)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::PolicyForbids, "{failure}");
    assert!(failure.message.contains("renamedFrom"), "{failure}");
    assert_as_before(place).await;
}

/// Runs until a step begins, ends the session there, and sends the first statements of the step instead of it.
async fn cut_off(place: &Place, ord: usize, sent: usize) {
    let request = place.request(AFTER);
    let mut database = place.connect().await;
    let script = pipeline::inspect(&mut database, &request).await.unwrap().plan.unwrap().script;
    let statements: Vec<String> = script.steps[ord].statements.iter().take(sent).cloned().collect();
    let mut listen = |event: Progress| {
        if matches!(event, Progress::Started { ord: at, .. } if at == ord) {
            end_sessions(place.name.clone(), statements.clone());
        }
    };
    let failure = pipeline::migrate(&mut database, &request, &mut listen).await.unwrap_err();
    assert_eq!(failure.reason.class(), Class::Transient, "{ord} {sent} {}", failure.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_mysql_that_is_cut_off_anywhere_is_finished_by_the_next_one() {
    let place = Place::mysql().await;
    with_tasks(&place).await;
    let plan = place.apply(AFTER).await.plan.unwrap();
    let statements: Vec<usize> = plan.script.steps.iter().map(|step| step.statements.len()).collect();
    assert_eq!(statements, [1, 1, 1, 3]);
    for (ord, count) in statements.into_iter().enumerate() {
        for sent in 0..=count {
            let place = Place::mysql().await;
            with_tasks(&place).await;
            cut_off(&place, ord, sent).await;
            // The application that still runs does not know the new names.
            if ord < 3 {
                place.execute("INSERT INTO \"Task\" (id, state) VALUES (9, 'NEW')").await;
            }
            place.apply(AFTER).await;
            assert_renamed(&place).await;
            assert_eq!(place.history().await.len(), 2, "{ord} {sent}");
            let late = u64::from(ord < 3);
            let count = "SELECT count(*) FROM \"Task\" WHERE id = 9 AND state = 'OPEN'";
            assert_eq!(place.count(count).await, late, "{ord} {sent}");
        }
    }
}

/// The datamodel changes while the rows have names of both kinds.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_mysql_that_is_given_up_half_way_is_no_dead_end() {
    let place = Place::mysql().await;
    with_tasks(&place).await;
    cut_off(&place, 1, 1).await;
    let mut request = place.request(&AFTER.replace("next State?", "next State?\n  more Int?"));
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    request.approved_digest = Some(crate::support::digest(&waiting));
    place.apply_request(&request).await;
    assert_renamed(&place).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_mysql_keeps_what_a_datamodel_cannot_say() {
    let place = Place::mysql().await;
    place
        .execute(
            "CREATE TABLE Task (id INT NOT NULL PRIMARY KEY, \
             state ENUM('NEW', 'PAID', 'SENT') CHARACTER SET latin1 COLLATE latin1_german1_ci NOT NULL DEFAULT 'NEW' COMMENT 'it''s', \
             next ENUM('NEW', 'PAID', 'SENT'), at DATETIME(3) NULL ON UPDATE CURRENT_TIMESTAMP(3))",
        )
        .await;
    place.execute("INSERT INTO Task (id, at) VALUES (1, '2001-02-03 04:05:06')").await;
    let clock = |models: &str| models.replace("next State?", "next State?\n  at DateTime?");
    let mut request = place.request(&clock(BEFORE));
    request.first_contact = pipeline::FirstContact::Adopt;
    place.migrate(&request).await;
    request.datamodel = place.request(&clock(AFTER)).datamodel;
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
    let mut own = session(&place.name).await;
    let query = "SELECT concat_ws(' ', collation_name, column_comment) FROM information_schema.columns \
                 WHERE table_schema = database() AND table_name = 'Task' AND column_name = 'state'";
    let found: Option<String> = own.query_first(query).await.unwrap();
    assert_eq!(found.unwrap(), "latin1_german1_ci it's");
    let row = "SELECT count(*) FROM Task WHERE state = 'OPEN' AND at = '2001-02-03 04:05:06'";
    assert_eq!(place.count(row).await, 1);
    assert_eq!(steps(&outcome).len(), 4);
}

/// The number of a value takes one byte up to 255 of them.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_mysql_that_needs_another_byte_comes_nevertheless() {
    let place = Place::mysql().await;
    let models = |last: &str| {
        let values: Vec<String> = (1..255).map(|at| format!("  V{at}\n")).collect();
        format!("enum E {{\n{}{last}\n}}\nmodel T {{\n  id Int @id\n  e E\n}}", values.concat())
    };
    place.apply(&models("  OLD")).await;
    place.execute("INSERT INTO T VALUES (1, 'OLD'), (2, 'V254')").await;
    place.apply(&models("  /// @schemalift.renamedFrom(OLD)\n  YOUNG")).await;
    assert_eq!(place.count("SELECT count(*) FROM T WHERE (id, e) IN ((1, 'YOUNG'), (2, 'V254'))").await, 2);
    place.apply(&models("  YOUNG\n  MORE")).await;
}

/// Rows are all that tells here whether a rename was made.
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_rows_that_come_late_follow_and_a_name_that_is_used_again_stops() {
    let place = Place::sqlite();
    place.apply(AFTER).await;
    place
        .execute("INSERT INTO Task (id, state, next) VALUES (1, 'NEW', 'PAID'), (2, 'it''s done', NULL)")
        .await;
    // By an application that does not know the new names yet. One new name is there beside its old one.
    let mut request = place.request(AFTER);
    place.execute("INSERT INTO Task (id, state) VALUES (3, 'OPEN')").await;
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert!(waiting.message.contains("P0104"), "{}", waiting.message);
    request.approved_digest = Some(crate::support::digest(&waiting));
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT count(*) FROM Task WHERE state IN ('OPEN', 'it''s done')").await, 3);
    let again = AFTER.replace("  LATER", "  LATER\n  NEW");
    let failure = place.run(&place.request(&again)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::PolicyForbids, "{failure}");
    let plain = again.replace("  /// @schemalift.renamedFrom(NEW)\n", "");
    place.execute("INSERT INTO Task (id, state) VALUES (4, 'NEW')").await;
    place.run(&place.request(&plain)).await.unwrap();
    place.assert_settled(&place.request(&plain)).await;
    assert_eq!(place.count("SELECT count(*) FROM Task WHERE id = 4 AND state = 'NEW'").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_run_that_fails_leaves_every_row() {
    let place = Place::sqlite();
    with_tasks(&place).await;
    place
        .execute("CREATE TRIGGER no BEFORE UPDATE ON Task WHEN new.id = 3 BEGIN SELECT RAISE(ABORT, 'not now'); END")
        .await;
    let mut request = place.request(AFTER);
    request.policy.drift = pipeline::DriftRule::Ignore;
    let failure = place.run(&request).await.unwrap_err();
    assert!(failure.message.contains("not now"), "{failure}");
    assert_as_before(&place).await;
    place.execute("DROP TRIGGER no").await;
    place.apply(AFTER).await;
    assert_renamed(&place).await;
}

/// A collation that finds both names equal would have the plan made again for ever.
#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_letters_count_whatever_the_collation() {
    let place = Place::sqlite();
    place.execute("CREATE TABLE Person (id INTEGER PRIMARY KEY, role TEXT NOT NULL COLLATE NOCASE)").await;
    place.execute("INSERT INTO Person (role) VALUES ('admin'), ('Admin'), ('ADMIN')").await;
    let models = "enum Role {\n  /// @schemalift.renamedFrom(ADMIN)\n  admin\n  Admin\n}
model Person {\n  id Int @id @default(autoincrement())\n  role Role\n}";
    let mut request = place.request(models);
    request.first_contact = pipeline::FirstContact::Adopt;
    request.policy.destructive = pipeline::Destructive::Allow;
    place.migrate(&request).await;
    let found = "SELECT count(*) FROM Person WHERE role COLLATE BINARY = 'admin'";
    assert_eq!(place.count(found).await, 2);
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::UpToDate, "{}", outcome.message);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_sqlite_a_rollback_that_was_made_has_nothing_left_to_do() {
    let place = Place::sqlite();
    let plain = |models: &str| models.replace(" @default(NEW)", "").replace(" @default(OPEN)", "");
    place.apply(&plain(BEFORE)).await;
    place.execute("INSERT INTO Task (id, state, next) VALUES (1, 'NEW', 'PAID'), (2, 'PAID', NULL), (3, 'SENT', 'NEW')").await;
    // No statement but those on rows.
    place.apply(&plain(AFTER)).await;
    assert_renamed(&place).await;
    for _ in 0..2 {
        let back = roll_back(&mut place.connect().await, &place.request(""), Point::After(1)).await.unwrap();
        place.migrate(&back).await;
        assert_as_before(&place).await;
    }
    assert_eq!(place.history().await.len(), 3);
    place.apply(&plain(AFTER)).await;
    assert_renamed(&place).await;
    place.apply(&plain(BEFORE)).await;
    assert_as_before(&place).await;
}
