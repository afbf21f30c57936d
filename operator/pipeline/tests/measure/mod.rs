//! What the server itself says of locks and work, for tests that hold a forecast against it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use plan::{LockMode, Work};
use servers::PASSWORD;
use servers::postgresql::server;
use tokio_postgres::{AsyncMessage, Client, NoTls};

/// A session with everything that the server says about its work.
pub(crate) struct Session {
    pub(crate) client: Client,
    notices: Arc<Mutex<Vec<String>>>,
}

impl Session {
    pub(crate) async fn open(database: &str) -> Self {
        let url =
            format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{database}?sslmode=disable", server().port);
        let (client, mut connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
        let notices = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&notices);
        tokio::spawn(async move {
            while let Some(Ok(message)) =
                std::future::poll_fn(|context| connection.poll_message(context)).await
            {
                if let AsyncMessage::Notice(notice) = message {
                    heard.lock().unwrap().push(notice.message().to_owned());
                }
            }
        });
        client
            .batch_execute("SET TimeZone = 'UTC'; SET search_path = ''; SET client_min_messages = debug1")
            .await
            .unwrap();
        Self { client, notices }
    }

    /// Number and file of each table of the application.
    pub(crate) async fn files(&self) -> BTreeMap<String, (u32, u32)> {
        let query = "SELECT c.relname::text, c.oid, c.relfilenode FROM pg_catalog.pg_class c \
                     WHERE c.relnamespace = 'public'::pg_catalog.regnamespace AND c.relkind IN ('r', 'p') \
                     AND c.relname !~ '^_schemalift'";
        let rows = self.client.query(query, &[]).await.unwrap();
        rows.iter().map(|row| (row.get(0), (row.get(1), row.get(2)))).collect()
    }

    /// The process that serves it.
    pub(crate) async fn pid(&self) -> i32 {
        self.client.query_one("SELECT pg_catalog.pg_backend_pid()", &[]).await.unwrap().get(0)
    }

    /// The strongest lock that the session of this process holds on each of these tables.
    pub(crate) async fn locks(
        &self,
        pid: i32,
        tables: &BTreeMap<String, (u32, u32)>,
    ) -> BTreeMap<String, String> {
        let query = "SELECT l.relation, l.mode FROM pg_catalog.pg_locks l \
                     WHERE l.pid = $1 AND l.locktype = 'relation' AND l.granted";
        let mut strongest: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for row in self.client.query(query, &[&pid]).await.unwrap() {
            let (number, mode): (u32, String) = (row.get(0), row.get(1));
            let Some((table, _)) = tables.iter().find(|(_, (known, _))| *known == number) else { continue };
            let strength = STRENGTH.iter().position(|known| *known == mode).unwrap();
            let entry = strongest.entry(table.clone()).or_default();
            if (strength, &mode) > (entry.0, &entry.1) {
                *entry = (strength, mode);
            }
        }
        // Everybody may read beside a reader: such a lock is not worth a word.
        let told = strongest.into_iter().filter(|(_, (strength, _))| *strength > 0);
        told.map(|(table, (_, mode))| (table, mode)).collect()
    }

    /// Runs what is one transaction, and answers what it did to these tables. A foreign key is validated for the table `object`.
    pub(crate) async fn measure(
        &self,
        statements: &[String],
        object: &str,
        before: &BTreeMap<String, (u32, u32)>,
    ) -> (BTreeMap<String, String>, Work) {
        self.notices.lock().unwrap().clear();
        self.client.batch_execute("BEGIN").await.unwrap();
        for statement in statements {
            self.client.batch_execute(statement).await.unwrap_or_else(|error| panic!("{statement}: {error}"));
        }
        let locks = self.locks(self.pid().await, before).await;
        let after = self.files().await;
        let rewritten =
            before.iter().any(|(table, file)| after.get(table).is_some_and(|now| now.1 != file.1));
        self.client.batch_execute("COMMIT").await.unwrap();
        let notices = self.notices.lock().unwrap().clone();
        let said = |start: &str| {
            notices.iter().any(|notice| {
                notice.starts_with(start)
                    && before.keys().any(|table| notice.contains(&format!("\"{table}\"")))
            })
        };
        let validated = before.contains_key(object)
            && notices.iter().any(|notice| notice.starts_with("validating foreign key"));
        let work = if rewritten {
            Work::Rewrite
        } else if said("building index") {
            Work::Build
        } else if said("verifying table") || validated {
            Work::Scan
        } else {
            Work::Metadata
        };
        (locks, work)
    }
}

const STRENGTH: [&str; 8] = [
    "AccessShareLock",
    "RowShareLock",
    "RowExclusiveLock",
    "ShareUpdateExclusiveLock",
    "ShareLock",
    "ShareRowExclusiveLock",
    "ExclusiveLock",
    "AccessExclusiveLock",
];

pub(crate) const fn held(mode: LockMode) -> &'static str {
    match mode {
        LockMode::RowShare => "RowShareLock",
        LockMode::ShareUpdateExclusive => "ShareUpdateExclusiveLock",
        LockMode::Share => "ShareLock",
        LockMode::ShareRowExclusive => "ShareRowExclusiveLock",
        LockMode::AccessExclusive => "AccessExclusiveLock",
        LockMode::Metadata | LockMode::NoWrite => "of MySQL",
    }
}

/// Waits until the session of this process waits for another one.
pub(crate) async fn until_it_waits(watcher: &Session, pid: i32) {
    let query = "SELECT pg_catalog.cardinality(pg_catalog.pg_blocking_pids($1)) > 0";
    while !watcher.client.query_one(query, &[&pid]).await.unwrap().get::<_, bool>(0) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
