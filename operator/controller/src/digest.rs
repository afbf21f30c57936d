//! Whether a plan object carries the digest of its own text.

use api::SchemaPlan;

/// The plan's digest, recomputed from the object's own script; `None` when the object says another one, and then
/// the object is forged or damaged (`PlanForged`).
pub fn plan_digest(plan: &SchemaPlan) -> Option<String> {
    let content = &plan.spec.plan;
    let text = api::unpack(&content.script).ok()?;
    let script: sql::Script = serde_json::from_str(&text).ok()?;
    let digest = sql::digest(&script);
    (digest == content.digest && digest == script.digest).then_some(digest)
}
