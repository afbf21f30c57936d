//! What `strong_migrations` checks on PostgreSQL, we check, or a reason says why not. The table of `docs/lint.md` is made
//! from this list with `UPDATE_EXPECT=1`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fmt::Write as _;
use std::path::Path;

use lint::{Code, Options, Role, Source, lint};

/// What there is before each of them.
const BEFORE: &str = "
CREATE TABLE users (id bigint PRIMARY KEY, name text, rank int, CONSTRAINT rank_is_known CHECK (rank > 0) NOT VALID);
CREATE TABLE posts (id bigint PRIMARY KEY, user_id bigint, at tstzrange);
";

/// A check of theirs, SQL that it is about, and the name of ours.
const CHECKS: &[(&str, &str, &str)] = &[
    ("removing a column", "ALTER TABLE users DROP COLUMN name;", "drop-column"),
    (
        "changing the type of a column",
        "ALTER TABLE users ALTER COLUMN rank TYPE bigint;",
        "change-column-type",
    ),
    ("renaming a column", "ALTER TABLE users RENAME COLUMN name TO title;", "rename-column"),
    ("renaming a table", "ALTER TABLE users RENAME TO people;", "rename-table"),
    (
        "creating a table with the force option",
        "DROP TABLE IF EXISTS users CASCADE; CREATE TABLE users (id bigint PRIMARY KEY);",
        "drop-table",
    ),
    (
        "adding an auto-incrementing column",
        "ALTER TABLE users ADD COLUMN number bigserial;",
        "add-column-rewrite",
    ),
    (
        "adding a stored generated column",
        "ALTER TABLE users ADD COLUMN twice int GENERATED ALWAYS AS (rank * 2) STORED;",
        "add-column-rewrite",
    ),
    ("adding a check constraint", "ALTER TABLE users ADD CONSTRAINT c CHECK (rank < 9);", "add-check"),
    (
        "validating in the transaction that adds the constraint",
        "ALTER TABLE users ADD CONSTRAINT c CHECK (rank < 9) NOT VALID; ALTER TABLE users VALIDATE CONSTRAINT c;",
        "validate-too-early",
    ),
    (
        "backfilling in the migration that adds the column",
        "ALTER TABLE users ADD COLUMN kind text; UPDATE users SET kind = 'plain';",
        "data-with-structure",
    ),
    ("adding an index without CONCURRENTLY", "CREATE INDEX i ON users (name);", "create-index"),
    ("removing an index without CONCURRENTLY", "DROP INDEX i;", "drop-index"),
    (
        "adding a reference",
        "ALTER TABLE posts ADD COLUMN author_id bigint REFERENCES users; CREATE INDEX i ON posts (author_id);",
        "create-index",
    ),
    (
        "adding a foreign key",
        "ALTER TABLE posts ADD CONSTRAINT f FOREIGN KEY (user_id) REFERENCES users;",
        "add-foreign-key",
    ),
    ("adding a unique constraint", "ALTER TABLE users ADD CONSTRAINT u UNIQUE (name);", "add-unique"),
    (
        "adding an exclusion constraint",
        "ALTER TABLE posts ADD CONSTRAINT e EXCLUDE USING gist (at WITH &&);",
        "add-exclusion",
    ),
    ("adding a json column", "ALTER TABLE users ADD COLUMN settings json;", "add-json-column"),
    ("setting NOT NULL", "ALTER TABLE users ALTER COLUMN name SET NOT NULL;", "set-not-null"),
    (
        "adding a column with a volatile default",
        "ALTER TABLE users ADD COLUMN key uuid DEFAULT gen_random_uuid();",
        "add-column-rewrite",
    ),
    ("renaming a schema", "ALTER SCHEMA public RENAME TO old;", "rename-schema"),
    (
        "an index of more than three columns",
        "CREATE INDEX CONCURRENTLY i ON users (name, rank, id, tableoid);",
        "wide-index",
    ),
    ("a lock that is waited for without limit", "ALTER TABLE users ADD COLUMN kind text;", "lock-timeout"),
];

/// What they check and we do not.
const LEFT_OUT: &[(&str, &str)] = &[
    ("executing SQL directly", "plain SQL is what is read, and every statement is looked at"),
    (
        "changing the default value of a column",
        "concerns what Rails writes into inserts; PostgreSQL does it at once",
    ),
    (
        "a server with a bug (14.0 to 14.3)",
        "minor versions are not known; concurrent builds there want an update first",
    ),
];

const PAGE: &str = "../../docs/lint.md";
const START: &str =
    "<!-- strong_migrations: UPDATE_EXPECT=1 cargo test -p schemalift-lint --test strong_migrations -->\n";
const END: &str = "<!-- strong_migrations: end -->\n";

#[test]
fn each_check_of_strong_migrations_is_one_of_ours() {
    for (check, text, name) in CHECKS {
        let code = Code::named(name).unwrap_or_else(|| panic!("{name} is no code"));
        let mut options = Options::default();
        if code.harm() == lint::Harm::Style {
            options.only.insert(code);
        }
        let sources = [Source { text: BEFORE, role: Role::History }, Source { text, role: Role::Checked }];
        let found: Vec<Code> = lint(&sources, &options).iter().map(|finding| finding.code).collect();
        assert!(found.contains(&code), "{check}: {found:?}");
    }
}

#[test]
fn the_table_of_the_page_is_this_list() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (head, rest) = page.split_once(START).unwrap();
    let (_, tail) = rest.split_once(END).unwrap();
    let mut table = String::from("| strong_migrations | here |\n|---|---|\n");
    for (check, _, name) in CHECKS {
        let code = Code::named(name).unwrap();
        writeln!(table, "| {check} | {} {name} |", code.as_str()).unwrap();
    }
    for (check, why) in LEFT_OUT {
        writeln!(table, "| {check} | not checked: {why} |").unwrap();
    }
    let wanted = format!("{head}{START}{table}{END}{tail}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    } else {
        assert!(page == wanted, "docs/lint.md is stale; run with UPDATE_EXPECT=1");
    }
}
