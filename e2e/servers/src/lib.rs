//! Real servers for tests: one a test process and product, started by the first test that asks and ended with the process.
//!
//! `TEST_POSTGRESQL` is the major version to run, of those that `.ci/servers` installs and the system has; without it, it is
//! the newest of the system. `TEST_MYSQL` is `mariadb` (which it is without it) or `mysql`. A server that is asked for and not
//! installed fails the test.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test stops at the first surprise"
)]

pub mod mysql;
pub mod own;
pub mod postgresql;
pub mod proxy;

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// The password of the user `app`, who may do anything. Must never be printed by anything.
pub const PASSWORD: &str = "canary-7d31";

/// A running server; dropping it ends it.
pub struct Server {
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
    /// Its data, its log, and `ca.pem` where it has TLS.
    pub folder: PathBuf,
    /// What a test may do to it, where it is the test's own.
    own: Option<own::Own>,
    guard: Option<Child>,
    /// Open for as long as the server shall live.
    alive: Option<ChildStdin>,
}

impl Server {
    /// One that somebody else started and ends.
    fn elsewhere(port: u16) -> Self {
        Self { port, folder: PathBuf::new(), own: None, guard: None, alive: None }
    }

    /// Ends it as a crash would, and answers when its process is gone.
    pub fn end(mut self) {
        drop(self.alive.take());
        if let Some(mut guard) = self.guard.take() {
            guard.wait().unwrap();
        }
    }
}

/// Whether a server has a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tls {
    Off,
    On,
}

/// A certificate for `localhost`, signed by `ca.pem` in the folder.
const TLS_FILES: &str = r#"
cd "$dir"
echo "subjectAltName=DNS:localhost" >names
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2 >/dev/null 2>&1
openssl req -new -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost >/dev/null 2>&1
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 2 \
  -out server.pem >/dev/null 2>&1
"#;

/// The guard ends the server when its standard input closes, that is when the test process is gone, however it went. A
/// server that ends by itself leaves its logs behind.
const BEFORE: &str = r#"
set -e
dir=$1 port=$2 PATH=/usr/sbin:$PATH
exec 3<&0
touch "$dir/wanted"
"#;

const AFTER: &str = r#"
pid=$!
(cat <&3 >/dev/null || true; rm "$dir/wanted"; kill -SIGNAL "$pid") &
wait "$pid" 2>/dev/null || true
[ -e "$dir/wanted" ] || rm -rf "$dir"
"#;

/// How a product is started.
struct Product {
    /// Whose program it is when the test is root's: servers refuse to run as root.
    user: &'static str,
    /// The program that tells its version.
    program: PathBuf,
    /// Shell commands that make the data in `$dir` and log what they say in `install.log` there.
    make: String,
    /// The one that starts the server on `$port` in the background with its log in `server.log`.
    start: String,
    /// The signal that ends it at once.
    signal: &'static str,
    /// What the log says when connections are taken.
    ready: &'static str,
}

/// A port on which nobody listens at the moment.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder that nobody else has: in memory where there is plenty of it, unless `TMPDIR` names a place.
pub fn fresh_folder() -> PathBuf {
    let parent = if std::env::var_os("TMPDIR").is_none() && megabytes_in_memory() > 8192 {
        PathBuf::from("/dev/shm")
    } else {
        std::env::temp_dir()
    };
    let folder = parent.join(format!("slift-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&folder).unwrap();
    folder
}

/// Room that is left in the file system that lives in memory; 0 where there is none.
fn megabytes_in_memory() -> u64 {
    let output = Command::new("df").args(["-BM", "--output=avail", "/dev/shm"]).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let digits = text.lines().nth(1).unwrap_or_default().trim().trim_end_matches('M');
    digits.parse().unwrap_or(0)
}

/// Where `.ci/servers` puts what the system does not have: a folder that the users of the servers can read, too.
fn installed(name: &str) -> PathBuf {
    let own = std::env::var_os("SCHEMALIFT_SERVERS").map(PathBuf::from);
    let folder = own.unwrap_or_else(|| {
        if is_root() {
            return PathBuf::from("/var/cache/schemalift/servers");
        }
        PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/schemalift/servers")
    });
    folder.join(name)
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output().unwrap();
    output.stdout.trim_ascii() == b"0"
}

fn start(product: &Product, tls: Tls) -> Server {
    let folder = fresh_folder();
    let port = free_port();
    let files = if tls == Tls::On { TLS_FILES } else { "" };
    let after = AFTER.replace("SIGNAL", product.signal);
    let script = format!("{BEFORE}{files}{}{}{after}", product.make, product.start);
    let mut guard = shell(product.user, &folder)
        .args(["-c", &script, "guard"])
        .arg(&folder)
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .current_dir(&folder)
        .spawn()
        .unwrap();
    let alive = guard.stdin.take();
    let ended = || guard.try_wait().unwrap().is_some();
    wait_until_ready(ended, &folder, port, product.ready);
    tell_version(&product.program, port);
    Server { port, folder, own: None, guard: Some(guard), alive }
}

/// A shell that owns the folder and is not root's, as which servers refuse to run.
pub fn shell(user: &str, folder: &Path) -> Command {
    if is_root() {
        assert!(Command::new("chown").arg("-R").arg(user).arg(folder).status().unwrap().success());
    }
    of_user(user, "sh")
}

/// A program, as this user where the test is root's.
fn of_user(user: &str, program: &str) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--init-groups", program]);
    command
}

fn wait_until_ready(mut ended: impl FnMut() -> bool, folder: &Path, port: u16, words: &str) {
    let ready = || {
        std::fs::read_to_string(folder.join("server.log")).is_ok_and(|log| log.contains(words))
            && TcpStream::connect(("127.0.0.1", port)).is_ok()
    };
    while !ready() {
        assert!(!ended(), "the server did not start; its logs are in {}", folder.display());
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Past what a test run keeps to itself, so that every log says what was tested.
#[allow(clippy::explicit_write, reason = "what `eprintln` writes is kept and thrown away")]
fn tell_version(program: &Path, port: u16) {
    let output = Command::new(program).arg("--version").output().unwrap();
    let version = String::from_utf8_lossy(&output.stdout);
    writeln!(std::io::stderr(), "started {} on port {port}", version.trim()).unwrap();
}
