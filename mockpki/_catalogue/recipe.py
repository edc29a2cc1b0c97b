"""An alias: a name that other test suites give to a way of going wrong, in mockpki's own words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Alias:
    """One name of the wider catalogue and the expression that makes it.

    name: the name as it is known, for example "revoked_hold".
    expression: Python that yields a fault, a tuple of faults, or () where nothing is bent. It is
        evaluated with the names of mockpki.faults, `timedelta`, `datetime`, `timezone`, `pki` (the PKI)
        and `leaf` (the certificate asked about, issued by `pki.ca`).
    given_to: "OCSP" or "CRL": the answer that the fault is given to.
    setup: what is done before the question is asked: Python statements, run with the same names
        ("pki.revoke(leaf, 'key_compromise')"); "" where there is nothing to do.
    pki: the PKI it takes, as Python, where the usual one does not do ("PKI(key_type='RSA-2048')").
    """

    name: str
    expression: str
    given_to: str
    setup: str = ""
    pki: str = "PKI()"
