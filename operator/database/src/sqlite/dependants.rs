//! Views and triggers while a table is rebuilt: they stand aside, and are there again afterwards, word for word (SQLite: "ALTER
//! TABLE", 7, steps 3, 8 and 9). A view of a table that is gone for a moment would stop the rename, and a trigger goes with
//! its table.

use rusqlite::Connection;

/// Views and triggers that are not there at the moment.
pub(super) struct Dependants {
    /// Their own statements, views first.
    statements: Vec<String>,
    state: State,
}

/// Of views and triggers before the rebuild.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Each can be used.
    Sound,
    /// One names what is not there, so that nothing can be told from it.
    Broken,
}

impl Dependants {
    /// Takes all of the file's away.
    pub(super) fn take(connection: &Connection) -> Result<Self, rusqlite::Error> {
        const QUERY: &str = "SELECT type, name, sql FROM sqlite_master WHERE type IN ('view', 'trigger') \
                             ORDER BY type = 'trigger', rowid";
        let mut query = connection.prepare(QUERY)?;
        let found = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
        let found: Vec<(String, String, String)> = found.collect::<Result<_, _>>()?;
        let state = if found.is_empty() || check(connection).is_ok() { State::Sound } else { State::Broken };
        // A view takes its triggers along.
        for (kind, name, _) in found.iter().rev() {
            connection.execute_batch(&format!("DROP {kind} \"{}\"", name.replace('"', "\"\"")))?;
        }
        Ok(Self { statements: found.into_iter().map(|(_, _, sql)| sql).collect(), state })
    }

    /// Makes them again; an error when one no longer fits the tables and did before.
    pub(super) fn put_back(self, connection: &Connection) -> Result<(), rusqlite::Error> {
        for statement in &self.statements {
            connection.execute_batch(statement)?;
        }
        if self.statements.is_empty() || self.state == State::Broken { Ok(()) } else { check(connection) }
    }
}

/// SQLite reads a view or a trigger when it is used, and all of them when anything is renamed.
fn check(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.execute_batch("CREATE TABLE _slift_check (id INTEGER)")?;
    let outcome = connection.execute_batch("ALTER TABLE _slift_check RENAME TO _slift_checked");
    let name = if outcome.is_ok() { "_slift_checked" } else { "_slift_check" };
    connection.execute_batch(&format!("DROP TABLE {name}"))?;
    outcome
}
