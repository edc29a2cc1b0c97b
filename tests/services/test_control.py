"""Who gets which fault and when: respond_with, to=, script, reset; and what cannot be asked for."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from mockpki import CA, PKI, Leaf, faults, sequences
from tests.kit.asking import Reply, cert_id, connect, post, question, response_status, send, statuses


def status(pki: PKI, *leaves: Leaf | CA) -> str:
    """What the responder of their issuer says, over HTTP: a certStatus, or an error status."""
    assert leaves[0].issuer is not None
    reply: Reply = post(leaves[0].issuer.ocsp.url, question(*(cert_id(leaf) for leaf in leaves)))
    assert reply.status == 200
    name = response_status(reply.body)
    return ", ".join(statuses(reply.body)) if name == "successful" else name


def test_respond_with_lasts_until_it_is_changed(pki: PKI) -> None:
    """As a statement it stays; given again it replaces; given nothing it is honest."""
    leaf = pki.issue_cert("localhost")
    pki.ocsp.respond_with(faults.TryLater())
    assert [status(pki, leaf), status(pki, leaf)] == ["try_later"] * 2
    pki.ocsp.respond_with(faults.Unknown())
    assert status(pki, leaf) == "unknown"
    pki.ocsp.respond_with()
    assert status(pki, leaf) == "good"


def test_blocks_nest_and_give_back_what_was_there(pki: PKI) -> None:
    """Each end restores what its beginning found, also after an error inside."""
    leaf = pki.issue_cert("localhost")
    pki.ocsp.respond_with(faults.Unknown())
    with pki.ocsp.respond_with(faults.TryLater()) as service:
        assert service is pki.ocsp
        with pki.ocsp.respond_with():
            assert status(pki, leaf) == "good"
        assert status(pki, leaf) == "try_later"
        with pytest.raises(ZeroDivisionError), pki.ocsp.respond_with(faults.Revoked()):  # noqa: PT012
            assert status(pki, leaf) == "revoked"
            raise ZeroDivisionError
        assert status(pki, leaf) == "try_later"
    assert status(pki, leaf) == "unknown"


@pytest.mark.parametrize("by", ["leaf", "serial"])
def test_to_is_for_one_certificate_and_goes_first(pki: PKI, by: str) -> None:
    """Before what is set for all; an empty one shields a certificate from it; both are taken back."""
    one, other = pki.issue_cert("a.test"), pki.issue_cert("b.test")
    target = one if by == "leaf" else one.serial_number
    with pki.ocsp.respond_with(faults.Revoked(), to=target):
        assert (status(pki, one), status(pki, other)) == ("revoked", "good")
        with pki.ocsp.respond_with(faults.TryLater()):
            assert (status(pki, one), status(pki, other)) == ("revoked", "try_later")
            with pki.ocsp.respond_with(to=target):
                assert (status(pki, one), status(pki, other)) == ("good", "try_later")
        assert (status(pki, one), status(pki, other)) == ("revoked", "good")
    assert (status(pki, one), status(pki, other)) == ("good", "good")


def test_to_in_a_question_about_several(pki: PKI) -> None:
    """The faults of the first certificate that has any bend the whole answer."""
    one, two, three = (pki.issue_cert(f"{name}.test") for name in "abc")
    with pki.ocsp.respond_with(faults.TryLater(), to=two), pki.ocsp.respond_with(faults.Unknown(), to=three):
        assert status(pki, one) == "good"
        assert status(pki, one, two) == "try_later"
        assert status(pki, one, three, two) == "unknown, unknown, unknown"


def test_to_a_ca_at_its_parents_responder(pki: PKI) -> None:
    """An intermediate is one certificate among the root's."""
    leaf = pki.issue_cert("localhost")
    with pki.root.ocsp.respond_with(faults.Revoked(), to=pki.ca):
        assert (status(pki, pki.ca), status(pki, leaf)) == ("revoked", "good")
    assert status(pki, pki.ca) == "good"


def test_a_script_goes_in_its_order_and_then_ends(pki: PKI) -> None:
    """A fault, several, none; after them what respond_with had set."""
    leaf = pki.issue_cert("localhost")
    pki.ocsp.respond_with(faults.Unauthorized())
    pki.ocsp.script([faults.HttpStatus(503), faults.TryLater()], [], faults.Unknown())
    first = post(pki.ocsp.url, question(cert_id(leaf)))
    assert (first.status, response_status(first.body)) == (503, "try_later")
    assert [status(pki, leaf) for _ in range(3)] == ["good", "unknown", "unauthorized"]
    pki.check()
    pki.ocsp.script([])
    assert status(pki, leaf) == "good"


def test_a_script_comes_before_to(pki: PKI) -> None:
    """The script counts requests, whoever they are about."""
    leaf = pki.issue_cert("localhost")
    with pki.ocsp.respond_with(faults.Revoked(), to=leaf):
        pki.ocsp.script(faults.TryLater())
        assert [status(pki, leaf), status(pki, leaf)] == ["try_later", "revoked"]


def test_a_crl_and_a_file_have_scripts_too(pki: PKI) -> None:
    """One answer each, then honest."""
    for service in (pki.crl, pki.ca.ca_issuers):
        service.script([faults.HttpStatus(404)], [])
        assert [send(service.url).status for _ in range(3)] == [404, 200, 200]
    assert [len(request.faults) for request in pki.crl.requests] == [1, 0, 0]


def test_an_unused_script_fails_the_test() -> None:
    """Leaving the block says how many requests came, and which answers were never sent; once."""
    sentence = (
        r"the script of the OCSP responder of mockpki CA 1 \w+ was not used up: the client made 1 of "
        r"3 requests, so these answers were never sent: \[Stale\(.*\)\], \[\]$"
    )
    with pytest.raises(AssertionError, match=sentence), PKI() as pki:  # noqa: PT012
        pki.ocsp.script([faults.TryLater()], [faults.Stale()], [])
        assert status(pki, pki.issue_cert("localhost")) == "try_later"
    pki.check()


def test_a_script_while_another_runs(pki: PKI) -> None:
    """An error, until the first has run out or reset() has dropped it."""
    leaf = pki.issue_cert("localhost")
    pki.ocsp.script([faults.TryLater()], [faults.Unknown()])
    with pytest.raises(ValueError, match="still has 2 answers left; let it run out, or call reset"):
        pki.ocsp.script([])
    pki.ocsp.reset()
    pki.ocsp.script([faults.Unknown()])
    assert [status(pki, leaf), status(pki, leaf)] == ["unknown", "good"]


def test_reset_is_a_fresh_start(pki: PKI) -> None:
    """Honest for all and for one, listening, without a script, without a record."""
    leaf = pki.issue_cert("localhost")
    pki.ocsp.respond_with(faults.Unknown())
    pki.ocsp.respond_with(faults.Revoked(), to=leaf)
    assert status(pki, leaf) == "revoked"
    pki.ocsp.wait_for_request()
    pki.ocsp.script([faults.TryLater()])
    pki.ocsp.respond_with(faults.Refused())
    pki.ocsp.reset()
    assert pki.ocsp.requests == []
    assert status(pki, leaf) == "good"
    assert pki.ocsp.wait_for_request() is pki.ocsp.requests[0]
    pki.check()


# Misuse.

WRONG_LAYER = [
    ("ocsp", faults.BadSignature, TypeError, r"BadSignature is a class; write BadSignature\(\)"),
    ("ocsp", "stale", TypeError, r"takes faults, such as faults.Stale\(\); got 'stale'"),
    ("ocsp", None, TypeError, "got None"),
    ("ocsp", [faults.Stale()], TypeError, r"got \[Stale\("),
    (
        "crl",
        faults.TryLater(),
        TypeError,
        r"TryLater\(\) is a fault of the OCSP envelope layer, which the CRL",
    ),
    (
        "crl",
        faults.Good(),
        TypeError,
        r"Good\(\) is a fault of the OCSP content layer, which the CRL publisher",
    ),
    ("ca_issuers", faults.Stale(), TypeError, "is a fault of the timing layer, which the caIssuers file"),
]


@pytest.mark.parametrize(("service", "fault", "kind", "sentence"), WRONG_LAYER)
@pytest.mark.parametrize("how", ["respond_with", "script"])
def test_what_a_service_cannot_do(
    pki: PKI, service: str, fault: Any, kind: type[Exception], sentence: str, how: str
) -> None:
    """A sentence that says why, and nothing is changed."""
    given: Any = fault if how == "respond_with" else [fault]
    target: Any = getattr(pki.ca, service)
    with pytest.raises(kind, match=sentence):
        getattr(target, how)(given)
    assert send(target.url, target="/").status == 200
    assert target.requests[-1].faults == ()


def test_a_fault_of_http_has_no_bytes(pki: PKI) -> None:
    """response_for and crl make bytes; what bends a connection has no place there."""
    leaf = pki.issue_cert("localhost")
    for fault in (faults.HttpStatus(500), faults.Hang(), faults.Refused()):
        with pytest.raises(TypeError, match="which an OCSP response as bytes does not have"):
            pki.ocsp.response_for(leaf, fault)  # type: ignore[arg-type]
        with pytest.raises(TypeError, match="which a CRL as bytes does not have"):
            pki.crl.crl(fault)  # type: ignore[arg-type]


def test_refused_has_neither_a_certificate_nor_a_count(pki: PKI) -> None:
    """A port that refuses never learns what would have been asked."""
    leaf = pki.issue_cert("localhost")
    with pytest.raises(ValueError, match=r"\(Refused\(\),\) with to=: a port is refused before anyone can"):
        pki.ocsp.respond_with(faults.Refused(), to=leaf)
    with pytest.raises(ValueError, match=r"\(Refused\(\),\) in a script: a refused connection never becomes"):
        pki.ocsp.script([], [faults.Refused()])
    connect(pki.ocsp.url).close()
    assert status(pki, leaf) == "good"


def test_another_cas_certificate(pki: PKI) -> None:
    """A leaf of the root, or of another PKI, is not this responder's to answer for."""
    with PKI() as elsewhere:
        for foreign in (pki.root.issue_cert("localhost"), elsewhere.issue_cert("localhost"), pki.ca):
            for use in (
                lambda leaf: pki.ocsp.respond_with(faults.Revoked(), to=leaf),
                lambda leaf: pki.ocsp.response_for(leaf),
                lambda leaf: pki.ocsp.assert_asked(leaf),
                lambda leaf: pki.ocsp.assert_not_asked(leaf),
            ):
                with pytest.raises(ValueError, match="does not answer for that CA"):
                    use(foreign)


@pytest.mark.parametrize("nonsense", ["localhost", 1.5, True, b"\x01", object()])
def test_what_is_no_certificate(pki: PKI, nonsense: Any) -> None:
    """A name is not enough: a leaf, a CA or a serial number is wanted."""
    for use in (
        lambda: pki.ocsp.respond_with(faults.Revoked(), to=nonsense),
        lambda: pki.ocsp.response_for(nonsense),
        lambda: pki.ocsp.assert_asked(nonsense),
    ):
        with pytest.raises(TypeError, match="takes a leaf, a CA or a serial number"):
            use()


def test_after_the_pki_is_closed() -> None:
    """No fault can be set any more; a block that is still open ends quietly; the evidence is there."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        assert status(pki, leaf) == "good"
        block = pki.ocsp.respond_with(faults.Refused())
    with pytest.raises(
        ValueError, match=r"the OCSP responder of mockpki CA 1 \w+ is closed; faults can only"
    ):
        pki.ocsp.respond_with(faults.Stale(timedelta(1)))
    with pytest.raises(ValueError, match=r"the CRL publisher of .* is closed"):
        pki.crl.script([])
    with block:
        pass
    pki.ocsp.assert_asked(leaf, times=1)
    assert [request.serials for request in pki.ocsp.requests] == [(leaf.serial_number,)]
    with pytest.raises(ConnectionRefusedError):
        connect(pki.ocsp.url)


class Broken(faults.Listener):
    """A fault of the test's own that fails when it is asked what becomes of the port."""

    def __call__(self, honest: faults.Listening) -> faults.Listening:
        """Fail."""
        raise ZeroDivisionError


class Odd(faults.Listener):
    """One that gives back what is none."""

    def __call__(self, honest: faults.Listening) -> faults.Listening:
        """Give a text."""
        return "closed"  # type: ignore[return-value]


LISTENER_WAYS: dict[str, Callable[[PKI, Leaf, Any], object]] = {
    "to=leaf": lambda pki, leaf, fault: pki.ocsp.respond_with(fault, to=leaf),
    "to=serial": lambda pki, leaf, fault: pki.ocsp.respond_with(fault, to=leaf.serial_number),
    "to=file": lambda pki, leaf, fault: pki.crl.respond_with(fault, to=leaf),
    "script": lambda pki, leaf, fault: pki.ocsp.script([], [faults.Good(), fault]),
    "script of the CRL": lambda pki, leaf, fault: pki.crl.script(fault),
    "script of the file": lambda pki, leaf, fault: pki.ca.ca_issuers.script([fault]),
    "every": lambda pki, leaf, fault: pki.ocsp.respond_by(sequences.EveryNth(2, fault)),
    "first": lambda pki, leaf, fault: pki.crl.respond_by(sequences.FirstN(2, fault)),
    "flapping": lambda pki, leaf, fault: pki.ocsp.respond_by(sequences.Flapping(2, 1, fault)),
}


def state(pki: PKI) -> list[Any]:
    """What is set at the services, as far as the next answers go."""
    services = (pki.ocsp, pki.crl, pki.ca.ca_issuers)
    return [(one._rules, list(one._script), one._listening, one.choosers) for one in services]


@pytest.mark.parametrize("fault", [faults.Refused(), faults.SlowAccept(by=timedelta(seconds=1))], ids=repr)
def test_a_fault_of_the_port_that_cannot_be_had_is_not_half_set(fault: Any) -> None:
    """Whichever way it is asked for: nothing of it stays, and what was set before still holds."""
    with PKI(publishes="lets-encrypt") as pki:
        leaf = pki.issue_cert("localhost")
        pki.ocsp.respond_with(faults.Unknown())
        before = state(pki)
        for way, ask in LISTENER_WAYS.items():
            with pytest.raises(ValueError, match=r"leave to= out|use respond_with\(\) for it"):
                ask(pki, leaf, fault)
            assert state(pki) == before, way
        assert status(pki, leaf) == "unknown"
        # Each of the ways takes another fault; and the port has a fault where there is nothing else.
        for way, ask in LISTENER_WAYS.items():
            ask(pki, leaf, faults.HttpStatus(500))
            assert state(pki) != before, way
            for service in (pki.ocsp, pki.crl, pki.ca.ca_issuers):
                service.reset()
            pki.ocsp.respond_with(faults.Unknown())
        pki.ocsp.reset()


@pytest.mark.parametrize(("fault", "error"), [(Broken(), ZeroDivisionError), (Odd(), TypeError)], ids=repr)
def test_a_fault_of_the_port_that_fails_leaves_all_as_it_was(
    pki: PKI, fault: Any, error: type[Exception]
) -> None:
    """A test's own fault is asked what becomes of the port before it is set."""
    leaf = pki.issue_cert("localhost")
    pki.ocsp.respond_with(faults.Unknown())
    before = state(pki)
    with pytest.raises(error):
        pki.ocsp.respond_with(fault)
    assert state(pki) == before
    assert status(pki, leaf) == "unknown"
    pki.ocsp.respond_with()
    assert status(pki, leaf) == "good"
