//! Names of relations and their fields, as Prisma makes them (`prisma` facts 4.5).

use std::collections::BTreeSet;

use schema::{ForeignKey, ObjectName, Table};

use crate::context::Context;
use crate::links::Link;

/// The name of a relation and of its two fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RelationNames {
    /// Name of the relation, where it needs one.
    pub(crate) relation: Option<String>,
    /// Field on the side that holds the key; of a link, on the model of column `A`.
    pub(crate) forward: String,
    /// Field on the other side.
    pub(crate) back: String,
}

/// Two tables between which a name is needed, the smaller one first.
pub(crate) type Pair = (ObjectName, ObjectName);

pub(crate) fn pair(one: &ObjectName, other: &ObjectName) -> Pair {
    if one <= other { (one.clone(), other.clone()) } else { (other.clone(), one.clone()) }
}

/// The pairs of tables with more than one relation, or with one whose field would be called like a column of it.
pub(crate) fn ambiguous(context: &Context<'_>) -> BTreeSet<Pair> {
    let mut once: BTreeSet<Pair> = BTreeSet::new();
    let mut several = BTreeSet::new();
    let mut add = |pair: Pair| {
        if !once.insert(pair.clone()) {
            several.insert(pair);
        }
    };
    for table in context.tables() {
        for key in &table.foreign_keys {
            add(pair(&table.name, &key.referenced_table));
        }
    }
    for link in context.links.values() {
        add(pair(&link.a, &link.b));
    }
    for table in context.tables() {
        for key in &table.foreign_keys {
            let field = context.names.model(&key.referenced_table);
            if key.columns.iter().any(|column| context.names.field(&table.name, column) == field) {
                several.insert(pair(&table.name, &key.referenced_table));
            }
        }
    }
    several
}

/// Names of a relation that columns hold.
pub(crate) fn inline(
    context: &Context<'_>,
    table: &Table,
    key: &ForeignKey,
    ambiguous: &BTreeSet<Pair>,
) -> RelationNames {
    let names = context.names;
    let (here, there) = (names.model(&table.name), names.model(&key.referenced_table));
    let other = if table.name == key.referenced_table { "other_" } else { "" };
    if !ambiguous.contains(&pair(&table.name, &key.referenced_table)) {
        return RelationNames {
            relation: (table.name == key.referenced_table).then(|| format!("{here}To{there}")),
            forward: there.to_owned(),
            back: format!("{other}{here}"),
        };
    }
    let columns: Vec<&str> = key.columns.iter().map(|column| names.field(&table.name, column)).collect();
    let relation = format!("{here}_{}To{there}", columns.join("_"));
    RelationNames {
        forward: format!("{there}_{relation}"),
        back: format!("{other}{here}_{relation}"),
        relation: Some(relation),
    }
}

/// Names of a many-to-many relation.
pub(crate) fn link(
    context: &Context<'_>,
    table: &ObjectName,
    link: &Link,
    ambiguous: &BTreeSet<Pair>,
) -> RelationNames {
    let (a, b) = (context.names.model(&link.a), context.names.model(&link.b));
    let given = table.name.strip_prefix('_').unwrap_or(&table.name);
    let itself = link.a == link.b;
    let several = ambiguous.contains(&pair(&link.a, &link.b));
    let usual = given == format!("{a}To{b}") && !itself && !several;
    let suffix = if several { table.name.as_str() } else { "" };
    let (of_a, of_b) = if itself { ("_A", "_B") } else { ("", "") };
    RelationNames {
        relation: (!usual).then(|| given.to_owned()),
        forward: format!("{b}{suffix}{of_a}"),
        back: format!("{a}{suffix}{of_b}"),
    }
}
