//! What a url of MySQL or MariaDB can say, who may answer, and what our user may do there.

use std::path::Path;
use std::process::Command;

use database::{Database, Error, Opening, Target, connect};
use mysql_async::prelude::Queryable as _;
use plan::LockMode;
use reason::Reason;
use schema::{Dialect, ObjectName};
use secrecy::SecretString;
use servers::PASSWORD;
use servers::mysql::{self, server};
use sql::Mode;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{migration, script, settings, step};

async fn opened(url: &str) -> Result<Database, Error> {
    connect(&Target::from_url(&SecretString::from(url.to_owned()))?, &settings("test")).await
}

async fn refused(url: &str) -> Error {
    let error = opened(url).await.err().unwrap_or_else(|| panic!("{url} was accepted"));
    assert!(!format!("{error} {error:?}").contains(PASSWORD), "{error}");
    error
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_is_named_in_any_of_three_ways() {
    mysql::session("").await.query_drop("CREATE DATABASE socketed").await.unwrap();
    let socket = server().folder.join("socket").display().to_string();
    let user = format!("app:{PASSWORD}");
    for url in [
        format!("mysql://{user}@localhost/socketed?socket={socket}"),
        format!("mysql://{user}@/socketed?socket={socket}"),
        format!("mysql://{user}@{}/socketed", socket.replace('/', "%2F")),
        format!("mysql:///socketed?socket={socket}&user=app&password={PASSWORD}"),
    ] {
        let mut database = opened(&url).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        let query = "SELECT count(*) FROM information_schema.processlist WHERE id = connection_id() AND host = 'localhost'";
        assert_eq!(database.count(query).await.unwrap(), 1, "{url}");
    }
    let absent = refused(&format!("mysql://{user}@localhost/socketed?socket=/absent/socket")).await;
    assert_eq!(absent.reason(), Reason::DatabaseUnreachable, "{absent}");
    assert!(absent.to_string().contains("/absent/socket"), "{absent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ipv6_address_is_connected_to() {
    let Ok(listener) = TcpListener::bind("[::1]:0").await else { return };
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut outer, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut inner = TcpStream::connect(("127.0.0.1", server().port)).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut outer, &mut inner).await;
            });
        }
    });
    mysql::session("").await.query_drop("CREATE DATABASE sixth").await.unwrap();
    opened(&format!("mysql://app:{PASSWORD}@[::1]:{port}/sixth")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_to_be_refused_has_its_reason() {
    let mut raw = mysql::session("").await;
    raw.query_drop("CREATE DATABASE guarded").await.unwrap();
    raw.query_drop(format!("CREATE USER elsewhere@'10.9.8.7' IDENTIFIED BY '{PASSWORD}'")).await.unwrap();
    raw.query_drop(format!("CREATE USER nothing@'%' IDENTIFIED BY '{PASSWORD}'")).await.unwrap();
    let port = server().port;
    let url = |user: &str, rest: &str| format!("mysql://{user}:{PASSWORD}@127.0.0.1:{port}/{rest}");
    for (url, reason) in [
        (format!("mysql://app:wrong@127.0.0.1:{port}/guarded"), Reason::CredentialsRejected),
        (url("nobody", "guarded"), Reason::CredentialsRejected),
        (url("elsewhere", "guarded"), Reason::CredentialsRejected),
        (url("nothing", "guarded"), Reason::InsufficientPrivilege),
        (url("app", "absent"), Reason::DatabaseNotFound),
        (url("app", "guarded?sslmode=require"), Reason::TlsFailed),
        (url("app", "guarded?ssl-ca=/absent.pem"), Reason::TlsFailed),
        (url("app", "guarded?sslcert=a&ssl-ca=b"), Reason::UrlInvalid),
        (url("app", "guarded?sslidentity=a.p12"), Reason::UrlInvalid),
        (url("app", "guarded?ssl_mod=verify-full"), Reason::UrlInvalid),
        (format!("mysql://app:{PASSWORD}@127.0.0.1:1/guarded"), Reason::DatabaseUnreachable),
        (format!("mysql://app:{PASSWORD}@nowhere.invalid/guarded"), Reason::DatabaseUnreachable),
    ] {
        let error = refused(&url).await;
        assert_eq!(error.reason(), reason, "{url}: {error}");
    }
    opened(&url("app", "guarded?connection_limit=5&charset=utf8mb4&connect-timeout=5")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_wants_tls_and_one_that_wants_our_certificate() {
    let server = mysql::server_with_tls();
    let file = |name: &str| server.folder.join(name).display().to_string();
    let url =
        |user: &str, rest: &str| format!("mysql://{user}:{PASSWORD}@localhost:{}/mysql?{rest}", server.port);
    let made = Command::new("sh")
        .current_dir(&server.folder)
        .args(["-c", "openssl req -new -newkey rsa:2048 -nodes -keyout app.key -out app.csr -subj /CN=app && \
               openssl x509 -req -in app.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out app.pem"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut raw = mysql::session_on(&server, "").await;
    raw.query_drop(format!("CREATE USER known@'%' IDENTIFIED BY '{PASSWORD}' REQUIRE SUBJECT '/CN=app'"))
        .await
        .unwrap();
    raw.query_drop("GRANT ALL PRIVILEGES ON *.* TO known@'%'").await.unwrap();
    let identity = format!("sslcert={}&ssl-key={}", file("app.pem"), file("app.key"));
    let ca = format!("ssl-ca={}", file("ca.pem"));
    let without = refused(&url("known", &format!("ssl-mode=VERIFY_CA&{ca}"))).await;
    assert_eq!(without.reason(), Reason::CredentialsRejected, "{without}");
    opened(&url("known", &format!("ssl-mode=VERIFY_IDENTITY&{ca}&{identity}"))).await.unwrap();
    let other = format!("ssl-mode=VERIFY_CA&ssl-ca={}", file("app.pem"));
    assert_eq!(refused(&url("app", &other)).await.reason(), Reason::TlsFailed);
    opened(&url("known", &format!("sslmode=require&{}", converted(&server.folder).await))).await.unwrap();
    let unfit = format!("sslmode=require&sslcert={0}&sslkey={0}", file("app.pem"));
    assert_eq!(refused(&url("known", &unfit)).await.reason(), Reason::TlsFailed);
    raw.query_drop("SET GLOBAL require_secure_transport = ON").await.unwrap();
    let plain = refused(&url("app", "sslmode=disable")).await;
    assert_eq!(plain.reason(), Reason::TlsFailed, "{plain}");
    assert!(plain.to_string().contains("the server demands TLS: set `sslmode=require`"), "{plain}");
    let wrong = format!("mysql://app:wrong@localhost:{}/mysql?sslmode=disable", server.port);
    let wrong = refused(&wrong).await;
    assert_eq!(wrong.reason(), Reason::CredentialsRejected, "{wrong}");
    opened(&url("app", "")).await.unwrap();
}

/// What the refusal of a PKCS#12 file says, done: the parameters for the files that come of it.
async fn converted(folder: &Path) -> String {
    let shell = |commands: &str| {
        let output = Command::new("sh").current_dir(folder).args(["-ec", commands]).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    };
    shell("openssl pkcs12 -export -in app.pem -inkey app.key -out app.p12 -passout pass:");
    let error = refused("mysql://app:x@127.0.0.1:1/x?sslidentity=app.p12").await.to_string();
    let commands: Vec<&str> = error.split('`').filter(|part| part.starts_with("openssl ")).collect();
    assert_eq!(commands.len(), 2, "{error}");
    for command in commands {
        shell(&format!("{} -passin pass:", command.replace("FILE", "app.p12")));
    }
    format!("sslcert={0}/client.crt&sslkey={0}/client.key", folder.display())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_missing_right_is_told_at_once_with_its_grant_and_nothing_is_changed() {
    let mut raw = mysql::session("").await;
    for statement in [
        "CREATE DATABASE `my_rights`",
        "CREATE TABLE my_rights.theirs (id int PRIMARY KEY)",
        &format!("CREATE USER `we ak`@'%' IDENTIFIED BY '{PASSWORD}'"),
        "GRANT SELECT ON my_rights.* TO `we ak`@'%'",
    ] {
        raw.query_drop(statement).await.unwrap();
    }
    let url = format!("mysql://we%20ak:{PASSWORD}@127.0.0.1:{}/my_rights", server().port);
    let of_kind = |kind: &str, statement: &str, tables: &[&str]| {
        let names = tables.iter().map(|table| ObjectName::new(None, *table));
        let impact =
            names.fold(plan::Impact::default(), |impact, table| impact.and(&table, LockMode::Metadata));
        sql::ScriptStep { kind: kind.to_owned(), impact, ..step(Mode::NoTransaction, statement) }
    };
    let script = script(
        Dialect::MySql,
        vec![
            of_kind("CreateTable", "CREATE TABLE `mine` (`id` int PRIMARY KEY)", &[]),
            of_kind("AlterTable", "ALTER TABLE `theirs` ADD COLUMN `mine` int", &["theirs"]),
            of_kind("CreateIndex", "CREATE INDEX `i` ON `theirs` (`mine`)", &["theirs"]),
            of_kind(
                "AddForeignKey",
                "ALTER TABLE `theirs` ADD CONSTRAINT `f` FOREIGN KEY (`mine`) REFERENCES `mine` (`id`)",
                &["mine", "theirs"],
            ),
            of_kind("RenameTable", "RENAME TABLE `theirs` TO `ours`", &["theirs"]),
        ],
    );
    let mut database = opened(&url).await.unwrap();
    database.lock(&[]).await.unwrap();
    let error = database.record(&migration("m"), &script, Opening::Run).await.unwrap_err();
    assert_eq!(error.reason(), Reason::InsufficientPrivilege, "{error}");
    let grant = "GRANT ALTER, CREATE, DROP, INDEX, INSERT, REFERENCES, SELECT, UPDATE ON `my_rights`.* TO `we ak`@`%`;";
    assert!(error.to_string().contains(grant), "{error}");
    let tables: Vec<String> = raw
        .query("SELECT table_name FROM information_schema.tables WHERE table_schema = 'my_rights'")
        .await
        .unwrap();
    assert_eq!(tables, ["theirs"]);
    // What was printed is enough: through a role, too.
    raw.query_drop("CREATE ROLE migrators").await.unwrap();
    let to_role = grant.replace("`we ak`@`%`", "migrators");
    raw.query_drop(to_role).await.unwrap();
    raw.query_drop("GRANT migrators TO `we ak`@'%'").await.unwrap();
    let default = match mysql::flavor() {
        mysql::Flavor::MariaDb => "SET DEFAULT ROLE migrators FOR `we ak`@'%'",
        mysql::Flavor::MySql => "ALTER USER `we ak`@'%' DEFAULT ROLE migrators",
    };
    raw.query_drop(default).await.unwrap();
    database.unlock().await.unwrap();
    let mut database = opened(&url).await.unwrap();
    database.lock(&[]).await.unwrap();
    let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    database.run(&id, &script, &mut |_| {}).await.unwrap();
}

/// A copy of what goes is made beside the history, and made again after a failure.
#[tokio::test(flavor = "multi_thread")]
async fn the_rights_that_a_copy_needs_are_told() {
    let mut raw = mysql::session("").await;
    for statement in [
        "CREATE DATABASE copied",
        "CREATE DATABASE copies",
        "CREATE TABLE copied.old (id int PRIMARY KEY)",
        &format!("CREATE USER copier@'%' IDENTIFIED BY '{PASSWORD}'"),
        "GRANT ALL ON copied.* TO copier@'%'",
        "GRANT SELECT, INSERT, UPDATE, CREATE, REFERENCES ON copies.* TO copier@'%'",
    ] {
        raw.query_drop(statement).await.unwrap();
    }
    let url = format!("mysql://copier:{PASSWORD}@127.0.0.1:{}/copied", server().port);
    let target = Target::from_url(&SecretString::from(url)).unwrap();
    let target = target.with_history_namespace(Some("copies".to_owned()));
    let mut database = connect(&target, &settings("test")).await.unwrap();
    database.lock(&[]).await.unwrap();
    let statement = "CREATE TABLE `copies`.`copy` (PRIMARY KEY (`id`)) AS SELECT `id` FROM `old`";
    let copy = sql::ScriptStep { kind: sql::KEEP.to_owned(), ..step(Mode::NoTransaction, statement) };
    let script = script(Dialect::MySql, vec![copy]);
    let error = database.record(&migration("m"), &script, Opening::Run).await.unwrap_err();
    assert_eq!(error.reason(), Reason::InsufficientPrivilege, "{error}");
    assert!(error.to_string().contains("database \"copies\" lacks DROP: GRANT "), "{error}");
    raw.query_drop("GRANT DROP ON copies.* TO copier@'%'").await.unwrap();
    let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    database.run(&id, &script, &mut |_| {}).await.unwrap();
}
