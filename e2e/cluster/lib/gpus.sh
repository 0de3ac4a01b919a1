# shellcheck shell=bash
# The health of simulated GPUs.

# gpu-health NODE INDEX Healthy|Unhealthy: the device plugin of that node reads the file within a quarter of a second.
gpu_health() {
  known_node "${1:-}"
  [[ ${2:-} =~ ^[0-9]+$ ]] || fail "gpu-health NODE INDEX Healthy|Unhealthy: '${2:-}' is no index"
  [[ ${3:-} =~ ^(Healthy|Unhealthy)$ ]] || fail "gpu-health NODE INDEX Healthy|Unhealthy: '${3:-}' is neither"
  # shellcheck disable=SC2016
  docker exec "$1" sh -c '
    folder=/var/lib/capstan
    mkdir -p $folder
    { grep -sv "^$1 " $folder/gpu-health; echo "$1 $2"; } >$folder/gpu-health.new
    mv $folder/gpu-health.new $folder/gpu-health' sh "$2" "$3" </dev/null
}
