//! Which language a text is written in.

use crate::Language;

/// Recognises the language from the words that only one of them has.
///
/// SDL declares `type Name {` and gives fields as `name: Type`; PSL says `model`, `datasource`, `generator`.
/// An empty text is PSL. Within SDL the mark of an id decides: `@id` is v1.1, `id: … @unique` is v1, and so are the
/// directives that Prisma's introspection wrote then. With both or neither it is v1.1, whose findings say what to do.
pub fn recognise(text: &str) -> Language {
    let mut marks = Marks::default();
    let mut described = false;
    for line in text.lines() {
        let line = line.trim_start();
        let quotes = line.matches("\"\"\"").count();
        if described || quotes > 0 {
            described ^= quotes % 2 == 1;
            marks.sdl = true;
            continue;
        }
        let first = line.split_whitespace().next().unwrap_or_default();
        match first {
            "model" | "datasource" | "generator" | "view" => return Language::Psl,
            "type" | "interface" | "union" | "scalar" | "extend" => marks.sdl = true,
            _ if line.starts_with('#') => marks.sdl = true,
            _ => {}
        }
        marks.read(line.split('#').next().unwrap_or_default());
    }
    match marks {
        Marks { sdl: false, .. } => Language::Psl,
        Marks { legacy: true, modern: false, .. } => Language::SdlV1,
        Marks { .. } => Language::SdlV11,
    }
}

/// The language of a `.prisma` file: PSL, unless it gives a field as `name: Type`. Prisma 1 called its datamodel
/// `datamodel.prisma`, and a part of a PSL folder may hold nothing but a `type`.
pub fn recognise_prisma_file(text: &str) -> Language {
    let is_field = |line: &str| {
        let text = line.split("//").next().unwrap_or_default();
        let Some((name, ty)) = text.split_once(':') else { return false };
        let name = name.rsplit(['{', ' ', '\t']).find(|word| !word.is_empty()).unwrap_or_default();
        let ty = ty.trim_start().trim_start_matches('[');
        !name.is_empty()
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
            && ty.starts_with(|letter: char| letter.is_ascii_uppercase())
    };
    match recognise(text) {
        Language::Psl => Language::Psl,
        sdl if text.lines().any(|line| is_field(line.trim())) => sdl,
        _ => Language::Psl,
    }
}

/// What was seen so far.
#[derive(Debug, Default, Clone, Copy)]
struct Marks {
    sdl: bool,
    modern: bool,
    legacy: bool,
}

impl Marks {
    /// Notes the directives of a line.
    fn read(&mut self, line: &str) {
        let names_id = line.split(':').next().is_some_and(|name| {
            name.split_whitespace().next_back().is_some_and(|word| word.trim_start_matches('{') == "id")
        });
        for part in line.split('@').skip(1) {
            let word = part.split(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
            match word {
                "id" | "db" | "sequence" | "relationTable" | "linkTable" => self.modern = true,
                "pgTable" | "pgColumn" | "pgRelation" | "pgRelationTable" => self.legacy = true,
                "unique" if names_id => self.legacy = true,
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prisma_file_is_psl_unless_its_fields_have_colons() {
        assert_eq!(recognise_prisma_file("type User {\n  id: ID! @id\n}"), Language::SdlV11);
        assert_eq!(recognise_prisma_file("type User { id: ID! @unique, posts: [Post!]! }"), Language::SdlV1);
        assert_eq!(recognise_prisma_file("type Address {\n  street String // note: None\n}"), Language::Psl);
        assert_eq!(recognise_prisma_file("enum Role {\n  A\n}"), Language::Psl);
        assert_eq!(recognise_prisma_file("model A {\n  id: Int @id\n}"), Language::Psl);
    }

    #[test]
    fn keywords_decide() {
        assert_eq!(recognise("model A {\n id Int @id\n}"), Language::Psl);
        assert_eq!(recognise("# users\ntype User {\n id: ID! @id\n}"), Language::SdlV11);
        assert_eq!(recognise("enum Role {\n ADMIN\n}"), Language::Psl);
        assert_eq!(recognise(""), Language::Psl);
        assert_eq!(recognise("\"\"\"\nmodel\n\"\"\"\ntype A { id: ID! @id }"), Language::SdlV11);
    }

    #[test]
    fn the_mark_of_the_id_tells_the_generations_apart() {
        assert_eq!(recognise("type A { id: ID! @unique }"), Language::SdlV1);
        assert_eq!(
            recognise("type A {\n  id: ID! @unique # not @id\n  at: DateTime! @createdAt\n}"),
            Language::SdlV1
        );
        assert_eq!(recognise("type A @pgTable(name: \"a\") {\n  id: Int! @unique\n}"), Language::SdlV1);
        assert_eq!(recognise("type A {\n  key: ID! @id\n  email: String @unique\n}"), Language::SdlV11);
        assert_eq!(recognise("type A {\n  id: ID! @unique\n}\ntype B {\n  id: ID! @id\n}"), Language::SdlV11);
        assert_eq!(recognise("type A {\n  name: String\n}"), Language::SdlV11);
    }
}
