//! Real servers for tests: one a test process and product, one database a test.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

pub(crate) mod mariadb;
pub(crate) mod postgresql;

use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::Duration;

/// Must never be printed by anything.
pub(crate) const PASSWORD: &str = "canary-7d31";

/// A running server.
pub(crate) struct Server {
    pub(crate) port: u16,
    pub(crate) folder: PathBuf,
    _guard: Option<Child>,
    _alive: Option<ChildStdin>,
}

impl Server {
    /// One that somebody else started and ends.
    fn elsewhere(port: u16) -> Self {
        Self { port, folder: PathBuf::new(), _guard: None, _alive: None }
    }
}

/// How a product is started.
struct Product {
    /// Whose program it is when the test is root's: servers refuse to run as root.
    user: &'static str,
    /// A shell script with the folder and the port as its arguments. It has the server log to `server.log` and ends it
    /// when its standard input closes, that is when the test process is gone, however it went.
    script: String,
    /// What the log says when connections are taken.
    ready: &'static str,
}

/// A port on which nobody listens at the moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A folder that nobody else has.
pub(crate) fn fresh_folder() -> PathBuf {
    let folder = std::env::temp_dir().join(format!("slift-{}", uuid::Uuid::new_v4().simple()));
    std::fs::create_dir(&folder).unwrap();
    folder
}

fn start(product: &Product) -> Server {
    let folder = fresh_folder();
    let port = free_port();
    let mut guard = shell(product.user, &folder)
        .args(["-c", &product.script, "guard"])
        .arg(&folder)
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .current_dir(&folder)
        .spawn()
        .unwrap();
    let alive = guard.stdin.take();
    wait_until_ready(&folder, port, product.ready);
    Server { port, folder, _guard: Some(guard), _alive: alive }
}

/// A shell of a user that the server agrees to run as.
fn shell(user: &str, folder: &Path) -> Command {
    let id = Command::new("id").arg("-u").output().unwrap();
    if id.stdout.trim_ascii() != b"0" {
        return Command::new("sh");
    }
    assert!(Command::new("chown").arg("-R").arg(user).arg(folder).status().unwrap().success());
    let mut command = Command::new("setpriv");
    command.args([&format!("--reuid={user}"), &format!("--regid={user}"), "--init-groups", "sh"]);
    command
}

fn wait_until_ready(folder: &Path, port: u16, words: &str) {
    let ready = || {
        std::fs::read_to_string(folder.join("server.log")).is_ok_and(|log| log.contains(words))
            && TcpStream::connect(("127.0.0.1", port)).is_ok()
    };
    for _ in 0..1200 {
        if ready() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("the server did not start; see {}", folder.display());
}
