//! How far a long `ALTER TABLE` is, as MySQL and MariaDB tell it.

use database::{Opening, Progress, Target, connect};
use mysql_async::prelude::Queryable as _;
use schema::Dialect;
use secrecy::SecretString;
use servers::mysql::{self, Flavor, server};
use servers::{PASSWORD, Server};
use sql::Mode;

use crate::support::{migration, script, settings, step};

/// A table that takes some seconds to read, and a user who may do nothing elsewhere.
async fn filled(server: &Server, database: &str) {
    let mut raw = mysql::session_on(server, "").await;
    let digits = "(SELECT 0 d UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 UNION ALL SELECT 4 UNION ALL SELECT 5 \
                  UNION ALL SELECT 6 UNION ALL SELECT 7 UNION ALL SELECT 8 UNION ALL SELECT 9)";
    for statement in [
        format!("CREATE DATABASE {database}"),
        format!("USE {database}"),
        format!("CREATE TABLE {database}.t (id int AUTO_INCREMENT PRIMARY KEY, a varchar(191) NOT NULL)"),
        format!(
            "INSERT INTO {database}.t (a) SELECT CONCAT(SHA2(a.d * 1000 + b.d * 100 + c.d * 10 + e.d, 256), SHA2(RAND(), 256)) \
             FROM {digits} a, {digits} b, {digits} c, {digits} e, {digits} f, (SELECT 0 UNION SELECT 1 UNION SELECT 2 UNION SELECT 3) g"
        ),
        format!("CREATE USER {database}@'%' IDENTIFIED BY '{PASSWORD}'"),
        format!("GRANT ALL PRIVILEGES ON {database}.* TO {database}@'%'"),
    ] {
        raw.query_drop(statement).await.unwrap();
    }
}

/// What is told of a step with this statement: each percentage with its phase. Until something is told, up to so often, the table
/// is made twice as large.
async fn told(
    server: &Server,
    user: &str,
    database: &str,
    statement: &str,
    tries: usize,
) -> Vec<(u8, String)> {
    let url = format!("mysql://{user}:{PASSWORD}@127.0.0.1:{}/{database}", server.port);
    let target = Target::from_url(&SecretString::from(url)).unwrap();
    let script = script(Dialect::MySql, vec![step(Mode::NoTransaction, statement)]);
    for attempt in 0..tries {
        if attempt > 0 {
            let mut raw = mysql::session_on(server, database).await;
            raw.query_drop("INSERT INTO t (a) SELECT CONCAT(SHA2(id, 256), SHA2(RAND(), 256)) FROM t")
                .await
                .unwrap();
        }
        let mut session = connect(&target, &settings("test")).await.unwrap();
        session.lock(&[]).await.unwrap();
        let id = session.record(&migration("m"), &script, Opening::Run).await.unwrap();
        let mut told = Vec::new();
        let mut listen = |event: Progress| {
            if let Progress::Advancing { ord, total, percent, phase, .. } = event {
                assert_eq!((ord, total), (0, 1));
                told.push((percent, phase));
            }
        };
        session.run(&id, &script, &mut listen).await.unwrap();
        session.finish(&id, database::End::Abandoned).await.unwrap();
        if !told.is_empty() {
            return told;
        }
    }
    Vec::new()
}

fn assert_forward(told: &[(u8, String)]) {
    assert!(!told.is_empty());
    assert!(told.is_sorted_by_key(|(percent, _)| *percent), "{told:?}");
    assert!(told.iter().all(|(percent, _)| (0..100).contains(percent)), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_and_a_copy_tell_how_far_they_are() {
    // An `ALTER TABLE` of another test would make the number nobody's.
    let server = server();
    filled(server, "advances").await;
    let build = "ALTER TABLE t ADD KEY (a, id)";
    let copy = "ALTER TABLE t FORCE, ALGORITHM = COPY";
    match mysql::flavor() {
        Flavor::MariaDb => {
            let found = told(server, "app", "advances", build, 6).await;
            assert_forward(&found);
            assert!(found.iter().all(|(_, phase)| phase == "altering table"), "{found:?}");
            let found = told(server, "app", "advances", copy, 6).await;
            assert_forward(&found);
            // Which of the two is seen depends on when it is asked.
            let phases = ["copy to tmp table", "Enabling keys"];
            assert!(found.iter().all(|(_, phase)| phases.contains(&phase.as_str())), "{found:?}");
            // Who cannot see the other sessions cannot know whose number it is.
            assert_eq!(told(server, "advances", "advances", build, 1).await, []);
        }
        Flavor::MySql => {
            // Whether it is on by default differs between versions.
            let mut raw = mysql::session_on(server, "").await;
            let on = "UPDATE performance_schema.setup_consumers SET ENABLED = 'YES' WHERE NAME = 'events_stages_current'";
            raw.query_drop(on).await.unwrap();
            let found = told(server, "app", "advances", build, 6).await;
            assert_forward(&found);
            assert!(found.iter().all(|(_, phase)| phase.starts_with("alter table (")), "{found:?}");
        }
    }
}
