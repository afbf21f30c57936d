//! The loop: watches, passes, and what surrounds a pass.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use api::{GROUP, MANAGED_BY, MANAGER, SchemaMigration, SchemaPlan, VERSION};
use futures::{StreamExt, future::BoxFuture, future::join_all};
use k8s_openapi::api::{batch::v1::Job, core::v1::ConfigMap};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::{
    Api, Client, Resource, ResourceExt,
    api::{Patch, PatchParams},
    core::{DeserializeGuard, PartialObjectMeta},
    runtime::{
        Controller,
        controller::{Action, Config as Limits},
        events::Recorder,
        reflector::{ObjectRef, Store},
        watcher,
    },
};
use reason::Reason;
use serde_json::json;

use crate::{
    Config, Error,
    act::{self, Next},
    cache::Seen,
    client,
    clock::Clock,
    decide::decide,
    events,
    leader::Leader,
    lease::Turns,
    metrics::Metrics,
    observe, serve, status,
    unchanged::Unchanged,
};

/// Longest pass, in seconds.
const PASS: u64 = 60;

/// In the cache.
type Cached = DeserializeGuard<Seen>;
/// Read live.
type Guarded = DeserializeGuard<SchemaMigration>;

/// What every pass shares.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) cluster: String,
    pub(crate) recorder: Recorder,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) turns: Turns,
    pub(crate) clock: Arc<Clock>,
    pub(crate) unchanged: Unchanged,
}

/// Runs the operator until SIGTERM, or until leadership is lost.
pub fn run(config: Config) -> BoxFuture<'static, Result<(), Error>> {
    Box::pin(run_to_end(config))
}

async fn run_to_end(config: Config) -> Result<(), Error> {
    let metrics = Arc::new(Metrics::new());
    let clock = Arc::new(Clock::default());
    let client = client::connect(&metrics, &clock).await?;
    let context = Arc::new(Context {
        cluster: observe::cluster_id(&client).await?,
        recorder: events::recorder(client.clone(), &config.leader_identity),
        metrics: Arc::clone(&metrics),
        turns: Turns::default(),
        clock,
        unchanged: Unchanged::default(),
        client: client.clone(),
        config: config.clone(),
    });
    let mut leader = Leader::new(&client, &config);
    let stop = Arc::new(tokio::sync::Notify::new());
    metrics.ready.store(true, Ordering::Relaxed);
    let work = async {
        leader.acquire().await;
        metrics.leader.set(1);
        tracing::info!(identity = %config.leader_identity, "leading");
        tokio::select! {
            lost = leader.keep() => Err(lost),
            () = watch(&context, &stop) => Ok(()),
        }
    };
    let ended = tokio::select! {
        served = serve::serve(config.http_addr, Arc::clone(&metrics)) => served,
        led = work => led,
        () = terminated(&stop) => Ok(()),
    };
    metrics.ready.store(false, Ordering::Relaxed);
    leader.release().await;
    ended
}

/// Ends some seconds after SIGTERM: passes at work may finish first.
async fn terminated(stop: &tokio::sync::Notify) {
    let mut signal = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(signal) => signal,
        Err(error) => {
            tracing::warn!(%error, "SIGTERM cannot be caught");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = signal.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    tracing::info!("stopping");
    stop.notify_waiters();
    tokio::time::sleep(Duration::from_secs(10)).await;
}

async fn watch(context: &Arc<Context>, stop: &Arc<tokio::sync::Notify>) {
    let namespaces = &context.config.watch_namespaces;
    if namespaces.is_empty() {
        return controller(context, stop, None).await;
    }
    join_all(namespaces.iter().map(|namespace| controller(context, stop, Some(namespace)))).await;
}

async fn controller(context: &Arc<Context>, stop: &Arc<tokio::sync::Notify>, namespace: Option<&str>) {
    let client = &context.client;
    let migrations: Api<Cached> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    // Of a Job and of a plan only the owner matters here; a plan may hold a megabyte.
    let jobs: Api<PartialObjectMeta<Job>> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let plans: Api<PartialObjectMeta<SchemaPlan>> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let maps: Api<PartialObjectMeta<ConfigMap>> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let small = || watcher::Config::default().page_size(50);
    let ours = watcher::Config::default().labels(&format!("{MANAGED_BY}={MANAGER}"));
    let controller = Controller::new(migrations, small());
    let store = controller.store();
    let readers = store.clone();
    let waiters = store.clone();
    let stopped = Arc::clone(stop);
    controller
        .with_config(Limits::default().concurrency(context.config.concurrency))
        .watches(jobs, ours, {
            let context = Arc::clone(context);
            move |job| woken(&context, owners_of(job.meta()))
        })
        .watches(plans, watcher::Config::default().page_size(10), {
            let context = Arc::clone(context);
            move |plan| woken(&context, owners_of(plan.meta()))
        })
        .watches(maps, watcher::Config::default(), {
            let context = Arc::clone(context);
            move |map| woken(&context, readers_of(&readers, &map.name_any(), map.namespace().as_deref()))
        })
        .graceful_shutdown_on(async move { stopped.notified().await })
        .run(
            move |object, context| pass(object, context, waiters.clone()),
            |object, error, context| {
                context.metrics.reconciled("error");
                let (namespace, name) = (object.namespace().unwrap_or_default(), object.name_any());
                tracing::warn!(%namespace, %name, reason = %error.reason(), error = %error.text(), "pass failed");
                Action::requeue(Duration::from_secs(15))
            },
            Arc::clone(context),
        )
        .for_each(|_| futures::future::ready(()))
        .await;
}

/// These resources, whose next pass must look.
fn woken(context: &Context, resources: Vec<ObjectRef<Cached>>) -> Vec<ObjectRef<Cached>> {
    for resource in &resources {
        context.unchanged.event(resource);
    }
    resources
}

/// The resources that own an object.
fn owners_of(object: &ObjectMeta) -> Vec<ObjectRef<Cached>> {
    let owners = object.owner_references.iter().flatten();
    owners.filter_map(|owner| ObjectRef::from_owner_ref(object.namespace.as_deref(), owner, ())).collect()
}

/// The resources whose datamodel is in this ConfigMap.
fn readers_of(store: &Store<Cached>, map: &str, namespace: Option<&str>) -> Vec<ObjectRef<Cached>> {
    store
        .state()
        .iter()
        .filter(|object| object.namespace().as_deref() == namespace)
        .filter(|object| object.0.as_ref().is_ok_and(|seen| seen.reads(map)))
        .map(|object| ObjectRef::from_obj(object.as_ref()))
        .collect()
}

/// Who in this namespace has waited for the Lease for longer.
fn ahead(store: &Store<Cached>, migration: &SchemaMigration) -> Option<String> {
    let since = migration.status.as_ref().and_then(|status| status.runnable_since);
    let mine = since.map(|since| (since, migration.name_any()));
    store
        .state()
        .iter()
        .filter(|other| {
            other.namespace() == migration.namespace() && other.name_any() != migration.name_any()
        })
        .filter_map(|other| Some((other.0.as_ref().ok()?.queued_since()?, other.name_any())))
        .filter(|other| mine.as_ref().is_none_or(|mine| other < mine))
        .min()
        .map(|(_, name)| format!("SchemaMigration {name}"))
}

/// One pass in a task of its own, so that neither a panic nor a hang reaches the others.
async fn pass(object: Arc<Cached>, context: Arc<Context>, store: Store<Cached>) -> Result<Action, Error> {
    let started = std::time::Instant::now();
    let task = tokio::spawn(inner(Arc::clone(&object), Arc::clone(&context), store));
    let abort = task.abort_handle();
    let result = match tokio::time::timeout(Duration::from_secs(PASS), task).await {
        Ok(Ok(result)) => result,
        Ok(Err(error)) => {
            context.metrics.panics.inc();
            Err(Error::Panic(error.to_string()))
        }
        Err(_) => {
            abort.abort();
            Err(Error::Timeout(PASS))
        }
    };
    context.metrics.duration.observe(started.elapsed().as_secs_f64());
    match result {
        Ok(after) => {
            context.metrics.reconciled("ok");
            Ok(Action::requeue(after))
        }
        // Somebody else was faster; the next pass sees what they wrote.
        Err(error) if error.is_code(409) => Ok(Action::requeue(Duration::from_secs(1))),
        // The resource, or its namespace, is going.
        Err(error) if error.is_code(404) => Ok(Action::requeue(Duration::from_secs(30))),
        Err(error) => {
            if !matches!(error, Error::Timeout(_)) {
                let told = tell(&context, &object, &error);
                if !matches!(tokio::time::timeout(Duration::from_secs(10), told).await, Ok(Ok(()))) {
                    tracing::debug!("the failure was not written");
                }
            }
            Err(error)
        }
    }
}

/// Writes the failure of a pass into the status.
async fn tell(context: &Context, object: &Cached, failure: &Error) -> Result<(), Error> {
    let api: Api<Guarded> = Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default());
    let Some(DeserializeGuard(Ok(migration))) = api.get_opt(&object.name_any()).await? else {
        return Ok(());
    };
    let refused = failure.is_code(403) || failure.is_code(422);
    let reason = if refused { Reason::JobFailed } else { failure.reason() };
    let status = status::broken(&migration, reason, &failure.text(), context.clock.now());
    act::write(context, &migration, status).await
}

async fn inner(object: Arc<Cached>, context: Arc<Context>, store: Store<Cached>) -> Result<Duration, Error> {
    let namespace = object.namespace().unwrap_or_default();
    let key = (namespace.clone(), object.name_any());
    let resync = context.config.resync;
    if context.unchanged.holds(&key, object.resource_version().as_deref()) {
        return Ok(resync);
    }
    let events = context.unchanged.events(&key);
    // The cache may be old; what is decided on is read now.
    let api: Api<Guarded> = Api::namespaced(context.client.clone(), &namespace);
    let Some(live) = api.get_opt(&object.name_any()).await? else {
        context.unchanged.forget(&key);
        return Ok(Duration::from_secs(3600));
    };
    let migration = match live.0 {
        Ok(migration) => migration,
        Err(invalid) => return undecodable(&context, &namespace, &invalid).await,
    };
    let ahead = ahead(&store, &migration);
    let observed = observe::observe(&context.client, &context.cluster, migration, ahead).await?;
    let version = observed.migration.resource_version();
    let decision = decide(&observed, context.clock.now());
    match act::act(&context, &observed, decision).await? {
        Next::After(pause) => Ok(pause),
        Next::Settled => {
            context.unchanged.settle(&key, events, version);
            Ok(resync)
        }
    }
}

/// An object that this version cannot read says so itself; the others are not touched by it.
async fn undecodable(
    context: &Context,
    namespace: &str,
    invalid: &kube::core::error_boundary::InvalidObject,
) -> Result<Duration, Error> {
    let api: Api<Guarded> = Api::namespaced(context.client.clone(), namespace);
    let name = invalid.metadata.name.clone().unwrap_or_default();
    let message = format!("This version of the operator cannot read the resource: {}", invalid.error);
    let condition = |type_: &str, status: &str| {
        json!({
            "type": type_, "status": status, "reason": Reason::ManifestInvalid.as_str(), "message": message,
            "lastTransitionTime": invalid.metadata.creation_timestamp,
            "observedGeneration": invalid.metadata.generation,
        })
    };
    let patch = json!({
        "apiVersion": format!("{GROUP}/{VERSION}"), "kind": "SchemaMigration", "metadata": {"name": name},
        "status": {
            "observedGeneration": invalid.metadata.generation,
            "conditions": [condition("Ready", "False"), condition("Stalled", "True")],
        },
    });
    let parameters = PatchParams::apply(MANAGER).force();
    api.patch_status(&name, &parameters, &Patch::Apply(patch)).await?;
    Ok(Duration::from_secs(600))
}
