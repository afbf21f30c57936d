//! What the tests of this crate share: where the tree is, how `helm` is run, and how a generated file is held current.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test may stop at what it does not expect"
)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde::Deserialize as _;
use serde_json::Value;

/// The top of the repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The text of a file of the repository.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The YAML document at this path.
pub fn read_yaml(path: &str) -> Value {
    serde_yaml::from_str(&read(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails when the file differs from `expected`; writes it instead when `UPDATE_EXPECT` is set.
pub fn assert_current(path: &str, expected: &str) {
    let file = root().join(path);
    if env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&file, expected).unwrap();
        return;
    }
    let found = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == expected,
        "{path} is stale. Run: UPDATE_EXPECT=1 cargo test -p schemalift-chart-tests\nfirst difference: {}",
        first_difference(&found, expected)
    );
}

fn first_difference(found: &str, expected: &str) -> String {
    let mut expected_lines = expected.lines();
    for (number, line) in found.lines().enumerate() {
        let wanted = expected_lines.next().unwrap_or("(nothing)");
        if line != wanted {
            return format!("line {}: found {line:?}, expected {wanted:?}", number + 1);
        }
    }
    format!("the end: expected {:?}", expected_lines.next().unwrap_or("(nothing)"))
}

/// `helm` of the `PATH`, else the one that `e2e/install.sh` builds.
pub fn helm() -> PathBuf {
    let path = env::var_os("PATH").unwrap_or_default();
    let cache = env::var_os("SCHEMALIFT_CACHE")
        .map(PathBuf::from)
        .or_else(|| env::var_os("HOME").map(|home| Path::new(&home).join(".cache/schemalift")));
    env::split_paths(&path)
        .chain(cache.map(|folder| folder.join("bin")))
        .map(|folder| folder.join("helm"))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("helm is neither on the PATH nor built: run e2e/install.sh"))
}

/// What `helm template` renders, or what it says when it refuses.
pub fn try_template(release: &str, settings: &[&str]) -> Result<Vec<Value>, String> {
    let mut command = Command::new(helm());
    command.args(["template", release, "--namespace", "lift", "--kube-version", "1.36.0"]);
    for setting in settings {
        command.args(["--set-json", setting]);
    }
    let output = command.arg(root().join("charts/schemalift")).output().unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let documents =
        serde_yaml::Deserializer::from_str(&text).map(|document| Value::deserialize(document).unwrap());
    Ok(documents.filter(|document| !document.is_null()).collect())
}

/// The rendered chart under the release name `lift`.
pub fn template(settings: &[&str]) -> Vec<Value> {
    try_template("lift", settings).unwrap_or_else(|error| panic!("{error}"))
}

/// The objects of a kind.
pub fn of_kind<'a>(objects: &'a [Value], kind: &str) -> Vec<&'a Value> {
    objects.iter().filter(|object| object["kind"] == kind).collect()
}

/// The strings of a list.
pub fn strings(list: &Value) -> Vec<&str> {
    list.as_array().map(|items| items.iter().filter_map(Value::as_str).collect()).unwrap_or_default()
}
