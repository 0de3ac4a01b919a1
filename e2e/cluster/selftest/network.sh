# shellcheck shell=bash
nodes_and_network() {
  check "all nodes are Ready" k wait --for=condition=Ready nodes --all --timeout=10s
  check "workers have a zone and a rack" is "$(k get nodes "$first" "$second" -o jsonpath='{.items[*].metadata.labels.topology\.kubernetes\.io/zone} {.items[*].metadata.labels.topology\.kubernetes\.io/rack}')" "zone-a zone-b rack-1 rack-2"
  pod left "$first" server >/dev/null
  pod right "$second" server >/dev/null
  k -n test label pod left right group=peers >/dev/null
  check "pods start on both workers" k -n test wait --for=condition=Ready pod left right --timeout=60s
  check "a pod reaches a pod on the other node by address" reaches left "$(address right)" right
  check "a pod reaches itself on its node by address" reaches right "$(address right)" right
  check "a pod's name in a headless service resolves" reaches left right.peers.test.svc.cluster.local right
  check "the API's service name resolves and answers" within 15 in_pod left 'curl -sk -m 3 https://kubernetes.default/version | grep -q gitVersion'
  k -n test expose pod right --name right --port 8080 >/dev/null
  check "a service answers from another node" reaches left right.test right
  # A resolver that waits for an answer that doesn't come waits 5 s.
  check "a name that does not exist is refused without a wait" within 15 in_pod left 'start=$SECONDS; ! getent hosts absent.test.svc.cluster.local && [ $((SECONDS - start)) -lt 4 ]'
  check "logs are read through the API" k -n test logs left
}

network_policy() {
  k apply -f - >/dev/null <<'X'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny, namespace: test}
spec: {podSelector: {matchLabels: {app: server}}, policyTypes: [Ingress]}
X
  pod friend "$first" friend >/dev/null
  pod neighbour "$second" friend >/dev/null
  k -n test wait --for=condition=Ready pod friend neighbour --timeout=60s >/dev/null
  check "a policy that denies blocks a pod of another node" within 10 not ask friend "$(address right)" right
  check "and a pod of the same node" not ask neighbour "$(address right)" right
  check "and through a service" not ask friend right.test right
  check "and leaves pods that it doesn't select alone" reaches left "$(address neighbour)" neighbour
  k apply -f - >/dev/null <<'X'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow, namespace: test}
spec:
  podSelector: {matchLabels: {app: server}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: friend}}}], ports: [{port: 8080}]}]
X
  check "a policy that allows lets a pod of another node in" reaches friend "$(address right)" right
  check "and a pod of the same node" reaches neighbour "$(address right)" right
  check "and nobody else" not ask left "$(address right)" right
  k -n test delete networkpolicy deny allow >/dev/null
  check "without policies all is open again" reaches left "$(address right)" right
}
