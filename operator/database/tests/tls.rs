//! What each `sslmode` checks.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test stops at the first surprise"
)]

mod support;

use database::{Target, connect};
use reason::Reason;
use secrecy::SecretString;
use servers::postgresql::server_with_tls;
use support::{PASSWORD, settings};

#[tokio::test(flavor = "multi_thread")]
async fn each_mode_checks_what_it_promises() {
    let server = server_with_tls();
    let root = server.folder.join("ca.pem").display().to_string();
    for (host, mode, root, good) in [
        ("127.0.0.1", "prefer", None, true),
        ("127.0.0.1", "require", None, true),
        ("127.0.0.1", "verify-ca", None, false),
        ("127.0.0.1", "verify-ca", Some(&root), true),
        ("127.0.0.1", "verify-full", Some(&root), false),
        ("localhost", "verify-full", Some(&root), true),
        ("localhost", "verify-full", None, false),
    ] {
        let root = root.map_or_else(String::new, |path| format!("&sslrootcert={path}"));
        let url = format!("postgresql://app:{PASSWORD}@{host}:{}/postgres?sslmode={mode}{root}", server.port);
        let target = Target::from_url(&SecretString::from(url)).unwrap();
        match connect(&target, &settings("tls")).await {
            Ok(mut database) => {
                assert!(good, "{host} {mode} {root}");
                let query = "SELECT count(*) FROM pg_stat_ssl WHERE ssl AND pid = pg_backend_pid()";
                assert_eq!(database.count(query).await.unwrap(), 1);
            }
            Err(error) => {
                assert!(!good, "{host} {mode} {root}: {error}");
                assert_eq!(error.reason(), Reason::TlsFailed, "{error}");
                assert!(!error.to_string().contains(PASSWORD));
            }
        }
    }
}
