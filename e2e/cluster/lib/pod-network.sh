# shellcheck shell=bash
# The network between pods of our own node image; the published one brings its own.

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
