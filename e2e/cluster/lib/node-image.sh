# shellcheck shell=bash
# The node image of our own engine: one image for all nodes, cached under a key of everything that it is made from.

node_programs=(containerd ctr containerd-shim-runc-v2 kubelet kubectl kubeadm)
control_plane_programs=(kube-apiserver kube-controller-manager kube-scheduler kube-proxy etcd coredns pause kube-router)

node_image_key() {
  local program
  {
    files_digest "$here/images/node" "$here/images/network" "$here/images/pick"
    echo "$debian_packages"
    # The steps themselves, without comments.
    declare -f make_node_image control_plane_images unpack_into debian_image static_image image
    # A program's own folder is named after what it was built from.
    for program in "${node_programs[@]}" "${control_plane_programs[@]}"; do readlink "$programs/$program" | sed 's|.*/\([^/]*/\)|\1|'; done
  } | digest
}

# Prints the reference of the node image, after making it if need be.
node_image() {
  own_engine || { cat "$state/published-image"; return; }
  local key reference tar
  key=$(node_image_key)
  reference=capstan/node:$key
  tar=$cache/node-image-$key.tar
  if ! image_exists "$reference"; then
    if [ -e "$tar" ]; then
      say "loading the node image"
      docker load -q -i "$tar" >/dev/null
    else
      make_node_image "$reference"
      rm -f "$cache"/node-image-*
      docker save -o "$tar.part" "$reference" && mv "$tar.part" "$tar"
    fi
  fi
  echo "$reference"
}

make_node_image() {
  local work=$state/build tree=$state/build/tree program
  rm -rf --one-file-system "$work"
  debian_image
  say "making the node image"
  mkdir -p "$tree/usr/bin" "$tree/usr/local/bin" "$tree/kind"
  cp -a "$here/images/node/." "$work/"
  for program in containerd ctr containerd-shim-runc-v2; do cp "$programs/$program" "$tree/usr/local/bin/"; done
  for program in kubelet kubectl kubeadm; do cp "$programs/$program" "$tree/usr/bin/"; done
  printf %s "$kubernetes_version" >"$tree/kind/version"
  control_plane_images
  sed -i "s|@PAUSE@|$(grep /pause: "$work/references")|" "$tree/etc/containerd/config.toml"
  unpack_into "$tree/var/lib/containerd" "$work/images.tar"
  rm -f "$work/images.tar" "$work/references"
  DOCKER_BUILDKIT=0 docker build -q -t "$1" "$work" >"$log/image-node.log" 2>&1 || fail "building the node image failed: see $log/image-node.log"
  rm -rf --one-file-system "$work"
}

# What kubeadm wants to find, under the names that kubeadm gives it, so that it pulls nothing; and the policy enforcer.
control_plane_images() {
  local reference program
  "$programs/kubeadm" config images list --kubernetes-version "$kubernetes_version" 2>/dev/null >"$work/references"
  while read -r reference; do
    program=${reference##*/} program=${program%%:*}
    case $program in
      pause) static_image "$reference" "$programs/pause" /pause ;;
      coredns) static_image "$reference" "$programs/coredns" /coredns ;;
      kube-proxy) image network "$reference" kube-proxy kube-router; docker tag "$reference" capstan/network-policy:dev ;;
      *) static_image "$reference" "$programs/$program" "/usr/local/bin/$program" ;;
    esac
  done <"$work/references"
  echo capstan/network-policy:dev >>"$work/references"
  xargs docker save -o "$work/images.tar" <"$work/references"
}

# unpack_into DIRECTORY TAR: what the node's containerd would have after importing the images, without their compressed copies.
unpack_into() {
  local pid
  mkdir -p "$1" "$engine/import"
  cat >"$engine/import.toml" <<X
version = 3
root = "$1"
state = "$engine/import"
disabled_plugins = ["io.containerd.cri.v1.runtime", "io.containerd.cri.v1.images", "io.containerd.grpc.v1.cri"]
[grpc]
address = "$engine/import.sock"
[ttrpc]
address = "$engine/import.ttrpc"
X
  "$programs/containerd" -c "$engine/import.toml" >"$log/import.log" 2>&1 &
  pid=$!
  wait_for 20 "the importing containerd (see $log/import.log)" test -S "$engine/import.sock"
  "$programs/ctr" -a "$engine/import.sock" -n k8s.io images import --local --discard-unpacked-layers "$2" >>"$log/import.log" 2>&1 \
    || fail "unpacking the images failed: see $log/import.log"
  sleep 1 # the garbage collector drops the layers' blobs now
  kill "$pid"
  wait "$pid" || true
}
