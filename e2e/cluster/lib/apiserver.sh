# shellcheck shell=bash
# A real API server without nodes: etcd and kube-apiserver on loopback, each DIR its own. For tests of validation, server-side apply,
# races and operators that are killed. DIR holds certificates, data, logs, process ids, ports and the admin's kubeconfig.

apiserver_up() {
  local dir=${1:?apiserver-up DIR} start=$SECONDS try
  need openssl=openssl ss=iproute2 >&2
  build etcd kubernetes
  mkdir -p "$dir"
  dir=$(realpath "$dir")
  if live "$dir/kube-apiserver.pid" "$dir" >/dev/null && apiserver_ready "$dir"; then return 0; fi
  stop_servers "$dir"
  rm -rf "$dir/etcd" "$dir/pki"
  certificates "$dir"
  # A port that is free now may be taken a moment later.
  for try in 1 2 3; do
    if start_servers "$dir"; then
      say "API server in $((SECONDS - start)) s: KUBECONFIG=$dir/kubeconfig"
      return 0
    fi
    stop_servers "$dir"
  done
  fail "etcd or kube-apiserver did not become ready: see $dir/etcd.log and $dir/kube-apiserver.log"
}

apiserver_down() {
  local dir=${1:?apiserver-down DIR}
  [ -d "$dir" ] || return 0
  dir=$(realpath "$dir")
  stop_servers "$dir"
  rm -rf "$dir/etcd" "$dir/pki" "$dir"/*.log "$dir"/*.pid "$dir/kubeconfig" "$dir/kwok.yaml"
  rmdir "$dir" 2>/dev/null || true
}

stop_servers() {
  local program
  # The API server waits for its clients to leave; its data is thrown away, so nobody needs that.
  for program in kwok kube-scheduler kube-controller-manager kube-apiserver etcd; do stop_process "$1/$program.pid" "$1" 0; done
}

# server DIR PROGRAM ARGUMENT...: a detached process with its log and id in DIR. Garbage is collected a quarter as often as usual: processors are
# scarcer here than memory.
server() {
  local dir=$1 program=$2
  shift 2
  GOGC=${GOGC:-400} setsid "$programs/$program" "$@" </dev/null >"$dir/$program.log" 2>&1 &
  echo $! >"$dir/$program.pid"
}

start_servers() {
  local dir=$1 ports
  mapfile -t ports < <(free_ports 3)
  rm -rf "$dir/etcd"
  # No fsync: the data is worth nothing after a crash of the machine. A crash of etcd alone loses nothing.
  server "$dir" etcd --data-dir="$dir/etcd" --unsafe-no-fsync --log-level=warn \
    --listen-client-urls="http://127.0.0.1:${ports[0]}" --advertise-client-urls="http://127.0.0.1:${ports[0]}" \
    --listen-peer-urls="http://127.0.0.1:${ports[1]}" --initial-advertise-peer-urls="http://127.0.0.1:${ports[1]}" \
    --initial-cluster="default=http://127.0.0.1:${ports[1]}"
  # Without nodes there are no endpoints of the service `kubernetes` to keep, and a loopback address may not be one.
  # shellcheck disable=SC2086 # several arguments
  server "$dir" kube-apiserver --etcd-servers="http://127.0.0.1:${ports[0]}" --bind-address=127.0.0.1 --secure-port="${ports[2]}" \
    --advertise-address=127.0.0.1 --endpoint-reconciler-type=none --service-cluster-ip-range=10.96.0.0/16 \
    --authorization-mode=Node,RBAC --allow-privileged=true --client-ca-file="$dir/pki/ca.crt" \
    --tls-cert-file="$dir/pki/apiserver.crt" --tls-private-key-file="$dir/pki/apiserver.key" \
    --service-account-issuer=https://kubernetes.default.svc --service-account-key-file="$dir/pki/sa.key" \
    --service-account-signing-key-file="$dir/pki/sa.key" --shutdown-delay-duration=0s ${APISERVER_ARGUMENTS:-}
  write_kubeconfig "$dir" "${ports[2]}"
  wait_for 40 "the API server" apiserver_ready_or_dead "$dir" && apiserver_ready "$dir"
}
apiserver_ready() { command "$programs/kubectl" --kubeconfig "$1/kubeconfig" --request-timeout=2s get --raw /readyz >/dev/null 2>&1; }
apiserver_ready_or_dead() {
  apiserver_ready "$1" || ! live "$1/kube-apiserver.pid" "$1" || ! live "$1/etcd.pid" "$1"
}

# free_ports COUNT: below the range that outgoing connections take theirs from.
free_ports() {
  local used
  used=$(ss -Htan | awk '{print $4}' | sed 's/.*://' | sort -u)
  shuf -i 20000-32000 | grep -vxF -f <(echo "${used:-none}") | head -"$1"
}

# A certificate authority, the server's certificate, and the administrator's (in the group that may do everything).
certificates() {
  local pki=$1/pki
  mkdir -p "$pki"
  local curve=(-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes)
  {
    openssl req -x509 "${curve[@]}" -keyout "$pki/ca.key" -out "$pki/ca.crt" -days 30 -subj /CN=capstan-test
    certificate "$pki" apiserver /CN=kube-apiserver \
      'subjectAltName=IP:127.0.0.1,IP:10.96.0.1,DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc'
    certificate "$pki" admin /O=system:masters/CN=admin extendedKeyUsage=clientAuth
    openssl ecparam -name prime256v1 -genkey -noout -out "$pki/sa.key"
  } >"$1/pki.log" 2>&1 || fail "openssl could not make certificates: see $1/pki.log"
}
certificate() { # certificate PKI NAME SUBJECT EXTENSION
  openssl req "${curve[@]}" -keyout "$1/$2.key" -out "$1/$2.csr" -subj "$3"
  openssl x509 -req -in "$1/$2.csr" -CA "$1/ca.crt" -CAkey "$1/ca.key" -CAcreateserial -out "$1/$2.crt" -days 30 -extfile <(echo "$4")
}

write_kubeconfig() {
  cat >"$1/kubeconfig" <<X
apiVersion: v1
kind: Config
current-context: admin
clusters: [{name: capstan-test, cluster: {server: "https://127.0.0.1:$2", certificate-authority-data: $(base64 -w0 "$1/pki/ca.crt")}}]
users: [{name: admin, user: {client-certificate-data: $(base64 -w0 "$1/pki/admin.crt"), client-key-data: $(base64 -w0 "$1/pki/admin.key")}}]
contexts: [{name: admin, context: {cluster: capstan-test, user: admin}}]
X
}
