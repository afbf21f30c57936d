//! One file: its statements in order, each looked at and then remembered.

use datamodel::Span;
use pg_query::protobuf::Token as Kind;

use crate::catalog::Catalog;
use crate::read::{Statement, Unread, read};
use crate::secrets::masked;
use crate::session::Session;
use crate::tree::Name;
use crate::{Code, Finding, MAX_BYTES, Options, rules};

/// How strong a lock is, as far as others notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lock {
    /// Writes wait.
    Writes,
    /// Reads wait, too.
    All,
}

/// What a rule sees and writes into.
pub(crate) struct Scope<'a> {
    pub(crate) source: usize,
    pub(crate) text: &'a str,
    pub(crate) options: &'a Options,
    pub(crate) catalog: &'a mut Catalog,
    pub(crate) session: &'a mut Session,
    /// Locks on tables that exist, taken by the present statement.
    pub(crate) locks: Vec<(Name, Lock)>,
    /// The present statement reads or writes many rows.
    pub(crate) slow: bool,
    findings: Vec<Finding>,
}

impl Scope<'_> {
    /// Reports without a rewrite.
    pub(crate) fn find(&mut self, code: Code, span: Span, message: impl Into<String>) {
        self.instead(code, span, message, Vec::new());
    }

    /// Reports with what to write instead, a text for each migration.
    pub(crate) fn instead(
        &mut self,
        code: Code,
        span: Span,
        message: impl Into<String>,
        rewrite: Vec<String>,
    ) {
        if self.options.wants(code) {
            let rewrite = rewrite.into_iter().map(|text| masked(&text)).collect();
            self.findings.push(Finding { source: self.source, code, span, message: message.into(), rewrite });
        }
    }

    /// Notes a lock on a table that others may be using; answers whether it is one.
    pub(crate) fn lock(&mut self, table: &Name, lock: Lock) -> bool {
        let used = !self.catalog.is_new(table, self.source);
        if used {
            self.locks.push((table.clone(), lock));
        }
        used
    }

    pub(crate) fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }
}

/// What was found in a file, before its comments are heard.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    pub(crate) findings: Vec<Finding>,
    pub(crate) comments: Vec<Span>,
    pub(crate) statements: Vec<Span>,
}

/// Looks at one file.
pub(crate) fn look(source: usize, text: &str, options: &Options, catalog: &mut Catalog) -> Looked {
    let mut session = Session::default();
    let mut scope = Scope {
        source,
        text,
        options,
        catalog,
        session: &mut session,
        locks: Vec::new(),
        slow: false,
        findings: Vec::new(),
    };
    if text.len() > MAX_BYTES {
        let message = format!("The file has {} bytes; at most {MAX_BYTES} are read.", text.len());
        scope.find(Code::Unreadable, Span::new(0, 0), message);
        return Looked { findings: scope.findings, ..Looked::default() };
    }
    let file = read(text);
    *scope.session = Session::new(options.wrapping, file.statements.len());
    scope.catalog.transaction += 1;
    scope.catalog.young.clear();
    if let Some((span, message)) = file.error {
        scope.find(Code::SyntaxError, span, message);
        return Looked { findings: scope.findings, ..Looked::default() };
    }
    for statement in &file.statements {
        look_at(&mut scope, statement);
    }
    if let Some(begun) = scope.session.begun {
        scope.find(
            Code::OpenTransaction,
            begun,
            "The transaction that begins here does not end in this file.",
        );
    }
    let statements: Vec<Span> = file.statements.iter().map(|statement| statement.span).collect();
    Looked { findings: scope.findings, comments: file.comments, statements }
}

fn look_at(scope: &mut Scope<'_>, statement: &Statement) {
    scope.locks.clear();
    scope.slow = false;
    long_identifiers(scope, statement);
    match &statement.tree {
        Ok(tree) => rules::check(scope, statement, tree),
        Err(Unread::Syntax(span, message)) => scope.find(Code::SyntaxError, *span, message.as_str()),
        Err(Unread::Bound(message)) => scope.find(Code::Unreadable, statement.span, message.as_str()),
    }
    if !scope.session.in_transaction() {
        scope.session.end_transaction();
        scope.catalog.transaction += 1;
    }
}

/// Quoted or not, a name of more than 63 bytes is cut by the scanner of the server.
fn long_identifiers(scope: &mut Scope<'_>, statement: &Statement) {
    for token in statement.tokens.iter().filter(|token| token.kind == Kind::Ident) {
        let word = scope.slice(token.span);
        let name = word
            .strip_prefix('"')
            .and_then(|word| word.strip_suffix('"'))
            .map_or_else(|| word.to_owned(), |word| word.replace("\"\"", "\""));
        if name.len() > 63 {
            let mut end = 63;
            while !name.is_char_boundary(end) {
                end -= 1;
            }
            let message = format!(
                "The name has {} bytes; PostgreSQL cuts it to `{}`.",
                name.len(),
                name.get(..end).unwrap_or_default()
            );
            scope.find(Code::LongIdentifier, token.span, message);
        }
    }
}
