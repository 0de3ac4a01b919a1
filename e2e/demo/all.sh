# shellcheck shell=bash disable=SC2154
# `./capstan demo --all`: a model trained, compressed and served, by three resources that are applied together; then it is asked what a
# picture shows. Sourced by ./capstan after demo.sh.

smaller=mnist-int8
service=mnist
# Of the test images, which no step of the three has learnt from.
picture_number=0

demo_all() {
  local samples picture=$logs/digit.png expected rest grpc
  samples=$logs/progress-$job.csv
  step "Claims for data and models" apply_storage
  step "MNIST into the claim 'datasets'" load_mnist
  step "A client for gRPC: grpcurl" "$root/e2e/cluster/programs/build.sh" grpcurl
  apply_all
  follow "$samples"
  [ "$(job_json | jq -r .status.phase)" = Succeeded ] || report "$samples"
  await compressionjob "$smaller" "$of_compression"
  await inferenceservice "$service" "$of_service"
  expected=$("$JAVA_HOME/bin/java" "$root/e2e/demo/Digit.java" "$root/target/capstan/mnist/test" "$picture_number" "$picture")
  forward
  rest=$(ask_rest "$picture")
  grpc=$(ask_grpc "$picture")
  stop_forwarding
  report_all "$rest" "$grpc" "$expected" "$picture"
}

# What has failed is made anew; what is there and well stays.
apply_all() {
  local kind
  apply_job
  if [ "$(in_jobs get compressionjob "$smaller" -o json --ignore-not-found | jq -r .status.phase)" = Failed ]; then
    in_jobs delete compressionjob "$smaller" --wait >/dev/null
  fi
  for kind in compress-quantize serve; do
    say "kubectl apply -f samples/$kind.yaml"
    in_jobs apply -f "$root/samples/$kind.yaml" | sed 's/^/    /'
  done
}

# Two lines: done, failed or going on; and what there is to say.
# shellcheck disable=SC2016
condition='def condition(type): [.status.conditions[]? | select(.type == type)][0] // {};'
of_compression="$condition"'(if condition("Complete").status == "True" and condition("Accepted").status != "False" then "done"
  elif .status.phase == "Failed" or condition("Accepted").status == "False" then "failed" else "on" end),
  ((condition("Failed") | select(.status == "True") | .message) // (condition("Accepted") | select(.status == "False") | .message)
    // (condition("Reconciling") | select(.status == "True") | .message) // .status.phase // "Pending")'
of_service="$condition"'(if condition("Ready").status == "True" and .status.observedGeneration == .metadata.generation then "done"
  elif condition("Stalled").status == "True" then "failed" else "on" end),
  (condition("Stalled") | select(.status == "True") | .message) // condition("Ready").message // "Pending"'

# await KIND NAME FILTER: until it is done; tells what it says meanwhile.
await() {
  local state words before='' found
  while :; do
    # The API server may be away for a moment.
    found=$(in_jobs get "$1" "$2" -o json 2>>"$logs/follow.log" | jq -r "$3") || found=
    { read -r state; read -r words; } <<<"$found" || true
    if [ -n "$words" ] && [ "$words" != "$before" ]; then say "    $2: $words"; before=$words; fi
    case $state in
      done) return ;;
      failed) fail "$1 '$2': $words. See './capstan kubectl describe $1 $2'" ;;
    esac
    sleep 1
  done
}

# Two ports of this machine lead to the service's until stop_forwarding.
forward() {
  local log=$logs/forward.log
  : >"$log"
  in_jobs port-forward "service/$service-infsvc" :80 :8081 >"$log" 2>&1 &
  forwarding=$!
  trap stop_forwarding EXIT
  until rest_port=$(forwarded 8080) && grpc_port=$(forwarded 8081); do
    kill -0 $forwarding 2>/dev/null || fail "the service can't be reached: $(tail -n 1 "$log")"
    sleep 0.2
  done
}
forwarded() { sed -n "s/^Forwarding from 127.0.0.1:\([0-9]*\) -> $1\$/\1/p" "$logs/forward.log" | grep -m1 .; }
stop_forwarding() {
  trap - EXIT
  kill "$forwarding" 2>/dev/null || true
  wait "$forwarding" 2>/dev/null || true
}

# The likeliest class of a picture, as the service answers.
ask_rest() {
  curl -sS --fail-with-body --max-time 30 -H 'Content-Type: image/png' --data-binary "@$1" \
    "http://127.0.0.1:$rest_port/v2/models/$service/classify" | jq -r '.answers[0].classes[0] | "\(.name) \(.probability)"'
}

# The picture is an element of the tensor `sample`, of bytes, which JSON has in base 64; so are the classes' names.
ask_grpc() {
  jq -n --arg model "$service" --arg picture "$(base64 -w0 "$1")" \
    '{model_name: $model, inputs: [{name: "sample", datatype: "BYTES", shape: [1], contents: {bytes_contents: [$picture]}}], outputs: [{name: "classes"}]}' \
    | "${CAPSTAN_CACHE:-$HOME/.cache/capstan}/programs/bin/grpcurl" -plaintext -max-time 30 -import-path "$root/e2e/demo" -proto inference.proto \
      -d @ "127.0.0.1:$grpc_port" inference.GRPCInferenceService/ModelInfer | jq -r '.outputs[0].contents.bytesContents[0] | @base64d'
}

# report_all REST GRPC EXPECTED PICTURE: the last line is for programs.
report_all() {
  local trained compressed accuracy ratio answer=${1%% *}
  trained=$(job_json)
  compressed=$(in_jobs get compressionjob "$smaller" -o json)
  accuracy=$(jq -r '.status.compression.compressed.accuracy' <<<"$compressed")
  ratio=$(jq -r '.status.compression.ratio' <<<"$compressed")
  [ "$2" = "$answer" ] || fail "REST answers $answer, gRPC $2"
  cat <<R

Accuracy on the 10,000 test images   $(jq -r '.status.artifact.metrics.accuracy' <<<"$trained") as trained, $accuracy as served
Smaller by                           $ratio
Served                               $(in_jobs get inferenceservice "$service" -o json | jq -r '"\(.status.readyReplicas) replicas, \(.status.url), \(.status.digest)"')
The picture of a $3                  is a $answer with probability ${1#* }, says the service, by REST and by gRPC

Try next:
R
  printf '  ./capstan %-39s %s\n' \
    "predict $service $4" "the same, once more" \
    "kubectl get tj,cmj,infsvc" "the three" \
    "kubectl describe infsvc/$service" "what happened, in order" \
    "kubectl scale infsvc/$service --replicas=3" "another replica" \
    "down" "takes everything away"
  say
  say "accuracy=$accuracy ratio=$ratio answer=$answer expected=$3"
  [ "$answer" = "$3" ] || fail "the service takes the picture of a $3 for a $answer"
}
