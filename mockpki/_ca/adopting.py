"""A root of trustme's, for a PKI of ours."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key

from .._parameters import show

if TYPE_CHECKING:
    import trustme


def read_root(adopted: trustme.CA) -> tuple[bytes, Any]:
    """Its certificate as DER, and its key. Raises TypeError for what is none, ValueError without a key."""
    try:
        certificate = x509.load_pem_x509_certificate(adopted.cert_pem.bytes())
        key: Any = load_pem_private_key(adopted.private_key_pem.bytes(), None)
    except AttributeError as error:
        raise TypeError(f"root= takes a trustme.CA; got {show(adopted)}") from error
    except ValueError as error:
        raise ValueError(
            f"trustme does not hand out the key of root={adopted!r} ({error}); give one with an RSA or EC key"
        ) from error
    return certificate.public_bytes(Encoding.DER), key
