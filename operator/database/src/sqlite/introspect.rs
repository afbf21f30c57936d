//! `sqlite_master` and the table-valued pragmas to a [`Schema`], in six queries.

use std::collections::BTreeMap;

use datamodel::{Action, Sort};
use rusqlite::{Connection, Row};
use schema::{
    Column, ColumnType, Dialect, ForeignKey, Index, IndexColumn, Nullability, ObjectName, Predicate,
    PrimaryKey, Schema, Table, Type, Uniqueness,
};

use super::{Sqlite, defaults, of_driver};
use crate::Error;

const TABLES: &str = "SELECT m.name, m.sql FROM sqlite_master m WHERE m.type = 'table' \
     AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.name NOT LIKE '\\_schemalift\\_%' ESCAPE '\\' \
     AND m.name NOT IN ('_prisma_migrations', '_Migration')";

const COLUMNS: &str = "SELECT m.name, c.name, c.type, c.\"notnull\", c.dflt_value, c.pk, c.hidden \
     FROM sqlite_master m JOIN pragma_table_xinfo(m.name) c WHERE m.type = 'table' ORDER BY m.name, c.cid";

const INDEXES: &str = "SELECT m.name, i.name, i.\"unique\", i.origin, i.partial, x.name, x.\"desc\", x.cid, x.coll, \
     (SELECT s.sql FROM sqlite_master s WHERE s.type = 'index' AND s.name = i.name) \
     FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_xinfo(i.name) x \
     WHERE m.type = 'table' AND i.origin <> 'pk' AND x.key = 1 ORDER BY m.name, i.name, x.seqno";

const FOREIGN_KEYS: &str = "SELECT m.name, f.id, f.\"table\", f.\"from\", f.\"to\", f.on_delete, f.on_update \
     FROM sqlite_master m JOIN pragma_foreign_key_list(m.name) f WHERE m.type = 'table' \
     ORDER BY m.name, f.id DESC, f.seq";

const VIEWS: &str = "SELECT name FROM sqlite_master WHERE type = 'view' ORDER BY name";

/// A trigger names its table as it was written there, whatever the case.
const TRIGGERS: &str = "SELECT t.name, m.name FROM sqlite_master m \
     JOIN sqlite_master t ON t.type = 'table' AND t.name = m.tbl_name COLLATE NOCASE WHERE m.type = 'trigger'";

impl Sqlite {
    pub(crate) async fn introspect(&mut self, _namespaces: &[String]) -> Result<Schema, Error> {
        self.with(|connection| read(connection).map_err(|error| of_driver(&error, "reading the schema")))
            .await
    }
}

type Tables = BTreeMap<String, Found>;

struct Found {
    table: Table,
    /// Columns of the primary key with their place in it.
    key: BTreeMap<i64, String>,
}

fn read(connection: &Connection) -> Result<Schema, rusqlite::Error> {
    let mut tables = Tables::new();
    each(connection, TABLES, |row| {
        let name: String = row.get(0)?;
        let sql: String = row.get::<_, Option<String>>(1)?.unwrap_or_default();
        let table = Table {
            name: ObjectName::new(None, name.clone()),
            columns: Vec::new(),
            primary_key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            renamed_from: None,
            extras: keywords(&sql),
            ties: Vec::new(),
        };
        tables.insert(name, Found { table, key: BTreeMap::new() });
        Ok(())
    })?;
    each(connection, COLUMNS, |row| add_column(&mut tables, row))?;
    for found in tables.values_mut() {
        finish_key(found);
    }
    each(connection, INDEXES, |row| add_index(&mut tables, row))?;
    each(connection, FOREIGN_KEYS, |row| add_foreign_key(&mut tables, row))?;
    fill_implied_columns(&mut tables);
    each(connection, TRIGGERS, |row| {
        if let Some(found) = tables.get_mut(&row.get::<_, String>(0)?) {
            let name: String = row.get(1)?;
            found.table.extras.push(format!("trigger {name}"));
        }
        Ok(())
    })?;
    let mut schema = Schema::empty(Dialect::Sqlite);
    each(connection, VIEWS, |row| {
        schema.views.push(ObjectName::new(None, row.get::<_, String>(0)?));
        Ok(())
    })?;
    schema.tables = tables
        .into_values()
        .map(|mut found| {
            tidy(&mut found.table);
            found.table
        })
        .collect();
    Ok(schema)
}

fn each(
    connection: &Connection,
    query: &str,
    mut take: impl FnMut(&Row<'_>) -> Result<(), rusqlite::Error>,
) -> Result<(), rusqlite::Error> {
    let mut statement = connection.prepare(query)?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        take(row)?;
    }
    Ok(())
}

fn add_column(tables: &mut Tables, row: &Row<'_>) -> Result<(), rusqlite::Error> {
    let Some(found) = tables.get_mut(&row.get::<_, String>(0)?) else {
        return Ok(());
    };
    let name: String = row.get(1)?;
    let declared: String = row.get(2)?;
    let default: Option<String> = row.get(4)?;
    let place: i64 = row.get(5)?;
    if place > 0 {
        found.key.insert(place, name.clone());
    }
    if row.get::<_, i64>(6)? > 1 {
        found.table.extras.push(format!("generated column {name}"));
    }
    found.table.columns.push(Column {
        name,
        ty: ColumnType { base: declared_type(&declared), list: false },
        nullability: if row.get(3)? { Nullability::Required } else { Nullability::Nullable },
        default: default.as_deref().and_then(defaults::read),
        autoincrement: false,
        sequence: None,
        client_default: false,
        filled_with: None,
        renamed_from: None,
        replaces: None,
        values: None,
        attributes: None,
    });
    Ok(())
}

/// The rowid's alias is never null and counts by itself, whatever its declaration says. `AUTOINCREMENT` only keeps the
/// numbers of deleted rows from coming back, which is no difference between schemas (Prisma reads it so, too).
fn finish_key(found: &mut Found) {
    let columns: Vec<String> = std::mem::take(&mut found.key).into_values().collect();
    if columns.is_empty() {
        return;
    }
    if let [only] = columns.as_slice() {
        let has_rowid = !found.table.extras.iter().any(|extra| extra == WITHOUT_ROWID);
        if let Some(column) = found
            .table
            .columns
            .iter_mut()
            .find(|column| has_rowid && column.name == *only && column.ty.base == Type::Integer)
        {
            column.nullability = Nullability::Required;
            column.autoincrement = true;
        }
    }
    found.table.primary_key = Some(PrimaryKey { name: None, columns, prefixes: BTreeMap::new() });
}

fn add_index(tables: &mut Tables, row: &Row<'_>) -> Result<(), rusqlite::Error> {
    let Some(found) = tables.get_mut(&row.get::<_, String>(0)?) else {
        return Ok(());
    };
    let table = &mut found.table;
    let name: String = row.get(1)?;
    let column: Option<String> = row.get(5)?;
    let collation: Option<String> = row.get(8)?;
    let partial: bool = row.get(4)?;
    let predicate = if partial { condition(&row.get::<_, String>(9)?).map(str::to_owned) } else { None };
    let beyond = if column.is_none() || row.get::<_, i64>(7)? < 0 {
        Some("expression")
    } else if collation.is_some_and(|name| !name.eq_ignore_ascii_case("binary")) {
        Some("collation")
    } else if partial && predicate.is_none() {
        Some("partial")
    } else {
        None
    };
    if let Some(beyond) = beyond {
        table.extras.push(format!("index {name} ({beyond})"));
        return Ok(());
    }
    let part = IndexColumn {
        name: column.unwrap_or_default(),
        sort: if row.get(6)? { Sort::Desc } else { Sort::Asc },
        operator_class: None,
        length: None,
    };
    if let Some(index) = table.indexes.last_mut().filter(|index| index.name == name) {
        index.columns.push(part);
        return Ok(());
    }
    table.indexes.push(Index {
        name,
        uniqueness: if row.get(2)? { Uniqueness::Unique } else { Uniqueness::Plain },
        columns: vec![part],
        method: None,
        predicate: predicate.map(Predicate::Text),
        constraint: row.get::<_, String>(3)? == "u",
        valid: true,
    });
    Ok(())
}

fn add_foreign_key(tables: &mut Tables, row: &Row<'_>) -> Result<(), rusqlite::Error> {
    let Some(found) = tables.get_mut(&row.get::<_, String>(0)?) else {
        return Ok(());
    };
    let column: String = row.get(3)?;
    let referenced: Option<String> = row.get(4)?;
    let id: i64 = row.get(1)?;
    // `key` is free by now and remembers which key of the table is the last.
    let same = found.key.contains_key(&id);
    if !same {
        found.key.clear();
        found.key.insert(id, String::new());
        found.table.foreign_keys.push(ForeignKey {
            name: None,
            columns: Vec::new(),
            referenced_table: ObjectName::new(None, row.get::<_, String>(2)?),
            referenced_columns: Vec::new(),
            on_delete: action(&row.get::<_, String>(5)?),
            on_update: action(&row.get::<_, String>(6)?),
            validated: true,
        });
    }
    if let Some(key) = found.table.foreign_keys.last_mut() {
        key.columns.push(column);
        key.referenced_columns.extend(referenced);
    }
    Ok(())
}

/// `REFERENCES t` without columns means the primary key of `t`.
fn fill_implied_columns(tables: &mut Tables) {
    let keys: BTreeMap<String, Vec<String>> = tables
        .iter()
        .filter_map(|(name, found)| {
            let key = found.table.primary_key.as_ref()?;
            Some((name.clone(), key.columns.clone()))
        })
        .collect();
    for found in tables.values_mut() {
        for key in &mut found.table.foreign_keys {
            if key.referenced_columns.is_empty()
                && let Some(columns) = keys.get(&key.referenced_table.name)
            {
                key.referenced_columns.clone_from(columns);
            }
        }
    }
}

/// An index with one part that we cannot say is no index of ours.
fn tidy(table: &mut Table) {
    table.extras.sort();
    table.extras.dedup();
    let extras = &table.extras;
    table.indexes.retain(|index| {
        let prefix = format!("index {} (", index.name);
        !extras.iter().any(|extra| extra.starts_with(&prefix))
    });
}

fn declared_type(declared: &str) -> Type {
    match declared.to_ascii_uppercase().as_str() {
        "INTEGER" => Type::Integer,
        "BIGINT" => Type::BigInt,
        "TEXT" => Type::Text,
        "REAL" => Type::Real,
        "DECIMAL" => Type::Decimal(None),
        "BOOLEAN" => Type::Boolean,
        "DATETIME" => Type::DateTime,
        "BLOB" => Type::Bytes,
        "JSONB" => Type::JsonB,
        other => Type::Other(other.to_owned()),
    }
}

fn action(text: &str) -> Action {
    match text {
        "RESTRICT" => Action::Restrict,
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        _ => Action::NoAction,
    }
}

/// What follows the `WHERE` of a `CREATE INDEX` statement, where it is outside of brackets and quotes.
fn condition(sql: &str) -> Option<&str> {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = sql.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some(length) = hidden(rest) {
            at += length;
            continue;
        }
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        if depth == 0 && rest.get(..end).is_some_and(|word| word.eq_ignore_ascii_case("where")) {
            return rest.get(end..).map(str::trim);
        }
        if rest.starts_with('(') {
            depth += 1;
        } else if rest.starts_with(')') {
            depth = depth.saturating_sub(1);
        }
        at += end.max(rest.chars().next().map_or(1, char::len_utf8));
    }
    None
}

const WITHOUT_ROWID: &str = "without rowid";

/// What a table's declaration says beyond our model.
fn keywords(sql: &str) -> Vec<String> {
    let words = words(sql);
    let has = |word: &str| words.iter().any(|found| found.eq_ignore_ascii_case(word));
    let mut extras = Vec::new();
    if has("check") {
        extras.push("check".to_owned());
    }
    if words.windows(2).any(
        |pair| matches!(pair, [a, b] if a.eq_ignore_ascii_case("without") && b.eq_ignore_ascii_case("rowid")),
    ) {
        extras.push(WITHOUT_ROWID.to_owned());
    }
    // How the same two words look that change nothing.
    for (word, extra, not_before, not_after) in [
        ("collate", "collation", "", "binary"),
        ("deferrable", "deferrable foreign key", "not", ""),
        ("conflict", "on conflict", "", "abort"),
    ] {
        let at = |at: usize, wanted: &str| {
            words.get(at).is_some_and(|found| !wanted.is_empty() && found.eq_ignore_ascii_case(wanted))
        };
        let changes = |place: usize| {
            !place.checked_sub(1).is_some_and(|before| at(before, not_before)) && !at(place + 1, not_after)
        };
        if words.iter().enumerate().any(|(place, found)| found.eq_ignore_ascii_case(word) && changes(place)) {
            extras.push(extra.to_owned());
        }
    }
    // The options stand after the columns, in any order.
    let end = match words.as_slice() {
        [.., option, a, b] if a.eq_ignore_ascii_case("without") && b.eq_ignore_ascii_case("rowid") => {
            Some(option)
        }
        [.., option] => Some(option),
        [] => None,
    };
    if end.is_some_and(|word| word.eq_ignore_ascii_case("strict")) {
        extras.push("strict".to_owned());
    }
    if words.first().is_some_and(|word| word.eq_ignore_ascii_case("create"))
        && words.get(1).is_some_and(|word| word.eq_ignore_ascii_case("virtual"))
    {
        extras.push("virtual table".to_owned());
    }
    extras
}

/// The bare words of a statement: not what stands in quotes or comments.
fn words(sql: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let taken = match hidden(rest) {
            Some(length) => length,
            None if first.is_alphanumeric() || first == '_' => {
                let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
                words.extend(rest.get(..end));
                end
            }
            None => first.len_utf8(),
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    words
}

/// Length of the literal, name in quotes or comment that begins here, if one does.
fn hidden(text: &str) -> Option<usize> {
    let first = text.chars().next()?;
    Some(match first {
        '\'' | '"' | '`' => skip(text, 1, &first.to_string()),
        '[' => skip(text, 1, "]"),
        '-' if text.starts_with("--") => skip(text, 2, "\n"),
        '/' if text.starts_with("/*") => skip(text, 2, "*/"),
        _ => return None,
    })
}

/// Length up to and with the closing mark; a doubled quote opens a second literal, which is as good.
fn skip(text: &str, from: usize, close: &str) -> usize {
    text.get(from..).and_then(|inside| inside.find(close)).map_or(text.len(), |at| from + at + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_follows_the_outermost_where() {
        let sql = "CREATE INDEX \"where\" ON t (a, (b) /* where */)\nWhere(\"a\" = 'where (x')";
        assert_eq!(condition(sql), Some("(\"a\" = 'where (x')"));
        assert_eq!(condition("CREATE INDEX i ON t (CASE WHEN a THEN 1 END)"), None);
    }

    #[test]
    fn keywords_in_quotes_and_comments_are_not_keywords() {
        let sql =
            "CREATE TABLE \"check\" (a TEXT DEFAULT 'x'' strict', [without rowid] INT /* check */) -- strict";
        assert_eq!(keywords(sql), Vec::<String>::new());
        assert_eq!(
            keywords("CREATE TABLE t (a INT CHECK (a > 0), b INT) WITHOUT ROWID, STRICT"),
            ["check", "without rowid", "strict"]
        );
        assert_eq!(keywords("CREATE TABLE t (a INT) STRICT, WITHOUT ROWID"), ["without rowid", "strict"]);
        assert_eq!(
            keywords(
                "CREATE TABLE t (a TEXT COLLATE NOCASE UNIQUE ON CONFLICT REPLACE, \
                 b INT REFERENCES u (id) DEFERRABLE INITIALLY DEFERRED)"
            ),
            ["collation", "deferrable foreign key", "on conflict"]
        );
        let plain = "CREATE TABLE t (a TEXT COLLATE BINARY NOT NULL ON CONFLICT ABORT, b INT REFERENCES u NOT DEFERRABLE)";
        assert_eq!(keywords(plain), Vec::<String>::new());
    }
}
