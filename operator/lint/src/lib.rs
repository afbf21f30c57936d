//! Migrations in plain SQL to findings: what they would do to a database that is in use.
//!
//! The one entry is [`lint()`]. It reads the files in the order in which they are run, with PostgreSQL's own grammar, and
//! keeps in mind what they made: a table of the same file is empty, a type that an earlier file gave is known. It never
//! fails and never panics; what cannot be read is a finding. Input is bounded and time is linear in its length. No clock,
//! no environment, no network, no database.
//!
//! Which lock a form takes, and whether it scans or rewrites, was measured on PostgreSQL 12 to 18.

mod catalog;
mod codes;
mod file;
mod ignore;
mod read;
mod rewrite;
mod rules;
mod secrets;
mod session;
mod tree;
mod types;

use std::collections::BTreeSet;

use datamodel::{Diagnostic, Span};

pub use codes::{Code, Harm};
pub use secrets::masked;

/// A file of SQL.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// Its statements.
    pub text: &'a str,
    /// Whether it is looked at, or only remembered.
    pub role: Role,
}

/// What a file is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// It will be run: findings are wanted.
    Checked,
    /// It was run long ago: what it made is known, and nothing is said about it.
    History,
}

/// How the tool that runs the files sends them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wrapping {
    /// All statements of a file in one call, as Prisma does: more than one of them are a transaction.
    #[default]
    OneCall,
    /// A transaction around each file.
    Transaction,
    /// One statement after the other.
    Statements,
}

/// Whether rules of style are applied.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Style {
    /// Only what harms when it runs.
    #[default]
    Unchecked,
    /// Those, too.
    Checked,
}

/// What to look for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Major version of the server, from 12.
    pub server: u8,
    /// How the files are run.
    pub wrapping: Wrapping,
    /// Whether rules of style are applied.
    pub style: Style,
    /// Only these, style or not; all when empty.
    pub only: BTreeSet<Code>,
    /// Not these.
    pub exclude: BTreeSet<Code>,
}

/// The version that is assumed when nobody names one.
pub const DEFAULT_SERVER: u8 = 17;

/// Oldest and newest version whose behaviour is known.
pub const SERVERS: std::ops::RangeInclusive<u8> = 12..=18;

/// Longest file that is read, in bytes.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;

impl Default for Options {
    fn default() -> Self {
        Self {
            server: DEFAULT_SERVER,
            wrapping: Wrapping::default(),
            style: Style::default(),
            only: BTreeSet::new(),
            exclude: BTreeSet::new(),
        }
    }
}

impl Options {
    fn wants(&self, code: Code) -> bool {
        let chosen = if self.only.is_empty() {
            code.harm() != Harm::Style || self.style == Style::Checked
        } else {
            self.only.contains(&code)
        };
        chosen && !self.exclude.contains(&code)
    }
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which of the sources, counted from 0.
    pub source: usize,
    /// What it is.
    pub code: Code,
    /// Where.
    pub span: Span,
    /// What the statement does, one or two sentences. No password is in it.
    pub message: String,
    /// The SQL to write instead, a text for each migration, made of the very statement, without its passwords; empty
    /// where there is none.
    pub rewrite: Vec<String>,
}

impl Finding {
    /// The finding as a diagnostic, with the advice and the rewrite as its help.
    pub fn diagnostic(&self) -> Diagnostic {
        let mut help = self.code.advice().to_owned();
        for (index, part) in self.rewrite.iter().enumerate() {
            help.push_str(if index == 0 { "\n" } else { "\n-- in a later migration:\n" });
            help.push_str(part.trim_end());
        }
        Diagnostic {
            code: self.code.as_str(),
            severity: self.code.severity(),
            message: self.message.clone(),
            span: self.span,
            help,
        }
    }
}

/// Looks at every source, in the order in which they are run. Findings come in the order of the text.
pub fn lint(sources: &[Source<'_>], options: &Options) -> Vec<Finding> {
    let mut catalog = catalog::Catalog::default();
    let mut files: Vec<file::Looked> = sources
        .iter()
        .enumerate()
        .map(|(index, source)| file::look(index, source.text, options, &mut catalog))
        .collect();
    // Only now it is known which indexes came later.
    for finding in rules::unindexed(&catalog).filter(|finding| options.wants(finding.code)) {
        if let Some(file) = files.get_mut(finding.source) {
            file.findings.push(finding);
        }
    }
    let mut findings = Vec::new();
    for (index, (source, looked)) in sources.iter().zip(files).enumerate() {
        if source.role == Role::Checked {
            let mut found = ignore::apply(source.text, index, looked, options);
            found.sort_by_key(|finding| (finding.span.start, finding.code));
            findings.append(&mut found);
        }
    }
    findings
}
