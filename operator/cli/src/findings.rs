//! Findings of a datamodel in forms that other programs read.

use datamodel::{Diagnostic, Severity, locate};
use serde_json::{Value, json};

/// A finding with the text that it is about.
pub(crate) struct Finding<'a> {
    /// The file that was named.
    pub(crate) file: &'a str,
    /// Its datamodel.
    pub(crate) text: &'a str,
    /// Whether the datamodel is the file; inside a manifest, places are those of the datamodel.
    pub(crate) place: Place,
    pub(crate) diagnostic: Diagnostic,
}

/// What a line number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Lines of the file.
    File,
    /// Lines of a datamodel inside of the file.
    Manifest,
}

impl Finding<'_> {
    /// File, line and column of the start, and of the end; from 1.
    fn region(&self) -> (String, [usize; 4]) {
        let (start, end) =
            (locate(self.text, self.diagnostic.span.start), locate(self.text, self.diagnostic.span.end));
        let file = match (start.file, self.place) {
            (Some(part), _) => format!("{}/{part}", self.file),
            (None, Place::File) => self.file.to_owned(),
            (None, Place::Manifest) => format!("{} (datamodel)", self.file),
        };
        (file, [start.line, start.column, end.line, end.column])
    }

    /// What is wrong and what to do, in one line.
    fn words(&self) -> String {
        let help = self.diagnostic.help.trim();
        format!("{} {help}", self.diagnostic.message).split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// A list of objects.
pub(crate) fn json(findings: &[Finding<'_>]) -> Value {
    let rows = findings.iter().map(|finding| {
        let (file, [line, column, ..]) = finding.region();
        json!({
            "file": file, "line": line, "column": column, "code": finding.diagnostic.code,
            "severity": finding.diagnostic.severity, "message": finding.diagnostic.message,
            "help": finding.diagnostic.help,
        })
    });
    rows.collect()
}

/// SARIF 2.1.0, as code scanning takes it.
pub(crate) fn sarif(findings: &[Finding<'_>]) -> Value {
    let mut codes: Vec<&str> = findings.iter().map(|finding| finding.diagnostic.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let rules: Vec<Value> = codes.iter().map(|code| json!({"id": code})).collect();
    let results = findings.iter().map(|finding| {
        let (file, [line, column, end_line, end_column]) = finding.region();
        let level = match finding.diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        let mut location = json!({"artifactLocation": {"uri": finding.file}});
        let mut message = finding.words();
        match finding.place {
            Place::File => {
                location = json!({
                    "artifactLocation": {"uri": file},
                    "region": {
                        "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
                    },
                });
            }
            Place::Manifest => message = format!("Line {line} of the datamodel: {message}"),
        }
        json!({
            "ruleId": finding.diagnostic.code, "level": level, "message": {"text": message},
            "locations": [{"physicalLocation": location}],
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "schemalift", "version": env!("CARGO_PKG_VERSION"), "rules": rules}},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

/// Workflow commands that put each finding beside its line.
pub(crate) fn github(findings: &[Finding<'_>]) -> String {
    let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escape(text).replace(':', "%3A").replace(',', "%2C");
    let lines = findings.iter().map(|finding| {
        let (file, [line, column, end_line, _]) = finding.region();
        let level = match finding.diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        format!(
            "::{level} file={},line={line},endLine={end_line},col={column},title={}::{}",
            property(&file),
            property(finding.diagnostic.code),
            escape(&finding.words())
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}
