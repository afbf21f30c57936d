#!/usr/bin/env bash
# Argo CD without its own server, beside a cluster that is up: argocd.sh up | down
# Applications go to namespace argocd, with project "default", destination.name "e2e" and a repoURL such as file:///path/to/a/git/repository.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$E2E_DIR/lib/process.sh"

FOLDER="$E2E_WORK/argocd"
REDIS_PORT=16379
REPO_PORT=18081

manifests() {
  cat <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: argocd}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
data: {timeout.reconciliation: 5s}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: argocd-rbac-cm, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
---
apiVersion: v1
kind: Secret
metadata: {name: argocd-secret, namespace: argocd, labels: {app.kubernetes.io/part-of: argocd}}
stringData: {server.secretkey: "$(openssl rand -hex 16)"}
---
apiVersion: v1
kind: Secret
metadata: {name: cluster-e2e, namespace: argocd, labels: {argocd.argoproj.io/secret-type: cluster}}
stringData:
  name: e2e
  server: $(kube config view --minify -o 'jsonpath={.clusters[0].cluster.server}')
  config: '{"tlsClientConfig": {"caData": "$(base64 -w0 "$E2E_WORK/pki/ca.crt")", "certData": "$(base64 -w0 "$E2E_WORK/pki/admin.crt")", "keyData": "$(base64 -w0 "$E2E_WORK/pki/admin.key")"}}'
---
apiVersion: argoproj.io/v1alpha1
kind: AppProject
metadata: {name: default, namespace: argocd}
spec: {sourceRepos: ["*"], destinations: [{namespace: "*", server: "*"}], clusterResourceWhitelist: [{group: "*", kind: "*"}]}
YAML
}

start_redis() {
  start argocd-redis redis-server --bind 127.0.0.1 --port "$REDIS_PORT" --save '' --appendonly no --dir "$FOLDER"
}

# part NAME PROGRAM ARGUMENTS...: the one binary acts by the name in ARGOCD_BINARY_NAME.
part() {
  local name=$1 program=$2
  shift 2
  start "$name" env PATH="$CACHE_BIN:$PATH" HOME="$FOLDER" TMPDIR="$FOLDER/tmp" ARGOCD_BINARY_NAME="$program" ARGOCD_GPG_ENABLED=false \
    ARGOCD_RECONCILIATION_TIMEOUT=5s ARGOCD_RECONCILIATION_JITTER=0s ARGOCD_APPLICATION_CONTROLLER_PERSIST_RESOURCE_HEALTH=true \
    ARGOCD_TLS_DATA_PATH="$FOLDER/tls" ARGOCD_SSH_DATA_PATH="$FOLDER/ssh" KUBECONFIG="$E2E_WORK/kubeconfig" \
    "$(argocd_program)" --redis "127.0.0.1:$REDIS_PORT" "$@"
}

listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

await() { wait_until 60 "$1" listening "$2" || { tail -n 20 "$E2E_WORK/log/$1.log" >&2; die "$1 did not start; its log is $E2E_WORK/log/$1.log"; }; }

up() {
  kube get --raw /readyz >/dev/null 2>&1 || die "the cluster is not up. Run $E2E_DIR/cluster.sh up"
  [ -x "$(argocd_program)" ] || die "Argo CD is not built. Run $E2E_DIR/install-argocd.sh"
  if running argocd-redis && running argocd-repo-server && running argocd-controller; then
    say "Argo CD is up already"
    return
  fi
  down
  mkdir -p "$FOLDER"/{tmp,tls,ssh}
  : >"$FOLDER/ssh/ssh_known_hosts"
  kube apply --server-side -f "$(argocd_definitions)" >/dev/null
  wait_until 30 "Argo CD's own kinds" kube get applications,appprojects,applicationsets
  manifests | kube apply -f - >/dev/null
  start_redis
  await argocd-redis "$REDIS_PORT"
  part argocd-repo-server argocd-repo-server --disable-tls --address 127.0.0.1 --port "$REPO_PORT" --metrics-address 127.0.0.1 --metrics-port 18084
  await argocd-repo-server "$REPO_PORT"
  part argocd-controller argocd-application-controller --namespace argocd --repo-server "127.0.0.1:$REPO_PORT" --repo-server-plaintext --metrics-port 18082
  await argocd-controller 18082
  say "Argo CD is up"
}

down() {
  local name
  for name in argocd-controller argocd-repo-server argocd-redis; do stop "$name" 10; done
  rm -rf "$FOLDER"
}

case ${1:-} in
  up) need_root; up ;;
  down) need_root; down; say "Argo CD is down" ;;
  *) die "usage: argocd.sh up | down" ;;
esac
