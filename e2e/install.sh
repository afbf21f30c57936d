#!/usr/bin/env bash
# Installs what the test cluster needs. A second run finds everything in place and costs nothing.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

# A command or file that shows each Debian package to be there, then the package.
REQUIRED="
containerd               containerd
runc                     runc
iptables                 iptables
ip                       iproute2
openssl                  openssl
jq                       jq
python3                  python3
setpriv                  util-linux
/usr/lib/cni/bridge      containernetworking-plugins
/etc/ssl/certs/ca-certificates.crt ca-certificates
"

# apt's own service start-up would run a second containerd beside ours.
apt_install() {
  command -v apt-get >/dev/null || die "missing: $*. There is no apt-get here; install them by this system's own means and run this again"
  need_root
  say "installing Debian packages: $*"
  DEBIAN_FRONTEND=noninteractive apt-get update -qq || say "apt-get update failed; trying with the package lists that are here"
  RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null ||
    die "apt-get could not install: $*"
}

have() { case $1 in /*) [ -e "$1" ] ;; *) command -v "$1" >/dev/null ;; esac; }

missing_packages() {
  local proof package
  while read -r proof package; do
    [ -z "$proof" ] || have "$proof" || echo "$package"
  done <<<"$REQUIRED"
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || have postgres || echo postgresql
}

install_packages() {
  local packages still
  mapfile -t packages < <(missing_packages)
  [ "${#packages[@]}" -gt 0 ] || return 0
  apt_install "${packages[@]}"
  still="$(missing_packages | xargs)"
  [ -z "$still" ] || die "still missing after apt-get install: $still"
}

# build OUTPUT COMMAND...: runs a Go build unless its result is there; a build cut short leaves nothing behind.
build() {
  local output=$1 started=$SECONDS
  shift
  [ ! -x "$output" ] || return 0
  command -v go >/dev/null || die "missing: the Go toolchain (1.26 or later), to build ${output##*/}"
  say "building ${output##*/}; the first build takes minutes"
  "$@" || die "the build of ${output##*/} failed; the compiler's own message is above"
  say "built ${output##*/} in $((SECONDS - started))s"
}

build_cluster() {
  local number=${KUBERNETES_VERSION#v} version=k8s.io/component-base/version flags
  flags="-s -w -X $version.gitVersion=$KUBERNETES_VERSION -X $version.gitMajor=${number%%.*} -X $version.gitMinor=$(cut -d. -f2 <<<"$number")"
  (cd "$E2E_DIR/cluster" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="$flags" -o "$1.new" . && mv "$1.new" "$1")
}

build_pause() {
  (cd "$E2E_DIR/cluster" && CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags='-s -w' -o "$1.new" ./pause && mv "$1.new" "$1")
}

build_helm() {
  local out=$CACHE_BIN/helm.new
  mkdir -p "$out"
  CGO_ENABLED=0 GOBIN="$out" go install -trimpath -ldflags='-s -w' "helm.sh/helm/v4/cmd/helm@$HELM_VERSION" && mv "$out/helm" "$1" && rmdir "$out"
}

main() {
  install_packages
  mkdir -p "$CACHE_BIN"
  build "$(cluster_program)" build_cluster "$(cluster_program)"
  build "$(pause_program)" build_pause "$(pause_program)"
  build "$(helm_program)" build_helm "$(helm_program)"
  say "everything is in place; programs are in $CACHE_BIN"
}

main "$@"
