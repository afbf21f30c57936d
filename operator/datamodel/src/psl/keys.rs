//! What the keys and indexes of a model are over.

use std::collections::BTreeSet;

use crate::{Index, IndexField, IndexKind, Model};

/// Up to so many indexes are looked through; of more there is a tree, so that many relations of a model with many
/// indexes do not take their product.
const FEW: usize = 16;

/// The fields of keys and indexes.
pub(crate) enum Keys {
    /// The model's own lists.
    Few,
    /// Names in trees.
    Many(Box<Trees>),
}

/// The fields of many keys and indexes.
pub(crate) struct Trees {
    /// Of the key and of each unique index, as they stand.
    unique: BTreeSet<Vec<String>>,
    /// Of those over all rows, each in alphabetical order.
    sorted: BTreeSet<Vec<String>>,
    /// Of the key and of each index, as they stand.
    all: BTreeSet<Vec<String>>,
}

impl Keys {
    /// The keys of a model all of whose fields and attributes are read.
    pub(crate) fn of(model: &Model) -> Self {
        if model.indexes.len() <= FEW {
            return Self::Few;
        }
        Self::Many(Box::new(Trees {
            unique: uniques(model).map(names).collect(),
            sorted: over_all_rows(model).map(names).map(ordered).collect(),
            all: all(model).map(names).collect(),
        }))
    }

    pub(crate) fn is_unique_in_order(&self, model: &Model, fields: &[String]) -> bool {
        match self {
            Self::Few => uniques(model).any(|unique| unique.iter().map(|field| &field.name).eq(fields)),
            Self::Many(trees) => trees.unique.contains(fields),
        }
    }

    pub(crate) fn is_unique(&self, model: &Model, fields: &[String]) -> bool {
        match self {
            Self::Few => over_all_rows(model).any(|unique| {
                unique.len() == fields.len() && unique.iter().all(|field| fields.contains(&field.name))
            }),
            Self::Many(trees) => trees.sorted.contains(&ordered(fields.to_vec())),
        }
    }

    pub(crate) fn is_led_by(&self, model: &Model, fields: &[String]) -> bool {
        match self {
            Self::Few => all(model).any(|key| {
                key.len() >= fields.len() && key.iter().zip(fields).all(|(field, name)| field.name == *name)
            }),
            // Whatever begins with them comes directly behind them.
            Self::Many(trees) => {
                trees.all.range(fields.to_vec()..).next().is_some_and(|key| key.starts_with(fields))
            }
        }
    }
}

fn uniques(model: &Model) -> impl Iterator<Item = &[IndexField]> {
    let unique = |index: &&Index| index.kind == IndexKind::Unique;
    key(model).chain(model.indexes.iter().filter(unique).map(|index| index.fields.as_slice()))
}

/// A foreign key cannot refer to a partial index.
fn over_all_rows(model: &Model) -> impl Iterator<Item = &[IndexField]> {
    let whole = |index: &&Index| index.kind == IndexKind::Unique && index.predicate.is_none();
    key(model).chain(model.indexes.iter().filter(whole).map(|index| index.fields.as_slice()))
}

fn all(model: &Model) -> impl Iterator<Item = &[IndexField]> {
    key(model).chain(model.indexes.iter().map(|index| index.fields.as_slice()))
}

fn key(model: &Model) -> impl Iterator<Item = &[IndexField]> {
    model.primary_key.iter().map(|key| key.fields.as_slice())
}

fn names(fields: &[IndexField]) -> Vec<String> {
    fields.iter().map(|field| field.name.clone()).collect()
}

fn ordered(mut names: Vec<String>) -> Vec<String> {
    names.sort();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Source, parse};

    #[test]
    fn a_tree_of_keys_answers_as_their_list_does() {
        let columns: Vec<String> = (0..20).map(|number| format!("  c{number} Int @unique\n")).collect();
        let columns = columns.concat();
        let text = format!(
            "model A {{\n  id Int @id\n  a Int\n  b Int\n{columns}  @@unique([b, a])\n  @@index([a, id])\n}}\n"
        );
        let datamodel = parse(Source { text: &text, language: None, edition: None }).datamodel.unwrap();
        let model = datamodel.model("A").unwrap();
        let many = Keys::of(model);
        assert!(matches!(many, Keys::Many(_)));
        for fields in
            [&["id"][..], &["a"], &["a", "b"], &["b", "a"], &["a", "id"], &["b"], &["c7"], &["c7", "a"]]
        {
            let fields: Vec<String> = fields.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(Keys::Few.is_unique(model, &fields), many.is_unique(model, &fields), "{fields:?}");
            assert_eq!(
                Keys::Few.is_unique_in_order(model, &fields),
                many.is_unique_in_order(model, &fields),
                "{fields:?}"
            );
            assert_eq!(Keys::Few.is_led_by(model, &fields), many.is_led_by(model, &fields), "{fields:?}");
        }
    }
}
