#!/usr/bin/env bash
set -euo pipefail
coproc MOCKPKI { exec mockpki serve --exit-with-stdin; } # it ends with this shell, whose pipe is its stdin
read -r ready <&"${MOCKPKI[0]}"
url=$(jq -r .url <<<"$ready")
ask() { # METHOD PATH [BODY]: the answer, or the server's sentence and a failure
  local answer
  answer=$(curl -sS --fail-with-body --noproxy '*' -X "$1" ${3:+--json "$3"} "$url$2") && echo "$answer" && return
  jq -r .detail <<<"$answer" >&2 && return 1
}

pki=v1/pkis/$(ask POST v1/pkis '{"name": "shell"}' | jq -r .id)
leaf=$(ask POST "$pki/certificates" '{"identities": ["localhost"]}' | jq -r .id)
port=$(ask POST "$pki/tls_servers" "{\"certificates\": [\"$leaf\"]}" | jq -r .port)
connect() { curl -sS --noproxy '*' --cert-status --cacert "$ca_file" "https://localhost:$port/"; }
ca_file=$(ask GET "$pki" | jq -r .ca_file)

connect
ask POST "$pki/certificates/$leaf/revoke" '{"reason": "key_compromise"}' >/dev/null
if connect; then echo "a revoked certificate was accepted" >&2 && exit 1; fi
ask POST "$pki/check"
ask DELETE "$pki"
