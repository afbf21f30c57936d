//! Tables as models.

use datamodel::{BlockKind, quoted};
use schema::{Dialect, Table};

use crate::block::{Block, BlockAttribute, Member, State};
use crate::context::{Context, known_model};
use crate::known::KnownModel;
use crate::{fields, keys};

/// The model of a table, with its relation fields.
pub(crate) fn model(context: &Context<'_>, table: &Table, relations: Vec<Member>) -> Block {
    let known = known_model(context, &table.name);
    let keys = keys::keys(context, table, known.as_ref());
    let mut members = fields::columns(context, table, known.as_ref(), &keys);
    members.extend(relations);
    let mut attributes = keys.block;
    attributes.extend(others(context, table, known.as_ref()));
    Block {
        kind: BlockKind::Model,
        name: context.names.model(&table.name).to_owned(),
        place: known.map(|known| known.at),
        before: if known.is_some() { Vec::new() } else { documentation(context, table) },
        members,
        attributes,
    }
}

/// `@@map`, `@@ignore`, `@@schema`, and whatever else the text has.
fn others(context: &Context<'_>, table: &Table, known: Option<&KnownModel<'_>>) -> Vec<BlockAttribute> {
    let mut attributes = Vec::new();
    let ignored = context.is_ignored(table);
    match known {
        Some(known) => {
            for (at, attribute) in known.place.attributes.iter().enumerate() {
                if !matches!(attribute.name.as_str(), "id" | "unique" | "index" | "fulltext") {
                    let text = context.known.slice(attribute.span).to_owned();
                    attributes.push(BlockAttribute { text, place: Some(at), state: State::Kept });
                }
            }
            if ignored && !known.is_ignored() {
                attributes.push(BlockAttribute::new("@@ignore".to_owned()));
            }
        }
        None => {
            if context.names.model(&table.name) != table.name.name {
                attributes.push(BlockAttribute::new(format!("@@map({})", quoted(&table.name.name))));
            }
            if ignored {
                attributes.push(BlockAttribute::new("@@ignore".to_owned()));
            }
            attributes.extend(namespace(context, table.name.namespace.as_deref()));
        }
    }
    attributes
}

/// `@@schema`, where the datasource names schemas.
pub(crate) fn namespace(context: &Context<'_>, namespace: Option<&str>) -> Option<BlockAttribute> {
    let source = context.known.datamodel.datasource.as_ref()?;
    let namespace = namespace.filter(|_| !source.schemas.is_empty())?;
    Some(BlockAttribute::new(format!("@@schema({})", quoted(namespace))))
}

/// What Prisma says above a model whose table has more than a model can say, in its words.
fn documentation(context: &Context<'_>, table: &Table) -> Vec<String> {
    let has = |wanted: &str| table.extras.iter().any(|extra| extra.starts_with(wanted));
    let index =
        |what: &str| table.extras.iter().any(|extra| extra.starts_with("index ") && extra.contains(what));
    let postgres = context.found.dialect == Dialect::PostgreSql;
    let (plain, shown) = (format!("inherits {}", table.name.name), format!("inherits {}", table.name));
    let is_parent = context
        .found
        .tables
        .iter()
        .flat_map(|other| &other.extras)
        .any(|extra| *extra == plain || *extra == shown);
    let setup = |what: &str, page: &str| {
        format!(
            "{what} requires additional setup for migrations. Visit https://pris.ly/d/{page} for more info."
        )
    };
    let mut lines = Vec::new();
    let name = context.names.model(&table.name);
    if context.names.is_reserved(&table.name) {
        lines.push(format!(
            "This model has been renamed to '{name}' during introspection, because the original name '{}' is reserved.",
            table.name.name
        ));
    }
    let mut say = |when: bool, what: &str, page: &str| lines.extend(when.then(|| setup(what, page)));
    say(postgres && has("partitioned"), "This table is a partition table and", "partition-tables");
    say(is_parent, "This table has subclasses and", "table-inheritance");
    say(
        has("check ") && context.found.dialect != Dialect::Sqlite,
        "This table contains check constraints and",
        "check-constraints",
    );
    say(index("exclusion"), "This table contains exclusion constraints and", "exclusion-constraints");
    if !context.is_usable(table) {
        lines.push(
            "The underlying table does not contain a valid unique identifier and can therefore currently not be \
             handled by Prisma Client."
                .to_owned(),
        );
    }
    let mut say = |when: bool, what: &str, page: &str| lines.extend(when.then(|| setup(what, page)));
    say(
        has("deferrable constraint"),
        "This model has constraints using non-default deferring rules and",
        "constraint-deferring",
    );
    say(has("row level security"), "This model contains row level security and", "row-level-security");
    say(
        index("nulls order"),
        "This model contains an index with non-default null sort order and",
        "default-index-null-ordering",
    );
    say(
        postgres && index("expression"),
        "This model contains an expression index which",
        "expression-indexes",
    );
    lines
}
