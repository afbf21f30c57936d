#!/usr/bin/env bash
# The operator's clock is an hour ahead, then it is set two hours back while the operator runs. Pauses between attempts stay as
# long as they are, and the times of the status are those of the cluster. Where a clock is wrong, certificates seem to be, too:
# this operator does not check the API server's.
. "$(dirname "$0")/../lib/story.sh"

library="$(compgen -G '/usr/lib/*/faketime/libfaketimeMT.so.1' | head -n 1)" || fail "libfaketime is not installed; run $E2E_DIR/install.sh"
program="$E2E_WORK/schemalift-clock" offset="$E2E_WORK/clock-offset" config="$E2E_WORK/clock-kubeconfig" log="$E2E_WORK/log/clock-operator.log"
cp "/proc/$(pgrep -f '^[^ ]*schemalift operator' | head -n 1)/exe" "$program"
kubectl config view --raw --flatten -o json |
  jq '.clusters[].cluster |= (del(."certificate-authority-data") | ."insecure-skip-tls-verify" = true)' >"$config"
chmod 600 "$config"
deployment() { kubectl -n "$OPERATOR_NS" "$@"; }
as_before() {
  kill "$operator" 2>/dev/null || true
  rm -f "$program" "$offset" "$config"
  deployment scale deployment/schemalift --replicas=1 >/dev/null
  deployment rollout status deployment/schemalift --timeout=120s >/dev/null
}

story_starts
deployment scale deployment/schemalift --replicas=0 >/dev/null
until_equal "the operator's pods" 0 eval "kubectl -n '$OPERATOR_NS' get pods -o name | wc -l"
echo +1h >"$offset"
LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$offset" FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 KUBECONFIG="$config" \
  SCHEMALIFT_IMAGE=localhost/schemalift:e2e SCHEMALIFT_IMAGE_PULL_POLICY=Never SCHEMALIFT_WATCH_NAMESPACES="$NS" POD_NAME=clock \
  POD_NAMESPACE="$OPERATOR_NS" SCHEMALIFT_HTTP_ADDR=127.0.0.1:0 "$program" operator >"$log" 2>&1 &
operator=$!
trap as_before EXIT

# in_range TIME LEAST MOST: in seconds from now, by the right clock.
in_range() {
  local away
  away=$(($(date -d "$1" +%s) - $(date +%s)))
  [ "$away" -ge "$2" ] && [ "$away" -le "$3" ] || fail "$1 is $away s away, not $2 to $3"
}
ours_is() {
  until_equal "the hour of the operator's log" "$(date -u -d "$1" +%Y-%m-%dT%H)" \
    eval "tail -n 1 '$log' | sed 's/.*\"timestamp\":\"\([^:]*\):.*/\1/'"
}

post='model Post {
  id Int @id
}'
secret db "postgresql://nobody:x@$NODE_IP:1/none"
migration blog <<<"$post"
is blog "False DatabaseUnreachable"
in_range "$(field blog '{.status.nextAttemptTime}')" -30 60
in_range "$(condition blog Ready lastTransitionTime)" -120 5
ours_is '1 hour'

echo -1h >"$offset"
attempts="$(field blog '{.status.attempts}')"
more_attempts() { [ "$(field blog '{.status.attempts}')" -gt "$attempts" ] && echo more; }
until_equal "the attempts" more more_attempts
in_range "$(field blog '{.status.nextAttemptTime}')" -30 300
ours_is '-1 hour'

secret db "$DATABASE_URL"
is blog "True Applied"
in_range "$(field blog '{.status.applied.at}')" -120 5
equal "the history" "$(migrations)" applied
