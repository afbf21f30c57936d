//! A real PostgreSQL for tests: one server a test process, one database a test.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tokio_postgres::{Client, NoTls};

/// Must never be printed by anything.
pub(crate) const PASSWORD: &str = "canary-7d31";

/// Ends the server when its standard input closes, that is when the test process is gone, however it went.
const GUARD: &str = r#"
set -e
bin=$1 dir=$2 port=$3
"$bin/initdb" -D "$dir/data" -U app --pwfile="$dir/password" --auth-local=trust --auth-host=scram-sha-256 \
  -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1
"$bin/postgres" -D "$dir/data" -p "$port" -k "$dir" -c listen_addresses=127.0.0.1 -c fsync=off \
  -c max_connections=200 -c full_page_writes=off >"$dir/server.log" 2>&1 &
pid=$!
cat >/dev/null || true
kill -QUIT "$pid" || true
wait "$pid" || true
rm -rf "$dir"
"#;

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    _guard: Child,
    _alive: Option<ChildStdin>,
}

/// The server of this test process.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(start)
}

/// A port on which nobody listens at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
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

fn is_root() -> bool {
    Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0"
}

fn start() -> Server {
    let dir = std::env::temp_dir().join(format!("slift-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&dir).unwrap();
    std::fs::write(dir.join("password"), PASSWORD).unwrap();
    let port = free_port();
    // The server refuses to run as root.
    let mut command = if is_root() {
        let owned = Command::new("chown").arg("-R").arg("postgres").arg(&dir).status();
        assert!(owned.unwrap().success());
        let mut command = Command::new("setpriv");
        command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
        command
    } else {
        Command::new("sh")
    };
    let mut guard = command
        .args(["-c", GUARD, "guard"])
        .arg(binaries())
        .arg(&dir)
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .current_dir(&dir)
        .spawn()
        .unwrap();
    let alive = guard.stdin.take();
    wait_until_ready(&dir, port);
    Server { port, _guard: guard, _alive: alive }
}

fn wait_until_ready(dir: &Path, port: u16) {
    let ready = || {
        std::fs::read_to_string(dir.join("server.log"))
            .is_ok_and(|log| log.contains("ready to accept connections"))
            && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    };
    for _ in 0..1200 {
        if ready() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the server did not start; see {}", dir.display());
}
