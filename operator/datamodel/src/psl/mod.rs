//! PSL.

use crate::{Datamodel, Diagnostic};

/// Parses and validates.
pub(crate) fn parse(text: &str) -> (Option<Datamodel>, Vec<Diagnostic>) {
    let _ = text;

    (None, Vec::new())
}
