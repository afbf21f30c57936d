# An Argo CD, a Git repository and an Application, all for one scenario. Sourced after story.sh.

PROJECT="$(dirname "$E2E_DIR")"
REPOSITORY="$E2E_WORK/repository-$STORY"
# Each state in which the Application stood, a line each: commit, sync, health.
STATES="$E2E_WORK/log/$STORY-states"

argo() { kubectl -n argocd "$@"; }

# The operator's health script, as the page docs/argocd.md gives it to a user: its first block of YAML.
health_from_the_page() { awk '/^```yaml$/ { inside = 1; next } /^```$/ && inside { exit } inside' "$PROJECT/docs/argocd.md"; }

argocd_starts() {
  "$E2E_DIR/argocd.sh" up
  argo delete application "$STORY" --ignore-not-found >/dev/null
  argo patch configmap argocd-cm --patch-file <(health_from_the_page) >/dev/null
  rm -rf "$REPOSITORY"
  git init --quiet --initial-branch=main "$REPOSITORY"
}

argocd_ends() {
  [ -z "${WATCHER:-}" ] || kill "$WATCHER" || true
  [ -n "${KEEP:-}" ] || { "$E2E_DIR/argocd.sh" down; rm -rf "$REPOSITORY"; }
}

git_here() { git -C "$REPOSITORY" -c user.name=team -c user.email=team@example.com "$@"; }

# commit MESSAGE: all that is in the repository's folder.
commit() {
  git_here add --all
  git_here commit --quiet --message "$1"
}

# example NAME: without its Secret, which only shows the form; real ones are not kept in Git.
example() { sed '1,/^---$/d' "$PROJECT/examples/$1.yaml" >"$REPOSITORY/$1.yaml"; }

# approve FILE: the plan that the SchemaMigration "blog" waits with, in the file that Git has of it.
approve() {
  sed -i '/^  approval:/d' "$1"
  sed -i "s/^spec:\$/&\n  approval: {planDigest: \"$(field blog '{.status.plan.digest}')\"}/" "$1"
}

application() {
  argo create -f - >/dev/null <<YAML
apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: $STORY}
spec:
  project: default
  source: {repoURL: "file://$REPOSITORY", targetRevision: main, path: .}
  destination: {name: e2e, namespace: $NS}
  syncPolicy: {automated: {prune: true, selfHeal: true}}
YAML
  argo get application "$STORY" --watch --output-watch-events=false \
    -o 'jsonpath={.status.sync.revision} {.status.sync.status} {.status.health.status}{"\n"}' >"$STATES" &
  WATCHER=$!
}

newest_commit() { git_here rev-parse HEAD; }

# "Synced Healthy", but only once it speaks of the newest commit.
application_stands() {
  argo get application "$STORY" -o json | jq -r --arg commit "$(newest_commit)" '
    .status | select(.sync.revision == $commit) | "\(.sync.status) \(.health.status)"'
}

# What a webhook of the Git server asks for.
refresh() { argo annotate --overwrite application "$STORY" argocd.argoproj.io/refresh=normal >/dev/null; }

# becomes "SYNC HEALTH": waits for it.
becomes() {
  refresh
  until_equal "the Application" "$1" application_stands
}

# never_stood "SYNC HEALTH": not even for a moment since the newest commit.
never_stood() {
  local commit
  commit="$(newest_commit)"
  grep -q "^$commit " "$STATES" || fail "nothing was seen of commit $commit"
  ! grep -q "^$commit $1\$" "$STATES" || fail "with commit $commit the Application was \"$1\" for a moment"
}

# health_message NAME: what Argo CD says about a SchemaMigration.
health_message() { argo get application "$STORY" -o json | jq -r --arg name "$1" '.status.resources[] | select(.kind == "SchemaMigration" and .name == $name) | .health.message'; }
