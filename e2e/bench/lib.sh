# shellcheck shell=bash
# How a benchmark of this folder starts; sourced by each. Figures go to target/bench as CSV, a summary is the last line.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
results=$root/target/bench
mkdir -p "$results"

# built: builds what is missing, once.
built() {
  [ -z "${is_built:-}" ] || return 0
  is_built=1
  # In one run, so that Maven takes the other modules from their folders and nothing is installed; this module comes last, so the file is its.
  ( cd "$root" && ./mvnw -q -B -ntp -pl e2e/bench -am verify dependency:build-classpath -DskipTests -Dmdep.outputFile="$results/classpath" ) \
    >"$results/build.log" 2>&1 \
    || { tail -n 20 "$results/build.log" >&2; echo "bench: the build failed" >&2; exit 1; }
}

# pytorch: PyTorch from PyPI, without NVIDIA's libraries; sets where Python, its environment and our scripts for it are.
pytorch() {
  peers=$root/e2e/bench/peers
  python=$("$root/e2e/venv" pytorch --no-deps -r "$peers/pytorch.txt")
  venv=${python%/bin/python}
  if [ ! -e "$venv/stubs/made" ]; then
    rm -rf "$venv/stubs"
    "$peers/stubs" "$(echo "$venv"/lib/python*/site-packages/torch/lib)" "$venv/stubs"
    touch "$venv/stubs/made"
  fi
}

# bench CLASS ARGUMENTS...: builds what is missing and runs the class with the worker image's own JVM flags.
bench() {
  local class=$1
  shift
  built
  OMP_NUM_THREADS=1 "$JAVA_HOME/bin/java" "@$root/worker/jvm.options" "-Dorg.bytedeco.javacpp.cachedir=$results/natives" \
    -Dorg.slf4j.simpleLogger.log.dev.capstan=warn \
    -cp "$root/e2e/bench/target/classes:$(cat "$results/classpath")" "dev.capstan.bench.$class" "$@"
}

# on_cluster CLASS ARGUMENTS...: runs a class that stands beside the scenarios, on the cluster that is up.
on_cluster() {
  local class=$1
  shift
  # This module comes last, so the file is its.
  ( cd "$root" && ./mvnw -q -B -ntp -pl e2e -am test-compile dependency:build-classpath -Dmdep.outputFile="$results/e2e-classpath" -Dmdep.includeScope=test ) \
    >"$results/build.log" 2>&1 \
    || { tail -n 20 "$results/build.log" >&2; echo "bench: the build failed" >&2; exit 1; }
  LC_ALL=C.UTF-8 "$JAVA_HOME/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx256m --sun-misc-unsafe-memory-access=allow \
    -cp "$root/e2e/target/test-classes:$(cat "$results/e2e-classpath")" "dev.capstan.e2e.$class" "$@"
}
