//! Servers that belong to one test, which may end them, start them again, and fill their disk.
//!
//! The disk is a file system in memory that only the server sees. Where nothing can be mounted (a test that is not root's, a
//! container without the right) the largest size of a file (`RLIMIT_FSIZE`) takes its place on PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{
    BEFORE, Product, Server, free_port, fresh_folder, is_root, of_user, shell, tell_version, wait_until_ready,
};

/// Room for the largest of the servers, with some to fill.
const MEGABYTES: usize = 400;

/// The guard starts the server again whenever it is gone and a line is written to `again`.
const AFTER: &str = r#"
start() {
START
pid=$!
echo "$pid" >"$dir/pid.new"
mv "$dir/pid.new" "$dir/server.pid"
}
mkfifo "$dir/again"
start
(cat <&3 >/dev/null || true
  rm "$dir/wanted"
  kill -SIGNAL "$(cat "$dir/server.pid")" 2>/dev/null || true
  : <>"$dir/again") &
while :; do
  wait "$pid" 2>/dev/null || true
  [ -e "$dir/wanted" ] || break
  touch "$dir/ended"
  read -r _ <"$dir/again" || true
  [ -e "$dir/wanted" ] || break
  start
  rm "$dir/ended"
done
rm -rf "$dir" 2>/dev/null || true
"#;

/// What is behind a server of one test.
pub(crate) struct Own {
    user: &'static str,
    signal: &'static str,
    ready: &'static str,
    disk: Disk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Disk {
    Mounted,
    Limited,
}

/// How a command gets a small file system of its own over a folder: words before its own. None where nothing can be mounted, or
/// where `TEST_MOUNT` is `no`.
pub fn mounting(folder: &Path, megabytes: usize) -> Option<Vec<String>> {
    let text = format!(
        "mount -t tmpfs -o size={megabytes}m,mode=0777 none '{0}' || exit 77; \"$@\"; status=$?; umount '{0}'; rmdir '{0}' \
         '{1}' 2>/dev/null; exit $status",
        folder.display(),
        folder.parent().unwrap().display()
    );
    let words = ["unshare", "--mount", "sh", "-c", &text, "mounted"].map(str::to_owned).to_vec();
    let tried = || Command::new(&words[0]).args(&words[1..]).arg("true").stderr(Stdio::null()).status();
    let wanted = is_root() && std::env::var_os("TEST_MOUNT").is_none_or(|wanted| wanted != "no");
    let mounted = wanted && tried().is_ok_and(|status| status.success());
    // The trial took the folder along.
    std::fs::create_dir_all(folder).unwrap();
    mounted.then_some(words)
}

pub(crate) fn start(product: &Product) -> Server {
    let folder = fresh_folder();
    let port = free_port();
    let small = folder.join("small");
    std::fs::create_dir(&small).unwrap();
    let mounted = mounting(&small, MEGABYTES);
    let after = AFTER.replace("SIGNAL", product.signal).replace("START", &product.start);
    let script = format!("{BEFORE}{}{after}", product.make);
    let inner = shell(product.user, &folder);
    let mut command = match &mounted {
        Some(words) => {
            let mut command = Command::new(&words[0]);
            command.args(&words[1..]).arg(inner.get_program()).args(inner.get_args());
            command
        }
        None => inner,
    };
    let mut guard = command
        .args(["-c", &script, "guard"])
        .arg(&folder)
        .arg(port.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .current_dir(&folder)
        .spawn()
        .unwrap();
    let alive = guard.stdin.take();
    let gone = folder.join("ended");
    let ended = || guard.try_wait().unwrap().is_some() || gone.exists();
    wait_until_ready(ended, &folder, port, product.ready);
    tell_version(&product.program, port);
    let disk = if mounted.is_some() { Disk::Mounted } else { Disk::Limited };
    let own = Own { user: product.user, signal: product.signal, ready: product.ready, disk };
    Server { port, folder, own: Some(own), guard: Some(guard), alive }
}

impl Server {
    /// Ends a test's own server at once, as when its machine is lost; whoever is at work there is cut off.
    pub fn kill(&self) {
        run(Command::new("kill").arg(format!("-{}", self.own().signal)).arg(self.pid()));
    }

    /// Starts it again once it is gone, and waits until it takes connections.
    pub fn start_again(&self) {
        // It opens when the guard has seen the server's end.
        std::fs::write(self.folder.join("again"), "\n").unwrap();
        let gone = self.folder.join("ended");
        while gone.exists() {
            std::thread::yield_now();
        }
        wait_until_ready(|| gone.exists(), &self.folder, self.port, self.own().ready);
    }

    /// Whether its disk can be filled; else its files are limited instead.
    pub fn has_disk(&self) -> bool {
        self.own().disk == Disk::Mounted
    }

    /// Leaves room for so many bytes on the disk of a test's own server.
    pub fn fill_disk(&self, room: u64) {
        let filler = self.filler();
        // `df` would look into our own list of file systems.
        let mut command = Command::new("stat");
        command.args(["--file-system", "--format=%a %S"]).arg(filler.parent().unwrap());
        let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
        let free: u64 = text.split_whitespace().map(|word| word.parse::<u64>().unwrap()).product();
        run(Command::new("fallocate").arg("-l").arg((free - room).to_string()).arg(filler));
    }

    /// Takes back what filled the disk.
    pub fn make_room(&self) {
        std::fs::remove_file(self.filler()).unwrap();
    }

    /// No file may become larger, in sessions from now on. None takes it back.
    pub fn limit_files(&self, largest: Option<u64>) {
        let largest = largest.map_or_else(|| "unlimited".to_owned(), |bytes| bytes.to_string());
        // Only whose process it is may do that where root is not allowed everything.
        let mut command = of_user(self.own().user, "prlimit");
        run(command.args(["--pid", &self.pid()]).arg(format!("--fsize={largest}:")));
    }

    /// Seen from outside of the server's own file systems.
    fn filler(&self) -> PathBuf {
        let inside = self.folder.join("small/filler");
        Path::new("/proc").join(self.pid()).join("root").join(inside.strip_prefix("/").unwrap())
    }

    fn pid(&self) -> String {
        std::fs::read_to_string(self.folder.join("server.pid")).unwrap().trim().to_owned()
    }

    fn own(&self) -> &Own {
        self.own.as_ref().expect("a server that others use, too, is not touched")
    }
}

fn run(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
