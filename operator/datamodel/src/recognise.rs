//! Which language a text is written in.

use crate::Language;

/// Recognises the language from the keywords that only one of them has.
///
/// SDL declares `type Name {` and gives fields as `name: Type`; PSL says `model`, `datasource`, `generator`.
/// An empty text is PSL. SDL is always taken as v1.1 here: the legacy v1 has to be asked for.
pub fn recognise(text: &str) -> Language {
    let mut sdl_seen = false;
    for line in text.lines() {
        let line = line.trim_start();
        let first = line.split_whitespace().next().unwrap_or_default();
        match first {
            "model" | "datasource" | "generator" | "view" => return Language::Psl,
            "type" | "interface" | "union" | "scalar" | "extend" => sdl_seen = true,
            _ if line.starts_with('#') || line.starts_with("\"\"\"") => sdl_seen = true,
            _ => {}
        }
    }
    if sdl_seen { Language::SdlV11 } else { Language::Psl }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_decide() {
        assert_eq!(recognise("model A {\n id Int @id\n}"), Language::Psl);
        assert_eq!(recognise("# users\ntype User {\n id: ID! @id\n}"), Language::SdlV11);
        assert_eq!(recognise("enum Role {\n ADMIN\n}"), Language::Psl);
        assert_eq!(recognise(""), Language::Psl);
    }
}
