//! The lines of a datamodel v1.1: what each stands for, its type and its directives, by the types that have them.

use std::collections::{BTreeMap, BTreeSet};

use datamodel::{Action, quoted};
use schema::{Column, ColumnType, ForeignKey, Nullability, ObjectName, Schema, Table, Type};

use crate::names::free;
use crate::remark::Remark;
use crate::sdl::is_as_before;
use crate::sdl_indexes::Indexes;
use crate::sdl_known::{Known, Stands};
use crate::sdl_words::{field_name, is_enum, plural, type_name, word};

/// A field.
pub(crate) struct Line {
    pub(crate) stands: Stands,
    /// Its name; until names are given, the one that is wanted.
    pub(crate) name: String,
    pub(crate) ty: String,
    pub(crate) directives: Vec<String>,
    /// The column's name in the database, for `@db`.
    column: Option<String>,
}

/// A type that declares a link table.
pub(crate) struct LinkType {
    pub(crate) name: String,
    /// `@relationTable` and the table's name.
    pub(crate) directives: Vec<String>,
    /// Names and types of its fields.
    pub(crate) fields: Vec<(String, String)>,
}

/// Writes lines; names that a text has for something are taken from there.
pub(crate) struct Writer<'s> {
    pub(crate) found: &'s Schema,
    pub(crate) known: Option<&'s Known>,
    pub(crate) names: BTreeMap<&'s ObjectName, String>,
    /// Lines of each type.
    pub(crate) fields: BTreeMap<ObjectName, Vec<Line>>,
    /// How many relations there are between two types.
    pub(crate) several: BTreeMap<(String, String), usize>,
    pub(crate) link_types: Vec<LinkType>,
    pub(crate) indexes: BTreeMap<&'s ObjectName, Indexes<'s>>,
    /// Names that types and enums have.
    pub(crate) taken: BTreeSet<String>,
    /// Enums whose values nobody knows.
    pub(crate) enums: Vec<String>,
}

impl<'s> Writer<'s> {
    pub(crate) fn name(&self, table: &ObjectName) -> &str {
        self.names.get(table).map_or("", String::as_str)
    }

    pub(crate) fn pair(&self, one: &ObjectName, other: &ObjectName) -> (String, String) {
        let (one, other) = (self.name(one).to_owned(), self.name(other).to_owned());
        if one <= other { (one, other) } else { (other, one) }
    }

    pub(crate) fn count(&mut self, one: &ObjectName, other: &ObjectName) {
        *self.several.entry(self.pair(one, other)).or_default() += 1;
    }

    fn has_several(&self, one: &ObjectName, other: &ObjectName) -> bool {
        self.several.get(&self.pair(one, other)).is_some_and(|count| *count > 1)
    }

    /// Whether the column's field says that it is unique.
    pub(crate) fn is_unique(&self, table: &Table, column: &str) -> bool {
        self.indexes.get(&table.name).is_some_and(|indexes| indexes.is_unique(column))
    }

    /// The field that stands for a column.
    pub(crate) fn field(&self, table: &ObjectName, column: &str) -> String {
        let stands = |line: &&Line| matches!(&line.stands, Stands::Column(held) | Stands::Forward(held) if held == column);
        let line = self.fields.get(table).and_then(|lines| lines.iter().find(stands));
        line.map_or_else(|| field_name(column), |line| line.name.clone())
    }

    fn push(&mut self, table: &ObjectName, line: Line) {
        self.fields.entry(table.clone()).or_default().push(line);
    }

    fn knows(&self, table: &ObjectName, stands: &Stands) -> bool {
        self.known.is_some_and(|known| known.field(table, stands).is_some())
    }

    /// A name for a relation that has none, unlike those of the text.
    fn relation_name(&self, of: &Stands, made: String) -> String {
        let Some(known) = self.known else { return made };
        if let Some(name) = known.relation_name(of) {
            return name.to_owned();
        }
        let mut name = made;
        while known.has_relation_name(&name) {
            name.push('2');
        }
        name
    }

    /// The columns that hold no relation.
    pub(crate) fn columns(&mut self, table: &'s Table, remarks: &mut Vec<Remark>) {
        for column in &table.columns {
            if relation_of(table, column).is_some() {
                continue;
            }
            let about = format!("{}.{}", table.name, column.name);
            let stands = Stands::Column(column.name.clone());
            // A line that stays has the type that is there: an enum is no type of the database.
            let stays = self.known.is_some_and(|known| {
                known.field(&table.name, &stands).is_some() && is_as_before(self, known, table, &stands)
            });
            let (ty, exact) = self.ty(&table.name, &stands, &column.name, column.ty.values(), remarks);
            if !stays && (!exact || column.ty.values().list) {
                remarks.push(Remark::new(&about, "Prisma 1 has no such type; the nearest one is written."));
            }
            if column.default.is_some() && column.sequence.is_none() {
                remarks.push(Remark::new(
                    &about,
                    "Its default is not written: Prisma 1 keeps none in the database.",
                ));
            }
            let mark = if column.nullability == Nullability::Required { "!" } else { "" };
            let mut directives = Vec::new();
            if is_id(table, &column.name) {
                directives.extend(id(column));
            }
            if self.is_unique(table, &column.name) {
                directives.push("@unique".to_owned());
            }
            for stamp in ["createdAt", "updatedAt"] {
                if column.name == stamp && ty == "DateTime" {
                    directives.push(format!("@{stamp}"));
                }
            }
            let line = Line {
                stands,
                name: field_name(&column.name),
                ty: format!("{ty}{mark}"),
                directives,
                column: Some(column.name.clone()),
            };
            self.push(&table.name, line);
        }
    }

    /// The type of a field, and whether it makes exactly such a column. Where Prisma 1 kept an enum it is a new one, unless
    /// the text says which.
    fn ty(
        &mut self,
        table: &ObjectName,
        stands: &Stands,
        column: &str,
        ty: &ColumnType,
        remarks: &mut Vec<Remark>,
    ) -> (String, bool) {
        let (holder, held) = match stands {
            Stands::List(list) => (list, "value"),
            _ => (table, column),
        };
        let told = |known: &&Known| {
            known.field(table, stands).is_some()
                && known
                    .table(holder)
                    .and_then(|table| table.column(held))
                    .is_some_and(|known| known.ty == *ty)
        };
        if !is_enum(self.found.dialect, &ty.base) || self.known.as_ref().is_some_and(told) {
            let (word, exact) = word(self.found.dialect, &ty.base);
            return (word.to_owned(), exact);
        }
        let name = free(format!("{}{}", self.name(table), type_name(column)), &mut self.taken);
        remarks.push(Remark::new(
            format!("{table}.{column}"),
            format!(
                "Prisma 1 kept the values of enums nowhere in the database: write them into `enum {name}` in the \
                 place of UNKNOWN."
            ),
        ));
        self.enums.push(name.clone());
        (name, true)
    }

    /// The list that a table of its own holds.
    pub(crate) fn list(
        &mut self,
        table: &'s Table,
        lists: &BTreeMap<ObjectName, ForeignKey>,
        remarks: &mut Vec<Remark>,
    ) {
        let Some(key) = lists.get(&table.name) else { return };
        let column =
            table.name.name.strip_prefix(&key.referenced_table.name).and_then(|rest| rest.strip_prefix('_'));
        let (Some(column), Some(value)) = (column, table.column("value")) else { return };
        let stands = Stands::List(table.name.clone());
        let (ty, _) = self.ty(&key.referenced_table, &stands, column, &value.ty, remarks);
        let line = Line {
            stands,
            name: field_name(column),
            ty: format!("[{ty}!]!"),
            directives: vec!["@scalarList(strategy: RELATION)".to_owned()],
            column: Some(column.to_owned()),
        };
        self.push(&key.referenced_table, line);
    }

    /// Relations that columns hold, with a list on the other side where it is clear which relation is meant.
    pub(crate) fn relations(&mut self, table: &'s Table, remarks: &mut Vec<Remark>) {
        for column in &table.columns {
            let Some(key) = relation_of(table, column) else { continue };
            let target = self.name(&key.referenced_table).to_owned();
            if target.is_empty()
                || column.nullability == Nullability::Required
                || key.on_delete != Action::SetNull
            {
                remarks.push(Remark::new(
                    format!("{}.{}", table.name, column.name),
                    "Prisma 1 keeps a relation in a column that may be null, which is set to null on deletion.",
                ));
            }
            let own = self.name(&table.name).to_owned();
            let forward = Stands::Forward(column.name.clone());
            let back = Stands::Back(table.name.clone(), column.name.clone());
            let given = self.known.is_some_and(|known| known.relation_name(&back).is_some());
            let named = given || self.has_several(&table.name, &key.referenced_table) || own == target;
            let field = field_name(column.name.strip_suffix("_id").unwrap_or(&column.name));
            let relation = named.then(|| self.relation_name(&back, format!("{own}{}", type_name(&field))));
            let arguments =
                relation.as_ref().map_or_else(String::new, |name| format!("name: {}, ", quoted(name)));
            let both = if self.knows(&table.name, &forward) {
                // A person left it out.
                self.knows(&key.referenced_table, &back)
            } else {
                own != target
            };
            if both && !target.is_empty() {
                let wanted = match &relation {
                    Some(_) => format!("{}Of{}", plural(&own), type_name(&field)),
                    None => plural(&own),
                };
                let line = Line {
                    stands: back,
                    name: wanted,
                    ty: format!("[{own}!]!"),
                    directives: relation
                        .map(|name| format!("@relation(name: {})", quoted(&name)))
                        .into_iter()
                        .collect(),
                    column: None,
                };
                self.push(&key.referenced_table, line);
            }
            let line = Line {
                stands: forward,
                name: field,
                ty: target,
                directives: vec![format!("@relation({arguments}link: INLINE)")],
                column: Some(column.name.clone()),
            };
            self.push(&table.name, line);
        }
    }

    /// Lists on both sides; a link table of other columns than `A` and `B`, or with an id, is a type of its own.
    pub(crate) fn link(&mut self, table: &ObjectName, a: &ForeignKey, b: &ForeignKey) {
        let (of_a, of_b) =
            (self.name(&a.referenced_table).to_owned(), self.name(&b.referenced_table).to_owned());
        let (Some(held), false) = (self.found.table(table), of_a.is_empty() || of_b.is_empty()) else {
            return;
        };
        let plain_name = table.name.strip_prefix('_').filter(|name| type_name(name) == **name);
        let plain = a.columns == ["A"] && b.columns == ["B"] && held.primary_key.is_none() && of_a <= of_b;
        let relation = if self.known.is_some_and(|known| known.has_link(table)) {
            let itself = Stands::Link(table.clone(), String::new());
            self.relation_name(&itself, format!("{of_a}To{of_b}"))
        } else if let Some(name) = plain_name.filter(|_| plain) {
            name.to_owned()
        } else {
            self.link_type(held, (&of_a, a), (&of_b, b))
        };
        let usual = relation == format!("{of_a}To{of_b}") && of_a != of_b && plain;
        let several = self.has_several(&a.referenced_table, &b.referenced_table);
        let name = if usual && !several { String::new() } else { format!("name: {}", quoted(&relation)) };
        let link = if name.is_empty() { "link: TABLE".to_owned() } else { format!("{name}, link: TABLE") };
        let back = (!name.is_empty()).then(|| format!("@relation({name})"));
        let sides = [
            (a, &a.referenced_table, &of_b, vec![format!("@relation({link})")]),
            (b, &b.referenced_table, &of_a, back.into_iter().collect()),
        ];
        let has_link = self.known.is_some_and(|known| known.has_link(table));
        for (key, owner, other, directives) in sides {
            let column = key.columns.first().cloned().unwrap_or_default();
            let stands = Stands::Link(table.clone(), column);
            // A side that a person left out stays out.
            if !has_link || self.knows(owner, &stands) {
                let field = Line {
                    stands,
                    name: plural(other),
                    ty: format!("[{other}!]!"),
                    directives,
                    column: None,
                };
                self.push(owner, field);
            }
        }
    }

    /// Declares a link table as a type, and answers its name.
    fn link_type(
        &mut self,
        held: &Table,
        (of_a, a): (&str, &ForeignKey),
        (of_b, b): (&str, &ForeignKey),
    ) -> String {
        let name = free(type_name(&held.name.name), &mut self.taken);
        let mut fields = Vec::new();
        if let Some(id) = held.primary_key.as_ref().and_then(|key| key.columns.first()) {
            let field = field_name(id);
            let database = database_name(&field, id).map(|name| format!(" {name}")).unwrap_or_default();
            fields.push((field, format!("ID! @id{database}")));
        }
        for (target, key) in [(of_a, a), (of_b, b)] {
            let column = key.columns.first().map_or("", String::as_str);
            let field = field_name(column);
            let database = database_name(&field, column).map(|name| format!(" {name}")).unwrap_or_default();
            fields.push((field, format!("{target}!{database}")));
        }
        let mut directives = vec!["@relationTable".to_owned()];
        directives.extend(database_name(&name, &held.name.name));
        self.link_types.push(LinkType { name: name.clone(), directives, fields });
        name
    }

    /// Gives every line its name: that of the text, or one that no other field of the type has.
    pub(crate) fn give_names(&mut self) {
        let known = self.known;
        for (table, lines) in &mut self.fields {
            let old = |line: &Line| Some(known?.field(table, &line.stands)?.name.clone());
            let mut taken: BTreeSet<String> =
                lines.iter().filter_map(old).map(|name| name.to_lowercase()).collect();
            for line in lines {
                if let Some(name) = old(line) {
                    line.name = name;
                } else {
                    while !taken.insert(line.name.to_lowercase()) {
                        line.name.push('2');
                    }
                }
                let column = line.column.as_deref().unwrap_or(&line.name);
                line.directives.extend(database_name(&line.name, column));
            }
        }
    }
}

/// `@db` where the database has another name.
pub(crate) fn database_name(name: &str, wanted: &str) -> Option<String> {
    (name != wanted).then(|| format!("@db(name: {})", quoted(wanted)))
}

/// `@id`, with the sequence that numbers it.
fn id(column: &Column) -> Vec<String> {
    match &column.sequence {
        Some(sequence) => vec![
            "@id(strategy: SEQUENCE)".to_owned(),
            format!("@sequence(name: {}, initialValue: 1, allocationSize: 1)", quoted(&sequence.name)),
        ],
        None if column.autoincrement && !matches!(column.ty.base, Type::Text) => {
            vec!["@id(strategy: SEQUENCE)".to_owned()]
        }
        None => vec!["@id".to_owned()],
    }
}

/// Whether the column alone is the key.
pub(crate) fn is_id(table: &Table, column: &str) -> bool {
    table.primary_key.as_ref().is_some_and(|key| key.columns == [column])
}

/// The key of a column that holds a relation, which the key of the table never does.
pub(crate) fn relation_of<'t>(table: &'t Table, column: &Column) -> Option<&'t ForeignKey> {
    let of_key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
    table.foreign_keys.iter().find(|key| !of_key && key.columns == [column.name.as_str()])
}
