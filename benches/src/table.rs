//! What was measured, beside what it should be.

use std::fmt;

/// A measurement with its goal.
#[derive(Debug)]
pub(crate) struct Row {
    /// What was measured.
    pub(crate) what: String,
    /// Ours, with its unit.
    pub(crate) ours: String,
    /// The peer's on the same input, with its unit; empty without a peer.
    pub(crate) peer: String,
    /// The number that the goal is about.
    pub(crate) figure: f64,
    /// The goal.
    pub(crate) goal: Goal,
}

/// What the figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    /// This or more, in the unit.
    AtLeast(f64, &'static str),
    /// This or less, in the unit.
    AtMost(f64, &'static str),
}

impl Row {
    fn met(&self) -> bool {
        match self.goal {
            Goal::AtLeast(least, _) => self.figure >= least,
            Goal::AtMost(most, _) => self.figure <= most,
        }
    }

    fn cells(&self) -> [String; 6] {
        let (goal, unit) = match self.goal {
            Goal::AtLeast(least, unit) => (format!(">= {least}{unit}"), unit),
            Goal::AtMost(most, unit) => (format!("<= {most}{unit}"), unit),
        };
        let verdict = if self.met() { "met" } else { "MISSED" };
        let figure = format!("{:.2}{unit}", self.figure);
        [self.what.clone(), self.ours.clone(), self.peer.clone(), figure, goal, verdict.to_owned()]
    }
}

/// All measurements.
#[derive(Debug, Default)]
pub(crate) struct Table {
    rows: Vec<Row>,
}

impl Table {
    /// Adds one, and shows it at once.
    pub(crate) fn add(&mut self, row: Row) {
        println!("{}", row.cells().join(" | "));
        self.rows.push(row);
    }

    /// Whether nothing was missed.
    pub(crate) fn all_met(&self) -> bool {
        self.rows.iter().all(Row::met)
    }
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["what", "schemalift", "peer", "figure", "goal", "verdict"].map(str::to_owned);
        let all: Vec<[String; 6]> = std::iter::once(head).chain(self.rows.iter().map(Row::cells)).collect();
        let mut widths = [0; 6];
        for cells in &all {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = cell.chars().count().max(*width);
            }
        }
        for (line, cells) in all.iter().enumerate() {
            let padded: Vec<String> =
                cells.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            writeln!(formatter, "| {} |", padded.join(" | "))?;
            if line == 0 {
                let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                writeln!(formatter, "|-{}-|", rule.join("-|-"))?;
            }
        }
        Ok(())
    }
}
