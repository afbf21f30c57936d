#!/usr/bin/env bash
# Suspended, what is done stays done and nothing new starts. An edit that decides nothing about a run starts none; the edit of
# a failed one is tried at once.
. "$(dirname "$0")/../lib/story.sh"

story_starts
post='model Post {
  id Int @id
}'
migration blog <<<"$post"
is blog "True Applied"
job="$(field blog '{.status.job}')"
planned="$(condition blog Planned lastTransitionTime)"

# stands WHAT: Ready for the present generation, by the run that was.
stands() {
  is blog "True Applied"
  equal "$1: the generation that was seen" "$(field blog '{.status.observedGeneration}')" "$(field blog '{.metadata.generation}')"
  equal "$1: the last Job" "$(field blog '{.status.job}')" "$job"
  equal "$1: the Jobs" "$(jobs_of blog)" 1
  equal "$1: Planned" "$(condition blog Planned status) $(condition blog Planned lastTransitionTime)" "True $planned"
}
migration blog 'suspend: true' <<<"$post"
stands "suspended"
migration blog 'job: {nodeSelector: {kubernetes.io/os: linux}}' <<<"$post"
stands "with other settings of the Job"

# An edit of what is suspended waits.
two='model Post {
  id    Int     @id
  title String?
}'
migration blog 'suspend: true' <<<"$two"
is blog "False Suspended"
equal "the Jobs" "$(jobs_of blog)" 1
equal "the condition Planned" "$(condition blog Planned status)" Unknown
migration blog <<<"$two"
is blog "True Applied"
equal "the history" "$(migrations)" applied,applied

# Suspended while the Job is at work: it ends, and its result counts.
hold_lock '"Post"' 'access share'
three='model Post {
  id    Int     @id
  title String?
  body  String?
}'
migration blog <<<"$three"
at_work_behind_the_lock
migration blog 'suspend: true' <<<"$three"
let_go
is blog "True Applied"
equal "the history" "$(migrations)" applied,applied,applied
jobs="$(jobs_of blog)"
migration blog <<<"$three"
is blog "True Applied"
equal "the Jobs" "$(jobs_of blog)" "$jobs"

# The first datamodel again is a run of its own, whatever is left of the one before.
migration blog 'policy: {destructive: Allow}' <<<"$two"
is blog "True Applied"
migration blog 'policy: {destructive: Allow}' <<<"$three"
is blog "True Applied"
migration blog 'policy: {destructive: Allow}' <<<"$two"
is blog "True Applied"
until_equal "the columns" id,title sql "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_name = 'Post'"

# A failure that will not heal by itself: an edit is a new attempt.
sql 'insert into "Post" values (1, null)'
required='model Post {
  id    Int    @id
  title String
}'
migration blog <<<"$required"
is blog "False DataViolatesPlan"
failed="$(field blog '{.status.job}')"
migration blog 'suspend: true' <<<"$required"
is blog "False Suspended"
contains "the message" "$(condition blog Ready message)" "The last run failed: DataViolatesPlan"
sql "update \"Post\" set title = 'one'"
migration blog <<<"$required"
is blog "True Applied"
[ "$(field blog '{.status.job}')" != "$failed" ] || fail "the edit started no other Job"
history_is_whole
