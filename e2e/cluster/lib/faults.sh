# shellcheck shell=bash
# Faults, each with its way back. They act from outside of Kubernetes, as faults do.

# A node's machine is switched off: every process is gone at once.
node_kill() { known_node "${1:-}"; docker kill "$1" >/dev/null; }

# The same address as before: the other nodes' routes, and the certificates, name it.
node_start() {
  known_node "${1:-}"
  local address
  address=$(awk -v node="$1" '$1 == node {print $3}' "$state/ranges" 2>/dev/null || true)
  if [ -n "$address" ] && [ "$(docker inspect -f '{{.State.Running}}' "$1")" != true ]; then
    docker network disconnect kind "$1" 2>/dev/null || true
    docker network connect --ip "$address" kind "$1"
  fi
  docker start "$1" >/dev/null
}

# Nothing comes in or goes out of the node's network card, for the node itself and for its pods. No process is touched, and no
# connection is closed: as with a pulled cable, the other side just never answers.
link_cut() {
  known_node "${1:-}"
  ! link_is_cut "$1" || return 0
  docker exec -i "$1" nft -f - <<'X'
table inet link-cut {
  chain in { type filter hook prerouting priority -400; iifname "eth0" drop; }
  chain out { type filter hook postrouting priority 400; oifname "eth0" drop; }
}
X
}
link_restore() { known_node "${1:-}"; ! link_is_cut "$1" || docker exec "$1" nft delete table inet link-cut </dev/null; }
link_is_cut() { docker exec "$1" nft list table inet link-cut </dev/null >/dev/null 2>&1; }

# The API server of the control plane, taken from the kubelet's hands and killed. The other parts of the control plane live on.
apiserver_stop() {
  ! apiserver_is_stopped || return 0
  control_plane_shell 'mv /etc/kubernetes/manifests/kube-apiserver.yaml /etc/kubernetes/kube-apiserver.stopped'
  # The kubelet may have been quicker.
  signal_containers "$name-control-plane" kube-system "kube-apiserver-$name-control-plane" KILL || true
  wait_for 20 "the API server to be gone" apiserver_is_away
}
apiserver_start() {
  ! apiserver_is_stopped || control_plane_shell 'mv /etc/kubernetes/kube-apiserver.stopped /etc/kubernetes/manifests/kube-apiserver.yaml'
  wait_for 60 "the API server" kubectl get --raw /readyz
  # One that was there meanwhile may not look for claims again for more than a minute.
  signal_containers "$name-control-plane" kube-system "$(kubectl -n kube-system get pods -l app=shared-volumes -o jsonpath='{.items[*].metadata.name}')" KILL || true
}
apiserver_is_stopped() { docker exec "$name-control-plane" test -e /etc/kubernetes/kube-apiserver.stopped </dev/null; }
apiserver_is_away() { ! kubectl get --raw /livez; }
control_plane_shell() { docker exec "$name-control-plane" sh -c "$1" </dev/null; }

# pod-kill NAMESPACE POD [SIGNAL]: the main process of each running container of a pod, wherever the pod is.
pod_kill() {
  [ $# -ge 2 ] || fail "pod-kill NAMESPACE POD [SIGNAL]"
  local node hit=
  for node in $(node_names); do
    if signal_containers "$node" "$1" "$2" "${3:-KILL}"; then hit=$node; fi
  done
  [ -n "$hit" ] || fail "no running container of pod $1/$2 on any node"
}

# signal_containers NODE NAMESPACE POD SIGNAL: fails if there was nothing to signal.
signal_containers() {
  # The sandbox's process is left alone: losing it would be another fault, of the whole pod.
  # shellcheck disable=SC2016
  docker exec "$1" sh -c '
    running=$(ctr -n k8s.io tasks ls | awk "\$3 == \"RUNNING\" {print \$1}")
    hit=1
    for container in $(ctr -n k8s.io containers ls -q "labels.\"io.kubernetes.pod.namespace\"==$1,labels.\"io.kubernetes.pod.name\"==$2,labels.\"io.cri-containerd.kind\"==container"); do
      case " $(echo $running) " in *" $container "*) ctr -n k8s.io tasks kill -s "SIG${3#SIG}" "$container" && hit=0 ;; esac
    done
    exit $hit' sh "$2" "$3" "$4" </dev/null 2>/dev/null
}
