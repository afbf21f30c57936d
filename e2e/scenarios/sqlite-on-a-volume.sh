#!/usr/bin/env bash
# A SQLite file on a volume: created by a Job under the application's user, and migrated again with its rows.
. "$(dirname "$0")/../lib/story.sh"

namespace
volume
TARGET='{provider: sqlite, sqlite: {volumeClaimName: data, path: app.db}}'
user='job: {securityContext: {runAsUser: 1500, runAsGroup: 1500, fsGroup: 1500}}'
migration app "$user" <<'PSL'
model Note {
  id   Int    @id @default(autoincrement())
  text String
}
PSL
is app "True Applied"
equal "the file's owner" "$(stat -c %u "$VOLUME/app.db")" 1500
rows "insert into Note(text) values ('one'), ('two')"

# The table is rebuilt, for SQLite cannot alter a column.
migration app "$user" <<'PSL'
model Note {
  id     Int     @id @default(autoincrement())
  text   String?
  pinned Boolean @default(false)

  @@index([pinned])
}
PSL
is app "True Applied"
equal "the rows" "$(rows 'select count(*), count(text), sum(pinned) from Note')" "2|2|0"
equal "broken references" "$(rows 'pragma foreign_key_check')" ""
equal "the history" "$(rows "select group_concat(state) from _schemalift_migration")" applied,applied
equal "steps that are not done" "$(rows "select count(*) from _schemalift_step where state <> 'done'")" 0

# Asked again, it finds nothing to do.
reconcile_now app
until_equal "the Jobs still at work" 0 active_jobs
is app "True UpToDate"
rm -rf "$VOLUME"
