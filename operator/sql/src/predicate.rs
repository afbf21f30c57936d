//! The condition of a partial index as SQL, for PostgreSQL and SQLite alike.

use datamodel::Comparison;
use schema::{Condition, Predicate};

use crate::quote::{ident, literal, string};

/// The condition without brackets around it. A person's own SQL stands as it was written.
pub fn predicate(predicate: &Predicate) -> String {
    match predicate {
        // A comment would swallow what follows.
        Predicate::Text(text) if text.contains("--") => format!("{text}\n"),
        Predicate::Text(text) => text.clone(),
        Predicate::All(conditions) => all(conditions),
    }
}

/// Conditions that all hold.
pub(crate) fn all(conditions: &[Condition]) -> String {
    let parts: Vec<String> = conditions.iter().map(condition).collect();
    parts.join(" AND ")
}

fn condition(condition: &Condition) -> String {
    let column = ident(&condition.column);
    let not = condition.comparison == Comparison::NotEqual;
    match &condition.value {
        None if not => format!("{column} IS NOT NULL"),
        None => format!("{column} IS NULL"),
        Some(value) => {
            let operator = if not { "!=" } else { "=" };
            // No column of bytes is ever compared: the datamodel was refused before.
            format!("{column} {operator} {}", literal(value, |content| string(&hex::encode(content))))
        }
    }
}
