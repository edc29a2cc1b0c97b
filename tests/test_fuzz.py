"""What `python -m tests.fuzz` drives, without atheris: the seeds, and a few mutations of them."""

import random
import re
import sys
from collections.abc import Iterator
from typing import Any, NoReturn

import pytest
from cryptography.x509.ocsp import OCSPResponseStatus, load_der_ocsp_response

from mockpki import faults
from mockpki._engine.requests import RequestReader
from mockpki._pkix.ocsp_request import OCSPRequest
from mockpki._tls import client_hello
from mockpki._tls.openssl import OpenSSLSession
from tests.fuzz import __main__ as command
from tests.fuzz.kit import World, world
from tests.fuzz.targets import TARGETS

MUTATIONS = 200


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[World]:
    """One world for all targets: what they are given leaves nothing behind."""
    with world() as made:
        yield made


def mutated(dice: random.Random, seeds: tuple[bytes, ...]) -> bytes:
    """A seed with one to four places changed, removed or written twice."""
    data = bytearray(dice.choice(seeds))
    for _ in range(dice.randint(1, 4)):
        place = dice.randrange(len(data) + 1)
        end = place + dice.choice((0, 1, 1, 2, 8))
        data[place:end] = dice.choice((b"", dice.randbytes(1), dice.randbytes(4), data[place:end] * 2))
    return bytes(data)


@pytest.mark.parametrize("name", TARGETS)
def test_the_seeds_and_some_mutations(fuzzed: World, name: str) -> None:
    """Nothing is raised, nothing is an HTTP 500, and the answers fit what was asked."""
    target, dice = TARGETS[name](fuzzed), random.Random(6960)
    assert len(set(target.seeds)) >= 4
    for data in (b"", *target.seeds, *(mutated(dice, target.seeds) for _ in range(MUTATIONS))):
        target.run(data)


@pytest.mark.parametrize("name", ["ocsp", "get", "http"])
def test_the_seeds_are_asked_in_earnest(fuzzed: World, name: str) -> None:
    """The responder knows the certificates that they ask about, the good one and the revoked one."""
    target, service = TARGETS[name](fuzzed), fuzzed.pki.ocsp
    service.reset()
    for seed in target.seeds[:7]:
        target.run(seed)
    asked = service.requests
    assert {serial for request in asked for serial in request.serials} == {0x1001, 0x1002}
    found = {load_der_ocsp_response(request.answer.body).response_status for request in asked}
    assert found == {OCSPResponseStatus.SUCCESSFUL}


def test_a_handshake_left_alone_is_complete(fuzzed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every seed of `tls` without edits is a whole connection: with each version, staple and certificate."""
    made: list[Any] = []
    begin = OpenSSLSession.__init__

    def noted(self: OpenSSLSession, *arguments: Any) -> None:
        begin(self, *arguments)
        made.append(self)

    monkeypatch.setattr(OpenSSLSession, "__init__", noted)
    target = TARGETS["tls"](fuzzed)
    for octet in range(32):
        target.run(bytes((octet, 0)))
    assert len(made) == 32
    assert {session.version for session in made} == {"TLSv1.2", "TLSv1.3"}
    assert all(session.established and session.error is None for session in made)
    assert {session.staple_sent is not None for session in made} == {True, False}
    assert {session.client_certificate for session in made} == {None, fuzzed.client.der}


# What a bug would look like.


def broken(*_: Any) -> NoReturn:
    """Raise what nobody expects."""
    raise IndexError("a bug")


BUGS = {
    "ocsp": (OCSPRequest, "read"),
    "http": (RequestReader, "feed"),
    "hello": (client_hello, "_client_hello"),
    "tls": (OpenSSLSession, "_end"),
}


@pytest.mark.parametrize("name", BUGS)
def test_what_the_code_lets_out_is_a_failure(
    fuzzed: World, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """An IndexError inside reaches whoever runs the target, as it is."""
    target = TARGETS[name](fuzzed)
    data = target.seeds[0] if name != "tls" else b"\0\3not a record"
    target.run(data)
    monkeypatch.setattr(*BUGS[name], broken)
    with pytest.raises(IndexError, match="a bug"):
        target.run(data)


@pytest.mark.parametrize("name", ["ocsp", "get", "http"])
def test_an_http_500_is_a_failure(fuzzed: World, name: str) -> None:
    """An answer that is not the responder's own is seen, whoever made it."""
    target = TARGETS[name](fuzzed)
    with fuzzed.pki.ocsp.respond_with(faults.HttpStatus(500)), pytest.raises(AssertionError, match="500"):
        target.run(target.seeds[0])
    target.run(target.seeds[0])


def test_without_atheris_there_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit status 2, and how to get it; nothing is tried."""
    monkeypatch.setitem(sys.modules, "atheris", None)
    assert command.main(["--seconds", "1"]) == 2
    assert re.search(r"^fuzzing needs atheris: run `pip install atheris`", capsys.readouterr().err)


def test_an_input_that_was_found_is_run_again(capsys: pytest.CaptureFixture[str]) -> None:
    """Given as hex, without atheris."""
    assert command.main(["--target", "hello", "--input", "160301"]) == 0
    assert capsys.readouterr().out == "hello: nothing failed\n"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (["--input", "00"], "--input is for one target; say which by --target"),
        (["--seconds", "0"], "--seconds is 1 or more"),
    ],
)
def test_what_cannot_be_asked_for(
    capsys: pytest.CaptureFixture[str], given: list[str], sentence: str
) -> None:
    """A sentence, and exit status 2."""
    with pytest.raises(SystemExit, match="2"):
        command.main(given)
    assert sentence in capsys.readouterr().err
