#!/usr/bin/env bash
# How much memory the operator takes for each SchemaMigration: memory.sh [COUNT], against the cluster of KUBECONFIG, where the
# operator is installed and nothing else is at work. The resources are suspended; it is their number that is measured.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
export PATH="$CACHE_BIN:$PATH"
COUNT=${1:-1000}
NS=e2e-memory

resident() { awk '$1 == "VmRSS:" { print $2 }' "/proc/$(pgrep -f '^[^ ]*schemalift operator')/status"; }

one_operator() { [ "$(pgrep -cf '^[^ ]*schemalift operator')" = 1 ]; }

fresh_operator() {
  kubectl -n schemalift rollout restart deployment/schemalift >/dev/null
  kubectl -n schemalift rollout status deployment/schemalift --timeout=120s >/dev/null
  wait_until 60 "the old operator to go" one_operator
  sleep 10
}

many() {
  local number
  for number in $(seq "$COUNT"); do
    cat <<YAML
---
apiVersion: schemalift.dev/v1alpha1
kind: SchemaMigration
metadata: {name: blog-$number, namespace: $NS}
spec:
  suspend: true
  target: {provider: postgresql, urlFrom: {secretKeyRef: {name: blog-db-$number, key: url}}}
  datamodel:
    inline: |
$(for model in $(seq 10); do printf '      model Model%s {\n        id    Int    @id\n        title String @unique\n        body  String\n      }\n' "$model"; done)
YAML
  done
}

suspended() { [ "$(kubectl -n "$NS" get schemamigrations -o json | jq '[.items[].status.conditions[]? | select(.reason == "Suspended")] | length')" -ge "$COUNT" ]; }

need_root
kubectl delete namespace "$NS" --ignore-not-found >/dev/null
kubectl create namespace "$NS" >/dev/null
fresh_operator
idle=$(resident)
many | kubectl create -f - >/dev/null
wait_until 300 "the operator to see them all" suspended
sleep 10
full=$(resident)
fresh_operator
again=$(resident)
kubectl delete namespace "$NS" --wait=false >/dev/null
each() { awk -v kib="$(($1 - idle))" -v count="$COUNT" 'BEGIN { printf "%.1f KiB for each of %d", kib / count, count }'; }
echo "idle $idle KiB; after they came $full KiB, $(each "$full"); after a restart $again KiB, $(each "$again")"
