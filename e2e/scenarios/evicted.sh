#!/usr/bin/env bash
# A drain evicts the Job's pod in the middle of a change that waits for a lock. Its session ends with it, the next Job comes
# only once the pod is gone, and at no moment are there two sessions, or two pods, of the migration.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Author {
  id   Int    @id
  name String
}
PSL
is blog "True Applied"

ours="application_name like 'schemalift/%' and datname = current_database()"
sessions="$E2E_WORK/log/evicted.sessions"
# A run looks at its server through a second session for a moment when it connects; what counts is who works on the table.
seen() {
  echo "select count(*) from pg_locks join pg_stat_activity using (pid) where $ours and relation = '\"Author\"'::regclass \\watch 0.05"
}
hold_lock '"Author"' 'access share'
seen | psql "$DATABASE_URL" -qAtX >"$sessions" 2>&1 &
watcher=$!
trap 'kill "$watcher" 2>/dev/null || true' EXIT
most_pods=0
pods_at_work() { k get pods -l schemalift.dev/migration=blog -o json | jq '[.items[] | select(.status.phase == "Pending" or .status.phase == "Running")] | length'; }
note_pods() { local now; now="$(pods_at_work)"; [ "$now" -le "$most_pods" ] || most_pods=$now; }

migration blog 'execution: {lockRetries: 1000, lockTimeout: 1s}' <<'PSL'
model Author {
  id    Int     @id
  name  String
  email String?
}
PSL
at_work_behind_the_lock
# Whoever stands in the way is named meanwhile, and not what they do.
told() { [[ "$(condition blog Ready message)" == *"held by pid "*"application psql, role postgres"*"in a transaction for "* ]] && echo told; }
until_equal "whether the condition names who holds the lock" told told
[[ "$(condition blog Ready message)" != *lock\ table* ]] || fail "the condition shows somebody's query"
first="$(field blog '{.status.job}')"
pod="$(k get pods -l "batch.kubernetes.io/job-name=$first" -o 'jsonpath={.items[0].metadata.name}')"
k create --raw "/api/v1/namespaces/$NS/pods/$pod/eviction" -f - >/dev/null <<JSON
{"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "$pod", "namespace": "$NS"}}
JSON

another_job() { note_pods; local job; job="$(field blog '{.status.job}')"; [ "$job" != "$first" ] && echo another; }
until_equal "the Job" another another_job
equal "the first Job's pods" "$(k get pods -l "batch.kubernetes.io/job-name=$first" -o json | jq '[.items[] | select(.status.phase == "Running")] | length')" 0
at_work_behind_the_lock
note_pods
let_go
is blog "True Applied"
note_pods
kill "$watcher"
wait "$watcher" 2>/dev/null || true
equal "the most pods at work at one time" "$most_pods" 1
[ "$(grep -c . "$sessions")" -gt 20 ] || fail "the sessions were hardly looked at"
equal "the most sessions at the table at one time" "$(grep -E '^[0-9]+$' "$sessions" | sort -n | tail -n 1)" 1
equal "the history" "$(migrations)" applied,applied
history_is_whole
