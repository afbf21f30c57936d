#!/usr/bin/env bash
# One migration at a time runs in a namespace: the second says for whom it waits, and goes on by itself.
. "$(dirname "$0")/../lib/story.sh"

story_starts
first() { printf 'model Post {\n  id Int @id\n  %s\n}\n' "$1"; }
first "" | TARGET='{provider: postgresql, schema: first, urlFrom: {secretKeyRef: {name: db, key: url}}}' migration first
is first "True Applied"

hold_lock 'first."Post"' 'access share'
first "title String?" | TARGET='{provider: postgresql, schema: first, urlFrom: {secretKeyRef: {name: db, key: url}}}' migration first
at_work_behind_the_lock
job="$(field first '{.status.job}')"

TARGET='{provider: postgresql, schema: second, urlFrom: {secretKeyRef: {name: db, key: url}}}' migration second <<'PSL'
model Comment {
  id Int @id
}
PSL
is second "False AwaitingLock"
contains "the message" "$(condition second Ready message)" "$job"
equal "the condition Stalled" "$(condition second Stalled status)" ""
equal "Jobs of the second" "$(jobs_of second)" 0
equal "the Lease's holder" "$(k get lease schemalift -o 'jsonpath={.spec.holderIdentity}')" "$job"

let_go
is first "True Applied"
is second "True Applied"
until_equal "the Lease's holder" "" k get lease schemalift -o 'jsonpath={.spec.holderIdentity}'
