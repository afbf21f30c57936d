//! Where the parts of a text stand, for whoever writes a text anew and keeps what a person wrote.

use crate::Span;

/// What a block declares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// `model`; in SDL `type`.
    Model,
    /// `view`.
    View,
    /// `type`.
    Composite,
    /// `enum`.
    Enum,
    /// `datasource`.
    Datasource,
    /// `generator`.
    Generator,
}

/// A block of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BlockPlace {
    /// What it declares.
    pub kind: BlockKind,
    /// Its name.
    pub name: String,
    /// From its keyword to its closing brace.
    pub span: Span,
    /// Fields, values or settings in the order of the text.
    pub members: Vec<MemberPlace>,
    /// `@@` attributes in the order of the text. In SDL the directives of a type, each of which that lists indexes is
    /// followed by an `index` for every one of them, whose span is the one object.
    pub attributes: Vec<AttributePlace>,
}

/// A field of a model, a value of an enum or a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPlace {
    /// Its name.
    pub name: String,
    /// From its name to its last attribute; of a setting, the name alone.
    pub span: Span,
    /// Type of a field, its suffix included.
    pub ty: Option<Span>,
    /// Its attributes in the order of the text.
    pub attributes: Vec<AttributePlace>,
    /// What a field says of a relation.
    pub relation: RelationWords,
}

/// What `@relation` says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RelationWords {
    /// Name of the relation.
    pub name: Option<String>,
    /// Whether it names columns of this model: the side that holds the foreign key.
    pub holds: bool,
}

/// An attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributePlace {
    /// Its name without `@`, with its prefix (`db.Text`).
    pub name: String,
    /// From its `@` to its closing parenthesis.
    pub span: Span,
    /// `name:`, by which client code knows a key or index.
    pub client_name: Option<String>,
}
