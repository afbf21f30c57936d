#!/usr/bin/env bash
# What the API server itself refuses, with a message that says what to do.
. "$(dirname "$0")/../lib/story.sh"

namespace
post='model Post {
  id Int @id
}'
postgresql='{provider: postgresql, urlFrom: {secretKeyRef: {name: db, key: url}}}'

# refused PART_OF_THE_ANSWER [LINES OF THE SPEC]
refused() {
  local answer
  ! answer="$(manifest blog "${2:-}" <<<"$post" | k apply -f - 2>&1)" || fail "not refused: ${TARGET:-} ${2:-}"
  contains "the answer" "$answer" "$1"
}

TARGET='{provider: oracle}' refused "Unsupported value"
TARGET='{provider: postgresql}' refused "exactly one of urlFrom and credentials"
TARGET='{provider: sqlite}' refused "a sqlite database is a file"
TARGET='{provider: sqlite, sqlite: {path: ../app.db}}' refused "relative to the volume"
TARGET='{provider: mysql, urlFrom: {secretKeyRef: {name: db, key: url}}}' refused "remove execution.maxReplicaLag" 'execution: {maxReplicaLag: 5s}'
TARGET='{provider: postgresql, credentials: {host: {value: db}, user: {value: u}, database: {value: d}, password: {value: open}}}' refused "put the password into a Secret"
TARGET="$postgresql"
refused "approval.planDigest" 'approval: {planDigest: "sha256:12"}'
refused "spec.mode" 'mode: Sometimes'
refused "spec.policy.destructive" 'policy: {destructive: Perhaps}'
refused "lockTimeout" 'execution: {lockTimeout: soon}'
refused "runAsUser" 'job: {securityContext: {runAsUser: 0}}'
refused "unknown field" 'finalizers: []'

# Two sources, and none.
answer="$(k apply -f - 2>&1 <<YAML
apiVersion: schemalift.dev/v1alpha1
kind: SchemaMigration
metadata: {name: blog}
spec: {target: $postgresql, datamodel: {inline: "model Post { id Int @id }", configMapRef: {name: datamodel}}}
YAML
)" && fail "two sources were not refused"
contains "the answer" "$answer" "exactly one of inline and configMapRef"

# The provider stays what it is.
migration blog <<<"$post"
TARGET='{provider: sqlite, sqlite: {path: app.db}}' refused "target.provider cannot be changed"
k delete schemamigration blog --wait=false >/dev/null
