"""The question in a request: every spelling of it is understood, and it is read once at most."""

import base64
import itertools
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from freezegun import freeze_time
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mockpki import PKI, Leaf, faults, relying_party, staplers
from mockpki._exchange.http import HttpRequest
from mockpki._pkix.ocsp_request import OCSPRequest
from mockpki._pkix.shape import read_request
from mockpki._services.questions import Inquiry, read_nothing, read_question
from tests.kit.asking import basic, cert_id, question, send, statuses

ESCAPINGS: dict[str, Callable[[str], str]] = {
    "percent, upper case": lambda text: quote(text, safe=""),
    "percent, lower case": lambda text: quote(text, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "raw": lambda text: text,
    "only the slash": lambda text: text.replace("/", "%2F"),
    "every character": lambda text: "".join(f"%{ord(character):02X}" for character in text),
    "url-safe alphabet": lambda text: text.translate(str.maketrans("+/", "-_")),
    "no padding": lambda text: quote(text.rstrip("="), safe=""),
    "plus made a space": lambda text: text.replace("+", "%20"),
}


FRAMES = {
    "bare": "/{}",
    "at its URL": "/ocsp/{}",
    "two slashes": "/ocsp//{}",
    "slash at the end": "/ocsp/{}/",
    "two slashes at the end": "{}//",
    "a longer path before": "/some/Main/Path-to_it/MEow/{}",
    "query": "/ocsp/{}?nocache=1",
    "absolute form": "http://127.0.0.1/ocsp/{}",
}


# What a responder's URL may end in. The request is the URL's path and query, and a slash, and the base-64.
TAILS = (
    "",
    "/",
    "//",
    "?",
    "/?",
    "?tenant=7",
    "/?tenant=7",
    "?tenant=7/",
    "?a=/Mx&b=1",
    "?a=/MEow=&b=/MA==",
    "?next=http://127.0.0.1/M",
    "/v1?x=a+b%2FMQ",
    ";v=1/Mx",
    "#part",
    "/#/MA",
    "?a=1#b",
    "/Main?M#M",
)


@pytest.mark.parametrize("tail", TAILS)
def test_a_get_is_the_url_and_the_question(tail: str) -> None:
    """RFC 6960 appendix A.1: "GET {url}/{base-64}", whatever {url} is, however it is escaped and followed."""
    one = {"hash_algorithm": {"algorithm": "sha1"}, "issuer_name_hash": b"\xff" * 20}
    for escape, end in itertools.product(ESCAPINGS.values(), ["", "/", "?nocache=1", "&nocache=1", "#x"]):
        for serial in (0xFF, 0xFFFF, 0xFFFFFF):
            der = question(one | {"issuer_key_hash": b"\xfb" * 20, "serial_number": serial})
            target = f"/ocsp{tail}/{escape(base64.b64encode(der).decode())}{end}"
            read = read_question(HttpRequest("GET", target))
            assert isinstance(read, OCSPRequest), f"{target} -> {read}"
            assert [cert_id.serial_number for cert_id in read.cert_ids] == [serial]


@pytest.mark.parametrize("tail", TAILS)
def test_a_url_without_a_question_asks_nothing(tail: str) -> None:
    """The twin: what a URL ends in is taken for no question, nor is one with something else behind it."""
    assert isinstance(read_question(HttpRequest("GET", f"/ocsp{tail}")), ValueError)
    one = {"hash_algorithm": {"algorithm": "sha1"}, "issuer_name_hash": bytes(20)}
    text = base64.urlsafe_b64encode(
        question(one | {"issuer_key_hash": bytes(20), "serial_number": 7})
    ).decode()
    for end in ("x", "=x", "/x", "%00", "A", "/MA"):
        assert isinstance(read_question(HttpRequest("GET", f"/ocsp{tail}/{text}{end}")), ValueError)


@pytest.mark.parametrize("tail", TAILS)
def test_clients_that_follow_a_url_are_answered(pki: PKI, tail: str) -> None:
    """Our own client, and a stapler that asks by GET, of certificates that name such a URL."""
    leaf = pki.issue_cert("localhost", ocsp_urls=[pki.ocsp.url + tail])
    policy = relying_party.Policy(sources=("OCSP",), whole_chain=False, hard_fail=True)
    stapler = replace(staplers.NGINX, method="GET")
    for revoked in (False, True):
        if revoked:
            pki.revoke(leaf)
        with pki.tls_server(leaf, staple=None) as server:
            verdict = relying_party.check(
                server.host, server.port, server_name="localhost", ca=pki.ca_file, policy=policy
            )
            assert verdict.accepted is not revoked, verdict
    with pki.tls_server(leaf, staple=stapler) as server:
        for _ in range(2):
            pki.ocsp.reset()
            relying_party.check(server.host, server.port, server_name="localhost", ca=pki.ca_file)
            pki.ocsp.wait_for_request()
    assert {request.method for request in pki.ocsp.requests} == {"GET"}
    assert {request.serials for request in pki.ocsp.requests} == {(leaf.serial_number,)}


def awkward(leaf: Leaf) -> list[bytes]:
    """Questions whose base-64 has every special character, and every amount of padding."""
    # Ones, and ones with every sixth bit zero: / and +, however the octets fall into sixes.
    serial = int.from_bytes(bytes.fromhex("3e fbefbe efbefb befbef ffff"))
    ids = [cert_id(leaf, serial=serial << 8 * more | (1 << 8 * more) - 1) for more in range(3)]
    return [question(one) for one in ids]


@pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES)
@pytest.mark.parametrize("escape", ESCAPINGS.values(), ids=ESCAPINGS)
def test_every_spelling_of_a_get_is_understood(pki: PKI, escape: Callable[[str], str], frame: str) -> None:
    """Escaping, padding, prefixes, suffixes: the answer is about the serial that was asked."""
    leaf = pki.issue_cert("localhost")
    for der in awkward(leaf):
        text = base64.b64encode(der).decode()
        target = frame.format(escape(text))
        reply = send(pki.ocsp.url, target=target if target[0] in "/h" else f"/{target}")
        assert reply.status == 200
        assert statuses(reply.body) == ["unknown"], pki.ocsp.requests[-1]
        [single] = basic(reply.body)["tbs_response_data"]["responses"]
        assert single["cert_id"].dump() in der
        assert pki.ocsp.requests[-1].method == "GET"
    asked = {base64.b64encode(der).decode() for der in awkward(leaf)}
    assert {"/", "+"} <= set("".join(asked))
    assert {len(text.rstrip("=")) % 4 for text in asked} == {0, 2, 3}
    assert any(text.endswith("/") for text in asked)


@settings(deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=60), st.sampled_from(["", "/", "//"]))
def test_a_get_means_what_its_post_means(nonce: bytes, prefix: bytes, end: str) -> None:
    """Whatever the octets, the path says the same as the body, in all three alphabets."""
    one = {"hash_algorithm": {"algorithm": "sha1"}, "issuer_name_hash": bytes(20)}
    der = question(one | {"issuer_key_hash": b"\xff" * 20, "serial_number": 0xFFFFFF}, nonce=nonce)
    by_post = read_question(HttpRequest("POST", "/", body=der))
    for text in (
        quote(base64.b64encode(der), safe=""),
        base64.b64encode(der).decode(),
        base64.urlsafe_b64encode(der).rstrip(b"=").decode(),
    ):
        by_get = read_question(HttpRequest("GET", f"/{quote(prefix)}/{text}{end}"))
        if isinstance(by_post, ValueError):
            assert isinstance(by_get, ValueError)
            assert not 1 <= len(nonce) <= 128
        else:
            assert by_get == by_post
            assert by_post.nonce == nonce


@example("MA==")
@example("M" * 60)
@given(st.text(st.characters(max_codepoint=255), max_size=300) | st.text("/M=%A+-_30", max_size=80))
def test_no_path_breaks_the_reader(target: str) -> None:
    """Any path is a question or a ValueError that says why, and nothing else."""
    assert isinstance(read_question(HttpRequest("GET", "/" + target)), ValueError)


# Once.


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Every DER that was read as an OCSPRequest since the test began."""
    seen = list[bytes]()

    def counting(der: bytes) -> OCSPRequest:
        seen.append(der)
        return read_request(der)

    monkeypatch.setattr("mockpki._services.questions.read_request", counting)
    return seen


def test_an_inquiry_reads_when_it_is_first_wanted(readings: list[bytes]) -> None:
    """Nothing is read before, and nothing after, whether there is a question or an error in its place."""
    one = {"hash_algorithm": {"algorithm": "sha1"}, "issuer_name_hash": bytes(20)}
    der = question(one | {"issuer_key_hash": bytes(20), "serial_number": 7})
    for body, serials in ((der, (7,)), (b"\x30\x00", ())):
        readings.clear()
        inquiry = Inquiry(HttpRequest("POST", "/", body=body), read_question)
        assert readings == []
        assert inquiry.question is inquiry.question
        assert inquiry.serials == inquiry.serials == serials
        assert readings == [body]


def test_inquiries_are_what_was_asked() -> None:
    """Two are equal when their HTTP requests are, read or not."""
    one, other = (Inquiry(HttpRequest("GET", "/MA"), read) for read in (read_question, read_nothing))
    assert isinstance(one.question, ValueError)
    assert one == other
    assert hash(one) == hash(other)
    assert one != Inquiry(HttpRequest("GET", "/MB"), read_question)


def test_who_asks_for_nothing_has_no_question() -> None:
    """At a file, None stands for the question, and no serial number is asked about."""
    inquiry = Inquiry(HttpRequest("GET", "/ca.crl"), read_nothing)
    assert (inquiry.question, inquiry.serials) == (None, ())


SETTINGS: dict[str, Callable[[PKI, Leaf], object]] = {
    "honest": lambda pki, leaf: None,
    "a fault": lambda pki, leaf: pki.ocsp.respond_with(faults.Unknown()),
    "a fault of HTTP": lambda pki, leaf: pki.ocsp.respond_with(faults.HttpStatus(503)),
    "a fault for this certificate": lambda pki, leaf: pki.ocsp.respond_with(faults.Unknown(), to=leaf),
    "a fault for another": lambda pki, leaf: pki.ocsp.respond_with(faults.Unknown(), to=77),
    "a sequence": lambda pki, leaf: pki.ocsp.respond_by(lambda incoming: faults.Unknown()),
    "a sequence without faults": lambda pki, leaf: pki.ocsp.respond_by(lambda incoming: []),
    "a script": lambda pki, leaf: pki.ocsp.script([faults.Unknown()]),
    "a fault of the wire": lambda pki, leaf: pki.ocsp.respond_with(faults.Reset()),
}


@pytest.mark.parametrize("setting", SETTINGS.values(), ids=SETTINGS)
@pytest.mark.parametrize("sound", [True, False], ids=["sound", "malformed"])
def test_each_request_is_read_once(
    pki: PKI, readings: list[bytes], setting: Callable[[PKI, Leaf], object], sound: bool
) -> None:
    """Whoever has to know what was asked: the rules, the sequences, the answer, and then the evidence."""
    leaf = pki.issue_cert("localhost")
    setting(pki, leaf)
    body = question(cert_id(leaf)) if sound else b"\x30\x00"
    pki.ocsp.handle(HttpRequest("POST", "/ocsp", body=body))
    assert readings == [body]
    [request] = pki.ocsp.requests
    bent = bool(request.faults)
    assert request.serials == ((leaf.serial_number,) if sound else ())
    assert (request.error is None) is sound
    # Of what was answered honestly only octets are kept, and these are read when they are looked at.
    assert readings == [body] * (1 if bent else 2)


def test_what_is_answered_again_is_not_read(pki: PKI, readings: list[bytes]) -> None:
    """The same honest question within a second costs no reading, and the evidence of it one, at most."""
    body = question(cert_id(pki.issue_cert("localhost")))
    with freeze_time("2031-02-03"):
        for _ in range(5):
            pki.ocsp.handle(HttpRequest("POST", "/ocsp", body=body))
    assert readings == [body]
    pki.ocsp.assert_asked(times=5)
    assert readings == [body]
    for _ in range(2):
        assert len({request.serials for request in pki.ocsp.requests}) == 1
    assert readings == [body] * 6


def test_a_file_reads_nothing(pki: PKI, readings: list[bytes]) -> None:
    """Whatever is posted to it, with whatever is set."""
    pki.crl.respond_by(lambda incoming: [])
    pki.crl.handle(HttpRequest("POST", "/ca.crl", body=question(cert_id(pki.issue_cert("localhost")))))
    assert (pki.crl.requests[0].question, readings) == (None, [])
