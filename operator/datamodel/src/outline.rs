//! What a text in SDL says that no table holds: comments, defaults that a server filled in, which fields meet.

use std::collections::BTreeMap;

/// What the text says of its definitions, by type (or enum) and field (or value).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outline {
    /// Of whole types and enums.
    pub definitions: BTreeMap<String, Said>,
    /// Of fields and values.
    pub members: BTreeMap<(String, String), Said>,
    /// Remarks after the last definition.
    pub end: Vec<Remark>,
}

/// What the text says of one thing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    /// What stands before it.
    pub before: Vec<Remark>,
    /// What stands in it after its last member.
    pub inside: Vec<Remark>,
    /// Whether the text does not have it, and Prisma 1 adds it.
    pub hidden: bool,
    /// The comment behind it on its line, without its mark.
    pub behind: Option<String>,
    /// Value of its default, as PSL writes it.
    pub default: Option<String>,
    /// Name of the relation it takes part in, given or made.
    pub relation: Option<String>,
    /// Whether it is written as required; Prisma 1 keeps that of relations out of the database.
    pub required: bool,
    /// Whether it is written as a list.
    pub list: bool,
}

/// A line of a comment or of a description, without its mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// `# …`.
    Comment(String),
    /// A line of `""" … """`.
    Documentation(String),
}

impl Outline {
    /// What is said of a field or value.
    pub fn member(&self, definition: &str, member: &str) -> Option<&Said> {
        self.members.get(&(definition.to_owned(), member.to_owned()))
    }
}
