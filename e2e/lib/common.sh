# What every script of this folder shares. Sourced, never run.

E2E_DIR="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
E2E_WORK="$(realpath -m "${E2E_WORK:-$E2E_DIR/.work}")"
CACHE="${SCHEMALIFT_CACHE:-$HOME/.cache/schemalift}"
CACHE_BIN="$CACHE/bin"
NODE_IP=10.250.0.1
NODE_DEVICE=e2e0
POD_CIDR=10.244.0.0/24
SNAPSHOTTER="${E2E_SNAPSHOTTER:-overlayfs}"
CONTAINERD_SOCKET="$E2E_WORK/containerd/containerd.sock"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() { say "error: $*"; exit 1; }

# The image that dockerfile.sh builds, in the store of buildah: one that works on every file system, without a daemon.
BUILT_IMAGE=localhost/schemalift:dockerfile
export BUILDAH_ISOLATION=chroot STORAGE_DRIVER="${STORAGE_DRIVER:-vfs}"

need_root() { [ "$(id -u)" = 0 ] || die "run this as root: it makes network devices, mounts and containers"; }

# wait_until SECONDS WHAT COMMAND...: polls until COMMAND succeeds.
wait_until() {
  local seconds=$1 what=$2 deadline
  shift 2
  deadline=$((SECONDS + seconds))
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || { say "waited ${seconds}s in vain for $what"; return 1; }
    sleep 0.2
  done
}

# hash_of FILE...: a short name for exactly these bytes.
hash_of() { cat -- "$@" | sha256sum | cut -c1-16; }

# A bridge without ports stands in for a dummy device, which not every kernel has.
ensure_node_address() {
  ip link show "$NODE_DEVICE" >/dev/null 2>&1 || ip link add "$NODE_DEVICE" type bridge
  ip address replace "$NODE_IP/32" dev "$NODE_DEVICE"
  ip link set "$NODE_DEVICE" up
}

# free_port: one that is free on the node's address and on this machine's own.
free_port() {
  python3 -c '
import socket, sys
while True:
    with socket.socket() as first, socket.socket() as second:
        first.bind((sys.argv[1], 0))
        port = first.getsockname()[1]
        try:
            second.bind(("127.0.0.1", port))
        except OSError:
            continue
        print(port)
        break
' "$NODE_IP"
}

# A proxy for the way out must not be asked for this machine's own addresses.
export NO_PROXY="${NO_PROXY:+$NO_PROXY,}$NODE_IP,127.0.0.1,localhost" no_proxy="${no_proxy:+$no_proxy,}$NODE_IP,127.0.0.1,localhost"

KUBERNETES_VERSION="$(sed -n 's/^\tk8s.io\/kubernetes //p' "$E2E_DIR/cluster/go.mod")"
HELM_VERSION=v4.3.1

cluster_program() { echo "$CACHE_BIN/cluster-$(hash_of "$E2E_DIR"/cluster/go.mod "$E2E_DIR"/cluster/main.go)"; }
containerd_programs() { echo "$CACHE_BIN/containerd-$(hash_of "$E2E_DIR"/containerd/go.mod)"; }
pause_program() { echo "$CACHE_BIN/pause-$(hash_of "$E2E_DIR"/cluster/pause/main.go)"; }
helm_program() { echo "$CACHE_BIN/helm-$HELM_VERSION"; }
argocd_program() { echo "$CACHE_BIN/argocd-$(hash_of "$E2E_DIR"/argocd/go.mod)"; }
argocd_definitions() { echo "$(argocd_program)-crds"; }

kube() { "$(cluster_program)" kubectl --kubeconfig "$E2E_WORK/kubeconfig" "$@"; }
ctr_e2e() { "$(containerd_programs)/ctr" --address "$CONTAINERD_SOCKET" --namespace k8s.io "$@"; }
