//! `format`: datamodels in the common layout.

use std::path::{Path, PathBuf};

use datamodel::Language;
use reason::Reason;

use crate::bare::{is_datamodel, schema_files};
use crate::input::read_text;
use crate::{FormatOptions, Stop};

/// Lays out every file, or says which are not.
pub(crate) fn format(options: &FormatOptions) -> Result<Reason, Stop> {
    let mut files = Vec::new();
    for path in &options.files {
        let inside = schema_files(path);
        if !inside.is_empty() {
            files.extend(inside);
        } else if path == Path::new("-") || is_datamodel(path) {
            files.push(path.clone());
        } else {
            let message = format!(
                "{} is no .prisma or .graphql file, and no folder with .prisma files.",
                path.display()
            );
            return Err(Stop::new(Reason::ManifestInvalid, message));
        }
    }
    let mut result = Reason::UpToDate;
    for file in &files {
        let text = read_text(file)?;
        let language = language(file, &text);
        let formatted = datamodel::format(&text, language);
        if options.check {
            if formatted != text {
                anstream::println!("{}: not formatted", file.display());
                result = Reason::NotFormatted;
            }
        } else if file == Path::new("-") {
            anstream::print!("{formatted}");
        } else if formatted != text {
            write(file, &formatted)?;
            anstream::println!("{}: formatted", file.display());
        }
    }
    Ok(result)
}

fn language(path: &Path, text: &str) -> Language {
    match path.extension().and_then(|end| end.to_str()) {
        // Both generations of SDL have one layout.
        Some("graphql" | "gql") => Language::SdlV11,
        Some("prisma") => datamodel::recognise_prisma_file(text),
        _ => datamodel::recognise(text),
    }
}

/// Replaces the file as a whole, so that an interrupted run leaves the old text or the new one.
fn write(file: &PathBuf, text: &str) -> Result<(), Stop> {
    let failed = |error: std::io::Error| {
        Stop::new(Reason::ManifestInvalid, format!("Cannot write {}: {error}.", file.display()))
    };
    let target = std::fs::canonicalize(file).map_err(failed)?;
    let permissions = std::fs::metadata(&target).map_err(failed)?.permissions();
    let beside = target.with_extension("formatted");
    std::fs::write(&beside, text).map_err(failed)?;
    std::fs::set_permissions(&beside, permissions).map_err(failed)?;
    std::fs::rename(&beside, &target).map_err(failed)
}
