//! MariaDB.

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
mariadb-install-db --no-defaults --datadir="$dir/data" --auth-root-authentication-method=normal --skip-test-db \
  >"$dir/install.log" 2>&1
mariadbd --no-defaults --datadir="$dir/data" --socket="$dir/socket" --pid-file="$dir/pid" --port="$port" \
  --bind-address=127.0.0.1 --skip-name-resolve --init-file="$dir/init.sql" --max-connections=200 \
  --innodb-flush-log-at-trx-commit=0 --innodb-flush-method=nosync --innodb-doublewrite=0 --sync-frm=0 >"$dir/server.log" 2>&1 &
pid=$!
cat >/dev/null || true
kill -KILL "$pid" || true
wait "$pid" 2>/dev/null || true
rm -rf "$dir"
"#;

/// The server of this test process.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| {
        let script = SCRIPT.replace("PASSWORD", PASSWORD);
        start(&Product { user: "mysql", script, ready: "ready for connections" })
    })
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
