#!/usr/bin/env bash
# What the Job's token is good for: creating plans without approval, and nothing else. Nor does a plan that shows a person
# something else than what would run get anywhere with its approval.
. "$(dirname "$0")/../lib/story.sh"

story_starts
migration blog <<'PSL'
model Post {
  id    Int     @id
  title String?
}
PSL
is blog "True Applied"
sql "insert into \"Post\" values (1, 'x')"
migration blog <<'PSL'
model Post {
  id Int @id
}
PSL
is blog "False AwaitingApproval"
plan="$(field blog '{.status.plan.name}')"
digest="$(field blog '{.status.plan.digest}')"

# The account of the Job's own pod, under the one binding that the operator made.
equal "the Job's account" "$(k get job "$(field blog '{.status.job}')" -o 'jsonpath={.spec.template.spec.serviceAccountName}')" schemalift-job
bound() { jq -r '.items[] | select(.subjects[]? | .kind == "ServiceAccount" and .name == "schemalift-job" and .namespace == "'"$NS"'") | "\(.roleRef.kind) \(.roleRef.name)"'; }
equal "what it is bound to here" "$(k get rolebindings -o json | bound)" "ClusterRole schemalift-job"
equal "what it is bound to everywhere" "$(kubectl get clusterrolebindings -o json | bound)" ""
token="$(k create token schemalift-job)"
server="$(kubectl config view --minify -o 'jsonpath={.clusters[0].cluster.server}')"
authority="$(mktemp)"
trap 'rm -f "$authority"' EXIT
kubectl config view --raw --minify -o 'jsonpath={.clusters[0].cluster.certificate-authority-data}' | base64 -d >"$authority"

# A kubeconfig without rights of its own, so that the token's are the only ones.
as_job() { KUBECONFIG=/dev/null kubectl --server "$server" --certificate-authority "$authority" --token "$token" -n "$NS" "$@" 2>&1; }

# Beyond what every account may ask about itself.
equal "all that it may do" "$(as_job auth can-i --list --no-headers | grep -v -e '^ ' -e '^selfsubject' | tr -s ' ' | sort)" \
  "$(printf '%s\n' 'schemaplans.schemalift.dev [] [] [create]' 'schemaplans.schemalift.dev/status [] [] [patch]')"

# refused WHAT COMMAND...
refused() {
  local what=$1 answer
  shift
  ! answer="$(as_job "$@")" || fail "$what was not refused: $answer"
  contains "the answer to $what" "$answer" "${EXPECTED:-Forbidden}"
}

approval="{\"spec\":{\"approval\":{\"digest\":\"$digest\"}}}"
refused "approving the plan" patch schemaplan "$plan" --type=merge -p "$approval"
refused "changing the plan's text" patch schemaplan "$plan" --type=merge -p '{"spec":{"plan":{"destructive":false}}}'
refused "deleting the plan" delete schemaplan "$plan"
refused "listing plans" get schemaplans
refused "editing the SchemaMigration" patch schemamigration blog --type=merge -p '{"spec":{"suspend":true}}'
refused "writing its status" patch schemamigration blog --subresource=status --type=merge -p '{"status":{}}'
for kind in secrets configmaps pods jobs serviceaccounts leases; do refused "listing $kind" get "$kind"; done
refused "reading the Secret" get secret db
refused "creating a pod" run it --image=localhost/schemalift:e2e
refused "reading another namespace's Secrets" get secrets -n "$OPERATOR_NS"

# It may create a plan, but not an approved one.
copy="$(k get schemaplan "$plan" -o json | jq '{apiVersion, kind, metadata: {name: "copy"}, spec}')"
contains "creating a plan" "$(as_job create -f - <<<"$copy")" created
forged="$(jq --arg digest "$digest" '.metadata.name = "forged" | .spec.approval = {digest: $digest}' <<<"$copy")"
refused "creating a plan in another namespace" create -n "$OPERATOR_NS" -f <(jq '.metadata.namespace = "'"$OPERATOR_NS"'"' <<<"$copy")
EXPECTED="created without approval" refused "creating an approved plan" create -f <(echo "$forged")

# Nor may anybody change a plan's text, whatever their rights.
answer="$(k patch schemaplan "$plan" --type=merge -p '{"spec":{"plan":{"destructive":false}}}' 2>&1)" && fail "the plan's text was changed"
contains "the answer to changing the plan's text" "$answer" "cannot be changed"

# Were it quicker than the Job, it could put a plan of its own in the place of the Job's: with the digest of the dropped
# column, but other steps to read, or another script. Approving that one releases nothing.
honest="$(k get schemaplan "$plan" -o json | jq '{apiVersion, kind, metadata: (.metadata | {name, labels, ownerReferences}), spec}')"
harmless="$(jq -r .spec.plan.script <<<"$honest" | base64 -d | gunzip | sed 's/DROP COLUMN/ALTER COLUMN/' | gzip -n | base64 -w0)"
[ "$harmless" != "$(jq -r .spec.plan.script <<<"$honest")" ] || fail "the script was not altered"
for forgery in '.spec.plan.steps[0].sql = ["SELECT 1"]' '.spec.plan.steps = []' ".spec.plan.script = \"$harmless\""; do
  k delete schemaplan "$plan" >/dev/null
  contains "creating a plan" "$(as_job create -f - <<<"$(jq "$forgery" <<<"$honest")")" created
  k patch schemaplan "$plan" --type=merge -p "$approval" >/dev/null
  is blog "False PlanForged"
  # A plan that waited and is gone is made again.
  k delete schemaplan "$plan" >/dev/null
  is blog "False AwaitingApproval"
  equal "the plan" "$(k get schemaplan "$plan" -o json | jq -c .spec)" "$(jq -c .spec <<<"$honest")"
done
equal "the rows with a title" "$(sql 'select count(title) from "Post"')" 1
