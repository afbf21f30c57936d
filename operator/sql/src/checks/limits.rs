//! Conditions for values that a new type refuses or changes.

use plan::Limit;
use schema::{ColumnType, Dialect, MySqlType, Type};

use super::Words;

const WHOLE_NUMBER: &str = "^[[:space:]]*[-+]?[0-9]+[[:space:]]*$";
const NUMBER: &str = "^[[:space:]]*[-+]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][-+]?[0-9]{1,3})?[[:space:]]*$";
const BOOLEAN: &str =
    "^[[:space:]]*(t|tr|tru|true|f|fa|fal|fals|false|y|ye|yes|n|no|on|of|off|1|0)[[:space:]]*$";
const UUID: &str = "^[{]?[0-9a-f]{4}(-?[0-9a-f]{4}){7}[}]?$";

impl Words {
    /// True for values beyond one of the limits, and never for null.
    pub(super) fn beyond(&self, column: &str, ty: &ColumnType, limits: &[Limit]) -> String {
        let value = Value { words: self, column, ty };
        let conditions: Vec<String> = limits.iter().map(|limit| value.beyond(limit)).collect();
        format!("{column} IS NOT NULL AND ({})", conditions.join(" OR "))
    }
}

/// A column's value in a condition.
struct Value<'a> {
    words: &'a Words,
    column: &'a str,
    ty: &'a ColumnType,
}

impl Value<'_> {
    fn beyond(&self, limit: &Limit) -> String {
        let number = format!("({})", self.number());
        match limit {
            Limit::Characters(most) => format!("{} > {most}", self.characters()),
            Limit::BlankAtEnd => match self.words.dialect {
                Dialect::PostgreSql => format!(
                    "pg_catalog.right({}::pg_catalog.text, 1) COLLATE pg_catalog.\"C\" = ' '",
                    self.column
                ),
                // A comparison would take a blank for nothing.
                Dialect::Sqlite | Dialect::MySql => format!("{} LIKE '% '", self.column),
            },
            Limit::Bytes(most) => format!("LENGTH({}) > {most}", self.column),
            Limit::Integer { min, max } => match self.words.dialect {
                // Rounding goes by way of a float there, and the fraction is a limit of its own.
                Dialect::Sqlite => format!("{number} NOT BETWEEN {min} AND {max}"),
                Dialect::PostgreSql | Dialect::MySql => {
                    format!("round({number}) NOT BETWEEN {min} AND {max}")
                }
            },
            Limit::Digits { whole, fraction } => {
                format!("abs(round({number}, {fraction})) >= {}", power_of_ten(*whole))
            }
            Limit::Fraction(digits) => match self.words.dialect {
                Dialect::Sqlite => format!("{number} <> CAST({number} AS INTEGER)"),
                Dialect::PostgreSql | Dialect::MySql => format!("{number} <> round({number}, {digits})"),
            },
            Limit::WholeNumber => self.unlike(WHOLE_NUMBER),
            Limit::Number => match self.words.dialect {
                Dialect::Sqlite => format!("{number} IS NULL"),
                Dialect::PostgreSql | Dialect::MySql => self.unlike(NUMBER),
            },
            Limit::Boolean => self.unlike(BOOLEAN),
            Limit::Uuid => self.unlike(UUID),
            Limit::Json => format!("NOT JSON_VALID({})", self.column),
            Limit::OneOf(values) if values.is_empty() => "1 = 1".to_owned(),
            Limit::OneOf(values) => format!("NOT ({})", self.words.one_of(self.column, false, values)),
            // A plan never holds it: the values of the enum stand there instead.
            Limit::ValueOf(_) => "1 = 1".to_owned(),
            Limit::Exact(to) => self.inexact(to),
        }
    }

    fn characters(&self) -> String {
        match self.words.dialect {
            Dialect::PostgreSql => format!("pg_catalog.length({}::pg_catalog.text)", self.column),
            Dialect::Sqlite => format!("length({})", self.column),
            Dialect::MySql => format!("CHAR_LENGTH({})", self.column),
        }
    }

    /// The value as a number, null where it is none.
    fn number(&self) -> String {
        let column = self.column;
        match self.words.dialect {
            Dialect::PostgreSql if self.is_text() => format!(
                "CASE WHEN {column}::pg_catalog.text ~ '{NUMBER}' THEN {column}::pg_catalog.text::pg_catalog.numeric END"
            ),
            // Its own way to a decimal rounds to six or fifteen digits, its text has all of them.
            Dialect::PostgreSql if matches!(self.ty.base, Type::Real | Type::Double) => {
                format!("{column}::pg_catalog.text::pg_catalog.numeric")
            }
            Dialect::PostgreSql => format!("{column}::pg_catalog.numeric"),
            // A text counts as a number when it is written as SQLite itself writes that number.
            Dialect::Sqlite => format!(
                "CASE WHEN typeof({column}) IN ('integer', 'real') OR CAST(CAST({column} AS NUMERIC) AS TEXT) = \
                 CAST({column} AS TEXT) THEN CAST({column} AS NUMERIC) END"
            ),
            Dialect::MySql if self.is_text() => {
                format!("CASE WHEN {column} REGEXP '{NUMBER}' THEN CAST({column} AS DECIMAL(65, 20)) END")
            }
            Dialect::MySql => column.to_owned(),
        }
    }

    fn is_text(&self) -> bool {
        matches!(
            self.ty.base,
            Type::Text
                | Type::Citext
                | Type::VarChar(_)
                | Type::Char(_)
                | Type::MySql(MySqlType::Char(_) | MySqlType::VarChar(_) | MySqlType::Text(_))
        )
    }

    fn unlike(&self, pattern: &str) -> String {
        match self.words.dialect {
            Dialect::PostgreSql => format!("{}::pg_catalog.text !~* '{pattern}'", self.column),
            Dialect::Sqlite | Dialect::MySql => format!("{} NOT REGEXP '{pattern}'", self.column),
        }
    }

    fn inexact(&self, to: &ColumnType) -> String {
        let column = self.column;
        match (self.words.dialect, &to.base) {
            (Dialect::MySql, Type::MySql(MySqlType::Timestamp(digits))) => {
                format!("CAST({column} AS DATETIME({digits})) <> {column}")
            }
            (Dialect::MySql, Type::MySql(ty)) => format!("CAST({column} AS {ty}) <> {column}"),
            (Dialect::PostgreSql | Dialect::Sqlite | Dialect::MySql, _) => {
                let there = self.words.cast(column.to_owned(), Some(to));
                format!("{} <> {column}", self.words.cast(there, Some(self.ty)))
            }
        }
    }
}

fn power_of_ten(digits: u32) -> String {
    std::iter::once('1').chain(std::iter::repeat_n('0', digits.try_into().unwrap_or(usize::MAX))).collect()
}
