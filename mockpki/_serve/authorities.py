"""CAs: looked at, made, and what becomes of many certificates at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from .._ca.adopted import read_pair
from .._ca.ca import CA
from .._ca.options import check_publishing
from .._layers import CertificateContent
from .._pkix.keys import PrivateKey
from . import bodies, shapes
from .hosted import Hosted
from .problem import Problem, pointing_into, pointing_to
from .route import Call, Routes
from .views import show_ca

ROUTES = Routes()
_PATH = "/v1/pkis/{pki}/cas"
_ONE = f"{_PATH}/{{ca}}"
_OF_ADOPTED = ("parent", "name", "adopt", "publishes")
"""What can be said of a CA that is adopted."""
_MOST = 1_000_000
"""So many serial numbers a range may have."""


def _find(call: Call) -> tuple[Hosted, CA]:
    hosted = call.hosted
    return hosted, hosted.find_ca(call.path["ca"])


@ROUTES.add("GET", _PATH, answers=shapes.Cas)
def list_cas(call: Call) -> shapes.Cas:
    """All CAs, the root first."""
    hosted = call.hosted
    return shapes.Cas(cas=[show_ca(hosted, id) for id in list(hosted.cas)])


@ROUTES.add("POST", _PATH, body=bodies.MakeCa, optional=True, answers=shapes.Ca, status=201,
            example={"parent": "root", "name": "second", "publishes": "lets-encrypt"})  # fmt: skip
def make_ca(call: Call) -> shapes.Ca:
    """Make a CA below another (left out: the issuing one), with services of its own."""
    hosted = call.hosted
    return show_ca(hosted, create_ca(hosted, call.body or bodies.MakeCa()))


def create_ca(hosted: Hosted, body: bodies.MakeCa) -> str:
    """A CA in *hosted* as *body* says; its id."""
    with hosted.lock, hosted.cas.room(body.name):
        with pointing_to("/parent"):
            parent = hosted.find_ca(body.parent)
        if body.adopt is None:
            with pointing_into(body):
                ca = _create_child(hosted, parent, body)
        else:
            ca = _adopt_child(parent, body, body.adopt)
        id = hosted.add_ca(ca, body.name)
        hosted.bodies[id] = body
        return id


def _create_child(hosted: Hosted, parent: CA, body: bodies.MakeCa) -> CA:
    with pointing_to("/name_of"):
        name_of = None if body.name_of is None else hosted.cas.find(body.name_of)
    return parent.create_child_ca(
        key_type=body.key_type,
        key=None if body.key is None else body.key.encode(),
        must_staple=body.must_staple,
        not_before=body.not_before,
        not_after=body.not_after,
        name_of=name_of,
        subject=body.subject,
        ocsp_urls=body.ocsp_urls,
        crl_urls=body.crl_urls,
        ca_issuers_urls=body.ca_issuers_urls,
        faults=hosted.list_faults(body.faults, fit=(CertificateContent,), what="a certificate"),
        **_choose_publishing(parent, body),
    )


def _adopt_child(parent: CA, body: bodies.MakeCa, own: bodies.Adopted) -> CA:
    for name in body.__struct_fields__:
        if name not in _OF_ADOPTED and getattr(body, name) != getattr(bodies.MakeCa(), name):
            raise Problem(
                "invalid",
                f"{name} is for a CA that is made, and this one is adopted as it is; leave it out",
                f"/{name}",
            )
    options = _choose_publishing(parent, body)
    with pointing_to("/adopt"):
        certificate, key = read_own(own)
        with pointing_into(own):
            return parent.adopt_child_ca(certificate, key, **options)


def read_own(own: bodies.Adopted) -> tuple[bytes, PrivateKey]:
    """The certificate and the key of a CA of the caller's own. Raises Problem, which points into it."""
    with pointing_into(own):
        read = read_pair(own.certificate.encode(), own.private_key.encode(), "certificate", "private_key")
        return read.certificate, read.key


def _choose_publishing(parent: CA, body: bodies.MakeCa) -> dict[str, Any]:
    if body.publishes is None:
        return {}
    with pointing_to("/publishes"):
        return {"publishes": check_publishing(body.publishes, parent._realm.crl_issuers)}


@ROUTES.add("GET", _ONE, answers=shapes.Ca)
def get_ca(call: Call) -> shapes.Ca:
    """A CA: its certificate, and where its services are."""
    hosted, ca = _find(call)
    return show_ca(hosted, hosted.name_ca(ca))


def _list_targets(hosted: Hosted, body: bodies.Targets) -> Iterable[Any]:
    targets: list[Any] = []
    for number, key in enumerate(body.certificates):
        with pointing_to(f"/certificates/{number}"):
            targets.append(hosted.find_member(key))
    targets += [int(serial, 16) for serial in body.serial_numbers]
    if body.serial_range is not None:
        first, last = int(body.serial_range.first, 16), int(body.serial_range.last, 16)
        if not 0 <= last - first < _MOST:
            raise Problem(
                "invalid", f"a range goes up, and has at most {_MOST:,} serial numbers", "/serial_range"
            )
        targets += range(first, last + 1)
    if not targets:
        raise Problem("invalid", "name somebody: certificates, serial_numbers or serial_range")
    return targets


def revoke_many(hosted: Hosted, ca: CA, body: bodies.RevokeMany) -> None:
    """Have *ca* revoke what *body* says."""
    with hosted.lock:
        targets = _list_targets(hosted, body)
        with pointing_into(body):
            ca.revoke(targets, body.reason, body.at, body.invalidity_date)


def _change(call: Call, change: Callable[[CA, Iterable[Any]], object]) -> None:
    hosted, ca = _find(call)
    with hosted.lock:
        targets = _list_targets(hosted, call.body)
        try:
            change(ca, targets)
        except LookupError as error:
            # It is there, and not as it would have to be.
            raise Problem("conflict", str(error)) from error


@ROUTES.add("POST", f"{_ONE}/revoke", body=bodies.RevokeMany, status=204,
            example={"serial_range": {"first": "1000", "last": "1fff"}, "reason": "superseded"})  # fmt: skip
def revoke(call: Call) -> None:
    """Revoke what this CA issued, many at once; serial numbers need not have been issued."""
    revoke_many(*_find(call), call.body)


@ROUTES.add("POST", f"{_ONE}/release", body=bodies.Targets, status=204, refusals=("conflict",))
def release(call: Call) -> None:
    """Take off hold what this CA issued; 409 for what is not on hold."""
    _change(call, lambda ca, targets: ca.release(targets))


@ROUTES.add("POST", f"{_ONE}/forget", body=bodies.Targets, status=204, refusals=("conflict",))
def forget(call: Call) -> None:
    """Make what this CA issued `unknown` to it; 409 for what already is."""
    _change(call, lambda ca, targets: ca.forget(targets))
