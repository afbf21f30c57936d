//! Rows in a database: that a change keeps them, or says before that it will not.

use std::collections::BTreeMap;

use database::Target;
use mysql_async::prelude::Queryable as _;
use rusqlite::Connection;
use schema::{Column, Dialect, MySqlType, ObjectName, Schema, Table, Type};
use servers::{mysql, postgresql};

const ROWS: usize = 3;

/// A session beside the tool's.
pub(crate) enum Rows {
    Sqlite(Connection),
    PostgreSql(tokio_postgres::Client),
    MySql(mysql_async::Conn),
}

impl Rows {
    /// A session in which foreign keys are not checked. `database` is the server's name of the target.
    pub(crate) async fn open(target: &Target, database: &str) -> Self {
        match target.dialect() {
            Dialect::Sqlite => {
                let file = Connection::open(target.file().unwrap()).unwrap();
                file.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
                Self::Sqlite(file)
            }
            Dialect::PostgreSql => {
                let client = postgresql::session(database).await;
                client
                    .batch_execute("SET session_replication_role = replica; SET timezone = UTC")
                    .await
                    .unwrap();
                Self::PostgreSql(client)
            }
            Dialect::MySql => {
                let mut conn = mysql::session(database).await;
                conn.query_drop("SET foreign_key_checks = OFF, time_zone = '+00:00'").await.unwrap();
                Self::MySql(conn)
            }
        }
    }

    /// Runs a statement, unless a unique key refuses it: then it says so.
    async fn insert(&mut self, statement: &str) -> Result<Inserted, String> {
        let (text, duplicate) = match self {
            Self::Sqlite(file) => match file.execute_batch(statement) {
                Ok(()) => return Ok(Inserted::Yes),
                Err(error) => (error.to_string(), error.to_string().starts_with("UNIQUE constraint")),
            },
            Self::PostgreSql(client) => match client.batch_execute(statement).await {
                Ok(()) => return Ok(Inserted::Yes),
                Err(error) => (format!("{error:?}"), error.code().is_some_and(|code| code.code() == "23505")),
            },
            Self::MySql(conn) => match conn.query_drop(statement).await {
                Ok(()) => return Ok(Inserted::Yes),
                Err(mysql_async::Error::Server(error)) => (error.to_string(), error.code == 1062),
                Err(error) => (error.to_string(), false),
            },
        };
        if duplicate { Ok(Inserted::Duplicate) } else { Err(format!("{text} in {statement}")) }
    }

    async fn texts(&mut self, query: &str) -> Vec<String> {
        match self {
            Self::Sqlite(file) => {
                let mut statement = file.prepare(query).unwrap();
                statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
            Self::PostgreSql(client) => {
                client.query(query, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
            }
            Self::MySql(conn) => conn.query(query).await.unwrap(),
        }
    }

    /// What every column holds, by table and column.
    pub(crate) async fn read(&mut self, schema: &Schema) -> BTreeMap<(String, String), Cells> {
        let mut cells = BTreeMap::new();
        for table in &schema.tables {
            for column in &table.columns {
                let name = quoted(&column.name);
                let shown = match self {
                    Self::Sqlite(_) => format!("quote({name})"),
                    Self::PostgreSql(_) => format!("{name}::text"),
                    Self::MySql(_) => format!("hex(cast({name} AS BINARY))"),
                };
                let from = object(&table.name);
                let query = format!("SELECT coalesce({shown}, 'NULL') FROM {from} ORDER BY 1");
                cells.insert((table.name.name.clone(), column.name.clone()), self.texts(&query).await);
            }
        }
        cells
    }

    /// Some rows in every table.
    pub(crate) async fn fill(&mut self, schema: &Schema) -> Result<(), String> {
        for table in &schema.tables {
            let columns: Vec<String> = table.columns.iter().map(|column| quoted(&column.name)).collect();
            for n in 1..=ROWS {
                let values: Vec<String> =
                    table.columns.iter().map(|column| value(schema, column, n)).collect();
                let (table, columns) = (object(&table.name), columns.join(", "));
                let insert = format!("INSERT INTO {table} ({columns}) VALUES ({})", values.join(", "));
                // Types of few values leave some rows out where they are unique.
                let inserted = self.insert(&insert).await?;
                assert!(n > 1 || inserted == Inserted::Yes, "{insert}");
            }
        }
        Ok(())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inserted {
    Yes,
    Duplicate,
}

/// Sessions of MySQL quote as the others do, too.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn object(name: &ObjectName) -> String {
    let namespace = name.namespace.as_ref().map(|namespace| quoted(namespace) + ".").unwrap_or_default();
    format!("{namespace}{}", quoted(&name.name))
}

/// The value of row `n`: the same in every column of a type, so that foreign keys find each other.
fn value(schema: &Schema, column: &Column, n: usize) -> String {
    let text = |text: &str| format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"));
    let plain = |text: &str| format!("'{}'", text.replace('\'', "''"));
    if column.ty.list {
        return "'{}'".to_owned();
    }
    let bits = |size: u32| {
        let room = usize::try_from(size).unwrap();
        format!("{:0>room$}", format!("{:b}", if size == 1 { n % 2 } else { n }))
    };
    match (&column.ty.base, schema.dialect) {
        (Type::Text, _) => format!("'{n}'"),
        (Type::DateTime, _) => format!("'2020-01-0{n} 00:00:00'"),
        (Type::Bytes, Dialect::Sqlite) => format!("x'0{n}'"),
        (_, Dialect::Sqlite) => n.to_string(),
        (Type::Bytes, _) => format!("'\\x0{n}'"),
        (Type::Boolean, _) => (n % 2 == 1).to_string(),
        (Type::Bit(size), _) => format!("'{}'", bits(*size)),
        (Type::VarBit(_), _) => format!("'{n:b}'"),
        (Type::Uuid, _) => format!("'00000000-0000-4000-8000-00000000000{n}'"),
        (Type::Xml, _) => format!("'<a>{n}</a>'"),
        (Type::Inet, _) => format!("'10.0.0.{n}'"),
        (Type::Timestamp(_) | Type::Timestamptz(_) | Type::Date, _) => format!("'2020-01-0{n} 00:00:00'"),
        (Type::Time(_) | Type::Timetz(_), _) => format!("'00:00:0{n}'"),
        (Type::Enum(name), _) => {
            let values = &schema.find_enum(name).unwrap().values;
            plain(&values[n % values.len()])
        }
        (Type::MySql(ty), _) => match ty {
            MySqlType::Bit(size) => format!("b'{}'", bits(*size)),
            MySqlType::Binary(_) | MySqlType::VarBinary(_) | MySqlType::Blob(_) => format!("x'0{n}'"),
            MySqlType::Date => format!("'2020-01-0{n}'"),
            MySqlType::Time(_) => format!("'00:00:0{n}'"),
            MySqlType::DateTime(_) | MySqlType::Timestamp(_) => format!("'2020-01-0{n} 00:00:00'"),
            MySqlType::Year => format!("200{n}"),
            MySqlType::Enum(values) => text(&values[n % values.len()]),
            MySqlType::Char(_) | MySqlType::VarChar(_) | MySqlType::Text(_) | MySqlType::Json => {
                format!("'{n}'")
            }
            MySqlType::Boolean
            | MySqlType::Integer(..)
            | MySqlType::Decimal(..)
            | MySqlType::Float
            | MySqlType::Double => n.to_string(),
        },
        _ => format!("'{n}'"),
    }
}

/// Texts of one column, by the row that holds it.
type Cells = Vec<String>;

fn before<'a>(first: &'a Schema, table: &Table) -> Option<&'a Table> {
    let name = table.renamed_from.as_ref().unwrap_or(&table.name.name);
    first.tables.iter().find(|found| found.name.name == *name)
}

fn earlier<'a>(table: &'a Table, column: &Column) -> Option<&'a Column> {
    table.column(column.renamed_from.as_ref().unwrap_or(&column.name))
}

/// Each table that stays has its rows, and each column whose type stays its values.
pub(crate) fn compare(
    first: &Schema,
    second: &Schema,
    old: &BTreeMap<(String, String), Cells>,
    new: &BTreeMap<(String, String), Cells>,
) -> Result<(), String> {
    for table in &second.tables {
        let Some(found) = before(first, table) else { continue };
        let Some(first_column) = found.columns.first() else { continue };
        let rows = old[&(found.name.name.clone(), first_column.name.clone())].len();
        for column in &table.columns {
            let now = &new[&(table.name.name.clone(), column.name.clone())];
            if now.len() != rows {
                return Err(format!("{} had {rows} rows and has {}", table.name, now.len()));
            }
            let Some(was) = earlier(found, column).filter(|was| was.ty == column.ty) else { continue };
            let was = &old[&(found.name.name.clone(), was.name.clone())];
            if was != now {
                return Err(format!("{}.{} held {was:?} and holds {now:?}", table.name, column.name));
            }
        }
    }
    Ok(())
}
