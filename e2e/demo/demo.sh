# shellcheck shell=bash disable=SC2154
# `./capstan demo`: samples/mnist.yaml on the cluster, watched to its end. Sourced by ./capstan, whose functions it uses.

jobs_namespace=default
job=mnist

demo() {
  local samples
  samples=$logs/progress-$job.csv
  step "Claims for data and models" apply_storage
  step "MNIST into the claim 'datasets'" load_mnist
  apply_job
  follow "$samples"
  report "$samples"
}

in_jobs() { "$cluster" kubectl -n "$jobs_namespace" "$@"; }
apply_storage() { in_jobs apply -f "$root/samples/storage.yaml"; }

# Not written again when it is there: a job may be reading it.
load_mnist() {
  local here there
  here=$root/target/capstan/mnist
  there=$(mktemp -d)
  "$root/e2e/demo/data" mnist "$here"
  if ! "$cluster" get "$jobs_namespace" datasets mnist "$there/" || ! diff -r "$here" "$there/mnist"; then
    "$cluster" put "$jobs_namespace" datasets "$here/train" "$here/test" mnist
  fi
  rm -rf "$there"
}

job_json() { in_jobs get trainingjob "$job" -o json --ignore-not-found; }

apply_job() {
  local phase
  phase=$(job_json | jq -r '.status.phase // "Pending"')
  case $phase in
    Succeeded) say "Job '$job' has finished already and isn't run again. For another run: './capstan kubectl delete tj/$job pvc/models' first." ;;
    Failed)
      say "Job '$job' failed before; it is deleted and runs again. It said: $(job_json | failure)"
      in_jobs delete trainingjob "$job" --wait >/dev/null ;;&
    *)
      [ -n "$phase" ] || no_model_of_before
      say "kubectl apply -f samples/mnist.yaml"
      in_jobs apply -f "$root/samples/mnist.yaml" | sed 's/^/    /' ;;
  esac
}

# A job never overwrites another job's model; said here, before anybody waits for it.
no_model_of_before() {
  local copy found=
  copy=$(mktemp -d)
  if "$cluster" get "$jobs_namespace" models "$job/model.zip" "$copy/" 2>/dev/null; then found=1; fi
  rm -rf "$copy"
  [ -z "$found" ] || fail "the claim 'models' has the model of an earlier job '$job': './capstan kubectl delete pvc/models' first"
}

failure() { jq -r '[.status.conditions[]? | select(.type == "Failed")][0].message // "nothing"'; }

# One line of tab-separated values: what people want to see, then what goes into the CSV.
observation='[.status.phase // "Pending",
  ([.status.conditions[]? | select(.type == "Reconciling" and .status == "True")][0].message // ""),
  (.status.workers.summary // "0/?"), .status.progress.epoch // 0, .status.progress.epochs // 0, .status.progress.step // 0,
  .status.progress.steps // 0, .status.progress.percent // 0, .status.progress.loss // "-", .status.progress.samplesPerSecond // 0,
  .status.progress.estimatedSecondsRemaining // "-"] | map(tostring | gsub("[\t\n]"; " ") | if . == "" then "-" else . end) | join("\t")'

# follow CSV: until the job has ended. A terminal has one line that changes, a log a line for each change.
follow() {
  local line before='' start=$SECONDS phase why workers epoch epochs step steps percent loss speed left tty='' fields
  if [ -t 1 ] && [ -z "${CI:-}" ]; then tty=1; fi
  while :; do
    # The API server may be away for a moment; the job isn't.
    fields=$(job_json 2>>"$logs/follow.log" | jq -r "$observation") || fields=
    if [ -n "$fields" ]; then
      IFS=$'\t' read -r phase why workers epoch epochs step steps percent loss speed left <<<"$fields"
      [ "$why" != - ] || why=
      case $phase in Succeeded|Failed) break ;; esac
      if [ "$steps" = 0 ]; then
        line="$phase, $workers workers ready${why:+, $why}"
      else
        line="$workers workers, epoch $epoch/$epochs, step $step/$steps, $percent %, loss $loss, $speed samples/s, $left s left"
      fi
      if [ "$line" != "$before" ]; then
        [ -s "$1" ] && [ -n "$before" ] || echo 'seconds,phase,workers,epoch,step,steps,loss,samples_per_second,seconds_left' >"$1"
        echo "$((SECONDS - start)),$phase,$workers,$epoch,$step,$steps,$loss,$speed,$left" >>"$1"
        if [ -n "$tty" ]; then printf '\r\e[K    %s' "${line:0:$((${COLUMNS:-$(tput cols 2>/dev/null || echo 80)} - 5))}"; else printf '    %s\n' "$line"; fi
      fi
      before=$line
    fi
    sleep 1
  done
  if [ -n "$tty" ] && [ -n "$before" ]; then printf '\n'; fi
}

# report CSV: what came out; the last line is for programs.
report() {
  local result accuracy workers nodes uri digest seconds measured
  result=$(job_json)
  if [ "$(jq -r .status.phase <<<"$result")" != Succeeded ]; then
    in_jobs get events --field-selector "involvedObject.name=$job" | tail -5 >&2
    fail "job '$job' failed: $(failure <<<"$result"). See './capstan logs $job'"
  fi
  accuracy=$(jq -r '.status.artifact.metrics.accuracy' <<<"$result")
  uri=$(jq -r '.status.artifact.uri' <<<"$result")
  digest=$(jq -r '.status.artifact.digest' <<<"$result")
  workers=$(jq -r '.status.workers.total // .spec.workers.replicas' <<<"$result")
  nodes=$(jq -r '[.status.admission.placements[]?.node] | unique | length' <<<"$result")
  seconds=$(jq -r '(.status.completionTime | sub("[.][0-9]+"; "") | fromdate) - (.metadata.creationTimestamp | fromdate)' <<<"$result")
  measured=$(stored_digest "$uri/model.zip")
  [ "$measured" = "$digest" ] || fail "the model's file has digest $measured, but the job says $digest: see './capstan kubectl get trainingjob $job -o yaml'"
  cat <<R

Accuracy on the 10,000 test images   $accuracy
Model                                $uri, model.zip of $(jq -r '.status.artifact.sizeBytes' <<<"$result") bytes
Digest, checked against the file     $digest
Workers                              $workers, on $nodes nodes
From apply to model                  $seconds s$([ ! -s "$1" ] || printf '\nProgress, sample by sample           %s' "$1")

Try next:
R
  printf '  ./capstan %-39s %s\n' \
    "kubectl describe tj/$job" "what happened, in order" \
    "logs $job" "what its workers said" \
    "kubectl delete tj/$job pvc/models" "and './capstan demo' again: the digest will be the same" \
    "kubectl explain tj.spec" "what a job may say; samples/ has jobs to copy" \
    "down" "takes everything away"
  say
  say "accuracy=$accuracy workers=$workers nodes=$nodes uri=$uri digest=$digest seconds=$seconds"
}

# The SHA-256 of a pvc://CLAIM/PATH as it lies in the volume.
stored_digest() {
  local place=${1#pvc://} copy
  copy=$(mktemp -d)
  "$cluster" get "$jobs_namespace" "${place%%/*}" "${place#*/}" "$copy/model"
  echo "sha256:$(sha256sum "$copy/model" | cut -d' ' -f1)"
  rm -rf "$copy"
}
