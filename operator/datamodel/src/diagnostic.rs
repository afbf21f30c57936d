//! What is wrong with a person's text: [`Diagnostic`].

use serde::{Deserialize, Serialize};

use crate::files::locate;
use crate::span::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The datamodel cannot be used.
    Error,
    /// The datamodel can be used; the person should know.
    Warning,
    /// Worth a look. No finding of a datamodel, but of migrations.
    Note,
}

/// One finding in a datamodel, with a stable code and its place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// Stable code such as `D0101`; every code has an entry in the docs.
    pub code: &'static str,
    /// Error or warning.
    pub severity: Severity,
    /// What is wrong, one sentence.
    pub message: String,
    /// Where.
    pub span: Span,
    /// What to do, one sentence; empty when the message says it already.
    pub help: String,
}

impl Diagnostic {
    /// An error without a help line.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, message: message.into(), span, help: String::new() }
    }

    /// A warning without a help line.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, span, message) }
    }

    /// The same with a help line.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }

    /// `D0101 at 3:7: message`, or `D0101 at file:3:7: message` in a text of several files, for `status.message`.
    pub fn one_line(&self, text: &str) -> String {
        let place = locate(text, self.span.start);
        let file = place.file.map_or_else(String::new, |file| format!("{file}:"));
        let message = self.message.replace('\n', " ");
        format!("{} at {file}{}:{}: {message}", self.code, place.line, place.column)
    }
}
