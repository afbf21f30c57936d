//! What one file's statements leave behind for the later ones: transactions, locks, settings.

use std::collections::BTreeSet;

use datamodel::Span;

use crate::tree::Name;
use crate::{Code, Wrapping};

/// Whether a setting holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Setting {
    /// Nobody set it, or it is 0.
    #[default]
    Unset,
    /// Until the transaction ends.
    Local,
    /// Until the session ends.
    Session,
}

/// A value that was added to an enum.
#[derive(Debug, Clone)]
pub(crate) struct AddedValue {
    pub(crate) transaction: usize,
    pub(crate) ty: Name,
    pub(crate) value: String,
}

/// The state of the connection while a file runs.
#[derive(Debug, Default)]
pub(crate) struct Session {
    wrapping: Wrapping,
    /// Statements of the file.
    statements: usize,
    /// The `BEGIN` that is open.
    pub(crate) begun: Option<Span>,
    pub(crate) lock_timeout: Setting,
    pub(crate) statement_timeout: Setting,
    /// What is said once in a file.
    pub(crate) said: BTreeSet<Code>,
    /// A table that nobody can read until the transaction ends.
    pub(crate) held: Option<Name>,
    /// The transaction changed the structure of a table that exists.
    pub(crate) structure: bool,
    /// The transaction changed rows of a table that exists.
    pub(crate) rows: bool,
    /// Said once in a transaction.
    pub(crate) work_said: bool,
    pub(crate) added_values: Vec<AddedValue>,
}

impl Session {
    pub(crate) fn new(wrapping: Wrapping, statements: usize) -> Self {
        Self { wrapping, statements, ..Self::default() }
    }

    /// Whether the next statement shares a transaction with others.
    pub(crate) const fn in_transaction(&self) -> bool {
        self.begun.is_some()
            || match self.wrapping {
                Wrapping::OneCall => self.statements > 1,
                Wrapping::Transaction => true,
                Wrapping::Statements => false,
            }
    }

    /// Whether a `BEGIN` would find a transaction that the tool began.
    pub(crate) fn wrapped(&self) -> bool {
        self.wrapping == Wrapping::Transaction
    }

    /// Whether other statements of the file may have been done when this one fails.
    pub(crate) const fn shares_file(&self) -> bool {
        self.statements > 1
    }

    /// Forgets what ends with a transaction.
    pub(crate) fn end_transaction(&mut self) {
        self.held = None;
        self.structure = false;
        self.rows = false;
        self.work_said = false;
        self.added_values.clear();
        for setting in [&mut self.lock_timeout, &mut self.statement_timeout] {
            if *setting == Setting::Local {
                *setting = Setting::Unset;
            }
        }
    }
}
