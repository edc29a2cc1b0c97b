"""Certificates: issued, looked at, revoked, released, forgotten."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from typing import Any

from cryptography import x509

from .._ca.ca import CA
from .._ca.leaf import Leaf
from .._layers import CertificateContent
from .._parameters import show
from .._pkix.pkcs12 import write_p12
from . import bodies, queries, shapes
from .hosted import Hosted
from .problem import Problem, pointing_into, pointing_to
from .route import Call, Content, Routes
from .views import name_certificate, show_certificate

ROUTES = Routes()
PEM, DER, P12 = "application/x-pem-file", "application/pkix-cert", "application/x-pkcs12"
_PATH = "/v1/pkis/{pki}/certificates"
_ONE = f"{_PATH}/{{certificate}}"


def issue(hosted: Hosted, body: bodies.IssueCert) -> str:
    """Issue what *body* says in *hosted*; its id."""
    with hosted.lock, hosted.certificates.room(body.name):
        with pointing_to("/ca"):
            ca = hosted.find_ca(body.ca)
        serial = None if body.serial_number is None else int(body.serial_number, 16)
        if serial is not None and ca.status(serial).status != "unknown":
            raise Problem(
                "conflict",
                f"the CA has already issued serial number {serial:x}; choose another",
                "/serial_number",
            )
        if body.reason is not None and body.status != "revoked":
            raise Problem(
                "invalid", f"reason is for status 'revoked', and this is {body.status!r}", "/reason"
            )
        _check_times(body)
        if not (body.identities or body.common_name or body.csr) and body.subject is None:
            raise Problem(
                "invalid",
                'identities is missing: give whom it is for, such as {"identities": ["localhost"]}, '
                "unless common_name, subject or csr says for whom",
                "/identities",
            )
        with pointing_into(body):
            leaf = _issue(hosted, ca, serial, body)
        id = hosted.certificates.add(leaf, f"{leaf.serial_number:x}", body.name)
        hosted.bodies[id] = body
        return id


def _issue(hosted: Hosted, ca: CA, serial: int | None, body: bodies.IssueCert) -> Leaf:
    leaf = ca.issue_cert(
        *body.identities,
        must_staple=body.must_staple,
        not_before=body.not_before,
        not_after=body.not_after,
        key_type=body.key_type,
        key=None if body.key is None else body.key.encode(),
        client=body.client,
        csr=None if body.csr is None else body.csr.encode(),
        serial_number=serial,
        common_name=body.common_name,
        subject=body.subject,
        ocsp_urls=body.ocsp_urls,
        crl_urls=body.crl_urls,
        ca_issuers_urls=body.ca_issuers_urls,
        extensions=_read_extensions(body.extensions),
        logged=body.logged,
        logged_at=body.logged_at,
        faults=hosted.list_faults(body.faults, fit=(CertificateContent,), what="a certificate"),
    )
    try:
        _set_status(leaf, body)
    except Exception:
        # What cannot be as it was asked for is not there.
        ca.forget(leaf)
        raise
    return leaf


def _check_times(body: bodies.IssueCert) -> None:
    for name in ("at", "invalidity_date"):
        if getattr(body, name) is not None and body.status not in ("revoked", "on_hold"):
            raise Problem(
                "invalid",
                f"{name} is for status 'revoked' or 'on_hold', and this is {body.status!r}",
                f"/{name}",
            )


def _set_status(leaf: Leaf, body: bodies.IssueCert) -> None:
    match body.status:
        case "revoked":
            leaf.issuer.revoke(leaf, body.reason or "unspecified", body.at, body.invalidity_date)
        case "on_hold":
            leaf.issuer.revoke(leaf, "certificate_hold", body.at, body.invalidity_date)
        case "unknown":
            leaf.issuer.forget(leaf)


def _read_extensions(extensions: Iterable[bodies.Extension]) -> list[x509.Extension[Any]]:
    read = []
    for number, extension in enumerate(extensions):
        with pointing_to(f"/extensions/{number}/oid"):
            oid = _read_oid(extension.oid)
        with pointing_to(f"/extensions/{number}/value"):
            value = read_octets(extension.value, "value")
        read.append(x509.Extension(oid, extension.critical, x509.UnrecognizedExtension(oid, value)))
    return read


def _read_oid(text: str) -> x509.ObjectIdentifier:
    try:
        return x509.ObjectIdentifier(text)
    except ValueError:
        raise ValueError(
            f"oid takes numbers with dots between them, such as '1.3.6.1.5.5.7.1.24'; got {show(text)}"
        ) from None


def read_octets(text: str, name: str) -> bytes:
    """The octets that *text*, the value of *name*, stands for in base64. Raises ValueError for none."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{name}: {text[:60]!r} is not base64") from None


@ROUTES.add("POST", _PATH, body=bodies.IssueCert, answers=shapes.Certificate, status=201,
            example={"identities": ["localhost"], "must_staple": True})  # fmt: skip
def issue_certificate(call: Call) -> shapes.Certificate:
    """Issue a certificate.

    The fields are the parameters of `issue_cert`. `status` is what becomes of it at once.
    """
    hosted = call.hosted
    return show_certificate(hosted, issue(hosted, call.body))


@ROUTES.add("GET", _PATH, answers=shapes.Certificates)
def list_certificates(call: Call) -> shapes.Certificates:
    """All certificates that were issued by calls, the oldest first."""
    hosted = call.hosted
    return shapes.Certificates(
        certificates=[show_certificate(hosted, id) for id in list(hosted.certificates)]
    )


def _find(call: Call) -> tuple[Hosted, Leaf]:
    hosted = call.hosted
    return hosted, hosted.find_certificate(call.path["certificate"])


@ROUTES.add("GET", _ONE, answers=shapes.Certificate)
def get_certificate(call: Call) -> shapes.Certificate:
    """A certificate: what it is, and what became of it."""
    hosted, leaf = _find(call)
    return show_certificate(hosted, name_certificate(hosted, leaf))


@ROUTES.add("GET", f"{_ONE}/certificate.pem", answers=PEM)
def get_pem(call: Call) -> Content:
    """The certificate alone, as PEM."""
    return Content(_find(call)[1].cert_pem, PEM)


@ROUTES.add("GET", f"{_ONE}/certificate.der", answers=DER)
def get_der(call: Call) -> Content:
    """The certificate alone, as DER."""
    return Content(_find(call)[1].der, DER)


@ROUTES.add("GET", f"{_ONE}/chain.pem", answers=PEM)
def get_chain(call: Call) -> Content:
    """What a server sends: the certificate and those above it but the root, as PEM."""
    return Content(_find(call)[1].chain_pem, PEM)


@ROUTES.add("GET", f"{_ONE}/key.pem", answers=PEM)
def get_key(call: Call) -> Content:
    """Its private key, PKCS #8, as PEM."""
    return Content(_own_key(call).key_pem, PEM)


@ROUTES.add("GET", f"{_ONE}/keystore.p12", query=queries.Password, answers=P12)
def get_keystore(call: Call) -> Content:
    """The key and the chain as PKCS #12, as Java takes it."""
    leaf = _own_key(call)
    own, *above = leaf.chain
    return Content(write_p12(leaf.key, own, above, call.query.password), P12)


def _own_key(call: Call) -> Leaf:
    leaf = _find(call)[1]
    try:
        _ = leaf.key
    except LookupError as error:
        raise Problem("not-found", str(error)) from error
    return leaf


def _change(call: Call, change: Callable[[Leaf], object]) -> shapes.Certificate:
    hosted, leaf = _find(call)
    with hosted.lock:
        try:
            change(leaf)
        except LookupError as error:
            # It is there, and not as it would have to be.
            raise Problem("conflict", str(error)) from error
    return show_certificate(hosted, name_certificate(hosted, leaf))


@ROUTES.add("POST", f"{_ONE}/revoke", body=bodies.Revoke, optional=True, answers=shapes.Certificate,
            example={"reason": "key_compromise"})  # fmt: skip
def revoke(call: Call) -> shapes.Certificate:
    """Revoke a certificate; with the reason `certificate_hold` it can be released again."""
    body = call.body or bodies.Revoke()
    with pointing_into(body):
        return _change(call, lambda one: one.issuer.revoke(one, body.reason, body.at, body.invalidity_date))


@ROUTES.add("POST", f"{_ONE}/release", answers=shapes.Certificate, refusals=("conflict",))
def release(call: Call) -> shapes.Certificate:
    """Take a certificate off hold; 409 for one that is not on hold."""
    return _change(call, lambda leaf: leaf.issuer.release(leaf))


@ROUTES.add("POST", f"{_ONE}/forget", answers=shapes.Certificate, refusals=("conflict",))
def forget(call: Call) -> shapes.Certificate:
    """Make a certificate `unknown` to its CA; 409 for one that is already."""
    return _change(call, lambda leaf: leaf.issuer.forget(leaf))
