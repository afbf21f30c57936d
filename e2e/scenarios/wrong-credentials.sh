#!/usr/bin/env bash
# A wrong password, then the right one: no edit of the SchemaMigration is needed.
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
