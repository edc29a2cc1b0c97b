"""Placeholders in a command and in its configuration file.

``{port}`` stands for the port, and ``{{port}}`` for the text ``{port}``. Only the names below count: all
other braces stay as they are, so the blocks of nginx, JSON and the rest need no care.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from .._typed import find_near

PLACEHOLDERS: dict[str, str] = {
    "host": "the address to listen on",
    "port": "the port to listen on",
    "server_name": "the name that clients ask for",
    "cert_file": "the server's certificate, PEM",
    "key_file": "its private key, PEM (PKCS #8)",
    "chain_file": "the certificate and the CAs above it, without the root, PEM",
    "pem_file": "key, certificate and CAs in one file, PEM",
    "p12_file": "the same as PKCS #12, with the password mockpki",
    "issuer_file": "the CA that issued it, PEM",
    "ca_file": "the root, PEM",
    "ocsp_url": "the responder's URL, which is in the certificate, too",
    "directory": "an empty folder of the server's own, which stays when it is restarted",
    "template": "the path of the template as it was given",
    "config": "the path of the template as it was filled in",
}
"""What each placeholder stands for."""

_PLACEHOLDER = re.compile(r"\{\{(\w+)\}\}|\{(\w+)\}")


def fill_in(text: str, values: Mapping[str, str]) -> str:
    """*text* with its placeholders replaced by their values."""

    def value(match: re.Match[str]) -> str:
        quoted, name = match.groups()
        if quoted is not None:
            return f"{{{quoted}}}" if quoted in PLACEHOLDERS else match[0]
        return values[name] if name in PLACEHOLDERS else match[0]

    return _PLACEHOLDER.sub(value, text)


def placeholders(word: str) -> set[str]:
    """Those in an argument of a command. Raises ValueError for what is nearly one."""
    near = nearly(word)
    if near:
        raise ValueError(near[0])
    return used(word)


def used(text: str) -> set[str]:
    """The names of the placeholders in *text*."""
    return {name for _, name in _PLACEHOLDER.findall(text) if name in PLACEHOLDERS}


def nearly(text: str) -> list[str]:
    """A sentence for each name in *text* that is nearly that of a placeholder, and none."""
    names = dict.fromkeys(name for _, name in _PLACEHOLDER.findall(text) if name and name not in PLACEHOLDERS)
    near = {name: find_near(name, PLACEHOLDERS, 0.75) for name in names}
    return [
        f"there is no placeholder {{{name}}}; did you mean {{{meant[0]}}}?"
        for name, meant in near.items()
        if meant
    ]
