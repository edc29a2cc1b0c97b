"""Every parameter of all that is public, with every kind of wrong value: it works, or a sentence names it."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from functools import partial
from typing import Any, get_args

import pytest

from mockpki import (
    CA,
    PKI,
    KeyType,
    Leaf,
    SharedPort,
    TlsServer,
    faults,
    publishing,
    relying_party,
    scenarios,
    sequences,
    staplers,
    wsgi,
)
from mockpki._exchange.http import HttpRequest
from mockpki._layers import CRLBytesFault, OCSPBytesFault
from tests.ca.test_adopted import issued
from tests.kit.asking import cert_id, question

SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


class Unprintable:
    """Its repr raises."""

    def __repr__(self) -> str:
        raise RuntimeError("no words")


async def coroutine() -> None:
    """Nobody awaits it."""


VALUES: tuple[Any, ...] = (
    None, object(), Unprintable(), float("nan"), float("inf"), 1.5, 1j, -1, 0, 1, 10**30, -(10**30), 10**5000,
    True, False, "", "x", "a\nb", "\0", "\udcff", "x" * 300, "a..b", b"", b"x", bytearray(b"x"),
    memoryview(b"x"), datetime(2030, 1, 1), datetime.max.replace(tzinfo=timezone.utc),  # noqa: DTZ001
    datetime.min.replace(tzinfo=timezone(timedelta(hours=5))), date(2030, 1, 1), timedelta(), -DAY,
    timedelta.max, timedelta.min, 365_000 * DAY, [], [1], ["x"], [None], (), (1,), ("x",), ("\udcff",),
    (10**30,), {}, {"a"}, frozenset({"x"}), coroutine, int, range(3), KeyError("x"), faults.Status.GOOD,
    faults.Stale(), faults.Stale,
)  # fmt: skip


def is_named(parameter: str, sentence: str) -> bool:
    """Whether *sentence* is about the parameter, by its name, and is more than Python's own words."""
    return bool(re.search(rf"\b{parameter.strip('_')}", sentence)) and len(sentence.split()) > 5


def describe(value: object) -> str:
    """*value* in a message of these tests."""
    return type(value).__name__ if isinstance(value, Unprintable | int) else repr(value)[:40]


# Faults.


@pytest.fixture(scope="module")
def world() -> Iterator[tuple[PKI, Leaf]]:
    """A PKI with a leaf that is revoked, so that its CRL has an entry."""
    with PKI() as pki:
        leaf = pki.issue_cert("localhost")
        pki.revoke(leaf)
        yield pki, leaf


def use(pki: PKI, leaf: Leaf, fault: Any) -> None:
    """Have *fault* bend what it can bend."""
    if isinstance(fault, get_args(OCSPBytesFault)):
        pki.ocsp.response_for(leaf, fault)
    if isinstance(fault, get_args(CRLBytesFault)):
        pki.crl.crl(fault)
    if isinstance(fault, faults.CertificateContent):
        pki.issue_cert("a.test", faults=[fault])
    if isinstance(fault, faults.HTTP | faults.Transport | faults.Listener):
        headers = (("Content-Type", "application/ocsp-request"),)
        asked = HttpRequest("POST", "/ocsp", headers, question(cert_id(leaf)), "127.0.0.1:1")
        try:
            with pki.ocsp.respond_with(fault):
                pki.ocsp.handle(asked)
            pki.check()
        finally:
            pki.ocsp.reset()


def try_fault(pki: PKI, leaf: Leaf, make: Callable[[], faults.Fault[Any]]) -> str:
    """What is said against a fault when it is made; or, after its call, when it is used."""
    try:
        fault = make()
    except (TypeError, ValueError, LookupError) as error:
        return str(error)
    assert hash(fault) == hash(make())
    call = repr(fault)
    try:
        use(pki, leaf, fault)
    except (TypeError, ValueError) as error:
        return str(error).replace(call, "the fault")
    return ""


NOT_IN_THIS_ANSWER = re.compile(
    "has no entry to bend|leads nowhere|finds no such header|is not too large for an answer|"
    "finds no extension|needs an octet there"
)
"""What a fault can only say when there is an answer."""


@pytest.mark.parametrize("kind", faults.CATALOGUE, ids=lambda kind: kind.__name__)
def test_a_fault_works_or_is_refused_where_it_is_written(
    world: tuple[PKI, Leaf], kind: type[faults.Fault[Any]]
) -> None:
    """Whatever a field is given; and a fault that was made is a value, and bends an answer."""
    untyped: Any = kind
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        for value in VALUES:
            placed = kind in (faults.Embed, faults.Singles) and field.name != "first"
            make = partial(untyped, value) if placed else partial(untyped, **{field.name: value})
            found = try_fault(*world, make)
            sound = not found or is_named(field.name, found) or placed or NOT_IN_THIS_ANSWER.search(found)
            assert sound, f"{field.name}={describe(value)}: {found}"


# Everything else: a call with what it needs, and the function whose parameters they are.

Case = tuple[Callable[..., object], Callable[..., object], dict[str, Any]]


def own(function: Callable[..., object], **needed: Any) -> Case:
    """A function that leaves nothing behind."""
    return function, function, needed


def values_of_ones_own() -> dict[str, Case]:
    """Policies, rules and sequences."""
    stale = [faults.Stale()]
    return {
        "Policy": own(relying_party.Policy),
        "StaplePolicy": own(staplers.StaplePolicy),
        "AtFraction": own(staplers.AtFraction, part=0.5),
        "BeforeEnd": own(staplers.BeforeEnd, by=DAY),
        "Clamp": own(staplers.Clamp, least=SECOND, most=DAY, before_end=DAY),
        "Fixed": own(staplers.Fixed, after=DAY),
        "Exponential": own(staplers.Exponential, base=SECOND, cap=DAY),
        "Preset": own(staplers.Preset, policy=staplers.NGINX),
        "Stapler": own(staplers.Stapler, policy=staplers.NGINX),
        "ServerCommand": own(staplers.ServerCommand, command="true"),
        "EveryNth": own(sequences.EveryNth, n=1, faults=stale),
        "FirstN": own(sequences.FirstN, n=1, faults=stale),
        "Flapping": own(sequences.Flapping, up=1, down=1, faults=stale),
        "Mix": (lambda seed: sequences.Mix([], stale, seed=seed), sequences.Mix, {}),
        "publishing.by": own(publishing.by, issuer=None),
        "KeyType.of": own(KeyType.of, name="P-256"),
        "relying_party.named": own(relying_party.named, policy="hard-fail"),
        "staplers.named": own(staplers.named, name="nginx"),
        "matching": own(scenarios.matching, names="*"),
        "cases": own(scenarios.cases, policy="hard-fail"),
        "parametrize": own(scenarios.parametrize, policy="hard-fail"),
    }


def certified_by(ca: CA) -> dict[str, object]:
    """A CA that nobody has adopted yet."""
    certificate, key = issued((ca.certificate, ca.key), "own CA")
    return {"certificate": certificate, "key": key}


def methods(pki: PKI, leaf: Leaf, server: TlsServer) -> dict[str, Case]:
    """What a PKI, its CAs, its services and its servers can be asked for."""
    ca, ocsp = pki.ca, pki.ocsp
    where = {
        "host": server.host, "port": server.port, "ca": pki.root.cert_pem, "server_name": "localhost",
        "timeout": SECOND,
    }  # fmt: skip
    return {
        "PKI": (lambda **given: PKI(**given).close(), PKI.__init__, {"depth": 0}),
        "issue_cert": (
            lambda identities="a.test", **given: ca.issue_cert(identities, **given),
            ca.issue_cert,
            {},
        ),
        "create_child_ca": own(ca.create_child_ca),
        "adopt_child_ca": (
            lambda **given: pki.root.adopt_child_ca(**{**certified_by(pki.root), **given}),
            ca.adopt_child_ca,
            {},
        ),
        "create_crl_issuer": own(ca.create_crl_issuer),
        "certify": own(ca.certify, ca=ca),
        "revoke": own(pki.revoke, target=5),
        "release": own(pki.release, target=5),
        "forget": own(pki.forget, target=5),
        "CA.revoke": own(ca.revoke, target=5),
        "status": own(ca.status, target=5),
        "staple_with": own(server.staple_with),
        "set": own(pki.clock.set, offset=timedelta()),
        "SharedPort": (lambda **given: SharedPort(**given).close(), SharedPort.__init__, {}),
        "run_until": own(pki.run_until, time=pki.clock.now() + DAY),
        "shift": own(pki.clock.shift, by=timedelta()),
        "tls_server": (lambda **given: pki.tls_server(leaf, **given).close(), pki.tls_server, {}),
        "wait_for_request": own(ocsp.wait_for_request, timeout=0.01),
        "next_request": (
            lambda **given: asyncio.run(ocsp.next_request(**given)),
            ocsp.next_request,
            {"timeout": 0.01},
        ),
        "assert_asked": own(ocsp.assert_asked),
        "CRL.assert_asked": own(pki.crl.assert_asked),
        "crlite.publish": own(pki.crlite.publish),
        "crlite.list_files": own(pki.crlite.list_files),
        "crlite.filter": own(pki.crlite.filter),
        "crlite.delta": own(pki.crlite.delta, since=pki.clock.now()),
        "crlite.check": own(pki.crlite.check, leaf=leaf),
        "crlite.false_positive": own(pki.crlite.false_positive),
        "crlite.respond_with": own(pki.crlite.respond_with),
        "crlite.assert_asked": own(pki.crlite.assert_asked),
        "response_for": own(ocsp.response_for, leaf=leaf),
        "respond_with": own(ocsp.respond_with),
        "settle": own(server.stapler.settle),
        "preload": own(server.stapler.preload, leaf=leaf, der=None),
        "check": own(relying_party.check, **where),
        "observe": own(staplers.observe, **where),
        "application": own(wsgi.application, ca_or_pki=pki),
        "crl_urls": own(relying_party.crl_urls, certificate=leaf.certificate),
        "responders": own(relying_party.responders, certificate=leaf.certificate),
        "configure_trust": own(pki.configure_trust),
        "configure_cert": own(leaf.configure_cert),
    }


OTHER_NAMES = {
    "target": "serial number|target",
    "serial_number": "serial.number",
    "name": "there is no|is no key type|name",
    "names": "there is no scenario|names",
    "only": "there is no scenario|only",
    "skip": "there is no scenario|skip",
    "identities": "is no (host name|e-mail|URI)|identities",
    "context": r"configure_(trust|cert)\(\) takes",
    "ca_or_pki": r"application\(\) takes",
    "by": r"shift\(|by=",
    "ca_not_before": "not_before",
    "ca_not_after": "not_after",
    "table": "there is no scenario|table",
    "der": r"preload\(\) takes",
    "now": r"Stale.__call__\(\)|now",  # it can be called, and fails as what it is
}
"""Words for a parameter that are as good as its name."""


def sweep(name: str, case: Case) -> list[str]:
    """What was neither done nor refused in a sentence that names the parameter."""
    call, described, needed = case
    found = []
    for parameter in inspect.signature(described).parameters.values():
        if parameter.name == "self" or (parameter.kind == parameter.VAR_POSITIONAL and name != "issue_cert"):
            continue
        for value in VALUES:
            if parameter.name == "times" and value == 10**30:
                continue  # it would connect so often
            try:
                call(**{**needed, parameter.name: value})
            except (AssertionError, OSError):
                # An assertion is what was asked for; and nobody is there, or comes.
                continue
            except (TypeError, ValueError, LookupError) as error:
                if re.search(OTHER_NAMES.get(parameter.name, parameter.name), str(error)):
                    continue
                found.append(f"{parameter.name}={describe(value)}: {error}")
            except BaseException as error:
                found.append(f"{parameter.name}={describe(value)}: {error!r}")
    return found


@pytest.mark.parametrize("name", values_of_ones_own())
def test_a_value_is_one_or_is_refused(name: str) -> None:
    """No policy, rule or sequence is made of what none can be, and each refusal names the parameter."""
    assert sweep(name, values_of_ones_own()[name]) == []


@pytest.fixture(scope="module")
def stage() -> Iterator[dict[str, Case]]:
    """The methods of a PKI, which may be left with whatever was set there."""
    pki = PKI()
    leaf = pki.issue_cert("localhost")
    pki.crlite.publish()
    with pki.tls_server(leaf, staple=staplers.NGINX_FILE) as server:
        yield methods(pki, leaf, server)
    # Of the functions among the values, some were called.
    with contextlib.suppress(TypeError, BaseExceptionGroup):
        pki.close()


METHODS = (
    "PKI", "SharedPort", "issue_cert", "create_child_ca", "adopt_child_ca", "create_crl_issuer",
    "certify", "revoke", "release", "forget", "status", "CA.revoke", "run_until", "shift", "set",
    "tls_server", "staple_with", "wait_for_request", "next_request", "assert_asked", "CRL.assert_asked",
    "response_for", "respond_with", "settle", "preload", "check", "observe", "application", "crl_urls",
    "responders", "configure_trust", "configure_cert", "crlite.publish", "crlite.list_files",
    "crlite.filter", "crlite.delta", "crlite.check", "crlite.false_positive", "crlite.respond_with",
    "crlite.assert_asked",
)  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_a_method_works_or_refuses(stage: dict[str, Case], name: str) -> None:
    """Nothing ends in Python's own words, whatever it is given; each refusal names the parameter."""
    assert set(stage) == set(METHODS)
    assert sweep(name, stage[name]) == []


def test_the_sweep_sees_what_it_looks_for() -> None:
    """A function without a check fails it, by an AttributeError and by a sentence without a name."""

    def careless(text: str) -> str:
        if text == "x":
            raise ValueError("wrong")
        return text.upper()

    found = sweep("careless", own(careless))
    assert "text='x': wrong" in found
    assert any("AttributeError" in one for one in found)
