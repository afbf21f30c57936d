//! Findings as a person reads them in a terminal, with a caret frame.

use annotate_snippets::{Annotation, AnnotationKind, Level, Origin, Renderer, Snippet};

use crate::files::part;
use crate::{Diagnostic, Severity, Span, position};

/// Whether escape sequences may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Styling {
    /// Plain text.
    Plain,
    /// ANSI colours.
    Ansi,
}

/// Renders all findings, each with the line it stands on.
///
/// Lines that hold a connection url are shown with the url masked, since datasource urls can carry passwords.
pub fn terminal(path: &str, text: &str, diagnostics: &[Diagnostic], styling: Styling) -> String {
    let shown = mask_urls(text);
    let renderer = match styling {
        Styling::Plain => Renderer::plain(),
        Styling::Ansi => Renderer::styled(),
    };
    let mut out = String::new();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let title = level.clone().primary_title(diagnostic.message.as_str()).id(diagnostic.code);
        let mut group = match frame(path, &shown, diagnostic.span) {
            Frame::Lines(snippet) => title.element(snippet),
            Frame::Place(origin) => title.element(origin),
        };
        if !diagnostic.help.is_empty() {
            group = group.element(Level::HELP.message(diagnostic.help.as_str()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

/// Most bytes of lines that are shown with a finding.
const LONGEST_FRAME: usize = 8 * 1024;

/// Where a finding stands.
enum Frame<'a> {
    /// The lines, marked.
    Lines(Snippet<'a, Annotation<'a>>),
    /// Lines that are too long to be shown.
    Place(Origin<'a>),
}

/// Only the lines that the finding is about are given to the renderer, which looks at all that it gets.
fn frame<'a>(path: &str, text: &'a str, span: Span) -> Frame<'a> {
    let part = part(text, span.start);
    let path = part.name.map_or_else(|| path.to_owned(), |name| format!("{path}/{name}"));
    let source = text.get(part.start..part.end).unwrap_or_default();
    let within = |offset: usize| offset.saturating_sub(part.start).min(source.len());
    let (start, end) = (within(span.start), within(span.end));
    let first = source.get(..start).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let last = source
        .get(end..)
        .and_then(|behind| behind.find('\n'))
        .map_or(source.len(), |newline| end + newline + 1);
    let place = position(source, start);
    match source.get(first..last).filter(|lines| lines.len() <= LONGEST_FRAME) {
        Some(lines) => Frame::Lines(
            Snippet::source(lines)
                .line_start(place.line)
                .path(path)
                .annotation(AnnotationKind::Primary.span(start - first..end - first)),
        ),
        None => Frame::Place(Origin::path(path).line(place.line).char_column(place.column)),
    }
}

/// The text with the values of a datasource's urls, and what stands between the quotes on lines with another url, replaced
/// by `*`, byte for byte, so that spans stay right.
fn mask_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        if let Some(value) = url_setting(line) {
            let (name, value) = line.split_at(value);
            out.push_str(name);
            for character in value.chars() {
                match character {
                    '"' | ' ' | '\n' | '\r' => out.push(character),
                    _ => out.extend(std::iter::repeat_n('*', character.len_utf8())),
                }
            }
            continue;
        }
        if !line.contains("://") {
            out.push_str(line);
            continue;
        }
        let mut inside = false;
        for character in line.chars() {
            if character == '"' {
                inside = !inside;
                out.push(character);
            } else if inside {
                for _ in 0..character.len_utf8() {
                    out.push('*');
                }
            } else {
                out.push(character);
            }
        }
    }
    out
}

/// Where the value of a datasource's url begins, quoted or not; one that the environment gives is no secret.
fn url_setting(line: &str) -> Option<usize> {
    let (name, value) = line.split_once('=')?;
    let named = matches!(name.trim(), "url" | "directUrl" | "shadowDatabaseUrl");
    (named && !value.trim_start().starts_with("env(")).then_some(name.len() + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_in_a_url_is_never_shown() {
        let text = "datasource db {\n  url = \"postgres://u:hunter2@h/d\"\n}\n";
        let finding = Diagnostic::error("D0000", Span::new(18, 21), "no").help("try");
        let shown = terminal("a.prisma", text, &[finding], Styling::Plain);
        assert!(shown.contains("url = ") && !shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_url_that_is_written_wrong_is_not_shown_either() {
        for url in ["postgres://u:hunter2@h/d", "\"postgres:/u:hunter2@h/d\"", "\"postgres://u:hunter2@h/d"] {
            for name in ["url", "directUrl", "shadowDatabaseUrl"] {
                let text = format!("datasource db {{\n  {name} = {url}\n}}\n");
                let finding = Diagnostic::error("D0000", Span::new(18, 24), "no");
                let shown = terminal("a.prisma", &text, &[finding], Styling::Plain);
                assert!(shown.contains(name) && !shown.contains("hunter2"), "{shown}");
            }
        }
        let text = "datasource db {\n  url = env(\"DATABASE_URL\")\n}\n";
        let shown = terminal("a", text, &[Diagnostic::error("D0", Span::new(18, 21), "no")], Styling::Plain);
        assert!(shown.contains("env(\"DATABASE_URL\")"), "{shown}");
    }

    #[test]
    fn a_line_without_end_is_named_and_not_shown() {
        let text = format!("model A {{\n{}", "a".repeat(100_000));
        let finding = Diagnostic::error("D0000", Span::new(50_000, 50_001), "no");
        let shown = terminal("a.prisma", &text, &[finding], Styling::Plain);
        assert!(shown.contains("a.prisma:2:49991") && shown.len() < 200, "{shown}");
    }
}
