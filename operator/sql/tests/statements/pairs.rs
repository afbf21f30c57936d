//! Random pairs of schemas with names and values that try to leave their quotes. Everything follows from a seed.

use datamodel::{Action, Sort};
use proptest::prelude::Rng as _;
use proptest::test_runner::{RngAlgorithm, TestRng};
use schema::{
    Attributes, Column, ColumnType, Default, Dialect, Enum, ForeignKey, Index, IndexColumn, IntegerWidth,
    LobSize, MySqlType, Nullability, ObjectName, PrimaryKey, Schema, Sequence, Sign, Table, Type, Uniqueness,
    Value,
};

/// What names and values are made of. NUL is refused before, by the parsers.
const PARTS: &[&str] = &[
    "\"",
    "'",
    "`",
    "\\",
    ";",
    "--",
    "/*",
    "*/",
    "#",
    "\n",
    "\r",
    "\t",
    " ",
    "$$",
    "$1",
    "%s",
    "?",
    "@",
    ":x",
    "::text",
    "'; DROP TABLE x; --",
    "\"; DROP TABLE x; --",
    "`; DROP TABLE x; --",
    "\\'; DROP TABLE x; #",
    "\\",
    "E'",
    "x'00'",
    "select",
    "Table",
    "NULL",
    "order",
    "😀",
    "é",
    "日本",
    "\u{202e}",
    "\u{feff}",
    "(",
    ")",
    ",",
    ".",
    "[",
    "]",
    "{",
    "}",
    "a",
    "B",
    "user",
    "name",
    "id",
    "\u{1}",
    "\u{7f}",
];

/// A source of schemas of one dialect.
pub(crate) struct Maker {
    random: TestRng,
    dialect: Dialect,
    made: usize,
}

impl Maker {
    pub(crate) fn new(dialect: Dialect, seed: u64) -> Self {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        Self { random: TestRng::from_seed(RngAlgorithm::ChaCha, &bytes), dialect, made: 0 }
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.random.next_u64() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn chance(&mut self, one_in: usize) -> bool {
        self.below(one_in) == 0
    }

    fn text(&mut self) -> String {
        (0..self.below(6)).map(|_| PARTS[self.below(PARTS.len())]).collect()
    }

    /// A name that no other has, sometimes of the most bytes that fit.
    fn name(&mut self) -> String {
        self.made += 1;
        let number = self.made.to_string();
        let mut name = self.text();
        if self.chance(8) {
            name = name.repeat(20) + &"x".repeat(63);
        }
        while name.len() + number.len() > 63 {
            name.pop();
        }
        // Before or after, so that the awkward part also is the first or the last.
        if self.chance(2) { format!("{name}{number}") } else { format!("{number}{name}") }
    }

    fn object(&mut self) -> ObjectName {
        let name = self.name();
        match self.dialect {
            Dialect::PostgreSql => ObjectName::new(Some(NAMESPACES[self.below(2)]), name),
            Dialect::Sqlite | Dialect::MySql => ObjectName::new(None, name),
        }
    }

    pub(crate) fn schema(&mut self) -> Schema {
        let mut schema = Schema::empty(self.dialect);
        if self.dialect == Dialect::PostgreSql {
            schema.namespaces = NAMESPACES.iter().map(|name| (*name).to_owned()).collect();
            schema.enums = (0..self.below(3)).map(|_| self.new_enum()).collect();
        }
        schema.tables = (0..=self.below(3)).map(|_| self.table(&schema.enums)).collect();
        self.connect(&mut schema);
        schema
    }

    /// As introspection finds it: without hints, and on MySQL with what a new definition has to say again.
    pub(crate) fn found(&mut self, schema: &Schema) -> Schema {
        let mut found = schema.clone();
        for table in &mut found.tables {
            table.renamed_from = None;
            for column in &mut table.columns {
                if self.dialect == Dialect::MySql && self.chance(2) {
                    let comment = Some(self.name());
                    column.attributes = Some(Box::new(Attributes { comment, ..Attributes::default() }));
                }
            }
        }
        found
    }

    fn new_enum(&mut self) -> Enum {
        Enum {
            name: self.object(),
            values: self.values(),
            renamed_from: None,
            renamed_values: std::collections::BTreeMap::new(),
        }
    }

    fn values(&mut self) -> Vec<String> {
        (0..=self.below(3)).map(|_| self.name()).collect()
    }

    fn table(&mut self, enums: &[Enum]) -> Table {
        let mut table = Table {
            name: self.object(),
            columns: (0..=self.below(4)).map(|_| self.column(enums)).collect(),
            primary_key: None,
            indexes: Vec::new(),
            foreign_keys: Vec::new(),
            renamed_from: None,
            extras: Vec::new(),
            ties: Vec::new(),
        };
        self.key(&mut table);
        for _ in 0..self.below(3) {
            let index = self.index(&table);
            table.indexes.push(index);
        }
        table
    }

    /// The first column is the key, and sometimes counts.
    fn key(&mut self, table: &mut Table) {
        let count = self.below(2) + 1;
        let name = (self.dialect == Dialect::PostgreSql).then(|| self.name());
        let columns: Vec<String> =
            table.columns.iter().take(count).map(|column| column.name.clone()).collect();
        let counts = columns.len() == 1 && self.chance(2);
        let sequence = (counts && self.dialect == Dialect::PostgreSql && self.chance(2))
            .then(|| Sequence { name: self.name(), start: self.chance(2).then_some(7) });
        for column in table.columns.iter_mut().take(columns.len()) {
            column.nullability = Nullability::Required;
            if counts {
                column.ty = ColumnType { base: integer(self.dialect), list: false };
                column.default = None;
                column.autoincrement = true;
                column.sequence.clone_from(&sequence);
            }
        }
        table.primary_key = Some(PrimaryKey { name, columns, prefixes: std::collections::BTreeMap::new() });
    }

    fn column(&mut self, enums: &[Enum]) -> Column {
        let ty = self.ty(enums);
        let default = self.default(&ty, enums);
        let nullability = if self.chance(2) { Nullability::Required } else { Nullability::Nullable };
        Column {
            name: self.name(),
            ty,
            nullability,
            default,
            autoincrement: false,
            sequence: None,
            client_default: false,
            filled_with: None,
            renamed_from: None,
            replaces: None,
            values: None,
            attributes: None,
        }
    }

    fn ty(&mut self, enums: &[Enum]) -> ColumnType {
        let base = match self.dialect {
            Dialect::PostgreSql => match self.below(enums.len() + 9) {
                0 => Type::Integer,
                1 => Type::BigInt,
                2 => Type::Boolean,
                3 => Type::VarChar(Some(20)),
                4 => Type::Decimal(Some((9, 2))),
                5 => Type::Timestamptz(Some(3)),
                6 => Type::JsonB,
                7 => Type::Bytes,
                8 => Type::Text,
                at => Type::Enum(enums[at - 9].name.clone()),
            },
            Dialect::Sqlite => {
                [Type::Integer, Type::Text, Type::Boolean, Type::Double, Type::Bytes, Type::DateTime]
                    [self.below(6)]
                .clone()
            }
            Dialect::MySql => Type::MySql(match self.below(9) {
                0 => MySqlType::Integer(IntegerWidth::Normal, Sign::Unsigned),
                1 => MySqlType::Boolean,
                2 => MySqlType::VarChar(191),
                3 => MySqlType::Text(LobSize::Long),
                4 => MySqlType::Decimal(9, 2),
                5 => MySqlType::DateTime(3),
                6 => MySqlType::VarBinary(9),
                7 => MySqlType::Json,
                _ => MySqlType::Enum(self.values()),
            }),
        };
        ColumnType { base, list: self.dialect == Dialect::PostgreSql && self.chance(5) }
    }

    fn default(&mut self, ty: &ColumnType, enums: &[Enum]) -> Option<Default> {
        if self.chance(3) {
            return None;
        }
        if ty.list {
            return Some(Default::List((0..self.below(3)).map(|_| self.value(&ty.base, enums)).collect()));
        }
        let clock =
            matches!(ty.base, Type::Timestamptz(_) | Type::DateTime | Type::MySql(MySqlType::DateTime(_)));
        if clock && self.chance(2) {
            return Some(Default::Now);
        }
        Some(Default::Value(self.value(&ty.base, enums)))
    }

    fn value(&mut self, ty: &Type, enums: &[Enum]) -> Value {
        match ty {
            Type::Integer
            | Type::BigInt
            | Type::Double
            | Type::Decimal(_)
            | Type::MySql(MySqlType::Decimal(..)) => {
                Value::Number(["0", "-1", "2.50"][self.below(3)].to_owned())
            }
            Type::Boolean | Type::MySql(MySqlType::Boolean) => Value::Boolean(self.chance(2)),
            Type::Bytes | Type::MySql(MySqlType::VarBinary(_)) => Value::Bytes(self.text().into_bytes()),
            Type::Enum(name) => {
                let values = &enums.iter().find(|found| found.name == *name).unwrap().values;
                Value::String(values[0].clone())
            }
            Type::MySql(MySqlType::Enum(values)) => Value::String(values[0].clone()),
            _ => Value::String(self.text()),
        }
    }

    fn index(&mut self, table: &Table) -> Index {
        let columns = table.columns.iter().take(self.below(3) + 1).map(|column| IndexColumn {
            name: column.name.clone(),
            sort: if self.chance(3) { Sort::Desc } else { Sort::Asc },
            operator_class: None,
            length: None,
        });
        let columns = columns.collect();
        Index {
            name: self.name(),
            uniqueness: if self.chance(2) { Uniqueness::Unique } else { Uniqueness::Plain },
            columns,
            method: None,
            predicate: None,
            constraint: false,
            valid: true,
        }
    }

    /// Foreign keys between the tables there are.
    fn connect(&mut self, schema: &mut Schema) {
        for _ in 0..self.below(3) {
            let (from, to) = (self.below(schema.tables.len()), self.below(schema.tables.len()));
            let target = &schema.tables[to];
            let (referenced_table, referenced) = (target.name.clone(), target.columns[0].name.clone());
            let key = ForeignKey {
                name: Some(self.name()),
                columns: vec![schema.tables[from].columns[0].name.clone()],
                referenced_table,
                referenced_columns: vec![referenced],
                on_delete: [Action::Cascade, Action::Restrict, Action::NoAction][self.below(3)],
                on_update: Action::Cascade,
                validated: true,
            };
            schema.tables[from].foreign_keys.push(key);
        }
    }

    /// The same schema after a few edits of every kind.
    pub(crate) fn edited(&mut self, from: &Schema) -> Schema {
        let mut schema = from.clone();
        for at in 0..schema.enums.len() {
            self.edit_enum(&mut schema, at);
        }
        let enums = schema.enums.clone();
        for at in 0..schema.tables.len() {
            if self.chance(3) {
                self.rename_table(&mut schema, at);
            }
            if self.chance(2) {
                self.edit_columns(&mut schema, at, &enums);
            }
            if self.chance(3) {
                self.turn_counting(&mut schema.tables[at]);
            }
            if self.chance(3) {
                let index = self.index(&schema.tables[at]);
                schema.tables[at].indexes.push(index);
            }
            if let Some(index) = schema.tables[at].indexes.first_mut().filter(|_| self.made.is_multiple_of(3))
            {
                index.name = format!("r{}", index.name.chars().take(10).collect::<String>());
            }
        }
        if self.chance(3) {
            let table = self.table(&enums);
            schema.tables.push(table);
        }
        if schema.tables.len() > 1 && self.chance(4) {
            let gone = schema.tables.remove(0).name;
            for table in &mut schema.tables {
                table.foreign_keys.retain(|key| key.referenced_table != gone);
            }
        }
        self.connect(&mut schema);
        schema
    }

    fn edit_enum(&mut self, schema: &mut Schema, at: usize) {
        let old = schema.enums[at].clone();
        match self.below(4) {
            0 => {
                let value = self.name();
                let place = self.below(old.values.len() + 1);
                schema.enums[at].values.insert(place, value);
            }
            1 if old.values.len() > 1 => {
                schema.enums[at].values.pop();
            }
            2 => {
                let new = old.name.sibling(self.name());
                for column in schema.tables.iter_mut().flat_map(|table| &mut table.columns) {
                    if column.ty.base == Type::Enum(old.name.clone()) {
                        column.ty.base = Type::Enum(new.clone());
                    }
                }
                schema.enums[at].name = new;
                schema.enums[at].renamed_from = Some(old.name.name);
            }
            _ => {}
        }
    }

    fn rename_table(&mut self, schema: &mut Schema, at: usize) {
        let old = schema.tables[at].name.clone();
        let new = old.sibling(self.name());
        for key in schema.tables.iter_mut().flat_map(|table| &mut table.foreign_keys) {
            if key.referenced_table == old {
                key.referenced_table = new.clone();
            }
        }
        schema.tables[at].name = new;
        schema.tables[at].renamed_from = Some(old.name);
    }

    /// A key of one whole number begins to count, or ends.
    fn turn_counting(&self, table: &mut Table) {
        if table.primary_key.as_ref().is_none_or(|key| key.columns.len() != 1) {
            return;
        }
        let ty = ColumnType { base: integer(self.dialect), list: false };
        let first = &mut table.columns[0];
        if first.autoincrement {
            (first.autoincrement, first.sequence) = (false, None);
        } else if first.ty == ty {
            (first.autoincrement, first.default) = (true, None);
        } else {
            (first.ty, first.default) = (ty, None);
        }
    }

    /// Never the first column, which keys and foreign keys use.
    fn edit_columns(&mut self, schema: &mut Schema, at: usize, enums: &[Enum]) {
        let added = self.column(enums);
        let table = &mut schema.tables[at];
        if let Some(last) = table.columns.get_mut(1..).and_then(<[Column]>::last_mut) {
            let old = last.name.clone();
            match self.below(5) {
                0 => last.renamed_from = Some(std::mem::replace(&mut last.name, self.name())),
                1 => {
                    last.ty = self.ty(enums);
                    last.default = self.default(&last.ty, enums);
                }
                2 => last.default = self.default(&last.ty, enums),
                3 => {
                    last.nullability = match last.nullability {
                        Nullability::Required => Nullability::Nullable,
                        Nullability::Nullable => Nullability::Required,
                    };
                }
                _ => {
                    table.columns.pop();
                }
            }
            let names: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
            table.indexes.retain(|index| index.columns.iter().all(|column| names.contains(&column.name)));
            if let Some(key) = table.primary_key.as_mut().filter(|key| key.columns.contains(&old)) {
                key.columns.retain(|name| names.contains(name));
            }
        }
        table.columns.push(added);
    }
}

const NAMESPACES: &[&str] = &["public", "Na\"me'sp;ace"];

const fn integer(dialect: Dialect) -> Type {
    match dialect {
        Dialect::PostgreSql | Dialect::Sqlite => Type::Integer,
        Dialect::MySql => Type::MySql(MySqlType::Integer(IntegerWidth::Normal, Sign::Signed)),
    }
}
