#!/usr/bin/env bash
# Sync waves: the application's own objects (here a ConfigMap) follow only when the database is ready for them. A plan that
# waits for approval holds the sync up, and there are two ways on.
. "$(dirname "$0")/../lib/story.sh"
. "$E2E_DIR/lib/argocd.sh"

argocd_starts
trap argocd_ends EXIT
story_starts
secret blog-db "$DATABASE_URL"

# version NUMBER: the application that goes with the datamodel.
version() { printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: application}\ndata: {version: "%s"}\n' "$1" >"$REPOSITORY/application.yaml"; }
rolled_out() { k get configmap application -o 'jsonpath={.data.version}'; }
columns() { sql "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_schema = 'public' and table_name = 'Comment'"; }

example blog-postgres
blog="$REPOSITORY/blog-postgres.yaml"
sed -i 's/^  name: blog$/&\n  annotations: {argocd.argoproj.io\/sync-wave: "-1"}/' "$blog"
sed -i 's/^\( *\)text     String$/&\n\1mood     String?\n\1place    String?/' "$blog"
version 1
commit "A blog and its application"
application
becomes "Synced Healthy"
equal "the columns" "$(columns)" id,text,mood,place,postId,authorId
equal "the version" "$(rolled_out)" 1
sql "insert into \"User\"(id, email) values (1, 'a@example.com'); insert into \"Post\" values (1, 't', 'b', true, 1, now());
     insert into \"Comment\" values (1, 'text', 'glad', 'Berlin', 1, 1)"

# The application waits for the migration, and the migration for a transaction.
hold_lock '"Comment"' 'access share'
sed -i 's/^\( *\)place    String?$/&\n\1stars    Int?/' "$blog"
version 2
commit "Stars"
refresh
at_work_behind_the_lock
equal "the version" "$(rolled_out)" 1
let_go
becomes "Synced Healthy"
equal "the version" "$(rolled_out)" 2

# Approved on the plan, the sync goes on by itself.
sed -i '/^ *mood     String?$/d' "$blog"
version 3
commit "No mood"
becomes "OutOfSync Suspended"
equal "the version" "$(rolled_out)" 2
equal "what the sync says" "$(argo get application "$STORY" -o 'jsonpath={.status.operationState.message}')" "waiting for healthy state of schemalift.dev/SchemaMigration/blog"
k patch schemaplan "$(field blog '{.status.plan.name}')" --type=merge -p "{\"spec\":{\"approval\":{\"digest\":\"$(field blog '{.status.plan.digest}')\"}}}" >/dev/null
becomes "Synced Healthy"
equal "the version" "$(rolled_out)" 3
equal "the columns" "$(columns)" id,text,place,postId,authorId,stars

# Approved by a commit, which Argo CD takes up only after the sync that waits. What "argocd app terminate-op" writes ends it.
sed -i '/^ *place    String?$/d' "$blog"
version 4
commit "No place"
becomes "OutOfSync Suspended"
approve "$blog"
commit "The place may go"
becomes "OutOfSync Suspended"
argo patch application "$STORY" --type=merge -p '{"status":{"operationState":{"phase":"Terminating"}}}' >/dev/null
becomes "Synced Healthy"
equal "the version" "$(rolled_out)" 4
equal "the columns" "$(columns)" id,text,postId,authorId,stars
never_stood "Synced Degraded"
equal "the history" "$(migrations)" applied,applied,applied,applied
