//! Prisma 1's datamodel v1.1 (`prisma` facts 6.1, 6.5, 6.6).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use datamodel::{Action, Language, quoted};
use schema::{Column, ForeignKey, Nullability, ObjectName, Schema, Scope, Table, Type, Uniqueness};

use crate::names::free;
use crate::remark::Remark;
use crate::sdl_words::{field_name, plural, singular, type_name, word};
use crate::{Written, check};

/// Writes the tables of Prisma 1's server as types; `_RelayId` goes without saying.
pub(crate) fn write(found: &Schema, scope: &Scope) -> Written {
    let mut remarks = Vec::new();
    let lists = lists(found);
    let links = links(found, &lists);
    let is_type = |table: &&Table| {
        table.name.name != "_RelayId" && !lists.contains_key(&table.name) && !links.contains_key(&table.name)
    };
    let tables: Vec<&Table> = found.tables.iter().filter(is_type).collect();
    let mut taken: BTreeSet<String> = BTreeSet::new();
    let names: BTreeMap<&ObjectName, String> =
        tables.iter().map(|table| (&table.name, free(singular(&table.name.name), &mut taken))).collect();
    let mut writer = Writer { found, names, fields: BTreeMap::new(), several: BTreeMap::new() };
    for table in &tables {
        writer.count(table);
    }
    for link in links.values() {
        *writer
            .several
            .entry(writer.pair(&link.0.referenced_table, &link.1.referenced_table))
            .or_default() += 1;
    }
    for table in &tables {
        writer.columns(table, &mut remarks);
    }
    for table in found.tables.iter().filter(|table| lists.contains_key(&table.name)) {
        writer.list(table, &lists);
    }
    for table in &tables {
        writer.relations(table, &mut remarks);
    }
    let mut declared = String::new();
    for (table, (a, b)) in &links {
        writer.link(table, a, b, &mut taken, &mut declared);
    }
    let mut text = String::new();
    for table in &tables {
        writer.print(table, &mut text);
    }
    text.push_str(&declared);
    let text = datamodel::format(&text, Language::SdlV11);
    remarks.extend(tables.iter().filter_map(|table| crate::psl::beyond(table)));
    remarks.extend(check::check(&text, Language::SdlV11, datamodel::Edition::default(), scope, found));
    Written { text, remarks }
}

/// Tables of lists of scalars, each with the key to the table of its owner.
fn lists(found: &Schema) -> BTreeMap<ObjectName, ForeignKey> {
    let list = |table: &Table| {
        let named: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        let ([key], ["nodeId", "position", "value"]) = (table.foreign_keys.as_slice(), named.as_slice())
        else {
            return None;
        };
        let owned = table.name.name.strip_prefix(&key.referenced_table.name)?.strip_prefix('_')?;
        (!owned.is_empty() && key.columns == ["nodeId"]).then(|| key.clone())
    };
    found.tables.iter().filter_map(|table| Some((table.name.clone(), list(table)?))).collect()
}

/// Link tables, each with the keys of its two columns in order.
fn links(
    found: &Schema,
    lists: &BTreeMap<ObjectName, ForeignKey>,
) -> BTreeMap<ObjectName, (ForeignKey, ForeignKey)> {
    let link = |table: &Table| {
        let [one, other] = table.foreign_keys.as_slice() else { return None };
        let place =
            |key: &ForeignKey| table.columns.iter().position(|column| key.columns == [column.name.as_str()]);
        let (a, b) = if place(one)? < place(other)? { (one, other) } else { (other, one) };
        let key = table.primary_key.iter().flat_map(|key| &key.columns);
        let own = table
            .columns
            .iter()
            .filter(|column| !a.columns.contains(&column.name) && !b.columns.contains(&column.name));
        let bare = own.map(|column| &column.name).eq(key) && table.columns.len() <= 3;
        let cascades = [a, b].iter().all(|key| key.on_delete == Action::Cascade);
        let unique = table
            .indexes
            .iter()
            .any(|index| index.uniqueness == Uniqueness::Unique && index.columns.len() == 2);
        (bare && cascades && unique && !lists.contains_key(&table.name)).then(|| (a.clone(), b.clone()))
    };
    found.tables.iter().filter_map(|table| Some((table.name.clone(), link(table)?))).collect()
}

struct Writer<'s> {
    found: &'s Schema,
    names: BTreeMap<&'s ObjectName, String>,
    /// Lines of each type by field.
    fields: BTreeMap<ObjectName, Vec<(String, String)>>,
    /// How many relations there are between two types.
    several: BTreeMap<(String, String), usize>,
}

impl<'s> Writer<'s> {
    fn name(&self, table: &ObjectName) -> &str {
        self.names.get(table).map_or("", String::as_str)
    }

    fn pair(&self, one: &ObjectName, other: &ObjectName) -> (String, String) {
        let (one, other) = (self.name(one).to_owned(), self.name(other).to_owned());
        if one <= other { (one, other) } else { (other, one) }
    }

    fn count(&mut self, table: &Table) {
        for key in &table.foreign_keys {
            *self.several.entry(self.pair(&table.name, &key.referenced_table)).or_default() += 1;
        }
    }

    fn push(&mut self, table: &ObjectName, wanted: &str, line: impl FnOnce(&str) -> String) {
        let fields = self.fields.entry(table.clone()).or_default();
        let mut taken: BTreeSet<String> = fields.iter().map(|(name, _)| name.to_lowercase()).collect();
        let mut name = wanted.to_owned();
        while !taken.insert(name.to_lowercase()) {
            name.push('2');
        }
        let line = line(&name);
        fields.push((name, line));
    }

    /// The columns that hold no relation.
    fn columns(&mut self, table: &'s Table, remarks: &mut Vec<Remark>) {
        for column in &table.columns {
            if relation_of(table, column).is_some() {
                continue;
            }
            let about = format!("{}.{}", table.name, column.name);
            let (ty, exact) = word(self.found.dialect, &column.ty.base);
            if !exact || column.ty.list {
                remarks.push(Remark::new(&about, "Prisma 1 has no such type; the nearest one is written."));
            }
            if column.default.is_some() {
                remarks.push(Remark::new(
                    &about,
                    "Its default is not written: Prisma 1 keeps none in the database.",
                ));
            }
            let is_id = table.primary_key.as_ref().is_some_and(|key| key.columns == [column.name.as_str()]);
            let mark = if column.nullability == Nullability::Required { "!" } else { "" };
            let mut directives = String::new();
            if is_id {
                directives.push_str(&id(column));
            }
            let is_unique = table.indexes.iter().any(|index| {
                index.uniqueness == Uniqueness::Unique
                    && index.columns.iter().map(|part| part.name.as_str()).eq([column.name.as_str()])
            });
            if is_unique {
                directives.push_str(" @unique");
            }
            for stamp in ["createdAt", "updatedAt"] {
                if column.name == stamp && ty == "DateTime" {
                    let _ = write!(directives, " @{stamp}");
                }
            }
            self.push(&table.name, &field_name(&column.name), |name| {
                format!("{name}: {ty}{mark}{directives}{}", database_name(name, &column.name))
            });
        }
    }

    /// The list that a table of its own holds.
    fn list(&mut self, table: &'s Table, lists: &BTreeMap<ObjectName, ForeignKey>) {
        let Some(key) = lists.get(&table.name) else { return };
        let column =
            table.name.name.strip_prefix(&key.referenced_table.name).and_then(|rest| rest.strip_prefix('_'));
        let (Some(column), Some(value)) = (column, table.column("value")) else { return };
        let (ty, _) = word(self.found.dialect, &value.ty.base);
        self.push(&key.referenced_table, &field_name(column), |name| {
            format!("{name}: [{ty}!]! @scalarList(strategy: RELATION){}", database_name(name, column))
        });
    }

    /// Relations that columns hold, with a list on the other side where it is clear which relation is meant.
    fn relations(&mut self, table: &'s Table, remarks: &mut Vec<Remark>) {
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
            let named = self
                .several
                .get(&self.pair(&table.name, &key.referenced_table))
                .is_some_and(|count| *count > 1)
                || own == target;
            let field = field_name(column.name.strip_suffix("_id").unwrap_or(&column.name));
            let relation = named.then(|| format!("{own}{}", type_name(&field)));
            let arguments =
                relation.as_ref().map_or_else(String::new, |name| format!("name: {}, ", quoted(name)));
            self.push(&table.name, &field, |name| {
                format!(
                    "{name}: {target} @relation({arguments}link: INLINE){}",
                    database_name(name, &column.name)
                )
            });
            if own != target && !target.is_empty() {
                let back = match &relation {
                    Some(_) => format!("{}Of{}", plural(&own), type_name(&field)),
                    None => plural(&own),
                };
                let attribute =
                    relation.map(|name| format!(" @relation(name: {})", quoted(&name))).unwrap_or_default();
                self.push(&key.referenced_table, &back, |name| format!("{name}: [{own}!]!{attribute}"));
            }
        }
    }

    /// Lists on both sides; a link table of other columns than `A` and `B`, or with an id, is a type of its own.
    fn link(
        &mut self,
        table: &ObjectName,
        a: &ForeignKey,
        b: &ForeignKey,
        taken: &mut BTreeSet<String>,
        declared: &mut String,
    ) {
        let (of_a, of_b) =
            (self.name(&a.referenced_table).to_owned(), self.name(&b.referenced_table).to_owned());
        let (Some(held), false) = (self.found.table(table), of_a.is_empty() || of_b.is_empty()) else {
            return;
        };
        let plain_name = table.name.strip_prefix('_').filter(|name| type_name(name) == **name);
        let plain = a.columns == ["A"] && b.columns == ["B"] && held.primary_key.is_none() && of_a <= of_b;
        let relation = match plain_name.filter(|_| plain) {
            Some(name) => name.to_owned(),
            None => {
                let name = free(type_name(&table.name), taken);
                let _ =
                    writeln!(declared, "type {name} @relationTable{} {{", database_name(&name, &table.name));
                if let Some(id) = held.primary_key.as_ref().and_then(|key| key.columns.first()) {
                    let _ = writeln!(
                        declared,
                        "  {}: ID! @id{}",
                        field_name(id),
                        database_name(&field_name(id), id)
                    );
                }
                for (target, key) in [(&of_a, a), (&of_b, b)] {
                    let column = key.columns.first().map_or("", String::as_str);
                    let field = field_name(column);
                    let _ = writeln!(declared, "  {field}: {target}!{}", database_name(&field, column));
                }
                declared.push_str("}\n\n");
                name
            }
        };
        let usual = relation == format!("{of_a}To{of_b}") && of_a != of_b && plain;
        let several = self
            .several
            .get(&self.pair(&a.referenced_table, &b.referenced_table))
            .is_some_and(|count| *count > 1);
        let name = if usual && !several { String::new() } else { format!("name: {}, ", quoted(&relation)) };
        let back = name.trim_end_matches(", ");
        let back = if back.is_empty() { String::new() } else { format!(" @relation({back})") };
        self.push(&a.referenced_table, &plural(&of_b), |field| {
            format!("{field}: [{of_b}!]! @relation({name}link: TABLE)")
        });
        self.push(&b.referenced_table, &plural(&of_a), |field| format!("{field}: [{of_a}!]!{back}"));
    }

    fn print(&self, table: &Table, text: &mut String) {
        let name = self.name(&table.name);
        let _ = writeln!(text, "type {name}{} {{", database_name(name, &table.name.name));
        for (_, line) in self.fields.get(&table.name).into_iter().flatten() {
            let _ = writeln!(text, "  {line}");
        }
        text.push_str("}\n\n");
    }
}

fn database_name(name: &str, wanted: &str) -> String {
    if name == wanted { String::new() } else { format!(" @db(name: {})", quoted(wanted)) }
}

/// `@id`, with the sequence that numbers it.
fn id(column: &Column) -> String {
    match &column.sequence {
        Some(sequence) => format!(
            " @id(strategy: SEQUENCE) @sequence(name: {}, initialValue: 1, allocationSize: 1)",
            quoted(&sequence.name)
        ),
        None if column.autoincrement && !matches!(column.ty.base, Type::Text) => {
            " @id(strategy: SEQUENCE)".to_owned()
        }
        None => " @id".to_owned(),
    }
}

/// The key of a column that holds a relation, which the key of the table never does.
fn relation_of<'t>(table: &'t Table, column: &Column) -> Option<&'t ForeignKey> {
    let of_key = table.primary_key.as_ref().is_some_and(|key| key.columns.contains(&column.name));
    table.foreign_keys.iter().find(|key| !of_key && key.columns == [column.name.as_str()])
}
