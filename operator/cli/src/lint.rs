//! `lint`: what migrations in plain SQL would do to a database that is in use.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use datamodel::{Diagnostic, Severity};
use lint::{Code, Options, Role, Source, Style, Wrapping};
use reason::Reason;

use crate::findings::{self, Finding, Lines, Rule};
use crate::input::read_text;
use crate::{FindingsForm, Stop, terminal};

/// Options of `lint`.
#[derive(Debug, Args)]
pub struct LintOptions {
    /// Files of SQL, or folders of them, such as prisma/migrations; `-` is standard input
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Major version of the server
    #[arg(long, default_value_t = lint::DEFAULT_SERVER, value_parser = clap::value_parser!(u8).range(12..=18))]
    postgres_version: u8,
    /// How the tool that runs the files sends them
    #[arg(long, value_enum, default_value_t)]
    runs_as: RunsAs,
    /// Look at files and migrations from this name on; the earlier ones only say what is there
    #[arg(long)]
    since: Option<String>,
    /// Only these codes or names
    #[arg(long, value_delimiter = ',', value_parser = code)]
    only: Vec<Code>,
    /// Not these codes or names
    #[arg(long, value_delimiter = ',', value_parser = code)]
    exclude: Vec<Code>,
    /// Apply rules of style, too
    #[arg(long)]
    style: bool,
    /// The mildest finding that makes the command fail
    #[arg(long, value_enum, default_value_t)]
    fail_on: FailOn,
    /// Form of the output
    #[arg(short, long, value_enum, default_value_t)]
    output: FindingsForm,
}

/// How the files are run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum RunsAs {
    /// All statements of a file in one call, as Prisma does; more than one are a transaction
    #[default]
    OneCall,
    /// A transaction around each file
    Transaction,
    /// One statement after the other, as psql does
    Statements,
}

/// From which severity on the command fails.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    /// Errors alone
    Error,
    /// Errors and warnings
    #[default]
    Warning,
    /// Whatever is found
    Note,
    /// Nothing that is found
    Never,
}

impl FailOn {
    fn covers(self, severity: Severity) -> bool {
        match self {
            Self::Error => severity == Severity::Error,
            Self::Warning => severity != Severity::Note,
            Self::Note => true,
            Self::Never => false,
        }
    }
}

fn code(name: &str) -> Result<Code, String> {
    Code::named(name).ok_or_else(|| "no such code; docs/lint.md lists them".to_owned())
}

/// A file that was read.
struct File {
    name: String,
    text: String,
    role: Role,
}

/// Looks at every file, in order, and says what it found.
pub(crate) fn lint(options: &LintOptions) -> Result<Reason, Stop> {
    let files = files(options)?;
    let sources: Vec<Source<'_>> =
        files.iter().map(|file| Source { text: &file.text, role: file.role }).collect();
    let found = lint::lint(&sources, &chosen(options));
    match options.output {
        FindingsForm::Text => text(&files, &found),
        form => {
            let lines: Vec<Lines<'_>> = files.iter().map(|file| Lines::of(&file.text)).collect();
            let findings: Vec<Finding> = found
                .iter()
                .filter_map(|finding| {
                    let (file, lines) = (files.get(finding.source)?, lines.get(finding.source)?);
                    Some(machine(file, lines, finding))
                })
                .collect();
            findings::print(form, &findings)?;
        }
    }
    let fails = found.iter().any(|finding| options.fail_on.covers(finding.code.severity()));
    Ok(if fails { Reason::HazardsFound } else { Reason::UpToDate })
}

fn chosen(options: &LintOptions) -> Options {
    Options {
        server: options.postgres_version,
        wrapping: match options.runs_as {
            RunsAs::OneCall => Wrapping::OneCall,
            RunsAs::Transaction => Wrapping::Transaction,
            RunsAs::Statements => Wrapping::Statements,
        },
        style: if options.style { Style::Checked } else { Style::Unchecked },
        only: options.only.iter().copied().collect(),
        exclude: options.exclude.iter().copied().collect(),
    }
}

/// Frames to standard error, one line that sums up to standard output.
fn text(files: &[File], found: &[lint::Finding]) {
    for (index, file) in files.iter().enumerate() {
        let diagnostics: Vec<Diagnostic> =
            found.iter().filter(|finding| finding.source == index).map(lint::Finding::diagnostic).collect();
        anstream::eprint!("{}", terminal::diagnostics(&file.name, &lint::masked(&file.text), &diagnostics));
    }
    let checked = files.iter().filter(|file| file.role == Role::Checked).count();
    let count = |severity| found.iter().filter(|finding| finding.code.severity() == severity).count();
    let many = |count: usize, word: &str| format!("{count} {word}{}", if count == 1 { "" } else { "s" });
    anstream::println!(
        "{}: {}, {}, {}",
        many(checked, "file"),
        many(count(Severity::Error), "error"),
        many(count(Severity::Warning), "warning"),
        many(count(Severity::Note), "note")
    );
}

fn machine(file: &File, lines: &Lines<'_>, finding: &lint::Finding) -> Finding {
    let code = finding.code;
    Finding {
        file: file.name.clone(),
        shown: file.name.clone(),
        region: Some(lines.region(finding.span)),
        line: None,
        code: code.as_str(),
        severity: code.severity(),
        message: finding.message.clone(),
        help: code.advice().to_owned(),
        rule: Some(Rule {
            name: code.title(),
            harm: code.harm().as_str(),
            meaning: code.meaning(),
            rewrite: finding.rewrite.clone(),
        }),
    }
}

/// The files in the order in which they are run.
fn files(options: &LintOptions) -> Result<Vec<File>, Stop> {
    let mut paths = Vec::new();
    for path in &options.files {
        refuse_other_providers(path)?;
        if path.is_dir() {
            let mut inside = BTreeSet::new();
            walk(path, &mut inside)?;
            if inside.is_empty() {
                let message = format!("{} holds no .sql file.", path.display());
                return Err(Stop::new(Reason::ManifestInvalid, message));
            }
            paths.extend(inside);
        } else {
            paths.push(path.clone());
        }
    }
    let is_since = |path: &Path| {
        options.since.as_deref().is_some_and(|since| {
            path == Path::new(since) || path.components().any(|part| part.as_os_str() == since)
        })
    };
    let first = match &options.since {
        None => 0,
        Some(since) => paths.iter().position(|path| is_since(path)).ok_or_else(|| {
            Stop::new(Reason::ManifestInvalid, format!("No file and no migration is called `{since}`."))
        })?,
    };
    let mut files = Vec::new();
    for (index, path) in paths.iter().enumerate() {
        let role = if index < first { Role::History } else { Role::Checked };
        files.push(File { name: path.display().to_string(), text: read_text(path)?, role });
    }
    Ok(files)
}

/// The `.sql` files in a folder and the folders in it, by name; not those that undo a migration.
fn walk(folder: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), Stop> {
    let failed = |error: std::io::Error| {
        Stop::new(Reason::ManifestInvalid, format!("Cannot read {}: {error}.", folder.display()))
    };
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if path.is_dir() && !path.is_symlink() {
            walk(&path, found)?;
        } else if path.extension().is_some_and(|end| end == "sql")
            && name != "down.sql"
            && !name.ends_with(".down.sql")
        {
            found.insert(path);
        }
    }
    Ok(())
}

/// A folder of Prisma's says for which database its SQL is.
fn refuse_other_providers(path: &Path) -> Result<(), Stop> {
    for folder in path.ancestors().take(3) {
        let lock = folder.join("migration_lock.toml");
        if !lock.is_file() {
            continue;
        }
        let text = read_text(&lock)?;
        let provider = text
            .lines()
            .filter_map(|line| line.split_once('='))
            .find(|(name, _)| name.trim() == "provider")
            .map(|(_, value)| value.trim().trim_matches('"').to_owned());
        return match provider.as_deref() {
            None | Some("postgresql" | "postgres" | "cockroachdb") => Ok(()),
            Some(other) => Err(Stop::new(
                Reason::ManifestInvalid,
                format!(
                    "{} says that these migrations are for {other}; lint reads the SQL of PostgreSQL. For {other}, \
                     `schemalift plan` shows what each step of a change does.",
                    lock.display()
                ),
            )),
        };
    }
    Ok(())
}
