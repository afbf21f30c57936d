//! Foreign keys from a table's definition. MariaDB's catalog shows constraints only to who has another right on the table
//! than SELECT (MariaDB: "Information Schema `KEY_COLUMN_USAGE` Table"), and a plan needs no such right. The definition
//! (`SHOW CREATE TABLE`) is shown to whoever reads.

use std::collections::BTreeSet;

use datamodel::Action;
use schema::ForeignKey;

use super::introspect::{Tables, WHAT, action, target};
use super::{MySql, catalog, get, quoted};
use crate::Error;

impl MySql {
    /// Adds the keys of tables whose constraints the catalog hides: a foreign key has an index, and so a table that has an
    /// index and no constraint is asked itself. A role that may change the tables asks for few of them.
    pub(super) async fn add_hidden_keys(
        &mut self,
        tables: &mut Tables,
        one: Option<&str>,
    ) -> Result<(), Error> {
        let mut shown = BTreeSet::new();
        for row in self.catalog(catalog::CONSTRAINED, one).await? {
            shown.insert(get::<String>(&row, 0)?);
        }
        let database = self.database.clone();
        for (name, found) in tables {
            let table = &mut found.table;
            if shown.contains(name) || (table.primary_key.is_none() && table.indexes.is_empty()) {
                continue;
            }
            // Unquoted names could not be told from words.
            self.send("SET SESSION sql_quote_show_create = 1", WHAT).await?;
            let query = format!("SHOW CREATE TABLE {}.{}", quoted(&database), quoted(name));
            for row in self.rows(&query, (), WHAT).await? {
                table.foreign_keys = keys(&get::<String>(&row, 1)?, &database);
            }
            table.foreign_keys.sort_by(|one, other| one.name.cmp(&other.name));
        }
        Ok(())
    }
}

/// The foreign keys of a definition, as the server writes it: names in backticks, texts with backslashes.
fn keys(definition: &str, database: &str) -> Vec<ForeignKey> {
    let mut keys = Vec::new();
    let mut rest = Rest(definition);
    let mut last = None;
    while !rest.0.is_empty() {
        if let Some(name) = rest.name() {
            last = Some(name);
        } else if rest.skip_text() {
            last = None;
        } else if rest.word(" FOREIGN KEY (") {
            keys.extend(last.take().and_then(|name| rest.key(name, database)));
        } else {
            last = None;
            rest.skip();
        }
    }
    keys
}

/// What is still to be read.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    fn word(&mut self, word: &str) -> bool {
        let Some(rest) = self.0.strip_prefix(word) else { return false };
        self.0 = rest;
        true
    }

    fn skip(&mut self) -> Option<char> {
        let mut letters = self.0.chars();
        let letter = letters.next();
        self.0 = letters.as_str();
        letter
    }

    /// A name in backticks.
    fn name(&mut self) -> Option<String> {
        if !self.word("`") {
            return None;
        }
        let mut name = String::new();
        loop {
            match self.skip()? {
                '`' if !self.word("`") => return Some(name),
                letter => name.push(letter),
            }
        }
    }

    /// True after a text in quotes.
    fn skip_text(&mut self) -> bool {
        if !self.word("'") {
            return false;
        }
        loop {
            match self.skip() {
                None => return true,
                Some('\'') if !self.word("'") => return true,
                Some('\\') => {
                    self.skip();
                }
                Some(_) => {}
            }
        }
    }

    /// Names up to the closing parenthesis.
    fn names(&mut self) -> Option<Vec<String>> {
        let mut names = vec![self.name()?];
        while self.word(",") {
            self.word(" ");
            names.push(self.name()?);
        }
        self.word(")").then_some(names)
    }

    /// The rest of a key, from its columns on.
    fn key(&mut self, name: String, database: &str) -> Option<ForeignKey> {
        let columns = self.names()?;
        if !self.word(" REFERENCES ") {
            return None;
        }
        let first = self.name()?;
        let (namespace, table) =
            if self.word(".") { (first, self.name()?) } else { (database.to_owned(), first) };
        if !self.word(" (") {
            return None;
        }
        let referenced_columns = self.names()?;
        let mut rule = |clause: &str| {
            if !self.word(clause) {
                return Action::Restrict;
            }
            let words = ["CASCADE", "SET NULL", "SET DEFAULT", "RESTRICT", "NO ACTION"];
            words.into_iter().find(|word| self.word(word)).map_or(Action::NoAction, action)
        };
        let (on_delete, on_update) = (rule(" ON DELETE "), rule(" ON UPDATE "));
        Some(ForeignKey {
            name: Some(name),
            columns,
            referenced_table: target(&namespace, table, database),
            referenced_columns,
            on_delete,
            on_update,
            validated: true,
        })
    }
}
