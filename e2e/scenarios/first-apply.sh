#!/usr/bin/env bash
# A team applies a Secret and a SchemaMigration, and has its tables.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
enum Role {
  READER
  AUTHOR
}
model User {
  id    Int    @id @default(autoincrement())
  email String @unique
  role  Role   @default(READER)
  posts Post[]
}
model Post {
  id       Int    @id @default(autoincrement())
  title    String
  author   User   @relation(fields: [authorId], references: [id], onDelete: Cascade)
  authorId Int
}
PSL
k wait --for=condition=Ready --timeout=90s schemamigration/blog >/dev/null
is blog "True Applied"

# The application can work with it.
sql "insert into \"User\"(email) values ('a@example.com'); insert into \"Post\"(title, \"authorId\") values ('first', 1)"
equal "the author's role" "$(sql 'select role from "User"')" READER

# What people and tools see.
contains "kubectl get smig" "$(k get smig blog)" "True    Applied"
plan="$(field blog '{.status.plan.name}')"
equal "the plan's state" "$(k get schemaplan "$plan" -o 'jsonpath={.status.state}')" Applied
equal "the pending steps" "$(field blog '{.status.pendingSteps}')" 0
equal "the condition Applied" "$(condition blog Applied status)" True
equal "the condition Stalled" "$(condition blog Stalled status)" ""
equal "the history" "$(migrations)" applied
history_is_whole
