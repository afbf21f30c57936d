//! PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tokio_postgres::{Client, NoTls};

use super::{PASSWORD, Product, Server, Tls, fresh_folder, installed, shell, start};

/// What the log says once there are connections.
const READY: &str = "ready to accept connections";

const MAKE: &str = r#"
echo PASSWORD >"$dir/password"
"BIN/initdb" -D "$dir/data" -U app --pwfile="$dir/password" --auth-local=trust --auth-host=scram-sha-256 \
  -E UTF8 --locale=C --no-sync OPTIONS >"$dir/install.log" 2>&1
"#;

/// The copy of a running server becomes a server that follows it. The connection is the socket, on which nobody needs a
/// password.
const FOLLOW: &str = r#"
mv "COPY/data" "$dir/data"
touch "$dir/data/standby.signal"
echo "primary_conninfo = 'host=PRIMARY port=PORT user=app'" >>"$dir/data/postgresql.auto.conf"
"#;

/// Not by `pg_basebackup`, which not every installation has.
const COPY: &str = r#"
cp -a "$0/data" "$1/data"
rm -rf "$1/data/postmaster.pid" "$1/data/postmaster.opts" "$1/data/pg_replslot/"*
"#;

const START: &str = r#"
"BIN/postgres" -D "$dir/data" -p "$port" -k "$dir" -c listen_addresses=127.0.0.1 -c fsync=off TLS \
  -c max_connections=200 -c full_page_writes=off -c max_locks_per_transaction=512 >"$dir/server.log" 2>&1 &
"#;

const TLS: &str = r#"-c ssl=on -c ssl_cert_file="$dir/server.pem" -c ssl_key_file="$dir/server.key""#;

/// The server of this test process, without TLS.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| started(Tls::Off))
}

/// A server with a certificate for `localhost`.
pub fn server_with_tls() -> Server {
    started(Tls::On)
}

/// A server that a test may end: a primary that others can follow.
pub fn primary() -> Server {
    started(Tls::Off)
}

/// A streaming standby of the server, which can be promoted.
pub async fn standby(of: &Server) -> Server {
    let session = session_on(of, "postgres").await;
    let version: i32 =
        session.query_one("SELECT current_setting('server_version_num')::int", &[]).await.unwrap().get(0);
    let (begin, end) = if version >= 150_000 {
        ("pg_backup_start('standby', true)", "pg_backup_stop(false)")
    } else {
        ("pg_start_backup('standby', true, false)", "pg_stop_backup(false, false)")
    };
    session.query(&format!("SELECT {begin}"), &[]).await.unwrap();
    let copy = fresh_folder();
    let copied = |script: &str, more: &str| {
        let status =
            shell("postgres", &copy).args(["-ec", script]).arg(&of.folder).arg(&copy).arg(more).status();
        assert!(status.unwrap().success(), "{script}");
    };
    copied(COPY, "");
    let label: String = session.query_one(&format!("SELECT labelfile FROM {end}"), &[]).await.unwrap().get(0);
    copied("printf %s \"$2\" >\"$1/data/backup_label\"", &label);
    let follow = FOLLOW
        .replace("COPY", &copy.display().to_string())
        .replace("PRIMARY", &of.folder.display().to_string())
        .replace("PORT", &of.port.to_string());
    let server = start(&product(&follow, Tls::Off, "", "ready to accept read"), Tls::Off);
    std::fs::remove_dir_all(copy).unwrap();
    server
}

/// A server of one test, that can be ended and started again. Its tablespace `small` is on the disk that can be full. What it has
/// committed it keeps.
pub async fn own() -> Server {
    let mut product = product(MAKE, Tls::Off, "--wal-segsize=1", READY);
    product.make.push_str("mkdir \"$dir/small/data\"\n");
    // What works by itself in the background would take and free memory while a test counts on there being none.
    product.start = product.start.replace("-c full_page_writes=off", "-c autovacuum=off");
    let server = super::own::start(&product);
    let place = server.folder.join("small/data");
    let statement = format!("CREATE TABLESPACE small LOCATION '{}'", place.display());
    session_on(&server, "postgres").await.batch_execute(&statement).await.unwrap();
    server
}

fn started(tls: Tls) -> Server {
    start(&product(MAKE, tls, "", READY), tls)
}

fn product(make: &str, tls: Tls, options: &str, ready: &'static str) -> Product {
    let bin = programs();
    let filled = |commands: &str| {
        commands
            .replace("BIN", &bin.display().to_string())
            .replace("PASSWORD", PASSWORD)
            .replace("OPTIONS", options)
            .replace("TLS", if tls == Tls::On { TLS } else { "" })
    };
    Product {
        user: "postgres",
        program: bin.join("postgres"),
        make: filled(make),
        start: filled(START),
        signal: "QUIT",
        ready,
    }
}

/// A session of a test's own.
pub async fn session(database: &str) -> Client {
    session_on(server(), database).await
}

/// A session of a test's own on one of several servers.
pub async fn session_on(server: &Server, database: &str) -> Client {
    let url = format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{database}?sslmode=disable", server.port);
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The major version that is asked for.
pub fn wanted() -> Option<String> {
    std::env::var("TEST_POSTGRESQL").ok()
}

/// The folder of `initdb` and `postgres`.
fn programs() -> PathBuf {
    let system = Path::new("/usr/lib/postgresql");
    if let Some(major) = wanted() {
        let places = [system.join(&major).join("bin"), installed(&format!("postgresql-{major}")).join("bin")];
        let found = places.into_iter().find(|bin| bin.join("initdb").exists());
        return found.unwrap_or_else(|| panic!("PostgreSQL {major} is not installed; run .ci/install"));
    }
    let entries = std::fs::read_dir(system).into_iter().flatten();
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| {
        let output = Command::new("pg_config").arg("--bindir").output();
        let output = output.expect("PostgreSQL's server is not installed; run .ci/install");
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    })
}
