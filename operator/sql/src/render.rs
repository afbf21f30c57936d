//! The one entry: [`render`].

use plan::{HazardCode, Plan, Step, Work};
use schema::Dialect;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::postgres::Rendered;
use crate::{Mode, Probe, Script, ScriptStep, checks, mysql, postgres, sqlite, summary};

/// Form of [`Script`] and of its digest. A change of it makes open approvals void, and says so.
pub const VERSION: u32 = 1;

/// The statements of a plan. Pure and total; equal plans give equal scripts, byte for byte.
pub fn render(plan: &Plan) -> Script {
    let steps = plan.steps.iter().flat_map(|step| script_steps(plan, step)).collect();
    let mut script = Script {
        version: VERSION,
        dialect: plan.dialect,
        digest: String::new(),
        from: plan.from.clone(),
        to: plan.to.clone(),
        steps,
        desired: plan.desired.clone(),
    };
    script.digest = digest(&script);
    script
}

fn script_steps(plan: &Plan, step: &Step) -> Vec<ScriptStep> {
    let dialect = plan.dialect;
    let rendered = match dialect {
        Dialect::PostgreSql => postgres::render(&step.change),
        Dialect::Sqlite => vec![Rendered {
            statements: sqlite::statements(&step.change),
            ..Rendered::grouped(String::new())
        }],
        Dialect::MySql => vec![mysql::render(&step.change, plan)],
    };
    let (kind, object, mut summary) = summary::describe(&step.change);
    if let Some(called) = plan.by_name.called(&step.change) {
        summary = format!("{summary} (still {called})");
    }
    let mut steps: Vec<ScriptStep> = Vec::new();
    for part in rendered {
        // The hazards belong to the first part: the later ones only complete it.
        let hazards = if steps.is_empty() { step.hazards.as_slice() } else { &[] };
        let guarded = hazards.iter().any(|hazard| hazard.code == HazardCode::ReplacedColumn);
        let impact = part.impact.unwrap_or_else(|| plan::impact(dialect, &step.change));
        steps.push(ScriptStep {
            kind: kind.to_owned(),
            object: object.clone(),
            summary: part.summary.unwrap_or_else(|| summary.clone()),
            statements: part.statements,
            // A scan stands alone.
            mode: if guarded && part.mode == Mode::Grouped { Mode::Alone } else { part.mode },
            hazards: hazards.iter().map(|hazard| checks::with_queries(dialect, hazard)).collect(),
            probe: part.probe,
            impact: if guarded { impact.doing(Work::Scan) } else { impact },
        });
    }
    steps
}

/// What a digest covers (decision 11): statements, kinds, modes, hazard codes, both fingerprints. No counts, no words.
#[derive(Serialize)]
struct Canonical<'a> {
    version: u32,
    dialect: Dialect,
    from: &'a str,
    to: &'a str,
    steps: Vec<CanonicalStep<'a>>,
}

#[derive(Serialize)]
struct CanonicalStep<'a> {
    kind: &'a str,
    object: &'a str,
    mode: Mode,
    probe: Option<&'a Probe>,
    statements: &'a [String],
    hazards: Vec<&'static str>,
}

/// `sha256:<hex>` of a script, computed from its own content and never from its `digest` field.
pub fn digest(script: &Script) -> String {
    let steps = script
        .steps
        .iter()
        .map(|step| CanonicalStep {
            kind: &step.kind,
            object: &step.object,
            mode: step.mode,
            probe: step.probe.as_ref(),
            statements: &step.statements,
            hazards: step.hazards.iter().map(|hazard| hazard.hazard.code.as_str()).collect(),
        })
        .collect();
    let canonical = Canonical {
        version: script.version,
        dialect: script.dialect,
        from: &script.from,
        to: &script.to,
        steps,
    };
    // Serialising this type into memory cannot fail: it has no maps and no custom serialisers.
    let bytes = serde_json::to_vec(&canonical).unwrap_or_default();
    format!("sha256:{}", hex::encode(Sha256::digest(&bytes)))
}

/// `sha256:<hex>` over texts, each with its length, so that no two lists have the same.
pub fn digest_of(texts: &[&str]) -> String {
    let mut hash = Sha256::new();
    for text in texts {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    }
    format!("sha256:{}", hex::encode(hash.finalize()))
}

/// The whole script as text, a comment line before each step.
pub fn text(script: &Script) -> String {
    let mut out = String::new();
    for step in &script.steps {
        if !out.is_empty() {
            out.push('\n');
        }
        // A line break in a name must not end the comment.
        let summary = step.summary.replace(['\n', '\r'], " ");
        out.push_str("-- ");
        out.push_str(&summary);
        out.push('\n');
        for statement in &step.statements {
            out.push_str(statement);
            out.push_str(";\n");
        }
    }
    out
}
