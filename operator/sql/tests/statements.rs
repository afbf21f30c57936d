//! Every statement of a random plan is exactly one statement to a parser, holds no comment, and quotes nothing but the very
//! names and values that went in.
//!
//! `PROPERTY_CASES` says how many pairs of schemas a database gets, `PROPERTY_SEED` where they start; a failure names its
//! seed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

#[path = "statements/pairs.rs"]
mod pairs;
#[path = "statements/postgresql.rs"]
mod postgresql;

use std::collections::BTreeSet;

use pairs::Maker;
use plan::{Ownership, diff};
use rusqlite::Connection;
use schema::{Default, Dialect, MySqlType, ObjectName, Schema, Type, Value};
use sqlparser::ast::{ObjectNamePart, Statement};
use sqlparser::dialect::{MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::Parser;
use sqlparser::tokenizer::{Token, Tokenizer, Whitespace};

/// Statements whose grammar the parser does not know: only their words are looked at here. Real servers run them, too.
const BEYOND_THE_PARSER: &[(Dialect, &str, &str)] = &[
    (Dialect::PostgreSql, "ALTER SEQUENCE ", ""),
    (Dialect::PostgreSql, "DO ", ""),
    (Dialect::PostgreSql, "ALTER TABLE ", "DROP IDENTITY IF EXISTS"),
    (Dialect::MySql, "ALTER TABLE ", "RENAME INDEX `"),
];

fn number(variable: &str, usual: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(usual)
}

/// All names and all values of the schemas, and what the product makes of them.
struct Known {
    names: BTreeSet<String>,
    values: BTreeSet<String>,
}

impl Known {
    fn of(schemas: [&Schema; 2]) -> Self {
        let mut known = Self { names: BTreeSet::new(), values: BTreeSet::new() };
        // SQLite's own table of counters.
        known.names.extend(["sqlite_sequence", "name", "seq"].map(str::to_owned));
        for schema in schemas {
            known.names.extend(schema.namespaces.iter().cloned());
            for found in &schema.enums {
                known.object(&found.name);
                known.values.extend(found.values.iter().cloned());
            }
            for table in &schema.tables {
                known.object(&table.name);
                let key = table.primary_key.iter();
                known.names.extend(key.filter_map(|key| key.name.clone()));
                known.names.extend(table.indexes.iter().map(|index| index.name.clone()));
                known.names.extend(table.foreign_keys.iter().filter_map(|key| key.name.clone()));
                for column in &table.columns {
                    known.names.extend([column.name.clone(), sequence(&table.name.name, &column.name)]);
                    known.names.extend(column.sequence.iter().map(|sequence| sequence.name.clone()));
                    if let Type::MySql(MySqlType::Enum(values)) = &column.ty.base {
                        known.values.extend(values.iter().cloned());
                    }
                    let attributes = column.attributes.iter();
                    known.values.extend(attributes.filter_map(|attributes| attributes.comment.clone()));
                    match &column.default {
                        Some(Default::Value(value)) => known.value(value),
                        Some(Default::List(values)) => values.iter().for_each(|value| known.value(value)),
                        _ => {}
                    }
                }
            }
        }
        // Names are values to a function that takes a name.
        known.values.extend(known.names.iter().cloned());
        known
    }

    fn object(&mut self, name: &ObjectName) {
        let mut temporary = format!("_slift_new_{}", name.name);
        self.names.extend([name.name.clone(), temporary.clone()]);
        while temporary.len() > 63 {
            temporary.pop();
        }
        self.names.insert(temporary);
    }

    fn value(&mut self, value: &Value) {
        match value {
            Value::String(text) => drop(self.values.insert(text.clone())),
            Value::Bytes(content) => {
                let digits = hex::encode(content);
                self.values.extend([format!("\\x{digits}"), digits]);
            }
            Value::Number(_) | Value::Boolean(_) => {}
        }
    }
}

/// The name that PostgreSQL gives to a sequence, of the most bytes that fit; the longer part gives way.
fn sequence(table: &str, column: &str) -> String {
    let (mut table, mut column) = (table.to_owned(), column.to_owned());
    while table.len() + column.len() > 63 - "__seq".len() {
        let longer = if table.len() > column.len() { &mut table } else { &mut column };
        longer.pop();
    }
    format!("{table}_{column}_seq")
}

fn tokens(dialect: Dialect, text: &str) -> Vec<Token> {
    let found = match dialect {
        Dialect::PostgreSql => Tokenizer::new(&PostgreSqlDialect {}, text).tokenize(),
        Dialect::Sqlite => Tokenizer::new(&SQLiteDialect {}, text).tokenize(),
        Dialect::MySql => Tokenizer::new(&MySqlDialect {}, text).tokenize(),
    };
    found.unwrap_or_else(|error| panic!("{error} in\n{text}"))
}

fn parsed(dialect: Dialect, text: &str) -> Option<Statement> {
    let found = match dialect {
        Dialect::PostgreSql => Parser::parse_sql(&PostgreSqlDialect {}, text),
        Dialect::Sqlite => Parser::parse_sql(&SQLiteDialect {}, text),
        Dialect::MySql => Parser::parse_sql(&MySqlDialect {}, text),
    };
    match found {
        Ok(mut statements) => {
            assert_eq!(statements.len(), 1, "{text}");
            statements.pop()
        }
        Err(error) => {
            let known = BEYOND_THE_PARSER.iter().any(|(whose, start, word)| {
                *whose == dialect && text.starts_with(start) && text.contains(word)
            });
            assert!(known, "{error} in\n{text}");
            None
        }
    }
}

/// No comment, no second statement, no word in quotes that did not go in, and none that did without its quotes.
fn check_frame(dialect: Dialect, known: &Known, text: &str) -> Vec<Token> {
    let tokens = tokens(dialect, text);
    for token in &tokens {
        match token {
            Token::SemiColon => panic!("a second statement in\n{text}"),
            Token::Whitespace(Whitespace::SingleLineComment { .. } | Whitespace::MultiLineComment(_)) => {
                panic!("a comment in\n{text}")
            }
            Token::Word(word) if word.quote_style.is_some() => {
                let ours =
                    [sql::NOT_NULL_PREFIX, sql::KEY_PREFIX].iter().any(|ours| word.value.starts_with(ours));
                assert!(ours || known.names.contains(&word.value), "{:?} is no name, in\n{text}", word.value);
            }
            Token::Word(word) => {
                let plain = word.value.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                assert!(plain && !known.names.contains(&word.value), "{:?} is bare in\n{text}", word.value);
            }
            _ => {}
        }
    }
    tokens
}

/// What else stands in a statement: values that went in, and nothing that could begin anything.
fn check_words(dialect: Dialect, known: &Known, text: &str) {
    for token in check_frame(dialect, known, text) {
        match token {
            Token::SingleQuotedString(value) if known.values.contains(&value) => {}
            Token::HexStringLiteral(digits) => assert!(known.values.contains(&digits), "{digits} in\n{text}"),
            // The name of a sequence, or a whole block, is a literal with SQL in it.
            Token::SingleQuotedString(inner) if dialect == Dialect::PostgreSql => {
                check_inner(known, inner.trim());
            }
            Token::SingleQuotedString(value) => panic!("{value:?} is no value, in\n{text}"),
            Token::Word(_)
            | Token::Number(..)
            | Token::Comma
            | Token::LParen
            | Token::RParen
            | Token::LBracket
            | Token::RBracket
            | Token::Period
            | Token::DoubleColon
            | Token::Minus
            | Token::Plus
            | Token::Eq
            | Token::Whitespace(_) => {}
            other => panic!("{other:?} in\n{text}"),
        }
    }
}

fn check_inner(known: &Known, inner: &str) {
    match inner.strip_prefix("BEGIN ").and_then(|body| body.strip_suffix("; END IF; END")) {
        Some(body) => check_words(Dialect::PostgreSql, known, &body.replace(" || ", " , ")),
        None => check_words(Dialect::PostgreSql, known, inner),
    }
}

fn last(name: &sqlparser::ast::ObjectName) -> &str {
    match name.0.last().unwrap() {
        ObjectNamePart::Identifier(ident) => &ident.value,
        ObjectNamePart::Function(_) => panic!("{name} is no name"),
    }
}

/// Where the parser names the parts, they are those of the schema, in its order.
fn check_structure(schemas: [&Schema; 2], statement: &Statement) {
    let tables = || schemas.into_iter().flat_map(|schema| &schema.tables);
    match statement {
        Statement::CreateTable(create) => {
            let name = last(&create.name);
            let bare = name.strip_prefix("_slift_new_").unwrap_or(name);
            let columns: Vec<&str> = create.columns.iter().map(|column| column.name.value.as_str()).collect();
            let same = tables().any(|table| {
                let own: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
                (table.name.name == name || table.name.name == bare) && own == columns
            });
            assert!(same, "{statement}");
        }
        Statement::CreateIndex(create) => {
            let (name, table) = (last(create.name.as_ref().unwrap()), last(&create.table_name));
            let same = tables().any(|found| {
                let length = create.columns.len();
                let key = found.primary_key.as_ref().filter(|_| name.starts_with(sql::KEY_PREFIX));
                let indexed = |index: &schema::Index| index.name == name && index.columns.len() == length;
                found.name.name == table
                    && (found.indexes.iter().any(indexed)
                        || key.is_some_and(|key| key.columns.len() == length))
            });
            assert!(same, "{statement}");
        }
        _ => {}
    }
}

/// SQLite reads a statement to its end, and nothing is left.
fn check_with_sqlite(statement: &str) {
    let connection = Connection::open_in_memory().unwrap();
    let error =
        connection.execute_batch(&format!("EXPLAIN {statement}")).err().map(|error| error.to_string());
    // Its tables are not there; what does not parse is said in other words.
    let syntax = error.filter(|error| error.contains("syntax error") || error.contains("unrecognized token"));
    assert_eq!(syntax, None, "{statement}");
}

fn check(dialect: Dialect, seed: u64) -> usize {
    let mut maker = Maker::new(dialect, seed);
    let first = maker.schema();
    let second = maker.edited(&first);
    let empty = Schema::empty(dialect);
    let found = maker.found(&first);
    let mut statements = 0;
    for (from, to) in [(&empty, &first), (&found, &second)] {
        let Ok(plan) = diff(from, to, &Ownership::of(from)) else { continue };
        let script = sql::render(&plan);
        let known = Known::of([from, to]);
        for statement in script.steps.iter().flat_map(|step| &step.statements) {
            statements += 1;
            check_words(dialect, &known, statement);
            if let Some(parsed) = parsed(dialect, statement) {
                check_structure([from, to], &parsed);
            }
            match dialect {
                Dialect::PostgreSql => postgresql::check([from, to], &known, statement),
                Dialect::Sqlite => check_with_sqlite(statement),
                Dialect::MySql => {}
            }
        }
        for hazard in script.steps.iter().flat_map(|step| &step.hazards) {
            for query in hazard.count.iter().chain(&hazard.examples) {
                check_frame(dialect, &known, query);
                if dialect == Dialect::PostgreSql {
                    postgresql::one(query);
                }
            }
        }
    }
    statements
}

fn every_statement_parses(dialect: Dialect) {
    let (first, count) = (number("PROPERTY_SEED", 1), number("PROPERTY_CASES", 1000));
    let mut statements = 0;
    for seed in first..first + count {
        let found = std::panic::catch_unwind(|| check(dialect, seed));
        statements += found.unwrap_or_else(|_| panic!("PROPERTY_SEED={seed} PROPERTY_CASES=1"));
    }
    println!("{dialect:?}: {statements} statements of {count} pairs from seed {first}");
    assert!(statements as u64 >= 4 * count, "only {statements} statements");
}

#[test]
fn postgresql_reads_what_went_in() {
    every_statement_parses(Dialect::PostgreSql);
}

#[test]
fn mysql_reads_what_went_in() {
    every_statement_parses(Dialect::MySql);
}

#[test]
fn sqlite_reads_what_went_in() {
    every_statement_parses(Dialect::Sqlite);
}
