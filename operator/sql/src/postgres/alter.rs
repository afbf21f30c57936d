//! `ALTER TABLE` on PostgreSQL.

use plan::Alteration;
use schema::{Column, ColumnType, Default, ObjectName, Type};

use super::Rendered;
use super::columns::{column_definition, column_type, default_of};
use crate::Mode;
use crate::quote::{ident, idents, object, string};

/// All alterations of a table: clauses of one statement, save where a sequence comes into play.
pub(crate) fn table(table: &ObjectName, alterations: &[Alteration]) -> Rendered {
    let mut clauses = Vec::new();
    let mut after = Vec::new();
    let mut mode = Mode::Grouped;
    for alteration in alterations {
        if scans_or_rewrites(alteration) {
            mode = Mode::Alone;
        }
        match alteration {
            Alteration::AddAutoincrement(column) => after.extend(add_sequence(table, column)),
            other => clauses.extend(self::clauses(table, other)),
        }
    }
    let mut statements = Vec::new();
    if !clauses.is_empty() {
        statements.push(format!("ALTER TABLE {}\n    {}", object(table), clauses.join(",\n    ")));
    }
    statements.extend(after);
    Rendered { statements, mode, probe: None, summary: None }
}

fn clauses(table: &ObjectName, alteration: &Alteration) -> Vec<String> {
    let alter = |column: &str, what: &str| format!("ALTER COLUMN {} {what}", ident(column));
    match alteration {
        Alteration::AddColumn(column) => vec![format!("ADD COLUMN {}", column_definition(table, column))],
        Alteration::DropColumn(name) => vec![format!("DROP COLUMN {}", ident(name))],
        Alteration::RecreateColumn(column) => vec![
            format!("DROP COLUMN {}", ident(&column.name)),
            format!("ADD COLUMN {}", column_definition(table, column)),
        ],
        Alteration::SetType { from, to } => vec![set_type(from, to)],
        Alteration::SetNotNull(name) => vec![alter(name, "SET NOT NULL")],
        Alteration::DropNotNull(name) => vec![alter(name, "DROP NOT NULL")],
        Alteration::SetDefault(column) => default_of(column)
            .map(|default| alter(&column.name, &format!("SET DEFAULT {default}")))
            .into_iter()
            .collect(),
        Alteration::DropDefault(name) => vec![alter(name, "DROP DEFAULT")],
        Alteration::DropAutoincrement(name) => {
            vec![alter(name, "DROP IDENTITY IF EXISTS"), alter(name, "DROP DEFAULT")]
        }
        Alteration::AddAutoincrement(_) => Vec::new(),
        Alteration::AddPrimaryKey(key) => {
            let name =
                key.name.as_ref().map(|name| format!("CONSTRAINT {} ", ident(name))).unwrap_or_default();
            vec![format!("ADD {name}PRIMARY KEY ({})", idents(&key.columns))]
        }
        Alteration::DropPrimaryKey(name) => vec![format!("DROP CONSTRAINT {}", ident(name))],
    }
}

/// The cast is written out, so that it also works where PostgreSQL has no assignment cast (text to a number).
fn set_type(from: &Column, to: &Column) -> String {
    let column = ident(&to.name);
    let target = column_type(&to.ty);
    let by_way_of_text = is_enum(&from.ty) && is_enum(&to.ty);
    let text = if to.ty.list { "::TEXT[]" } else { "::TEXT" };
    let text = if by_way_of_text { text } else { "" };
    format!("ALTER COLUMN {column} SET DATA TYPE {target} USING {column}{text}::{target}")
}

const fn is_enum(ty: &ColumnType) -> bool {
    matches!(ty.base, Type::Enum(_))
}

/// A sequence of its own that starts after the largest value there is.
fn add_sequence(table: &ObjectName, column: &Column) -> Vec<String> {
    let sequence = object(&table.sibling(format!("{}_{}_seq", table.name, column.name)));
    let (owner, name) = (object(table), ident(&column.name));
    let literal = string(&sequence);
    vec![
        format!("CREATE SEQUENCE {sequence} OWNED BY {owner}.{name}"),
        format!(
            "SELECT pg_catalog.setval({literal}, COALESCE(pg_catalog.max({name}), 0) + 1, false) FROM {owner}"
        ),
        format!("ALTER TABLE {owner} ALTER COLUMN {name} SET DEFAULT pg_catalog.nextval({literal})"),
    ]
}

/// What holds its lock for as long as the table is large (`ddl` facts 1.1): such a statement stands alone.
fn scans_or_rewrites(alteration: &Alteration) -> bool {
    match alteration {
        Alteration::AddColumn(column) | Alteration::RecreateColumn(column) => {
            column.autoincrement || matches!(column.default, Some(Default::Expression(_)))
        }
        Alteration::SetType { .. }
        | Alteration::SetNotNull(_)
        | Alteration::AddAutoincrement(_)
        | Alteration::AddPrimaryKey(_) => true,
        Alteration::DropColumn(_)
        | Alteration::DropNotNull(_)
        | Alteration::SetDefault(_)
        | Alteration::DropDefault(_)
        | Alteration::DropAutoincrement(_)
        | Alteration::DropPrimaryKey(_) => false,
    }
}
