"""A CRL as it is read: its place in a sequence, its scope, who signed it, and what it lists."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from .finding import Unusable, find_extension
from .pointers import directory_names

# Others may be critical and change nothing: see `check_extensions`.
_UNDERSTOOD = (
    x509.AuthorityKeyIdentifier,
    x509.CRLNumber,
    x509.DeltaCRLIndicator,
    x509.IssuingDistributionPoint,
)


@dataclass(frozen=True)
class RevocationList:
    """A complete CRL, or a delta CRL. What `cryptography` does not read is its error."""

    crl: x509.CertificateRevocationList

    @classmethod
    def load(cls, der: bytes) -> Self:
        """The CRL that *der* is."""
        return cls(x509.load_der_x509_crl(der))

    @property
    def issuer(self) -> x509.Name:
        """Who has issued it, by its own word."""
        return self.crl.issuer

    @cached_property
    def number(self) -> int | None:
        """RFC 5280 section 5.2.3."""
        found = find_extension(self.crl, x509.CRLNumber)
        return None if found is None else found.crl_number

    @cached_property
    def base(self) -> int | None:
        """Of a delta CRL, the BaseCRLNumber (section 5.2.4); None for a complete one."""
        found = find_extension(self.crl, x509.DeltaCRLIndicator)
        return None if found is None else found.crl_number

    @cached_property
    def scope(self) -> x509.IssuingDistributionPoint | None:
        """Section 5.2.5."""
        return find_extension(self.crl, x509.IssuingDistributionPoint)

    @cached_property
    def key_identifier(self) -> x509.AuthorityKeyIdentifier | None:
        """Section 5.2.1."""
        return find_extension(self.crl, x509.AuthorityKeyIdentifier)

    def is_by(self, signer: x509.Certificate) -> bool:
        """Whether *signer*'s key has made its signature."""
        key: Any = signer.public_key()
        try:
            return self.crl.is_signature_valid(key)
        except (TypeError, InvalidSignature):
            return False

    def check_extensions(self) -> None:
        """Raise `Unusable` for a critical extension that is not understood."""
        for extension in self.crl.extensions:
            if extension.critical and not isinstance(extension.value, _UNDERSTOOD):
                # Section 5.2: "If a CRL contains a critical extension that the application cannot process,
                # then the application MUST NOT use that CRL to determine the status of certificates."
                raise _unknown_extension("", extension.oid)

    def find(self, serial: int, issuer: x509.Name) -> x509.RevokedCertificate | None:
        """The entry of the certificate with that *serial* number by *issuer*; None if it lists none."""
        found = None
        # Section 5.3.3: "If this extension is not present on the first entry in an indirect CRL, the
        # certificate issuer defaults to the CRL issuer. On subsequent entries in an indirect CRL, if this
        # extension is not present, the certificate issuer for the entry is the same as that for the
        # preceding entry."
        issuers = {self.issuer}
        understood: tuple[type[x509.ExtensionType], ...] = (x509.CRLReason, x509.InvalidityDate)
        if self.scope is not None and self.scope.indirect_crl:
            understood = (*understood, x509.CertificateIssuer)
        for entry in self.crl:
            for extension in entry.extensions:
                # Section 5.3: "If a CRL contains a critical CRL entry extension that the application cannot
                # process, then the application MUST NOT use that CRL to determine the status of any
                # certificates."
                if extension.critical and not isinstance(extension.value, understood):
                    raise _unknown_extension("entry ", extension.oid)
                if (
                    isinstance(extension.value, x509.CertificateIssuer)
                    and x509.CertificateIssuer in understood
                ):
                    issuers = set(directory_names(extension.value))
            if found is None and entry.serial_number == serial and issuer in issuers:
                found = entry
        return found


def reason_of(entry: x509.RevokedCertificate) -> x509.ReasonFlags | None:
    """Why it was revoked; None where that is not said."""
    try:
        return entry.extensions.get_extension_for_class(x509.CRLReason).value.reason
    except x509.ExtensionNotFound:
        return None


def _unknown_extension(what: str, oid: x509.ObjectIdentifier) -> Unusable:
    return Unusable(
        "unknown extension", f"its critical {what}extension {oid.dotted_string} is not understood"
    )
