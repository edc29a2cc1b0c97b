"""Faults of several layers change their own field of OCSP answers and CRLs, as bytes and over the wire."""

import dataclasses
import sys
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from mockpki import PKI, faults
from tests.kit.asking import (
    crl_fields,
    crl_signature_holds,
    differing,
    ocsp_fields,
    send,
    signature_holds,
)
from tests.kit.standing_clock import NOW, ask, stable_id

STATUS = {"cert_status", "signature"}
TIMES = {"this_update", "next_update", "produced_at", "signature"}


@pytest.mark.parametrize(
    ("fault", "fields", "signature"),
    [
        (faults.Good(), STATUS, True),
        (faults.Revoked(), STATUS, True),
        (faults.Revoked("key_compromise", at=NOW), STATUS, True),
        (faults.Unknown(), STATUS, True),
        (faults.WrongSerial(), {"cert_id", "signature"}, True),
        (faults.Stale(), TIMES, True),
        (faults.WrongSigner(), {"responder_id", "signature"}, False),
        (faults.Forged(), {"signature"}, False),
        (faults.BadSignature(), {"signature"}, False),
    ],
    ids=stable_id,
)
def test_ocsp_answer_differs_in_its_field_alone(
    still: PKI, fault: Any, fields: set[str], signature: bool
) -> None:
    """Over HTTP as in bytes; the signature holds unless the fault is about it."""
    leaf = still.issue_cert("localhost")
    if isinstance(fault, faults.Good):
        still.revoke(leaf)
    honest = ask(still, leaf)
    with still.ocsp.respond_with(fault):
        bent = ask(still, leaf)
    if isinstance(fault, faults.WrongSigner) and ocsp_fields(honest.body)["certs"]:
        fields = fields | {"certs"}  # the stranger has nothing to show
    assert differing(ocsp_fields(honest.body), ocsp_fields(bent.body)) == fields
    assert still.ocsp.response_for(leaf, fault) == bent.body
    assert signature_holds(honest.body, still.ca.certificate)
    if not (isinstance(fault, faults.WrongSigner)):
        assert signature_holds(bent.body, still.ca.certificate) is signature
    assert ask(still, leaf) == honest
    assert [request.faults for request in still.ocsp.requests] == [(), (fault,), ()]


@pytest.mark.parametrize(
    ("fault", "fields", "signature"),
    [
        (faults.Stale(), {"this_update", "next_update", "signature"}, True),
        (faults.WrongSigner(), {"issuer", "signature"}, False),
        (faults.Forged(), {"signature"}, False),
        (faults.BadSignature(), {"signature"}, False),
    ],
    ids=stable_id,
)
def test_crl_differs_in_its_field_alone(still: PKI, fault: Any, fields: set[str], signature: bool) -> None:
    """The same faults on a CRL: over HTTP as in bytes."""
    still.revoke(still.issue_cert("localhost"), "key_compromise")
    honest = send(still.crl.url)
    with still.crl.respond_with(fault):
        bent = send(still.crl.url)
    assert differing(crl_fields(honest.body), crl_fields(bent.body)) == fields
    assert still.crl.crl(fault) == bent.body
    assert crl_signature_holds(honest.body, still.ca.certificate)
    assert crl_signature_holds(bent.body, still.ca.certificate) is signature
    assert send(still.crl.url) == honest


@pytest.mark.parametrize(
    ("make", "kind", "sentence"),
    [
        (lambda: faults.HttpStatus(99), ValueError, "99 is no final HTTP status; give one from 200 to 999"),
        (lambda: faults.HttpStatus(100), ValueError, "100 is no final HTTP status"),
        (lambda: faults.Revoked("stolen"), ValueError, "'stolen' is no revocation reason"),
        (lambda: faults.Revoked(at=datetime(2030, 1, 1)), ValueError, "has no time zone"),  # noqa: DTZ001
        (lambda: faults.Stale(3), TypeError, "by= of Stale takes a timedelta, such as .*; got 3"),  # type: ignore[arg-type]
        (lambda: faults.Slow(3), TypeError, r"by= of Slow takes a timedelta .*; got 3"),  # type: ignore[arg-type]
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_where_it_is_written(
    make: Any, kind: type[Exception], sentence: str
) -> None:
    """Not later, in the service's thread."""
    with pytest.raises(kind, match=sentence):
        make()


def test_faults_are_values() -> None:
    """Equal when alike, hashable, printed as they are written, and frozen."""
    assert faults.Stale(by=timedelta(days=2)) == faults.Stale(timedelta(2)) != faults.Stale()
    assert len({faults.Hang(), faults.Hang(), faults.Close()}) == 2
    assert repr(faults.HttpStatus(404)) == "HttpStatus(code=404)"
    with pytest.raises(AttributeError):
        faults.HttpStatus(404).code = 200  # type: ignore[misc]


NAMES = {**vars(faults), "datetime": sys.modules["datetime"]}
"""What stands in a repr."""


@pytest.mark.parametrize("fault", faults.CATALOGUE)
def test_a_repr_is_short_and_true(fault: type[faults.Fault[object]]) -> None:
    """What is shown is the call that makes an equal fault, and of a default there is nothing."""
    needed = [one for one in dataclasses.fields(cast(Any, fault)) if one.default is one.default_factory]
    if needed:
        pytest.skip("it needs to be told what to do")
    plain = fault()
    if fault not in (faults.Embed, faults.Singles):
        assert repr(plain) == f"{fault.__name__}()"
    assert eval(repr(plain), NAMES) == plain


@pytest.mark.parametrize(
    ("fault", "shown"),
    [
        (faults.Delegate(), "Delegate()"),
        (faults.Delegate(nocheck=False, issuer="root"), "Delegate(nocheck=False, issuer='root')"),
        (faults.Stale(by=timedelta(hours=5)), "Stale(by=datetime.timedelta(seconds=18000))"),
        (faults.IssuingDistributionPoint(only_ca=False), "IssuingDistributionPoint(only_ca=False)"),
        (faults.Singles(faults.Single("revoked", timing=faults.Stale())),
         "Singles(Single(status='revoked', timing=Stale()))"),
        (faults.Embed("root"), "Embed('root')"),
    ],
)  # fmt: skip
def test_a_repr_shows_what_differs(fault: faults.Fault[object], shown: str) -> None:
    """Fields stand in it by name where they are not the defaults, and the expression is valid."""
    assert repr(fault) == shown
    assert eval(shown, NAMES) == fault


def test_a_repr_of_a_test_s_own() -> None:
    """A fault of a test's own is shown so, too; fields without a default always; one of its own stays."""

    @dataclasses.dataclass(frozen=True)
    class Own(faults.Encoding):
        must: int
        like: tuple[int, ...] = dataclasses.field(default_factory=tuple)
        flag: bool = True

        def __call__(self, honest: bytes) -> bytes:
            return honest

    class Quiet(Own):
        def __repr__(self) -> str:
            return "quiet"

    assert repr(Own(1)).endswith("Own(must=1)")
    assert repr(Own(1, (2,), False)).endswith("Own(must=1, like=(2,), flag=False)")
    assert repr(Quiet(1)) == "quiet"
