//! The way back: told with every plan, kept in the history, and taken when the datamodel is put back to what it was.

use database::HISTORY_VERSION;
use pipeline::{Undo, WayBack};
use reason::Reason;

use crate::support::{Place, digest, steps};

on_every! {
    a_plan_tells_what_its_way_back_brings_back
    a_datamodel_that_is_put_back_takes_the_way_back_of_the_history
    after_another_change_the_way_back_is_not_taken
    a_way_back_that_was_changed_is_refused
    a_way_back_with_another_schema_is_not_taken
    a_history_without_ways_back_is_read_and_brought_forward
}

const USER: &str = "model User {\n  id Int @id\n  name String?\n}";
const PERSON: &str = "/// @schemalift.renamedFrom(User)
model Person {
  id Int @id
  /// @schemalift.renamedFrom(name)
  nick String?
}";

async fn with_users(place: &Place) {
    place.apply(USER).await;
    place.execute("INSERT INTO \"User\" VALUES (1, 'Ann'), (2, NULL)").await;
}

async fn way_back(place: &Place, models: &str) -> WayBack {
    place.migrate(&place.request(models)).await.plan.unwrap().back.unwrap()
}

async fn a_plan_tells_what_its_way_back_brings_back(place: &Place) {
    with_users(place).await;
    let back = way_back(place, "model User {\n  id Int @id\n}").await;
    assert!(!back.is_exact());
    assert_eq!(back.remains.len(), 1);
    assert_eq!(back.remains[0].undo, Undo::StructureOnly);
    assert!(back.remains[0].step.contains("drop name"), "{back:?}");
    assert_eq!(back.script.unwrap().steps.len(), 1);
    // Without a value nothing is lost.
    place.execute("UPDATE \"User\" SET name = NULL").await;
    assert!(place.apply("model User {\n  id Int @id\n}").await.plan.unwrap().back.unwrap().is_exact());
}

async fn a_datamodel_that_is_put_back_takes_the_way_back_of_the_history(place: &Place) {
    with_users(place).await;
    place.apply(PERSON).await;
    let stored = place.history().await[0].back.clone().unwrap();
    assert!(stored.steps.iter().all(|step| step.hazards.is_empty()), "{stored:?}");
    // The old text knows nothing of the rename.
    let outcome = place.apply(USER).await;
    assert!(steps(&outcome).contains(&"rename table Person to User".to_owned()), "{:?}", steps(&outcome));
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE name = 'Ann'").await, 1);
    // And forth again, still by name.
    let unhinted = "model Person {\n  id Int @id\n  nick String?\n}";
    place.apply(unhinted).await;
    assert_eq!(place.count("SELECT count(*) FROM \"Person\" WHERE nick = 'Ann'").await, 1);
}

async fn after_another_change_the_way_back_is_not_taken(place: &Place) {
    with_users(place).await;
    place.apply(PERSON).await;
    place.apply("model Person {\n  id Int @id\n  nick String?\n  age Int?\n}").await;
    let mut request = place.request(USER);
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert!(waiting.message.contains("P0101"), "{}", waiting.message);
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
}

/// Writes the last way back of the history anew.
async fn change_way_back(place: &Place, change: impl FnOnce(&mut sql::Script)) {
    let mut back = place.history().await[0].back.clone().unwrap();
    change(&mut back);
    let text = serde_json::to_string(&back).unwrap().replace('\'', "''");
    let text = if place.text() == "TEXT" { text } else { text.replace('\\', "\\\\") };
    place.execute(&format!("UPDATE _schemalift_migration SET reverse = '{text}' WHERE id = 2")).await;
}

async fn a_way_back_that_was_changed_is_refused(place: &Place) {
    with_users(place).await;
    place.apply(PERSON).await;
    change_way_back(place, |back| back.steps[0].statements[0].push(' ')).await;
    let failure = place.run(&place.request(USER)).await.unwrap_err();
    assert_eq!(failure.reason, Reason::HistoryInvalid, "{}", failure.message);
    assert!(failure.message.contains("the way back of migration 2 was changed"), "{}", failure.message);
    assert_eq!(place.tables().await, ["Person"]);
}

async fn a_way_back_with_another_schema_is_not_taken(place: &Place) {
    with_users(place).await;
    place.apply(PERSON).await;
    change_way_back(place, |back| "Other".clone_into(&mut back.desired.tables[0].name.name)).await;
    let waiting = place.migrate(&place.request(&USER.replace("User", "Other"))).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert!(waiting.message.contains("P0101"), "{}", waiting.message);
    assert!(steps(&waiting).iter().all(|step| !step.contains("rename")), "{:?}", steps(&waiting));
}

async fn a_history_without_ways_back_is_read_and_brought_forward(place: &Place) {
    with_users(place).await;
    place
        .execute(
            "ALTER TABLE _schemalift_migration DROP COLUMN reverse; UPDATE _schemalift_fence SET version = 1; \
             UPDATE _schemalift_migration SET version = 1",
        )
        .await;
    let history = place.connect().await.history().await.unwrap().unwrap();
    assert_eq!(history.version, 1);
    assert!(history.migrations[0].back.is_none());
    place.apply("model User {\n  id Int @id\n  name String?\n  age Int?\n}").await;
    let history = place.connect().await.history().await.unwrap().unwrap();
    assert_eq!(history.version, HISTORY_VERSION);
    assert!(history.migrations[0].back.is_some());
    assert!(history.migrations[1].back.is_none());
}
