//! What a column of MySQL or PostgreSQL has beyond the words of a datamodel.

use serde::{Deserialize, Serialize};

/// On MySQL, attributes that `MODIFY COLUMN` takes away when it does not name them (MySQL manual, "ALTER TABLE": a column
/// definition "must include the data type and all attributes that should apply to the new column"). On PostgreSQL, settings
/// that go with a column that is made anew, and the first two also with its type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attributes {
    /// Collation, where it is not the table's; it implies the character set.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub collation: Option<String>,
    /// `GENERATED ALWAYS AS`, on either.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub generated: Option<Generated>,
    /// `ON UPDATE CURRENT_TIMESTAMP`, with the digits of the column.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub updates_clock: bool,
    /// `INVISIBLE`: not part of `SELECT *`.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub invisible: bool,
    /// `WITHOUT SYSTEM VERSIONING` (MariaDB).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub unversioned: bool,
    /// `SRID` of a place (MySQL).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub srid: Option<u32>,
    /// The condition of a `CHECK` that is part of the column (MariaDB).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub check: Option<String>,
    /// `COMMENT`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub comment: Option<String>,
    /// `SET STORAGE`, where it is not the type's own (PostgreSQL).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub storage: Option<LongValues>,
    /// `SET COMPRESSION` (PostgreSQL 14): the method's name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub compression: Option<String>,
    /// `SET STATISTICS` (PostgreSQL).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub statistics: Option<i32>,
    /// `SET (n_distinct = …)`: names and values (PostgreSQL).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub options: Vec<(String, String)>,
}

/// What PostgreSQL does with long values of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LongValues {
    /// `PLAIN`: nothing.
    Plain,
    /// `EXTERNAL`: they are stored apart.
    External,
    /// `EXTENDED`: they are compressed, and then stored apart.
    Extended,
    /// `MAIN`: they are compressed, and stored apart when nothing else helps.
    Main,
}

impl LongValues {
    /// The keyword.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Plain => "PLAIN",
            Self::External => "EXTERNAL",
            Self::Extended => "EXTENDED",
            Self::Main => "MAIN",
        }
    }
}

/// How a generated column comes to its value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Generated {
    /// The expression, as the catalog has it.
    pub expression: String,
    /// Whether the value is in the row.
    pub storage: Storage,
}

/// Where the value of a generated column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Storage {
    /// `STORED`: computed when the row is written.
    Stored,
    /// `VIRTUAL`: computed when it is read.
    Virtual,
}
