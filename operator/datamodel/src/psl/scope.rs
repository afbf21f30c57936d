//! The names that blocks declare, and what they are checked against.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use foldhash::{HashMap, HashMapExt as _};

use super::arguments::Arguments;
use super::ast::{Attribute, Block, BlockKind, EnumMember};
use super::codes;
use super::datasource::Target;
use super::naming::Naming;
use crate::findings::Findings;
use crate::{Diagnostic, Edition, Provider, Scalar, Span};

/// Names that client code could not use.
const RESERVED: &[&str] = &[
    "PrismaClient",
    "async",
    "await",
    "break",
    "case",
    "catch",
    "class",
    "const",
    "continue",
    "debugger",
    "default",
    "delete",
    "do",
    "else",
    "enum",
    "export",
    "extends",
    "false",
    "finally",
    "for",
    "function",
    "if",
    "implements",
    "import",
    "in",
    "instanceof",
    "interface",
    "let",
    "new",
    "null",
    "package",
    "private",
    "protected",
    "public",
    "return",
    "super",
    "switch",
    "this",
    "throw",
    "true",
    "try",
    "using",
    "typeof",
    "var",
    "void",
    "while",
    "with",
    "yield",
];

/// Whether no model and no enum may be called so: a scalar, or a word of client code.
pub(crate) fn is_reserved(name: &str) -> bool {
    scalar(name).is_some() || RESERVED.contains(&name)
}

/// What a name in the place of a type means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// A model, by its place among models and views.
    Model(usize),
    /// An enum.
    Enum,
    /// A view, by its place among models and views: checked, but not part of the result.
    View(usize),
    /// A composite type, already refused.
    Composite,
}

impl Meaning {
    /// The keyword of the blocks that mean this.
    const fn keyword(self) -> &'static str {
        match self {
            Self::Model(_) => BlockKind::Model.keyword(),
            Self::Enum => BlockKind::Enum.keyword(),
            Self::View(_) => BlockKind::View.keyword(),
            Self::Composite => BlockKind::Composite.keyword(),
        }
    }
}

/// Everything declared at the top level.
pub(crate) struct Scope<'b, 'a> {
    /// The datasource.
    pub(crate) target: Target,
    /// Meaning of each declared name; the first block of a name wins.
    pub(crate) names: HashMap<&'a str, Meaning>,
    /// Whether any block is a view.
    pub(crate) has_views: bool,
    /// Where the names stand of blocks that are not what their name stands for, in the order of the text.
    disowned: Vec<usize>,
    in_order: OnceCell<Vec<&'a str>>,
    /// The schemas that the datasource lists.
    schemas: BTreeSet<String>,
    /// The values of each enum.
    pub(crate) values: HashMap<&'a str, BTreeSet<&'a str>>,
    /// The values of each enum as the database stores them.
    pub(crate) stored: HashMap<&'a str, BTreeSet<&'b str>>,
}

impl<'b, 'a> Scope<'b, 'a> {
    /// Collects the names; repeated and reserved ones are reported.
    pub(crate) fn new(blocks: &'b [Block<'a>], target: Target, diagnostics: &mut Findings) -> Self {
        let mut names: HashMap<&'a str, Meaning> = HashMap::with_capacity(blocks.len());
        let (mut disowned, mut models, mut has_views) = (Vec::new(), 0, false);
        let (mut values, mut stored) = (HashMap::new(), HashMap::new());
        for block in blocks {
            let meaning = match block.kind {
                BlockKind::Model => Meaning::Model(models),
                BlockKind::Enum => Meaning::Enum,
                BlockKind::View => Meaning::View(models),
                BlockKind::Composite => Meaning::Composite,
                BlockKind::Datasource | BlockKind::Generator => continue,
            };
            let name = block.name;
            if meaning == Meaning::Composite {
                let message =
                    format!("`type {}` is a composite type, and {} has none.", name.text, target.name());
                let found = Diagnostic::error(codes::NOT_RELATIONAL, name.span(), message);
                diagnostics.push(found.help("Make it a model with a relation, or a `Json` field."));
            }
            let view = block.kind == BlockKind::View;
            has_views |= view;
            if view && !target.since(Edition::Three, "views", name.span(), diagnostics) {
                disowned.push(name.span().start);
                continue;
            }
            if view && !target.previews.contains("views") {
                let message = format!("The view `{}` needs the preview feature `views`.", name.text);
                let found = Diagnostic::error(codes::VIEW, name.span(), message);
                diagnostics.push(found.help("Add `previewFeatures = [\"views\"]` to a generator, or remove the view; a migration leaves views alone."));
            }
            if is_reserved(name.text) {
                let message = format!("`{}` is a reserved name.", name.text);
                let found = Diagnostic::error(codes::RESERVED_NAME, name.span(), message);
                diagnostics.push(found.help("Choose another name and keep the table's with `@@map`."));
            }
            if let Some(other) = names.get(name.text) {
                let message = format!("There is already a {} `{}`.", other.keyword(), name.text);
                let found = Diagnostic::error(codes::DUPLICATE_BLOCK, name.span(), message);
                diagnostics.push(found.help("Give one of them another name."));
                disowned.push(name.span().start);
                continue;
            }
            if meaning == Meaning::Enum {
                values.insert(name.text, block.values.iter().map(|value| value.name.text).collect());
                stored.insert(name.text, block.values.iter().map(EnumMember::stored).collect());
            }
            names.insert(name.text, meaning);
            models += usize::from(matches!(meaning, Meaning::Model(_) | Meaning::View(_)));
        }
        let schemas = target.datasource.iter().flat_map(|source| &source.schemas).cloned().collect();
        Self { target, names, has_views, disowned, in_order: OnceCell::new(), schemas, values, stored }
    }

    /// All names in alphabetical order, for a message.
    pub(crate) fn in_order(&self) -> impl Iterator<Item = &'a str> {
        let sorted = || {
            let mut names: Vec<&str> = self.names.keys().copied().collect();
            names.sort_unstable();
            names
        };
        self.in_order.get_or_init(sorted).iter().copied()
    }

    /// Whether the block is the one its name stands for.
    pub(crate) fn owns(&self, block: &Block<'_>) -> bool {
        self.disowned.binary_search(&block.name.span().start).is_err()
    }

    /// The database.
    pub(crate) fn provider(&self) -> Option<Provider> {
        self.target.provider()
    }

    /// How keys and indexes are named; unknown without a datasource.
    pub(crate) fn naming(&self) -> Option<Naming> {
        self.provider().map(|provider| Naming { provider, edition: self.target.edition })
    }

    /// The schema in `@@schema("…")`, checked against the datasource.
    pub(crate) fn namespace(&self, attribute: &Attribute<'_>, diagnostics: &mut Findings) -> Option<String> {
        self.target.since(Edition::Three, "`@@schema`", attribute.span(), diagnostics);
        let arguments = Arguments::read(attribute, &["map"], diagnostics);
        arguments.require("map", diagnostics)?;
        let (text, span) = arguments.text("map", diagnostics)?;
        let Some(datasource) = &self.target.datasource else { return Some(text.to_owned()) };
        if datasource.provider != Provider::PostgreSql {
            let message = format!("{} has no schemas inside a database.", self.target.name());
            let found = Diagnostic::error(codes::BAD_NAMESPACE, attribute.span(), message);
            diagnostics.push(found.help("Remove the attribute."));
        } else if datasource.schemas.is_empty() {
            let message = "`@@schema` needs `schemas` in the datasource.";
            let found = Diagnostic::error(codes::BAD_NAMESPACE, attribute.span(), message);
            diagnostics.push(found.help(format!("Add `schemas = [\"{text}\"]` to the datasource.")));
        } else if !self.schemas.contains(text) {
            let message = format!("The datasource lists no schema \"{text}\".");
            let names = datasource.schemas.iter().map(String::as_str).take(diagnostics.candidates());
            let help = super::suggest::did_you_mean(text, names, "Add it to `schemas` in the datasource.");
            diagnostics.push(Diagnostic::error(codes::BAD_NAMESPACE, span, message).help(help));
        }
        Some(text.to_owned())
    }

    /// Reports a block without `@@schema` when the datasource lists schemas.
    pub(crate) fn need_namespace(&self, block: &Block<'_>, span: Span, diagnostics: &mut Findings) {
        let schemas =
            self.target.datasource.as_ref().map_or(&[][..], |datasource| datasource.schemas.as_slice());
        if let Some(first) = schemas.first()
            && !block.attributes.iter().any(|attribute| attribute.name.text == "schema")
        {
            let message = format!(
                "The {} `{}` does not say which schema it is in.",
                block.kind.keyword(),
                block.name.text
            );
            let found = Diagnostic::error(codes::BAD_NAMESPACE, span, message);
            diagnostics.push(
                found.help(format!("Add `@@schema(\"{first}\")` or another of the datasource's schemas.")),
            );
        }
    }
}

/// The names of the scalars.
pub(crate) const SCALARS: [&str; 9] =
    ["String", "Boolean", "Int", "BigInt", "Float", "Decimal", "DateTime", "Bytes", "Json"];

/// The scalar of this name.
pub(crate) fn scalar(name: &str) -> Option<Scalar> {
    Some(match name {
        "String" => Scalar::String,
        "Boolean" => Scalar::Boolean,
        "Int" => Scalar::Int,
        "BigInt" => Scalar::BigInt,
        "Float" => Scalar::Float,
        "Decimal" => Scalar::Decimal,
        "DateTime" => Scalar::DateTime,
        "Bytes" => Scalar::Bytes,
        "Json" => Scalar::Json,
        _ => return None,
    })
}
