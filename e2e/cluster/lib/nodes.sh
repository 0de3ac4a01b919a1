# shellcheck shell=bash
# The nodes, and images in them.

# The control plane first, then the workers in order.
node_names() { docker ps -a --filter "label=io.x-k8s.kind.cluster=$name" --format '{{.Names}}' | sort -V | grep .; }

known_node() { node_names | grep -x -e "${1:-}" >/dev/null || fail "no node '${1:-}': the nodes are $(node_names | tr '\n' ' ')"; }

# load_images workers|control-plane IMAGE...: into every such node that lacks them. Nodes read one file in the shared folder, at the
# same time.
load_images() {
  local image node file pids=() pid missing role=$1
  shift
  for image; do image_exists "$image" || fail "the engine has no image $image: build it with '$here/cluster docker build' first"; done
  for node in $(node_names); do
    case $role/$node in workers/*-control-plane|control-plane/*-worker*) continue ;; esac
    missing=()
    for image; do node_has_image "$node" "$image" || missing+=("$image"); done
    [ ${#missing[@]} -gt 0 ] || continue
    file=$shared/.images/$$-$(printf '%s ' "${missing[@]}" | digest).tar # $$: two loads may run at once
    if [ ! -e "$file" ]; then
      mkdir -p "$shared/.images"
      docker save -o "$file" "${missing[@]}"
    fi
    # The id's name is set by hand: containerd makes it with a new tag, but not when a tag moves on to another image.
    # shellcheck disable=SC2016,SC2046
    docker exec "$node" sh -c 'ctr -n k8s.io images import --local "$1" && shift && while [ $# -gt 0 ]; do ctr -n k8s.io images tag --force "$1" "$2" || exit 1; shift 2; done' \
      sh "/shared/.images/${file##*/}" $(image_references "${missing[@]}") >"$log/load-$node.log" 2>&1 </dev/null &
    pids+=($!)
  done
  for pid in "${pids[@]}"; do wait "$pid" || { rm -f "$shared/.images/$$-"*; fail "a node did not take the image: see $log/load-*.log"; }; done
  rm -f "$shared/.images/$$-"*
}

# For each image its full name, and its id.
image_references() {
  local image
  for image; do
    case $image in */*/*) echo "$image" ;; *) echo "docker.io/$image" ;; esac
    docker image inspect -f '{{.Id}}' "$image"
  done
}

# By image id: containerd keeps an image under its tag and under its id, and both must point at the same thing.
node_has_image() {
  local id reference=$2 rows
  id=$(docker image inspect -f '{{.Id}}' "$2")
  case $reference in */*/*) ;; *) reference=docker.io/$reference ;; esac
  rows=$(docker exec "$1" ctr -n k8s.io images ls "name==$reference" "name==$id" 2>/dev/null </dev/null | awk 'NR > 1 {print $3}')
  [ "$(wc -l <<<"$rows")" = 2 ] && [ "$(sort -u <<<"$rows" | wc -l)" = 1 ]
}

# forget_old_images REFERENCE: node images of former versions, and images that lost their tag to a newer one; not those that are just being built,
# which have no tag yet.
forget_old_images() {
  docker image ls --format '{{.Repository}}:{{.Tag}}' capstan/node | grep -vxF -e "$1" | xargs -r docker rmi >/dev/null 2>&1 || true
  docker image prune -f --filter until=10m >/dev/null
}
