#!/usr/bin/env bash
# Shows that the cluster is fit for the scenarios: a restricted Job's pod reaches the API server through its Service
# with a projected token, and another, made of a dynamically linked program, reaches a PostgreSQL. Needs "cluster.sh up".
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

NAMESPACE=schemalift-smoke
PSQL="$(compgen -G '/usr/lib/postgresql/*/bin/psql' | sort -V | tail -n 1)"

make_images() {
  (cd "$E2E_DIR/cluster" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -o "$E2E_WORK/probe" ./probe)
  "$E2E_DIR/image.sh" "$E2E_WORK/probe" localhost/probe:e2e >/dev/null
  "$E2E_DIR/image.sh" "$PSQL" localhost/psql:e2e >/dev/null
}

# job NAME IMAGE ARGUMENTS_AS_JSON
job() {
  cat <<YAML
---
apiVersion: batch/v1
kind: Job
metadata: {name: $1, namespace: $NAMESPACE}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      serviceAccountName: probe
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
      containers:
      - name: main
        image: $2
        imagePullPolicy: Never
        args: $3
        env: [{name: DATABASE_URL, valueFrom: {secretKeyRef: {name: database, key: url}}}]
        resources: {limits: {memory: 128Mi, cpu: 500m}}
        securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
        volumeMounts: [{name: token, mountPath: /var/run/secrets/kubernetes.io/serviceaccount, readOnly: true}]
      volumes:
      - name: token
        projected:
          defaultMode: 0444
          sources:
          - serviceAccountToken: {path: token, expirationSeconds: 600}
          - configMap: {name: kube-root-ca.crt}
          - downwardAPI: {items: [{path: namespace, fieldRef: {fieldPath: metadata.namespace}}]}
YAML
}

manifests() {
  cat <<YAML
apiVersion: v1
kind: Namespace
metadata: {name: $NAMESPACE, labels: {pod-security.kubernetes.io/enforce: restricted}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: probe, namespace: $NAMESPACE}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: probe, namespace: $NAMESPACE}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: view}
subjects: [{kind: ServiceAccount, name: probe, namespace: $NAMESPACE}]
---
apiVersion: v1
kind: Secret
metadata: {name: database, namespace: $NAMESPACE}
stringData: {url: "$1"}
YAML
  job api localhost/probe:e2e '[]'
  # shellcheck disable=SC2016 # the cluster expands $(DATABASE_URL)
  job postgres localhost/psql:e2e '["$(DATABASE_URL)", "-Atc", "select 42 as answer, current_user"]'
}

privileged_pod_is_refused() {
  local answer
  answer="$(kube -n "$NAMESPACE" run refused --image=localhost/probe:e2e --privileged 2>&1)" && return 1
  grep -q 'violates PodSecurity' <<<"$answer"
}

main() {
  local started=$SECONDS name
  make_images
  kube delete namespace "$NAMESPACE" --ignore-not-found >/dev/null
  manifests "$("$E2E_DIR/postgres.sh" start smoke)" | kube apply -f - >/dev/null
  for name in api postgres; do
    kube -n "$NAMESPACE" wait --for=condition=Complete --timeout=60s "job/$name" >/dev/null || {
      kube -n "$NAMESPACE" describe pods -l "job-name=$name" >&2
      kube -n "$NAMESPACE" logs "job/$name" >&2
      die "job $name did not complete"
    }
    say "job $name: $(kube -n "$NAMESPACE" logs "job/$name" | xargs)"
  done
  privileged_pod_is_refused || die "the namespace let a privileged pod in"
  say "a privileged pod is refused"
  kube delete namespace "$NAMESPACE" >/dev/null
  "$E2E_DIR/postgres.sh" remove smoke
  say "all is well after $((SECONDS - started))s"
}

main "$@"
