# shellcheck shell=bash disable=SC2154
# ./capstan predict: asks an InferenceService about a file. Sourced by the script capstan.

predict() {
  local usage="usage: ./capstan predict NAME FILE [-n NAMESPACE] [--model MODEL]" given=() namespace=default model='' service secret key token='' code
  while [ $# -gt 0 ]; do
    [[ $1 != -* || $# -gt 1 ]] || fail "$1 needs a value; $usage"
    case $1 in
      -n|--namespace) namespace=${2:-}; shift 2 ;;
      --model) model=${2:-}; shift 2 ;;
      -*) fail "no option $1; $usage" ;;
      *) given+=("$1"); shift ;;
    esac
  done
  [ ${#given[@]} = 2 ] || fail "$usage"
  local name=${given[0]} file=${given[1]}
  [ -f "$file" ] || fail "there is no file $file"
  need_cluster
  need jq=jq curl=curl

  service=$("$cluster" kubectl get inferenceservice "$name" -n "$namespace" -o json 2>&1) \
    || fail "no InferenceService $name in namespace $namespace: $service"
  [ "$(jq -r '[.status.conditions[]? | select(.type == "Ready")][0].status' <<<"$service")" = True ] \
    || fail "$name isn't ready: $(jq -r '[.status.conditions[]? | select(.type == "Ready")][0].message // "nothing is known of it yet"' <<<"$service")"
  secret=$(jq -r '.spec.access.token.secretName // empty' <<<"$service")
  key=$(jq -r '.spec.access.token.key // "token"' <<<"$service")
  if [ -n "$secret" ]; then
    token=$("$cluster" kubectl get secret "$secret" -n "$namespace" -o json 2>&1 | jq -er --arg key "$key" '.data[$key] | @base64d') \
      || fail "$name needs a token, and the key $key of the secret $secret can't be read"
  fi

  work=$(mktemp -d)
  trap 'kill "${forward:-}" 2>/dev/null; rm -rf "$work"' EXIT
  forward_to "$name" "$namespace" "$service"
  # By a file, as arguments can be read by everybody on this machine.
  { [ -z "$token" ] || printf 'header = "Authorization: Bearer %s"\n' "$token"; } >"$work/headers"
  code=$(curl -sSk -m 60 -K "$work/headers" -H "Content-Type: $(media_type "$file")" --data-binary "@$file" -o "$work/answer" -w '%{http_code}' \
    "$address/v2/models/${model:-$name}/classify" 2>"$work/error") || fail "$name doesn't answer: $(tail -n 1 "$work/error" "$work/forward")"
  case $code in
    200) jq -r '.answers as $all | $all | to_entries[] | (if ($all | length) > 1 then ["row \(.key + 1)"] else empty end),
           (.value.classes // [] | .[:10][] | [.name, .probability, "%"]), (.value.predictions // [] | .[] | [.name, .value]) | @tsv' "$work/answer" \
           | LC_ALL=C awk -F '\t' 'NF < 2 { print $1; next } NF > 2 { printf "%-24s %5.1f %%\n", $1, 100 * $2; next } { printf "%-24s %s\n", $1, $2 }' ;;
    401) fail "$name asks for a token$([ -z "$secret" ] || echo ", and isn't content with that of the secret $secret")" ;;
    *) fail "$name answers with status $code: $(jq -r '.error // .' "$work/answer" 2>/dev/null || head -c 300 "$work/answer")" ;;
  esac
}

# forward_to NAME NAMESPACE SERVICE: sets address. The tunnel ends at the API server, which has checked who is at its other end, so a
# certificate for another host's name is no worse than none.
forward_to() {
  local scheme=http port
  [ "$(jq -r '.spec.access.tls // empty' <<<"$3")" = "" ] || scheme=https
  "$cluster" kubectl port-forward -n "$2" "service/$1-infsvc" ":$scheme" --address 127.0.0.1 >"$work/forward" 2>&1 &
  forward=$!
  for _ in $(seq 100); do
    port=$(sed -n 's/^Forwarding from 127\.0\.0\.1:\([0-9]*\) .*/\1/p' "$work/forward")
    [ -z "$port" ] || break
    kill -0 "$forward" 2>/dev/null || break
    sleep 0.1
  done
  [ -n "$port" ] || fail "$1 can't be reached: $(cat "$work/forward")"
  address=$scheme://127.0.0.1:$port
}

media_type() {
  case ${1,,} in
    *.png) echo image/png ;;
    *.jpg|*.jpeg) echo image/jpeg ;;
    *.bmp) echo image/bmp ;;
    *.gif) echo image/gif ;;
    *.csv|*.tsv) echo text/csv ;;
    *.txt) echo text/plain ;;
    *) echo application/octet-stream ;;
  esac
}
