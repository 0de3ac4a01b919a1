# shellcheck shell=bash
# A container engine of our own, in a network namespace of its own: it writes no firewall rule and no bridge outside of that, and
# removing the namespace removes them. A link into it lets the host reach the cluster's API server, and nothing else.

# runc needs a helping hand where the machine withholds CAP_SYS_RESOURCE: `--privileged` asks for it and would fail.
write_runtime() {
  cat >"$engine/runc" <<'X'
#!/bin/bash
# Takes the capability that this machine lacks out of what runc is asked for: --bundle DIR (create) and --process FILE (exec).
previous=
for argument; do
  case $previous in
    --bundle|-b) file=$argument/config.json ;;
    --process|-p) file=$argument ;;
    *) file= ;;
  esac
  if [ -f "$file" ]; then sed -i 's/"CAP_SYS_RESOURCE",//g; s/,"CAP_SYS_RESOURCE"//g' "$file"; fi
  previous=$argument
done
exec /usr/sbin/runc "$@"
X
  chmod +x "$engine/runc"
}

lacks_sys_resource() { (( (16#$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status) >> 24 & 1) == 0 )); }

# Link addresses: a /30 per cluster name, chosen by hash, or the next one that no link of this machine has.
link_number() {
  local n
  if [ ! -s "$state/link-number" ]; then
    n=$(( $(cksum <<<"$name" | cut -d' ' -f1) % 250 ))
    while ip -4 -o address show | grep " 10\.213\.$n\." >/dev/null; do n=$(( (n + 1) % 250 )); done
    echo "$n" >"$state/link-number"
  fi
  cat "$state/link-number"
}
api_address() { echo "10.213.$(link_number).2"; }

make_namespace() {
  local n
  n=$(link_number)
  [ -e "/run/netns/$namespace" ] || ip netns add "$namespace"
  ip -n "$namespace" link set lo up
  if [ ! -e "/sys/class/net/$link" ]; then
    ip link add "$link" type veth peer name api netns "$namespace"
    ip address add "10.213.$n.1/30" dev "$link"
    ip -n "$namespace" address add "10.213.$n.2/30" dev api
  fi
  ip link set "$link" up
  ip -n "$namespace" link set api up
}

# Each kubelet, containerd and systemd watches files, and all nodes share one count per user. `down` puts the old limit back.
raise_watch_limit() {
  local limit=/proc/sys/fs/inotify/max_user_instances
  [ "$(cat $limit)" -lt 1024 ] || return 0
  cat $limit >"${state%/*}/.watch-limit"
  echo 1024 >$limit
}
restore_watch_limit() {
  [ -s "${state%/*}/.watch-limit" ] && ! compgen -G "${state%/*}/*/engine-kind" >/dev/null || return 0
  cat "${state%/*}/.watch-limit" >/proc/sys/fs/inotify/max_user_instances
  rm -f "${state%/*}/.watch-limit"
}

# Not `ip netns exec`: that mounts a new /sys and hides the cgroups.
in_namespace() { nsenter --net="/run/netns/$namespace" -- "$@"; }

# engine_program NAME PROGRAM ARGUMENT...: starts it detached; Debian's own PATH, so that its containerd finds its own shim.
engine_program() {
  local program=$1
  shift
  PATH=/usr/sbin:/usr/bin:/sbin:/bin setsid nsenter --net="/run/netns/$namespace" -- "$@" \
    </dev/null >"$log/$program.log" 2>&1 &
  echo $! >"$engine/$program.pid"
}

engine_answers() { live "$engine/containerd.pid" "$engine" >/dev/null && docker version >/dev/null 2>&1; }

start_own_engine() {
  [ "$(id -u)" = 0 ] || fail "no Docker engine answers here and starting one needs root: start Docker, or run this as root"
  need dockerd=docker.io containerd=containerd runc=runc debootstrap=debootstrap ip=iproute2 jq=jq iptables=iptables openssl=openssl
  if [ -e "/run/netns/$namespace" ] && [ -e "/sys/class/net/$link" ] && engine_answers; then return 0; fi
  # Something of a former engine may still be there, if it was killed: containers without an engine can't be adopted.
  remove_engine
  say "starting the container engine"
  mkdir -p "$engine" "$log" "$image_store"
  make_namespace
  raise_watch_limit
  write_runtime
  local runtime=()
  if lacks_sys_resource; then runtime=(--add-runtime "capstan=$engine/runc" --default-runtime capstan); fi
  cat >"$engine/containerd.toml" <<X
version = 2
root = "$image_store/containerd"
state = "$engine/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "$engine/containerd.sock"
X
  engine_program containerd /usr/bin/containerd -c "$engine/containerd.toml"
  wait_for 20 "containerd (see $log/containerd.log)" test -S "$engine/containerd.sock"
  # --dns: a resolver that refuses at once; the default one would let every look-up of a node wait for 5 s.
  engine_program dockerd /usr/sbin/dockerd -H "$DOCKER_HOST" --containerd "$engine/containerd.sock" \
    --data-root "$image_store/docker" --exec-root "$engine/exec" --pidfile "$engine/docker.pid" \
    --cgroup-parent "/$namespace" --dns 127.0.0.1 "${runtime[@]}"
  wait_for 40 "dockerd (see $log/dockerd.log)" docker version || return 1
  # What the engine still remembers from before it was killed: containers, and networks that the nodes shall not inherit.
  docker ps -aq | xargs -r docker rm -fv >/dev/null
  docker network prune -f >/dev/null
  docker volume ls -q | xargs -r docker volume rm -f >/dev/null
}
