//! The namespace's Lease `schemalift`: one migration at a time. Held by a Job, judged by whether that Job lives.

use std::{collections::BTreeMap, sync::Arc};

use api::{MANAGED_BY, MANAGER};
use jiff::Timestamp;
use k8s_openapi::{
    api::{
        batch::v1::Job,
        coordination::v1::{Lease, LeaseSpec},
    },
    apimachinery::pkg::apis::meta::v1::MicroTime,
};
use kube::{
    Api, Client,
    api::{ObjectMeta, PostParams},
};
use tokio::sync::Mutex;

use crate::{Error, result};

/// Name of the Lease in each namespace.
pub(crate) const NAME: &str = "schemalift";

/// One mutex per namespace: between taking the Lease and creating the Job nobody in this process may look.
#[derive(Debug, Default)]
pub(crate) struct Turns(Mutex<BTreeMap<String, Arc<Mutex<()>>>>);

impl Turns {
    /// The mutex of this namespace.
    pub(crate) async fn of(&self, namespace: &str) -> Arc<Mutex<()>> {
        let mut turns = self.0.lock().await;
        Arc::clone(turns.entry(namespace.to_owned()).or_default())
    }
}

/// The living Job that holds the Lease.
pub(crate) async fn holder(client: &Client, namespace: &str) -> Result<Option<String>, Error> {
    let leases: Api<Lease> = Api::namespaced(client.clone(), namespace);
    let lease = leases.get_opt(NAME).await?;
    living(client, namespace, lease.as_ref()).await
}

async fn living(client: &Client, namespace: &str, lease: Option<&Lease>) -> Result<Option<String>, Error> {
    let holder = lease
        .and_then(|lease| lease.spec.as_ref()?.holder_identity.clone())
        .filter(|holder| !holder.is_empty());
    let Some(holder) = holder else {
        return Ok(None);
    };
    let jobs: Api<Job> = Api::namespaced(client.clone(), namespace);
    let alive = jobs.get_opt(&holder).await?.is_some_and(|job| !result::finished(&job));
    Ok(alive.then_some(holder))
}

/// Takes the Lease for this Job; answers with the other living holder when there is one.
pub(crate) async fn take(client: &Client, namespace: &str, job: &str) -> Result<Option<String>, Error> {
    let leases: Api<Lease> = Api::namespaced(client.clone(), namespace);
    let now = MicroTime(Timestamp::now());
    let Some(mut lease) = leases.get_opt(NAME).await? else {
        let lease = Lease {
            metadata: ObjectMeta {
                name: Some(NAME.to_owned()),
                labels: Some(BTreeMap::from([(MANAGED_BY.to_owned(), MANAGER.to_owned())])),
                ..ObjectMeta::default()
            },
            spec: Some(LeaseSpec {
                holder_identity: Some(job.to_owned()),
                acquire_time: Some(now.clone()),
                renew_time: Some(now),
                ..LeaseSpec::default()
            }),
        };
        leases.create(&PostParams::default(), &lease).await?;
        return Ok(None);
    };
    if let Some(other) = living(client, namespace, Some(&lease)).await?
        && other != job
    {
        return Ok(Some(other));
    }
    let spec = lease.spec.get_or_insert_default();
    if spec.holder_identity.as_deref() != Some(job) {
        spec.lease_transitions = Some(spec.lease_transitions.unwrap_or_default().saturating_add(1));
        spec.holder_identity = Some(job.to_owned());
        spec.acquire_time = Some(now.clone());
        spec.renew_time = Some(now);
        // Guarded by the resourceVersion that was read: whoever was faster wins.
        leases.replace(NAME, &PostParams::default(), &lease).await?;
    }
    Ok(None)
}

/// Gives the Lease back when this Job holds it.
pub(crate) async fn release(client: &Client, namespace: &str, job: &str) -> Result<(), Error> {
    let leases: Api<Lease> = Api::namespaced(client.clone(), namespace);
    let Some(mut lease) = leases.get_opt(NAME).await? else {
        return Ok(());
    };
    let spec = lease.spec.get_or_insert_default();
    if spec.holder_identity.as_deref() != Some(job) {
        return Ok(());
    }
    spec.holder_identity = None;
    match leases.replace(NAME, &PostParams::default(), &lease).await.map_err(Error::from) {
        Err(error) if error.is_code(409) || error.is_code(404) => Ok(()),
        Err(error) => Err(error),
        Ok(_) => Ok(()),
    }
}
