//! What a person sees: plans, findings, progress.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use database::{Progress, TableSize};
use datamodel::{Diagnostic, Styling};
use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use pipeline::{Finding, JudgedPlan, Outcome, WayBack};
use plan::Work;

/// Findings with caret frames, coloured on a terminal.
pub(crate) fn diagnostics(path: &str, text: &str, found: &[Diagnostic]) -> String {
    let colours = std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none();
    datamodel::terminal(path, text, found, if colours { Styling::Ansi } else { Styling::Plain })
}

/// A plan: a summary line, the SQL and the hazards of each step.
pub(crate) fn plan(plan: &JudgedPlan) -> String {
    let total = plan.script.steps.len();
    let mut out = String::new();
    for (index, step) in plan.script.steps.iter().enumerate() {
        let _ = writeln!(out, "{:>3}/{total}  {}", index + 1, step.summary);
        let impact = step.impact.to_string();
        if !impact.is_empty() {
            let size = plan.largest(index).map(|size| self::size(size, step.impact.work)).unwrap_or_default();
            let word = if step.impact.locks.is_empty() { "work" } else { "lock" };
            let _ = writeln!(out, "         {word} {impact}{size}");
        }
        for (hazard, finding) in plan.hazards_of(index) {
            let mark = mark(hazard.hazard.code.harm(), &finding);
            let _ = writeln!(
                out,
                "         {mark} {}: {}{finding}",
                hazard.hazard.code.as_str(),
                hazard.hazard.message
            );
        }
        for statement in &step.statements {
            for line in statement.lines() {
                let _ = writeln!(out, "         | {line}");
            }
        }
    }
    let _ = writeln!(out, "plan digest {}", plan.script.digest);
    if let Some(back) = &plan.back {
        out.push_str(&way_back(back));
    }
    out
}

/// What a hazard comes to. Only rows that were counted stop a plan; what nobody knows is the policy's to allow.
fn mark(harm: plan::Harm, finding: &Finding) -> &'static str {
    match (harm, finding.may_hurt(), finding.rows) {
        (_, false, _) | (plan::Harm::Notice, ..) => "note",
        (plan::Harm::Loss, true, _) => "loss",
        (plan::Harm::Fails, true, Some(_)) => "stop",
        (plan::Harm::Fails, true, None) => "risk",
    }
}

/// `; about 1200 rows, 1.5 MiB`, and the room for a second copy where the table is written anew: no server tells how much is
/// left.
fn size(size: &TableSize, work: Work) -> String {
    let rows = match size.rows {
        Some(1) => "about 1 row, ".to_owned(),
        Some(rows) => format!("about {rows} rows, "),
        None => String::new(),
    };
    let bytes = HumanBytes(size.bytes);
    let room =
        if work == Work::Rewrite { format!("; needs {bytes} of free disk meanwhile") } else { String::new() };
    format!("; {rows}{bytes}{room}")
}

/// What undoing the plan would come to.
fn way_back(back: &WayBack) -> String {
    let print = "`plan --reverse` prints its SQL";
    match &back.refused {
        Some(why) => format!("way back    none: {why}\n"),
        None if back.is_exact() => format!("way back    exact; {print}\n"),
        None => {
            let mut out = format!("way back    not exact; {print}\n");
            for remains in &back.remains {
                let _ = writeln!(out, "            {remains}");
            }
            out
        }
    }
}

/// The SQL of a way back, with what it leaves undone as comments before it.
pub(crate) fn reverse(back: &WayBack) -> String {
    let mut out = String::new();
    let comments = back.refused.iter().cloned().chain(back.remains.iter().map(ToString::to_string));
    for line in comments {
        let _ = writeln!(out, "-- {}", line.replace(['\n', '\r'], " "));
    }
    match &back.script {
        Some(script) if script.steps.is_empty() => out.push_str("-- There is nothing to undo.\n"),
        Some(script) => {
            if !out.is_empty() {
                out.push('\n');
            }
            out.push_str(&sql::text(script));
        }
        None => {}
    }
    out
}

/// The outcome in lines.
pub(crate) fn outcome(name: &str, outcome: &Outcome) -> String {
    let mut out = format!("{name}: {}", outcome.message);
    if !outcome.elapsed.is_zero() {
        let _ = write!(out, " ({})", seconds(outcome.elapsed));
    }
    out.push('\n');
    for line in &outcome.drift {
        let _ = writeln!(out, "  changed behind the history: {line}");
    }
    if !outcome.unmanaged.is_empty() {
        let names: Vec<String> = outcome.unmanaged.iter().map(ToString::to_string).collect();
        let _ = writeln!(out, "  not managed here, left alone: {}", names.join(", "));
    }
    out
}

/// A duration as people say it.
pub(crate) fn seconds(duration: Duration) -> String {
    if duration.as_secs() >= 1 {
        format!("{:.1} s", duration.as_secs_f64())
    } else {
        format!("{} ms", duration.as_millis())
    }
}

/// Progress of a run: a bar on a terminal, a line a step elsewhere. Written to standard error.
pub(crate) struct Reporter {
    bar: ProgressBar,
    lines: bool,
    /// The tenth of a long step that was told last.
    told: AtomicU8,
}

impl Reporter {
    /// For people.
    pub(crate) fn visible() -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}") {
            bar.set_style(style);
        }
        Self { bar, lines: true, told: AtomicU8::new(u8::MAX) }
    }

    /// For people who are told of the steps at the end.
    pub(crate) fn bar() -> Self {
        Self { lines: false, ..Self::visible() }
    }

    /// For machines.
    pub(crate) fn silent() -> Self {
        Self { bar: ProgressBar::hidden(), lines: false, told: AtomicU8::new(u8::MAX) }
    }

    /// Takes one report.
    pub(crate) fn take(&self, progress: &Progress) {
        match progress {
            Progress::Started { ord, total, summary } => {
                self.bar.set_length(u64::try_from(*total).unwrap_or(u64::MAX));
                self.bar.set_position(u64::try_from(*ord).unwrap_or(u64::MAX));
                self.bar.set_message(summary.clone());
            }
            Progress::Advancing { ord, total, summary, percent, .. } => {
                let advance = progress.advance().unwrap_or_default();
                self.bar.set_message(format!("{summary}: {advance}"));
                // Without a bar that can be written anew, a line for each tenth.
                let tenth = percent / 10;
                if self.bar.is_hidden() && self.told.swap(tenth, Ordering::Relaxed) != tenth {
                    self.line(&format!("  at work {}/{total}  {summary}: {advance}", ord + 1));
                }
            }
            Progress::Finished { ord, total, summary, elapsed } => {
                self.told.store(u8::MAX, Ordering::Relaxed);
                self.bar.set_position(u64::try_from(*ord + 1).unwrap_or(u64::MAX));
                self.line(&format!("  done {}/{total}  {summary} ({})", ord + 1, seconds(*elapsed)));
            }
            Progress::Rows { summary, rows, .. } => self.bar.set_message(format!("{summary}: {rows} rows")),
            Progress::Skipped { ord, total, summary } => {
                self.line(&format!("  was done before {}/{total}  {summary}", ord + 1));
            }
            Progress::Retrying { ord, total, attempt, reason } => {
                self.line(&format!("  again {}/{total}, try {attempt}: {reason}", ord + 1));
            }
            Progress::Waiting { message } => self.line(&format!("  waiting: {message}")),
        }
    }

    fn line(&self, text: &str) {
        if self.lines {
            self.bar.suspend(|| anstream::eprintln!("{text}"));
        }
    }

    /// Removes the bar.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}

#[cfg(test)]
mod tests {
    use plan::Harm;

    use super::*;

    #[test]
    fn only_rows_that_were_counted_stop_a_plan() {
        let counted = |rows| Finding { rows: Some(rows), ..Finding::default() };
        let unknown =
            Finding { unknown: Some("the table is locked by others".to_owned()), ..Finding::default() };
        assert_eq!(
            [counted(0), counted(2), unknown.clone()].map(|found| mark(Harm::Fails, &found)),
            ["note", "stop", "risk"]
        );
        assert_eq!(
            [counted(0), counted(2), unknown].map(|found| mark(Harm::Loss, &found)),
            ["note", "loss", "loss"]
        );
    }
}
