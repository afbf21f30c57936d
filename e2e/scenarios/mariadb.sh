#!/usr/bin/env bash
# A team's life on MariaDB, where every statement commits by itself: tables from nothing, an edit, and a Job that is killed
# while its statement waits for a table. What the server still has of that Job ends with its last try for the table; the next Job
# finds in the catalog whether the statement was done, and goes on from there.
. "$(dirname "$0")/../lib/story.sh"

TARGET='{provider: mysql, urlFrom: {secretKeyRef: {name: db, key: url}}}'
namespace
server="$("$E2E_DIR/mariadb.sh" start "$SERVER")"
CLIENT="$("$E2E_DIR/mariadb.sh" client "$SERVER")"
mariadb --defaults-file="$CLIENT" --execute="CREATE OR REPLACE DATABASE \`$STORY\`"
DATABASE_URL="$server/$STORY"
secret db "$DATABASE_URL"

# These take the place of the ones for PostgreSQL. Columns are separated by a tab.
client() { mariadb --defaults-file="$CLIENT" --database="$STORY" --batch --skip-column-names --unbuffered "$@"; }
sql() { client --execute="$1"; }
migrations() { sql 'select group_concat(state order by id) from _schemalift_migration'; }
waiting_sessions() { sql "select count(*) from information_schema.processlist where state = 'Waiting for table metadata lock' and db = database()"; }
columns() { sql "select group_concat(column_name order by ordinal_position) from information_schema.columns where table_schema = database() and table_name = '$1'"; }

# A transaction that has read the table keeps others from changing it, until let_go.
hold_lock() {
  local answer
  coproc HOLDER { client 2>&1; }
  HOLDER_PROCESS=$HOLDER_PID
  echo "start transaction; select 'held' from \`$1\` limit 1;" >&"${HOLDER[1]}"
  read -r -t 30 answer <&"${HOLDER[0]}" || fail "the lock on $1 could not be had"
  equal "the answer to the lock" "$answer" held
}
let_go() {
  local input=${HOLDER[1]}
  exec {input}>&-
  wait "$HOLDER_PROCESS" || true
}

migration blog <<'PSL'
enum Role {
  READER
  AUTHOR
}
model Author {
  id    Int    @id @default(autoincrement())
  name  String
  role  Role   @default(READER)
  posts Post[]
}
model Post {
  id       Int    @id @default(autoincrement())
  title    String
  author   Author @relation(fields: [authorId], references: [id], onDelete: Cascade)
  authorId Int
}
PSL
is blog "True Applied"
sql "insert into Author(name) values ('Ann'); insert into Post(title, authorId) values ('one', 1), ('two', 1)"
equal "the author's role" "$(sql 'select role from Author')" READER
equal "the history" "$(migrations)" applied
history_is_whole

# Columns and an index; a new value that is the default at once.
edit() {
  migration blog <<PSL
enum Role {
  READER
  AUTHOR
  EDITOR
}
model Author {
  id    Int    @id @default(autoincrement())
  name  String
  role  Role   @default(EDITOR)
  $1
  posts Post[]
}
model Post {
  id       Int     @id @default(autoincrement())
  title    String
  draft    Boolean @default(false)
  author   Author  @relation(fields: [authorId], references: [id], onDelete: Cascade)
  authorId Int

  @@index([title])
  $2
}
PSL
}
edit '' ''
is blog "True Applied"
equal "the rows" "$(sql 'select count(*), sum(draft) from Post' | tr '\t' '|')" "2|0"
sql "insert into Author(name) values ('Bob')"
equal "the second author's role" "$(sql "select role from Author where name = 'Bob'")" EDITOR
equal "the history" "$(migrations)" applied,applied
history_is_whole

# The application reads the authors in a long transaction; the Job dies in front of it.
hold_lock Author
edit 'email String? @unique' '@@index([draft])'
at_work_behind_the_lock
first="$(field blog '{.status.job}')"
kill_job blog
until_equal "the number of sessions that the killed Job left" 0 waiting_sessions
equal "the columns before the table is free" "$(columns Author)" id,name,role
let_go
is blog "True Applied"
[ "$(field blog '{.status.job}')" != "$first" ] || fail "the killed Job cannot have finished it"
equal "the columns" "$(columns Author)" id,name,role,email
equal "the history" "$(migrations)" applied,applied,applied
history_is_whole
equal "the rows" "$(sql 'select (select count(*) from Author), (select count(*) from Post)' | tr '\t' '|')" "2|2"
