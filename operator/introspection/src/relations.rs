//! Foreign keys and link tables as fields on both sides.

use std::collections::{BTreeMap, BTreeSet};

use datamodel::{Action, Edition, InlineRelation, MemberPlace, quoted};
use plan::same_foreign_key;
use schema::{Dialect, ForeignKey, Nullability, ObjectName, Table, Uniqueness, foreign_key_name};

use crate::block::{Member, MemberKind, State};
use crate::context::{Context, known_model, texts, type_text};
use crate::fields::column_words;
use crate::keys::with;
use crate::known::KnownModel;
use crate::names::free;
use crate::relation_names::{self, Pair, RelationNames};
use crate::remark::Remark;

/// The relation fields of each table.
pub(crate) type Fields = BTreeMap<ObjectName, Vec<Member>>;

/// All relation fields: for each table those of foreign keys, in the order of the tables that hold them, then those of links.
pub(crate) fn fields(context: &Context<'_>, remarks: &mut Vec<Remark>) -> Fields {
    if !context.known.has_foreign_keys() {
        return emulated(context);
    }
    let mut writer = Writer {
        context,
        ambiguous: relation_names::ambiguous(context),
        taken: context.tables().map(|table| (table.name.clone(), taken(context, table))).collect(),
        relations: BTreeSet::new(),
        used: BTreeSet::new(),
        fields: Fields::new(),
    };
    for table in context.tables() {
        // SQLite lists keys from the last one that was declared.
        let mut keys: Vec<&ForeignKey> = table.foreign_keys.iter().collect();
        if context.found.dialect == Dialect::Sqlite {
            keys.reverse();
        }
        for key in keys {
            if let Some(why) = unfit(context, table, key) {
                remarks.push(unsayable(table, key, why));
            } else {
                writer.inline(table, key);
            }
        }
    }
    for (table, link) in context.links {
        writer.link(table, link);
    }
    for table in context.tables() {
        let Some(known) = known_model(context, &table.name) else { continue };
        let kept = known.view_fields(context.known).map(|place| as_it_is(context, place));
        writer.fields.entry(table.name.clone()).or_default().extend(kept);
    }
    writer.fields
}

fn unsayable(table: &Table, key: &ForeignKey, why: &str) -> Remark {
    let about = format!("{}.{}", table.name, key.columns.join(", "));
    Remark::new(about, format!("The foreign key to {} is not in the text: {why}.", key.referenced_table))
}

/// Why PSL has no relation for a foreign key.
fn unfit(context: &Context<'_>, table: &Table, key: &ForeignKey) -> Option<&'static str> {
    let Some(target) = context.tables().find(|target| target.name == key.referenced_table) else {
        return Some("the table that it leads to was not looked at");
    };
    let is_all = |columns: Vec<&String>| {
        columns.len() == key.referenced_columns.len()
            && columns.iter().all(|column| key.referenced_columns.contains(column))
    };
    let id = target.primary_key.iter().any(|id| is_all(id.columns.iter().collect()));
    let mut uniques = target.indexes.iter().filter(|index| index.uniqueness == Uniqueness::Unique);
    if !id && !uniques.any(|index| is_all(index.columns.iter().map(|column| &column.name).collect())) {
        return Some("what it leads to is not unique");
    }
    let mut sides = key.columns.iter().zip(&key.referenced_columns);
    let alike = sides.all(|(here, there)| {
        let words = |table: &Table, column: &str| {
            table.column(column).map(|column| column_words(context, &table.name, column).ty)
        };
        words(table, here) == words(target, there)
    });
    (!alike).then_some("its columns have other types than those that they lead to")
}

/// Names of fields that are not free any more.
fn taken(context: &Context<'_>, table: &Table) -> BTreeSet<String> {
    let mut taken = context.names.fields_of(&table.name);
    // PSL lets no field have the name of another one's column.
    taken.extend(table.columns.iter().map(|column| column.name.clone()));
    if let Some(known) = known_model(context, &table.name) {
        taken.extend(known.place.members.iter().map(|member| member.name.clone()));
    }
    taken
}

/// Without foreign keys the database knows no relation: those of the text stay where their models do.
fn emulated(context: &Context<'_>) -> Fields {
    let mut fields = Fields::new();
    for table in context.tables() {
        let Some(known) = known_model(context, &table.name) else { continue };
        let stays = |target: &str| context.tables().any(|table| context.names.model(&table.name) == target);
        let kept = known.model.relations.iter().filter(|relation| stays(&relation.target));
        let members = kept.filter_map(|relation| Some(as_it_is(context, known.member(&relation.name)?)));
        fields.insert(table.name.clone(), members.collect());
    }
    fields
}

fn as_it_is(context: &Context<'_>, place: &MemberPlace) -> Member {
    Member {
        kind: MemberKind::Relation,
        name: place.name.clone(),
        ty: type_text(context.known, place),
        attributes: texts(context.known, place).map(|(_, text)| text.to_owned()).collect(),
        state: State::Kept,
    }
}

struct Writer<'c> {
    context: &'c Context<'c>,
    ambiguous: BTreeSet<Pair>,
    taken: BTreeMap<ObjectName, BTreeSet<String>>,
    /// Names of relations that are not free any more.
    relations: BTreeSet<(Pair, String)>,
    /// Relations of the text that a foreign key was found for, by model and field.
    used: BTreeSet<(String, String)>,
    fields: Fields,
}

/// A relation of the text: its fields on both sides.
struct KnownRelation<'k> {
    forward: &'k MemberPlace,
    back: &'k MemberPlace,
}

impl<'c> Writer<'c> {
    fn inline(&mut self, table: &'c Table, key: &ForeignKey) {
        let context = self.context;
        let all = context.known.inline(&table.name, &key.columns, &key.referenced_table);
        let free = |relation: &InlineRelation| {
            !self.used.contains(&(relation.model.clone(), relation.field.clone()))
        };
        let same = |wanted: &ForeignKey| {
            let both = [&wanted.name, &key.name].into_iter().all(Option::is_some);
            same_foreign_key(key, wanted) && (!both || wanted.name == key.name)
        };
        let known = all
            .iter()
            .find(|(relation, wanted)| free(relation) && wanted.is_some_and(same))
            .or_else(|| all.iter().find(|(relation, _)| free(relation)))
            .copied();
        self.used.extend(known.map(|(relation, _)| (relation.model.clone(), relation.field.clone())));
        let sides = known.and_then(|(relation, _)| {
            let holder = known_model(context, &table.name)?;
            let target = known_model(context, &key.referenced_table)?;
            sides(holder, target, relation)
        });
        let same_key = known.and_then(|(_, wanted)| wanted).is_some_and(same);
        let names = match &sides {
            Some(sides) => RelationNames {
                relation: sides.forward.relation.name.clone(),
                forward: sides.forward.name.clone(),
                back: sides.back.name.clone(),
            },
            None => self.free_names(
                &table.name,
                &key.referenced_table,
                relation_names::inline(context, table, key, &self.ambiguous),
            ),
        };
        let optional = any_optional(table, &key.columns);
        let was_optional =
            known_model(context, &table.name).map(|known| any_optional(known.table, &key.columns));
        let relation = reference(context, table, key, names.relation.as_deref());
        let single = is_unique(table, &key.columns);
        let (here, there) = (context.names.model(&table.name), context.names.model(&key.referenced_table));
        let forward_ty = match &sides {
            // A required column may hold an optional relation, if the text has it so already.
            Some(sides) if was_optional == Some(optional) => type_text(context.known, sides.forward),
            _ => format!("{there}{}", if optional { "?" } else { "" }),
        };
        let back_ty = match &sides {
            // A list says as much of a unique column, if the text has it so already.
            Some(sides) if was_unique(context, table, &key.columns) == Some(single) => {
                type_text(context.known, sides.back)
            }
            _ => format!("{here}{}", if single { "?" } else { "[]" }),
        };
        let (forward, back) =
            (sides.as_ref().map(|sides| sides.forward), sides.as_ref().map(|sides| sides.back));
        let tables = (&table.name, &key.referenced_table);
        self.push(tables.0, tables.1, forward, &names.forward, forward_ty, Some((relation, same_key)));
        let plain = names.relation.as_deref().map(|name| (format!("@relation({})", quoted(name)), true));
        self.push(tables.1, tables.0, back, &names.back, back_ty, plain);
    }

    fn link(&mut self, table: &'c ObjectName, link: &'c crate::links::Link) {
        let context = self.context;
        let known = context.known.link(table).and_then(|relation| {
            let a = known_model(context, &link.a).filter(|model| model.model.name == relation.a.model)?;
            let b = known_model(context, &link.b).filter(|model| model.model.name == relation.b.model)?;
            link_sides(a, b, &relation.relation)
        });
        let names = match &known {
            Some(sides) => RelationNames {
                relation: sides.forward.relation.name.clone(),
                forward: sides.forward.name.clone(),
                back: sides.back.name.clone(),
            },
            None => {
                self.free_names(&link.a, &link.b, relation_names::link(context, table, link, &self.ambiguous))
            }
        };
        let list = |table: &ObjectName| format!("{}[]", context.names.model(table));
        let plain = || names.relation.as_deref().map(|name| (format!("@relation({})", quoted(name)), true));
        let (forward, back) =
            (known.as_ref().map(|sides| sides.forward), known.as_ref().map(|sides| sides.back));
        self.push(&link.a, &link.b, forward, &names.forward, list(&link.b), plain());
        self.push(&link.b, &link.a, back, &names.back, list(&link.a), plain());
    }

    /// The names, or ones like them that are free on both tables.
    fn free_names(
        &mut self,
        holder: &ObjectName,
        target: &ObjectName,
        names: RelationNames,
    ) -> RelationNames {
        let mut free_of = |table: &ObjectName, name: String| match self.taken.get_mut(table) {
            Some(taken) => free(name, taken),
            None => name,
        };
        let (forward, back) = (free_of(holder, names.forward), free_of(target, names.back));
        let both = relation_names::pair(holder, target);
        let relation = names.relation.map(|mut name| {
            while !self.relations.insert((both.clone(), name.clone())) {
                name.push('_');
            }
            name
        });
        RelationNames { relation, forward, back }
    }

    /// Adds a field; `relation` is its `@relation` with whether that of the text says the same.
    fn push(
        &mut self,
        table: &ObjectName,
        target: &ObjectName,
        place: Option<&MemberPlace>,
        name: &str,
        ty: String,
        relation: Option<(String, bool)>,
    ) {
        let context = self.context;
        let ignored =
            |name: &ObjectName| context.found.table(name).is_some_and(|table| context.is_ignored(table));
        let hide = ignored(target) && !ignored(table);
        let member = match place {
            Some(place) => {
                let had = |name: &str| place.attributes.iter().any(|attribute| attribute.name == name);
                let same_type = type_text(context.known, place) == ty;
                let same_relation = relation.as_ref().is_none_or(|(_, same)| *same);
                if same_type
                    && same_relation
                    && (!hide || had("ignore"))
                    && !(had("ignore") && ignored(table))
                {
                    as_it_is(context, place)
                } else {
                    let mut attributes: Vec<String> = texts(context.known, place)
                        .filter(|(name, _)| *name != "ignore" || !ignored(table))
                        .map(|(name, text)| match &relation {
                            Some((text, false)) if name == "relation" => text.clone(),
                            _ => text.to_owned(),
                        })
                        .collect();
                    attributes.extend((hide && !had("ignore")).then(|| "@ignore".to_owned()));
                    Member {
                        kind: MemberKind::Relation,
                        name: place.name.clone(),
                        ty,
                        attributes,
                        state: State::Changed,
                    }
                }
            }
            None => Member {
                kind: MemberKind::Relation,
                name: name.to_owned(),
                ty,
                attributes: relation
                    .map(|(text, _)| text)
                    .into_iter()
                    .chain(hide.then(|| "@ignore".to_owned()))
                    .collect(),
                state: State::New,
            },
        };
        self.fields.entry(table.clone()).or_default().push(member);
    }
}

/// The fields of a relation that columns hold.
fn sides<'k>(
    holder: KnownModel<'k>,
    target: KnownModel<'k>,
    relation: &InlineRelation,
) -> Option<KnownRelation<'k>> {
    let forward = holder.member(&relation.field)?;
    let back = target.model.relations.iter().find_map(|field| {
        let place = target.member(&field.name)?;
        let itself = target.model.name == holder.model.name && place.name == forward.name;
        let fits = field.target == holder.model.name
            && !itself
            && !place.relation.holds
            && place.relation.name == forward.relation.name;
        fits.then_some(place)
    })?;
    Some(KnownRelation { forward, back })
}

/// The lists of a many-to-many relation.
fn link_sides<'k>(a: KnownModel<'k>, b: KnownModel<'k>, relation: &str) -> Option<KnownRelation<'k>> {
    let usual = format!("{}To{}", a.model.name, b.model.name);
    let list = |here: &KnownModel<'k>, there: &KnownModel<'k>| -> Vec<String> {
        let lists = here.model.relations.iter().filter(|field| {
            let place = here.member(&field.name);
            let name = place.and_then(|place| place.relation.name.as_ref()).unwrap_or(&usual);
            field.target == there.model.name && field.arity == datamodel::Arity::List && name == relation
        });
        let mut names: Vec<String> = lists.map(|field| field.name.clone()).collect();
        names.sort();
        names
    };
    let (of_a, of_b) = (list(&a, &b), list(&b, &a));
    let itself = a.model.name == b.model.name;
    let back = if itself { of_b.get(1) } else { of_b.first() };
    Some(KnownRelation { forward: a.member(of_a.first()?)?, back: b.member(back?)? })
}

/// Whether one of these columns may be null; those of the key never are.
fn any_optional(table: &Table, columns: &[String]) -> bool {
    columns.iter().any(|name| {
        let of_key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(name));
        !of_key && table.column(name).is_some_and(|column| column.nullability == Nullability::Nullable)
    })
}

/// Whether exactly these columns are a key or a unique index.
fn is_unique(table: &Table, columns: &[String]) -> bool {
    let key = table.primary_key.as_ref().is_some_and(|key| key.columns == columns);
    key || table.indexes.iter().any(|index| {
        index.uniqueness == Uniqueness::Unique && index.columns.iter().map(|column| &column.name).eq(columns)
    })
}

/// The same of the text.
fn was_unique(context: &Context<'_>, table: &Table, columns: &[String]) -> Option<bool> {
    context.known.model(&table.name).map(|known| is_unique(known.table, columns))
}

/// `@relation(…)` of the side that holds the columns.
fn reference(context: &Context<'_>, table: &Table, key: &ForeignKey, name: Option<&str>) -> String {
    let list = |table: &ObjectName, columns: &[String]| {
        let fields: Vec<&str> = columns.iter().map(|column| context.names.field(table, column)).collect();
        format!("[{}]", fields.join(", "))
    };
    let mut arguments: Vec<String> = name.map(quoted).into_iter().collect();
    arguments.push(format!("fields: {}", list(&table.name, &key.columns)));
    arguments.push(format!("references: {}", list(&key.referenced_table, &key.referenced_columns)));
    if context.edition >= Edition::Three {
        let nullable = |column: &String| {
            table.column(column).is_some_and(|column| column.nullability == Nullability::Nullable)
        };
        let usual = if key.columns.iter().all(nullable) { Action::SetNull } else { Action::Restrict };
        arguments.extend((key.on_delete != usual).then(|| format!("onDelete: {:?}", key.on_delete)));
        arguments
            .extend((key.on_update != Action::Cascade).then(|| format!("onUpdate: {:?}", key.on_update)));
        let columns: Vec<&str> = key.columns.iter().map(String::as_str).collect();
        let usual = foreign_key_name(context.found.dialect, context.edition, &table.name.name, &columns);
        let given =
            key.name.as_ref().filter(|name| context.found.dialect != Dialect::Sqlite && **name != usual);
        arguments.extend(given.map(|name| format!("map: {}", quoted(name))));
    }
    with("@relation", &arguments)
}
