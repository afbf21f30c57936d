//! What the text could not say.

use std::fmt;

/// Something that a person should know about the text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Remark {
    /// The table, column, type or index as the database calls it; empty for the text as a whole.
    pub about: String,
    /// One or two sentences.
    pub message: String,
}

impl Remark {
    pub(crate) fn new(about: impl Into<String>, message: impl Into<String>) -> Self {
        Self { about: about.into(), message: message.into() }
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.about.is_empty() {
            formatter.write_str(&self.message)
        } else {
            write!(formatter, "{}: {}", self.about, self.message)
        }
    }
}
