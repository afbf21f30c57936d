//! `schemalift lint` as a person and as a pipeline call it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at what it does not expect"
)]

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use expect_test::expect;
use serde_json::Value;

/// A folder of its own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("schemalift-lint-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        self
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Exit code, standard output and standard error.
fn lint(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    lint_text(folder, arguments, "")
}

fn lint_text(folder: &Path, arguments: &[&str], input: &str) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_schemalift"))
        .arg("lint")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const TABLE: &str = "CREATE TABLE users (id bigint PRIMARY KEY, email text);\n";
const INDEX: &str = "SET lock_timeout = '1s';\nCREATE INDEX users_email ON users (email);\n";

fn migrations(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.write("migrations/1_init/migration.sql", TABLE).write("migrations/2_index/migration.sql", INDEX);
    folder.write("migrations/2_index/down.sql", "DROP TABLE users;\n");
    folder.write("migrations/migration_lock.toml", "provider = \"postgresql\"\n");
    folder
}

#[test]
fn a_folder_is_read_in_order_and_told_with_frames() {
    let folder = migrations("text");
    let (code, said, findings) = lint(&folder.0, &["migrations"]);
    assert_eq!((code, said.as_str()), (39, "2 files: 1 error, 0 warnings, 0 notes\n"));
    expect![[r"
        error[L0301]: Writes on `users` wait until the index is built.
         --> migrations/2_index/migration.sql:2:1
          |
        2 | CREATE INDEX users_email ON users (email);
          | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          |
          = help: Build it `CONCURRENTLY`, in a migration of its own.
                  CREATE INDEX CONCURRENTLY users_email ON users USING btree (email);

    "]]
    .assert_eq(&findings);
    let since = lint(&folder.0, &["--since", "2_index", "migrations"]);
    assert_eq!((since.0, since.1.as_str()), (39, "1 file: 1 error, 0 warnings, 0 notes\n"));
    let unknown = lint(&folder.0, &["--since", "3_none", "migrations"]);
    assert_eq!(unknown.0, 31);
    assert!(unknown.2.contains("`3_none`"), "{}", unknown.2);
}

#[test]
fn the_exit_code_is_what_fail_on_says() {
    let folder = Folder::new("codes");
    folder
        .write("error.sql", INDEX)
        .write("warning.sql", "ALTER TABLE users ADD COLUMN a text;\n")
        .write("note.sql", "SET lock_timeout = '1s';\nALTER TABLE users ALTER COLUMN email DROP NOT NULL;\n")
        .write("clean.sql", TABLE);
    for (file, fails) in [
        ("error.sql", [39, 39, 39, 0]),
        ("warning.sql", [0, 39, 39, 0]),
        ("note.sql", [0, 0, 39, 0]),
        ("clean.sql", [0, 0, 0, 0]),
    ] {
        for (on, code) in ["error", "warning", "note", "never"].into_iter().zip(fails) {
            assert_eq!(lint(&folder.0, &["--fail-on", on, file]).0, code, "{file} {on}");
        }
    }
    assert_eq!(lint(&folder.0, &["error.sql", "--exclude", "create-index"]).0, 0);
    assert_eq!(lint(&folder.0, &["error.sql", "--only", "L0101"]).0, 0);
    assert_eq!(lint(&folder.0, &["error.sql", "--only", "L9999"]).0, 31);
    assert_eq!(lint(&folder.0, &["absent.sql"]).0, 31);
    assert_eq!(lint(&folder.0, &["--postgres-version", "9", "clean.sql"]).0, 31);
    fs::create_dir(folder.0.join("empty")).unwrap();
    assert_eq!(lint(&folder.0, &["empty"]).0, 31);
    assert_eq!(lint_text(&folder.0, &["-"], INDEX).0, 39);
}

#[test]
fn a_comment_ignores_one_finding_and_one_that_ignores_nothing_is_one() {
    let folder = Folder::new("ignore");
    folder.write(
        "a.sql",
        &format!("-- schemalift:ignore create-index the table has forty rows\n{}", &INDEX[25..]),
    );
    let (code, _, findings) = lint(&folder.0, &["a.sql", "--exclude", "lock-timeout"]);
    assert_eq!((code, findings.as_str()), (0, ""));
    folder.write("b.sql", &format!("-- schemalift:ignore drop-table it is gone\n{TABLE}"));
    assert!(lint(&folder.0, &["b.sql"]).2.contains("L0003"));
    folder.write("c.sql", &format!("-- schemalift:ignore L0301\n{}", &INDEX[25..]));
    assert!(lint(&folder.0, &["c.sql"]).2.contains("L0004"));
}

#[test]
fn machines_get_the_same_findings() {
    let folder = migrations("machines");
    let (code, json, rest) = lint(&folder.0, &["-o", "json", "migrations"]);
    assert_eq!((code, rest.as_str()), (39, ""));
    let found: Value = serde_json::from_str(&json).unwrap();
    expect![[r#"
        [
          {
            "code": "L0301",
            "column": 1,
            "file": "migrations/2_index/migration.sql",
            "harm": "blocks writes",
            "help": "Build it `CONCURRENTLY`, in a migration of its own.",
            "line": 2,
            "message": "Writes on `users` wait until the index is built.",
            "name": "create-index",
            "rewrite": [
              "CREATE INDEX CONCURRENTLY users_email ON users USING btree (email);\n"
            ],
            "severity": "error"
          }
        ]
    "#]]
    .assert_eq(&format!("{found:#}\n"));
    let (_, sarif, _) = lint(&folder.0, &["-o", "sarif", "migrations"]);
    let sarif: Value = serde_json::from_str(&sarif).unwrap();
    assert_eq!(sarif["version"], "2.1.0");
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(result["ruleId"], "L0301");
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "migrations/2_index/migration.sql");
    assert_eq!(place["region"]["startLine"], 2);
    let (_, github, _) = lint(&folder.0, &["-o", "github", "migrations"]);
    expect![[r"
        ::error file=migrations/2_index/migration.sql,line=2,endLine=2,col=1,title=L0301 create-index::Writes on `users` wait until the index is built. Build it `CONCURRENTLY`, in a migration of its own.%0ACREATE INDEX CONCURRENTLY users_email ON users USING btree (email);
    "]].assert_eq(&github);
}

#[test]
fn migrations_of_another_database_are_refused() {
    let folder = migrations("other");
    folder.write("migrations/migration_lock.toml", "provider = \"mysql\"\n");
    let (code, _, said) = lint(&folder.0, &["migrations"]);
    assert_eq!(code, 31);
    assert!(said.contains("mysql") && said.contains("migration_lock.toml"), "{said}");
}

#[test]
fn no_form_shows_a_password() {
    let folder = Folder::new("passwords");
    folder.write(
        "a.sql",
        "CREATE USER b PASSWORD 'hunter2' VALID;\nALTER ROLE b PASSWORD hunter2;\n\
         CREATE USER MAPPING FOR b SERVER s OPTIONS (password 'hunter2') AND;\n\
         ALTER TABLE u ADD COLUMN url text DEFAULT 'postgres://b:hunter2@h/d' UNIQUE;\n",
    );
    for form in ["text", "json", "sarif", "github"] {
        let (code, out, err) = lint(&folder.0, &["-o", form, "a.sql"]);
        assert_eq!(code, 39, "{form}");
        assert!(!out.contains("hunter2") && !err.contains("hunter2"), "{form}: {out}{err}");
    }
}
