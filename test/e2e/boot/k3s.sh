#!/bin/bash
# Stands in for K3s, which is in no package registry: its store, its API server and kubectl, with the files and
# the flags that K3s gives them (pkg/daemons/control/deps/deps.go of v1.36). No kubelet and no controllers.
set -euo pipefail
parts=/usr/libexec/flotilla-test
server=/var/lib/rancher/k3s/server
tls=$server/tls
config=/etc/rancher/k3s/config.yaml
kubeconfig=/etc/rancher/k3s/k3s.yaml

case ${1:-} in
  kubectl) exec "$parts/kubectl" --kubeconfig "$kubeconfig" "${@:2}" ;;
  server) ;;
  *) echo "stand-in: unknown command: $*" && exit 1 ;;
esac

# One line of the configuration is a key and its value as JSON.
setting() { sed -n "s/^$1: //p" "$config" | jq --raw-output 'if type == "array" then .[] else . end'; }

# K3s: "unable to select an IP from default routes".
interface=$(ip -json -4 route show default | jq --raw-output 'sort_by(.metric // 0)[0].dev // empty')
[ -n "$interface" ] || { echo "stand-in: no default routes found"; exit 1; }
address=$(ip -json -4 address show dev "$interface" | jq --raw-output '.[0].addr_info[0].local')
echo "stand-in: K3s of node $(setting node-name) at $address of $interface"

# name authority subject usage [alternative names]: a pair that is valid for 90 more days is kept.
leaf() {
  openssl x509 -noout -checkend 7776000 -in "$tls/$1.crt" >/dev/null 2>&1 && return
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 365 -subj "$3" \
    -CA "$tls/$2.crt" -CAkey "$tls/$2.key" -keyout "$tls/$1.key" -out "$tls/$1.crt.new" \
    -addext basicConstraints=critical,CA:FALSE -addext keyUsage=critical,digitalSignature \
    -addext "extendedKeyUsage=$4" ${5:+-addext "subjectAltName=$5"} 2>/dev/null
  cat "$tls/$2.crt" >>"$tls/$1.crt.new"
  mv "$tls/$1.crt.new" "$tls/$1.crt"
}
names=$({ setting node-name && setting tls-san && echo "$address"; } |
  sed -E 's/^([0-9.]+)$/IP:\1/; t; s/^/DNS:/' | paste -sd,)
own=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:kubernetes.default.svc.cluster.local
leaf serving-kube-apiserver server-ca /CN=kube-apiserver serverAuth \
  "$own,DNS:localhost,IP:127.0.0.1,IP:10.43.0.1,$names"
leaf client-admin client-ca /O=system:masters/CN=system:admin clientAuth
leaf client-auth-proxy request-header-ca /CN=system:auth-proxy clientAuth

mkdir -p "$server/cred" "$server/db"
encryption=$server/cred/encryption-config.json
[ -s "$encryption" ] || (
  umask 077
  key=$(head -c 32 /dev/urandom | base64)
  jq --null-input --arg key "$key" '{apiVersion: "apiserver.config.k8s.io/v1", kind: "EncryptionConfiguration",
    resources: [{resources: ["secrets"], providers: [{aescbc: {keys: [{name: "aescbckey", secret: $key}]}},
      {identity: {}}]}]}' >"$encryption.new"
  mv "$encryption.new" "$encryption"
)
cat >"$kubeconfig.new" <<YAML
{"apiVersion": "v1", "kind": "Config", "current-context": "default",
 "clusters": [{"name": "default", "cluster": {"server": "https://127.0.0.1:6443",
   "certificate-authority": "$tls/server-ca.crt"}}],
 "users": [{"name": "default", "user": {"client-certificate": "$tls/client-admin.crt",
   "client-key": "$tls/client-admin.key"}}],
 "contexts": [{"name": "default", "context": {"cluster": "default", "user": "default"}}]}
YAML
chmod 600 "$kubeconfig.new"
mv "$kubeconfig.new" "$kubeconfig"

# For the cases that are not about the API.
if [ ! -e "$parts/with-api" ]; then
  systemd-notify --ready
  trap 'exit 0' TERM
  while :; do sleep 3600 & wait; done
fi

# In K3s these are one process: they end with it.
socket=$server/kine.sock
rm -f "$socket"
store=sqlite://$server/db/state.db
setpriv --pdeathsig KILL "$parts/kine" --listen-address "unix://$socket" --metrics-bind-address 0 \
  --endpoint "$store?_journal=WAL&cache=shared&_busy_timeout=30000&_txlock=immediate" &
kine=$!
until [ -S "$socket" ]; do
  kill -0 "$kine"
  sleep 1
done
mapfile -t more < <(setting kube-apiserver-arg | sed 's/^/--/')
clients=()
[[ " ${more[*]} " == *" --client-ca-file="* ]] || clients=("--client-ca-file=$tls/client-ca.crt")
# Garbage collection takes a third of the start on an emulated machine.
GOGC=off GOMEMLIMIT=1200MiB setpriv --pdeathsig KILL "$parts/kube-apiserver" "--etcd-servers=unix://$socket" --bind-address=0.0.0.0 \
  --secure-port=6443 --advertise-address=192.0.2.1 --endpoint-reconciler-type=none --authorization-mode=Node,RBAC \
  --enable-admission-plugins=NodeRestriction --anonymous-auth=false --service-cluster-ip-range=10.43.0.0/16 \
  "--tls-cert-file=$tls/serving-kube-apiserver.crt" "--tls-private-key-file=$tls/serving-kube-apiserver.key" \
  "${clients[@]}" "--requestheader-client-ca-file=$tls/request-header-ca.crt" \
  --requestheader-allowed-names=system:auth-proxy --requestheader-extra-headers-prefix=X-Remote-Extra- \
  --requestheader-group-headers=X-Remote-Group --requestheader-username-headers=X-Remote-User \
  "--proxy-client-cert-file=$tls/client-auth-proxy.crt" "--proxy-client-key-file=$tls/client-auth-proxy.key" \
  --service-account-issuer=https://kubernetes.default.svc.cluster.local \
  "--service-account-key-file=$tls/service.key" "--service-account-signing-key-file=$tls/service.key" \
  "--encryption-provider-config=$encryption" "${more[@]}" &
apiserver=$!
# Stops the API server first: without its store it hangs.
trap 'kill "$apiserver"; wait "$apiserver"; kill "$kine"; exit 0' TERM

ready() {
  curl --silent --fail --max-time 10 --cacert "$tls/server-ca.crt" --cert "$tls/client-admin.crt" \
    --key "$tls/client-admin.key" --output /dev/null https://127.0.0.1:6443/readyz
}
until ready; do
  kill -0 "$apiserver"
  sleep 1
done
systemd-notify --ready
for manifest in "$server"/manifests/*.yaml; do
  until "$parts/kubectl" --kubeconfig "$kubeconfig" apply --server-side --force-conflicts --filename "$manifest"; do
    sleep 2
  done
done
wait -n "$apiserver" "$kine"
exit 1
