//! Indexes of a type: `@unique` of its fields, `@indexes` of itself, and what neither can say.

use std::collections::BTreeSet;

use datamodel::{Language, Sort, quoted};
use schema::{Dialect, Index, IndexColumn, Schema, Table, Uniqueness, usual_prefix};

use crate::block::{BlockAttribute, State};
use crate::keys::paired;
use crate::known::IndexPlace;
use crate::remark::Remark;
use crate::sdl_known::Known;
use crate::sdl_lines::{is_id, relation_of};

/// The indexes of one table, by what says them.
#[derive(Default)]
pub(crate) struct Indexes<'s> {
    /// Columns whose fields have `@unique`.
    uniques: BTreeSet<&'s str>,
    /// Those of `@indexes`, each with its place in the text and what becomes of it.
    listed: Vec<(&'s Index, Option<usize>, State)>,
    /// Those that nothing says.
    beyond: Vec<&'s Index>,
}

impl<'s> Indexes<'s> {
    pub(crate) fn of(found: &Schema, table: &'s Table, known: Option<&Known>) -> Self {
        let wanted = known.map_or_else(Vec::new, |known| known.indexes(&table.name));
        let mut indexes = Self::default();
        let mut paired = paired(&table.indexes, &wanted);
        // Of two on one column that is the field's which has the name that Prisma 1 gave.
        paired.sort_by_key(|(index, place, _)| (place.is_none(), !index.name.ends_with("_UNIQUE")));
        for (index, place, state) in paired {
            match place {
                Some(IndexPlace::Field) => indexes.uniques.extend(sole(index)),
                // It follows from the key that it serves, under whichever name.
                Some(IndexPlace::Implied) => {}
                Some(IndexPlace::Block(at)) => indexes.listed.push((index, Some(at), state)),
                None => indexes.add(found, table, index),
            }
        }
        indexes.listed.sort_by_key(|(index, at, _)| (at.is_none(), *at, &index.name));
        indexes
    }

    fn add(&mut self, found: &Schema, table: &Table, index: &'s Index) {
        let of_field = sole(index).filter(|column| {
            let held = table.column(column).is_none_or(|column| relation_of(table, column).is_some());
            index.uniqueness == Uniqueness::Unique && !held && !is_id(table, column)
        });
        if let Some(unsaid) = unsaid(table, index) {
            debug_assert!(!unsaid.is_empty(), "a reason has words");
            self.beyond.push(index);
        } else if of_field.is_some_and(|column| self.uniques.insert(column)) {
        } else if !(found.dialect == Dialect::MySql && follows(table, index)) {
            self.listed.push((index, None, State::New));
        }
    }

    /// Whether the field of this column says that it is unique.
    pub(crate) fn is_unique(&self, column: &str) -> bool {
        self.uniques.contains(column)
    }

    /// Those of `@indexes` one by one; `field` names the field of a column.
    pub(crate) fn listed(&self, field: impl Fn(&str) -> String) -> Vec<BlockAttribute> {
        let written = |index: &Index| {
            let fields: Vec<String> =
                index.columns.iter().map(|column| quoted(&field(&column.name))).collect();
            let unique = index.uniqueness == Uniqueness::Unique;
            format!("{{name: {}, fields: [{}], unique: {unique}}}", quoted(&index.name), fields.join(", "))
        };
        self.listed
            .iter()
            .map(|(index, place, state)| BlockAttribute {
                text: written(index),
                place: *place,
                state: *state,
            })
            .collect()
    }

    /// What stands above a new type whose table has more than a type can say.
    pub(crate) fn documentation(&self, table: &Table) -> Vec<String> {
        let extras: Vec<&str> =
            table.extras.iter().map(String::as_str).filter(|extra| !is_prisma1(extra)).collect();
        let extras = (!extras.is_empty()).then(|| {
            format!(
                "The table has what no datamodel says, and what a plan leaves alone: {}.",
                extras.join(", ")
            )
        });
        let beyond = self.beyond.iter().filter_map(|index| {
            let why = unsaid(table, index)?;
            Some(format!(
                "The index {} cannot be said here ({why}), and a plan drops it.",
                quoted(&index.name)
            ))
        });
        extras.into_iter().chain(beyond).collect()
    }

    /// The indexes that nothing says.
    pub(crate) fn remarks(&self, table: &Table) -> Vec<Remark> {
        let remark = |index: &&Index| {
            let why = unsaid(table, index)?;
            let about = format!("{}.{}", table.name, index.name);
            Some(Remark::new(about, format!("Prisma 1 has no such index ({why}); it is not written.")))
        };
        self.beyond.iter().filter_map(remark).collect()
    }
}

/// Whether what a table has beyond a datamodel is there since Prisma 1 made it so: the collations of its columns on MySQL.
pub(crate) fn is_prisma1(extra: &str) -> bool {
    let collations = ["utf8mb4_unicode_ci", "utf8_general_ci", "utf8mb3_general_ci"];
    extra.starts_with("column ")
        && collations.iter().any(|name| extra.ends_with(&format!(": collation {name}")))
}

/// The only column of an index.
fn sole(index: &Index) -> Option<&str> {
    match index.columns.as_slice() {
        [only] => Some(&only.name),
        _ => None,
    }
}

/// Why `@indexes` cannot say the index.
fn unsaid(table: &Table, index: &Index) -> Option<String> {
    let usual = |column: &IndexColumn| {
        table.column(&column.name).and_then(|found| usual_prefix(Language::SdlV11, &found.ty.base))
    };
    let class = index.columns.iter().find_map(|column| column.operator_class.clone());
    let descends = index.columns.iter().any(|column| column.sort == Sort::Desc);
    let cut = index.columns.iter().any(|column| column.length != usual(column));
    let told = |what: &str| what.to_owned();
    let order = descends.then(|| told("descending"));
    index
        .method
        .clone()
        .or(class)
        .or(order)
        .or_else(|| index.predicate.is_some().then(|| told("partial")))
        .or_else(|| cut.then(|| told("length of a prefix")))
        .or_else(|| (!index.valid).then(|| told("invalid")))
}

/// Whether a derived table has the index without being told, since a foreign key needs it and nothing else serves that.
fn follows(table: &Table, index: &Index) -> bool {
    let begins = |columns: &[String], index: &Index| {
        index.columns.len() >= columns.len()
            && index
                .columns
                .iter()
                .zip(columns)
                .all(|(column, wanted)| column.name == *wanted && column.length.is_none())
    };
    let of_key =
        |columns: &[String]| table.primary_key.as_ref().is_some_and(|key| key.columns.starts_with(columns));
    index.uniqueness == Uniqueness::Plain
        && table.foreign_keys.iter().any(|key| {
            begins(&key.columns, index)
                && key.columns.len() == index.columns.len()
                && !of_key(&key.columns)
                && table.indexes.iter().filter(|other| begins(&key.columns, other)).count() == 1
        })
}
