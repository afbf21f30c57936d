//! Everything that a pass needs to know, read live: [`observe`].

use api::{BACKUP_LABEL, MIGRATION_LABEL, SchemaMigration, SchemaPlan};
use k8s_openapi::api::{
    batch::v1::Job,
    core::v1::{ConfigMap, Namespace, Pod},
};
use kube::{Api, Client, Resource, ResourceExt, api::ListParams, core::DeserializeGuard};

use crate::{Error, backup, decide::Observed, input, lease, result};

/// Id of the cluster, part of who owns a database.
pub(crate) async fn cluster_id(client: &Client) -> Result<String, Error> {
    let namespaces: Api<Namespace> = Api::all(client.clone());
    Ok(namespaces.get_metadata("kube-system").await?.uid().unwrap_or_default())
}

/// Reads all that concerns this resource.
pub(crate) async fn observe(
    client: &Client,
    cluster: &str,
    migration: SchemaMigration,
    ahead: Option<String>,
) -> Result<Observed, Error> {
    let namespace = migration.namespace().unwrap_or_default();
    let source = source(client, &namespace, &migration).await?;
    let invalid = match &source {
        Ok(text) => invalid(text.clone(), &migration.spec.datamodel).await?,
        Err(_) => None,
    };
    let label = input::labels(&migration).remove(MIGRATION_LABEL).unwrap_or_default();
    let ours = ListParams::default().labels(&format!("{MIGRATION_LABEL}={label}"));
    let jobs = jobs_of(client, &migration, &ours).await?;
    let backups = match &migration.spec.backup {
        Some(_) => {
            let backups = ListParams::default().labels(&format!("{BACKUP_LABEL}={label}"));
            jobs_of(client, &migration, &backups).await?.iter().map(backup::view).collect()
        }
        None => Vec::new(),
    };
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let pods = if jobs.is_empty() { Vec::new() } else { pods.list(&ours).await?.items };
    let jobs = jobs
        .iter()
        .map(|job| {
            let of_job =
                |pod: &&Pod| pod.labels().get("batch.kubernetes.io/job-name") == Some(&job.name_any());
            let pods: Vec<Pod> = pods.iter().filter(of_job).cloned().collect();
            result::view(job, &pods)
        })
        .collect();
    // A plan that cannot be read is as good as none; it must not stop the pass.
    let api: Api<DeserializeGuard<SchemaPlan>> = Api::namespaced(client.clone(), &namespace);
    let mut plans: Vec<SchemaPlan> = api
        .list(&ours)
        .await?
        .items
        .into_iter()
        .filter_map(|guard| guard.0.ok())
        .filter(|plan| owned(&migration, plan))
        .collect();
    plans.sort_by_key(|plan| plan.metadata.creation_timestamp.as_ref().map(|time| time.0));
    let usurped = match input::named_plan(&migration) {
        Some(name) if plans.iter().all(|plan| plan.name_any() != name) => {
            api.get_metadata_opt(name).await?.is_some()
        }
        _ => false,
    };
    Ok(Observed {
        holder: lease::holder(client, &namespace).await?,
        cluster: cluster.to_owned(),
        migration,
        source,
        invalid,
        jobs,
        plans,
        backups,
        usurped,
        ahead,
    })
}

/// The Jobs with these labels that are this resource's, oldest first.
async fn jobs_of(
    client: &Client,
    migration: &SchemaMigration,
    labelled: &ListParams,
) -> Result<Vec<Job>, Error> {
    let jobs: Api<Job> = Api::namespaced(client.clone(), &migration.namespace().unwrap_or_default());
    let mut jobs = jobs.list(labelled).await?.items;
    jobs.retain(|job| owned(migration, job));
    jobs.sort_by_key(|job| job.metadata.creation_timestamp.as_ref().map(|time| time.0));
    Ok(jobs)
}

/// Whether the object names this very resource as its owner.
pub(crate) fn owned(migration: &SchemaMigration, object: &impl Resource) -> bool {
    let uid = migration.metadata.uid.as_deref();
    uid.is_some() && object.owner_references().iter().any(|owner| Some(owner.uid.as_str()) == uid)
}

async fn source(
    client: &Client,
    namespace: &str,
    migration: &SchemaMigration,
) -> Result<Result<String, String>, Error> {
    let source = &migration.spec.datamodel;
    if let Some(text) = &source.inline {
        return Ok(Ok(text.clone()));
    }
    let Some(reference) = &source.config_map_ref else {
        return Ok(Err("Set datamodel.inline or datamodel.configMapRef.".to_owned()));
    };
    let maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    let Some(map) = maps.get_opt(&reference.name).await? else {
        return Ok(Err(format!("ConfigMap {} does not exist in {namespace}.", reference.name)));
    };
    let data = map.data.unwrap_or_default();
    let keys = data.keys().cloned().collect::<Vec<_>>().join(", ");
    let Some(text) = datamodel::of_keys(&data, reference.key.as_deref()) else {
        let wanted = reference.key.as_deref().unwrap_or("a single key");
        return Ok(Err(format!("ConfigMap {} has not {wanted}; it has: {keys}.", reference.name)));
    };
    if let Some(expected) = &reference.sha256
        && *expected != api::input::sha256(text.as_bytes())
    {
        return Ok(Err(format!(
            "ConfigMap {} holds another text than configMapRef.sha256 says; waiting for it.",
            reference.name
        )));
    }
    Ok(Ok(text))
}

/// The errors of the text in one line, up to five.
async fn invalid(text: String, source: &api::DatamodelSource) -> Result<Option<String>, Error> {
    let language = source.language.map(Into::into);
    let edition = source.edition.map(Into::into);
    let parse = move || {
        let parsed = datamodel::parse(datamodel::Source { text: &text, language, edition });
        let errors: Vec<String> = parsed
            .diagnostics
            .iter()
            .filter(|diagnostic| diagnostic.severity == datamodel::Severity::Error)
            .map(|diagnostic| {
                let help = diagnostic.help.trim();
                format!("{} {help}", diagnostic.one_line(&text)).trim_end().to_owned()
            })
            .collect();
        let more = errors.len().saturating_sub(5);
        let mut line = errors.into_iter().take(5).collect::<Vec<_>>().join(" | ");
        if more > 0 {
            line = format!("{line} | and {more} more");
        }
        (!line.is_empty()).then_some(line)
    };
    tokio::task::spawn_blocking(parse).await.map_err(|error| Error::Panic(error.to_string()))
}
