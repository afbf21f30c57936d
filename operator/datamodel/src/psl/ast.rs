//! What the parser has read: names and values as written, nothing resolved.

use std::borrow::Cow;

pub(crate) use crate::BlockKind;
use crate::{Arity, Span};

/// A word and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    /// The word.
    pub(crate) text: &'a str,
    /// Its place.
    pub(crate) span: Span,
}

/// A value and its place.
#[derive(Debug, Clone)]
pub(crate) struct Expression<'a> {
    /// The value.
    pub(crate) value: Value<'a>,
    /// Its place.
    pub(crate) span: Span,
}

/// A value as written.
#[derive(Debug, Clone)]
pub(crate) enum Value<'a> {
    /// A string, its escapes undone.
    Text(Cow<'a, str>),
    /// Digits.
    Number(&'a str),
    /// A bare word, perhaps with dots; `true` and `false` are such words.
    Constant(&'a str),
    /// `[a, b]`.
    Array(Vec<Expression<'a>>),
    /// `name(arguments)`.
    Function(&'a str, Vec<Argument<'a>>),
    /// `{ key: value }`.
    Object(Vec<(Name<'a>, Expression<'a>)>),
}

impl Value<'_> {
    /// What it is, for a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Value::Text(_) => "a string",
            Value::Number(_) => "a number",
            Value::Constant("true" | "false") => "a boolean",
            Value::Constant(_) => "a name",
            Value::Array(_) => "a list",
            Value::Function(..) => "a function",
            Value::Object(_) => "an object",
        }
    }
}

/// An argument of an attribute or function.
#[derive(Debug, Clone)]
pub(crate) struct Argument<'a> {
    /// `name:`, if given.
    pub(crate) name: Option<Name<'a>>,
    /// The value.
    pub(crate) value: Expression<'a>,
}

/// `@name(arguments)` or `@@name(arguments)`.
#[derive(Debug, Clone)]
pub(crate) struct Attribute<'a> {
    /// The name without `@`; with its scope (`db.Text`).
    pub(crate) name: Name<'a>,
    /// The whole attribute from its `@`.
    pub(crate) span: Span,
    /// The arguments.
    pub(crate) arguments: Vec<Argument<'a>>,
}

impl Attribute<'_> {
    /// Its name with its sign, for a message.
    pub(crate) fn shown(&self) -> String {
        let sign = if self.name.span.start > self.span.start + 1 { "@@" } else { "@" };
        format!("{sign}{}", self.name.text)
    }
}

/// Type of a field as written.
#[derive(Debug, Clone)]
pub(crate) enum TypeName<'a> {
    /// A word.
    Named(&'a str),
    /// `Unsupported("…")`.
    Unsupported(Cow<'a, str>),
}

/// A line of a model that declares a field.
#[derive(Debug, Clone)]
pub(crate) struct Field<'a> {
    /// Its name.
    pub(crate) name: Name<'a>,
    /// Its type.
    pub(crate) ty: TypeName<'a>,
    /// Where the type stands.
    pub(crate) type_span: Span,
    /// The type's suffix.
    pub(crate) arity: Arity,
    /// Its attributes.
    pub(crate) attributes: Vec<Attribute<'a>>,
    /// The hint before it.
    pub(crate) renamed_from: Option<String>,
    /// The other hint before it.
    pub(crate) replaces: Option<String>,
}

/// A line of an enum that declares a value.
#[derive(Debug, Clone)]
pub(crate) struct EnumMember<'a> {
    /// Its name.
    pub(crate) name: Name<'a>,
    /// Its attributes.
    pub(crate) attributes: Vec<Attribute<'a>>,
    /// The hint before it.
    pub(crate) renamed_from: Option<String>,
}

impl EnumMember<'_> {
    /// The value as the database stores it.
    pub(crate) fn stored(&self) -> &str {
        let map = self.attributes.iter().find(|attribute| attribute.name.text == "map");
        match map.and_then(|attribute| attribute.arguments.first()).map(|argument| &argument.value.value) {
            Some(Value::Text(text)) => text,
            _ => self.name.text,
        }
    }
}

/// `key = value` of a datasource or generator.
#[derive(Debug, Clone)]
pub(crate) struct Setting<'a> {
    /// The key.
    pub(crate) name: Name<'a>,
    /// The value; `None` when it could not be read.
    pub(crate) value: Option<Expression<'a>>,
}

impl BlockKind {
    /// The kind of block that a keyword opens.
    pub(crate) fn of(keyword: &str) -> Option<Self> {
        Some(match keyword {
            "model" => Self::Model,
            "view" => Self::View,
            "type" => Self::Composite,
            "enum" => Self::Enum,
            "datasource" => Self::Datasource,
            "generator" => Self::Generator,
            _ => return None,
        })
    }

    /// The keyword.
    pub(crate) const fn keyword(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::View => "view",
            Self::Composite => "type",
            Self::Enum => "enum",
            Self::Datasource => "datasource",
            Self::Generator => "generator",
        }
    }
}

/// A block with its members; only the kinds of members that its own kind has are filled.
#[derive(Debug, Clone)]
pub(crate) struct Block<'a> {
    /// Its kind.
    pub(crate) kind: BlockKind,
    /// Its name.
    pub(crate) name: Name<'a>,
    /// Fields of a model, view or type.
    pub(crate) fields: Vec<Field<'a>>,
    /// Values of an enum.
    pub(crate) values: Vec<EnumMember<'a>>,
    /// Settings of a datasource or generator.
    pub(crate) settings: Vec<Setting<'a>>,
    /// `@@` attributes.
    pub(crate) attributes: Vec<Attribute<'a>>,
    /// The hint before it.
    pub(crate) renamed_from: Option<String>,
    /// Some line of it could not be read, so what it lacks may be there.
    pub(crate) damaged: bool,
    /// One past its closing brace.
    pub(crate) end: usize,
}

/// Adds to a list that mostly has one or two items: room is made for these alone.
pub(crate) fn push_to_short<T>(list: &mut Vec<T>, item: T) {
    if list.len() < 2 {
        list.reserve_exact(1);
    }
    list.push(item);
}
