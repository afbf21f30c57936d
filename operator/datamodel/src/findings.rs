//! The findings of one pass, bounded in number.

use crate::{Diagnostic, Severity, Span};

/// Errors that are kept, and warnings; each later one would only repeat what is wrong, and a text of nothing but
/// mistakes would take many times its own size.
const MAX_FINDINGS: usize = 200;

/// What was found so far.
#[derive(Debug)]
pub(crate) struct Findings {
    list: Vec<Diagnostic>,
    /// The language's code for a text of which too much is wrong.
    too_many: &'static str,
    errors: usize,
    warnings: usize,
    kept_errors: usize,
    kept_warnings: usize,
}

impl Findings {
    /// None yet. The code says that there are more than are kept.
    pub(crate) const fn none(too_many: &'static str) -> Self {
        Self { list: Vec::new(), too_many, errors: 0, warnings: 0, kept_errors: 0, kept_warnings: 0 }
    }

    /// Adds a finding, unless the same one is there or too many of its severity are: warnings take no error's place.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        let (found, kept) = match diagnostic.severity {
            Severity::Error => (&mut self.errors, &mut self.kept_errors),
            Severity::Warning | Severity::Note => (&mut self.warnings, &mut self.kept_warnings),
        };
        *found += 1;
        if *kept > MAX_FINDINGS || self.list.contains(&diagnostic) {
            return;
        }
        *kept += 1;
        if *kept > MAX_FINDINGS {
            let message = format!("More than {MAX_FINDINGS} findings; the others are not shown.");
            let note = Diagnostic::error(self.too_many, diagnostic.span, message);
            let note = note.help("Correct those that are shown, and look again.");
            self.list.push(Diagnostic { severity: diagnostic.severity, ..note });
            return;
        }
        self.list.push(diagnostic);
    }

    /// Adds an error with its help line.
    pub(crate) fn error(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Diagnostic::error(code, span, message).help(help));
    }

    /// Adds a warning with its help line.
    pub(crate) fn warning(
        &mut self,
        code: &'static str,
        span: Span,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.push(Diagnostic::warning(code, span, message).help(help));
    }

    /// These, then those that were found at the same time elsewhere.
    pub(crate) fn then(mut self, others: Self) -> Self {
        if self.count() == 0 {
            return others;
        }
        self.errors += others.errors - others.kept_errors;
        self.warnings += others.warnings - others.kept_warnings;
        others.list.into_iter().for_each(|finding| self.push(finding));
        self
    }

    /// Whether further errors are no longer kept, so that their texts need not be made.
    pub(crate) const fn is_full(&self) -> bool {
        self.kept_errors > MAX_FINDINGS
    }

    /// How many names are worth comparing with a word that is unknown: the effort of an unbounded number of findings must
    /// be bounded too.
    pub(crate) const fn candidates(&self) -> usize {
        if self.is_full() { 0 } else { 500 }
    }

    /// How many errors were found, those not kept included.
    pub(crate) const fn errors(&self) -> usize {
        self.errors
    }

    /// How many errors and warnings were found, those not kept included.
    pub(crate) const fn count(&self) -> usize {
        self.errors + self.warnings
    }

    /// The finding that was kept last.
    pub(crate) fn last(&self) -> Option<&Diagnostic> {
        self.list.last()
    }

    /// Those that were kept.
    pub(crate) fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_are_bounded_and_not_repeated() {
        let mut findings = Findings::none("D0000");
        for start in 0..1000 {
            findings.error("D0001", Span::new(start, start), "no", "");
            findings.error("D0001", Span::new(start, start), "no", "");
        }
        assert_eq!(findings.into_list().len(), MAX_FINDINGS + 1);
    }

    #[test]
    fn many_warnings_make_no_error_and_hide_none() {
        let mut findings = Findings::none("D0000");
        for start in 0..1000 {
            findings.warning("D0001", Span::new(start, start), "idle", "");
        }
        assert_eq!(findings.errors(), 0);
        findings.error("D0001", Span::new(5, 5), "no", "");
        let list = findings.into_list();
        assert_eq!(list.len(), MAX_FINDINGS + 2);
        assert_eq!(list.iter().filter(|finding| finding.severity == Severity::Error).count(), 1);
    }
}
