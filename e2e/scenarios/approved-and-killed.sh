#!/usr/bin/env bash
# An approved plan is killed after a step that stands outside a transaction; the next Job finishes it under the same approval.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id    Int     @id @default(autoincrement())
  title String
  body  String?
  tagId Int?
}
model Author {
  id   Int    @id
  name String
}
model Tag {
  id Int @id
}
PSL
is blog "True Applied"
sql "insert into \"Post\"(title, body) values ('one', 'x'), ('two', 'y'); insert into \"Author\" values (1, 'ann')"

after='model Post {
  id    Int    @id @default(autoincrement())
  title String
  tag   Tag?   @relation(fields: [tagId], references: [id])
  tagId Int?
}
model Author {
  id   Int    @id
  name String

  @@index([name])
}
model Tag {
  id    Int    @id
  posts Post[]
}'
migration blog <<<"$after"
is blog "False AwaitingApproval"
digest="$(field blog '{.status.plan.digest}')"
modes="$(k get schemaplan "$(field blog '{.status.plan.name}')" -o 'jsonpath={.spec.plan.steps[*].mode}')"
contains "the steps' modes" "$modes" NoTransaction

# The application writes to Tag; the foreign key, which comes after the index, has to wait.
hold_lock '"Tag"' 'row exclusive'
migration blog "approval: {planDigest: \"$digest\"}" <<<"$after"
at_work_behind_the_lock
equal "steps outside a transaction that are done" "$(sql "select count(*) from _schemalift_step where mode = 'no_transaction' and state = 'done'")" 1
[ "$(sql "select count(*) from _schemalift_step where state <> 'done'")" -gt 0 ] || fail "no step is left"
kill_job blog
let_go

is blog "True Applied"
equal "the history" "$(migrations)" applied,applied
history_is_whole
equal "the approval in the history" "$(sql 'select approved_digest from _schemalift_migration order by id desc limit 1')" "$digest"
equal "how often the step outside a transaction was begun" "$(sql "select attempts from _schemalift_step where mode = 'no_transaction'")" 1
equal "the columns" "$(sql "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_name = 'Post'")" id,title,tagId
