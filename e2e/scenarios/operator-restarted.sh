#!/usr/bin/env bash
# The operator is gone while a Job works. Its successor finds the Job, and nothing is started twice.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id Int @id
}
PSL
is blog "True Applied"
hold_lock '"Post"' 'access share'
migration blog <<'PSL'
model Post {
  id    Int     @id
  title String?
}
PSL
at_work_behind_the_lock
job="$(field blog '{.status.job}')"

kubectl -n "$OPERATOR_NS" delete pods -l app.kubernetes.io/name=schemalift --wait >/dev/null
equal "Jobs at work without an operator" "$(active_jobs)" 1
kubectl -n "$OPERATOR_NS" rollout status deployment/schemalift --timeout=90s >/dev/null
let_go

is blog "True Applied"
equal "the Job" "$(field blog '{.status.job}')" "$job"
equal "the number of Jobs" "$(jobs_of blog)" 2
equal "the history" "$(migrations)" applied,applied
history_is_whole
