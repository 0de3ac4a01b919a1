# shellcheck shell=bash
gpu_devices() {
  local resources='resources: {limits: {nvidia.com/gpu: 2}}'
  check "each worker has four GPUs" eval 'within 20 gpus "$first" 4 && within 20 gpus "$second" 4'
  pod trainer "$first" gpu "$resources" >/dev/null
  check "a pod gets the two that it asks for" k -n test wait --for=condition=Ready pod trainer --timeout=60s
  check "and is told which" in_pod trainer '[[ $NVIDIA_VISIBLE_DEVICES =~ ^[a-z0-9-]+-gpu-[0-3],[a-z0-9-]+-gpu-[0-3]$ ]]'
  pod greedy "$first" gpu 'resources: {limits: {nvidia.com/gpu: 3}}' >/dev/null
  sleep 2
  check "a pod that asks for more than are free waits" phase greedy Pending
  k -n test delete pod trainer greedy >/dev/null
  cluster gpu-health "$first" 2 Unhealthy
  check "an unhealthy GPU shrinks what can be allocated" within 15 gpus "$first" 3
  cluster gpu-health "$first" 2 Healthy
  check "and a healthy one is back" within 15 gpus "$first" 4
  cluster docker exec "$second" systemctl restart kubelet
  check "the plugin registers with a restarted kubelet" within 30 eval 'node_is "$second" True && gpus "$second" 4'
}
