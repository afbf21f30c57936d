//! SDL.

use crate::{Datamodel, Diagnostic, Language};

/// Parses and validates.
pub(crate) fn parse(text: &str, language: Language) -> (Option<Datamodel>, Vec<Diagnostic>) {
    let _ = text;
    let _ = language;
    (None, Vec::new())
}
