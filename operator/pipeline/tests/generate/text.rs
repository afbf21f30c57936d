//! The datamodel as text.

use std::fmt::Write as _;

use super::{Arity, Field, Model, Relation, World};

impl World {
    /// The text.
    pub(crate) fn text(&self) -> String {
        let mut out = format!("datasource db {{\n  provider = \"{}\"\n}}\n", self.provider.as_str());
        for found in &self.enums {
            out.push('\n');
            hint(&mut out, "", found.renamed_from.as_ref());
            writeln!(out, "enum {} {{", found.name).unwrap();
            for value in &found.values {
                writeln!(out, "  {value}").unwrap();
            }
            map(&mut out, found.map.as_ref());
            out.push_str("}\n");
        }
        for model in &self.models {
            self.model(&mut out, model);
        }
        out
    }

    fn model(&self, out: &mut String, model: &Model) {
        out.push('\n');
        hint(out, "", model.renamed_from.as_ref());
        writeln!(out, "model {} {{", model.name).unwrap();
        for field in &model.fields {
            hint(out, "  ", field.renamed_from.as_ref());
            let sole = model.key.len() == 1 && model.key[0] == field.name;
            let mut attributes = String::new();
            if sole {
                attributes.push_str(" @id");
                if let Some(name) = &model.key_map {
                    write!(attributes, "(map: \"{name}\")").unwrap();
                }
            }
            scalar(out, field, &attributes);
        }
        for relation in self.relations.iter().filter(|relation| relation.from == model.name) {
            self.holder(out, relation);
        }
        for relation in self.relations.iter().filter(|relation| relation.to == model.name) {
            let kind = if relation.one { "?" } else { "[]" };
            let (name, from) = (&relation.name, &relation.from);
            writeln!(out, "  back_{name} {from}{kind} @relation(\"{name}\")").unwrap();
        }
        for link in &self.links {
            let name = &link.name;
            if link.a == model.name {
                writeln!(out, "  a_{name} {}[] @relation(\"{name}\")", link.b).unwrap();
            }
            if link.b == model.name {
                writeln!(out, "  b_{name} {}[] @relation(\"{name}\")", link.a).unwrap();
            }
        }
        if model.key.len() > 1 {
            let name = model.key_map.as_ref().map(|name| format!(", map: \"{name}\"")).unwrap_or_default();
            writeln!(out, "  @@id([{}]{name})", model.key.join(", ")).unwrap();
        }
        for index in &model.indexes {
            let fields: Vec<String> = index
                .fields
                .iter()
                .map(|(name, down)| if *down { format!("{name}(sort: Desc)") } else { name.clone() })
                .collect();
            let kind = if index.unique { "unique" } else { "index" };
            let name = index.map.as_ref().map(|name| format!(", map: \"{name}\"")).unwrap_or_default();
            let method = index.method.map(|method| format!(", type: {method}")).unwrap_or_default();
            writeln!(out, "  @@{kind}([{}]{name}{method})", fields.join(", ")).unwrap();
        }
        map(out, model.map.as_ref());
        out.push_str("}\n");
    }

    fn holder(&self, out: &mut String, relation: &Relation) {
        let Some(target) = self.models.iter().find(|model| model.name == relation.to) else { return };
        let mark = if relation.optional { "?" } else { "" };
        let (name, to) = (&relation.name, &relation.to);
        let columns: Vec<String> = (0..target.key.len()).map(|at| format!("{name}_{at}")).collect();
        let mut line = format!(
            "  to_{name} {to}{mark} @relation(\"{name}\", fields: [{}], references: [{}]",
            columns.join(", "),
            target.key.join(", ")
        );
        for (argument, action) in [("onDelete", relation.on_delete), ("onUpdate", relation.on_update)] {
            if let Some(action) = action {
                write!(line, ", {argument}: {action}").unwrap();
            }
        }
        if let Some(name) = &relation.map {
            write!(line, ", map: \"{name}\"").unwrap();
        }
        line.push(')');
        if relation.before {
            writeln!(out, "{line}").unwrap();
        }
        for (column, key) in columns.iter().zip(&target.key) {
            let Some(key) = target.fields.iter().find(|field| field.name == *key) else { continue };
            let native = key.native.as_ref().map(|native| format!(" @db.{native}")).unwrap_or_default();
            let unique = if relation.one && columns.len() == 1 { " @unique" } else { "" };
            writeln!(out, "  {column} {}{mark}{native}{unique}", key.ty).unwrap();
        }
        if !relation.before {
            writeln!(out, "{line}").unwrap();
        }
        if relation.one && columns.len() > 1 {
            writeln!(out, "  @@unique([{}])", columns.join(", ")).unwrap();
        }
    }
}

fn scalar(out: &mut String, field: &Field, attributes: &str) {
    let mark = match field.arity {
        Arity::Required => "",
        Arity::Optional => "?",
        Arity::List => "[]",
    };
    write!(out, "  {} {}{mark}{attributes}", field.name, field.ty).unwrap();
    if field.unique {
        out.push_str(" @unique");
    }
    if let Some(default) = &field.default {
        write!(out, " @default({default})").unwrap();
    }
    if let Some(name) = &field.map {
        write!(out, " @map(\"{name}\")").unwrap();
    }
    if let Some(native) = &field.native {
        write!(out, " @db.{native}").unwrap();
    }
    out.push('\n');
}

fn hint(out: &mut String, indent: &str, old: Option<&String>) {
    if let Some(old) = old {
        writeln!(out, "{indent}/// @schemalift.renamedFrom({old})").unwrap();
    }
}

fn map(out: &mut String, name: Option<&String>) {
    if let Some(name) = name {
        writeln!(out, "  @@map(\"{name}\")").unwrap();
    }
}
