# shellcheck shell=bash
# `up`: from nothing, or from whatever is there, to a cluster that can be used.

up() {
  local workers
  workers=$(cat "$state/workers" 2>/dev/null || echo 2)
  while [ $# -gt 0 ]; do
    case $1 in
      --workers) workers=${2:?}; shift 2 ;;
      --workers=*) workers=${1#*=}; shift ;;
      *) fail "up: $1? It takes --workers N" ;;
    esac
  done
  [[ $workers =~ ^[1-9]$ ]] || fail "--workers $workers: use 1 to 9"
  start_engine
  local key
  build kind kubernetes shared-volumes device-plugin
  if own_engine; then build helm pause etcd coredns containerd network-policy; fi
  key=$(cluster_key "$workers")
  if [ "$(cat "$state/ready" 2>/dev/null)" = "$key" ] && heal; then
    add_ons
    return 0
  fi
  [ ! -s "$state/ready" ] || say "the cluster doesn't answer, or was made from other sources than these: making it anew"
  create_cluster "$workers"
  echo "$key" >"$state/ready"
  add_ons
  say "cluster $name is ready: KUBECONFIG=$kubeconfig"
}

# A cluster made from other sources, or of another size, is made anew.
cluster_key() { { kind_configuration "$1"; if own_engine; then cat "$here/manifests/dns.yaml"; node_image_key; else cat "$state/published-image"; fi; } | digest; }

create_cluster() {
  local image part
  image=$(node_image) || exit 1
  stop_process "$state/kind.pid" "kind create cluster"
  rm -f "$state/ready" "$state/add-ons" "$kubeconfig"
  "$programs/kind" delete cluster -q --name "$name" >/dev/null 2>&1 || true
  rm -rf --one-file-system "${shared:?}"/* # volumes of a cluster that is gone
  say "creating the nodes"
  kind_configuration "$1" >"$state/kind.yaml"
  cp "$here/manifests/audit.yaml" "$state/audit.yaml"
  mkdir -p "$state/patches"
  for part in "${probed_parts[@]}"; do static_pods_patch "$part" >"$state/patches/$part+strategic.yaml"; done
  # One network for all Kind clusters of our engine, with a fixed range: only then may a node keep its address over a restart.
  if own_engine && ! docker network inspect kind >/dev/null 2>&1; then docker network create --subnet 172.30.0.0/16 kind >/dev/null; fi
  "$programs/kind" create cluster --name "$name" --config "$state/kind.yaml" --image "$image" --kubeconfig "$kubeconfig" --retain \
    >"$log/kind.log" 2>&1 &
  echo $! >"$state/kind.pid"
  wait $! || { tail -5 "$log/kind.log" >&2; fail "kind could not create the cluster: see $log/kind.log and '$here/cluster docker logs'"; }
  rm -f "$state/kind.pid"
  if own_engine; then
    forget_old_images "$image"
    kubectl replace -f "$here/manifests/dns.yaml" >/dev/null
    pod_network
  fi
  label_nodes
  echo "$1" >"$state/workers"
}
