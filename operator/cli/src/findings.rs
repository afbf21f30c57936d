//! Findings in forms that other programs read.

use std::collections::BTreeMap;

use datamodel::{Diagnostic, Severity, Span, locate};
use reason::Reason;
use serde_json::{Value, json};

use crate::{FindingsForm, Stop};

/// A finding and where it is.
pub(crate) struct Finding {
    /// The file that was named.
    pub(crate) file: String,
    /// The file as people are told it: a part of a folder, or the datamodel inside of a manifest.
    pub(crate) shown: String,
    /// Line and column of the start and of the end in `shown`, from 1; nothing when those are no places of a file.
    pub(crate) region: Option<[usize; 4]>,
    /// Line and column in a text inside of the file.
    pub(crate) line: Option<[usize; 2]>,
    pub(crate) code: &'static str,
    pub(crate) severity: Severity,
    pub(crate) message: String,
    pub(crate) help: String,
    /// What is known of the code; datamodels have a page for theirs.
    pub(crate) rule: Option<Rule>,
}

/// What a linter's code means.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    pub(crate) harm: &'static str,
    pub(crate) meaning: &'static str,
    /// The SQL to write instead, a text for each migration.
    pub(crate) rewrite: Vec<String>,
}

/// What a line number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Lines of the file.
    File,
    /// Lines of a datamodel inside of the file.
    Manifest,
}

/// Where the lines of a text begin, so that each of many places is found at once.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
}

impl<'a> Lines<'a> {
    pub(crate) fn of(text: &'a str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self { text, starts }
    }

    fn place(&self, offset: usize) -> [usize; 2] {
        let line = self.starts.partition_point(|start| *start <= offset);
        let start = line.checked_sub(1).and_then(|index| self.starts.get(index)).copied().unwrap_or_default();
        let before = self.text.get(start..offset.min(self.text.len())).unwrap_or_default();
        [line, before.chars().count() + 1]
    }

    /// Line and column of the start and of the end, from 1.
    pub(crate) fn region(&self, span: Span) -> [usize; 4] {
        let ([line, column], [end_line, end_column]) = (self.place(span.start), self.place(span.end));
        [line, column, end_line, end_column]
    }
}

impl Finding {
    /// A finding of a datamodel.
    pub(crate) fn of_datamodel(file: &str, text: &str, place: Place, diagnostic: Diagnostic) -> Self {
        let (start, end) = (locate(text, diagnostic.span.start), locate(text, diagnostic.span.end));
        let (shown, region) = match (start.file, place) {
            (Some(part), _) => (format!("{file}/{part}"), place),
            (None, Place::File) => (file.to_owned(), place),
            (None, Place::Manifest) => (format!("{file} (datamodel)"), place),
        };
        let places = [start.line, start.column, end.line, end.column];
        Self {
            file: file.to_owned(),
            shown,
            region: (region == Place::File).then_some(places),
            line: Some([start.line, start.column]),
            code: diagnostic.code,
            severity: diagnostic.severity,
            message: diagnostic.message,
            help: diagnostic.help,
            rule: None,
        }
    }

    /// Line and column, of the file or of the text in it.
    fn start(&self) -> [usize; 2] {
        match (self.region, self.line) {
            (Some([line, column, ..]), _) | (None, Some([line, column])) => [line, column],
            (None, None) => [1, 1],
        }
    }

    /// What is wrong and what to do, in one line; what to write instead follows in lines of its own.
    fn words(&self) -> String {
        let text = format!("{} {}", self.message, self.help.trim());
        let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let rewrite = self.rule.as_ref().map_or(&[][..], |rule| rule.rewrite.as_slice());
        if !rewrite.is_empty() {
            words = format!("{words}\n{}", rewrite.join("-- in a later migration:\n").trim_end());
        }
        words
    }

    const fn level(&self) -> &'static str {
        match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// Writes the findings to standard output. Text is for those who have it.
pub(crate) fn print(form: FindingsForm, findings: &[Finding]) -> Result<(), Stop> {
    let pretty = |value: &Value| {
        serde_json::to_string_pretty(value)
            .map_err(|error| Stop::new(Reason::InternalError, format!("Cannot write JSON: {error}.")))
    };
    let text = match form {
        FindingsForm::Text => return Ok(()),
        FindingsForm::Json => pretty(&json(findings))?,
        FindingsForm::Sarif => pretty(&sarif(findings))?,
        FindingsForm::Github => github(findings),
    };
    if !text.is_empty() {
        anstream::println!("{text}");
    }
    Ok(())
}

/// A list of objects.
fn json(findings: &[Finding]) -> Value {
    let rows = findings.iter().map(|finding| {
        let [line, column] = finding.start();
        let mut row = json!({
            "file": finding.shown, "line": line, "column": column, "code": finding.code,
            "severity": finding.severity, "message": finding.message, "help": finding.help,
        });
        if let (Some(rule), Some(row)) = (&finding.rule, row.as_object_mut()) {
            row.insert("name".to_owned(), json!(rule.name));
            row.insert("harm".to_owned(), json!(rule.harm));
            row.insert("rewrite".to_owned(), json!(rule.rewrite));
        }
        row
    });
    rows.collect()
}

/// SARIF 2.1.0, as code scanning takes it.
fn sarif(findings: &[Finding]) -> Value {
    let rules: BTreeMap<&str, Value> = findings
        .iter()
        .map(|finding| {
            let described = finding.rule.as_ref().map_or_else(
                || json!({"id": finding.code}),
                |rule| {
                    json!({
                        "id": finding.code, "name": rule.name,
                        "shortDescription": {"text": rule.meaning}, "help": {"text": finding.help},
                        "properties": {"tags": [rule.harm]},
                    })
                },
            );
            (finding.code, described)
        })
        .collect();
    let results = findings.iter().map(|finding| {
        let mut location = json!({"artifactLocation": {"uri": finding.file}});
        let mut message = finding.words();
        match finding.region {
            Some([line, column, end_line, end_column]) => {
                location = json!({
                    "artifactLocation": {"uri": finding.shown},
                    "region": {
                        "startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column,
                    },
                });
            }
            None => message = format!("Line {} of the datamodel: {message}", finding.start()[0]),
        }
        json!({
            "ruleId": finding.code, "level": finding.level(), "message": {"text": message},
            "locations": [{"physicalLocation": location}],
        })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "schemalift", "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.into_values().collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results.collect::<Vec<_>>(),
        }],
    })
}

/// Workflow commands that put each finding beside its line.
fn github(findings: &[Finding]) -> String {
    let escape = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| escape(text).replace(':', "%3A").replace(',', "%2C");
    let lines = findings.iter().map(|finding| {
        let [line, column] = finding.start();
        let end = finding.region.map_or(line, |[_, _, end, _]| end);
        let level = if finding.severity == Severity::Note { "notice" } else { finding.level() };
        let title = finding
            .rule
            .as_ref()
            .map_or_else(|| finding.code.to_owned(), |rule| format!("{} {}", finding.code, rule.name));
        format!(
            "::{level} file={},line={line},endLine={end},col={column},title={}::{}",
            property(&finding.shown),
            property(&title),
            escape(&finding.words())
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}
