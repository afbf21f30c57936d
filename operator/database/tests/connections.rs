//! What a url can say, and who may answer.

use std::process::Command;

use database::{Database, End, Error, Opening, Target, connect};
use datamodel::Extension;
use plan::LockMode;
use reason::Reason;
use schema::Dialect;
use secrecy::SecretString;
use servers::postgresql::server_with_tls;
use sql::{Mode, ScriptStep};
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{PASSWORD, Place, locking, migration, script, server, settings, step};

fn target(url: String) -> Result<Target, Error> {
    Target::from_url(&SecretString::from(url))
}

async fn opened(url: String) -> Result<Database, Error> {
    connect(&target(url)?, &settings("test")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn of_several_hosts_the_one_that_answers_and_can_be_written_to_is_taken() {
    let place = Place::new("several").await;
    let port = server().port;
    let url = |rest: &str| {
        format!("postgresql://app:{PASSWORD}@127.0.0.1:1,127.0.0.1:{port}/{}?{rest}", place.name)
    };
    for rest in ["", "target_session_attrs=read-write", "target_session_attrs=primary"] {
        opened(url(rest)).await.unwrap();
    }
    let error = opened(url("target_session_attrs=standby")).await.err().unwrap();
    assert_eq!(error.reason(), Reason::UrlInvalid, "{error}");
    let nobody = format!("postgresql://app:{PASSWORD}@127.0.0.1:1,[::1]:1/{}", place.name);
    let error = opened(nobody).await.err().unwrap();
    assert_eq!(error.reason(), Reason::DatabaseUnreachable, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_is_named_by_its_folder() {
    let place = Place::new("socket").await;
    let folder = server().folder.display().to_string();
    let port = server().port;
    for url in [
        format!("postgresql://app@localhost/{}?host={folder}&port={port}", place.name),
        format!("postgresql://app@{}:{port}/{}", folder.replace('/', "%2F"), place.name),
        format!("postgresql:///{}?host={folder}&port={port}&user=app", place.name),
    ] {
        let mut database = opened(url.clone()).await.unwrap_or_else(|error| panic!("{url}: {error}"));
        let query = "SELECT count(*) FROM pg_stat_activity WHERE pid = pg_backend_pid() AND client_port = -1";
        assert_eq!(database.count(query).await.unwrap(), 1, "{url}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_of_the_url_are_set_and_ours_stand_above_them() {
    let place = Place::new("options").await;
    let url = format!("{}?options=-c%20work_mem%3D8MB%20-c%20TimeZone%3DAsia/Tokyo", place.url());
    let mut database = opened(url).await.unwrap();
    let query =
        "SELECT count(*) WHERE current_setting('work_mem') = '8MB' AND current_setting('TimeZone') = 'UTC'";
    assert_eq!(database.count(query).await.unwrap(), 1);
    let error = opened(format!("{}?options=-c%20no_such_setting%3D1", place.url())).await.err().unwrap();
    assert!(error.to_string().contains("setting no_such_setting"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_owns_what_is_made() {
    let place = Place::new("owned").await;
    let raw = place.raw().await;
    raw.batch_execute(&format!(
        "CREATE ROLE owner_of_all; GRANT CREATE ON SCHEMA public TO owner_of_all; \
         CREATE ROLE deployer LOGIN PASSWORD '{PASSWORD}' IN ROLE owner_of_all"
    ))
    .await
    .unwrap();
    let url = format!("postgresql://deployer:{PASSWORD}@127.0.0.1:{}/{}", server().port, place.name);
    let taken = target(url.clone()).unwrap().with_role(Some("owner_of_all".to_owned()));
    let mut database = connect(&taken, &settings("test")).await.unwrap();
    database.lock(&[]).await.unwrap();
    let script = script(Dialect::PostgreSql, vec![step(Mode::Grouped, "CREATE TABLE public.\"a\" (id int)")]);
    let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    database.run(&id, &script, &mut |_| {}).await.unwrap();
    let owners = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tableowner = 'owner_of_all'";
    let owned: i64 = raw.query_one(owners, &[]).await.unwrap().get(0);
    assert_eq!(owned, 4);
    let forbidden = target(url).unwrap().with_role(Some("app".to_owned()));
    let error = connect(&forbidden, &settings("test")).await.err().unwrap();
    assert_eq!(error.reason(), Reason::InsufficientPrivilege, "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_missing_right_is_told_at_once_with_its_remedy_and_nothing_is_changed() {
    let place = Place::new("rights").await;
    let raw = place.raw().await;
    raw.batch_execute(&format!(
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC; CREATE ROLE other_team; CREATE ROLE \"We ak\" LOGIN PASSWORD '{PASSWORD}'; \
         CREATE TABLE public.\"theirs\" (id int); ALTER TABLE public.theirs OWNER TO other_team; CREATE ROLE third_team; \
         CREATE TABLE public.parent (id int PRIMARY KEY); ALTER TABLE public.parent OWNER TO third_team; \
         CREATE TABLE public.former (id int PRIMARY KEY); ALTER TABLE public.former OWNER TO third_team; \
         CREATE TYPE public.kind AS ENUM ('a'); ALTER TYPE public.kind OWNER TO other_team"
    ))
    .await
    .unwrap();
    let url = format!("postgresql://We%20ak:{PASSWORD}@127.0.0.1:{}/{}", server().port, place.name);
    let taken = target(url).unwrap().with_history_namespace(Some("lift".to_owned()));
    let mut database = connect(&taken, &settings("weak")).await.unwrap();
    database.lock(&[]).await.unwrap();
    let alter = ScriptStep {
        impact: locking(&["theirs"], LockMode::AccessExclusive),
        ..step(Mode::Grouped, "ALTER TABLE public.\"theirs\" ADD COLUMN x int")
    };
    let mut create = step(Mode::Grouped, "CREATE TABLE \"public\".\"mine\" (id int)");
    create.kind = "CreateTable".to_owned();
    let of_kind = |kind: &str, object: &str, locked: &[&str], statement: &str| ScriptStep {
        kind: kind.to_owned(),
        object: object.to_owned(),
        impact: locking(locked, LockMode::AccessExclusive),
        ..step(Mode::Grouped, statement)
    };
    let point = of_kind(
        "AddForeignKey",
        "theirs",
        &["theirs", "parent"],
        "ALTER TABLE public.theirs ADD FOREIGN KEY (id) REFERENCES public.parent (id)",
    );
    // Who drops a key need not own the table that it pointed to.
    let drop = of_kind("DropForeignKey", "theirs", &["theirs", "former"], "SELECT 1");
    let value = of_kind("AddEnumValue", "kind", &[], "ALTER TYPE public.kind ADD VALUE 'b'");
    let script = script(Dialect::PostgreSql, vec![create, alter, point, drop, value]);
    let error = database.record(&migration("m"), &script, Opening::Run).await.unwrap_err();
    assert_eq!(error.reason(), Reason::InsufficientPrivilege);
    let remedies = [
        "GRANT CREATE ON DATABASE \"rights\" TO \"We ak\";",
        "GRANT USAGE, CREATE ON SCHEMA \"public\" TO \"We ak\";",
        "GRANT REFERENCES ON TABLE \"public\".\"parent\" TO \"We ak\";",
        "GRANT \"other_team\" TO \"We ak\";",
    ];
    assert!(error.to_string().contains("type \"kind\" belongs to role \"other_team\""), "{error}");
    assert!(!error.to_string().contains("former"), "{error}");
    for remedy in remedies {
        assert!(error.to_string().contains(remedy), "{error}");
        raw.batch_execute(remedy).await.unwrap();
    }
    let id = database.record(&migration("m"), &script, Opening::Run).await.unwrap();
    database.run(&id, &script, &mut |_| {}).await.unwrap();
    database.finish(&id, End::Abandoned).await.unwrap();
    // A copy of what goes is made beside the history.
    raw.batch_execute("ALTER SCHEMA lift OWNER TO third_team; GRANT USAGE ON SCHEMA lift TO \"We ak\"")
        .await
        .unwrap();
    let copy =
        of_kind(sql::KEEP, "copy", &["theirs"], "CREATE TABLE lift.copy AS SELECT * FROM public.theirs");
    let keeping = self::script(Dialect::PostgreSql, vec![copy]);
    let error = database.record(&migration("n"), &keeping, Opening::Run).await.unwrap_err();
    let remedy = "GRANT USAGE, CREATE ON SCHEMA \"lift\" TO \"We ak\";";
    assert!(error.to_string().contains(remedy), "{error}");
    raw.batch_execute(remedy).await.unwrap();
    let id = database.record(&migration("n"), &keeping, Opening::Run).await.unwrap();
    database.run(&id, &keeping, &mut |_| {}).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_else_would_stop_a_plan_half_way_is_told_before_it_starts() {
    let place = Place::new("faults").await;
    let raw = place.raw().await;
    raw.batch_execute(&format!(
        "CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'; GRANT CREATE ON SCHEMA public TO guest; \
         ALTER ROLE guest SET default_transaction_read_only = on"
    ))
    .await
    .unwrap();
    let extension = |name: &str, version: Option<&str>| {
        let mut made = step(Mode::Grouped, &format!("CREATE EXTENSION IF NOT EXISTS \"{name}\""));
        "CreateExtension".clone_into(&mut made.kind);
        name.clone_into(&mut made.object);
        let declared = Extension { name: name.to_owned(), schema: None, version: version.map(str::to_owned) };
        (made, declared)
    };
    let (steps, declared) = [
        extension("no_such_thing", None),
        extension("plpgsql", None),
        extension("pageinspect", None),
        extension("earthdistance", None),
        extension("citext", Some("0.1")),
    ]
    .into_iter()
    .unzip();
    let mut script = script(Dialect::PostgreSql, steps);
    script.desired.extensions = declared;
    let url = format!("postgresql://guest:{PASSWORD}@127.0.0.1:{}/{}", server().port, place.name);
    let mut database = opened(url).await.unwrap();
    database.lock(&[]).await.unwrap();
    let error = database.record(&migration("m"), &script, Opening::Run).await.unwrap_err();
    let said = error.to_string();
    assert_eq!(error.reason(), Reason::InsufficientPrivilege, "{said}");
    for fault in [
        "extension \"no_such_thing\" is not installed on the server",
        "extension \"pageinspect\" may only be created by a superuser: as one, CREATE EXTENSION \"pageinspect\";",
        "extension \"earthdistance\" needs \"cube\"",
        "extension \"citext\" has no version 0.1 on the server: it offers 1.",
        "ALTER ROLE \"guest\" RESET default_transaction_read_only;",
    ] {
        assert!(said.contains(fault), "{fault}: {said}");
    }
    assert!(!said.contains("plpgsql"), "{said}");
    database.unlock().await.unwrap();
    let mut owner = opened(place.url()).await.unwrap();
    owner.lock(&[]).await.unwrap();
    let error = owner.record(&migration("m"), &script, Opening::Run).await.unwrap_err();
    assert_eq!(error.reason(), Reason::DatabaseUnavailable, "{error}");
    assert!(!error.to_string().contains("pageinspect"), "{error}");
    let tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'";
    assert_eq!(raw.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 0);
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
    opened(format!("postgresql://app:{PASSWORD}@[::1]:{port}/postgres")).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_certificate_and_the_binding_of_a_channel() {
    let server = server_with_tls();
    let url =
        |user: &str, rest: &str| format!("postgresql://{user}@localhost:{}/postgres?{rest}", server.port);
    let known = format!("app:{PASSWORD}");
    opened(url(&known, "sslmode=require&channel_binding=require")).await.unwrap();
    let unbound = opened(url(&known, "sslmode=disable&channel_binding=require")).await.err().unwrap();
    assert_eq!(unbound.reason(), Reason::CredentialsRejected, "{unbound}");
    let made = Command::new("sh")
        .current_dir(&server.folder)
        .args(["-c", "openssl req -new -newkey rsa:2048 -nodes -keyout app.key -out app.csr -subj /CN=app && \
               openssl x509 -req -in app.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 2 -out app.pem && \
               echo 'hostssl all all all cert' >data/pg_hba.conf && \
               echo \"ssl_ca_file = '$PWD/ca.pem'\" >>data/postgresql.conf"])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let mut admin = opened(url(&known, "sslmode=require")).await.unwrap();
    admin.count("SELECT count(*) FROM pg_reload_conf()").await.unwrap();
    let file = |name: &str| server.folder.join(name).display().to_string();
    let identity = format!(
        "sslmode=verify-full&sslrootcert={}&sslcert={}&sslkey={}",
        file("ca.pem"),
        file("app.pem"),
        file("app.key")
    );
    let mut tries = 0;
    while opened(url("app", &identity)).await.is_err() {
        // The server reads its files again a moment after it was told to.
        tries += 1;
        assert!(tries < 200, "{:?}", opened(url("app", &identity)).await.err());
    }
    let refused = opened(url(&known, "sslmode=require")).await.err().unwrap();
    assert!(refused.is_transient() && !refused.to_string().contains(PASSWORD), "{refused}");
    for (rest, reason) in [
        ("sslmode=require&sslcert=x&sslrootcert=y".to_owned(), Reason::UrlInvalid),
        ("sslmode=require&sslidentity=x.p12".to_owned(), Reason::UrlInvalid),
        (format!("sslmode=require&sslcert={}&sslkey=/absent", file("app.pem")), Reason::TlsFailed),
        (format!("sslmode=require&sslcert={0}&sslkey={0}", file("app.pem")), Reason::TlsFailed),
    ] {
        let error = opened(url("app", &rest)).await.err().unwrap();
        assert_eq!(error.reason(), reason, "{rest}: {error}");
    }
}

/// What a server that is none may say before it hangs up; the last one says nothing and stays.
const GARBAGE: [&[u8]; 8] = [
    b"",
    b"HTTP/1.1 400 Bad Request\r\n\r\n",
    b"S\x16\x03\x01\x00\x05hello",
    b"R\x00\x00\x00\x08\x00\x00\x00\x63",
    b"R\xff\xff\xff\xff\xff\xff\xff\xff",
    b"E\x00\x00\x00\x05\x00",
    b"\x4a\x00\x00\x00\x0a5.5.5-10.11\x00\x01\x00\x00\x00abcdefgh\x00\xff\xff",
    b"N",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_sends_garbage_or_nothing_is_told_and_waited_for_no_longer_than_asked() {
    for scheme in ["postgresql", "mysql"] {
        for mode in ["prefer", "disable", "require"] {
            for (which, garbage) in GARBAGE.iter().enumerate() {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                let port = listener.local_addr().unwrap().port();
                let garbage = garbage.to_vec();
                let liar = tokio::spawn(async move {
                    let mut kept = Vec::new();
                    while let Ok((mut stream, _)) = listener.accept().await {
                        let _ = stream.write_all(&garbage).await;
                        if garbage == b"N" {
                            kept.push(stream);
                        }
                    }
                });
                let url = format!(
                    "{scheme}://app:{PASSWORD}@127.0.0.1:{port}/shop?sslmode={mode}&connect_timeout=1"
                );
                let error = opened(url).await.err().unwrap_or_else(|| panic!("{scheme} {mode} {which}"));
                let said = format!("{error} {error:?}");
                assert!(!said.contains(PASSWORD), "{said}");
                assert!(error.is_transient(), "{scheme} {mode} {which}: {} {said}", error.reason());
                liar.abort();
            }
        }
    }
}
