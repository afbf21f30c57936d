//! Queries that count what a hazard would hurt.

use plan::Check;
use schema::{Condition, Dialect, ObjectName};

use crate::{mysql, predicate, quote};

/// How a dialect writes names and texts.
struct Words {
    dialect: Dialect,
    ident: fn(&str) -> String,
    object: fn(&ObjectName) -> String,
    string: fn(&str) -> String,
}

/// A query whose one answer is the number of rows concerned.
pub(crate) fn count(dialect: Dialect, check: &Check) -> String {
    let words = match dialect {
        Dialect::PostgreSql | Dialect::Sqlite => {
            Words { dialect, ident: quote::ident, object: quote::object, string: quote::string }
        }
        Dialect::MySql => Words {
            dialect,
            ident: mysql::quote::ident,
            object: mysql::quote::object,
            string: mysql::quote::string,
        },
    };
    words.count(check)
}

impl Words {
    fn count(&self, check: &Check) -> String {
        let (ident, object) = (self.ident, self.object);
        match check {
            Check::Rows(table) => format!("SELECT count(*) FROM {}", object(table)),
            Check::NonNull(table, column) => {
                format!("SELECT count(*) FROM {} WHERE {} IS NOT NULL", object(table), ident(column))
            }
            Check::Null(table, column) => {
                format!("SELECT count(*) FROM {} WHERE {} IS NULL", object(table), ident(column))
            }
            Check::Values(table, column, ty, values) => {
                let values: Vec<String> = values.iter().map(|value| (self.string)(value)).collect();
                let values = values.join(", ");
                let column = ident(column);
                let condition = match (self.dialect, ty.list) {
                    (Dialect::PostgreSql, true) => {
                        format!("{column}::pg_catalog.text[] OPERATOR(pg_catalog.&&) ARRAY[{values}]")
                    }
                    (Dialect::PostgreSql, false) => format!("{column}::pg_catalog.text IN ({values})"),
                    (Dialect::Sqlite | Dialect::MySql, _) => format!("{column} IN ({values})"),
                };
                format!("SELECT count(*) FROM {} WHERE {condition}", object(table))
            }
            Check::Any(checks) => {
                let counts: Vec<String> =
                    checks.iter().map(|check| format!("({})", self.count(check))).collect();
                match (counts.is_empty(), self.dialect) {
                    (true, Dialect::MySql) => "SELECT 0".to_owned(),
                    (true, Dialect::PostgreSql | Dialect::Sqlite) => "SELECT CAST(0 AS BIGINT)".to_owned(),
                    (false, _) => format!("SELECT {}", counts.join(" + ")),
                }
            }
            Check::Duplicates(table, columns) => self.duplicates(table, columns, &[]),
            Check::DuplicatesAmong(table, columns, conditions) => self.duplicates(table, columns, conditions),
        }
    }

    fn duplicates(&self, table: &ObjectName, columns: &[String], conditions: &[Condition]) -> String {
        let columns: Vec<String> = columns.iter().map(|column| (self.ident)(column)).collect();
        let mut held: Vec<String> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        if !conditions.is_empty() {
            held.push(predicate::all(conditions));
        }
        format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1) AS duplicates",
            (self.object)(table),
            held.join(" AND "),
            columns.join(", ")
        )
    }
}
