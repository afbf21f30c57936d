//! `validate`: manifests and datamodels, without a database.

use std::path::{Path, PathBuf};

use datamodel::{Edition, Language, Source, recognise_prisma_file};
use reason::Reason;

use crate::bare::{is_datamodel, joined, language_of, schema_files};
use crate::findings::{self, Finding, Place};
use crate::input::{Manifests, read_text};
use crate::resolve::datamodel_text;
use crate::{FindingsForm, Stop, ValidateOptions, terminal};

/// A datamodel to check.
struct Subject {
    /// Where it stands.
    file: String,
    text: String,
    language: Option<Language>,
    edition: Option<Edition>,
    place: Place,
}

/// Checks every file and says all that is wrong at once.
pub(crate) fn validate(options: &ValidateOptions) -> Result<Reason, Stop> {
    let paths: Vec<PathBuf> = options.filename.iter().chain(&options.files).cloned().collect();
    if paths.is_empty() {
        return Err(Stop::new(Reason::ManifestInvalid, "Give a manifest or a datamodel file.".to_owned()));
    }
    let chosen = options.edition.chosen();
    let mut subjects: Vec<Subject> = Vec::new();
    let mut rest = Vec::new();
    let mut manifest = None;
    for path in paths {
        let file = path.display().to_string();
        let files = schema_files(&path);
        if path == Path::new("-") {
            // Standard input has no name to tell by.
            let text = read_text(&path)?;
            if text.lines().any(|line| line.starts_with("apiVersion:")) {
                manifest = Some(text);
            } else {
                subjects.push(Subject { file, text, language: None, edition: chosen, place: Place::File });
            }
        } else if !files.is_empty() {
            let text = joined(&path, &files)?;
            let language = Some(recognise_prisma_file(&text));
            subjects.push(Subject { file, text, language, edition: chosen, place: Place::File });
        } else if is_datamodel(&path) {
            let text = read_text(&path)?;
            let language = Some(language_of(&path, &text));
            subjects.push(Subject { file, text, language, edition: chosen, place: Place::File });
        } else {
            rest.push(path);
        }
    }
    let mut manifests = Manifests::read(&rest)?;
    if let Some(text) = manifest {
        manifests.take(Path::new("-"), &text)?;
    }
    for (path, migration) in &manifests.migrations {
        let (text, language) = datamodel_text(migration, &manifests)?;
        let provider: datamodel::Provider = migration.spec.target.provider.into();
        pipeline::convert::steps(schema::Dialect::of(provider), migration.spec.steps.as_ref())?;
        let edition = chosen.or(migration.spec.datamodel.edition.map(Into::into));
        let file = path.display().to_string();
        subjects.push(Subject { file, text, language, edition, place: Place::Manifest });
    }
    let mut valid = true;
    let mut findings = Vec::new();
    for Subject { file, text, language, edition, place } in &subjects {
        let parsed = datamodel::parse(Source { text, language: *language, edition: *edition });
        valid &= parsed.datamodel.is_some();
        let shown = match place {
            Place::File => file.clone(),
            Place::Manifest => format!("{file} (datamodel)"),
        };
        if options.output == FindingsForm::Text {
            anstream::eprint!("{}", terminal::diagnostics(&shown, text, &parsed.diagnostics));
            let verdict = if parsed.datamodel.is_some() { "valid" } else { "invalid" };
            anstream::println!("{shown}: {verdict}");
        }
        let place = *place;
        findings.extend(
            parsed.diagnostics.into_iter().map(|found| Finding::of_datamodel(file, text, place, found)),
        );
    }
    findings::print(options.output, &findings)?;
    Ok(if valid { Reason::UpToDate } else { Reason::DatamodelInvalid })
}
