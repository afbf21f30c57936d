//! Identifiers and literals of MySQL. Sessions must not have `ANSI_QUOTES` or `NO_BACKSLASH_ESCAPES`.

use schema::ObjectName;

/// An identifier in backticks.
pub(crate) fn ident(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A table of the session's own database.
pub(crate) fn object(name: &ObjectName) -> String {
    match &name.namespace {
        Some(namespace) => format!("{}.{}", ident(namespace), ident(&name.name)),
        None => ident(&name.name),
    }
}

/// Identifiers separated by a comma.
pub(crate) fn idents<'a>(names: impl IntoIterator<Item = &'a String>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| ident(name)).collect();
    quoted.join(", ")
}

/// A string literal; a backslash is an escape character here.
pub(crate) fn string(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// A number that is nothing but a number, or a string literal of whatever else was given.
pub(crate) fn number(digits: &str) -> String {
    match crate::quote::number(digits) {
        plain if plain == digits => plain,
        _ => string(digits),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_and_no_value_leaves_its_quotes() {
        assert_eq!(ident("a`; drop table x; --"), "`a``; drop table x; --`");
        assert_eq!(string("it's \\"), "'it''s \\\\'");
        assert_eq!(number("-1.5"), "-1.5");
        assert_eq!(number("1\\'; drop"), "'1\\\\''; drop'");
    }
}
