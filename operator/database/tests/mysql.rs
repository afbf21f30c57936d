//! The catalog and TLS of MariaDB or MySQL, on a real server.

use database::{Settings, Target, connect};
use datamodel::{Action, Sort};
use mysql_async::prelude::Queryable as _;
use reason::Reason;
use schema::{Default, IntegerWidth, LobSize, MySqlType, ObjectName, Sign, Type, Uniqueness, Value};
use secrecy::SecretString;
use servers::PASSWORD;
use servers::mysql::{self, Flavor};

fn target(url: String) -> Target {
    Target::from_url(&SecretString::from(url)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_type_default_and_extra_is_read_back() {
    let mut raw = mysql::session("").await;
    raw.query_drop("CREATE DATABASE types CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci; USE types")
        .await
        .unwrap();
    raw.query_drop("SET SESSION sql_mode = 'STRICT_ALL_TABLES'").await.unwrap();
    let (own, hidden, own_extra, unlike) = match mysql::flavor() {
        Flavor::MariaDb => (
            "CREATE TABLE versions (id int PRIMARY KEY) WITH SYSTEM VERSIONING",
            "IGNORED",
            "system versioning",
            ["column changed: on update current_timestamp()", "column checked: check"],
        ),
        Flavor::MySql => (
            "CREATE TABLE versions (id int PRIMARY KEY, name varchar(9), INDEX small ((lower(name))))",
            "INVISIBLE",
            "index small (an expression)",
            ["check rich_chk_1", "column changed: on update current_timestamp"],
        ),
    };
    raw.query_drop(include_str!("mysql.sql").replace("IGNORED", hidden)).await.unwrap();
    raw.query_drop(own).await.unwrap();
    let port = mysql::server().port;
    let target = target(format!("mysql://app:{PASSWORD}@127.0.0.1:{port}/types"));
    let mut database = connect(&target, &Settings::default()).await.unwrap();
    let schema = database.introspect(&[]).await.unwrap();
    let names: Vec<&str> = schema.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(names, ["child", "parts", "plain", "rich", "versions"]);
    let table = |name: &str| schema.table(&ObjectName::new(None, name)).unwrap();

    let plain = table("plain");
    let ty = |name: &str| plain.column(name).unwrap().ty.base.clone();
    let integer = |width, sign| MySqlType::Integer(width, sign);
    for (name, expected) in [
        ("id", integer(IntegerWidth::Normal, Sign::Signed)),
        ("tiny", integer(IntegerWidth::Tiny, Sign::Signed)),
        ("truth", MySqlType::Boolean),
        ("big", integer(IntegerWidth::Big, Sign::Unsigned)),
        ("money", MySqlType::Decimal(5, 2)),
        ("bits", MySqlType::Bit(1)),
        ("fixed", MySqlType::Binary(4)),
        ("json", MySqlType::Json),
        ("long", MySqlType::Text(LobSize::Long)),
        ("at", MySqlType::DateTime(3)),
        ("clock", MySqlType::Time(0)),
        ("stamp", MySqlType::Timestamp(0)),
        ("year", MySqlType::Year),
        ("role", MySqlType::Enum(vec!["a,b".to_owned(), "it's".to_owned(), "c\\d".to_owned()])),
    ] {
        assert_eq!(ty(name), Type::MySql(expected), "{name}");
    }
    assert_eq!(ty("place"), Type::Other("point".to_owned()));
    let default = |name: &str| plain.column(name).unwrap().default.clone();
    let value = |value: Value| Some(Default::Value(value));
    let text = |text: &str| value(Value::String(text.to_owned()));
    assert_eq!(default("long"), text("a\\b'c\"d\ne"));
    assert_eq!(default("role"), text("it's"));
    assert_eq!(default("truth"), value(Value::Boolean(true)));
    assert_eq!(default("bits"), value(Value::Boolean(true)));
    assert_eq!(default("money"), value(Value::Number("1.50".to_owned())));
    assert_eq!(default("fixed"), value(Value::Bytes(b"ab".to_vec())));
    assert_eq!(default("json"), text("{\"a\":1}"));
    assert_eq!(default("at"), Some(Default::Now));
    assert_eq!(default("stamp"), None);
    assert_eq!(default("made"), Some(Default::Expression("uuid()".to_owned())));
    assert!(plain.column("id").unwrap().autoincrement);
    assert!(plain.extras.is_empty(), "{:?}", plain.extras);

    let indexes: Vec<(&str, Uniqueness, Option<&str>)> = plain
        .indexes
        .iter()
        .map(|index| (index.name.as_str(), index.uniqueness, index.method.as_deref()))
        .collect();
    assert_eq!(
        indexes,
        [
            ("down", Uniqueness::Plain, None),
            ("start", Uniqueness::Unique, None),
            ("words", Uniqueness::Plain, Some("fulltext")),
        ]
    );
    assert_eq!((plain.indexes[0].columns[0].sort, plain.indexes[0].columns[1].sort), (Sort::Asc, Sort::Desc));
    assert_eq!(plain.indexes[1].columns[0].length, Some(10));

    let key = &table("child").foreign_keys[0];
    assert_eq!((key.on_delete, key.on_update), (Action::SetNull, Action::Cascade));
    assert_eq!(
        (key.columns.as_slice(), key.referenced_columns.as_slice()),
        (&["a".into(), "b".into()][..], &["x".into(), "y".into()][..])
    );
    assert_eq!(table("parts").extras, ["partitions"]);
    assert_eq!(table("versions").extras, [own_extra]);
    let mut extras = vec![
        "check positive",
        "column hidden: invisible",
        "column sum: generated",
        "column title: collation utf8mb4_bin",
        "column title: comment",
        "index ignored (ignored)",
        "trigger audit",
    ];
    extras.extend(unlike);
    extras.sort_unstable();
    assert_eq!(table("rich").extras, extras);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_checked_as_far_as_the_url_says() {
    let server = mysql::server_with_tls();
    let root = server.folder.join("ca.pem");
    let url =
        |host: &str, params: &str| format!("mysql://app:{PASSWORD}@{host}:{}/mysql?{params}", server.port);
    let ca = format!("sslrootcert={}", root.display());
    for (url, works) in [
        (url("localhost", "sslmode=require"), true),
        (url("localhost", "sslmode=verify-full"), false),
        (url("localhost", &format!("sslmode=verify-full&{ca}")), true),
        (url("127.0.0.1", &format!("sslmode=verify-full&{ca}")), false),
        (url("localhost", &format!("sslmode=verify-ca&{ca}")), true),
        (url("127.0.0.1", &format!("sslmode=verify-ca&{ca}")), true),
        (url("127.0.0.1", &format!("sslmode=require&{ca}")), true),
        (url("127.0.0.1", "sslmode=verify-ca"), false),
        (url("127.0.0.1", "sslmode=require"), true),
        (url("localhost", "sslaccept=strict"), false),
    ] {
        let outcome = connect(&target(url.clone()), &Settings::default()).await;
        match outcome {
            Ok(_) => assert!(works, "{url}"),
            Err(error) => {
                assert!(!works, "{url}: {error}");
                assert_eq!(error.reason(), Reason::TlsFailed, "{url}: {error}");
                assert!(!error.to_string().contains("canary"), "{error}");
            }
        }
    }
    let plain = mysql::server().port;
    for (params, works) in [("", true), ("?sslmode=prefer", true), ("?sslmode=require", false)] {
        let url = format!("mysql://app:{PASSWORD}@127.0.0.1:{plain}/mysql{params}");
        assert_eq!(connect(&target(url), &Settings::default()).await.is_ok(), works, "{params}");
    }
}

/// MariaDB shows constraints in its catalog only to who may change a table. A plan needs no such right.
#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_only_read_sees_the_same_schema() {
    let mut raw = mysql::session("").await;
    let statements = "CREATE DATABASE seen; USE seen; \
         CREATE TABLE parent (a int, b varchar(9), note json, CHECK (a > 0), PRIMARY KEY (a, b)); \
         CREATE TABLE `od``d, (x` (id int PRIMARY KEY, `a``, (b` int, `c` varchar(9), note json CHECK (note <> '1'), \
         UNIQUE KEY u (c), CONSTRAINT `f``) REFERENCES x (` FOREIGN KEY (`a``, (b`, c) REFERENCES parent (a, b) \
         ON DELETE SET NULL ON UPDATE CASCADE, \
         CONSTRAINT `self` FOREIGN KEY (`a``, (b`) REFERENCES `od``d, (x` (id) ON DELETE NO ACTION); \
         CREATE TABLE heap (a int, b varchar(9), KEY k (a, b), FOREIGN KEY (a, b) REFERENCES parent (a, b) \
         ON DELETE CASCADE ON UPDATE SET NULL); \
         CREATE TABLE far (id int PRIMARY KEY, up int, CONSTRAINT away FOREIGN KEY (up) REFERENCES beyond.t (id)); \
         CREATE USER reader IDENTIFIED BY 'reader'; GRANT SELECT ON seen.* TO reader";
    raw.query_drop("CREATE DATABASE beyond; CREATE TABLE beyond.t (id int PRIMARY KEY)").await.unwrap();
    raw.query_drop(statements).await.unwrap();
    let port = mysql::server().port;
    let mut seen = Vec::new();
    for user in [format!("app:{PASSWORD}"), "reader:reader".to_owned()] {
        let target = target(format!("mysql://{user}@127.0.0.1:{port}/seen"));
        let mut database = connect(&target, &Settings::default()).await.unwrap();
        seen.push(database.introspect(&[]).await.unwrap());
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0].tables.iter().map(|table| table.foreign_keys.len()).sum::<usize>(), 4);
}
