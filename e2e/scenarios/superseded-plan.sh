#!/usr/bin/env bash
# An approval is for one plan. When the datamodel changes first, the old plan is superseded and its approval runs nothing.
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
sql "insert into \"Post\"(title, body) values ('one', 'x')"

migration blog <<'PSL'
model Post {
  id    Int     @id @default(autoincrement())
  title String?
}
PSL
is blog "False AwaitingApproval"
old_plan="$(field blog '{.status.plan.name}')"
old_digest="$(field blog '{.status.plan.digest}')"

without_title='model Post {
  id   Int     @id @default(autoincrement())
  body String?
}'
migration blog <<<"$without_title"
is blog "False AwaitingApproval"
[ "$(field blog '{.status.plan.digest}')" != "$old_digest" ] || fail "another plan has the same digest"
until_equal "the old plan's state" Superseded k get schemaplan "$old_plan" -o 'jsonpath={.status.state}'

# Approved too late, in either way.
k patch schemaplan "$old_plan" --type=merge -p "{\"spec\":{\"approval\":{\"digest\":\"$old_digest\"}}}" >/dev/null
migration blog "approval: {planDigest: \"$old_digest\"}" <<<"$without_title"
is blog "False AwaitingApproval"
reconcile_now blog
until_equal "the Jobs still at work" 0 active_jobs
is blog "False AwaitingApproval"
equal "what is there" "$(sql 'select title, body from "Post"')" "one|x"
equal "the history" "$(migrations)" applied
