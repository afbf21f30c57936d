#!/usr/bin/env bash
# A Job whose pod cannot start says why. The edit that cures it is taken up at once; without one, the Job is ended after two
# minutes, for the others of the namespace wait for its Lease.
. "$(dirname "$0")/../lib/story.sh"

story_starts
post='model Post {
  id Int @id
}'
nowhere='job: {nodeSelector: {nowhere: "true"}}'
migration blog "$nowhere" <<<"$post"
is blog "False JobFailed"
contains "the message" "$(condition blog Ready message)" "Unschedulable"
first="$(field blog '{.status.job}')"

# Edited.
migration blog <<<"$post"
is blog "True Applied"
[ "$(field blog '{.status.job}')" != "$first" ] || fail "the Job that could not start ran"

# Others wait.
migration blog "$nowhere" <<<"${post/\}/  title String?
\}}"
is blog "False JobFailed"
TARGET='{provider: postgresql, schema: other, urlFrom: {secretKeyRef: {name: db, key: url}}}' migration other <<<"$post"
is other "False AwaitingLock"
is other "True Applied"
contains "the last failure" "$(field blog '{.status.lastFailure.message}')" "could not start and was ended"
contains "the last failure" "$(field blog '{.status.lastFailure.message}')" "Unschedulable"

# No pod at all.
k create quota none --hard=pods=0 >/dev/null
migration blog <<<"${post/\}/  title String?
\}}"
no_pod() { condition blog Ready message | grep -o "it has no pod"; }
until_equal "the message" "it has no pod" no_pod
k delete quota none >/dev/null
migration blog 'job: {nodeSelector: {kubernetes.io/os: linux}}' <<<"${post/\}/  title String?
\}}"
is blog "True Applied"

# A wrong url heals by itself once its Secret is right, and what needs no Job is told as an event.
secret wrong db.example.com
TARGET='{provider: postgresql, schema: third, urlFrom: {secretKeyRef: {name: wrong, key: url}}}' migration third <<<"$post"
is third "False UrlInvalid"
contains "the message" "$(condition third Ready message)" "Secret \`wrong\`, key \`url\`"
equal "the condition Stalled" "$(condition third Stalled status)" ""
secret wrong "$DATABASE_URL"
is third "True Applied"
TARGET='{provider: sqlite, sqlite: {path: app.db}}' migration lite <<<"$post"
is lite "False ManifestInvalid"
told() { k get events --field-selector involvedObject.name=lite -o json | jq -r '.items[0].reason'; }
until_equal "the event" ManifestInvalid told
equal "Jobs of a file without a volume" "$(jobs_of lite)" 0
