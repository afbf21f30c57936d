//! What PostgreSQL's own parser makes of a statement.

use pg_query::NodeEnum;
use pg_query::protobuf::{Node, RangeVar};
use schema::{ObjectName, Schema, Table};
use serde_json::Value;

use super::Known;

/// Fields of the tree that hold one name as it was written. What a statement leaves out is empty.
const NAMES: &[&str] = &[
    "catalogname",
    "schemaname",
    "relname",
    "colname",
    "conname",
    "idxname",
    "indexcolname",
    "subname",
    "newname",
    "newschema",
    "aliasname",
];

/// The one statement of the text.
pub(crate) fn one(text: &str) -> NodeEnum {
    let parsed = pg_query::parse(text, 0).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    // A name that is too long would be cut.
    assert_eq!(parsed.warnings, Vec::<String>::new(), "{text}");
    let mut statements = parsed.protobuf.stmts;
    assert_eq!(statements.len(), 1, "{text}");
    statements.remove(0).stmt.unwrap().node.unwrap()
}

/// One statement, which names nothing but what went in, and whose parts are those of the schema.
pub(crate) fn check(schemas: [&Schema; 2], known: &Known, text: &str) {
    let statement = one(text);
    walk(&serde_json::to_value(&statement).unwrap(), known, text);
    match &statement {
        NodeEnum::CreateStmt(create) => {
            let columns = create.table_elts.iter().filter_map(|element| match element.node.as_ref() {
                Some(NodeEnum::ColumnDef(column)) => Some(column.colname.clone()),
                _ => None,
            });
            let columns: Vec<String> = columns.collect();
            let own =
                |table: &Table| table.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>();
            let name = name(create.relation.as_ref());
            assert!(tables(schemas).any(|table| table.name == name && own(table) == columns), "{text}");
        }
        NodeEnum::IndexStmt(create) => {
            let columns: Vec<String> = create.index_params.iter().map(index_column).collect();
            let name = name(create.relation.as_ref());
            let same = tables(schemas).filter(|table| table.name == name).any(|table| {
                let key = table.primary_key.as_ref().is_some_and(|key| key.columns == columns);
                let index = table.indexes.iter().any(|index| {
                    index.name == create.idxname
                        && index.columns.iter().map(|column| &column.name).eq(&columns)
                });
                index || (key && create.idxname.starts_with(sql::KEY_PREFIX))
            });
            assert!(same, "{text}");
        }
        NodeEnum::AlterTableStmt(alter) => {
            let name = name(alter.relation.as_ref());
            assert!(tables(schemas).any(|table| table.name == name), "{text}");
        }
        _ => {}
    }
}

fn tables(schemas: [&Schema; 2]) -> impl Iterator<Item = &Table> {
    schemas.into_iter().flat_map(|schema| &schema.tables)
}

fn name(range: Option<&RangeVar>) -> ObjectName {
    let range = range.unwrap();
    ObjectName::new(Some(&range.schemaname), range.relname.clone())
}

fn index_column(node: &Node) -> String {
    match node.node.as_ref() {
        Some(NodeEnum::IndexElem(element)) => element.name.clone(),
        other => panic!("{other:?} is no column"),
    }
}

fn walk(tree: &Value, known: &Known, text: &str) {
    match tree {
        Value::Object(fields) => {
            for (field, value) in fields {
                match value {
                    Value::String(name) if NAMES.contains(&field.as_str()) => {
                        let ours = name.is_empty() || reserved(name) || name == "pg_catalog";
                        assert!(
                            ours || known.names.contains(name),
                            "{field}: {name:?} is no name, in\n{text}"
                        );
                    }
                    Value::String(word) if field == "sval" => check_word(word, known),
                    value => walk(value, known, text),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| walk(value, known, text)),
        _ => {}
    }
}

/// A name, a value, a word of PostgreSQL's own, or a literal with SQL in it.
fn check_word(word: &str, known: &Known) {
    let plain = !word.is_empty()
        && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !plain && !known.names.contains(word) && !known.values.contains(word) && !reserved(word) {
        super::check_inner(known, word.trim());
    }
}

/// A name that only we give.
fn reserved(name: &str) -> bool {
    [sql::NOT_NULL_PREFIX, sql::KEY_PREFIX].into_iter().any(|prefix| name.starts_with(prefix))
}
