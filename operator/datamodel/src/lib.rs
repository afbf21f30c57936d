//! Text to [`Datamodel`] and [`Diagnostic`]s.
//!
//! The one entry is [`parse`]; [`format`] lays a text out, [`join`] makes one text of several files, [`files`] parts it again. `parse` never fails and never panics: whatever the text is, it answers with all the
//! findings of one pass, and with a datamodel when none of them is an error. Input is bounded in bytes, tokens and
//! depth, and time is linear in its length. No clock, no environment, no network.

mod diagnostic;
mod files;
mod findings;
mod hint;
mod layout;
mod model;
mod outline;
mod psl;
mod recognise;
mod render;
mod sdl;
mod span;

pub use diagnostic::{Diagnostic, Severity};
pub use files::{Place, files, join, locate, of_keys};
pub use layout::{AttributePlace, BlockKind, BlockPlace, MemberPlace, RelationWords};
pub use model::*;
pub use outline::{Outline, Remark, Said};
pub use recognise::{recognise, recognise_prisma_file};
pub use render::{Styling, terminal};
pub use span::{Position, Span, position};

/// What to parse.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The text.
    pub text: &'a str,
    /// The language; `None` recognises it from the text.
    pub language: Option<Language>,
    /// The conventions that a PSL text follows; `None` is [`Edition::Six`]. Without meaning for the other languages.
    pub edition: Option<Edition>,
}

/// The result of [`parse`].
#[derive(Debug, Clone)]
pub struct Parsed {
    /// Present when no diagnostic is an error.
    pub datamodel: Option<Datamodel>,
    /// Findings in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// Longest text that is parsed, in bytes. Larger datamodels are refused with `D0001`.
pub const MAX_BYTES: usize = 4 * 1024 * 1024;

/// A datamodel in a newer language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgraded {
    /// The text, formatted.
    pub text: String,
    /// What the person should know, a sentence each.
    pub notes: Vec<String>,
}

/// Brings a datamodel v1 of Prisma 1 to v1.1: the same tables, save `_RelayId`. Nothing where the text is not valid.
pub fn upgrade_v1(text: &str) -> (Option<Upgraded>, Vec<Diagnostic>) {
    if text.len() > MAX_BYTES {
        return (None, parse(Source { text, language: Some(Language::SdlV1), edition: None }).diagnostics);
    }
    sdl::upgrade(text)
}

/// What a text in SDL says that its [`Datamodel`] does not hold. Empty for PSL and for what is too long.
pub fn outline(source: Source<'_>) -> Outline {
    let language = source.language.unwrap_or_else(|| recognise(source.text));
    if language == Language::Psl || source.text.len() > MAX_BYTES {
        return Outline::default();
    }
    sdl::outline(source.text, language)
}

/// The text of a datamodel in its common layout: PSL as Prisma's own formatter lays it out, SDL as Prisma 1's printer
/// does. What cannot be read stays as it is (of SDL the whole text), and no comment is lost.
pub fn format(text: &str, language: Language) -> String {
    match language {
        Language::Psl => psl::format(text),
        Language::SdlV11 | Language::SdlV1 => sdl::format(text),
    }
}

/// The text has more bytes than are read.
const TOO_LONG: &str = "D0001";
/// Where the blocks of a PSL text stand, with their members; of a text with errors, what could be read of it.
pub fn places(text: &str) -> Vec<BlockPlace> {
    if text.len() > MAX_BYTES { Vec::new() } else { psl::places(text) }
}

/// Where the types and enums of a text in SDL stand, with their fields and values.
pub fn sdl_places(text: &str) -> Vec<BlockPlace> {
    if text.len() > MAX_BYTES { Vec::new() } else { sdl::places(text) }
}

/// Whether PSL lets no model and no enum have this name.
pub fn is_reserved(name: &str) -> bool {
    psl::scope::is_reserved(name)
}

/// The name that PSL has for an operator class of PostgreSQL (`JsonbPathOps` for `jsonb_path_ops`).
pub fn operator_class_name(class: &str) -> Option<String> {
    psl::operators::psl_name(class)
}

/// A text in double quotes, as both PSL and SDL write it.
pub fn quoted(text: &str) -> String {
    sdl::quoted(text)
}

/// Parses and validates a datamodel. See the crate's documentation for what is guaranteed.
pub fn parse(source: Source<'_>) -> Parsed {
    if source.text.len() > MAX_BYTES {
        let message = format!("The datamodel has {} bytes; at most {MAX_BYTES} are read.", source.text.len());
        return Parsed {
            datamodel: None,
            diagnostics: vec![
                Diagnostic::error(TOO_LONG, Span::default(), message)
                    .help("Split it into several datamodels."),
            ],
        };
    }
    let language = source.language.unwrap_or_else(|| recognise(source.text));
    let (datamodel, mut diagnostics) = match language {
        Language::Psl => psl::parse(source.text, source.edition.unwrap_or_default()),
        Language::SdlV11 | Language::SdlV1 => sdl::parse(source.text, language),
    };
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    let failed = diagnostics.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
    Parsed { datamodel: datamodel.filter(|_| !failed), diagnostics }
}
