#!/usr/bin/env bash
# No password is ever shown. A control string, which must be found wherever is looked, shows that the search finds what is there.
# Run after all others, it looks at what they left as well.
. "$(dirname "$0")/../lib/story.sh"

found="$(mktemp -d)"
trap 'rm -rf "$found"' EXIT

story_starts
# The control string is a table, a resource and a ConfigMap, so it goes wherever the work goes.
control="control$(openssl rand -hex 6)"
TARGET='{provider: postgresql, urlFrom: {secretKeyRef: {name: db, key: url}}}'
# model [FIELD]: the datamodel with one more field.
model() { printf 'model %s {\n  id    Int     @id\n  title String?\n  %s\n}\n' "$control" "${1:-}"; }
k create configmap "$control" --from-literal="$control=$(model)" >/dev/null
printf '\377%s' "$control" | k create configmap binary --from-file=bytes=/dev/stdin >/dev/null
k create -f - >/dev/null <<YAML
apiVersion: schemalift.dev/v1alpha1
kind: SchemaMigration
metadata: {name: $control}
spec: {target: $TARGET, datamodel: {configMapRef: {name: $control}}}
YAML
is "$control" "True Applied"
# Errors talk more than successes. This one names the table, so it carries the control string.
sql "insert into $control values (1, 'x')"
k create configmap "$control" --from-literal="$control=$(model 'slug String')" --dry-run=client -o yaml | k replace -f - >/dev/null
is "$control" "False RequiredColumnOnNonEmptyTable"
wrong="wrong$(openssl rand -hex 12)"
secret db "${DATABASE_URL/:$(password)@/:$wrong@}"
model "body String?" | migration rejected
is rejected "False CredentialsRejected"
secret bad "postgresql://postgres:$wrong@[/db"
model | TARGET='{provider: postgresql, urlFrom: {secretKeyRef: {name: bad, key: url}}}' migration bad
is bad "False UrlInvalid"

# Every kind of object but the Secrets themselves, events included.
for kind in $(kubectl api-resources --verbs=list -o name | grep -vx -e secrets -e componentstatuses); do
  kubectl get "$kind" --all-namespaces -o yaml --show-managed-fields >"$found/objects-$kind" 2>/dev/null || true
done
kubectl get pods --all-namespaces -o json |
  jq -r '.items[].status.containerStatuses[]? | (.state, .lastState).terminated.message // empty' >"$found/termination-messages"
# Logs of every Job and of the operator, also of a container before it restarted.
for namespace in $(kubectl get namespaces -o 'jsonpath={.items[*].metadata.name}'); do
  kubectl -n "$namespace" logs --selector 'app.kubernetes.io/managed-by=schemalift' --all-containers --tail=-1 --max-log-requests=200 >>"$found/logs-of-jobs" 2>/dev/null || true
done
for pod in $(kubectl -n "$OPERATOR_NS" get pods -o name); do
  kubectl -n "$OPERATOR_NS" logs "$pod" --all-containers --tail=-1
  kubectl -n "$OPERATOR_NS" logs "$pod" --all-containers --tail=-1 --previous 2>/dev/null || true
done >"$found/logs-of-the-operator"
kubectl get --raw "/api/v1/namespaces/$OPERATOR_NS/services/schemalift:http/proxy/metrics" >"$found/metrics"
# Plans as people read them.
kubectl get schemaplans --all-namespaces -o json | jq -r '.items[].spec.plan.script' | while read -r script; do
  base64 -d <<<"$script" | gunzip
done >"$found/plans"
for table in migration step fence; do
  sql "select * from _schemalift_$table" >"$found/history-$table"
done

for place in objects-schemamigrations.schemalift.dev objects-schemaplans.schemalift.dev objects-configmaps objects-jobs.batch objects-pods \
  objects-events objects-events.events.k8s.io termination-messages logs-of-jobs logs-of-the-operator plans history-migration history-step history-fence; do
  grep -q "$control" "$found/$place" || fail "the control string is not in $place, so a search there shows nothing"
done
# No metric is about one resource; what this story made them count has to be there.
grep -q '^schemalift_migrations_total{reason="CredentialsRejected"} [1-9]' "$found/metrics" || fail "the operator's metrics were not found"

# hidden_in_base64 TEXT: what base64 makes of it within a longer text, which depends on how many bytes come before.
hidden_in_base64() {
  local before skip=(0 2 3)
  for before in 0 1 2; do
    printf '%.*s%s' "$before" xx "$1" | base64 -w0 | cut -c "$((skip[before] + 1))-" | sed 's/.\{4\}$//'
  done
}
grep -qFf <(hidden_in_base64 "$control") "$found/objects-configmaps" || fail "the control string is not found in base64"
for secret in "$(password)" "$wrong"; do
  for text in "$secret" $(hidden_in_base64 "$secret"); do
    ! places="$(grep -rlF -- "$text" "$found")" || fail "a password is shown in ${places//"$found/"/}"
  done
done
