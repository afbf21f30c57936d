# Certificates and kubeconfigs of the cluster, made anew at each start. Sourced by cluster.sh.

PKI="$E2E_WORK/pki"

make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj "/CN=schemalift-e2e" \
    -keyout "$PKI/ca.key" -out "$PKI/ca.crt" 2>/dev/null
}

# certificate NAME SUBJECT [SUBJECT_ALTERNATIVE_NAMES]: good for a client and, with names, for a server.
certificate() {
  local name=$1 subject=$2 names=${3:-} extensions="extendedKeyUsage=clientAuth"
  [ -z "$names" ] || extensions="extendedKeyUsage=clientAuth,serverAuth"$'\n'"subjectAltName=$names"
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "$subject" \
    -keyout "$PKI/$name.key" -out "$PKI/$name.csr" 2>/dev/null
  openssl x509 -req -in "$PKI/$name.csr" -CA "$PKI/ca.crt" -CAkey "$PKI/ca.key" -set_serial "0x$(openssl rand -hex 8)" \
    -days 365 -extfile <(echo "$extensions") -out "$PKI/$name.crt" 2>/dev/null
}

# kubeconfig NAME FILE: who holds this certificate, against this cluster.
kubeconfig() {
  cat >"$2" <<YAML
apiVersion: v1
kind: Config
clusters:
- name: e2e
  cluster: {server: "https://$NODE_IP:$API_PORT", certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")}
users:
- name: $1
  user: {client-certificate-data: $(base64 -w0 "$PKI/$1.crt"), client-key-data: $(base64 -w0 "$PKI/$1.key")}
contexts:
- name: e2e
  context: {cluster: e2e, user: $1}
current-context: e2e
YAML
}

make_pki() {
  local name
  umask 077
  mkdir -p "$PKI"
  make_ca
  certificate apiserver "/CN=kube-apiserver" \
    "IP:$NODE_IP,IP:$SERVICE_IP,IP:127.0.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local"
  certificate kubelet "/O=system:nodes/CN=system:node:$NODE" "IP:$NODE_IP,DNS:$NODE"
  certificate kubelet-client "/O=system:masters/CN=kube-apiserver-kubelet-client"
  certificate controller-manager "/CN=system:kube-controller-manager"
  certificate scheduler "/CN=system:kube-scheduler"
  certificate proxy "/CN=system:kube-proxy"
  certificate admin "/O=system:masters/CN=e2e-admin"
  openssl genrsa -out "$PKI/service-account.key" 2048 2>/dev/null
  openssl rsa -in "$PKI/service-account.key" -pubout -out "$PKI/service-account.pub" 2>/dev/null
  for name in kubelet controller-manager scheduler proxy; do
    kubeconfig "$name" "$PKI/$name.kubeconfig"
  done
  kubeconfig admin "$E2E_WORK/kubeconfig"
  umask 022
}
