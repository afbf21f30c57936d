//! Row-level security never makes rows look absent: what a policy hides is a count that nobody can tell, and an approval.

use std::time::Duration;

use pipeline::KeepRule;
use reason::Reason;
use servers::PASSWORD;
use servers::postgresql::server;

use crate::support::{Place, digest};

const BEFORE: &str = "model invoice {\n  id Int @id\n  note String?\n}";
const AFTER: &str = "model invoice {\n  id Int @id\n}";

/// Three rows of a table whose owner, the role that migrates, sees none of them.
async fn hidden_rows() -> Place {
    let mut place = Place::postgresql().await;
    let role = format!("{}_role", place.name);
    place
        .execute(&format!(
            "CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'; GRANT CREATE ON SCHEMA public TO {role}; \
             GRANT CREATE ON DATABASE {} TO {role}",
            place.name
        ))
        .await;
    let url = format!("postgresql://{role}:{PASSWORD}@127.0.0.1:{}/{}", server().port, place.name);
    place.target = database::Target::from_url(&url.into()).unwrap();
    place.apply(BEFORE).await;
    place
        .execute(
            "INSERT INTO invoice VALUES (1, 'a'), (2, 'b'), (3, NULL); ALTER TABLE invoice ENABLE ROW LEVEL SECURITY; \
             ALTER TABLE invoice FORCE ROW LEVEL SECURITY; CREATE POLICY tenant ON invoice USING (false)",
        )
        .await;
    place
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_whose_values_a_policy_hides_is_not_dropped_unasked() {
    let place = hidden_rows().await;
    let mut request = place.request(AFTER);
    let waiting = place.migrate(&request).await;
    assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
    assert_eq!(place.count("SELECT count(*) FROM invoice WHERE note IS NOT NULL").await, 2);
    request.approved_digest = Some(digest(&waiting));
    place.apply_request(&request).await;
    assert_eq!(place.count("SELECT count(*) FROM invoice").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_would_lack_rows_is_not_made_and_nothing_is_dropped() {
    let place = hidden_rows().await;
    let mut request = place.request(AFTER);
    request.policy.keep = Some(KeepRule { max_bytes: 1 << 30, retention: Duration::from_secs(3600) });
    let mut outcome = place.run(&request).await;
    if let Ok(waiting) = &outcome {
        assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
        request.approved_digest = Some(digest(waiting));
        outcome = place.run(&request).await;
    }
    let failure = outcome.unwrap_err();
    assert!(failure.message.contains("row-level security"), "{failure}");
    assert_eq!(place.count("SELECT count(*) FROM invoice WHERE note IS NOT NULL").await, 2);
}
