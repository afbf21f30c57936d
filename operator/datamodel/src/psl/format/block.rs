//! The members of one block, in columns.

use std::fmt::Write as _;

use super::super::ast::BlockKind;
use super::lines::{Line, own_lines};
use super::members::{Member, rank_of_block, read};

/// What stands in a block.
enum Element<'a> {
    Blank,
    Comment(&'a str),
    Attribute(String, Option<&'a str>),
    Row(Vec<String>, Option<&'a str>),
    Raw(String, Option<&'a str>),
}

/// An attribute of the block with the comments above and behind it.
struct Attached<'a> {
    above: Vec<&'a str>,
    text: String,
    behind: Option<&'a str>,
}

/// Writes the lines between the braces.
pub(crate) fn write(kind: BlockKind, lines: &[Line<'_>], out: &mut String) {
    let mut elements = elements(kind, lines).into_iter().peekable();
    let mut table = Table::default();
    let mut attributes: Vec<Attached<'_>> = Vec::new();
    let mut gap = false;
    while let Some(element) = elements.next() {
        match element {
            // Blank lines before the attributes go: they get one in the end.
            Element::Blank => gap = true,
            Element::Comment(first) => {
                let mut run = vec![first];
                while let Some(Element::Comment(next)) = elements.peek() {
                    run.push(next);
                    elements.next();
                }
                if let Some(Element::Attribute(..)) = elements.peek()
                    && let Some(Element::Attribute(text, behind)) = elements.next()
                {
                    gap = false;
                    attributes.push(Attached { above: run, text, behind });
                    continue;
                }
                table.gap(std::mem::take(&mut gap), out);
                for comment in run {
                    table.rows.extend(own_lines(comment).into_iter().map(Row::Line));
                }
            }
            Element::Attribute(text, behind) => {
                gap = false;
                attributes.push(Attached { above: Vec::new(), text, behind });
            }
            Element::Row(cells, behind) => {
                table.gap(std::mem::take(&mut gap), out);
                table.rows.push(Row::Cells(cells, behind.map(str::to_owned)));
            }
            Element::Raw(text, behind) => {
                table.gap(std::mem::take(&mut gap), out);
                let behind = behind.map_or_else(String::new, |comment| format!(" {comment}"));
                table.rows.push(Row::Line(format!("{text}{behind}")));
            }
        }
    }
    table.flush(out);
    if !attributes.is_empty() {
        out.push('\n');
    }
    attributes.sort_by_key(|attribute| rank_of_block(&attribute.text));
    for Attached { above, text, behind } in attributes {
        for line in above.into_iter().flat_map(own_lines) {
            let _ = writeln!(out, "  {line}");
        }
        let behind = behind.map_or_else(String::new, |comment| format!(" {comment}"));
        let _ = writeln!(out, "  {text}{behind}");
    }
}

/// The elements without blank lines at both ends and without two in a row.
fn elements<'a>(kind: BlockKind, lines: &[Line<'a>]) -> Vec<Element<'a>> {
    let mut elements: Vec<Element<'a>> = Vec::new();
    for line in lines {
        if line.is_blank() {
            if !matches!(elements.last(), None | Some(Element::Blank)) {
                elements.push(Element::Blank);
            }
            continue;
        }
        match (line.code, line.comment) {
            ("", Some(comment)) => elements.push(Element::Comment(comment)),
            ("", None) => {}
            (code, comment) => elements.push(match read(kind, code) {
                Member::Row(cells) => Element::Row(cells, comment),
                Member::Attribute(text) => Element::Attribute(text, comment),
                Member::Raw(text) => Element::Raw(text, comment),
            }),
        }
    }
    if matches!(elements.last(), Some(Element::Blank)) {
        elements.pop();
    }
    elements
}

/// A line of a table.
enum Row {
    /// Cells and the comment behind them.
    Cells(Vec<String>, Option<String>),
    /// A line that takes no part in the columns.
    Line(String),
}

/// Lines with common columns.
#[derive(Default)]
struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Ends the columns with a blank line where there is one.
    fn gap(&mut self, gap: bool, out: &mut String) {
        if gap && !(self.rows.is_empty() && out.ends_with("{\n")) {
            self.flush(out);
            out.push('\n');
        }
    }

    fn flush(&mut self, out: &mut String) {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            let Row::Cells(cells, _) = row else { continue };
            for (column, cell) in cells.iter().enumerate() {
                match widths.get_mut(column) {
                    Some(width) => *width = (*width).max(cell.len()),
                    None => widths.push(cell.len()),
                }
            }
        }
        for row in self.rows.drain(..) {
            let (cells, behind) = match row {
                Row::Cells(cells, behind) => (cells, behind),
                Row::Line(line) => {
                    let _ = writeln!(out, "  {line}");
                    continue;
                }
            };
            let mut line = String::new();
            for (cell, width) in cells.iter().zip(&widths) {
                line.push_str(cell);
                let padding = width.saturating_sub(cell.len()) + 1;
                line.extend(std::iter::repeat_n(' ', padding));
            }
            let line = line.trim_end();
            let behind = behind.map_or_else(String::new, |comment| format!(" {comment}"));
            let _ = writeln!(out, "  {line}{behind}");
        }
    }
}
