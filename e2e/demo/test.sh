# shellcheck shell=bash disable=SC2154
# `./capstan test`: every rung of the ladder. Sourced by ./capstan, whose functions it uses.

# What mostly waits goes on beside what computes: the cluster's own tests beside those of the modules, operators as processes beside outages
# of nodes, and scenarios on the cluster beside each other (see e2e's Turn). Modules come before the cluster, so that tests of theirs that keep time have processors for it.
run_tests() {
  local code=0
  need python3=python3-venv
  trap end_tests EXIT
  times=$logs/times
  mkdir -p "$logs"
  : >"$times"
  busy_before=$(busy)
  # A cluster that was there before stays; one that was brought up for the tests is taken away, however they end.
  is_up || brought_up=1
  step "Scripts and chart" check_scripts
  step "Programs that tests run" "$root/e2e/cluster/programs/build.sh" etcd kubernetes kwok versitygw
  rm -f "$logs/built"
  say "The cluster's own tests, beside those of the modules; and then the cluster for all others, with its images"
  start cluster_tested_and_up >"$logs/beside.log" 2>&1
  beside=$started
  # What it takes from a registry comes meanwhile, too.
  start "$root/e2e/venv" clients -r "$root/e2e/clients/requirements.txt" >"$logs/clients-venv.log" 2>&1
  python=$started
  # Libraries of former versions would end up in the worker's image.
  rm -rf "$root/worker/target/lib"
  maven "Building all modules" build -T 2 -DskipTests || end_with $? build
  touch "$logs/built"
  maven "All modules" modules -T 2 -De2e.skipTests=true -Doperator.skipITs=true -Dquarkus.build.skip -Dmdep.skip -Dspotless.check.skip || end_with $? modules
  finish "$python" || fail "clients of the protocol: $(cat "$logs/clients-venv.log")"
  start "$root/e2e/clients/check" >"$logs/clients.log" 2>&1
  clients=$started
  cluster_was_tested || exit $?
  # Its pods are killed and started over some twenty times: what the JVM's second compiler makes of them is never used for long.
  operator_jvm=-XX:TieredStopAtLevel=1 up
  start operators_as_processes
  operators=$started
  step "Chart on the cluster" "$root/charts/chart" check-cluster
  drill_is_over
  # Formatted as it was a while ago.
  maven "Scenarios on the cluster" cluster -pl e2e -am -DskipTests -De2e.skipTests=false -Dspotless.check.skip || code=$?
  operators_were_content || code=$?
  clients_were_content || code=$?
  end_with $code modules operators cluster
}

# Operators as processes, on API servers of their own: they mostly wait, and so do the first scenarios, of outages, which nothing else on the
# cluster can be beside. Before them, with the controllers' tests, comes the one job of a kind of its own on the cluster.
operators_as_processes() {
  verify "$logs/maven-operators.log" -pl controllers,operator -am -DskipTests -Doperator.skipITs=false -Dquarkus.build.skip -Dspotless.check.skip \
    -Dcluster.kubeconfig="$("$cluster" kubeconfig)" >/dev/null
}
drill_is_over() {
  until grep -q -e 'Building Capstan operator' -e 'BUILD ' "$logs/maven-operators.log"; do sleep 0.5; done
}
operators_were_content() {
  local code=0 start=$SECONDS
  say "Operators as processes, to their end …"
  finish "$operators" || code=$?
  took "Waiting for operators as processes" $((SECONDS - start))
  [ $code = 0 ] || { printf 'capstan: they failed. The end of %s:\n' "$logs/maven-operators.log"; tail -n 60 "$logs/maven-operators.log" | sed 's/^/    /'; } >&2
  return $code
}

check_scripts() {
  local scripts
  "$root/charts/chart" check
  command -v shellcheck >/dev/null || install_packages shellcheck || { echo "no shellcheck here: scripts are not checked"; return 0; }
  mapfile -t scripts < <(find "$root" \( -name target -o -name .git \) -prune -o -type f -size -64k -exec grep -lE -m1 '^#!/bin/bash|^# shellcheck shell=bash' {} +)
  shellcheck -x -S warning "${scripts[@]}"
}

# The cluster that the scenarios will have is tried out first: making one takes a minute of both processors. Where one was up before, another
# is tried out, and is gone before images are built and loaded: two at a time would slow each other down.
cluster_tested_and_up() {
  if [ -n "${brought_up:-}" ]; then "$root/e2e/cluster/selftest.sh" "${CAPSTAN_CLUSTER:-capstan}" --keep; else "$root/e2e/cluster/selftest.sh"; fi || return 1
  "$cluster" up || return 1
  # Of what Maven built before it began to test.
  until [ -e "$logs/built" ]; do sleep 0.5; done
  CAPSTAN_BUILT=1 "$root/e2e/images/build" && "$cluster" load capstan/operator:dev capstan/worker:dev
}

# Waits for those tests, and tells what became of them.
cluster_was_tested() {
  local code=0 start=$SECONDS
  say "The cluster's own tests, to their end …"
  finish "$beside" || code=$?
  sed -n 's/^\(ok\|FAIL\|      |\) /    &/p; s/^[0-9]* passed, [0-9]* failed$/    &/p' "$logs/beside.log"
  took "Waiting for the cluster's own tests, and for a cluster with its images" $((SECONDS - start))
  [ $code = 0 ] || { printf 'capstan: they, or the cluster for all others, failed. The end of %s:\n' "$logs/beside.log"; tail -n 15 "$logs/beside.log" | sed 's/^/    /'; } >&2
  return $code
}

# maven TEXT LOG ARGUMENT...: runs Maven's verify; what it says is shown, and kept in the log.
maven() {
  local text=$1 log=$logs/maven-$2.log code=0 start=$SECONDS
  shift 2
  say "$text: ./mvnw verify $* …"
  start verify "$log" "$@"
  finish "$started" || code=$?
  took "$text" $((SECONDS - start))
  return $code
}
verify() { ( cd "$root" && ./mvnw -B -ntp verify "${@:2}" ) 2>&1 | tee "$1"; }

# start FUNCTION...: starts it, and sets `started`. It has a process group of its own, by which it can be ended whole.
groups=()
start() {
  set -m
  "$@" </dev/null &
  set +m
  started=$!
  groups+=("$started")
}
finish() { # finish STARTED
  local code=0 group others=()
  wait "$1" || code=$?
  for group in "${groups[@]}"; do [ "$group" = "$1" ] || others+=("$group"); done
  groups=("${others[@]}")
  return $code
}

# Waits for the clients of the protocol, started beside the images, and tells what became of them: they take no longer than the first scenarios.
clients_were_content() {
  local code=0 start=$SECONDS
  say "Clients that nobody here wrote, to their end …"
  finish "$clients" || code=$?
  sed -n 's/^\(Ran [0-9]* tests.*\|OK\|FAILED.*\)$/    &/p' "$logs/clients.log"
  took "Waiting for clients that nobody here wrote" $((SECONDS - start))
  [ $code = 0 ] || { printf 'capstan: they failed. The end of %s:\n' "$logs/clients.log"; tail -n 40 "$logs/clients.log" | sed 's/^/    /'; } >&2
  return $code
}

# end_with CODE LOG...: the runner's own verdict is the last thing said.
end_with() {
  local code=$1 log
  shift
  trap - EXIT
  end_tests
  if [ -n "${left_behind:-}" ]; then
    say "FAIL  down takes the cluster away, and leaves nothing"
    code=1
  fi
  say "Where the $SECONDS seconds went, in which $(nproc) processors were busy for $(($(busy) - busy_before)), and what the classes took that took longest, many of them side by side:"
  cat "$times"
  long_tests | sort -rn
  for log; do grep -E '^\[(INFO|ERROR|WARNING)\] (Tests run:.*[0-9]$|BUILD )' "$logs/maven-$log.log" || true; done
  exit "$code"
}

# Seconds for which the machine's processors were busy since it started.
busy() { awk -v hertz="$(getconf CLK_TCK)" '/^cpu / {print int(($2 + $3 + $4 + $7 + $8) / hertz)}' /proc/stat; }

# The sum of a class's tests: from its first to its last one, it may have waited for others.
long_tests() {
  find "$root" -path '*/target/*-reports/TEST-*.xml' -newer "$logs/scripts-and-chart.log" -exec grep -h '<testcase ' {} + \
    | sed -nE 's/.* classname="dev\.capstan\.([^"]*)" time="([0-9.]*)".*/\1 \2/p' \
    | awk '{took[$1] += $2} END {for (test in took) if (took[test] >= 15) printf "%6d  %s\n", took[test], test}'
}

# Nothing that was started goes on, however the tests end. Who takes away a cluster of his own is waited for.
end_tests() {
  local group
  [ ${#groups[@]} = 0 ] || say "Ending what still goes on …"
  for group in "${groups[@]}"; do
    kill -- "-$group" 2>/dev/null || true
    while kill -0 -- "-$group" 2>/dev/null; do sleep 0.2; done
  done
  [ -n "${brought_up:-}" ] || return 0
  say "Taking the cluster away …"
  "$cluster" down >>"$logs/down.log" 2>&1 || say "    not wholly: see $logs/down.log"
  "$cluster" leftovers || left_behind=1
}
