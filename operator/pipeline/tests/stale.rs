//! A plan that was reviewed, and a database that somebody changed before it was applied.

use pipeline::DriftRule;
use reason::Reason;
use schema::Dialect;

use crate::support::{Place, digest};

const BEFORE: &str =
    "model User {\n  id Int @id\n  age Int?\n  city String?\n  size Int @default(1)\n\n  @@index([age])\n}";
const AFTER: &str = "model User {\n  id Int @id\n  age Int?\n  size Int @default(1)\n\n  @@index([age])\n}";

/// Changes by hand, none of which touches what the plan does.
fn foreign(place: &Place) -> Vec<&'static str> {
    let mut found =
        vec!["ALTER TABLE \"User\" ADD COLUMN later INTEGER", "CREATE INDEX by_hand ON \"User\" (size)"];
    found.extend(match place.target.dialect() {
        Dialect::Sqlite => vec!["DROP INDEX \"User_age_idx\""],
        Dialect::PostgreSql => vec![
            "DROP INDEX \"User_age_idx\"",
            "ALTER TABLE \"User\" ALTER COLUMN size SET DEFAULT 2",
            "ALTER TABLE \"User\" ALTER COLUMN size DROP NOT NULL",
            "ALTER TABLE \"User\" ALTER COLUMN age TYPE bigint",
        ],
        Dialect::MySql => vec![
            "DROP INDEX \"User_age_idx\" ON \"User\"",
            "ALTER TABLE \"User\" ALTER COLUMN size SET DEFAULT 2",
            "ALTER TABLE \"User\" MODIFY COLUMN age BIGINT NULL",
        ],
    });
    found
}

async fn foreign_ddl_between_plan_and_apply_supersedes_the_plan(place: &Place) {
    for by_hand in foreign(place) {
        for drift in [DriftRule::Block, DriftRule::Report, DriftRule::Ignore] {
            let place = place.another().await;
            place.apply(BEFORE).await;
            place.execute("INSERT INTO \"User\" (id, city) VALUES (1, 'Rome')").await;
            let mut request = place.request(AFTER);
            request.policy.drift = drift;
            let reviewed = place.migrate(&request).await;
            assert_eq!(reviewed.reason, Reason::AwaitingApproval, "{}", reviewed.message);
            place.execute(by_hand).await;
            request.approved_digest = Some(digest(&reviewed));
            let (reason, told) = match place.run(&request).await {
                Ok(outcome) => (outcome.reason, outcome.message),
                Err(failure) => (failure.reason, failure.message),
            };
            let wanted =
                if drift == DriftRule::Block { Reason::DriftDetected } else { Reason::AwaitingApproval };
            assert_eq!(reason, wanted, "{by_hand}: {told}");
            assert_eq!(
                place.count("SELECT count(*) FROM \"User\" WHERE city = 'Rome'").await,
                1,
                "{by_hand}"
            );
            assert_eq!(place.history().await.len(), 1, "nothing was begun: {by_hand}");
        }
    }
}

/// What others do to their own tables is no reason to ask again.
async fn tables_of_others_may_change_meanwhile(place: &Place) {
    place.apply(BEFORE).await;
    place.execute("INSERT INTO \"User\" (id, city) VALUES (1, 'Rome')").await;
    let mut request = place.request(AFTER);
    let reviewed = place.migrate(&request).await;
    place.execute("CREATE TABLE theirs (id INTEGER)").await;
    request.approved_digest = Some(digest(&reviewed));
    let outcome = place.migrate(&request).await;
    assert_eq!(outcome.reason, Reason::Applied, "{}", outcome.message);
}

on_every! {
    foreign_ddl_between_plan_and_apply_supersedes_the_plan
    tables_of_others_may_change_meanwhile
}
