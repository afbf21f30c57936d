//! A column goes once another one has its values: the rows are compared before anything runs, and again by the step.

use api::{DataStep, Steps};
use pipeline::{Destructive, Request, convert};
use reason::Reason;

use crate::support::{Place, digest, steps};

on_every! {
    the_old_column_stays_while_one_row_differs
    no_difference_is_too_small
    a_column_that_comes_with_the_plan_has_no_values_yet
    rows_that_change_after_the_plan_was_made_stop_the_step
    other_changes_of_the_table_are_steps_of_their_own
}

const BOTH: &str = "model users {\n  id Int @id\n  a String?\n  b String?\n}";
const NEW: &str = "model users {\n  id Int @id\n  /// @schemalift.replaces(a)\n  b String?\n}";

async fn with_rows(place: &Place, models: &str, rows: &str) {
    place.apply(models).await;
    place.execute(&format!("INSERT INTO users (id, a, b) VALUES {rows}")).await;
}

/// The request is refused, whatever is allowed and approved, and the old column is still there.
async fn assert_refused(place: &Place, request: &Request, part: &str) {
    let mut request = request.clone();
    for destructive in [Destructive::Forbid, Destructive::RequireApproval, Destructive::Allow] {
        request.policy.destructive = destructive;
        let outcome = place.migrate(&request).await;
        assert_eq!(outcome.reason, Reason::DataViolatesPlan, "{}", outcome.message);
        assert!(outcome.message.contains("P0208") && outcome.message.contains(part), "{}", outcome.message);
        request.approved_digest = Some(digest(&outcome));
    }
    place.count("SELECT count(a) FROM users").await;
}

async fn the_old_column_stays_while_one_row_differs(place: &Place) {
    with_rows(place, BOTH, "(1, 'x', 'x'), (2, NULL, NULL), (3, 'y', NULL)").await;
    let mut request = place.request(NEW);
    assert_refused(place, &request, "(1 row, id = 3)").await;
    place.execute("UPDATE users SET b = a").await;
    // Nothing is lost, so that nobody is asked.
    request.policy.destructive = Destructive::Forbid;
    let outcome = place.apply_request(&request).await;
    assert_eq!(outcome.steps_total, 1);
    assert_eq!(place.count("SELECT count(*) FROM users WHERE b IN ('x', 'y')").await, 2);
    // A hint that has done its work disturbs nobody.
    place.apply(&NEW.replace("\n}", "\n  c String?\n}")).await;
}

async fn no_difference_is_too_small(place: &Place) {
    with_rows(place, BOTH, "(1, 'a', 'A'), (2, '', NULL), (3, 'e ', 'e'), (4, 'same', 'same')").await;
    assert_refused(place, &place.request(NEW), "(3 rows, for example id = 1)").await;
    let place = place.another().await;
    let number = |text: &str| text.replace("b String?", "b Int?");
    with_rows(&place, &number(BOTH), "(1, '05', 5), (2, '7', 7)").await;
    assert_refused(&place, &place.request(&number(NEW)), "(1 row, id = 1)").await;
    place.execute("UPDATE users SET a = '5' WHERE id = 1").await;
    place.apply(&number(NEW)).await;
}

async fn a_column_that_comes_with_the_plan_has_no_values_yet(place: &Place) {
    let old = BOTH.replace("  b String?\n", "");
    place.apply(&old).await;
    place.execute("INSERT INTO users (id, a) VALUES (1, 'x'), (2, NULL)").await;
    assert_refused(place, &place.request(NEW), "(1 row, id = 1)").await;
    place.execute("UPDATE users SET a = NULL").await;
    place.apply(NEW).await;
}

async fn rows_that_change_after_the_plan_was_made_stop_the_step(place: &Place) {
    with_rows(place, BOTH, "(1, 'x', 'x'), (2, 'y', 'y')").await;
    let mut request = place.request(NEW);
    let change = DataStep { name: "x".to_owned(), sql: "UPDATE users SET b = 'z' WHERE id = 2".to_owned() };
    let before = Steps { before: vec![change], after: Vec::new() };
    request.steps = convert::steps(place.target.dialect(), Some(&before)).unwrap();
    request.policy.destructive = Destructive::Allow;
    let failure = place.run(&request).await.unwrap_err();
    assert_eq!(failure.reason, Reason::DataViolatesPlan, "{}", failure.message);
    assert!(failure.message.contains("There is 1 row, for example id = 2."), "{}", failure.message);
    assert_eq!(place.count("SELECT count(a) FROM users").await, 2);
    place.execute("UPDATE users SET b = a").await;
    request.steps = sql::DataSteps::default();
    request.policy.destructive = Destructive::Forbid;
    place.apply_request(&request).await;
}

async fn other_changes_of_the_table_are_steps_of_their_own(place: &Place) {
    with_rows(place, &BOTH.replace("\n}", "\n  z Int?\n}"), "(1, 'x', 'x')").await;
    place.execute("UPDATE users SET z = 1").await;
    let mut request = place.request(&NEW.replace("b String?", "b String @unique\n  c Int?"));
    // The other loss still needs its approval.
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert!(
        waiting.message.contains("users.z") && !waiting.message.contains("users.a"),
        "{}",
        waiting.message
    );
    request.approved_digest = Some(digest(&waiting));
    let outcome = place.apply_request(&request).await;
    if place.target.dialect() != schema::Dialect::Sqlite {
        assert!(steps(&outcome).iter().any(|step| step.ends_with("drop a")), "{:?}", steps(&outcome));
    }
    assert_eq!(place.count("SELECT count(*) FROM users WHERE b = 'x'").await, 1);
}
