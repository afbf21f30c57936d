//! `diff` between every two kinds of sides, on real servers.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test stops at the first surprise")]

use std::fs;
use std::path::PathBuf;

use clap::Parser;
use mysql_async::prelude::Queryable as _;
use servers::{PASSWORD, Server, fresh_folder, mysql, postgresql};

#[derive(Parser)]
struct Arguments {
    #[command(subcommand)]
    command: cli::Command,
}

const MODELS: &str = "enum Role {\n  USER\n  ADMIN\n}
model User {
  id    Int    @id @default(autoincrement())
  email String @unique @db.VarChar(90)
  role  Role   @default(USER)
  posts Post[]
  likes Post[] @relation(\"Likes\")
}
model Post {
  id       Int    @id
  author   User   @relation(fields: [authorId], references: [id])
  authorId Int
  fans     User[] @relation(\"Likes\")
}\n";

/// A folder with the models, a migration that makes them, and a url.
struct Case {
    folder: PathBuf,
    provider: &'static str,
}

impl Drop for Case {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Case {
    fn new(provider: &'static str, models: &str) -> Self {
        let case = Self { folder: fresh_folder(), provider };
        let datasource =
            format!("datasource db {{\n  provider = \"{provider}\"\n  url = env(\"DATABASE_URL\")\n}}\n");
        fs::write(case.path("a.prisma"), datasource + models).unwrap();
        case
    }

    /// A name for a database, which no other case has.
    fn name(&self) -> String {
        self.folder.file_name().unwrap().to_str().unwrap().replace('-', "_")
    }

    fn is_at(&self, url: &str) {
        fs::write(self.path("url"), url).unwrap();
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn side(&self, direction: &str, kind: &str) -> Vec<String> {
        let flag = format!("--{direction}-{kind}");
        let file = |name: &str| self.path(name).display().to_string();
        match kind {
            "schema" => vec![flag, file("a.prisma")],
            "migrations" => vec![flag, file("migrations")],
            "url-file" => vec![flag, file("url")],
            _ => vec![flag],
        }
    }

    /// The exit code and the text.
    async fn diff(&self, from: &str, to: &str, more: &[&str]) -> (u8, String) {
        let out = self.path("out");
        let shadow = self.path("url").display().to_string();
        let mut words =
            vec!["schemalift".to_owned(), "diff".to_owned(), "-o".to_owned(), out.display().to_string()];
        words.extend(["--provider".to_owned(), self.provider.to_owned()]);
        words.extend(["--shadow-database-url-file".to_owned(), shadow, "--exit-code".to_owned()]);
        words.extend(self.side("from", from));
        words.extend(self.side("to", to));
        words.extend(more.iter().map(|word| (*word).to_owned()));
        let code = cli::run(Arguments::try_parse_from(words).unwrap().command).await;
        (code, fs::read_to_string(&out).unwrap_or_default())
    }

    /// The script from nothing, also as a migration.
    async fn script(&self) -> String {
        let (code, script) = self.diff("empty", "schema", &["--script"]).await;
        assert_eq!(code, 2, "{script}");
        let folder = self.path("migrations/1_init");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("migration.sql"), &script).unwrap();
        script
    }

    /// The same schema on both sides is no difference, and nothing on one of them is one.
    async fn compare_all(&self) {
        let full = ["schema", "migrations", "url-file"];
        for from in full {
            for to in full {
                let (code, said) = self.diff(from, to, &[]).await;
                assert_eq!((code, said.as_str()), (0, "No difference.\n"), "{} {from} {to}", self.provider);
            }
            let (code, said) = self.diff("empty", from, &[]).await;
            assert!(code == 2 && said.contains("[+] Added tables"), "{from}: {code} {said}");
            let (code, said) = self.diff(from, "empty", &[]).await;
            assert!(code == 2 && said.contains("[-] Removed tables"), "{from}: {code} {said}");
        }
        assert_eq!(self.diff("empty", "empty", &[]).await, (0, "No difference.\n".to_owned()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_two_sides_on_postgresql() {
    let case = Case::new("postgresql", MODELS);
    let name = case.name();
    postgresql::session("postgres").await.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
    case.is_at(&format!("postgresql://app:{PASSWORD}@127.0.0.1:{}/{name}", postgresql::server().port));
    postgresql::session(&name).await.batch_execute(&case.script().await).await.unwrap();
    case.compare_all().await;
}

async fn on_mysql(server: &Server) {
    let case = Case::new("mysql", MODELS);
    let name = case.name();
    let mut session = mysql::session_on(server, "").await;
    session.query_drop(format!("CREATE DATABASE {name}; USE {name}")).await.unwrap();
    case.is_at(&format!("mysql://app:{PASSWORD}@127.0.0.1:{}/{name}", server.port));
    session.query_drop(case.script().await).await.unwrap();
    case.compare_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_two_sides_on_mysql() {
    on_mysql(mysql::server()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_keeps_names_in_small_letters_has_the_same_tables() {
    on_mysql(&mysql::server_with_small_letters()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_two_sides_on_sqlite() {
    let case = Case::new("sqlite", &MODELS.replace(" @db.VarChar(90)", ""));
    let file = case.path("app.db");
    case.is_at(&format!("file:{}", file.display()));
    rusqlite::Connection::open(&file).unwrap().execute_batch(&case.script().await).unwrap();
    case.compare_all().await;
}

/// What a plan takes for the same, a diff does not call a difference.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_prisma_1_has_its_longer_ids_on_mysql() {
    let case = Case::new("mysql", "");
    let sdl = "type User {\n  id: ID! @id\n  posts: [Post]\n}\ntype Post {\n  id: ID! @id\n  author: User @relation(link: INLINE)\n}\n";
    fs::write(case.path("a.prisma"), sdl).unwrap();
    let name = case.name();
    let mut session = mysql::session_on(mysql::server(), "").await;
    session.query_drop(format!("CREATE DATABASE {name}; USE {name}")).await.unwrap();
    case.is_at(&format!("mysql://app:{PASSWORD}@127.0.0.1:{}/{name}", mysql::server().port));
    let script = case.script().await;
    assert!(script.contains("CHAR(25)"), "{script}");
    session.query_drop(script.replace("CHAR(25)", "CHAR(30)")).await.unwrap();
    assert_eq!(case.diff("url-file", "schema", &[]).await, (0, "No difference.\n".to_owned()));
}

/// A datamodel that leaves the names of its keys to the server has those of the database, whichever side it is.
#[tokio::test(flavor = "multi_thread")]
async fn keys_without_names_are_the_same_in_both_directions_on_mysql() {
    let case = Case::new("mysql", "");
    let sdl = "type User {\n  id: ID! @id\n  posts: [Post]\n}\ntype Post {\n  id: ID! @id\n  author: User @relation(link: INLINE)\n}\n";
    fs::write(case.path("a.prisma"), sdl).unwrap();
    let name = case.name();
    let mut session = mysql::session_on(mysql::server(), "").await;
    session.query_drop(format!("CREATE DATABASE {name}; USE {name}")).await.unwrap();
    case.is_at(&format!("mysql://app:{PASSWORD}@127.0.0.1:{}/{name}", mysql::server().port));
    session.query_drop(case.script().await).await.unwrap();
    let found = "SELECT constraint_name, delete_rule, update_rule FROM information_schema.referential_constraints \
                 WHERE constraint_schema = database()";
    let (ours, delete, update): (String, String, String) = session.query_first(found).await.unwrap().unwrap();
    let column: String = session
        .query_first("SELECT column_name FROM information_schema.key_column_usage WHERE table_schema = database() AND referenced_table_name IS NOT NULL")
        .await
        .unwrap()
        .unwrap();
    let renamed = format!(
        "ALTER TABLE Post DROP FOREIGN KEY `{ours}`; DROP INDEX `{ours}` ON Post; \
         ALTER TABLE Post ADD CONSTRAINT Post_ibfk_1 FOREIGN KEY (`{column}`) REFERENCES User (id) ON DELETE {delete} ON UPDATE {update}"
    );
    session.query_drop(renamed).await.unwrap();
    assert_eq!(case.diff("url-file", "schema", &[]).await, (0, "No difference.\n".to_owned()));
    assert_eq!(case.diff("schema", "url-file", &[]).await, (0, "No difference.\n".to_owned()));
}

/// The names of both datamodels are at hand: what keeps its own is renamed, in words and as SQL.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_map_between_two_datamodels_is_a_rename() {
    for provider in ["postgresql", "mysql", "sqlite"] {
        let models = |table: &str, column: &str| {
            format!(
                "model User {{\n  id Int @id\n  email String @map(\"{column}\")\n  @@map(\"{table}\")\n}}\n"
            )
        };
        let case = Case::new(provider, &models("users", "mail"));
        let (from, to) = (case.path("a.prisma"), case.path("b.prisma"));
        let text = fs::read_to_string(&from).unwrap();
        fs::write(&to, text.replace("\"users\"", "\"accounts\"").replace("\"mail\"", "\"email\"")).unwrap();
        let run = async |more: &[&str]| {
            let out = case.path("out").display().to_string();
            let (from, to) = (from.display().to_string(), to.display().to_string());
            let mut words =
                vec!["schemalift", "diff", "-o", &out, "--from-schema", &from, "--to-schema", &to];
            words.extend(more);
            assert_eq!(cli::run(Arguments::try_parse_from(words).unwrap().command).await, 0);
            fs::read_to_string(&out).unwrap()
        };
        let words = "[*] Renamed\n  - table users to accounts\n\n[*] Changed table accounts\n  [*] Renamed column mail to email\n";
        let said = run(&[]).await;
        assert!(said.starts_with(words), "{provider}: {said}");
        let script = run(&["--script"]).await;
        assert!(script.contains("rename column accounts.mail to email (still field email)"), "{script}");
        assert!(!script.contains("DROP"), "{script}");
    }
}
