"""What a certificate is for: identities as text, to X.509 names (trustme's rules)."""

from __future__ import annotations

import ipaddress
import re

from cryptography import x509

_LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST_NAME = re.compile(rf"(\*\.)?({_LABEL}\.)*{_LABEL}")


def general_name(identity: str) -> x509.GeneralName:
    """An e-mail address, IP address or network, or host name (wildcards and IDNA too).

    Raises TypeError unless *identity* is text, ValueError when it is none of these.
    """
    if not isinstance(identity, str):
        raise TypeError(f"an identity is text, such as 'localhost' or '127.0.0.1'; got {identity!r}")
    if "@" in identity:
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
            f"{identity!r} is no host name, IP address or e-mail address; "
            "give it without a scheme, port or path"
        )
    return name
