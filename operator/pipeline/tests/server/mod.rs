//! A PostgreSQL server and a folder that go away with the test.

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

use database::Target;
use secrecy::SecretString;

/// Ends the server when its standard input closes, that is when the test process is gone, however it went.
const GUARD: &str = r#"
set -e
bin=$1 dir=$2 port=$3
"$bin/initdb" -D "$dir/data" -U app --auth=trust -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1
"$bin/postgres" -D "$dir/data" -p "$port" -k "$dir" -c listen_addresses=127.0.0.1 -c fsync=off \
  -c full_page_writes=off -c synchronous_commit=off -c max_locks_per_transaction=512 >"$dir/server.log" 2>&1 &
pid=$!
cat >/dev/null || true
kill -QUIT "$pid" || true
wait "$pid" || true
rm -rf "$dir"
"#;

/// A folder that is removed when it is dropped.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.path));
    }
}

/// A fresh folder.
pub(crate) fn folder() -> Folder {
    Folder { path: fresh() }
}

fn fresh() -> PathBuf {
    let path = std::env::temp_dir().join(format!("slift-properties-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&path).unwrap();
    path
}

pub(crate) struct Server {
    port: u16,
    _guard: Child,
    _alive: Option<ChildStdin>,
}

impl Server {
    /// Starts a server and waits until it takes connections.
    pub(crate) fn start() -> Self {
        let dir = fresh();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = shell(&dir);
        let mut guard = command
            .args(["-c", GUARD, "guard"])
            .arg(binaries())
            .arg(&dir)
            .arg(port.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .current_dir(&dir)
            .spawn()
            .unwrap();
        let alive = guard.stdin.take();
        wait_until_ready(&dir, port);
        Self { port, _guard: guard, _alive: alive }
    }

    /// A schema on the server.
    pub(crate) fn target(&self, namespace: &str) -> Target {
        let url = format!("postgresql://app@127.0.0.1:{}/postgres?sslmode=disable", self.port);
        Target::from_url(&SecretString::from(url)).unwrap().with_namespace(Some(namespace.to_owned()))
    }
}

fn wait_until_ready(dir: &Path, port: u16) {
    for _ in 0..600 {
        let log = std::fs::read_to_string(dir.join("server.log")).unwrap_or_default();
        if log.contains("ready to accept connections") && TcpStream::connect(("127.0.0.1", port)).is_ok() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the server did not start; see {}", dir.display());
}

/// A shell of a user that the server agrees to run as.
fn shell(dir: &Path) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout.trim_ascii() != b"0" {
        return Command::new("sh");
    }
    assert!(Command::new("chown").arg("-R").arg("postgres").arg(dir).status().unwrap().success());
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
    command
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
