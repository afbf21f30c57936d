//! The SQL to write instead, printed from trees by PostgreSQL's grammar, so that every name is quoted as it must be.

use pg_query::protobuf::{
    AlterTableCmd, AlterTableStmt, AlterTableType, ColumnRef, ConstrType, Constraint, DropBehavior,
    IndexElem, IndexStmt, Node, NullTest, NullTestType, ObjectType, RangeVar, SortByDir, SortByNulls,
};
use pg_query::{DeparseOptions, NodeEnum, protobuf};

use crate::session::Session;
use crate::tree::node;
use crate::{Options, Wrapping};

/// The statement as text, without a semicolon.
pub(crate) fn print(tree: &NodeEnum) -> Option<String> {
    tree.deparse(DeparseOptions::default()).ok()
}

/// A migration that waits for locks no longer than it may.
pub(crate) fn bounded(statements: &[Option<String>], options: &Options) -> Option<String> {
    let statements: Option<Vec<&String>> = statements.iter().map(Option::as_ref).collect();
    let scope = if options.wrapping == Wrapping::Statements { "" } else { "LOCAL " };
    let mut text = format!("SET {scope}lock_timeout = '3s';\n");
    for statement in statements? {
        text.push_str(statement);
        text.push_str(";\n");
    }
    Some(text)
}

/// A migration of one statement that no transaction may be around.
pub(crate) fn alone(statement: Option<String>) -> Option<String> {
    statement.map(|statement| format!("{statement};\n"))
}

/// All parts, or nothing when one cannot be written.
pub(crate) fn parts(parts: impl IntoIterator<Item = Option<String>>) -> Vec<String> {
    parts.into_iter().collect::<Option<Vec<String>>>().unwrap_or_default()
}

/// A command of `ALTER TABLE`.
pub(crate) fn command(subtype: AlterTableType, name: &str, definition: Option<NodeEnum>) -> AlterTableCmd {
    AlterTableCmd {
        subtype: subtype.into(),
        name: name.to_owned(),
        def: definition.map(|definition| Box::new(node(definition))),
        behavior: DropBehavior::DropRestrict.into(),
        ..AlterTableCmd::default()
    }
}

/// `ALTER TABLE` with these commands.
pub(crate) fn alter(table: &RangeVar, commands: Vec<AlterTableCmd>) -> Option<String> {
    print(&NodeEnum::AlterTableStmt(AlterTableStmt {
        relation: Some(table.clone()),
        cmds: commands.into_iter().map(|command| node(NodeEnum::AlterTableCmd(Box::new(command)))).collect(),
        objtype: ObjectType::ObjectTable.into(),
        missing_ok: false,
    }))
}

/// `ADD CONSTRAINT`.
pub(crate) fn add(constraint: Constraint) -> AlterTableCmd {
    command(AlterTableType::AtAddConstraint, "", Some(NodeEnum::Constraint(Box::new(constraint))))
}

/// `VALIDATE CONSTRAINT`.
pub(crate) fn validate(name: &str) -> AlterTableCmd {
    command(AlterTableType::AtValidateConstraint, name, None)
}

/// The constraint, named and not valid yet.
pub(crate) fn not_valid(constraint: &Constraint, name: &str) -> Constraint {
    Constraint {
        conname: name.to_owned(),
        skip_validation: true,
        initially_valid: false,
        is_enforced: true,
        ..constraint.clone()
    }
}

/// The constraint added without a look at the rows, and validated later.
pub(crate) fn add_then_validate(
    table: &RangeVar,
    constraint: &Constraint,
    name: &str,
    options: &Options,
) -> Vec<String> {
    parts([
        bounded(&[alter(table, vec![add(not_valid(constraint, name))])], options),
        bounded(&[alter(table, vec![validate(name)])], options),
    ])
}

/// NOT NULL without reading the table under a lock.
pub(crate) fn set_not_null(table: &RangeVar, column: &str, options: &Options) -> Vec<Option<String>> {
    let name = made(&table.relname, column, "not_null");
    if options.server >= 18 {
        let constraint = Constraint {
            contype: ConstrType::ConstrNotnull.into(),
            keys: vec![text(column)],
            ..Constraint::default()
        };
        return vec![
            bounded(&[alter(table, vec![add(not_valid(&constraint, &name))])], options),
            bounded(&[alter(table, vec![validate(&name)])], options),
        ];
    }
    let check = Constraint {
        contype: ConstrType::ConstrCheck.into(),
        raw_expr: Some(Box::new(node(NodeEnum::NullTest(Box::new(NullTest {
            arg: Some(Box::new(node(NodeEnum::ColumnRef(ColumnRef {
                fields: vec![text(column)],
                location: 0,
            })))),
            nulltesttype: NullTestType::IsNotNull.into(),
            ..NullTest::default()
        }))))),
        ..Constraint::default()
    };
    vec![
        bounded(&[alter(table, vec![add(not_valid(&check, &name))])], options),
        bounded(&[alter(table, vec![validate(&name)])], options),
        bounded(
            &[
                alter(table, vec![command(AlterTableType::AtSetNotNull, column, None)]),
                alter(table, vec![command(AlterTableType::AtDropConstraint, &name, None)]),
            ],
            options,
        ),
    ]
}

/// `CREATE UNIQUE INDEX CONCURRENTLY`.
pub(crate) fn unique_index(table: &RangeVar, name: &str, constraint: &Constraint) -> Option<String> {
    let element = |column: &Node| {
        node(NodeEnum::IndexElem(Box::new(IndexElem {
            name: crate::tree::string(column).unwrap_or_default(),
            ordering: SortByDir::SortbyDefault.into(),
            nulls_ordering: SortByNulls::SortbyNullsDefault.into(),
            ..IndexElem::default()
        })))
    };
    alone(print(&NodeEnum::IndexStmt(Box::new(IndexStmt {
        idxname: name.to_owned(),
        relation: Some(table.clone()),
        access_method: "btree".to_owned(),
        index_params: constraint.keys.iter().map(element).collect(),
        index_including_params: constraint.including.iter().map(element).collect(),
        unique: true,
        nulls_not_distinct: constraint.nulls_not_distinct,
        concurrent: true,
        ..IndexStmt::default()
    }))))
}

/// The constraint made of an index of its name.
pub(crate) fn using_index(constraint: &Constraint, name: &str) -> Constraint {
    Constraint {
        conname: name.to_owned(),
        keys: Vec::new(),
        including: Vec::new(),
        nulls_not_distinct: false,
        indexname: name.to_owned(),
        ..constraint.clone()
    }
}

/// A name as a node.
pub(crate) fn text(value: &str) -> Node {
    node(NodeEnum::String(protobuf::String { sval: value.to_owned() }))
}

/// The name that PostgreSQL would give, of at most 63 bytes.
pub(crate) fn made(table: &str, columns: &str, suffix: &str) -> String {
    let mut name = if columns.is_empty() { table.to_owned() } else { format!("{table}_{columns}") };
    let mut end = name.len().min(62 - suffix.len());
    while !name.is_char_boundary(end) {
        end -= 1;
    }
    name.truncate(end);
    format!("{name}_{suffix}")
}

/// The statement's own text, alone in a migration.
pub(crate) fn same_alone(sql: &str, session: &Session) -> Vec<String> {
    // Where the tool wraps each file, there is no file that the statement could stand in.
    if session.wrapped() { Vec::new() } else { vec![format!("{sql};\n")] }
}
