#!/usr/bin/env bash
# The application's pod has the SQLite file open and stands in a transaction. The migration does not wait for ever, breaks
# nothing, and comes through when the application lets go.
. "$(dirname "$0")/../lib/story.sh"

namespace
volume
TARGET='{provider: sqlite, sqlite: {volumeClaimName: data, path: app.db}}'
user='job: {securityContext: {runAsUser: 1500, runAsGroup: 1500, fsGroup: 1500}}'
migration app "$user" <<'PSL'
model Note {
  id   Int    @id @default(autoincrement())
  text String
}
PSL
is app "True Applied"

# The application is SQLite's own shell: it writes a row and then waits for what is typed.
"$E2E_DIR/image.sh" "$(command -v sqlite3)" localhost/sqlite:e2e >/dev/null
k create -f - >/dev/null <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: application}
spec:
  restartPolicy: Never
  securityContext: {runAsNonRoot: true, runAsUser: 1500, runAsGroup: 1500, fsGroup: 1500, seccompProfile: {type: RuntimeDefault}}
  containers:
  - name: main
    image: localhost/sqlite:e2e
    imagePullPolicy: Never
    args: [-cmd, "begin immediate; insert into Note(text) values ('from the application'); select 'writing';", /data/app.db]
    stdin: true
    stdinOnce: true
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
    volumeMounts: [{name: data, mountPath: /data}]
  volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]
YAML
until_equal "what the application says" writing k logs application

# The table has to be rebuilt, for a column ceases to be required.
migration app "$user" <<'PSL'
model Note {
  id     Int     @id @default(autoincrement())
  text   String?
  pinned Boolean @default(false)
}
PSL
# The Job waits for a minute before it gives way.
is app "False DatabaseBusy"
equal "the condition Stalled" "$(condition app Stalled status)" ""
[ -n "$(field app '{.status.nextAttemptTime}')" ] || fail "no next attempt is announced"
equal "the application's pod" "$(k get pod application -o 'jsonpath={.status.phase}')" Running
equal "the columns" "$(rows "select group_concat(name) from pragma_table_info('Note')")" id,text
equal "the history" "$(rows 'select group_concat(state) from _schemalift_migration')" applied

echo 'commit;' | k attach --stdin application >/dev/null 2>&1
until_equal "the application's pod" Succeeded k get pod application -o 'jsonpath={.status.phase}'
reconcile_now app
becomes_ready app
equal "the columns" "$(rows "select group_concat(name) from pragma_table_info('Note')")" id,text,pinned
equal "the application's row" "$(rows 'select text, pinned from Note')" "from the application|0"
equal "the history" "$(rows 'select group_concat(state) from _schemalift_migration')" applied,applied
equal "steps that are not done" "$(rows "select count(*) from _schemalift_step where state <> 'done'")" 0
rm -rf "$VOLUME"
