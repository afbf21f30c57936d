//! `ALTER TABLE` on PostgreSQL.

use plan::{Alteration, Change, Impact, LockMode, Work};
use schema::{Column, ColumnType, Dialect, ObjectName, PrimaryKey, Type};

use super::columns::{column_definition, column_type, create_sequence, default_of, next_value};
use super::{Rendered, not_null, primary_key, settings};
use crate::Mode;
use crate::quote::{ident, idents, object, string};
use crate::summary::describe;

/// All alterations of a table, then those that are steps of their own.
pub(crate) fn steps(table: &ObjectName, alterations: &[Alteration]) -> Vec<Rendered> {
    let apart = not_null::columns(alterations);
    let online = primary_key::online(alterations);
    let of_key = |name: &String| online.is_some_and(|key| key.columns.contains(name));
    let together: Vec<Alteration> = alterations
        .iter()
        .filter(|one| {
            !matches!(one, Alteration::SetNotNull(name) if apart.contains(&name.as_str()) || of_key(name))
        })
        .cloned()
        .collect();
    if apart.is_empty() && online.is_none() {
        return vec![self::table(table, &together, None)];
    }
    let mut steps = online.map_or_else(Vec::new, |key| primary_key::before(table, key, alterations));
    if !together.is_empty() {
        let rendered = self::table(table, &together, online);
        let change = Change::AlterTable { table: table.clone(), alterations: together };
        let impact = if online.is_some() {
            Impact::on(table, LockMode::AccessExclusive, Work::Metadata)
        } else {
            plan::impact(Dialect::PostgreSql, &change)
        };
        let (summary, impact) = (Some(describe(&change).2), Some(impact));
        steps.push(Rendered { summary, impact, ..rendered });
    }
    for column in apart {
        steps.extend(not_null::steps(table, column));
    }
    steps
}

/// Clauses of one statement, save where a sequence comes into play. The index of a key that is `ready` was built before.
fn table(table: &ObjectName, alterations: &[Alteration], ready: Option<&PrimaryKey>) -> Rendered {
    let mut statements = Vec::new();
    let mut clauses = Vec::new();
    let mut after = Vec::new();
    let mut mode = Mode::Grouped;
    for alteration in alterations {
        // What holds its lock for as long as the table is large stands alone (PostgreSQL: "ALTER TABLE", Notes).
        if plan::work(alteration) != Work::Metadata && ready.is_none() {
            mode = Mode::Alone;
        }
        match alteration {
            Alteration::AddPrimaryKey(key) if ready == Some(key) => {
                clauses.push(primary_key::clause(table, key));
            }
            Alteration::AddAutoincrement(column) => after.extend(add_sequence(table, column)),
            Alteration::AddColumn(column) | Alteration::RecreateColumn(column) => {
                clauses.extend(self::clauses(table, alteration));
                let (create, own) = create_sequence(table, column).unzip();
                statements.extend(create);
                after.extend(own);
                after.extend(settings::all(table, column));
            }
            Alteration::DropAutoincrement(name) => {
                clauses.extend(self::clauses(table, alteration));
                after.push(with_sequence(table, name, "DROP SEQUENCE", ""));
            }
            Alteration::SetType { from, to } => {
                clauses.push(set_type(from, to));
                after.extend(settings::of_type(table, to));
                if from.autoincrement && to.autoincrement {
                    // A sequence of the old type would end at the old type's limit.
                    let ty = format!(" AS {}", column_type(&to.ty));
                    after.push(with_sequence(table, &to.name, "ALTER SEQUENCE", &ty));
                }
            }
            other => clauses.extend(self::clauses(table, other)),
        }
    }
    if !clauses.is_empty() {
        statements.push(format!("ALTER TABLE {}\n    {}", object(table), clauses.join(",\n    ")));
    }
    statements.extend(after);
    Rendered { statements, mode, ..Rendered::grouped(String::new()) }
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
        // Rendered by `table`, since they concern a sequence, too; and what only MySQL has.
        Alteration::SetType { .. }
        | Alteration::AddAutoincrement(_)
        | Alteration::ModifyColumn { .. }
        | Alteration::AddIndex(_)
        | Alteration::DropIndex(_)
        | Alteration::RenameValues(_)
        | Alteration::RenameIndex { .. } => Vec::new(),
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
    // Said without a cast, the server sees that no value changes and rewrites nothing.
    if plan::retype(&from.ty, &to.ty) == Work::Metadata {
        return format!("ALTER COLUMN {column} SET DATA TYPE {target}");
    }
    // A written cast to a bounded text cuts in silence; the assignment of a text refuses what is too long.
    if matches!(to.ty.base, Type::VarChar(Some(_)) | Type::Char(_)) {
        return format!("ALTER COLUMN {column} SET DATA TYPE {target} USING {column}{text}");
    }
    let way = match (&from.ty.base, &to.ty.base) {
        _ if by_way_of_text => text,
        // The cast of the two takes the bits as they are: a large one would become negative.
        (Type::Oid, Type::Integer) => "::BIGINT",
        _ => "",
    };
    format!("ALTER COLUMN {column} SET DATA TYPE {target} USING {column}{way}::{target}")
}

const fn is_enum(ty: &ColumnType) -> bool {
    matches!(ty.base, Type::Enum(_))
}

/// A sequence of its own that starts after the largest value there is.
fn add_sequence(table: &ObjectName, column: &Column) -> Vec<String> {
    let made = || sequence_name(&table.name, &column.name);
    let given = column.sequence.as_ref().map(|sequence| sequence.name.clone());
    let sequence = table.sibling(given.unwrap_or_else(made));
    let next = next_value(&sequence);
    let sequence = object(&sequence);
    let (owner, name) = (object(table), ident(&column.name));
    let mut first = format!("COALESCE(pg_catalog.max({name}), 0) + 1");
    if let Some(start) =
        column.sequence.as_ref().and_then(|sequence| sequence.start).filter(|start| *start > 1)
    {
        first = format!("GREATEST({first}, {start})");
    }
    let literal = string(&sequence);
    vec![
        format!("CREATE SEQUENCE {sequence} OWNED BY {owner}.{name}"),
        format!("SELECT pg_catalog.setval({literal}, {first}, false) FROM {owner}"),
        format!("ALTER TABLE {owner} ALTER COLUMN {name} SET DEFAULT {next}"),
    ]
}

/// The name that PostgreSQL itself gives to the sequence of a serial column: the longer part gives way first.
fn sequence_name(table: &str, column: &str) -> String {
    let room = Dialect::PostgreSql.identifier_limit() - "__seq".len();
    let (mut table, mut column) = (table.to_owned(), column.to_owned());
    while table.len() + column.len() > room {
        let longer = if table.len() > column.len() { &mut table } else { &mut column };
        longer.pop();
    }
    format!("{table}_{column}_seq")
}

/// A statement about the sequence that a column owns, if it owns one: its name is known to the database only.
fn with_sequence(table: &ObjectName, column: &str, statement: &str, rest: &str) -> String {
    let (table, column, statement, rest) =
        (string(&object(table)), string(column), string(&format!("{statement} ")), string(rest));
    let name = format!("pg_catalog.pg_get_serial_sequence({table}, {column})");
    let body =
        format!("BEGIN IF {name} IS NOT NULL THEN EXECUTE {statement} || {name} || {rest}; END IF; END");
    format!("DO {}", string(&body))
}
