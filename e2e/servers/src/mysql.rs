//! MariaDB or MySQL, with a user `app` who may do anything. `TEST_MYSQL_PORT` is the port of one that runs already on this
//! machine, with that user.

use std::path::PathBuf;
use std::sync::OnceLock;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder};

use super::{PASSWORD, Product, Server, Tls, installed, start};

/// What both read as their first session. Each has a folder of its own for temporary tables: a server that starts clears that
/// folder, and takes the tables of another one away while they are in use.
const INIT: &str = r#"
mkdir "$dir/tmp"
cat >"$dir/init.sql" <<END
CREATE USER IF NOT EXISTS app@'%' IDENTIFIED BY 'PASSWORD';
GRANT ALL PRIVILEGES ON *.* TO app@'%' WITH GRANT OPTION;
END
"#;

const MAKE_MARIADB: &str = r#"
mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal --skip-test-db --tmpdir="$dir/tmp" QUICK OPTIONS \
  >"$dir/install.log" 2>&1
"#;

const MARIADB: &str = r#"
"PROGRAM" --no-defaults --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" --port="$port" \
  --bind-address=127.0.0.1 --tmpdir="$dir/tmp" --skip-name-resolve --init-file="$dir/init.sql" --max-connections=200 OPTIONS TLS \
  QUICK --sync-frm=0 >"$dir/server.log" 2>&1 &
"#;

const MAKE_MYSQL: &str = r#"
"PROGRAM" --initialize-insecure --tmpdir="$dir/tmp" --secure-file-priv= --datadir="$dir/data" QUICK \
  OPTIONS >"$dir/install.log" 2>&1
"#;

const MYSQL: &str = r#"
"PROGRAM" --secure-file-priv= --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" --port="$port" \
  --bind-address=127.0.0.1 --tmpdir="$dir/tmp" --skip-name-resolve --init-file="$dir/init.sql" --max-connections=200 OPTIONS TLS \
  --mysqlx=OFF --skip-log-bin QUICK >"$dir/server.log" 2>&1 &
"#;

/// What a machine that fails would take along.
const QUICK: &str = "--innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=0";

const TLS: &str = r#"--ssl-ca="$dir/ca.pem" --ssl-cert="$dir/server.pem" --ssl-key="$dir/server.key""#;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavor {
    /// The system's MariaDB.
    MariaDb,
    /// The MySQL that `.ci/servers` installs.
    MySql,
}

/// What `TEST_MYSQL` asks for.
pub fn flavor() -> Flavor {
    match std::env::var("TEST_MYSQL").as_deref() {
        Err(_) | Ok("mariadb") => Flavor::MariaDb,
        Ok("mysql") => Flavor::MySql,
        Ok(other) => panic!("TEST_MYSQL is mariadb or mysql, not {other}"),
    }
}

/// The server of this test process, without TLS.
pub fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("TEST_MYSQL_PORT") {
        Ok(port) => Server::elsewhere(port.parse().unwrap()),
        Err(_) => started(Tls::Off, ""),
    })
}

/// A server with a certificate for `localhost`.
pub fn server_with_tls() -> Server {
    started(Tls::On, "")
}

/// A server that stores names of tables in small letters.
pub fn server_with_small_letters() -> Server {
    started(Tls::Off, "--lower-case-table-names=1")
}

/// A server whose settings a test changes for everybody, on a machine of another time zone.
pub fn server_with_other_settings() -> Server {
    let mut product = product(Tls::Off, "", QUICK);
    product.start.insert_str(0, "export TZ=Asia/Kolkata\n");
    start(&product, Tls::Off)
}

/// A server of one test, that can be ended and started again. Its data is on the disk that can be full. What it has committed it
/// keeps.
pub fn own() -> Server {
    let options = match flavor() {
        Flavor::MariaDb => "--innodb-log-file-size=32M",
        Flavor::MySql => "--innodb-redo-log-capacity=32M",
    };
    let mut product = product(Tls::Off, options, "--innodb-flush-method=fsync");
    for commands in [&mut product.make, &mut product.start] {
        *commands = commands.replace("$dir/data", "$dir/small/data");
    }
    super::own::start(&product)
}

fn started(tls: Tls, options: &str) -> Server {
    start(&product(tls, options, QUICK), tls)
}

fn product(tls: Tls, options: &str, durability: &str) -> Product {
    let (make, start, program, no_tls) = match flavor() {
        Flavor::MariaDb => (MAKE_MARIADB, MARIADB, mariadbd(), ""),
        Flavor::MySql => (MAKE_MYSQL, MYSQL, mysqld(), "--tls-version="),
    };
    let filled = |commands: &str| {
        commands
            .replace("PROGRAM", &program.display().to_string())
            .replace("PASSWORD", PASSWORD)
            .replace("OPTIONS", options)
            .replace("QUICK", durability)
            .replace("TLS", if tls == Tls::On { TLS } else { no_tls })
    };
    let (make, start) = (filled(&format!("{INIT}{make}")), filled(start));
    Product { user: "mysql", program, make, start, signal: "KILL", ready: "ready for connections" }
}

fn mariadbd() -> PathBuf {
    let path = std::env::var("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let mut programs = folders.map(|folder| folder.join("mariadbd"));
    programs.find(|program| program.exists()).expect("MariaDB is not installed; run .ci/install")
}

fn mysqld() -> PathBuf {
    let program = installed("mysql").join("mysqld");
    assert!(program.exists(), "MySQL is not installed; run .ci/install");
    program
}

/// A session of a test's own, which quotes names as the other databases do.
pub async fn session(database: &str) -> Conn {
    session_on(server(), database).await
}

/// The same on another server.
pub async fn session_on(server: &Server, database: &str) -> Conn {
    let options = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(server.port)
        .prefer_socket(false)
        .user(Some("app"))
        .pass(Some(PASSWORD))
        .db_name(Some(database).filter(|name| !name.is_empty()));
    let mut conn = Conn::new(options).await.unwrap();
    conn.query_drop("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')").await.unwrap();
    conn
}
