# shellcheck shell=bash
# An evicted pod is marked for deletion; one without a grace period is gone at once.
evicted() {
  local since
  since=$(k -n test get pod "$1" -o jsonpath='{.metadata.deletionTimestamp}' 2>/dev/null) || return 0
  [ -n "$since" ]
}

faults() {
  local restarts
  check "pod-kill ends a pod's main process" cluster pod-kill test right
  check "and the kubelet starts it again" within 20 eval 'restarts=$(k -n test get pod right -o jsonpath="{.status.containerStatuses[0].restartCount}"); [ "$restarts" = 1 ] && ask left "$(address right)" right'
  cluster link-cut "$second"
  check "a cut link: the pods don't reach each other" not ask left "$(address right)" right
  check "the node is not Ready" within 40 node_is "$second" Unknown
  cluster link-restore "$second"
  check "the link restored: the node is Ready" within 40 node_is "$second" True
  pod right2 "$second" server >/dev/null
  check "and its pods are reached" within 30 eval 'ask left "$(address right2)" right2'
  cluster node-kill "$second"
  check "a killed node is not Ready" within 40 node_is "$second" Unknown
  check "and its pods are evicted" within 40 eval 'evicted right2'
  cluster node-start "$second"
  check "the node started: it is Ready" within 60 node_is "$second" True
  check "with its GPUs" within 40 gpus "$second" 4
  k -n test delete pod right2 --force >/dev/null 2>&1
  pod right3 "$second" server >/dev/null
  check "and its new pods are reached over the network" within 40 eval 'ask left "$(address right3)" right3'
  cluster apiserver-stop
  check "the API server is away" not k get nodes --request-timeout=2s
  check "while pods go on" eval 'cluster docker exec "$first" ctr -n k8s.io tasks ls | grep RUNNING'
  check "the API server is started" cluster apiserver-start
  check "and answers" within 20 k get nodes
  cluster node-kill "$second"
  cluster link-cut "$first"
  check "up mends what a test left broken" cluster up
}

killed_half_way() {
  local pid
  setsid "$here/cluster" up --name "$name" >/dev/null 2>&1 &
  pid=$!
  sleep 12
  kill -9 "$pid"
  wait "$pid" 2>/dev/null
  check "down after a killed up" gone
  check "leaves nothing" cluster leftovers
}
