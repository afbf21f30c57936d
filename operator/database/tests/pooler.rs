//! A real PgBouncer between us and the server.

use std::process::{Child, ChildStdin, Stdio};
use std::time::Duration;

use database::{Database, Error, Opening, Target, connect};
use reason::Reason;
use schema::Dialect;
use secrecy::SecretString;
use sql::Mode;

use crate::support::{PASSWORD, Place, migration, script, server, settings, step};

/// Ends PgBouncer when the test process is gone, however it went.
const GUARD: &str = r#"
PATH=/usr/sbin:$PATH
pgbouncer -q "$1/pgbouncer.ini" &
pid=$!
cat >/dev/null || true
kill -KILL "$pid" || true
rm -rf "$1"
"#;

struct Pooler {
    port: u16,
    _guard: Child,
    _alive: Option<ChildStdin>,
}

impl Pooler {
    fn start(options: &str) -> Self {
        let (folder, port) = (servers::fresh_folder(), servers::free_port());
        let shown = folder.display();
        let config = format!(
            "[databases]\n* = host=127.0.0.1 port={}\n[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n\
             unix_socket_dir =\nauth_type = scram-sha-256\nauth_file = {shown}/users\nlogfile = {shown}/log\n{options}\n",
            server().port
        );
        std::fs::write(folder.join("pgbouncer.ini"), config).unwrap();
        std::fs::write(folder.join("users"), format!("\"app\" \"{PASSWORD}\"\n")).unwrap();
        let mut command = servers::shell("postgres", &folder);
        let mut guard =
            command.args(["-c", GUARD, "guard"]).arg(&folder).stdin(Stdio::piped()).spawn().unwrap();
        let alive = guard.stdin.take();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(guard.try_wait().unwrap().is_none(), "PgBouncer did not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { port, _guard: guard, _alive: alive }
    }

    fn url(&self, database: &str) -> String {
        format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{database}", self.port)
    }

    async fn connect(&self, database: &str) -> Result<Database, Error> {
        let target = Target::from_url(&SecretString::from(self.url(database))).unwrap();
        connect(&target, &settings("through a pooler")).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_that_shares_sessions_is_refused_and_its_sessions_stay_as_they_were() {
    let place = Place::new("shared").await;
    for options in [
        "pool_mode = transaction",
        "pool_mode = transaction\ndefault_pool_size = 1",
        "pool_mode = transaction\nserver_round_robin = 1\nmin_pool_size = 5",
        "pool_mode = statement",
    ] {
        let pooler = Pooler::start(options);
        let error = pooler.connect(&place.name).await.err().unwrap();
        assert_eq!(error.reason(), Reason::PooledConnection, "{options}: {error}");
        assert!(error.to_string().contains("directUrl") && !error.to_string().contains(PASSWORD), "{error}");
        // The session that the pooler kept is the next client's as it was.
        let (next, connection) =
            tokio_postgres::connect(&pooler.url(&place.name), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        let query = "SELECT current_setting('search_path') || ' ' || current_setting('lock_timeout')";
        let found = next.simple_query(query).await.unwrap();
        let kept = found.iter().any(|message| {
            matches!(message, tokio_postgres::SimpleQueryMessage::Row(row) if row.get(0) == Some("\"$user\", public 0"))
        });
        assert!(kept, "{options}: {found:?}");
    }
    let raw = place.raw().await;
    let tables =
        raw.query_one("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", &[]).await.unwrap();
    assert_eq!(tables.get::<_, i64>(0), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_of_the_application_do_not_hide_a_pooler() {
    let place = Place::new("hidden").await;
    let pooler = Pooler::start("pool_mode = transaction\ndefault_pool_size = 8");
    let mut busy = Vec::new();
    for _ in 0..4 {
        let (client, connection) =
            tokio_postgres::connect(&pooler.url(&place.name), tokio_postgres::NoTls).await.unwrap();
        tokio::spawn(connection);
        busy.push(tokio::spawn(async move {
            while client.simple_query("BEGIN; SELECT pg_sleep(0.003); COMMIT").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        }));
    }
    for _ in 0..10 {
        let error = pooler.connect(&place.name).await.err().unwrap();
        assert_eq!(error.reason(), Reason::PooledConnection, "{error}");
    }
    busy.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pooler_in_session_mode_does_no_harm() {
    let place = Place::new("kept").await;
    let pooler = Pooler::start("pool_mode = session");
    let mut database = pooler.connect(&place.name).await.unwrap();
    database.lock(&[]).await.unwrap();
    let script = script(Dialect::PostgreSql, vec![step(Mode::Grouped, "CREATE TABLE public.\"a\" (id int)")]);
    let id = database.record(&migration("init"), &script, Opening::Run).await.unwrap();
    database.run(&id, &script, &mut |_| {}).await.unwrap();
    assert_eq!(database.introspect(&["public".to_owned()]).await.unwrap().tables.len(), 1);
}
