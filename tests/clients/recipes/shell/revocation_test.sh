#!/usr/bin/env bash
# Tests of revocation in bash: every function called test_... is one. They speak TAP, and end with 1 if one fails.
#
#   ./revocation_test.sh             all of them
#   ./revocation_test.sh test_story  those named
#
# Needs bash 4, curl (with OpenSSL), jq, openssl and `pip install mockpki`. Between the two lines are clients; your
# own program goes there.
set -uo pipefail

coproc MOCKPKI { exec mockpki serve --exit-with-stdin; } # it ends with this shell, whose pipe is its stdin
read -r ready <&"${MOCKPKI[0]}" || exit
url=$(jq -r .url <<<"$ready")

ask() { # METHOD PATH [BODY]: the answer; or the server's sentence, and the test fails
  local answer
  answer=$(curl -sS --fail-with-body --noproxy '*' -X "$1" ${3:+--json "$3"} "$url$2") && echo "$answer" && return
  jq -r .detail <<<"$answer" >&2 && return 1
}

# ------------------------------------------------------------------------------------------------------------------
# Clients, each with a policy. Each is given a target, as JSON, and fails where it rejects.

fetch() { curl -sS --noproxy '*' --max-time 10 "$@"; }

by_staple() { # only a staple that says good will do
  go_to "$1"
  fetch --cert-status --cacert "$ca" "$page"
}

by_responder() { # only a responder that says good will do; with softly, also one that cannot tell
  local said
  go_to "$1"
  fetch --cacert "$ca" "$page" || return
  said=$(openssl ocsp -issuer "$issuer" -cert "$cert" -url "$responder" -timeout 2 \
    -CAfile "$ca" -verify_other "$issuer" 2>&1)
  echo "$said"
  case $said in
    *"Status times invalid"* | *"Verify Failure"*) [ "${2:-}" = softly ] ;;
    *"$cert: good"*) ;;
    *"$cert: revoked"*) return 1 ;;
    *) [ "${2:-}" = softly ] ;;
  esac
}

by_responder_softly() { by_responder "$1" softly; }

by_crl() { # only a CRL that does not list the certificate will do
  go_to "$1"
  timeout 5 openssl s_client -connect "$where" -servername localhost -brief -CAfile "$ca" -verify_return_error \
    -crl_check -crl_download </dev/null 2>&1
}

by_nothing() { # whoever it is
  go_to "$1"
  fetch --insecure "$page"
}

go_to() { # where the target is, and whom to trust and to ask there
  { read -r page; read -r where; read -r ca; read -r cert; read -r issuer; read -r responder; } < <(
    jq -r '.url, "\(.host):\(.port)", .ca_file, .cert_file, .issuer_file, .ocsp_url' <<<"$1")
}

# ------------------------------------------------------------------------------------------------------------------

setup() { # a PKI for this test alone, a certificate, and a TLS server that staples; $target is where it is
  local cert server
  pki=v1/pkis/$(ask POST v1/pkis "{\"name\": \"$test\"}" | jq -r .id)
  cert=$(ask POST "$pki/certificates" '{"identities": ["localhost"]}')
  leaf=$(jq -r .id <<<"$cert")
  server=$(ask POST "$pki/tls_servers" "{\"certificates\": [\"$leaf\"]}")
  staple=$pki/tls_servers/$(jq -r .id <<<"$server")/staple
  target=$(jq -n --argjson pki "$(ask GET "$pki")" --argjson cert "$cert" --argjson server "$server" '{
    host: $server.host, port: $server.port, url: "https://localhost:\($server.port)/", ca_file: $pki.ca_file,
    cert_file: $cert.cert_file, issuer_file: $pki.cas[-1].cert_file, ocsp_url: $pki.cas[-1].ocsp_url}')
}

teardown() { # fails if anything went wrong in the PKI
  ask POST "$pki/check" && ask DELETE "$pki"
}

accepts() { "$1" "$target" || { echo "$1 rejected" && return 1; }; }

rejects() { # CLIENT WORDS: it has to say these
  local said
  if said=$("$1" "$target" 2>&1); then echo "$1 accepted, and should have said: $2" && return 1; fi
  [[ $said == *"$2"* ]] || { echo "$1 did not say '$2' but: $said" && return 1; }
}

tell() { ask "$@" >/dev/null; }

test_story() {
  setup
  accepts by_staple
  accepts by_responder
  ask GET "$pki/ocsp/requests" | jq -r '.requests[].text' # what was asked
  tell POST "$pki/ocsp/assert_asked" "{\"certificate\": \"$leaf\", \"times\": 1}"

  tell PUT "$staple" '{"staple": "none"}'
  rejects by_staple "No OCSP response received"
  tell PUT "$staple" '{"staple": ["Stale by=2d"]}'
  rejects by_staple "OCSP response has expired"
  tell PUT "$staple" '{"staple": "honest"}'

  tell PUT "$pki/ocsp/faults" '{"faults": ["HttpStatus 503"]}'
  rejects by_responder "Error querying OCSP responder"
  accepts by_responder_softly
  tell PUT "$pki/ocsp/faults" '{"faults": []}'

  tell POST "$pki/certificates/$leaf/revoke" '{"reason": "key_compromise"}'
  rejects by_staple "revocation reason: keyCompromise"
  rejects by_responder "Reason: keyCompromise"
  rejects by_responder_softly "Reason: keyCompromise"
  rejects by_crl "certificate revoked"
  teardown
}

table() { # CLIENT POLICY GLOB...: each scenario so named, unless a glob behind "but" is its name, too
  local client=$1 policy=$2 name id target ok visit said failed=0
  pki=v1/pkis/$(ask POST v1/pkis "{\"name\": \"$test\"}" | jq -r .id)
  shift 2
  for name in $(ask GET "v1/scenarios?policy=$policy" | jq -r '.scenarios[].name'); do
    chosen "$name" "$@" || continue
    { read -r id; read -r target; } < <(ask POST "$pki/stages" "{\"scenario\": \"$name\", \"policy\": \"$policy\"}" |
      jq -cr '.id, .target')
    while [ "$target" != null ]; do # it may have to come more than once
      if said=$("$client" "$target" 2>&1); then
        visit='{"accepted": true}'
      else
        visit=$(jq -n --arg detail "$said" '{accepted: false, detail: $detail}')
      fi
      visit=$(ask POST "$pki/stages/$id/visits" "$visit")
      { read -r target; read -r ok; } < <(jq -c '.next, .ok' <<<"$visit")
    done
    if [ "$ok" = true ]; then
      echo "$name: as $policy demands"
    else
      jq -r .message <<<"$visit" && failed=1
    fi
  done
  teardown && return "$failed"
}

chosen() { # NAME GLOB...
  local name=$1 found=1 hit=0 glob
  shift
  for glob; do
    if [ "$glob" = but ]; then hit=1; elif [[ $name == $glob ]]; then found=$hit; fi
  done
  return "$found"
}

test_table_by_staple() { # a server's staple speaks of the leaf alone
  table by_staple staple-required '*staple-*'
}

test_table_by_responder() { # it asks the one responder that it is told, and about the leaf alone
  table by_responder hard-fail,sources=OCSP,whole_chain=no,sourceless_passes=no 'ocsp-*' but ocsp-first-url-dead
}

test_table_softly() { # an outage passes, and what is revoked does not
  table by_responder_softly soft-fail,sources=OCSP,whole_chain=no ocsp-{good,revoked,http-500,refused,reset,try-later}
}

test_table_by_crl() { # about the leaf alone, by whole lists
  table by_crl hard-fail,sources=CRL,whole_chain=no,sourceless_passes=no \
    crl-{good,revoked,hold,stale,early,bad-signature,wrong-signer,garbage,http-500} 'crl-shard-*'
}

test_who_trusts_anybody() { # the last target of a first stage has another CA: who accepts that is not judged
  local said
  if said=$(table by_nothing no-check staple-good); then echo "$said" && return 1; fi
  echo "$said"
  [[ $said == "not judged: it accepts a certificate by a CA that it does not trust"* ]]
}

tests=("$@")
[ $# -gt 0 ] || mapfile -t tests < <(compgen -A function test_)
echo "1..${#tests[@]}"
failures=0
for test in "${tests[@]}"; do
  (set -e; "$test") 2>&1 | sed 's/^/# /' # what a test says is shown as a comment
  if [ "${PIPESTATUS[0]}" = 0 ]; then echo "ok $test"; else echo "not ok $test" && failures=1; fi
done
exit "$failures"
