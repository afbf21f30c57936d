#!/usr/bin/env bash
# Installs what the test cluster needs. A second run finds everything in place and costs nothing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"
. "$E2E_DIR/lib/install.sh"

REQUIRED="
runc                     runc
iptables                 iptables
ip                       iproute2
openssl                  openssl
python3                  python3
jq                       jq
sqlite3                  sqlite3
pkill                    procps
bc                       bc
faketime                 faketime
setpriv                  util-linux
/usr/lib/cni/bridge      containernetworking-plugins
/usr/lib/postgresql/*/bin/postgres postgresql
/usr/sbin/mariadbd       mariadb-server
/etc/ssl/certs/ca-certificates.crt ca-certificates
"

# Without a version of its own the API server calls itself v0.0.0, and charts that ask for a Kubernetes version refuse it.
build_cluster() {
  local number=${KUBERNETES_VERSION#v} version=k8s.io/component-base/version flags
  flags="-s -w -X $version.gitVersion=$KUBERNETES_VERSION -X $version.gitMajor=${number%%.*} -X $version.gitMinor=$(cut -d. -f2 <<<"$number")"
  (cd "$E2E_DIR/cluster" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="$flags" -o "$1.new" . && mv "$1.new" "$1")
}

# Debian's is too old for image volumes, which want 2.1.
build_containerd() {
  local name
  rm -rf "$1.new"
  for name in containerd containerd-shim-runc-v2 ctr; do
    (cd "$E2E_DIR/containerd" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$1.new/$name" "github.com/containerd/containerd/v2/cmd/$name") || return 1
  done
  mv "$1.new" "$1"
}

build_pause() {
  (cd "$E2E_DIR/cluster" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$1.new" ./pause && mv "$1.new" "$1")
}

build_helm() {
  local folder=$1.new
  mkdir -p "$folder"
  CGO_ENABLED=0 GOBIN="$folder" go install -trimpath -ldflags='-s -w' "helm.sh/helm/v4/cmd/helm@$HELM_VERSION" &&
    mv "$folder/helm" "$1" && rmdir "$folder"
}

# For people: CACHE/bin can go on the PATH.
write_shortcuts() {
  printf '#!/bin/sh\nexec "%s" kubectl "$@"\n' "$(cluster_program)" >"$CACHE_BIN/kubectl"
  chmod +x "$CACHE_BIN/kubectl"
  ln -sfn "$(helm_program)" "$CACHE_BIN/helm"
}

install_packages
mkdir -p "$CACHE_BIN"
build "$(cluster_program)" build_cluster "$(cluster_program)"
build "$(containerd_programs)" build_containerd "$(containerd_programs)"
build "$(pause_program)" build_pause "$(pause_program)"
build "$(helm_program)" build_helm "$(helm_program)"
write_shortcuts
say "everything is in place; programs are in $CACHE_BIN"
