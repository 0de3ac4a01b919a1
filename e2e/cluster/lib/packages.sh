# shellcheck shell=bash
# Debian's packages that the machine lacks.

# need PROGRAM=PACKAGE...: installs the packages whose program is missing.
need() {
  local pair missing=()
  for pair; do command -v "${pair%%=*}" >/dev/null || missing+=("${pair#*=}"); done
  [ ${#missing[@]} -gt 0 ] || return 0
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null \
    || fail "missing ${missing[*]}: install them with this system's package manager, as root"
  say "installing ${missing[*]}"
  mkdir -p "$log"
  { apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -yq --no-install-recommends "${missing[@]}"; } \
    >"$log/apt.log" 2>&1 || fail "apt-get could not install ${missing[*]}: see $log/apt.log"
}

# The mirror that this machine's own apt uses: the node's root file system comes from the same place.
debian_mirror() {
  {
    sed -n 's/^URIs: *\([^ ]*\).*/\1/p' /etc/apt/sources.list.d/debian.sources
    sed -n 's/^deb \(\[[^]]*\] \)\?\([^ ]*\) .*/\2/p' /etc/apt/sources.list || true
  } 2>/dev/null | head -1 | grep . || fail "no Debian mirror in apt's sources: add one to /etc/apt/sources.list.d/debian.sources"
}
