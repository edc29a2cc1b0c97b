"""The headers that tell a cache how long a file or an OCSP answer can be used."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from .._exchange.http import Answer, HttpRequest, header, http_date, unmodified
from .._pkix.window import Window


def caching_headers(
    window: Window, body: bytes, others: Mapping[str, datetime | str] = MappingProxyType({})
) -> list[tuple[str, str]]:
    """The caching headers of RFC 9919 section 7.2, for an authoritative answer; *others* take their places.

    Section 6 has Last-Modified be producedAt, section 7.2 thisUpdate: an honest window has them equal.
    """
    headers = [
        ("Last-Modified", http_date(window.this_update)),
        ("ETag", entity_tag(body)),
    ]
    if window.next_update is not None:
        # RFC 9919 section 6: max-age is "a time value in seconds later than thisUpdate but earlier
        # than nextUpdate". Half of what is left is both.
        age = max(0, int((window.next_update - window.now).total_seconds()) // 2)
        headers.append(("Expires", http_date(window.next_update)))
        headers.append(("Cache-Control", f"max-age={age}, public, no-transform, must-revalidate"))
    headers.append(("Date", http_date(window.now)))
    for name, value in others.items():
        text = value if isinstance(value, str) else http_date(value)
        headers = [(key, text if key == name else old) for key, old in headers]
    return headers


def entity_tag(body: bytes) -> str:
    """The value of its ETag."""
    # RFC 9919 section 7.2: "It is RECOMMENDED by this profile that the ETag value be the ASCII HEX
    # representation of the SHA-256 hash of the OCSPResponse structure."
    return f'"{hashlib.sha256(body).hexdigest()}"'


def obey_condition(request: HttpRequest, answer: Answer) -> Answer:
    """*answer*, or 304 where the client says that it has it already (RFC 9110 section 13.2.2)."""
    # Most ask without any condition, and by POST there is none.
    if request.method == "POST" or not any(name[:3].lower() == "if-" for name, _ in request.headers):
        return answer
    if request.method not in ("GET", "HEAD") or answer.status != 200 or not _is_known(request, answer):
        return answer
    return unmodified(answer)


def _is_known(request: HttpRequest, answer: Answer) -> bool:
    """Whether the client has the very octets of *answer*."""
    given = [value for name, value in request.headers if name.lower() == "if-none-match"]
    if given:
        # RFC 9110 section 13.1.2: "the condition is false if one of the listed tags matches the entity tag
        # of the selected representation", by the weak comparison; and "*" matches any.
        tags = [tag.strip().removeprefix("W/") for tag in ",".join(given).split(",")]
        return "*" in tags or answer.header("ETag") in tags
    # RFC 9110 section 13.1.3: "A recipient MUST ignore If-Modified-Since if the request contains an
    # If-None-Match header field". A time that is not the very one that was sent says nothing here: answers
    # are dated back, and a list that was signed since may well be dated before it.
    since = header(request.headers, "If-Modified-Since")
    return since is not None and since.strip() == answer.header("Last-Modified")
