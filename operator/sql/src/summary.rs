//! A change in one line for people.

use plan::{Alteration, Change, RenamedValues};
use schema::{Index, Nullability, ObjectName, Uniqueness};

use crate::predicate::predicate;

/// Kind of a step that gives rows the new names of an enum's values.
pub const RENAME_VALUES: &str = "RenameValues";

/// Kind, object and summary of a change.
pub(crate) fn describe(change: &Change) -> (&'static str, String, String) {
    match change {
        Change::CreateNamespace(name) => ("CreateNamespace", name.clone(), format!("create schema {name}")),
        Change::CreateExtension(extension) => {
            let name = &extension.name;
            ("CreateExtension", name.clone(), format!("create extension {name}"))
        }
        Change::CreateEnum(declared) => {
            let values = declared.values.join(", ");
            ("CreateEnum", declared.name.to_string(), format!("create enum {} ({values})", declared.name))
        }
        Change::RenameEnum { from, to } => {
            ("RenameEnum", to.to_string(), format!("{} enum {from} to {to}", verb(from, to)))
        }
        Change::RenameEnumValue { name, from, to } => {
            ("RenameEnumValue", name.to_string(), format!("rename value {from} of enum {name} to {to}"))
        }
        Change::RenameValues { table, renamed } => (
            RENAME_VALUES,
            format!("{table}.{}", renamed.column),
            format!("rename values of {table}.{}: {}", renamed.column, renamed_values(renamed)),
        ),
        Change::AddEnumValue { name, value, .. } => {
            ("AddEnumValue", name.to_string(), format!("add value {value} to enum {name}"))
        }
        Change::RebuildEnum { from, to, .. } => {
            let gone: Vec<&str> =
                from.values.iter().filter(|value| !to.values.contains(value)).map(String::as_str).collect();
            let new: Vec<&str> =
                to.values.iter().filter(|value| !from.values.contains(value)).map(String::as_str).collect();
            let added =
                if new.is_empty() { String::new() } else { format!(", and add {} to it", new.join(", ")) };
            (
                "RebuildEnum",
                to.name.to_string(),
                format!("remove {} from enum {}{added}", gone.join(", "), to.name),
            )
        }
        Change::DropEnum(name) => ("DropEnum", name.to_string(), format!("drop enum {name}")),
        Change::CreateTable(table) => {
            let count = table.columns.len();
            let columns = if count == 1 { "column" } else { "columns" };
            (
                "CreateTable",
                table.name.to_string(),
                format!("create table {} ({count} {columns})", table.name),
            )
        }
        Change::RenameTable { from, to } => {
            ("RenameTable", to.to_string(), format!("{} table {from} to {to}", verb(from, to)))
        }
        Change::DropTable(name) => ("DropTable", name.to_string(), format!("drop table {name}")),
        Change::RenameColumn { table, from, to } => {
            ("RenameColumn", format!("{table}.{to}"), format!("rename column {table}.{from} to {to}"))
        }
        Change::AlterTable { table, alterations } => {
            let words: Vec<String> = alterations.iter().map(alteration).collect();
            ("AlterTable", table.to_string(), format!("change table {table}: {}", words.join(", ")))
        }
        Change::RedefineTable { from, to } => (
            "RedefineTable",
            to.name.to_string(),
            format!("rebuild table {}{}", to.name, redefinition(from, to)),
        ),
        Change::CreateIndex { table, index, .. } => {
            ("CreateIndex", table.to_string(), format!("create {} on {table}", self::index(index)))
        }
        Change::DropIndex { table, index } => {
            ("DropIndex", table.to_string(), format!("drop {} of {table}", self::index(index)))
        }
        Change::RenameIndex { table, index, to } => {
            ("RenameIndex", table.to_string(), format!("rename index {} of {table} to {to}", index.name))
        }
        Change::AddForeignKey { table, key, .. } => {
            let columns = key.columns.join(", ");
            let summary = format!("add foreign key {table} ({columns}) to {}", key.referenced_table);
            ("AddForeignKey", table.to_string(), summary)
        }
        Change::ValidateForeignKey { table, key } => {
            let name = key.name.as_deref().unwrap_or_default();
            let summary = format!("check the rows of {table} against foreign key {name}");
            ("ValidateForeignKey", table.to_string(), summary)
        }
        Change::DropForeignKey { table, name, .. } => {
            ("DropForeignKey", table.to_string(), format!("drop foreign key {name} of {table}"))
        }
        Change::RenameConstraint { table, from, to } => {
            ("RenameConstraint", table.to_string(), format!("rename constraint {from} of {table} to {to}"))
        }
    }
}

/// `NEW to OPEN, PAID to DONE`.
fn renamed_values(renamed: &RenamedValues) -> String {
    let pairs: Vec<String> = renamed.values.iter().map(|(old, new)| format!("{old} to {new}")).collect();
    pairs.join(", ")
}

fn verb(from: &ObjectName, to: &ObjectName) -> &'static str {
    if from.namespace == to.namespace { "rename" } else { "move" }
}

fn index(index: &Index) -> String {
    let columns: Vec<&str> = index.columns.iter().map(|column| column.name.as_str()).collect();
    let kind = if index.uniqueness == Uniqueness::Unique { "unique index" } else { "index" };
    let partial = index.predicate.as_ref().map(|found| format!(" where {}", predicate(found).trim()));
    format!("{kind} {} ({}){}", index.name, columns.join(", "), partial.unwrap_or_default())
}

fn alteration(alteration: &Alteration) -> String {
    match alteration {
        Alteration::AddColumn(column) => format!("add {}", column.name),
        Alteration::DropColumn(name) => format!("drop {name}"),
        Alteration::RecreateColumn(column) => format!("make {} anew", column.name),
        Alteration::SetType { to, .. } => format!("change the type of {}", to.name),
        Alteration::SetNotNull(name) => format!("make {name} required"),
        Alteration::DropNotNull(name) => format!("make {name} optional"),
        Alteration::SetDefault(column) => format!("set the default of {}", column.name),
        Alteration::DropDefault(name) => format!("drop the default of {name}"),
        Alteration::AddAutoincrement(column) => format!("number {} automatically", column.name),
        Alteration::DropAutoincrement(name) => format!("stop numbering {name}"),
        Alteration::AddPrimaryKey(key) => format!("add primary key ({})", key.columns.join(", ")),
        Alteration::DropPrimaryKey(name) => format!("drop primary key {name}"),
        Alteration::RenameValues(renamed) => {
            format!("rename what was written to {} meanwhile", renamed.column)
        }
        Alteration::ModifyColumn { from, to } => modification(from, to),
        Alteration::AddIndex(added) => format!("add {}", index(added)),
        Alteration::DropIndex(dropped) => format!("drop index {}", dropped.name),
        Alteration::RenameIndex { index, to } => format!("rename index {} to {to}", index.name),
    }
}

/// What a new definition of a column changes.
fn modification(from: &schema::Column, to: &schema::Column) -> String {
    let mut words = Vec::new();
    if from.ty != to.ty {
        words.push(format!("change the type of {}", to.name));
    }
    if from.nullability != to.nullability {
        let word = if to.nullability == Nullability::Required { "required" } else { "optional" };
        words.push(format!("make {} {word}", to.name));
    }
    if from.default != to.default {
        words.push(match to.default {
            Some(_) => format!("set the default of {}", to.name),
            None => format!("drop the default of {}", to.name),
        });
    }
    match (from.autoincrement, to.autoincrement) {
        (false, true) => words.push(format!("number {} automatically", to.name)),
        (true, false) => words.push(format!("stop numbering {}", to.name)),
        (true, true) | (false, false) => {}
    }
    words.join(", ")
}

/// What a rebuild changes, as far as columns say it.
fn redefinition(from: &schema::Table, to: &schema::Table) -> String {
    let mut words = Vec::new();
    let gone = from.columns.iter().filter(|column| to.column(&column.name).is_none());
    words.extend(gone.map(|column| format!("drop {}", column.name)));
    for column in &to.columns {
        match from.column(&column.name) {
            None => words.push(format!("add {}", column.name)),
            Some(before) if before.ty != column.ty || before.nullability != column.nullability => {
                words.push(format!("change {}", column.name));
            }
            Some(before) if before.default != column.default => {
                words.push(format!("default of {}", column.name));
            }
            Some(_) => {}
        }
    }
    if words.is_empty() { " (keys)".to_owned() } else { format!(": {}", words.join(", ")) }
}
