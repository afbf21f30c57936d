//! What a comment tells Schemalift: `@schemalift.KEY(argument)`.

/// How a hint begins.
pub(crate) const KEY: &str = "@schemalift.";

/// What stands in the brackets of `key(…)`.
pub(crate) fn argument(hint: &str, key: &str) -> Option<String> {
    let rest = hint.strip_prefix(key)?.trim_start().strip_prefix('(')?;
    let name = rest.split_once(')')?.0.trim().trim_matches('"').trim();
    (!name.is_empty()).then(|| name.to_owned())
}
