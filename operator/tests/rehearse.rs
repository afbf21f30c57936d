//! `schemalift rehearse`, and where the command line finds its database, on SQLite.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop at what it does not expect")]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

/// A folder of its own, gone at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("schemalift-rehearse-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.0.join(name), text).unwrap();
    }

    /// Exit code, standard output and standard error.
    fn schemalift(&self, arguments: &[&str], variables: &[(&str, &str)]) -> (i32, String, String) {
        let output = Command::new(env!("CARGO_BIN_EXE_schemalift"))
            .args(arguments)
            .current_dir(&self.0)
            .env_remove("DATABASE_URL")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn manifest(fields: &str) -> String {
    format!(
        "apiVersion: schemalift.dev/v1alpha1
kind: SchemaMigration
metadata: {{name: blog}}
spec:
  target: {{provider: sqlite, sqlite: {{path: app.db}}}}
  datamodel:
    inline: |
      model Post {{
        id    Int @id
        title String
{fields}      }}
"
    )
}

#[test]
fn a_rehearsal_tells_the_time_of_each_step_and_changes_nothing() {
    let folder = Folder::new("steps");
    folder.write("blog.yaml", &manifest(""));
    let (code, said, _) = folder.schemalift(&["rehearse", "-f", "blog.yaml"], &[]);
    assert_eq!(code, 0);
    assert!(said.contains("1 step in ") && said.contains("create table Post"), "{said}");
    assert!(!folder.0.join("app.db").exists());
    assert_eq!(folder.schemalift(&["apply", "-f", "blog.yaml"], &[]).0, 0);
    let (code, said, _) = folder.schemalift(&["rehearse", "-f", "blog.yaml"], &[]);
    assert_eq!(code, 0);
    assert!(said.contains("Nothing to do"), "{said}");
    folder.write("blog.yaml", &manifest("        words Int @default(0)\n"));
    let (code, said, _) =
        folder.schemalift(&["rehearse", "-f", "blog.yaml", "--rows", "10", "-o", "json"], &[]);
    let report: Value = serde_json::from_str(&said).unwrap();
    assert_eq!((code, report["reason"].as_str()), (0, Some("PlanPublished")), "{said}");
    assert_eq!(report["rows"][0]["table"], "Post");
    assert!(report["steps"][0]["elapsed_ms"].is_u64(), "{said}");
    let (_, plan, _) = folder.schemalift(&["plan", "-f", "blog.yaml", "-o", "json"], &[]);
    let plan: Value = serde_json::from_str(&plan).unwrap();
    assert_eq!(plan["digest"], report["digest"]);
}

#[test]
fn the_variables_that_a_datasource_names_lead_to_its_database_the_direct_one_first() {
    let folder = Folder::new("variables");
    folder.write("blog.yaml", &manifest(""));
    assert_eq!(folder.schemalift(&["apply", "-f", "blog.yaml"], &[]).0, 0);
    folder.write(
        "schema.prisma",
        "datasource db {\n  provider = \"sqlite\"\n  url = env(\"APP_URL\")\n  directUrl = env(\"APP_DIRECT_URL\")\n}\n",
    );
    let introspect = ["introspect", "-d", "schema.prisma"];
    for variables in [
        &[("APP_DIRECT_URL", "file:app.db"), ("APP_URL", "mysql://pooled")][..],
        &[("APP_URL", "file:app.db"), ("DATABASE_URL", "mysql://other")],
        &[("DATABASE_URL", "file:app.db")],
    ] {
        let (code, said, error) = folder.schemalift(&introspect, variables);
        assert_eq!(code, 0, "{error}");
        assert!(said.contains("model Post"), "{said}");
    }
    assert_ne!(folder.schemalift(&introspect, &[]).0, 0);
}
