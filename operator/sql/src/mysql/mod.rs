//! MySQL and MariaDB statements. Each commits by itself and is recorded on both sides (MySQL: "Statements That
//! Cause an Implicit Commit").

pub(crate) mod columns;
mod facts;
mod online;
pub(crate) mod quote;

use datamodel::Sort;
use plan::{Alteration, Change, Plan, RenamedValues, TableAge};
use schema::{ForeignKey, Index, ObjectName, PrimaryKey, Table, Uniqueness};

use crate::postgres::{Rendered, action};
use crate::{Mode, Probe};

use columns::{column_definition, default_of};
use quote::{ident, idents, object};

pub(crate) fn render(change: &Change, plan: &Plan) -> Rendered {
    let impact = online::impact(change, plan);
    Rendered {
        statements: rows(change)
            .into_iter()
            .chain(statement(change, online::lock(change, &impact)))
            .collect(),
        mode: Mode::NoTransaction,
        probe: Some(Probe::Facts(facts::of(change))),
        summary: None,
        impact: Some(impact),
    }
}

/// What happens to rows before the table changes.
fn rows(change: &Change) -> Vec<String> {
    match change {
        Change::RenameValues { table, renamed } => {
            let key = renamed.key.as_ref().map(|key| format!("-- schemalift:batch key={key}\n"));
            vec![format!("{}{}", key.unwrap_or_default(), rename_values(table, renamed))]
        }
        Change::AlterTable { table, alterations } => {
            let renamed = alterations.iter().filter_map(|alteration| match alteration {
                Alteration::RenameValues(renamed) => Some(rename_values(table, renamed)),
                _ => None,
            });
            renamed.collect()
        }
        _ => Vec::new(),
    }
}

/// One visit of each row, whatever the number of values.
fn rename_values(table: &ObjectName, renamed: &RenamedValues) -> String {
    let column = ident(&renamed.column);
    let old: Vec<String> = renamed.values.iter().map(|(old, _)| quote::string(old)).collect();
    let mut sets = vec![match renamed.values.as_slice() {
        [(_, new)] => format!("{column} = {}", quote::string(new)),
        values => {
            let cases: Vec<String> = values
                .iter()
                .map(|(old, new)| format!("WHEN {} THEN {}", quote::string(old), quote::string(new)))
                .collect();
            format!("{column} = CASE {column} {} END", cases.join(" "))
        }
    }];
    sets.extend(renamed.clocks.iter().map(|name| ident(name)).map(|name| format!("{name} = {name}")));
    format!("UPDATE {} SET {} WHERE {column} IN ({})", object(table), sets.join(", "), old.join(", "))
}

/// Each `ALTER TABLE` says what others may do meanwhile, so that a server that cannot comply refuses it.
fn statement(change: &Change, lock: &str) -> Option<String> {
    Some(match change {
        Change::CreateTable(table) => create_table(table),
        Change::RenameTable { from, to } => format!("RENAME TABLE {} TO {}", object(from), object(to)),
        Change::DropTable(name) => format!("DROP TABLE {}", object(name)),
        Change::RenameColumn { table, from, to } => {
            format!("ALTER TABLE {} RENAME COLUMN {} TO {}{lock}", object(table), ident(from), ident(to))
        }
        Change::AlterTable { table, alterations } => {
            let clauses: Vec<String> = alterations.iter().flat_map(clauses).collect();
            format!("ALTER TABLE {}\n    {}{lock}", object(table), clauses.join(",\n    "))
        }
        Change::CreateIndex { table, index, on } => create_index(table, index, *on),
        // MariaDB's `DROP INDEX` has no room for the lock.
        Change::DropIndex { table, index } => {
            format!("ALTER TABLE {} DROP INDEX {}{lock}", object(table), ident(&index.name))
        }
        Change::RenameIndex { table, index, to } => {
            format!(
                "ALTER TABLE {} RENAME INDEX {} TO {}{lock}",
                object(table),
                ident(&index.name),
                ident(to)
            )
        }
        Change::AddForeignKey { table, key, .. } => format!("{}{lock}", add_foreign_key(table, key)),
        Change::DropForeignKey { table, name, .. } => {
            format!("ALTER TABLE {} DROP FOREIGN KEY {}{lock}", object(table), ident(name))
        }
        // Rows alone.
        Change::RenameValues { .. }
        // What other databases have; a plan for MySQL never holds it.
        | Change::CreateNamespace(_)
        | Change::CreateExtension(_)
        | Change::CreateEnum(_)
        | Change::RenameEnum { .. }
        | Change::RenameEnumValue { .. }
        | Change::AddEnumValue { .. }
        | Change::RebuildEnum { .. }
        | Change::DropEnum(_)
        | Change::RedefineTable { .. }
        | Change::ValidateForeignKey { .. }
        | Change::RenameConstraint { .. } => return None,
    })
}

/// Indexes are inside, so that a foreign key finds the one it needs and the server makes none of its own.
fn create_table(table: &Table) -> String {
    let mut lines: Vec<String> = table.columns.iter().map(column_definition).collect();
    lines.extend(table.primary_key.as_ref().map(primary_key));
    lines.extend(table.indexes.iter().map(index_definition));
    let lines: Vec<String> = lines.into_iter().map(|line| format!("    {line}")).collect();
    format!(
        "CREATE TABLE {} (\n{}\n) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
        object(&table.name),
        lines.join(",\n")
    )
}

pub(crate) fn primary_key(key: &PrimaryKey) -> String {
    let columns: Vec<String> =
        key.columns.iter().map(|name| part(name, key.prefixes.get(name).copied(), Sort::Asc)).collect();
    format!("PRIMARY KEY ({})", columns.join(", "))
}

/// A column of a key, or as much of it as counts.
fn part(name: &str, length: Option<u32>, sort: Sort) -> String {
    let length = length.map(|length| format!("({length})")).unwrap_or_default();
    let sort = if sort == Sort::Desc { " DESC" } else { "" };
    format!("{}{length}{sort}", ident(name))
}

fn index_columns(index: &Index) -> String {
    let columns: Vec<String> =
        index.columns.iter().map(|column| part(&column.name, column.length, column.sort)).collect();
    columns.join(", ")
}

fn index_kind(index: &Index) -> &'static str {
    match (index.method.as_deref(), index.uniqueness) {
        (Some("fulltext"), _) => "FULLTEXT INDEX",
        (_, Uniqueness::Unique) => "UNIQUE INDEX",
        (_, Uniqueness::Plain) => "INDEX",
    }
}

fn index_definition(index: &Index) -> String {
    format!("{} {} ({})", index_kind(index), ident(&index.name), index_columns(index))
}

/// On a table that exists the build must let readers and writers go on; a server that cannot refuses the statement.
fn create_index(table: &ObjectName, index: &Index, on: TableAge) -> String {
    let lock = match (on, index.method.as_deref()) {
        (TableAge::New, _) => "",
        (TableAge::Existing, Some("fulltext")) => " ALGORITHM=INPLACE LOCK=SHARED",
        (TableAge::Existing, _) => " ALGORITHM=INPLACE LOCK=NONE",
    };
    format!(
        "CREATE {} {} ON {} ({}){lock}",
        index_kind(index),
        ident(&index.name),
        object(table),
        index_columns(index)
    )
}

fn add_foreign_key(table: &ObjectName, key: &ForeignKey) -> String {
    format!(
        "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {} ON UPDATE {}",
        object(table),
        ident(key.name.as_deref().unwrap_or_default()),
        idents(&key.columns),
        object(&key.referenced_table),
        idents(&key.referenced_columns),
        action(key.on_delete),
        action(key.on_update)
    )
}

fn clauses(alteration: &Alteration) -> Vec<String> {
    let one = |clause: String| vec![clause];
    match alteration {
        Alteration::AddColumn(column) => one(format!("ADD COLUMN {}", column_definition(column))),
        Alteration::DropColumn(name) => one(format!("DROP COLUMN {}", ident(name))),
        Alteration::RecreateColumn(column) => vec![
            format!("DROP COLUMN {}", ident(&column.name)),
            format!("ADD COLUMN {}", column_definition(column)),
        ],
        Alteration::ModifyColumn { to, .. } => one(format!("MODIFY COLUMN {}", column_definition(to))),
        Alteration::AddPrimaryKey(key) => one(format!("ADD {}", primary_key(key))),
        Alteration::DropPrimaryKey(_) => one("DROP PRIMARY KEY".to_owned()),
        Alteration::AddIndex(index) => one(format!("ADD {}", index_definition(index))),
        Alteration::DropIndex(index) => one(format!("DROP INDEX {}", ident(&index.name))),
        Alteration::RenameIndex { index, to } => {
            one(format!("RENAME INDEX {} TO {}", ident(&index.name), ident(to)))
        }
        Alteration::SetDefault(column) => default_of(column)
            .map(|default| format!("ALTER COLUMN {} SET DEFAULT {default}", ident(&column.name)))
            .into_iter()
            .collect(),
        Alteration::DropDefault(name) => one(format!("ALTER COLUMN {} DROP DEFAULT", ident(name))),
        // A statement of its own, before.
        Alteration::RenameValues(_)
        // `MODIFY` says all of these; a plan for MySQL never holds them.
        | Alteration::SetType { .. }
        | Alteration::SetNotNull(_)
        | Alteration::DropNotNull(_)
        | Alteration::AddAutoincrement(_)
        | Alteration::DropAutoincrement(_) => Vec::new(),
    }
}
