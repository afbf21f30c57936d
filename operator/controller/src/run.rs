//! The loop: watches, passes, and what surrounds a pass.

use std::{sync::Arc, sync::atomic::Ordering, time::Duration};

use api::{ConditionType, GROUP, MANAGED_BY, MANAGER, SchemaMigration, SchemaPlan, VERSION};
use futures::{StreamExt, future::join_all};
use jiff::Timestamp;
use k8s_openapi::api::{batch::v1::Job, core::v1::ConfigMap};
use kube::{
    Api, Client, ResourceExt,
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
    Config, Error, act, decide::decide, events, leader::Leader, lease::Turns, metrics::Metrics, observe,
    serve, status,
};

/// Longest pass, in seconds.
const PASS: u64 = 60;

type Guarded = DeserializeGuard<SchemaMigration>;

/// What every pass shares.
pub(crate) struct Context {
    pub(crate) client: Client,
    pub(crate) config: Config,
    pub(crate) cluster: String,
    pub(crate) recorder: Recorder,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) turns: Turns,
}

/// Runs the operator until SIGTERM, or until leadership is lost.
pub async fn run(config: Config) -> Result<(), Error> {
    let client = Client::try_default().await?;
    let metrics = Arc::new(Metrics::new());
    let context = Arc::new(Context {
        cluster: observe::cluster_id(&client).await?,
        recorder: events::recorder(client.clone(), &config.leader_identity),
        metrics: Arc::clone(&metrics),
        turns: Turns::default(),
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
    let migrations: Api<Guarded> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let jobs: Api<Job> = match namespace {
        Some(namespace) => Api::namespaced(client.clone(), namespace),
        None => Api::all(client.clone()),
    };
    let plans: Api<DeserializeGuard<SchemaPlan>> = match namespace {
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
        .owns(jobs, ours)
        .owns(plans, small())
        .watches(maps, watcher::Config::default(), move |map: PartialObjectMeta<ConfigMap>| {
            readers_of(&readers, &map.name_any(), map.namespace().as_deref())
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

/// The resources whose datamodel is in this ConfigMap.
fn readers_of(store: &Store<Guarded>, map: &str, namespace: Option<&str>) -> Vec<ObjectRef<Guarded>> {
    let reads = |object: &Guarded| {
        object.0.as_ref().is_ok_and(|migration| {
            let reference = migration.spec.datamodel.config_map_ref.as_ref();
            migration.metadata.namespace.as_deref() == namespace
                && reference.is_some_and(|reference| reference.name == map)
        })
    };
    store
        .state()
        .iter()
        .filter(|object| reads(object))
        .map(|object| ObjectRef::from_obj(object.as_ref()))
        .collect()
}

/// Who in this namespace has waited for the Lease for longer.
fn ahead(store: &Store<Guarded>, migration: &SchemaMigration) -> Option<String> {
    let place = |migration: &SchemaMigration| {
        let since = migration.status.as_ref()?.runnable_since?;
        Some((since, migration.name_any()))
    };
    let mine = place(migration);
    store
        .state()
        .iter()
        .filter_map(|object| object.0.as_ref().ok().cloned())
        .filter(|other| {
            other.namespace() == migration.namespace()
                && other.name_any() != migration.name_any()
                && other.metadata.deletion_timestamp.is_none()
                && !other.spec.suspend
                && other.status.as_ref().is_some_and(|status| {
                    status.condition(ConditionType::Ready).and_then(api::Condition::known_reason)
                        == Some(Reason::AwaitingLock)
                })
        })
        .filter_map(|other| place(&other))
        .filter(|other| mine.as_ref().is_none_or(|mine| other < mine))
        .min()
        .map(|(_, name)| format!("SchemaMigration {name}"))
}

/// One pass in a task of its own, so that neither a panic nor a hang reaches the others.
async fn pass(object: Arc<Guarded>, context: Arc<Context>, store: Store<Guarded>) -> Result<Action, Error> {
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
            if let Ok(migration) = &object.0
                && !matches!(error, Error::Timeout(_))
            {
                let reason =
                    if error.is_code(403) || error.is_code(422) { Reason::JobFailed } else { error.reason() };
                let status = status::broken(migration, reason, &error.text(), Timestamp::now());
                let write = act::write(&context, migration, status);
                if !matches!(tokio::time::timeout(Duration::from_secs(10), write).await, Ok(Ok(()))) {
                    tracing::debug!("the failure was not written");
                }
            }
            Err(error)
        }
    }
}

async fn inner(
    object: Arc<Guarded>,
    context: Arc<Context>,
    store: Store<Guarded>,
) -> Result<Duration, Error> {
    let namespace = object.namespace().unwrap_or_default();
    // The cache may be old; what is decided on is read now.
    let api: Api<Guarded> = Api::namespaced(context.client.clone(), &namespace);
    let Some(live) = api.get_opt(&object.name_any()).await? else {
        return Ok(Duration::from_secs(3600));
    };
    let migration = match live.0 {
        Ok(migration) => migration,
        Err(invalid) => return undecodable(&context, &namespace, &invalid).await,
    };
    let ahead = ahead(&store, &migration);
    let observed = observe::observe(&context.client, &context.cluster, migration, ahead).await?;
    let decision = decide(&observed, Timestamp::now());
    act::act(&context, &observed, decision).await
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
