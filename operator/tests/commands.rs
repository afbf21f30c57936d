//! The binary as a person types it, on SQLite.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use expect_test::expect;

/// A folder of its own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("schemalift-commands-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Exit code, standard output and standard error.
fn schemalift(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_schemalift"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("DATABASE_URL")
        .env_remove("SHADOW_DATABASE_URL")
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

const BEFORE: &str = "datasource db {
  provider = \"sqlite\"
  url      = \"file:app.db\"
}

model User {
  id    Int    @id @default(autoincrement())
  email String
  posts Post[]
}

model Post {
  id       Int  @id
  author   User @relation(fields: [authorId], references: [id])
  authorId Int
}
";

const AFTER: &str = "datasource db {
  provider = \"sqlite\"
  url      = \"file:app.db\"
}

model User {
  id    Int     @id @default(autoincrement())
  email String? @unique
  age   BigInt  @default(3)
}

model Tag {
  id Int @id
}
";

#[test]
fn a_diff_says_in_words_what_changes() {
    let folder = Folder::new("diff");
    let (before, after) = (folder.write("a.prisma", BEFORE), folder.write("b.prisma", AFTER));
    let arguments =
        ["diff", "--from-schema-datamodel", &before, "--to-schema-datamodel", &after, "--exit-code"];
    let (code, said, _) = schemalift(&folder.0, &arguments);
    assert_eq!(code, 2);
    expect![[r"
        [+] Added tables
          - Tag

        [-] Removed tables
          - Post

        [*] Changed table User
          [+] Added column age
          [*] Changed column email (now optional)
          [+] Added index User_email_key on (email)
    "]]
    .assert_eq(&said);
    let same = ["diff", "--from-schema", &before, "--to-schema", &before, "--exit-code"];
    assert_eq!(schemalift(&folder.0, &same), (0, "No difference.\n".to_owned(), String::new()));
}

#[test]
fn scripts_of_a_diff_replayed_as_migrations_lead_to_the_datamodel() {
    let folder = Folder::new("replay");
    let (before, after) = (folder.write("a.prisma", BEFORE), folder.write("b.prisma", AFTER));
    let migrations = folder.0.join("migrations");
    let migrations = migrations.to_str().unwrap();
    for (name, from, to) in [("1_init", None, &before), ("2_more", Some(&before), &after)] {
        let from = from.map_or_else(|| vec!["--from-empty"], |from| vec!["--from-schema", from]);
        let arguments = [vec!["diff"], from, vec!["--to-schema", to, "--script"]].concat();
        let (code, script, _) = schemalift(&folder.0, &arguments);
        assert_eq!(code, 0);
        folder.write(&format!("migrations/{name}/migration.sql"), &script);
    }
    let arguments = ["diff", "--from-migrations", migrations, "--to-schema", &after, "--exit-code"];
    assert_eq!(schemalift(&folder.0, &arguments).0, 0);
    let arguments = ["diff", "--from-migrations", migrations, "--to-schema", &before, "--exit-code"];
    assert_eq!(schemalift(&folder.0, &arguments).0, 2);
    folder.write("migrations/3_broken/migration.sql", "CREATE TABLE");
    let (_, _, complaint) =
        schemalift(&folder.0, &["diff", "--from-migrations", migrations, "--to-schema", &after]);
    assert!(complaint.contains("migration 3_broken"), "{complaint}");
}

#[test]
fn a_diff_needs_two_sides_of_one_kind_and_no_password_on_its_line() {
    let folder = Folder::new("sides");
    let before = folder.write("a.prisma", BEFORE);
    // Not 2, which says that there is a difference.
    assert_eq!(schemalift(&folder.0, &["diff", "--from-empty", "--exit-code"]).0, 31);
    let (_, _, said) = schemalift(&folder.0, &["diff", "--from-empty", "--to-empty"]);
    assert!(said.contains("--provider"), "{said}");
    let other = ["diff", "--from-schema", &before, "--to-url", "postgresql://app@127.0.0.1:1/shop"];
    assert!(schemalift(&folder.0, &other).2.contains("ProviderMismatch"));
    let shadow = ["--shadow-database-url", "postgresql://app:pw@127.0.0.1:1/shop"];
    let (_, _, said) =
        schemalift(&folder.0, &[&["diff", "--from-empty", "--to-schema", &before][..], &shadow].concat());
    assert!(said.contains("visible to every process"), "{said}");
    let secret = ["diff", "--from-empty", "--to-url", "postgresql://app:hunter2@127.0.0.1:1/shop"];
    let (_, _, said) = schemalift(&folder.0, &secret);
    assert!(said.contains("UrlInvalid") && !said.contains("hunter2"), "{said}");
}

#[test]
fn an_applied_datamodel_differs_from_its_database_in_nothing() {
    let folder = Folder::new("apply");
    let datamodel = format!("      {}", BEFORE.replace('\n', "\n      "));
    let manifest = folder.write(
        "app.yaml",
        &format!(
            "apiVersion: schemalift.dev/v1alpha1\nkind: SchemaMigration\nmetadata: {{name: app}}\nspec:\n  \
             target: {{provider: sqlite, sqlite: {{path: app.db}}}}\n  datamodel:\n    inline: |\n{datamodel}"
        ),
    );
    let (code, said, _) = schemalift(&folder.0, &["apply", "-f", &manifest]);
    assert!(code == 0 && said.contains("applied and proved"), "{said}");
    let before = folder.write("a.prisma", BEFORE);
    let arguments = ["diff", "--from-url", "file:app.db", "--to-schema", &before, "--exit-code"];
    assert_eq!(schemalift(&folder.0, &arguments).0, 0);
    let (_, said, _) = schemalift(&folder.0, &["plan", "-f", &manifest, "-o", "json"]);
    assert!(said.contains("\"reason\": \"UpToDate\""), "{said}");
}

const WRONG: &str = "model A {
  id Int @id
  b  Strin
}
";

#[test]
fn findings_come_in_the_forms_that_others_read() {
    let folder = Folder::new("findings");
    folder.write("a.prisma", WRONG);
    let (code, said, _) = schemalift(&folder.0, &["validate", "a.prisma", "-o", "sarif"]);
    assert_eq!(code, 30);
    let sarif: serde_json::Value = serde_json::from_str(&said).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    expect![[r#"
        {
          "physicalLocation": {
            "artifactLocation": {
              "uri": "a.prisma"
            },
            "region": {
              "endColumn": 11,
              "endLine": 3,
              "startColumn": 6,
              "startLine": 3
            }
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&result["locations"][0]).unwrap());
    assert_eq!((result["level"].as_str(), sarif["version"].as_str()), (Some("error"), Some("2.1.0")));
    assert_eq!(result["ruleId"], sarif["runs"][0]["tool"]["driver"]["rules"][0]["id"]);
    let (_, said, _) = schemalift(&folder.0, &["validate", "a.prisma", "-o", "github"]);
    assert!(said.starts_with("::error file=a.prisma,line=3,endLine=3,col=6,title=D"), "{said}");
    folder.write("good.prisma", "model A {\n  id Int @id\n}\n");
    let (code, said, _) = schemalift(&folder.0, &["validate", "good.prisma", "-o", "sarif"]);
    assert!(code == 0 && said.contains("\"results\": []"), "{said}");
}

#[test]
fn introspect_writes_what_is_there_and_keeps_what_a_person_wrote() {
    let folder = Folder::new("introspect");
    let manifest = format!(
        "apiVersion: schemalift.dev/v1alpha1\nkind: SchemaMigration\nmetadata: {{name: blog}}\nspec:\n  target:\n    provider: sqlite\n    sqlite: {{path: app.db}}\n  datamodel:\n    inline: |\n{}",
        BEFORE.lines().fold(String::new(), |all, line| all + "      " + line + "\n")
    );
    folder.write("blog.yaml", &manifest);
    assert_eq!(schemalift(&folder.0, &["apply", "-f", "blog.yaml"]).0, 0);
    let (code, text, notes) = schemalift(&folder.0, &["introspect", "--url", "file:app.db"]);
    assert_eq!((code, notes.as_str()), (0, ""));
    expect![[r#"
        datasource db {
          provider = "sqlite"
        }

        model Post {
          id       Int  @id @default(autoincrement())
          authorId Int
          User     User @relation(fields: [authorId], references: [id])
        }

        model User {
          id    Int    @id @default(autoincrement())
          email String
          Post  Post[]
        }
    "#]]
    .assert_eq(&text);
    // What the manifest says is what a person wrote: nothing has changed since.
    let (code, text, notes) = schemalift(&folder.0, &["introspect", "-f", "blog.yaml"]);
    assert_eq!((code, text.trim_end(), notes.as_str()), (0, BEFORE.trim_end(), ""));
    folder.write("schema.prisma", BEFORE);
    let arguments = ["introspect", "--url", "file:app.db", "-d", "schema.prisma", "-o", "schema.prisma"];
    assert_eq!(schemalift(&folder.0, &arguments).0, 0);
    assert_eq!(fs::read_to_string(folder.0.join("schema.prisma")).unwrap(), BEFORE);
    let (code, _, error) = schemalift(&folder.0, &["introspect"]);
    assert_ne!(code, 0);
    assert!(error.contains("Name a database"), "{error}");
}

#[test]
fn a_history_that_others_changed_is_repaired_once_that_is_approved() {
    let folder = Folder::new("repair");
    let manifest = format!(
        "apiVersion: schemalift.dev/v1alpha1\nkind: SchemaMigration\nmetadata: {{name: blog}}\nspec:\n  target:\n    \
         provider: sqlite\n    sqlite: {{path: app.db}}\n  datamodel:\n    inline: |\n      {}",
        BEFORE.replace('\n', "\n      ")
    );
    folder.write("blog.yaml", &manifest);
    let run = |arguments: &[&str]| schemalift(&folder.0, &[arguments, &["-f", "blog.yaml"]].concat());
    assert_eq!(run(&["apply"]).0, 0);
    let (code, said, _) = run(&["history"]);
    assert!(code == 0 && said.contains("#1  applied"), "{code} {said}");
    let (code, said, _) = run(&["history", "repair"]);
    assert!(code == 0 && said.contains("nothing is wrong"), "{code} {said}");
    let file = rusqlite::Connection::open(folder.0.join("app.db")).unwrap();
    file.execute_batch("UPDATE _schemalift_migration SET script = 'x'").unwrap();
    let (code, _, error) = run(&["apply"]);
    assert!(code == 45 && error.contains("`schemalift history repair`"), "{code} {error}");
    let (code, said, error) = run(&["history", "repair"]);
    assert!(code == 21 && error.contains("nothing was done"), "{code} {error}");
    let digest = said.lines().find_map(|line| line.trim().strip_prefix("repair digest ")).unwrap();
    assert_eq!(run(&["history", "repair", "--approve", "sha256:other"]).0, 21);
    let (code, said, _) = run(&["history", "repair", "--approve", digest]);
    assert!(code == 0 && said.contains("migration 2 is the new starting point"), "{code} {said}");
    let (code, said, _) = run(&["history"]);
    assert!(code == 0 && said.contains("#2  baselined") && said.contains("#1  applied"), "{code} {said}");
    assert_eq!(run(&["apply"]).0, 0);
}

#[test]
fn a_config_map_with_another_text_than_its_digest_says_is_not_applied() {
    let folder = Folder::new("pinned");
    let manifest = |sha256: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: text}}\ndata:\n  schema.prisma: |\n    {}\n---\n\
             apiVersion: schemalift.dev/v1alpha1\nkind: SchemaMigration\nmetadata: {{name: blog}}\nspec:\n  target:\n    \
             provider: sqlite\n    sqlite: {{path: app.db}}\n  datamodel:\n    \
             configMapRef: {{name: text, sha256: {sha256}}}\n",
            BEFORE.trim_end().replace('\n', "\n    ")
        )
    };
    folder.write("blog.yaml", &manifest(&"a".repeat(64)));
    let (code, _, error) = schemalift(&folder.0, &["apply", "-f", "blog.yaml"]);
    assert!(code != 0 && error.contains("configMapRef.sha256"), "{code} {error}");
    assert!(!folder.0.join("app.db").exists());
    folder.write("blog.yaml", &manifest("").replace(", sha256: ", ""));
    let (code, _, error) = schemalift(&folder.0, &["apply", "-f", "blog.yaml"]);
    assert_eq!(code, 0, "{error}");
}

#[test]
fn introspect_writes_a_folder_of_files_again() {
    let folder = Folder::new("introspect-folder");
    let source = "datasource db {\n  provider = \"sqlite\"\n}\n";
    let models =
        "model A {\n  id Int @id\n  n  Int\n}\nmodel B {\n  id Int @id\n}\nmodel C {\n  id Int @id\n}\n";
    let inline = models.lines().fold(String::new(), |all, line| all + "      " + line + "\n");
    let manifest = format!(
        "apiVersion: schemalift.dev/v1alpha1\nkind: SchemaMigration\nmetadata: {{name: blog}}\nspec:\n  target:\n    provider: sqlite\n    sqlite: {{path: app.db}}\n  datamodel:\n    inline: |\n{inline}"
    );
    folder.write("blog.yaml", &manifest);
    assert_eq!(schemalift(&folder.0, &["apply", "-f", "blog.yaml"]).0, 0);
    fs::create_dir_all(folder.0.join("schema/models")).unwrap();
    folder.write("schema/models/a.prisma", "// first\r\nmodel A {\r\n  id Int @id\r\n}");
    folder.write("schema/models/gone.prisma", "model Gone {\n  id Int @id\n}\n");
    folder.write("schema/models/same.prisma", "model B {\n   id Int @id\n}");
    folder.write("schema/schema.prisma", source);
    let arguments = ["introspect", "--url", "file:app.db", "-d", "schema", "-o", "schema"];
    let (code, _, error) = schemalift(&folder.0, &arguments);
    assert_eq!(code, 0, "{error}");
    let read = |name: &str| fs::read_to_string(folder.0.join("schema").join(name)).unwrap();
    assert_eq!(read("models/a.prisma"), "// first\r\nmodel A {\r\n  id Int @id\r\n  n  Int\r\n}\n");
    assert_eq!(read("models/gone.prisma"), "");
    assert_eq!(read("models/same.prisma"), "model B {\n   id Int @id\n}");
    assert_eq!(
        read("schema.prisma"),
        format!("{source}\nmodel C {{\n  id Int @id @default(autoincrement())\n}}\n")
    );
    let (code, said, error) = schemalift(&folder.0, &["validate", "schema"]);
    assert_eq!(code, 0, "{said}{error}");
}

#[test]
fn a_datamodel_of_prisma_1_is_told_by_its_text_and_a_manifest_of_others_by_its_group() {
    let folder = Folder::new("told");
    let sdl = folder.write("datamodel.prisma", "type User {\n  id: ID! @id\n  name: String\n}\n");
    let (code, said, error) = schemalift(&folder.0, &["validate", &sdl]);
    assert_eq!(code, 0, "{said}{error}");
    assert_eq!(schemalift(&folder.0, &["format", "--check", &sdl]).0, 0);
    let manifest = folder
        .write("other.yaml", "apiVersion: example.org/v1\nkind: SchemaMigration\nmetadata:\n  name: blog\n");
    let (_, _, error) = schemalift(&folder.0, &["plan", "-f", &manifest]);
    assert!(error.contains("holds SchemaMigration blog of example.org/v1"), "{error}");
    assert!(error.contains("no SchemaMigration of schemalift.dev/v1alpha1"), "{error}");
}

#[test]
fn a_datamodel_is_applied_without_a_manifest() {
    let folder = Folder::new("bare");
    let name = format!("schemalift-commands-bare-{}", std::process::id());
    let psl = folder.write("prisma/schema.prisma", BEFORE);
    let (code, said, error) = schemalift(&folder.0, &["apply", "-f", &psl]);
    assert_ne!(code, 0, "{said}");
    assert!(error.contains("The datamodel names no database: give --url or --url-file"), "{error}");
    let (code, said, error) = schemalift(&folder.0, &["apply", "-f", &psl, "--url", "file:app.db"]);
    assert_eq!(code, 0, "{said}{error}");
    assert!(said.contains(&format!("{name}: 2 steps applied and proved.")), "{said}");
    // A folder that holds one file is that file, so it is the same owner of the database.
    let (code, said, error) = schemalift(&folder.0, &["plan", "-f", "prisma", "--url", "file:app.db"]);
    assert_eq!(code, 0, "{said}{error}");
    assert!(said.contains(&format!("{name}: Nothing to do")), "{said}");

    // Another project with the names that every project has is another owner.
    let sdl = folder.write("other/datamodel.graphql", "type User {\n  id: ID! @id\n  name: String\n}\n");
    let (_, _, error) = schemalift(&folder.0, &["plan", "-f", &sdl]);
    assert!(error.contains("does not say where its database is"), "{error}");
    let (_, _, error) = schemalift(&folder.0, &["apply", "-f", &sdl, "--url", "file:app.db"]);
    assert!(error.contains("` (on the command line `--take-over-from`)"), "{error}");
    let (code, said, error) = schemalift(&folder.0, &["apply", "-f", &sdl, "--url", "file:second.db"]);
    assert_eq!(code, 0, "{said}{error}");

    let wrong = folder.write("wrong.prisma", "model User {\n  id Int\n}\n");
    let (_, _, error) = schemalift(&folder.0, &["plan", "-f", &wrong, "--url", "file:third.db"]);
    assert!(error.contains("wrong.prisma:1"), "{error}");
}

#[test]
fn tables_that_exist_are_taken_over_when_the_command_line_says_so() {
    let folder = Folder::new("adopt");
    let old = folder.write("old.prisma", BEFORE);
    let (code, _, error) = schemalift(&folder.0, &["diff", "--from-empty", "--to-schema", &old, "--script"]);
    assert_eq!(code, 0, "{error}");
    let script = schemalift(&folder.0, &["diff", "--from-empty", "--to-schema", &old, "--script"]).1;
    rusqlite::Connection::open(folder.0.join("app.db")).unwrap().execute_batch(&script).unwrap();
    let changed =
        folder.write("schema.prisma", &BEFORE.replace("email String", "email String\n  phone String?"));
    let arguments = ["apply", "-f", &changed, "--url", "file:app.db"];
    let (code, _, error) = schemalift(&folder.0, &arguments);
    assert_ne!(code, 0);
    assert!(error.contains("AdoptionRequired"), "{error}");
    let (code, said, error) = schemalift(&folder.0, &[&arguments[..], &["--adopt"]].concat());
    assert_eq!(code, 0, "{said}{error}");
}

#[test]
fn what_comes_after_a_failure_is_named() {
    let folder = Folder::new("several");
    let manifest = |name: &str, model: &str| {
        format!(
            "apiVersion: schemalift.dev/v1alpha1\nkind: SchemaMigration\nmetadata: {{name: {name}}}\nspec:\n  target: \
             {{provider: sqlite, sqlite: {{path: {name}.db}}}}\n  datamodel:\n    language: psl\n    inline: \"{model}\"\n"
        )
    };
    let good = "model User {\\n  id Int @id\\n}\\n";
    let text = [manifest("a", good), manifest("b", "model User {\\n  id Int\\n}\\n"), manifest("c", good)]
        .join("---\n");
    let file = folder.write("all.yaml", &text);
    let (code, said, error) = schemalift(&folder.0, &["apply", "-f", &file]);
    assert_ne!(code, 0, "{said}{error}");
    assert!(said.contains("a: 1 step applied and proved."), "{said}{error}");
    assert!(error.contains("not attempted: c\n"), "{error}");
    assert!(folder.0.join("a.db").exists() && !folder.0.join("c.db").exists());
}

#[test]
fn introspection_of_nothing_says_so() {
    let folder = Folder::new("nothing");
    rusqlite::Connection::open(folder.0.join("app.db")).unwrap().execute_batch("VACUUM").unwrap();
    let (code, _, error) = schemalift(&folder.0, &["introspect", "--url", "file:app.db"]);
    assert_eq!(code, 0, "{error}");
    assert!(error.contains("note: There is no table in "), "{error}");
}

#[test]
fn what_ends_a_command_early_is_json_where_its_results_are() {
    let folder = Folder::new("early");
    let wrong = folder.write("wrong.prisma", "model User {\n  id Int\n}\n");
    for (arguments, reason, text) in [
        (["plan", "-f", wrong.as_str(), "-o", "json"], "DatamodelInvalid", "wrong.prisma:1"),
        (["status", "-f", "nowhere.yaml", "-o", "json"], "ManifestInvalid", "Cannot read nowhere.yaml"),
    ] {
        let (code, said, error) = schemalift(&folder.0, &arguments);
        assert_ne!(code, 0);
        let value: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!(value["reason"], reason, "{said}");
        assert!(value["message"].as_str().unwrap().contains(text) && !said.contains("u001b"), "{said}");
        assert!(error.contains(reason), "{error}");
    }
}
