"""A fault of the user's own: a few lines, nothing to register, and its mistakes are the test's."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from freezegun import freeze_time

from mockpki import PKI, Leaf, faults
from tests.kit.asking import (
    Reply,
    cert_id,
    connect,
    crl_fields,
    crl_signature_holds,
    differing,
    ocsp_fields,
    post,
    question,
    raw_post,
    read_answer,
    send,
    signature_holds,
    statuses,
)


@dataclass(frozen=True)
class Backdated(faults.Timing):
    """thisUpdate a year ago, and still valid."""

    def __call__(self, honest: faults.Window) -> faults.Window:
        return replace(honest, this_update=honest.this_update - timedelta(days=365))


@dataclass(frozen=True)
class Extra(faults.OCSPContent):
    """A second, unasked SingleResponse that says unknown."""

    def __call__(self, honest: faults.ResponseData) -> faults.ResponseData:
        first = honest.responses[0]
        other = replace(first, cert_id=replace(first.cert_id, serial_number=1), status=faults.Status.UNKNOWN)
        return replace(honest, responses=(first, other))


@dataclass(frozen=True)
class Critical(faults.CRLContent):
    """A critical CRL extension that nobody knows."""

    def __call__(self, honest: faults.TBSCertList) -> faults.TBSCertList:
        unknown = faults.Extension("1.2.3.4.5", critical=True, value=b"\x05\x00")
        return replace(honest, extensions=(*(honest.extensions or ()), unknown))


@dataclass(frozen=True)
class Moved(faults.HTTP):
    """A redirect."""

    location: str

    def __call__(self, honest: faults.Answer) -> faults.Answer:
        return replace(honest, status=301).with_header("Location", self.location)


@dataclass(frozen=True)
class Half(faults.Transport):
    """Half of the answer, a moment, the other half."""

    def __call__(self, honest: faults.Wire) -> faults.Wire:
        [whole] = honest
        assert isinstance(whole, faults.Send)
        middle = len(whole.data) // 2
        first, second = faults.Send(whole.data[:middle]), faults.Send(whole.data[middle:])
        return (first, faults.Wait(0.01), second, faults.Finish())


def ask(pki: PKI, leaf: Leaf) -> Reply:
    """The answer about `leaf`, over HTTP."""
    return post(pki.ocsp.url, question(cert_id(leaf)))


def test_a_timing_of_ones_own_serves_ocsp_staple_and_crl() -> None:
    """One class of six lines: over HTTP, as bytes (what a staple is), and on a CRL."""
    with freeze_time("2031-02-03"), PKI(key_type="Ed25519") as pki:
        leaf = pki.issue_cert("localhost")
        staple, crl = pki.ocsp.response_for(leaf), pki.crl.crl()
        with pki.ocsp.respond_with(Backdated()), pki.crl.respond_with(Backdated()):
            answers = [ask(pki, leaf).body, pki.ocsp.response_for(leaf, Backdated())]
            lists = [send(pki.crl.url).body, pki.crl.crl(Backdated())]
        for der in answers:
            assert differing(ocsp_fields(der), ocsp_fields(staple)) == {"this_update", "signature"}
            assert b"20300202235000Z" in (ocsp_fields(der)["this_update"] or b"")
            assert signature_holds(der, pki.ca.certificate)
        for der in lists:
            assert differing(crl_fields(der), crl_fields(crl)) == {"this_update", "signature"}
            assert b"300202235000Z" in (crl_fields(der)["this_update"] or b"")
            assert crl_signature_holds(der, pki.ca.certificate)


def test_contents_of_ones_own(pki: PKI) -> None:
    """What an OCSP answer and a CRL say, signed as they are."""
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(Extra()):
        reply = ask(pki, leaf)
    assert statuses(reply.body) == ["good", "unknown"]
    assert signature_holds(reply.body, pki.ca.certificate)
    der = pki.crl.crl(Critical())
    assert crl_fields(der).keys() - crl_fields(pki.crl.crl()).keys() == {"1.2.3.4.5"}
    assert crl_signature_holds(der, pki.ca.certificate)


def test_http_and_wire_of_ones_own(pki: PKI) -> None:
    """A redirect, and an answer in two pieces that a client puts together."""
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(Moved("/elsewhere"), Half()), connect(pki.ocsp.url) as connection:
        connection.sendall(raw_post(pki.ocsp.url, question(cert_id(leaf))))
        reply = read_answer(connection)
    assert (reply.status, reply.headers["location"]) == (301, "/elsewhere")
    assert statuses(reply.body) == ["good"]
    assert [type(step).__name__ for step in pki.ocsp.requests[-1].wire] == ["Send", "Wait", "Send", "Finish"]


# A fault that goes wrong itself.


class MistakeError(Exception):
    """Raised by a fault under test."""


@dataclass(frozen=True)
class Does:
    """What the bad faults below have in common: they raise, or give something back."""

    result: Any

    def __call__(self, honest: Any) -> Any:
        if isinstance(self.result, BaseException):
            raise self.result
        return self.result


class BadTiming(Does, faults.Timing):
    """Bends the times wrongly."""


class BadOCSPContent(Does, faults.OCSPContent):
    """Bends the content wrongly."""


class BadSigning(Does, faults.Signing):
    """Bends the signer wrongly."""


class BadSealing(Does, faults.Sealing):
    """Bends the signature wrongly."""


class BadEnvelope(Does, faults.Envelope):
    """Bends the envelope wrongly."""


class BadEncoding(Does, faults.Encoding):
    """Bends the octets wrongly."""


class BadHTTP(Does, faults.HTTP):
    """Bends the HTTP answer wrongly."""


class BadTransport(Does, faults.Transport):
    """Bends the wire wrongly."""


class BadCRLContent(Does, faults.CRLContent):
    """Bends the list wrongly."""


BAD: list[Any] = [
    BadTiming, BadOCSPContent, BadSigning, BadSealing, BadEnvelope, BadEncoding, BadHTTP, BadTransport,
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD)
def test_what_a_fault_raises_fails_the_test(bad: Any) -> None:
    """The client gets HTTP 500; leaving the block raises the very error, with a note on where."""
    error = MistakeError("told you so")
    with pytest.raises(MistakeError) as raised, PKI() as pki:  # noqa: PT012
        leaf = pki.issue_cert("localhost")
        with pki.ocsp.respond_with(bad(error)):
            reply = ask(pki, leaf)
        assert (reply.status, reply.body) == (
            500,
            b"mockpki: MistakeError in the test's own fault: told you so\n",
        )
        assert pki.ocsp.requests[-1].answer.status == 500
        assert ask(pki, leaf).status == 200
    assert raised.value is error
    [note] = error.__notes__
    assert (
        f"raised in the OCSP responder of {pki.ca.common_name} while it answered with [{bad.__name__}" in note
    )
    pki.check()


@pytest.mark.parametrize("bad", BAD)
@pytest.mark.parametrize("result", [None, 42, ("abc",)], ids=repr)
def test_what_a_fault_must_return(pki: PKI, bad: Any, result: Any) -> None:
    """Anything but its layer's value is a TypeError that names the fault, the layer and the value."""
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(bad(result)):
        assert ask(pki, leaf).status == 500
    sentence = rf"is a fault of the {bad.layer} layer, so it must return .*; it returned "
    with pytest.raises(TypeError, match=sentence) as raised:
        pki.check()
    assert str(raised.value).endswith(repr(result))
    pki.check()


TEXT, SOON = (faults.Send("text"),), (faults.Wait("soon"),)  # type: ignore[arg-type]


@pytest.mark.parametrize("wire", [TEXT, SOON], ids=repr)
def test_steps_that_cannot_be_taken(pki: PKI, wire: Any) -> None:
    """They are refused before the first of them is begun, or a client would wait for ever."""
    with pki.crl.respond_with(BadTransport(wire)):
        assert send(pki.crl.url).status == 500
    with pytest.raises(
        TypeError, match="is a fault of the transport layer, so it must return a tuple of steps"
    ):
        pki.check()


@pytest.mark.parametrize("seconds", [0.01, 10**400], ids=["soon", "never"])
def test_a_step_that_fails_late_fails_the_test(pki: PKI, seconds: Any) -> None:
    """What is raised after a wait reaches the test, and the client is cut off; without it, all arrives."""
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nx"
    late = (faults.Send(head), faults.Wait(0.01), faults.Wait(seconds), faults.Send(b"y"), faults.Finish())
    with pki.crl.respond_with(BadTransport(late)):
        if seconds == 0.01:
            assert send(pki.crl.url).body == b"xy"
            return
        with pytest.raises(ConnectionResetError):
            send(pki.crl.url)
    with pytest.raises(OverflowError) as raised:
        pki.check()
    assert "raised in a late part of the answer to 127.0.0.1:" in raised.value.__notes__[0]


def test_on_a_crl_too(pki: PKI) -> None:
    """The publisher answers 500, and is honest again right after."""
    with pki.crl.respond_with(BadCRLContent(None)):
        assert send(pki.crl.url).status == 500
    with pytest.raises(TypeError, match="of the CRL content layer, so it must return a TBSCertList"):
        pki.check()
    assert crl_signature_holds(send(pki.crl.url).body, pki.ca.certificate)


def test_as_bytes_it_is_raised_at_once(pki: PKI) -> None:
    """response_for and crl are called by the test, so the error goes there, and nowhere else."""
    with pytest.raises(MistakeError):
        pki.ocsp.response_for(pki.issue_cert("localhost"), BadTiming(MistakeError()))
    with pytest.raises(TypeError, match="of the CRL content layer"):
        pki.crl.crl(BadCRLContent(1))
    pki.check()


def test_several_errors_come_together(pki: PKI) -> None:
    """None is lost: a group, in the order of their coming."""
    leaf = pki.issue_cert("localhost")
    errors = [MistakeError("one"), MistakeError("two")]
    pki.ocsp.script(*([BadTiming(error)] for error in errors))
    assert [ask(pki, leaf).status, ask(pki, leaf).status] == [500, 500]
    with pytest.raises(BaseExceptionGroup, match="several things failed in the background") as group:
        pki.check()
    assert list(group.value.exceptions) == errors


def test_pytest_fail_inside_a_fault_fails_the_test(pki: PKI) -> None:
    """It is no Exception, and must neither be lost nor stop the service."""
    leaf = pki.issue_cert("localhost")
    with pytest.raises(pytest.fail.Exception) as failed:
        pytest.fail("not this")
    with pki.ocsp.respond_with(BadTiming(failed.value)):
        assert ask(pki, leaf).status == 500
    with pytest.raises(pytest.fail.Exception, match="not this"):
        pki.check()
    assert ask(pki, leaf).status == 200


def test_a_listener_that_goes_wrong_changes_nothing(pki: PKI) -> None:
    """It is called where it is set: the error is raised there, and the service stays as it was."""

    class BadListener(Does, faults.Listener):
        """Bends the port wrongly."""

    for result, kind in ((MistakeError(), MistakeError), (True, TypeError)):
        with pytest.raises(kind):
            pki.ocsp.respond_with(BadListener(result))
        assert ask(pki, pki.issue_cert("localhost")).status == 200
    pki.ocsp.reset()
    pki.check()


def test_a_fault_has_one_layer() -> None:
    """Two at once is an error at the class, and so is a fault that is never called."""
    with pytest.raises(TypeError, match="Both derives from Timing and Encoding; a fault has one layer"):

        class Both(faults.Timing, faults.Encoding):  # type: ignore[misc]
            """Bends too much."""

    class Silent(faults.Timing):
        """Has no __call__."""

    with pytest.raises(TypeError, match="abstract"):
        Silent()  # type: ignore[abstract]


def test_a_users_fault_is_not_in_the_catalogue() -> None:
    """The catalogue is the package's own, whatever else derives from its layers."""
    assert faults.Stale in faults.CATALOGUE
    assert not {Backdated, Extra, Critical, Moved, Half} & set(faults.CATALOGUE)
    assert Backdated.home is faults.Timing
