# shellcheck shell=bash
# capstan/toolbox:dev, for test pods: a shell, coreutils, nc, curl, ip, getent.
toolbox_image() {
  local key
  key=$(files_digest "$here/images/toolbox" "$here/images/pick")
  if image_exists capstan/toolbox:dev && [ "$(cat "$image_store/toolbox" 2>/dev/null)" = "$key" ]; then return 0; fi
  own_engine || fail "the toolbox is made where the node image is; elsewhere tag any image with a shell as capstan/toolbox:dev"
  debian_image
  image toolbox capstan/toolbox:dev
  echo "$key" >"$image_store/toolbox"
}
