# shellcheck shell=bash
# Files of this machine into and out of claims of the storage class `shared`, without a pod.

# The directory of a claim on this machine; waits for the claim to be bound. Usually that takes a moment; after the API server was away, the
# provisioner may take more than a minute to look again.
volume_directory() {
  local volume path
  wait_for 150 "claim $1/$2 to be bound" claim_is_bound "$1" "$2" || exit 1
  volume=$(kubectl -n "$1" get pvc "$2" -o jsonpath='{.spec.volumeName}')
  path=$(kubectl get pv "$volume" -o jsonpath='{.spec.hostPath.path}')
  case $path in
    /shared/*) echo "$shared/${path#/shared/}" ;;
    *) fail "claim $1/$2 is not of the storage class 'shared'" ;;
  esac
}
claim_is_bound() { [ "$(kubectl -n "$1" get pvc "$2" -o jsonpath='{.status.phase}')" = Bound ]; }

# inside DIRECTORY PATH: the path under the directory; nothing may climb out of it.
inside() {
  local path
  path=$(realpath -m "$1/$2")
  case $path/ in "$1"/*) echo "$path" ;; *) fail "$2 lies outside of the volume" ;; esac
}

volume_put() {
  [ $# -ge 4 ] || fail "put NAMESPACE CLAIM SOURCE... DIRECTORY"
  local directory to
  directory=$(volume_directory "$1" "$2")
  to=$(inside "$directory" "${*: -1}")
  mkdir -p "$to"
  cp -r --no-preserve=ownership,mode "${@:3:$#-3}" "$to/"
  # Pods run as any user.
  chmod -R a+rwX "$directory"
}

volume_get() {
  [ $# = 4 ] || fail "get NAMESPACE CLAIM PATH DESTINATION"
  local directory from
  directory=$(volume_directory "$1" "$2")
  from=$(inside "$directory" "$3")
  [ -e "$from" ] || fail "claim $1/$2 has no $3"
  cp -r "$from" "$4"
}
