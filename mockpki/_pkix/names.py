"""What a certificate is for: identities as text, to X.509 names (trustme's rules)."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from cryptography import x509

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(\*\.)?({_LABEL}\.)*{_LABEL}")
# A scheme and "//"; or one of the schemes without it that certificates are issued for (RFC 5922, RFC 8141).
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(urn|sips?):", re.IGNORECASE)
# RFC 3986: a scheme, an authority that is not empty where there is one, and the characters of a URI.
_WHOLE_URI = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]*:(?!//([/?#]|$))([]A-Za-z0-9._~:/?#@!$&'()*+,;=[-]|%[0-9A-Fa-f]{2})+"
)
_OF_A_SERVER = re.compile(r"(https?|wss?)://", re.IGNORECASE)


Identity = Annotated[str, "text, such as 'localhost' or '127.0.0.1'"]


def general_name(identity: str) -> x509.GeneralName:
    """A URI, e-mail address, IP address or network, or host name (wildcards and IDNA too).

    ``https://localhost`` is none of these: the certificate of that server is for ``localhost``.

    Raises TypeError unless *identity* is text, ValueError when it is none of these.
    """
    if not isinstance(identity, str):
        raise TypeError(f"an identity is text, such as 'localhost' or '127.0.0.1'; got {identity!r}")
    if _URI.match(identity) and not _OF_A_SERVER.match(identity):
        return _uri(identity)
    if "@" in identity and not _OF_A_SERVER.match(identity):
        return _email(identity)
    try:
        return x509.IPAddress(ipaddress.ip_address(identity))
    except ValueError:
        pass
    try:
        return x509.IPAddress(ipaddress.ip_network(identity))
    except ValueError:
        pass
    return x509.DNSName(_host_name(identity))


def _uri(identity: str) -> x509.UniformResourceIdentifier:
    # RFC 5280 section 4.2.1.6: "The name MUST include both a scheme (e.g., "http" or "ftp") and a
    # scheme-specific-part. URIs that include an authority (...) MUST include a fully qualified domain
    # name or IP address as the host."
    if not _WHOLE_URI.fullmatch(identity):
        raise ValueError(
            f"{identity!r} is no URI that a certificate can hold (RFC 5280 section 4.2.1.6): a scheme, "
            "a host where there is a '//', and only the characters of RFC 3986"
        )
    return x509.UniformResourceIdentifier(identity)


def _email(identity: str) -> x509.RFC822Name:
    try:
        return x509.RFC822Name(identity)
    except ValueError as error:
        raise ValueError(f"{identity!r} is no e-mail address that a certificate can hold: {error}") from None


def _host_name(identity: str) -> str:
    name = identity
    if not name.isascii():
        import idna

        star, rest = ("*.", name[2:]) if name.startswith("*.") else ("", name)
        try:
            name = star + idna.encode(rest, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError(f"{identity!r} is no host name: {error}") from None
    if not _HOST_NAME.fullmatch(name) or len(name) > 253:
        raise ValueError(
            f"{identity!r} is no host name, IP address, e-mail address or URI; "
            "give it without a scheme, port or path"
        )
    return name
