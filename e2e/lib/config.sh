# The configuration files of containerd, CNI, kubelet and kube-proxy. Sourced by cluster.sh.

CONFIG="$E2E_WORK/config"

# restrict_oom_score_adj: where root lacks CAP_SYS_RESOURCE, runc may not lower a score and would die.
# netns_mounts_under_state_dir and Root: everything to be cleaned up lies below one folder.
containerd_config() {
  cat >"$CONFIG/containerd.toml" <<TOML
version = 3
root = "$E2E_WORK/containerd/root"
state = "$E2E_WORK/containerd/state"
oom_score = 0

[grpc]
  address = "$CONTAINERD_SOCKET"

[plugins."io.containerd.cri.v1.images"]
  snapshotter = "$SNAPSHOTTER"
  [plugins."io.containerd.cri.v1.images".pinned_images]
    sandbox = "$PAUSE_IMAGE"

[plugins."io.containerd.cri.v1.runtime"]
  restrict_oom_score_adj = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.cri.v1.runtime".cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "$CONFIG/cni"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
      Root = "$E2E_WORK/containerd/state/runc"
TOML
}

# No masquerading: pods reach this machine and each other, and nothing beyond it.
cni_config() {
  mkdir -p "$CONFIG/cni"
  cat >"$CONFIG/cni/10-e2e.conflist" <<JSON
{"cniVersion": "0.4.0", "name": "schemalift-e2e", "plugins": [
  {"type": "bridge", "bridge": "$POD_BRIDGE", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "dataDir": "$E2E_WORK/cni", "ranges": [[{"subnet": "$POD_CIDR"}]], "routes": [{"dst": "0.0.0.0/0"}]}}]}
JSON
}

kubelet_config() {
  : >"$CONFIG/resolv.conf"
  cat >"$CONFIG/kubelet.yaml" <<YAML
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $NODE_IP
authentication: {anonymous: {enabled: false}, webhook: {enabled: true}, x509: {clientCAFile: "$PKI/ca.crt"}}
authorization: {mode: Webhook}
tlsCertFile: "$PKI/kubelet.crt"
tlsPrivateKeyFile: "$PKI/kubelet.key"
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: "unix://$CONTAINERD_SOCKET"
resolvConf: "$CONFIG/resolv.conf"
podLogsDir: "$E2E_WORK/pod-logs"
volumePluginDir: "$E2E_WORK/volume-plugins"
evictionHard: {memory.available: 50Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%}
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
enableServer: true
healthzBindAddress: 127.0.0.1
nodeStatusUpdateFrequency: 2s
syncFrequency: 10s
fileCheckFrequency: 60s
serializeImagePulls: false
shutdownGracePeriod: 0s
YAML
}

# masqueradeAll: a pod's answer to another pod comes back through the node even where bridges bypass iptables.
proxy_config() {
  cat >"$CONFIG/proxy.yaml" <<YAML
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
clientConnection: {kubeconfig: "$PKI/proxy.kubeconfig"}
hostnameOverride: $NODE
clusterCIDR: $POD_CIDR
healthzBindAddress: 127.0.0.1:10256
metricsBindAddress: 127.0.0.1:10249
iptables: {masqueradeAll: true, minSyncPeriod: 0s, syncPeriod: 30s}
conntrack: {maxPerCore: 0, min: 0, tcpEstablishedTimeout: 0s, tcpCloseWaitTimeout: 0s, udpTimeout: 0s, udpStreamTimeout: 0s}
YAML
}

make_config() {
  mkdir -p "$CONFIG"
  containerd_config
  cni_config
  kubelet_config
  proxy_config
}
