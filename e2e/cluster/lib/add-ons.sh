# shellcheck shell=bash
# What the nodes have besides Kubernetes: labels, storage, GPUs, network policy.

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
  local key addition additions=(storage gpus) rollouts=(deployment/coredns deployment/shared-volumes daemonset/device-plugin)
  if own_engine; then
    additions+=(network-policy)
    rollouts+=(daemonset/network-policy)
  fi
  key=$({ for addition in "${additions[@]}"; do cat "$here/manifests/$addition.yaml"; done; readlink "$programs/shared-volumes" "$programs/device-plugin"; } | digest)
  [ "$(cat "$state/add-ons" 2>/dev/null)" != "$key" ] || return 0
  say "adding storage, GPUs and network policy"
  static_image capstan/shared-volumes:dev "$programs/shared-volumes" /shared-volumes
  static_image capstan/device-plugin:dev "$programs/device-plugin" /device-plugin
  load_images control-plane capstan/shared-volumes:dev
  load_images workers capstan/device-plugin:dev
  kubectl delete storageclass standard --ignore-not-found >/dev/null # Kind's own, on the published image
  for addition in "${additions[@]}"; do
    # The images keep their tags when they change; the key, in an annotation, makes the pods anew.
    sed "s/@KEY@/$key/" "$here/manifests/$addition.yaml" | kubectl apply -f - >/dev/null
  done
  kubectl -n kube-system scale deployment/coredns --replicas=1 >/dev/null
  wait_for 90 "the nodes to be ready" nodes_ready || exit 1
  for addition in "${rollouts[@]}"; do
    command "$programs/kubectl" --kubeconfig "$kubeconfig" -n kube-system rollout status "$addition" --timeout=120s >/dev/null \
      || fail "$addition does not become ready: see '$here/cluster kubectl -n kube-system describe $addition'"
  done
  echo "$key" >"$state/add-ons"
}
