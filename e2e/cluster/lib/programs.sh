# shellcheck shell=bash
# The Go programs, built once a version.

# build NAME...: like programs/build.sh, which prints only what it had to build.
build() {
  command -v go >/dev/null || fail "go is missing: install Go 1.26 or newer and put it on PATH"
  "$here/programs/build.sh" "$@" >&2
}
