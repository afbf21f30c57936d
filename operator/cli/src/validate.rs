//! `validate`: manifests and datamodels, without a database.

use std::path::{Path, PathBuf};

use datamodel::{Diagnostic, Language, Severity, Source, position};
use reason::Reason;
use serde::Serialize;

use crate::input::{Manifests, read_text};
use crate::resolve::datamodel_text;
use crate::{Output, Stop, ValidateOptions, terminal};

/// A finding for machines.
#[derive(Serialize)]
struct Finding<'a> {
    file: String,
    line: usize,
    column: usize,
    code: &'a str,
    severity: Severity,
    message: &'a str,
    help: &'a str,
}

/// A datamodel to check: where it stands, its text, its language.
type Subject = (String, String, Option<Language>);

/// Checks every file and says all that is wrong at once.
pub(crate) fn validate(options: &ValidateOptions) -> Result<Reason, Stop> {
    let paths: Vec<PathBuf> = options.filename.iter().chain(&options.files).cloned().collect();
    if paths.is_empty() {
        return Err(Stop::new(Reason::ManifestInvalid, "Give a manifest or a datamodel file.".to_owned()));
    }
    let (datamodels, manifests): (Vec<PathBuf>, Vec<PathBuf>) =
        paths.into_iter().partition(|path| file_language(path).is_some());
    let mut subjects: Vec<Subject> = Vec::new();
    for path in &datamodels {
        let language =
            if path.extension().is_some_and(|end| end == "prisma") { Some(Language::Psl) } else { None };
        subjects.push((path.display().to_string(), read_text(path)?, language));
    }
    let manifests = Manifests::read(&manifests)?;
    for (path, migration) in &manifests.migrations {
        let (text, language) = datamodel_text(migration, &manifests)?;
        subjects.push((format!("{} (datamodel)", path.display()), text, language));
    }
    let mut valid = true;
    let mut findings = Vec::new();
    for (file, text, language) in &subjects {
        let parsed = datamodel::parse(Source { text, language: *language });
        valid &= parsed.datamodel.is_some();
        if options.output == Output::Text {
            anstream::eprint!("{}", terminal::diagnostics(file, text, &parsed.diagnostics));
            let verdict = if parsed.datamodel.is_some() { "valid" } else { "invalid" };
            anstream::println!("{file}: {verdict}");
        }
        findings.extend(parsed.diagnostics.into_iter().map(|diagnostic| (file, text, diagnostic)));
    }
    if options.output == Output::Json {
        let rows: Vec<Finding<'_>> =
            findings.iter().map(|(file, text, found)| finding(file, text, found)).collect();
        let text = serde_json::to_string_pretty(&rows)
            .map_err(|error| Stop::new(Reason::InternalError, format!("Cannot write JSON: {error}.")))?;
        anstream::println!("{text}");
    }
    Ok(if valid { Reason::UpToDate } else { Reason::DatamodelInvalid })
}

fn finding<'a>(file: &str, text: &str, found: &'a Diagnostic) -> Finding<'a> {
    let place = position(text, found.span.start);
    Finding {
        file: file.to_owned(),
        line: place.line,
        column: place.column,
        code: found.code,
        severity: found.severity,
        message: &found.message,
        help: &found.help,
    }
}

/// Recognised by the file's name; everything else is a manifest.
fn file_language(path: &Path) -> Option<()> {
    let end = path.extension()?.to_str()?;
    matches!(end, "prisma" | "graphql" | "gql").then_some(())
}
