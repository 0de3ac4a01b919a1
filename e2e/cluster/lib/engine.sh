# shellcheck shell=bash
# Which container engine and which node image: the one place where that is decided.
#
#   published   a Docker engine runs here and has, or can pull, the published node image: use both as they are
#   own         otherwise: an engine of our own from Debian's docker.io, and a node image made from Debian's packages and Go programs
#
# The choice is kept in the state folder until `down`.

# The node image that our version of Kind was released with, by digest; of the same minor version as what we build.
published_image() {
  local kind
  kind=$(cd "$here/programs/kind" && go mod download sigs.k8s.io/kind && go list -m -f '{{.Dir}}' sigs.k8s.io/kind)
  sed -n 's/^const Image = "\(.*\)"$/\1/p' "$kind/pkg/apis/config/defaults/image.go" | grep .
}

choose_engine() {
  mkdir -p "$state" "$log" "$shared"
  [ ! -s "$state/engine-kind" ] || return 0
  local image
  if command -v docker >/dev/null && timeout 10 docker info >/dev/null 2>&1 && image=$(published_image) \
    && { docker image inspect "$image" >/dev/null 2>&1 || timeout 600 docker pull -q "$image" >"$log/pull.log" 2>&1; }; then
    echo "$image" >"$state/published-image"
    echo published >"$state/engine-kind"
  else
    echo own >"$state/engine-kind"
  fi
}

own_engine() { [ "$(cat "$state/engine-kind" 2>/dev/null)" = own ]; }

# The docker and kind programs talk to the chosen engine.
use_engine() {
  own_engine || return 0
  export DOCKER_HOST=unix://$engine/docker.sock
  unset DOCKER_CONTEXT
  PATH=/usr/sbin:/usr/bin:$PATH # the client that came with the engine, not a newer one
}

engine_up() {
  start_engine
  docker version --format 'engine {{.Server.Version}}'
}

start_engine() {
  choose_engine
  use_engine
  if own_engine; then start_own_engine; fi
}
