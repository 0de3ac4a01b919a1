# shellcheck shell=bash disable=SC2034
# Where things are, and how the scripts speak.

kubernetes_version=$(sed -n 's|^[[:space:]]*k8s.io/kubernetes \(v[^ ]*\).*|\1|p' "$here/programs/kubernetes/go.mod")
cache=${CAPSTAN_CACHE:-$HOME/.cache/capstan}
programs=$cache/programs/bin

# Everything of one cluster lies under its state folder, so that `down` can remove it whole. Only the engine's images outlive it.
use_name() {
  [[ $1 =~ ^[a-z]([a-z0-9-]{0,10}[a-z0-9])?$ ]] \
    || fail "--name $1: use at most 12 lower-case letters, digits and dashes (links and sockets are named after it)"
  name=$1
  state=${CAPSTAN_STATE:-/var/lib/capstan}/$name
  engine=$state/engine            # sockets, pids and configuration of our own engine
  image_store=$cache/engine/$name # its data root
  shared=$state/shared            # the folder that every node sees at /shared
  log=$state/log
  kubeconfig=$state/kubeconfig
  namespace=capstan-$name         # network namespace, and the cgroup that the engine's containers live in
  link=cs-$name                   # the host's end of the link into that namespace
  lock=${state%/*}/.$name.lock
}

say() { printf '[%3d s] %s\n' "$SECONDS" "$*" >&2; }
fail() { printf 'cluster: %s\n' "$*" >&2; exit 1; }

# wait_for SECONDS WHAT COMMAND...: until the command succeeds; else fails, naming WHAT.
wait_for() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { printf 'cluster: gave up waiting for %s\n' "$what" >&2; return 1; }
    sleep 0.2
  done
}

digest() { sha256sum | cut -c1-16; }
files_digest() { find "$@" -type f | LC_ALL=C sort | xargs cat | digest; }

# alone FUNCTION...: two commands that change the same cluster take turns. What the function starts doesn't inherit the lock, so that
# only this process holds it: if it is killed, the next command goes ahead at once.
alone() {
  mkdir -p "${lock%/*}"
  exec 9>"$lock"
  flock -n 9 || { say "waiting for another command on cluster $name"; flock 9; }
  "$@" 9>&-
}

# live PIDFILE PATTERN: the process id in the file, if that process still is what it was (ids are used again).
live() {
  local pid
  [ -s "$1" ] || return 1
  pid=$(cat "$1")
  [ -n "$pid" ] && [ -r "/proc/$pid/cmdline" ] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -e "$2" >/dev/null && echo "$pid"
}

# stop_process PIDFILE PATTERN [SECONDS]: TERM, then KILL.
stop_process() {
  local pid end=$((SECONDS + ${3:-10}))
  pid=$(live "$1" "$2") || { rm -f "$1"; return 0; }
  kill "$pid" 2>/dev/null || true
  while [ -d "/proc/$pid" ] && ! grep -q '^State:.*Z' "/proc/$pid/status" 2>/dev/null; do
    [ $SECONDS -lt $end ] || kill -9 "$pid" 2>/dev/null || true
    sleep 0.05
  done
  rm -f "$1"
}

# The programs that the cluster's commands call see this cluster and its engine.
attach() {
  [ -s "$state/engine-kind" ] || fail "no cluster $name here: run '$here/cluster up' (or 'engine' to build images only)"
  use_engine
  export KUBECONFIG=$kubeconfig
}
kubectl() { command "$programs/kubectl" --kubeconfig "$kubeconfig" --request-timeout=20s "$@"; }
