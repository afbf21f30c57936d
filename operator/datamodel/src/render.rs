//! Findings as a person reads them in a terminal, with a caret frame.

use std::ops::Range;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::files::part;
use crate::{Diagnostic, Severity, Span};

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
    let starts: Vec<usize> =
        std::iter::once(0).chain(shown.match_indices('\n').map(|(at, _)| at + 1)).collect();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
            Severity::Note => Level::NOTE,
        };
        let part = part(&shown, diagnostic.span.start);
        // The lines of the finding alone, so that the time for many findings does not grow with the whole text for each.
        let lines = lines_of(&shown, part.start..part.end, diagnostic.span);
        let source = shown.get(lines.clone()).unwrap_or_default();
        let within = |offset: usize| offset.saturating_sub(lines.start).min(source.len());
        let span = within(diagnostic.span.start)..within(diagnostic.span.end);
        let first = starts.partition_point(|start| *start <= lines.start);
        let before = starts.partition_point(|start| *start <= part.start);
        let snippet = Snippet::source(source)
            .line_start(first - before + 1)
            .path(part.name.map_or_else(|| path.to_owned(), |name| format!("{path}/{name}")))
            .annotation(AnnotationKind::Primary.span(span));
        let title = level.clone().primary_title(diagnostic.message.as_str()).id(diagnostic.code);
        let mut group = title.element(snippet);
        if !diagnostic.help.is_empty() {
            group = group.element(Level::HELP.message(diagnostic.help.as_str()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

/// The whole lines of a part that hold a span.
fn lines_of(text: &str, part: Range<usize>, span: Span) -> Range<usize> {
    let within = |offset: usize| {
        let mut offset = offset.clamp(part.start, part.end);
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    };
    let (start, end) = (within(span.start), within(span.end.max(span.start)));
    let before = text.get(part.start..start).unwrap_or_default();
    let after = text.get(end..part.end).unwrap_or_default();
    let first = before.rfind('\n').map_or(part.start, |at| part.start + at + 1);
    let last = after.find('\n').map_or(part.end, |at| end + at);
    first..last.max(first)
}

/// The text with what stands between the quotes of `url`-like values replaced by `*`, byte for byte, so that spans stay right.
fn mask_urls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
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
}
