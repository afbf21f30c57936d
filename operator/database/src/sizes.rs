//! How large tables are, as the server estimates it: [`TableSize`].

use schema::ObjectName;
use serde::Serialize;

/// An estimate from the catalog; nothing is counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TableSize {
    /// The table.
    pub table: ObjectName,
    /// Its rows; `None` when the server has no idea.
    pub rows: Option<u64>,
    /// Its bytes with its indexes.
    pub bytes: u64,
}
