//! Plans that would keep others from their tables for longer than `execution` allows wait for an approval.

use api::size::Size;
use mysql_async::prelude::Queryable as _;
use pipeline::{Limits, Request};
use plan::Blocks;
use reason::Reason;
use schema::Dialect;

use crate::support::{Place, digest};

async fn with_rows() -> [Place; 2] {
    let places = [Place::postgresql().await, Place::mysql().await];
    for place in &places {
        place.apply("model User {\n  id Int @id\n  age Int?\n}").await;
        place.execute("INSERT INTO \"User\" (id) VALUES (1), (2), (3)").await;
    }
    places
}

fn limited(place: &Place, models: &str, limits: Limits) -> Request {
    let mut request = place.request(models);
    request.policy.limits = limits;
    request
}

/// Every row is written anew, on PostgreSQL while nobody reads, on MySQL while nobody writes.
const REWRITE: &str = "model User {\n  id Int @id\n  age BigInt?\n}";

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_for_a_moment_is_no_matter_and_one_for_long_waits_for_an_approval() {
    for place in with_rows().await {
        let at_most = |lock: Blocks| Limits { lock: Some(lock), rewrite: None };
        let more = "model User {\n  id Int @id\n  age Int?\n  city String?\n\n  @@index([age])\n}";
        place.apply_request(&limited(&place, more, at_most(Blocks::Nothing))).await;
        let models = REWRITE.replace("\n}", "\n  city String?\n\n  @@index([age])\n}");
        let (enough, too_little) = match place.target.dialect() {
            Dialect::PostgreSql => (Blocks::ReadsAndWrites, Blocks::Writes),
            _ => (Blocks::Writes, Blocks::Nothing),
        };
        let mut request = limited(&place, &models, at_most(too_little));
        let waiting = place.migrate(&request).await;
        assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
        assert!(waiting.message.contains("`execution.maxLock: "), "{}", waiting.message);
        assert!(!waiting.message.contains("P0"), "{}", waiting.message);
        let would = pipeline::inspect(&mut place.connect().await, &limited(&place, &models, at_most(enough)))
            .await
            .unwrap();
        assert_eq!(would.reason, Reason::PlanPublished, "{}", would.message);
        assert_eq!(digest(&would), digest(&waiting), "limits are no part of the digest");
        request.approved_digest = Some(digest(&waiting));
        place.apply_request(&request).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_table_is_rewritten_once_its_plan_is_approved() {
    for place in with_rows().await {
        let above = |rewrite: Size| limited(&place, REWRITE, Limits { lock: None, rewrite: Some(rewrite) });
        if place.target.dialect() == Dialect::PostgreSql {
            let unknown = place.migrate(&above(Size::Rows(1000))).await;
            assert_eq!(unknown.reason, Reason::AwaitingApproval);
            assert!(unknown.message.contains("nobody knows how large it is"), "{}", unknown.message);
            place.execute("ANALYZE \"User\"").await;
        }
        let mut request = above(Size::Bytes(100));
        let waiting = place.migrate(&request).await;
        assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
        assert!(
            waiting.message.contains("KiB), and `execution.forbidRewriteAbove` is 100 bytes"),
            "{}",
            waiting.message
        );
        let enough = pipeline::inspect(&mut place.connect().await, &above(Size::Rows(1000))).await.unwrap();
        assert_eq!(enough.reason, Reason::PlanPublished, "{}", enough.message);
        assert_eq!(digest(&enough), digest(&waiting));
        request.approved_digest = Some(digest(&waiting));
        place.apply_request(&request).await;
    }
}

/// MySQL's copy of a table counts as a rewrite, and waits for an approval before anything is sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_table_is_refused_before_it_starts() {
    let place = Place::mysql().await;
    let models = |id: &str| format!("model Copied {{\n  id Int @id\n  uId {id}?\n}}");
    let key = "model Copied {\n  id Int @id\n  uId Int?\n  u Copied? @relation(\"u\", fields: [uId], references: [id])\n  \
               us Copied[] @relation(\"u\")\n}";
    place.apply(&models("Int")).await;
    place.execute("INSERT INTO \"Copied\" (id) VALUES (1), (2), (3)").await;
    place.execute("ANALYZE TABLE \"Copied\"").await;
    let mut log = servers::mysql::session("mysql").await;
    log.query_drop("SET GLOBAL log_output = 'TABLE'").await.unwrap();
    log.query_drop("SET GLOBAL general_log = ON").await.unwrap();
    let sent = "SELECT count(*) FROM mysql.general_log WHERE argument LIKE 'ALTER TABLE `Copied`%'";
    for after in [models("BigInt"), key.to_owned()] {
        let limits = Limits { lock: None, rewrite: Some(Size::Bytes(100)) };
        let mut request = limited(&place, &after, limits);
        let before = (place.count(sent).await, place.history().await);
        let waiting = place.migrate(&request).await;
        assert_eq!(waiting.reason, Reason::AwaitingApproval, "{}", waiting.message);
        for part in
            [" rewrites Copied (about 3 rows, ", "KiB), and `execution.forbidRewriteAbove` is 100 bytes"]
        {
            assert!(waiting.message.contains(part), "{}", waiting.message);
        }
        assert_eq!((place.count(sent).await, place.history().await), before);
        request.approved_digest = Some(digest(&waiting));
        place.apply_request(&request).await;
        assert!(place.count(sent).await > before.0, "the log holds what is sent");
        place.apply(&models("Int")).await;
    }
}

/// Nobody knows a table by a name that it does not have yet.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_renamed_first_is_as_large_as_it_was() {
    for place in with_rows().await {
        let renamed = REWRITE.replace("model User", "/// @schemalift.renamedFrom(User)\nmodel Person");
        let at_most =
            |bytes| limited(&place, &renamed, Limits { lock: None, rewrite: Some(Size::Bytes(bytes)) });
        let waiting = place.migrate(&at_most(100)).await;
        assert_eq!(waiting.reason, Reason::AwaitingApproval);
        assert!(
            waiting.message.contains("rewrites Person (") && waiting.message.contains("KiB)"),
            "{}",
            waiting.message
        );
        place.apply_request(&at_most(1 << 30)).await;
    }
}
