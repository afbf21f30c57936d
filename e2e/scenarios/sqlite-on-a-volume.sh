#!/usr/bin/env bash
# A SQLite file on a volume: created by a Job under the application's user, and migrated again with its rows.
. "$(dirname "$0")/../lib/story.sh"

namespace
folder="$E2E_WORK/volume-$STORY"
rm -rf "$folder"
mkdir -p "$folder"
chown 1500:1500 "$folder"
kubectl delete persistentvolume "$NS" --ignore-not-found >/dev/null
k apply -f - >/dev/null <<YAML
apiVersion: v1
kind: PersistentVolume
metadata: {name: $NS, labels: {schemalift-e2e: story}}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  storageClassName: story
  claimRef: {namespace: $NS, name: data}
  local: {path: $folder}
  nodeAffinity: {required: {nodeSelectorTerms: [{matchExpressions: [{key: kubernetes.io/os, operator: In, values: [linux]}]}]}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: $NS}
spec: {accessModes: [ReadWriteOnce], storageClassName: story, resources: {requests: {storage: 1Gi}}}
YAML

TARGET='{provider: sqlite, sqlite: {volumeClaimName: data, path: app.db}}'
user='job: {securityContext: {runAsUser: 1500, runAsGroup: 1500, fsGroup: 1500}}'
rows() { sqlite3 "$folder/app.db" "$1"; }
migration app "$user" <<'PSL'
model Note {
  id   Int    @id @default(autoincrement())
  text String
}
PSL
is app "True Applied"
equal "the file's owner" "$(stat -c %u "$folder/app.db")" 1500
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
rm -rf "$folder"
