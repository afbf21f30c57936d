#!/usr/bin/env bash
# The Job dies inside CREATE INDEX CONCURRENTLY, which no transaction protects. Once the server goes on building without its
# client, once it stops too and leaves an index that is of no use. Either way the next Job ends with a good one.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id    Int    @id @default(autoincrement())
  title String
  body  String
}
PSL
is blog "True Applied"
sql "insert into \"Post\"(title, body) select 'title ' || n, 'body ' || n from generate_series(1, 1000) n"

with_index() {
  migration blog <<PSL
model Post {
  id    Int    @id @default(autoincrement())
  title String
  body  String

  @@index([title])
  $1
}
PSL
}
indexes() { sql "select string_agg(relname || ' ' || indisvalid, ',' order by relname) from pg_index join pg_class on oid = indexrelid where indrelid = '\"Post\"'::regclass"; }
builders() { sql "select count(*) from pg_stat_activity where query like 'CREATE INDEX CONCURRENTLY%' and datname = current_database()"; }

# The application has written and not committed; the build waits for it.
hold_lock '"Post"' 'row exclusive'
with_index ''
at_work_behind_the_lock
equal "the indexes" "$(indexes)" 'Post_pkey true,Post_title_idx false'
first="$(field blog '{.status.job}')"
kill_job blog
equal "the builds that go on without their Job" "$(builders)" 1
let_go
is blog "True Applied"
[ "$(field blog '{.status.job}')" != "$first" ] || fail "the killed Job cannot have finished it"
equal "the indexes" "$(indexes)" 'Post_pkey true,Post_title_idx true'
equal "the history" "$(migrations)" applied,applied
history_is_whole

hold_lock '"Post"' 'row exclusive'
with_index '@@index([body])'
at_work_behind_the_lock
kill_job blog
sql "select pg_terminate_backend(pid) from pg_stat_activity where query like 'CREATE INDEX CONCURRENTLY%' and datname = current_database()" >/dev/null
until_equal "the builds" 0 builders
equal "the indexes" "$(indexes | cut -d, -f1)" 'Post_body_idx false'
let_go
is blog "True Applied"
equal "the indexes" "$(indexes)" 'Post_body_idx true,Post_pkey true,Post_title_idx true'
equal "the history" "$(migrations)" applied,applied,applied
history_is_whole
equal "the rows" "$(sql 'select count(*) from "Post"')" 1000
