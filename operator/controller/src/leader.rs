//! Which replica works. Saves double work only: two leaders at once still run nothing twice.
//!
//! The clock in the record is never believed. A candidate takes over when it has seen no change of the record for
//! the lease's duration on its own monotonic clock, and every write is guarded by the `resourceVersion` it read.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::{
    api::coordination::v1::{Lease, LeaseSpec},
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use tokio::time::{Instant, sleep, timeout};

use crate::{Config, Error};

const NAME: &str = "schemalift-operator";
const DURATION: Duration = Duration::from_secs(15);
const DEADLINE: Duration = Duration::from_secs(10);
const PERIOD: Duration = Duration::from_secs(2);

/// One replica's claim.
pub(crate) struct Leader {
    leases: Api<Lease>,
    identity: String,
    seen: Option<(String, Instant)>,
}

impl Leader {
    /// A claim that is not made yet.
    pub(crate) fn new(client: &Client, config: &Config) -> Self {
        Self {
            leases: Api::namespaced(client.clone(), &config.namespace),
            identity: config.leader_identity.clone(),
            seen: None,
        }
    }

    /// Waits until this replica leads.
    pub(crate) async fn acquire(&mut self) {
        loop {
            match timeout(DEADLINE, self.claim()).await {
                Ok(Ok(true)) => return,
                Ok(Ok(false)) | Err(_) => {}
                Ok(Err(error)) => tracing::warn!(error = %error.text(), "cannot claim leadership"),
            }
            sleep(PERIOD).await;
        }
    }

    /// Renews until that fails for too long; answers why.
    pub(crate) async fn keep(&mut self) -> Error {
        let mut renewed = Instant::now();
        loop {
            sleep(PERIOD).await;
            let why = match timeout(PERIOD * 2, self.claim()).await {
                Ok(Ok(true)) => {
                    renewed = Instant::now();
                    continue;
                }
                Ok(Ok(false)) => return Error::LeadershipLost("another replica leads".to_owned()),
                Ok(Err(error)) => error.text(),
                Err(_) => "no answer".to_owned(),
            };
            if renewed.elapsed() >= DEADLINE {
                return Error::LeadershipLost(why);
            }
        }
    }

    /// Gives leadership back, so that the next replica need not wait.
    pub(crate) async fn release(&self) {
        let Ok(Some(mut lease)) = self.leases.get_opt(NAME).await else {
            return;
        };
        let spec = lease.spec.get_or_insert_default();
        if spec.holder_identity.as_deref() == Some(self.identity.as_str()) {
            spec.holder_identity = None;
            if let Err(error) = self.leases.replace(NAME, &PostParams::default(), &lease).await {
                tracing::debug!(%error, "leadership was not given back");
            }
        }
    }

    async fn claim(&mut self) -> Result<bool, Error> {
        let now = MicroTime(Timestamp::now());
        let Some(mut lease) = self.leases.get_opt(NAME).await? else {
            let lease = Lease {
                metadata: ObjectMeta { name: Some(NAME.to_owned()), ..ObjectMeta::default() },
                spec: Some(self.record(LeaseSpec::default(), now)),
            };
            return conflict_is_false(self.leases.create(&PostParams::default(), &lease).await);
        };
        let spec = lease.spec.take().unwrap_or_default();
        let holder = spec.holder_identity.clone().unwrap_or_default();
        if !holder.is_empty() && holder != self.identity {
            let version = lease.metadata.resource_version.clone().unwrap_or_default();
            match &self.seen {
                Some((seen, since)) if *seen == version => {
                    if since.elapsed() < DURATION {
                        return Ok(false);
                    }
                }
                _ => {
                    self.seen = Some((version, Instant::now()));
                    return Ok(false);
                }
            }
        }
        lease.spec = Some(self.record(spec, now));
        conflict_is_false(self.leases.replace(NAME, &PostParams::default(), &lease).await)
    }

    fn record(&self, mut spec: LeaseSpec, now: MicroTime) -> LeaseSpec {
        if spec.holder_identity.as_deref() != Some(self.identity.as_str()) {
            spec.lease_transitions = Some(spec.lease_transitions.unwrap_or_default().saturating_add(1));
            spec.acquire_time = Some(now.clone());
        }
        spec.holder_identity = Some(self.identity.clone());
        spec.lease_duration_seconds = Some(15);
        spec.renew_time = Some(now);
        spec
    }
}

fn conflict_is_false<T>(written: Result<T, kube::Error>) -> Result<bool, Error> {
    match written.map_err(Error::from) {
        Ok(_) => Ok(true),
        Err(error) if error.is_code(409) => Ok(false),
        Err(error) => Err(error),
    }
}
