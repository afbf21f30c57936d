//! The policy's verdict on a plan. Pure.

use plan::{Harm, HazardCode};
use reason::Reason;

use crate::{ApprovalRule, BackupRule, Destructive, Failure, JudgedPlan, Request};

/// What the policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Run,
    Blocked(Failure),
}

/// Judges by the plan's types and the counts. What cannot succeed is refused before loss is asked about.
pub(crate) fn judge(request: &Request, plan: &JudgedPlan) -> Verdict {
    if let Some(failure) = impossible(plan) {
        return Verdict::Blocked(failure);
    }
    let loss: Vec<String> = plan
        .hazards()
        .filter(|(hazard, count)| hazard.hazard.code.harm() == Harm::Loss && *count != Some(0))
        .map(|(hazard, count)| described(hazard, count))
        .collect();
    let digest = &plan.script.digest;
    let approved = request.approved_digest.as_ref() == Some(digest);
    if !loss.is_empty() && request.policy.destructive == Destructive::Forbid {
        return Verdict::Blocked(Failure::new(
            Reason::PolicyForbids,
            format!("`policy.destructive: Forbid` stops this plan: {}", loss.join(" ")),
        ));
    }
    let asks = (!loss.is_empty() && request.policy.destructive == Destructive::RequireApproval)
        || request.policy.approval == ApprovalRule::Always;
    if !asks || approved {
        return backed_up(request, digest, !loss.is_empty());
    }
    let why = if loss.is_empty() { "Every plan needs an approval here.".to_owned() } else { loss.join(" ") };
    let superseded = request.approved_digest.as_ref().map(|old| {
        format!(" The approval of {old} is for another plan: the database or the datamodel changed since.")
    });
    Verdict::Blocked(Failure::new(
        Reason::AwaitingApproval,
        format!("{why}{} Approve with the plan's digest {digest}.", superseded.unwrap_or_default()),
    ))
}

/// The backup comes after the approval, so that it is as fresh as it can be when the plan runs.
fn backed_up(request: &Request, digest: &str, loses: bool) -> Verdict {
    let needed = match request.backup {
        BackupRule::Never => false,
        BackupRule::OnLoss => loses,
        BackupRule::Always => true,
    };
    if !needed || request.backed_up_digest.as_deref() == Some(digest) {
        return Verdict::Run;
    }
    Verdict::Blocked(Failure::new(
        Reason::AwaitingBackup,
        format!("The plan {digest} may run once the backup that `spec.backup` asks for is made."),
    ))
}

fn described(hazard: &sql::ScriptHazard, count: Option<u64>) -> String {
    let code = hazard.hazard.code.as_str();
    match count {
        Some(1) => format!("{code}: {} (1 row)", hazard.hazard.message),
        Some(rows) => format!("{code}: {} ({rows} rows)", hazard.hazard.message),
        None => format!("{code}: {}", hazard.hazard.message),
    }
}

/// What the rows make impossible. All of it at once, under the reason of the first.
fn impossible(plan: &JudgedPlan) -> Option<Failure> {
    let found: Vec<(Reason, String)> = plan
        .hazards()
        .filter(|(_, count)| count.is_some_and(|rows| rows > 0))
        .filter_map(|(hazard, count)| {
            let reason = match hazard.hazard.code {
                HazardCode::RequiredColumn => Reason::RequiredColumnOnNonEmptyTable,
                HazardCode::RemoveEnumValue => Reason::DataViolatesPlan,
                code if code.harm() == Harm::Fails => Reason::DataViolatesPlan,
                _ => return None,
            };
            Some((reason, described(hazard, count)))
        })
        .collect();
    let reason = found.first()?.0;
    let messages: Vec<String> = found.into_iter().map(|(_, message)| message).collect();
    Some(Failure::new(reason, messages.join(" ")))
}
