#!/usr/bin/env bash
# The node no longer answers, and the Job's pod cannot be told to end. The condition says so, and no other Job starts until a
# person gives the old one up. Even then the lock in the database keeps the two apart.
. "$(dirname "$0")/../lib/story.sh"

kubelet() { pgrep -f '^[^ ]*(kubelet|cluster-[^ /]* kubelet) .*--kubeconfig' | head -n 1; }

story_starts
migration blog <<'PSL'
model Author {
  id   Int    @id
  name String
}
PSL
is blog "True Applied"

hold_lock '"Author"' 'access share'
migration blog 'execution: {lockRetries: 1000, lockTimeout: 1s}' <<'PSL'
model Author {
  id    Int     @id
  name  String
  email String?
}
PSL
at_work_behind_the_lock
first="$(field blog '{.status.job}')"
pod="$(k get pods -l "batch.kubernetes.io/job-name=$first" -o 'jsonpath={.items[0].metadata.name}')"

node="$(kubelet)" || fail "there is no kubelet on this machine"
trap 'kill -CONT "$node" 2>/dev/null || true' EXIT
kill -STOP "$node"
k delete pod "$pod" --wait=false --grace-period=1 >/dev/null
says_so() { [[ "$(condition blog Ready message)" == *"pod $pod on node"*"has not ended yet"* ]] && echo yes; }
until_equal "whether the condition tells of the pod" yes says_so
equal "what it waits for" "$(standing blog)" "False Running"
equal "the Jobs that have not ended" "$(active_jobs)" 1
equal "the Job" "$(field blog '{.status.job}')" "$first"

# A person gives the node up. It was not off: the old run holds the database's lock, and ends once its node is back.
uid="$(k get job "$first" -o 'jsonpath={.metadata.uid}')"
k delete job "$first" --wait=false >/dev/null
another_job() { [ "$(k get jobs -o json | jq -r --arg old "$uid" '[.items[].metadata.uid | select(. != $old)] | length')" = 2 ] && echo another; }
until_equal "the Job" another another_job
at_work_behind_the_lock
kill -CONT "$node"
until_equal "the old pod" "" k get pod "$pod" --ignore-not-found -o name
at_work_behind_the_lock
let_go
is blog "True Applied"
equal "the history" "$(migrations)" applied,applied
history_is_whole
