#!/usr/bin/env bash
# A datamodel with errors stalls at once, without a Job, and says where they are; an edit heals it.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id     Int    @id
  author Person
  title  Strin
}
PSL
is blog "False DatamodelInvalid"
equal "the condition Stalled" "$(condition blog Stalled status)" True
equal "the condition DatamodelValid" "$(condition blog DatamodelValid status)" False
contains "the message" "$(condition blog Ready message)" Person
contains "the message" "$(condition blog Ready message)" Strin
equal "the number of Jobs" "$(jobs_of blog)" 0

migration blog <<'PSL'
model Post {
  id    Int    @id
  title String
}
PSL
is blog "True Applied"
equal "the condition Stalled" "$(condition blog Stalled status)" ""
equal "the condition DatamodelValid" "$(condition blog DatamodelValid status)" True
