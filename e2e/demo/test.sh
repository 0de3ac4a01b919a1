# shellcheck shell=bash disable=SC2154
# `./capstan test`: every rung of the ladder. Sourced by ./capstan, whose functions it uses.

run_tests() {
  local output=$logs/maven.log code=0
  # A cluster that was there before stays; one that was brought up for the tests is taken away, however they end.
  if ! is_up; then trap tidy_up EXIT; fi
  step "Scripts and chart" check_scripts
  # On a cluster of its own, before there is another: two at a time would slow each other down.
  step "The cluster's own tests" "$root/e2e/cluster/selftest.sh"
  # Data that tests fetch from: only tests need it, so a cluster is not kept waiting for its build.
  step "An S3 service for the tests" "$root/e2e/cluster/programs/build.sh" versitygw
  up
  step "Chart on the cluster" "$root/charts/chart" check
  say "All modules: ./mvnw verify …"
  ( cd "$root" && ./mvnw -B -ntp verify ) 2>&1 | tee "$output" || code=$?
  if [ -n "$(trap -p EXIT)" ]; then trap - EXIT; tidy_up; fi
  # The runner's own verdict is the last thing said.
  grep -E '^\[(INFO|ERROR|WARNING)\] (Tests run:.*[0-9]$|BUILD )' "$output" || true
  exit $code
}

check_scripts() {
  local scripts
  "$root/charts/chart" check
  command -v shellcheck >/dev/null || install_packages shellcheck || { echo "no shellcheck here: scripts are not checked"; return 0; }
  mapfile -t scripts < <(find "$root" \( -name target -o -name .git \) -prune -o -type f -size -64k -exec grep -lE -m1 '^#!/bin/bash|^# shellcheck shell=bash' {} +)
  shellcheck -x -S warning "${scripts[@]}"
}

tidy_up() {
  say "Taking the cluster away …"
  "$cluster" down >>"$logs/down.log" 2>&1 || say "    not wholly: see $logs/down.log"
  "$cluster" leftovers || true
}
