//! PostgreSQL's catalog, read from a real server.

use database::connect;
use schema::{Default, Nullability, ObjectName, Predicate, Schema, Type, Uniqueness, Value};

use crate::support::{Place, settings};

#[tokio::test(flavor = "multi_thread")]
async fn every_type_and_default_is_read_back() {
    let place = Place::new("types").await;
    let raw = place.raw().await;
    raw.batch_execute(include_str!("types.sql")).await.unwrap();
    let mut database = connect(&place.target(), &settings("test")).await.unwrap();
    let schema: Schema = database.introspect(&["public".to_owned(), "absent".to_owned()]).await.unwrap();
    assert_eq!(schema.namespaces, ["public"]);
    assert_eq!(schema.enums[0].values, ["A", "b c"]);
    let names: Vec<_> = schema.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(names, ["Child", "Numbers", "Types", "part"]);
    let role = Type::Enum(ObjectName::new(Some("public"), "Role"));
    let types = schema.table(&ObjectName::new(Some("public"), "Types")).unwrap();
    let found: Vec<_> = types.columns.iter().map(|c| (c.ty.base.clone(), c.ty.list)).collect();
    let expected = [
        (Type::Text, false),
        (Type::VarChar(Some(9)), false),
        (Type::VarChar(None), false),
        (Type::Char(3), false),
        (Type::Bit(1), false),
        (Type::VarBit(Some(4)), false),
        (Type::Uuid, false),
        (Type::Xml, false),
        (Type::Inet, false),
        (Type::Bytes, false),
        (Type::Timestamp(Some(3)), false),
        (Type::Timestamp(None), false),
        (Type::Timestamptz(Some(6)), false),
        (Type::Date, false),
        (Type::Time(Some(0)), false),
        (Type::Timetz(None), false),
        (Type::Json, false),
        (Type::JsonB, false),
        (role.clone(), false),
        (role, true),
        (Type::Text, true),
        (Type::Integer, true),
        (Type::Other("point".to_owned()), false),
        (Type::Text, false),
    ];
    assert_eq!(found, expected);
    let default = |name: &str| types.column(name).unwrap().default.clone();
    let string = |text: &str| Some(Default::Value(Value::String(text.to_owned())));
    assert_eq!(default("text"), string("it's"));
    assert_eq!(default("varchar9"), string("x"));
    assert_eq!(default("bytes"), Some(Default::Value(Value::Bytes(vec![0, 255]))));
    assert_eq!(default("ts3"), Some(Default::Now));
    assert_eq!(default("ts"), Some(Default::Now));
    assert_eq!(default("jsonb"), string("{}"));
    assert_eq!(default("role"), string("b c"));
    assert_eq!(default("roles"), Some(Default::List(vec![Value::String("A".to_owned())])));
    assert_eq!(
        default("texts"),
        Some(Default::List(vec![Value::String("a,b".to_owned()), Value::String("c".to_owned())]))
    );
    assert_eq!(default("ints"), Some(Default::List(Vec::new())));
    assert_eq!(default("uuid"), Some(Default::Expression("gen_random_uuid()".to_owned())));
    assert_eq!(
        types.extras,
        [
            "check positive",
            "generated column gen",
            "index Types_expr (expression)",
            "index Types_incl (include)",
            "trigger watch",
            "view shown",
        ]
    );
    let indexes: Vec<_> = types
        .indexes
        .iter()
        .map(|i| (i.name.as_str(), i.uniqueness, i.method.as_deref(), i.constraint))
        .collect();
    assert_eq!(
        indexes,
        [
            ("Types_gin", Uniqueness::Plain, Some("gin"), false),
            ("Types_part", Uniqueness::Plain, None, false),
            ("Types_two", Uniqueness::Unique, None, false),
            ("Types_uuid_key", Uniqueness::Unique, None, true),
        ]
    );
    assert_eq!(types.indexes[1].predicate, Some(Predicate::Text("(date IS NOT NULL)".to_owned())));
    assert_eq!(types.indexes[0].columns[0].operator_class.as_deref(), Some("jsonb_path_ops"));
    assert_eq!(types.indexes[2].columns[1].sort, datamodel::Sort::Desc);
    check_numbers(&schema);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_number_of_catalog_queries_does_not_grow_with_the_tables() {
    let place = Place::new("queries").await;
    let raw = place.raw().await;
    let mut counts = Vec::new();
    for tables in [1, 40] {
        let create = |n: i32| {
            format!(
                "CREATE TABLE IF NOT EXISTS t{n} (id int PRIMARY KEY, a text DEFAULT 'x', b int REFERENCES t{n}, \
                 CHECK (b > 0)); CREATE INDEX ON t{n} (a);"
            )
        };
        raw.batch_execute(&(0..tables).map(create).collect::<String>()).await.unwrap();
        // Sessions that begin now are logged, and nobody else is in this database.
        raw.batch_execute("ALTER DATABASE queries SET log_statement = 'all'").await.unwrap();
        let mut database = connect(&place.target(), &settings("test")).await.unwrap();
        // Types that the driver asks for are known after the first time.
        for _ in 0..2 {
            database.introspect(&["public".to_owned()]).await.unwrap();
        }
        let before = logged();
        let schema = database.introspect(&["public".to_owned()]).await.unwrap();
        assert_eq!(schema.tables.len(), usize::try_from(tables).unwrap());
        counts.push(logged() - before);
        raw.batch_execute("ALTER DATABASE queries RESET log_statement").await.unwrap();
    }
    // A transaction around thirteen queries.
    assert_eq!(counts, [15, 15]);
}

/// Statements that the server has logged.
fn logged() -> usize {
    let log = std::fs::read_to_string(crate::support::server().folder.join("server.log")).unwrap();
    log.lines().filter(|line| line.contains("LOG:  execute ") || line.contains("LOG:  statement: ")).count()
}

fn check_numbers(schema: &Schema) {
    let numbers = schema.table(&ObjectName::new(Some("public"), "Numbers")).unwrap();
    let found: Vec<_> =
        numbers.columns.iter().map(|c| (c.ty.base.clone(), c.autoincrement, c.default.clone())).collect();
    let number = |text: &str| Some(Default::Value(Value::Number(text.to_owned())));
    assert_eq!(
        found,
        [
            (Type::Integer, true, None),
            (Type::BigInt, true, None),
            (Type::BigInt, false, number("1")),
            (Type::SmallInt, false, number("-1")),
            (Type::Integer, false, number("-5")),
            (Type::Decimal(Some((10, 2))), false, number("1.5")),
            (Type::Decimal(None), false, number("0")),
            (Type::Double, false, number("2.5")),
            (Type::Real, false, None),
            (Type::Boolean, false, Some(Default::Value(Value::Boolean(true)))),
            (Type::Money, false, None),
            (Type::Oid, false, None),
            (Type::Integer, false, Some(Default::Expression("(1 + 2)".to_owned()))),
        ]
    );
    let key = numbers.primary_key.as_ref().unwrap();
    assert_eq!((key.name.as_deref(), key.columns.len()), (Some("Numbers_pkey"), 1));
    let child = schema.table(&ObjectName::new(Some("public"), "Child")).unwrap();
    let foreign = &child.foreign_keys[0];
    assert_eq!(foreign.name.as_deref(), Some("Child_parent_fkey"));
    assert_eq!(foreign.referenced_table.to_string(), "Numbers");
    assert_eq!(foreign.on_delete, datamodel::Action::Cascade);
    assert_eq!(foreign.on_update, datamodel::Action::SetNull);
    assert!(!foreign.validated);
    assert_eq!(child.column("parent").unwrap().nullability, Nullability::Nullable);
}
