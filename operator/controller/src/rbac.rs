//! What lets a Job publish its plan: a ServiceAccount and a RoleBinding in the Job's namespace.

use api::{JOB_ACCOUNT, MANAGED_BY, MANAGER};
use k8s_openapi::api::{core::v1::ServiceAccount, rbac::v1::RoleBinding};
use kube::{Api, Client, ResourceExt, api::PostParams};
use serde_json::json;

use crate::{Error, input};

/// Creates what is absent; never touches what exists.
pub(crate) async fn ensure(client: &Client, namespace: &str, account: Option<&str>) -> Result<(), Error> {
    if account.is_none() {
        let accounts: Api<ServiceAccount> = Api::namespaced(client.clone(), namespace);
        if accounts.get_metadata_opt(JOB_ACCOUNT).await?.is_none() {
            let object = serde_json::from_value(json!({
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": JOB_ACCOUNT, "labels": {MANAGED_BY: MANAGER}},
                "automountServiceAccountToken": false,
            }))?;
            unless_there(accounts.create(&PostParams::default(), &object).await)?;
        }
    }
    let account = account.unwrap_or(JOB_ACCOUNT);
    let name = binding_name(account);
    let bindings: Api<RoleBinding> = Api::namespaced(client.clone(), namespace);
    match bindings.get_metadata_opt(&name).await? {
        Some(binding) if binding.labels().get(MANAGED_BY).map(String::as_str) == Some(MANAGER) => Ok(()),
        Some(_) => Err(Error::NotOurs { kind: "RoleBinding", name }),
        None => {
            let object = serde_json::from_value(json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                "metadata": {"name": name, "labels": {MANAGED_BY: MANAGER}},
                "roleRef": {
                    "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": JOB_ACCOUNT,
                },
                "subjects": [{"kind": "ServiceAccount", "name": account, "namespace": namespace}],
            }))?;
            unless_there(bindings.create(&PostParams::default(), &object).await)
        }
    }
}

fn binding_name(account: &str) -> String {
    if account == JOB_ACCOUNT {
        JOB_ACCOUNT.to_owned()
    } else {
        format!("{JOB_ACCOUNT}-{}-{}", input::short(account), input::hash(&[account]))
    }
}

fn unless_there<T>(created: Result<T, kube::Error>) -> Result<(), Error> {
    match created.map_err(Error::from) {
        Ok(_) => Ok(()),
        Err(error) if error.is_code(409) => Ok(()),
        Err(error) => Err(error),
    }
}
