//! Hazards whose rows are counted again by the step that they belong to, under its own lock: [`guards`].

use plan::HazardCode;
use reason::Reason;
use sql::{ScriptHazard, ScriptStep};

use crate::Error;

/// What must concern no row when the step begins, with the query that counts. Whatever happened since the plan was made,
/// and whoever approved it, a step with such rows fails and changes nothing.
pub(crate) fn guards(step: &ScriptStep) -> impl Iterator<Item = (&ScriptHazard, &str)> {
    let guarded = step.hazards.iter().filter(|hazard| hazard.hazard.code == HazardCode::ReplacedColumn);
    guarded.filter_map(|hazard| Some((hazard, hazard.count.as_deref()?)))
}

/// The refusal, with one of the rows by its key.
pub(crate) fn refused(
    ord: usize,
    step: &ScriptStep,
    hazard: &ScriptHazard,
    rows: u64,
    example: Option<String>,
) -> Error {
    let example = example.map(|example| format!(", for example {example}")).unwrap_or_default();
    let rows = if rows == 1 { "There is 1 row".to_owned() } else { format!("There are {rows} rows") };
    let message = format!("step {} ({}): {} {rows}{example}.", ord + 1, step.summary, hazard.hazard.message);
    Error::new(Reason::DataViolatesPlan, message).at_step(ord)
}
