#!/usr/bin/env bash
# The page docs/quickstart.md, command by command as it stands there; only namespace, URL and placeholders are put in.
# Its first step is what run.sh has done with an image of its own.
. "$(dirname "$0")/../lib/story.sh"

PAGE="$(dirname "$E2E_DIR")/docs/quickstart.md"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
kubectl delete namespace "$NS" --ignore-not-found >/dev/null
database

# block LANGUAGE HEADING: the blocks of this language below the heading that begins so.
block() {
  awk -v language="$1" -v heading="## $2" '
    /^## / { here = index($0, heading) == 1 }
    /^```/ { inside = !inside; wanted = here && $0 == "```" language; next }
    inside && wanted' "$PAGE"
}

filled_in() {
  sed -e "s/\bshop\b/$NS/g" -e "s#postgresql://blog:…@[^']*#$DATABASE_URL#" -e "s/<name>/${plan:-}/" -e "s/sha256:…/${digest:-}/"
}

# run HEADING: the commands below it, in the folder of a reader.
run() {
  local commands
  commands="$(block sh "$1" | filled_in)"
  [ -n "$commands" ] || fail "the page has no commands below $1"
  (cd "$work" && bash -euo pipefail -c "$commands") >"$work/output" 2>&1 || fail "the commands of $1 failed: $(<"$work/output")"
}
columns() { sql "select string_agg(column_name, ',' order by ordinal_position) from information_schema.columns where table_name = 'Post'"; }

run "2."
kubectl label namespace "$NS" schemalift-e2e=story >/dev/null
block yaml "3." | filled_in >"$work/blog.yaml"
run "3."
contains "kubectl get smig" "$(<"$work/output")" Applied
equal "the columns" "$(columns)" id,title,body

line="$(block '' "4." | xargs)"
sed -i "s/^\( *\)body .*/&\n\1$line/" "$work/blog.yaml"
run "4."
equal "the columns" "$(columns)" id,title,body,published

sql "insert into \"Post\"(title, body) values ('one', 'x')"
sed -i '/^ *body /d' "$work/blog.yaml"
kubectl apply -f "$work/blog.yaml" >/dev/null
question="$(block '' "5." | sed -n 's/^\$ //p' | filled_in)"
until_equal "the answer on the page" "$(block '' "5." | sed -n '2p')" bash -c "$question"
plan="$(field blog '{.status.plan.name}')" digest="$(field blog '{.status.plan.digest}')"
run "5."
contains "the plan's name and digest" "$(<"$work/output")" "$plan $digest"
is blog "True Applied"
equal "the columns" "$(columns)" id,title,published

run "When it does not become Ready"
becomes_ready blog
