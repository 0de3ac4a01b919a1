#!/bin/bash
# Proves what the cluster promises, on a cluster of its own, and takes it away again. Ends with the line "N passed, N failed".
#
#   selftest.sh [NAME]           NAME is selftest unless said otherwise; nothing of it is left, its engine's images neither
#   selftest.sh NAME --keep      the cluster stays, for whoever needs one: he takes it away, and sees to it that nothing is left
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
name=${1:-selftest} keep=${2:-}
cluster() { "$here/cluster" "$1" --name "$name" "${@:2}"; }
k() { cluster kubectl "$@"; }
passed=0 failed=0

# Who is ended takes away what he brought up.
tidy() {
  [ -z "${bare_server:-}" ] || cluster apiserver-down "$bare_server"
  gone
}
gone() { if [ "$keep" = --keep ]; then cluster down; else cluster down --purge; fi; }
trap 'trap "" TERM INT; tidy >/dev/null 2>&1; exit 143' TERM INT

check() { # check SENTENCE COMMAND...
  local start=$SECONDS output
  if output=$("${@:2}" 2>&1); then
    passed=$((passed + 1)); echo "ok    $1 ($((SECONDS - start)) s)"
  else
    failed=$((failed + 1)); echo "FAIL  $1 ($((SECONDS - start)) s)"; printf '%s\n' "$output" | tail -15 | sed 's/^/      | /'
  fi
}
within() { # within SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $end ] || { echo "not within its time: $*"; "$@"; return 1; }; sleep 0.3; done
}
not() { ! "$@"; }
is() { [ "$1" = "$2" ] || { echo "expected '$2', got '$1'"; return 1; }; }

pod() { # pod NAME NODE LABEL [EXTRA-CONTAINER-YAML] [VOLUMES-YAML]
  k apply -f - <<X
apiVersion: v1
kind: Pod
metadata: {name: $1, namespace: test, labels: {app: $3}}
spec:
  nodeSelector: {kubernetes.io/hostname: $2}
  hostname: $1
  subdomain: peers
  terminationGracePeriodSeconds: 0
  securityContext: {runAsUser: 65532, runAsGroup: 65532, runAsNonRoot: true}
  ${5:-}
  containers:
  - name: main
    image: capstan/toolbox:dev
    command: [bash, -c, 'while true; do echo hello from $1 | nc -l -N -p 8080; done']
    ${4:-}
X
}
in_pod() { k -n test exec "$1" -- bash -c "$2"; }
ask() { is "$(in_pod "$1" "timeout 3 nc -w 2 $2 8080 </dev/null")" "hello from $3"; }
# A pod is Ready before its server listens, and the endpoint controller takes a second when it has to look twice.
reaches() { within 10 ask "$@"; } # reaches POD ADDRESS NAME
address() { k -n test get pod "$1" -o jsonpath='{.status.podIP}'; }
node_is() { is "$(k get node "$1" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')" "$2"; }
gpus() { is "$(k get node "$1" -o jsonpath='{.status.allocatable.nvidia\.com/gpu}')" "$2"; }
phase() { is "$(k -n test get pod "$1" -o jsonpath='{.status.phase}')" "$2"; }
# shellcheck source=/dev/null
for part in "$here"/selftest/*.sh; do . "$part"; done

first=$name-worker
second=$name-worker2
killed_half_way
start=$SECONDS
check "a cluster comes up" cluster up
echo "      up took $((SECONDS - start)) s"
start=$SECONDS
check "up again changes nothing" cluster up
echo "      up again took $((SECONDS - start)) s"
check "the toolbox image is made and loaded" cluster toolbox
k create namespace test >/dev/null
k create service clusterip peers --clusterip=None --dry-run=client -n test -o yaml --tcp=8080 \
  | sed 's/app: peers/group: peers/; s/^spec:/spec:\n  publishNotReadyAddresses: true/' | k apply -f - >/dev/null

nodes_and_network
volumes
network_policy
gpu_devices
faults
a_bare_api_server
if [ "$keep" = --keep ]; then
  check "what was tried out goes" k delete namespace test --timeout=60s
else
  check "down takes it away" cluster down --purge
  check "and leaves nothing" cluster leftovers
fi
echo "$passed passed, $failed failed"
[ $failed = 0 ]
