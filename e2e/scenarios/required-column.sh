#!/usr/bin/env bash
# A required field without default cannot be given to rows that exist; a default heals it.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id Int @id @default(autoincrement())
}
PSL
is blog "True Applied"
sql 'insert into "Post" select from generate_series(1, 3)'

migration blog <<'PSL'
model Post {
  id   Int    @id @default(autoincrement())
  slug String
}
PSL
is blog "False RequiredColumnOnNonEmptyTable"
contains "the message" "$(condition blog Ready message)" "3 rows"
equal "the condition Stalled" "$(condition blog Stalled status)" True
equal "the rows" "$(sql 'select count(*) from "Post"')" 3
equal "the history" "$(migrations)" applied

migration blog <<'PSL'
model Post {
  id   Int    @id @default(autoincrement())
  slug String @default("none")
}
PSL
is blog "True Applied"
equal "the condition Stalled" "$(condition blog Stalled status)" ""
equal "the rows" "$(sql "select count(*) from \"Post\" where slug = 'none'")" 3
