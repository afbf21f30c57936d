//! What shall stand in the text: [`Block`]s, each member of which says whether it stands there already.

use datamodel::{BlockKind, Language};

/// What becomes of the line that a text has for something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// There is none; one is written.
    New,
    /// It stays, byte for byte.
    Kept,
    /// It is written anew in its place.
    Changed,
}

/// A model or an enum.
#[derive(Debug, Clone)]
pub(crate) struct Block {
    /// Which of the two.
    pub(crate) kind: BlockKind,
    /// Its name.
    pub(crate) name: String,
    /// Place of the block among those of the text, if it is there.
    pub(crate) place: Option<usize>,
    /// Lines of documentation for a new block.
    pub(crate) before: Vec<String>,
    /// Fields or values.
    pub(crate) members: Vec<Member>,
    /// `@@` attributes.
    pub(crate) attributes: Vec<BlockAttribute>,
}

/// What a member is; columns come before relations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MemberKind {
    /// A field that is a column, or a value of an enum.
    Column,
    /// A field that leads to another model.
    Relation,
}

/// A field, or a value of an enum.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    /// What it is.
    pub(crate) kind: MemberKind,
    /// Its name.
    pub(crate) name: String,
    /// Type with its suffix; empty for a value.
    pub(crate) ty: String,
    /// All attributes as text.
    pub(crate) attributes: Vec<String>,
    /// What becomes of its line.
    pub(crate) state: State,
}

impl Member {
    /// The line without its indent.
    pub(crate) fn line(&self, language: Language) -> String {
        let mut line = self.name.clone();
        if language != Language::Psl {
            line.push(':');
        }
        for part in std::iter::once(&self.ty).chain(&self.attributes).filter(|part| !part.is_empty()) {
            line.push(' ');
            line.push_str(part);
        }
        line
    }
}

/// A `@@` attribute.
#[derive(Debug, Clone)]
pub(crate) struct BlockAttribute {
    /// As it is written.
    pub(crate) text: String,
    /// Place among the attributes of the block in the text, if it is there.
    pub(crate) place: Option<usize>,
    /// What becomes of its line.
    pub(crate) state: State,
}

impl BlockAttribute {
    /// One that is not in the text yet.
    pub(crate) fn new(text: String) -> Self {
        Self { text, place: None, state: State::New }
    }
}
