#!/usr/bin/env bash
# The database of one resource is down. It says so and tries again; the other resource of the namespace goes on meanwhile.
. "$(dirname "$0")/../lib/story.sh"

story_starts
alive="$DATABASE_URL"
database stories-dead
secret dead "$DATABASE_URL"
"$E2E_DIR/postgres.sh" stop stories-dead immediate

post='model Post {
  id Int @id
}'
TARGET='{provider: postgresql, urlFrom: {secretKeyRef: {name: dead, key: url}}}' migration dead <<<"$post"
is dead "False DatabaseUnreachable"
equal "the condition Stalled" "$(condition dead Stalled status)" ""

# Attempts come and go; why there is none that succeeds is there to be read all the time.
k get schemamigration dead -o jsonpath='{.status.attempts} {.status.conditions[?(@.type=="Ready")].reason}{"\n"}' --watch >"$E2E_WORK/dead.log" &
watch=$!
trap 'kill "$watch" 2>/dev/null' EXIT
third_failure() { k get schemamigration dead -o json | jq -r '.status.attempts >= 3'; }
until_equal "three attempts" true third_failure
equal "the reasons meanwhile" "$(cut -d' ' -f2 "$E2E_WORK/dead.log" | sort -u)" DatabaseUnreachable
contains "the message" "$(condition dead Ready message)" "failures"
k get schemamigration dead | grep -q DatabaseUnreachable || fail "kubectl get does not say why"
kill "$watch"
trap - EXIT

DATABASE_URL="$alive"
migration alive <<<"$post"
is alive "True Applied"
equal "the dead one" "$(condition dead Ready status)" False

"$E2E_DIR/postgres.sh" start stories-dead >/dev/null
reconcile_now dead
becomes_ready dead
"$E2E_DIR/postgres.sh" remove stories-dead
