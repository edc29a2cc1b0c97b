"""Asks the services as clients do, and reads what they answer. Shares no code with the package."""

import hashlib
import http.client
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from asn1crypto import algos, core, crl, ocsp
from asn1crypto import x509 as their_x509
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import HashAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.ocsp import load_der_ocsp_response
from cryptography.x509.oid import ExtendedKeyUsageOID

from mockpki import CA, Leaf

# Requests.


def cert_id(leaf: Leaf | CA, hash_name: str = "sha1", *, null: bool = True, serial: int | None = None) -> Any:
    """The CertID of `leaf`, with or without NULL parameters, and perhaps with another serial number."""
    assert leaf.issuer is not None
    issuer = leaf.issuer.certificate
    key = issuer.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    bits = _load(core.Sequence, key)[1].contents[1:]  # without the count of unused bits
    return ocsp.CertId(
        {
            "hash_algorithm": algos.DigestAlgorithm(
                {"algorithm": hash_name, "parameters": core.Null() if null else None}
            ),
            "issuer_name_hash": hashlib.new(hash_name, issuer.subject.public_bytes()).digest(),
            "issuer_key_hash": hashlib.new(hash_name, bits).digest(),
            "serial_number": leaf.serial_number if serial is None else serial,
        }
    )


def question(
    *cert_ids: Any,
    nonce: bytes | None = None,
    extensions: Sequence[dict[str, Any]] = (),
    requestor: x509.Name | None = None,
    version: bool = False,
    signature: bool = False,
) -> bytes:
    """An OCSPRequest."""
    tbs: dict[str, Any] = {"request_list": [{"req_cert": one} for one in cert_ids]}
    wanted = list(extensions)
    if nonce is not None:
        wanted.append({"extn_id": "nonce", "extn_value": core.OctetString(nonce)})
    if wanted:
        tbs["request_extensions"] = wanted
    if requestor is not None:
        tbs["requestor_name"] = {"directory_name": _load(their_x509.Name, requestor.public_bytes())}
    request: dict[str, Any] = {"tbs_request": tbs}
    if signature:
        request["optional_signature"] = {
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": core.OctetBitString(b"not verified"),
        }
    der: bytes = ocsp.OCSPRequest(request).dump()
    return der


# HTTP.


@dataclass(frozen=True)
class Reply:
    """One HTTP answer, as the client read it."""

    status: int
    headers: dict[str, str]
    body: bytes


def send(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    target: str | None = None,
    timeout: float = 30,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Reply:
    """One request on a connection of its own; `target` goes out as it is, octet for octet."""
    parts = urlsplit(url)
    assert parts.hostname is not None
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout)
    try:
        connection.request(method, parts.path if target is None else target, body, headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return Reply(response.status, found, response.read())
    finally:
        connection.close()


def post(url: str, der: bytes, timeout: float = 30) -> Reply:
    """An OCSP request by POST."""
    return send(url, "POST", der, timeout=timeout)


def connect(url: str) -> socket.socket:
    """A bare TCP connection to the server of `url`."""
    parts = urlsplit(url)
    return socket.create_connection((parts.hostname, parts.port), timeout=30)


def raw_post(url: str, der: bytes) -> bytes:
    """The octets of an OCSP request by POST, kept alive."""
    head = f"POST {urlsplit(url).path} HTTP/1.1\r\nHost: test\r\nContent-Length: {len(der)}\r\n\r\n"
    return head.encode() + der


def read_answer(connection: socket.socket) -> Reply:
    """The next HTTP answer on `connection`."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return Reply(
        response.status, {key.lower(): value for key, value in response.getheaders()}, response.read()
    )


# Answers.


def _load(kind: Any, der: bytes) -> Any:
    return kind.load(der, strict=True)


def envelope(der: bytes) -> Any:
    """An OCSPResponse, strictly DER."""
    return _load(ocsp.OCSPResponse, der)


def basic(der: bytes) -> Any:
    """The BasicOCSPResponse of a successful answer."""
    response = envelope(der)
    assert response["response_status"].native == "successful"
    return response.basic_ocsp_response


def statuses(der: bytes) -> list[str]:
    """certStatus for certStatus: good, revoked, unknown."""
    return [single["cert_status"].name for single in basic(der)["tbs_response_data"]["responses"]]


def status(issued: Leaf | CA) -> str:
    """What the responder of the issuer says over HTTP."""
    assert issued.issuer is not None
    [only] = statuses(post(issued.issuer.ocsp.url, question(cert_id(issued))).body)
    return only


def response_status(der: bytes) -> str:
    """responseStatus, as asn1crypto spells it."""
    name: str = envelope(der)["response_status"].native
    return name


def ocsp_fields(der: bytes) -> dict[str, bytes | None]:
    """Every field of an OCSP answer about one certificate, as DER; None where it is absent."""
    response = envelope(der)
    fields = {"response_status": response["response_status"].dump()}
    if not response["response_bytes"]:
        return fields
    fields["response_type"] = response["response_bytes"]["response_type"].dump()
    inner = response.basic_ocsp_response
    data = inner["tbs_response_data"]
    [single] = data["responses"]
    for part, names in (
        (inner, ("signature_algorithm", "signature", "certs")),
        (data, ("version", "responder_id", "produced_at", "response_extensions")),
        (single, ("cert_id", "cert_status", "this_update", "next_update", "single_extensions")),
    ):
        fields |= {name: part[name].dump() or None for name in names}
    return fields


def crl_fields(der: bytes) -> dict[str, bytes | None]:
    """Every field of a CRL, as DER; None where it is absent."""
    whole = _load(crl.CertificateList, der)
    tbs = whole["tbs_cert_list"]
    names = ("version", "issuer", "this_update", "next_update", "revoked_certificates")
    fields = {name: tbs[name].dump() or None for name in names}
    fields |= {extension["extn_id"].native: extension.dump() for extension in tbs["crl_extensions"]}
    fields["inner_algorithm"] = tbs["signature"].dump()
    return fields | {name: whole[name].dump() for name in ("signature_algorithm", "signature")}


def differing(one: dict[str, bytes | None], other: dict[str, bytes | None]) -> set[str]:
    """The names of the fields that are not the same in both."""
    return {name for name in one.keys() | other.keys() if one.get(name) != other.get(name)}


def signature_holds(der: bytes, issuer: x509.Certificate) -> bool:
    """Whether an OCSP answer's signature is `issuer`'s, or that of an embedded delegate of it."""
    response = load_der_ocsp_response(der)
    signer = issuer
    if response.certificates:
        [signer] = response.certificates
        signer.verify_directly_issued_by(issuer)
        usages = signer.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        assert ExtendedKeyUsageOID.OCSP_SIGNING in usages
    return _verify(
        signer.public_key(),
        response.signature,
        response.tbs_response_bytes,
        response.signature_hash_algorithm,
    )


def _verify(key: Any, signature: bytes, data: bytes, digest: HashAlgorithm | None) -> bool:
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            assert digest is not None
            key.verify(signature, data, ec.ECDSA(digest))
        elif isinstance(key, rsa.RSAPublicKey):
            assert digest is not None
            key.verify(signature, data, padding.PKCS1v15(), digest)
        else:
            assert isinstance(key, ed25519.Ed25519PublicKey)
            key.verify(signature, data)
    except InvalidSignature:
        return False
    return True


def crl_signature_holds(der: bytes, issuer: x509.Certificate) -> bool:
    """Whether a CRL's signature is `issuer`'s."""
    key: Any = issuer.public_key()
    return x509.load_der_x509_crl(der).is_signature_valid(key)
