# shellcheck shell=bash
# What Kind is asked for.

kind_configuration() {
  local worker
  cat <<X
kind: Cluster
apiVersion: kind.x-k8s.io/v1alpha4
X
  if own_engine; then
    cat <<X
networking:
  disableDefaultCNI: true # see pod_network
  apiServerAddress: $(api_address)
  apiServerPort: 6443
X
  fi
  cat <<X
kubeadmConfigPatches:
- |
  kind: KubeletConfiguration
  nodeStatusUpdateFrequency: 4s
  nodeStatusReportFrequency: 5m # unless it has changed: that a node lives is told by its lease
  nodeLeaseDurationSeconds: 16 # renewed every 4 s
  failCgroupV1: false
$(if own_engine; then echo "  cgroupRoot: /"; fi)
- |
  kind: InitConfiguration
  patches: {directory: /etc/kubernetes/patches} # $(static_pods_patch "*")
kubeadmConfigPatchesJSON6902:
# A lost node is noticed after 16 s and its pods are evicted 10 s later, so that tests of lost nodes don't take minutes. A busy machine
# must not make the control plane restart: it waits for no disk, and has no leader to lose. Processors are scarcer than memory: garbage is collected
# a quarter as often. Keys on curves make handshakes of the many short clients cheap.
- group: kubeadm.k8s.io
  version: v1beta4
  kind: ClusterConfiguration
  patch: |
    - {op: add, path: /controllerManager/extraArgs/-, value: {name: node-monitor-grace-period, value: 16s}}
    - {op: add, path: /controllerManager/extraArgs/-, value: {name: node-monitor-period, value: 2s}}
    - {op: add, path: /controllerManager/extraArgs/-, value: {name: node-eviction-rate, value: "1"}}
    - {op: add, path: /controllerManager/extraArgs/-, value: {name: leader-elect, value: "false"}}
    - {op: add, path: /controllerManager/extraEnvs, value: &environment [{name: GOGC, value: "400"}]}
    - {op: add, path: /scheduler/extraEnvs, value: *environment}
    - {op: add, path: /apiServer/extraEnvs, value: *environment}
    - {op: add, path: /scheduler/extraArgs, value: [{name: leader-elect, value: "false"}]}
    # A tenth of what the API server computes, for clients that are all alike.
    - {op: add, path: /apiServer/extraArgs/-, value: {name: enable-priority-and-fairness, value: "false"}}
    - {op: add, path: /encryptionAlgorithm, value: ECDSA-P256}
    - {op: add, path: /etcd, value: {local: {dataDir: /var/lib/etcd, extraArgs: [{name: unsafe-no-fsync, value: "true"}], extraEnvs: *environment}}}
    - {op: add, path: /apiServer/extraArgs/-, value: {name: default-not-ready-toleration-seconds, value: "10"}}
    - {op: add, path: /apiServer/extraArgs/-, value: {name: default-unreachable-toleration-seconds, value: "10"}}
    # $(digest <"$here/manifests/audit.yaml")
    - {op: add, path: /apiServer/extraArgs/-, value: {name: audit-policy-file, value: /etc/kubernetes/audit/policy.yaml}}
    - {op: add, path: /apiServer/extraArgs/-, value: {name: audit-log-path, value: /var/log/kubernetes/audit.log}}
    - {op: add, path: /apiServer/extraVolumes, value: [
        {name: audit-policy, hostPath: /etc/kubernetes/audit, mountPath: /etc/kubernetes/audit, pathType: Directory, readOnly: true},
        {name: audit-log, hostPath: /var/log/kubernetes, mountPath: /var/log/kubernetes, pathType: DirectoryOrCreate}]}
nodes:
- role: control-plane
  extraMounts:
  - &shared {hostPath: $shared, containerPath: /shared}
  - {hostPath: $state/audit.yaml, containerPath: /etc/kubernetes/audit/policy.yaml, readOnly: true}
  - {hostPath: $state/patches, containerPath: /etc/kubernetes/patches, readOnly: true}
X
  for worker in $(seq "$1"); do
    printf -- '- role: worker # %s\n  extraMounts: [*shared]\n' "$worker"
  done
}

# kubeadm has the parts of the control plane asked each second whether they are ready, two of them with a handshake. Nobody here goes by the answer.
probed_parts=(kube-apiserver kube-scheduler etcd)
static_pods_patch() { echo "spec: {containers: [{name: $1, readinessProbe: {periodSeconds: 30}}]}"; }
