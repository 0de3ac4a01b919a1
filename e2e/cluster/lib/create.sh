# shellcheck shell=bash
# `up`: from nothing, or from whatever is there, to a cluster that can be used.

up() {
  local workers=2
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
  add_ons
  echo "$key" >"$state/ready"
  say "cluster $name is ready: KUBECONFIG=$kubeconfig"
}

# A cluster made from other sources, or of another size, is made anew.
cluster_key() { { kind_configuration "$1"; if own_engine; then cat "$here/manifests/dns.yaml"; node_image_key; else cat "$state/published-image"; fi; } | digest; }

create_cluster() {
  local image
  image=$(node_image) || exit 1
  stop_process "$state/kind.pid" "kind create cluster"
  rm -f "$state/ready" "$kubeconfig"
  "$programs/kind" delete cluster -q --name "$name" >/dev/null 2>&1 || true
  rm -rf --one-file-system "${shared:?}"/* # volumes of a cluster that is gone
  say "creating the nodes"
  kind_configuration "$1" >"$state/kind.yaml"
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
}

kind_configuration() {
  local worker
  cat <<X
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
X
  if own_engine; then
    cat <<X
networking:
  disableDefaultCNI: true # see pod_network
  apiServerAddress: $(api_address)
  apiServerPort: 6443
X
  fi
  cat <<X
kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  nodeStatusUpdateFrequency: 4s
  nodeLeaseDurationSeconds: 16 # renewed every 4 s
  failCgroupV1: false
$(if own_engine; then echo "  cgroupRoot: /"; fi)
kubeadmConfigPatchesJSON6902:
# A lost node is noticed after 16 s and its pods are evicted 10 s later, so that tests of lost nodes don't take minutes. A busy machine
# must not make the control plane restart: it waits for no disk, and has no leader to lose.
- group: kubeadm.k8s.io
  version: v1beta4
  kind: ClusterConfiguration
  patch: |
    - {op: add, path: /controllerManager/extraArgs/-, value: {name: node-monitor-grace-period, value: 16s}}
    - {op: add, path: /controllerManager/extraArgs/-, value: {name: node-monitor-period, value: 2s}}
    - {op: add, path: /controllerManager/extraArgs/-, value: {name: node-eviction-rate, value: "1"}}
    - {op: add, path: /controllerManager/extraArgs/-, value: {name: leader-elect, value: "false"}}
    - {op: add, path: /scheduler/extraArgs, value: [{name: leader-elect, value: "false"}]}
    - {op: add, path: /etcd, value: {local: {dataDir: /var/lib/etcd, extraArgs: [{name: unsafe-no-fsync, value: "true"}]}}}
    - {op: add, path: /apiServer/extraArgs/-, value: {name: default-not-ready-toleration-seconds, value: "10"}}
    - {op: add, path: /apiServer/extraArgs/-, value: {name: default-unreachable-toleration-seconds, value: "10"}}
nodes:
- role: control-plane
  extraMounts: &mounts
  - {hostPath: $shared, containerPath: /shared}
X
  for worker in $(seq "$1"); do
    printf -- '- role: worker # %s\n  extraMounts: *mounts\n' "$worker"
  done
}

# Pods of our own nodes: each node has a range of addresses, and a route to each other node's.
pod_network() {
  local node range address other other_range other_address
  wait_for 30 "the nodes' pod ranges" node_ranges
  node_ranges >"$state/ranges"
  while read -r node range address; do
    docker exec -i "$node" tee /etc/cni/net.d/10-capstan.conflist >/dev/null <<X
{"cniVersion": "1.0.0", "name": "capstan", "plugins": [
  {"type": "ptp", "ipMasq": false, "ipam": {"type": "host-local", "dataDir": "/run/cni-addresses", "routes": [{"dst": "0.0.0.0/0"}],
    "ranges": [[{"subnet": "$range"}]]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
X
    # pod-network.service writes the routes anew whenever the node starts.
    while read -r other other_range other_address; do
      [ "$other" = "$node" ] || echo "route replace $other_range via $other_address"
    done <"$state/ranges" | docker exec -i "$node" tee /etc/pod-routes >/dev/null
    docker exec "$node" systemctl restart pod-network </dev/null
  done <"$state/ranges"
}

# NODE RANGE ADDRESS, a line for each node; fails while one lacks its range.
node_ranges() {
  kubectl get nodes -o json | jq -er '.items | if all(.spec.podCIDR) then .[] else error("not yet") end
    | [.metadata.name, .spec.podCIDR, (.status.addresses[] | select(.type == "InternalIP").address)] | join(" ")'
}

# Two zones with a rack each, and what a GPU node is labelled with.
label_nodes() {
  local node number=0
  while read -r node; do
    case $node in *-control-plane) continue ;; esac
    kubectl label node "$node" --overwrite topology.kubernetes.io/zone="zone-$( ((number % 2)) && echo b || echo a)" \
      topology.kubernetes.io/rack="rack-$((number % 2 + 1))" nvidia.com/gpu.product=Simulated >/dev/null
    number=$((number + 1))
  done < <(node_names)
}

# What runs in the cluster besides Kubernetes: applied again when its sources change.
add_ons() {
  local key
  key=$({ files_digest "$here"/manifests/{storage,gpus,network-policy}.yaml; readlink "$programs/shared-volumes" "$programs/device-plugin"; cat "$state/engine-kind"; } | digest)
  [ "$(cat "$state/add-ons" 2>/dev/null)" != "$key$(digest <"$kubeconfig")" ] || return 0
  say "adding storage, GPUs and network policy"
  static_image capstan/shared-volumes:dev "$programs/shared-volumes" /shared-volumes
  static_image capstan/device-plugin:dev "$programs/device-plugin" /device-plugin
  load_images control-plane capstan/shared-volumes:dev
  load_images workers capstan/device-plugin:dev
  kubectl delete storageclass standard --ignore-not-found >/dev/null # Kind's own, on the published image
  kubectl apply -f "$here/manifests/storage.yaml" -f "$here/manifests/gpus.yaml" >/dev/null
  if own_engine; then
    kubectl apply -f "$here/manifests/network-policy.yaml" >/dev/null
  fi
  kubectl -n kube-system scale deployment/coredns --replicas=1 >/dev/null
  kubectl wait --for=condition=Ready nodes --all --timeout=90s >/dev/null
  local rollout
  for rollout in deployment/coredns deployment/shared-volumes daemonset/device-plugin $(if own_engine; then echo daemonset/network-policy; fi); do
    command "$programs/kubectl" --kubeconfig "$kubeconfig" -n kube-system rollout status "$rollout" --timeout=120s >/dev/null || fail "$rollout does not become ready: see '$here/cluster kubectl -n kube-system describe $rollout'"
  done
  echo "$key$(digest <"$kubeconfig")" >"$state/add-ons"
}
