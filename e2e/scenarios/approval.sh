#!/usr/bin/env bash
# A dropped column waits for an approval: once given in the manifest, once on the plan itself.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id    Int     @id @default(autoincrement())
  title String?
  body  String?
}
PSL
is blog "True Applied"
sql "insert into \"Post\"(title, body) values ('one', 'x'), ('two', 'y')"

without_body='model Post {
  id    Int     @id @default(autoincrement())
  title String?
}'
migration blog <<<"$without_body"
is blog "False AwaitingApproval"
contains "the message" "$(condition blog Ready message)" "2 rows"
equal "the condition Stalled" "$(condition blog Stalled status)" ""
equal "the rows with a body" "$(sql 'select count(body) from "Post"')" 2
equal "plan.destructive" "$(field blog '{.status.plan.destructive}')" true
digest="$(field blog '{.status.plan.digest}')"
contains "the message" "$(condition blog Ready message)" "$digest"
equal "Jobs still at work" "$(active_jobs)" 0

# Through Git.
migration blog "approval: {planDigest: \"$digest\"}" <<<"$without_body"
is blog "True Applied"
equal "the columns" "$(sql "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_name = 'Post'")" id,title
equal "the rows" "$(sql 'select count(title) from "Post"')" 2
equal "the approval in the history" "$(sql 'select approved_digest from _schemalift_migration order by id desc limit 1')" "$digest"

# On the plan.
migration blog <<'PSL'
model Post {
  id Int @id @default(autoincrement())
}
PSL
is blog "False AwaitingApproval"
plan="$(field blog '{.status.plan.name}')"
# The command as it stands in the message.
# shellcheck disable=SC2016 # the quotes around the command in the message
command="$(condition blog Ready message | sed -n 's/.*`\(kubectl -n [^`]*\)`.*/\1/p')"
contains "the command" "$command" "$plan"
eval "$command" >/dev/null
is blog "True Applied"
equal "the columns" "$(sql "select string_agg(column_name, ',') from information_schema.columns where table_name = 'Post'")" id
equal "the plan's state" "$(k get schemaplan "$plan" -o 'jsonpath={.status.state}')" Applied
history_is_whole
