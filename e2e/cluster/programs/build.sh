#!/bin/bash
# Builds the programs that the cluster and the tests run, each from its Go module, into a cache outside the checkout.
#
#   build.sh [NAME...]     all, or the named folders beside this script
#
# Prints nothing when everything is cached. A program's cache key is everything it is built from: its go.mod, go.sum and
# sources, the function below and the Go version; so a version bump rebuilds that program only.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cache=${CAPSTAN_CACHE:-$HOME/.cache/capstan}/programs
mkdir -p "$cache/bin"
# Builds of two checkouts share the cache: one at a time.
exec 8>"$cache/.lock"
flock -n 8 || { echo "waiting for another build of the programs"; flock 8; }

version() { # the module version that a folder's go.mod pins: version FOLDER MODULE
  sed -n "s|^[[:space:]]*$2 \(v[^ ]*\).*|\1|p" "$here/$1/go.mod" | head -1
}

build() {
  local name=$1 key out start flags='-s -w' package=tool
  key=$( { go env GOVERSION; sed -n "/^build()/,/^}/p" "$here/build.sh"; find "$here/$name" -type f | LC_ALL=C sort | xargs cat; } | sha256sum | cut -c1-16)
  out=$cache/$name-$key
  if [ ! -e "$out/.complete" ]; then
    start=$SECONDS
    echo "building $name from its Go module (cached for next time)"
    rm -rf "$cache/$name"-????????????????
    mkdir -p "$out"
    if [ "$name" = kubernetes ]; then
      local v minor
      v=$(version kubernetes k8s.io/kubernetes)
      minor=${v#v1.} minor=${minor%%.*}
      local version=k8s.io/component-base/version
      flags="$flags -X $version.gitVersion=$v -X $version.gitMajor=1 -X $version.gitMinor=$minor"
    fi
    [ -e "$here/$name/main.go" ] && package=.
    ( cd "$here/$name" && CGO_ENABLED=0 go build -buildvcs=false -trimpath -ldflags "$flags" -o "$out/" $package )
    touch "$out/.complete"
    echo "built $name in $((SECONDS - start)) s"
  fi
  local program
  for program in "$out"/*; do
    ln -sfn "$program" "$cache/bin/$(basename "$program")"
  done
}

[ $# -gt 0 ] || set -- kind helm pause etcd coredns containerd network-policy shared-volumes device-plugin kubernetes kwok
for name; do build "$name"; done
