//! MariaDB, or whatever MySQL listens on `MYSQL_TEST_PORT` of this machine, with a user `app` who may do anything.

use std::sync::OnceLock;

use mysql_async::prelude::Queryable as _;
use mysql_async::{Conn, OptsBuilder};

use super::{PASSWORD, Product, Server, start};

const SCRIPT: &str = r#"
set -e
dir=$1 port=$2 PATH=/usr/sbin:$PATH
cat >"$dir/init.sql" <<END
CREATE USER app@'%' IDENTIFIED BY 'PASSWORD';
GRANT ALL PRIVILEGES ON *.* TO app@'%';
END
TLS_FILES
mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal --skip-test-db \
  >"$dir/install.log" 2>&1
mariadbd --no-defaults --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" --port="$port" \
  --bind-address=127.0.0.1 --skip-name-resolve TLS_OPTIONS --init-file="$dir/init.sql" --max-connections=200 \
  --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=0 --sync-frm=0 >"$dir/server.log" 2>&1 &
pid=$!
cat >/dev/null || true
kill -KILL "$pid" || true
wait "$pid" 2>/dev/null || true
rm -rf "$dir"
"#;

/// A certificate for `localhost`, signed by `ca.pem` in the folder.
const TLS_FILES: &str = r#"
cd "$dir"
echo "subjectAltName=DNS:localhost" >names
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -days 2 >/dev/null 2>&1
openssl req -new -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost >/dev/null 2>&1
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 2 \
  -out server.pem >/dev/null 2>&1
"#;

const TLS_OPTIONS: &str = r#"--ssl-cert="$dir/server.pem" --ssl-key="$dir/server.key""#;

/// The server of this test process, without TLS.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| match std::env::var("MYSQL_TEST_PORT") {
        Ok(port) => Server::elsewhere(port.parse().unwrap()),
        Err(_) => started("", ""),
    })
}

/// A server with a certificate for `localhost`.
pub(crate) fn server_with_tls() -> Server {
    started(TLS_FILES, TLS_OPTIONS)
}

fn started(files: &str, options: &str) -> Server {
    let script =
        SCRIPT.replace("PASSWORD", PASSWORD).replace("TLS_FILES", files).replace("TLS_OPTIONS", options);
    start(&Product { user: "mysql", script, ready: "ready for connections" })
}

/// A session of a test's own, which quotes names as the other databases do.
pub(crate) async fn session(database: &str) -> Conn {
    let options = OptsBuilder::default()
        .ip_or_hostname("127.0.0.1")
        .tcp_port(server().port)
        .prefer_socket(false)
        .user(Some("app"))
        .pass(Some(PASSWORD))
        .db_name(Some(database).filter(|name| !name.is_empty()));
    let mut conn = Conn::new(options).await.unwrap();
    conn.query_drop("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')").await.unwrap();
    conn
}
