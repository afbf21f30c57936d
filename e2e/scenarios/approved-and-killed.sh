#!/usr/bin/env bash
# An approved plan is killed after a step that stands outside a transaction; the next Job finishes it under the same approval.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id    Int     @id @default(autoincrement())
  title String
  body  String?
}
model Author {
  id   Int     @id
  name String
}
PSL
is blog "True Applied"
sql "insert into \"Post\"(title, body) values ('one', 'x'), ('two', 'y'); insert into \"Author\" values (1, 'ann')"

after='model Post {
  id    Int    @id @default(autoincrement())
  title String
}
model Author {
  id   Int    @id
  name String

  @@index([name])
}'
migration blog <<<"$after"
is blog "False AwaitingApproval"
digest="$(field blog '{.status.plan.digest}')"
modes="$(k get schemaplan "$(field blog '{.status.plan.name}')" -o 'jsonpath={.spec.plan.steps[*].mode}')"
contains "the steps' modes" "$modes" NoTransaction

hold_lock '"Post"' 'access share'
migration blog "approval: {planDigest: \"$digest\"}" <<<"$after"
at_work_behind_the_lock
equal "the steps" "$(sql "select string_agg(mode || ' ' || state, ', ' order by ord) from _schemalift_step where migration_id = 2")" "no_transaction done, grouped pending"
kill_job blog
let_go

is blog "True Applied"
equal "the history" "$(migrations)" applied,applied
history_is_whole
equal "the approval in the history" "$(sql 'select approved_digest from _schemalift_migration order by id desc limit 1')" "$digest"
equal "how often the step outside a transaction was begun" "$(sql "select attempts from _schemalift_step where mode = 'no_transaction'")" 1
equal "the columns" "$(sql "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_name = 'Post'")" id,title
