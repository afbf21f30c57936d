//! Copies of what a plan drops, and their way back: [`keep`] and [`restore`].

use plan::{Impact, LockMode, TableLock, Work};
use schema::{Column, Dialect, ObjectName, Table, Type};

use crate::postgres::columns::column_type;
use crate::{Mode, Probe, ScriptStep, mysql, quote};

/// Kind of a step that copies what a later one drops.
pub const KEEP: &str = "KeepData";

/// Kind of a step that brings copied rows or values back.
pub const RESTORE: &str = "RestoreData";

/// How the names of the copies begin; whatever begins so is nobody's table in any plan.
pub const KEPT_PREFIX: &str = "_schemalift_kept_";

/// A table that is dropped, or columns of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The copy: beside the history.
    pub copy: ObjectName,
    /// The table as it is before the plan.
    pub table: Table,
    /// The columns that go and that the server does not generate; none when the table goes as a whole.
    pub columns: Vec<Column>,
}

impl Kept {
    /// For people: `Post`, or `Post (body, title)`.
    fn words(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        if names.is_empty() {
            self.table.name.to_string()
        } else {
            format!("{} ({})", self.table.name, names.join(", "))
        }
    }

    fn key(&self) -> Vec<&Column> {
        let names = self.table.primary_key.iter().flat_map(|key| &key.columns);
        names.filter_map(|name| self.table.column(name)).collect()
    }

    /// The columns of the copy.
    fn copied(&self) -> Vec<&Column> {
        if self.columns.is_empty() {
            return self.table.columns.iter().collect();
        }
        self.key().into_iter().chain(&self.columns).collect()
    }
}

/// Names of one dialect.
struct Names(Dialect);

impl Names {
    fn ident(&self, name: &str) -> String {
        match self.0 {
            Dialect::MySql => mysql::quote::ident(name),
            Dialect::PostgreSql | Dialect::Sqlite => quote::ident(name),
        }
    }

    fn object(&self, name: &ObjectName) -> String {
        match self.0 {
            Dialect::MySql => mysql::quote::object(name),
            Dialect::PostgreSql | Dialect::Sqlite => quote::object(name),
        }
    }

    /// A column as it is copied. An enum is kept as its text, since its type may go with the table.
    fn copied(&self, column: &Column) -> String {
        let name = self.ident(&column.name);
        let is_enum = self.0 == Dialect::PostgreSql && matches!(column.ty.base, Type::Enum(_));
        let list = if column.ty.list { "[]" } else { "" };
        if is_enum { format!("{name}::text{list} AS {name}") } else { name }
    }

    /// A copied column as its table takes it again.
    fn taken(&self, column: &Column) -> String {
        let name = format!("kept.{}", self.ident(&column.name));
        let is_enum = self.0 == Dialect::PostgreSql && matches!(column.ty.base, Type::Enum(_));
        if is_enum { format!("{name}::{}", column_type(&column.ty)) } else { name }
    }
}

fn joined(parts: impl Iterator<Item = String>, between: &str) -> String {
    parts.collect::<Vec<_>>().join(between)
}

/// Copies the rows, or the keys and values of the columns where one of them is not null. On PostgreSQL nobody writes to
/// the table from then until the transaction ends, which drops it; on SQLite nobody writes at all.
pub fn keep(dialect: Dialect, kept: &Kept) -> ScriptStep {
    let names = Names(dialect);
    let (copy, table) = (names.object(&kept.copy), names.object(&kept.table.name));
    let columns = joined(kept.copied().into_iter().map(|column| names.copied(column)), ", ");
    let present = kept.columns.iter().map(|column| format!("{} IS NOT NULL", names.ident(&column.name)));
    let condition =
        if kept.columns.is_empty() { String::new() } else { format!(" WHERE {}", joined(present, " OR ")) };
    // One of this name was made by a migration that was rolled back since, and holds what has come back from it.
    let make_room = format!("DROP TABLE IF EXISTS {copy}");
    // Some servers of MySQL make no table without a key.
    let key = kept.table.primary_key.as_ref().filter(|_| dialect == Dialect::MySql);
    let key = key.map(|key| format!("({}) ", mysql::primary_key(key))).unwrap_or_default();
    let create = format!("CREATE TABLE {copy} {key}AS SELECT {columns} FROM {table}{condition}");
    let (statements, mode, probe, lock) = match dialect {
        Dialect::PostgreSql => (
            vec![
                format!("LOCK TABLE ONLY {table} IN ACCESS EXCLUSIVE MODE"),
                make_room,
                create,
                // Default privileges may let roles read it that could not read these rows; without a policy only its owner can.
                format!("ALTER TABLE {copy} ENABLE ROW LEVEL SECURITY"),
            ],
            Mode::Grouped,
            None,
            Some(LockMode::AccessExclusive),
        ),
        Dialect::Sqlite => (vec![make_room, create], Mode::Grouped, None, None),
        // Until the table is dropped the copy can be made again.
        Dialect::MySql => {
            (vec![make_room, create], Mode::NoTransaction, Some(Probe::Facts(Vec::new())), None)
        }
    };
    let locks = lock.map(|mode| TableLock { table: kept.table.name.clone(), mode });
    ScriptStep {
        kind: KEEP.to_owned(),
        object: kept.copy.name.clone(),
        summary: format!("keep {} in {}", kept.words(), kept.copy.name),
        statements,
        mode,
        hazards: Vec::new(),
        probe,
        impact: Impact { locks: locks.into_iter().collect(), work: Work::Scan },
    }
}

/// Brings back what [`keep`] copied, by key, save for what the server generates by itself. Rows that came since then stay as
/// they are.
pub fn restore(dialect: Dialect, kept: &Kept) -> ScriptStep {
    let names = Names(dialect);
    let (copy, table) = (names.object(&kept.copy), names.object(&kept.table.name));
    let mut statements = Vec::new();
    if kept.columns.is_empty() {
        let written = || kept.table.columns.iter().filter(|column| !column.is_generated());
        let columns = joined(written().map(|column| names.ident(&column.name)), ", ");
        let taken = joined(written().map(|column| names.taken(column)), ", ");
        statements.push(format!("INSERT INTO {table} ({columns}) SELECT {taken} FROM {copy} AS kept"));
        let numbered = kept.table.columns.iter().filter(|column| column.autoincrement);
        if dialect == Dialect::PostgreSql {
            // A sequence would give the numbers that came back once more. Without rows it stays as it is.
            statements.extend(numbered.map(|column| {
                format!(
                    "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence({}, {}), (SELECT max({}) FROM {table}))",
                    quote::string(&table),
                    quote::string(&column.name),
                    names.ident(&column.name)
                )
            }));
        }
    } else {
        let on = kept.key().into_iter().map(|column| {
            let name = names.ident(&column.name);
            format!("old.{name} = {}", names.taken(column))
        });
        let on = joined(on, " AND ");
        statements.push(if dialect == Dialect::MySql {
            let set = kept
                .columns
                .iter()
                .map(|column| format!("old.{} = {}", names.ident(&column.name), names.taken(column)));
            // A row does not become newer by what comes back to it (MySQL: `ON UPDATE CURRENT_TIMESTAMP`).
            let clocks = kept.table.columns.iter().filter(|column| {
                column.attributes.as_ref().is_some_and(|attributes| attributes.updates_clock)
                    && !kept.columns.contains(column)
            });
            let clocks =
                clocks.map(|column| names.ident(&column.name)).map(|name| format!("old.{name} = old.{name}"));
            let set = set.chain(clocks);
            format!("UPDATE {table} AS old JOIN {copy} AS kept ON {on} SET {}", joined(set, ", "))
        } else {
            let set = kept
                .columns
                .iter()
                .map(|column| format!("{} = {}", names.ident(&column.name), names.taken(column)));
            format!("UPDATE {table} AS old SET {} FROM {copy} AS kept WHERE {on}", joined(set, ", "))
        });
    }
    ScriptStep {
        kind: RESTORE.to_owned(),
        object: kept.copy.name.clone(),
        summary: format!("bring {} back from {}", kept.words(), kept.copy.name),
        statements,
        mode: Mode::Alone,
        hazards: Vec::new(),
        probe: None,
        impact: Impact::default(),
    }
}
