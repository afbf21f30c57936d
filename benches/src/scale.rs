//! What a table costs among ten thousand, beside what it costs among a hundred: changes of every kind whose work could
//! grow with the square, and introspection of a live database.

use plan::{Ownership, diff};
use schema::{Column, ColumnType, Dialect, Enum, Nullability, ObjectName, Schema, Scope, Type, derive};
use sql::{Script, render};

use crate::clock::{fastest, milliseconds};
use crate::introspection;
use crate::parsing::{flat, parsed};
use crate::table::Table;
use crate::text::small_models;

const SIZES: [usize; 3] = [100, 1_000, 10_000];

/// A schema before and after.
type Change = (fn(&mut Schema), fn(&mut Schema));

/// Changes by themselves, then a server that is started for it.
pub(crate) fn measure(table: &mut Table) {
    let kinds: [(&str, Change); 5] = [
        ("3 changes in 10 tables", (|_| {}, alter)),
        ("3 renames in 10 tables and of a column in each", (|_| {}, rename)),
        ("all tables go and as many come", (|_| {}, replace)),
        ("an enum of every table loses a value", (add_enums, shrink_enums)),
        ("an enum of every table gets another name", (add_enums, rename_enums)),
    ];
    for (what, change) in kinds {
        let times = SIZES.map(|models| of_size(models, change));
        flat(table, &format!("diff and render, {what}"), SIZES, times);
    }
    let times = SIZES.map(|models| milliseconds(fastest(|| listed(&schema(models)))));
    flat(table, "derive and list what is unmanaged", SIZES, times);
    let small = SIZES.map(|models| (models, small_models(models)));
    introspection::of_sizes(table, "small tables", &small);
}

fn schema(models: usize) -> Schema {
    let scope = Scope { dialect: Dialect::PostgreSql, namespace: Some("public".to_owned()) };
    derive(&parsed(&small_models(models)), &scope)
}

fn listed(schema: &Schema) -> usize {
    let half = Schema {
        tables: schema.tables.iter().step_by(2).cloned().collect(),
        ..Schema::empty(Dialect::PostgreSql)
    };
    plan::unmanaged(schema, &half, &Ownership::default()).len()
}

fn of_size(models: usize, (before, change): Change) -> f64 {
    let mut from = schema(models);
    before(&mut from);
    let mut to = from.clone();
    change(&mut to);
    let owned = Ownership::of(&from);
    let script = || -> Script { render(&diff(&from, &to, &owned).unwrap()) };
    let steps = script().steps.len();
    assert!(steps >= models * 3 / 10, "only {steps} steps");
    milliseconds(fastest(script))
}

/// In three of ten tables something else each time.
fn alter(schema: &mut Schema) {
    for (number, table) in schema.tables.iter_mut().enumerate() {
        match number % 10 {
            0 => table.indexes.clear(),
            1 => table.columns.push(nullable("added", Type::Text)),
            2 => {
                for column in table.columns.iter_mut().filter(|column| column.name == "body") {
                    column.nullability = Nullability::Required;
                }
            }
            _ => {}
        }
    }
}

fn rename(schema: &mut Schema) {
    let renamed = |name: &ObjectName, number: usize| {
        if number % 10 < 3 { name.sibling(format!("{}Renamed", name.name)) } else { name.clone() }
    };
    let names: std::collections::BTreeMap<ObjectName, ObjectName> = schema
        .tables
        .iter()
        .enumerate()
        .map(|(number, table)| (table.name.clone(), renamed(&table.name, number)))
        .collect();
    for table in &mut schema.tables {
        for key in &mut table.foreign_keys {
            key.referenced_table = names.get(&key.referenced_table).unwrap().clone();
        }
        let name = names.get(&table.name).unwrap();
        if *name != table.name {
            table.renamed_from = Some(table.name.name.clone());
            table.name = name.clone();
            for column in table.columns.iter_mut().filter(|column| column.name == "body") {
                column.renamed_from = Some("body".to_owned());
                "text".clone_into(&mut column.name);
            }
        }
    }
}

/// The new ones have a column of their own each, so that no two sets of columns are the same.
fn replace(schema: &mut Schema) {
    for (number, table) in schema.tables.iter_mut().enumerate() {
        table.name = table.name.sibling(format!("Other{number}"));
        table.columns.push(nullable(&format!("own{number}"), Type::Text));
        for key in &mut table.foreign_keys {
            let number = key.referenced_table.name.trim_start_matches("Note").to_owned();
            key.referenced_table = key.referenced_table.sibling(format!("Other{number}"));
        }
    }
}

fn add_enums(schema: &mut Schema) {
    for table in &mut schema.tables {
        let name = table.name.sibling(format!("State{}", table.name.name));
        let values = ["OPEN", "HELD", "CLOSED"].map(str::to_owned).to_vec();
        table.columns.push(nullable("state", Type::Enum(name.clone())));
        schema.enums.push(Enum {
            name,
            values,
            renamed_from: None,
            renamed_values: std::collections::BTreeMap::new(),
        });
    }
}

fn shrink_enums(schema: &mut Schema) {
    for found in &mut schema.enums {
        found.values.pop();
    }
}

fn rename_enums(schema: &mut Schema) {
    let renamed = |name: &ObjectName| name.sibling(format!("{}Renamed", name.name));
    for found in &mut schema.enums {
        found.renamed_from = Some(found.name.name.clone());
        found.name = renamed(&found.name);
    }
    for column in schema.tables.iter_mut().flat_map(|table| &mut table.columns) {
        if let Type::Enum(name) = &mut column.ty.base {
            *name = renamed(name);
        }
    }
}

fn nullable(name: &str, base: Type) -> Column {
    Column {
        name: name.to_owned(),
        ty: ColumnType { base, list: false },
        nullability: Nullability::Nullable,
        default: None,
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
