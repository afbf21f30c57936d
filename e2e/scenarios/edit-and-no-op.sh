#!/usr/bin/env bash
# The datamodel is edited in place; then something else in the manifest is, and nothing happens to the database.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id    Int    @id @default(autoincrement())
  title String
}
PSL
is blog "True Applied"
sql "insert into \"Post\"(title) values ('one'), ('two')"

edited='model Post {
  id        Int     @id @default(autoincrement())
  title     String
  subtitle  String?
  published Boolean @default(false)
}'
migration blog <<<"$edited"
is blog "True Applied"
equal "the rows" "$(sql 'select count(*), count(subtitle), bool_or(published) from "Post"')" "2|0|f"
equal "the history" "$(migrations)" applied,applied
history_is_whole

# Another setting is another generation, and still no migration.
migration blog 'execution: {lockTimeout: 5s}' <<<"$edited"
is blog "True UpToDate"
equal "the history" "$(migrations)" applied,applied
equal "the generation that was seen" "$(field blog '{.status.observedGeneration}')" "$(field blog '{.metadata.generation}')"
