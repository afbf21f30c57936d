//! What a Job leaves behind: [`Termination`].

use reason::Reason;
use serde::{Deserialize, Serialize};

/// Most bytes that the kubelet keeps.
pub const MAX_TERMINATION: usize = 4096;

/// The termination message of a Job, one JSON object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Termination {
    /// How it ended.
    pub reason: Reason,
    /// What happened and what to do; cut when too long.
    #[serde(default)]
    pub message: String,
    /// Digest of the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// Name of the SchemaPlan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_name: Option<String>,
    /// Steps that are done.
    #[serde(default)]
    pub steps_done: u32,
    /// All steps of the plan.
    #[serde(default)]
    pub steps_total: u32,
    /// Id of the history row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub migration: Option<String>,
    /// How long the run took.
    #[serde(default)]
    pub duration_ms: u64,
    /// Whether the plan can lose data.
    #[serde(default)]
    pub destructive: bool,
    /// How many hazards the plan has.
    #[serde(default)]
    pub hazards: u32,
    /// Whether the database changed behind the history; `None` when that was not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drifted: Option<bool>,
}

impl Termination {
    /// A result that only says why.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            digest: None,
            plan_name: None,
            steps_done: 0,
            steps_total: 0,
            migration: None,
            duration_ms: 0,
            destructive: false,
            hazards: 0,
            drifted: None,
        }
    }

    /// JSON of at most [`MAX_TERMINATION`] bytes; the message is cut at a character until it fits.
    pub fn encode(&self) -> String {
        let mut value = self.clone();
        loop {
            let text = serde_json::to_string(&value).unwrap_or_default();
            if text.len() <= MAX_TERMINATION || value.message.is_empty() {
                return text;
            }
            let body = value.message.strip_suffix(" …").unwrap_or(&value.message);
            // Escapes make the text longer than the message, so go down by steps.
            let excess = (text.len() - MAX_TERMINATION).div_ceil(6).max(8);
            let keep = body.chars().count().saturating_sub(excess);
            let body: String = body.chars().take(keep).collect();
            value.message = if keep == 0 { String::new() } else { format!("{body} …") };
        }
    }

    /// Reads what a Job wrote; `None` for anything else.
    pub fn decode(text: &str) -> Option<Self> {
        serde_json::from_str(text.trim()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_message_is_cut_and_stays_json() {
        for message in ["ä".repeat(9000), "\u{1}\"\\".repeat(4000), "short".to_owned()] {
            let result = Termination::new(Reason::StatementFailed, message.clone());
            let text = result.encode();
            assert!(text.len() <= MAX_TERMINATION);
            let back = Termination::decode(&text).unwrap();
            assert_eq!(back.reason, Reason::StatementFailed);
            assert!(back.message == message || back.message.ends_with('…'));
        }
        assert_eq!(Termination::decode("killed"), None);
    }
}
