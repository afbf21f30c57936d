//! The catalog to a [`Schema`].

use std::collections::BTreeMap;

use datamodel::{Action, Extension, Sort};
use schema::{
    Attributes, Brought, Column, ColumnType, Dialect, Domain, Enum, ForeignKey, Generated, Hold, Index,
    IndexColumn, Nullability, ObjectName, Predicate, PrimaryKey, Schema, Sequence, Table, Tie, Type,
    Uniqueness,
};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::types::{Domains, TypeRow};
use super::{Postgres, catalog, defaults, settings, types};
use crate::Error;

pub(super) type Tables = BTreeMap<u32, Table>;

impl Postgres {
    pub(crate) async fn introspect(&mut self, namespaces: &[String]) -> Result<Schema, Error> {
        self.client
            .batch_execute(catalog::BEGIN)
            .await
            .map_err(|error| self.error(&error, "reading the catalog"))?;
        let outcome = self.read(namespaces).await;
        self.end(outcome).await
    }

    async fn read(&self, namespaces: &[String]) -> Result<Schema, Error> {
        let mut schema = Schema::empty(Dialect::PostgreSql);
        for row in self.rows(catalog::NAMESPACES, namespaces).await? {
            schema.namespaces.push(self.get(&row, 0)?);
        }
        for row in self.plain(catalog::EXTENSIONS).await? {
            schema.extensions.push(Extension {
                name: self.get(&row, 0)?,
                schema: self.get(&row, 1)?,
                version: self.get(&row, 2)?,
            });
        }
        for row in self.plain(catalog::HOMES).await? {
            let brought = match self.get::<i32>(&row, 0)? {
                1 => Brought::Type,
                2 => Brought::OperatorClass,
                _ => Brought::Function,
            };
            schema.homes.add(brought, self.get(&row, 1)?, self.get(&row, 2)?);
        }
        for row in self.rows(catalog::ENUMS, namespaces).await? {
            schema.enums.push(Enum {
                name: self.name(&row, 0)?,
                values: self.get(&row, 2)?,
                renamed_from: None,
                renamed_values: BTreeMap::new(),
            });
        }
        let domains = self.domains().await?;
        let mut tables = Tables::new();
        for row in self.rows(catalog::TABLES, namespaces).await? {
            let (oid, table) = self.table_of(&row)?;
            tables.insert(oid, table);
        }
        for row in self.rows(catalog::COLUMNS, namespaces).await? {
            self.add_column(&mut tables, &row, &domains)?;
        }
        for row in self.rows(catalog::SETTINGS, namespaces).await? {
            settings::add(self, &mut tables, &row)?;
        }
        for row in self.rows(catalog::CONSTRAINTS, namespaces).await? {
            self.add_constraint(&mut tables, &row)?;
        }
        for row in self.rows(catalog::INDEXES, namespaces).await? {
            self.add_index(&mut tables, &row)?;
        }
        for row in self.rows(catalog::EXTRAS, namespaces).await? {
            if let Some(table) = tables.get_mut(&self.get::<u32>(&row, 0)?) {
                table.extras.push(self.get(&row, 1)?);
            }
        }
        for row in self.rows(catalog::TIES, namespaces).await? {
            if let Some(table) = tables.get_mut(&self.get::<u32>(&row, 0)?) {
                let what: String = self.get(&row, 1)?;
                let hold = match self.get::<&str>(&row, 2)? {
                    "along" => Hold::GoesAlong,
                    "column" => Hold::OfColumn,
                    "type" => Hold::OfType,
                    _ => Hold::InTheWay,
                };
                table.ties.push(Tie { what, columns: self.get(&row, 3)?, hold });
            }
        }
        for row in self.rows(catalog::VIEWS, namespaces).await? {
            schema.views.push(self.name(&row, 0)?);
        }
        schema.tables = tables.into_values().collect();
        schema.tables.sort_by(|a, b| a.name.cmp(&b.name));
        for table in &mut schema.tables {
            table.extras.sort();
            let Table { indexes, ties, .. } = table;
            // An index that every datamodel can say is looked after by the plan.
            ties.retain(|tie| {
                let name = tie.what.strip_prefix("index ");
                !name.is_some_and(|name| {
                    indexes.iter().any(|index| index.name == name && index.predicate.is_none())
                })
            });
        }
        Ok(schema)
    }

    async fn rows(&self, query: &str, namespaces: &[String]) -> Result<Vec<Row>, Error> {
        self.client
            .query(query, &[&namespaces])
            .await
            .map_err(|error| self.error(&error, "reading the catalog"))
    }

    /// The rows of a query about the whole database.
    async fn plain(&self, query: &str) -> Result<Vec<Row>, Error> {
        self.client.query(query, &[]).await.map_err(|error| self.error(&error, "reading the catalog"))
    }

    async fn domains(&self) -> Result<Domains, Error> {
        let mut domains = Domains::new();
        for row in self.plain(catalog::DOMAINS).await? {
            let base = TypeRow {
                oid: self.get(&row, 3)?,
                namespace: self.get(&row, 4)?,
                name: self.get(&row, 5)?,
                class: self.get(&row, 6)?,
                modifier: self.get(&row, 7)?,
                shown: self.get(&row, 8)?,
            };
            let base = types::read(&base, &Domains::new());
            let of = Box::new(ColumnType { base, list: self.get(&row, 9)? });
            let nullability = if self.get(&row, 2)? { Nullability::Required } else { Nullability::Nullable };
            domains.insert(self.get(&row, 0)?, Domain { name: self.get(&row, 1)?, of, nullability });
        }
        Ok(domains)
    }

    /// A cell, or an error that names nothing but its place.
    pub(super) fn get<'a, T: FromSql<'a>>(&self, row: &'a Row, at: usize) -> Result<T, Error> {
        row.try_get(at).map_err(|error| self.error(&error, "reading an answer of the database"))
    }

    fn name(&self, row: &Row, at: usize) -> Result<ObjectName, Error> {
        let namespace: String = self.get(row, at)?;
        Ok(ObjectName::new(Some(&namespace), self.get::<String>(row, at + 1)?))
    }

    fn table_of(&self, row: &Row) -> Result<(u32, Table), Error> {
        let mut extras = Vec::new();
        for (at, text) in [(3, "partitioned"), (4, "partition"), (5, "row level security")] {
            if self.get(row, at)? {
                extras.push(text.to_owned());
            }
        }
        let table = Table {
            name: self.name(row, 1)?,
            columns: Vec::new(),
            primary_key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            renamed_from: None,
            extras,
            ties: Vec::new(),
        };
        Ok((self.get(row, 0)?, table))
    }

    fn add_column(&self, tables: &mut Tables, row: &Row, domains: &Domains) -> Result<(), Error> {
        let Some(table) = tables.get_mut(&self.get::<u32>(row, 0)?) else {
            return Ok(());
        };
        let name: String = self.get(row, 1)?;
        let row_of_type = TypeRow {
            oid: self.get(row, 14)?,
            namespace: self.get(row, 5)?,
            name: self.get(row, 6)?,
            class: self.get(row, 7)?,
            modifier: self.get(row, 8)?,
            shown: self.get(row, 9)?,
        };
        let ty = ColumnType { base: types::read(&row_of_type, domains), list: self.get(row, 10)? };
        if let Type::Domain(domain) = &ty.base {
            table.extras.push(format!("column {name}: domain {}", domain.name));
        }
        // PostgreSQL 18 marks the column before the rows were checked (`pg_attribute.attnotnull`).
        let unchecked: bool = self.get(row, 15)?;
        if unchecked {
            table.extras.push(format!("not null of {name} that is not validated"));
        }
        let refuses_null = ty.domain().is_some_and(|domain| domain.nullability == Nullability::Required);
        let text: Option<String> = self.get(row, 11)?;
        let identity: bool = self.get(row, 3)?;
        let owned_sequence: bool = self.get(row, 12)?;
        let numbered = text
            .as_deref()
            .is_some_and(|text| text.starts_with("nextval('") && text.ends_with("'::regclass)"));
        let sequence: Option<String> = self.get(row, 13)?;
        let sequence = sequence.filter(|_| identity || numbered);
        let autoincrement =
            identity || owned_sequence && text.as_deref().is_some_and(|text| text.starts_with("nextval("));
        let storage = settings::generated(self.get(row, 4)?);
        let generated = storage.zip(text.clone());
        let generated = generated.map(|(storage, expression)| Generated { expression, storage });
        let default = if let Some(generated) = &generated {
            table.extras.push(format!("generated column {name}"));
            Some(schema::Default::Expression(generated.expression.clone()))
        } else if autoincrement {
            None
        } else {
            let values = ty.values();
            text.and_then(|text| defaults::read(&text, &values.base, values.list))
        };
        table.columns.push(Column {
            name,
            ty,
            nullability: if refuses_null || (self.get(row, 2)? && !unchecked) {
                Nullability::Required
            } else {
                Nullability::Nullable
            },
            default,
            autoincrement,
            sequence: sequence.map(|name| Sequence { name, start: None }),
            client_default: false,
            filled_with: None,
            renamed_from: None,
            replaces: None,
            values: None,
            attributes: generated.map(|generated| {
                Box::new(Attributes { generated: Some(generated), ..Attributes::default() })
            }),
        });
        Ok(())
    }

    fn add_constraint(&self, tables: &mut Tables, row: &Row) -> Result<(), Error> {
        let Some(table) = tables.get_mut(&self.get::<u32>(row, 0)?) else {
            return Ok(());
        };
        let name: String = self.get(row, 1)?;
        let columns = self.get(row, 3)?;
        let kind: &str = self.get(row, 2)?;
        let beyond: Vec<&str> = self.get(row, 10)?;
        match kind {
            "c" if beyond.is_empty() => table.extras.push(format!("check {name}")),
            "c" => table.extras.push(format!("check {name} ({})", beyond.join(", "))),
            _ => table.extras.extend(beyond.iter().map(|what| format!("{what} constraint {name}"))),
        }
        match kind {
            "p" => {
                table.primary_key = Some(PrimaryKey { name: Some(name), columns, prefixes: BTreeMap::new() });
            }
            "f" => {
                table.foreign_keys.push(ForeignKey {
                    name: Some(name),
                    columns,
                    referenced_table: self.name(row, 4)?,
                    referenced_columns: self.get(row, 6)?,
                    on_delete: action(self.get(row, 7)?),
                    on_update: action(self.get(row, 8)?),
                    validated: self.get(row, 9)?,
                });
            }
            // A unique one is among the indexes.
            _ => {}
        }
        Ok(())
    }

    fn add_index(&self, tables: &mut Tables, row: &Row) -> Result<(), Error> {
        let Some(table) = tables.get_mut(&self.get::<u32>(row, 0)?) else {
            return Ok(());
        };
        let name: String = self.get(row, 1)?;
        let beyond: String = self.get(row, 9)?;
        let predicate: Option<String> = self.get(row, 10)?;
        if !beyond.is_empty() {
            let partial = if predicate.is_some() { "partial, " } else { "" };
            table.extras.push(format!("index {name} ({partial}{beyond})"));
            return Ok(());
        }
        let names: Vec<String> = self.get(row, 6)?;
        let descending: Vec<bool> = self.get(row, 7)?;
        let classes: Vec<String> = self.get(row, 8)?;
        let columns = names
            .into_iter()
            .zip(descending)
            .zip(classes)
            .map(|((name, descending), class)| IndexColumn {
                name,
                sort: if descending { Sort::Desc } else { Sort::Asc },
                operator_class: (!class.is_empty()).then_some(class),
                length: None,
            })
            .collect();
        let method: String = self.get(row, 4)?;
        table.indexes.push(Index {
            name,
            uniqueness: if self.get(row, 2)? { Uniqueness::Unique } else { Uniqueness::Plain },
            columns,
            method: (method != "btree").then_some(method),
            predicate: predicate.map(Predicate::Text),
            constraint: self.get(row, 5)?,
            valid: self.get(row, 3)?,
        });
        Ok(())
    }
}

fn action(code: &str) -> Action {
    match code {
        "r" => Action::Restrict,
        "c" => Action::Cascade,
        "n" => Action::SetNull,
        "d" => Action::SetDefault,
        _ => Action::NoAction,
    }
}
