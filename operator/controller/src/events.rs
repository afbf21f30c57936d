//! Kubernetes events. A failed event is never a failed pass.

use api::SchemaMigration;
use kube::{
    Client, Resource,
    runtime::events::{Event, EventType, Recorder, Reporter},
};
use reason::{Class, Reason};

/// The one recorder of the process.
pub(crate) fn recorder(client: Client, identity: &str) -> Recorder {
    let reporter = Reporter { controller: "schemalift".to_owned(), instance: Some(identity.to_owned()) };
    Recorder::new(client, reporter)
}

/// Tells that a run ended like this.
pub(crate) async fn ended(recorder: &Recorder, migration: &SchemaMigration, reason: Reason, message: &str) {
    let type_ = match reason.class() {
        Class::Success | Class::Waiting => EventType::Normal,
        Class::Transient | Class::Terminal => EventType::Warning,
    };
    let event = Event {
        type_,
        reason: reason.as_str().to_owned(),
        note: Some(message.chars().take(250).collect()),
        action: "Run".to_owned(),
        secondary: None,
    };
    if let Err(error) = recorder.publish(&event, &migration.object_ref(&())).await {
        tracing::debug!(%error, "event was not written");
    }
}
