//! `datasource` and `generator` blocks.

use std::collections::BTreeSet;

use super::arguments::wrong;
use super::ast::{Block, BlockKind, Call, Expression, Value};
use super::codes;
use super::suggest::{did_you_mean, nearest};
use crate::findings::Findings;
use crate::{Datasource, Diagnostic, Edition, Extension, ForeignKeyMode, Provider, Span};

/// Settings of a datasource.
const SETTINGS: [&str; 8] = [
    "provider",
    "url",
    "directUrl",
    "shadowDatabaseUrl",
    "relationMode",
    "referentialIntegrity",
    "schemas",
    "extensions",
];

/// What a datamodel's blocks are checked against.
pub(crate) struct Target {
    /// The datasource, when its provider is known.
    pub(crate) datasource: Option<Datasource>,
    /// Some datasource is there, though perhaps not usable.
    pub(crate) declared: bool,
    /// The conventions of the text.
    pub(crate) edition: Edition,
    /// The preview features that the generators switch on.
    pub(crate) previews: BTreeSet<String>,
}

impl Target {
    /// The database; `None` puts no limits.
    pub(crate) fn provider(&self) -> Option<Provider> {
        self.datasource.as_ref().map(|datasource| datasource.provider)
    }

    /// Whether the database keeps foreign keys.
    pub(crate) fn foreign_keys(&self) -> ForeignKeyMode {
        self.datasource.as_ref().map_or(ForeignKeyMode::Database, |datasource| datasource.foreign_keys)
    }

    /// The database's name for messages.
    pub(crate) fn name(&self) -> &'static str {
        match self.provider() {
            Some(Provider::PostgreSql) => "PostgreSQL",
            Some(Provider::MySql) => "MySQL",
            Some(Provider::Sqlite) => "SQLite",
            None => "the database",
        }
    }
}

/// Reads the one datasource and checks the generators.
pub(crate) fn read(blocks: &[Block<'_>], edition: Edition, diagnostics: &mut Findings) -> Target {
    let mut target = Target { datasource: None, declared: false, edition, previews: previews(blocks) };
    let mut generators = BTreeSet::new();
    for block in blocks {
        match block.kind {
            BlockKind::Datasource if target.declared => {
                let message = "There is a second datasource.";
                let found = Diagnostic::error(codes::TWO_DATASOURCES, block.name.span(), message);
                diagnostics.push(found.help("Keep one; a datamodel describes one database."));
            }
            BlockKind::Datasource => {
                target.declared = true;
                repeated(block, diagnostics);
                target.datasource = datasource(block, &target, diagnostics);
            }
            BlockKind::Generator => {
                repeated(block, diagnostics);
                generator(block, diagnostics);
                if !generators.insert(block.name.text) {
                    let message = format!("There is already a generator `{}`.", block.name.text);
                    let found = Diagnostic::error(codes::DUPLICATE_BLOCK, block.name.span(), message);
                    diagnostics.push(found.help("Give one of them another name."));
                }
            }
            _ => {}
        }
    }
    target
}

/// The preview features of all generators.
fn previews(blocks: &[Block<'_>]) -> BTreeSet<String> {
    let settings =
        blocks.iter().filter(|block| block.kind == BlockKind::Generator).flat_map(|block| block.settings);
    let lists = settings
        .filter(|setting| setting.name.text == "previewFeatures")
        .filter_map(|setting| setting.value.as_ref());
    lists
        .flat_map(Expression::items)
        .filter_map(|item| if let Value::Text(name) = &item.value { Some(name.to_string()) } else { None })
        .collect()
}

fn repeated(block: &Block<'_>, diagnostics: &mut Findings) {
    let mut seen = std::collections::BTreeSet::new();
    for setting in block.settings {
        if !seen.insert(setting.name.text) {
            let message = format!("The setting `{}` is given twice.", setting.name.text);
            diagnostics.push(
                Diagnostic::error(codes::DUPLICATE_MEMBER, setting.name.span(), message)
                    .help("Keep one of them."),
            );
        }
    }
}

fn generator(block: &Block<'_>, diagnostics: &mut Findings) {
    if !block.damaged && !block.settings.iter().any(|setting| setting.name.text == "provider") {
        let message = format!("The generator `{}` has no `provider`.", block.name.text);
        let found = Diagnostic::error(codes::BAD_SETTING, block.name.span(), message);
        diagnostics.push(found.help("Add `provider = \"prisma-client-js\"`, or remove the block."));
    }
}

fn datasource(block: &Block<'_>, target: &Target, diagnostics: &mut Findings) -> Option<Datasource> {
    let (mut provider, mut given) = (None, false);
    let (mut url, mut direct_url) = (None, None);
    let mut foreign_keys = ForeignKeyMode::Database;
    let mut schemas = None;
    let mut extensions = None;
    let mut mode = None;
    for setting in block.settings {
        let key = setting.name;
        given |= key.text == "provider";
        if !SETTINGS.contains(&key.text) {
            let message = format!("A datasource has no setting `{}`.", key.text);
            let help = did_you_mean(key.text, SETTINGS, "Remove it.");
            diagnostics.push(Diagnostic::error(codes::BAD_SETTING, key.span(), message).help(help));
        }
        if matches!(key.text, "relationMode" | "referentialIntegrity" | "schemas" | "extensions") {
            target.since(Edition::Three, &format!("setting `{}`", key.text), key.span(), diagnostics);
        }
        let Some(value) = &setting.value else { continue };
        match key.text {
            "provider" => provider = read_provider(value, target, diagnostics),
            "url" => {
                check_url(key.text, value, diagnostics);
                url = Some(value);
            }
            "directUrl" => {
                check_url(key.text, value, diagnostics);
                direct_url = Some(value);
            }
            "shadowDatabaseUrl" => check_url(key.text, value, diagnostics),
            "relationMode" | "referentialIntegrity" => {
                if let Some(other) = mode.replace(key).filter(|other| other.text != key.text) {
                    let old = if key.text == "relationMode" { other } else { key };
                    let message = "`relationMode` and its old name `referentialIntegrity` are both given.";
                    let found = Diagnostic::error(codes::BAD_SETTING, old.span(), message);
                    diagnostics.push(found.help("Keep `relationMode`."));
                }
                if key.text == "referentialIntegrity" {
                    let message = "`referentialIntegrity` is the old name of `relationMode`.";
                    let found = Diagnostic::warning(codes::BAD_SETTING, key.span(), message);
                    diagnostics.push(found.help("Write `relationMode`."));
                }
                foreign_keys = relation_mode(value, diagnostics);
            }
            "schemas" => schemas = Some((key.span(), value)),
            "extensions" => extensions = Some((key.span(), value)),
            _ => {}
        }
    }
    if !given && !block.damaged {
        let message = format!("The datasource `{}` has no `provider`.", block.name.text);
        let found = Diagnostic::error(codes::BAD_PROVIDER, block.name.span(), message);
        diagnostics.push(found.help("Add `provider = \"postgresql\"`, `\"mysql\"` or `\"sqlite\"`."));
    }
    let provider = provider?;
    if let Some(url) = url {
        scheme(provider, url, diagnostics);
    }
    for (name, (span, _)) in
        [("schemas", schemas), ("extensions", extensions)].into_iter().filter_map(|(n, v)| v.map(|v| (n, v)))
    {
        if provider != Provider::PostgreSql {
            let message = format!("The setting `{name}` is for PostgreSQL only.");
            diagnostics.push(Diagnostic::error(codes::BAD_SETTING, span, message).help("Remove it."));
        }
    }
    let schemas = schemas.map(|(_, value)| read_schemas(value, diagnostics)).unwrap_or_default();
    let extensions = extensions.filter(|_| provider == Provider::PostgreSql);
    let extensions = extensions
        .map(|(span, value)| read_extensions(span, value, &target.previews, diagnostics))
        .unwrap_or_default();
    let url_variables = [direct_url, url].into_iter().flatten().filter_map(variable).collect();
    Some(Datasource {
        name: block.name.text.to_owned(),
        provider,
        schemas,
        extensions,
        foreign_keys,
        url_variables,
    })
}

fn read_provider(value: &Expression<'_>, target: &Target, diagnostics: &mut Findings) -> Option<Provider> {
    let help = "Write `\"postgresql\"`, `\"mysql\"` or `\"sqlite\"`.";
    // Early editions took a list; of several databases nobody can say which one is meant.
    if let Value::Array(items) = &value.value
        && let [only] = items
        && !matches!(only.value, Value::Array(_))
    {
        if target.edition > Edition::Two {
            let help = target.until(Edition::Two, help);
            diagnostics.error(
                codes::BAD_PROVIDER,
                value.span(),
                "The provider must be a string, not a list.",
                help,
            );
        }
        return read_provider(only, target, diagnostics);
    }
    let Value::Text(text) = &value.value else {
        let help = match &value.value {
            Value::Array(items) if items.len() > 1 => "Keep the one that this datamodel's database is.",
            _ => help,
        };
        let message = format!("The provider must be a string, not {}.", value.value.kind());
        diagnostics.push(Diagnostic::error(codes::BAD_PROVIDER, value.span(), message).help(help));
        return None;
    };
    Some(match *text {
        "postgresql" | "postgres" => Provider::PostgreSql,
        "mysql" => Provider::MySql,
        "sqlite" => Provider::Sqlite,
        other => {
            let message = format!("There is no provider \"{}\".", other.chars().take(40).collect::<String>());
            let near = nearest(other, ["postgresql", "mysql", "sqlite"]);
            let help = near.map_or_else(|| help.to_owned(), |near| format!("Did you mean \"{near}\"?"));
            diagnostics.push(Diagnostic::error(codes::BAD_PROVIDER, value.span(), message).help(help));
            return None;
        }
    })
}

fn check_url(name: &str, value: &Expression<'_>, diagnostics: &mut Findings) {
    let fine = match &value.value {
        Value::Text(_) => true,
        Value::Function(Call { name: "env", arguments }) => {
            matches!(arguments, [only] if only.name.is_none() && matches!(only.value.value, Value::Text(_)))
        }
        _ => false,
    };
    if !fine {
        wrong(value, &format!("`{name}`"), "a string or `env(\"NAME\")`", diagnostics);
    }
}

/// The name in `env("NAME")`.
fn variable(value: &Expression<'_>) -> Option<String> {
    let Value::Function(Call { name: "env", arguments }) = &value.value else { return None };
    match arguments {
        [only] => match &only.value.value {
            Value::Text(name) if !name.is_empty() => Some((*name).to_owned()),
            _ => None,
        },
        _ => None,
    }
}

/// A literal url must be one of the provider's. Its text goes into no message.
fn scheme(provider: Provider, url: &Expression<'_>, diagnostics: &mut Findings) {
    let Value::Text(text) = &url.value else { return };
    let schemes: &[&str] = match provider {
        Provider::PostgreSql => &["postgresql://", "postgres://", "prisma://", "prisma+postgres://"],
        Provider::MySql => &["mysql://", "prisma://", "prisma+postgres://"],
        Provider::Sqlite => &["file:", "prisma://", "prisma+postgres://"],
    };
    if text.is_empty() || !schemes.iter().any(|scheme| text.starts_with(scheme)) {
        let message = format!("This is not a url of {}.", provider.as_str());
        let help = format!(
            "Start it with `{}`, or use `env(\"DATABASE_URL\")`.",
            schemes.first().copied().unwrap_or_default()
        );
        diagnostics.push(Diagnostic::warning(codes::URL_MISMATCH, url.span(), message).help(help));
    }
}

fn relation_mode(value: &Expression<'_>, diagnostics: &mut Findings) -> ForeignKeyMode {
    match &value.value {
        Value::Text("prisma") => ForeignKeyMode::Client,
        Value::Text("foreignKeys") => ForeignKeyMode::Database,
        _ => {
            wrong(value, "The relation mode", "`\"foreignKeys\"` or `\"prisma\"`", diagnostics);
            ForeignKeyMode::Database
        }
    }
}

/// The extensions of PostgreSQL that the datamodel needs.
fn read_extensions(
    span: Span,
    value: &Expression<'_>,
    previews: &BTreeSet<String>,
    diagnostics: &mut Findings,
) -> Vec<Extension> {
    if !previews.contains("postgresqlExtensions") {
        let message = "The setting `extensions` is a preview feature.";
        let found = Diagnostic::error(codes::BAD_SETTING, span, message);
        let help = "Add `previewFeatures = [\"postgresqlExtensions\"]` to a generator, or remove it.";
        diagnostics.push(found.help(help));
        return Vec::new();
    }
    let items = value.items();
    let mut extensions: Vec<Extension> = Vec::new();
    for item in items {
        let (name, arguments) = match &item.value {
            Value::Constant(name) => (*name, &[][..]),
            Value::Function(Call { name, arguments }) => (*name, *arguments),
            _ => {
                wrong(
                    item,
                    "An extension",
                    "a name, such as `citext` or `name(map: \"uuid-ossp\")`",
                    diagnostics,
                );
                continue;
            }
        };
        let text = |key: &str| {
            let named = arguments.iter().find(|argument| argument.name.is_some_and(|name| name.text == key));
            named.and_then(|argument| match &argument.value.value {
                Value::Text(text) if !text.is_empty() => Some(text.to_string()),
                _ => None,
            })
        };
        let name = text("map").unwrap_or_else(|| name.to_owned());
        if !extensions.iter().any(|known| known.name == name) {
            extensions.push(Extension { name, schema: text("schema"), version: text("version") });
        }
    }
    extensions
}

fn read_schemas(value: &Expression<'_>, diagnostics: &mut Findings) -> Vec<String> {
    let items = value.items();
    let mut schemas: Vec<String> = Vec::new();
    let mut seen = std::collections::BTreeSet::new();
    for item in items {
        match &item.value {
            Value::Text(text) if !seen.insert(text) => {
                report_schema(item.span(), "This schema is listed twice.", diagnostics);
            }
            Value::Text(text) => schemas.push(text.to_string()),
            _ => wrong(item, "The name of a schema", "a string", diagnostics),
        }
    }
    if items.is_empty() {
        report_schema(value.span(), "`schemas` lists no schema.", diagnostics);
    }
    schemas
}

fn report_schema(span: Span, message: &str, diagnostics: &mut Findings) {
    let help = "List each schema once, or remove `schemas` to use the connection's own.";
    diagnostics.push(Diagnostic::error(codes::BAD_SETTING, span, message).help(help));
}
