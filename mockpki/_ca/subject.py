"""Whom a certificate is for: RFC 5280 calls it the subject, "the entity associated with the public key"."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from cryptography import x509

from .._parameters import show
from .._pkix.certificate import Pointers, TBSCertificate, leaf_extensions
from .._pkix.keys import KeyType, PrivateKey, PublicKey, key_hash, spki_der
from .._pkix.names import general_name
from .._pkix.signing import Signer
from .adopted import OwnKey, read_key
from .csr import Request, extensions_of_csr, key_of_csr, load_csr, names_of_csr, subject_of_csr
from .issuing import Extensions, list_extensions, merge_extensions, merge_names

ALTERNATIVE_NAMES = x509.SubjectAlternativeName.oid
OwnName = Annotated[x509.Name | str, "an x509.Name, or a text of RFC 4514 such as 'CN=billing,O=Example'"]


@dataclass(frozen=True)
class Subject:
    """The key, the name as DER (None for one that the CA makes up), and what else was asked for.

    *key* is None where it is with whoever made a request.
    """

    key: PrivateKey | None = field(repr=False)
    public_key: PublicKey
    name: bytes | None
    names: list[x509.GeneralName]
    extensions: list[x509.Extension[Any]]

    @property
    def is_nameless(self) -> bool:
        """Whether its name is the empty one."""
        return self.name == _EMPTY


_EMPTY = x509.Name([]).public_bytes()


def find_subject(
    identities: Iterable[str],
    extensions: Extensions,
    *,
    csr: Request | None,
    key: OwnKey | None,
    key_type: str | None,
    usual_type: KeyType,
    common_name: str | None,
    subject: OwnName | None,
) -> Subject:
    """The subject that `CA.issue_cert` was asked for. Raises ValueError or TypeError for what is none.

    A key that nobody brings is made, of *key_type*, or else of the *usual_type*.
    """
    names: list[x509.GeneralName] = [general_name(identity) for identity in identities]
    own = list_extensions(extensions)
    name = None if subject is None else read_name(subject)
    if common_name is not None:
        _check_common_name(common_name, subject)
    own_key: PrivateKey | None = None
    public_key: PublicKey
    if csr is not None:
        if key is not None or key_type is not None:
            beside = "key=" if key is not None else f"key_type={key_type!r}"
            raise ValueError(f"csr= brings a key of its own; leave {beside} out")
        request = load_csr(csr)
        public_key = key_of_csr(request)
        names = names or names_of_csr(request)
        name = name or subject_of_csr(request, common_name)
        own = [*extensions_of_csr(request, [item.oid for item in own]), *own]
    else:
        own_key = choose_key(key, key_type, usual_type)
        public_key = own_key.public_key()
    _require_identity(names, name, common_name, own)
    return Subject(own_key, public_key, name, names, own)


def leaf_content(
    issuer: Signer,
    serial: int,
    validity: tuple[datetime, datetime],
    name: bytes,
    whom: Subject,
    pointers: Pointers,
    *,
    client: bool,
    must_staple: bool,
) -> TBSCertificate:
    """What the certificate of a leaf for *whom* says, under this *name*."""
    spki = spki_der(whom.public_key)
    extensions = leaf_extensions(
        issuer, key_hash(spki), whom.public_key, whom.names, pointers,
        client=client, must_staple=must_staple, nameless=whom.is_nameless,
    )  # fmt: skip
    merged = merge_extensions(extensions, merge_names(whom.names, whom.extensions))
    return TBSCertificate(serial, *validity, name, spki, merged)


def choose_key(key: OwnKey | None, key_type: str | None, usual_type: KeyType) -> PrivateKey:
    """A *key* of one's own, or a new one. Raises ValueError for one that has to be of a type, too."""
    if key is None:
        return (usual_type if key_type is None else KeyType.of(key_type)).generate()
    if key_type is not None:
        raise ValueError(f"key= brings a type of its own; leave key_type={key_type!r} out")
    return read_key(key, "key")


def read_name(subject: OwnName) -> bytes:
    """A distinguished name as DER. Raises ValueError for a text that is none."""
    if isinstance(subject, x509.Name):
        return subject.public_bytes()
    try:
        return x509.Name.from_rfc4514_string(subject).public_bytes()
    except ValueError as error:
        raise ValueError(
            f"subject={show(subject)} is no name by RFC 4514, such as 'CN=billing,O=Example': {error}"
        ) from error


def read_authority_name(subject: OwnName | None, taken_over: bytes | None) -> bytes | None:
    """The name of a CA: the *subject*, or one that is *taken_over*; None for neither. ValueError for both."""
    if subject is None:
        return taken_over
    if taken_over is not None:
        raise ValueError("name_of= and subject= both say what the CA is called; give one of them")
    name = read_name(subject)
    if name == _EMPTY:
        # RFC 5280 section 4.1.2.6: "If the subject is a CA (...), then the subject field MUST be populated
        # with a non-empty distinguished name".
        raise ValueError("subject= of a CA cannot be empty (RFC 5280 section 4.1.2.6); give it a name")
    return name


def _check_common_name(common_name: str, subject: OwnName | None) -> None:
    if subject is not None:
        raise ValueError(f"subject= is the whole name; leave common_name={show(common_name)} out")
    if len(common_name.encode()) > 64:
        # RFC 5280 appendix A.1: "ub-common-name INTEGER ::= 64".
        raise ValueError(
            f"common_name= of issue_cert() takes at most 64 octets of UTF-8; got {show(common_name)}"
        )


def _require_identity(
    names: Sequence[x509.GeneralName],
    name: bytes | None,
    common_name: str | None,
    own: Sequence[x509.Extension[Any]],
) -> None:
    others = names or any(item.oid == ALTERNATIVE_NAMES for item in own)
    if name == _EMPTY and not others:
        # RFC 5280 section 4.1.2.6: "If subject naming information is present only in the subjectAltName
        # extension".
        raise ValueError("subject= is empty, so the certificate needs an identity: issue_cert('localhost')")
    if not (others or name or common_name):
        raise ValueError("a certificate needs an identity: issue_cert('localhost'), or common_name=")
