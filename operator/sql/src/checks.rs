//! Queries that count the rows a hazard concerns, and that name one of them by its primary key.

mod limits;
mod words;

use plan::{Check, Comparison, Concerned, Hazard, Operand, Referenced, SharedColumn};
use schema::{Condition, Dialect, MySqlType, Type};

use crate::{ScriptHazard, predicate};
use words::Words;

/// Most characters of a key's value that an example shows.
const SHOWN: u32 = 60;

/// The hazard with its queries.
pub(crate) fn with_queries(dialect: Dialect, hazard: &Hazard) -> ScriptHazard {
    let words = Words::of(dialect);
    let checks = hazard.checks.as_deref();
    ScriptHazard {
        hazard: hazard.clone(),
        count: checks.map(|checks| words.sum(checks)),
        examples: checks.unwrap_or_default().iter().filter_map(|check| words.example(check)).collect(),
    }
}

/// The columns that rows share, and the conditions on those rows.
fn shared_among(concerned: &Concerned) -> Option<(&[SharedColumn], &[Condition])> {
    match concerned {
        Concerned::Shared(columns) => Some((columns, &[])),
        Concerned::SharedAmong { columns, among } => Some((columns, among)),
        _ => None,
    }
}

impl Words {
    /// A query whose one answer is the number of rows of all checks.
    fn sum(&self, checks: &[Check]) -> String {
        let counts: Vec<String> = checks.iter().map(|check| self.count(check)).collect();
        match (counts.as_slice(), self.dialect) {
            ([], Dialect::MySql) => "SELECT 0".to_owned(),
            ([], Dialect::PostgreSql | Dialect::Sqlite) => "SELECT CAST(0 AS BIGINT)".to_owned(),
            ([only], _) => only.clone(),
            (several, _) => {
                let parts: Vec<String> = several.iter().map(|count| format!("({count})")).collect();
                format!("SELECT {}", parts.join(" + "))
            }
        }
    }

    fn count(&self, check: &Check) -> String {
        let table = (self.object)(&check.table);
        if let Some((columns, among)) = shared_among(&check.concerned) {
            let sum = match self.dialect {
                Dialect::PostgreSql => "SELECT COALESCE(pg_catalog.sum(g.n), 0)::pg_catalog.int8",
                Dialect::Sqlite => "SELECT COALESCE(sum(g.n), 0)",
                Dialect::MySql => "SELECT CAST(COALESCE(sum(g.n), 0) AS UNSIGNED)",
            };
            let parts = self.shared(columns);
            let group =
                if parts.is_empty() { String::new() } else { format!(" GROUP BY {}", parts.join(", ")) };
            return format!(
                "{sum} FROM (SELECT count(*) AS n FROM {table} AS t{}{group} HAVING count(*) > 1) AS g",
                self.all_present(columns, among)
            );
        }
        format!("SELECT count(*) FROM {table} AS t{}", self.filter(&check.concerned))
    }

    /// A query that answers the first such row's key as one text; `None` without a primary key.
    fn example(&self, check: &Check) -> Option<String> {
        if check.key.is_empty() {
            return None;
        }
        let table = (self.object)(&check.table);
        let columns: Vec<String> = check.key.iter().map(|column| self.column(&column.name)).collect();
        let parts = check.key.iter().map(|column| {
            let label = (self.string)(&format!("{} = ", column.name));
            let value = self.shown(&self.column(&column.name), &column.ty.base);
            (label, value)
        });
        let text = self.joined(parts);
        if let Some((shared, among)) = shared_among(&check.concerned) {
            let order: Vec<String> = (0..columns.len()).map(|at| format!("q.o{at}")).collect();
            let keys: Vec<String> =
                columns.iter().enumerate().map(|(at, column)| format!("{column} AS o{at}")).collect();
            let parts = self.shared(shared);
            let window =
                if parts.is_empty() { String::new() } else { format!("PARTITION BY {}", parts.join(", ")) };
            return Some(format!(
                "SELECT q.x FROM (SELECT {text} AS x, {}, count(*) OVER ({window}) AS n FROM {table} AS t{}) AS q \
                 WHERE q.n > 1 ORDER BY {} LIMIT 1",
                keys.join(", "),
                self.all_present(shared, among),
                order.join(", ")
            ));
        }
        Some(format!(
            "SELECT {text} FROM {table} AS t{} ORDER BY {} LIMIT 1",
            self.filter(&check.concerned),
            columns.join(", ")
        ))
    }

    fn column(&self, name: &str) -> String {
        format!("t.{}", (self.ident)(name))
    }

    fn shared(&self, columns: &[SharedColumn]) -> Vec<String> {
        let part = |part: &SharedColumn| {
            let column = self.as_key(self.column(&part.name), part.cast.as_ref());
            match part.prefix {
                Some(length) => format!("LEFT({column}, {length})"),
                None => column,
            }
        };
        columns.iter().map(part).collect()
    }

    fn all_present(&self, columns: &[SharedColumn], among: &[Condition]) -> String {
        let mut present: Vec<String> =
            columns.iter().map(|part| format!("{} IS NOT NULL", self.column(&part.name))).collect();
        if !among.is_empty() {
            present.push(predicate::all(among));
        }
        if present.is_empty() { String::new() } else { format!(" WHERE {}", present.join(" AND ")) }
    }

    fn filter(&self, concerned: &Concerned) -> String {
        let text = match concerned {
            // Answered by a query of its own.
            Concerned::All | Concerned::Shared(_) | Concerned::SharedAmong { .. } => return String::new(),
            Concerned::NotNull(column) => format!("{} IS NOT NULL", self.column(column)),
            Concerned::Null(column) => format!("{} IS NULL", self.column(column)),
            Concerned::OneOf { column, ty, values } => self.one_of(&self.column(column), ty.list, values),
            Concerned::Orphan { from, to } => self.orphan(from, to.as_ref()),
            Concerned::Differs { column, other, by } => {
                self.differ(&self.column(column), &self.column(other), *by)
            }
            Concerned::Beyond { column, ty, limits } => self.beyond(&self.column(column), ty, limits),
        };
        format!(" WHERE {text}")
    }

    fn differ(&self, one: &str, other: &str, by: Comparison) -> String {
        let text = |column: &str| match self.dialect {
            Dialect::PostgreSql => format!("{column}::pg_catalog.text COLLATE pg_catalog.\"C\""),
            Dialect::Sqlite => format!("CAST({column} AS TEXT) COLLATE BINARY"),
            Dialect::MySql => format!("CAST(CONVERT({column} USING utf8mb4) AS BINARY)"),
        };
        let (one, other) = match (by, self.dialect) {
            (Comparison::Texts, _) => (text(one), text(other)),
            (Comparison::Values, Dialect::Sqlite) => (format!("{one} COLLATE BINARY"), other.to_owned()),
            (Comparison::Values, _) => (one.to_owned(), other.to_owned()),
        };
        match self.dialect {
            Dialect::PostgreSql => format!("{one} IS DISTINCT FROM {other}"),
            Dialect::Sqlite => format!("{one} IS NOT {other}"),
            Dialect::MySql => format!("NOT ({one} <=> {other})"),
        }
    }

    fn one_of(&self, column: &str, list: bool, values: &[String]) -> String {
        let values: Vec<String> = values.iter().map(|value| (self.string)(value)).collect();
        let values = values.join(", ");
        match (self.dialect, list) {
            (Dialect::PostgreSql, true) => {
                format!("{column}::pg_catalog.text[] OPERATOR(pg_catalog.&&) ARRAY[{values}]")
            }
            (Dialect::PostgreSql, false) => format!("{column}::pg_catalog.text IN ({values})"),
            (Dialect::Sqlite | Dialect::MySql, _) => format!("{column} IN ({values})"),
        }
    }

    fn orphan(&self, from: &[Operand], to: Option<&Referenced>) -> String {
        let mut present = Vec::new();
        let mut values = Vec::new();
        for operand in from {
            values.push(match operand {
                Operand::Column { name, cast } => {
                    present.push(format!("{} IS NOT NULL", self.column(name)));
                    self.compared(self.column(name), cast.as_ref())
                }
                Operand::Default(column) => self.default(column),
            });
        }
        if let Some(to) = to {
            let far = |(name, cast): &(String, _)| {
                self.compared(format!("p.{}", (self.ident)(name)), Option::as_ref(cast))
            };
            // The far side stands first: on SQLite its collation is the one that counts.
            let pairs: Vec<String> = to
                .columns
                .iter()
                .zip(&values)
                .map(|(column, value)| format!("{} = {value}", far(column)))
                .collect();
            present.push(format!(
                "NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
                (self.object)(&to.table),
                pairs.join(" AND ")
            ));
        }
        if present.is_empty() { "1 = 1".to_owned() } else { present.join(" AND ") }
    }

    /// A value of a key, as an example shows it: never longer than [`SHOWN`].
    fn shown(&self, column: &str, ty: &Type) -> String {
        let text = match self.dialect {
            Dialect::PostgreSql => format!("{column}::pg_catalog.text"),
            Dialect::Sqlite => format!(
                "CASE typeof({column}) WHEN 'blob' THEN 'x''' || hex({column}) || '''' ELSE {column} END"
            ),
            Dialect::MySql => match ty {
                Type::MySql(
                    MySqlType::Binary(_) | MySqlType::VarBinary(_) | MySqlType::Blob(_) | MySqlType::Bit(_),
                ) => format!("CONCAT('0x', HEX({column}))"),
                _ => format!("CONVERT({column} USING utf8mb4)"),
            },
        };
        let cut = match self.dialect {
            Dialect::PostgreSql => format!("pg_catalog.substr({text}, 1, {SHOWN})"),
            Dialect::Sqlite => format!("substr({text}, 1, {SHOWN})"),
            Dialect::MySql => format!("LEFT({text}, {SHOWN})"),
        };
        // A key of SQLite may hold null.
        format!("COALESCE({cut}, 'null')")
    }

    fn joined(&self, parts: impl Iterator<Item = (String, String)>) -> String {
        let mut all = Vec::new();
        for (label, value) in parts {
            if !all.is_empty() {
                all.push((self.string)(", "));
            }
            all.extend([label, value]);
        }
        match self.dialect {
            Dialect::MySql => format!("CONCAT({})", all.join(", ")),
            Dialect::PostgreSql | Dialect::Sqlite => all.join(" || "),
        }
    }
}
