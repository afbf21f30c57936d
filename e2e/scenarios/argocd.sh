#!/usr/bin/env bash
# A real Argo CD syncs a Git repository made of the examples. Healthy means that the database is where the commit wants it.
. "$(dirname "$0")/../lib/story.sh"
. "$E2E_DIR/lib/argocd.sh"

argocd_starts
trap argocd_ends EXIT
story_starts
for name in blog platform shop; do secret "$name-db" "$DATABASE_URL"; done

for name in blog-postgres platform shop-prisma1; do example "$name"; done
blog="$REPOSITORY/blog-postgres.yaml"
commit "The examples"
application
becomes "Synced Healthy"
for name in blog platform shop; do is "$name" "True Applied"; done
column() { sql "select count(*) from information_schema.columns where table_schema = 'public' and table_name = 'User' and column_name = '$1'"; }
equal "the column name" "$(column name)" 1
equal "the column city" "$(column city)" 0

# An edit. While the migration waits for the application's transaction, the old Ready is not taken for the new one's.
hold_lock '"User"' 'access share'
sed -i 's/^\( *\)name      String?$/&\n\1city      String?/' "$blog"
commit "Users have a city"
becomes "Synced Progressing"
at_work_behind_the_lock
equal "the column city" "$(column city)" 0
never_stood "Synced Healthy"
let_go
becomes "Synced Healthy"
equal "the column city" "$(column city)" 1
equal "the generation that was seen" "$(field blog '{.status.observedGeneration}')" "$(field blog '{.metadata.generation}')"
never_stood "Synced Degraded"

# A column with data is dropped: Argo CD waits for a person, who approves by a commit.
sql "insert into \"User\"(email, city) values ('a@example.com', 'Berlin')"
sed -i '/^ *city      String?$/d' "$blog"
commit "Users have no city"
becomes "Synced Suspended"
never_stood "Synced Degraded"
never_stood "Synced Healthy"
contains "the message" "$(health_message blog)" AwaitingApproval
equal "the cities" "$(sql 'select city from "User"')" Berlin
approve "$blog"
commit "The city may go"
becomes "Synced Healthy"
never_stood "Synced Degraded"
equal "the column city" "$(column city)" 0

# An error in the datamodel; then a commit that takes it back.
sed -i 's/author    User /author    Usr /' "$blog"
commit "A typing error"
becomes "Synced Degraded"
never_stood "Synced Healthy"
contains "the message" "$(health_message blog)" DatamodelInvalid
contains "the message" "$(health_message blog)" Usr
git_here revert --no-edit HEAD >/dev/null
becomes "Synced Healthy"
