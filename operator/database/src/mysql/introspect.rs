//! The catalog to a [`Schema`].

use std::collections::BTreeMap;

use datamodel::{Action, Sort};
use mysql_async::Row;
use schema::{
    Attributes, Column, ColumnType, Default, Dialect, ForeignKey, Hold, Index, IndexColumn, MySqlType,
    Nullability, ObjectName, PrimaryKey, Schema, Table, Tie, Type, Uniqueness,
};

use super::defaults::{Generated, read_mariadb, read_mysql};
use super::ties::{self, Naming};
use super::{Flavour, MySql, attributes, catalog, get, types};
use crate::Error;

pub(super) const WHAT: &str = "reading the catalog";

/// A table with what its columns are compared with.
pub(super) struct Found {
    pub(super) table: Table,
    collation: Option<String>,
}

pub(super) type Tables = BTreeMap<String, Found>;

impl MySql {
    pub(crate) async fn introspect(&mut self) -> Result<Schema, Error> {
        let mut tables = self.read(None).await?;
        let (mut views, mut named) = (Vec::new(), Vec::new());
        for row in self.catalog(catalog::VIEWS, None).await? {
            let name: String = get(&row, 0)?;
            let text = get::<Option<String>>(&row, 1)?.unwrap_or_default();
            named.push(Naming { what: format!("view {name}"), on: None, of: None, text });
            views.push(ObjectName::new(None, name));
        }
        named.extend(self.views_elsewhere().await?);
        views.sort();
        ties::tie(&mut tables, &named);
        let tables = tables.into_values().map(|found| found.table).collect();
        Ok(Schema { tables, views, ..Schema::empty(Dialect::MySql) })
    }

    /// Views of other databases that our user may see.
    async fn views_elsewhere(&mut self) -> Result<Vec<Naming>, Error> {
        let mut found: Vec<Naming> = Vec::new();
        for row in self.catalog(self.flavour.views_elsewhere(), None).await? {
            let (database, name): (String, String) = (get(&row, 0)?, get(&row, 1)?);
            let text = get::<Option<String>>(&row, 2)?.unwrap_or_default();
            let mut of = ties::tables_of(&self.database, &text);
            of.extend(get::<Option<String>>(&row, 3)?.map(|table| table.to_lowercase()));
            found.push(Naming { what: format!("view {database}.{name}"), on: None, of: Some(of), text });
        }
        Ok(found)
    }

    /// One table, if it exists.
    pub(super) async fn introspect_table(&mut self, name: &ObjectName) -> Result<Option<Table>, Error> {
        Ok(self.read(Some(&name.name)).await?.remove(&name.name).map(|found| found.table))
    }

    async fn read(&mut self, one: Option<&str>) -> Result<Tables, Error> {
        let mut tables = Tables::new();
        for row in self.catalog(catalog::TABLES, one).await? {
            let found = table_of(&row)?;
            tables.insert(found.table.name.name.clone(), found);
        }
        let mut rows = self.catalog(self.flavour.columns(), one).await?;
        sort(&mut rows, &[0], 9)?;
        for row in rows {
            add_column(self.flavour, &mut tables, &row)?;
        }
        for row in self.catalog(self.flavour.checks(), one).await? {
            add_check(&mut tables, &row)?;
        }
        let mut rows = self.catalog(self.flavour.indexes(), one).await?;
        sort(&mut rows, &[0, 1], 8)?;
        for row in rows {
            add_index_column(&mut tables, &row)?;
        }
        let mut rows = self.catalog(catalog::FOREIGN_KEYS, one).await?;
        sort(&mut rows, &[0, 1], 8)?;
        for row in rows {
            self.add_key_column(&mut tables, &row)?;
        }
        for found in tables.values_mut() {
            tie_generated(&mut found.table);
        }
        if self.flavour == Flavour::MariaDb {
            // It renames in expressions, too, and refuses only to drop what they name.
            for tie in tables.values_mut().flat_map(|found| &mut found.table.ties) {
                tie.hold = Hold::GoesAlong;
            }
            self.add_hidden_keys(&mut tables, one).await?;
        }
        if one.is_none() {
            let mut named = Vec::new();
            for row in self.catalog(catalog::TRIGGERS, None).await? {
                let (table, name): (String, String) = (get(&row, 0)?, get(&row, 1)?);
                let what = format!("trigger {name}");
                if let Some(found) = tables.get_mut(&table) {
                    found.table.extras.push(what.clone());
                }
                let text = get::<Option<String>>(&row, 2)?.unwrap_or_default();
                named.push(Naming { what, on: Some(table), of: None, text });
            }
            ties::tie(&mut tables, &named);
        }
        tables.values_mut().for_each(tidy);
        Ok(tables)
    }

    pub(super) async fn catalog(&mut self, query: &str, one: Option<&str>) -> Result<Vec<Row>, Error> {
        let database = self.database.clone();
        match one {
            Some(table) => {
                self.rows(&format!("{query}{}", catalog::ONE), (database, table.to_owned()), WHAT).await
            }
            None => self.rows(query, (database,), WHAT).await,
        }
    }

    fn add_key_column(&self, tables: &mut Tables, row: &Row) -> Result<(), Error> {
        let Some(found) = tables.get_mut(&get::<String>(row, 0)?) else { return Ok(()) };
        let (name, column): (String, String) = (get(row, 1)?, get(row, 2)?);
        let (database, table, referenced): (String, String, String) =
            (get(row, 3)?, get(row, 4)?, get(row, 5)?);
        let keys = &mut found.table.foreign_keys;
        if let Some(key) = keys.iter_mut().find(|key| key.name.as_ref() == Some(&name)) {
            key.columns.push(column);
            key.referenced_columns.push(referenced);
            return Ok(());
        }
        keys.push(ForeignKey {
            name: Some(name),
            columns: vec![column],
            referenced_table: target(&database, table, &self.database),
            referenced_columns: vec![referenced],
            on_delete: action(&get::<String>(row, 6)?),
            on_update: action(&get::<String>(row, 7)?),
            validated: true,
        });
        Ok(())
    }
}

/// By names and then by a position: sorting in the server would sort by its collation.
fn sort(rows: &mut [Row], names: &[usize], position: usize) -> Result<(), Error> {
    let mut failed = Ok(());
    rows.sort_by_cached_key(|row| {
        let names: Result<Vec<String>, Error> = names.iter().map(|at| get(row, *at)).collect();
        let position: Result<u64, Error> = get(row, position);
        match (names, position) {
            (Ok(names), Ok(position)) => (names, position),
            (Err(error), _) | (_, Err(error)) => {
                failed = Err(error);
                (Vec::new(), 0)
            }
        }
    });
    failed
}

fn table_of(row: &Row) -> Result<Found, Error> {
    let mut table = Table {
        name: ObjectName::new(None, get::<String>(row, 0)?),
        columns: Vec::new(),
        primary_key: None,
        indexes: Vec::new(),
        foreign_keys: Vec::new(),
        renamed_from: None,
        extras: Vec::new(),
        ties: Vec::new(),
    };
    let options = get::<Option<String>>(row, 2)?.unwrap_or_default();
    let (partitioned, options): (Vec<&str>, Vec<&str>) =
        options.split_whitespace().partition(|option| *option == "partitioned");
    if !partitioned.is_empty() {
        table.extras.push("partitions".to_owned());
    }
    if !options.is_empty() {
        table.extras.push(format!("options ({})", options.join(", ")));
    }
    if get::<Option<String>>(row, 5)?.is_some_and(|comment| !comment.is_empty()) {
        table.extras.push("comment".to_owned());
    }
    if let Some(engine) = get::<Option<String>>(row, 3)?.filter(|engine| engine != "InnoDB") {
        table.extras.push(format!("engine {engine}"));
    }
    if get::<String>(row, 4)? == "SYSTEM VERSIONED" {
        table.extras.push("system versioning".to_owned());
    }
    Ok(Found { table, collation: get(row, 1)? })
}

fn add_column(flavour: Flavour, tables: &mut Tables, row: &Row) -> Result<(), Error> {
    let Some(found) = tables.get_mut(&get::<String>(row, 0)?) else { return Ok(()) };
    let name: String = get(row, 1)?;
    let base = types::read(&get::<String>(row, 2)?);
    let text: Option<String> = get(row, 4)?;
    let extra = get::<Option<String>>(row, 5)?.unwrap_or_default().to_ascii_lowercase();
    let attributes = attributes::read(flavour, found.collation.as_deref(), &extra, row)?;
    let mut say = |what: &str| found.table.extras.push(format!("column {name}: {what}"));
    for what in attributes::said(&attributes) {
        say(&what);
    }
    let update = extra.split_once("on update ").map(|(_, clock)| format!("on update {clock}"));
    if let Some(update) = &update {
        say(update);
    }
    let written =
        if extra.contains("default_generated") { Generated::Expression } else { Generated::Literal };
    let default = match (&attributes.generated, flavour, text) {
        (Some(generated), _, _) => Some(Default::Expression(generated.expression.clone())),
        (None, _, None) => None,
        (None, Flavour::MariaDb, Some(text)) => read_mariadb(&text, &base),
        (None, Flavour::MySql, Some(text)) => Some(read_mysql(&text, written, &base)),
    };
    let default = match (default, update) {
        (Some(Default::Now), Some(update)) => {
            Some(Default::Expression(format!("current_timestamp {update}")))
        }
        (default, _) => default,
    };
    found.table.columns.push(Column {
        name,
        ty: ColumnType { base, list: false },
        nullability: if get::<String>(row, 3)? == "NO" {
            Nullability::Required
        } else {
            Nullability::Nullable
        },
        default,
        autoincrement: extra.contains("auto_increment"),
        sequence: None,
        client_default: false,
        filled_with: None,
        renamed_from: None,
        replaces: None,
        values: None,
        attributes: (attributes != Attributes::default()).then(|| Box::new(attributes)),
    });
    Ok(())
}

/// MariaDB's JSON is a text with a check of its own, which keeps the name of a column that is renamed.
fn add_check(tables: &mut Tables, row: &Row) -> Result<(), Error> {
    let Some(found) = tables.get_mut(&get::<String>(row, 0)?) else { return Ok(()) };
    let (name, level, clause): (String, String, String) = (get(row, 1)?, get(row, 2)?, get(row, 3)?);
    let Table { columns, extras, .. } = &mut found.table;
    if level != "Column" {
        extras.push(format!("check {name}"));
        let tie = tie(columns, &format!("check {name}"), &clause);
        found.table.ties.extend(tie);
        return Ok(());
    }
    let (owner, mut others) = (name, Vec::new());
    for column in columns {
        let (name, quoted) = (column.name.clone(), super::quoted(&column.name));
        if clause == format!("json_valid({quoted})") {
            column.ty.base = Type::MySql(MySqlType::Json);
            let collation = format!("column {name}: collation utf8mb4_bin");
            extras.retain(|extra| *extra != collation);
            attributes::change(column, |attributes| attributes.collation = None);
        } else if clause.contains(&quoted) && name != owner {
            others.push(name);
        } else if clause.contains(&quoted) {
            extras.push(format!("column {name}: check"));
            attributes::change(column, |attributes| attributes.check = Some(clause.clone()));
        }
    }
    if !others.is_empty() {
        let what = format!("check of column {owner}");
        found.table.ties.push(Tie { what, columns: others, hold: Hold::GoesAlong });
    }
    Ok(())
}

fn add_index_column(tables: &mut Tables, row: &Row) -> Result<(), Error> {
    let Some(found) = tables.get_mut(&get::<String>(row, 0)?) else { return Ok(()) };
    let table = &mut found.table;
    let name: String = get(row, 1)?;
    let kind: String = get(row, 6)?;
    let hidden = get::<i64>(row, 7)? != 0;
    let column: Option<String> = get(row, 3)?;
    let beyond = match (kind.as_str(), &column) {
        (_, None) => Some("an expression"),
        ("BTREE" | "FULLTEXT", _) if hidden => Some("ignored"),
        ("BTREE" | "FULLTEXT", Some(_)) => None,
        (_, Some(_)) => Some("of another kind"),
    };
    let said = format!("index {name} (");
    let commented = format!("index {name}: comment");
    if !get::<String>(row, 10)?.is_empty() && !table.extras.contains(&commented) {
        table.extras.push(commented);
    }
    if let Some(expression) = get::<Option<String>>(row, 9)? {
        let tie = tie(&table.columns, &format!("index {name}"), &expression);
        table.ties.extend(tie);
    }
    if let Some(beyond) = beyond {
        table.indexes.retain(|index| index.name != name);
        if !table.extras.iter().any(|extra| extra.starts_with(&said)) {
            table.extras.push(format!("{said}{beyond})"));
        }
        return Ok(());
    }
    let (Some(column), false) = (column, table.extras.iter().any(|extra| extra.starts_with(&said))) else {
        return Ok(());
    };
    let length: Option<u32> = get(row, 5)?;
    if name == "PRIMARY" {
        let key = table.primary_key.get_or_insert_with(|| PrimaryKey {
            name: None,
            columns: Vec::new(),
            prefixes: BTreeMap::new(),
        });
        key.prefixes.extend(length.map(|length| (column.clone(), length)));
        key.columns.push(column);
        return Ok(());
    }
    let descending = get::<Option<String>>(row, 4)?.as_deref() == Some("D");
    let column = IndexColumn {
        name: column,
        sort: if descending { Sort::Desc } else { Sort::Asc },
        operator_class: None,
        length,
    };
    match table.indexes.iter_mut().find(|index| index.name == name) {
        Some(index) => index.columns.push(column),
        None => table.indexes.push(Index {
            name,
            uniqueness: if get::<i64>(row, 2)? == 0 { Uniqueness::Unique } else { Uniqueness::Plain },
            columns: vec![column],
            method: (kind == "FULLTEXT").then(|| "fulltext".to_owned()),
            predicate: None,
            constraint: false,
            valid: true,
        }),
    }
    Ok(())
}

/// What names columns in an expression, which is written with backticks.
fn tie(columns: &[Column], what: &str, expression: &str) -> Option<Tie> {
    let named = columns.iter().filter(|column| expression.contains(&super::quoted(&column.name)));
    let columns: Vec<String> = named.map(|column| column.name.clone()).collect();
    (!columns.is_empty()).then(|| Tie { what: what.to_owned(), columns, hold: Hold::InTheWay })
}

fn tie_generated(table: &mut Table) {
    let ties = table.columns.iter().filter_map(|column| {
        let generated = column.attributes.as_ref()?.generated.as_ref()?;
        tie(&table.columns, &format!("generated column {}", column.name), &generated.expression)
    });
    let ties: Vec<Tie> = ties.collect();
    table.ties.extend(ties);
}

/// What depends on the whole table.
fn tidy(found: &mut Found) {
    found.table.extras.sort();
}

/// A table of this database, or of another one.
pub(super) fn target(database: &str, table: String, own: &str) -> ObjectName {
    ObjectName::new((database != own).then_some(database), table)
}

pub(super) fn action(rule: &str) -> Action {
    match rule {
        "CASCADE" => Action::Cascade,
        "SET NULL" => Action::SetNull,
        "SET DEFAULT" => Action::SetDefault,
        "RESTRICT" => Action::Restrict,
        _ => Action::NoAction,
    }
}
