"""Tells where two CRLs or two certificates differ: every field by its path, as asn1crypto reads it.

What asn1crypto cannot take apart stays one field, as octets, so a structure may be as broken as a test
likes.
"""

from collections.abc import Iterator
from typing import Any

from asn1crypto import core, crl, x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

Fields = dict[str, bytes]


def crl_fields(der: bytes) -> Fields:
    """Every field of a CRL by its path, such as ``tbs_cert_list.this_update``.

    The members of a list have their number for a name, extensions that of their OID.
    """
    return _fields(der, crl.CertificateList)


def certificate_fields(der: bytes) -> Fields:
    """Every field of a certificate by its path, such as ``tbs_certificate.validity.not_after``."""
    return _fields(der, x509.Certificate)


def _fields(der: bytes, kind: Any) -> Fields:
    whole = kind.load(der)
    behind = der[len(whole.dump()) :]
    return dict(_walk(whole, "")) | ({"behind": behind} if behind else {})


def changed(honest: Fields, bent: Fields) -> set[str]:
    """The paths of what is not there, octet for octet, in both; of a whole part where only one has it.

    The signature's own octets are left out, as they always differ: `signature_holds` is for them.
    """
    paths = {path for path in honest.keys() | bent.keys() if honest.get(path) != bent.get(path)}
    return {_top(path, honest, bent) for path in paths} - {"signature", "signature_value"}


def _top(path: str, *both: Fields) -> str:
    """The part that *path* is in, if one of *both* has nothing inside it; else *path*."""
    names = path.split(".")
    for count in range(1, len(names)):
        part = ".".join(names[:count])
        if any(part in fields or not at(fields, part) for fields in both):
            return part
    return path


def at(fields: Fields, path: str) -> bytes:
    """The octets of everything at *path* and below it; none where there is nothing."""
    return b"".join(value for name, value in fields.items() if f"{name}.".startswith(f"{path}."))


def _walk(value: Any, path: str) -> Iterator[tuple[str, bytes]]:
    try:
        inside = list(_inside(value))
    except (ValueError, TypeError, KeyError):
        inside = []
    if not inside:
        yield path or "octets", value.dump()
    for name, child in inside:
        yield from _walk(child, f"{path}.{name}" if path else name)


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    """The fields of *value* by name; nothing for one that is to be compared as a whole, as a Name is."""
    if isinstance(value, core.SequenceOf):
        for number, item in enumerate(value):
            yield _name(item) or str(number), item
    elif isinstance(value, core.Sequence):
        yield from ((name, value[name]) for name in value if not isinstance(value[name], core.Void))


def _name(item: Any) -> str:
    """What asn1crypto calls the OID of an extension; no text for anything else."""
    is_extension = isinstance(item, core.Sequence) and "extn_id" in item._field_map
    name = str(item["extn_id"].native).replace(".", "_") if is_extension else ""
    # Other libraries teach asn1crypto this name when they are imported; by itself it does not know it.
    return "2_5_29_56" if name == "no_rev_avail" else name


def signature_holds(signed: bytes, key: Any) -> bool:
    """Whether the third field of a CRL or certificate is the signature of *key*, Ed25519, over the first."""
    assert isinstance(key, Ed25519PublicKey)
    whole = core.Sequence.load(signed)
    try:
        key.verify(whole[2].contents[1:], whole[0].dump())
    except InvalidSignature:
        return False
    return True
