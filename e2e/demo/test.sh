# shellcheck shell=bash disable=SC2154
# `./capstan test`: every rung of the ladder. Sourced by ./capstan, whose functions it uses.

run_tests() {
  local output=$logs/maven.log code=0
  # A cluster that was there before stays; one that was brought up for the tests is taken away, however they end.
  if ! is_up; then trap tidy_up EXIT; fi
  step "Scripts and chart" check_scripts
  up
  step "Chart on the cluster" "$root/charts/chart" check
  check_cluster
  say "All modules: ./mvnw verify …"
  ( cd "$root" && ./mvnw -B -ntp verify ) 2>&1 | tee "$output" || code=$?
  if [ "$(trap -p EXIT)" ]; then trap - EXIT; tidy_up; fi
  # The runner's own verdict is the last thing said.
  grep -E '^\[(INFO|ERROR|WARNING)\] (Tests run:.*[0-9]$|BUILD )' "$output" | sed 's/^\[[A-Z]*\] //'
  return $code
}

check_scripts() {
  "$root/charts/chart" check
  if command -v shellcheck >/dev/null || install_packages shellcheck; then
    # shellcheck disable=SC2046
    shellcheck -x $(cd "$root" && git ls-files -z 2>/dev/null | xargs -0 grep -lE -m1 '^#!/bin/bash|^# shellcheck shell=bash' | sed "s|^|$root/|")
  fi
}

# What the cluster promises to tests: nodes, storage, GPUs, faults and their undoing.
check_cluster() {
  if [ -x "$root/e2e/cluster/selftest" ]; then step "The cluster's own tests" "$root/e2e/cluster/selftest"; fi
}

tidy_up() {
  say "Taking the cluster away …"
  "$cluster" down >>"$logs/down.log" 2>&1 || true
  "$cluster" leftovers || true
}
