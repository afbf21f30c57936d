//! Habits of the whole tree: files stay short, and none speaks of a machine.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test may stop at what it does not expect"
)]

use std::{fs, process::Command};

use chart_tests::{read, root};

/// The files that Git tracks and that exist.
fn files() -> Vec<String> {
    let output = Command::new("git").arg("-C").arg(root()).args(["ls-files", "-z"]).output().unwrap();
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let names = String::from_utf8(output.stdout).unwrap();
    let found: Vec<String> = names
        .split('\0')
        .filter(|name| !name.is_empty() && root().join(name).is_file())
        .map(str::to_owned)
        .collect();
    assert!(found.len() > 100, "git lists only {} files", found.len());
    found
}

#[test]
fn no_source_file_is_longer_than_600_lines() {
    let mut long = vec![];
    for name in
        files().into_iter().filter(|name| root().join(name).extension().is_some_and(|end| end == "rs"))
    {
        let text = fs::read_to_string(root().join(&name)).unwrap();
        let made = text.lines().take(3).any(|line| line.contains("@generated"));
        if !made && text.lines().count() > 600 {
            long.push(name);
        }
    }
    assert!(long.is_empty(), "more than 600 lines: {long:?}");
}

/// `make test` names each of them; one that nobody names would never run.
#[test]
fn every_test_program_is_run_by_make() {
    let commands = [read("Makefile"), read(".ci/live")].concat();
    let words: Vec<&str> = commands.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
    let mut forgotten = vec![];
    for name in files() {
        let Some((folder, file)) = name.rsplit_once("/tests/") else { continue };
        let Some(test) = file.strip_suffix(".rs").filter(|test| !test.contains('/')) else { continue };
        let manifest = read(&format!("{folder}/Cargo.toml"));
        let alone = !manifest.contains("autotests = false") || manifest.contains(&format!("tests/{file}"));
        if alone && !words.contains(&test) {
            forgotten.push(name);
        }
    }
    assert!(forgotten.is_empty(), "{forgotten:?}");
}

#[test]
fn no_file_names_a_path_of_somebody_s_machine() {
    // In two halves, or this file would be found.
    let path = format!("/{}/", "work");
    // A path begins there; inside a longer path the same letters are only a part of it.
    let begins = |before: Option<char>| before.is_none_or(|c| !(c.is_alphanumeric() || "._-}/".contains(c)));
    let mut found = vec![];
    for name in files() {
        let bytes = fs::read(root().join(&name)).unwrap();
        let text = String::from_utf8_lossy(&bytes);
        for (number, line) in text.lines().enumerate() {
            let hit = line
                .match_indices(&path)
                .any(|(at, _)| begins(line.get(..at).and_then(|head| head.chars().last())));
            if hit {
                found.push(format!("{name}:{}", number + 1));
            }
        }
    }
    assert!(found.is_empty(), "a path of one machine: {found:?}");
}

/// Cargo wants to see every member, so a member that is left out breaks the image.
#[test]
fn the_image_s_build_gets_every_member_of_the_workspace() {
    let (_, rest) =
        read("Cargo.toml").split_once("members = [").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let members: Vec<_> =
        rest.split(']').next().unwrap().split('"').skip(1).step_by(2).map(str::to_owned).collect();
    assert!(members.len() > 10, "{members:?}");
    let (dockerfile, ignored) = (read("Dockerfile"), read(".dockerignore"));
    for member in members.iter().filter(|member| *member != "operator" && !member.starts_with("operator/")) {
        assert!(dockerfile.contains(&format!("COPY {member} {member}\n")), "{member} is not in Dockerfile");
        assert!(ignored.contains(&format!("!{member}\n")), "{member} is not in .dockerignore");
    }
}
