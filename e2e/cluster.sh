#!/usr/bin/env bash
# A real Kubernetes of one node on this machine, without Docker: cluster.sh up | down | status
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib/common.sh"

NODE=e2e
API_PORT="${E2E_API_PORT:-6443}"
ETCD_PORT="${E2E_ETCD_PORT:-12379}"
POD_BRIDGE=e2e1
SERVICE_CIDR=10.96.0.0/16
SERVICE_IP=10.96.0.1
PAUSE_IMAGE=localhost/schemalift-pause:e2e

. "$E2E_DIR/lib/process.sh"
. "$E2E_DIR/lib/pki.sh"
. "$E2E_DIR/lib/config.sh"

# In the order of ending them; an apiserver that has lost etcd would hang on for a minute.
DAEMONS="proxy kubelet scheduler controller-manager apiserver etcd containerd"
# Started by argocd.sh; without the cluster they would only complain.
GUESTS="argocd-controller argocd-repo-server argocd-redis"
# What a start makes and a stop removes; config comes last, for it shows that there is something to remove. Logs stay.
STATE="pki containerd cni etcd kubelet pod-logs volume-plugins argocd kubeconfig config"

start_containerd() {
  start containerd env PATH="$(containerd_programs):$PATH" containerd --config "$CONFIG/containerd.toml"
  wait_until 30 "containerd" ctr_e2e version
}

start_etcd() {
  start etcd "$PROGRAM" etcd --name e2e --data-dir "$E2E_WORK/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls "http://127.0.0.1:$ETCD_PORT" --advertise-client-urls "http://127.0.0.1:$ETCD_PORT" \
    --listen-peer-urls "http://127.0.0.1:$((ETCD_PORT + 1))" --initial-advertise-peer-urls "http://127.0.0.1:$((ETCD_PORT + 1))" \
    --initial-cluster "e2e=http://127.0.0.1:$((ETCD_PORT + 1))"
}

start_apiserver() {
  start apiserver "$PROGRAM" apiserver --etcd-servers "http://127.0.0.1:$ETCD_PORT" \
    --bind-address "$NODE_IP" --secure-port "$API_PORT" --advertise-address "$NODE_IP" \
    --authorization-mode Node,RBAC --enable-admission-plugins NodeRestriction --allow-privileged --profiling=false \
    --client-ca-file "$PKI/ca.crt" --tls-cert-file "$PKI/apiserver.crt" --tls-private-key-file "$PKI/apiserver.key" \
    --service-account-issuer https://kubernetes.default.svc \
    --service-account-key-file "$PKI/service-account.pub" --service-account-signing-key-file "$PKI/service-account.key" \
    --service-cluster-ip-range "$SERVICE_CIDR" \
    --kubelet-certificate-authority "$PKI/ca.crt" --kubelet-preferred-address-types InternalIP \
    --kubelet-client-certificate "$PKI/kubelet-client.crt" --kubelet-client-key "$PKI/kubelet-client.key"
}

start_controller_manager() {
  start controller-manager "$PROGRAM" controller-manager --kubeconfig "$PKI/controller-manager.kubeconfig" \
    --bind-address 127.0.0.1 --leader-elect=false --use-service-account-credentials --profiling=false \
    --root-ca-file "$PKI/ca.crt" --service-account-private-key-file "$PKI/service-account.key" \
    --cluster-signing-cert-file "$PKI/ca.crt" --cluster-signing-key-file "$PKI/ca.key"
}

start_scheduler() {
  start scheduler "$PROGRAM" scheduler --kubeconfig "$PKI/scheduler.kubeconfig" \
    --bind-address 127.0.0.1 --leader-elect=false --profiling=false
}

start_kubelet() {
  start kubelet "$PROGRAM" kubelet --kubeconfig "$PKI/kubelet.kubeconfig" --config "$CONFIG/kubelet.yaml" \
    --hostname-override "$NODE" --node-ip "$NODE_IP" --root-dir "$E2E_WORK/kubelet" --cert-dir "$E2E_WORK/kubelet/pki"
}

start_proxy() { start proxy "$PROGRAM" proxy --config "$CONFIG/proxy.yaml"; }

node_ready() { [ "$(kube get node "$NODE" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = True ]; }
services_routed() { iptables-save -t nat | grep -q "KUBE-SVC-.*$SERVICE_IP\|-d $SERVICE_IP/32 .*-j KUBE-SVC"; }
default_account() { kube -n default get serviceaccount default; }
all_running() { local name; for name in $DAEMONS; do running "$name" || return 1; done; }
all_ready() { all_running && node_ready && services_routed; }

# expect SECONDS WHAT DAEMON COMMAND...: as wait_until, and shows the daemon's log when it fails.
expect() {
  local seconds=$1 what=$2 daemon=$3
  shift 3
  wait_until "$seconds" "$what" "$@" && return 0
  running "$daemon" || say "$daemon has ended"
  tail -n 20 "$E2E_WORK/log/$daemon.log" >&2
  die "$what did not come up; its log is $E2E_WORK/log/$daemon.log"
}

check_machine() {
  local tool
  need_root
  for tool in runc iptables-save openssl ip setsid flock pkill; do
    command -v "$tool" >/dev/null || die "missing: $tool. Run $E2E_DIR/install.sh"
  done
  [ -x "$PROGRAM" ] && [ -x "$(pause_program)" ] && [ -d "$(containerd_programs)" ] || die "the cluster's programs are not built. Run $E2E_DIR/install.sh"
  # A unix socket's path may have 107 bytes; kubelet's longest is 31 below the work folder.
  [ "${#E2E_WORK}" -le 70 ] || die "the path $E2E_WORK is too long for sockets; set E2E_WORK to a shorter one"
  local port
  for port in "$API_PORT" "$ETCD_PORT" "$((ETCD_PORT + 1))" 10250 10256 10257 10259; do
    port_free "$port" || die "port $port is taken by another program, perhaps by a cluster with another E2E_WORK; stop it (or set E2E_API_PORT, E2E_ETCD_PORT)"
  done
}

port_free() { [ -z "$(awk -v port=":$(printf '%04X' "$1")" '$4 == "0A" && $2 ~ port "$"' /proc/net/tcp /proc/net/tcp6 2>/dev/null)" ]; }

import_pause() {
  "$E2E_DIR/lib/image.py" --tag "$PAUSE_IMAGE" --user 65535:65535 --file "$(pause_program):/pause" --entrypoint /pause "$E2E_WORK/pause.tar"
  ctr_e2e images import --snapshotter "$SNAPSHOTTER" "$E2E_WORK/pause.tar" >/dev/null
  rm -f "$E2E_WORK/pause.tar"
}

up() {
  if all_ready >/dev/null 2>&1; then
    say "the cluster is up already"
    return
  fi
  need_root
  down
  check_machine
  local started=$SECONDS
  mkdir -p "$CONFIG" "$E2E_WORK"/{run,log,containerd,pod-logs}
  rm -f "$E2E_WORK"/log/*.log
  ensure_node_address
  echo 1 >/proc/sys/net/ipv4/ip_forward
  make_pki
  make_config
  start_etcd
  start_containerd || expect 0 containerd containerd ctr_e2e version
  start_apiserver
  import_pause
  expect 60 "the API server" apiserver kube get --raw /readyz
  start_controller_manager
  start_scheduler
  start_kubelet
  start_proxy
  expect 60 "the node" kubelet node_ready
  expect 60 "the Service address of the API server" proxy services_routed
  expect 30 "the default service account" controller-manager default_account
  say "the cluster is up after $((SECONDS - started))s; export KUBECONFIG=$E2E_WORK/kubeconfig"
}

# Leaves foreign rules as they are; without pods and kube-proxy these would only misroute the next cluster.
remove_rules() {
  local table program
  for program in iptables ip6tables; do
    command -v "$program-save" >/dev/null || continue
    for table in nat filter mangle; do
      "$program-save" -t "$table" 2>/dev/null | grep -q KUBE- || continue
      "$program-save" -t "$table" | grep -v KUBE- | "$program-restore" -T "$table" || say "could not remove kube-proxy's rules from $table"
    done
  done
}

remove_cgroups() {
  local root
  for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ ! -d "$root/kubepods" ] || find "$root/kubepods" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
}

remove_state() {
  local file name
  # A killed shim leaves its socket outside our folder; its bundle says where.
  for file in "$E2E_WORK"/containerd/state/io.containerd.runtime.v2.task/k8s.io/*/bootstrap.json; do
    [ ! -f "$file" ] || rm -f "$(sed -n 's#.*"address":"unix://\([^"]*\)".*#\1#p' "$file")"
  done
  unmount_below "$E2E_WORK"
  for name in $STATE; do
    rm -rf --one-file-system "${E2E_WORK:?}/$name"
  done
  [ ! -d /var/log/containers ] || find /var/log/containers -lname "$E2E_WORK/*" -delete
}

remove_network() {
  ip link delete "$POD_BRIDGE" 2>/dev/null || true
  # A database started by postgres.sh or mariadb.sh may still be listening on the node's address.
  compgen -G "$E2E_WORK/pg-*/postmaster.pid" >/dev/null || compgen -G "$E2E_WORK/mariadb-*/socket" >/dev/null || ip link delete "$NODE_DEVICE" 2>/dev/null || true
}

down() {
  local name seconds
  need_root
  # Never started from this folder: the network and the rules may be those of a cluster with another E2E_WORK.
  [ -d "$CONFIG" ] || return 0
  for name in $GUESTS $DAEMONS; do
    seconds=10
    # Nothing is lost with it, and its graceful end waits for watches to close.
    [ "$name" != apiserver ] || seconds=3
    stop "$name" "$seconds"
  done
  kill_pods
  remove_network
  remove_rules
  remove_cgroups
  remove_state
}

status() {
  local name pid verdict=0
  for name in $DAEMONS; do
    if pid=$(pid_of "$name"); then
      printf '%-20s running (pid %s)\n' "$name" "$pid"
    else
      printf '%-20s not running\n' "$name"
      verdict=1
    fi
  done
  if [ "$verdict" = 0 ] && node_ready; then echo "node                 Ready"; else echo "node                 not ready"; verdict=1; fi
  return "$verdict"
}

PROGRAM="$(cluster_program)"

# Only one of up and down at a time.
locked() {
  need_root
  mkdir -p "$E2E_WORK"
  exec 9>"$E2E_WORK/lock"
  flock -w 300 9 || die "another cluster.sh has held $E2E_WORK/lock for 5 minutes"
  "$@"
}

case ${1:-} in
  up) locked up ;;
  down) locked down && say "the cluster is down" ;;
  status) status ;;
  *) die "usage: cluster.sh up | down | status" ;;
esac
