# shellcheck shell=bash
a_bare_api_server() {
  local dir
  dir=$(mktemp -d)
  bare_server=$dir # until it is down
  bare() { "$CAPSTAN_PROGRAMS/kubectl" --kubeconfig "$dir/kubeconfig" "$@"; }
  CAPSTAN_PROGRAMS=${CAPSTAN_CACHE:-$HOME/.cache/capstan}/programs/bin
  check "a bare API server starts" cluster apiserver-up "$dir"
  check "its administrator may do everything" is "$(bare auth can-i '*' '*')" yes
  check "with the scheduler, the controller manager and kwok" cluster apiserver-kwok "$dir"
  check "and simulated nodes" cluster kwok-nodes "$dir" 16 8
  check "each with its GPUs" is "$(bare get nodes -o json | jq '[.items[].status.allocatable["nvidia.com/gpu"] | tonumber] | add')" 128
  bare create deployment simulated --image=none --replicas=20 >/dev/null
  check "pods run there, so to speak" bare rollout status deployment/simulated --timeout=90s
  check "it goes down" cluster apiserver-down "$dir"
  check "and leaves no process" not pgrep -f "$dir/"
  rm -rf "$dir"
  bare_server=
}
