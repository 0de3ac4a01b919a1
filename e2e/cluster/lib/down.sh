# shellcheck shell=bash
# Takes the cluster away, whatever state it is in: running, half made, or killed.

down() {
  [ -s "$state/engine-kind" ] || own_engine_traces || { [ "${1:-}" != --purge ] || rm -rf "$image_store"; return 0; }
  say "taking cluster $name away"
  stop_process "$state/kind.pid" "kind create cluster"
  if own_engine || own_engine_traces; then
    # Said outright: whatever becomes of the state folder, containers of another engine are not ours to remove.
    export DOCKER_HOST=unix://$engine/docker.sock
    if engine_answers; then docker ps -aq | xargs -r docker rm -fv >/dev/null 2>&1 || true; fi
    remove_engine
    [ "${1:-}" != --purge ] || rm -rf "$image_store"
  else
    build kind
    "$programs/kind" delete cluster -q --name "$name" || true
  fi
  rm -rf --one-file-system "$state"
  restore_watch_limit
  say "cluster $name is gone"
}

# The state folder may be lost while its processes are not.
own_engine_traces() { [ -e "/run/netns/$namespace" ] || [ -e "/sys/class/net/$link" ] || [ -d "/sys/fs/cgroup/pids/$namespace" ]; }

# Everything of our own engine but its image store. Each step also works on what a killed run left.
remove_engine() {
  stop_process "$engine/dockerd.pid" "$engine" 20
  stop_process "$engine/containerd.pid" "$engine" 5
  local round
  for round in 1 2 3; do
    own_processes | xargs -r kill -9 2>/dev/null || true
    [ -n "$(own_processes)" ] || break
    sleep 0.$round
  done
  # The deepest first: mounts lie on mounts.
  own_mounts | tac | while read -r mount; do umount -l "$mount" 2>/dev/null || true; done
  ip netns delete "$namespace" 2>/dev/null || true
  # `ip netns add` mounts the folder on itself, once; with nothing in it, nobody needs that.
  if empty_namespace_mount; then umount /run/netns || true; fi
  ip link delete "$link" 2>/dev/null || true
  own_cgroups | while read -r cgroup; do
    find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || true
  done
  rm -rf --one-file-system "$engine" "$state/ready"
}

empty_namespace_mount() { mountpoint -q /run/netns && [ -z "$(ls -A /run/netns)" ]; }

# Processes in the engine's cgroup (the nodes and all that runs in them), and the engine's programs themselves.
own_processes() {
  local inode process
  inode=$(stat -Lc %i "/run/netns/$namespace" 2>/dev/null || echo none)
  for process in /proc/[0-9]*; do
    if grep -qs -e ":/$namespace/" -e ":/$namespace$" "$process/cgroup" || own_engine_program "$process" "$inode"; then
      echo "${process#/proc/}"
    fi
  done
}

# By name and by folder or network namespace, so that somebody's editor with one of our files open isn't taken for the engine.
own_engine_program() {
  case $(cat "$1/comm" 2>/dev/null) in
    dockerd|containerd|containerd-shim*|docker-proxy|runc)
      [ "$(readlink "$1/ns/net" 2>/dev/null)" = "net:[$2]" ] || { tr '\0' ' ' <"$1/cmdline"; } 2>/dev/null | grep -e "$engine/" >/dev/null ;;
    *) return 1 ;;
  esac
}

own_mounts() { awk '{print $5}' /proc/self/mountinfo | grep -e "^$state/" -e "^$image_store/" || true; }
own_cgroups() { find /sys/fs/cgroup -maxdepth 2 -type d -name "$namespace" 2>/dev/null || true; }
