# What scenarios are told with. Sourced by each of them; run.sh gives the cluster, the operator and the database server.
# A scenario has a namespace and a database of its own, both named after its file.

set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
export PATH="$CACHE_BIN:$PATH"

STORY="$(basename "$0" .sh)"
NS="e2e-$STORY"
OPERATOR_NS="${OPERATOR_NS:-schemalift}"
SERVER="${STORY_SERVER:-stories}"
# Longest wait for anything; what is waited for mostly takes a few seconds.
CEILING="${STORY_CEILING:-180}"

k() { kubectl -n "$NS" "$@"; }

fail() { printf '  %s: %s\n' "$STORY" "$*" >&2; exit 1; }

# equal WHAT ACTUAL EXPECTED
equal() { [ "$2" = "$3" ] || fail "$1 is \"$2\", not \"$3\""; }

# contains WHAT TEXT PART
contains() { [[ $2 == *"$3"* ]] || fail "$1 does not contain \"$3\": $2"; }

# until_equal WHAT EXPECTED COMMAND...: polls the command's output.
until_equal() {
  local what=$1 expected=$2 found='' deadline=$((SECONDS + CEILING))
  shift 2
  until found="$("$@" 2>/dev/null)" && [ "$found" = "$expected" ]; do
    [ "$SECONDS" -lt "$deadline" ] || fail "$what stayed \"$found\" for ${CEILING}s, not \"$expected\""
    sleep 0.3
  done
}

# ── namespace and database ──

namespace() {
  kubectl delete namespace "$NS" --ignore-not-found >/dev/null
  kubectl create -f - >/dev/null <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: $NS, labels: {pod-security.kubernetes.io/enforce: restricted, schemalift-e2e: story}}
YAML
}

# database [SERVER]: an empty one; sets DATABASE_URL.
database() {
  local server
  server="$("$E2E_DIR/postgres.sh" start "${1:-$SERVER}")"
  psql "$server" -qAtX -c "drop database if exists \"$STORY\" with (force)" -c "create database \"$STORY\"" 2>/dev/null
  DATABASE_URL="${server%/*}/$STORY"
}

# sql STATEMENTS: the rows, columns separated by "|".
sql() { psql "$DATABASE_URL" -qAtX -v ON_ERROR_STOP=1 -c "$1"; }

password() { sed 's#^[^:]*://[^:]*:\([^@]*\)@.*#\1#' <<<"$DATABASE_URL"; }

# secret NAME URL; by create and replace, for apply would copy the value into an annotation.
secret() {
  local manifest
  manifest="$(k create secret generic "$1" --from-literal="url=$2" --dry-run=client -o yaml)"
  k replace -f - <<<"$manifest" >/dev/null 2>&1 || k create -f - <<<"$manifest" >/dev/null
}

# story_starts: a namespace, a database and its Secret "db".
story_starts() {
  namespace
  database
  secret db "$DATABASE_URL"
}

# ── a volume with a SQLite file ──

# volume: claim "data" of a folder of this machine, which user 1500 owns; pods can use it on this node only. Sets VOLUME.
volume() {
  VOLUME="$E2E_WORK/volume-$STORY"
  rm -rf "$VOLUME"
  install -d -o 1500 -g 1500 "$VOLUME"
  kubectl delete persistentvolume "$NS" --ignore-not-found >/dev/null
  k apply -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: $NS, labels: {schemalift-e2e: story}}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: story
  claimRef: {namespace: $NS, name: data}
  local: {path: $VOLUME}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/hostname, operator: In, values: [$(this_node)]}]}]}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: $NS}
spec: {accessModes: [ReadWriteOnce], storageClassName: story, resources: {requests: {storage: 1Gi}}}
YAML
}

this_node() { kubectl get nodes -o 'jsonpath={.items[0].metadata.labels.kubernetes\.io/hostname}'; }

# rows STATEMENTS: as sql does, in the volume's app.db.
rows() { sqlite3 "$VOLUME/app.db" "$1"; }

# ── SchemaMigrations ──

# manifest NAME [LINES OF THE SPEC]: with the datamodel from standard input; TARGET replaces the target.
manifest() {
  cat <<YAML
apiVersion: schemalift.dev/v1alpha1
kind: SchemaMigration
metadata: {name: $1, namespace: $NS}
spec:
  target: ${TARGET:-"{provider: postgresql, urlFrom: {secretKeyRef: {name: db, key: url}}}"}
$(sed 's/^/  /' <<<"${2:-}")
  datamodel:
    inline: |
$(sed 's/^/      /')
YAML
}

# migration NAME [LINES OF THE SPEC]: applies the manifest.
migration() { manifest "$@" | k apply -f - >/dev/null; }

field() { k get schemamigration "$1" -o "jsonpath=$2"; }

# condition NAME TYPE FIELD
condition() { field "$1" "{.status.conditions[?(@.type==\"$2\")].$3}"; }

# "False DatamodelInvalid", but only once it speaks of the present generation.
standing() {
  k get schemamigration "$1" -o json | jq -r '
    .metadata.generation as $generation | .status.conditions[]? | select(.type == "Ready" and .observedGeneration == $generation) | "\(.status) \(.reason)"'
}

# is NAME "STATUS REASON": waits for it.
is() { until_equal "$1's Ready" "$2" standing "$1"; }

# becomes_ready NAME: whatever the reason of its success.
becomes_ready() { until_equal "$1's Ready" True eval "standing $1 | cut -d' ' -f1"; }

# At once, instead of at the next attempt.
reconcile_now() { k annotate --overwrite schemamigration "$1" "schemalift.dev/reconcile-at=$(date +%s.%N)" >/dev/null; }

jobs_of() { k get jobs -l "schemalift.dev/migration=$1" -o name | wc -l; }

# Jobs that have not ended.
active_jobs() { k get jobs -o json | jq '[.items[] | select((.status.conditions // []) | all(.type != "Complete" and .type != "Failed"))] | length'; }

# ── locks, and Jobs that die ──

# hold_lock TABLE MODE: another session's transaction holds the lock until let_go.
hold_lock() {
  local answer
  coproc HOLDER { psql "$DATABASE_URL" -qAtX 2>&1; }
  HOLDER_PROCESS=$HOLDER_PID
  echo "begin; lock table $1 in $2 mode; select 'held';" >&"${HOLDER[1]}"
  read -r -t 30 answer <&"${HOLDER[0]}" || fail "the lock on $1 could not be had"
  equal "the answer to the lock" "$answer" held
}

let_go() {
  echo 'commit; \q' >&"${HOLDER[1]}"
  wait "$HOLDER_PROCESS" || true
}

# Sessions of Jobs that wait for a table lock.
waiting_sessions() { sql "select count(*) from pg_stat_activity where application_name like 'schemalift/%' and wait_event_type = 'Lock' and datname = current_database()"; }

# at_work_behind_the_lock: waits until a Job stands before the lock that is held.
at_work_behind_the_lock() { until_equal "the number of sessions waiting for the lock" 1 waiting_sessions; }

# kill_job NAME: SIGKILL to the main process of the Job's container.
kill_job() {
  local job digest process
  job="$(field "$1" '{.status.job}')"
  digest="$(k get job "$job" -o 'jsonpath={.spec.template.spec.containers[0].args[2]}')"
  process="$(pgrep -f "^[^ ]*schemalift job --input-sha256 $digest")" || fail "there is no process of Job $job"
  kill -KILL "$process"
  until_equal "the number of failed pods of Job $job" 1 k get job "$job" -o 'jsonpath={.status.failed}'
}

# Every step of every migration is there once and done, and none is more than its migration counts.
history_is_whole() {
  equal "steps that are not done" "$(sql "select count(*) from _schemalift_step where state <> 'done'")" 0
  equal "migrations whose steps are not as many as planned" "$(sql "
    select count(*) from _schemalift_migration m where state = 'applied'
    and steps_total <> (select count(*) from _schemalift_step s where s.migration_id = m.id)")" 0
}

migrations() { sql "select string_agg(state, ',' order by id) from _schemalift_migration"; }
