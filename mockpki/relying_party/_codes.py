"""The codes by which clients tell why they reject, and which cause has which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """One code: its *name*, its *number* where it has one, and what its documentation says of it.

    ``str(code)`` is both: ``CRYPT_E_REVOKED (0x80092010)``.
    """

    name: str
    number: int | None
    sentence: str

    def __str__(self) -> str:
        if self.number is None:
            return self.name
        return f"{self.name} ({self.number if self.number < 1 << 16 else f'0x{self.number:08X}'})"


Codes = Mapping[str, Code]
"""A code for each cause that has one: ``"revoked"``, ``"unknown"``, ``"nothing"`` (there is no source),
``"no answer"`` (a source is out of reach) and ``"unusable"``, or a word for what was wrong with the answer,
such as ``"stale"``."""


def find_code(codes: Codes, cause: str) -> Code | None:
    """The code of this *cause*; a word that has none of its own is *unusable*."""
    if cause in ("", *_CAUSES):
        return codes.get(cause)
    return codes.get(cause, codes.get("unusable"))


_CAUSES = ("revoked", "unknown", "nothing", "no answer")

_UNABLE = Code(
    "CRYPT_E_NO_REVOCATION_CHECK", 0x80092012,
    "The revocation function was unable to check revocation for the certificate.",
)  # fmt: skip

WINDOWS: Codes = {
    "revoked": Code("CRYPT_E_REVOKED", 0x80092010, "The certificate is revoked."),
    "unknown": Code(
        "CRYPT_E_NOT_IN_REVOCATION_DATABASE", 0x80092014,
        "The certificate is not in the revocation server's database.",
    ),
    "nothing": _UNABLE,
    "unusable": _UNABLE,
    "no answer": Code(
        "CRYPT_E_REVOCATION_OFFLINE", 0x80092013,
        "The revocation function was unable to check revocation because the revocation server was offline.",
    ),
}  # fmt: skip
"""HRESULTs, [MS-ERREF] section 2.1.1."""

_UNDETERMINED = Code(
    "UNDETERMINED_REVOCATION_STATUS", None,
    "The revocation status of the certificate could not be determined.",
)  # fmt: skip

JDK: Codes = {
    "revoked": Code("REVOKED", None, "The certificate is revoked."),
    **dict.fromkeys(("unknown", "nothing", "unusable", "no answer"), _UNDETERMINED),
}
"""java.security.cert.CertPathValidatorException.BasicReason."""

_NO_CRL = Code("X509_V_ERR_UNABLE_TO_GET_CRL", 3, "The CRL of a certificate could not be found.")

OPENSSL: Codes = {
    "revoked": Code("X509_V_ERR_CERT_REVOKED", 23, "The certificate has been revoked."),
    "nothing": _NO_CRL,
    "no answer": _NO_CRL,
    "bad signature": Code(
        "X509_V_ERR_CRL_SIGNATURE_FAILURE", 8, "The signature of the certificate is invalid."
    ),
    "too early": Code("X509_V_ERR_CRL_NOT_YET_VALID", 11, "The CRL is not yet valid."),
    "stale": Code("X509_V_ERR_CRL_HAS_EXPIRED", 12, "The CRL has expired."),
}
"""X509_STORE_CTX_get_error(3). What else may be wrong with a CRL has codes that depend on more."""
