//! Blocks of the Prisma schema language, aligned as Prisma's formatter does it.

use std::fmt::Write as _;

use datamodel::Remark;

/// A model, with its rows in order.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    /// Comment lines before it.
    pub(crate) before: Vec<String>,
    /// Its name.
    pub(crate) name: String,
    /// Its fields.
    pub(crate) rows: Vec<Row>,
    /// Comment lines after them.
    pub(crate) end: Vec<String>,
    /// `@@…`.
    pub(crate) attributes: Vec<String>,
}

/// A field.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    /// Where the field it comes from stands in the old text; rows are in this order.
    pub(crate) place: usize,
    /// Comment lines before it.
    pub(crate) before: Vec<String>,
    /// Its name.
    pub(crate) name: String,
    /// Its type with `?` or `[]`.
    pub(crate) ty: String,
    /// `@…`.
    pub(crate) attributes: Vec<String>,
    /// Notes behind it.
    pub(crate) behind: Vec<String>,
}

impl Block {
    /// Whether a row has this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.rows.iter().any(|row| row.name == name)
    }

    /// The name, or one like it that no row has: with a `_` or two behind it, or with a number where there are more, since
    /// thousands of them would be longer than the text itself.
    pub(crate) fn free(&self, wanted: &str) -> String {
        let mut name = wanted.to_owned();
        for _ in 0..3 {
            if !self.has(&name) {
                return name;
            }
            name.push('_');
        }
        let numbered = (self.rows.len()..).map(|number| format!("{wanted}_{number}"));
        numbered.into_iter().find(|name| !self.has(name)).unwrap_or(name)
    }

    /// The block as text.
    pub(crate) fn print(&self, out: &mut String) {
        for line in &self.before {
            let _ = writeln!(out, "{line}");
        }
        let _ = writeln!(out, "model {} {{", self.name);
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        rows.sort_by_key(|row| row.place);
        let width =
            |text: fn(&Row) -> &str| rows.iter().map(|row| text(row).chars().count()).max().unwrap_or(0);
        let (names, types) = (width(|row| &row.name), width(|row| &row.ty));
        for row in rows {
            for line in &row.before {
                let _ = writeln!(out, "  {line}");
            }
            let mut line = format!("  {:names$} {:types$}", row.name, row.ty);
            for attribute in &row.attributes {
                let _ = write!(line, " {attribute}");
            }
            let line = line.trim_end();
            let _ = write!(out, "{line}");
            if !row.behind.is_empty() {
                let _ = write!(out, " // {}", row.behind.join("; "));
            }
            out.push('\n');
        }
        for line in &self.end {
            let _ = writeln!(out, "  {line}");
        }
        if !self.attributes.is_empty() {
            out.push('\n');
        }
        for attribute in &self.attributes {
            let _ = writeln!(out, "  {attribute}");
        }
        out.push_str("}\n");
    }
}

/// Remarks as PSL's comments.
pub(crate) fn comment_lines(remarks: &[Remark]) -> Vec<String> {
    let line = |remark: &Remark| match remark {
        Remark::Comment(text) => format!("// {text}").trim_end().to_owned(),
        Remark::Documentation(text) => format!("/// {text}").trim_end().to_owned(),
    };
    remarks.iter().map(line).collect()
}
