//! Queries that count what a hazard would hurt.

use plan::Check;
use schema::Dialect;

use crate::quote::{ident, object, string};

/// A query whose one answer is the number of rows concerned.
pub(crate) fn count(dialect: Dialect, check: &Check) -> String {
    match check {
        Check::Rows(table) => format!("SELECT count(*) FROM {}", object(table)),
        Check::NonNull(table, column) => {
            format!("SELECT count(*) FROM {} WHERE {} IS NOT NULL", object(table), ident(column))
        }
        Check::Null(table, column) => {
            format!("SELECT count(*) FROM {} WHERE {} IS NULL", object(table), ident(column))
        }
        Check::Values(table, column, ty, values) => {
            let values: Vec<String> = values.iter().map(|value| string(value)).collect();
            let values = values.join(", ");
            let column = ident(column);
            let condition = match (dialect, ty.list) {
                (Dialect::PostgreSql, true) => {
                    format!("{column}::pg_catalog.text[] OPERATOR(pg_catalog.&&) ARRAY[{values}]")
                }
                (Dialect::PostgreSql, false) => format!("{column}::pg_catalog.text IN ({values})"),
                (Dialect::Sqlite, _) => format!("{column} IN ({values})"),
            };
            format!("SELECT count(*) FROM {} WHERE {condition}", object(table))
        }
        Check::Any(checks) => {
            let counts: Vec<String> =
                checks.iter().map(|check| format!("({})", count(dialect, check))).collect();
            if counts.is_empty() {
                "SELECT CAST(0 AS BIGINT)".to_owned()
            } else {
                format!("SELECT {}", counts.join(" + "))
            }
        }
        Check::Duplicates(table, columns) => {
            let columns: Vec<String> = columns.iter().map(|column| ident(column)).collect();
            let present: Vec<String> = columns.iter().map(|column| format!("{column} IS NOT NULL")).collect();
            format!(
                "SELECT count(*) FROM (SELECT 1 FROM {} WHERE {} GROUP BY {} HAVING count(*) > 1) AS duplicates",
                object(table),
                present.join(" AND "),
                columns.join(", ")
            )
        }
    }
}
