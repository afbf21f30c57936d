//! PostgreSQL statements. Every name is qualified, since sessions run with an empty `search_path`.

mod alter;
pub(crate) mod columns;
mod enums;
mod not_null;
mod own;
mod primary_key;
mod settings;

use datamodel::{Action, Extension, Sort};
use plan::{Change, Impact, TableAge};
use schema::{Dialect, ForeignKey, Index, ObjectName, Table, Uniqueness};

use crate::predicate::predicate;
use crate::quote::{ident, idents, object, string};
use crate::summary::describe;
use crate::{Mode, Probe};

use columns::{column_definition, create_sequence};
use own::class_schema;

/// One or more script steps of a change: statements, how they run, how to find out whether they did.
pub(crate) struct Rendered {
    pub(crate) statements: Vec<String>,
    pub(crate) mode: Mode,
    pub(crate) probe: Option<Probe>,
    /// Replaces the summary of the change where a change is rendered as several steps.
    pub(crate) summary: Option<String>,
    /// Replaces the impact of the change there.
    pub(crate) impact: Option<Impact>,
}

impl Rendered {
    pub(crate) fn grouped(statement: String) -> Self {
        Self { statements: vec![statement], mode: Mode::Grouped, probe: None, summary: None, impact: None }
    }

    pub(crate) fn alone(statements: Vec<String>) -> Self {
        Self { mode: Mode::Alone, statements, ..Self::grouped(String::new()) }
    }
}

pub(crate) fn render(change: &Change) -> Vec<Rendered> {
    let one = |statement: String| vec![Rendered::grouped(statement)];
    match change {
        Change::CreateNamespace(name) => one(format!("CREATE SCHEMA IF NOT EXISTS {}", ident(name))),
        Change::CreateExtension(extension) => one(create_extension(extension)),
        Change::CreateEnum(declared) => one(enums::create(declared)),
        Change::RenameEnum { from, to } => rename("TYPE", from, to),
        Change::RenameEnumValue { name, from, to } => {
            one(format!("ALTER TYPE {} RENAME VALUE {} TO {}", object(name), string(from), string(to)))
        }
        Change::AddEnumValue { name, value, before } => {
            vec![Rendered::alone(vec![enums::add_value(name, value, before.as_deref())])]
        }
        Change::RebuildEnum { from, to, columns } => vec![Rendered::alone(enums::rebuild(from, to, columns))],
        Change::DropEnum(name) => one(format!("DROP TYPE {}", object(name))),
        Change::CreateTable(table) => vec![create_table(table)],
        Change::RenameTable { from, to } => rename("TABLE", from, to),
        Change::DropTable(name) => one(format!("DROP TABLE {}", object(name))),
        Change::RenameColumn { table, from, to } => {
            one(format!("ALTER TABLE {} RENAME COLUMN {} TO {}", object(table), ident(from), ident(to)))
        }
        Change::AlterTable { table, alterations } => alter::steps(table, alterations),
        // SQLite's way of changing a table; a plan for PostgreSQL never holds it.
        Change::RenameValues { .. } | Change::RedefineTable { .. } => Vec::new(),
        Change::CreateIndex { table, index, on } => vec![create_index(table, index, *on)],
        Change::DropIndex { table, index } => one(drop_index(table, index)),
        Change::RenameIndex { table, index, to } => one(rename_index(table, index, to)),
        Change::AddForeignKey { table, key, on } => add_foreign_key(table, key, *on),
        Change::ValidateForeignKey { table, key } => vec![validate(table, key)],
        Change::DropForeignKey { table, name, .. } => {
            one(format!("ALTER TABLE {} DROP CONSTRAINT {}", object(table), ident(name)))
        }
        Change::RenameConstraint { table, from, to } => {
            one(format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", object(table), ident(from), ident(to)))
        }
    }
}

/// Another name, or another schema.
fn rename(kind: &str, from: &ObjectName, to: &ObjectName) -> Vec<Rendered> {
    let how = match &to.namespace {
        Some(namespace) if from.namespace != to.namespace => format!("SET SCHEMA {}", ident(namespace)),
        _ => format!("RENAME TO {}", ident(&to.name)),
    };
    vec![Rendered::grouped(format!("ALTER {kind} {} {how}", object(from)))]
}

/// The extension, unless it came by another way in the meantime.
fn create_extension(extension: &Extension) -> String {
    let mut statement = format!("CREATE EXTENSION IF NOT EXISTS {}", ident(&extension.name));
    if let Some(schema) = &extension.schema {
        statement.push_str(" WITH SCHEMA ");
        statement.push_str(&ident(schema));
    }
    if let Some(version) = &extension.version {
        statement.push_str(" VERSION ");
        statement.push_str(&string(version));
    }
    statement
}

fn create_table(table: &Table) -> Rendered {
    let mut lines: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("    {}", column_definition(&table.name, column)))
        .collect();
    if let Some(key) = &table.primary_key {
        let name = key.name.as_ref().map(|name| format!("CONSTRAINT {} ", ident(name))).unwrap_or_default();
        lines.push(format!("    {name}PRIMARY KEY ({})", idents(&key.columns)));
    }
    let create = format!("CREATE TABLE {} (\n{}\n)", object(&table.name), lines.join(",\n"));
    let sequences = table.columns.iter().filter_map(|column| create_sequence(&table.name, column));
    let (before, after): (Vec<String>, Vec<String>) = sequences.unzip();
    Rendered {
        statements: before
            .into_iter()
            .chain([create])
            .chain(after)
            .chain(table.columns.iter().flat_map(|column| settings::all(&table.name, column)))
            .collect(),
        ..Rendered::grouped(String::new())
    }
}

/// On a table that exists the index is built concurrently: readers and writers go on.
fn create_index(table: &ObjectName, index: &Index, on: TableAge) -> Rendered {
    let unique = if index.uniqueness == Uniqueness::Unique { "UNIQUE " } else { "" };
    let concurrently = if on == TableAge::Existing { "CONCURRENTLY " } else { "" };
    let method =
        index.method.as_ref().map(|method| format!(" USING {}", method.to_uppercase())).unwrap_or_default();
    let columns: Vec<String> = index
        .columns
        .iter()
        .map(|column| {
            let class = column.operator_class.as_ref();
            let class = class.map(|class| format!(" {}", operator_class(class))).unwrap_or_default();
            let sort = if column.sort == Sort::Desc { " DESC" } else { "" };
            format!("{}{class}{sort}", ident(&column.name))
        })
        .collect();
    let partial =
        index.predicate.as_ref().map(|found| format!(" WHERE ({})", predicate(found))).unwrap_or_default();
    let statement = format!(
        "CREATE {unique}INDEX {concurrently}{} ON {}{method} ({}){partial}",
        ident(&index.name),
        object(table),
        columns.join(", ")
    );
    if on == TableAge::New {
        return Rendered::grouped(statement);
    }
    let namespace = table.namespace.clone().unwrap_or_default();
    let cleanup = format!("DROP INDEX CONCURRENTLY {}", object(&table.sibling(&index.name)));
    let probe = Probe::IndexPresent { namespace, index: index.name.clone(), cleanup };
    Rendered { mode: Mode::NoTransaction, probe: Some(probe), ..Rendered::grouped(statement) }
}

/// An operator class, with its schema where that is said.
fn operator_class(class: &str) -> String {
    match class.rsplit_once('.') {
        Some((schema, class)) => {
            format!("{}.{}", ident(schema.trim_matches('"')), ident(class.trim_matches('"')))
        }
        None => format!("{}{}", class_schema(class), ident(class)),
    }
}

fn drop_index(table: &ObjectName, index: &Index) -> String {
    if index.constraint {
        format!("ALTER TABLE {} DROP CONSTRAINT {}", object(table), ident(&index.name))
    } else {
        format!("DROP INDEX {}", object(&table.sibling(&index.name)))
    }
}

fn rename_index(table: &ObjectName, index: &Index, to: &str) -> String {
    if index.constraint {
        format!("ALTER TABLE {} RENAME CONSTRAINT {} TO {}", object(table), ident(&index.name), ident(to))
    } else {
        format!("ALTER INDEX {} RENAME TO {}", object(&table.sibling(&index.name)), ident(to))
    }
}

/// On a table that exists the key is added without looking at its rows, then validated in a step of its own,
/// which blocks neither readers nor writers (PostgreSQL: "ALTER TABLE", `VALIDATE CONSTRAINT`).
fn add_foreign_key(table: &ObjectName, key: &ForeignKey, on: TableAge) -> Vec<Rendered> {
    let name = key.name.as_deref().unwrap_or_default();
    let not_valid = if on == TableAge::Existing { " NOT VALID" } else { "" };
    let statement = format!(
        "ALTER TABLE {} ADD CONSTRAINT {} FOREIGN KEY ({}) REFERENCES {} ({}) ON DELETE {} ON UPDATE {}{not_valid}",
        object(table),
        ident(name),
        idents(&key.columns),
        object(&key.referenced_table),
        idents(&key.referenced_columns),
        action(key.on_delete),
        action(key.on_update)
    );
    if on == TableAge::New {
        return vec![Rendered::grouped(statement)];
    }
    let second = Change::ValidateForeignKey { table: table.clone(), key: key.clone() };
    let impact = Some(plan::impact(Dialect::PostgreSql, &second));
    let second = Rendered { summary: Some(describe(&second).2), impact, ..validate(table, key) };
    vec![Rendered::alone(vec![statement]), second]
}

fn validate(table: &ObjectName, key: &ForeignKey) -> Rendered {
    let name = ident(key.name.as_deref().unwrap_or_default());
    Rendered::alone(vec![format!("ALTER TABLE {} VALIDATE CONSTRAINT {name}", object(table))])
}

/// A referential action as SQL.
pub(crate) const fn action(action: Action) -> &'static str {
    match action {
        Action::NoAction => "NO ACTION",
        Action::Restrict => "RESTRICT",
        Action::Cascade => "CASCADE",
        Action::SetNull => "SET NULL",
        Action::SetDefault => "SET DEFAULT",
    }
}
