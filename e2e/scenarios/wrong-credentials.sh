#!/usr/bin/env bash
# A wrong password, then the right one: no edit of the SchemaMigration is needed. Then the password is changed, first in the
# database and then in the Secret, and the other way round.
. "$(dirname "$0")/../lib/story.sh"

story_starts
wrong="wrong$(openssl rand -hex 8)"
secret db "${DATABASE_URL/:$(password)@/:$wrong@}"
migration blog <<'PSL'
model Post {
  id Int @id
}
PSL
is blog "False CredentialsRejected"
equal "the condition Stalled" "$(condition blog Stalled status)" ""
[ -n "$(field blog '{.status.nextAttemptTime}')" ] || fail "no next attempt is announced"
! k get schemamigrations,schemaplans,jobs,pods,configmaps,events -o yaml | grep -q "$wrong" || fail "the wrong password is shown"

secret db "$DATABASE_URL"
reconcile_now blog
becomes_ready blog
equal "the last failure" "$(field blog '{.status.lastFailure}')" ""

sql "create role rotated login superuser password 'first-canary'"
rotated() { sed "s#//postgres:[^@]*@#//rotated:$1@#" <<<"$DATABASE_URL"; }
migrated_with() {
  migration blog <<PSL
model Post {
  id Int @id
  $1 Int?
}
PSL
}
secret db "$(rotated first-canary)"
migrated_with a
is blog "True Applied"

sql "alter role rotated password 'second-canary'"
migrated_with b
is blog "False CredentialsRejected"
secret db "$(rotated second-canary)"
reconcile_now blog
is blog "True Applied"

secret db "$(rotated third-canary)"
migrated_with c
is blog "False CredentialsRejected"
sql "alter role rotated password 'third-canary'"
reconcile_now blog
is blog "True Applied"
! k get schemamigrations,schemaplans,jobs,pods,configmaps,events -o yaml | grep -q canary || fail "a password is shown"
sql "drop role rotated"
