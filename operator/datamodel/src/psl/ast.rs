//! What the parser has read: names and values as written, nothing resolved.
//!
//! Nothing of it owns memory: all lists stand in one arena, which is given back as a whole.

pub(crate) use crate::BlockKind;
use crate::{Arity, Span};

/// A [`Span`] in half the room: most of what is read of a text is where its words stand.
#[derive(Debug, Clone, Copy)]
struct Place {
    start: u32,
    end: u32,
}

impl From<Span> for Place {
    /// Texts are far shorter than what does not fit.
    fn from(span: Span) -> Self {
        let packed = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        Self { start: packed(span.start), end: packed(span.end) }
    }
}

impl From<Place> for Span {
    fn from(place: Place) -> Self {
        Self::new(place.start as usize, place.end as usize)
    }
}

/// A word and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Name<'a> {
    /// The word.
    pub(crate) text: &'a str,
    place: Place,
}

impl<'a> Name<'a> {
    /// The word that stands there.
    pub(crate) fn new(text: &'a str, span: Span) -> Self {
        Self { text, place: span.into() }
    }

    /// Its place.
    pub(crate) fn span(&self) -> Span {
        self.place.into()
    }
}

/// A value and its place.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expression<'a> {
    /// The value.
    pub(crate) value: Value<'a>,
    place: Place,
}

/// A value as written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Value<'a> {
    /// A string, its escapes undone.
    Text(&'a str),
    /// Digits.
    Number(&'a str),
    /// A bare word, perhaps with dots; `true` and `false` are such words.
    Constant(&'a str),
    /// `[a, b]`.
    Array(&'a [Expression<'a>]),
    /// `name(arguments)`.
    Function(&'a Call<'a>),
    /// `{ key: value }`.
    Object(&'a [(Name<'a>, Expression<'a>)]),
}

impl<'a> Expression<'a> {
    /// The value that stands there.
    pub(crate) fn new(value: Value<'a>, span: Span) -> Self {
        Self { value, place: span.into() }
    }

    /// Its place.
    pub(crate) fn span(&self) -> Span {
        self.place.into()
    }

    /// The items of a list; of anything else, itself.
    pub(crate) fn items(&self) -> &[Self] {
        match self.value {
            Value::Array(items) => items,
            _ => std::slice::from_ref(self),
        }
    }
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

/// `name(arguments)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The name.
    pub(crate) name: &'a str,
    /// The arguments.
    pub(crate) arguments: &'a [Argument<'a>],
}

/// An argument of an attribute or function.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Argument<'a> {
    /// `name:`, if given.
    pub(crate) name: Option<Name<'a>>,
    /// The value.
    pub(crate) value: Expression<'a>,
}

/// `@name(arguments)` or `@@name(arguments)`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute<'a> {
    /// The name without `@`; with its scope (`db.Text`).
    pub(crate) name: Name<'a>,
    place: Place,
    /// The arguments.
    pub(crate) arguments: &'a [Argument<'a>],
}

impl<'a> Attribute<'a> {
    /// The attribute that stands there.
    pub(crate) fn new(name: Name<'a>, arguments: &'a [Argument<'a>], span: Span) -> Self {
        Self { name, place: span.into(), arguments }
    }

    /// The whole attribute from its `@`.
    pub(crate) fn span(&self) -> Span {
        self.place.into()
    }

    /// Its name with its sign, for a message.
    pub(crate) fn shown(&self) -> String {
        let sign = if self.name.place.start > self.place.start + 1 { "@@" } else { "@" };
        format!("{sign}{}", self.name.text)
    }
}

/// Type of a field as written.
#[derive(Debug, Clone, Copy)]
pub(crate) enum TypeName<'a> {
    /// A word.
    Named(&'a str),
    /// `Unsupported("…")`.
    Unsupported(&'a str),
}

/// A line of a model that declares a field.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Field<'a> {
    /// Its name.
    pub(crate) name: Name<'a>,
    /// Its type.
    pub(crate) ty: TypeName<'a>,
    type_place: Place,
    /// The type's suffix.
    pub(crate) arity: Arity,
    /// Its attributes.
    pub(crate) attributes: &'a [Attribute<'a>],
    /// The hints before it; few fields have any.
    pub(crate) hints: Option<&'a Hints<'a>>,
}

/// What comments tell Schemalift of a field.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Hints<'a> {
    /// Its former name.
    pub(crate) renamed_from: Option<&'a str>,
    /// The column that it replaces.
    pub(crate) replaces: Option<&'a str>,
}

impl<'a> Field<'a> {
    /// A field without a hint, whose type stands there.
    pub(crate) fn new(
        name: Name<'a>,
        ty: TypeName<'a>,
        arity: Arity,
        attributes: &'a [Attribute<'a>],
        type_span: Span,
    ) -> Self {
        Self { name, ty, type_place: type_span.into(), arity, attributes, hints: None }
    }

    /// Where the type stands.
    pub(crate) fn type_span(&self) -> Span {
        self.type_place.into()
    }
}

/// A line of an enum that declares a value.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EnumMember<'a> {
    /// Its name.
    pub(crate) name: Name<'a>,
    /// Its attributes.
    pub(crate) attributes: &'a [Attribute<'a>],
    /// The hint before it.
    pub(crate) renamed_from: Option<&'a str>,
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
#[derive(Debug, Clone, Copy)]
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
#[derive(Debug, Clone, Copy)]
pub(crate) struct Block<'a> {
    /// Its kind.
    pub(crate) kind: BlockKind,
    /// Its name.
    pub(crate) name: Name<'a>,
    /// Fields of a model, view or type.
    pub(crate) fields: &'a [Field<'a>],
    /// Values of an enum.
    pub(crate) values: &'a [EnumMember<'a>],
    /// Settings of a datasource or generator.
    pub(crate) settings: &'a [Setting<'a>],
    /// `@@` attributes.
    pub(crate) attributes: &'a [Attribute<'a>],
    /// The hint before it.
    pub(crate) renamed_from: Option<&'a str>,
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
