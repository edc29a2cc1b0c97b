"""Keys and certificates that a user brings along: objects, PEM, DER, or files of these."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, load_der_private_key, load_pem_private_key

from .._parameters import show
from .._pkix.keys import PrivateKey, key_type_of, spki_der

if TYPE_CHECKING:
    import trustme

E = TypeVar("E", bound=x509.ExtensionType)

Stored = bytes | str | os.PathLike[str]
"""PEM or DER as octets, PEM as text, or the path of a file with one of these."""
OwnKey = Annotated[
    PrivateKey | Stored, "a private key of cryptography's, one as PEM or DER, or the path of a file with it"
]
OwnCertificate = Annotated[
    x509.Certificate | Stored,
    "a certificate of cryptography's, one as PEM or DER, or the path of a file with it",
]
if TYPE_CHECKING:
    OwnAuthority = trustme.CA | tuple[x509.Certificate | Stored, PrivateKey | Stored]


class Adopted(NamedTuple):
    """A CA that was there before: its certificate as DER, its key, and the key identifier in the certificate,
    None where it has none."""

    certificate: bytes
    key: PrivateKey
    key_id: bytes | None


def read_octets(given: Stored, parameter: str) -> bytes:
    """What *given* holds, or the file that it names. Raises ValueError where that cannot be read."""
    if isinstance(given, bytes):
        return given
    if isinstance(given, str) and "-----BEGIN" in given:
        return given.encode()
    try:
        return Path(given).read_bytes()
    except (OSError, ValueError) as error:
        raise ValueError(f"{parameter}={show(given)} names a file that cannot be read: {error}") from error


def read_key(given: PrivateKey | Stored, parameter: str) -> PrivateKey:
    """A private key that can sign here. Raises ValueError or TypeError for what holds none."""
    key: Any = given
    if isinstance(given, bytes | str | os.PathLike):
        octets = read_octets(given, parameter)
        load = load_pem_private_key if b"-----BEGIN" in octets else load_der_private_key
        try:
            key = load(octets, None)
        except TypeError as error:
            raise ValueError(
                f"{parameter}= holds a key under a password; decrypt it, and give the key as an object"
            ) from error
        except (ValueError, UnsupportedAlgorithm) as error:
            raise ValueError(f"{parameter}= holds no private key that cryptography reads: {error}") from error
    try:
        key_type_of(key)
    except ValueError as error:
        raise ValueError(f"{parameter}= cannot be used: {error}") from error
    own: PrivateKey = key
    return own


def read_certificate(given: x509.Certificate | Stored, parameter: str) -> x509.Certificate:
    """A certificate; of several in PEM the first. Raises ValueError or TypeError for what holds none."""
    if isinstance(given, x509.Certificate):
        return given
    if not isinstance(given, bytes | str | os.PathLike):
        raise TypeError(f"{parameter}= takes an x509.Certificate, PEM, DER or a path; got {show(given)}")
    octets = read_octets(given, parameter)
    load = x509.load_pem_x509_certificate if b"-----BEGIN" in octets else x509.load_der_x509_certificate
    try:
        return load(octets)
    except (ValueError, x509.InvalidVersion) as error:
        raise ValueError(f"{parameter}= holds no certificate that cryptography reads: {error}") from error


def read_authority(given: Any) -> Adopted:
    """What ``root=`` adopts: a `trustme.CA`, or a certificate and its key.

    Raises TypeError for anything else, and ValueError for a key of another certificate, or one of no CA.
    """
    if isinstance(given, tuple | list) and len(given) == 2:
        return read_pair(given[0], given[1], "root", "root")
    try:
        pems = given.cert_pem.bytes(), given.private_key_pem.bytes()
    except AttributeError as error:
        raise TypeError(
            f"root= takes a trustme.CA, or (certificate, key) of a CA of your own; got {show(given)}"
        ) from error
    except ValueError as error:
        raise ValueError(
            f"trustme does not hand out the key of root={given!r} ({error}); give one with an RSA or EC key"
        ) from error
    return read_pair(*pems, "root", "root")


def read_pair(
    certificate: x509.Certificate | Stored, key: PrivateKey | Stored, of_certificate: str, of_key: str
) -> Adopted:
    """A CA by its *certificate* and its *key*, the parameters of these names.

    Raises TypeError or ValueError for what holds none, a key of another certificate, and one of no CA.
    """
    own, its_key = read_certificate(certificate, of_certificate), read_key(key, of_key)
    public: Any = own.public_key()
    name = _name(own)
    if spki_der(public) != spki_der(its_key.public_key()):
        raise ValueError(f"{of_key}= holds a key, and the certificate of {name!r} is for another one")
    basic, identifier = _find(own, x509.BasicConstraints), _find(own, x509.SubjectKeyIdentifier)
    if basic is None or not basic.ca:
        # RFC 5280 section 4.2.1.9: "If the cA boolean is not asserted, then the keyCertSign bit in the key
        # usage extension MUST NOT be asserted."
        raise ValueError(f"{of_certificate}= takes a CA, and {name!r} is none by its basicConstraints")
    return Adopted(own.public_bytes(Encoding.DER), its_key, identifier.digest if identifier else None)


def read_child(
    given: x509.Certificate | Stored, key: PrivateKey | Stored, issuer: x509.Certificate
) -> Adopted:
    """A CA that *issuer* has certified, as ``adopt_child_ca(certificate, key)`` takes it.

    Raises TypeError or ValueError for another's key, for one that is no CA, and for one that *issuer* has not
    certified.
    """
    certificate = read_certificate(given, "certificate")
    adopted = read_pair(certificate, key, "certificate", "key")
    try:
        certificate.verify_directly_issued_by(issuer)
    except InvalidSignature:
        why = "its signature was made by another key"
    except (TypeError, ValueError, UnsupportedAlgorithm) as error:
        why = f"its issuer is {certificate.issuer.rfc4514_string()!r} ({error})"
    else:
        return adopted
    raise ValueError(
        f"certificate= is that of {_name(certificate)!r}, which {_name(issuer)!r} has not issued: {why}; "
        "have the CA that did adopt it, such as a root of your own, with depth=0"
    )


def _name(certificate: x509.Certificate) -> str:
    return certificate.subject.rfc4514_string()


def _find(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None
