#!/usr/bin/env bash
# The Secret does not exist; then it does, without the key; then with it.
. "$(dirname "$0")/../lib/story.sh"

namespace
database
migration blog <<'PSL'
model Post {
  id Int @id
}
PSL
is blog "False SecretNotFound"
contains "the message" "$(condition blog Ready message)" "Secret \`db\`"
equal "the condition Stalled" "$(condition blog Stalled status)" ""

k create secret generic db --from-literal=uri=x >/dev/null
reconcile_now blog
is blog "False SecretKeyNotFound"
contains "the message" "$(condition blog Ready message)" "no key \`url\`"

secret db "$DATABASE_URL"
reconcile_now blog
becomes_ready blog
