# shellcheck shell=bash
volumes() {
  local volumes='volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]' mounts='volumeMounts: [{name: data, mountPath: /data}]'
  local files directory
  k apply -f - >/dev/null <<'X'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: test}
spec: {accessModes: [ReadWriteMany], resources: {requests: {storage: 1Gi}}}
X
  pod writer "$first" writer "$mounts" "$volumes" >/dev/null
  pod reader "$second" writer "$mounts" "$volumes" >/dev/null
  check "pods of two nodes mount one claim" k -n test wait --for=condition=Ready pod writer reader --timeout=60s
  check "both write, as a user who is not root" eval 'in_pod writer "echo one >/data/one" && in_pod reader "echo two >/data/two"'
  check "and each sees the other's file" eval 'is "$(in_pod writer "cat /data/two")$(in_pod reader "cat /data/one")" twoone'
  files=$(mktemp -d)
  echo three >"$files/three"
  check "put brings files into a claim" eval 'cluster put test data "$files/three" in/side && is "$(in_pod reader "cat /data/in/side/three; echo x >>/data/in/side/three")" three'
  check "get brings them out" eval 'cluster get test data in/side/three "$files/back" && is "$(tail -1 "$files/back")" x'
  check "put and get stay inside of the volume" not cluster get test data ../../kubeconfig "$files/out"
  k -n test delete pod writer reader >/dev/null
  directory=$(ls -d "${CAPSTAN_STATE:-/var/lib/capstan}/$name/shared/test_data_"*)
  k -n test delete pvc data >/dev/null
  check "deleting the claim deletes its directory" within 15 not test -e "$directory"
  rm -rf "$files"
}
