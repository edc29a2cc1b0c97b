#!/bin/sh
# quick.sh for a shell that has no coproc.
set -eu
pipes=$(mktemp -d)
mkfifo "$pipes/in" "$pipes/out"
mockpki serve --exit-with-stdin <"$pipes/in" >"$pipes/out" & # it ends with this shell, which has the other end
exec 3>"$pipes/in"
read -r ready <"$pipes/out"
rm -r "$pipes"
url=$(printf "%s\\n" "$ready" | jq -r .url)
ask() { # METHOD PATH [BODY]: the answer, or the server's sentence and a failure
  answer=$(curl -sS --fail-with-body --noproxy '*' -X "$1" ${3:+--json "$3"} "$url$2") && printf "%s\\n" "$answer" && return
  printf "%s\\n" "$answer" | jq -r .detail >&2 && return 1
}

pki=v1/pkis/$(ask POST v1/pkis '{"name": "sh"}' | jq -r .id)
ask POST "$pki/certificates" '{"identities": ["localhost"]}' | jq -r .status.status
ask DELETE "$pki"
