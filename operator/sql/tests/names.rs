//! Whatever a name or a default holds, SQLite reads back that very text.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test stops at the first surprise")]

use datamodel::Sort;
use plan::{Ownership, diff};
use proptest::prelude::*;
use rusqlite::Connection;
use schema::{
    Column, ColumnType, Default, Dialect, Index, IndexColumn, Nullability, ObjectName, Schema, Table, Type,
    Uniqueness, Value,
};

/// Any text without NUL, which ends a statement of SQLite.
fn text() -> impl Strategy<Value = String> {
    let awkward = prop::sample::select(vec![
        "\"", "'", "\\", ";", "--", "/*", "\n", "select", "é", "日本", "%", "$1", "`",
    ]);
    prop_oneof!["[^\u{0}]{1,20}", prop::collection::vec(awkward, 1..6).prop_map(|parts| parts.concat()),]
}

/// Names are compared without regard to ASCII case, and some are SQLite's own.
fn name() -> impl Strategy<Value = String> {
    text().prop_filter("a name of SQLite's own", |name| !name.to_ascii_lowercase().starts_with("sqlite_"))
}

fn column(name: &str, default: Option<Default>) -> Column {
    Column {
        name: name.to_owned(),
        ty: ColumnType { base: Type::Text, list: false },
        nullability: Nullability::Nullable,
        default,
        autoincrement: false,
        sequence: None,
        client_default: false,
        filled_with: None,
        renamed_from: None,
        replaces: None,
        values: None,
        attributes: None,
    }
}

fn schema(table: &str, columns: Vec<Column>, index: Option<Index>) -> Schema {
    let table = Table {
        name: ObjectName::new(None, table),
        columns,
        primary_key: None,
        indexes: index.into_iter().collect(),
        foreign_keys: Vec::new(),
        renamed_from: None,
        extras: Vec::new(),
        ties: Vec::new(),
    };
    Schema { tables: vec![table], ..Schema::empty(Dialect::Sqlite) }
}

fn run(connection: &Connection, from: &Schema, to: &Schema) {
    let script = sql::render(&diff(from, to, &Ownership::of(from)).unwrap());
    for statement in script.steps.iter().flat_map(|step| &step.statements) {
        connection.execute_batch(statement).expect(statement);
    }
}

fn texts(connection: &Connection, query: &str, argument: &str) -> Vec<Option<String>> {
    let mut statement = connection.prepare(query).unwrap();
    let rows = statement.query_map([argument], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_and_defaults_are_read_back(
        table in name(),
        columns in prop::collection::btree_map(name().prop_map(|name| name.to_ascii_lowercase()), text(), 1..4),
        index in name(),
    ) {
        prop_assume!(!index.eq_ignore_ascii_case(&table));
        let columns: Vec<Column> = columns
            .into_iter()
            .map(|(name, default)| column(&name, Some(Default::Value(Value::String(default)))))
            .collect();
        let key = Index {
            name: index.clone(),
            uniqueness: Uniqueness::Plain,
            columns: columns
                .iter()
                .map(|column| IndexColumn { name: column.name.clone(), sort: Sort::Asc, operator_class: None, length: None })
                .collect(),
            method: None,
            predicate: None,
            constraint: false,
            valid: true,
        };
        let connection = Connection::open_in_memory().unwrap();
        // First the table alone, then made anew with all its columns and its index.
        let first = schema(&table, vec![column("first column", None)], None);
        let second = schema(&table, columns.clone(), Some(key));
        run(&connection, &Schema::empty(Dialect::Sqlite), &first);
        run(&connection, &first, &second);

        let found = texts(&connection, "SELECT name FROM sqlite_schema WHERE type = ?1", "table");
        prop_assert_eq!(found, vec![Some(table.clone())]);
        let names: Vec<Option<String>> = columns.iter().map(|column| Some(column.name.clone())).collect();
        prop_assert_eq!(&texts(&connection, "SELECT name FROM pragma_table_info(?1)", &table), &names);
        prop_assert_eq!(texts(&connection, "SELECT name FROM pragma_index_list(?1)", &table), vec![Some(index.clone())]);
        prop_assert_eq!(&texts(&connection, "SELECT name FROM pragma_index_info(?1)", &index), &names);

        // The defaults are read as a row reads them.
        let quoted = table.replace('"', "\"\"");
        connection.execute_batch(&format!("INSERT INTO \"{quoted}\" DEFAULT VALUES")).unwrap();
        let row: Vec<String> = connection
            .query_row(&format!("SELECT * FROM \"{quoted}\""), [], |row| (0..columns.len()).map(|at| row.get(at)).collect())
            .unwrap();
        let defaults: Vec<Option<Default>> =
            row.into_iter().map(|text| Some(Default::Value(Value::String(text)))).collect();
        prop_assert_eq!(defaults, columns.into_iter().map(|column| column.default).collect::<Vec<_>>());
    }
}
