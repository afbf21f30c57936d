//! SIGTERM: Kubernetes' word to end, when a node is drained or a pod is deleted. The first process of a container that does
//! not listen is not ended by it, but killed when its grace period is over.

use pipeline::Failure;
use reason::Reason;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The word to end, heard from the moment on at which this was made.
pub(crate) struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Listens.
    pub(crate) fn heard() -> Result<Self, Failure> {
        let listen = |kind| {
            signal(kind).map_err(|error| {
                Failure::new(Reason::InternalError, format!("Signals cannot be listened to: {error}."))
            })
        };
        Ok(Self { terminate: listen(SignalKind::terminate())?, interrupt: listen(SignalKind::interrupt())? })
    }

    /// Waits for the next one.
    pub(crate) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
