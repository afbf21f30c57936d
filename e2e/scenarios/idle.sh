#!/usr/bin/env bash
# A settled resource costs the API server nothing: passes over it read nothing beyond the watches, and write nothing. One that
# was only touched is read, and still not written.
. "$(dirname "$0")/../lib/story.sh"

operator() { kubectl -n "$OPERATOR_NS" "$@"; }
metrics() {
  local pod
  pod="$(operator get pods -l app.kubernetes.io/name=schemalift --field-selector status.phase=Running -o 'jsonpath={.items[0].metadata.name}')"
  operator get --raw "/api/v1/namespaces/$OPERATOR_NS/pods/$pod:8080/proxy/metrics"
}
passes() { metrics | sed -n 's/^schemalift_reconcile_total{.*} //p' | paste -sd+ | bc; }
# requests VERB: how many there were. The leader renews its Lease all the time.
requests() { metrics | sed -n "/^schemalift_api_requests_total/{/resource=\"leases\"/d;/verb=\"$1\"/s/.* //p}" | paste -sd+ | bc; }
# Every pass over so many resources is followed by another a second later.
passed_often() { [ "$(passes)" -ge "$1" ] && echo often; }
settings() {
  operator set env deployment/schemalift "$@" >/dev/null
  operator rollout status deployment/schemalift --timeout=120s >/dev/null
  until_equal "the operator's pods" 1 eval "operator get pods -o name | wc -l"
}

story_starts
post='model Post {
  id Int @id
}'
migration applied <<<"$post"
is applied "True Applied"
migration awaiting <<<'model Comment {
  id Int @id
}'
migration suspended 'suspend: true' <<<"$post"
migration invalid <<<'model Post {'
is suspended "False Suspended"
is invalid "False DatamodelInvalid"
is awaiting "False Conflict"

# Other resources of this cluster may have work to do.
trap 'settings SCHEMALIFT_WATCH_NAMESPACES- SCHEMALIFT_RESYNC_SECONDS-' EXIT
settings "SCHEMALIFT_WATCH_NAMESPACES=$NS" SCHEMALIFT_RESYNC_SECONDS=1
until_equal "the operator's first passes" often passed_often 12
before="$(passes) $(requests read) $(requests write)"
until_equal "the operator's passes" often passed_often 36
equal "the requests that read" "$(requests read)" "$(cut -d' ' -f2 <<<"$before")"
equal "the requests that write" "$(requests write)" "$(cut -d' ' -f3 <<<"$before")"

k label schemamigrations --all touched=yes >/dev/null
reads_again() { [ "$(requests read)" -gt "$(cut -d' ' -f2 <<<"$before")" ] && echo yes; }
until_equal "whether what was touched is read" yes reads_again
until_equal "the operator's passes" often passed_often "$(($(passes) + 8))"
equal "the requests that write" "$(requests write)" "$(cut -d' ' -f3 <<<"$before")"

# It is not asleep.
migration applied <<<'model Post {
  id    Int     @id
  title String?
}'
is applied "True Applied"
