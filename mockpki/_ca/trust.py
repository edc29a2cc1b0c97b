"""Contexts of TLS libraries that are to trust a CA."""

from __future__ import annotations

import ssl
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding


def add_trust(context: Any, certificate: x509.Certificate) -> None:
    """Make an `ssl.SSLContext` or an ``OpenSSL.SSL.Context`` trust *certificate*. TypeError for any other."""
    if isinstance(context, ssl.SSLContext):
        context.load_verify_locations(cadata=certificate.public_bytes(Encoding.PEM).decode("ascii"))
    elif hasattr(context, "get_cert_store"):
        from OpenSSL import crypto

        context.get_cert_store().add_cert(crypto.X509.from_cryptography(certificate))
    else:
        raise TypeError(
            f"configure_trust() takes an ssl.SSLContext or an OpenSSL.SSL.Context; got {context!r}"
        )
