//! The policy's verdict on a plan. Pure.

use plan::{Harm, HazardCode};
use reason::Reason;

use crate::data::comes_first;
use crate::limits::exceeded;
use crate::{ApprovalRule, BackupRule, Destructive, Failure, Finding, JudgedPlan, Request};

/// What the policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    Run,
    Blocked(Failure),
}

/// Judges by the plan's types and the rows. What cannot succeed is refused before loss is asked about; what nobody could
/// count may hurt.
pub(crate) fn judge(request: &Request, plan: &JudgedPlan) -> Verdict {
    if let Some(failure) = impossible(plan).filter(|_| !comes_first(&plan.script)) {
        return Verdict::Blocked(failure);
    }
    let described = |harm: Harm| -> Vec<String> {
        plan.hazards()
            .filter(|(hazard, finding)| hazard.hazard.code.harm() == harm && finding.may_hurt())
            .map(|(hazard, finding)| described(hazard, &finding))
            .collect()
    };
    // Kept rows are not lost, and yet gone from where they were, and some day purged.
    let kept = plan.hazards().any(|(_, finding)| finding.is_kept() && finding.rows != Some(0));
    if kept && request.policy.destructive == Destructive::Forbid {
        return Verdict::Blocked(Failure::new(
            Reason::PolicyForbids,
            "`policy.destructive: Forbid` stops this plan: it drops what it keeps a copy of.".to_owned(),
        ));
    }
    let (mut may_hurt, may_fail) = (described(Harm::Loss), described(Harm::Fails));
    if !may_hurt.is_empty() && request.policy.destructive == Destructive::Forbid {
        return Verdict::Blocked(Failure::new(
            Reason::PolicyForbids,
            format!("`policy.destructive: Forbid` stops this plan: {}", may_hurt.join(" ")),
        ));
    }
    may_hurt.extend(may_fail);
    let digest = &plan.script.digest;
    let approved = request.approved_digest.as_ref() == Some(digest);
    let beyond = exceeded(request.policy.limits, plan);
    let asks = (!may_hurt.is_empty() && request.policy.destructive != Destructive::Allow)
        || !beyond.is_empty()
        || request.policy.approval == ApprovalRule::Always;
    if !asks || approved {
        return backed_up(request, digest, plan.loses_data());
    }
    may_hurt.extend(beyond);
    let why = if may_hurt.is_empty() {
        "Every plan needs an approval here.".to_owned()
    } else {
        may_hurt.join(" ")
    };
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

pub(crate) fn described(hazard: &sql::ScriptHazard, finding: &Finding) -> String {
    format!("{}: {}{finding}", hazard.hazard.code.as_str(), hazard.hazard.message)
}

/// What the rows make impossible. All of it at once, under the reason of the first.
fn impossible(plan: &JudgedPlan) -> Option<Failure> {
    let found: Vec<(Reason, String)> = plan
        .hazards()
        .filter(|(_, finding)| finding.rows.is_some_and(|rows| rows > 0))
        .filter_map(|(hazard, finding)| {
            let reason = match hazard.hazard.code {
                HazardCode::RequiredColumn => Reason::RequiredColumnOnNonEmptyTable,
                HazardCode::RemoveEnumValue => Reason::DataViolatesPlan,
                code if code.harm() == Harm::Fails => Reason::DataViolatesPlan,
                _ => return None,
            };
            Some((reason, described(hazard, &finding)))
        })
        .collect();
    let reason = found.first()?.0;
    let messages: Vec<String> = found.into_iter().map(|(_, message)| message).collect();
    Some(Failure::new(reason, messages.join(" ")))
}
