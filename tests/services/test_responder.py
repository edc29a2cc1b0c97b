"""The OCSP responder over real HTTP, asked in every way a client may ask."""

import base64
import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import pytest
from cryptography import x509
from cryptography.x509 import ocsp as their_ocsp

from mockpki import CA, PKI, Leaf, faults
from mockpki._pkix.window import Window
from mockpki._services.caching import caching_headers
from tests.kit.asking import (
    basic,
    cert_id,
    connect,
    ocsp_fields,
    post,
    question,
    raw_post,
    read_answer,
    response_status,
    send,
    signature_holds,
    statuses,
)
from tests.kit.programs import need, run

HASHES = ("sha1", "sha256", "sha384", "sha512")


def in_path(der: bytes) -> str:
    """The target of a GET."""
    return "/ocsp/" + quote(base64.b64encode(der), safe="")


def test_a_question_by_post_is_answered_and_signed(pki: PKI) -> None:
    """A good certificate is good, by the issuer's own signature, with nothing embedded."""
    leaf = pki.issue_cert("localhost")
    reply = post(pki.ocsp.url, question(cert_id(leaf)))
    assert reply.status == 200
    assert reply.headers["content-type"] == "application/ocsp-response"
    assert reply.headers["content-length"] == str(len(reply.body))
    assert statuses(reply.body) == ["good"]
    assert signature_holds(reply.body, pki.ca.certificate)
    assert not signature_holds(reply.body, pki.root.certificate)
    assert ocsp_fields(reply.body)["certs"] is None


@pytest.mark.parametrize("null", [True, False], ids=["NULL", "absent"])
@pytest.mark.parametrize("hash_name", HASHES)
def test_cert_ids_come_back_verbatim(pki: PKI, hash_name: str, null: bool) -> None:
    """The CertID of the answer is the request's, octet for octet."""
    leaf = pki.issue_cert("localhost")
    wanted = cert_id(leaf, hash_name, null=null)
    reply = post(pki.ocsp.url, question(wanted))
    assert statuses(reply.body) == ["good"]
    assert ocsp_fields(reply.body)["cert_id"] == wanted.dump()
    assert pki.ocsp.requests[-1].hash_algorithm == hash_name


def test_several_certificates_are_answered_in_their_order(pki: PKI) -> None:
    """One SingleResponse for each CertID, with its own status, in one signed answer."""
    good, revoked = pki.issue_cert("a.test"), pki.issue_cert("b.test")
    pki.revoke(revoked, "superseded")
    ids = [cert_id(revoked, "sha256"), cert_id(good), cert_id(good, serial=5), cert_id(revoked)]
    reply = post(pki.ocsp.url, question(*ids))
    assert statuses(reply.body) == ["revoked", "good", "unknown", "revoked"]
    singles = basic(reply.body)["tbs_response_data"]["responses"]
    assert [single["cert_id"].dump() for single in singles] == [one.dump() for one in ids]
    assert signature_holds(reply.body, pki.ca.certificate)
    assert pki.ocsp.requests[-1].serials == tuple(one["serial_number"].native for one in ids)


@pytest.mark.parametrize("delegated", [False, True])
def test_an_answer_from_a_frame_is_the_value_encoded(delegated: bool) -> None:
    """Over HTTP, again and again, it has the octets that are made step by step, whatever was asked."""
    # Ed25519 signs the same octets the same way, so whole answers can be held against each other.
    with PKI(key_type="Ed25519", delegated=delegated, responder_id="name") as pki, pki.clock.stop():
        good, revoked, held = (pki.issue_cert(f"{name}.test", serial_number=serial) for name, serial in (
            ("a", 2**100), ("b", 2**100 + 1), ("c", 2**100 + 2),
        ))  # fmt: skip
        pki.revoke(revoked, "superseded")
        pki.revoke(held, "certificate_hold")
        seen = []
        honest, window = [("Content-Type", "application/ocsp-response")], Window.honest(pki.clock.now())
        for hash_name in HASHES:
            for nonce in (None, b"1", b"2", b"n" * 32, b"m" * 32, b"n" * 128):
                for serial in (good, revoked, held, 2**100 + 3, 5, 6, 128):
                    number = serial if isinstance(serial, int) else serial.serial_number
                    reply = post(pki.ocsp.url, question(cert_id(good, hash_name, serial=number), nonce=nonce))
                    assert reply.body == pki.ocsp.response_for(number, hash_algorithm=hash_name, nonce=nonce)
                    headers = [*honest, ("Content-Length", str(len(reply.body)))]
                    headers += caching_headers(window, reply.body)
                    assert sorted(reply.headers.items()) == sorted((n.lower(), v) for n, v in headers)
                    seen += statuses(reply.body)
        assert Counter(seen) == {"good": 24, "revoked": 48, "unknown": 96}
        pki.release(held)
        pki.revoke(good)
        for leaf, status in ((good, "revoked"), (held, "good"), (revoked, "revoked")):
            reply = post(pki.ocsp.url, question(cert_id(leaf), nonce=b"n" * 32))
            assert statuses(reply.body) == [status]
            assert reply.body == pki.ocsp.response_for(leaf, nonce=b"n" * 32)
            etag = f'"{hashlib.sha256(reply.body).hexdigest()}"'
            assert (reply.headers["etag"], reply.headers["content-length"]) == (etag, str(len(reply.body)))


@pytest.mark.parametrize("size", [1, 15, 16, 32, 33, 127, 128])
def test_a_nonce_comes_back(pki: PKI, size: int) -> None:
    """RFC 9654 section 2.1: 1 to 128 octets are echoed, wrapped twice, and not critical."""
    nonce = bytes(range(size))
    reply = post(pki.ocsp.url, question(cert_id(pki.issue_cert("localhost")), nonce=nonce))
    [extension] = basic(reply.body)["tbs_response_data"]["response_extensions"]
    assert extension["extn_id"].native == "nonce"
    assert extension["extn_value"].parsed.native == nonce
    assert not extension["critical"].native
    assert pki.ocsp.requests[-1].nonce == nonce


def test_without_a_nonce_there_is_none(pki: PKI) -> None:
    """No nonce asked, none given, no responseExtensions at all; also right after one was."""
    leaf = pki.issue_cert("localhost")
    post(pki.ocsp.url, question(cert_id(leaf), nonce=b"n" * 32))
    reply = post(pki.ocsp.url, question(cert_id(leaf)))
    assert ocsp_fields(reply.body)["response_extensions"] is None
    assert pki.ocsp.requests[-1].nonce is None


@pytest.mark.parametrize("size", [0, 129, 300])
def test_a_nonce_of_no_lawful_length_is_malformed(pki: PKI, size: int) -> None:
    """RFC 9654 section 2.1: 0 octets, or more than 128, are malformedRequest."""
    reply = post(pki.ocsp.url, question(cert_id(pki.issue_cert("localhost")), nonce=bytes(size)))
    assert (reply.status, response_status(reply.body)) == (200, "malformed_request")
    error = pki.ocsp.requests[-1].error
    assert error is not None
    assert f"the nonce has {size} octets" in error


def test_status_follows_the_ledger(pki: PKI) -> None:
    """Good, on hold, released, revoked with time and reason, forgotten, never issued."""
    leaf = pki.issue_cert("localhost")

    def ask() -> their_ocsp.OCSPResponse:
        return their_ocsp.load_der_ocsp_response(post(pki.ocsp.url, question(cert_id(leaf))).body)

    assert ask().certificate_status is their_ocsp.OCSPCertStatus.GOOD
    pki.revoke(leaf, "certificate_hold")
    assert ask().revocation_reason is x509.ReasonFlags.certificate_hold
    pki.release(leaf)
    assert ask().certificate_status is their_ocsp.OCSPCertStatus.GOOD
    at = datetime(2021, 3, 4, 5, 6, 7, tzinfo=timezone.utc)
    pki.revoke(leaf, "key_compromise", at=at)
    assert (ask().revocation_time_utc, ask().revocation_reason) == (at, x509.ReasonFlags.key_compromise)
    pki.revoke(leaf)
    assert ask().revocation_reason is None
    pki.forget(leaf)
    assert ask().certificate_status is their_ocsp.OCSPCertStatus.UNKNOWN
    reply = post(pki.ocsp.url, question(cert_id(leaf, serial=99)))
    assert statuses(reply.body) == ["unknown"]


def test_another_issuers_certificate_is_unauthorized(pki: PKI) -> None:
    """RFC 9919 section 3.2.3; one foreign CertID among several is enough."""
    own = pki.issue_cert("localhost")
    elsewhere = pki.root.issue_cert("localhost")
    for ids in ([cert_id(elsewhere)], [cert_id(own), cert_id(elsewhere, "sha256")]):
        reply = post(pki.ocsp.url, question(*ids))
        assert (reply.status, response_status(reply.body)) == (200, "unauthorized")
        assert reply.headers["cache-control"] == "no-store"
    assert statuses(post(pki.root.ocsp.url, question(cert_id(elsewhere))).body) == ["good"]


OPTIONS: dict[str, dict[str, Any]] = {
    "by key": {},
    "delegated, by name": {"delegated": True, "responder_id": "name"},
    "signed ahead": {"publishes": "aws-private-ca"},
}


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_one_url_for_several_cas(options: dict[str, Any]) -> None:
    """OpenSSL verifies each answer by the CA in question; revoked and bent ones reach no other CA."""
    with PKI(**options) as pki:
        other = pki.root.create_child_ca()
        pki.ocsp.answer_for(pki.root.ocsp)
        named = other.issue_cert("b.test", ocsp_urls=[pki.ocsp.url])
        leaves = {pki.issue_cert("a.test"): pki.ca, named: other, pki.root.issue_cert("c.test"): pki.root}
        for get in (True, False):
            for leaf, issuer in leaves.items():
                assert ask_openssl(pki, leaf, issuer, get) == "good"
        pki.revoke(named)
        assert [ask_openssl(pki, *pair) for pair in leaves.items()] == ["good", "revoked", "good"]
        with pki.ocsp.respond_with(faults.Unknown(), to=named):
            assert [ask_openssl(pki, *pair) for pair in leaves.items()] == ["good", "unknown", "good"]
        pki.ocsp.assert_asked(named, times=4)
        other.ocsp.assert_not_asked()
        staple = their_ocsp.load_der_ocsp_response(pki.ocsp.response_for(named))
        assert staple.certificate_status is their_ocsp.OCSPCertStatus.REVOKED


def ask_openssl(pki: PKI, leaf: Leaf, issuer: CA, get: bool = False) -> str:
    """What ``openssl ocsp`` says, once it has verified who signed. (It asks by POST; GET is our own.)"""
    if get:
        return statuses(send(pki.ocsp.url, target=in_path(question(cert_id(leaf)))).body)[0]
    run_ = run(
        need("openssl"), "ocsp", "-issuer", issuer.cert_file, "-cert", leaf.cert_file, "-url", pki.ocsp.url,
        "-CAfile", pki.ca_file, "-verify_other", issuer.cert_file,
    )  # fmt: skip
    assert "Response verify OK" in run_.stderr, run_.stderr
    return run_.stdout.splitlines()[0].rpartition(": ")[2]


def test_who_does_not_answer_for_others(pki: PKI) -> None:
    """A CA that never said so is not answered for, nor several at once; what is no responder is refused."""
    other, third = pki.root.create_child_ca(), pki.root.create_child_ca()
    named, unnamed = other.issue_cert("b.test", ocsp_urls=[pki.ocsp.url]), third.issue_cert("c.test")
    own = pki.issue_cert("a.test")
    assert statuses(post(pki.ocsp.url, question(cert_id(named))).body) == ["good"]
    for ids in ([cert_id(unnamed)], [cert_id(own), cert_id(named)]):
        assert response_status(post(pki.ocsp.url, question(*ids)).body) == "unauthorized"
    assert response_status(post(other.ocsp.url, question(cert_id(own))).body) == "unauthorized"
    with pytest.raises(ValueError, match="does not answer for that CA"):
        pki.ocsp.assert_not_asked(unnamed)
    wrong: Any = pki.root
    with pytest.raises(TypeError, match=r"others= of answer_for\(\) takes the responder of a CA, such as"):
        pki.ocsp.answer_for(wrong)


def test_a_ca_is_asked_about_at_its_parents(pki: PKI) -> None:
    """The root's responder answers for the issuing CA, revoked or not."""
    ask = question(cert_id(pki.ca))
    assert statuses(post(pki.root.ocsp.url, ask).body) == ["good"]
    pki.revoke(pki.ca, "ca_compromise")
    assert statuses(post(pki.root.ocsp.url, ask).body) == ["revoked"]


CRITICAL = {"extn_id": "1.2.3.4", "critical": True, "extn_value": b"\x05\x00"}
TWO_NONCES = [{"extn_id": "nonce", "extn_value": b"\x04\x01a"}] * 2
BROKEN: dict[str, Callable[[Any], bytes]] = {
    "nothing": lambda one: b"",
    "text": lambda one: b"hello",
    "half": lambda one: question(one)[:40],
    "one octet short": lambda one: question(one)[:-1],
    "one octet more": lambda one: question(one) + b"\x00",
    "indefinite length": lambda one: b"\x30\x80" + question(one)[2:] + b"\x00\x00",
    "no certificates": lambda one: question(),
    "unknown critical extension": lambda one: question(one, extensions=[CRITICAL]),
    "two nonces": lambda one: question(one, extensions=TWO_NONCES),
}


@pytest.mark.parametrize("breaking", BROKEN.values(), ids=BROKEN)
def test_what_does_not_parse_is_malformed(pki: PKI, breaking: Callable[[Any], bytes]) -> None:
    """RFC 6960 section 2.3: malformedRequest with HTTP 200, unsigned, uncacheable, and recorded."""
    leaf = pki.issue_cert("localhost")
    der = breaking(cert_id(leaf))
    replies = [post(pki.ocsp.url, der), send(pki.ocsp.url, target=in_path(der))]
    for reply, request in zip(replies, pki.ocsp.requests, strict=True):
        assert reply.status == 200
        assert reply.body == bytes.fromhex("30030a0101")
        assert reply.headers["content-type"] == "application/ocsp-response"
        assert reply.headers["cache-control"] == "no-store"
        assert request.question is None
        assert request.error is not None
        assert request.error.startswith("malformed request: ")
        assert request.serials == ()
    assert statuses(post(pki.ocsp.url, question(cert_id(leaf))).body) == ["good"]


def test_an_unknown_extension_that_is_not_critical_is_passed_over(pki: PKI) -> None:
    """RFC 6960 section 4.1.2: "Unrecognized extensions MUST be ignored"."""
    extension = {"extn_id": "1.2.3.4", "extn_value": b"\x05\x00"}
    reply = post(pki.ocsp.url, question(cert_id(pki.issue_cert("localhost")), extensions=[extension]))
    assert statuses(reply.body) == ["good"]
    assert ocsp_fields(reply.body)["response_extensions"] is None


def test_a_bare_get_is_malformed(pki: PKI) -> None:
    """A person with a browser gets malformedRequest, and never an HTTP 500."""
    for target in ("/", "/ocsp", "/ocsp/", "/favicon.ico", "/M", "/%", "/MEow=", "/MA==", "/M...", "*"):
        reply = send(pki.ocsp.url, target=target)
        assert (reply.status, response_status(reply.body)) == (200, "malformed_request")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_not_allowed(pki: PKI, method: str) -> None:
    """HTTP 405, with Allow."""
    reply = send(pki.ocsp.url, method, b"" if method != "OPTIONS" else None)
    assert (reply.status, reply.headers["allow"]) == (405, "GET, HEAD, POST")
    assert pki.ocsp.requests[-1].answer.status == 405


def test_head_has_the_headers_of_get_and_no_body(pki: PKI) -> None:
    """And the connection can be used again: nothing of a body is on it."""
    der = question(cert_id(pki.issue_cert("localhost")))
    target = in_path(der)
    head = send(pki.ocsp.url, "HEAD", target=target)
    assert (head.status, head.body) == (200, b"")
    assert int(head.headers["content-length"]) > 100
    assert head.headers["content-type"] == "application/ocsp-response"
    with connect(pki.ocsp.url) as connection:
        connection.sendall(f"HEAD {target} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: test\r\n\r\n".encode())
        octets = b""
        while octets.count(b"HTTP/1.1 200 OK") < 2 or not octets.endswith(basic_end(octets)):
            octets += connection.recv(65536)
    first, second = octets.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first.endswith(b"\r\n\r\n")
    assert statuses(second.partition(b"\r\n\r\n")[2]) == ["good"]


def basic_end(octets: bytes) -> bytes:
    """The last octets of the last answer, once its header is whole."""
    head, separator, body = octets.rpartition(b"\r\n\r\n")
    length = int(head.rpartition(b"Content-Length: ")[2].split(b"\r\n")[0]) if separator else -1
    return body if len(body) == length else b"\0not yet"


def test_a_signed_request_is_answered_and_recorded_as_signed(pki: PKI) -> None:
    """RFC 9919 section 3.1.2: "Responders MAY ignore the signature on OCSPRequests"."""
    leaf = pki.issue_cert("localhost")
    name = leaf.certificate.subject
    for signature in (True, False):
        reply = post(pki.ocsp.url, question(cert_id(leaf), requestor=name, signature=signature))
        assert statuses(reply.body) == ["good"]
        record = pki.ocsp.requests[-1]
        assert record.signed is signature
        assert record.question is not None
        requestor = record.question.requestor_name
        assert requestor is not None
        assert name.public_bytes() in requestor
    post(pki.ocsp.url, question(cert_id(leaf)))
    last = pki.ocsp.requests[-1].question
    assert last is not None
    assert last.requestor_name is None


@pytest.mark.parametrize("delegated", [False, True], ids=["issuer", "delegate"])
@pytest.mark.parametrize("responder_id", ["key", "name"])
def test_who_signs_and_how_it_is_named(delegated: bool, responder_id: str) -> None:
    """A delegate's certificate is embedded, and only a delegate's; the ResponderID is the signer's."""
    with PKI(delegated=delegated, responder_id=responder_id) as pki:
        leaf = pki.issue_cert("localhost")
        reply = post(pki.ocsp.url, question(cert_id(leaf)))
        response = their_ocsp.load_der_ocsp_response(reply.body)
        assert signature_holds(reply.body, pki.ca.certificate)
        signer = pki.ca.certificate
        assert len(response.certificates) == int(delegated)
        if delegated:
            [signer] = response.certificates
            nocheck = signer.extensions.get_extension_for_class(x509.OCSPNoCheck)
            assert not nocheck.critical
        if responder_id == "name":
            assert (response.responder_name, response.responder_key_hash) == (signer.subject, None)
        else:
            key = x509.SubjectKeyIdentifier.from_public_key(signer.public_key()).digest
            assert (response.responder_name, response.responder_key_hash) == (None, key)


def test_caching_headers_of_an_authoritative_answer(pki: PKI) -> None:
    """RFC 9919 section 7.2, against the times inside the answer; revoked and unknown are cacheable too."""
    leaf = pki.issue_cert("localhost")
    pki.revoke(leaf)
    for serial in (leaf.serial_number, 7):
        der = question(cert_id(leaf, serial=serial))
        by_get = send(pki.ocsp.url, target=in_path(der))
        for reply in (by_get, post(pki.ocsp.url, der)):
            response = their_ocsp.load_der_ocsp_response(reply.body)
            headers = reply.headers
            assert parsedate_to_datetime(headers["last-modified"]) == response.this_update_utc
            assert response.this_update_utc == response.produced_at_utc
            assert response.next_update_utc is not None
            assert parsedate_to_datetime(headers["expires"]) == response.next_update_utc
            assert headers["etag"] == f'"{hashlib.sha256(reply.body).hexdigest()}"'
            date = parsedate_to_datetime(headers["date"])
            age, *directives = headers["cache-control"].split(", ")
            assert directives == ["public", "no-transform", "must-revalidate"]
            assert timedelta(0) < timedelta(seconds=int(age.removeprefix("max-age=")))
            until = date + timedelta(seconds=int(age.removeprefix("max-age=")))
            assert response.this_update_utc < until < response.next_update_utc


def test_answers_follow_the_clock(pki: PKI) -> None:
    """thisUpdate, nextUpdate, producedAt and the HTTP dates move with `pki.clock`."""
    ask = question(cert_id(pki.issue_cert("localhost")))
    before = their_ocsp.load_der_ocsp_response(post(pki.ocsp.url, ask).body)
    pki.clock.shift(timedelta(days=400))
    reply = post(pki.ocsp.url, ask)
    after = their_ocsp.load_der_ocsp_response(reply.body)
    moved = after.this_update_utc - before.this_update_utc
    assert timedelta(days=400) <= moved < timedelta(days=401)
    then = pki.ocsp.requests[-1].time.replace(microsecond=0)
    assert after.produced_at_utc == after.this_update_utc == then - timedelta(minutes=10)
    assert parsedate_to_datetime(reply.headers["date"]) == then
    assert after.next_update_utc is not None
    assert before.next_update_utc is not None
    assert after.next_update_utc - after.this_update_utc == before.next_update_utc - before.this_update_utc


def test_a_revocation_is_seen_on_the_same_kept_alive_connection(pki: PKI) -> None:
    """The answer to the same octets changes with the ledger, within the same second."""
    leaf = pki.issue_cert("localhost")
    ask = raw_post(pki.ocsp.url, question(cert_id(leaf)))
    with connect(pki.ocsp.url) as connection:
        seen = []
        for change in (None, pki.revoke, pki.forget):
            if change is not None:
                change(leaf)
            connection.sendall(ask)
            seen += statuses(read_answer(connection).body)
    assert seen == ["good", "revoked", "unknown"]
    assert len({request.client for request in pki.ocsp.requests}) == 1


def test_response_for_is_what_http_would_say(pki: PKI) -> None:
    """The bytes without HTTP hold the hash and the nonce asked for, and the same status."""
    leaf = pki.issue_cert("localhost")
    der = pki.ocsp.response_for(leaf, hash_algorithm="sha256", nonce=b"abc")
    fields = ocsp_fields(der)
    assert fields["cert_id"] == cert_id(leaf, "sha256").dump()
    assert b"abc" in (fields["response_extensions"] or b"")
    assert statuses(pki.ocsp.response_for(leaf.serial_number)) == ["good"]
    assert statuses(pki.ocsp.response_for(123456)) == ["unknown"]
    assert statuses(pki.root.ocsp.response_for(pki.ca)) == ["good"]
    pki.ocsp.assert_not_asked()
    with pytest.raises(ValueError, match="'md5' is no hash for a CertID here; there are sha1, sha256"):
        pki.ocsp.response_for(leaf, hash_algorithm="md5")
