//! A plan in words, object by object.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use plan::{Alteration, Change, Plan};
use schema::{Column, Nullability, Table};

/// What happens to each table, in the order of the names.
#[derive(Default)]
struct Words {
    namespaces: Vec<String>,
    extensions: Vec<String>,
    added: Vec<String>,
    removed: Vec<String>,
    renamed: Vec<String>,
    added_enums: Vec<String>,
    removed_enums: Vec<String>,
    /// Lines under each changed enum.
    enums: BTreeMap<String, Vec<String>>,
    /// Lines under each changed table.
    tables: BTreeMap<String, Vec<String>>,
}

/// The summary; one line when there is no difference.
pub(super) fn of(plan: &Plan) -> String {
    if plan.is_empty() {
        return "No difference.\n".to_owned();
    }
    let mut words = Words::default();
    for step in &plan.steps {
        words.take(&step.change);
    }
    words.text()
}

impl Words {
    fn table(&mut self, table: &impl ToString, line: String) {
        let name = table.to_string();
        // What comes with a new table needs no word of its own.
        if !self.added.contains(&name) {
            self.tables.entry(name).or_default().push(line);
        }
    }

    fn take(&mut self, change: &Change) {
        match change {
            Change::CreateExtension(extension) => self.extensions.push(extension.name.clone()),
            Change::CreateNamespace(name) => self.namespaces.push(name.clone()),
            Change::CreateEnum(new) => {
                self.added_enums.push(format!("{} ({})", new.name, new.values.join(", ")));
            }
            Change::RenameEnumValue { name, from, to } => {
                self.renamed.push(format!("value {from} of enum {name} to {to}"));
            }
            Change::RenameValues { table, renamed } => {
                let values = renamed.values.iter();
                self.renamed.extend(
                    values.map(|(from, to)| format!("value {from} of {table}.{} to {to}", renamed.column)),
                );
            }
            Change::RenameEnum { from, to } => self.renamed.push(format!("enum {from} to {to}")),
            Change::AddEnumValue { name, value, .. } => {
                self.enums.entry(name.to_string()).or_default().push(format!("[+] Added value {value}"));
            }
            Change::RebuildEnum { from, to, .. } => {
                let lines = self.enums.entry(to.name.to_string()).or_default();
                let added = to.values.iter().filter(|value| !from.values.contains(value));
                lines.extend(added.map(|value| format!("[+] Added value {value}")));
                let gone = from.values.iter().filter(|value| !to.values.contains(value));
                lines.extend(gone.map(|value| format!("[-] Removed value {value}")));
            }
            Change::DropEnum(name) => self.removed_enums.push(name.to_string()),
            Change::CreateTable(table) => self.added.push(table.name.to_string()),
            Change::RenameTable { from, to } => self.renamed.push(format!("table {from} to {to}")),
            Change::DropTable(name) => self.removed.push(name.to_string()),
            Change::RenameColumn { table, from, to } => {
                self.table(table, format!("[*] Renamed column {from} to {to}"));
            }
            Change::AlterTable { table, alterations } => {
                // Of rows another line speaks.
                let of_columns = |one: &&Alteration| !matches!(one, Alteration::RenameValues(_));
                for alteration in alterations.iter().filter(of_columns) {
                    self.table(table, altered(alteration));
                }
            }
            Change::RedefineTable { from, to } => self.redefined(from, to),
            Change::CreateIndex { table, index, .. } => {
                let kind =
                    if index.uniqueness == schema::Uniqueness::Unique { "unique index" } else { "index" };
                self.table(table, format!("[+] Added {kind} {} on {}", index.name, parts(index)));
            }
            Change::DropIndex { table, index } => {
                self.table(table, format!("[-] Removed index {} on {}", index.name, parts(index)));
            }
            Change::RenameIndex { table, index, to } => {
                self.table(table, format!("[*] Renamed index {} to {to}", index.name));
            }
            Change::AddForeignKey { table, key, .. } => {
                let line = format!(
                    "[+] Added foreign key on ({}) to {}",
                    key.columns.join(", "),
                    key.referenced_table
                );
                self.table(table, line);
            }
            Change::ValidateForeignKey { table, key } => {
                let line = format!(
                    "[*] Validated foreign key on ({}) to {}",
                    key.columns.join(", "),
                    key.referenced_table
                );
                self.table(table, line);
            }
            Change::DropForeignKey { table, name, .. } => {
                self.table(table, format!("[-] Removed foreign key {name}"));
            }
            Change::RenameConstraint { table, from, to } => {
                self.table(table, format!("[*] Renamed constraint {from} to {to}"));
            }
        }
    }

    /// SQLite: what is different, not how it is done.
    fn redefined(&mut self, from: &Table, to: &Table) {
        for column in to.columns.iter().filter(|column| from.column(&column.name).is_none()) {
            self.table(&to.name, format!("[+] Added column {}", column.name));
        }
        for column in from.columns.iter().filter(|column| to.column(&column.name).is_none()) {
            self.table(&to.name, format!("[-] Removed column {}", column.name));
        }
        for (before, after) in to.columns.iter().filter_map(|after| Some((from.column(&after.name)?, after)))
        {
            if let Some(line) = changed(before, after) {
                self.table(&to.name, line);
            }
        }
        for (mark, word, here, there) in [("[+]", "Added", to, from), ("[-]", "Removed", from, to)] {
            for key in &here.foreign_keys {
                let same = |other: &&schema::ForeignKey| {
                    other.columns == key.columns && other.referenced_table == key.referenced_table
                };
                if !there.foreign_keys.iter().any(|other| same(&other)) {
                    let line = format!(
                        "{mark} {word} foreign key on ({}) to {}",
                        key.columns.join(", "),
                        key.referenced_table
                    );
                    self.table(&to.name, line);
                }
            }
            for index in &here.indexes {
                if !there.indexes.iter().any(|other| other.name == index.name) {
                    self.table(&to.name, format!("{mark} {word} index {} on {}", index.name, parts(index)));
                }
            }
        }
        if !self.tables.contains_key(&to.name.to_string()) {
            self.table(&to.name, "[*] Changed its keys".to_owned());
        }
    }

    fn text(mut self) -> String {
        let mut out = String::new();
        self.tables.retain(|name, _| !self.removed.contains(name));
        for (heading, names) in [
            ("[+] Added schemas", &self.namespaces),
            ("[+] Added extensions", &self.extensions),
            ("[+] Added enums", &self.added_enums),
            ("[+] Added tables", &self.added),
            ("[-] Removed tables", &self.removed),
            ("[-] Removed enums", &self.removed_enums),
            ("[*] Renamed", &self.renamed),
        ] {
            if names.is_empty() {
                continue;
            }
            let _ = writeln!(out, "{heading}");
            for name in names {
                let _ = writeln!(out, "  - {name}");
            }
            out.push('\n');
        }
        let changed = self.enums.iter().map(|entry| ("enum", entry));
        for (kind, (name, lines)) in changed.chain(self.tables.iter().map(|entry| ("table", entry))) {
            let _ = writeln!(out, "[*] Changed {kind} {name}");
            for line in lines {
                let _ = writeln!(out, "  {line}");
            }
            out.push('\n');
        }
        out.truncate(out.trim_end().len());
        out.push('\n');
        out
    }
}

fn parts(index: &schema::Index) -> String {
    let columns = index.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    let partial = index.predicate.as_ref().map(|found| format!(" where {}", sql::predicate(found).trim()));
    format!("({columns}){}", partial.unwrap_or_default())
}

fn altered(alteration: &Alteration) -> String {
    match alteration {
        Alteration::AddColumn(column) => format!("[+] Added column {}", column.name),
        Alteration::DropColumn(name) => format!("[-] Removed column {name}"),
        Alteration::RecreateColumn(column) => format!("[*] Column {} is made anew", column.name),
        Alteration::ModifyColumn { from, to } => {
            changed(from, to).unwrap_or_else(|| format!("[*] Changed column {}", to.name))
        }
        Alteration::AddIndex(index) => format!("[+] Added index {} on {}", index.name, parts(index)),
        Alteration::DropIndex(index) => format!("[-] Removed index {} on {}", index.name, parts(index)),
        Alteration::RenameIndex { index, to } => format!("[*] Renamed index {} to {to}", index.name),
        Alteration::SetType { to, .. } => format!("[*] Column {} has another type", to.name),
        Alteration::SetNotNull(name) => format!("[*] Column {name} became required"),
        Alteration::DropNotNull(name) => format!("[*] Column {name} became optional"),
        Alteration::SetDefault(column) => format!("[*] Column {} has another default", column.name),
        Alteration::DropDefault(name) => format!("[*] Column {name} lost its default"),
        Alteration::AddAutoincrement(column) => format!("[*] Column {} counts by itself", column.name),
        Alteration::DropAutoincrement(name) => format!("[*] Column {name} no longer counts by itself"),
        Alteration::RenameValues(renamed) => format!("[*] Renamed values of column {}", renamed.column),
        Alteration::AddPrimaryKey(key) => format!("[+] Added primary key on ({})", key.columns.join(", ")),
        Alteration::DropPrimaryKey(_) => "[-] Removed primary key".to_owned(),
    }
}

fn changed(before: &Column, after: &Column) -> Option<String> {
    let mut how = Vec::new();
    if before.ty != after.ty {
        how.push("type");
    }
    match (before.nullability == after.nullability, after.nullability) {
        (true, _) => {}
        (false, Nullability::Required) => how.push("now required"),
        (false, Nullability::Nullable) => how.push("now optional"),
    }
    if before.default != after.default {
        how.push("default");
    }
    (!how.is_empty()).then(|| format!("[*] Changed column {} ({})", after.name, how.join(", ")))
}
