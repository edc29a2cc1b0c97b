"""The headers that tell a cache how long a file or an OCSP answer can be used."""

from __future__ import annotations

import hashlib

from .._exchange.http import http_date
from .._pkix.window import Window


def caching_headers(window: Window, body: bytes) -> list[tuple[str, str]]:
    """The caching headers of RFC 9919 section 7.2, for an authoritative answer.

    Section 6 has Last-Modified be producedAt, section 7.2 thisUpdate: an honest window has them equal.
    """
    headers = [
        ("Last-Modified", http_date(window.this_update)),
        # RFC 9919 section 7.2: "It is RECOMMENDED by this profile that the ETag value be the ASCII HEX
        # representation of the SHA-256 hash of the OCSPResponse structure."
        ("ETag", f'"{hashlib.sha256(body).hexdigest()}"'),
    ]
    if window.next_update is not None:
        # RFC 9919 section 6: max-age is "a time value in seconds later than thisUpdate but earlier
        # than nextUpdate". Half of what is left is both.
        age = max(0, int((window.next_update - window.now).total_seconds()) // 2)
        headers.append(("Expires", http_date(window.next_update)))
        headers.append(("Cache-Control", f"max-age={age}, public, no-transform, must-revalidate"))
    headers.append(("Date", http_date(window.now)))
    return headers
