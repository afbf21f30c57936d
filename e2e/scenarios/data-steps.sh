#!/usr/bin/env bash
# SQL of one's own runs once, in batches, behind an approval; a dropped column is kept, and comes back with a rollback.
. "$(dirname "$0")/../lib/story.sh"

story_starts
sql "create table \"Account\" (id integer primary key, email text not null, note text);
  insert into \"Account\" select n, 'USER' || n || '@EXAMPLE.COM', 'n' || n from generate_series(1, 2500) n"
steps='adopt: true
policy: {keepDroppedData: {maxBytes: 500MiB}}
steps:
  after:
    - name: lower-case
      sql: |
        -- schemalift:batch key=id size=1000
        UPDATE "Account" SET email = lower(email) WHERE email <> lower(email);'
with_note='model Account {
  id    Int     @id
  email String
  note  String?
  plan  String  @default("free")
}'
migration accounts "$steps" <<<"$with_note"
is accounts "False AwaitingApproval"
contains "the message" "$(condition accounts Ready message)" "lower-case"
equal "the rows in upper case" "$(sql "select count(*) from \"Account\" where email <> lower(email)")" 2500
digest="$(field accounts '{.status.plan.digest}')"
k patch schemaplan "$(field accounts '{.status.plan.name}')" --type=merge -p "{\"spec\":{\"approval\":{\"by\":\"ann\",\"digest\":\"$digest\"}}}" >/dev/null
is accounts "True Applied"
equal "the rows in upper case" "$(sql "select count(*) from \"Account\" where email <> lower(email)")" 0
equal "the rows that the step changed" "$(sql "select rows_done from _schemalift_step where summary like '%lower-case%'")" 2500

# The step stays in the manifest and does not run again; what is dropped is kept, so nobody is asked.
migration accounts "$steps" <<'PSL'
model Account {
  id    Int    @id
  email String
  plan  String @default("free")
}
PSL
is accounts "True Applied"
equal "the columns" "$(sql "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_name = 'Account'")" id,email,plan
equal "the steps named lower-case" "$(sql "select count(*) from _schemalift_step where summary like '%lower-case%'")" 1
history_is_whole

# Put back, the stored way back is taken, with the values that were kept.
migration accounts "$steps" <<<"$with_note"
is accounts "True Applied"
equal "the notes that were kept" "$(sql "select count(*) from \"Account\" where note = 'n' || id")" 2500
