//! A history that was tampered with is refused, and becomes sound again without a finished row being changed.

use database::MigrationState;
use pipeline::repair::{Interrupted, Repair, needed, repair};
use pipeline::{Failure, Request};
use reason::Reason;

use crate::support::Place;

on_every! {
    what_was_tampered_with_gets_a_new_starting_point
    what_is_gone_is_made_anew
    a_repair_is_not_what_nobody_approved
    nothing_is_repaired_of_a_newer_history_or_of_anothers
}

const USERS: &str = "model User {\n  id Int @id\n  age Int?\n}";
const MORE: &str = "model User {\n  id Int @id\n  age Int?\n  city String?\n}";

async fn with_users(place: &Place) -> Request {
    place.apply(USERS).await;
    place.execute("INSERT INTO \"User\" (id) VALUES (1), (2)").await;
    place.request(MORE)
}

async fn look(place: &Place, request: &Request) -> Result<Option<Repair>, Failure> {
    needed(&mut place.connect().await, request, Interrupted::Keep).await
}

/// Refused before, repaired, and applied after.
async fn goes_on(place: &Place, request: &Request) -> Repair {
    let refusal = place.run(request).await.unwrap_err();
    assert_eq!(refusal.reason, Reason::HistoryInvalid, "{}", refusal.message);
    assert!(refusal.message.contains("schemalift history repair"), "{}", refusal.message);
    let found = look(place, request).await.unwrap().unwrap();
    assert_eq!(found.problem, refusal.message);
    repair(&mut place.connect().await, request, Interrupted::Keep, &found.digest).await.unwrap();
    assert_eq!(look(place, request).await.unwrap(), None);
    place.apply_request(request).await;
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE city IS NULL").await, 2);
    found
}

async fn what_was_tampered_with_gets_a_new_starting_point(place: &Place) {
    let request = with_users(place).await;
    assert_eq!(look(place, &request).await.unwrap(), None);
    place.execute("UPDATE _schemalift_migration SET script = 'x'").await;
    goes_on(place, &request).await;
    let states: Vec<MigrationState> = place.history().await.iter().map(|row| row.state).collect();
    assert_eq!(states, [MigrationState::Applied, MigrationState::Baselined, MigrationState::Applied]);
    assert_eq!(place.count("SELECT count(*) FROM _schemalift_migration WHERE script = 'x'").await, 1);
}

async fn what_is_gone_is_made_anew(place: &Place) {
    let request = with_users(place).await;
    place.execute("DELETE FROM _schemalift_fence").await;
    let found = goes_on(place, &request).await;
    assert_eq!(
        found.effects,
        ["make the row of the fence", "append a starting point from what is there now: User"]
    );
    place.execute("DROP TABLE _schemalift_fence").await;
    let request = place.request(&MORE.replace("city", "zip"));
    let found = look(place, &request).await.unwrap().unwrap();
    assert_eq!(found.effects[..2], ["make the table _schemalift_fence, empty", "make the row of the fence"]);
    repair(&mut place.connect().await, &request, Interrupted::Keep, &found.digest).await.unwrap();
    // The numbers of the fence go on where the steps left them.
    let behind = "SELECT count(*) FROM _schemalift_fence f WHERE f.fence <= (SELECT max(s.fence) FROM _schemalift_step s)";
    if place.target.dialect() != schema::Dialect::Sqlite {
        assert_eq!(place.count(behind).await, 0);
    }
}

async fn a_repair_is_not_what_nobody_approved(place: &Place) {
    let request = with_users(place).await;
    place.execute("UPDATE _schemalift_migration SET script_checksum = 'x'").await;
    let found = look(place, &request).await.unwrap().unwrap();
    place.execute("ALTER TABLE \"User\" ADD COLUMN more INTEGER").await;
    let failure =
        repair(&mut place.connect().await, &request, Interrupted::Keep, &found.digest).await.unwrap_err();
    assert_eq!(failure.reason, Reason::AwaitingApproval);
    assert_eq!(place.count("SELECT count(*) FROM _schemalift_migration").await, 1);
}

async fn nothing_is_repaired_of_a_newer_history_or_of_anothers(place: &Place) {
    let request = with_users(place).await;
    let another = Request { owner: "laptop/shop/other".to_owned(), ..request.clone() };
    place.execute("UPDATE _schemalift_migration SET script = 'x'").await;
    assert_eq!(look(place, &another).await.unwrap_err().reason, Reason::Conflict);
    place.execute("UPDATE _schemalift_fence SET version = 99").await;
    let failure = look(place, &request).await.unwrap_err();
    assert_eq!(failure.reason, Reason::HistoryInvalid);
    assert!(failure.message.contains("use a newer version"), "{}", failure.message);
}
