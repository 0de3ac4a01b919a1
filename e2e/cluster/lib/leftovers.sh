# shellcheck shell=bash
# What a cluster left on the machine: prints each thing, exit 1 if there is any.

leftovers() {
  local found
  found=$(
    for pid in $(own_processes); do echo "process $pid: $(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | cut -c1-100)"; done
    own_mounts | sed 's/^/mount /'
    own_cgroups | sed 's/^/cgroup /'
    [ ! -e "/run/netns/$namespace" ] || echo "network namespace $namespace"
    ! empty_namespace_mount || echo "mount /run/netns, and nothing in it"
    [ ! -e "/sys/class/net/$link" ] || echo "link $link"
    [ ! -e "$state" ] || echo "folder $state"
    if command -v docker >/dev/null; then
      timeout 10 docker ps -a --filter "label=io.x-k8s.kind.cluster=$name" --format 'container {{.Names}}' 2>/dev/null
    fi
    true
  )
  [ -z "$found" ] || { printf '%s\n' "$found"; return 1; }
}
