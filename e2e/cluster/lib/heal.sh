# shellcheck shell=bash
# A cluster that was ready once: is it still? Starts nodes that a test left stopped, and mends links that it left cut.

heal() {
  local node
  for node in $(node_names); do
    [ "$(docker inspect -f '{{.State.Running}}' "$node" 2>/dev/null)" = true ] || { say "starting $node"; node_start "$node" || return 1; }
    if link_is_cut "$node"; then say "mending the link of $node"; link_restore "$node"; fi
  done
  if apiserver_is_stopped; then say "starting the API server"; apiserver_start; fi
  wait_for 30 "the API server" kubectl get --raw /readyz || return 1
  nodes_ready || wait_for 60 "nodes to be ready" nodes_ready || return 1
}

nodes_ready() {
  [ "$(kubectl get nodes -o json | jq '[.items[] | select(any(.status.conditions[]; .type == "Ready" and .status == "True"))] | length')" \
    = "$(node_names | wc -l)" ]
}

status() {
  [ -s "$state/engine-kind" ] || { echo "cluster $name: not here"; return 1; }
  attach
  echo "cluster $name: engine $(cat "$state/engine-kind"), state in $state, KUBECONFIG=$kubeconfig"
  docker ps -a --filter "label=io.x-k8s.kind.cluster=$name" --format '{{.Names}}: {{.Status}}'
  [ ! -s "$kubeconfig" ] || kubectl get nodes
}
