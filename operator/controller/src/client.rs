//! The client of the Kubernetes API: [`connect`]. Every request is counted, and every answer tells the time.

use std::sync::Arc;

use http::{Method, Request, Response, Uri, header};
use kube::{
    Client, Config,
    client::{Body, ClientBuilder, DynBody},
};
use tower::util::{MapRequestLayer, MapResponseLayer};

use crate::{Error, clock::Clock, metrics::Metrics};

/// A client by the usual configuration: that of the pod, or of `KUBECONFIG`.
pub(crate) async fn connect(metrics: &Arc<Metrics>, clock: &Arc<Clock>) -> Result<Client, Error> {
    let config = Config::infer().await.map_err(kube::Error::InferConfig)?;
    let (metrics, clock) = (Arc::clone(metrics), Arc::clone(clock));
    let count = MapRequestLayer::new(move |request: Request<Body>| {
        metrics.asked(verb(request.method(), request.uri()), resource(request.uri().path()));
        request
    });
    let hear = MapResponseLayer::new(move |response: Response<Box<DynBody>>| {
        if let Some(date) = response.headers().get(header::DATE).and_then(|date| date.to_str().ok()) {
            clock.hear(date);
        }
        response
    });
    Ok(ClientBuilder::try_from(config)?.with_layer(&hear).with_layer(&count).build())
}

/// `watch`, `read` or `write`.
fn verb(method: &Method, uri: &Uri) -> &'static str {
    let watches = uri.query().is_some_and(|query| query.split('&').any(|part| part == "watch=true"));
    match *method {
        Method::GET if watches => "watch",
        Method::GET => "read",
        _ => "write",
    }
}

/// The resource that a path of the API is about; a closed list, since we ask for a few only.
fn resource(path: &str) -> &str {
    let mut parts = path.trim_start_matches('/').split('/');
    let named = match parts.next() {
        Some("api") => parts.nth(1),
        Some("apis") => parts.nth(2),
        _ => None,
    };
    match named {
        Some("namespaces") => parts.nth(1).unwrap_or("namespaces"),
        Some(resource) => resource,
        None => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_what_they_are_about() {
        for (path, expected) in [
            ("/api/v1/namespaces/kube-system", "namespaces"),
            ("/api/v1/namespaces/shop/configmaps/blog", "configmaps"),
            ("/api/v1/configmaps", "configmaps"),
            ("/apis/batch/v1/jobs", "jobs"),
            ("/apis/schemalift.dev/v1alpha1/namespaces/shop/schemaplans/a/status", "schemaplans"),
            ("/version", "other"),
        ] {
            assert_eq!(resource(path), expected, "{path}");
        }
        let watching: Uri = "/apis/batch/v1/jobs?watch=true&allowWatchBookmarks=true".parse().unwrap();
        assert_eq!(verb(&Method::GET, &watching), "watch");
        assert_eq!(verb(&Method::GET, &"/apis/batch/v1/jobs?limit=50".parse().unwrap()), "read");
        assert_eq!(verb(&Method::PATCH, &"/x".parse().unwrap()), "write");
    }
}
