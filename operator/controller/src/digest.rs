//! Whether a plan object carries the digest of its own text, and shows a person that very text.

use api::{PlanContent, SchemaPlan};
use sql::Script;

/// The plan's digest, recomputed from the object's own script; `None` when the object says another one, or when the
/// steps that a person reads are not those of the script, and then the object is forged or damaged (`PlanForged`).
pub fn plan_digest(plan: &SchemaPlan) -> Option<String> {
    let content = &plan.spec.plan;
    let text = api::unpack(&content.script).ok()?;
    let script: Script = serde_json::from_str(&text).ok()?;
    let digest = sql::digest(&script);
    (digest == content.digest && digest == script.digest && shows(content, &script)).then_some(digest)
}

fn shows(content: &PlanContent, script: &Script) -> bool {
    let uncounted = content.steps.iter().cloned().map(|mut step| {
        for hazard in &mut step.hazards {
            (hazard.rows, hazard.example) = (None, None);
        }
        step
    });
    content.from == script.from
        && content.to == script.to
        && usize::try_from(content.steps_total) == Ok(script.steps.len())
        && uncounted.eq(api::shown(script, &[]))
}

#[cfg(test)]
mod tests {
    use api::{Provider, SchemaPlanSpec};
    use serde_json::json;

    use super::*;

    fn published() -> SchemaPlan {
        let mut script: Script = serde_json::from_value(json!({
            "version": 1, "dialect": "postgresql", "digest": "", "from": "f", "to": "t",
            "steps": [{
                "kind": "DropTable", "object": "Post", "summary": "drop table Post",
                "statements": ["DROP TABLE \"Post\""], "mode": "Grouped", "hazards": [], "probe": null,
            }],
            "desired": {"dialect": "postgresql", "namespaces": [], "enums": [], "tables": []},
        }))
        .unwrap();
        script.digest = sql::digest(&script);
        let plan = PlanContent {
            digest: script.digest.clone(),
            from: "f".to_owned(),
            to: "t".to_owned(),
            provider: Provider::Postgresql,
            destructive: true,
            steps_total: 1,
            steps: api::shown(&script, &[]),
            reverse: None,
            remains: vec![],
            script: api::pack(&serde_json::to_string(&script).unwrap()).unwrap(),
        };
        SchemaPlan::new("blog-1", SchemaPlanSpec { plan, approval: None })
    }

    #[test]
    fn a_plan_that_shows_its_own_script_has_its_digest() {
        let plan = published();
        assert_eq!(plan_digest(&plan), Some(plan.spec.plan.digest.clone()));
    }

    #[test]
    fn a_plan_that_shows_other_steps_than_it_holds_has_none() {
        let changes: [fn(&mut PlanContent); 5] = [
            |plan| plan.steps[0].sql[0] = "SELECT 1".to_owned(),
            |plan| plan.steps[0].summary = "nothing".to_owned(),
            |plan| plan.steps.clear(),
            |plan| plan.steps_total = 2,
            |plan| plan.to = "elsewhere".to_owned(),
        ];
        for change in changes {
            let mut plan = published();
            change(&mut plan.spec.plan);
            assert_eq!(plan_digest(&plan), None);
        }
    }
}
