//! PostgreSQL.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use tokio_postgres::{Client, NoTls};

use super::{PASSWORD, Product, Server, start};

const SCRIPT: &str = r#"
set -e
dir=$1 port=$2
echo PASSWORD >"$dir/password"
"BIN/initdb" -D "$dir/data" -U app --pwfile="$dir/password" --auth-local=trust --auth-host=scram-sha-256 \
  -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1
"BIN/postgres" -D "$dir/data" -p "$port" -k "$dir" -c listen_addresses=127.0.0.1 -c fsync=off \
  -c max_connections=200 -c full_page_writes=off -c max_locks_per_transaction=512 >"$dir/server.log" 2>&1 &
pid=$!
cat >/dev/null || true
kill -QUIT "$pid" || true
wait "$pid" || true
rm -rf "$dir"
"#;

/// The server of this test process.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let script = SCRIPT.replace("BIN", &binaries().display().to_string()).replace("PASSWORD", PASSWORD);
        start(&Product { user: "postgres", script, ready: "ready to accept connections" })
    })
}

/// A session of a test's own.
pub(crate) async fn session(database: &str) -> Client {
    let url = format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{database}?sslmode=disable", server().port);
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

fn binaries() -> PathBuf {
    let mut found: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .filter(|bin| bin.join("initdb").exists())
        .collect();
    found.sort();
    found.pop().unwrap_or_else(|| {
        let output = Command::new("pg_config").arg("--bindir").output();
        let output = output.expect("PostgreSQL's server binaries are needed for these tests");
        PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
    })
}
