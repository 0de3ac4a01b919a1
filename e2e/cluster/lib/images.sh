# shellcheck shell=bash
# The images that the cluster itself needs. None comes from a registry: each is a static program, or a few of Debian's files.

debian_packages=systemd,dbus,conntrack,iptables,ipset,nftables,iproute2,ethtool,mount,kmod,ca-certificates,curl,procps,netcat-openbsd,runc,containernetworking-plugins

image_exists() { docker image inspect "$1" >/dev/null 2>&1; }

# static_image REFERENCE FILE PATH: an image with one static program at PATH, and /tmp.
static_image() {
  local root
  root=$(mktemp -d -p "$state")
  mkdir -p "$root/tmp" "$root$(dirname "$3")"
  chmod 1777 "$root/tmp"
  cp "$2" "$root$3"
  tar -C "$root" --owner=0 --group=0 -c . | docker import -c "ENTRYPOINT [\"$3\"]" - "$1" >/dev/null
  rm -rf "$root"
}

# capstan/debian: a small Debian, the base of the images made here.
debian_image() {
  local tar
  tar=$cache/debian-$(digest <<<"$debian_packages").tar
  if [ ! -e "$tar" ]; then
    say "making Debian's root file system (about a minute, cached)"
    local root
    root=$(mktemp -d -p "$state")
    debootstrap --variant=minbase --include="$debian_packages" bookworm "$root" "$(debian_mirror)" >"$log/debootstrap.log" 2>&1 \
      || fail "debootstrap failed: see $log/debootstrap.log"
    rm -rf "$cache"/debian-*.tar
    tar -C "$root" --exclude='./var/cache/apt/*' --exclude='./var/lib/apt/lists/*' --exclude='./usr/share/doc/*' \
      --exclude='./usr/share/locale/*' --exclude='./usr/share/man/*' --exclude='./dev/*' -cf "$tar.part" .
    mv "$tar.part" "$tar"
    rm -rf --one-file-system "$root"
  fi
  image_exists capstan/debian:bookworm && [ "$(cat "$image_store/debian" 2>/dev/null)" = "$tar" ] || {
    docker import "$tar" capstan/debian:bookworm >/dev/null
    echo "$tar" >"$image_store/debian"
  }
}

# image FOLDER REFERENCE [PROGRAM...]: builds images/FOLDER/Dockerfile with those programs beside it.
image() {
  local context program
  context=$(mktemp -d -p "$state")
  cp "$here/images/$1"/* "$context/"
  cp "$here/images/pick" "$context/"
  for program in "${@:3}"; do cp "$programs/$program" "$context/"; done
  DOCKER_BUILDKIT=0 docker build -q -t "$2" "$context" >>"$log/image-$1.log" 2>&1 || fail "building image $2 failed: see $log/image-$1.log"
  rm -rf "$context"
}
