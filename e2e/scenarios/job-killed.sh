#!/usr/bin/env bash
# The Job's process is killed in the middle. The next Job finishes the work, and no step is recorded twice.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id    Int    @id @default(autoincrement())
  title String
}
model Author {
  id   Int    @id
  name String
}
PSL
is blog "True Applied"
sql "insert into \"Post\"(title) select 'post ' || n from generate_series(1, 100) n"

# A long transaction of the application stands in the way of one step.
hold_lock '"Author"' 'access share'
migration blog <<'PSL'
model Post {
  id    Int    @id @default(autoincrement())
  title String

  @@index([title])
}
model Author {
  id    Int     @id
  name  String
  email String? @unique
}
model Tag {
  id    Int    @id
  label String @unique
}
PSL
at_work_behind_the_lock
first="$(field blog '{.status.job}')"
kill_job blog
let_go

is blog "True Applied"
[ "$(field blog '{.status.job}')" != "$first" ] || fail "the killed Job cannot have finished it"
equal "the history" "$(migrations)" applied,applied
history_is_whole
equal "the rows" "$(sql 'select count(*) from "Post"')" 100
equal "the unusable indexes" "$(sql 'select count(*) from pg_index where not indisvalid')" 0
