# shellcheck shell=bash
nodes_and_network() {
  check "all nodes are Ready" k wait --for=condition=Ready nodes --all --timeout=10s
  check "workers have a zone and a rack" is "$(k get nodes "$first" "$second" -o jsonpath='{.items[*].metadata.labels.topology\.kubernetes\.io/zone} {.items[*].metadata.labels.topology\.kubernetes\.io/rack}')" "zone-a zone-b rack-1 rack-2"
  pod left "$first" server >/dev/null
  pod right "$second" server >/dev/null
  k -n test label pod left right group=peers >/dev/null
  check "pods start on both workers" k -n test wait --for=condition=Ready pod left right --timeout=60s
  check "a pod reaches a pod on the other node by address" ask left "$(address right)" right
  check "a pod reaches itself on its node by address" ask right "$(address right)" right
  check "a pod's name in a headless service resolves at once" ask left right.peers.test.svc.cluster.local right
  check "the API's service name resolves and answers" in_pod left 'curl -sk -m 3 https://kubernetes.default/version | grep -q gitVersion'
  k -n test expose pod right --name right --port 8080 >/dev/null
  check "a service answers from another node" within 5 ask left right.test right
  check "a name that does not exist is refused quickly" in_pod left 'start=$(date +%s%N); getent hosts absent.test.svc.cluster.local; [ $(( ($(date +%s%N) - start) / 1000000 )) -lt 500 ]'
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
  check "and leaves pods that it doesn't select alone" ask left "$(address neighbour)" neighbour
  k apply -f - >/dev/null <<'X'
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: allow, namespace: test}
spec:
  podSelector: {matchLabels: {app: server}}
  policyTypes: [Ingress]
  ingress: [{from: [{podSelector: {matchLabels: {app: friend}}}], ports: [{port: 8080}]}]
X
  check "a policy that allows lets a pod of another node in" within 10 ask friend "$(address right)" right
  check "and a pod of the same node" ask neighbour "$(address right)" right
  check "and nobody else" not ask left "$(address right)" right
  k -n test delete networkpolicy deny allow >/dev/null
  check "without policies all is open again" within 10 ask left "$(address right)" right
}
