//! Words made from other words.

/// `BlogPost` as a field would be called: `blogPost`.
pub(super) fn decapitalised(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map_or_else(String::new, |first| first.to_ascii_lowercase().to_string() + letters.as_str())
}
