#!/usr/bin/env bash
# Runs the scenarios against a real cluster: run.sh [NAME...]; without names, all of scenarios/.
#   SCHEMALIFT_BINARY  a binary to test in an image put together around it; default: the image that the Dockerfile builds
#   KUBECONFIG         a cluster that is up, on this machine; default: cluster.sh's, started and ended here
#   KEEP=1             leaves cluster, operator, namespaces and databases as they are at the end
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
export PATH="$CACHE_BIN:$PATH"

IMAGE=localhost/schemalift:e2e
export OPERATOR_NS=schemalift STORY_SERVER=stories
LOGS="$E2E_WORK/log/scenarios"
PROJECT="$(dirname "$E2E_DIR")"
OWN_CLUSTER=

the_cluster() {
  if [ -z "${KUBECONFIG:-}" ]; then
    OWN_CLUSTER=1
    "$E2E_DIR/cluster.sh" up
    export KUBECONFIG="$E2E_WORK/kubeconfig"
  fi
  kubectl get --raw /readyz >/dev/null || die "the cluster of KUBECONFIG does not answer"
}

the_image() {
  if [ -n "${SCHEMALIFT_BINARY:-}" ]; then
    "$E2E_DIR/image.sh" "$SCHEMALIFT_BINARY" "$IMAGE" >/dev/null
  else
    "$E2E_DIR/dockerfile.sh"
    "$E2E_DIR/image.sh" --built "$IMAGE" >/dev/null
  fi
}

the_operator() {
  helm upgrade --install schemalift "$PROJECT/charts/schemalift" -n "$OPERATOR_NS" --create-namespace \
    --set image.registry=localhost,image.repository=schemalift,image.tag=e2e,image.pullPolicy=Never >/dev/null
  # The tag is the same as last time; only new pods run the new image.
  kubectl -n "$OPERATOR_NS" rollout restart deployment/schemalift >/dev/null
  kubectl -n "$OPERATOR_NS" rollout status deployment/schemalift --timeout=120s >/dev/null || {
    kubectl -n "$OPERATOR_NS" describe pods >&2
    die "the operator did not start"
  }
}

# The canary looks at what all the others left, so it comes last.
names() {
  if [ $# -gt 0 ]; then printf '%s\n' "$@"; return; fi
  local file
  for file in "$E2E_DIR"/scenarios/*.sh; do basename "$file" .sh; done | grep -vx canary
  echo canary
}

dump() {
  local namespace="e2e-$1" pod
  {
    echo "── what $namespace looks like"
    kubectl -n "$namespace" get schemamigrations,schemaplans,jobs,pods,leases -o wide
    kubectl -n "$namespace" get schemamigrations -o yaml
    kubectl -n "$namespace" get events --sort-by=.lastTimestamp
    for pod in $(kubectl -n "$namespace" get pods -o name); do
      echo "── $pod"
      kubectl -n "$namespace" logs "$pod" --tail=50
    done
    [[ $1 != argocd* ]] || kubectl -n argocd get applications -o yaml
    echo "── the operator"
    kubectl -n "$OPERATOR_NS" logs deployment/schemalift --tail=60
  } >&2 2>&1
}

finish() {
  [ -z "${KEEP:-}" ] || return 0
  if [ -n "$OWN_CLUSTER" ]; then
    "$E2E_DIR/cluster.sh" down
  else
    kubectl delete namespace -l schemalift-e2e=story --wait=false >/dev/null || true
    kubectl delete persistentvolume -l schemalift-e2e=story --wait=false >/dev/null 2>&1 || true
  fi
  local server
  for server in "$E2E_WORK"/pg-stories*.url; do
    [ ! -e "$server" ] || "$E2E_DIR/postgres.sh" remove "$(basename "$server" .url | cut -c4-)"
  done
  [ ! -e "$E2E_WORK/mariadb-$STORY_SERVER.url" ] || "$E2E_DIR/mariadb.sh" remove "$STORY_SERVER"
}

main() {
  local name started passed=0 failed=0
  for name in "$@"; do
    [ -f "$E2E_DIR/scenarios/$name.sh" ] || die "there is no scenario $name; see $E2E_DIR/scenarios"
  done
  need_root
  the_cluster
  trap finish EXIT
  the_image
  the_operator
  mkdir -p "$LOGS"
  for name in $(names "$@"); do
    started=$(date +%s%N)
    if timeout "${STORY_TIMEOUT:-400}" bash "$E2E_DIR/scenarios/$name.sh" >"$LOGS/$name.log" 2>&1; then
      passed=$((passed + 1))
      printf 'pass  %-34s %s\n' "$name" "$(seconds_since "$started")"
    else
      failed=$((failed + 1))
      printf 'FAIL  %-34s %s\n' "$name" "$(seconds_since "$started")"
      cat "$LOGS/$name.log" >&2
      dump "$name" || true
    fi
  done
  echo "$passed passed, $failed failed"
  [ "$failed" = 0 ]
}

seconds_since() { awk -v ns="$(($(date +%s%N) - $1))" 'BEGIN { printf "%.1f s", ns / 1e9 }'; }

main "$@"
