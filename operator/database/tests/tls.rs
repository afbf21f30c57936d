//! What each `sslmode` checks, and certificates that end or are replaced.

use database::{Error, Target, connect};
use reason::{Class, Reason};
use secrecy::SecretString;
use servers::postgresql::{server_with_tls, session_on};
use servers::{Server, shell};

use crate::support::{PASSWORD, settings};

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

/// Signs the server's key by this authority, which is made where it is missing, and lets the server know.
async fn sign(server: &Server, authority: &str, days: i32) {
    let script = format!(
        "[ -e {authority}.pem ] || openssl req -x509 -newkey rsa:2048 -nodes -keyout {authority}.key -out {authority}.pem \
         -subj /CN={authority} -days 2 && openssl x509 -req -in server.csr -CA {authority}.pem -CAkey {authority}.key \
         -CAcreateserial -extfile names -days {days} -out server.pem"
    );
    let output =
        shell("postgres", &server.folder).args(["-c", &script]).current_dir(&server.folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let reload = "SELECT pg_catalog.pg_reload_conf()";
    session_on(server, "postgres").await.batch_execute(reload).await.unwrap();
}

/// The outcome of a connection that trusts this authority.
async fn outcome(server: &Server, authority: &str) -> Result<(), Error> {
    let root = server.folder.join(format!("{authority}.pem"));
    let url = format!(
        "postgresql://app:{PASSWORD}@localhost:{}/postgres?sslmode=verify-full&sslrootcert={}",
        server.port,
        root.display()
    );
    connect(&Target::from_url(&SecretString::from(url)).unwrap(), &settings("tls")).await.map(|_| ())
}

/// Waits for the refusal that these words are part of. The server reads its new certificate in its own time.
async fn refused(server: &Server, authority: &str, words: &str) {
    let error = loop {
        if let Err(error) = outcome(server, authority).await {
            break error;
        }
    };
    assert_eq!((error.reason(), error.reason().class()), (Reason::TlsFailed, Class::Transient), "{error}");
    assert!(error.to_string().contains(words), "{error}");
    assert!(!error.to_string().contains(PASSWORD), "{error}");
}

async fn taken(server: &Server, authority: &str) {
    while let Err(error) = outcome(server, authority).await {
        assert_eq!(error.reason(), Reason::TlsFailed, "{error}");
    }
}

/// All of it is waited for: no failure here ends a migration for good, and none needs anything to be started again.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_ended_or_an_authority_that_is_replaced_heals_by_itself() {
    let server = server_with_tls();
    taken(&server, "ca").await;
    sign(&server, "ca", -1).await;
    refused(&server, "ca", "Expired").await;
    sign(&server, "ca", 2).await;
    taken(&server, "ca").await;
    // The server is the first to have the new authority, then we are.
    sign(&server, "next", 2).await;
    refused(&server, "ca", "UnknownIssuer").await;
    taken(&server, "next").await;
    // We are the first, then the server is.
    refused(&server, "ca", "UnknownIssuer").await;
    sign(&server, "ca", 2).await;
    taken(&server, "ca").await;
}
