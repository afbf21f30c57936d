//! The text as a tree: what was written, with places, nothing resolved.

use std::collections::BTreeMap;

use crate::Span;

/// A word and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// The word.
    pub(super) text: &'a str,
    /// Where.
    pub(super) span: Span,
}

/// The whole text.
#[derive(Debug, Default)]
pub(super) struct Document<'a> {
    /// `type` definitions in order.
    pub(super) types: Vec<TypeDefinition<'a>>,
    /// `enum` definitions in order.
    pub(super) enums: Vec<EnumDefinition<'a>>,
    /// Names of definitions that were refused, so that fields of that type are not reported again.
    pub(super) refused: Vec<&'a str>,
    /// Where the text declares scalars that there are anyway, each from its keyword to its name.
    pub(super) scalars: Vec<Span>,
    /// Comments and descriptions, in order.
    pub(super) remarks: Vec<Span>,
}

/// `type Name @directives { fields }`.
#[derive(Debug)]
pub(super) struct TypeDefinition<'a> {
    /// Its name.
    pub(super) name: Name<'a>,
    /// Its directives.
    pub(super) directives: Vec<Directive<'a>>,
    /// Its fields.
    pub(super) fields: Vec<FieldDefinition<'a>>,
    /// From its keyword to its closing brace.
    pub(super) span: Span,
    /// True when part of it could not be read, so that what it lacks must not be reported.
    pub(super) broken: bool,
}

impl<'a> TypeDefinition<'a> {
    /// The first directive of this name.
    pub(super) fn directive(&self, name: &str) -> Option<&Directive<'a>> {
        self.directives.iter().find(|directive| directive.name.text == name)
    }

    /// Whether it declares a link table: `@relationTable`, in the 1.30 beta `@linkTable`.
    pub(super) fn is_link_table(&self) -> bool {
        self.directive("relationTable").or_else(|| self.directive("linkTable")).is_some()
    }

    /// Whether it is `@embedded`.
    pub(super) fn is_embedded(&self) -> bool {
        self.directive("embedded").is_some()
    }

    /// `@db(name:)`.
    pub(super) fn database_name(&self) -> Option<&str> {
        self.directive("db")?.text("name")
    }

    /// `@rename(oldName:)`.
    pub(super) fn old_name(&self) -> Option<&str> {
        self.directive("rename")?.text("oldName")
    }
}

/// `enum Name { VALUES }`.
#[derive(Debug)]
pub(super) struct EnumDefinition<'a> {
    /// Its name.
    pub(super) name: Name<'a>,
    /// Its directives.
    pub(super) directives: Vec<Directive<'a>>,
    /// Its values.
    pub(super) values: Vec<Name<'a>>,
    /// Directives of values, by the place of the value. They mean nothing and are only kept.
    pub(super) marks: BTreeMap<usize, Vec<Directive<'a>>>,
    /// From its keyword to its closing brace.
    pub(super) span: Span,
}

/// `name: Type @directives`.
#[derive(Debug)]
pub(super) struct FieldDefinition<'a> {
    /// Its name.
    pub(super) name: Name<'a>,
    /// Its type.
    pub(super) ty: TypeReference<'a>,
    /// Its directives.
    pub(super) directives: Vec<Directive<'a>>,
    /// From its name to its last directive; empty for one that the text does not have.
    pub(super) span: Span,
}

impl<'a> FieldDefinition<'a> {
    /// The first directive of this name.
    pub(super) fn directive(&self, name: &str) -> Option<&Directive<'a>> {
        self.directives.iter().find(|directive| directive.name.text == name)
    }

    /// `@db(name:)`.
    pub(super) fn database_name(&self) -> Option<&str> {
        self.directive("db")?.text("name")
    }

    /// `@rename(oldName:)`.
    pub(super) fn old_name(&self) -> Option<&str> {
        self.directive("rename")?.text("oldName")
    }

    /// Whether the directive is there, but for its capitals: that is reported where it stands.
    pub(super) fn nearly_has(&self, name: &str) -> bool {
        self.directives.iter().any(|directive| directive.name.text.eq_ignore_ascii_case(name))
    }

    /// `@unique`, also as the legacy language may spell it.
    pub(super) fn is_unique(&self) -> bool {
        self.directive("unique").or_else(|| self.directive("pqUnique")).is_some()
    }

    /// `@relation(name:)`.
    pub(super) fn relation_name(&self) -> Option<&str> {
        self.directive("relation")?.text("name")
    }

    /// Name of the column, were it one.
    pub(super) fn column_name(&self) -> &str {
        self.database_name().unwrap_or(self.name.text)
    }
}

/// `T`, `T!`, `[T]`, `[T!]!`.
#[derive(Debug)]
pub(super) struct TypeReference<'a> {
    /// The innermost name.
    pub(super) name: Name<'a>,
    /// Whether it is a list.
    pub(super) list: bool,
    /// Whether it is `T!`; a list never counts as required.
    pub(super) required: bool,
    /// The type without blanks, for messages.
    pub(super) written: String,
}

/// `@name(arguments)`.
#[derive(Debug)]
pub(super) struct Directive<'a> {
    /// Its name without `@`.
    pub(super) name: Name<'a>,
    /// From `@` to the last parenthesis.
    pub(super) span: Span,
    /// Its arguments.
    pub(super) arguments: Vec<Argument<'a>>,
}

impl<'a> Directive<'a> {
    /// The first argument of this name.
    pub(super) fn argument(&self, name: &str) -> Option<&Argument<'a>> {
        self.arguments.iter().find(|argument| argument.name.text == name)
    }

    /// A text or enum argument as text.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.argument(name)?.value.text()
    }
}

/// `name: value`.
#[derive(Debug)]
pub(super) struct Argument<'a> {
    /// Its name.
    pub(super) name: Name<'a>,
    /// Its value.
    pub(super) value: Value<'a>,
}

/// A value and where it stands.
#[derive(Debug)]
pub(super) struct Value<'a> {
    /// What it is.
    pub(super) kind: ValueKind<'a>,
    /// Where.
    pub(super) span: Span,
}

impl Value<'_> {
    /// The content of a text, or the word of an enum value.
    pub(super) fn text(&self) -> Option<&str> {
        match &self.kind {
            ValueKind::String(text) => Some(text),
            ValueKind::Enum(word) => Some(word),
            ValueKind::Int(_)
            | ValueKind::Float(_)
            | ValueKind::Boolean(_)
            | ValueKind::Null
            | ValueKind::List(_)
            | ValueKind::Object(_) => None,
        }
    }
}

/// Kinds of values.
#[derive(Debug)]
pub(super) enum ValueKind<'a> {
    /// `"text"` with escapes resolved.
    String(String),
    /// `1`.
    Int(&'a str),
    /// `1.5`.
    Float(&'a str),
    /// `true`, `false`.
    Boolean(bool),
    /// `null`.
    Null,
    /// `WORD`.
    Enum(&'a str),
    /// `[…]`.
    List(Vec<Value<'a>>),
    /// `{name: value}`.
    Object(Vec<Argument<'a>>),
}
