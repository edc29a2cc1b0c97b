"""How the CAs of a PKI are made, as `PKI` was asked to."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from .._parameters import show
from .._pkix.keys import KeyType
from ..publishing._presets import named
from ..publishing._values import Publishing


@dataclass(frozen=True)
class CAOptions:
    """The type of all keys, and who signs OCSP answers: a delegate or not, named by name or by key.

    *logged*: certificates have SCTs, so many of them.
    """

    key_type: KeyType
    delegated: bool
    by_name: bool
    logged: bool = False
    scts: int = 2

    @classmethod
    def check(cls, key_type: str, delegated: bool, responder_id: str) -> CAOptions:
        """The options in the words of `PKI`. Raises ValueError or TypeError for what they cannot be."""
        checked = KeyType.of(key_type)
        if responder_id not in ("key", "name"):
            raise ValueError(
                f"responder_id is 'key' or 'name' (RFC 6960 section 4.2.1); got {responder_id!r}"
            )
        return cls(checked, delegated, by_name=responder_id == "name")


def check_publishing(publishes: Publishing | str, issuers: Container[object] = ()) -> Publishing:
    """A way to publish, by name or as it is. Raises TypeError, ValueError or LookupError for what is none.

    Who signs the CRLs of another is one of *issuers*.
    """
    if isinstance(publishes, Publishing):
        if publishes.issuer is not None and publishes.issuer not in issuers:
            raise ValueError(
                f"publishes=: {show(publishes.issuer)} is no CRL issuer of this PKI; where a CA does not "
                "sign its own CRLs: create_child_ca(publishes=publishing.by(pki.root.create_crl_issuer()))"
            )
        return publishes
    if not isinstance(publishes, str):
        raise TypeError(
            "publishes= takes a Publishing of mockpki.publishing, or a name such as 'lets-encrypt'; "
            f"got {show(publishes)}"
        )
    try:
        return named(publishes)
    except LookupError as error:
        raise LookupError(f"publishes={show(publishes)}: {error}") from None
