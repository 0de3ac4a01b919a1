# shellcheck shell=bash
# Simulated scale: the real control plane, and nodes and pods that kwok only pretends to run.

apiserver_kwok() {
  local dir=${1:?apiserver-kwok DIR}
  apiserver_up "$dir"
  dir=$(realpath "$dir")
  build kwok
  local common=(--kubeconfig="$dir/kubeconfig" --authentication-kubeconfig="$dir/kubeconfig" --authorization-kubeconfig="$dir/kubeconfig"
    --leader-elect=false --bind-address=127.0.0.1)
  local ports
  mapfile -t ports < <(free_ports 3)
  # No endpoints: nobody asks for simulated workers by name, and for each of their changes all of a gang's were written anew.
  # shellcheck disable=SC2086 # several arguments
  live "$dir/kube-controller-manager.pid" "$dir" >/dev/null || server "$dir" kube-controller-manager "${common[@]}" \
    --secure-port="${ports[0]}" --service-account-private-key-file="$dir/pki/sa.key" --root-ca-file="$dir/pki/ca.crt" \
    --use-service-account-credentials=false --kube-api-qps=500 --kube-api-burst=1000 --node-monitor-grace-period=60s \
    --controllers='*,-nodeipam,-bootstrapsigner,-tokencleaner,-endpoint,-endpointslice,-endpointslicemirroring' ${CONTROLLER_MANAGER_ARGUMENTS:-}
  # shellcheck disable=SC2086 # several arguments
  live "$dir/kube-scheduler.pid" "$dir" >/dev/null || server "$dir" kube-scheduler "${common[@]}" --secure-port="${ports[1]}" \
    --kube-api-qps=500 --kube-api-burst=1000 ${SCHEDULER_ARGUMENTS:-}
  kwok_settings >"$dir/kwok.yaml"
  kwok_stages >>"$dir/kwok.yaml"
  if [ -n "${KWOK_STAGES:-}" ]; then { echo ---; cat "$KWOK_STAGES"; } >>"$dir/kwok.yaml"; fi
  live "$dir/kwok.pid" "$dir" >/dev/null || server "$dir" kwok --kubeconfig="$dir/kubeconfig" --config="$dir/kwok.yaml" \
    --manage-all-nodes=false --manage-nodes-with-annotation-selector=kwok.x-k8s.io/node=fake \
    --node-lease-duration-seconds=120 --server-address="127.0.0.1:${ports[2]}"
  wait_for 90 "the controller manager" default_service_account "$dir"
  wait_for 90 "the scheduler" curl -skf "https://127.0.0.1:${ports[1]}/healthz" || fail "see $dir/kube-scheduler.log"
}

# One process plays all kubelets, which in truth start pods side by side.
kwok_settings() {
  cat <<'X_'
apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options: {podPlayStageParallelism: 64, nodePlayStageParallelism: 8, nodeLeaseParallelism: 8}
X_
}

# How a simulated node becomes ready and stays so, and how its pods start, complete and go: the stages that kwok's own module brings.
kwok_stages() {
  local stages file
  stages=$(cd "$here/programs/kwok" && go mod download sigs.k8s.io/kwok && go list -m -f '{{.Dir}}' sigs.k8s.io/kwok)/kustomize/stage
  for file in node/fast/node-initialize node/heartbeat-with-lease/node-heartbeat-with-lease pod/fast/pod-ready pod/fast/pod-complete \
    pod/fast/pod-delete; do
    echo ---
    cat "$stages/$file.yaml"
  done
}

default_service_account() { command "$programs/kubectl" --kubeconfig "$1/kubeconfig" -n default get serviceaccount default; }

# kwok-nodes DIR COUNT GPUS: nodes kwok-0 ..., eight to a rack, four racks to a zone.
kwok_nodes() {
  local dir=${1:?kwok-nodes DIR COUNT GPUS} count=${2:?COUNT} gpus=${3:?GPUS}
  for n in $(seq 0 $((count - 1))); do
    cat <<X
---
apiVersion: v1
kind: Node
metadata:
  name: kwok-$n
  annotations: {kwok.x-k8s.io/node: fake, node.alpha.kubernetes.io/ttl: "0"}
  labels:
    kubernetes.io/hostname: kwok-$n
    kubernetes.io/os: linux
    kubernetes.io/arch: amd64
    topology.kubernetes.io/zone: zone-$((n / 32))
    topology.kubernetes.io/rack: rack-$((n / 8))
    nvidia.com/gpu.product: Simulated
status:
  allocatable: &a {cpu: "64", memory: 512Gi, pods: "110", nvidia.com/gpu: "$gpus"}
  capacity: *a
X
  done | command "$programs/kubectl" --kubeconfig "$dir/kubeconfig" apply --server-side --force-conflicts -f - >/dev/null
  wait_for 120 "$count simulated nodes to be ready" kwok_ready "$dir" "$count"
}
kwok_ready() {
  [ "$(command "$programs/kubectl" --kubeconfig "$1/kubeconfig" get nodes -o json \
    | jq '[.items[] | select(.metadata.annotations["kwok.x-k8s.io/node"] and any(.status.conditions[]?; .type == "Ready" and .status == "True"))] | length')" -ge "$2" ]
}
