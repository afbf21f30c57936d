//! What names tables and columns in a text of its own: views and triggers. The servers let a named column go, and the next
//! reader or writer fails; so whatever may mean it counts.

use std::collections::BTreeSet;

use schema::{Hold, Tie};

use super::introspect::Tables;
use super::quoted;

/// A view or a trigger.
pub(super) struct Naming {
    /// `view v`, `trigger t`.
    pub(super) what: String,
    /// The table of a trigger, which goes with it.
    pub(super) on: Option<String>,
    /// The tables that it reads, where they are known: in another database their names alone say nothing.
    pub(super) of: Option<BTreeSet<String>>,
    /// What it does; empty where the server hides it from our user.
    pub(super) text: String,
}

/// Ties each table and its columns to what names them.
pub(super) fn tie(tables: &mut Tables, named: &[Naming]) {
    for naming in named {
        let text = naming.text.to_lowercase();
        for found in tables.values_mut() {
            let table = &mut found.table;
            let own = naming.on.as_ref() == Some(&table.name.name);
            let named = match &naming.of {
                Some(tables) => tables.contains(&table.name.name.to_lowercase()),
                None => mentions(&text, &table.name.name),
            };
            if !own && !named {
                continue;
            }
            let columns = table.columns.iter().map(|column| column.name.clone());
            let columns = columns.filter(|name| mentions(&text, name)).collect();
            let what = match &naming.on {
                Some(other) if !own => format!("{} of {other}", naming.what),
                _ => naming.what.clone(),
            };
            table.ties.push(Tie { what, columns, hold: Hold::InTheWay });
        }
    }
}

/// The tables of the database, in small letters, that a view's text names; the servers write both names in it.
pub(super) fn tables_of(database: &str, text: &str) -> BTreeSet<String> {
    let (text, start) = (text.to_lowercase(), format!("{}.`", quoted(database).to_lowercase()));
    let rest = text.match_indices(&start).filter_map(|(at, found)| text.get(at + found.len()..));
    rest.map(|rest| {
        let (mut name, mut letters) = (String::new(), rest.chars().peekable());
        while let Some(letter) = letters.next() {
            if letter == '`' && letters.next_if_eq(&'`').is_none() {
                break;
            }
            name.push(letter);
        }
        name
    })
    .collect()
}

/// True when the name stands in the text, which is in small letters, as a word.
fn mentions(text: &str, name: &str) -> bool {
    let name = name.to_lowercase();
    let part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    !name.is_empty()
        && text.match_indices(&name).any(|(at, found)| {
            let before = text.get(..at).and_then(|before| before.chars().next_back());
            let after = text.get(at + found.len()..).and_then(|after| after.chars().next());
            !before.is_some_and(part) && !after.is_some_and(part)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_of_another_database_names_tables_with_theirs() {
        let text =
            "select `T`.`a` from `sh``op`.`T` join `shop`.`users` join `x`.`sh``op`.`a``b` join `sh``op`.`";
        let found = tables_of("Sh`op", text);
        assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["", "a`b", "t"]);
    }

    #[test]
    fn a_name_is_found_as_a_word_whatever_its_case() {
        let text = "select `d`.`t`.`a b` as x from `d`.`t` where new.city_id > 1";
        for name in ["T", "a b", "X", "city_id"] {
            assert!(mentions(text, name), "{name}");
        }
        for name in ["city", "id", "ne", ""] {
            assert!(!mentions(text, name), "{name}");
        }
    }
}
