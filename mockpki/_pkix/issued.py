"""What can be asked of a certificate that was issued here, by those who know neither leaves nor CAs."""

from __future__ import annotations

from typing import Annotated, Protocol


class HasSerial(Protocol):
    """A leaf, a CA, a certificate, or whatever else has a serial number."""

    @property
    def serial_number(self) -> int:
        """The serial number."""
        ...


class IssuedCertificate(HasSerial, Protocol):
    """A leaf or a CA, as far as a responder has to know it."""

    @property
    def der(self) -> bytes:
        """The certificate as DER."""
        ...


About = Annotated[IssuedCertificate | int, "a leaf, a CA or a serial number"]
"""Whom a question may be about."""
