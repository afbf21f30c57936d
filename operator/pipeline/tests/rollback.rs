//! Back over several migrations, with only the history at hand.

use database::MigrationState;
use pipeline::{Outcome, Point, Request, roll_back};
use reason::Reason;

use crate::support::{Place, digest, steps};

on_every! {
    renamed_tables_come_back_with_their_rows_over_two_migrations
    everything_goes_with_an_approval
    a_rollback_can_be_rolled_back
    a_migration_that_is_not_known_is_refused
}

const USER: &str = "model User {\n  id Int @id\n  name String?\n}";
const PERSON: &str = "/// @schemalift.renamedFrom(User)
model Person {
  id Int @id
  /// @schemalift.renamedFrom(name)
  nick String?
}";
const GROWN: &str =
    "model Person {\n  id Int @id\n  nick String?\n  age Int?\n}\nmodel Pet {\n  id Int @id\n}";

/// The request for a rollback, made in a session of its own.
async fn back(place: &Place, to: Point) -> Request {
    roll_back(&mut place.connect().await, &place.request(""), to).await.unwrap()
}

/// Rolls back, with an approval where one is wanted.
async fn rolled_back(place: &Place, to: Point) -> Outcome {
    let mut request = back(place, to).await;
    let outcome = place.migrate(&request).await;
    if outcome.reason != Reason::AwaitingApproval {
        assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
        return outcome;
    }
    request.approved_digest = Some(digest(&outcome));
    place.apply_request(&request).await
}

async fn three_migrations(place: &Place) {
    place.apply(USER).await;
    place.execute("INSERT INTO \"User\" VALUES (1, 'Ann'), (2, NULL)").await;
    place.apply(PERSON).await;
    place.apply(GROWN).await;
}

async fn renamed_tables_come_back_with_their_rows_over_two_migrations(place: &Place) {
    three_migrations(place).await;
    let outcome = rolled_back(place, Point::After(1)).await;
    assert!(steps(&outcome).contains(&"rename table Person to User".to_owned()), "{:?}", steps(&outcome));
    assert_eq!(place.count("SELECT count(*) FROM \"User\" WHERE name = 'Ann'").await, 1);
    assert_eq!(place.tables().await, ["User"]);
    let newest = place.history().await.remove(0);
    assert_eq!((newest.id, newest.state), (4, MigrationState::Applied));
    place.assert_settled(&place.request(USER)).await;
}

async fn everything_goes_with_an_approval(place: &Place) {
    three_migrations(place).await;
    let request = back(place, Point::After(0)).await;
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert_eq!(place.history().await.len(), 3);
    rolled_back(place, Point::After(0)).await;
    assert!(place.tables().await.is_empty());
}

async fn a_rollback_can_be_rolled_back(place: &Place) {
    three_migrations(place).await;
    rolled_back(place, Point::BeforeLast).await;
    place.assert_settled(&place.request(PERSON)).await;
    rolled_back(place, Point::After(1)).await;
    rolled_back(place, Point::BeforeLast).await;
    assert_eq!(place.count("SELECT count(*) FROM \"Person\" WHERE nick = 'Ann'").await, 1);
    place.assert_settled(&place.request(PERSON)).await;
    place.apply(GROWN).await;
}

async fn a_migration_that_is_not_known_is_refused(place: &Place) {
    three_migrations(place).await;
    let refused = roll_back(&mut place.connect().await, &place.request(""), Point::After(7)).await;
    assert_eq!(refused.unwrap_err().reason, Reason::HistoryMissing);
    let empty = place.another().await;
    let refused = roll_back(&mut empty.connect().await, &empty.request(""), Point::BeforeLast).await;
    assert_eq!(refused.unwrap_err().reason, Reason::HistoryMissing);
}
