//! What an edition has and another has not.

use super::codes;
use super::datasource::Target;
use crate::findings::Findings;
use crate::{Diagnostic, Edition, Span};

impl Target {
    /// Whether the text's edition has what came with `edition`; if not, it is reported.
    pub(crate) fn since(&self, edition: Edition, what: &str, span: Span, diagnostics: &mut Findings) -> bool {
        let there = self.edition >= edition;
        if !there {
            let message = format!("Edition `{}` has no {what}.", self.edition.as_str());
            let first = edition.as_str();
            let help = format!(
                "Edition `{first}` would accept it: set `datamodel.edition` to \"{first}\", or remove it."
            );
            diagnostics.push(Diagnostic::error(codes::EDITION, span, message).help(help));
        }
        there
    }

    /// The advice, with the last edition that would have accepted what is reported.
    pub(crate) fn until(&self, edition: Edition, help: impl Into<String>) -> String {
        let mut help: String = help.into();
        if self.edition > edition {
            help.push_str(" Edition `");
            help.push_str(edition.as_str());
            help.push_str("` would accept it as it is.");
        }
        help
    }
}
