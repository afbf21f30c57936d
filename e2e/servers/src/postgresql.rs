//! PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tokio_postgres::{Client, NoTls};

use super::{PASSWORD, Product, Server, Tls, installed, start};

const START: &str = r#"
echo PASSWORD >"$dir/password"
"BIN/initdb" -D "$dir/data" -U app --pwfile="$dir/password" --auth-local=trust --auth-host=scram-sha-256 \
  -E UTF8 --locale=C --no-sync >"$dir/install.log" 2>&1
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

fn started(tls: Tls) -> Server {
    let bin = programs();
    let commands = START
        .replace("BIN", &bin.display().to_string())
        .replace("PASSWORD", PASSWORD)
        .replace("TLS", if tls == Tls::On { TLS } else { "" });
    let product = Product {
        user: "postgres",
        program: bin.join("postgres"),
        start: commands,
        signal: "QUIT",
        ready: "ready to accept connections",
    };
    start(&product, tls)
}

/// A session of a test's own.
pub async fn session(database: &str) -> Client {
    let url = format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{database}?sslmode=disable", server().port);
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
