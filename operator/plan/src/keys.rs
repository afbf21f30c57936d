//! Pairing indexes and foreign keys: structure first, names second (`prisma` facts 0.1).

use schema::{ForeignKey, Index, IndexColumn, Table};

/// What becomes of the indexes of one table.
#[derive(Debug, Default)]
pub(crate) struct IndexDifference<'a> {
    pub(crate) dropped: Vec<&'a Index>,
    pub(crate) created: Vec<&'a Index>,
    pub(crate) renamed: Vec<(&'a Index, &'a str)>,
}

/// Pairs the indexes of a table. An index that a concurrent build left invalid pairs with nothing.
pub(crate) fn indexes<'a>(from: &'a Table, to: &'a Table) -> IndexDifference<'a> {
    let mut left: Vec<&Index> = from.indexes.iter().collect();
    let mut difference = IndexDifference::default();
    let mut unpaired = Vec::new();
    for wanted in &to.indexes {
        let exact = left.iter().position(|found| found.name == wanted.name && same_index(found, wanted));
        match exact {
            Some(at) => drop(left.remove(at)),
            None => unpaired.push(wanted),
        }
    }
    for wanted in unpaired {
        match left.iter().position(|found| same_index(found, wanted)) {
            Some(at) => difference.renamed.push((left.remove(at), &wanted.name)),
            None => difference.created.push(wanted),
        }
    }
    difference.dropped = left;
    difference
}

/// Whether a plan keeps the index, if under another name. One that a concurrent build left invalid it never keeps.
pub fn same_index(found: &Index, wanted: &Index) -> bool {
    let method = wanted.method.as_deref().unwrap_or_default();
    found.valid
        && found.uniqueness == wanted.uniqueness
        && found.method == wanted.method
        && match (&found.predicate, &wanted.predicate) {
            (Some(found), Some(wanted)) => found.says_the_same(wanted),
            (found, wanted) => found.is_none() && wanted.is_none(),
        }
        && found.columns.len() == wanted.columns.len()
        && found.columns.iter().zip(&wanted.columns).all(|(found, wanted)| {
            let class = |column: &IndexColumn| {
                let class = column.operator_class.as_deref()?;
                // A datamodel may say where a class is.
                let class = class.rsplit('.').next().unwrap_or(class).trim_matches('"');
                Some(class.to_owned()).filter(|class| !is_usual_class(method, class))
            };
            found.name == wanted.name
                && found.sort == wanted.sort
                && found.length == wanted.length
                && class(found) == class(wanted)
        })
}

/// Whether a class is the one that an index of this method has without being told: the catalog does not tell it either.
fn is_usual_class(method: &str, class: &str) -> bool {
    match method {
        "gin" => matches!(class, "jsonb_ops" | "array_ops"),
        "spgist" => matches!(class, "text_ops" | "inet_ops"),
        "brin" => {
            class == "inet_inclusion_ops" || class.ends_with("_minmax_ops") && class != "inet_minmax_ops"
        }
        _ => false,
    }
}

/// What becomes of the foreign keys of one table.
#[derive(Debug, Default)]
pub(crate) struct KeyDifference<'a> {
    pub(crate) dropped: Vec<&'a ForeignKey>,
    pub(crate) created: Vec<&'a ForeignKey>,
    pub(crate) renamed: Vec<(&'a str, &'a str)>,
    pub(crate) kept: Vec<(&'a ForeignKey, &'a ForeignKey)>,
}

/// Pairs the foreign keys of a table. One that the server was told not to enforce (PostgreSQL 18) pairs with nothing.
pub(crate) fn foreign_keys<'a>(from: &'a Table, to: &'a Table) -> KeyDifference<'a> {
    let mut left: Vec<&ForeignKey> = from.foreign_keys.iter().collect();
    let mut difference = KeyDifference::default();
    let same = |found: &ForeignKey, wanted: &ForeignKey| {
        same_foreign_key(found, wanted) && (found.validated || is_enforced(from, found))
    };
    for wanted in &to.foreign_keys {
        let pair = left
            .iter()
            .position(|found| found.name == wanted.name && same(found, wanted))
            .or_else(|| left.iter().position(|found| same(found, wanted)));
        let Some(at) = pair else {
            difference.created.push(wanted);
            continue;
        };
        let found = left.remove(at);
        difference.kept.push((found, wanted));
        if let (Some(old), Some(new)) = (&found.name, &wanted.name)
            && old != new
        {
            difference.renamed.push((old, new));
        }
    }
    difference.dropped = left;
    difference
}

fn is_enforced(table: &Table, key: &ForeignKey) -> bool {
    let name = key.name.as_deref().unwrap_or_default();
    !table.extras.contains(&format!("not enforced constraint {name}"))
}

/// Whether a plan keeps the foreign key, if under another name. One that is not validated is validated.
pub fn same_foreign_key(found: &ForeignKey, wanted: &ForeignKey) -> bool {
    found.columns == wanted.columns
        && found.referenced_table == wanted.referenced_table
        && found.referenced_columns == wanted.referenced_columns
        && found.on_delete == wanted.on_delete
        && found.on_update == wanted.on_update
}
