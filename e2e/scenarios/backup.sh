#!/usr/bin/env bash
# A plan that loses data waits for a backup: a Job made from the team's own CronJob. A backup that fails keeps the data; one
# that succeeds lets the plan run, once.
. "$(dirname "$0")/../lib/story.sh"

story_starts
# The backup copies the table into a schema of its own, which does not exist yet.
"$E2E_DIR/image.sh" "$(compgen -G '/usr/lib/postgresql/*/bin/psql' | sort -V | tail -n 1)" localhost/psql:e2e >/dev/null
k create -f - >/dev/null <<'YAML'
apiVersion: batch/v1
kind: CronJob
metadata: {name: dump}
spec:
  schedule: "0 3 1 1 *"
  suspend: true
  jobTemplate:
    metadata: {labels: {team: shop}}
    spec:
      backoffLimit: 0
      template:
        spec:
          restartPolicy: Never
          securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
          containers:
          - name: dump
            image: localhost/psql:e2e
            imagePullPolicy: Never
            args: [-v, ON_ERROR_STOP=1, $(DATABASE_URL), -c, 'create table backups.post as table "Post"']
            env: [{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: db, key: url}}}]
            securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
YAML

asks='policy: {destructive: Allow}
backup: {fromCronJob: {name: dump}}'
migration blog "$asks" <<'PSL'
model Post {
  id   Int     @id @default(autoincrement())
  body String?
}
PSL
is blog "True Applied"
equal "backups for a plan that loses nothing" "$(k get jobs -l schemalift.dev/backup-for=blog -o name | wc -l)" 0
sql "insert into \"Post\"(body) values ('x'), ('y')"

migration blog "$asks" <<'PSL'
model Post {
  id Int @id @default(autoincrement())
}
PSL
is blog "False BackupFailed"
contains "the message" "$(condition blog Ready message)" "made no backup"
equal "the condition Stalled" "$(condition blog Stalled status)" ""
equal "the rows with a body" "$(sql 'select count(body) from "Post"')" 2

sql 'create schema backups'
is blog "True Applied"
equal "the columns" "$(sql "select string_agg(column_name, ',') from information_schema.columns where table_name = 'Post' and table_schema = 'public'")" id
equal "the rows in the backup" "$(sql 'select count(body) from backups.post')" 2
equal "the label that the CronJob gives" "$(k get jobs -l schemalift.dev/backup-for=blog,team=shop -o name | wc -l)" "$(k get jobs -l schemalift.dev/backup-for=blog -o name | wc -l)"
equal "backups that succeeded" "$(k get jobs -l schemalift.dev/backup-for=blog -o json | jq '[.items[] | select(.status.succeeded == 1)] | length')" 1
history_is_whole

# A CronJob that does not exist is said, and heals when it does.
sql "insert into \"Post\" default values"
k delete cronjob dump >/dev/null
migration blog 'policy: {destructive: Allow}
backup: {when: Always, fromCronJob: {name: missing}}' <<'PSL'
model Post {
  id    Int     @id @default(autoincrement())
  title String?
}
PSL
is blog "False BackupFailed"
contains "the message" "$(condition blog Ready message)" "CronJob missing"
