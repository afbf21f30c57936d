#!/usr/bin/env bash
# No password is ever shown. A string that must be found shows that the search finds what is there.
# Run after all others, it looks at what they left as well.
. "$(dirname "$0")/../lib/story.sh"

found="$(mktemp -d)"
trap 'rm -rf "$found"' EXIT

story_starts
# The control string is a table, so it goes wherever the Job's work goes.
control="Control$(openssl rand -hex 6)"
migration blog <<PSL
model $control {
  id    Int     @id
  title String?
}
PSL
is blog "True Applied"
# Errors talk more than successes.
wrong="wrong$(openssl rand -hex 12)"
secret db "${DATABASE_URL/:$(password)@/:$wrong@}"
migration blog <<PSL
model $control {
  id    Int     @id
  title String?
  body  String?
}
PSL
is blog "False CredentialsRejected"
secret bad "postgresql://postgres:$wrong@[/db"
TARGET='{provider: postgresql, urlFrom: {secretKeyRef: {name: bad, key: url}}}' migration bad <<'PSL'
model Post {
  id Int @id
}
PSL
is bad "False UrlInvalid"
secret db "$DATABASE_URL"
reconcile_now blog
becomes_ready blog

# Every kind of object but the Secrets themselves, events included.
for kind in $(kubectl api-resources --verbs=list -o name | grep -vx -e secrets -e componentstatuses); do
  kubectl get "$kind" --all-namespaces -o yaml --show-managed-fields >"$found/objects-$kind" 2>/dev/null || true
done
# Termination messages are in the pods. Logs of every Job and of the operator, also of a container before it restarted.
kubectl get namespaces -o name | cut -d/ -f2 | while read -r namespace; do
  kubectl -n "$namespace" logs --selector 'app.kubernetes.io/managed-by=schemalift' --all-containers --tail=-1 --max-log-requests=200
  kubectl -n "$namespace" logs --selector 'app.kubernetes.io/name=schemalift' --all-containers --tail=-1 --max-log-requests=200
  kubectl -n "$namespace" logs --selector 'app.kubernetes.io/name=schemalift' --all-containers --tail=-1 --previous
done >"$found/logs" 2>/dev/null || true
kubectl get --raw "/api/v1/namespaces/$OPERATOR_NS/services/schemalift:http/proxy/metrics" >"$found/metrics"
# Plans as people read them.
kubectl get schemaplans --all-namespaces -o json | jq -r '.items[].spec.plan.script' | while read -r script; do
  base64 -d <<<"$script" | gunzip
done >"$found/plans"
for table in migration step fence; do
  sql "select * from _schemalift_$table"
done >"$found/history"

for place in objects-schemamigrations.schemalift.dev objects-schemaplans.schemalift.dev logs plans history; do
  grep -q "$control" "$found/$place" || fail "the control string is not in $place, so a search there shows nothing"
done
grep -q "$STORY" "$found/objects-events.events.k8s.io" || fail "no event of this story was found"
grep -q terminated "$found/objects-pods" || fail "no termination message was found"
grep -q '^schemalift_' "$found/metrics" || fail "the operator's metrics were not found"

for secret in "$(password)" "$wrong"; do
  # As it is, and as base64 would hide it.
  for text in "$secret" "$(printf %s "$secret" | base64 -w0 | cut -c1-20)"; do
    ! places="$(grep -rlF -- "$text" "$found")" || fail "a password is shown in ${places//"$found/"/}"
  done
done
