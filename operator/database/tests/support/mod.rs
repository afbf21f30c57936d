//! A real PostgreSQL for tests: one server a test process, one database a test.

#![allow(dead_code, reason = "each test file uses its part")]

use std::io::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use database::{NewMigration, Settings, Target};
use plan::{Impact, LockMode};
use schema::{Dialect, ObjectName, Schema};
use secrecy::SecretString;
use sql::{Mode, Probe, Script, ScriptStep};
use tokio_postgres::{Client, NoTls};

/// Must never be printed by anything.
pub(crate) const PASSWORD: &str = "canary-5f2c";

/// Ends the server when its standard input closes, that is when the test process is gone, however it went.
const GUARD: &str = r#"
set -e
bin=$1 dir=$2 port=$3 tls=$4
if [ "$tls" = on ]; then
  cd "$dir"
  echo "subjectAltName=DNS:localhost" >names
  openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2 >/dev/null 2>&1
  openssl req -new -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost >/dev/null 2>&1
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 2 \
    -out server.pem >/dev/null 2>&1
fi
"$bin/initdb" -D "$dir/data" -U app --pwfile="$dir/password" --auth-local=trust --auth-host=scram-sha-256 \
  -E UTF8 --locale=C --no-sync >"$dir/initdb.log" 2>&1
"$bin/postgres" -D "$dir/data" -p "$port" -k "$dir" -c listen_addresses=127.0.0.1 -c fsync=off \
  -c ssl="$tls" -c ssl_cert_file="$dir/server.pem" -c ssl_key_file="$dir/server.key" -c max_connections=200 -c full_page_writes=off >"$dir/server.log" 2>&1 &
pid=$!
cat >/dev/null || true
kill -QUIT "$pid" || true
wait "$pid" || true
rm -rf "$dir"
"#;

pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) dir: PathBuf,
    _guard: Child,
    _alive: Option<ChildStdin>,
}

pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| start("off"))
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
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

/// A shell that owns the folder and is not root's, as which servers refuse to run.
pub(crate) fn shell_of_postgres(dir: &Path) -> Command {
    if !is_root() {
        return Command::new("sh");
    }
    assert!(Command::new("chown").arg("-R").arg("postgres").arg(dir).status().unwrap().success());
    let mut command = Command::new("setpriv");
    command.args(["--reuid=postgres", "--regid=postgres", "--init-groups", "sh"]);
    command
}

/// A server with a certificate for `localhost`, signed by `ca.pem` in its folder.
pub(crate) fn server_with_tls() -> Server {
    start("on")
}

fn start(tls: &str) -> Server {
    let dir = std::env::temp_dir().join(format!("slift-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&dir).unwrap();
    let mut file = std::fs::File::create(dir.join("password")).unwrap();
    file.write_all(PASSWORD.as_bytes()).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut command = shell_of_postgres(&dir);
    let mut guard = command
        .args(["-c", GUARD, "guard"])
        .arg(binaries())
        .arg(&dir)
        .arg(port.to_string())
        .arg(tls)
        .stdin(Stdio::piped())
        .current_dir(&dir)
        .spawn()
        .unwrap();
    let alive = guard.stdin.take();
    wait_until_ready(&dir, port);
    Server { port, dir, _guard: guard, _alive: alive }
}

fn wait_until_ready(dir: &Path, port: u16) {
    let ready = || {
        std::fs::read_to_string(dir.join("server.log"))
            .is_ok_and(|log| log.contains("ready to accept connections"))
            && std::net::TcpStream::connect(("127.0.0.1", port)).is_ok()
    };
    for _ in 0..600 {
        if ready() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the server did not start; see {}", dir.display());
}

/// A database of its own for a test.
pub(crate) struct Place {
    pub(crate) name: String,
}

impl Place {
    pub(crate) async fn new(name: &str) -> Self {
        let admin = raw("postgres").await;
        admin.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        Self { name: name.to_owned() }
    }

    pub(crate) fn url(&self) -> String {
        format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{}", server().port, self.name)
    }

    pub(crate) fn target(&self) -> Target {
        Target::from_url(&SecretString::from(self.url())).unwrap()
    }

    pub(crate) async fn raw(&self) -> Client {
        raw(&self.name).await
    }
}

async fn raw(database: &str) -> Client {
    let url = format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{database}?sslmode=disable", server().port);
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

pub(crate) fn settings(name: &str) -> Settings {
    Settings {
        application_name: name.to_owned(),
        lock_timeout: Duration::from_millis(200),
        lock_retries: 0,
        lock_wait: Duration::from_millis(300),
        ..Settings::default()
    }
}

pub(crate) fn migration(name: &str) -> NewMigration {
    NewMigration {
        owner: "laptop/shop/blog".to_owned(),
        name: name.to_owned(),
        approved_digest: Some("sha256:approved".to_owned()),
        actor: None,
        tool_version: "0.1.0".to_owned(),
        back: None,
    }
}

pub(crate) fn step(mode: Mode, statement: &str) -> ScriptStep {
    ScriptStep {
        kind: "Test".to_owned(),
        object: "thing".to_owned(),
        summary: statement.chars().take(40).collect(),
        statements: vec![statement.to_owned()],
        mode,
        hazards: Vec::new(),
        probe: None,
        impact: Impact::default(),
    }
}

/// The impact of a step that locks these tables of `public`.
pub(crate) fn locking(tables: &[&str], mode: LockMode) -> Impact {
    let names = tables.iter().map(|table| ObjectName::new(Some("public"), *table));
    names.fold(Impact::default(), |impact, table| impact.and(&table, mode))
}

pub(crate) fn build(table: &str, index: &str) -> ScriptStep {
    ScriptStep {
        impact: locking(&[table], LockMode::ShareUpdateExclusive),
        probe: Some(Probe::IndexPresent {
            namespace: "public".to_owned(),
            index: index.to_owned(),
            cleanup: format!("DROP INDEX CONCURRENTLY public.\"{index}\""),
        }),
        ..step(
            Mode::NoTransaction,
            &format!("CREATE INDEX CONCURRENTLY \"{index}\" ON public.\"{table}\" (id)"),
        )
    }
}

pub(crate) fn script(dialect: Dialect, steps: Vec<ScriptStep>) -> Script {
    let mut script = Script {
        version: 1,
        dialect,
        digest: String::new(),
        from: "sha256:from".to_owned(),
        to: "sha256:to".to_owned(),
        steps,
        desired: Schema::empty(dialect),
    };
    script.digest = sql::digest(&script);
    script
}
